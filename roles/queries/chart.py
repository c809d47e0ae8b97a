"""The org chart of a day: read once per revision of the organisation, then cut to what a reader may see."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from threading import Lock

from omnichannel.workspaces.scoping import current_workspace_id
from roles.chart.nodes import Forest, Kind, Line, Node, PersonCard, TreeName, UnitCard, key_of
from roles.chart.search import Entry, entries
from roles.choices import UnitLevel
from roles.models import OrgRevision, draft_mark
from roles.models.scenario import DraftMark
from roles.queries.chart_facts import Facts, read_facts
from roles.queries.chart_nodes import Workforce, people_nodes, seat_nodes, unit_nodes

# Days of organisations held in memory by this process; one of 10,000 nodes takes some 20 MB.
MOST_KEPT = 4
Key = tuple[int, int | DraftMark, date, datetime | None]


@dataclass(frozen=True, slots=True)
class Sight:
    """What a reader may see and has asked for: their own branch only, people by name or not, everyone or managers."""

    tree: TreeName = TreeName.UNITS
    within: str | None = None
    people: bool = True
    managers: bool = False


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures of what a reader may see."""

    units: int
    stores: int
    people: int
    fte: Decimal
    vacant: int


@dataclass(frozen=True, slots=True)
class Chart:
    """An organisation on a day; `revision` is its last one (None before the first). Forests are made when asked for."""

    facts: Facts
    units: Mapping[str, Node]
    people: Mapping[str, Node]
    seats: Mapping[str, Node]
    revision: int | None
    forests: dict[Sight, Forest] = field(default_factory=dict)
    indexes: dict[Sight, tuple[Entry, ...]] = field(default_factory=dict)

    def forest(self, sight: Sight) -> Forest:
        """Return the tree as this reader sees it."""
        if sight not in self.forests:
            self.forests[sight] = _by_manager(self, sight) if sight.tree is TreeName.PEOPLE else _by_unit(self, sight)
        return self.forests[sight]

    def index(self, sight: Sight) -> tuple[Entry, ...]:
        """Return what this reader may search."""
        if sight not in self.indexes:
            self.indexes[sight] = entries(self.forest(sight))
        return self.indexes[sight]

    def totals(self, within: str | None) -> Totals:
        """Return units, stores, people, FTE and vacant seats of the whole, or of one branch."""
        tree = self.facts.tree if within is None else self.facts.tree.below(within)
        roots = [_unit_card(self.units[key_of(Kind.UNIT, root)]) for root in tree.root_ids]
        return Totals(
            units=len(tree.nodes),
            stores=sum(node.level is UnitLevel.STORE for node in tree),
            people=sum(card.total_people for card in roots),
            fte=sum((card.total_fte for card in roots), Decimal(0)),
            vacant=sum(card.total_vacant for card in roots),
        )


_kept: OrderedDict[Key, Chart] = OrderedDict()
_lock = Lock()


def chart(*, as_of: date, known_at: datetime | None = None) -> Chart:
    """Return the organisation of the day: one query when this process holds it already, ten when not.

    Call it inside `as_known(known_at)`. What is held belongs to a revision, so a write is seen at the next call.
    """
    last = OrgRevision.objects.order_by("-number").values_list("pk", "number").first()
    # the row's own id: a number that was rolled back is given again
    key = (current_workspace_id(), draft_mark() or (last[0] if last else 0), as_of, known_at)
    with _lock:
        found = _kept.get(key)
        if found is not None:
            _kept.move_to_end(key)
            return found
    facts = read_facts(as_of)
    workforce = Workforce(facts)
    made = Chart(
        facts=facts,
        units=unit_nodes(facts, workforce),
        people=people_nodes(facts, workforce),
        seats=seat_nodes(facts, workforce),
        revision=last[1] if last else None,
    )
    if last is None:
        return made  # nothing would tell that it has changed
    with _lock:
        _kept[key] = made
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return made


def _unit_card(node: Node) -> UnitCard:
    assert isinstance(node.card, UnitCard)  # noqa: S101 - units have unit cards
    return node.card


def _by_unit(chart: Chart, sight: Sight) -> Forest:
    tree = chart.facts.tree if sight.within is None else chart.facts.tree.below(sight.within)
    ghosts = _ghosts(chart, {unit.external_id for unit in tree})
    branches = {unit.external_id: (*unit.children, *ghosts.get(unit.external_id, ())) for unit in tree} | {
        unit: tuple(below) for unit, below in ghosts.items() if unit not in tree and unit
    }
    units = [unit for unit in (*tree.nodes, *(each for below in ghosts.values() for each in below))]
    leaves = _leaves(chart, sight, set(units))
    roots = (*tree.root_ids, *(ghosts.get("", ()) if sight.within is None else ()))
    nodes = {key_of(Kind.UNIT, unit): chart.units[key_of(Kind.UNIT, unit)] for unit in units}
    nodes |= {node.key: node for below in leaves.values() for node in below}
    if not sight.people:
        nodes = {key: _without_names(node) for key, node in nodes.items()}
    parents = {key_of(Kind.UNIT, below): key_of(Kind.UNIT, unit) for unit, units in branches.items() for below in units}
    parents |= {node.key: key_of(Kind.UNIT, unit) for unit, below in leaves.items() for node in below}
    return Forest(
        nodes=nodes,
        parents=parents,
        leaves={key_of(Kind.UNIT, unit): tuple(node.key for node in below) for unit, below in leaves.items()},
        branches={key_of(Kind.UNIT, unit): _unit_keys(below) for unit, below in branches.items() if below},
        roots=_unit_keys(roots),
        lines=_lines(chart, nodes),
    )


def _unit_keys(units: Iterable[str]) -> tuple[str, ...]:
    return tuple(key_of(Kind.UNIT, unit) for unit in units)


def _ghosts(chart: Chart, known: set[str]) -> dict[str, list[str]]:
    """Return the units that begin later, under the unit each begins under ("" at the top), as far as that is seen."""
    found: dict[str, list[str]] = defaultdict(list)
    waiting = {node.external_id: node.planned.to for node in chart.units.values() if node.is_ghost and node.planned}
    reached = known | {""}
    while ready := [unit for unit, parent in waiting.items() if parent in reached]:
        for unit in ready:
            found[waiting.pop(unit)].append(unit)
            reached.add(unit)
    return found


def _leaves(chart: Chart, sight: Sight, units: set[str]) -> dict[str, list[Node]]:
    """Return people and vacant seats per unit: heads first, then people, then seats, then those who come later."""
    shown = [*(chart.people.values() if sight.people else ()), *chart.seats.values()]
    found: dict[str, list[Node]] = defaultdict(list)
    for node in shown:
        card = node.card
        assert not isinstance(card, UnitCard)  # noqa: S101 - leaves are people and seats
        manages = card.is_head or (isinstance(card, PersonCard) and card.reports > 0)
        if card.unit in units and (manages or not sight.managers):
            found[card.unit].append(node)
    for nodes in found.values():
        nodes.sort(key=_place)
    return found


def _place(node: Node) -> tuple[bool, bool, bool, str]:
    """Order the leaves of a unit."""
    return node.is_ghost, not getattr(node.card, "is_head", False), node.kind is Kind.SEAT, node.external_id


def _without_names(node: Node) -> Node:
    """Leave out who leads a unit, for those who may not see people."""
    if not isinstance(node.card, UnitCard) or not node.card.leaders:
        return node
    return replace(node, card=replace(node.card, leaders=()))


def _by_manager(chart: Chart, sight: Sight) -> Forest:
    """Hang people under their managers; who has none that is seen is a root. Loops are cut, so nobody is lost."""
    units = None if sight.within is None else chart.facts.tree.subtree(sight.within)
    nodes = {
        key: node
        for key, node in chart.people.items()
        if isinstance(node.card, PersonCard)
        and (units is None or node.card.unit in units)
        and (not sight.managers or node.card.reports > 0)
    }
    parents: dict[str, str] = {}
    below: dict[str, list[str]] = defaultdict(list)
    for key, node in nodes.items():
        manager = key_of(Kind.PERSON, getattr(node.card, "manager", None) or "")
        if manager in nodes and not nodes[manager].is_ghost:
            parents[key] = manager
            below[manager].append(key)
    roots = [key for key in nodes if key not in parents]
    reached = _reached(roots, below)
    for key in nodes:
        if key not in reached:
            below[parents.pop(key)].remove(key)
            roots.append(key)
            reached |= _reached([key], below)
    order = sorted(roots, key=lambda key: (not below.get(key), nodes[key].is_ghost, nodes[key].external_id))
    branches = {
        key: tuple(sorted(keys, key=lambda one: (nodes[one].is_ghost, not below.get(one), nodes[one].external_id)))
        for key, keys in below.items()
        if keys
    }
    return Forest(nodes, parents, {}, branches, tuple(order), _lines(chart, nodes))


def _reached(roots: Iterable[str], below: Mapping[str, list[str]]) -> set[str]:
    found, waiting = set[str](), list(roots)
    while waiting:
        here = waiting.pop()
        if here not in found:
            found.add(here)
            waiting += below.get(here, ())
    return found


def _lines(chart: Chart, nodes: Mapping[str, Node]) -> dict[str, tuple[Line, ...]]:
    """Return the secondary lines of each node whose two ends are seen."""
    found: dict[str, tuple[Line, ...]] = {}
    for line in chart.facts.lines:
        if line.start in nodes and line.end in nodes:
            for end in (line.start, line.end):
                found[end] = (*found.get(end, ()), line)
    return found
