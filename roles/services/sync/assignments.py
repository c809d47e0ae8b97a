"""Upsert of assignments: each row carries its own days, so a row of the same key is a correction in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise

from django.db import transaction
from django.utils.translation import gettext as _

from omnichannel.workspaces.scoping import current_workspace_id
from roles.choices import OrgSource, Thing
from roles.models import Assignment, Person, Unit
from roles.queries.library import role_keys
from roles.services.sync.checks import check_choice, check_keys, check_reference, stored
from roles.services.sync.inserting import days, insert
from roles.services.sync.revisions import Recorder, revision
from roles.services.sync.rows import AssignmentInput, Faults, Outcome, OutcomeKind, SyncResult
from roles.services.sync.surroundings import named, person_days, unit_days
from roles.tree_safety import open_day

Stored = dict[str, tuple[int, AssignmentInput]]


def upsert_assignments(
    rows: Sequence[AssignmentInput],
    *,
    actor_id: int | None,
    dry_run: bool = False,
    source: OrgSource = OrgSource.API,
) -> SyncResult:
    """Write who holds which role from when to when. Rows that the batch does not name stay.

    The same person may hold a role in several units at once, in one unit only once at a time. A row without an end
    holds as long as the person works here and the unit is there: who is lent to a project team returns when it ends.
    """
    with revision(actor_id=actor_id, source=source) as recorder:
        return _upsert(rows, recorder=recorder, dry_run=dry_run)


def _upsert(rows: Sequence[AssignmentInput], *, recorder: Recorder, dry_run: bool) -> SyncResult:
    rows = [replace(row, share=stored(row.share, "share")) for row in rows]
    keys = [row.external_id for row in rows]
    people = _ids(Person, {row.person_external_id for row in rows})
    units = _ids(Unit, {row.unit_external_id for row in rows})
    faults = Faults()
    _check_rows(rows, people=people, units=units, faults=faults)
    if not faults.found:
        rows = _bounded(rows)
    before = _stored(people)
    _check_overlaps(rows, before=before, faults=faults)
    if faults.found:
        return faults.refused(keys)
    outcomes = tuple(Outcome(index, row.external_id, _kind(row, before)) for index, row in enumerate(rows))
    differing = [row for row, outcome in zip(rows, outcomes, strict=True) if outcome.kind is not OutcomeKind.SAME]
    if differing:
        begun = len(recorder.log)
        with transaction.atomic():
            _write(differing, before=before, people=people, units=units, recorder=recorder)
            problems = recorder.unsafe(since=begun)
            faults.tell(problems, thing=Thing.ASSIGNMENTS, keys=keys)
            if problems or dry_run:
                transaction.set_rollback(True)
    return faults.refused(keys) if faults.found else SyncResult(outcomes, written=not dry_run)


def _bounded(rows: Sequence[AssignmentInput]) -> list[AssignmentInput]:
    """Let what has no end hold as long as person and unit are there."""
    people = person_days({row.person_external_id for row in rows})
    units = unit_days({row.unit_external_id for row in rows})
    bounded = []
    for row in rows:
        if row.end_on is None:
            stretches = [*people.get(row.person_external_id, ()), *units.get(row.unit_external_id, ())]
            ends = [end for start, end in stretches if start <= row.start_on < end]
            row = replace(row, end_on=open_day(min(ends, default=date.max)))
        bounded.append(row)
    return bounded


def _ids(model: type[Person] | type[Unit], keys: set[str]) -> dict[str, int]:
    rows = named(model.objects.all(), "external_id", keys).values_list("external_id", "pk")
    return {key: pk for key, pk in rows if key in keys}


def _stored(people: Mapping[str, int]) -> Stored:
    """Return all assignments of the people by key, so that overlaps with rows outside the batch are seen."""
    rows = Assignment.objects.filter(person_id__in=people.values()).values_list(
        "pk", "person__external_id", "role_key", "unit__external_id", "share", "during"
    )
    found = {}
    for pk, person, role, unit, share, during in rows:
        row = AssignmentInput(person, role, unit, during.lower, share, during.upper)
        found[row.external_id] = (pk, row)
    return found


def _check_rows(
    rows: Sequence[AssignmentInput], *, people: Mapping[str, int], units: Mapping[str, int], faults: Faults
) -> None:
    check_keys([row.external_id for row in rows], field="start_on", faults=faults)
    roles = role_keys()
    for index, row in enumerate(rows):
        key = row.external_id
        check_reference(index, key, "person_external_id", row.person_external_id, known=people, faults=faults)
        check_reference(index, key, "unit_external_id", row.unit_external_id, known=units, faults=faults)
        check_choice(index, key, "role", row.role, allowed=roles, faults=faults)
        if not 0 < row.share <= 1:
            message = _("A share of time lies above 0 and is at most 1.")
            faults.add(index, key, "share", code="out_of_range", message=message)
        if row.end_on is not None and row.end_on <= row.start_on:
            message = _("The end comes after the start, %(start)s.") % {"start": row.start_on}
            faults.add(index, key, "end_on", code="end_before_start", message=message)


def _check_overlaps(rows: Sequence[AssignmentInput], *, before: Stored, faults: Faults) -> None:
    index_of = {row.external_id: index for index, row in enumerate(rows)}
    after = {key: row for key, (_pk, row) in before.items()} | {row.external_id: row for row in rows}
    holdings: dict[tuple[str, str, str], list[AssignmentInput]] = {}
    for row in after.values():
        holdings.setdefault((row.person_external_id, row.role, row.unit_external_id), []).append(row)
    for held in holdings.values():
        for first, second in pairwise(sorted(held, key=lambda row: row.start_on)):
            if (first.end_on or date.max) > second.start_on:
                told = second if second.external_id in index_of else first
                if told.external_id in index_of:
                    _tell_overlap(told, first if told is second else second, index=index_of, faults=faults)


def _tell_overlap(row: AssignmentInput, other: AssignmentInput, *, index: Mapping[str, int], faults: Faults) -> None:
    message = _("This role in this unit is held from %(start)s to %(end)s already. End one before the other starts.")
    message %= {"start": other.start_on, "end": other.end_on or _("open end")}
    faults.add(index[row.external_id], row.external_id, "start_on", code="overlap", message=message)


def _kind(row: AssignmentInput, before: Stored) -> OutcomeKind:
    if row.external_id not in before:
        return OutcomeKind.CREATED
    return OutcomeKind.SAME if before[row.external_id][1] == row else OutcomeKind.CHANGED


def _write(
    rows: Sequence[AssignmentInput],
    *,
    before: Stored,
    people: Mapping[str, int],
    units: Mapping[str, int],
    recorder: Recorder,
) -> None:
    recorder.touch(Thing.ASSIGNMENTS, [row.external_id for row in rows])
    superseded = [before[row.external_id][0] for row in rows if row.external_id in before]
    Assignment.objects.filter(pk__in=superseded).update(superseded_at=recorder.at)
    workspace_id = current_workspace_id()
    made = (
        {
            "workspace_id": workspace_id,
            "person_id": people[row.person_external_id],
            "role_key": row.role,
            "unit_id": units[row.unit_external_id],
            "share": row.share,
            "during": days(row.start_on, row.end_on),
            "recorded_at": recorder.at,
            "recorded_by_id": recorder.actor_id,
        }
        for row in rows
    )
    insert(Assignment, made)
