"""Cohorts by the month of the first order: who came back in each month after it, and this month's retention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis

from kpis.engine.analyses.ground import KEYS, SCOPE, Ground, number
from kpis.engine.derived.case import flag

if TYPE_CHECKING:
    from datetime import date

    import ibis.expr.types as ir

    from kpis.engine.relations import Row
    from kpis.engine.specs import Scope

COHORTS = 12
EARLIER = "earlier"


@dataclass(frozen=True, slots=True)
class Cohort:
    """Customers whose first order fell in `month` (`2026-03`, or `earlier`). `active[k]`: who ordered k months after.

    `bought_before` of them ordered in the month before the analysed one, `retained` of those ordered again in it.
    For `earlier`, `active` is empty: its months differ.
    """

    month: str
    customers: int
    active: tuple[int, ...]
    bought_before: int
    retained: int


@dataclass(frozen=True, slots=True)
class CohortsDocument:
    """The newest first orders last; what came before the first month shown is one line."""

    cohorts: tuple[Cohort, ...]


def analyse_cohorts(ground: Ground) -> dict[Scope, CohortsDocument]:
    """Count each cohort's buyers month by month, over twelve months that end with the analysed one."""
    if not ground.has("orders"):
        return {}
    now = _index(ground.period.start)
    first = now - COHORTS + 1
    months = _bought_months(ground)
    mine = months.group_by(list(KEYS)).aggregate(
        cohort=months["month"].min(),
        before=flag(months["month"] == now - 1).count(),
        here=flag(months["month"] == now).count(),
    )
    shown = ibis.ifelse(mine["cohort"] < first, 0, mine["cohort"])
    people = mine.mutate(cohort=shown)
    sizes = people.group_by([*SCOPE, "cohort"]).aggregate(
        customers=people.count(),
        bought_before=flag(people["before"] > 0).count(),
        retained=flag((people["before"] > 0) & (people["here"] > 0)).count(),
    )
    joined = months.filter(months["month"] >= first).join(people.filter(people["cohort"] > 0), list(KEYS))
    seen = joined.group_by([*SCOPE, "cohort", "month"]).aggregate(customers=joined.count())
    totals, active = ground.grouped(sizes), ground.grouped(seen)
    return {scope: CohortsDocument(_cohorts(totals[scope], active[scope], first, now)) for scope in ground.scopes}


def _bought_months(ground: Ground) -> ir.Table:
    orders = ground.customer_orders(None, ground.period.end)
    paid = orders["paid_at"]
    months = orders.select(*KEYS, month=(paid.year() * 12 + paid.month() - 1).cast("int32"))
    return months.distinct()


def _index(day: date) -> int:
    return day.year * 12 + day.month - 1


def _cohorts(sizes: list[Row], active: list[Row], first: int, now: int) -> tuple[Cohort, ...]:
    counts = {(number(row["cohort"]), number(row["month"])): number(row["customers"]) for row in active}
    found = []
    for row in sorted(sizes, key=lambda row: number(row["cohort"])):
        cohort = number(row["cohort"])
        months = range(cohort, now + 1) if cohort else ()
        found.append(
            Cohort(
                month=f"{cohort // 12}-{cohort % 12 + 1:02d}" if cohort else EARLIER,
                customers=number(row["customers"]),
                active=tuple(counts.get((cohort, month), 0) for month in months),
                bought_before=number(row["bought_before"]),
                retained=number(row["retained"]),
            )
        )
    return tuple(found)
