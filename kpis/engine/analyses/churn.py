"""Churn and recall of a month: who went silent, who came back, who is about to go; and how long everybody is silent.

The rules are the KPIs': alive at a date = a valid order in the `churn_days` before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import ibis

from kpis.engine.analyses.ground import KEYS, SCOPE, SCRATCH, Ground, money, number
from kpis.engine.bounds import calendar_day, midnight
from kpis.engine.derived.case import flag

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kpis.engine.relations import Row
    from kpis.engine.specs import Scope

LIST = "churn"
CHURNED, RECALLED, SOON = "churned", "recalled", "soon"
WARN_DAYS = 30  # how long before churning a customer is named, but never half the churn window
STEP_DAYS = 30


@dataclass(frozen=True, slots=True)
class Silence:
    """Customers whose last order lies `from_days` or more, but less than 30 days longer, before the month's end."""

    from_days: int
    customers: int


@dataclass(frozen=True, slots=True)
class Group:
    """One of the lists: how many customers, and what they had spent (recalled: what they spend in the month)."""

    state: str
    customers: int
    money: Decimal


@dataclass(frozen=True, slots=True)
class ChurnDocument:
    """The counts behind churn_rate and churn_recall_rate, the lists' sizes, and the silence of those still alive."""

    churn_days: int
    warn_days: int
    alive_open: int
    churned_open: int
    alive_end: int
    groups: tuple[Group, ...]
    silence: tuple[Silence, ...]

    def group(self, state: str) -> Group:
        """Return one list's size."""
        return next((each for each in self.groups if each.state == state), Group(state, 0, Decimal(0)))


def analyse_churn(ground: Ground) -> dict[Scope, ChurnDocument]:
    """Look at every customer's last order before the month and in it."""
    if not ground.has("orders"):
        return {}
    people = _people(ground)
    kept = ground.kept(people, f"{SCRATCH}{LIST}")
    told = ground.kept(kept.filter(kept["state"].notnull()).drop("was_alive", "was_churned", "is_alive"), LIST)
    moved = ground.grouped(
        told.group_by([*SCOPE, "state"]).aggregate(customers=told.count(), money=told["money"].sum())
    )
    totals = ground.grouped(
        kept.group_by(list(SCOPE)).aggregate(
            alive_open=flag(kept["was_alive"]).count(),
            churned_open=flag(kept["was_churned"]).count(),
            alive_end=flag(kept["is_alive"]).count(),
        )
    )
    alive = kept.filter(kept["is_alive"])
    steps = alive.group_by([*SCOPE, (alive["silent_days"] // STEP_DAYS).name("step")]).aggregate(
        customers=alive.count()
    )
    silence = ground.grouped(steps)
    return {
        scope: _document(ground, next(iter(totals[scope]), {}), moved[scope], silence[scope]) for scope in ground.scopes
    }


def warn_days(churn_days: int) -> int:
    """Return how many days before churning a customer is named."""
    return min(WARN_DAYS, churn_days // 2)


def _people(ground: Ground) -> ir.Table:
    start, end, churn = ground.period.start, ground.period.end, timedelta(days=ground.params.churn_days)
    orders = ground.customer_orders(None, end, ["net_amount"])
    paid, amount = orders["paid_at"], orders["net_amount"]
    inside = paid >= midnight(start)
    state = orders.group_by(list(KEYS)).aggregate(
        last=paid.max(),
        last_open=ibis.ifelse(inside, None, paid).max(),
        back=ibis.ifelse(inside, paid, None).min(),
        orders=orders.count(),
        spent=amount.sum(),
        spent_now=ibis.ifelse(inside, amount, None).sum(),
    )
    was_alive = (state["last_open"] >= midnight(start - churn)).fill_null(False)
    was_churned = (state["last_open"] < midnight(start - churn)).fill_null(False)
    is_alive = state["last"] >= midnight(end - churn)
    near = state["last"] < midnight(end - churn + timedelta(days=warn_days(ground.params.churn_days)))
    state = state.mutate(was_alive=was_alive, was_churned=was_churned, is_alive=is_alive)
    named = ibis.cases(
        (was_alive & ~is_alive, CHURNED), (was_churned & state["back"].notnull(), RECALLED), (is_alive & near, SOON)
    )
    return state.select(
        *KEYS,
        "was_alive",
        "was_churned",
        "is_alive",
        state=named,
        last_order=state["last"].cast("date"),
        silent_days=calendar_day(ground.period.last_day).delta(state["last"].cast("date"), unit="day"),
        # silent for churn_days on this day: those who are alive have it before them
        churns_on=(state["last"] + ibis.interval(days=ground.params.churn_days)).cast("date"),
        back_on=state["back"].cast("date"),
        away_days=state["back"].cast("date").delta(state["last_open"].cast("date"), unit="day"),
        orders=state["orders"],
        money=ibis.ifelse(named == RECALLED, state["spent_now"], state["spent"]),
    )


def _document(ground: Ground, totals: Row, moved: list[Row], silence: list[Row]) -> ChurnDocument:
    steps = {number(row["step"]): number(row["customers"]) for row in silence}
    last = (ground.params.churn_days - 1) // STEP_DAYS
    return ChurnDocument(
        churn_days=ground.params.churn_days,
        warn_days=warn_days(ground.params.churn_days),
        alive_open=number(totals.get("alive_open")),
        churned_open=number(totals.get("churned_open")),
        alive_end=number(totals.get("alive_end")),
        groups=tuple(
            Group(str(row["state"]), number(row["customers"]), money(row["money"]))
            for row in sorted(moved, key=lambda row: str(row["state"]))
        ),
        silence=tuple(Silence(step * STEP_DAYS, steps.get(step, 0)) for step in range(max([last, *steps]) + 1)),
    )
