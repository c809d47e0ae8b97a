"""Who holds which role where, with what share of their time. Several roles per person are normal."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from roles.models.dated import NOT_SUPERSEDED, DatedFact, never_empty, never_twice, role_named
from roles.models.person import Person
from roles.models.unit import Unit


class Assignment(DatedFact):
    """A person holds a role of the talent map in a unit. Its key is person, role and first day."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="assignments", db_constraint=False)
    role_key = models.CharField(max_length=40)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    share = models.DecimalField(max_digits=5, decimal_places=4)

    class Meta(DatedFact.Meta):
        constraints: ClassVar = [
            never_twice("one_holding_of_a_role_at_a_time", "person", "unit", "role_key"),
            never_empty("assignment_lasts"),
            models.UniqueConstraint(
                F("workspace"),
                F("person"),
                F("role_key"),
                F("during__startswith"),
                name="assignment_key_once",
                condition=NOT_SUPERSEDED,
            ),
            models.CheckConstraint(condition=role_named(), name="assignment_role_known"),
            models.CheckConstraint(condition=Q(share__gt=0, share__lte=1), name="share_of_time"),
            models.CheckConstraint(condition=Q(during__lower_inf=False), name="assignment_starts"),
        ]

    def __str__(self) -> str:
        return f"{self.role_key} by {self.person_id}"
