"""From a directory to the document of an org chart: ids translated, heads seated, lines drawn; what we know stays.

Levels, cities, ownership, FTE, fill modes and the seats that HR plans are not in a directory: they are kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from roles.choices import LineKind, Thing
from roles.directories.levels import level_of
from roles.directories.placing import DepartmentTree, tree_of
from roles.directories.reporting import Line, Reporting, reporting_of
from roles.directories.shapes import Department, Directory, Member, Note
from roles.directories.sheets import PATH
from roles.services.directories.standing import Standing, StandingPerson
from roles.services.documents.chart import ChartDocument
from roles.services.source_ids import own_ids
from roles.services.sync import LineInput, PersonInput, SeatInput, UnitInput

ID_LENGTH, NAME_LENGTH, UNIT_NAME_LENGTH, TITLE_LENGTH = 64, 80, 120, 120
STABLE = "stable:"
# Stored as the directory would have written it, whoever reads it in which language.
UNTITLED = "负责人"


@dataclass(frozen=True, slots=True)
class Chart:
    """A directory as a document. `more_ids` are lasting ids of people, kept beside those of the document."""

    document: ChartDocument
    notes: tuple[Note, ...]
    more_ids: Mapping[str, str]
    renamed: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Charting:
    kind: str
    on: date
    since: date | None
    under: str | None
    standing: Standing
    units: Mapping[str, str]
    people: Mapping[str, str]
    tree: DepartmentTree
    reporting: Reporting


def chart_of(directory: Directory, *, standing: Standing, on: date, since: date | None, under: str | None) -> Chart:
    """Return the document that brings the organisation to what the directory says."""
    kind = directory.kind.value
    units = unit_ids(directory, standing)
    back = {ours: theirs for theirs, ours in units.items()}
    known = {
        theirs: back.get(unit.parent or "") for theirs, ours in units.items() if (unit := standing.units.get(ours))
    }
    tree = tree_of(directory.departments, known=known)
    reporting = reporting_of(directory, tree)
    people, renamed = person_ids(directory, reporting, standing)
    work = _Charting(kind, on, since, under, standing, units, people, tree, reporting)
    seats = {seat.unit_external_id: seat for seat in _seats(work)}
    document = ChartDocument(
        units=[_unit(work, one) for one in tree.departments.values()],
        seats=[*seats.values()],
        people=[_person(work, one, seats) for one in reporting.members.values()],
        lines=[_line(work, one) for one in reporting.lines],
        source_ids={Thing.UNITS: units, Thing.PEOPLE: people},
    )
    stable = {STABLE + one.stable_id: people[key] for key, one in reporting.members.items() if one.stable_id}
    return Chart(document, (*directory.notes, *tree.notes, *reporting.notes), stable, renamed)


def unit_ids(directory: Directory, standing: Standing) -> dict[str, str]:
    """Return our id of every department: the known one; for one named by its path the unit that stands there."""
    found: dict[str, str] = {}
    wanted: dict[str, str] = {}
    by_path = _paths(standing) if any(one.id.startswith(PATH) for one in directory.departments) else {}
    taken = set(standing.unit_ids.values())
    for one in directory.departments:
        place = by_path.get(one.id)
        if one.id in standing.unit_ids:
            found[one.id] = standing.unit_ids[one.id]
        elif place is not None:
            found[one.id] = place
        else:
            wanted[one.id] = _key_of(one)
    new = own_ids(directory.kind.value, Thing.UNITS, [key for key in wanted.values()])
    for theirs, candidate in wanted.items():
        ours = new[candidate] if new[candidate] not in taken else own_id(directory.kind.value, theirs)
        taken.add(ours)
        found[theirs] = ours
    return found


def person_ids(
    directory: Directory, reporting: Reporting, standing: Standing
) -> tuple[dict[str, str], tuple[tuple[str, str], ...]]:
    """Return our id of every member, and the pairs (our id, their new id) of those whose id has changed."""
    found: dict[str, str] = {}
    wanted: dict[str, str] = {}
    renamed: list[tuple[str, str]] = []
    old_of = {new: old for old, new in directory.renames}
    known = standing.person_ids
    for key, one in reporting.members.items():
        earlier = known.get(old_of.get(key, "")) or (known.get(STABLE + one.stable_id) if one.stable_id else None)
        if key in known:
            found[key] = known[key]
        elif earlier is not None:
            found[key] = earlier
            renamed.append((earlier, key))
        else:
            wanted[key] = one.key or key
    new = own_ids(directory.kind.value, Thing.PEOPLE, list(wanted.values()))
    taken = set(known.values())
    for theirs, candidate in wanted.items():
        ours = new[candidate] if new[candidate] not in taken else own_id(directory.kind.value, theirs)
        taken.add(ours)
        found[theirs] = ours
    return found, tuple(renamed)


def own_id(kind: str, *parts: str) -> str:
    """Return an id made of the system's name and the given parts; a long one ends in a digest."""
    said = "/".join((kind, *parts))
    if len(said) <= ID_LENGTH:
        return said
    return f"{said[: ID_LENGTH - 17]}~{hashlib.sha256(said.encode()).hexdigest()[:16]}"


def _key_of(one: Department) -> str:
    key = one.key or one.id.removeprefix(PATH)
    return key if len(key) <= ID_LENGTH else own_id("path", key)


def _paths(standing: Standing) -> dict[str, str]:
    """Return our units by the path of their names, as files write it; a path that two units have leads to neither."""
    found: dict[str, list[str]] = {}
    for key in standing.units:
        names: list[str] = []
        at: str | None = key
        while at is not None and at in standing.units and len(names) < ID_LENGTH:
            names.append(standing.units[at].name)
            at = standing.units[at].parent
        for step in "/-":
            found.setdefault(PATH + step.join(reversed(names)), []).append(key)
    return {path: keys[0] for path, keys in found.items() if len(set(keys)) == 1}


def _unit(work: _Charting, one: Department) -> UnitInput:
    ours = work.units[one.id]
    parent = work.tree.parents[one.id]
    known = work.standing.units.get(ours)
    is_top = parent is None and not work.under
    return UnitInput(
        external_id=ours,
        name=one.name[:UNIT_NAME_LENGTH],
        level=known.level if known else level_of(one.name, is_top=is_top),
        parent_external_id=work.units[parent] if parent is not None else work.under or None,
        ownership=known.ownership if known else "na",
        city=known.city if known else "",
        rank=one.rank,
    )


def _seats(work: _Charting) -> Iterator[SeatInput]:
    """Yield a seat for the head of each department, unless HR has planned one."""
    planned = {
        seat.unit for key, seat in work.standing.seats.items() if seat.is_head and key not in work.standing.own_seats
    }
    for department, head in sorted(work.reporting.heads.items()):
        unit = work.units[department]
        if unit in planned:
            continue
        key = own_id(work.kind, "head", unit)
        title = work.reporting.members[head].title[:TITLE_LENGTH]
        known = work.standing.seats.get(key)
        if known is None:
            yield SeatInput(key, unit, title or UNTITLED, is_head=True)
        else:
            yield SeatInput(key, unit, title or known.title, known.role, known.grade, known.planned_fte, is_head=True)


def _person(work: _Charting, one: Member, seats: Mapping[str, SeatInput]) -> PersonInput:
    ours = work.people[one.id]
    department = work.reporting.places[one.id]
    unit = work.units[department]
    known = work.standing.people.get(ours)
    manager = work.reporting.managers[one.id]
    seat = known.seat if known and known.unit == unit and known.seat not in work.standing.own_seats else None
    if work.reporting.heads.get(department) == one.id and unit in seats and not seat:
        seat = seats[unit].external_id
    return PersonInput(
        external_id=ours,
        unit_external_id=unit,
        hired_on=_hired(work, one, known),
        display_name=(one.name or (known.name if known else "") or one.id)[:NAME_LENGTH],
        manager_external_id=work.people[manager] if manager is not None else _kept_manager(work, known),
        fill_mode=known.fill_mode if known else "internal",
        fte=known.fte if known else Decimal(1),
        seat_external_id=seat or "",
        left_on=known.left_on if known and known.left_on and known.left_on > work.on else None,
    )


def _kept_manager(work: _Charting, known: StandingPerson | None) -> str | None:
    """Keep the manager given by hand where the directory names none at all, unless that one leaves with it."""
    if known is None or known.manager is None or work.reporting.names_anybody:
        return None
    is_gone = known.manager in work.standing.person_ids.values() and known.manager not in work.people.values()
    return None if is_gone else known.manager


def _hired(work: _Charting, one: Member, known: StandingPerson | None) -> date:
    """Return the first day of the present stint; who is back after having left starts anew on the day."""
    if known is None or (known.begun is None and known.left_on is None):
        return one.hired_on or (work.since if work.standing.is_first and work.since else work.on)
    if known.left_on is not None and known.left_on <= work.on:
        return work.on
    has_been_away = known.begun is not None and known.begun < known.hired_on
    return known.hired_on if has_been_away or one.hired_on is None else one.hired_on


def _line(work: _Charting, one: Line) -> LineInput:
    key = own_id(work.kind, one.member, *(("in", one.department) if one.department else ("to", one.to)))
    return LineInput(
        external_id=key,
        between=Thing.PEOPLE.value,
        kind=LineKind.FUNCTIONAL.value,
        from_external_id=work.people[one.member],
        to_external_id=work.people[one.to],
        start_on=work.standing.lines.get(key, work.on),
        note=work.tree.departments[one.department].name if one.department else "",
    )
