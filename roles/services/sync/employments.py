"""Employments as spans: how they are read, written, and kept to the days on which unit and manager are there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from itertools import pairwise

from roles.choices import Thing
from roles.models import Employment, Person, Seat, Unit
from roles.services.sync.revisions import Recorder
from roles.services.sync.spans import SpanWriter, spans_by
from roles.services.sync.surroundings import named, person_days
from roles.timeline import Span, joined, keyed
from roles.tree_safety import Days, days_of, missing, open_day, within


@dataclass(frozen=True, slots=True)
class EmploymentFacts:
    """What an employment says; unit, manager and seat are external ids."""

    unit: str
    manager: str | None
    fill_mode: str
    fte: Decimal
    monthly_cost: Decimal | None
    seat: str | None


EmploymentSpans = Sequence[Span[EmploymentFacts]]
Jobs = dict[str, list[Span[EmploymentFacts]]]
There = Mapping[str, Sequence[Days]]


def stored_jobs(people: Collection[str]) -> Jobs:
    """Return the employments of the people, earliest first; those without any are absent."""
    columns = (
        "person__external_id", "pk", "during",
        "unit__external_id", "manager__external_id", "fill_mode", "fte", "monthly_cost", "seat__external_id",
    )  # fmt: skip
    rows = named(Employment.objects.order_by("person_id", "during"), columns[0], people).values_list(*columns)
    wanted = set(people)
    return spans_by(
        (person, pk, during.lower, during.upper, EmploymentFacts(*facts))
        for person, pk, during, *facts in rows
        if person in wanted
    )


def write_jobs(
    before: Mapping[str, EmploymentSpans], after: Mapping[str, EmploymentSpans], *, recorder: Recorder
) -> None:
    """Write what differs of the employments. The people are known, and the recorder has touched them."""
    facts = [span.value for spans in after.values() for span in spans]
    writer = SpanWriter(Employment, at=recorder.at, actor_id=recorder.actor_id)
    managers = {one.manager for one in facts if one.manager is not None}
    people = _ids(Person, {*after, *managers})
    units = _ids(Unit, {one.unit for one in facts})
    seats = _ids(Seat, {one.seat for one in facts if one.seat is not None})
    for key, spans in after.items():
        fields = partial(_columns, person_id=people[key], units=units, people=people, seats=seats)
        writer.add(before.get(key, ()), spans, fields=fields)
    writer.write()


def change_jobs(before: Jobs, after: Mapping[str, EmploymentSpans], *, recorder: Recorder) -> list[str]:
    """Write the employments that differ, each touched first; return whose they are.

    A manager counts as long as they work here themselves, whoever it was that changed the line.
    """
    there = person_days({one for spans in after.values() for one in managers_of(spans)})
    after = {key: without_absent(spans, before=before.get(key, ()), there=there) for key, spans in after.items()}
    differing = {key: spans for key, spans in after.items() if list(before.get(key, ())) != list(spans)}
    recorder.touch(Thing.PEOPLE, differing.keys())
    write_jobs(before, differing, recorder=recorder)
    return list(differing)


def without_absent(spans: EmploymentSpans, *, before: EmploymentSpans, there: There) -> list[Span[EmploymentFacts]]:
    """Leave managers out on the days on which they do not work here: a line to somebody who is gone is none."""
    found: list[Span[EmploymentFacts]] = []
    for span in spans:
        manager = span.value.manager
        days = days_of(span.start, span.end)
        parts = within(days, there.get(manager, ())) if manager is not None else [days]
        if parts == [days]:
            found.append(span)
            continue
        nobody = replace(span.value, manager=None)
        bounds = sorted({*days, *(day for part in parts for day in part)})
        pieces = [
            Span(open_day(start), open_day(end), span.value if (start, end) in parts else nobody)
            for start, end in pairwise(bounds)
        ]
        # the row of the span becomes its first piece, so that what is left of it is found again
        found += [replace(pieces[0], key=span.key), *pieces[1:]]
    return keyed(joined(found, before=before), before=before)


def with_absent(spans: EmploymentSpans, *, there: There) -> list[Span[EmploymentFacts]]:
    """Write managers who are left out because they are gone back in: the line as it was said, before `without_absent`.

    A change of the line then reaches the days after the old manager left as well.
    """
    found: list[Span[EmploymentFacts]] = []
    for span in spans:
        last = found[-1] if found else None
        if last is not None and last.end is not None and last.end == span.start and span.value.manager is None:
            manager = last.value.manager
            if manager is not None and not within(days_of(span.start, span.end), there.get(manager, ())):
                span = replace(span, value=replace(span.value, manager=manager))
        found.append(span)
    return found


def inherited(
    person: str, spans: EmploymentSpans, *, heirs: Mapping[str, str | None], there: There
) -> list[Span[EmploymentFacts]]:
    """Hand who reports to somebody over to that one's heir, on the days on which the former does not work here."""
    found: list[Span[EmploymentFacts]] = []
    for span in spans:
        manager, days = span.value.manager, days_of(span.start, span.end)
        if manager is None or manager not in heirs or not (gap := missing(days, there.get(manager, ()))):
            found.append(span)
            continue
        heir = replace(span.value, manager=heirs[manager] if heirs[manager] != person else None)
        bounds = sorted({days[0], *gap, days[1]})
        pieces = [
            Span(open_day(one), open_day(two), heir if (one, two) == gap else span.value)
            for one, two in pairwise(bounds)
        ]
        found += [replace(pieces[0], key=span.key), *pieces[1:]]
    return found


def managers_of(spans: Iterable[Span[EmploymentFacts]]) -> set[str]:
    """Return everybody the spans report to."""
    return {span.value.manager for span in spans if span.value.manager is not None}


def _ids(model: type[Person] | type[Unit] | type[Seat], keys: Collection[str]) -> dict[str, int]:
    return dict(named(model.objects.all(), "external_id", keys).values_list("external_id", "pk")) if keys else {}


def _columns(
    facts: EmploymentFacts,
    *,
    person_id: int,
    units: Mapping[str, int],
    people: Mapping[str, int],
    seats: Mapping[str, int],
) -> dict[str, object]:
    return {
        "seat_id": seats[facts.seat] if facts.seat is not None else None,
        "person_id": person_id,
        "unit_id": units[facts.unit],
        "manager_id": people[facts.manager] if facts.manager is not None else None,
        "fill_mode": facts.fill_mode,
        "fte": facts.fte,
        "monthly_cost": facts.monthly_cost,
    }
