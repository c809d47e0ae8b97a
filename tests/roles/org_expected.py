"""What the plain model says each write comes to, and whether it must be refused: the rules told a second time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from tests.roles.org_model import COUNT, FREE, Model, Person

NO_END = 99


def expect_units(model: Model, rows: dict[str, Any], on: int) -> tuple[Model, bool]:
    expected = model.copy()
    known = {*expected.units, *rows}
    if any(row["parent"] == key or (row["parent"] and row["parent"] not in known) for key, row in rows.items()):
        return expected, True
    new = [key for key in rows if key not in model.units]
    begins: dict[str, int] = {}
    for key in new:
        begins[key] = _begin_of(model, key, rows, on, seen=())
    for key, row in rows.items():
        parent, ends = row["parent"] or "", row["ends"]
        if key in new:
            over = COUNT if ends in (None, NO_END) else ends
            if over <= (on if not row["parent"] and key not in FREE and model.units else 0):
                return expected, True
            start = begins[key] if begins[key] < over else 0
            expected.units[key] = [parent if start <= day < over else None for day in range(COUNT)]
        elif not _change_unit(expected, key, parent, ends, on):
            return expected, True
    for key in rows:
        expected.trim_unit(key)
    return expected, expected.second_roots(model, rows)


def _begin_of(model: Model, key: str, rows: dict[str, Any], on: int, *, seen: Sequence[str]) -> int:
    parent = rows[key]["parent"]
    if parent is None:
        return on if model.units and key not in FREE else 0
    if parent in model.units:
        return model.first(parent)
    return 0 if parent in seen else _begin_of(model, parent, rows, on, seen=[*seen, key])


def _change_unit(expected: Model, key: str, parent: str, ends: int | None, on: int) -> bool:
    line = expected.units[key]
    there = [day for day in range(COUNT) if line[day] is not None]
    if ends is not None:
        if ends != NO_END and ends <= there[0]:
            return False
        over = COUNT if ends == NO_END else ends
        inside = [day for day in there if day < over]
        for day in range(COUNT):
            if day >= over:
                line[day] = None
            elif day > inside[-1]:
                line[day] = line[inside[-1]]
        if ends != NO_END and on >= ends:
            return True
    if line[on] is None:
        for day in range(on, COUNT):
            if line[day] is not None:
                break
            line[day] = parent
    elif line[on] != parent:
        expected.carry_parent(key, parent, on)
    return True


def fit(model: Model, key: str, row: dict[str, Any], on: int) -> dict[str, Any] | None:
    """Keep to what the model can tell by days: known people keep their hiring day, managers do not come back."""
    known = model.people.get(key)
    if known is None:
        return row if row["left"] is None or row["left"] > row["hired"] else {**row, "left": None}
    leads = any(job and job[1] == key for person in model.people.values() for job in person.jobs)
    left = row["left"]
    if left is not None and (left <= known.hired or left <= on):
        left = known.left if known.left is not None and known.left > on else None
    if leads and known.left is not None and (left is None or left > known.left):
        left = known.left
    if left is not None and left <= on:
        return None
    return {**row, "hired": known.hired, "left": left}


def expect_people(model: Model, rows: dict[str, Any], on: int) -> tuple[Model, bool]:
    expected = model.copy()
    for key, row in rows.items():
        if row["unit"] not in expected.units or row["manager"] == key:
            return expected, True
        if row["manager"] is not None and row["manager"] not in {*expected.people, *rows}:
            return expected, True
        if row["seat"] and row["seat"] not in expected.seats:
            return expected, True
    for key, row in rows.items():
        _expect_person(model, expected, key, row, on)
    expected.settle()
    for key in rows:
        expected.trim_person(key)
    return expected, False


def _expect_person(model: Model, expected: Model, key: str, row: dict[str, Any], on: int) -> None:
    hired, left = row["hired"], COUNT if row["left"] is None else row["left"]
    job = (row["unit"], row["manager"], row["seat"] or None)
    known = expected.people.get(key)
    jobs: list[Any] = [None] * COUNT
    if known is not None:
        seated = zip(known.jobs, known.seats, strict=True)
        jobs = _with_managers(model, [None if one is None else (*one, seat) for one, seat in seated])
    there = [day for day in range(hired, COUNT) if jobs[day] is not None and day < left]
    if not there:
        jobs = [*jobs[:hired], *(job if day < left else None for day in range(hired, COUNT))]
        _keep(expected, key, row, _place(model, jobs, hired, left))
        return
    for day in range(hired, COUNT):
        near = there[0] if day < there[0] else there[-1] if day > there[-1] else day
        jobs[day] = jobs[near] if day < left else None
    _keep(expected, key, row, jobs)
    first = max(on, hired)
    holding = jobs[first]
    assert holding is not None
    if holding[0] != job[0]:
        expected.carry_job(key, first, unit=job[0])
    if holding[1] != job[1]:
        expected.carry_job(key, first, manager=job[1])
    if row["seat"] is not None:
        person = expected.people[key]
        person.seats = [None if one is None else one[2] for one in jobs]
        expected.carry_seat(key, first, row["seat"])
    now = expected.people[key]
    full = [None if one is None else (*one, seat) for one, seat in zip(now.jobs, now.seats, strict=True)]
    _keep(expected, key, row, _place(model, full, hired, left))


def _keep(expected: Model, key: str, row: dict[str, Any], jobs: list[Any]) -> None:
    """Write down where somebody works, whom they report to and where they sit each day."""
    seats = [None if job is None else job[2] for job in jobs]
    expected.people[key] = Person(row["hired"], row["left"], [job and job[:2] for job in jobs], seats)


def open_end(model: Model, person: str, unit: str, start: int) -> int | None:
    both = (model.people[person].is_here, lambda day: model.is_unit(unit, day))
    ends = [next((day for day in range(start, COUNT) if not there(day)), COUNT) for there in both if there(start)]
    over = min(ends, default=COUNT)
    return None if over == COUNT else over


def expect_line(model: Model, key: str, line: tuple[str, str, str], start: int, ends: int | None) -> tuple[Model, bool]:
    """A line without an end reaches as far as both its ends are there."""
    expected = model.copy()
    between, one, two = line
    known = model.units if between == "units" else model.people
    if one == two or not {one, two} <= known.keys() or (ends is not None and ends <= start):
        return expected, True
    both = [all(model.is_there(between, end, day) for end in (one, two)) for day in range(COUNT)]
    over = ends
    if ends is None and both[start]:
        over = next((day for day in range(start, COUNT) if not both[day]), None)
    expected.lines[key] = (between, one, two, start, over)
    return expected, False


def team(model: Model, person: str, on: int, *, unit: str | None) -> list[str]:
    """Return the reports of the day; those in the unit at any depth, or without one the direct ones."""
    jobs = {key: job for key, one in model.people.items() if (job := one.jobs[on]) is not None}
    if unit is None:
        return [key for key, job in jobs.items() if job[1] == person]
    found, waiting = [], [person]
    while waiting:
        leader = waiting.pop()
        below = [key for key, job in jobs.items() if job[1] == leader and job[0] == unit and key not in found]
        found += below
        waiting += below
    return found


def _place(model: Model, jobs: list[Any], hired: int, left: int) -> list[Any]:
    """Let the first job begin no earlier than its unit, where that opens while the job lasts."""
    first = next((day for day in range(hired, left) if jobs[day] is not None), None)
    if first is None:
        return jobs
    unit = jobs[first][0]
    last = next((day for day in range(first, left) if jobs[day] is None or jobs[day] != jobs[first]), left)
    opened = model.first(unit)
    return [None if first <= day < opened < last else job for day, job in enumerate(jobs)]


def _with_managers(model: Model, jobs: list[Any]) -> list[Any]:
    """Write managers who are gone back in, as a row of a file still says them."""
    found: list[Any] = []
    for day, job in enumerate(jobs):
        before = found[-1] if found else None
        if job is not None and before is not None and job[1] is None and before[1] is not None:
            run = takewhile(lambda one: jobs[one] is not None and jobs[one][1] is None, range(day, COUNT))
            if not any(model.people[before[1]].is_here(one) for one in run):
                job = (job[0], before[1], job[2])
        found.append(job)
    return found


def held_by_day(model: Model, person: str) -> list[set[str]]:
    return [
        {
            role
            for (holder, role, start), (_unit, over) in model.roles.items()
            if holder == person and start <= day < (COUNT if over is None else over)
        }
        for day in range(COUNT)
    ]
