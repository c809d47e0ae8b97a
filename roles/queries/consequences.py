"""What follows from a move before anybody makes it: what keeps it from being, who goes along, and the figures after.

Seven queries, however large the branch; nothing is written or locked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from roles.catalogue import RoleKey
from roles.choices import Thing
from roles.issues import SyncIssue
from roles.models import Assignment, Employment, SeatVersion
from roles.queries.move_figures import Figures, HeldRole, Snapshot, Worker
from roles.queries.stages import Adopted, decided_stages
from roles.queries.stands import (
    Seating,
    Stand,
    Stands,
    absent,
    issue_of,
    read_seatings,
    read_stands,
    refused_place,
    refused_tree,
)
from roles.queries.teams import team_of
from roles.timeline import Span, at, revise


@dataclass(frozen=True, slots=True)
class UnitEffect:
    """A unit whose figures the move changes."""

    external_id: str
    name: str
    before: Figures
    after: Figures


@dataclass(frozen=True, slots=True)
class StageShift:
    """People who come to work under another adopted stage or sub-type: the weights of their KPIs follow it."""

    before: Adopted
    after: Adopted
    units: int
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlannedLater:
    """From this day on the thing stands elsewhere, as planned before; the move does not change that."""

    on: date
    to: str | None
    to_name: str


@dataclass(frozen=True, slots=True)
class MovePlan:
    """What a move would do from `on` on, as the organisation is on that day.

    `units`, `people` and `seats` are what goes along, the thing itself included; `roles` how many held roles go on in
    another unit. `effects` are the units with other figures, from the moved one up. `later` is what stays planned.
    Nothing is told of a move that is refused; `is_same` marks one that changes nothing.
    """

    thing: Thing
    external_id: str
    on: date
    origin: str | None = None
    to: str | None = None
    refused: tuple[SyncIssue, ...] = ()
    is_same: bool = False
    units: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    seats: tuple[str, ...] = ()
    roles: int = 0
    effects: tuple[UnitEffect, ...] = ()
    stages: tuple[StageShift, ...] = ()
    later: tuple[PlannedLater, ...] = ()


def plan_move(thing: Thing, external_id: str, *, to: str | None, on: date, whole_branch: bool = True) -> MovePlan:
    """Return what `roles.services.moving.move` would do with the same arguments."""
    stands = read_stands()
    plan = MovePlan(thing, external_id, on, to=to)
    if thing is Thing.UNITS:
        return _plan_unit(plan, stands, whole_branch=whole_branch)
    spans = read_seatings(thing, external_id)
    holding = at(spans, on)
    if holding is None:
        return replace(plan, refused=(issue_of(external_id, "on", "not_there", absent(external_id, on)),))
    plan = replace(plan, origin=holding.value.unit)
    after = revise(spans, value=Seating(to or ""), on=on) if to is not None else []
    refused = refused_place(external_id, to, at(after, on), stands=stands)
    if refused or holding.value.unit == to:
        return replace(plan, refused=refused, is_same=not refused)
    later = _later([(span, span.value.unit) for span in after], on=on, to=to, stands=stands)
    return _plan_people(replace(plan, later=later), stands, whole_branch=whole_branch)


def _plan_unit(plan: MovePlan, stands: Stands, *, whole_branch: bool) -> MovePlan:
    key, to, on = plan.external_id, plan.to, plan.on
    holding = at(stands.get(key, ()), on)
    if holding is None:
        return replace(plan, refused=(issue_of(key, "on", "not_there", absent(key, on)),))
    plan = replace(plan, origin=holding.value.parent)
    spans = revise(stands[key], value=replace(holding.value, parent=to), on=on)
    refused = refused_tree(key, to, {**stands, key: spans}, on=on)
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
        people=tuple(one.person for one in before.workers.values() if one.unit in inside),
        seats=tuple(seat for seat, unit in before.seats.items() if unit in inside),
        later=_later([(span, span.value.parent) for span in spans], on=on, to=to, stands=stands),
    )
    return _compared(plan, before, after, stands=stands, start=[key, holding.value.parent, to])


def _plan_people(plan: MovePlan, stands: Stands, *, whole_branch: bool) -> MovePlan:
    before = _snapshot(stands, plan.on)
    key, old, to = plan.external_id, plan.origin or "", plan.to or ""
    workers, seats = dict(before.workers), dict(before.seats)
    if plan.thing is Thing.SEATS:
        moved = [one.person for one in workers.values() if one.seat == key]
        seats[key] = to
    else:
        here = {leader: [one for one in some if workers[one].unit == old] for leader, some in _led(before).items()}
        moved = [key, *(team_of(key, led=here) if whole_branch else ())]
        for one in () if whole_branch else _led(before).get(key, ()):
            workers[one] = replace(workers[one], manager=workers[key].manager)
    for one in moved:
        workers[one] = replace(workers[one], unit=to, seat=key if plan.thing is Thing.SEATS else None)
    going = set(moved)
    there = {(one.person, one.role) for one in before.held if one.unit == to}
    leaving = [one for one in before.held if one.unit == old and one.person in going]
    goes_on = [replace(one, unit=to) for one in leaving if (one.person, one.role) not in there]
    held = (*(one for one in before.held if one not in set(leaving)), *goes_on)
    after = replace(before, workers=workers, held=held, seats=seats)
    plan = replace(plan, people=tuple(moved), seats=(key,) if plan.thing is Thing.SEATS else (), roles=len(leaving))
    return _compared(plan, before, after, stands=stands, start=[old, to])


def _led(snapshot: Snapshot) -> dict[str, list[str]]:
    led: dict[str, list[str]] = {}
    for worker in snapshot.workers.values():
        if worker.manager is not None:
            led.setdefault(worker.manager, []).append(worker.person)
    return led


def _compared(
    plan: MovePlan, before: Snapshot, after: Snapshot, *, stands: Stands, start: Iterable[str | None]
) -> MovePlan:
    near = list(start)
    asked = dict.fromkeys(unit for one in near for side in (before, after) for unit in side.above(one))
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
        for worker in before.workers.values():
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


def _snapshot(stands: Stands, on: date) -> Snapshot:
    parents = {unit: span.value.parent for unit, spans in stands.items() if (span := at(spans, on))}
    jobs = (
        Employment.objects.on(on)
        .order_by("person_id")
        .values_list("person__external_id", "unit__external_id", "manager__external_id", "fte", "seat__external_id")
    )
    held = Assignment.objects.on(on).values_list("person__external_id", "role_key", "unit__external_id", "share")
    seats = list(SeatVersion.objects.on(on).values_list("seat__external_id", "unit__external_id", "is_head"))
    return Snapshot(
        parents=parents,
        workers={row[0]: Worker(*row) for row in jobs},
        held=tuple(HeldRole(person, RoleKey(role), unit, share) for person, role, unit, share in held),
        seats={seat: unit for seat, unit, _head in seats},
        heads={seat: unit for seat, unit, is_head in seats if is_head},
        decided=decided_stages(on),
    )
