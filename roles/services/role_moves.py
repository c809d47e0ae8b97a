"""Roles that go along when their holders, or their unit, go elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from roles.choices import Thing
from roles.holdings import assignment_key
from roles.models import Assignment, Unit
from roles.models.dated import reaching
from roles.services.sync.following import redated
from roles.services.sync.revisions import Recorder
from roles.services.sync.spans import BATCH
from roles.services.sync.surroundings import named
from roles.tree_safety import Days, common, days_of


def take_roles_along(
    people: Collection[str] | None, *, old: str, to: str, on: date, until: date | None = None, recorder: Recorder
) -> None:
    """Let the roles that the people (None: everybody) hold in a unit be held in another one from `on`, up to `until`.

    A role that somebody holds there already on these days, or begins elsewhere on the very day, is not held twice: the
    old one then just ends.
    """
    rows = Assignment.objects.filter(reaching(on), unit__external_id=old)
    if people is not None:
        rows = named(rows, "person__external_id", people)
    leaving = [
        row
        for row in rows.select_related("person", "unit").order_by("pk")
        if (people is None or row.person.external_id in people) and (until is None or row.during.lower < until)
    ]
    if not leaving:
        return
    target = Unit.objects.get(external_id=to)
    others = Assignment.objects.filter(person_id__in={row.person_id for row in leaving})
    taken = [row for row in others if row.unit_id == target.pk]
    starts = {(row.person_id, row.role_key, row.during.lower) for row in others}
    made: list[Assignment] = []
    for row in leaving:
        first = max(on, row.during.lower)
        days = days_of(first, row.during.upper)
        is_held = _is_held(row, days, [*taken, *made])
        if first > row.during.lower:
            made.append(redated(row, (row.during.lower, first), recorder=recorder))
            is_held = is_held or (row.person_id, row.role_key, first) in starts
        if not is_held:
            moved = redated(row, days, recorder=recorder)
            moved.unit = target
            made.append(moved)
    keys = {assignment_key(row.person.external_id, row.role_key, _days(row)[0]) for row in [*leaving, *made]}
    recorder.touch(Thing.ASSIGNMENTS, sorted(keys))
    Assignment.objects.filter(pk__in=[row.pk for row in leaving]).update(superseded_at=recorder.at)
    Assignment.objects.bulk_create(made, batch_size=BATCH)


def _is_held(row: Assignment, days: Days, rows: Iterable[Assignment]) -> bool:
    return any(
        (one.person_id, one.role_key) == (row.person_id, row.role_key)
        and one.unit_id != row.unit_id
        and common(_days(one), days) is not None
        for one in rows
    )


def _days(row: Assignment) -> Days:
    """Return the days of a stored row, or of one that is about to be."""
    during = row.during
    return days_of(*during) if isinstance(during, tuple) else days_of(during.lower, during.upper)
