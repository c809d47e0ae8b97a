"""What was written, when, by whom and why: the log that history, undo, the delta feed and webhooks read."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from omnichannel.workspaces.scoping import WorkspaceModel
from roles.choices import ChangeKind, OrgSource, Thing


class OrgRevision(WorkspaceModel):
    """One write of the organisation. `number` counts up per workspace in the order of commits.

    `in_effect_until` is given by the revisions that the clock makes: every change dated up to that day has been told.
    """

    number = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    source = models.CharField(max_length=12, choices=OrgSource.choices)
    note = models.TextField(blank=True)
    undoes = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="undone_by")
    in_effect_until = models.DateField(null=True, blank=True)

    class Meta(WorkspaceModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "number"], name="org_revision_number_once"),
            models.CheckConstraint(condition=models.Q(source__in=OrgSource.values), name="org_source_known"),
        ]

    def __str__(self) -> str:
        return f"r{self.number}"


class OrgChange(WorkspaceModel):
    """One thing that a revision touched, with its state before and after (`roles.services.sync.states`).

    `effective_on` is the first day on which the two states differ; None: from the first records on, or no dated fact.
    """

    revision = models.ForeignKey(
        OrgRevision, on_delete=models.CASCADE, related_name="changes", db_constraint=False, db_index=False
    )
    thing = models.CharField(max_length=12, choices=Thing.choices)
    external_id = models.CharField(max_length=160)
    change = models.CharField(max_length=12, choices=ChangeKind.choices)
    fields = models.JSONField(default=list)
    effective_on = models.DateField(null=True, blank=True)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)

    class Meta(WorkspaceModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["revision", "thing", "external_id"], name="org_change_once_a_revision"),
        ]
        indexes: ClassVar = [models.Index(fields=["workspace", "thing", "external_id"], name="org_change_of_a_thing")]

    def __str__(self) -> str:
        return f"{self.thing} {self.external_id}"


class SourceId(WorkspaceModel):
    """The id by which an outside system calls something that we know by another one."""

    source = models.CharField(max_length=40)
    thing = models.CharField(max_length=12, choices=Thing.choices)
    source_id = models.CharField(max_length=160)
    external_id = models.CharField(max_length=160)

    class Meta(WorkspaceModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "source", "thing", "source_id"], name="source_id_once"),
            models.CheckConstraint(condition=~models.Q(source_id=""), name="source_id_given"),
        ]
        indexes: ClassVar = [models.Index(fields=["workspace", "thing", "external_id"], name="source_id_of_a_thing")]

    def __str__(self) -> str:
        return f"{self.source}:{self.source_id}"
