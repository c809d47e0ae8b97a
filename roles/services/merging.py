"""Two units made one: everything of the one goes to the other from a day on, and the one closes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from django.utils.translation import gettext as _

from roles.choices import OrgSource, Thing
from roles.hanging import hung_below
from roles.models import Employment, SeatVersion, Unit
from roles.services.role_moves import take_roles_along
from roles.services.sync.closing import close
from roles.services.sync.employments import EmploymentFacts, change_jobs, stored_jobs
from roles.services.sync.revisions import Recorder
from roles.services.sync.seats import SeatFacts, stored_seats, write_seats
from roles.services.sync.units import UnitSpans, stored_units, write_units
from roles.services.written import Attempt, Written, attempt
from roles.timeline import at, changed_between


def merge_units(
    external_id: str, *, into: str, on: date, actor_id: int | None, source: OrgSource = OrgSource.WEB, note: str = ""
) -> Written:
    """Make a unit part of another one from `on` on: its units, seats, people and roles go there, and it closes.

    What is planned for it after that day goes along. Its adopted stage and secondary lines end. A unit directly below
    it that takes over comes to stand in its place.
    """
    with attempt(actor_id=actor_id, source=source, note=note) as tried:
        units = stored_units()
        if _fits(tried, external_id, into=into, on=on, units=units):
            _merge(tried.recorder, external_id, into=into, on=on, units=units)
            tried.check(Thing.UNITS, external_id, field="into")
    return tried.outcome


def _fits(tried: Attempt, key: str, *, into: str, on: date, units: UnitSpans) -> bool:
    if key == into:
        tried.refuse(key, "into", code="same_unit", message=_("A unit cannot be merged into itself."))
    elif not Unit.objects.filter(external_id=into).exists():
        tried.refuse(key, "into", code="unknown_reference", message=_("There is no unit %(unit)s.") % {"unit": into})
    elif (holding := at(units.get(key, ()), on)) is None:
        tried.refuse_absent(key, on)
    elif holding.start == on and units[key][0] == holding:
        message = _("%(id)s begins on %(day)s only. Take it back instead.") % {"id": key, "day": on}
        tried.refuse(key, "on", code="not_before_start", message=message)
    return not tried.issues


def _merge(recorder: Recorder, key: str, *, into: str, on: date, units: UnitSpans) -> None:
    after = {child: hung_below(spans, old=key, new=into, on=on) for child, spans in units.items() if child != key}
    after[into] = units[into]
    for stood in units[key]:
        if stood.end is None or stood.end > on:
            start = max(stood.start or on, on)
            after[into] = hung_below(after[into], old=key, new=stood.value.parent, on=start, until=stood.end)
    write_units(units, {child: spans for child, spans in after.items() if spans != units[child]}, recorder=recorder)
    _seats_into(recorder, key, into=into, on=on)
    _people_into(recorder, key, into=into, on=on)
    take_roles_along(None, old=key, to=into, on=on, recorder=recorder)
    close(Thing.UNITS, [key], on=on, recorder=recorder)


def _seats_into(recorder: Recorder, key: str, *, into: str, on: date) -> None:
    def moved(facts: SeatFacts) -> SeatFacts:
        return replace(facts, unit=into) if facts.unit == key else facts

    there = SeatVersion.objects.filter(unit__external_id=key)
    before = stored_seats(set(there.values_list("seat__external_id", flat=True)))
    after = {seat: changed_between(spans, start=on, end=None, change=moved) for seat, spans in before.items()}
    write_seats(before, {seat: spans for seat, spans in after.items() if spans != before[seat]}, recorder=recorder)


def _people_into(recorder: Recorder, key: str, *, into: str, on: date) -> None:
    def moved(facts: EmploymentFacts) -> EmploymentFacts:
        return replace(facts, unit=into) if facts.unit == key else facts

    there = Employment.objects.filter(unit__external_id=key)
    before = stored_jobs(set(there.values_list("person__external_id", flat=True)))
    after = {person: changed_between(spans, start=on, end=None, change=moved) for person, spans in before.items()}
    change_jobs(before, after, recorder=recorder)
