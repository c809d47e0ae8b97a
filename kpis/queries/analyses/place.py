"""The month and unit that an analysis is asked for, within the units a reader may see."""

from __future__ import annotations

from dataclasses import dataclass

from kpis.engine.specs import COMPANY, Scope, ScopeKind
from omnichannel.core.periods import Period
from roles.queries.org_chart import UnitNode, UnitTree, unit_tree

INDENT = "\u3000"  # a wide space: browsers do not collapse it


@dataclass(frozen=True, slots=True)
class Place:
    """The month, the scope, the unit's node (None for the company) and the units to choose from."""

    period: Period
    scope: Scope
    node: UnitNode | None
    tree: UnitTree
    bounded: bool

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The units as a select shows them, indented."""
        return [(node.external_id, INDENT * node.depth + node.name) for node in self.tree]


def place_at(period: Period, *, unit: str, within: str | None) -> Place:
    """Return the place asked for; LookupError for a unit that is not there or outside of what is seen."""
    tree = unit_tree(as_of=period.last_day, within=within)
    asked = unit or within or ""
    if asked and asked not in tree:
        raise LookupError(asked)
    scope = Scope(ScopeKind.UNIT, asked) if asked else COMPANY
    return Place(period, scope, tree.nodes.get(asked), tree, within is not None)
