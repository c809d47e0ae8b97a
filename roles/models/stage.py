"""The stage a unit has adopted: a dated decision, kept apart from what the diagnosis finds."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from roles.choices import SUBTYPES_OF
from roles.models.dated import DatedFact, never_empty, never_twice
from roles.models.unit import Unit


def _stage_with_its_subtypes() -> Q:
    pairs = Q()
    for stage, subtypes in SUBTYPES_OF.items():
        pairs |= Q(stage=stage.value, subtype__in=[subtype.value for subtype in subtypes])
    return pairs


class AdoptedStage(DatedFact):
    """From this day on the unit, and what is below it, works in this stage; weights of KPIs follow it."""

    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="stages", db_constraint=False)
    stage = models.CharField(max_length=24)
    subtype = models.CharField(max_length=24)
    note = models.TextField(blank=True)

    class Meta(DatedFact.Meta):
        constraints: ClassVar = [
            never_twice("one_stage_of_a_unit_at_a_time", "unit"),
            never_empty("adopted_stage_lasts"),
            models.CheckConstraint(condition=_stage_with_its_subtypes(), name="subtype_of_its_stage"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.stage}"
