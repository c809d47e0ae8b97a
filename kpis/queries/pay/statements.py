"""Statements as they are read: by run and person, with what later months corrected; and the payout file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

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
    """Return a run's statements by person, or one person's own: people read theirs once the month is locked."""
    rows = PayStatement.objects.filter(run=run).order_by("person_external_id", "plan_key")
    return rows if person is None else rows.filter(person_external_id=person, run__locked_at__isnull=False)


def shown_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return a statement's facts as its reader sees them: what colleagues weigh in a pool only as a sum."""
    shared = {
        key: {"own": weights.get(facts["person"]), "all": str(sum(map(Decimal, weights.values()), ZERO))}
        for key, weights in facts["attendance"].items()
    }
    return {**facts, "attendance": shared}


def payments(run: PayRun) -> Iterator[Payment]:
    """Yield what the payout file pays, by person: everybody with a statement or a correction, once."""
    earned = _sums(PayStatement.objects.filter(run=run))
    corrected = _sums(PayAdjustment.objects.filter(run=run))
    for person in sorted(earned.keys() | corrected.keys()):
        yield Payment(person, earned.get(person, ZERO), corrected.get(person, ZERO))


def _sums(rows: QuerySet[PayStatement] | QuerySet[PayAdjustment]) -> dict[str, Decimal]:
    found = rows.order_by().values("person_external_id").annotate(total=Sum("amount"))
    return {row["person_external_id"]: row["total"] for row in found}
