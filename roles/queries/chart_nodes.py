"""The nodes of the org chart out of a day's facts: counts up the tree, leaders, coverage, vacancies, plans."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TypeVar

from roles.catalogue import RoleKey, roles_here
from roles.chart.nodes import (
    Coverage,
    Kind,
    Node,
    PersonCard,
    Planned,
    PlannedKind,
    SeatCard,
    UnitCard,
    key_of,
)
from roles.coverage import Cover, CoverState, RoleCover, against_expectation, cover_by_unit
from roles.holdings import Holding
from roles.queries.chart_facts import Facts, SeatRow, UnitRow, WorkRow, is_on
from roles.queries.org_chart import UnitNode
from roles.queries.stages import DEFAULT

PlacedRow = TypeVar("PlacedRow", WorkRow, SeatRow)


@dataclass(slots=True)
class Sums:
    """What is added up the tree of units."""

    people: int = 0
    fte: Decimal = Decimal(0)
    vacant: int = 0
    units: int = 0

    def add(self, other: Sums) -> None:
        """Count a unit below as well."""
        self.people += other.people
        self.fte += other.fte
        self.vacant += other.vacant
        self.units += other.units


class Workforce:
    """Who works where on the day, who leads, and who answers to whom."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.today = {key: rows[0] for key, rows in facts.work.items() if is_on(rows[0], facts.as_of)}
        self.seats = {key: rows[0] for key, rows in facts.seats.items() if is_on(rows[0], facts.as_of)}
        held = {row.seat for row in self.today.values()}
        self.vacant = {key: row for key, row in self.seats.items() if key not in held}
        self.reports: dict[str, list[str]] = defaultdict(list)
        self.in_unit: dict[str, list[str]] = defaultdict(list)
        for key, work in self.today.items():
            self.in_unit[work.unit].append(key)
            if work.manager in self.today:
                self.reports[work.manager].append(key)
        self.coming: dict[str, date] = {}
        for row in (row for rows in facts.work.values() for row in rows):
            if row.seat in self.vacant and row.start is not None and row.start > facts.as_of:
                self.coming[row.seat] = min(self.coming.get(row.seat, row.start), row.start)
        self.leaders = {unit: self._leaders(unit, people) for unit, people in self.in_unit.items()}

    def _leaders(self, unit: str, people: Sequence[str]) -> tuple[str, ...]:
        """Return who holds a head's seat here; without one, who most of the others here answer to."""
        heads = tuple(key for key in people if self.is_head(key))
        if heads:
            return heads
        asked = Counter(self.today[key].manager for key in people)
        most = max((key for key in people if asked[key]), key=lambda key: asked[key], default=None)
        return (most,) if most is not None else ()

    def is_head(self, person: str) -> bool:
        """Tell whether the person sits in the seat of a unit's head."""
        seat = self.today[person].seat
        return seat in self.seats and self.seats[seat].is_head

    def totals(self) -> dict[str, int]:
        """Return how many people answer to each person, directly or through others; a loop counts nobody twice."""
        totals: dict[str, int] = {}
        for person in self.reports:
            if person in totals:
                continue
            order, waiting, seen = [], [person], {person}
            while waiting:
                here = waiting.pop()
                order.append(here)
                new = [key for key in self.reports.get(here, ()) if key not in seen]
                seen.update(new)
                waiting += [key for key in new if key not in totals]
            for here in reversed(order):
                totals[here] = sum(1 + totals.get(key, 0) for key in self.reports.get(here, ()))
        return totals


def unit_nodes(facts: Facts, workforce: Workforce) -> dict[str, Node]:
    """Return a node per unit of the day, and a ghost per unit that only begins later."""
    sums = _sums(facts, workforce)
    held = _roles_held(facts)
    covers = _coverage(facts)
    vacant = Counter(row.unit for row in workforce.vacant.values())
    nodes = {}
    for unit in facts.tree:
        key, stage, below = unit.external_id, facts.stages.get(unit.external_id, DEFAULT), sums[unit.external_id]
        card = UnitCard(
            level=unit.level,
            city=unit.city,
            is_leading=unit.is_leading,
            people=len(workforce.in_unit.get(key, ())),
            total_people=below.people,
            total_fte=below.fte,
            units=below.units,
            stage=stage.stage,
            subtype=stage.subtype,
            decides_stage=stage.unit_external_id == key,
            leaders=tuple(workforce.today[one].name for one in workforce.leaders.get(key, ())),
            roles=held.get(key, ()),
            coverage=_counted(covers[key]) if key in covers else None,
            covers=covers.get(key, ()),
            vacant=vacant[key],
            total_vacant=below.vacant,
        )
        planned = _unit_planned(unit, facts.units.get(key, ()), facts.as_of)
        nodes[key_of(Kind.UNIT, key)] = Node(key_of(Kind.UNIT, key), Kind.UNIT, key, unit.name, card, planned)
    return nodes | _unit_ghosts(facts)


def people_nodes(facts: Facts, workforce: Workforce) -> dict[str, Node]:
    """Return a node per person of the day, and a ghost per person who only begins later."""
    held: dict[str, list[Holding]] = defaultdict(list)
    for holding in facts.holdings:
        held[holding.person_external_id].append(holding)
    totals = workforce.totals()
    nodes = {}
    for key, rows in facts.work.items():
        now = workforce.today.get(key)
        row = now or rows[0]
        seat = facts.seats.get(row.seat or "", (None,))[0]
        card = PersonCard(
            title=seat.title if seat else "",
            unit=row.unit,
            unit_name=_unit_name(facts, row.unit),
            fte=row.fte,
            fill_mode=row.fill_mode,
            roles=tuple((one.role_key, one.share) for one in held.get(key, ())) if now else (),
            manager=row.manager,
            is_head=now is not None and workforce.is_head(key),
            reports=len(workforce.reports.get(key, ())),
            total_reports=totals.get(key, 0),
        )
        planned = _work_planned(now, rows) if now else _starts(rows[0])
        nodes[key_of(Kind.PERSON, key)] = Node(key_of(Kind.PERSON, key), Kind.PERSON, key, row.name, card, planned)
    return nodes


def seat_nodes(facts: Facts, workforce: Workforce) -> dict[str, Node]:
    """Return a node per seat that nobody holds, and a ghost per seat that only begins later."""
    nodes = {}
    later = {key: rows[0] for key, rows in facts.seats.items() if key not in workforce.seats}
    for key, row in (workforce.vacant | later).items():
        card = SeatCard(
            role=row.role,
            grade=row.grade,
            unit=row.unit,
            unit_name=_unit_name(facts, row.unit),
            planned_fte=row.planned_fte,
            vacant_since=facts.vacant_since.get(key),
            is_head=row.is_head,
        )
        planned = _starts(row) if key in later else _seat_planned(row, facts.seats[key], workforce.coming.get(key))
        nodes[key_of(Kind.SEAT, key)] = Node(key_of(Kind.SEAT, key), Kind.SEAT, key, row.title, card, planned)
    return nodes


def _sums(facts: Facts, workforce: Workforce) -> dict[str, Sums]:
    own: dict[str, Sums] = defaultdict(Sums)
    for row in workforce.today.values():
        own[row.unit].add(Sums(people=1, fte=row.fte))
    for seat in workforce.vacant.values():
        own[seat.unit].add(Sums(vacant=1))
    for unit in reversed(list(facts.tree)):
        here = own[unit.external_id]
        if unit.parent is not None:
            own[unit.parent].add(replace(here, units=here.units + 1))
    return own


def _roles_held(facts: Facts) -> dict[str, tuple[RoleKey, ...]]:
    """Return the roles held in each unit or below it, in the order of the map."""
    held: dict[str, set[RoleKey]] = defaultdict(set)
    for holding in facts.holdings:
        held[holding.unit_external_id].add(holding.role_key)
    for unit in reversed(list(facts.tree)):
        if unit.parent is not None and unit.external_id in held:
            held[unit.parent] |= held[unit.external_id]
    return {unit: tuple(role for role in roles_here().roles if role in roles) for unit, roles in held.items()}


def _coverage(facts: Facts) -> dict[str, tuple[RoleCover, ...]]:
    """Compare the roles with what the sub-type expects, for the units it is asked of (`outline.UnitPage`)."""
    asked = {key for key, stage in facts.stages.items() if stage.unit_external_id == key}
    asked |= {root for root in facts.tree.root_ids if facts.stages.get(root, DEFAULT).is_default}
    by_unit: dict[str, list[Holding]] = defaultdict(list)
    for holding in facts.holdings:
        unit = holding.unit_external_id
        for above in (unit, *facts.tree.ancestors(unit)):
            if above in asked:
                by_unit[above].append(replace(holding, unit_external_id=above))
    found = {}
    for unit in asked:
        cells: Mapping[tuple[RoleKey, str], Cover] = cover_by_unit(by_unit[unit])
        covers = {role: cover for (role, _unit), cover in cells.items()}
        found[unit] = against_expectation(covers, subtype=facts.stages.get(unit, DEFAULT).subtype)
    return found


def _counted(covers: Iterable[RoleCover]) -> Coverage:
    states = Counter(cover.state for cover in covers)
    return Coverage(states[CoverState.FILLED], states[CoverState.SHARED], states[CoverState.MISSING])


def _unit_name(facts: Facts, unit: str) -> str:
    if unit in facts.tree:
        return facts.tree.nodes[unit].name
    return facts.units[unit][0].name if unit in facts.units else unit


def _unit_ghosts(facts: Facts) -> dict[str, Node]:
    nodes = {}
    for key, rows in facts.units.items():
        if key in facts.tree or not _is_later(rows[0].start, facts.as_of):
            continue
        card = UnitCard(
            rows[0].level, rows[0].city, rows[0].is_leading, 0, 0, Decimal(0), 0, DEFAULT.stage, DEFAULT.subtype,
            False, (), (), None, (), 0, 0,
        )  # fmt: skip
        node_key = key_of(Kind.UNIT, key)
        nodes[node_key] = Node(node_key, Kind.UNIT, key, rows[0].name, card, _starts(rows[0]))
    return nodes


def _is_later(start: date | None, day: date) -> bool:
    return start is not None and start > day


def _starts(row: UnitRow | WorkRow | SeatRow) -> Planned | None:
    to = row.parent or "" if isinstance(row, UnitRow) else row.unit
    return Planned(row.start, PlannedKind.STARTS, to) if row.start else None


def _unit_planned(unit: UnitNode, rows: Sequence[UnitRow], as_of: date) -> Planned | None:
    """Return the unit's next change that shows; `rows` are its version of the day, if that ends, and the later ones."""
    now = UnitRow(unit.external_id, unit.name, unit.level, unit.parent, unit.city, unit.is_leading, None, None)
    end = next((row.end for row in rows if is_on(row, as_of)), None)
    for row in (row for row in rows if _is_later(row.start, as_of)):
        if row.start is None or (end is not None and row.start > end):
            break
        if row.parent != now.parent:
            return Planned(row.start, PlannedKind.MOVES, row.parent or "")
        if replace(row, start=None, end=None) != now:
            return Planned(row.start, PlannedKind.CHANGES)
        end = row.end
    return Planned(end, PlannedKind.ENDS) if end else None


def _work_planned(now: WorkRow, rows: Sequence[WorkRow]) -> Planned | None:
    """Return a person's next change that shows. Pay is not read here, so a rise leaves no trace."""
    return _next_change(now, [replace(row, seat=now.seat) for row in rows[1:]])


def _next_change(now: PlacedRow, later: Sequence[PlacedRow]) -> Planned | None:
    """Return how the row of the day goes on without a gap: another unit, another value, or its end."""
    end = now.end
    for row in later:
        if row.start is None or row.start != end:
            break
        if row.unit != now.unit:
            return Planned(row.start, PlannedKind.MOVES, row.unit)
        if replace(row, start=now.start, end=now.end) != now:
            return Planned(row.start, PlannedKind.CHANGES)
        end = row.end
    return Planned(end, PlannedKind.ENDS) if end else None


def _seat_planned(now: SeatRow, rows: Sequence[SeatRow], coming: date | None) -> Planned | None:
    planned = _next_change(now, rows[1:])
    stays = planned is None or (planned.kind is PlannedKind.ENDS and coming is not None and coming < planned.day)
    return Planned(coming, PlannedKind.FILLED) if coming is not None and stays else planned
