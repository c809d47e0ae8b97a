"""Two states of an organisation side by side: sums against a count by hand, and nothing where nothing differs."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from roles.catalogue import RoleKey, StageKey, SubtypeKey
from roles.comparing import Difference
from roles.coverage import CoverState
from roles.queries.move_figures import Snapshot
from roles.queries.org_prices import org_price, unit_sides
from roles.queries.staffing import HeldRole, PlannedSeat, Staffing, Worker
from roles.queries.stages import Adopted


@st.composite
def organisations(draw: st.DrawFn) -> Snapshot:
    """Draw a tree of up to eight units with people, seats, roles and stages in it."""
    count = draw(st.integers(1, 8))
    units = [f"U{number}" for number in range(count)]
    parents: dict[str, str | None] = {
        unit: None if number == 0 else units[draw(st.integers(0, number - 1))] for number, unit in enumerate(units)
    }
    place = st.sampled_from(units)
    seats = {
        f"S{number}": PlannedSeat(
            f"S{number}",
            draw(place),
            "席",
            "",
            Decimal(1),
            draw(st.none() | st.integers(0, 9).map(Decimal)),
            draw(st.booleans()),
        )
        for number in range(draw(st.integers(0, 4)))
    }
    workers = {
        f"E{number}": Worker(
            f"E{number}",
            draw(place),
            f"E{draw(st.integers(0, number - 1))}" if number else None,
            Decimal(draw(st.sampled_from(["0.5", "1"]))),
            draw(st.none() | st.sampled_from(sorted(seats))) if seats else None,
            draw(st.none() | st.integers(0, 9000).map(Decimal)),
        )
        for number in range(draw(st.integers(0, 8)))
    }
    held = tuple(
        HeldRole(person, draw(st.sampled_from(list(RoleKey))), worker.unit, Decimal("0.9"))
        for person, worker in workers.items()
    )
    own = {
        unit: Adopted(StageKey.STRONG_DEPARTMENT, SubtypeKey.SALES_LED, unit) for unit in units if draw(st.booleans())
    }
    staffing = Staffing(
        workers=workers,
        held=held,
        seats={key: seat.unit for key, seat in seats.items()},
        heads={key: seat.unit for key, seat in seats.items() if seat.is_head},
        planned=seats,
    )
    return Snapshot(parents, staffing, decided=own, names={unit: f"单位{unit}" for unit in units})


@given(organisations())
@settings(max_examples=60, deadline=None)
def test_a_unit_sums_what_is_below_it_and_nothing_differs_from_itself(side: Snapshot) -> None:
    def below(unit: str) -> set[str]:
        return {each for each in side.parents if unit in side.above(each)}

    for unit, found in unit_sides(side).items():
        inside = below(unit)
        people = [worker for worker in side.staffing.workers.values() if worker.unit in inside]
        assert found.figures.people == len(people)
        assert found.money.cost == sum((worker.cost or Decimal(0) for worker in people), Decimal(0))
        assert found.money.unpriced == sum(worker.cost is None for worker in people)
        planned = [seat for seat in side.staffing.planned.values() if seat.unit in inside]
        taken = {worker.seat for worker in side.staffing.workers.values()}
        assert found.vacant == sum(seat.seat not in taken for seat in planned)
        assert found.money.budget == sum((seat.budget or Decimal(0) for seat in planned), Decimal(0))
        if found.covers is not None:
            held = {one.role for one in side.staffing.held if one.unit in inside}
            assert {line.role for line in found.covers if line.state is CoverState.MISSING}.isdisjoint(held)
            assert {line.role for line in found.covers if line.cover.people} == held
    same = org_price(side, replace(side))
    assert (same.units, same.covers, same.opened, same.closed) == ((), (), (), ())
    assert same.before == same.after


@given(organisations(), st.data())
@settings(max_examples=60, deadline=None)
def test_who_leaves_is_missing_in_exactly_the_units_above(side: Snapshot, data: st.DataObject) -> None:
    if not side.staffing.workers:
        return
    gone = data.draw(st.sampled_from(sorted(side.staffing.workers)))
    worker = side.staffing.workers[gone]
    left = replace(
        side.staffing,
        workers={key: one for key, one in side.staffing.workers.items() if key != gone},
        held=tuple(one for one in side.staffing.held if one.person != gone),
    )
    after = replace(side, staffing=left)
    found = org_price(side, after)
    above = set(side.above(worker.unit))
    fewer = {
        unit.unit for unit in found.units if unit.before and unit.after
        and unit.before.figures.people - unit.after.figures.people == 1
    }  # fmt: skip
    assert fewer == above
    assert found.before.people - found.after.people == 1
    assert found.before.money.cost - found.after.money.cost == (worker.cost or 0)
    assert all(unit.kind is Difference.EDITED for unit in found.units)
    alone = worker.seat is not None and [one.seat for one in side.staffing.workers.values()].count(worker.seat) == 1
    assert [seat.seat for seat in found.opened] == ([worker.seat] if alone else [])


@given(organisations())
@settings(max_examples=60, deadline=None)
def test_units_that_only_take_over_another_sub_type_say_so(side: Snapshot) -> None:
    root = next(unit for unit, parent in side.parents.items() if parent is None)
    adopted = Adopted(StageKey.PROJECT, SubtypeKey.PROJECT_TEAM, root)
    found = org_price(side, replace(side, decided={**side.decided, root: adopted}))
    following = {unit.unit for unit in found.units if unit.only_follows}
    assert following == {unit for unit in side.parents if unit != root and not _own(side, unit)}


@given(organisations(), st.data())
@settings(max_examples=60, deadline=None)
def test_units_that_move_with_their_people_differ_as_if_all_were_read_again(
    side: Snapshot, data: st.DataObject
) -> None:
    unit = data.draw(st.sampled_from(sorted(side.parents)))
    to = data.draw(st.sampled_from(sorted(side.parents.keys() - side.branch(unit)) or [None]))
    adopted = Adopted(StageKey.PROJECT, SubtypeKey.PROJECT_TEAM, unit)
    decided = {**side.decided, unit: adopted} if data.draw(st.booleans()) else side.decided
    after = replace(side, parents={**side.parents, unit: to}, decided=decided)
    assert org_price(side, after) == org_price(side, replace(after, staffing=replace(side.staffing)))


def _own(side: Snapshot, unit: str) -> bool:
    """Tell whether the unit or one above it, but for the root, has decided by itself."""
    return any(each in side.decided for each in side.above(unit) if side.parents[each] is not None)
