"""Upsert of seats: what a seat is holds from a day on; earlier days keep what they had."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import pairwise

from django.db import transaction
from django.utils.translation import gettext as _

from roles.choices import OrgSource, Thing
from roles.models import Employment, Seat, SeatVersion, Unit
from roles.queries.library import role_keys
from roles.services.sync.checks import ID_LENGTH, check_choice, check_keys, check_length, check_reference, stored
from roles.services.sync.employments import EmploymentFacts, EmploymentSpans, change_jobs, stored_jobs
from roles.services.sync.revisions import Recorder, revision
from roles.services.sync.rows import Faults, Outcome, OutcomeKind, SeatInput, SyncResult
from roles.services.sync.spans import SpanWriter, identify, spans_by
from roles.services.sync.surroundings import unit_days
from roles.timeline import Span, at, joined, revise
from roles.tree_safety import Days, common, days_of, open_day

MOST_SEAT_FTE = Decimal(100)


@dataclass(frozen=True, slots=True)
class SeatFacts:
    """What a version says of a seat; `unit` is an external id."""

    unit: str
    title: str
    role_key: str
    grade: str
    planned_fte: Decimal
    monthly_budget: Decimal | None
    is_head: bool


SeatSpans = dict[str, list[Span[SeatFacts]]]


def upsert_seats(
    rows: Sequence[SeatInput],
    *,
    effective_on: date,
    actor_id: int | None,
    since: date | None = None,
    dry_run: bool = False,
    source: OrgSource = OrgSource.API,
) -> SyncResult:
    """Bring seats to the given state from `effective_on` on. A new one exists from `since`, else from that day.

    Who sits in a seat that goes to another unit goes along; a seat begins no earlier than its unit.
    """
    with revision(actor_id=actor_id, source=source) as recorder:
        return _upsert(rows, effective_on=effective_on, since=since or effective_on, recorder=recorder, dry_run=dry_run)


def _upsert(
    rows: Sequence[SeatInput], *, effective_on: date, since: date, recorder: Recorder, dry_run: bool
) -> SyncResult:
    keys = [row.external_id for row in rows]
    faults = Faults()
    units = {row.unit_external_id for row in rows}
    known = set(Unit.objects.filter(external_id__in=units).values_list("external_id", flat=True))
    _check_rows(rows, units=known, faults=faults)
    if faults.found:
        return faults.refused(keys)
    before = stored_seats(keys)
    days = unit_days(units)
    after = {row.external_id: _changed(row, before.get(row.external_id, []), effective_on, since) for row in rows}
    after |= {key: _placed(spans, units=days) for key, spans in after.items() if key not in before}
    outcomes = tuple(Outcome(index, key, _kind(before.get(key), after[key])) for index, key in enumerate(keys))
    changed = {one.external_id: after[one.external_id] for one in outcomes if one.kind is not OutcomeKind.SAME}
    if changed:
        begun = len(recorder.log)
        with transaction.atomic():
            write_seats(before, changed, recorder=recorder)
            problems = recorder.unsafe(since=begun)
            faults.tell(problems, thing=Thing.SEATS, keys=keys)
            if problems or dry_run:
                transaction.set_rollback(True)
    return faults.refused(keys) if faults.found else SyncResult(outcomes, written=not dry_run)


def _placed(spans: list[Span[SeatFacts]], *, units: Mapping[str, Sequence[Days]]) -> list[Span[SeatFacts]]:
    opened = units.get(spans[0].value.unit, [(date.min, date.max)])[0][0]
    return [replace(spans[0], start=opened)] if (spans[0].start or date.min) < opened else spans


def stored_seats(keys: Collection[str]) -> SeatSpans:
    """Return the versions of the seats, earliest first."""
    columns = ("unit__external_id", "title", "role_key", "grade", "planned_fte", "monthly_budget", "is_head")
    rows = SeatVersion.objects.filter(seat__external_id__in=list(keys)).order_by("seat_id", "during")
    return spans_by(
        (seat, pk, during.lower, during.upper, SeatFacts(*facts))
        for seat, pk, during, *facts in rows.values_list("seat__external_id", "pk", "during", *columns)
    )


def _check_rows(rows: Sequence[SeatInput], *, units: set[str], faults: Faults) -> None:
    check_keys([row.external_id for row in rows], field="external_id", faults=faults)
    roles = ["", *role_keys()]
    for index, row in enumerate(rows):
        key = row.external_id
        if not row.title.strip():
            faults.add(index, key, "title", code="required", message=_("The title is missing."))
        texts = (("external_id", key, ID_LENGTH), ("title", row.title, 120), ("grade", row.grade, 20))
        for field, text, most in texts:
            check_length(index, key, field, text, most=most, faults=faults)
        check_choice(index, key, "role", row.role, allowed=roles, faults=faults)
        check_reference(index, key, "unit_external_id", row.unit_external_id, known=units, faults=faults)
        if not 0 < row.planned_fte <= MOST_SEAT_FTE:
            message = _("Planned FTE lies above 0 and is at most %(most)s.") % {"most": MOST_SEAT_FTE}
            faults.add(index, key, "planned_fte", code="out_of_range", message=message)
        if row.monthly_budget is not None and row.monthly_budget < 0:
            faults.add(index, key, "monthly_budget", code="out_of_range", message=_("A budget is not negative."))


def _changed(
    row: SeatInput, spans: Sequence[Span[SeatFacts]], effective_on: date, since: date
) -> list[Span[SeatFacts]]:
    budget = stored(row.monthly_budget, "monthly_budget") if row.monthly_budget is not None else None
    planned = stored(row.planned_fte, "planned_fte")
    facts = SeatFacts(row.unit_external_id, row.title, row.role, row.grade, planned, budget, row.is_head)
    if not spans:
        return [Span(since, None, facts)]
    if budget is None and (held := at(spans, effective_on)):
        facts = replace(facts, monthly_budget=held.value.monthly_budget)
    return revise(spans, value=facts, on=effective_on)


def _kind(before: list[Span[SeatFacts]] | None, after: list[Span[SeatFacts]]) -> OutcomeKind:
    if not before:
        return OutcomeKind.CREATED
    return OutcomeKind.SAME if before == after else OutcomeKind.CHANGED


def write_seats(before: SeatSpans, after: SeatSpans, *, recorder: Recorder) -> list[str]:
    """Write what differs of seats; who sits in them works in their unit. Returns whose employments have changed."""
    recorder.touch(Thing.SEATS, after.keys())
    identify(Seat, [key for key in after if key not in before], at=recorder.at)
    seats = dict(Seat.objects.filter(external_id__in=after).values_list("external_id", "pk"))
    units = dict(Unit.objects.values_list("external_id", "pk"))
    writer = SpanWriter(SeatVersion, at=recorder.at, actor_id=recorder.actor_id)
    for key, spans in after.items():
        writer.add(before.get(key, []), spans, fields=partial(_columns, seat_id=seats[key], units=units))
    writer.write()
    return _bring_along({key: spans for key, spans in after.items() if key in before}, recorder=recorder)


def _bring_along(seats: SeatSpans, *, recorder: Recorder) -> list[str]:
    sitting = Employment.objects.filter(seat__external_id__in=list(seats))
    before = stored_jobs(set(sitting.values_list("person__external_id", flat=True))) if seats else {}
    after = {key: joined(list(_along(spans, seats)), before=spans) for key, spans in before.items()}
    return change_jobs(before, after, recorder=recorder)


def _along(spans: EmploymentSpans, seats: SeatSpans) -> Iterator[Span[EmploymentFacts]]:
    for span in spans:
        days = days_of(span.start, span.end)
        stands = [
            (part, one.value.unit)
            for one in seats.get(span.value.seat or "", ())
            if (part := common(days, days_of(one.start, one.end))) is not None
        ]
        if not stands or all(unit == span.value.unit for _part, unit in stands):
            yield span
            continue
        bounds = sorted({*days, *(day for part, _unit in stands for day in part)})
        for start, end in pairwise(bounds):
            unit = next((unit for part, unit in stands if part[0] <= start < part[1]), span.value.unit)
            key = span.key if start == days[0] else None
            yield Span(open_day(start), open_day(end), replace(span.value, unit=unit), key)


def _columns(facts: SeatFacts, *, seat_id: int, units: Mapping[str, int]) -> dict[str, object]:
    return {
        "seat_id": seat_id,
        "unit_id": units[facts.unit],
        "title": facts.title,
        "role_key": facts.role_key,
        "grade": facts.grade,
        "planned_fte": facts.planned_fte,
        "monthly_budget": facts.monthly_budget,
        "is_head": facts.is_head,
    }
