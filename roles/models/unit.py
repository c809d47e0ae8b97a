"""Organisation units: an identity, and its dated versions (name, level, place in the tree)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from roles.choices import Ownership, UnitLevel
from roles.models.dated import DatedFact, Identity, id_given, id_once, never_empty, never_twice


class Unit(Identity):
    """A unit of the organisation, known by the id of the customer's own system."""

    class Meta(Identity.Meta):
        constraints: ClassVar = [id_once("unit_external_id_once"), id_given("unit_external_id_given")]


class UnitVersion(DatedFact):
    """What a unit was over a span of time. `is_leading` marks the unit that leads omnichannel work.

    `rank` is its place among its siblings, smallest first; those without one follow by id.
    """

    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="versions", db_constraint=False)
    name = models.CharField(max_length=120)
    level = models.CharField(max_length=20, choices=UnitLevel.choices)
    parent = models.ForeignKey(
        Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    ownership = models.CharField(max_length=12, choices=Ownership.choices, default=Ownership.NA)
    city = models.CharField(max_length=60, blank=True)
    is_leading = models.BooleanField(default=False)
    rank = models.BigIntegerField(null=True, blank=True)

    class Meta(DatedFact.Meta):
        constraints: ClassVar = [
            never_twice("one_version_of_a_unit_at_a_time", "unit"),
            never_empty("unit_version_lasts"),
            models.CheckConstraint(condition=Q(level__in=UnitLevel.values), name="unit_level_known"),
            models.CheckConstraint(condition=Q(ownership__in=Ownership.values), name="unit_ownership_known"),
            models.CheckConstraint(condition=Q(parent=None) | ~Q(parent=F("unit")), name="unit_not_its_own_parent"),
        ]

    def __str__(self) -> str:
        return self.name
