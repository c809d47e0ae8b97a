"""Secondary reporting lines: dotted, typed, any number of them. The primary ones stand in units and employments."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from roles.choices import LineKind
from roles.models.dated import DatedFact, never_empty, never_twice
from roles.models.person import Person
from roles.models.unit import Unit


class ReportingLine(DatedFact):
    """A unit answers to another unit, or a person to another person, beside the primary line. Key: `external_id`."""

    external_id = models.CharField(max_length=64)
    kind = models.CharField(max_length=12, choices=LineKind.choices)
    unit = models.ForeignKey(
        Unit, null=True, blank=True, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    to_unit = models.ForeignKey(
        Unit, null=True, blank=True, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    person = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    to_person = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    note = models.CharField(max_length=200, blank=True)

    class Meta(DatedFact.Meta):
        constraints: ClassVar = [
            never_twice("one_line_of_a_key_at_a_time", "external_id"),
            never_empty("line_lasts"),
            models.CheckConstraint(condition=~Q(external_id=""), name="line_external_id_given"),
            models.CheckConstraint(condition=Q(kind__in=LineKind.values), name="line_kind_known"),
            models.CheckConstraint(
                condition=(
                    Q(unit__isnull=False, to_unit__isnull=False, person=None, to_person=None) & ~Q(unit=F("to_unit"))
                )
                | (
                    Q(unit=None, to_unit=None, person__isnull=False, to_person__isnull=False)
                    & ~Q(person=F("to_person"))
                ),
                name="line_between_two_of_a_kind",
            ),
        ]

    def __str__(self) -> str:
        return self.external_id
