"""Head count: norms and driver values with their histories, plans in versions, and budgets taken over from plans."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from omnichannel.workspaces.scoping import WorkspaceModel
from talent.choices import PlanStatus


class Authored(WorkspaceModel):
    """A row of a history: it is never edited, a newer one supersedes it."""

    note = models.CharField(max_length=300, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceModel.Meta):
        abstract = True


class HeadcountNorm(Authored):
    """What one post of a role carries from a day on. `is_catalogue`: brought back to what the catalogue says."""

    role_key = models.CharField(max_length=40)
    driver = models.CharField(max_length=40)
    units_per_fte = models.DecimalField(max_digits=18, decimal_places=4)
    minimum = models.DecimalField(max_digits=10, decimal_places=4)
    since = models.DateField()
    is_catalogue = models.BooleanField(default=False)

    class Meta(Authored.Meta):
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(units_per_fte__gt=0), name="norm_units_positive"),
            models.CheckConstraint(condition=Q(minimum__gte=0), name="norm_minimum_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.role_key} from {self.since}"


class DriverEntry(Authored):
    """The value of a driver that somebody entered for a unit, as of a day; None takes the entry back."""

    driver = models.CharField(max_length=40)
    unit_external_id = models.CharField(max_length=64)
    on = models.DateField()
    value = models.DecimalField(max_digits=18, decimal_places=4, null=True)

    class Meta(Authored.Meta):
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(unit_external_id=""), name="driver_entry_has_a_unit"),
            models.CheckConstraint(condition=Q(value=None) | Q(value__gte=0), name="driver_value_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.driver} of {self.unit_external_id} on {self.on}"


class HeadcountPlan(WorkspaceModel):
    """A plan of posts and money. What it holds stands in its versions, the newest of which counts."""

    name = models.CharField(max_length=120)
    status = models.CharField(max_length=12, choices=PlanStatus.choices, default=PlanStatus.DRAFT)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "name"], name="headcount_plan_name_once"),
            models.CheckConstraint(condition=~Q(name=""), name="headcount_plan_has_a_name"),
            models.CheckConstraint(condition=Q(status__in=PlanStatus.values), name="headcount_plan_status_known"),
        ]

    def __str__(self) -> str:
        return self.name


class HeadcountPlanVersion(Authored):
    """The document of a plan as it was kept once, see `talent.headcount.document`."""

    plan = models.ForeignKey(HeadcountPlan, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()

    class Meta(Authored.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["plan", "number"], name="headcount_plan_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} version {self.number}"


class HeadcountPlanStep(Authored):
    """A plan came to a status."""

    plan = models.ForeignKey(HeadcountPlan, on_delete=models.CASCADE, related_name="steps")
    status = models.CharField(max_length=12, choices=PlanStatus.choices)

    def __str__(self) -> str:
        return f"{self.plan_id} {self.status}"


class BudgetTakeover(Authored):
    """A plan's amounts became budget rows of the table `costs`: `upload` is the load that brought them."""

    plan = models.ForeignKey(HeadcountPlan, on_delete=models.CASCADE, related_name="takeovers")
    version = models.PositiveIntegerField()
    upload = models.BigIntegerField()
    rows = models.PositiveIntegerField()
    cleared = models.PositiveIntegerField()
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return f"budget of {self.plan_id} by upload {self.upload}"
