"""The risk register: what may go wrong, who watches it, until when, and the alerts that showed it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from kpis.alert_choices import LevelName, RiskKind, RiskState
from kpis.models.alerts import Alert
from omnichannel.workspaces.scoping import WorkspaceModel


class Risk(WorkspaceModel):
    """A risk of the company (no unit) or of a unit. On `review_on` its owner looks at it again."""

    title = models.CharField(max_length=160)
    kind = models.CharField(max_length=12, choices=RiskKind.choices)
    level = models.CharField(max_length=6, choices=LevelName.choices)
    state = models.CharField(max_length=8, choices=RiskState.choices, default=RiskState.OPEN)
    unit_id = models.CharField(max_length=64, blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    description = models.TextField(blank=True)
    mitigation = models.TextField(blank=True)
    review_on = models.DateField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["workspace", "state", "review_on"], name="risk_by_review")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(kind__in=RiskKind.values), name="risk_kind_known"),
            models.CheckConstraint(condition=Q(level__in=LevelName.values), name="risk_level_known"),
            models.CheckConstraint(condition=Q(state__in=RiskState.values), name="risk_state_known"),
            models.CheckConstraint(condition=~Q(title=""), name="risk_has_a_title"),
        ]

    def __str__(self) -> str:
        return self.title


class RiskAlert(WorkspaceModel):
    """An alert in which a risk showed itself."""

    risk = models.ForeignKey(Risk, on_delete=models.CASCADE, related_name="links")
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="risk_links")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "risk", "alert"], name="risk_linked_once"),
        ]

    def __str__(self) -> str:
        return f"{self.risk_id} {self.alert_id}"


class RiskChange(WorkspaceModel):
    """One saving of a risk. `changes`: field -> [before, after] as they were shown, in the words of the fields."""

    risk = models.ForeignKey(Risk, on_delete=models.CASCADE, related_name="history")
    changes = models.JSONField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"change of {self.risk_id}"
