"""People: an identity, and where they work over time. Personal data: names may be pseudonyms, pay is for HR only."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from roles.choices import FillMode
from roles.models.dated import DatedFact, Identity, id_given, id_once, never_empty, never_twice
from roles.models.seat import Seat
from roles.models.unit import Unit


class Person(Identity):
    """A person who works for the customer. `left_on` is the first day they are gone."""

    display_name = models.CharField(max_length=80, blank=True)
    hired_on = models.DateField()
    left_on = models.DateField(null=True, blank=True)

    class Meta(Identity.Meta):
        constraints: ClassVar = [
            id_once("person_external_id_once"),
            id_given("person_external_id_given"),
            models.CheckConstraint(condition=Q(left_on=None) | Q(left_on__gt=F("hired_on")), name="left_after_hired"),
        ]

    def __str__(self) -> str:
        return self.display_name or self.external_id


class Employment(DatedFact):
    """Where a person works and for whom. `fte` 1 is full time; `monthly_cost` is CNY a month, None where not given."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="employments", db_constraint=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    manager = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    fill_mode = models.CharField(max_length=12, choices=FillMode.choices, default=FillMode.INTERNAL)
    fte = models.DecimalField(max_digits=5, decimal_places=3)
    seat = models.ForeignKey(
        Seat, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    monthly_cost = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)

    class Meta(DatedFact.Meta):
        constraints: ClassVar = [
            never_twice("one_employment_at_a_time", "person"),
            never_empty("employment_lasts"),
            models.CheckConstraint(condition=Q(fill_mode__in=FillMode.values), name="fill_mode_known"),
            models.CheckConstraint(condition=Q(fte__gte=0), name="fte_not_negative"),
            models.CheckConstraint(condition=Q(monthly_cost=None) | Q(monthly_cost__gte=0), name="cost_not_negative"),
            models.CheckConstraint(
                condition=Q(manager=None) | ~Q(manager=F("person")), name="person_not_their_own_manager"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.unit_id}"
