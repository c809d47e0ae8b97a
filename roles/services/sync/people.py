"""Upsert of people: who they are is corrected in place, where they work is a dated fact that keeps its past."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from omnichannel.workspaces.scoping import current_workspace_id
from roles.choices import FillMode, OrgSource, Thing
from roles.models import Person, Seat, Unit
from roles.services.sync.checks import (
    ID_LENGTH,
    check_choice,
    check_keys,
    check_length,
    check_loops,
    check_reference,
    stored,
)
from roles.services.sync.employments import (
    EmploymentFacts,
    EmploymentSpans,
    managers_of,
    stored_jobs,
    with_absent,
    without_absent,
    write_jobs,
)
from roles.services.sync.following import follow_people, shrunk
from roles.services.sync.inserting import insert
from roles.services.sync.revisions import Recorder, revision
from roles.services.sync.rows import Faults, Outcome, OutcomeKind, PersonInput, SyncResult
from roles.services.sync.surroundings import named, person_days, unit_days
from roles.timeline import Span, at, clip, joined, revise
from roles.tree_safety import Days, days_of, loop_text, merged

MOST_FTE = Decimal(2)


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

    A person hired later starts on `hired_on`; `left_on` ends the last employment, and with it roles, lines and what
    others report to them. Someone who comes back after leaving gets a new employment and keeps the old one. A manager
    counts on the days on which they work here themselves, a unit that opened after the hiring from its first day on.
    """
    with revision(actor_id=actor_id, source=source) as recorder:
        return _upsert(rows, effective_on=effective_on, recorder=recorder, dry_run=dry_run)


def _upsert(rows: Sequence[PersonInput], *, effective_on: date, recorder: Recorder, dry_run: bool) -> SyncResult:
    keys = [row.external_id for row in rows]
    faults = Faults()
    _check_rows(rows, faults=faults)
    _check_references(rows, faults=faults)
    if faults.found:
        managers = {row.external_id: row.manager_external_id for row in rows}
        words = _("The managers form a loop: %(loop)s.")
        check_loops(keys, managers, field="manager_external_id", words=words, faults=faults)
        return faults.refused(keys)
    before = _stored(keys)
    after = _changes(rows, before=before, effective_on=effective_on)
    outcomes = tuple(
        Outcome(index, row.external_id, _kind(row, before.get(row.external_id), after[row.external_id]))
        for index, row in enumerate(rows)
    )
    differing = [row for row, one in zip(rows, outcomes, strict=True) if one.kind is not OutcomeKind.SAME]
    if differing:
        begun = len(recorder.log)
        with transaction.atomic():
            _write(differing, before, after, recorder=recorder)
            problems = recorder.unsafe(since=begun)
            faults.tell(problems, thing=Thing.PEOPLE, keys=keys)
            if problems or dry_run:
                transaction.set_rollback(True)
    return faults.refused(keys) if faults.found else SyncResult(outcomes, written=not dry_run)


def _stored(keys: Sequence[str]) -> dict[str, Known]:
    spans, wanted = stored_jobs(keys), set(keys)
    people = named(Person.objects.all(), "external_id", keys)
    return {one.external_id: Known(one, spans.get(one.external_id, [])) for one in people if one.external_id in wanted}


def _changes(
    rows: Sequence[PersonInput], *, before: Mapping[str, Known], effective_on: date
) -> dict[str, list[Span[EmploymentFacts]]]:
    """Return what the employments of the batch become, kept to the days on which units and managers are there."""
    units = unit_days({row.unit_external_id for row in rows})
    led_by = {row.manager_external_id for row in rows if row.manager_external_id is not None}
    there = person_days(led_by | {one for known in before.values() for one in managers_of(known.spans)})
    after = {}
    for row in rows:
        known = before.get(row.external_id)
        said = Known(known.person, with_absent(known.spans, there=there)) if known is not None else None
        after[row.external_id] = _placed(_changed(row, said, effective_on), units=units)
    there |= {row.external_id: _days(row, after[row.external_id]) for row in rows}
    for key, spans in after.items():
        stored_spans = before[key].spans if key in before else ()
        after[key] = without_absent(joined(spans, before=stored_spans), before=stored_spans, there=there)
    return after


def _placed(spans: list[Span[EmploymentFacts]], *, units: Mapping[str, Sequence[Days]]) -> list[Span[EmploymentFacts]]:
    """Let the first employment begin no earlier than its unit: before that nobody knows where the person worked."""
    first = spans[0]
    opened = units.get(first.value.unit, [(date.min, date.max)])[0][0]
    if (first.start or date.min) < opened < (first.end or date.max):
        return [replace(first, start=opened), *spans[1:]]
    return spans


def _days(row: PersonInput, spans: EmploymentSpans) -> list[Days]:
    return merged([days_of(row.hired_on, row.left_on), *(days_of(span.start, span.end) for span in spans)])


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


def _check_references(rows: Sequence[PersonInput], *, faults: Faults) -> None:
    asked = {row.unit_external_id for row in rows}
    units = set(Unit.objects.filter(external_id__in=asked).values_list("external_id", flat=True))
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
        if manager == key:
            message = _("The managers form a loop: %(loop)s.") % {"loop": loop_text([key])}
            faults.add(index, key, "manager_external_id", code="loop", message=message)
        elif manager is not None:
            check_reference(index, key, "manager_external_id", manager, known=people, faults=faults)


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
    return [*earlier, *revise(present, value=facts, on=on)]


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
    recorder: Recorder,
) -> None:
    workspace_id = current_workspace_id()
    keys = [row.external_id for row in rows]
    recorder.touch(Thing.PEOPLE, keys)
    people = (
        {
            "workspace_id": workspace_id,
            "external_id": row.external_id,
            "display_name": row.display_name,
            "hired_on": row.hired_on,
            "left_on": row.left_on,
            "recorded_at": recorder.at,
        }
        for row in rows
    )
    was = person_days(before.keys())
    own = ("display_name", "hired_on", "left_on", "removed_at")
    insert(Person, people, conflict=("workspace_id", "external_id"), update=own)
    stored_spans = {key: before[key].spans for key in keys if key in before}
    write_jobs(stored_spans, {key: after[key] for key in keys}, recorder=recorder)
    now = {row.external_id: _days(row, after[row.external_id]) for row in rows}
    follow_people(shrunk({key: was[key] for key in keys if key in was}, now), recorder=recorder)
