"""The grid of targets: units by their place in the chart, periods across, with what is below added up beside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from kpis.engine.specs import COMPANY, KpiSpec, Scope, ScopeKind
from kpis.engine.targets import Additivity, additivity
from kpis.models import Target
from kpis.queries.definitions import library_at
from kpis.queries.scope_words import scope_text
from kpis.queries.targets import Aim, aims
from kpis.queries.values import trends
from kpis.queries.weights import own_weighed_roles
from omnichannel.core.periods import Grain, Period, parse_period
from roles.catalogue import RoleKey, roles_here
from roles.choices import UnitLevel
from roles.queries.listing import listed_people
from roles.queries.org_chart import UnitNode, UnitTree

LAYERS = ("value", "floor", "stretch")
MOST_BELOW = 60  # rows of one parent before "show all"
Aims = Mapping[tuple[Scope, str], Aim]


@dataclass(frozen=True, slots=True)
class GridAsk:
    """What is asked of the grid. `within` bounds the reader; `opened` are the units whose rows are shown."""

    kpi: str
    year: Period
    grain: Grain
    layer: str
    within: str | None = None
    opened: frozenset[str] = frozenset()
    unfolded: frozenset[str] = frozenset()
    with_people: bool = False
    may_edit: bool = False

    @property
    def periods(self) -> tuple[Period, ...]:
        """The columns beside the year."""
        return parts_of_year(self.year, self.grain)


@dataclass(frozen=True, slots=True)
class Cell:
    """One target. `below` is the sum of those below it where they can be added, `gap` the target less that sum.

    `missing` counts what is below without a target of its own.
    """

    period: str
    value: Decimal | None
    origin: str = ""
    below: Decimal | None = None
    gap: Decimal | None = None
    missing: int = 0


@dataclass(frozen=True, slots=True)
class GridRow:
    """The company, a unit or a person. `total` adds the periods up where they can be, `rest` is the year less that."""

    scope: Scope
    name: str
    level: str
    depth: int
    parent: str
    below: int
    can_open: bool
    is_open: bool
    editable: bool
    year: Cell
    cells: tuple[Cell, ...]
    total: Decimal | None
    rest: Decimal | None
    last_year: Decimal | None
    more: int = 0

    @property
    def key(self) -> str:
        """The row's key in forms and addresses."""
        return scope_text(self.scope)

    @property
    def gaps(self) -> int:
        """In how many periods what is below does not add up to this row."""
        return sum(bool(cell.gap) for cell in (self.year, *self.cells))


@dataclass(frozen=True, slots=True)
class Grid:
    """The rows that are shown, in order, and whether the KPI's targets may be added up."""

    spec: KpiSpec
    adds: Additivity
    rows: tuple[GridRow, ...]
    periods: tuple[Period, ...]


def parse_scope(text: str) -> Scope:
    """Read such a key. ValueError for anything else."""
    kind, colon, key = text.partition(":")
    scope = Scope(ScopeKind(kind), key)
    if not colon or (scope.kind is ScopeKind.COMPANY) == bool(key):
        raise ValueError(text)
    return scope


def keys_of_year(year: Period) -> list[str]:
    """Return the keys of a year and of all quarters, months and weeks in it, in which a target may be set."""
    quarters, weeks = (
        (f"{year}-Q{number}" for number in range(1, 5)),
        (f"{year}-W{number:02}" for number in range(1, 54)),
    )
    return [str(year), *quarters, *map(str, year.months()), *weeks]


def parts_of_year(year: Period, grain: Grain) -> tuple[Period, ...]:
    """Return the months or quarters of a year, or the year itself."""
    if grain is Grain.YEAR:
        return (year,)
    months = year.months()
    if grain is Grain.MONTH:
        return tuple(months)
    return tuple(parse_period(f"{year}-Q{number}") for number in (1, 2, 3, 4))


def units_below(scope: Scope, tree: UnitTree) -> tuple[str, ...]:
    """Return the units right below a scope. The only root is the company itself, so its children are the company's."""
    if scope == COMPANY:
        return tree.nodes[tree.root_ids[0]].children if len(tree.root_ids) == 1 else tree.root_ids
    return tree.nodes[scope.id].children if scope.id in tree else ()


def has_personal_targets(spec: KpiSpec) -> bool:
    """Tell whether the KPI is read at single people: those of the digital guide and of own roles are."""
    own = own_weighed_roles()
    return RoleKey.DIGITAL_GUIDE.value in spec.roles or any(spec.id in roles_here().roles[role].kpis for role in own)


def target_grid(ask: GridAsk, *, tree: UnitTree) -> Grid:
    """Return the grid: targets in one query, people in one, last year's figures in one."""
    library = library_at(ask.year.last_day)
    spec, adds = library.kpis[ask.kpi], additivity(library, ask.kpi)
    personal = ask.with_people and has_personal_targets(spec)
    people = _people(ask, tree) if personal else {}
    names = [person for several in people.values() for person, _name in several]
    keys = [str(ask.year), *map(str, ask.periods)]
    places = list(_places(ask, tree, people))
    shown = {place.scope.id for place in places if place.scope.kind is ScopeKind.UNIT}
    below = {unit for place in places for unit in units_below(place.scope, tree)}
    found = aims(ask.kpi, keys, people=names, units=shown | below)
    before = _last_year(ask, [place.scope for place in places]) if adds.time else {}
    builder = _Builder(ask, adds, tree, people, found, before, personal)
    return Grid(spec, adds, tuple(builder.row(place) for place in places), ask.periods)


@dataclass(frozen=True, slots=True)
class _Place:
    """A row before its numbers."""

    scope: Scope
    name: str
    level: str
    depth: int
    parent: str
    more: int = 0


People = Mapping[str, Sequence[tuple[str, str]]]


def _people(ask: GridAsk, tree: UnitTree) -> People:
    """Return (id, name) of the people who work in the opened units."""
    units = [unit for unit in ask.opened if unit in tree]
    if not units:
        return {}
    rows = listed_people(as_of=tree.as_of).filter(unit__external_id__in=units)
    found: dict[str, list[tuple[str, str]]] = {}
    columns = ("unit__external_id", "person__external_id", "person__display_name")
    for unit, person, name in rows.order_by("person__external_id").values_list(*columns):
        found.setdefault(unit, []).append((person, name or person))
    return found


def _places(ask: GridAsk, tree: UnitTree, people: People) -> Iterator[_Place]:
    if ask.within is not None:
        node = tree.nodes[ask.within]
        top = _unit_place(node, depth=0, parent="")
    else:
        top = _Place(COMPANY, "", "", 0, "")
    yield top
    yield from _below(top, ask, tree, people)


def _below(above: _Place, ask: GridAsk, tree: UnitTree, people: People) -> Iterator[_Place]:
    """Yield what is right below a row that is open, and what is below that."""
    if above.depth and above.scope.id not in ask.opened:
        return
    key = scope_text(above.scope)
    units = units_below(above.scope, tree)
    shown = units if key in ask.unfolded else units[:MOST_BELOW]
    for at, unit in enumerate(shown):
        more = len(units) - len(shown) if at == len(shown) - 1 else 0
        place = _unit_place(tree.nodes[unit], depth=above.depth + 1, parent=key, more=more)
        yield place
        yield from _below(place, ask, tree, people)
    for person, name in people.get(above.scope.id, ()):
        yield _Place(Scope(ScopeKind.EMPLOYEE, person), name, "", above.depth + 1, key)


def _unit_place(node: UnitNode, *, depth: int, parent: str, more: int = 0) -> _Place:
    return _Place(
        Scope(ScopeKind.UNIT, node.external_id), node.name, str(UnitLevel(node.level).label), depth, parent, more
    )


def _last_year(ask: GridAsk, scopes: Sequence[Scope]) -> Mapping[Scope, Decimal]:
    """Return what the twelve months of the year before came to, where all of them have a figure."""
    months = ask.year.previous().months()
    lines = trends([ask.kpi], months, scopes=scopes)
    found = {}
    for scope in scopes:
        line = lines[ask.kpi, scope]
        if all(value is not None for value in line):
            found[scope] = sum((value for value in line if value is not None), Decimal(0))
    return found


@dataclass(frozen=True, slots=True)
class _Builder:
    """Puts numbers into rows."""

    ask: GridAsk
    adds: Additivity
    tree: UnitTree
    people: People
    found: Aims
    before: Mapping[Scope, Decimal]
    personal: bool

    def row(self, place: _Place) -> GridRow:
        """Return the row of a place."""
        ask, scope = self.ask, place.scope
        children = self.children(scope)
        year = self.cell(scope, str(ask.year), children)
        cells = tuple(self.cell(scope, str(period), children) for period in ask.periods)
        values = [cell.value for cell in cells if cell.value is not None]
        total = sum(values, Decimal(0)) if self.adds.time and values else None
        is_person = scope.kind is ScopeKind.EMPLOYEE
        return GridRow(
            scope=scope,
            name=place.name,
            level=place.level,
            depth=place.depth,
            parent=place.parent,
            below=0 if is_person else len(units_below(scope, self.tree)),
            can_open=place.depth > 0 and not is_person and (bool(units_below(scope, self.tree)) or self.personal),
            is_open=place.depth == 0 or scope.id in ask.opened,
            editable=ask.may_edit and (ask.within is None or place.depth > 0),
            year=year,
            cells=cells,
            total=total,
            rest=year.value - total if year.value is not None and total is not None else None,
            last_year=self.before.get(scope),
            more=place.more,
        )

    def children(self, scope: Scope) -> tuple[Scope, ...]:
        """Return what is right below: units, and the people of an opened unit."""
        if scope.kind is ScopeKind.EMPLOYEE:
            return ()
        units = tuple(Scope(ScopeKind.UNIT, unit) for unit in units_below(scope, self.tree))
        people = tuple(Scope(ScopeKind.EMPLOYEE, person) for person, _name in self.people.get(scope.id, ()))
        return (*units, *people)

    def cell(self, scope: Scope, period: str, children: Sequence[Scope]) -> Cell:
        aim, layer = self.found.get((scope, period)), self.ask.layer
        value = aim.part(layer) if aim else None
        origin = aim.origin if aim and value is not None else ""
        below, missing = sum_below(self.found, children, period, layer) if self.adds.units else (None, 0)
        gap = value - below if value is not None and below is not None else None
        return Cell(period, value, origin, below, gap, missing)


def sum_below(found: Aims, children: Sequence[Scope], period: str, layer: str) -> tuple[Decimal | None, int]:
    """Return the sum of the children's targets, None when none has one, and how many have none."""
    parts = [aim.part(layer) for child in children if (aim := found.get((child, period))) is not None]
    values = [part for part in parts if part is not None]
    return (sum(values, Decimal(0)), len(children) - len(values)) if values else (None, len(children))


def is_targeted(kpi: str, year: Period) -> bool:
    """Tell whether a KPI has a target in a year or a part of it."""
    return Target.objects.filter(kpi=kpi, period__in=keys_of_year(year)).exists()


def targeted_kpis(year: Period) -> frozenset[str]:
    """Return the KPIs that have a target in a year or a part of it."""
    rows = Target.objects.filter(period__in=keys_of_year(year)).order_by().values_list("kpi", flat=True)
    return frozenset(rows.distinct())
