"""Connections to other systems' directories, and what each reading of one did."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from omnichannel.jobs.choices import JobOrigin
from omnichannel.jobs.models import Job
from omnichannel.workspaces.scoping import WorkspaceModel
from roles.directory_choices import DirectoryKind, RunState


class DirectoryConnection(WorkspaceModel):
    """Where a directory answers and with which credentials; one a system. `sealed_secret` is encrypted, never shown.

    `root` is the department to begin with (empty: all), `under` our unit below which the directory hangs (empty: at
    the top), `since` the first day of members for whom the directory names none at the first reading.
    """

    kind = models.CharField(max_length=12, choices=DirectoryKind.choices)
    base_url = models.CharField(max_length=200)
    account = models.CharField(max_length=128)
    sealed_secret = models.TextField()
    root = models.CharField(max_length=64, blank=True)
    under = models.CharField(max_length=64, blank=True)
    since = models.DateField(null=True, blank=True)
    daily = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta(WorkspaceModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "kind"], name="directory_once_a_system"),
            models.CheckConstraint(condition=models.Q(kind__in=DirectoryKind.values), name="directory_kind_known"),
        ]

    def __str__(self) -> str:
        return str(DirectoryKind(self.kind).label)


class DirectoryRun(WorkspaceModel):
    """One reading: of a connection, or of files when `connection` is None. `summary` is what it did or would do.

    `directory` keeps what files said until it is written. `confirm` are the words a person typed to let many leave.
    """

    connection = models.ForeignKey(
        DirectoryConnection, null=True, blank=True, on_delete=models.CASCADE, related_name="runs"
    )
    kind = models.CharField(max_length=12, choices=DirectoryKind.choices)
    files = models.JSONField(default=list)
    directory = models.JSONField(null=True, blank=True)
    origin = models.CharField(max_length=10, choices=JobOrigin.choices, default=JobOrigin.WEB)
    is_preview = models.BooleanField(default=False)
    confirm = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=12, choices=RunState.choices, default=RunState.WAITING)
    fault = models.JSONField(default=dict)
    summary = models.JSONField(default=dict)
    revision = models.PositiveBigIntegerField(null=True, blank=True)
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta(WorkspaceModel.Meta):
        ordering = ("-pk",)
        indexes: ClassVar = [models.Index(fields=["workspace", "-id"], name="directory_run_newest")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(state__in=RunState.values), name="directory_run_state_known"),
            models.CheckConstraint(condition=models.Q(kind__in=DirectoryKind.values), name="directory_run_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk} {self.state}"
