"""Writes of REST clients: one thing or a batch, on the condition that nobody has touched it since they read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from roles.choices import PAY, OrgSource, Thing
from roles.errors import StaleVersion, UnknownThing, VersionRequired
from roles.queries.documents import documents, last_revisions
from roles.services.ending import end, remove
from roles.services.rehearsal import rehearsal
from roles.services.source_ids import remember
from roles.services.sync.revisions import Recorder, revision
from roles.services.sync.rows import Outcome, OutcomeKind, SyncIssue, SyncResult
from roles.services.sync.states import states
from roles.services.upserts import INPUTS, upsert
from roles.services.written import Written


@dataclass(frozen=True, slots=True)
class Condition:
    """What a caller holds to be true of a thing: the revisions it knows, that it is there at all, or that it is not.

    Without any of them an existing thing is not touched.
    """

    revisions: frozenset[int] | None = None
    is_there: bool = False
    is_new: bool = False

    def check(self, thing: Thing, external_id: str) -> None:
        """Refuse a write whose caller knows less than the organisation. Ask under the organisation's lock."""
        if external_id not in states(thing, [external_id]):
            if self.revisions is not None or self.is_there:
                raise StaleVersion(external_id, None)
            return
        last = last_revisions(thing, [external_id]).get(external_id, 0)
        if self.is_new or (self.revisions is not None and last not in self.revisions):
            raise StaleVersion(external_id, last)
        if not (self.is_there or self.revisions is not None):
            raise VersionRequired(external_id)


@dataclass(frozen=True, slots=True)
class Call:
    """How a caller wants something written: from which day on, for whom, for real, and under whose ids.

    `ids` are ids of `source` by ours, kept with what is written.
    """

    effective_on: date
    actor_id: int | None
    units_since: date | None = None
    dry_run: bool = False
    source: str = ""
    ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a call; `revision` is None for a dry run, with faults, and where nothing differs."""

    result: SyncResult
    revision: int | None = None


def write_one(thing: Thing, row: Any, *, condition: Condition, call: Call) -> Done:
    """Create a thing or bring it to this state."""
    with revision(actor_id=call.actor_id, source=OrgSource.API) as recorder:
        if not call.dry_run:
            condition.check(thing, row.external_id)
        result = _write(thing, [row], call, recorder)
    return _done(result, recorder)


def change_one(thing: Thing, external_id: str, given: Mapping[str, Any], *, condition: Condition, call: Call) -> Done:
    """Change only the given fields of a thing as it is on the effective day."""
    with revision(actor_id=call.actor_id, source=OrgSource.API) as recorder:
        if not call.dry_run:
            condition.check(thing, external_id)
        held = documents(thing, [external_id], as_of=call.effective_on).get(external_id)
        if held is None:
            raise UnknownThing(external_id, call.effective_on)
        names = {each.name for each in fields(INPUTS[thing])}
        kept = {name: value for name, value in held.items() if name in names - PAY}
        result = _write(thing, [INPUTS[thing](**{**kept, **given})], call, recorder)
    return _done(result, recorder)


def end_one(thing: Thing, external_id: str, *, forget: bool, condition: Condition, call: Call) -> Done:
    """End a thing on the effective day, or take it back as if it never was."""
    with revision(actor_id=call.actor_id, source=OrgSource.API) as recorder:
        before = states(thing, [external_id])
        if external_id not in before:
            raise UnknownThing(external_id, call.effective_on)
        if not call.dry_run:
            condition.check(thing, external_id)
        with rehearsal(recorder, dry_run=call.dry_run):
            written = _end(thing, external_id, forget=forget, call=call)
            is_same = states(thing, [external_id]) == before
    kind = OutcomeKind.REFUSED if written.issues else OutcomeKind.SAME if is_same else OutcomeKind.CHANGED
    result = SyncResult((Outcome(0, external_id, kind),), written.issues, written=written.is_ok and not call.dry_run)
    return _done(result, recorder)


def write_batch(
    thing: Thing, rows: Sequence[Any], *, call: Call, expected: Mapping[int, int] | None = None, partial: bool = False
) -> Done:
    """Write many rows, all or none; with `partial` those without a fault.

    `expected` says of rows which revision their sender knows; who knows less than the organisation is refused.
    """
    with revision(actor_id=call.actor_id, source=OrgSource.API) as recorder:
        stale = _stale(thing, rows, expected or {})
        if stale and not partial:
            result = _refused(rows, stale)
        elif partial:
            result = _write_sound(thing, rows, stale, call, recorder)
        else:
            result = _write(thing, rows, call, recorder)
    return _done(result, recorder)


def _end(thing: Thing, external_id: str, *, forget: bool, call: Call) -> Written:
    if forget:
        return remove(thing, [external_id], actor_id=call.actor_id, source=OrgSource.API)
    return end(thing, external_id, on=call.effective_on, actor_id=call.actor_id, source=OrgSource.API)


def _write(thing: Thing, rows: Sequence[Any], call: Call, recorder: Recorder) -> SyncResult:
    with rehearsal(recorder, dry_run=call.dry_run):
        result = upsert(
            thing,
            rows,
            effective_on=call.effective_on,
            actor_id=call.actor_id,
            units_since=call.units_since,
            source=OrgSource.API,
        )
        if result.is_ok and call.source:
            named = {call.ids.get(row.external_id, row.external_id): row.external_id for row in rows}
            remember(call.source, thing, named)
    return replace(result, written=result.is_ok and not call.dry_run)


def _write_sound(
    thing: Thing, rows: Sequence[Any], faults: list[SyncIssue], call: Call, recorder: Recorder
) -> SyncResult:
    """Leave out what is refused, and again what is refused without it, until the rest can be written."""
    sound = [index for index in range(len(rows)) if index not in {fault.index for fault in faults}]
    while sound:
        result = _write(thing, [rows[index] for index in sound], call, recorder)
        if result.is_ok:
            kinds = {sound[one.index]: one.kind for one in result.outcomes}
            return SyncResult(
                tuple(
                    Outcome(index, row.external_id, kinds.get(index, OutcomeKind.REFUSED))
                    for index, row in enumerate(rows)
                ),
                tuple(sorted(faults)),
                written=result.written,
            )
        faults = faults + [replace(fault, index=sound[fault.index]) for fault in result.issues]
        refused = {fault.index for fault in faults}
        sound = [index for index in sound if index not in refused]
    return _refused(rows, faults)


def _stale(thing: Thing, rows: Sequence[Any], expected: Mapping[int, int]) -> list[SyncIssue]:
    known = last_revisions(thing, [rows[index].external_id for index in expected])
    message = _("It has been changed since revision %(known)s. Read it again.")
    return [
        SyncIssue(index, rows[index].external_id, "revision", "stale", message % {"known": number})
        for index, number in expected.items()
        if known.get(rows[index].external_id, 0) != number
    ]


def _refused(rows: Sequence[Any], faults: Sequence[SyncIssue]) -> SyncResult:
    outcomes = tuple(Outcome(index, row.external_id, OutcomeKind.REFUSED) for index, row in enumerate(rows))
    return SyncResult(outcomes, tuple(sorted(faults)))


def _done(result: SyncResult, recorder: Recorder) -> Done:
    return Done(result, recorder.written.number if recorder.written is not None and result.written else None)
