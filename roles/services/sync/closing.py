"""Ending many things at once from a day on, inside an open revision, with what they carry (`following`).

Facts that would begin on the day or later are taken back; those that hold over the day end there. What may not end
silently (people in a unit, units below it, who sits in a seat) is for `safety` to name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from roles.choices import Thing
from roles.models import Employment, Person
from roles.models.dated import reaching
from roles.services.sync.following import follow_people, follow_units, key_of, redated, shrunk
from roles.services.sync.revisions import Recorder
from roles.services.sync.spans import BATCH
from roles.services.sync.states import FACTS, rows_of
from roles.services.sync.surroundings import person_days, unit_days
from roles.tree_safety import Days, days_of, merged


def close(
    thing: Thing,
    keys: Collection[str],
    *,
    on: date,
    recorder: Recorder,
    heirs: Mapping[str, str | None] | None = None,
) -> None:
    """End the things from `on` on. One that had not begun by then is taken back as if it never was.

    Who reports to somebody who leaves goes to the `heirs`, or reports to nobody.
    """
    if not keys:
        return
    there = _THERE.get(thing)
    was = there(keys) if there is not None else {}
    _shorten(thing, keys, on=on, recorder=recorder)
    if there is None:
        return
    now = shrunk(was, there(keys))
    if thing is Thing.UNITS:
        follow_units(now, recorder=recorder)
    else:
        follow_people(now, recorder=recorder, heirs=heirs)


def _shorten(thing: Thing, keys: Collection[str], *, on: date, recorder: Recorder) -> None:
    recorder.touch(thing, keys)
    facts = FACTS[thing]
    rows = [
        row for row in _reaching(thing, keys, on=on) if thing is not Thing.ASSIGNMENTS or key_of(thing, row) in keys
    ]
    facts.model.objects.filter(pk__in=[row.pk for row in rows]).update(superseded_at=recorder.at)
    left = [(row, days_of(row.during.lower, on)) for row in rows if row.during.lower is None or row.during.lower < on]
    facts.model.objects.bulk_create([redated(row, days, recorder=recorder) for row, days in left], batch_size=BATCH)
    if thing is Thing.PEOPLE:
        _leave(keys, on=on)
    if facts.identity is not None:
        bare = facts.identity.objects.filter(external_id__in=list(keys)).exclude(
            pk__in=facts.model.objects.values(f"{facts.owner}_id")
        )
        bare.update(removed_at=recorder.at)


def _leave(keys: Collection[str], *, on: date) -> None:
    """Set the day people leave; who would only have come back after it is gone since their earlier stint."""
    people = Person.objects.filter(external_id__in=list(keys))
    people.filter(Q(left_on=None) | Q(left_on__gt=on), hired_on__lt=on).update(left_on=on)
    stints: dict[Person, list[Days]] = {}
    coming = Employment.objects.filter(person__in=people.filter(hired_on__gte=on)).select_related("person")
    for job in coming.order_by("during"):
        stints.setdefault(job.person, []).append(days_of(job.during.lower, job.during.upper))
    for person, days in stints.items():
        person.hired_on, person.left_on = merged(days)[-1]
        person.save(update_fields=["hired_on", "left_on"])


def _reaching(thing: Thing, keys: Collection[str], *, on: date) -> QuerySet[Any]:
    """Return the facts that hold on the day or later."""
    rows = rows_of(thing, keys).filter(reaching(on))
    return rows.select_related("person") if thing is Thing.ASSIGNMENTS else rows


_THERE = {Thing.UNITS: unit_days, Thing.PEOPLE: person_days}
