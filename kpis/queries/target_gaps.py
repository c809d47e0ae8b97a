"""Where targets do not add up: parents whose own target is not the sum of those below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from kpis.engine.specs import COMPANY, Scope, ScopeKind
from kpis.engine.targets import additivity
from kpis.queries.definitions import library_at
from kpis.queries.target_grid import GridAsk, sum_below, units_below
from kpis.queries.targets import aims
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
    found = aims(ask.kpi, keys)
    tops = [COMPANY] if ask.within is None else []
    scopes = [*tops, *(Scope(ScopeKind.UNIT, unit) for unit in _listed(ask, tree))]
    gaps = []
    for scope in scopes:
        children = [Scope(ScopeKind.UNIT, unit) for unit in units_below(scope, tree)]
        for key in keys:
            aim = found.get((scope, key))
            below, missing = sum_below(found, children, key, "value")
            if aim is not None and below is not None and aim.value != below:
                name = tree.nodes[scope.id].name if scope.id else ""
                gaps.append(Gap(scope, name, key, aim.value, below, aim.value - below, missing))
    return tuple(sorted(gaps, key=lambda gap: (-abs(gap.gap), gap.scope, gap.period)))


def _listed(ask: GridAsk, tree: UnitTree) -> Sequence[str]:
    """Return the units whose sums are looked at: not the only root, which is the company."""
    if ask.within is not None:
        return list(tree.walk(ask.within))
    return [unit for unit in tree.nodes if len(tree.root_ids) != 1 or unit != tree.root_ids[0]]
