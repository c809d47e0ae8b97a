"""The organisation as plain lists, one entry a day: what the random walk expects the database to say.

Day 0 stands for everything before the walk. A unit is a list of parents ("" at the top, None where it is not there), a
person a list of (unit, manager) or None, and of the seats they sit in, a seat a list of units or None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta

COUNT = 7
DAYS = [date(2020, 1, 1), *(date(2026, 3, 1) + timedelta(days=day) for day in range(COUNT - 1))]
FREE = {"G", "T"}  # a group and a project team may stand at the top beside another unit

Job = tuple[str, str | None]


def number(day: date | None) -> int | None:
    """Return the number of a day; None stays open."""
    return None if day is None else DAYS.index(day)


@dataclass
class Person:
    """A person: when hired and gone (numbers of days), and where they work each day."""

    hired: int
    left: int | None
    jobs: list[Job | None]
    seats: list[str | None] = field(default_factory=lambda: [None] * COUNT)

    def is_here(self, day: int) -> bool:
        """True on days of the present stint, and of earlier ones."""
        return self.jobs[day] is not None or (self.hired <= day and (self.left is None or day < self.left))


RoleKey = tuple[str, str, int]
Role = tuple[str, int | None]
Line = tuple[str, str, str, int, int | None]


@dataclass
class Model:
    """Everything there is. A role is known by person, role and first day, and tells unit and end.

    A line tells what it is between, its two ends, its first day and its end.
    """

    units: dict[str, list[str | None]] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    roles: dict[tuple[str, str, int], Role] = field(default_factory=dict)
    seats: dict[str, list[str | None]] = field(default_factory=dict)
    lines: dict[str, Line] = field(default_factory=dict)

    def copy(self) -> Model:
        """Return another model that says the same."""
        return deepcopy(self)

    def is_unit(self, unit: str, day: int) -> bool:
        """True where the unit is there on the day."""
        return unit in self.units and self.units[unit][day] is not None

    def is_there(self, between: str, key: str, day: int) -> bool:
        """True where the end of a line is there on the day."""
        if between == "units":
            return self.is_unit(key, day)
        return key in self.people and self.people[key].is_here(day)

    def first(self, unit: str) -> int:
        """Return the first day of a unit."""
        return next(day for day in range(COUNT) if self.units[unit][day] is not None)

    def faults(self) -> list[str]:
        """Look at every day by itself and tell everything that does not hold together."""
        found = []
        for day in range(COUNT):
            found += _faults_of_units(self, day)
            found += _faults_of_people(self, day)
            found += _faults_of_seats(self, day)
        for (person, role, start), (unit, end) in self.roles.items():
            for day in range(start, COUNT if end is None else end):
                if not self.is_unit(unit, day) or not self.people[person].is_here(day):
                    found.append(f"role {person} {role} {unit} on {day}")
        for key, (between, one, two, start, end) in self.lines.items():
            for day in range(start, COUNT if end is None else end):
                found += [f"line {key} to {to} on {day}" for to in (one, two) if not self.is_there(between, to, day)]
        return found + list(_overlaps(self))

    def second_roots(self, before: Model, touched: Iterable[str]) -> bool:
        """Tell whether one of the units newly stands at the top beside another one."""
        for unit in set(touched) - FREE:
            for day in range(COUNT):
                others = {one for one in self.units if one not in (unit, "T") and self.units[one][day] == ""}
                was = before.units.get(unit, [None] * COUNT)[day]
                if self.units[unit][day] == "" and others and was != "":
                    return True
        return False

    def carry_parent(self, unit: str, parent: str, on: int) -> None:
        """Let the parent hold from the day on, as far as the old one was carried along."""
        _carry(self.units[unit], parent, on)

    def carry_job(self, person: str, on: int, *, unit: str | None = None, manager: str | None = "") -> None:
        """Change where somebody works or whom they report to ("": as it is), as far as the old was carried along.

        Who goes to another unit leaves their seat.
        """
        jobs = self.people[person].jobs
        if unit is not None:
            self.carry_seat(person, on, None)
            places = [job and job[0] for job in jobs]
            _carry(places, unit, on)
            self._set(person, [(place or "", job[1]) if job else None for place, job in zip(places, jobs, strict=True)])
        if manager != "":
            jobs = self.people[person].jobs
            leads = [None if job is None else job[1] or "-" for job in jobs]
            _carry(leads, manager or "-", on)
            pairs = zip(leads, jobs, strict=True)
            self._set(person, [(job[0], None if lead == "-" else lead) if job else None for lead, job in pairs])

    def carry_seat(self, person: str, on: int, seat: str | None) -> None:
        """Change where somebody sits, as far as the old was carried along."""
        one = self.people[person]
        held = [None if job is None else seated or "-" for job, seated in zip(one.jobs, one.seats, strict=True)]
        if held[on] != (seat or "-"):
            _carry(held, seat or "-", on)
        one.seats = [None if seated == "-" else seated for seated in held]

    def place_seat(self, seat: str, unit: str, on: int) -> None:
        """Let a seat stand in the unit from the day on; who sits in it works there."""
        if seat not in self.seats:
            opened = max(on, self.first(unit))
            self.seats[seat] = [unit if day >= opened else None for day in range(COUNT)]
            return
        line = self.seats[seat]
        if line[on] is None:
            for day in range(on, COUNT):
                if line[day] is not None:
                    break
                line[day] = unit
        elif line[on] != unit:
            _carry(line, unit, on)
        for person in self.people.values():
            for day, job in enumerate(person.jobs):
                place = line[day]
                if job is not None and person.seats[day] == seat and place is not None:
                    person.jobs[day] = (place, job[1])

    def _set(self, person: str, jobs: list[Job | None]) -> None:
        self.people[person].jobs = jobs

    def settle(self) -> None:
        """What follows by itself: managers count while they are here, roles end with their unit and holder."""
        for person in self.people.values():
            for day, job in enumerate(person.jobs):
                if job is not None and job[1] is not None and not self.people[job[1]].is_here(day):
                    person.jobs[day] = (job[0], None)

    def trim_unit(self, unit: str) -> None:
        """End the roles held in a unit with it, its seats and its lines."""
        self._trim(lambda key, role: role[0] == unit, lambda key, role, day: self.is_unit(unit, day))

        self._trim_lines("units", unit)
        for key, line in list(self.seats.items()):
            self.seats[key] = _trimmed(line, unit, [self.is_unit(unit, day) for day in range(COUNT)])
            if not any(self.seats[key]):
                del self.seats[key]

    def trim_person(self, person: str) -> None:
        """End the roles of a person with their stint, and their lines."""
        self._trim(lambda key, role: key[0] == person, lambda key, role, day: self.people[person].is_here(day))
        self._trim_lines("people", person)

    def _trim_lines(self, between: str, end: str) -> None:
        there = [self.is_there(between, end, day) for day in range(COUNT)]
        for key, (kind, one, two, start, over) in list(self.lines.items()):
            if kind == between and end in (one, two):
                kept = _kept(start, COUNT if over is None else over, there)
                if kept is None:
                    del self.lines[key]
                else:
                    self.lines[key] = (kind, one, two, start, None if kept == COUNT else kept)

    def _trim(self, concerns: Callable[[RoleKey, Role], bool], is_there: Callable[[RoleKey, Role, int], bool]) -> None:
        for key, role in list(self.roles.items()):
            if not concerns(key, role):
                continue
            there = [is_there(key, role, day) for day in range(COUNT)]
            over = _kept(key[2], COUNT if role[1] is None else role[1], there)
            if over is None:
                del self.roles[key]
            else:
                self.roles[key] = (role[0], None if over == COUNT else over)


def _kept(start: int, over: int, there: list[bool]) -> int | None:
    """Return where what holds from `start` up to `over` ends when it needs what is there; None: it is taken back."""
    if there[start]:
        return min(over, next((day for day in range(start, COUNT) if not there[day]), COUNT))
    return over if any(there[start:]) else None


def _trimmed(line: list[str | None], unit: str, there: list[bool]) -> list[str | None]:
    """Shorten each stretch in which a seat stands in the unit to the days on which that is there."""
    found = list(line)
    for start in range(COUNT):
        if line[start] == unit and (start == 0 or line[start - 1] != unit):
            over = next((day for day in range(start, COUNT) if line[day] != unit), COUNT)
            kept = _kept(start, over, there)
            for day in range(start if kept is None else kept, over):
                found[day] = None
    return found


def _carry(values: list[str | None], new: str, on: int) -> None:
    old = values[on]
    for day in range(on, COUNT):
        if values[day] != old or old is None:
            return
        values[day] = new


def _faults_of_units(model: Model, day: int) -> list[str]:
    above = {unit: days[day] for unit, days in model.units.items() if days[day] is not None}
    found = [f"{unit} below {parent} on {day}" for unit, parent in above.items() if parent and parent not in above]
    return found + [f"loop at {unit} on {day}" for unit in above if _loops(unit, above)]


def _faults_of_people(model: Model, day: int) -> list[str]:
    jobs = {key: job for key, person in model.people.items() if (job := person.jobs[day]) is not None}
    found = [f"{key} in {unit} on {day}" for key, (unit, _lead) in jobs.items() if not model.is_unit(unit, day)]
    leads = {key: lead for key, (_unit, lead) in jobs.items() if lead is not None}
    found += [f"{key} led by {lead} on {day}" for key, lead in leads.items() if not model.people[lead].is_here(day)]
    return found + [f"managers of {key} on {day}" for key in leads if _loops(key, leads)]


def _faults_of_seats(model: Model, day: int) -> list[str]:
    stands = {key: line[day] for key, line in model.seats.items() if line[day] is not None}
    found = [f"seat {key} in {unit} on {day}" for key, unit in stands.items() if not model.is_unit(unit or "", day)]
    for key, person in model.people.items():
        job, seat = person.jobs[day], person.seats[day]
        if job is not None and seat is not None and stands.get(seat) != job[0]:
            found.append(f"{key} of {job[0]} sits in {seat} on {day}")
    return found


def _loops(start: str, above: Mapping[str, str | None]) -> bool:
    at, seen = above.get(start), set[str]()
    while at and at not in seen:
        if at == start:
            return True
        seen.add(at)
        at = above.get(at)
    return False


def _overlaps(model: Model) -> Iterable[str]:
    held: dict[tuple[str, str, str, int], tuple[str, str, int]] = {}
    for key, (unit, end) in model.roles.items():
        for day in range(key[2], COUNT if end is None else end):
            place = (key[0], key[1], unit, day)
            if held.setdefault(place, key) != key:
                yield f"{key} twice on {day}"
