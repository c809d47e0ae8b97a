"""The organisation as pages show it: rows of the list, hits of a search, and one unit's page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from roles.coverage import CoverState, RoleCover, against_expectation
from roles.holdings import Holding
from roles.queries.org_chart import UnitChange, UnitCount, UnitNode, UnitTree, unit_counts, unit_history, unit_tree
from roles.queries.people import holders, role_covers
from roles.queries.stages import DEFAULT, Adopted, StageDecision, adopted_stages, stage_history

MOST_HOLDINGS = 50


@dataclass(frozen=True, slots=True)
class Organisation:
    """The organisation of a day within the asker's bounds: three queries. `whole` also holds what lies above."""

    whole: UnitTree
    tree: UnitTree
    counts: dict[str, UnitCount]
    stages: dict[str, Adopted]


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit in a list, with the way down to it."""

    unit: UnitNode
    count: UnitCount
    stage: Adopted
    path: tuple[UnitNode, ...] = ()

    @property
    def decides_stage(self) -> bool:
        """True where the unit itself has adopted its stage."""
        return self.stage.unit_external_id == self.unit.external_id


@dataclass(frozen=True, slots=True)
class UnitPage:
    """Everything the page of one unit shows; `holdings` are the first of its subtree.

    What a sub-type expects holds for the unit that adopted the stage as a whole, not for each unit below it: a store
    misses nothing by having no strategy lead. `judged` is that unit (the top one where nobody has adopted a stage);
    elsewhere `coverage` tells only the roles that are held.
    """

    row: UnitRow
    judged: UnitNode
    children: tuple[UnitRow, ...]
    holdings: tuple[Holding, ...]
    coverage: tuple[RoleCover, ...]
    history: tuple[UnitChange, ...]
    decisions: tuple[StageDecision, ...]

    @property
    def is_judged(self) -> bool:
        """True where the expectation of the sub-type applies to this very unit."""
        return self.judged.external_id == self.row.unit.external_id

    @property
    def gaps(self) -> int:
        """Return how many expected roles nobody holds."""
        return sum(line.state is CoverState.MISSING for line in self.coverage)


def organisation(*, as_of: date, within: str | None = None) -> Organisation:
    """Return the organisation of the day; with `within`, bounded to that unit's subtree."""
    whole = unit_tree(as_of=as_of)
    tree = whole if within is None else whole.below(within)
    return Organisation(whole, tree, unit_counts(tree), dict(adopted_stages(as_of, tree=whole)))


def unit_row(found: Organisation, key: str) -> UnitRow:
    """Return one unit with its counts, stage and the way down to it."""
    path = tuple(found.tree.nodes[above] for above in reversed(found.tree.ancestors(key)))
    return UnitRow(
        found.tree.nodes[key],
        found.counts.get(key, UnitCount()),
        found.stages.get(key, DEFAULT),
        path,
    )


def search_units(tree: UnitTree, words: str) -> list[str]:
    """Return the units whose name, id or city holds the words; names that begin with them come first."""
    needle = words.strip().casefold()
    hits = [
        (not node.name.casefold().startswith(needle), node.external_id)
        for node in tree
        if needle in f"{node.name}\n{node.external_id}\n{node.city}".casefold()
    ]
    return [key for _late, key in sorted(hits, key=lambda hit: hit[0])]


def unit_page(external_id: str, *, as_of: date, within: str | None = None) -> UnitPage | None:
    """Return a unit's page, or None when there is no such unit inside the asker's bounds."""
    found = organisation(as_of=as_of, within=within)
    if external_id not in found.tree:
        return None
    row = unit_row(found, external_id)
    covers = role_covers(as_of=as_of, within=external_id, tree=found.whole)
    top = (external_id, *found.whole.ancestors(external_id))[-1]
    judged = found.whole.nodes[row.stage.unit_external_id or top]
    coverage = against_expectation(covers, subtype=row.stage.subtype)
    if judged.external_id != external_id:
        coverage = tuple(line for line in coverage if line.cover.people)
    return UnitPage(
        row=row,
        judged=judged,
        children=tuple(unit_row(found, key) for key in row.unit.children),
        holdings=holders(as_of=as_of, within=external_id, tree=found.whole, most=MOST_HOLDINGS),
        coverage=coverage,
        history=unit_history(external_id),
        decisions=stage_history(external_id),
    )
