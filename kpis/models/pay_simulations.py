"""Plans tried on closed months: what was asked, on which inputs, what came out, and each person's part of it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from kpis.choices import SimulatedAgainst
from kpis.models.values import PERIOD_KEY
from omnichannel.workspaces.scoping import WorkspaceModel


class PaySimulation(WorkspaceModel):
    """A simulation for HR. It pays nobody.

    `proposals` holds each plan's content as it was; `marks` what the inputs were (others now: stale) and `digest` their
    SHA-256 with the question. `result` is None until the job has ended well; it names no person.
    """

    first = models.CharField(max_length=8)
    last = models.CharField(max_length=8)
    against = models.CharField(max_length=8, choices=SimulatedAgainst.choices)
    proposals = models.JSONField()
    marks = models.JSONField(default=dict)
    digest = models.CharField(max_length=64, blank=True)
    result = models.JSONField(null=True)
    job = models.ForeignKey("jobs.Job", null=True, on_delete=models.SET_NULL, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta(WorkspaceModel.Meta):
        ordering = ("-id",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(first__regex=PERIOD_KEY) & Q(last__regex=PERIOD_KEY), name="pay_simulation_months"
            ),
            models.CheckConstraint(condition=Q(against__in=SimulatedAgainst.values), name="pay_simulation_against"),
            models.CheckConstraint(
                condition=Q(result__isnull=True) | (~Q(digest="") & Q(finished_at__isnull=False)),
                name="pay_simulation_result_has_inputs",
            ),
        ]

    def __str__(self) -> str:
        return f"simulation #{self.pk} {self.first}-{self.last}"


class PaySimulationPerson(WorkspaceModel):
    """A person's pay over the months, now and under one of the proposals; `causes` are components and their part."""

    simulation = models.ForeignKey(PaySimulation, on_delete=models.CASCADE, related_name="people")
    proposal = models.PositiveSmallIntegerField()
    person_external_id = models.CharField(max_length=64)
    unit_external_id = models.CharField(max_length=64)
    role_key = models.CharField(max_length=40)
    before = models.DecimalField(max_digits=18, decimal_places=2)
    after = models.DecimalField(max_digits=18, decimal_places=2)
    change = models.DecimalField(max_digits=18, decimal_places=2)
    causes = models.JSONField(default=list)

    class Meta(WorkspaceModel.Meta):
        ordering = ("id",)
        indexes: ClassVar = [
            models.Index(fields=["workspace", "simulation", "proposal", "change"], name="simulated_by_change")
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["workspace", "simulation", "proposal", "person_external_id"], name="one_simulated_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_external_id} {self.change}"
