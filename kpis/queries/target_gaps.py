"""Where targets do not add up: parents whose own target is not the sum of those below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from kpis.engine.specs import COMPANY, Scope, ScopeKind
from kpis.engine.targets import additivity
from kpis.queries.definitions import library_at
from kpis.queries.target_grid import GridAsk, units_below
from kpis.queries.targets import unit_sums
from roles.queries.org_chart import UnitTree


@dataclass(frozen=True, slots=True)
class Gap:
    """A parent whose target is not the sum of those below."""

    scope: Scope
    name: str
    period: str
    value: Decimal
    below: Decimal
    gap: Decimal
    missing: int


def find_gaps(ask: GridAsk, *, tree: UnitTree) -> tuple[Gap, ...]:
    """Return every parent of the chart whose target is not the sum of those below, the largest gap first.

    People are left out: their targets are checked where their unit is opened.
    """
    library = library_at(ask.year.last_day)
    if not additivity(library, ask.kpi).units:
        return ()
    keys = [str(ask.year), *map(str, ask.periods)]
    tops = [COMPANY] if ask.within is None else []
    scopes = [*tops, *(Scope(ScopeKind.UNIT, unit) for unit in _listed(ask, tree))]
    children = {scope: units_below(scope, tree) for scope in scopes}
    parents = {unit: scope.id for scope, units in children.items() for unit in units}
    own, under = unit_sums(ask.kpi, keys, parents)
    gaps = []
    for scope in scopes:
        for key in keys:
            value, parts = own.get((scope.id, key)), under.get((scope.id, key), [])
            below = sum(parts, Decimal(0))
            if value is not None and parts and value != below:
                name = tree.nodes[scope.id].name if scope.id else ""
                missing = len(children[scope]) - len(parts)
                gaps.append(Gap(scope, name, key, value, below, value - below, missing))
    return tuple(sorted(gaps, key=lambda gap: (-abs(gap.gap), gap.scope, gap.period)))


def _listed(ask: GridAsk, tree: UnitTree) -> Sequence[str]:
    """Return the units whose sums are looked at: not the only root, which is the company."""
    if ask.within is not None:
        return list(tree.walk(ask.within))
    return [unit for unit in tree.nodes if len(tree.root_ids) != 1 or unit != tree.root_ids[0]]
