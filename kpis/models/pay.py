"""Pay: revisions of plans, the run of a month, its statements and lines, and what later corrects a closed month."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from kpis.choices import AdjustmentReason, PayPlanState, PayRunState
from kpis.models.values import PERIOD_KEY
from omnichannel.workspaces.scoping import WorkspaceModel


class PayPlan(WorkspaceModel):
    """One revision of a pay plan: written once, never edited. The newest of a key is its draft, when it is one.

    `content` is the plan as `incentives.texts.plan_node` writes it; `unit_external_id` whom it holds for (empty: all).
    An approved revision pays from `effective_from` on until a later one does, or a retired one ends it.
    """

    key = models.CharField(max_length=40)
    state = models.CharField(max_length=9, choices=PayPlanState.choices)
    content = models.JSONField()
    unit_external_id = models.CharField(max_length=64, blank=True)
    effective_from = models.DateField(null=True)
    note = models.CharField(max_length=400, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceModel.Meta):
        ordering = ("-id",)
        indexes: ClassVar = [models.Index(fields=["workspace", "key", "-id"], name="pay_plan_newest")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=PayPlanState.values), name="pay_plan_state_known"),
            models.CheckConstraint(
                condition=~Q(state__in=[PayPlanState.APPROVED, PayPlanState.RETIRED]) | Q(effective_from__isnull=False),
                name="pay_plan_holds_from_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} #{self.pk} {self.state}"


class PayRun(WorkspaceModel):
    """What a month pays. Each step names who took it; approval and locking bind to the digest of the statements.

    `calculated_at` is the moment before the calculation read anything. `counted` holds the months whose rows it
    counted, its own and closed ones for differences, and the place of the newest load or revert that they held.
    """

    period = models.CharField(max_length=8)
    state = models.CharField(max_length=10, choices=PayRunState.choices, default=PayRunState.OPEN)
    statements_count = models.PositiveIntegerField(default=0)
    incomplete_count = models.PositiveIntegerField(default=0)
    total = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    adjusted = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    digest = models.CharField(max_length=64, blank=True)
    counted = models.JSONField(default=dict)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    opened_at = models.DateTimeField(auto_now_add=True)
    calculated_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    approved_at = models.DateTimeField(null=True)
    locked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    locked_at = models.DateTimeField(null=True)
    paid_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    paid_at = models.DateTimeField(null=True)

    class Meta(WorkspaceModel.Meta):
        ordering = ("-period",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "period"], name="one_pay_run_a_period"),
            models.CheckConstraint(condition=Q(period__regex=PERIOD_KEY), name="pay_run_period_key"),
            models.CheckConstraint(condition=Q(state__in=PayRunState.values), name="pay_run_state_known"),
            models.CheckConstraint(
                condition=Q(approved_by=None) | Q(opened_by=None) | ~Q(approved_by=F("opened_by")),
                name="pay_run_approved_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[PayRunState.APPROVED, PayRunState.LOCKED, PayRunState.PAID])
                | (~Q(digest="") & Q(approved_at__isnull=False)),
                name="pay_run_approved_is_calculated",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.state}"


class PayStatement(WorkspaceModel):
    """What one plan pays one person in a run, with the facts it was worked out from, so that it can be again."""

    run = models.ForeignKey(PayRun, on_delete=models.CASCADE, related_name="statements")
    plan = models.ForeignKey(PayPlan, on_delete=models.PROTECT, related_name="+")
    plan_key = models.CharField(max_length=40)
    person_external_id = models.CharField(max_length=64)
    unit_external_id = models.CharField(max_length=64)
    role_key = models.CharField(max_length=40)
    facts = models.JSONField()
    bounds = models.JSONField(default=list)
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    is_complete = models.BooleanField()

    class Meta(WorkspaceModel.Meta):
        indexes: ClassVar = [
            models.Index(fields=["workspace", "person_external_id", "-id"], name="statement_of_person")
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "run", "person_external_id", "plan_key"], name="one_statement_of_a_plan"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_external_id} {self.plan_key} {self.amount}"


class PayLine(WorkspaceModel):
    """One component of a statement. `amount` is None while `workings` name what is missing."""

    statement = models.ForeignKey(PayStatement, on_delete=models.CASCADE, related_name="lines")
    component = models.CharField(max_length=40)
    amount = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    workings = models.JSONField()

    class Meta(WorkspaceModel.Meta):
        ordering = ("id",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "statement", "component"], name="one_line_of_a_component")
        ]

    def __str__(self) -> str:
        return f"{self.component} {self.amount}"


class PayAdjustment(WorkspaceModel):
    """Money that a later run pays or takes for a line of a closed one. The closed line itself never changes."""

    run = models.ForeignKey(PayRun, on_delete=models.CASCADE, related_name="adjustments")
    line = models.ForeignKey(PayLine, on_delete=models.PROTECT, related_name="adjustments")
    person_external_id = models.CharField(max_length=64)
    reason = models.CharField(max_length=10, choices=AdjustmentReason.choices)
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    note = models.CharField(max_length=400, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceModel.Meta):
        ordering = ("id",)
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(reason__in=AdjustmentReason.values), name="adjustment_reason_known"),
            models.CheckConstraint(condition=~Q(amount=0), name="adjustment_moves_money"),
            models.UniqueConstraint(
                fields=["workspace", "run", "line"],
                condition=Q(reason=AdjustmentReason.LATE),
                name="one_late_adjustment_of_a_line",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_external_id} {self.amount} {self.reason}"
