"""Measures over the order history of each customer: repeat, retention, churn, recall, second purchase, lifetime.

One pass builds one state per (scope, customer); every measure is a count over these states. Definitions:
alive at a date = a valid order in the `churn_days` before it; newly churned = alive at the period's start and not alive
at its end; churned = has ordered before, but is not alive. First and second orders are those within the scope.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

import ibis
import numpy as np

from kpis.engine.bounds import midnight
from kpis.engine.derived.case import KEYS, PRIVATE_MALL, Case, counted, flag
from kpis.engine.derived.dates import Dates, Range
from kpis.engine.results import MeasureResult, Numbers, no_rows

if TYPE_CHECKING:
    import ibis.expr.types as ir


@dataclass(frozen=True, slots=True)
class Rule:
    """`reads`: the orders looked at. `needs`: ranges that must all have orders, or there is nothing to say."""

    reads: Callable[[Dates], Range]
    needs: Callable[[Dates], tuple[Range, ...]]
    test: Callable[[ir.Table, Dates], ir.BooleanValue]


def _alive_at_start(state: ir.Table, on: Dates) -> ir.BooleanValue:
    return state["last_open"] >= midnight(on.start_alive)


def _churned_at_start(state: ir.Table, on: Dates) -> ir.BooleanValue:
    return state["last_open"] < midnight(on.start_alive)


def _alive_a_year_ago(state: ir.Table, on: Dates) -> ir.BooleanValue:
    return state["last_year_ago"] >= midnight(on.year_alive)


def _gone_by_end(state: ir.Table, on: Dates) -> ir.BooleanValue:
    return state["last"] < midnight(on.end_alive)


def _period(on: Dates) -> Range:
    return on.start, on.end


RULES: Mapping[str, Rule] = {
    "repeat_n": Rule(_period, lambda on: (_period(on),), lambda s, on: s["day_1"] < s["day_n"]),
    "mall_repeat_n": Rule(_period, lambda on: (_period(on),), lambda s, on: s["mall_day_1"] < s["mall_day_n"]),
    "retained_n": Rule(
        lambda on: (on.before, on.end),
        lambda on: ((on.before, on.start), _period(on)),
        lambda s, on: (s["prev_n"] > 0) & (s["period_n"] > 0),
    ),
    "alive_open_n": Rule(
        lambda on: (on.start_alive, on.start), lambda on: ((on.start_alive, on.start),), _alive_at_start
    ),
    "newly_churned_n": Rule(
        lambda on: (on.start_alive, on.end),
        lambda on: ((on.start_alive, on.start), _period(on)),
        lambda s, on: _alive_at_start(s, on) & _gone_by_end(s, on),
    ),
    "churned_open_n": Rule(lambda on: (None, on.start), lambda on: ((None, on.start),), _churned_at_start),
    "recalled_n": Rule(
        lambda on: (None, on.end),
        lambda on: ((None, on.start), _period(on)),
        lambda s, on: _churned_at_start(s, on) & (s["period_n"] > 0),
    ),
    "first_buyers_prev": Rule(
        lambda on: (None, on.start),
        lambda on: ((on.first_from, on.start),),
        lambda s, on: (s["first"] >= midnight(on.first_from)) & (s["first"] < midnight(on.start)),
    ),
    "alive_year_ago": Rule(
        lambda on: (on.year_alive, on.year_ago), lambda on: ((on.year_alive, on.year_ago),), _alive_a_year_ago
    ),
    "lost_in_year": Rule(
        lambda on: (on.year_alive, on.end),
        lambda on: ((on.year_alive, on.year_ago), (on.year_ago, on.end)),
        lambda s, on: _alive_a_year_ago(s, on) & _gone_by_end(s, on),
    ),
}
LIFETIME_PARTS = ("alive_year_ago", "lost_in_year")
MEASURES = frozenset(RULES) - set(LIFETIME_PARTS) | {"lifetime_years", "second_buyers"}


def history_results(case: Case, measures: frozenset[str]) -> dict[str, MeasureResult]:
    """Compute the asked ones of `MEASURES`."""
    asked = set(measures & set(RULES))
    if "lifetime_years" in measures:
        asked |= set(LIFETIME_PARTS)
    found = _counts(case, sorted(asked)) if asked else {}
    if "lifetime_years" in measures:
        found["lifetime_years"] = _lifetime(case, found)
    if "second_buyers" in measures:
        found["second_buyers"] = _second_buyers(case)
    return {measure: found[measure] for measure in measures}


def _counts(case: Case, asked: list[str]) -> dict[str, MeasureResult]:
    on = Dates.of(case.span, case.params)
    ranges = {measure: RULES[measure].reads(on) for measure in asked}
    lows = [low for low, _ in ranges.values()]
    low = None if None in lows else min(low for low in lows if low is not None)
    state = _states(case, on, ranges, low)
    columns: dict[str, ir.Value] = {}
    for measure in asked:
        columns[measure] = flag(RULES[measure].test(state, on)).count()
        columns[f"n_{measure}"] = state[f"n_{measure}"].sum()
    answer = case.answer(state.group_by(["_kind", "_scope"]).aggregate(**columns))
    covered = {
        measure: all(case.has("orders", start, end) for start, end in RULES[measure].needs(on)) for measure in asked
    }
    return counted(answer, case.kinds("orders"), {measure: measure for measure in asked}, covered)


def _states(case: Case, on: Dates, ranges: Mapping[str, Range], low: date | None) -> ir.Table:
    """Return one row per (scope, customer) with what the tests of `RULES` compare."""
    orders = case.customer_orders(low, max(end for _, end in ranges.values()))
    rows = case.spread(orders, "orders", ["customer_id", "paid_at", "channel"])
    paid = rows["paid_at"]
    inside, mall = paid >= midnight(on.start), rows["channel"] == PRIVATE_MALL
    day = paid.date()
    columns = {
        "first": paid.min(),
        "last": paid.max(),
        "last_open": ibis.ifelse(paid < midnight(on.start), paid, None).max(),
        "last_year_ago": ibis.ifelse(paid < midnight(on.year_ago), paid, None).max(),
        "day_1": ibis.ifelse(inside, day, None).min(),
        "day_n": ibis.ifelse(inside, day, None).max(),
        "mall_day_1": ibis.ifelse(inside & mall, day, None).min(),
        "mall_day_n": ibis.ifelse(inside & mall, day, None).max(),
        "period_n": flag(inside).count(),
        "prev_n": flag((paid >= midnight(on.before)) & ~inside).count(),
    }
    for measure, (start, end) in ranges.items():
        read = paid < midnight(end)
        counts = read if start is None else read & (paid >= midnight(start))
        columns[f"n_{measure}"] = flag(counts & mall if measure == "mall_repeat_n" else counts).count()
    return rows.group_by(list(KEYS)).aggregate(**columns)


def _second_buyers(case: Case) -> MeasureResult:
    """Count the customers whose first order fell in the window and who ordered again within the days allowed.

    The follow-up is not cut at the period's end: each customer has the full number of days, as the algorithm says.
    """
    on, days = Dates.of(case.span, case.params), case.params.second_purchase_days
    kinds = case.kinds("orders")
    if not case.has("orders", on.first_from, on.start):
        return MeasureResult.of(kinds, {}, no_rows())
    keep = ["customer_id", "paid_at"]
    history = case.spread(case.customer_orders(None, on.start), "orders", keep)
    firsts = history.group_by(list(KEYS)).aggregate(first=history["paid_at"].min())
    firsts = firsts.filter(firsts["first"] >= midnight(on.first_from))
    later = case.customer_orders(on.first_from, on.start + timedelta(days=days))
    orders = case.spread(later, "orders", keep)
    joined = firsts.join(orders, list(KEYS))
    close = joined.filter(
        joined["paid_at"] >= joined["first"], joined["paid_at"] <= joined["first"] + ibis.interval(days=days)
    )
    buyers = close.group_by(list(KEYS)).aggregate(orders=close.count())
    answer = buyers.group_by(["_kind", "_scope"]).aggregate(
        second_buyers=flag(buyers["orders"] >= 2).count(), n_second_buyers=buyers["orders"].sum()
    )
    names = {"second_buyers": "second_buyers"}
    return counted(case.answer(answer), kinds, names, {"second_buyers": True})["second_buyers"]


def _lifetime(case: Case, parts: Mapping[str, MeasureResult]) -> MeasureResult:
    """Return min(cap, alive / lost): the inverse of the yearly churn rate, exact, capped when nobody was lost."""
    alive, lost = (parts[name] for name in LIFETIME_PARTS)
    start, gone = alive.amount.whole, lost.amount.whole
    cap = Fraction(case.params.ltv_cap_years)
    capped = start * cap.denominator >= gone * cap.numerator
    years = Numbers(
        np.where(capped, cap.numerator, start), np.where(capped, cap.denominator, gone), np.ones_like(capped)
    )
    held = alive.held & lost.held & (start > 0).astype(bool)
    return replace(alive, held=held, amount=years, rows=lost.rows, otherwise=no_rows())
