"""What follows from a move before anybody makes it: what keeps it from being, who goes along, and the figures after.

At most nine queries, however large the branch; nothing is written or locked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from roles.catalogue import RoleKey
from roles.choices import KEEP, Thing
from roles.hanging import left_behind
from roles.issues import SyncIssue
from roles.models import Assignment, Employment, SeatVersion, UnitVersion
from roles.queries.move_figures import Snapshot
from roles.queries.move_plans import MovePlan, PlannedLater, StageShift, UnitEffect
from roles.queries.staffing import HeldRole, PlannedSeat, Staffing, Worker
from roles.queries.stages import Adopted, decided_stages
from roles.queries.stands import (
    Seating,
    Stand,
    Stands,
    absent,
    issue_of,
    read_jobs,
    read_seatings,
    read_stands,
    refused_leaders,
    refused_place,
    refused_tree,
)
from roles.queries.teams import led_on, team_of
from roles.timeline import Span, at, revise


def plan_move(
    thing: Thing,
    external_id: str,
    *,
    to: str | None,
    on: date,
    whole_branch: bool = True,
    manager: str | None = KEEP,
) -> MovePlan:
    """Return what `roles.services.moving.move` would do with the same arguments."""
    stands = read_stands()
    plan = MovePlan(thing, external_id, on, to=to)
    if thing is Thing.UNITS:
        return _plan_unit(plan, stands, whole_branch=whole_branch)
    is_person = thing is Thing.PEOPLE
    spans = read_jobs([external_id]).get(external_id, []) if is_person else read_seatings(external_id)
    holding = at(spans, on)
    if holding is None:
        return replace(plan, refused=(issue_of(external_id, "on", "not_there", absent(external_id, on)),))
    origin, leader = holding.value.unit, holding.value.manager
    plan = replace(plan, origin=origin)
    wanted = Seating(to or "", leader if manager == KEEP else manager)
    after = revise(spans, value=wanted, on=on) if to is not None else []
    refused = refused_place(external_id, to, at(after, on), stands=stands)
    if refused or holding.value == wanted:
        return replace(plan, refused=refused, is_same=not refused)
    goes_alone = is_person and not whole_branch and origin != to
    left = led_on(on).get(external_id, []) if goes_alone else []
    if wanted.manager != leader or left:
        asked = wanted.manager if wanted.manager != leader else None
        refused = _refused_leaders(external_id, asked, after, left=left, leader=leader, on=on)
        if refused:
            return replace(plan, refused=refused)
    later = _later([(span, span.value.unit) for span in after], on=on, to=to, stands=stands)
    return _plan_people(
        replace(plan, later=later), stands, left=left, manager=wanted.manager, whole_branch=whole_branch
    )


def _refused_leaders(
    key: str, manager: str | None, spans: list[Span[Seating]], *, left: Sequence[str], leader: str | None, on: date
) -> tuple[SyncIssue, ...]:
    before = read_jobs()
    after = {**before, key: spans}
    for one in left:
        holding = at(before[one], on)
        if holding is not None:
            after[one] = revise(before[one], value=replace(holding.value, manager=leader), on=on)
    return refused_leaders(key, manager, after, before=before)


def _plan_unit(plan: MovePlan, stands: Stands, *, whole_branch: bool) -> MovePlan:
    key, to, on = plan.external_id, plan.to, plan.on
    holding = at(stands.get(key, ()), on)
    if holding is None:
        return replace(plan, refused=(issue_of(key, "on", "not_there", absent(key, on)),))
    plan = replace(plan, origin=holding.value.parent)
    spans = revise(stands[key], value=replace(holding.value, parent=to), on=on)
    left = left_behind(stands, key, on=on) if not whole_branch and holding.value.parent != to else {}
    refused = refused_tree(key, to, {**stands, **left, key: spans}, before=stands, on=on)
    if refused or holding.value.parent == to:
        return replace(plan, refused=refused, is_same=not refused)
    before = _snapshot(stands, on)
    parents = {**before.parents, key: to}
    if not whole_branch:
        parents |= dict.fromkeys(before.children.get(key, ()), holding.value.parent)
    after = replace(before, parents=parents)
    moved = after.branch(key)
    inside = set(moved)
    plan = replace(
        plan,
        units=tuple(moved),
        people=tuple(one.person for one in before.staffing.workers.values() if one.unit in inside),
        seats=tuple(seat for seat, unit in before.staffing.seats.items() if unit in inside),
        later=_later([(span, span.value.parent) for span in spans], on=on, to=to, stands=stands),
    )
    return _compared(plan, before, after, stands=stands, start=[key, holding.value.parent, to])


def _plan_people(
    plan: MovePlan, stands: Stands, *, left: Sequence[str], manager: str | None, whole_branch: bool
) -> MovePlan:
    before = _snapshot(stands, plan.on)
    key, old, to = plan.external_id, plan.origin or "", plan.to or ""
    staffing = before.staffing
    workers, seats = dict(staffing.workers), dict(staffing.seats)
    led: list[str | None] = []
    if plan.thing is Thing.SEATS:
        moved = [one.person for one in workers.values() if one.seat == key]
        seats[key] = to
    else:
        here = {leader: [one for one in some if workers[one].unit == old] for leader, some in _led(staffing).items()}
        moved = [key, *(team_of(key, led=here) if whole_branch and old != to else ())]
        for one in left:
            workers[one] = replace(workers[one], manager=workers[key].manager)
        manager = manager if manager in workers else None
        if workers[key].manager != manager:
            led = [workers[one].unit for one in (workers[key].manager, manager) if one in workers]
            workers[key] = replace(workers[key], manager=manager)
    held = staffing.held
    if old != to:
        for one in moved:
            workers[one] = replace(workers[one], unit=to, seat=key if plan.thing is Thing.SEATS else None)
        leaving, held = _roles_along(staffing, set(moved), old=old, to=to)
        plan = replace(plan, roles=leaving)
    after = replace(before, staffing=replace(staffing, workers=workers, held=held, seats=seats))
    plan = replace(plan, people=tuple(moved), seats=(key,) if plan.thing is Thing.SEATS else ())
    return _compared(plan, before, after, stands=stands, start=[old, to], also=led)


def _roles_along(before: Staffing, going: set[str], *, old: str, to: str) -> tuple[int, tuple[HeldRole, ...]]:
    """Return how many held roles leave the old unit, and all roles held then: what is held in the new one is once.

    What begins elsewhere on the day takes the place of the old one on that day, as in `take_roles_along`.
    """
    there = {(one.person, one.role) for one in before.held if one.unit == to or (one.begins and one.unit != old)}
    leaving = [one for one in before.held if one.unit == old and one.person in going]
    goes_on = [replace(one, unit=to) for one in leaving if (one.person, one.role) not in there]
    return len(leaving), (*(one for one in before.held if one not in set(leaving)), *goes_on)


def _led(staffing: Staffing) -> dict[str, list[str]]:
    led: dict[str, list[str]] = {}
    for worker in staffing.workers.values():
        if worker.manager is not None:
            led.setdefault(worker.manager, []).append(worker.person)
    return led


def _compared(
    plan: MovePlan,
    before: Snapshot,
    after: Snapshot,
    *,
    stands: Stands,
    start: Iterable[str | None],
    also: Iterable[str | None] = (),
) -> MovePlan:
    """Compare the figures of the units where it starts, and of those `also` touched where they differ."""
    near = list(start)
    asked = dict.fromkeys(unit for one in (*near, *also) for side in (before, after) for unit in side.above(one))
    was, becomes = before.figures(asked), after.figures(asked)
    effects = tuple(
        UnitEffect(unit, _name(stands, unit, plan.on), was[unit], becomes[unit])
        for unit in asked
        if unit in near or was[unit] != becomes[unit]
    )
    return replace(plan, effects=effects, stages=_stages(plan, before, after))


def _stages(plan: MovePlan, before: Snapshot, after: Snapshot) -> tuple[StageShift, ...]:
    """Group the people who move by the stage they leave and the one they come under, where these differ."""
    found: dict[tuple[Adopted, Adopted], tuple[set[str], set[str]]] = {}
    if plan.thing is Thing.UNITS:
        moved = {unit: (before.stage(unit), after.stage(unit)) for unit in plan.units}
        for unit, pair in moved.items():
            _note(found, pair, unit, None)
        for worker in before.staffing.workers.values():
            if worker.unit in moved:
                _note(found, moved[worker.unit], worker.unit, worker.person)
    elif plan.origin is not None and plan.to is not None:
        for person in plan.people:
            _note(found, (before.stage(plan.origin), after.stage(plan.to)), plan.to, person)
    return tuple(
        StageShift(old, new, len(units), tuple(sorted(people))) for (old, new), (units, people) in found.items()
    )


def _note(
    found: dict[tuple[Adopted, Adopted], tuple[set[str], set[str]]],
    pair: tuple[Adopted, Adopted],
    unit: str,
    person: str | None,
) -> None:
    old, new = pair
    if (old.stage, old.subtype) != (new.stage, new.subtype):
        units, people = found.setdefault(pair, (set(), set()))
        units.add(unit)
        people |= {person} if person is not None else set()


def _later(
    spans: Sequence[tuple[Span[Stand] | Span[Seating], str | None]], *, on: date, to: str | None, stands: Stands
) -> tuple[PlannedLater, ...]:
    found, last = [], to
    for span, place in spans:
        if span.start is not None and span.start > on and place != last:
            found.append(PlannedLater(span.start, place, _name(stands, place, span.start) if place is not None else ""))
            last = place
    return tuple(found)


def _name(stands: Stands, unit: str, day: date) -> str:
    spans = stands.get(unit, ())
    span = at(spans, day) or (spans[-1] if spans else None)
    return span.value.name if span is not None else unit


def snapshot(on: date, *, staffing: Staffing | None = None) -> Snapshot:
    """Return who and what is where on the day, with names of units, costs and planned seats: five queries.

    `staffing` is known of the same day of an organisation that differs in units and stages alone: two queries then.
    """
    columns = ("unit__external_id", "parent__external_id", "name")
    units = list(UnitVersion.objects.on(on).order_by("unit__external_id").values_list(*columns))
    parents, names = {unit: parent for unit, parent, _name in units}, {unit: name for unit, _parent, name in units}
    return Snapshot(parents, staffing or _staffing(on), decided=decided_stages(on), names=names)


def _staffing(on: date) -> Staffing:
    told = ("seat__external_id", "unit__external_id", "title", "role_key", "planned_fte", "monthly_budget", "is_head")
    rows = SeatVersion.objects.on(on).order_by("seat__external_id").values_list(*told)
    planned = {row[0]: PlannedSeat(*row) for row in rows}
    return Staffing(
        workers=_workers(on, cost=True),
        held=_held(on),
        seats={key: seat.unit for key, seat in planned.items()},
        heads={key: seat.unit for key, seat in planned.items() if seat.is_head},
        planned=planned,
    )


def _snapshot(stands: Stands, on: date) -> Snapshot:
    parents = {unit: span.value.parent for unit, spans in stands.items() if (span := at(spans, on))}
    seats = list(SeatVersion.objects.on(on).values_list("seat__external_id", "unit__external_id", "is_head"))
    staffing = Staffing(
        workers=_workers(on),
        held=_held(on),
        seats={seat: unit for seat, unit, _head in seats},
        heads={seat: unit for seat, unit, is_head in seats if is_head},
    )
    return Snapshot(parents, staffing, decided=decided_stages(on))


def _workers(on: date, *, cost: bool = False) -> dict[str, Worker]:
    columns = ["person__external_id", "unit__external_id", "manager__external_id", "fte", "seat__external_id"]
    rows = Employment.objects.on(on).order_by("person_id").values_list(*columns, *(["monthly_cost"] if cost else []))
    return {row[0]: Worker(*row) for row in rows}


def _held(on: date) -> tuple[HeldRole, ...]:
    columns = ("person__external_id", "role_key", "unit__external_id", "share", "during")
    rows = Assignment.objects.on(on).values_list(*columns)
    return tuple(
        HeldRole(person, RoleKey(role), unit, share, during.lower == on) for person, role, unit, share, during in rows
    )
