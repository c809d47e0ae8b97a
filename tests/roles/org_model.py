"""The organisation as plain lists, one entry a day: what the random walk expects the database to say.

Day 0 stands for everything before the walk. A unit is a list of parents ("" at the top, None where it is not there), a
person a list of (unit, manager) or None.
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

    def is_here(self, day: int) -> bool:
        """True on days of the present stint, and of earlier ones."""
        return self.jobs[day] is not None or (self.hired <= day and (self.left is None or day < self.left))


RoleKey = tuple[str, str, int]
Role = tuple[str, int | None]


@dataclass
class Model:
    """Everything there is. A role is known by person, role and first day, and tells unit and end."""

    units: dict[str, list[str | None]] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    roles: dict[tuple[str, str, int], Role] = field(default_factory=dict)

    def copy(self) -> Model:
        """Return another model that says the same."""
        return deepcopy(self)

    def is_unit(self, unit: str, day: int) -> bool:
        """True where the unit is there on the day."""
        return unit in self.units and self.units[unit][day] is not None

    def first(self, unit: str) -> int:
        """Return the first day of a unit."""
        return next(day for day in range(COUNT) if self.units[unit][day] is not None)

    def faults(self) -> list[str]:
        """Look at every day by itself and tell everything that does not hold together."""
        found = []
        for day in range(COUNT):
            found += _faults_of_units(self, day)
            found += _faults_of_people(self, day)
        for (person, role, start), (unit, end) in self.roles.items():
            for day in range(start, COUNT if end is None else end):
                if not self.is_unit(unit, day) or not self.people[person].is_here(day):
                    found.append(f"role {person} {role} {unit} on {day}")
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
        """Change where somebody works or whom they report to ("": as it is), as far as the old was carried along."""
        jobs = self.people[person].jobs
        if unit is not None:
            places = [job and job[0] for job in jobs]
            _carry(places, unit, on)
            self._set(person, [(place or "", job[1]) if job else None for place, job in zip(places, jobs, strict=True)])
        if manager != "":
            jobs = self.people[person].jobs
            leads = [None if job is None else job[1] or "-" for job in jobs]
            _carry(leads, manager or "-", on)
            pairs = zip(leads, jobs, strict=True)
            self._set(person, [(job[0], None if lead == "-" else lead) if job else None for lead, job in pairs])

    def _set(self, person: str, jobs: list[Job | None]) -> None:
        self.people[person].jobs = jobs

    def settle(self) -> None:
        """What follows by itself: managers count while they are here, roles end with their unit and holder."""
        for person in self.people.values():
            for day, job in enumerate(person.jobs):
                if job is not None and job[1] is not None and not self.people[job[1]].is_here(day):
                    person.jobs[day] = (job[0], None)

    def trim_unit(self, unit: str) -> None:
        """End the roles held in a unit with it."""
        self._trim(lambda key, role: role[0] == unit, lambda key, role, day: self.is_unit(unit, day))

    def trim_person(self, person: str) -> None:
        """End the roles of a person with their stint."""
        self._trim(lambda key, role: key[0] == person, lambda key, role, day: self.people[person].is_here(day))

    def _trim(self, concerns: Callable[[RoleKey, Role], bool], is_there: Callable[[RoleKey, Role, int], bool]) -> None:
        for key, role in list(self.roles.items()):
            if not concerns(key, role):
                continue
            start, end = key[2], role[1]
            there = [day for day in range(COUNT) if is_there(key, role, day)]
            if start in there:
                over = next((day for day in range(start, COUNT) if day not in there), None)
                if over is not None and (end is None or over < end):
                    self.roles[key] = (role[0], over)
            elif not there or start > there[-1]:
                del self.roles[key]


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
