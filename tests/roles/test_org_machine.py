"""A random walk through everything that writes the organisation, against a plain model and on real PostgreSQL.

After each step the database says what the model says, on every day; nothing loops, hangs in the air or overlaps; what
is refused changes nothing; sent again nothing changes; and what was known at earlier moments still reads the same.
`ORG_RUNS=2000` walks the long way.
"""

from __future__ import annotations

import os
from datetime import date
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from omnichannel.workspaces.models import Workspace
from roles.choices import Thing
from roles.models import OrgRevision
from roles.services.ending import end, remove
from roles.services.moving import KEEP, merge_units, move
from roles.services.sync import (
    AssignmentInput,
    PersonInput,
    UnitInput,
    upsert_assignments,
    upsert_people,
    upsert_units,
)
from roles.services.sync.rows import NO_END
from roles.services.undoing import undo
from tests.roles.org_expected import NO_END as KEEPS_ON
from tests.roles.org_expected import expect_people, expect_units, fit, held_by_day, open_end, team
from tests.roles.org_model import COUNT, DAYS, Model, Person
from tests.roles.org_walk import ROLES, SEAT_IDS, Places, days, people_ids, unit_ids
from tests.roles.world import stored

RUNS = int(os.environ.get("ORG_RUNS", "15"))
STEPS = int(os.environ.get("ORG_STEPS", "50" if RUNS > 15 else "30"))
LEVELS = {"G": "group", "T": "project_team"}
ends_on = st.one_of(*[st.none()] * 6, st.just(KEEPS_ON), days)
left_on = st.one_of(*[st.none()] * 4, days)


def day_of(ends: int | None) -> date | None:
    """Return the first day without a unit as inputs write it."""
    return None if ends is None else NO_END if ends == KEEPS_ON else DAYS[ends]


class Organisation(Places):
    """Units, people and roles: the tree, and who stands in it."""

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

    @rule(ends=st.lists(ends_on, min_size=1, max_size=4), on=days, data=st.data())
    def units(self, ends: list[int | None], on: int, data: st.DataObject) -> None:
        rows: dict[str, Any] = {data.draw(unit_ids): {"parent": self.parent(data), "ends": one} for one in ends}
        order = data.draw(st.permutations(sorted(rows)))
        batch = [
            UnitInput(
                key, key, LEVELS.get(key, "department"), rows[key]["parent"],
                ends_on=day_of(rows[key]["ends"]),
            )
            for key in order
        ]  # fmt: skip
        expected, refused = expect_units(self.model, rows, on)
        call = lambda: upsert_units(batch, effective_on=DAYS[on], actor_id=None)  # noqa: E731
        if self.judge(call, expected, refused=refused):
            self.last = lambda: upsert_units(batch[::-1], effective_on=DAYS[on], actor_id=None)

    def parent(self, data: st.DataObject) -> str | None:
        return None if data.draw(st.integers(0, 7)) == 0 else self.unit(data)

    @rule(left=st.lists(left_on, min_size=1, max_size=4), on=days, data=st.data())
    def people(self, left: list[int | None], on: int, data: st.DataObject) -> None:
        drawn = {data.draw(people_ids): (one, self.unit(data), self.manager(data)) for one in left}
        rows: dict[str, Any] = {
            key: {
                "unit": unit,
                "manager": manager,
                "seat": data.draw(st.sampled_from([None, None, "", *SEAT_IDS])),
                "hired": data.draw(st.integers(0, 3)),
                "left": one,
            }
            for key, (one, unit, manager) in drawn.items()
        }
        rows = {key: fitted for key, row in rows.items() if (fitted := fit(self.model, key, row, on)) is not None}
        order = data.draw(st.permutations(sorted(rows)))
        batch = [
            PersonInput(
                key, rows[key]["unit"], DAYS[rows[key]["hired"]], "", rows[key]["manager"],
                left_on=None if rows[key]["left"] is None else DAYS[rows[key]["left"]],
                seat_external_id=rows[key]["seat"],
            )
            for key in order
        ]  # fmt: skip
        expected, refused = expect_people(self.model, rows, on)
        call = lambda: upsert_people(batch, effective_on=DAYS[on], actor_id=None)  # noqa: E731
        if self.judge(call, expected, refused=refused):
            self.last = lambda: upsert_people(batch[::-1], effective_on=DAYS[on], actor_id=None)

    def manager(self, data: st.DataObject) -> str | None:
        return None if data.draw(st.integers(0, 2)) == 0 else self.person(data)

    @rule(role=st.sampled_from(ROLES), start=days, ends=st.one_of(st.none(), days), data=st.data())
    def role(self, role: str, start: int, ends: int | None, data: st.DataObject) -> None:
        person, unit = self.person(data), self.unit(data)
        row = AssignmentInput(person, role, unit, DAYS[start], end_on=None if ends is None else DAYS[ends])
        expected = self.model.copy()
        refused = person not in expected.people or unit not in expected.units or (ends is not None and ends <= start)
        if not refused:
            expected.roles[person, role, start] = (unit, ends)
            if ends is None:
                expected.roles[person, role, start] = (unit, open_end(self.model, person, unit, start))
        call = lambda: upsert_assignments([row], actor_id=None)  # noqa: E731
        if self.judge(call, expected, refused=refused):
            self.last = call

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
                    stays = next((d for d in range(on, COUNT) if self.model.units[unit][d] != old), COUNT)
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
            for one in team(self.model, person, on, unit=job[0] if whole else None):
                if whole:
                    expected.carry_job(one, on, unit=to)
                elif job[0] != to:
                    expected.carry_job(one, on, manager=job[1])
            if job[0] != to:
                expected.carry_job(person, on, unit=to)
            if manager not in ("", job[1]):
                expected.carry_job(person, on, manager=manager)
            expected.settle()
        self.judge(
            lambda: move(
                Thing.PEOPLE,
                person,
                to=to,
                on=DAYS[on],
                actor_id=None,
                whole_branch=whole,
                roles=False,
                manager=manager or KEEP,
            ),
            expected,
            refused=refused,
        )

    @rule(on=days, data=st.data())
    def move_person_with_roles(self, on: int, data: st.DataObject) -> None:
        person, to = self.person(data), self.unit(data)
        before = self.model
        if self.write(lambda: move(Thing.PEOPLE, person, to=to, on=DAYS[on], actor_id=None)):
            assert held_by_day(self.model, person) == held_by_day(before, person)
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
                assert self.model.people[key].seats == person.seats
                assert held_by_day(self.model, key) == held_by_day(before, key)
            assert self.model.seats == {
                key: [into if day >= on and place == unit else place for day, place in enumerate(line)]
                for key, line in before.seats.items()
            }

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
            known.seats = [seat if day < on else None for day, seat in enumerate(known.seats)]
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
        used = used or any(unit in line for line in expected.seats.values())
        used = used or any(unit in (one, two) for _between, one, two, _start, _over in expected.lines.values())
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
            first = self.last()
            now = stored()
            assert now.faults() == []
            self.model = now
            count = OrgRevision.objects.count()
            last = OrgRevision.objects.order_by("-number").first()
            if last is not None and (not self.kept or last.number > self.kept[-1][0]):
                self.kept.append((last.number, last.at, now.copy()))
            again = self.last()
            assert (again.is_ok, again.changed + again.created) == (first.is_ok, 0)
            assert OrgRevision.objects.count() == count
            assert stored() == now


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
