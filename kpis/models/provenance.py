"""When each upload counted, and what it changed in the facts that PostgreSQL keeps: the ground of every undo."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from kpis.models.uploads import Upload
from omnichannel.workspaces.scoping import WorkspaceModel


class UploadSpan(WorkspaceModel):
    """From `starts_at` up to `ends_at` the upload counted; a revert ends a span, a re-apply begins another.

    `began` and `ended` are places in the order of uploads: every change of what counts takes a new one. `rows_added`
    and `rows_removed` are by how many rows the table grew and shrank, so that their sum over a table is its rows.
    """

    upload = models.ForeignKey(Upload, on_delete=models.PROTECT, related_name="spans")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    began = models.BigIntegerField()
    ended = models.BigIntegerField(null=True)
    rows_added = models.BigIntegerField(default=0)
    rows_removed = models.BigIntegerField(null=True)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta(WorkspaceModel.Meta):
        ordering = ("began",)
        indexes: ClassVar = [
            models.Index(fields=["workspace", "starts_at", "ends_at"], name="upload_span_at"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "upload"], condition=Q(ends_at=None), name="upload_counts_once"
            ),
            models.UniqueConstraint(fields=["workspace", "began"], name="upload_span_began_once"),
            models.UniqueConstraint(fields=["workspace", "ended"], name="upload_span_ended_once"),
            models.CheckConstraint(
                condition=Q(ends_at=None, ended=None, rows_removed=None)
                | Q(ends_at__gte=F("starts_at"), ended__gt=F("began"), rows_removed__isnull=False),
                name="upload_span_range",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.upload_id} {self.starts_at} - {self.ends_at or ''}"


class FactChange(WorkspaceModel):
    """What an upload made of one unit, person, role assignment, target or review: its state before and after.

    `key` is the row's own key as one text; null means that the fact was not there.
    """

    upload = models.ForeignKey(Upload, on_delete=models.PROTECT, related_name="fact_changes")
    table_id = models.CharField(max_length=40)
    key = models.CharField(max_length=240)
    sheet = models.CharField(max_length=120, blank=True)
    line = models.BigIntegerField(null=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta(WorkspaceModel.Meta):
        ordering = ("id",)
        indexes: ClassVar = [models.Index(fields=["workspace", "table_id", "key"], name="fact_change_of_key")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "upload", "key"], name="fact_changed_once_per_upload"),
        ]

    def __str__(self) -> str:
        return f"{self.table_id} {self.key}"
