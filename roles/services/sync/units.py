"""Upsert of units: the tree that results must be whole and free of loops on every day from the change on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from django.utils.translation import gettext as _

from roles.choices import OrgSource, Ownership, Thing, UnitLevel
from roles.models import Unit, UnitVersion
from roles.services.sync.checks import (
    ID_LENGTH,
    check_choice,
    check_keys,
    check_length,
    check_reference,
    find_loops,
    loop_text,
)
from roles.services.sync.revisions import Recorder, revision
from roles.services.sync.rows import Faults, Outcome, OutcomeKind, SyncResult, UnitInput
from roles.services.sync.spans import SpanWriter, identify, spans_by
from roles.timeline import Span, at, change_from


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """What a version says of a unit; `parent` is an external id."""

    name: str
    level: str
    parent: str | None
    ownership: str
    city: str
    is_leading: bool


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

    A new unit exists from `since` on, or from ever when that is None. Units that the batch does not name stay.
    """
    with revision(actor_id=actor_id, source=source) as recorder:
        return _upsert(rows, effective_on=effective_on, since=since, recorder=None if dry_run else recorder)


def _upsert(
    rows: Sequence[UnitInput], *, effective_on: date, since: date | None, recorder: Recorder | None
) -> SyncResult:
    before = _stored_spans()
    faults = Faults()
    _check_rows(rows, known={*before, *(row.external_id for row in rows)}, faults=faults)
    keys = [row.external_id for row in rows]
    if faults.found:
        return faults.refused(keys)
    after = {row.external_id: _changed(row, before.get(row.external_id, []), effective_on, since) for row in rows}
    _check_tree({**before, **after}, rows=rows, effective_on=effective_on, faults=faults)
    if faults.found:
        return faults.refused(keys)
    outcomes = tuple(Outcome(index, key, _kind(before.get(key), after[key])) for index, key in enumerate(keys))
    if recorder is not None:
        changed = {one.external_id: after[one.external_id] for one in outcomes if one.kind is not OutcomeKind.SAME}
        _write(before, changed, recorder=recorder)
    return SyncResult(outcomes, written=recorder is not None)


def _stored_spans() -> UnitSpans:
    rows = UnitVersion.objects.order_by("unit_id", "during").values_list(
        "unit__external_id", "pk", "during", "name", "level", "parent__external_id", "ownership", "city", "is_leading"
    )
    return spans_by(
        (unit, pk, during.lower, during.upper, UnitFacts(name, level, parent, ownership, city, is_leading))
        for unit, pk, during, name, level, parent, ownership, city, is_leading in rows
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
    stored = at(spans, effective_on) or (spans[0] if spans else None)
    is_leading = row.is_leading if row.is_leading is not None else bool(stored and stored.value.is_leading)
    facts = UnitFacts(row.name, row.level, row.parent_external_id, row.ownership, row.city, is_leading)
    return change_from(spans, value=facts, on=effective_on) if spans else [Span(since, None, facts)]


def _check_tree(spans: UnitSpans, *, rows: Sequence[UnitInput], effective_on: date, faults: Faults) -> None:
    """Look at the tree on the day of the change and on each later day on which something changes."""
    starts = {span.start for unit in spans.values() for span in unit if span.start is not None}
    index_of = {row.external_id: index for index, row in enumerate(rows)}
    told: set[tuple[str, ...]] = set()
    for day in sorted({effective_on, *(start for start in starts if start > effective_on)}):
        parents = {key: span.value.parent for key, unit in spans.items() if (span := at(unit, day))}
        for loop in find_loops(parents, among=parents):
            if loop not in told:
                told.add(loop)
                _tell_loop(loop, index_of=index_of, faults=faults)
        for key, parent in parents.items():
            if key in index_of and parent is not None and parent not in parents:
                message = _("%(parent)s does not exist yet on %(day)s.") % {"parent": parent, "day": day}
                faults.add(index_of[key], key, "parent_external_id", code="parent_not_yet", message=message)


def _tell_loop(loop: tuple[str, ...], *, index_of: dict[str, int], faults: Faults) -> None:
    """Name the loop on its first unit that the batch brings; what was stored before had none."""
    first = min((key for key in loop if key in index_of), key=index_of.__getitem__)
    turned = loop[loop.index(first) :] + loop[: loop.index(first)]
    message = _("The units form a loop: %(loop)s.") % {"loop": loop_text(turned)}
    faults.add(index_of[first], first, "parent_external_id", code="loop", message=message)


def _kind(before: list[Span[UnitFacts]] | None, after: list[Span[UnitFacts]]) -> OutcomeKind:
    if not before:
        return OutcomeKind.CREATED
    return OutcomeKind.SAME if before == after else OutcomeKind.CHANGED


def _write(before: UnitSpans, after: UnitSpans, *, recorder: Recorder) -> None:
    recorder.touch(Thing.UNITS, after.keys())
    identify(Unit, [key for key in after if key not in before])
    ids = dict(Unit.objects.values_list("external_id", "pk"))
    writer = SpanWriter(UnitVersion, at=recorder.at, actor_id=recorder.actor_id)
    for key, spans in after.items():
        writer.add(before.get(key, []), spans, fields=partial(_columns, unit_id=ids[key], ids=ids))
    writer.write()


def _columns(facts: UnitFacts, *, unit_id: int, ids: Mapping[str, int]) -> dict[str, object]:
    return {
        "unit_id": unit_id,
        "parent_id": ids[facts.parent] if facts.parent is not None else None,
        "name": facts.name,
        "level": facts.level,
        "ownership": facts.ownership,
        "city": facts.city,
        "is_leading": facts.is_leading,
    }
