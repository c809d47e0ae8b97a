"""Computed figures: one row per KPI, period and scope, inserted as revisions and never edited."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from kpis.choices import ComputationKind, NoDataReason, ScopeKindChoice
from omnichannel.workspaces.scoping import WorkspaceModel

PERIOD_KEY = r"^\d{4}(-(0[1-9]|1[0-2])|-Q[1-4]|-W[0-5]\d)?$"


class Computation(WorkspaceModel):
    """One run over some periods and what it rested on: library version, parameters, the newest upload it saw."""

    kind = models.CharField(max_length=8, choices=ComputationKind.choices)
    job = models.ForeignKey("jobs.Job", null=True, on_delete=models.PROTECT, related_name="+")
    periods = models.JSONField()
    library_version = models.CharField(max_length=80)
    params = models.JSONField(default=dict)
    upload_seq = models.BigIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        indexes: ClassVar = [models.Index(fields=["workspace", "-id"], name="computation_newest")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=ComputationKind.values), name="computation_kind_known"),
            models.CheckConstraint(condition=Q(finished_at__gte=F("started_at")), name="computation_ends_after_start"),
            models.CheckConstraint(condition=Q(upload_seq__gte=0), name="computation_upload_seq_natural"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"


class KpiValue(WorkspaceModel):
    """A figure as one computation found it. `is_current` moves to the newer row when a figure changes.

    `ended_at` is when a later computation found another figure, or none.
    """

    kpi = models.CharField(max_length=60)
    period = models.CharField(max_length=8)
    period_start = models.DateField()
    scope_kind = models.CharField(max_length=8, choices=ScopeKindChoice.choices)
    scope_id = models.CharField(max_length=64, blank=True)
    numerator = models.DecimalField(max_digits=28, decimal_places=6, null=True)
    denominator = models.DecimalField(max_digits=28, decimal_places=6, null=True)
    value = models.DecimalField(max_digits=28, decimal_places=6, null=True)
    rows = models.BigIntegerField(default=0)
    reason = models.CharField(max_length=20, choices=NoDataReason.choices, blank=True)
    detail = models.CharField(max_length=200, blank=True)
    definition_hash = models.CharField(max_length=64)
    computation = models.ForeignKey(Computation, on_delete=models.PROTECT, related_name="+")
    is_current = models.BooleanField(default=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["workspace", "period", "scope_kind", "scope_id"],
                condition=Q(is_current=True),
                name="value_of_scope",
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "kpi", "period", "scope_kind", "scope_id"],
                condition=Q(is_current=True),
                name="one_current_value",
            ),
            models.CheckConstraint(condition=Q(period__regex=PERIOD_KEY), name="value_period_key"),
            models.CheckConstraint(condition=Q(scope_kind__in=ScopeKindChoice.values), name="value_scope_known"),
            models.CheckConstraint(
                condition=Q(scope_kind="company", scope_id="") | (~Q(scope_kind="company") & ~Q(scope_id="")),
                name="value_only_company_has_no_id",
            ),
            models.CheckConstraint(
                condition=Q(value__isnull=False, reason="") | Q(value__isnull=True, reason__in=NoDataReason.values),
                name="value_or_a_reason",
            ),
            models.CheckConstraint(condition=Q(rows__gte=0), name="value_rows_natural"),
        ]

    def __str__(self) -> str:
        return f"{self.kpi} {self.period} {self.scope_kind} {self.scope_id}"
