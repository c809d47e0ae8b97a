"""The walk through the organisation: how a step is judged, and the steps of seats and lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from roles.choices import Thing
from roles.models import OrgRevision
from roles.models.dated import as_known
from roles.services.ending import end, remove
from roles.services.moving import move
from roles.services.sync import LineInput, SeatInput, SyncResult, upsert_lines, upsert_seats
from roles.services.written import Written
from tests.roles.org_expected import expect_line
from tests.roles.org_model import COUNT, DAYS, Model, Person
from tests.roles.world import known_then, stored

UNIT_IDS = ["G", "T", "A", "B", "C", "D"]
PEOPLE_IDS = ["P1", "P2", "P3", "P4", "P5"]
SEAT_IDS = ["S1", "S2", "S3"]
LINE_IDS = ["L1", "L2"]
ROLES = ["user-ops", "digital-guide"]
unit_ids, people_ids = st.sampled_from(UNIT_IDS), st.sampled_from(PEOPLE_IDS)
days = st.integers(1, COUNT - 1)


def at_work(model: Model) -> list[tuple[str, Person]]:
    """Return who works anywhere at all: of the others nothing is on two clocks."""
    return [(key, one) for key, one in model.people.items() if any(one.jobs)]


class Walk(RuleBasedStateMachine):
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
                people = at_work(model)
                jobs, sitting = {key: one.jobs for key, one in people}, {key: one.seats for key, one in people}
                with as_known(moment):
                    assert known_then() == (model.units, jobs, model.roles, model.seats, sitting, model.lines)
        finally:
            transaction.savepoint_rollback(self.savepoint)

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


class Places(Walk):
    """Seats, who sits in them, and secondary lines."""

    @rule(seat=st.sampled_from(SEAT_IDS), on=days, data=st.data())
    def seat(self, seat: str, on: int, data: st.DataObject) -> None:
        unit = self.unit(data)
        expected, refused = self.model.copy(), unit not in self.model.units
        if not refused:
            expected.place_seat(seat, unit, on)
        row = SeatInput(seat, unit, "a place")
        call = lambda: upsert_seats([row], effective_on=DAYS[on], actor_id=None)  # noqa: E731
        if self.judge(call, expected, refused=refused):
            self.last = call

    @precondition(lambda self: self.model.seats)
    @rule(on=days, data=st.data())
    def move_seat(self, on: int, data: st.DataObject) -> None:
        seat, to = data.draw(st.sampled_from(sorted(self.model.seats))), self.unit(data)
        expected = self.model.copy()
        refused = to not in expected.units or expected.seats[seat][on] is None
        if not refused:
            expected.place_seat(seat, to, on)
        call = lambda: move(Thing.SEATS, seat, to=to, on=DAYS[on], actor_id=None, roles=False)  # noqa: E731
        self.judge(call, expected, refused=refused)

    @precondition(lambda self: self.model.seats)
    @rule(on=days, data=st.data())
    def end_seat(self, on: int, data: st.DataObject) -> None:
        seat = data.draw(st.sampled_from(sorted(self.model.seats)))
        expected = self.model.copy()
        line = expected.seats[seat]
        first = next(day for day in range(COUNT) if line[day] is not None)
        expected.seats[seat] = [unit if day < on else None for day, unit in enumerate(line)]
        call = lambda: end(Thing.SEATS, seat, on=DAYS[on], actor_id=None)  # noqa: E731
        self.judge(call, expected, refused=on <= first)

    @precondition(lambda self: self.model.seats)
    @rule(data=st.data())
    def take_back_seat(self, data: st.DataObject) -> None:
        seat = data.draw(st.sampled_from(sorted(self.model.seats)))
        expected = self.model.copy()
        del expected.seats[seat]
        used = any(seat in person.seats for person in expected.people.values())
        self.judge(lambda: remove(Thing.SEATS, [seat], actor_id=None), expected, refused=used)

    @rule(
        key=st.sampled_from(LINE_IDS),
        between=st.sampled_from(["units", "people"]),
        start=days,
        ends=st.one_of(st.none(), days),
        data=st.data(),
    )
    def line(self, key: str, between: str, start: int, ends: int | None, data: st.DataObject) -> None:
        draw = self.unit if between == "units" else self.person
        one, two = draw(data), draw(data)
        expected, refused = expect_line(self.model, key, (between, one, two), start, ends)
        row = LineInput(key, between, "functional", one, two, DAYS[start], None if ends is None else DAYS[ends])
        call = lambda: upsert_lines([row], actor_id=None)  # noqa: E731
        if self.judge(call, expected, refused=refused):
            self.last = call

    @precondition(lambda self: self.model.lines)
    @rule(on=days, data=st.data())
    def end_line(self, on: int, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.model.lines)))
        expected = self.model.copy()
        between, one, two, start, over = expected.lines[key]
        expected.lines[key] = (between, one, two, start, on if over is None else min(on, over))
        call = lambda: end(Thing.LINES, key, on=DAYS[on], actor_id=None)  # noqa: E731
        self.judge(call, expected, refused=on <= start)
