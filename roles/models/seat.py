"""Seats: planned places in a unit, filled or vacant. A person sits in a seat through their employment."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from roles.models.dated import DatedFact, Identity, id_given, id_once, never_empty, never_twice, role_named
from roles.models.unit import Unit


class Seat(Identity):
    """A planned place, known by the position id of the customer's own system."""

    class Meta(Identity.Meta):
        constraints: ClassVar = [id_once("seat_external_id_once"), id_given("seat_external_id_given")]


class SeatVersion(DatedFact):
    """What a seat was over a span of time. `monthly_budget` is CNY a month; `is_head` marks who leads the unit."""

    seat = models.ForeignKey(Seat, on_delete=models.CASCADE, related_name="versions", db_constraint=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    title = models.CharField(max_length=120)
    role_key = models.CharField(max_length=40, blank=True)
    grade = models.CharField(max_length=20, blank=True)
    planned_fte = models.DecimalField(max_digits=6, decimal_places=3)
    monthly_budget = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    is_head = models.BooleanField(default=False)

    class Meta(DatedFact.Meta):
        constraints: ClassVar = [
            never_twice("one_version_of_a_seat_at_a_time", "seat"),
            never_empty("seat_version_lasts"),
            models.CheckConstraint(condition=Q(role_key="") | role_named(), name="seat_role_known"),
            models.CheckConstraint(condition=Q(planned_fte__gt=0), name="seat_planned_fte_positive"),
            models.CheckConstraint(
                condition=Q(monthly_budget=None) | Q(monthly_budget__gte=0), name="seat_budget_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return self.title
