"""A whole org chart at once: what it brings is written, what its source no longer has ends. One revision, or nothing.

A source speaks for what it has an id for (roles.services.source_ids); a document without a source speaks for all that
no outside source owns. What belongs to another source, or was entered by hand beside one, is never ended by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from omnichannel.core.collecting import uncollected
from roles.choices import PARTS, OrgSource, Thing
from roles.models import Person
from roles.queries.source_ids import REFERENCES, owned_by
from roles.services.documents.chart import (
    ChartDocument,
    ChartEffect,
    ChartEntry,
    ChartIssue,
    ChartResult,
    PartPlan,
    RoleLoss,
    UnitEffect,
)
from roles.services.documents.effect import effect_of
from roles.services.documents.leaving import confirmation, leaving
from roles.services.documents.plans import newly_left, plan_parts
from roles.services.rehearsal import rehearsal
from roles.services.source_ids import forget_ids, remember
from roles.services.sync.closing import close
from roles.services.sync.revisions import Recorder, revision
from roles.services.sync.rows import Outcome, SyncResult
from roles.services.sync.safety import Problem
from roles.services.upserts import upsert

__all__ = [
    "ChartDocument",
    "ChartEffect",
    "ChartEntry",
    "ChartIssue",
    "ChartResult",
    "PartPlan",
    "RoleLoss",
    "UnitEffect",
    "put_org_chart",
]
OUTSIDE = {OrgSource.SCIM, OrgSource.WECOM, OrgSource.DINGTALK, OrgSource.FEISHU}


@dataclass(frozen=True, slots=True)
class _Job:
    """One document on its way: for whom it speaks and from which day on."""

    document: ChartDocument
    owner: str
    on: date
    units_since: date | None
    recorder: Recorder


@uncollected()
def put_org_chart(
    document: ChartDocument,
    *,
    source: OrgSource = OrgSource.API,
    effective_on: date,
    actor_id: int | None,
    owner: str | None = None,
    units_since: date | None = None,
    dry_run: bool = False,
    confirm_leavers: str | None = None,
) -> ChartResult:
    """Bring the organisation to the document from `effective_on` on; earlier days keep what they had.

    `owner` names the source whose things the document speaks for: left out, a directory speaks for its own and
    everything else for what no outside source owns. When more than 10 % of those people would leave, or of those units
    close, `confirm_leavers` must hold the words that the result names. A dry run tells the effect as well. New units
    exist from `units_since` on, from ever when that is None.
    """
    speaks_for = owner if owner is not None else source.value if source in OUTSIDE else ""
    with revision(actor_id=actor_id, source=source) as recorder, rehearsal(recorder) as rehearsed:
        result = _write(
            _Job(document, speaks_for, effective_on, units_since, recorder), confirm_leavers=confirm_leavers
        )
        if dry_run and not result.issues and not result.is_empty:
            result = replace(result, effect=effect_of(on=effective_on, written_at=recorder.at))
        rehearsed.is_undone = dry_run or not result.is_ok
    if rehearsed.is_undone:
        return result
    number = recorder.written.number if recorder.written is not None else None
    return replace(result, written=True, revision=number)


def _write(job: _Job, *, confirm_leavers: str | None) -> ChartResult:
    gone, spoken_for = leaving(job.document, owner=job.owner, on=job.on)
    outcomes: dict[Thing, Sequence[Outcome]] = {}
    issues: list[ChartIssue] = []
    with job.recorder.deferred() as problems:
        for thing in PARTS:
            if thing in (Thing.ASSIGNMENTS, Thing.LINES):
                # who hands a role over on this day ends it before another takes it
                close(thing, gone.get(thing, ()), on=job.on, recorder=job.recorder)
            rows = job.document.rows(thing)
            if rows:
                result = _upsert(thing, rows, job)
                outcomes[thing] = result.outcomes
                issues += _issues(thing, rows, result, document=job.document)
        if not issues:
            for thing in (Thing.PEOPLE, Thing.SEATS, Thing.UNITS):
                close(thing, gone.get(thing, ()), on=job.on, recorder=job.recorder)
            close(Thing.STAGES, gone.get(Thing.UNITS, ()), on=job.on, recorder=job.recorder)
    if not issues:
        issues = _unsafe(problems, document=job.document)
    if issues:
        return ChartResult(issues=tuple(issues))
    _keep_ids(job)
    parts = plan_parts(job.document, outcomes, gone, on=job.on, recorder=job.recorder)
    words = confirmation(gone, newly_left=newly_left(job.document, job.recorder), spoken_for=spoken_for)
    return ChartResult(parts=parts, confirm="" if words == confirm_leavers else words)


def _unsafe(problems: Sequence[Problem], *, document: ChartDocument) -> list[ChartIssue]:
    """Say of what does not hold together where it stands in the document, if it does."""
    found = []
    indices: dict[Thing, dict[str, int]] = {}
    for problem in problems:
        if problem.thing not in indices:
            rows = document.rows(problem.thing) or ()
            indices[problem.thing] = {row.external_id: index for index, row in enumerate(rows)}
        index = indices[problem.thing].get(problem.key)
        found.append(ChartIssue(problem.thing, index, problem.key, problem.field, problem.code, problem.message))
    return found


def _upsert(thing: Thing, rows: Sequence[Any], job: _Job) -> SyncResult:
    if thing is Thing.PEOPLE and job.document.seats is not None:
        # the document speaks of seats: somebody whom it names without one has none
        rows = [row if row.seat_external_id is not None else replace(row, seat_external_id="") for row in rows]
    return upsert(
        thing,
        rows,
        effective_on=job.on,
        actor_id=job.recorder.actor_id,
        units_since=job.units_since,
        seats_since=_seats_since(job) if thing is Thing.SEATS else None,
        source=job.recorder.source,
    )


def _seats_since(job: _Job) -> date:
    """Return from when on new seats are there: new people may have sat in them since they were hired."""
    seated = {row.external_id: row.hired_on for row in job.document.people or () if row.seat_external_id}
    known = Person.objects.filter(external_id__in=list(seated)).values_list("external_id", flat=True)
    for key in known:
        del seated[key]
    return min([job.on, *seated.values()])


def _issues(thing: Thing, rows: Sequence[Any], result: SyncResult, *, document: ChartDocument) -> list[ChartIssue]:
    """Return the faults of a part, but for references to rows of the document that were refused for their own."""
    if result.is_ok:
        return []
    inside = {part: document.keys(part) for part in PARTS}
    found = []
    for fault in result.issues:
        row = rows[fault.index]
        if fault.code == "unknown_reference":
            points_to = REFERENCES.get(fault.field) or Thing(row.between)
            if points_to is not thing and getattr(row, fault.field) in inside[points_to]:
                continue
        found.append(ChartIssue(thing, fault.index, fault.external_id, fault.field, fault.code, fault.message))
    return found


def _keep_ids(job: _Job) -> None:
    """Note what the source has an id for, and forget what it has dropped."""
    if not job.owner:
        return
    for thing in PARTS:
        if job.document.rows(thing) is None:
            continue
        keys, named = job.document.keys(thing), job.document.source_ids.get(thing, {})
        called = {ours: theirs for theirs, ours in named.items()}
        remember(job.owner, thing, {called.get(key, key): key for key in keys})
        forget_ids(job.owner, thing, owned_by(job.owner, thing) - keys)
