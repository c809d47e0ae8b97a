"""Scenarios: what the organisation might become, kept beside it and never mixed with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from omnichannel.workspaces.scoping import WorkspaceModel
from roles.choices import ScenarioStatus, StepKind
from roles.models.revision import OrgRevision

USER = settings.AUTH_USER_MODEL
# a scenario, when it was changed last, and the live organisation's last revision
DraftMark = tuple[int, datetime, int]


_shown: ContextVar[DraftMark | None] = ContextVar("draft_shown", default=None)


@contextmanager
def showing(mark: DraftMark | None) -> Iterator[None]:
    """Say by what the draft that every query in here reads is known; None where it may change any moment."""
    token = _shown.set(mark)
    try:
        yield
    finally:
        _shown.reset(token)


def draft_mark() -> DraftMark | None:
    """Return what tells one state of a draft from every other: what was read of it may be kept under that."""
    return _shown.get()


class Scenario(WorkspaceModel):
    """A set of wanted states that hold from `effective_on`.

    `changes` is {thing: {key: {"base": state, "wanted": state}}}: the base is what its editor saw of the live
    organisation. `baseline` numbers the last revision of that when it was begun or last brought up to date.
    `share_token` opens it for reading to everybody of the staff who has the link; empty: nobody.
    """

    name = models.CharField(max_length=120)
    note = models.TextField(blank=True)
    effective_on = models.DateField()
    status = models.CharField(max_length=12, choices=ScenarioStatus.choices, default=ScenarioStatus.DRAFT)
    baseline = models.PositiveBigIntegerField(default=0)
    changes = models.JSONField(default=dict)
    copy_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_by = models.ForeignKey(USER, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    submitted_by = models.ForeignKey(USER, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    submitted_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(USER, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_note = models.TextField(blank=True)
    applied_by = models.ForeignKey(USER, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    applied_at = models.DateTimeField(null=True, blank=True)
    applied_revision = models.ForeignKey(
        OrgRevision, null=True, blank=True, on_delete=models.PROTECT, related_name="scenarios"
    )
    share_token = models.CharField(max_length=43, blank=True)

    class Meta(WorkspaceModel.Meta):
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(status__in=ScenarioStatus.values), name="scenario_status_known"),
            models.CheckConstraint(condition=~Q(name=""), name="scenario_named"),
            models.CheckConstraint(
                condition=Q(status=ScenarioStatus.APPLIED, applied_revision__isnull=False)
                | (~Q(status=ScenarioStatus.APPLIED) & Q(applied_revision=None)),
                name="scenario_applied_in_a_revision",
            ),
            models.UniqueConstraint(
                fields=["workspace", "share_token"], name="scenario_share_token_once", condition=~Q(share_token="")
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ScenarioStep(WorkspaceModel):
    """One step in which a scenario was changed: its entries before and after, so that it can be undone and redone.

    `before` and `after` are shaped as `Scenario.changes`; an entry that is not there is None.
    """

    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="steps")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=StepKind.choices)
    at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(USER, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    is_undone = models.BooleanField(default=False)

    class Meta(WorkspaceModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["scenario", "number"], name="scenario_step_once"),
            models.CheckConstraint(condition=Q(kind__in=StepKind.values), name="scenario_step_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.scenario_id}.{self.number}"


class ScenarioComment(WorkspaceModel):
    """What somebody said about a scenario."""

    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(USER, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    text = models.TextField()

    class Meta(WorkspaceModel.Meta):
        constraints: ClassVar = [models.CheckConstraint(condition=~Q(text=""), name="scenario_comment_says_something")]

    def __str__(self) -> str:
        return self.text[:40]
