"""What follows by itself when a unit closes or a person leaves: what they carried ends with them.

Roles held there, secondary lines, adopted stages and planned seats end on that day; who reported to somebody who is
gone reports to nobody until it is said to whom. What may not end silently (people in a unit, units below it) stays,
and is named by `safety`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from copy import copy
from typing import Any, TypeVar

from roles.choices import Thing
from roles.holdings import assignment_key
from roles.models import AdoptedStage, Assignment, Employment, ReportingLine, Seat, SeatVersion
from roles.models.dated import DatedFact, Identity
from roles.services.sync.employments import change_jobs, inherited, stored_jobs
from roles.services.sync.revisions import Recorder
from roles.services.sync.spans import BATCH
from roles.services.sync.states import FACTS
from roles.services.sync.surroundings import either, named, person_days
from roles.tree_safety import Days, days_of, missing, open_day

F = TypeVar("F", bound=DatedFact)
There = Mapping[str, Sequence[Days]]


def shrunk(before: There, after: There) -> dict[str, Sequence[Days]]:
    """Return the days of what is no longer there on some day on which it was."""
    return {
        key: after.get(key, ())
        for key, days in before.items()
        if any(missing(each, after.get(key, ())) is not None for each in days)
    }


def follow_units(there: There, *, recorder: Recorder) -> None:
    """End what stood in units, or hung on them, and goes past the days on which they are there now."""
    if not there:
        return
    keys = there.keys()
    held = named(Assignment.objects.select_related("person", "unit"), "unit__external_id", keys)
    _trim(Thing.ASSIGNMENTS, held, there=there, ends=lambda row: [row.unit], recorder=recorder)
    lines = _lines("unit", keys)
    _trim(Thing.LINES, lines, there=there, ends=lambda row: [row.unit, row.to_unit], recorder=recorder)
    stages = named(AdoptedStage.objects.select_related("unit"), "unit__external_id", keys)
    _trim(Thing.STAGES, stages, there=there, ends=lambda row: [row.unit], recorder=recorder)
    seats = named(SeatVersion.objects.select_related("seat", "unit"), "unit__external_id", keys)
    trimmed = _trim(Thing.SEATS, seats, there=there, ends=lambda row: [row.unit], recorder=recorder)
    if trimmed:
        own = Seat.objects.filter(pk__in={row.seat_id for row in trimmed})
        own.exclude(pk__in=SeatVersion.objects.values("seat_id")).update(removed_at=recorder.at)


def follow_people(there: There, *, recorder: Recorder, heirs: Mapping[str, str | None] | None = None) -> list[str]:
    """End the roles and lines of people past the days on which they work here, and let go of who reports to them.

    Their reports go to the `heirs` from then on, or to nobody. Returns whose employments have been changed.
    """
    if not there:
        return []
    held = named(Assignment.objects.select_related("person", "unit"), "person__external_id", there.keys())
    _trim(Thing.ASSIGNMENTS, held, there=there, ends=lambda row: [row.person], recorder=recorder)
    lines = _lines("person", there.keys())
    _trim(Thing.LINES, lines, there=there, ends=lambda row: [row.person, row.to_person], recorder=recorder)
    return _let_go(there, heirs=heirs or {}, recorder=recorder)


def _lines(between: str, keys: Collection[str]) -> Iterable[ReportingLine]:
    rows = ReportingLine.objects.filter(**{f"{between}__isnull": False}).select_related(between, f"to_{between}")
    near = either(rows, **{f"{between}__external_id": keys, f"to_{between}__external_id": keys})
    return near if near is not None else ()


def _let_go(there: There, *, heirs: Mapping[str, str | None], recorder: Recorder) -> list[str]:
    led = named(Employment.objects.all(), "manager__external_id", there.keys())
    columns = ("person__external_id", "manager__external_id")
    before = stored_jobs({person for person, manager in led.values_list(*columns) if manager in there})
    days = person_days(heirs.keys())
    after = {key: inherited(key, spans, heirs=heirs, there=days) for key, spans in before.items()}
    return change_jobs(before, after, recorder=recorder)


def _trim(
    thing: Thing,
    rows: Iterable[Any],
    *,
    there: There,
    ends: Callable[[Any], Sequence[Identity]],
    recorder: Recorder,
) -> list[Any]:
    """Shorten facts to the days on which both their ends are there; what would only begin later is taken back.

    Returns the facts that are no longer as they were.
    """
    changed: list[tuple[Any, Days | None]] = []
    for row in rows:
        days: Days | None = days_of(row.during.lower, row.during.upper)
        for end in ends(row):
            if days is not None and end.external_id in there:
                days = _kept(days, there[end.external_id])
        if days != days_of(row.during.lower, row.during.upper):
            changed.append((row, days))
    if not changed:
        return []
    recorder.touch(thing, [key_of(thing, row) for row, _days in changed])
    model = FACTS[thing].model
    model.objects.filter(pk__in=[row.pk for row, _days in changed]).update(superseded_at=recorder.at)
    kept = [redated(row, days, recorder=recorder) for row, days in changed if days is not None]
    model.objects.bulk_create(kept, batch_size=BATCH)
    return [row for row, _days in changed]


def _kept(days: Days, there: Sequence[Days]) -> Days | None:
    """Return what is left of the days: up to where the stretch ends that holds their start.

    A start before everything stays for `safety` to name it; one after everything leaves nothing.
    """
    start, end = days
    for begun, over in there:
        if begun <= start < over:
            return start, min(end, over)
    return None if not there or start >= there[-1][1] else days


def key_of(thing: Thing, row: Any) -> str:
    """Return the id by which a stored fact goes in states; its links have been selected."""
    if thing is Thing.ASSIGNMENTS:
        return assignment_key(row.person.external_id, row.role_key, row.during.lower)
    if thing is Thing.LINES:
        return str(row.external_id)
    owner: Identity = getattr(row, FACTS[thing].owner)
    return owner.external_id


def redated(row: F, days: Days, *, recorder: Recorder) -> F:
    """Return a new row that says the same of other days."""
    again = copy(row)
    again.pk, again.superseded_at = None, None
    again.during = (open_day(days[0]), open_day(days[1]))
    again.recorded_at, again.recorded_by_id = recorder.at, recorder.actor_id
    return again
