"""The job row: what is to be done, who holds it, how far it is, how it ended."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from omnichannel.jobs.choices import ACTIVE, JobKind, JobOrigin, JobState, JobStep
from omnichannel.workspaces.scoping import WorkspaceModel


class Job(WorkspaceModel):
    """One piece of background work. `token` fences: only its holder may finish; `attempts` is capped."""

    kind = models.CharField(max_length=40, choices=JobKind.choices)
    params = models.JSONField(default=dict)
    params_digest = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=JobState.choices, default=JobState.QUEUED)
    step = models.CharField(max_length=12, choices=JobStep.choices, default=JobStep.WAITING)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    result = models.JSONField(default=dict)
    reason = models.CharField(max_length=40, blank=True)
    detail = models.TextField(blank=True)
    origin = models.CharField(max_length=10, choices=JobOrigin.choices, default=JobOrigin.WEB)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    token = models.UUIDField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ("-id",)
        indexes: ClassVar = [
            models.Index(fields=["workspace", "-id"], name="job_newest"),
            models.Index(fields=["workspace", "state"], condition=Q(state__in=ACTIVE), name="job_active"),
            models.Index(
                fields=["workspace", "-id"],
                condition=Q(state=JobState.FAILED, acknowledged_at=None),
                name="job_failed_open",
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "kind", "params_digest"],
                condition=Q(state__in=ACTIVE),
                name="one_active_job_per_work",
            ),
            models.CheckConstraint(condition=Q(state__in=JobState.values), name="job_state_known"),
            models.CheckConstraint(condition=Q(kind__in=JobKind.values), name="job_kind_known"),
            models.CheckConstraint(condition=Q(step__in=JobStep.values), name="job_step_known"),
            models.CheckConstraint(condition=Q(origin__in=JobOrigin.values), name="job_origin_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk} {self.state}"

    def get_absolute_url(self) -> str:
        """Return the job's own page. Reads the workspace's slug (a query unless it is loaded)."""
        return reverse("jobs:job", args=[self.workspace.slug, self.pk])

    @property
    def is_final(self) -> bool:
        """True when nothing more will happen by itself."""
        return self.state not in ACTIVE


class IdempotentRequest(WorkspaceModel):
    """What a REST client was answered under an `Idempotency-Key`, kept so that a repeat gets the same answer.

    `client` is the token (or the signed-in user), `fingerprint` the digest of method, path, query and body.
    """

    client = models.CharField(max_length=64)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceModel.Meta):
        indexes: ClassVar = [models.Index(fields=["workspace", "created_at"], name="idempotent_age")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "client", "key"], name="idempotent_key_once"),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.status}"
