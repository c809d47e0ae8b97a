"""Upsert of units: the tree that results must be whole and free of loops on every day from the change on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from roles.choices import FREE_ROOTS, OrgSource, Ownership, Thing, UnitLevel
from roles.models import Unit, UnitVersion
from roles.services.sync.checks import (
    ID_LENGTH,
    check_choice,
    check_keys,
    check_length,
    check_loops,
    check_reference,
)
from roles.services.sync.following import follow_units, shrunk
from roles.services.sync.revisions import Recorder, revision
from roles.services.sync.rows import NO_END, Faults, Outcome, OutcomeKind, SyncResult, UnitInput
from roles.services.sync.spans import SpanWriter, identify, spans_by
from roles.timeline import Span, at, clip, revise
from roles.tree_safety import Days, days_of, loop_text, merged


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """What a version says of a unit; `parent` is an external id."""

    name: str
    level: str
    parent: str | None
    ownership: str
    city: str
    is_leading: bool
    rank: int | None = None


UnitSpans = dict[str, list[Span[UnitFacts]]]


def upsert_units(
    rows: Sequence[UnitInput],
    *,
    effective_on: date,
    actor_id: int | None,
    since: date | None = None,
    dry_run: bool = False,
    source: OrgSource = OrgSource.API,
) -> SyncResult:
    """Bring units to the given state from `effective_on` on; earlier days keep what they had.

    A later version that is planned already keeps what it says anew. A new unit exists from `since` on, or as long as
    the unit above it when that is None. Units that the batch does not name stay.
    """
    with revision(actor_id=actor_id, source=source) as recorder:
        return _upsert(rows, effective_on=effective_on, since=since, recorder=recorder, dry_run=dry_run)


def _upsert(
    rows: Sequence[UnitInput], *, effective_on: date, since: date | None, recorder: Recorder, dry_run: bool
) -> SyncResult:
    before = stored_units()
    faults = Faults()
    _check_rows(rows, known={*before, *(row.external_id for row in rows)}, faults=faults)
    keys = [row.external_id for row in rows]
    if faults.found:
        parents = {row.external_id: row.parent_external_id for row in rows}
        words = _("The units form a loop: %(loop)s.")
        check_loops(keys, parents, field="parent_external_id", words=words, faults=faults)
        return faults.refused(keys)
    after = {row.external_id: _changed(row, before.get(row.external_id, []), effective_on, since) for row in rows}
    if since is None:
        new = [key for key in keys if key not in before]
        _begin_on_top(new, effective_on, before=before, after=after)
        _begin_with_parents(new, before=before, after=after)
    _check_spans(rows, after=after, faults=faults)
    outcomes = tuple(Outcome(index, key, _kind(before.get(key), after[key])) for index, key in enumerate(keys))
    changed = {one.external_id: after[one.external_id] for one in outcomes if one.kind is not OutcomeKind.SAME}
    if not faults.found and changed:
        begun = len(recorder.log)
        with transaction.atomic():
            write_units(before, changed, recorder=recorder)
            problems = recorder.unsafe(since=begun)
            faults.tell(problems, thing=Thing.UNITS, keys=keys)
            if problems or dry_run:
                transaction.set_rollback(True)
    return faults.refused(keys) if faults.found else SyncResult(outcomes, written=not dry_run)


def stored_units() -> UnitSpans:
    """Return the versions of all units, earliest first."""
    rows = UnitVersion.objects.order_by("unit_id", "during").values_list(
        "unit__external_id", "pk", "during",
        "name", "level", "parent__external_id", "ownership", "city", "is_leading", "rank",
    )  # fmt: skip
    return spans_by(
        (unit, pk, during.lower, during.upper, UnitFacts(name, level, parent, ownership, city, is_leading, rank))
        for unit, pk, during, name, level, parent, ownership, city, is_leading, rank in rows
    )


def _check_rows(rows: Sequence[UnitInput], *, known: set[str], faults: Faults) -> None:
    check_keys([row.external_id for row in rows], field="external_id", faults=faults)
    for index, row in enumerate(rows):
        key = row.external_id
        if not row.name.strip():
            faults.add(index, key, "name", code="required", message=_("The name is missing."))
        for field, text, most in (("external_id", key, ID_LENGTH), ("name", row.name, 120), ("city", row.city, 60)):
            check_length(index, key, field, text, most=most, faults=faults)
        check_choice(index, key, "level", row.level, allowed=UnitLevel.values, faults=faults)
        check_choice(index, key, "ownership", row.ownership, allowed=Ownership.values, faults=faults)
        if row.parent_external_id is not None:
            check_reference(index, key, "parent_external_id", row.parent_external_id, known=known, faults=faults)


def _changed(
    row: UnitInput, spans: Sequence[Span[UnitFacts]], effective_on: date, since: date | None
) -> list[Span[UnitFacts]]:
    holding = at(spans, effective_on) or (spans[0] if spans else None)
    facts = UnitFacts(
        row.name,
        row.level,
        row.parent_external_id,
        row.ownership,
        row.city,
        is_leading=row.is_leading if row.is_leading is not None else holding is not None and holding.value.is_leading,
        rank=row.rank if row.rank is not None or holding is None else holding.value.rank,
    )
    end = None if row.ends_on == NO_END else row.ends_on
    if not spans:
        return [Span(since, end, facts)]
    if row.ends_on is not None:
        spans = clip(spans, start=spans[0].start, end=end) or spans
    if end is not None and effective_on >= end:
        return list(spans)
    return revise(spans, value=facts, on=effective_on)


def _check_spans(rows: Sequence[UnitInput], *, after: UnitSpans, faults: Faults) -> None:
    for index, row in enumerate(rows):
        start = after[row.external_id][0].start
        if row.ends_on is not None and start is not None and row.ends_on <= start:
            message = _("The end comes after the start, %(start)s.") % {"start": start}
            faults.add(index, row.external_id, "ends_on", code="end_before_start", message=message)
        if row.parent_external_id == row.external_id:
            message = _("The units form a loop: %(loop)s.") % {"loop": loop_text([row.external_id])}
            faults.add(index, row.external_id, "parent_external_id", code="loop", message=message)


def _begin_with_parents(new: Sequence[str], *, before: UnitSpans, after: UnitSpans) -> None:
    """Let units that are new begin no earlier than the unit above them, whatever order they come in."""
    waiting = set(new)
    while waiting:
        ready = [key for key in waiting if after[key][0].value.parent not in waiting]
        for key in ready or waiting:
            span = after[key][0]
            above = after.get(span.value.parent or "", before.get(span.value.parent or "", []))
            begun = above[0].start if above else None
            if begun is not None and (span.end is None or begun < span.end):
                after[key] = [replace(span, start=begun)]
        waiting = waiting.difference(ready) if ready else set()


def _begin_on_top(new: Sequence[str], effective_on: date, *, before: UnitSpans, after: UnitSpans) -> None:
    """Let a unit that is put on top of others begin when it is: until then another one stood there."""
    for key in new:
        span = after[key][0]
        if before and span.value.parent is None and span.value.level not in FREE_ROOTS:
            after[key] = [replace(span, start=effective_on)]


def _kind(before: list[Span[UnitFacts]] | None, after: list[Span[UnitFacts]]) -> OutcomeKind:
    if not before:
        return OutcomeKind.CREATED
    return OutcomeKind.SAME if before == after else OutcomeKind.CHANGED


def write_units(before: UnitSpans, after: UnitSpans, *, recorder: Recorder) -> None:
    """Write what differs of units, and what follows where one closes."""
    recorder.touch(Thing.UNITS, after.keys())
    identify(Unit, [key for key in after if key not in before], at=recorder.at)
    ids = dict(Unit.objects.values_list("external_id", "pk"))
    writer = SpanWriter(UnitVersion, at=recorder.at, actor_id=recorder.actor_id)
    for key, spans in after.items():
        writer.add(before.get(key, []), spans, fields=partial(_columns, unit_id=ids[key], ids=ids))
    writer.write()
    follow_units(shrunk(_days(before, after.keys()), _days(after, after.keys())), recorder=recorder)


def _days(spans: UnitSpans, keys: Iterable[str]) -> dict[str, list[Days]]:
    return {key: merged(days_of(span.start, span.end) for span in spans[key]) for key in keys if key in spans}


def _columns(facts: UnitFacts, *, unit_id: int, ids: Mapping[str, int]) -> dict[str, object]:
    return {
        "unit_id": unit_id,
        "parent_id": ids[facts.parent] if facts.parent is not None else None,
        "name": facts.name,
        "level": facts.level,
        "ownership": facts.ownership,
        "city": facts.city,
        "is_leading": facts.is_leading,
        "rank": facts.rank,
    }
