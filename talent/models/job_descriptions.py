"""Job descriptions as they were kept: versions and issues are inserted once and never edited."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.db import models
from django.db.models import Q

from omnichannel.workspaces.scoping import WorkspaceModel
from roles.catalogue import StageKey, SubtypeKey
from talent.errors.descriptions import KeptForGood
from talent.people.pay import Level


class KeptRow(WorkspaceModel):
    """A row that is inserted once: saving it again or deleting it is refused."""

    class Meta(WorkspaceModel.Meta):
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert the row; KeptForGood for one that is there."""
        if self.pk is not None and not self._state.adding:
            raise KeptForGood
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse."""
        raise KeptForGood


class JobDescription(WorkspaceModel):
    """What is described: a role in a stage on a level, in one language; perhaps for a sub-type, a unit or a seat."""

    role_key = models.CharField(max_length=40)
    stage = models.CharField(max_length=24)
    subtype = models.CharField(max_length=24, blank=True)
    level = models.CharField(max_length=12)
    language = models.CharField(max_length=2)
    unit_external_id = models.CharField(max_length=64, blank=True)
    seat_external_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=[
                    "workspace", "role_key", "stage", "subtype", "level", "language", "unit_external_id",
                    "seat_external_id",
                ],
                name="job_description_once",
            ),
            models.CheckConstraint(condition=~Q(role_key=""), name="job_description_has_a_role"),
            models.CheckConstraint(
                condition=Q(stage__in=[each.value for each in StageKey]), name="job_description_stage_known"
            ),
            models.CheckConstraint(
                condition=Q(subtype__in=["", *(each.value for each in SubtypeKey)]),
                name="job_description_subtype_known",
            ),
            models.CheckConstraint(
                condition=Q(level__in=[each.value for each in Level]), name="job_description_level_known"
            ),
            models.CheckConstraint(condition=Q(language__in=["zh", "en"]), name="job_description_language_known"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.role_key} {self.level} {self.stage} {self.language}"


class JobDescriptionVersion(KeptRow):
    """One version. `sections`: `[{"id", "text", "basis"}]`: Markdown, and the digest of the generated text it was
    last held against. `restored_from` is the number of the version whose text came back.
    """

    job_description = models.ForeignKey(JobDescription, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    sections = models.JSONField()
    as_of = models.DateField()
    note = models.CharField(max_length=300, blank=True)
    restored_from = models.PositiveIntegerField(null=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(KeptRow.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job_description", "number"], name="job_description_number_once"),
            models.CheckConstraint(condition=Q(number__gt=0), name="job_description_number_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.job_description_id} no. {self.number}"


class JobDescriptionIssue(KeptRow):
    """The version has been issued: it stands as the company's word from that day on."""

    version = models.OneToOneField(JobDescriptionVersion, on_delete=models.PROTECT, related_name="issue")
    issued_on = models.DateField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.version_id} on {self.issued_on}"
