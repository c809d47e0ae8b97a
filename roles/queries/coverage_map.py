"""The coverage map: who holds which role in a unit and in each unit below it, against what its sub-type expects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from roles.catalogue import ExpectationLevel, RoleKey
from roles.coverage import Cover, CoverState, against_expectation, cover_by_role, is_overloaded, share_total
from roles.holdings import Holding
from roles.queries.fill_time import FillTime, fill_times
from roles.queries.org_chart import UnitNode, UnitTree, unit_tree
from roles.queries.people import holders
from roles.queries.stages import DEFAULT, Adopted, adopted_stages
from roles.queries.vacancies import vacant_days

PAGE = 40


@dataclass(frozen=True, slots=True)
class MapCell:
    """A role in a unit with everything below it.

    `expected` and `state` are None where the expectation is asked of a unit above (see `outline.UnitPage`).
    `overloaded` counts the holders who have too many roles or too much time promised. `vacant_since` is the day from
    which nobody holds a core role that is asked for, where one is known.
    """

    role: RoleKey
    cover: Cover
    expected: ExpectationLevel | None
    state: CoverState | None
    overloaded: int = 0
    vacant_since: date | None = None

    @property
    def is_core_missing(self) -> bool:
        """True where a role that wants somebody dedicated has nobody."""
        return self.state is CoverState.MISSING and self.expected is ExpectationLevel.CORE


@dataclass(frozen=True, slots=True)
class MapRow:
    """A unit of the map. `judged` is the unit that the expectation is asked of, which may lie above.

    `time` is who works here by how the post is filled, with everything below.
    """

    unit: UnitNode
    adopted: Adopted
    judged: UnitNode
    cells: tuple[MapCell, ...]
    time: FillTime

    @property
    def is_judged(self) -> bool:
        """True where the sub-type's expectation is asked of this very unit."""
        return self.judged.external_id == self.unit.external_id

    @property
    def core_missing(self) -> int:
        """Return how many core roles nobody holds."""
        return sum(cell.is_core_missing for cell in self.cells)

    def cell(self, role: RoleKey) -> MapCell:
        """Return the cell of a role."""
        return next(cell for cell in self.cells if cell.role is role)


@dataclass(frozen=True, slots=True)
class Overloaded:
    """A person with more than three roles or more than 1.2 of their time promised, anywhere in the organisation."""

    external_id: str
    name: str
    holdings: tuple[Holding, ...]

    @property
    def share(self) -> Decimal:
        """Return the time promised to all roles."""
        return share_total(self.holdings)

    @property
    def roles(self) -> int:
        """Return how many roles the person holds."""
        return len({holding.role_key for holding in self.holdings})


@dataclass(frozen=True, slots=True)
class CoverageMap:
    """The map below one unit on a day. `rows` are that unit and one page of the `total` units directly below it.

    `tree` is bounded to what the reader may see, `path` leads from its root down to the unit; `whole` is not bounded.
    """

    whole: UnitTree
    tree: UnitTree
    top: UnitNode
    path: tuple[UnitNode, ...]
    rows: tuple[MapRow, ...]
    total: int
    overloaded: tuple[Overloaded, ...]
    held: Mapping[str, tuple[Holding, ...]]

    def holders_of(self, unit: str, role: RoleKey | None = None) -> tuple[Holding, ...]:
        """Return who is counted in a cell of a unit shown, or in its whole row."""
        inside = self.held.get(unit, ())
        return tuple(holding for holding in inside if role is None or holding.role_key is role)


def coverage_map(*, as_of: date, within: str | None = None, top: str = "", page: int = 1) -> CoverageMap | None:
    """Return the map of a unit (the topmost one by default) in six queries; None when there is no such unit.

    `within` bounds the reader. Pages of units below start at 1; one that does not exist is the nearest that does.
    """
    whole = unit_tree(as_of=as_of)
    tree = whole if within is None else whole.below(within)
    key = top or next(iter(tree.root_ids), "")
    if key not in tree:
        return None
    node = tree.nodes[key]
    children = node.children if len(tree.root_ids) == 1 or top else (*node.children, *tree.root_ids[1:])
    last = max(1, -(-len(children) // PAGE))
    shown = children[(min(max(page, 1), last) - 1) * PAGE :][:PAGE]
    held = holders(as_of=as_of, tree=whole)
    by_unit = _held_by(held, tree, (key, *shown))
    marked = _overloaded(held)
    rows = _rows((key, *shown), by_unit, whole, marked)
    here = {holding.person_external_id for unit in (key, *shown) for holding in by_unit[unit]}
    path = tuple(tree.nodes[above] for above in reversed(tree.ancestors(key)))
    found = tuple(each for person, each in marked.items() if person in here)
    return CoverageMap(whole, tree, node, path, rows, len(children), found, by_unit)


def coverage_of(units: Sequence[str], *, tree: UnitTree, held: Sequence[Holding] | None = None) -> tuple[MapRow, ...]:
    """Return the rows of some units of the whole tree of a day, in five queries however many there are.

    `held` is who holds which role in the tree, by role, unit and person, where that has been read: four queries.
    """
    held = holders(as_of=tree.as_of, tree=tree) if held is None else held
    return _rows(units, _held_by(held, tree, units), tree, _overloaded(held))


def judged_units(tree: UnitTree) -> tuple[str, ...]:
    """Return the units of the whole tree of a day of which a sub-type's expectation is asked, top down."""
    stages = adopted_stages(tree.as_of, tree=tree)
    asked = {stages[unit].unit_external_id if unit in stages else None for unit in tree.nodes}
    return tuple(unit for unit in tree.nodes if unit in asked or (None in asked and tree.nodes[unit].parent is None))


def _rows(
    units: Sequence[str], held: Mapping[str, Sequence[Holding]], whole: UnitTree, marked: Mapping[str, Overloaded]
) -> tuple[MapRow, ...]:
    stages, times = adopted_stages(whole.as_of, tree=whole), fill_times(units, tree=whole)
    rows = tuple(_row(unit, held[unit], whole, stages, marked, times[unit]) for unit in units)
    empty = ((row, cell) for row in rows for cell in row.cells if cell.is_core_missing)
    days = vacant_days([(row.unit.external_id, cell.role, row.adopted) for row, cell in empty], tree=whole)
    return tuple(_with_days(row, days) for row in rows)


def _with_days(row: MapRow, days: Mapping[tuple[str, RoleKey], date | None]) -> MapRow:
    unit = row.unit.external_id
    return replace(row, cells=tuple(replace(each, vacant_since=days.get((unit, each.role))) for each in row.cells))


def _held_by(held: Iterable[Holding], tree: UnitTree, units: Sequence[str]) -> dict[str, tuple[Holding, ...]]:
    """Sort holdings under each of the units in whose subtree they are."""
    above: dict[str, list[str]] = defaultdict(list)
    for unit in units:
        for each in tree.walk(unit):
            above[each].append(unit)
    found: dict[str, list[Holding]] = {unit: [] for unit in units}
    for holding in held:
        for unit in above.get(holding.unit_external_id, ()):
            found[unit].append(holding)
    return {unit: tuple(some) for unit, some in found.items()}


def _overloaded(held: Iterable[Holding]) -> dict[str, Overloaded]:
    people: dict[str, list[Holding]] = defaultdict(list)
    for holding in held:
        people[holding.person_external_id].append(holding)
    return {
        person: Overloaded(person, some[0].person_name, tuple(some))
        for person, some in people.items()
        if is_overloaded(some)
    }


def _row(
    unit: str,
    held: Sequence[Holding],
    whole: UnitTree,
    stages: Mapping[str, Adopted],
    marked: Mapping[str, Overloaded],
    time: FillTime,
) -> MapRow:
    adopted = stages.get(unit, DEFAULT)
    top = (unit, *whole.ancestors(unit))[-1]
    judged = whole.nodes[adopted.unit_external_id or top]
    covers = cover_by_role(held)
    people: dict[RoleKey, set[str]] = defaultdict(set)
    for holding in held:
        if holding.person_external_id in marked:
            people[holding.role_key].add(holding.person_external_id)
    is_judged = judged.external_id == unit
    return MapRow(
        whole.nodes[unit],
        adopted,
        judged,
        tuple(
            MapCell(
                line.role,
                line.cover,
                line.expected if is_judged else None,
                line.state if is_judged else None,
                len(people[line.role]),
            )
            for line in against_expectation(covers, subtype=adopted.subtype)
        ),
        time,
    )
