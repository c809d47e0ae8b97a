"""A random walk through everything that writes the organisation, against a plain model and on real PostgreSQL.

After each step the database says what the model says, on every day; nothing loops, hangs in the air or overlaps; what
is refused changes nothing; sent again nothing changes; and what was known at earlier moments still reads the same.
`ORG_RUNS=2000` walks the long way.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from omnichannel.workspaces.models import Workspace
from roles.choices import Thing
from roles.models import OrgRevision
from roles.models.dated import as_known
from roles.services.ending import end, remove
from roles.services.moving import merge_units, move
from roles.services.sync import (
    AssignmentInput,
    PersonInput,
    SyncResult,
    UnitInput,
    upsert_assignments,
    upsert_people,
    upsert_units,
)
from roles.services.sync.rows import NO_END
from roles.services.undoing import undo
from roles.services.written import Written
from tests.roles.org_model import COUNT, DAYS, Model, Person
from tests.roles.world import known_then, stored

RUNS = int(os.environ.get("ORG_RUNS", "15"))
STEPS = int(os.environ.get("ORG_STEPS", "50" if RUNS > 15 else "30"))
TOLD: Counter = Counter()
LEVELS = {"G": "group", "T": "project_team"}
UNIT_IDS = ["G", "T", "A", "B", "C", "D"]
PEOPLE_IDS = ["P1", "P2", "P3", "P4", "P5"]
ROLES = ["user-ops", "digital-guide"]
unit_ids, people_ids = st.sampled_from(UNIT_IDS), st.sampled_from(PEOPLE_IDS)
days = st.integers(1, COUNT - 1)
ends_on = st.one_of(*[st.none()] * 6, st.just(99), days)
left_on = st.one_of(*[st.none()] * 4, days)


def at_work(model: Model) -> list[tuple[str, Person]]:
    """Return who works anywhere at all: of the others nothing is on two clocks."""
    return [(key, one) for key, one in model.people.items() if any(one.jobs)]


class Organisation(RuleBasedStateMachine):
    """One walk, in a savepoint of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.savepoint()
        self.model = Model()
        self.kept: list[tuple[int, Any, Model]] = []
        self.last: Callable[[], SyncResult] | None = None

    def teardown(self) -> None:
        try:
            for _number, moment, model in self.kept[:: max(1, len(self.kept) // 3)]:
                with as_known(moment):
                    assert known_then() == (model.units, {key: one.jobs for key, one in at_work(model)}, model.roles)
        finally:
            transaction.savepoint_rollback(self.savepoint)

    @initialize()
    def begin(self) -> None:
        units = [("G", None), ("A", "G"), ("B", "G"), ("C", "A")]
        rows = [UnitInput(key, key, LEVELS.get(key, "department"), parent) for key, parent in units]
        expected = Model({key: [parent or ""] * COUNT for key, parent in units})
        self.judge(lambda: upsert_units(rows, effective_on=DAYS[1], actor_id=None), expected)
        places = [("P1", "G", None), ("P2", "A", "P1"), ("P3", "A", "P2"), ("P4", "C", "P2")]
        people = [PersonInput(key, unit, DAYS[0], "", manager) for key, unit, manager in places]
        expected = self.model.copy()
        expected.people = {key: Person(0, None, [(unit, manager)] * COUNT) for key, unit, manager in places}
        self.judge(lambda: upsert_people(people, effective_on=DAYS[1], actor_id=None), expected)

    def unit(self, data: st.DataObject) -> str:
        """Draw a unit, mostly one that is there."""
        return data.draw(st.sampled_from([*sorted(self.model.units) * 4, *UNIT_IDS]))

    def person(self, data: st.DataObject) -> str:
        """Draw somebody, mostly one who is there."""
        return data.draw(st.sampled_from([*sorted(self.model.people) * 4, *PEOPLE_IDS]))

    def write(self, call: Callable[[], Written | SyncResult], expected: Model | None = None) -> bool:
        """Write, and look whether the database says what is expected; None: whatever it says, if it holds together."""
        before = OrgRevision.objects.count()
        result = call()
        now = stored()
        if not result.issues and expected is None:
            expected = now
        assert now.faults() == []
        if expected is not None and result.is_ok:
            assert now == expected
        else:
            assert result.issues, "it should have been refused"
            assert now == self.model, "what is refused has left a trace"
        is_same = now == self.model
        TOLD[
            sys._getframe(2).f_code.co_name
            if sys._getframe(1).f_code.co_name == "judge"
            else sys._getframe(1).f_code.co_name,
            "same" if is_same else "done",
            not result.issues,
        ] += 1
        self.model = now
        last = OrgRevision.objects.order_by("-number").first()
        assert OrgRevision.objects.count() == (last.number if last else 0), "a number is missing"
        if last is not None and last.number > before:
            self.kept.append((last.number, last.at, now.copy()))
        else:
            assert is_same
        return not result.issues

    def judge(self, call: Callable[[], Written | SyncResult], expected: Model, *, refused: bool = False) -> bool:
        """Write what must come to the expected model, or be refused where that would not hold together."""
        is_bad = refused or bool(expected.faults())
        done = self.write(call, None if is_bad else expected)
        assert done is not is_bad, (expected.faults(), refused)
        return done

    @rule(ends=st.lists(ends_on, min_size=1, max_size=4), on=days, data=st.data())
    def units(self, ends: list[int | None], on: int, data: st.DataObject) -> None:
        rows = {data.draw(unit_ids): {"parent": self.parent(data), "ends": one} for one in ends}
        order = data.draw(st.permutations(sorted(rows)))
        batch = [
            UnitInput(
                key, key, LEVELS.get(key, "department"), rows[key]["parent"],
                ends_on=NO_END if rows[key]["ends"] == 99 else rows[key]["ends"] and DAYS[rows[key]["ends"]],
            )
            for key in order
        ]  # fmt: skip
        expected, refused = self.expect_units(rows, on)
        call = lambda: upsert_units(batch, effective_on=DAYS[on], actor_id=None)  # noqa: E731
        if self.judge(call, expected, refused=refused):
            self.last = lambda: upsert_units(batch[::-1], effective_on=DAYS[on], actor_id=None)

    def parent(self, data: st.DataObject) -> str | None:
        return None if data.draw(st.integers(0, 7)) == 0 else self.unit(data)

    def expect_units(self, rows: dict[str, Any], on: int) -> tuple[Model, bool]:
        expected = self.model.copy()
        known = {*expected.units, *rows}
        if any(row["parent"] == key or (row["parent"] and row["parent"] not in known) for key, row in rows.items()):
            return expected, True
        new = [key for key in rows if key not in self.model.units]
        begins: dict[str, int] = {}
        for key in new:
            begins[key] = self.begin_of(key, rows, on, seen=())
        for key, row in rows.items():
            parent, ends = row["parent"] or "", row["ends"]
            if key in new:
                over = COUNT if ends in (None, 99) else ends
                if over <= (on if not row["parent"] and key not in LEVELS and self.model.units else 0):
                    return expected, True
                start = begins[key] if begins[key] < over else 0
                expected.units[key] = [parent if start <= day < over else None for day in range(COUNT)]
            elif not self.change_unit(expected, key, parent, ends, on):
                return expected, True
        for key in rows:
            expected.trim_unit(key)
        return expected, expected.second_roots(self.model, rows)

    def begin_of(self, key: str, rows: dict[str, Any], on: int, *, seen: Sequence[str]) -> int:
        parent = rows[key]["parent"]
        if parent is None:
            return on if self.model.units and key not in LEVELS else 0
        if parent in self.model.units:
            return self.model.first(parent)
        return 0 if parent in seen else self.begin_of(parent, rows, on, seen=[*seen, key])

    @staticmethod
    def change_unit(expected: Model, key: str, parent: str, ends: int | None, on: int) -> bool:
        line = expected.units[key]
        there = [day for day in range(COUNT) if line[day] is not None]
        if ends is not None:
            if ends != 99 and ends <= there[0]:
                return there[0] == 0 and False
            over = COUNT if ends == 99 else ends
            inside = [day for day in there if day < over]
            for day in range(COUNT):
                if day >= over:
                    line[day] = None
                elif day > inside[-1]:
                    line[day] = line[inside[-1]]
            if ends != 99 and on >= ends:
                return True
        if line[on] is None:
            for day in range(on, COUNT):
                if line[day] is not None:
                    break
                line[day] = parent
        elif line[on] != parent:
            expected.carry_parent(key, parent, on)
        return True

    @rule(left=st.lists(left_on, min_size=1, max_size=4), on=days, data=st.data())
    def people(self, left: list[int | None], on: int, data: st.DataObject) -> None:
        drawn = {data.draw(people_ids): (one, self.unit(data), self.manager(data)) for one in left}
        rows = {
            key: {"unit": unit, "manager": manager, "hired": data.draw(st.integers(0, 3)), "left": one}
            for key, (one, unit, manager) in drawn.items()
        }
        rows = {key: fitted for key, row in rows.items() if (fitted := self.fit(key, row, on)) is not None}
        order = data.draw(st.permutations(sorted(rows)))
        batch = [
            PersonInput(
                key, rows[key]["unit"], DAYS[rows[key]["hired"]], "", rows[key]["manager"],
                left_on=None if rows[key]["left"] is None else DAYS[rows[key]["left"]],
            )
            for key in order
        ]  # fmt: skip
        expected, refused = self.expect_people(rows, on)
        call = lambda: upsert_people(batch, effective_on=DAYS[on], actor_id=None)  # noqa: E731
        if self.judge(call, expected, refused=refused):
            self.last = lambda: upsert_people(batch[::-1], effective_on=DAYS[on], actor_id=None)

    def manager(self, data: st.DataObject) -> str | None:
        return None if data.draw(st.integers(0, 2)) == 0 else self.person(data)

    def fit(self, key: str, row: dict[str, Any], on: int) -> dict[str, Any] | None:
        """Keep to what the model can tell by days: known people keep their hiring day, managers do not come back."""
        known = self.model.people.get(key)
        if known is None:
            return row if row["left"] is None or row["left"] > row["hired"] else {**row, "left": None}
        leads = any(job and job[1] == key for person in self.model.people.values() for job in person.jobs)
        left = row["left"]
        if left is not None and (left <= known.hired or left <= on):
            left = known.left if known.left is not None and known.left > on else None
        if leads and known.left is not None and (left is None or left > known.left):
            left = known.left
        if left is not None and left <= on:
            return None
        return {**row, "hired": known.hired, "left": left}

    def expect_people(self, rows: dict[str, Any], on: int) -> tuple[Model, bool]:
        expected = self.model.copy()
        for key, row in rows.items():
            if row["unit"] not in expected.units or row["manager"] == key:
                return expected, True
            if row["manager"] is not None and row["manager"] not in {*expected.people, *rows}:
                return expected, True
        for key, row in rows.items():
            self.expect_person(expected, key, row, on)
        expected.settle()
        for key in rows:
            expected.trim_person(key)
        return expected, False

    def expect_person(self, expected: Model, key: str, row: dict[str, Any], on: int) -> None:
        hired, left = row["hired"], COUNT if row["left"] is None else row["left"]
        job = (row["unit"], row["manager"])
        known = expected.people.get(key)
        if known is None:
            jobs = [job if hired <= day < left else None for day in range(COUNT)]
            expected.people[key] = Person(hired, row["left"], place(self.model, jobs, hired, left))
            return
        jobs = with_managers(self.model, known.jobs)
        there = [day for day in range(hired, COUNT) if jobs[day] is not None and day < left]
        if not there:
            jobs = [*jobs[:hired], *(job if day < left else None for day in range(hired, COUNT))]
            expected.people[key] = Person(hired, row["left"], place(self.model, jobs, hired, left))
            return
        for day in range(hired, COUNT):
            near = there[0] if day < there[0] else there[-1] if day > there[-1] else day
            jobs[day] = jobs[near] if day < left else None
        expected.people[key] = Person(hired, row["left"], jobs)
        first = max(on, hired)
        holding = jobs[first]
        assert holding is not None
        if holding[0] != job[0]:
            expected.carry_job(key, first, unit=job[0])
        if holding[1] != job[1]:
            expected.carry_job(key, first, manager=job[1])
        expected.people[key].jobs = place(self.model, expected.people[key].jobs, hired, left)

    @rule(role=st.sampled_from(ROLES), start=days, ends=st.one_of(st.none(), days), data=st.data())
    def role(self, role: str, start: int, ends: int | None, data: st.DataObject) -> None:
        person, unit = self.person(data), self.unit(data)
        row = AssignmentInput(person, role, unit, DAYS[start], end_on=None if ends is None else DAYS[ends])
        expected = self.model.copy()
        refused = person not in expected.people or unit not in expected.units or (ends is not None and ends <= start)
        if not refused:
            expected.roles[person, role, start] = (unit, ends)
            if ends is None:
                expected.roles[person, role, start] = (unit, self.open_end(person, unit, start))
        call = lambda: upsert_assignments([row], actor_id=None)  # noqa: E731
        if self.judge(call, expected, refused=refused):
            self.last = call

    def open_end(self, person: str, unit: str, start: int) -> int | None:
        both = (self.model.people[person].is_here, lambda day: self.model.is_unit(unit, day))
        ends = [next((day for day in range(start, COUNT) if not there(day)), COUNT) for there in both if there(start)]
        over = min(ends, default=COUNT)
        return None if over == COUNT else over

    @rule(on=days, whole=st.booleans(), data=st.data())
    def move_unit(self, on: int, whole: bool, data: st.DataObject) -> None:
        unit, to = self.unit(data), self.parent(data)
        expected = self.model.copy()
        refused = not expected.is_unit(unit, on) or unit == to or (to is not None and to not in expected.units)
        touched = [unit]
        if not refused:
            old = expected.units[unit][on]
            if old != (to or ""):
                expected.carry_parent(unit, to or "", on)
                if not whole:
                    stays = next((d for d in range(on, COUNT) if expected.units[unit][d] != (to or "")), COUNT)
                    for child, line in expected.units.items():
                        below = [day for day in range(on, stays) if line[day] == unit]
                        touched += [child] if below else []
                        for day in below:
                            line[day] = old
            refused = expected.second_roots(self.model, touched)
        self.judge(
            lambda: move(Thing.UNITS, unit, to=to, on=DAYS[on], actor_id=None, whole_branch=whole),
            expected,
            refused=refused,
        )

    @rule(on=days, whole=st.booleans(), is_led=st.booleans(), data=st.data())
    def move_person(self, on: int, whole: bool, is_led: bool, data: st.DataObject) -> None:
        person, to, manager = self.person(data), self.unit(data), self.person(data) if is_led else ""
        expected = self.model.copy()
        known = expected.people.get(person)
        job = known.jobs[on] if known is not None else None
        refused = job is None or to not in expected.units or (manager != "" and manager not in expected.people)
        refused = refused or manager == person
        if job is not None and not refused:
            team = self.team(person, on, unit=job[0] if whole else None)
            for one in team:
                if whole:
                    expected.carry_job(one, on, unit=to)
                elif job[0] != to:
                    expected.carry_job(one, on, manager=job[1])
            if job[0] != to:
                expected.carry_job(person, on, unit=to)
            if manager not in ("", job[1]):
                expected.carry_job(person, on, manager=manager)
            expected.settle()
        extra = {} if manager == "" else {"manager": manager}
        self.judge(
            lambda: move(
                Thing.PEOPLE, person, to=to, on=DAYS[on], actor_id=None, whole_branch=whole, roles=False, **extra
            ),
            expected,
            refused=refused,
        )

    def team(self, person: str, on: int, *, unit: str | None) -> list[str]:
        """Return the reports of the day; those in the unit at any depth, or without one the direct ones."""
        jobs = {key: job for key, one in self.model.people.items() if (job := one.jobs[on]) is not None}
        if unit is None:
            return [key for key, job in jobs.items() if job[1] == person]
        found, waiting = [], [person]
        while waiting:
            leader = waiting.pop()
            below = [key for key, job in jobs.items() if job[1] == leader and job[0] == unit and key not in found]
            found += below
            waiting += below
        return found

    @rule(on=days, data=st.data())
    def move_person_with_roles(self, on: int, data: st.DataObject) -> None:
        person, to = self.person(data), self.unit(data)
        before = self.model
        if self.write(lambda: move(Thing.PEOPLE, person, to=to, on=DAYS[on], actor_id=None)):
            now, was = (held_by_day(model, person) for model in (self.model, before))
            assert all(now[day] == was[day] for day in range(COUNT))
            old = before.people[person].jobs[on]
            assert old is not None
            if old[0] != to:
                left = [key for key, held in self.model.roles.items() if key[0] == person and held[0] == old[0]]
                assert all((self.model.roles[key][1] or COUNT) <= on for key in left if key[2] < on)

    @rule(on=days, data=st.data())
    def merge(self, on: int, data: st.DataObject) -> None:
        unit, into = self.unit(data), self.unit(data)
        before = self.model
        if self.write(lambda: merge_units(unit, into=into, on=DAYS[on], actor_id=None)):
            assert all(self.model.units[unit][day] is None for day in range(on, COUNT))
            for key, line in before.units.items():
                if key not in (unit, into):
                    assert self.model.units[key] == [
                        into if day >= on and parent == unit else parent for day, parent in enumerate(line)
                    ]
            for key, person in before.people.items():
                assert self.model.people[key].jobs == [
                    (into, job[1]) if job and day >= on and job[0] == unit else job
                    for day, job in enumerate(person.jobs)
                ]

    @rule(on=days, data=st.data())
    def close_unit(self, on: int, data: st.DataObject) -> None:
        unit = self.unit(data)
        expected = self.model.copy()
        refused = unit not in expected.units or expected.first(unit) >= on
        if not refused:
            expected.units[unit] = [parent if day < on else None for day, parent in enumerate(expected.units[unit])]
            expected.trim_unit(unit)
        self.judge(lambda: end(Thing.UNITS, unit, on=DAYS[on], actor_id=None), expected, refused=refused)

    @rule(on=days, hand_over=st.booleans(), data=st.data())
    def leave(self, on: int, hand_over: bool, data: st.DataObject) -> None:
        person = self.person(data)
        expected = self.model.copy()
        known = expected.people.get(person)
        refused = known is None or known.hired >= on
        if known is not None and not refused:
            known.left = on if known.left is None or known.left > on else known.left
            before = [job for job in known.jobs[:on] if job is not None]
            heir = before[-1][1] if before else None
            known.jobs = [job if day < on else None for day, job in enumerate(known.jobs)]
            for key, other in expected.people.items():
                for day, job in enumerate(other.jobs):
                    if job is not None and job[1] == person and day >= on:
                        refused = refused or not hand_over
                        is_here = heir is not None and heir != key and expected.people[heir].is_here(day)
                        other.jobs[day] = (job[0], heir if is_here else None)
            expected.trim_person(person)
        self.judge(
            lambda: end(Thing.PEOPLE, person, on=DAYS[on], actor_id=None, hand_over=hand_over),
            expected,
            refused=refused,
        )

    @precondition(lambda self: self.model.roles)
    @rule(data=st.data(), on=days)
    def end_role(self, data: st.DataObject, on: int) -> None:
        place = data.draw(st.sampled_from(sorted(self.model.roles)))
        expected = self.model.copy()
        unit, over = expected.roles[place]
        expected.roles[place] = (unit, on if over is None else min(on, over))
        key = f"{place[0]}/{place[1]}/{DAYS[place[2]]}"
        self.judge(lambda: end(Thing.ASSIGNMENTS, key, on=DAYS[on], actor_id=None), expected, refused=on <= place[2])

    @precondition(lambda self: len(self.kept) > 2)
    @rule(data=st.data())
    def undo_one(self, data: st.DataObject) -> None:
        """The newest revision is always undone to the model before it; an older one if nothing stands in its way."""
        place = -data.draw(st.integers(1, min(4, len(self.kept))))
        number = self.kept[place][0]
        if place == -1 and len(self.kept) > 1:
            assert self.write(lambda: undo(number, actor_id=None), self.kept[-2][2].copy())
            return
        self.write(lambda: undo(number, actor_id=None))

    @rule(data=st.data())
    def take_back_unit(self, data: st.DataObject) -> None:
        unit = self.unit(data)
        expected = self.model.copy()
        used = any(unit in line for key, line in expected.units.items() if key != unit)
        used = used or any(job and job[0] == unit for person in expected.people.values() for job in person.jobs)
        used = used or any(held[0] == unit for held in expected.roles.values())
        expected.units.pop(unit, None)
        self.judge(
            lambda: remove(Thing.UNITS, [unit], actor_id=None),
            expected,
            refused=used or unit not in self.model.units,
        )

    @precondition(lambda self: self.last is not None)
    @rule()
    def again(self) -> None:
        """What was sent last, in another order, changes nothing unless something else has happened since."""
        if self.last is not None:
            self.last()
            now = stored()
            assert now.faults() == []
            self.model = now
            count = OrgRevision.objects.count()
            last = OrgRevision.objects.order_by("-number").first()
            if last is not None and (not self.kept or last.number > self.kept[-1][0]):
                self.kept.append((last.number, last.at, now.copy()))
            again = self.last()
            assert again.is_ok is (again.changed + again.created == 0)
            assert OrgRevision.objects.count() == count
            assert stored() == now


def place(model: Model, jobs: list[Any], hired: int, left: int) -> list[Any]:
    """Let the first job begin no earlier than its unit, where that opens while the job lasts."""
    first = next((day for day in range(hired, left) if jobs[day] is not None), None)
    if first is None:
        return jobs
    unit = jobs[first][0]
    last = next((day for day in range(first, left) if jobs[day] is None or jobs[day] != jobs[first]), left)
    opened = model.first(unit)
    return [None if first <= day < opened < last else job for day, job in enumerate(jobs)]


def with_managers(model: Model, jobs: list[Any]) -> list[Any]:
    """Write managers who are gone back in, as a row of a file still says them."""
    found: list[Any] = []
    for day, job in enumerate(jobs):
        before = found[-1] if found else None
        if job is not None and before is not None and job[1] is None and before[1] is not None:
            run = takewhile(lambda one: jobs[one] is not None and jobs[one][1] is None, range(day, COUNT))
            if not any(model.people[before[1]].is_here(one) for one in run):
                job = (job[0], before[1])
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


def test_a_random_walk_ends_where_a_plain_model_does(in_workspace: Workspace) -> None:
    run_state_machine_as_test(
        Organisation,
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=RUNS <= 15,
            database=None,
            suppress_health_check=list(HealthCheck),
            print_blob=False,
            phases=[Phase.generate] if RUNS > 15 else list(Phase),
            report_multiple_bugs=False,
        ),
    )
    print(*sorted(TOLD.items()), sep="\n")
