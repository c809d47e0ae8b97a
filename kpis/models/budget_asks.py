"""Requests for ad budget: the targets on every rung, the instalments, and what was decided on them."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from kpis.budget_choices import AskMetricName, AskState, AskStepKind
from omnichannel.workspaces.scoping import WorkspaceModel

USER = settings.AUTH_USER_MODEL


class BudgetAsk(WorkspaceModel):
    """A request. It is never edited: another one replaces it. Without a campaign all ads of its months count."""

    purpose = models.CharField(max_length=400)
    campaign = models.CharField(max_length=64, blank=True)
    channel = models.CharField(max_length=80, blank=True)
    unit_external_id = models.CharField(max_length=64, blank=True)
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    starts_on = models.DateField()
    ends_on = models.DateField()
    state = models.CharField(max_length=9, choices=AskState.choices, default=AskState.WAITING)
    asked_by = models.ForeignKey(USER, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceModel.Meta):
        ordering = ("-id",)
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=AskState.values), name="budget_ask_state_known"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="budget_ask_of_money"),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="budget_ask_has_days"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.amount}"


class BudgetTarget(WorkspaceModel):
    """What a request aims at, by metric."""

    ask = models.ForeignKey(BudgetAsk, on_delete=models.CASCADE, related_name="targets")
    metric = models.CharField(max_length=13, choices=AskMetricName.choices)
    value = models.DecimalField(max_digits=18, decimal_places=4)

    class Meta(WorkspaceModel.Meta):
        ordering = ("id",)
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(metric__in=AskMetricName.values), name="budget_target_metric_known"),
            models.CheckConstraint(condition=Q(value__gt=0), name="budget_target_above_zero"),
            models.UniqueConstraint(fields=["workspace", "ask", "metric"], name="one_budget_target_of_a_metric"),
        ]

    def __str__(self) -> str:
        return f"{self.metric} {self.value}"


class BudgetInstalment(WorkspaceModel):
    """A part of the money. `conditions`: rung-2 metric -> figure (text) that has to stand before it is released.

    `seen` keeps the figures on which it was released, `reason` why it was although they were not reached.
    """

    ask = models.ForeignKey(BudgetAsk, on_delete=models.CASCADE, related_name="instalments")
    number = models.PositiveSmallIntegerField()
    planned_on = models.DateField()
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    conditions = models.JSONField(default=dict)
    released_by = models.ForeignKey(USER, null=True, on_delete=models.SET_NULL, related_name="+")
    released_at = models.DateTimeField(null=True)
    seen = models.JSONField(default=dict)
    reason = models.CharField(max_length=400, blank=True)

    class Meta(WorkspaceModel.Meta):
        ordering = ("number",)
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="budget_instalment_of_money"),
            models.UniqueConstraint(fields=["workspace", "ask", "number"], name="one_budget_instalment_of_a_number"),
        ]

    def __str__(self) -> str:
        return f"{self.ask_id} #{self.number}"


class BudgetAskStep(WorkspaceModel):
    """One step in the life of a request, with the person who took it."""

    ask = models.ForeignKey(BudgetAsk, on_delete=models.CASCADE, related_name="steps")
    kind = models.CharField(max_length=9, choices=AskStepKind.choices)
    instalment = models.PositiveSmallIntegerField(null=True)
    note = models.CharField(max_length=400, blank=True)
    by = models.ForeignKey(USER, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceModel.Meta):
        ordering = ("id",)
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=AskStepKind.values), name="budget_ask_step_known"),
        ]

    def __str__(self) -> str:
        return f"{self.ask_id} {self.kind}"
