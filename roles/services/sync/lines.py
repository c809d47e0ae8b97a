"""Upsert of secondary lines: each row carries its own days; the same id again replaces what was known of the line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from omnichannel.workspaces.scoping import current_workspace_id
from roles.choices import LineKind, OrgSource, Thing
from roles.models import Person, ReportingLine, Unit
from roles.services.sync.checks import ID_LENGTH, check_choice, check_keys, check_length, check_reference
from roles.services.sync.revisions import Recorder, revision
from roles.services.sync.rows import Faults, LineInput, Outcome, OutcomeKind, SyncResult
from roles.services.sync.spans import BATCH
from roles.services.sync.surroundings import person_days, unit_days
from roles.tree_safety import common, days_of, open_day, within

BETWEEN = (Thing.UNITS.value, Thing.PEOPLE.value)
NOTE_LENGTH = 200


def upsert_lines(
    rows: Sequence[LineInput],
    *,
    actor_id: int | None,
    dry_run: bool = False,
    source: OrgSource = OrgSource.API,
) -> SyncResult:
    """Write secondary lines. They never move anybody in the tree, so they may run in any direction.

    An open side reaches as far as both ends are there.
    """
    with revision(actor_id=actor_id, source=source) as recorder:
        return _upsert(rows, recorder=recorder, dry_run=dry_run)


def _upsert(rows: Sequence[LineInput], *, recorder: Recorder, dry_run: bool) -> SyncResult:
    keys = [row.external_id for row in rows]
    ends = {"units": _ids(Unit, rows, "units"), "people": _ids(Person, rows, "people")}
    faults = Faults()
    _check_rows(rows, ends=ends, faults=faults)
    if faults.found:
        return faults.refused(keys)
    rows = _bounded(rows)
    before = _stored(keys)
    outcomes = tuple(Outcome(index, row.external_id, _kind(row, before)) for index, row in enumerate(rows))
    differing = [row for row, one in zip(rows, outcomes, strict=True) if one.kind is not OutcomeKind.SAME]
    if differing:
        begun = len(recorder.log)
        with transaction.atomic():
            _write(differing, ends=ends, recorder=recorder)
            problems = recorder.unsafe(since=begun)
            faults.tell(problems, thing=Thing.LINES, keys=keys)
            if problems or dry_run:
                transaction.set_rollback(True)
    return faults.refused(keys) if faults.found else SyncResult(outcomes, written=not dry_run)


def _bounded(rows: Sequence[LineInput]) -> list[LineInput]:
    """Let open sides reach as far as both ends are there together."""
    there = {
        Thing.UNITS.value: unit_days(_ends_of(rows, Thing.UNITS)),
        Thing.PEOPLE.value: person_days(_ends_of(rows, Thing.PEOPLE)),
    }
    bounded = []
    for row in rows:
        days = there[row.between]
        both = [
            shared
            for one in days.get(row.from_external_id, ())
            for shared in within(one, days.get(row.to_external_id, ()))
            if common(shared, days_of(row.start_on, row.end_on)) is not None
        ]
        if both:
            start = row.start_on if row.start_on is not None else open_day(both[0][0])
            held = next((one for one in both if one[0] <= (start or date.min) < one[1]), both[0])
            row = replace(row, start_on=start, end_on=row.end_on if row.end_on is not None else open_day(held[1]))
        bounded.append(row)
    return bounded


def _ends_of(rows: Sequence[LineInput], between: Thing) -> set[str]:
    some = [row for row in rows if row.between == between.value]
    return {key for row in some for key in (row.from_external_id, row.to_external_id)}


def _ids(model: type[Person] | type[Unit], rows: Sequence[LineInput], between: str) -> dict[str, int]:
    named = [(row.from_external_id, row.to_external_id) for row in rows if row.between == between]
    keys = {key for pair in named for key in pair}
    return dict(model.objects.filter(external_id__in=keys).values_list("external_id", "pk"))


def _check_rows(rows: Sequence[LineInput], *, ends: Mapping[str, Mapping[str, int]], faults: Faults) -> None:
    check_keys([row.external_id for row in rows], field="external_id", faults=faults)
    for index, row in enumerate(rows):
        key = row.external_id
        check_length(index, key, "external_id", key, most=ID_LENGTH, faults=faults)
        check_length(index, key, "note", row.note, most=NOTE_LENGTH, faults=faults)
        check_choice(index, key, "kind", row.kind, allowed=LineKind.values, faults=faults)
        check_choice(index, key, "between", row.between, allowed=BETWEEN, faults=faults)
        known = ends.get(row.between, {})
        for field, value in (("from_external_id", row.from_external_id), ("to_external_id", row.to_external_id)):
            if row.between in ends:
                check_reference(index, key, field, value, known=known, faults=faults)
        if row.from_external_id == row.to_external_id:
            message = _("A line runs between two different ends.")
            faults.add(index, key, "to_external_id", code="same_ends", message=message)
        if row.start_on is not None and row.end_on is not None and row.end_on <= row.start_on:
            message = _("The end comes after the start, %(start)s.") % {"start": row.start_on}
            faults.add(index, key, "end_on", code="end_before_start", message=message)


def _stored(keys: Sequence[str]) -> dict[str, list[LineInput]]:
    found: dict[str, list[LineInput]] = {}
    rows = ReportingLine.objects.filter(external_id__in=keys).select_related("unit", "to_unit", "person", "to_person")
    for line in rows:
        start, end = line.unit or line.person, line.to_unit or line.to_person
        if start is None or end is None:
            continue
        between = Thing.UNITS if line.unit is not None else Thing.PEOPLE
        found.setdefault(line.external_id, []).append(
            LineInput(
                line.external_id,
                between.value,
                line.kind,
                start.external_id,
                end.external_id,
                line.during.lower,
                line.during.upper,
                line.note,
            )
        )
    return found


def _kind(row: LineInput, before: Mapping[str, list[LineInput]]) -> OutcomeKind:
    if row.external_id not in before:
        return OutcomeKind.CREATED
    return OutcomeKind.SAME if before[row.external_id] == [row] else OutcomeKind.CHANGED


def _write(rows: Sequence[LineInput], *, ends: Mapping[str, Mapping[str, int]], recorder: Recorder) -> None:
    keys = [row.external_id for row in rows]
    recorder.touch(Thing.LINES, keys)
    ReportingLine.objects.filter(external_id__in=keys).update(superseded_at=recorder.at)
    made = []
    for row in rows:
        ids, column = ends[row.between], "unit" if row.between == Thing.UNITS.value else "person"
        made.append(
            ReportingLine(
                workspace_id=current_workspace_id(),
                external_id=row.external_id,
                kind=row.kind,
                during=(row.start_on, row.end_on),
                note=row.note,
                recorded_at=recorder.at,
                recorded_by_id=recorder.actor_id,
                **{f"{column}_id": ids[row.from_external_id], f"to_{column}_id": ids[row.to_external_id]},
            )
        )
    ReportingLine.objects.bulk_create(made, batch_size=BATCH)
