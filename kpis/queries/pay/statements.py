"""Statements as they are read: by run and person, with what later months corrected; and the payout file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet, Sum

from kpis.models import PayAdjustment, PayRun, PayStatement

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Payment:
    """What a run pays a person: their statements and the corrections of closed months."""

    person: str
    earned: Decimal
    corrected: Decimal

    @property
    def amount(self) -> Decimal:
        """CNY to be paid; below zero: owed back."""
        return self.earned + self.corrected


def statements_of(run: PayRun, *, person: str | None = None) -> QuerySet[PayStatement]:
    """Return a run's statements by person, or one person's own."""
    rows = PayStatement.objects.filter(run=run).order_by("person_external_id", "plan_key")
    return rows if person is None else rows.filter(person_external_id=person)


def payments(run: PayRun) -> Iterator[Payment]:
    """Yield what the payout file pays, by person: everybody with a statement or a correction, once."""
    earned = _sums(PayStatement.objects.filter(run=run))
    corrected = _sums(PayAdjustment.objects.filter(run=run))
    for person in sorted(earned.keys() | corrected.keys()):
        yield Payment(person, earned.get(person, ZERO), corrected.get(person, ZERO))


def _sums(rows: QuerySet[PayStatement] | QuerySet[PayAdjustment]) -> dict[str, Decimal]:
    found = rows.order_by().values("person_external_id").annotate(total=Sum("amount"))
    return {row["person_external_id"]: row["total"] for row in found}
