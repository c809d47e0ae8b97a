"""RFM tiers at the end of the window: who is high value. Ties score alike; every comparison is between integers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import ibis
import numpy as np

from kpis.engine.bounds import calendar_day
from kpis.engine.derived.activity import members_at
from kpis.engine.derived.case import KEYS, Case, counted, flag
from kpis.engine.lapse import days_between
from kpis.engine.results import MeasureResult, Quantity
from kpis.engine.specs import NoData

if TYPE_CHECKING:
    import ibis.expr.types as ir

TIERED = frozenset({"high_value_n", "high_value_member_n"})
MEMBERS = frozenset({"high_value_member_n", "rfm_member_base_n"})
MEASURES = TIERED | MEMBERS | {"rfm_base_n"}
HIGH, DORMANT, POTENTIAL = "high", "dormant", "potential"


def rfm_results(case: Case, measures: frozenset[str]) -> dict[str, MeasureResult]:
    """Compute the asked ones of `MEASURES`. Tiers need `rfm_min_customers` in the base of the scope."""
    start = case.span.end - timedelta(days=case.params.rfm_window_days)
    orders = case.spread(case.customer_orders(start, case.span.end), "orders", ["customer_id", "paid_at", "net_amount"])
    base = customer_states(orders, case.span.end)
    people = scored(base, case.params.rfm_bins) if measures & TIERED else base
    if measures & MEMBERS:
        members = members_at(case.table("customers"), case.span.end).select(member_id="customer_id")
        people = people.left_join(members, people["customer_id"] == members["member_id"])
    answer = case.answer(_totals(people, sorted(measures)))
    names = sorted(measures)
    kinds = case.kinds("orders")
    covered = case.has("orders", start, case.span.end)
    found = counted(answer, kinds, {name: name for name in names}, dict.fromkeys(names, covered))
    if not measures & TIERED or not covered:
        return found
    bases = counted(answer, kinds, {"base": "base"}, {"base": True})["base"]
    return {name: _enough(case, result, bases) if name in TIERED else result for name, result in found.items()}


def customer_states(rows: ir.Table, end: date) -> ir.Table:
    """Return per (scope, customer): days since the last order at `end`, number of orders, money."""
    return rows.group_by(list(KEYS)).aggregate(
        recency=days_between(rows["paid_at"].max().cast("date"), calendar_day(end)),
        frequency=rows.count(),
        money=rows["net_amount"].sum(),
    )


def scored(base: ir.Table, bins: int) -> ir.Table:
    """Add `r`, `f`, `m` (1..bins) and `tier`: score = 1 + min(bins - 1, floor(bins * share of the strictly worse))."""
    keys = ["_kind", "_scope"]
    size = ibis._.count().over(ibis.window(group_by=keys))
    ranked = base.mutate(
        base_n=size,
        worse_r=ibis.rank().over(ibis.window(group_by=keys, order_by=base["recency"].desc())),
        worse_f=ibis.rank().over(ibis.window(group_by=keys, order_by=base["frequency"].asc())),
        worse_m=ibis.rank().over(ibis.window(group_by=keys, order_by=base["money"].asc())),
    )
    graded = ranked.mutate(**{name: _score(ranked[f"worse_{name}"], ranked["base_n"], bins) for name in "rfm"})
    valuable = graded["f"] + graded["m"] >= 8
    recent = graded["r"] >= 3
    tier = ibis.cases((~recent, DORMANT), (valuable, HIGH), else_=POTENTIAL)
    return graded.mutate(tier=tier, at_risk=~recent & valuable)


def _score(worse: ir.Value, size: ir.Value, bins: int) -> ir.Value:
    """Count the bin edges reached instead of dividing, so that no rounding can move anybody."""
    score = ibis.literal(1, type="int64")
    for edge in range(1, bins):
        score = score + ibis.ifelse(worse * bins >= size * edge, 1, 0)
    return score


def _totals(people: ir.Table, measures: list[str]) -> ir.Table:
    columns: dict[str, ir.Value] = {"base": people.count(), "n_base": people["frequency"].sum()}
    for name in measures:
        held = people["frequency"] > 0
        if name in MEMBERS:
            held = held & people["member_id"].notnull()
        columns[f"n_{name}"] = ibis.ifelse(held, people["frequency"], None).sum()
        if name in TIERED:
            held = held & (people["tier"] == HIGH)
        columns[name] = flag(held).count()
    return people.group_by(["_kind", "_scope"]).aggregate(**columns)


def _enough(case: Case, result: MeasureResult, bases: MeasureResult) -> MeasureResult:
    """Withhold the tiers of every scope whose base is smaller than the minimum."""
    sizes = bases.amount.whole
    known = (sizes >= case.params.rfm_min_customers).astype(bool)
    gaps = {int(place): (NoData.TOO_FEW_CUSTOMERS, str(sizes[place])) for place in np.flatnonzero(~known)}
    nobody = Quantity(None, reason=NoData.TOO_FEW_CUSTOMERS, detail="0")
    return replace(result, amount=replace(result.amount, known=known), gaps=gaps, otherwise=nobody)
