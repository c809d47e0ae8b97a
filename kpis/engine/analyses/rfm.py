"""RFM tiers of a scope's customers at the month's end, the grid of their scores, and who is valuable and at risk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import ibis

from kpis.engine.analyses.ground import SCOPE, Ground, money, number, only
from kpis.engine.derived.rfm import customer_states, scored

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kpis.engine.specs import Scope

LIST = "rfm"


@dataclass(frozen=True, slots=True)
class Segment:
    """One tier: its customers, their orders and money in the window."""

    tier: str
    customers: int
    orders: int
    money: Decimal


@dataclass(frozen=True, slots=True)
class GridCell:
    """How many customers have the score R and the sum of the scores F and M."""

    r: int
    fm: int
    customers: int


@dataclass(frozen=True, slots=True)
class RfmDocument:
    """Segments and grid are empty when the base is smaller than `least`: then nobody is scored."""

    base: int
    least: int
    bins: int
    window_days: int
    segments: tuple[Segment, ...]
    grid: tuple[GridCell, ...]
    at_risk: int
    at_risk_money: Decimal


def analyse_rfm(ground: Ground) -> dict[Scope, RfmDocument]:
    """Score every scope's customers among themselves; the list keeps who is scored."""
    if not ground.has("orders"):
        return {}
    params, end = ground.params, ground.period.end
    orders = ground.customer_orders(end - timedelta(days=params.rfm_window_days), end, ["net_amount"])
    people = scored(customer_states(orders, end), params.rfm_bins)
    listed = people.select(
        *SCOPE, "customer_id", "recency", "frequency", "money", "r", "f", "m", "tier", "at_risk", "base_n"
    )
    kept = ground.kept(listed, LIST)
    sizes = ground.grouped(kept.group_by(list(SCOPE)).aggregate(base=kept.count()))
    enough = kept.filter(kept["base_n"] >= params.rfm_min_customers)
    cells = ground.grouped(_cells(enough))
    return {scope: _document(ground, number(only(sizes, scope).get("base")), cells[scope]) for scope in ground.scopes}


def _cells(people: ir.Table) -> ir.Table:
    return people.group_by([*SCOPE, "tier", "at_risk", "r", (people["f"] + people["m"]).name("fm")]).aggregate(
        customers=people.count(), orders=ibis._["frequency"].sum(), money=ibis._["money"].sum()
    )


def _document(ground: Ground, base: int, rows: list[dict[str, object]]) -> RfmDocument:
    risky = [row for row in rows if row["at_risk"]]
    grid: dict[tuple[int, int], int] = {}
    for row in rows:
        place = number(row["r"]), number(row["fm"])
        grid[place] = grid.get(place, 0) + number(row["customers"])
    return RfmDocument(
        base=base,
        least=ground.params.rfm_min_customers,
        bins=ground.params.rfm_bins,
        window_days=ground.params.rfm_window_days,
        segments=tuple(_segment(tier, rows) for tier in ("high", "potential", "dormant")) if rows else (),
        grid=tuple(GridCell(r, fm, customers) for (r, fm), customers in sorted(grid.items())),
        at_risk=sum(number(row["customers"]) for row in risky),
        at_risk_money=sum((money(row["money"]) for row in risky), Decimal(0)),
    )


def _segment(tier: str, rows: list[dict[str, object]]) -> Segment:
    mine = [row for row in rows if row["tier"] == tier]
    return Segment(
        tier,
        sum(number(row["customers"]) for row in mine),
        sum(number(row["orders"]) for row in mine),
        sum((money(row["money"]) for row in mine), Decimal(0)),
    )
