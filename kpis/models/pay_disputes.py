"""Disputes: what a person holds against a line of their pay, every step of it, and how long an answer may take."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from kpis.choices import DisputeReason, DisputeState
from kpis.models.pay import PayAdjustment, PayLine
from omnichannel.workspaces.scoping import WorkspaceModel

ENDED = (DisputeState.ACCEPTED, DisputeState.PARTLY, DisputeState.REFUSED, DisputeState.WITHDRAWN)
PAID = (DisputeState.ACCEPTED, DisputeState.PARTLY)


class PayDispute(WorkspaceModel):
    """One objection to a line of a closed month. The line never changes: what is granted is an adjustment.

    `asked` is by how much the line should be another, where the person says so; `owner` answers until `due_on`. The
    file lies under `path` in the data folder. `soon_told_at` and `late_told_at` are when the reminders went out.
    """

    line = models.ForeignKey(PayLine, on_delete=models.PROTECT, related_name="disputes")
    person_external_id = models.CharField(max_length=64)
    reason = models.CharField(max_length=10, choices=DisputeReason.choices)
    text = models.TextField(max_length=2000)
    asked = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    state = models.CharField(max_length=10, choices=DisputeState.choices, default=DisputeState.OPEN)
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    raised_at = models.DateTimeField(auto_now_add=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    due_on = models.DateField()
    answer = models.TextField(max_length=2000, blank=True)
    adjustment = models.OneToOneField(PayAdjustment, null=True, on_delete=models.PROTECT, related_name="dispute")
    ended_at = models.DateTimeField(null=True)
    filename = models.CharField(max_length=255, blank=True)
    path = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    soon_told_at = models.DateTimeField(null=True)
    late_told_at = models.DateTimeField(null=True)

    class Meta(WorkspaceModel.Meta):
        ordering = ("-id",)
        indexes: ClassVar = [
            models.Index(fields=["workspace", "state", "due_on"], name="dispute_due"),
            models.Index(fields=["workspace", "person_external_id", "-id"], name="dispute_of_person"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(reason__in=DisputeReason.values), name="dispute_reason_known"),
            models.CheckConstraint(condition=Q(state__in=DisputeState.values), name="dispute_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=PAID, adjustment__isnull=False)
                | (~Q(state__in=PAID) & Q(adjustment__isnull=True)),
                name="dispute_granted_is_paid",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ENDED, ended_at__isnull=False) | (~Q(state__in=ENDED) & Q(ended_at__isnull=True)),
                name="dispute_ended_has_its_time",
            ),
            models.UniqueConstraint(
                fields=["workspace", "line"],
                condition=Q(state__in=[DisputeState.OPEN, DisputeState.IN_REVIEW]),
                name="one_running_dispute_of_a_line",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.person_external_id} {self.state}"

    @property
    def is_running(self) -> bool:
        """True until it is answered or withdrawn."""
        return self.state not in ENDED

    @property
    def file(self) -> Path:
        """Where the file lies; only with a `path`."""
        return settings.DATA_ROOT / self.path  # type: ignore[no-any-return] # a Path of the settings


class DisputeStep(WorkspaceModel):
    """One step of a dispute: who did what, and what was said. Written once, never changed."""

    dispute = models.ForeignKey(PayDispute, on_delete=models.CASCADE, related_name="steps")
    state = models.CharField(max_length=10, choices=DisputeState.choices)
    text = models.TextField(max_length=2000, blank=True)
    amount = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    due_on = models.DateField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceModel.Meta):
        ordering = ("id",)
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=DisputeState.values), name="dispute_step_state_known"),
        ]

    def __str__(self) -> str:
        return f"#{self.dispute_id} {self.state}"


class DisputeTerm(WorkspaceModel):
    """In how many days a dispute is answered: the newest row counts for those raised from then on."""

    days = models.PositiveSmallIntegerField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceModel.Meta):
        ordering = ("-id",)
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(days__gte=1, days__lte=90), name="dispute_term_in_reason")
        ]

    def __str__(self) -> str:
        return f"{self.days} days"
