"""Statements as they are read: by run and person, with what later months corrected; and the payout file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, QuerySet, Sum

from kpis.choices import PayRunState
from kpis.models import PayAdjustment, PayDispute, PayRun, PayStatement
from kpis.queries.pay.sharing import sharing_with

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


def shown_facts(statement: PayStatement) -> dict[str, Any]:
    """Return a statement's facts as its reader sees them: what colleagues weigh in a pool only as a sum.

    The sum stays where only two share: without it the own part could not be checked, and the part itself tells it.
    """
    person, sharing = statement.person_external_id, sharing_with(statement).attendance
    shared = {
        key.value: {
            "own": str(weights[person]) if person in weights else None,
            "all": str(sum(weights.values(), ZERO)),
        }
        for key, weights in sharing.items()
    }
    return {name: value for name, value in statement.facts.items() if name != "colleagues"} | {"attendance": shared}


def payments(run: PayRun) -> Iterator[Payment]:
    """Yield what the payout file pays, by person: everybody with a statement or a correction, once."""
    earned = _sums(PayStatement.objects.filter(run=run))
    corrected = _sums(PayAdjustment.objects.filter(run=run))
    for person in sorted(earned.keys() | corrected.keys()):
        yield Payment(person, earned.get(person, ZERO), corrected.get(person, ZERO))


def _sums(rows: QuerySet[PayStatement] | QuerySet[PayAdjustment]) -> dict[str, Decimal]:
    found = rows.order_by().values("person_external_id").annotate(total=Sum("amount"))
    return {row["person_external_id"]: row["total"] for row in found}


def statements_seen(*, person: str | None) -> QuerySet[PayStatement]:
    """Return the statements a reader may open, all or their own of closed months, with all that a receipt shows."""
    rows = PayStatement.objects.select_related("run", "plan").prefetch_related(
        "lines",
        Prefetch("lines__adjustments", PayAdjustment.objects.select_related("run")),
        Prefetch("lines__disputes", PayDispute.objects.select_related("owner", "adjustment__run")),
    )
    return rows if person is None else rows.filter(person_external_id=person, run__locked_at__isnull=False)


def previous_of(statement: PayStatement) -> PayStatement | None:
    """Return what the same plan paid the same person in the last closed month before."""
    rows = PayStatement.objects.filter(
        person_external_id=statement.person_external_id,
        plan_key=statement.plan_key,
        run__period__lt=statement.run.period,
        run__locked_at__isnull=False,
    )
    return rows.select_related("run").prefetch_related("lines").order_by("-run__period").first()


def corrections_on(statement: PayStatement) -> list[PayAdjustment]:
    """Return the corrections of earlier months that this statement's month pays, each on one statement of the person.

    It is that of the plan whose line is corrected, or the person's first where that plan pays them no longer.
    """
    run, person = statement.run_id, statement.person_external_id
    rows = PayAdjustment.objects.filter(run=run, person_external_id=person)
    found = list(rows.select_related("line__statement__run", "line__statement__plan"))
    if not found:
        return []
    plans = dict(
        PayStatement.objects.filter(run=run, person_external_id=person).order_by("-pk").values_list("plan_key", "pk")
    )
    first = min(plans.values())
    return [each for each in found if plans.get(each.line.statement.plan_key, first) == statement.pk]


def history_of(person: str, *, until: str, most: int) -> list[tuple[str, Payment]]:
    """Return what a person's closed months paid, the oldest first; `until` (a period) stands in it closed or not."""
    runs = PayRun.objects.filter(period__lt=until, state__in=[PayRunState.LOCKED, PayRunState.PAID])
    runs = runs | PayRun.objects.filter(period=until)
    periods = dict(runs.order_by("-period").values_list("pk", "period")[:most])
    mine = {"person_external_id": person, "run__in": list(periods)}
    earned = _by_run(PayStatement.objects.filter(**mine))
    corrected = _by_run(PayAdjustment.objects.filter(**mine))
    found = [
        (period, Payment(person, earned.get(run, ZERO), corrected.get(run, ZERO)))
        for run, period in periods.items()
        if run in earned or run in corrected
    ]
    return sorted(found, key=lambda each: each[0])


@dataclass(frozen=True, slots=True)
class Month:
    """A closed month of one's own: what it paid in all, and its statements."""

    period: str
    state: str
    payment: Payment
    statements: tuple[PayStatement, ...]


def my_months(person: str) -> list[Month]:
    """Return a person's closed months, the newest first; one may hold corrections without a statement."""
    statements = PayStatement.objects.filter(person_external_id=person, run__locked_at__isnull=False)
    corrections = PayAdjustment.objects.filter(person_external_id=person, run__locked_at__isnull=False)
    earned, corrected = _by_run(statements), _by_run(corrections)
    held: dict[int, list[PayStatement]] = defaultdict(list)
    for statement in statements.order_by("pk"):
        held[statement.run_id].append(statement)
    runs = PayRun.objects.filter(pk__in=earned.keys() | corrected.keys()).order_by("-period")
    return [
        Month(
            run.period,
            run.state,
            Payment(person, earned.get(run.pk, ZERO), corrected.get(run.pk, ZERO)),
            tuple(held[run.pk]),
        )
        for run in runs
    ]


def _by_run(rows: QuerySet[PayStatement] | QuerySet[PayAdjustment]) -> dict[int, Decimal]:
    return {row["run"]: row["total"] for row in rows.order_by().values("run").annotate(total=Sum("amount"))}
