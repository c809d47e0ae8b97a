"""Upsert of people: who they are is corrected in place, where they work is a dated fact that keeps its past."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import partial

from django.utils.translation import gettext as _

from omnichannel.workspaces.scoping import current_workspace_id
from roles.choices import FillMode, OrgSource, Thing
from roles.models import Employment, Person, Seat, Unit
from roles.services.sync.checks import (
    ID_LENGTH,
    check_choice,
    check_keys,
    check_length,
    check_reference,
    find_loops,
    loop_text,
    stored,
)
from roles.services.sync.revisions import Recorder, revision
from roles.services.sync.rows import Faults, Outcome, OutcomeKind, PersonInput, SyncResult
from roles.services.sync.spans import BATCH, SpanWriter, spans_by
from roles.timeline import Span, at, change_from, clip

MOST_FTE = Decimal(2)


@dataclass(frozen=True, slots=True)
class EmploymentFacts:
    """What an employment says; unit and manager are external ids."""

    unit: str
    manager: str | None
    fill_mode: str
    fte: Decimal
    monthly_cost: Decimal | None
    seat: str | None


EmploymentSpans = Sequence[Span[EmploymentFacts]]


@dataclass(frozen=True, slots=True)
class Known:
    """A stored person with their employments, earliest first."""

    person: Person
    spans: EmploymentSpans


def upsert_people(
    rows: Sequence[PersonInput],
    *,
    effective_on: date,
    actor_id: int | None,
    dry_run: bool = False,
    source: OrgSource = OrgSource.API,
) -> SyncResult:
    """Bring people to the given state; a new unit, manager, FTE or pay holds from `effective_on` on.

    A person hired later starts on `hired_on`; `left_on` ends the last employment. Someone who comes back after
    leaving gets a new employment and keeps the old one.
    """
    with revision(actor_id=actor_id, source=source) as recorder:
        return _upsert(rows, effective_on=effective_on, recorder=None if dry_run else recorder)


def _upsert(rows: Sequence[PersonInput], *, effective_on: date, recorder: Recorder | None) -> SyncResult:
    keys = [row.external_id for row in rows]
    faults = Faults()
    _check_rows(rows, faults=faults)
    _check_references(rows, effective_on=effective_on, faults=faults)
    if faults.found:
        return faults.refused(keys)
    before = _stored(keys)
    after = {row.external_id: _changed(row, before.get(row.external_id), effective_on) for row in rows}
    outcomes = tuple(
        Outcome(index, row.external_id, _kind(row, before.get(row.external_id), after[row.external_id]))
        for index, row in enumerate(rows)
    )
    if recorder is not None:
        _write(rows, before, after, outcomes=outcomes, recorder=recorder)
    return SyncResult(outcomes, written=recorder is not None)


def _stored(keys: Sequence[str]) -> dict[str, Known]:
    rows = (
        Employment.objects.filter(person__external_id__in=keys)
        .order_by("person_id", "during")
        .values_list(
            "person__external_id", "pk", "during",
            "unit__external_id", "manager__external_id", "fill_mode", "fte", "monthly_cost", "seat__external_id",
        )
    )  # fmt: skip
    spans = spans_by(
        (person, pk, during.lower, during.upper, EmploymentFacts(unit, manager, mode, fte, cost, seat))
        for person, pk, during, unit, manager, mode, fte, cost, seat in rows
    )
    people = Person.objects.filter(external_id__in=keys)
    return {person.external_id: Known(person, spans.get(person.external_id, [])) for person in people}


def _check_rows(rows: Sequence[PersonInput], *, faults: Faults) -> None:
    check_keys([row.external_id for row in rows], field="external_id", faults=faults)
    for index, row in enumerate(rows):
        key = row.external_id
        check_length(index, key, "external_id", key, most=ID_LENGTH, faults=faults)
        check_length(index, key, "display_name", row.display_name, most=80, faults=faults)
        check_choice(index, key, "fill_mode", row.fill_mode, allowed=FillMode.values, faults=faults)
        if not 0 <= row.fte <= MOST_FTE:
            message = _("FTE lies between 0 and %(most)s; 1 is full time.") % {"most": MOST_FTE}
            faults.add(index, key, "fte", code="out_of_range", message=message)
        if row.monthly_cost is not None and row.monthly_cost < 0:
            faults.add(index, key, "monthly_cost", code="out_of_range", message=_("A cost is not negative."))
        if row.left_on is not None and row.left_on <= row.hired_on:
            message = _("The first day gone comes after the day hired, %(hired)s.") % {"hired": row.hired_on}
            faults.add(index, key, "left_on", code="left_before_hired", message=message)


def _check_references(rows: Sequence[PersonInput], *, effective_on: date, faults: Faults) -> None:
    named = {row.unit_external_id for row in rows}
    units = set(Unit.objects.filter(external_id__in=named).values_list("external_id", flat=True))
    managers = {row.manager_external_id for row in rows if row.manager_external_id is not None}
    people = set(Person.objects.filter(external_id__in=managers).values_list("external_id", flat=True))
    people |= {row.external_id for row in rows}
    seated = {row.seat_external_id for row in rows if row.seat_external_id}
    seats = set(Seat.objects.filter(external_id__in=seated).values_list("external_id", flat=True)) if seated else set()
    for index, row in enumerate(rows):
        key, manager = row.external_id, row.manager_external_id
        if row.seat_external_id:
            check_reference(index, key, "seat_external_id", row.seat_external_id, known=seats, faults=faults)
        check_reference(index, key, "unit_external_id", row.unit_external_id, known=units, faults=faults)
        if manager is not None:
            check_reference(index, key, "manager_external_id", manager, known=people, faults=faults)
    if managers:
        _check_loops(rows, effective_on=effective_on, faults=faults)


def _check_loops(rows: Sequence[PersonInput], *, effective_on: date, faults: Faults) -> None:
    stored_managers = Employment.objects.on(effective_on).values_list("person__external_id", "manager__external_id")
    index_of = {row.external_id: index for index, row in enumerate(rows)}
    managers = dict(stored_managers) | {row.external_id: row.manager_external_id for row in rows}
    for loop in find_loops(managers, among=index_of):
        first = min((key for key in loop if key in index_of), key=index_of.__getitem__)
        turned = loop[loop.index(first) :] + loop[: loop.index(first)]
        message = _("The managers form a loop: %(loop)s.") % {"loop": loop_text(turned)}
        faults.add(index_of[first], first, "manager_external_id", code="loop", message=message)


def _changed(row: PersonInput, known: Known | None, effective_on: date) -> list[Span[EmploymentFacts]]:
    facts = EmploymentFacts(
        unit=row.unit_external_id,
        manager=row.manager_external_id,
        fill_mode=row.fill_mode,
        fte=stored(row.fte, "fte"),
        monthly_cost=stored(row.monthly_cost, "monthly_cost") if row.monthly_cost is not None else None,
        seat=row.seat_external_id or None,
    )
    earlier, present = _stints(row, known)
    present = clip(present, start=row.hired_on, end=row.left_on)
    if not present:
        return [*earlier, Span(row.hired_on, row.left_on, facts)]
    on = max(effective_on, row.hired_on)
    if row.left_on is not None and on >= row.left_on:
        on = present[-1].start or row.hired_on
    if holding := at(present, on):
        if facts.monthly_cost is None:
            facts = replace(facts, monthly_cost=holding.value.monthly_cost)
        if row.seat_external_id is None:
            facts = replace(facts, seat=holding.value.seat if holding.value.unit == facts.unit else None)
    return [*earlier, *change_from(present, value=facts, on=on)]


def _stints(row: PersonInput, known: Known | None) -> tuple[list[Span[EmploymentFacts]], list[Span[EmploymentFacts]]]:
    """Split the employments into stints that ended before the present one, and the present one."""
    if known is None:
        return [], []
    came_back = known.person.left_on is not None and row.hired_on >= known.person.left_on
    if came_back:
        return list(known.spans), []
    begun = known.person.hired_on
    earlier = [span for span in known.spans if span.end is not None and span.end <= begun]
    present = [span for span in known.spans if span.end is None or span.end > begun]
    return clip_end(earlier, before=row.hired_on), present


def clip_end(spans: EmploymentSpans, *, before: date) -> list[Span[EmploymentFacts]]:
    """Shorten what reaches past the day: a corrected hiring day may lie inside an earlier stint."""
    begun = [span for span in spans if span.start is None or span.start < before]
    return [replace(span, end=min(span.end or before, before)) for span in begun]


def _kind(row: PersonInput, known: Known | None, after: EmploymentSpans) -> OutcomeKind:
    if known is None:
        return OutcomeKind.CREATED
    person = known.person
    is_same = (person.display_name, person.hired_on, person.left_on) == (row.display_name, row.hired_on, row.left_on)
    return OutcomeKind.SAME if is_same and list(known.spans) == list(after) else OutcomeKind.CHANGED


def _write(
    rows: Sequence[PersonInput],
    before: Mapping[str, Known],
    after: Mapping[str, EmploymentSpans],
    *,
    outcomes: Sequence[Outcome],
    recorder: Recorder,
) -> None:
    workspace_id = current_workspace_id()
    kinds = {outcome.external_id: outcome.kind for outcome in outcomes}
    recorder.touch(Thing.PEOPLE, [key for key, kind in kinds.items() if kind is not OutcomeKind.SAME])
    people = [
        Person(
            workspace_id=workspace_id,
            external_id=row.external_id,
            display_name=row.display_name,
            hired_on=row.hired_on,
            left_on=row.left_on,
        )
        for row in rows
        if kinds[row.external_id] is not OutcomeKind.SAME
    ]
    Person.objects.bulk_create(
        people,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["workspace", "external_id"],
        update_fields=["display_name", "hired_on", "left_on", "removed_at"],
    )
    writer = SpanWriter(Employment, at=recorder.at, actor_id=recorder.actor_id)
    seats = dict(Seat.objects.values_list("external_id", "pk"))
    units = dict(Unit.objects.values_list("external_id", "pk"))
    ids = dict(Person.objects.values_list("external_id", "pk"))
    for person in people:
        key = person.external_id
        fields = partial(_columns, person_id=ids[key], units=units, people=ids, seats=seats)
        writer.add(before[key].spans if key in before else [], after[key], fields=fields)
    writer.write()


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
