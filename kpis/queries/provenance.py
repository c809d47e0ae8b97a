"""Where a stored row comes from: every upload that brought it, with file, sheet, line and cells."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from django.conf import settings

from kpis.datasets.checks.scratch import quoted
from kpis.datasets.files.raw import LINE
from kpis.datasets.meaning.mapping import ColumnMapping
from kpis.datasets.store.parts import MONTH_COLUMNS, SEQ, SHEET
from kpis.engine.specs import ColumnSpec, ColumnType, TableSpec
from kpis.models import Part, Upload, UploadSpan
from kpis.queries.current_rows import shown_columns
from omnichannel.core.periods import Period, month_of
from roles.choices import PAY

MOST_KEYS = 50
MOST_VERSIONS = 100
TEXTS = (ColumnType.STRING, ColumnType.TEXT, ColumnType.ENUM)


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs from what counted before."""

    column: ColumnSpec
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class RowVersion:
    """The row as one upload brought it. `cells` are the original ones, as far as they may be shown.

    `counts`: the upload counts; `is_current`: this version is the one that figures read. `changes` compares with the
    version that counts before this one; without `follows` there is none.
    """

    upload: Upload
    spans: tuple[UploadSpan, ...]
    sheet: str
    line: int
    values: Mapping[str, object]
    cells: Mapping[str, str]
    changes: tuple[Change, ...]
    follows: bool
    counts: bool
    is_current: bool


@dataclass(frozen=True, slots=True)
class RowHistory:
    """Everything known of one row, earliest upload first. `more`: there are older versions than are listed.

    `month` is the one the row belongs to, where it has a day of its own.
    """

    table: TableSpec
    key: Mapping[str, str]
    versions: tuple[RowVersion, ...]
    more: bool
    month: Period | None

    @property
    def current(self) -> RowVersion | None:
        """Return the version that figures read; None while no upload with the row counts."""
        return next((version for version in self.versions if version.is_current), None)


def find_keys(table: TableSpec, text: str) -> list[dict[str, str]]:
    """Return the keys of rows, loaded at any time, one of whose key columns is the text; at most MOST_KEYS."""
    paths = _paths(table)
    if not paths or not text:
        return []
    keys = ", ".join(f"{_shown(table.column(name))} as {quoted(name)}" for name in table.key)
    where = " or ".join(_is(table.column(name)) for name in table.key)
    rows = _rows(
        paths,
        f"select distinct {keys} from seen where {where} order by all limit {MOST_KEYS}",  # noqa: S608
        [text] * len(table.key),
    )
    return [{name: row[name] or "" for name in table.key} for row in rows]


def row_history(table: TableSpec, key: Mapping[str, str], *, with_pay: bool) -> RowHistory | None:
    """Return where a row comes from; None when no upload ever brought it. `key` names every column of the key."""
    paths = _paths(table)
    if not paths:
        return None
    where = " and ".join(
        f"({_is(table.column(name))}{'' if key[name] else f' or {quoted(name)} is null'})" for name in table.key
    )
    found = _rows(
        paths,
        f"select * from seen where {where} order by {SEQ} desc, {LINE} desc limit {MOST_VERSIONS + 1}",  # noqa: S608
        [key[name] for name in table.key],
    )
    if not found:
        return None
    versions = _versions(table, list(reversed(found[:MOST_VERSIONS])), with_pay=with_pay)
    newest = next((version for version in versions if version.is_current), versions[-1])
    return RowHistory(table, dict(key), tuple(versions), len(found) > MOST_VERSIONS, _month(table, newest.values))


def fact_lines(table: TableSpec, facts: Collection[tuple[object, ...]]) -> dict[tuple[object, ...], tuple[str, int]]:
    """Return the sheet and line of facts, each the upload's place in the order and the key, as the upload brought it.

    For facts that are kept elsewhere than in their parts.
    """
    paths = _paths(table) if facts else []
    if not paths:
        return {}
    names = [SEQ, *table.key]
    columns = ", ".join(map(quoted, names))
    same = " and ".join(f"wanted.{quoted(name)} is not distinct from seen.{quoted(name)}" for name in names)
    rows = _rows(
        paths,
        f"select {columns}, {SHEET}, {LINE} from seen semi join wanted on {same} order by {LINE}",  # noqa: S608
        [],
        wanted=pa.table(dict(zip(names, map(list, zip(*facts, strict=True)), strict=True))),
    )
    return {tuple(row[name] for name in names): (row[SHEET] or "", row[LINE]) for row in rows}


def _paths(table: TableSpec) -> list[str]:
    """Return the parts of all uploads that ever counted."""
    root: Path = settings.DATA_ROOT
    rows = Part.objects.filter(table_id=table.id).order_by("id").values_list("path", flat=True)
    return [str(root / path) for path in rows if (root / path).exists()]


def _rows(paths: Collection[str], query: str, arguments: Sequence[object], **beside: pa.Table) -> list[dict[str, Any]]:
    with duckdb.connect(config={"memory_limit": settings.ENGINE_MEMORY_LIMIT, "threads": 2}) as engine:
        engine.read_parquet(list(paths), union_by_name=True).create_view("seen")
        for name, rows_there in beside.items():
            engine.register(name, rows_there)
        rows: list[dict[str, Any]] = engine.sql(query, params=list(arguments)).to_arrow_table().to_pylist()
        return rows


def _shown(column: ColumnSpec) -> str:
    name = quoted(column.name)
    return name if column.type in TEXTS else f"cast({name} as varchar)"


def _is(column: ColumnSpec) -> str:
    return f"{_shown(column)} = ?"


def _versions(table: TableSpec, rows: Sequence[Mapping[str, Any]], *, with_pay: bool) -> list[RowVersion]:
    uploads = {
        upload.seq: upload
        for upload in Upload.objects.filter(parts__table_id=table.id, seq__in={row[SEQ] for row in rows})
        .select_related("created_by", "workspace")
        .prefetch_related("spans__started_by", "spans__ended_by", "parts")
        .distinct()
    }
    counting = [row for row in rows if row[SEQ] in uploads and uploads[row[SEQ]].visible_from is not None]
    current = counting[-1] if counting else None
    columns = [table.column(name) for name in shown_columns(table, with_pay=with_pay)]
    before: Mapping[str, Any] | None = None
    versions = []
    for row in rows:
        upload = uploads.get(row[SEQ])
        if upload is None:
            continue
        changes = _changes(columns, before, row) if before is not None else ()
        versions.append(
            RowVersion(
                upload=upload,
                spans=tuple(upload.spans.all()),
                sheet=row[SHEET] or "",
                line=row[LINE],
                values={column.name: row.get(column.name) for column in columns},
                cells=original_cells(upload, row[LINE], with_pay=with_pay),
                changes=changes,
                follows=before is not None,
                counts=upload.visible_from is not None,
                is_current=row is current,
            )
        )
        before = row if upload.visible_from is not None else before
    return versions


def _changes(columns: Sequence[ColumnSpec], before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    return tuple(
        Change(column, before.get(column.name), after.get(column.name))
        for column in columns
        if before.get(column.name) != after.get(column.name)
    )


def original_cells(upload: Upload, line: int, *, with_pay: bool) -> dict[str, str]:
    """Return the cells of the line as they came; those of pay only where it may be seen."""
    found = {settings.DATA_ROOT / part.raw_path for part in upload.parts.all() if part.raw_path}
    raw = sorted(str(path) for path in found if path.exists())
    if not raw:
        return {}
    with duckdb.connect(config={"memory_limit": settings.ENGINE_MEMORY_LIMIT, "threads": 1}) as engine:
        rows = engine.read_parquet(raw).filter(f"{LINE} = {int(line)}").limit(1).to_arrow_table().to_pylist()
    hidden = set() if with_pay or not upload.mapping else _pay_columns(upload)
    return {name: cell or "" for row in rows for name, cell in row.items() if name != LINE and name not in hidden}


def _pay_columns(upload: Upload) -> set[str]:
    fields = ColumnMapping.from_json(upload.mapping).fields
    return {column for name in PAY if name in fields for column in fields[name].columns}


def _month(table: TableSpec, values: Mapping[str, object]) -> Period | None:
    """Return the month a row belongs to; None for what has no day of its own."""
    moment = values.get(MONTH_COLUMNS.get(table.id, ""))
    day = moment.date() if isinstance(moment, datetime) else moment
    return month_of(day) if isinstance(day, date) else None


@dataclass(frozen=True, slots=True)
class UploadEvent:
    """Something that happened to an upload: received, loaded, reverted, applied again."""

    kind: str
    at: datetime
    by: str
    rows: int | None = None


def upload_events(upload: Upload) -> list[UploadEvent]:
    """Return what happened to an upload, earliest first."""
    events = [UploadEvent("received", upload.created_at, str(upload.created_by or ""))]
    for number, span in enumerate(upload.spans.select_related("started_by", "ended_by").order_by("began")):
        kind = "reapplied" if number else "loaded"
        events.append(UploadEvent(kind, span.starts_at, str(span.started_by or ""), span.rows_added))
        if span.ends_at is not None:
            events.append(UploadEvent("reverted", span.ends_at, str(span.ended_by or ""), span.rows_removed))
    return events
