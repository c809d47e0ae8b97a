"""Roles that go along when their holders, or their unit, go elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from roles.choices import Thing
from roles.holdings import assignment_key
from roles.models import Assignment, Unit
from roles.models.dated import reaching
from roles.services.sync.following import redated
from roles.services.sync.revisions import Recorder
from roles.services.sync.spans import BATCH
from roles.services.sync.surroundings import named
from roles.tree_safety import Days, days_of, merged, without


def take_roles_along(people: Collection[str] | None, *, old: str, to: str, on: date, recorder: Recorder) -> None:
    """Let the roles that the people (None: everybody) hold in a unit be held in another one from `on`.

    Nobody comes to hold a role twice there, and nobody loses a day of it: on days on which somebody holds the role
    there already, the old one just ends; before and after them it goes along.
    """
    rows = Assignment.objects.filter(reaching(on), unit__external_id=old)
    if people is not None:
        rows = named(rows, "person__external_id", people)
    leaving = [
        row
        for row in rows.select_related("person", "unit").order_by("pk")
        if people is None or row.person.external_id in people
    ]
    if not leaving:
        return
    target = Unit.objects.get(external_id=to)
    holders = {row.person_id for row in leaving}
    staying = Assignment.objects.filter(person_id__in=holders).exclude(pk__in=[row.pk for row in leaving])
    others: dict[tuple[int, str], list[Assignment]] = {}
    for one in staying:
        others.setdefault((one.person_id, one.role_key), []).append(one)
    made: list[Assignment] = []
    for row in leaving:
        begun, over = _days(row)
        first = max(on, begun)
        if begun < first:
            made.append(redated(row, (begun, first), recorder=recorder))
        for days in _going_on((first, over), others.get((row.person_id, row.role_key), ()), target=target):
            moved = redated(row, days, recorder=recorder)
            moved.unit = target
            made.append(moved)
    keys = {_key(row, _days(row)[0]) for row in leaving} | {_key(row, row.during[0]) for row in made}
    recorder.touch(Thing.ASSIGNMENTS, sorted(keys))
    Assignment.objects.filter(pk__in=[row.pk for row in leaving]).update(superseded_at=recorder.at)
    Assignment.objects.bulk_create(made, batch_size=BATCH)


def _going_on(days: Days, others: Sequence[Assignment], *, target: Unit) -> list[Days]:
    """Return the days on which a role goes on in the target, where the same person holds it by `others` as well.

    As a role is known by its first day, none begins on a day on which another one does: it begins when that is over.
    """
    there = merged(_days(one) for one in others if one.unit_id == target.pk)
    ends = dict(_days(one) for one in others)
    parts = []
    for begun, over in without(days, there):
        start = begun
        while start in ends:
            start = ends[start]
        if start < over:
            parts.append((start, over))
    return parts


def _days(row: Assignment) -> Days:
    return days_of(row.during.lower, row.during.upper)


def _key(row: Assignment, start: date) -> str:
    return assignment_key(row.person.external_id, row.role_key, start)
