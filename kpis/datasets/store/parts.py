"""Checked rows into immutable Parquet parts, one per table and month, as they stream by."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kpis.datasets.checks.keys import Lines
from kpis.datasets.files.raw import LINE
from kpis.datasets.store.contacts import first_contact_lines
from kpis.datasets.threads import Behind
from kpis.engine.specs import TableSpec

# Event tables, which grow and are read by period, are split by month. The others are small or read as a whole.
MONTH_COLUMNS = {
    "orders": "paid_at",
    "order_touches": "touched_at",
    "contacts": "added_at",
    "interactions": "date",
    "service_daily": "date",
    "visits": "date",
    "ad_spend": "date",
    "content_stats": "date",
    "inventory": "date",
    "surveys": "date",
}
SEQ, SHEET = "_seq", "_sheet"
GROUP_ROWS = 131_072
# Rows that wait for their month to fill a row group; beyond it the fullest month is written as it is.
WAITING_ROWS = GROUP_ROWS


@dataclass(frozen=True, slots=True)
class Part:
    """One written file. `month` is `2024-06`, or empty for a table that is not split; days are of the month column.

    `raw_path` holds the original cells of all rows of the upload, by line; its parts share it.
    """

    table: str
    month: str
    path: Path
    raw_path: Path
    rows: int
    bytes: int
    sha256: str
    first_day: date | None
    last_day: date | None


@dataclass(slots=True)
class _Month:
    """What waits to be written of one month, and its file once there is one."""

    path: Path
    waiting: list[pa.Table] = field(default_factory=list)
    rows: int = 0
    writer: pq.ParquetWriter | None = None

    def add(self, rows: pa.Table) -> None:
        """Let rows wait."""
        self.waiting.append(rows)
        self.rows += rows.num_rows

    def first(self, many: int) -> pa.Table:
        """Take the first rows from those that wait."""
        rows = pa.concat_tables(self.waiting)
        rest = rows.slice(many)
        self.waiting, self.rows = ([rest] if rest.num_rows else []), rest.num_rows
        return rows.slice(0, many)


class PartWriter:
    """Writes good rows month by month while a file is checked. `upload_seq` orders uploads: the higher one is current.

    Every row keeps its sheet and line; its original cells stand beside. Nothing has its final name before `finish`.
    """

    def __init__(self, *, table: TableSpec, upload_seq: int, sheet: str, out_dir: Path) -> None:
        self._table, self._seq, self._sheet, self._out = table, upload_seq, sheet, out_dir
        self._months: dict[str, _Month] = {}
        self._raw = _Month(self._file("", ".raw.draft"))
        self._behind = Behind()
        out_dir.mkdir(parents=True, exist_ok=True)

    def take(self, values: pa.Table, originals: pa.Table) -> None:
        """Take typed rows with their line, and their original cells."""
        self._add(self._raw, originals)
        for month, rows in _months(values, self._table):
            self._add(self._months.setdefault(month, _Month(self._file(month, ".draft"))), rows)
        while sum(month.rows for month in self._months.values()) > WAITING_ROWS:
            fullest = max(self._months.items(), key=lambda item: (item[1].rows, item[0]))[1]
            self._write(fullest, fullest.rows)

    def finish(self, leave: Lines) -> tuple[Part, ...]:
        """Give the parts their names, without the rows of these lines (ascending)."""
        for month in (*self._months.values(), self._raw):
            self._write(month, month.rows)
        self._close()
        firsts = None
        drafts = [month.path for month in self._months.values()]
        if self._table.id == "contacts" and drafts:
            firsts = first_contact_lines(drafts, leave=leave, folder=self._out)
        parts = [self._part(name, leave=leave, firsts=firsts) for name in sorted(self._months)]
        if not any(parts):
            self._raw.path.unlink(missing_ok=True)
        elif self._raw.path.exists():
            _settle(self._raw.path, self._raw_file)
        return tuple(part for part in parts if part is not None)

    def discard(self) -> None:
        """Take back everything written so far."""
        self._close()
        for month in (*self._months.values(), self._raw):
            month.path.unlink(missing_ok=True)
        self._months = {}

    def _close(self) -> None:
        self._behind.finish()
        for month in (*self._months.values(), self._raw):
            if month.writer is not None:
                month.writer.close()

    @property
    def _raw_file(self) -> Path:
        return self._file("", ".raw.parquet")

    def _file(self, month: str, ending: str) -> Path:
        return self._out / ("-".join(filter(None, (self._table.id, month, f"{self._seq:08d}"))) + ending)

    def _add(self, month: _Month, rows: pa.Table) -> None:
        month.add(rows)
        while month.rows >= GROUP_ROWS:
            self._write(month, GROUP_ROWS)

    def _write(self, month: _Month, many: int) -> None:
        """Write the first waiting rows as one row group."""
        if not many:
            return
        chosen = month.first(many)
        if month is not self._raw:
            chosen = self._stored(chosen)
        self._behind.call(partial(_write_group, month, chosen))

    def _stored(self, rows: pa.Table) -> pa.Table:
        many = rows.num_rows
        seq = pa.repeat(pa.scalar(self._seq, pa.int64()), many)
        sheet = pa.repeat(pa.scalar(self._sheet, pa.string()), many)
        names = [column.name for column in self._table.columns]
        columns = [*(rows.column(name) for name in names), seq, sheet, rows.column(LINE)]
        return pa.Table.from_arrays(columns, names=[*names, SEQ, SHEET, LINE])

    def _part(self, name: str, *, leave: Lines, firsts: Lines | None) -> Part | None:
        draft = self._months[name].path
        if len(leave) or firsts is not None or _is_scattered(draft):
            _rewrite(draft, leave=leave, firsts=firsts)
        path = self._file(name, ".parquet")
        metadata = pq.read_metadata(draft)
        if not metadata.num_rows:
            draft.unlink()
            return None
        first, last = _days(metadata, self._table)
        digest = file_digest(draft)
        _settle(draft, path)
        size = path.stat().st_size
        return Part(self._table.id, name, path, self._raw_file, metadata.num_rows, size, digest, first, last)


def _months(rows: pa.Table, table: TableSpec) -> Iterator[tuple[str, pa.Table]]:
    """Yield the rows month by month, in their order; one sort tells them apart."""
    column = MONTH_COLUMNS.get(table.id)
    if column is None:
        yield "", rows
        return
    days = pc.cast(rows.column(column).combine_chunks(), pa.timestamp("us")).to_numpy(zero_copy_only=False)
    months = days.astype("datetime64[M]")
    if months[0] == months[-1] and (months == months[0]).all():
        yield str(months[0]), rows
        return
    if not (months[1:] >= months[:-1]).all():
        order = np.argsort(months, kind="stable")
        months, rows = months[order], rows.take(pa.array(order))
    starts = [0, *(np.flatnonzero(months[1:] != months[:-1]) + 1).tolist()]
    for start, end in zip(starts, [*starts[1:], len(months)], strict=True):
        yield str(months[start]), rows.slice(start, end - start)


def _write_group(month: _Month, rows: pa.Table) -> None:
    month.writer = month.writer or _writer(month.path, rows)
    month.writer.write_table(rows, row_group_size=GROUP_ROWS)


def _writer(path: Path, rows: pa.Table) -> pq.ParquetWriter:
    return pq.ParquetWriter(path, rows.schema, compression="zstd", compression_level=1, **_layout(rows))


def _layout(rows: pa.Table) -> Mapping[str, object]:
    """Return how the columns are written. A dictionary helps only where cells repeat; the first rows tell."""
    first = rows.slice(0, 10_000)
    repeated = [
        name
        for name in rows.column_names
        if name != LINE and pc.count_distinct(first.column(name)).as_py() <= 0.5 * first.num_rows
    ]
    # Original cells are looked up by line alone.
    measured = True if SEQ in rows.column_names else [LINE]
    return {"use_dictionary": repeated or False, "store_decimal_as_integer": True, "write_statistics": measured}


def _rewrite(path: Path, *, leave: Lines, firsts: Lines | None) -> None:
    """Write a draft again: without the rows of these lines, first contacts marked, in full row groups."""
    target = path.with_suffix(".again")
    with pq.ParquetFile(path) as file:
        month = _Month(target)
        for batch in file.iter_batches(GROUP_ROWS):
            rows = pa.Table.from_batches([batch])
            lines = rows.column(LINE).to_numpy()
            if firsts is not None:
                place = rows.schema.get_field_index("is_first")
                rows = rows.set_column(place, "is_first", pa.array(np.isin(lines, firsts)))
            month.add(rows.filter(pa.array(~np.isin(lines, leave))) if len(leave) else rows)
            while month.rows >= GROUP_ROWS:
                _write_group(month, month.first(GROUP_ROWS))
        if month.rows or month.writer is None:
            _write_group(month, month.first(month.rows) if month.waiting else file.schema_arrow.empty_table())
    if month.writer is not None:
        month.writer.close()
    target.replace(path)


def _is_scattered(draft: Path) -> bool:
    """Tell whether rows came in such an order that their row groups are small, which every reader pays for."""
    metadata = pq.read_metadata(draft)
    return bool(metadata.num_row_groups > 2 and metadata.num_rows < metadata.num_row_groups * GROUP_ROWS // 4)


def _settle(draft: Path, path: Path) -> None:
    """Rename a whole file: a part is there whole or not at all."""
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.replace(path)


def _days(metadata: pq.FileMetaData, table: TableSpec) -> tuple[date | None, date | None]:
    column = MONTH_COLUMNS.get(table.id)
    if column is None:
        return None, None
    place = metadata.schema.names.index(column)
    groups = [metadata.row_group(group).column(place).statistics for group in range(metadata.num_row_groups)]
    ends = min(one.min for one in groups), max(one.max for one in groups)
    first, last = (end.date() if isinstance(end, datetime) else end for end in ends)
    return first, last


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
