"""AIPL: every customer in the highest stage reached (awareness, interest, purchase, loyalty), and who moved.

A stage at a date looks back over the RFM window: loyalty = valid orders on two or more days; purchase = one; interest =
an effective interaction, a mall visit or an item put in the cart; awareness = reached by a message, or an open contact
at the date. Nobody counts twice, and one who did nothing in the window is in no stage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import ibis

from kpis.engine.analyses.ground import KEYS, SCOPE, Ground, number
from kpis.engine.bounds import calendar_day, midnight
from kpis.engine.derived.case import EFFECTIVE_KINDS, MALL_VISIT, flag
from omnichannel.core.periods import shift_months

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kpis.engine.relations import Row
    from kpis.engine.specs import Scope

LIST = "aipl"
STAGES = ("none", "awareness", "interest", "purchase", "loyalty")
MONTHS_BACK = (1, 3, 12)
INTEREST_KINDS = (*EFFECTIVE_KINDS, MALL_VISIT, "add_to_cart")


@dataclass(frozen=True, slots=True)
class Flow:
    """How many customers were in one stage at the earlier date and in another at the later one."""

    before: str
    after: str
    customers: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """All flows from one earlier date; a customer of neither date's stages is in none of them."""

    months: int
    on: date
    flows: tuple[Flow, ...]

    def standing(self, stage: str, *, then: bool = False) -> int:
        """Return how many customers are in a stage now, or were in it then."""
        return sum(flow.customers for flow in self.flows if (flow.before if then else flow.after) == stage)


@dataclass(frozen=True, slots=True)
class AiplDocument:
    """Where everybody stands on `on`, compared with earlier dates. `lacking` names tables that were never loaded."""

    on: date
    window_days: int
    comparisons: tuple[Comparison, ...]
    lacking: tuple[str, ...]


def analyse_aipl(ground: Ground) -> dict[Scope, AiplDocument]:
    """Find the stage of every customer on the month's last day and on three earlier days."""
    sources = [name for name in ("orders", "interactions", "contacts") if ground.has(name)]
    if not sources:
        return {}
    ends = [ground.period.end, *(shift_months(ground.period.end, -months) for months in MONTHS_BACK)]
    build = {"orders": _bought, "interactions": _touched, "contacts": _reachable}
    reached = ibis.union(*(build[name](ground, ends) for name in sources)) if len(sources) > 1 else None
    levels = reached if reached is not None else build[sources[0]](ground, ends)
    columns = {f"l{place}": levels[f"l{place}"].max() for place in range(len(ends))}
    people = levels.group_by(list(KEYS)).aggregate(**columns)
    kept = ground.kept(people.filter(ibis.or_(*(people[name] > 0 for name in columns))), LIST)
    rows = ground.grouped(kept.group_by([*SCOPE, *columns]).aggregate(customers=kept.count()))
    lacking = tuple(name for name in build if name not in sources)
    return {
        scope: AiplDocument(
            on=ground.period.last_day,
            window_days=ground.params.rfm_window_days,
            comparisons=tuple(
                Comparison(months, ends[place + 1] - timedelta(days=1), _flows(rows[scope], f"l{place + 1}"))
                for place, months in enumerate(MONTHS_BACK)
            ),
            lacking=lacking,
        )
        for scope in ground.scopes
    }


def _flows(rows: Sequence[Row], before: str) -> tuple[Flow, ...]:
    found: dict[tuple[int, int], int] = {}
    for row in rows:
        pair = number(row[before]), number(row["l0"])
        if any(pair):
            found[pair] = found.get(pair, 0) + number(row["customers"])
    return tuple(Flow(STAGES[then], STAGES[now], count) for (then, now), count in sorted(found.items()))


def _window(ground: Ground, end: date) -> date:
    return end - timedelta(days=ground.params.rfm_window_days)


def _bought(ground: Ground, ends: Sequence[date]) -> ir.Table:
    orders = ground.customer_orders(_window(ground, min(ends)), max(ends))
    day = orders["paid_at"].cast("date")
    columns: dict[str, ir.Value] = {}
    for place, end in enumerate(ends):
        inside = (orders["paid_at"] >= midnight(_window(ground, end))) & (orders["paid_at"] < midnight(end))
        columns[f"a{place}"] = ibis.ifelse(inside, day, None).min()
        columns[f"z{place}"] = ibis.ifelse(inside, day, None).max()
    days = orders.group_by(list(KEYS)).aggregate(**columns)
    levels = {
        f"l{place}": ibis.cases(
            (days[f"a{place}"] < days[f"z{place}"], 4), (days[f"a{place}"].notnull(), 3), else_=0
        ).cast("int8")
        for place in range(len(ends))
    }
    return days.select(*KEYS, **levels)


def _touched(ground: Ground, ends: Sequence[date]) -> ir.Table:
    rows = ground.table("interactions")
    seen = rows.filter(
        rows["customer_id"].notnull(),
        rows["kind"].isin((*INTEREST_KINDS, "reach_out")),
        rows["date"] >= calendar_day(_window(ground, min(ends))),
        rows["date"] < calendar_day(max(ends)),
    )
    marked = seen.mutate(level=ibis.ifelse(seen["kind"] == "reach_out", 1, 2).cast("int8"))
    spread = ground.spread(marked, "interactions", ["customer_id", "date", "level"])
    columns = {
        f"l{place}": ibis.ifelse(
            (spread["date"] >= calendar_day(_window(ground, end))) & (spread["date"] < calendar_day(end)),
            spread["level"],
            0,
        )
        .max()
        .cast("int8")
        for place, end in enumerate(ends)
    }
    return spread.group_by(list(KEYS)).aggregate(**columns)


def _reachable(ground: Ground, ends: Sequence[date]) -> ir.Table:
    rows = ground.table("contacts")
    known = rows.filter(rows["customer_id"].notnull(), rows["added_at"] < midnight(max(ends)))
    spread = ground.spread(known, "contacts", ["customer_id", "added_at", "removed_at"])
    removed = spread["removed_at"]
    columns = {}
    for place, end in enumerate(ends):
        is_open = (spread["added_at"] < midnight(end)) & (removed.isnull() | (removed >= midnight(end)))
        columns[f"l{place}"] = ibis.ifelse(flag(is_open).count() > 0, 1, 0).cast("int8")
    return spread.group_by(list(KEYS)).aggregate(**columns)
