"""What uploads changed in the facts of PostgreSQL: recorded at the load, taken back by a revert, done again."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import models, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from kpis.choices import UploadTurn
from kpis.models import FactChange, Review, Target, Upload
from kpis.queries.uploads import visible
from kpis.services.org_facts import COLUMNS, THINGS
from kpis.services.targets import REVIEW_KEY, TARGET_KEY
from omnichannel.core.periods import parse_period
from omnichannel.workspaces.scoping import current_workspace_id
from roles.choices import OrgSource
from roles.services import sync

Row = Mapping[str, Any]
State = sync.State
BATCH = 2000
KEPT = ("evidence", "edit_id")  # facts that are no decimals


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A fact that stands in the way of a revert or re-apply; `upload` is the one that changed it since, if one did."""

    key: str
    line: int | None
    message: str
    upload: int | None = None


def fact_key(table: str, row: Row) -> str:
    """Return the key of a row of a fact table as one text."""
    if column := COLUMNS.get(table, {}).get("external_id"):
        return str(row[column])
    if table == "role_assignments":
        return f"{row['employee_id']}/{row['role_id']}/{row['start_on']}"
    period = str(parse_period(row["period"]))
    if table == "targets":
        scope = "" if row["scope_kind"] == "company" else row["scope_id"] or ""
        return _joined((period, row["kpi_id"], row["scope_kind"], scope))
    return _joined((period, row["kpi_id"], row["subject_kind"], row["subject_id"], row["reviewer_id"]))


def _joined(parts: Sequence[Any]) -> str:
    return json.dumps([str(part) for part in parts], ensure_ascii=False)


def states(table: str, keys: Collection[str]) -> dict[str, State]:
    """Return what is stored of the facts now."""
    if table in THINGS:
        return sync.states(THINGS[table], keys)
    return _stored(*_SETS[table], keys=keys)


_SETS: Mapping[str, tuple[type[Target] | type[Review], Sequence[str], Sequence[str]]] = {
    "targets": (Target, TARGET_KEY, ("floor", "value", "stretch", "edit_id")),
    "reviews": (Review, REVIEW_KEY, ("score", "evidence")),
}


def _stored(
    model: type[Target] | type[Review], key: Sequence[str], facts: Sequence[str], *, keys: Collection[str]
) -> dict[str, State]:
    wanted = set(keys)
    found = {}
    rows = _near(model, keys).values_list(*key, *facts, "upload")
    for row in rows.iterator(chunk_size=BATCH):
        text = _joined(row[: len(key)])
        if text in wanted:
            values = (str(value) if isinstance(value, Decimal) else value for value in row[len(key) :])
            state = dict(zip((*facts, "upload"), values, strict=True))
            # only targets written by hand name their edit; states of files stay as they were recorded before edits were
            found[text] = {name: value for name, value in state.items() if name != "edit_id" or value is not None}
    return found


def _near(model: type[Target] | type[Review], keys: Collection[str]) -> models.QuerySet[Any]:
    """Return the rows of the keys' periods and KPIs, which are the first parts of every key."""
    places = [json.loads(each)[:2] for each in keys]
    return model.objects.filter(period__in={place[0] for place in places}, kpi__in={place[1] for place in places})


@contextmanager
def recording(upload_id: int, *, table: str, rows: Sequence[Row]) -> Iterator[None]:
    """Record in the caller's transaction what the block changes of the facts that the rows name."""
    lines = {fact_key(table, row): row for row in rows}
    before = states(table, lines.keys())
    yield
    after = states(table, lines.keys())
    FactChange.objects.bulk_create(
        [
            FactChange(
                workspace_id=current_workspace_id(),
                upload_id=upload_id,
                table_id=table,
                key=key,
                sheet=row.get("_sheet") or "",
                line=row.get("_line"),
                before=before.get(key),
                after=after.get(key),
            )
            for key, row in lines.items()
            if before.get(key) != after.get(key)
        ],
        batch_size=BATCH,
    )


def turn_facts(upload: Upload, *, turn: UploadTurn, actor_id: int | None) -> list[Obstacle]:
    """Take back what the upload changed, or do it again, in the caller's transaction.

    Every fact must be as the upload left it (or as it found it); with obstacles nothing is written.
    """
    changes = list(upload.fact_changes.all())
    if not changes:
        counted = upload.effect.get("new", 0) + upload.effect.get("changed", 0)
        text = _("It was loaded before its changes were kept, so they cannot be taken back.")
        return [Obstacle("", None, text)] if counted else []
    back = turn is UploadTurn.REVERT
    expected = {change.key: change.after if back else change.before for change in changes}
    wanted = {change.key: change.before if back else change.after for change in changes}
    lines = {change.key: change.line for change in changes}
    restore = _restore_organisation if upload.table_id in THINGS else _restore_set
    issues = restore(upload.table_id, expected, wanted, actor_id)
    since = _changed_by(upload, [issue.key for issue in issues if issue.changed])
    return [_obstacle(issue, line=lines.get(issue.key), upload=since.get(issue.key)) for issue in issues]


def _restore_organisation(
    table: str, expected: sync.States, wanted: sync.States, actor_id: int | None
) -> list[sync.StateIssue]:
    return sync.restore(THINGS[table], expected=expected, wanted=wanted, actor_id=actor_id, source=OrgSource.FILE)


def restore_targets(expected: sync.States, wanted: sync.States) -> list[sync.StateIssue]:
    """Write the targets as wanted; where one is not as expected nothing is written and each such is an issue."""
    return _restore_set("targets", expected, wanted, None)


@transaction.atomic
def _restore_set(table: str, expected: sync.States, wanted: sync.States, actor_id: int | None) -> list[sync.StateIssue]:
    now = states(table, wanted.keys())
    changed = [key for key in wanted if now.get(key) != expected.get(key)]
    if changed:
        return [sync.StateIssue(key, _("It has been changed since."), changed=True) for key in changed]
    model, names, _facts = _SETS[table]
    stored = {_joined(row[1:]): row[0] for row in _near(model, wanted.keys()).values_list("pk", *names)}
    model.objects.filter(pk__in=[stored[key] for key in wanted if key in stored]).delete()
    made = [_made(model, names, key, state) for key, state in wanted.items() if state is not None]
    rows: models.Manager[Any] = model.objects
    rows.bulk_create(made, batch_size=BATCH)
    return []


def _made(model: Callable[..., models.Model], names: Sequence[str], key: str, state: State) -> models.Model:
    facts = {name: value for name, value in state.items() if name != "upload"}
    place = dict(zip(names, json.loads(key), strict=True))
    return model(
        workspace_id=current_workspace_id(),
        upload_id=state["upload"],
        recorded_at=timezone.now(),
        **place,
        **{name: value if name in KEPT or value is None else Decimal(value) for name, value in facts.items()},
    )


def _changed_by(upload: Upload, keys: Sequence[str]) -> dict[str, int]:
    """Return for facts that are otherwise now the newest other upload that counts and changed them, if there is one."""
    others = FactChange.objects.filter(table_id=upload.table_id, key__in=keys).exclude(upload=upload)
    counting = others.filter(upload__in=Upload.objects.filter(visible()))
    return dict(counting.order_by().values_list("key").annotate(newest=Max("upload_id")))


def _obstacle(issue: sync.StateIssue, *, line: int | None, upload: int | None) -> Obstacle:
    message = issue.message
    if issue.changed and upload is not None:
        message = _("It has been changed since by upload #%(number)s.") % {"number": upload}
    elif issue.changed:
        message = _("It has been changed since, by hand or over the API.")
    return Obstacle(issue.key, line, message, upload)
