"""What a check of the organisation needs to see: the facts touched, what they point to, and what points to them.

Few things touched are read with few rows; many with whole tables. No query is made per thing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet

from roles.choices import Thing
from roles.holdings import assignment_key, split_assignment_key
from roles.models import Assignment, Employment, Person, ReportingLine, SeatVersion, UnitVersion
from roles.services.sync.states import MANY
from roles.tree_safety import ALWAYS, Days, Link, days_of, merged, stretches


@dataclass(frozen=True, slots=True)
class Below:
    """A unit below another, or at the top (`parent` empty) over these days."""

    key: str
    parent: str
    level: str
    days: Days


@dataclass(frozen=True, slots=True)
class Place:
    """A seat in a unit."""

    key: str
    unit: str
    days: Days


@dataclass(frozen=True, slots=True)
class Job:
    """A person's employment; `key` is the person."""

    key: str
    unit: str
    manager: str | None
    seat: str | None
    days: Days


@dataclass(frozen=True, slots=True)
class Held:
    """A role that a person holds in a unit."""

    key: str
    person: str
    unit: str
    days: Days


@dataclass(frozen=True, slots=True)
class Between:
    """A secondary line."""

    key: str
    between: Thing
    start: str
    end: str
    days: Days


@dataclass(slots=True)
class Surroundings:
    """The rows to look at, and on which days the things they name are there."""

    parents: list[Below] = field(default_factory=list)
    roots: list[Below] = field(default_factory=list)
    seats: list[Place] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    lines: list[Between] = field(default_factory=list)
    unit_links: dict[str, list[Link]] = field(default_factory=dict)
    manager_links: dict[str, list[Link]] = field(default_factory=dict)
    unit_days: dict[str, list[Days]] = field(default_factory=dict)
    seat_days: dict[str, list[Days]] = field(default_factory=dict)
    seat_units: dict[str, list[tuple[str, Days]]] = field(default_factory=dict)
    person_days: dict[str, list[Days]] = field(default_factory=dict)


def surroundings(touched: Mapping[Thing, Collection[str]]) -> Surroundings:
    """Read what stands around the things touched."""
    found = Surroundings()
    units = set(touched.get(Thing.UNITS, ()))
    passing = _read_units(found, units) if units else set()
    _read_seats(found, set(touched.get(Thing.SEATS, ())), units=passing)
    people = set(touched.get(Thing.PEOPLE, ()))
    _read_jobs(found, people, units=passing, seats=set(touched.get(Thing.SEATS, ())))
    _read_held(found, people, units=passing, keys=set(touched.get(Thing.ASSIGNMENTS, ())))
    _read_lines(found, people, units=passing, keys=set(touched.get(Thing.LINES, ())))
    _read_what_is_named(found)
    if people:
        _read_managers(found, people)
    return found


def unit_days(keys: Collection[str]) -> dict[str, list[Days]]:
    """Return the days on which each of the units is there."""
    rows = named(UnitVersion.objects.all(), "unit__external_id", keys).values_list("unit__external_id", "during")
    return stretches((key, days_of(during.lower, during.upper)) for key, during in rows)


def person_days(keys: Collection[str]) -> dict[str, list[Days]]:
    """Return the days on which each of the people works here: the present stint, placed or not, and earlier ones."""
    if not keys:
        return {}
    rows = named(Person.objects.all(), "external_id", keys).values_list("external_id", "hired_on", "left_on")
    stints = [(key, days_of(hired, left)) for key, hired, left in rows]
    jobs = named(Employment.objects.all(), "person__external_id", keys).values_list("person__external_id", "during")
    return stretches([*stints, *((key, days_of(during.lower, during.upper)) for key, during in jobs)])


def seat_days(keys: Collection[str]) -> dict[str, list[tuple[str, Days]]]:
    """Return for each of the seats in which unit it stands on which days."""
    columns = ("seat__external_id", "unit__external_id", "during")
    found: dict[str, list[tuple[str, Days]]] = {}
    if keys:
        for key, unit, during in named(SeatVersion.objects.all(), columns[0], keys).values_list(*columns):
            found.setdefault(key, []).append((unit, days_of(during.lower, during.upper)))
    return found


def named(rows: QuerySet[Any], column: str, keys: Collection[str]) -> QuerySet[Any]:
    """Return the rows of the ids; all rows where the ids are many, for the caller to leave the rest out."""
    return rows if len(keys) > MANY else rows.filter(**{f"{column}__in": list(keys)})


def _read_units(found: Surroundings, touched: set[str]) -> set[str]:
    """Read the whole tree; return the touched units that are not there on every day."""
    columns = ("unit__external_id", "parent__external_id", "level", "during")
    rows = [
        Below(key, parent or "", level, days_of(during.lower, during.upper))
        for key, parent, level, during in UnitVersion.objects.order_by("pk").values_list(*columns)
    ]
    found.unit_days = stretches((row.key, row.days) for row in rows)
    for row in rows:
        if not row.parent:
            found.roots.append(row)
            continue
        found.unit_links.setdefault(row.key, []).append(Link(row.days, row.parent))
        if row.key in touched or row.parent in touched:
            found.parents.append(row)
    return {key for key in touched if found.unit_days.get(key) != [ALWAYS]}


def either(rows: QuerySet[Any], **wanted: Collection[str]) -> QuerySet[Any] | None:
    """Return the rows that any of the columns leads to one of its ids; None where no ids are given at all."""
    asked = {column: keys for column, keys in wanted.items() if keys}
    if not asked:
        return None
    if any(len(keys) > MANY for keys in asked.values()):
        return rows
    condition = Q()
    for column, keys in asked.items():
        condition |= Q(**{f"{column}__in": list(keys)})
    return rows.filter(condition)


def _read_seats(found: Surroundings, touched: set[str], *, units: set[str]) -> None:
    rows = either(SeatVersion.objects.all(), seat__external_id=touched, unit__external_id=units)
    columns = ("seat__external_id", "unit__external_id", "during")
    for key, unit, during in rows.values_list(*columns) if rows is not None else ():
        if key in touched or unit in units:
            found.seats.append(Place(key, unit, days_of(during.lower, during.upper)))


def _read_jobs(found: Surroundings, people: set[str], *, units: set[str], seats: set[str]) -> None:
    wanted = {
        "person__external_id": people, "manager__external_id": people,
        "unit__external_id": units, "seat__external_id": seats,
    }  # fmt: skip
    rows = either(Employment.objects.all(), **wanted)
    for job in _jobs(rows) if rows is not None else ():
        if job.key in people or job.manager in people or job.unit in units or job.seat in seats:
            found.jobs.append(job)


def _jobs(rows: QuerySet[Any]) -> list[Job]:
    columns = ("person__external_id", "unit__external_id", "manager__external_id", "seat__external_id", "during")
    return [
        Job(key, unit, manager, seat, days_of(during.lower, during.upper))
        for key, unit, manager, seat, during in rows.order_by("pk").values_list(*columns)
    ]


def _read_held(found: Surroundings, people: set[str], *, units: set[str], keys: set[str]) -> None:
    holders = people | {split_assignment_key(key)[0] for key in keys}
    rows = either(Assignment.objects.all(), person__external_id=holders, unit__external_id=units)
    columns = ("person__external_id", "role_key", "unit__external_id", "during")
    for person, role, unit, during in rows.values_list(*columns) if rows is not None else ():
        key = assignment_key(person, role, during.lower)
        if key in keys or person in people or unit in units:
            found.held.append(Held(key, person, unit, days_of(during.lower, during.upper)))


def _read_lines(found: Surroundings, people: set[str], *, units: set[str], keys: set[str]) -> None:
    ends = {
        "external_id": keys,
        "unit__external_id": units, "to_unit__external_id": units,
        "person__external_id": people, "to_person__external_id": people,
    }  # fmt: skip
    rows = either(ReportingLine.objects.all(), **ends)
    if rows is None:
        return
    columns = (
        "external_id", "during", "unit__external_id", "to_unit__external_id",
        "person__external_id", "to_person__external_id",
    )  # fmt: skip
    for key, during, unit, to_unit, person, to_person in rows.values_list(*columns):
        start, end = (unit, to_unit) if unit is not None else (person, to_person)
        near = units if unit is not None else people
        if key in keys or start in near or end in near:
            between = Thing.UNITS if unit is not None else Thing.PEOPLE
            found.lines.append(Between(key, between, start, end, days_of(during.lower, during.upper)))


def _read_what_is_named(found: Surroundings) -> None:
    """Read when the units, seats and people are there that the rows point to."""
    lines = [(row.between, end) for row in found.lines for end in (row.start, row.end)]
    units = {row.unit for rows in (found.seats, found.jobs, found.held) for row in rows}
    units |= {end for between, end in lines if between is Thing.UNITS}
    if missing := units - found.unit_days.keys():
        found.unit_days |= unit_days(missing)
    people = {row.manager for row in found.jobs if row.manager is not None} | {row.person for row in found.held}
    people |= {end for between, end in lines if between is Thing.PEOPLE}
    found.person_days = person_days(people)
    found.seat_units = seat_days({row.seat for row in found.jobs if row.seat is not None})
    found.seat_days = {key: merged(days for _unit, days in some) for key, some in found.seat_units.items()}


def _read_managers(found: Surroundings, people: set[str]) -> None:
    """Follow the managers of the people touched up to the top: a loop through one of them lies on that way."""
    jobs: Sequence[Job] = found.jobs
    known: set[str] = set()
    waiting = set(people)
    while waiting:
        for job in jobs:
            if job.key in waiting and job.manager is not None:
                found.manager_links.setdefault(job.key, []).append(Link(job.days, job.manager))
        known |= waiting
        waiting = {link.to for key in waiting for link in found.manager_links.get(key, ())} - known
        jobs = _jobs(named(Employment.objects.all(), "person__external_id", waiting)) if waiting else ()
