"""The phase a team is in, and the evidence for the criteria of leaving it: a history that is never edited."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from omnichannel.workspaces.scoping import WorkspaceModel


class PhaseEntry(WorkspaceModel):
    """A team enters a phase on a day and stays until its next entry. `reason` says why it went back, where it did."""

    unit_external_id = models.CharField(max_length=64)
    phase = models.CharField(max_length=24)
    since = models.DateField()
    reason = models.CharField(max_length=300, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(WorkspaceModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "unit_external_id", "since"], name="one_phase_from_a_day"),
            models.CheckConstraint(condition=~Q(unit_external_id=""), name="phase_has_a_team"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_external_id} {self.phase}"


class CriterionTick(WorkspaceModel):
    """A criterion of the entered phase is met on a day, with the evidence; withdrawn ticks stay in the history."""

    entry = models.ForeignKey(PhaseEntry, on_delete=models.CASCADE, related_name="ticks")
    criterion = models.PositiveSmallIntegerField()
    met_on = models.DateField()
    evidence = models.CharField(max_length=600)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta(WorkspaceModel.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["entry", "criterion"], condition=Q(withdrawn_at=None), name="criterion_ticked_once"
            ),
            models.CheckConstraint(condition=~Q(evidence=""), name="tick_has_evidence"),
        ]

    def __str__(self) -> str:
        return f"{self.criterion} of {self.entry_id}"
