"""Moves: a unit below another one, a person or a seat to another unit, two units made one. Dated as everything is.

What holds from the day on holds until a later version says something else about the place; such a version, planned
before, stays as planned. A day in the past is a correction; earlier answers stay readable by `as_known`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from django.utils.translation import gettext as _

from roles.choices import KEEP, OrgSource, Thing
from roles.hanging import left_behind
from roles.models import Employment, Person, Unit
from roles.queries.teams import led_on, team_of
from roles.services.merging import merge_units
from roles.services.role_moves import take_roles_along
from roles.services.sync.employments import EmploymentFacts, EmploymentSpans, change_jobs, stored_jobs
from roles.services.sync.seats import stored_seats, write_seats
from roles.services.sync.units import stored_units, write_units
from roles.services.written import Attempt, Written, attempt
from roles.timeline import Span, at, revise
from roles.tree_safety import loop_text

__all__ = ["KEEP", "MOVABLE", "merge_units", "move"]
MOVABLE = (Thing.UNITS, Thing.PEOPLE, Thing.SEATS)


def move(
    thing: Thing,
    external_id: str,
    *,
    to: str | None,
    on: date,
    actor_id: int | None,
    whole_branch: bool = True,
    manager: str | None = KEEP,
    roles: bool = True,
    source: OrgSource = OrgSource.WEB,
    note: str = "",
) -> Written:
    """Move something to the unit `to` from `on` on (a unit with None: to the top).

    A unit takes along what is below it, or with `whole_branch=False` leaves the units below it to the unit above. A
    person takes along those who report to them, at any depth, in the same unit, or with `whole_branch=False` leaves
    them to the own manager. People leave their seat and, unless `roles=False`, go on in the new unit with the roles
    they held in the old one. `manager` names whom the person reports to from then on (None: nobody). A seat takes
    along who sits in it.
    """
    if thing not in MOVABLE:
        raise ValueError(f"{thing} cannot be moved")
    with attempt(actor_id=actor_id, source=source, note=note) as tried:
        _check_manager(tried, external_id, manager)
        if _is_known(tried, thing, external_id, to=to):
            if thing is Thing.UNITS:
                _move_unit(tried, external_id, to=to, on=on, whole_branch=whole_branch)
            elif thing is Thing.SEATS:
                _move_seat(tried, external_id, to=to or "", on=on, roles=roles)
            elif whole_branch:
                _move_team(tried, external_id, to=to or "", on=on, manager=manager, roles=roles)
            else:
                _move_alone(tried, external_id, to=to or "", on=on, manager=manager, roles=roles)
            tried.check(thing, external_id, field="to")
    return tried.outcome


def _check_manager(tried: Attempt, key: str, manager: str | None) -> None:
    if manager == key:
        message = _("The managers form a loop: %(loop)s.") % {"loop": loop_text([key])}
        tried.refuse(key, "manager", code="loop", message=message)
    elif manager not in (None, KEEP) and not Person.objects.filter(external_id=manager).exists():
        message = _("There is no %(id)s.") % {"id": manager}
        tried.refuse(key, "manager", code="unknown_reference", message=message)


def _is_known(tried: Attempt, thing: Thing, key: str, *, to: str | None) -> bool:
    """Note a target that is missing or not known at all; whether it is there on the days is checked after the move."""
    if to is None and thing is not Thing.UNITS:
        tried.refuse(key, "to", code="required", message=_("Say which unit it goes to."))
    elif to is not None and not Unit.objects.filter(external_id=to).exists():
        tried.refuse(key, "to", code="unknown_reference", message=_("There is no unit %(unit)s.") % {"unit": to})
    elif thing is Thing.UNITS and key == to:
        message = _("The units form a loop: %(loop)s.") % {"loop": loop_text([key])}
        tried.refuse(key, "to", code="loop", message=message)
    return not tried.issues


def _move_unit(tried: Attempt, key: str, *, to: str | None, on: date, whole_branch: bool) -> None:
    before = stored_units()
    holding = at(before.get(key, ()), on)
    if holding is None:
        tried.refuse_absent(key, on)
        return
    after = {key: revise(before[key], value=replace(holding.value, parent=to), on=on)}
    if not whole_branch and holding.value.parent != to:
        after |= left_behind(before, key, on=on)
    changed = {one: spans for one, spans in after.items() if spans != before[one]}
    write_units(before, changed, recorder=tried.recorder)


def _move_seat(tried: Attempt, key: str, *, to: str, on: date, roles: bool) -> None:
    before = stored_seats([key])
    holding = at(before.get(key, ()), on)
    if holding is None:
        tried.refuse_absent(key, on)
        return
    sitting = set(Employment.objects.filter(seat__external_id=key).values_list("person__external_id", flat=True))
    jobs = stored_jobs(sitting)
    after = {key: revise(before[key], value=replace(holding.value, unit=to), on=on)}
    moved = write_seats(before, after, recorder=tried.recorder)
    if roles:
        _take_roles(tried, {one: jobs[one] for one in moved}, to=to, on=on)


def _move_team(tried: Attempt, key: str, *, to: str, on: date, manager: str | None, roles: bool) -> None:
    holding = at(stored_jobs([key]).get(key, ()), on)
    if holding is None:
        tried.refuse_absent(key, on)
        return
    team = team_of(key, led=led_on(on, unit=holding.value.unit))
    before = stored_jobs({key, *team})
    after = {one: _to_unit(before[one], unit=to, on=on, manager=KEEP) for one in team}
    after[key] = _to_unit(before[key], unit=to, on=on, manager=manager)
    change_jobs(before, after, recorder=tried.recorder)
    if roles:
        _take_roles(tried, before, to=to, on=on)


def _move_alone(tried: Attempt, key: str, *, to: str, on: date, manager: str | None, roles: bool) -> None:
    holding = at(stored_jobs([key]).get(key, ()), on)
    if holding is None:
        tried.refuse_absent(key, on)
        return
    left = led_on(on).get(key, []) if holding.value.unit != to else []
    before = stored_jobs({key, *left})
    after = {one: _led_by(before[one], manager=holding.value.manager, on=on) for one in left}
    after[key] = _to_unit(before[key], unit=to, on=on, manager=manager)
    change_jobs(before, after, recorder=tried.recorder)
    if roles:
        _take_roles(tried, {key: before[key]}, to=to, on=on)


def _to_unit(spans: EmploymentSpans, *, unit: str, on: date, manager: str | None) -> list[Span[EmploymentFacts]]:
    holding = at(spans, on)
    if holding is None:
        return list(spans)
    old = holding.value
    seat = old.seat if old.unit == unit else None
    leader = old.manager if manager == KEEP else manager
    return revise(spans, value=replace(old, unit=unit, seat=seat, manager=leader), on=on)


def _led_by(spans: EmploymentSpans, *, manager: str | None, on: date) -> list[Span[EmploymentFacts]]:
    holding = at(spans, on)
    return revise(spans, value=replace(holding.value, manager=manager), on=on) if holding else list(spans)


def _take_roles(tried: Attempt, before: Mapping[str, EmploymentSpans], *, to: str, on: date) -> None:
    """Let people go on in the new unit with what they held in the one they leave."""
    leaving: dict[str, list[str]] = {}
    for key, spans in before.items():
        holding = at(spans, on)
        if holding is not None and holding.value.unit != to:
            leaving.setdefault(holding.value.unit, []).append(key)
    for old, people in leaving.items():
        take_roles_along(people, old=old, to=to, on=on, recorder=tried.recorder)
