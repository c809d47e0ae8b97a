"""Targets written by hand or over the API: all faults at once, nothing lost, one save can be undone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from django.db import transaction
from django.utils import timezone

from kpis.choices import ComputationKind, TargetOrigin
from kpis.errors import UndoRefused
from kpis.models import Target, TargetChange, TargetEdit
from kpis.queries.targets import TargetKey, key_parts, target_key
from kpis.queries.values import stored_periods
from kpis.services.fact_changes import State, restore_targets, states
from kpis.services.target_checks import Bound, TargetInput, TargetIssue, check_targets
from kpis.services.targets import TARGET_KEY
from kpis.services.values import request_computation
from omnichannel.core.periods import Period, parse_period
from omnichannel.jobs.choices import JobOrigin
from omnichannel.workspaces.scoping import current_workspace_id, lock_in_workspace

BATCH = 2000
TARGETS_LOCK = 0x0F20  # first key of the advisory lock of everybody who writes targets by hand
EXACT = Decimal("0.0001")


class RowStatus(StrEnum):
    """What became of one row."""

    CREATED = "created"
    CHANGED = "changed"
    REMOVED = "removed"
    SAME = "same"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Edited:
    """What a save did, or would do. With issues nothing was written. `statuses` are in the order of the rows."""

    statuses: tuple[RowStatus, ...]
    issues: tuple[TargetIssue, ...] = ()
    edit: TargetEdit | None = None

    def count(self, status: RowStatus) -> int:
        """How many rows have the status."""
        return self.statuses.count(status)

    @property
    def touched(self) -> int:
        """How many targets are not as they were."""
        return sum(status in (RowStatus.CREATED, RowStatus.CHANGED, RowStatus.REMOVED) for status in self.statuses)


@transaction.atomic
def edit_targets(
    rows: Sequence[TargetInput],
    *,
    origin: TargetOrigin,
    actor_id: int | None,
    note: str = "",
    bound: Bound | None = None,
    seen_at: datetime | None = None,
    told_at: Mapping[TargetKey, datetime] | None = None,
    dry_run: bool = False,
) -> Edited:
    """Save targets, all or none, and queue the grading of the months they touch.

    A row without a value removes the target. `bound` is what the caller may set; `seen_at` when they looked: what
    somebody else has written since is not overwritten but told. `told_at` says when the caller was told of a target.
    """
    _lock()
    issues = check_targets(rows, bound=bound or Bound(), seen_at=seen_at, told_at=told_at)
    if issues:
        wrong = {issue.index for issue in issues}
        return Edited(tuple(RowStatus.FAILED if at in wrong else RowStatus.SAME for at in range(len(rows))), issues)
    keys = [target_key(row.key) for row in rows]
    before = states("targets", set(keys))
    statuses = tuple(_status(row, before.get(key)) for row, key in zip(rows, keys, strict=True))
    touched = [
        (row, key) for row, key, status in zip(rows, keys, statuses, strict=True) if status is not RowStatus.SAME
    ]
    if dry_run or not touched:
        return Edited(statuses)
    edit = _open_edit(origin, statuses=statuses, note=note, actor_id=actor_id)
    _write([row for row, _key in touched], edit=edit)
    _record(edit, [key for _row, key in touched], before=before)
    regrade_later({row.period for row, _key in touched}, actor_id=actor_id)
    return Edited(statuses, edit=edit)


@transaction.atomic
def undo_edit(edit: TargetEdit, *, actor_id: int | None) -> TargetEdit:
    """Put every target of an edit back to what it was before. UndoRefused when one has been changed since.

    An undone edit can be had again by undoing the undo.
    """
    _lock()
    changes = list(edit.changes.all())
    if edit.undone_by.exists():
        raise UndoRefused([change.key for change in changes])
    wanted: dict[str, State | None] = {change.key: change.before for change in changes}
    expected: dict[str, State | None] = {change.key: change.after for change in changes}
    refused = restore_targets(expected, wanted)
    if refused:
        raise UndoRefused([issue.key for issue in refused])
    undo = TargetEdit.objects.create(
        origin=TargetOrigin.UNDO,
        undoes=edit,
        created=edit.removed,
        changed=edit.changed,
        removed=edit.created,
        created_by_id=actor_id,
    )
    _insert_changes(undo, {key: (expected[key], state) for key, state in wanted.items()})
    regrade_later({key_parts(change.key)[0] for change in changes}, actor_id=actor_id)
    return undo


def regrade_later(periods: Collection[str], *, actor_id: int | None) -> None:
    """Queue the grading of those of the periods that have figures."""
    asked = {parse_period(period) for period in periods}
    touched: list[Period] = [period for period in stored_periods() if period in asked]
    if touched:
        request_computation(
            touched,
            actor_id=actor_id,
            origin=JobOrigin.WEB,
            recent_only=True,
            mode=ComputationKind.GRADES,
            join=True,
        )


def _lock() -> None:
    lock_in_workspace(TARGETS_LOCK)


def _status(row: TargetInput, before: State | None) -> RowStatus:
    if row.value is None:
        return RowStatus.SAME if before is None else RowStatus.REMOVED
    if before is None:
        return RowStatus.CREATED
    stored = tuple(
        None if before[name] is None else Decimal(str(before[name])) for name in ("floor", "value", "stretch")
    )
    return RowStatus.SAME if stored == (row.floor, row.value, row.stretch) else RowStatus.CHANGED


def _open_edit(origin: TargetOrigin, *, statuses: Sequence[RowStatus], note: str, actor_id: int | None) -> TargetEdit:
    return TargetEdit.objects.create(
        origin=origin,
        note=note[:400],
        created=statuses.count(RowStatus.CREATED),
        changed=statuses.count(RowStatus.CHANGED),
        removed=statuses.count(RowStatus.REMOVED),
        created_by_id=actor_id,
    )


def _write(rows: Sequence[TargetInput], *, edit: TargetEdit) -> None:
    now = timezone.now()
    gone = [row for row in rows if row.value is None]
    for row in gone:
        Target.objects.filter(**dict(zip(TARGET_KEY, row.key, strict=True))).delete()
    fresh = [
        Target(
            workspace_id=current_workspace_id(),
            edit=edit,
            recorded_at=now,
            floor=None if row.floor is None else row.floor.quantize(EXACT),
            value=row.value.quantize(EXACT),
            stretch=None if row.stretch is None else row.stretch.quantize(EXACT),
            **dict(zip(TARGET_KEY, row.key, strict=True)),
        )
        for row in rows
        if row.value is not None
    ]
    Target.objects.bulk_create(
        fresh,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["workspace", *TARGET_KEY],
        update_fields=["floor", "value", "stretch", "upload", "edit", "recorded_at"],
    )


def _record(edit: TargetEdit, keys: Sequence[str], *, before: Mapping[str, State]) -> None:
    after = states("targets", set(keys))
    _insert_changes(edit, {key: (before.get(key), after.get(key)) for key in keys})


def _insert_changes(edit: TargetEdit, changes: Mapping[str, tuple[State | None, State | None]]) -> None:
    TargetChange.objects.bulk_create(
        [
            TargetChange(workspace_id=current_workspace_id(), edit=edit, key=key, before=before, after=after)
            for key, (before, after) in changes.items()
        ],
        batch_size=BATCH,
    )
