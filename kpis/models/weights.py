"""The workspace's own KPI weights; where there are none, the library's count."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from omnichannel.workspaces.scoping import WorkspaceModel
from roles.catalogue import OWN_ROLE_SHAPE, RoleKey, StageKey, SubtypeKey


class WeightSet(WorkspaceModel):
    """Weights of one role in one stage from a date on. `weights`: KPI id -> percent as a string; they sum to 100.00.

    `subtype` and `unit` narrow where they count; empty is everywhere. The newest set of a place holds. One without
    weights gives the place back: from its day on the next wider place counts again.
    """

    role_key = models.CharField(max_length=40)
    stage = models.CharField(max_length=24)
    subtype = models.CharField(max_length=24, blank=True, default="")
    unit = models.CharField(max_length=64, blank=True, default="")
    effective_from = models.DateField()
    weights = models.JSONField()
    note = models.CharField(max_length=400, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("role_key", "stage", "-effective_from", "-id")
        indexes: ClassVar = [
            models.Index(fields=["workspace", "role_key", "stage", "-effective_from", "-id"], name="weights_newest"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(role_key__in=[key.value for key in RoleKey]) | Q(role_key__regex=f"^{OWN_ROLE_SHAPE}$"),
                name="weights_role_known",
            ),
            models.CheckConstraint(condition=Q(stage__in=[key.value for key in StageKey]), name="weights_stage_known"),
            models.CheckConstraint(
                condition=Q(subtype__in=["", *(key.value for key in SubtypeKey)]), name="weights_subtype_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role_key} {self.stage} {self.subtype} {self.unit} {self.effective_from}"
