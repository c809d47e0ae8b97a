"""Which unit below, or which part of the formula, moved a figure most for the worse: from stored figures only."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from kpis.engine.alerting import Part, driver_of
from kpis.engine.specs import Direction, KpiSpec, Scope, ScopeKind, Value
from kpis.queries.values import as_book, current_values
from omnichannel.core.periods import Period
from roles.queries.org_chart import UnitTree

UNIT, PART = "unit", "part"


def name_driver(kpi: KpiSpec, scope: Scope, *, period: Period, tree: UnitTree) -> Mapping[str, Any]:
    """Return {kind, id, change, total} of what moved the figure since the period before; empty when nothing tells.

    The units directly below are compared; where there are none, the numerator with the denominator.
    """
    children = _children(scope, tree)
    scopes = [scope, *(Scope(ScopeKind.UNIT, child) for child in children)]
    now, before = (
        as_book(current_values(month, kpis=[kpi.id], scopes=scopes)) for month in (period, period.previous())
    )
    whole, earlier = now.get((kpi.id, scope)), before.get((kpi.id, scope))
    if whole is None or earlier is None or whole.value is None or earlier.value is None:
        return {}
    worse = _worse_sign(kpi, whole.value, earlier.value)
    parts = {
        child: Part(_pair(now.get((kpi.id, at))), _pair(before.get((kpi.id, at))))
        for child, at in zip(children, scopes[1:], strict=True)
    }
    known = {child: part for child, part in parts.items() if part.now[0] is not None or part.before[0] is not None}
    found = driver_of(kpi, known, worse=worse, factor=_factor(whole)) if known else None
    if found is not None:
        return {"kind": UNIT, "id": found.child, "change": str(found.change), "total": str(whole.value - earlier.value)}
    return _part(whole, earlier, worse=worse)


def _children(scope: Scope, tree: UnitTree) -> tuple[str, ...]:
    if scope.kind is ScopeKind.UNIT:
        return tree.nodes[scope.id].children if scope.id in tree else ()
    return tree.nodes[tree.root_ids[0]].children if len(tree.root_ids) == 1 else tree.root_ids


def _worse_sign(kpi: KpiSpec, now: Decimal, before: Decimal) -> int:
    """Return which way was bad. Of a KPI with a band, the way it went; of another, away from its direction."""
    if kpi.target_band is not None:
        return 1 if now >= before else -1
    return -1 if kpi.direction is Direction.UP else 1


def _pair(value: Value | None) -> tuple[Decimal | None, Decimal | None]:
    return (None, None) if value is None else (value.numerator, value.denominator)


def _factor(value: Value) -> Decimal:
    """Return what numerator over denominator is multiplied by in the KPI's unit, 100 for a percentage."""
    if value.value is None or not value.numerator or not value.denominator:
        return Decimal(1)
    return (value.value * value.denominator / value.numerator).quantize(Decimal("0.01"))


def _part(now: Value, before: Value, *, worse: int) -> Mapping[str, Any]:
    """Tell whether the numerator or the denominator pulled the wrong way most, by its relative change in percent."""
    told = []
    for part, sign in (("numerator", 1), ("denominator", -1)):
        new, old = getattr(now, part), getattr(before, part)
        if new is None or old is None or old <= 0:
            return {}
        told.append((part, (new - old) / old * 100, sign))
    part, change, sign = max(told, key=lambda each: each[1] * each[2] * worse)
    if change * sign * worse <= 0:
        return {}
    return {"kind": PART, "id": part, "change": str(change.quantize(Decimal("0.01")))}
