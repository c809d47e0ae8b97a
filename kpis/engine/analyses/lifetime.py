"""What LTV and CAC are made of over twelve months, and how long customers last under other churn windows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import ibis

from kpis.engine.analyses.ground import KEYS, SCOPE, Ground, number, only
from kpis.engine.bounds import midnight
from kpis.engine.compute import compute_values
from kpis.engine.derived.case import flag
from omnichannel.core.periods import shift_months

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from kpis.engine.relations import Row
    from kpis.engine.specs import Scope, Value

WINDOWS = (60, 90, 120, 150, 180, 270, 365)
PARTS = {
    "sales": "identified_sales@r12m",
    "goods_cost": "identified_cost@r12m",
    "buyers": "buyers@r12m",
    "ad_media": "opex[cost_type=ad_media]@r12m",
    "campaign": "opex[cost_type=campaign]@r12m",
    "new_customers": "new_customers@r12m",
}


@dataclass(frozen=True, slots=True)
class Lasting:
    """With this churn window: who was alive a year before the month's end, and who of them is not any more."""

    churn_days: int
    alive: int
    lost: int


@dataclass(frozen=True, slots=True)
class LifetimeDocument:
    """The operands of LTV and CAC over twelve months; None where there is no data. `lasting` includes the churn
    window in force.
    """

    churn_days: int
    cap_years: int
    sales: Decimal | None
    goods_cost: Decimal | None
    buyers: Decimal | None
    ad_media: Decimal | None
    campaign: Decimal | None
    new_customers: Decimal | None
    lasting: tuple[Lasting, ...]


def analyse_lifetime(ground: Ground) -> dict[Scope, LifetimeDocument]:
    """Read the operands through the engine's own formulas, and count who lasted under each churn window."""
    if not ground.has("orders"):
        return {}
    operands = _operands(ground)
    windows = sorted({*WINDOWS, ground.params.churn_days})
    lasted = ground.grouped(_lasted(ground, windows))
    return {scope: _document(ground, scope, operands, only(lasted, scope), windows) for scope in ground.scopes}


def _operands(ground: Ground) -> Mapping[tuple[str, Scope], Value]:
    pattern = ground.library.kpis["ltv"]
    asked = {name: replace(pattern, id=name, formula=formula) for name, formula in PARTS.items()}
    values = compute_values(
        replace(ground.library, kpis=asked),
        kpis=list(asked),
        period=ground.period,
        scopes=ground.scoping.request,
        relations=ground.relations,
        units=ground.tree,
    )
    return {(value.kpi, value.scope): value for value in values}


def _lasted(ground: Ground, windows: list[int]) -> ir.Table:
    end = ground.period.end
    year_ago = shift_months(end, -12)
    orders = ground.customer_orders(year_ago - timedelta(days=max(windows)), end)
    paid = orders["paid_at"]
    people = orders.group_by(list(KEYS)).aggregate(
        before=ibis.ifelse(paid < midnight(year_ago), paid, None).max(), last=paid.max()
    )
    columns: dict[str, ir.Value] = {}
    for days in windows:
        alive = people["before"] >= midnight(year_ago - timedelta(days=days))
        gone = people["last"] < midnight(end - timedelta(days=days))
        columns[f"alive_{days}"] = flag(alive).count()
        columns[f"lost_{days}"] = flag(alive & gone).count()
    return people.group_by(list(SCOPE)).aggregate(**columns)


def _document(
    ground: Ground, scope: Scope, operands: Mapping[tuple[str, Scope], Value], lasted: Row, windows: list[int]
) -> LifetimeDocument:
    found = {name: operands[name, scope].value if (name, scope) in operands else None for name in PARTS}
    return LifetimeDocument(
        churn_days=ground.params.churn_days,
        cap_years=ground.params.ltv_cap_years,
        **found,
        lasting=tuple(
            Lasting(days, number(lasted.get(f"alive_{days}")), number(lasted.get(f"lost_{days}"))) for days in windows
        ),
    )
