"""Checked rows into immutable Parquet parts, one per table and month, and what a new part would change."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kpis.datasets.checking import Checked
from kpis.datasets.contacts import first_contacts
from kpis.datasets.raw import LINE
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


@dataclass(frozen=True, slots=True)
class Part:
    """One written file. `month` is `2024-06`, or empty for a table that is not split; days are of the month column."""

    table: str
    month: str
    path: Path
    raw_path: Path
    rows: int
    bytes: int
    sha256: str
    first_day: date | None
    last_day: date | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What loading would do to the current table, in rows."""

    new: int
    changed: int
    same: int


def write_parts(checked: Checked, *, table: TableSpec, upload_seq: int, out_dir: Path) -> tuple[Part, ...]:
    """Write the good rows. `upload_seq` orders uploads: of two rows with one key the higher one is current.

    Every row keeps its sheet and line; its original cells stand beside in `<part>.raw.parquet`.
    """
    rows = first_contacts(checked.rows) if table.id == "contacts" else checked.rows
    many = rows.num_rows
    rows = rows.append_column(SEQ, pa.repeat(pa.scalar(upload_seq, pa.int64()), many))
    rows = rows.append_column(SHEET, pa.repeat(pa.scalar(checked.sheet, pa.string()), many))
    names = [column.name for column in table.columns]
    rows = rows.select([*names, SEQ, SHEET, LINE])
    out_dir.mkdir(parents=True, exist_ok=True)
    return tuple(
        _write(month, chosen, checked, table=table, seq=upload_seq, out=out_dir)
        for month, chosen in _months(rows, table)
    )


def _months(rows: pa.Table, table: TableSpec) -> Iterator[tuple[str, pa.Table]]:
    column = MONTH_COLUMNS.get(table.id)
    if not rows.num_rows:
        return
    if column is None:
        yield "", rows
        return
    times = rows.column(column)
    months = pc.add(pc.multiply(pc.year(times), 12), pc.subtract(pc.month(times), 1))
    for index in sorted(months.unique().to_pylist()):
        yield f"{index // 12}-{index % 12 + 1:02d}", rows.filter(pc.equal(months, index))


def _write(month: str, rows: pa.Table, checked: Checked, *, table: TableSpec, seq: int, out: Path) -> Part:
    stem = "-".join(filter(None, (table.id, month, f"{seq:08d}")))
    path, raw_path = out / f"{stem}.parquet", out / f"{stem}.raw.parquet"
    originals = checked.raw_rows
    if originals.num_rows != rows.num_rows:
        originals = originals.filter(pc.is_in(originals.column(LINE), value_set=rows.column(LINE).combine_chunks()))
    _store(originals, raw_path)
    _store(rows, path)
    first, last = _days(rows, table)
    return Part(table.id, month, path, raw_path, rows.num_rows, path.stat().st_size, file_digest(path), first, last)


def _store(rows: pa.Table, path: Path) -> None:
    """Write under a temporary name and rename: a part is there whole or not at all."""
    draft = path.with_suffix(".draft")
    pq.write_table(rows, draft, compression="zstd", row_group_size=131_072)
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.replace(path)


def _days(rows: pa.Table, table: TableSpec) -> tuple[date | None, date | None]:
    column = MONTH_COLUMNS.get(table.id)
    if column is None:
        return None, None
    ends = pc.min_max(rows.column(column)).as_py()
    first, last = (end.date() if isinstance(end, datetime) else end for end in (ends["min"], ends["max"]))
    return first, last


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def overlap_counts(new: Sequence[Path], existing: Sequence[Path], *, table: TableSpec) -> Effect:
    """Compare new parts with the rows that are current now: by key new, changed, or the same in every column."""
    total = sum(pq.read_metadata(path).num_rows for path in new)
    if not total or not existing:
        return Effect(total, 0, 0)
    with duckdb.connect() as engine:
        engine.register("fresh", engine.read_parquet([str(path) for path in new]))
        engine.register("stored", engine.read_parquet([str(path) for path in existing]))
        keys = ", ".join(f'"{name}"' for name in table.key)
        match = " and ".join(f'fresh."{name}" is not distinct from current."{name}"' for name in table.key)
        compared = [column.name for column in table.columns if not column.computed and column.name not in table.key]
        same = " and ".join(f'fresh."{name}" is not distinct from current."{name}"' for name in compared) or "true"
        counts = engine.execute(
            f"""
            with current as (
                select *, true as there from stored
                semi join (select distinct {keys} from fresh) as wanted
                  on {" and ".join(f'stored."{name}" is not distinct from wanted."{name}"' for name in table.key)}
                qualify row_number() over (partition by {keys} order by {SEQ} desc, {LINE} desc) = 1
            )
            select count(*) filter (where there is null),
                   count(*) filter (where there and not ({same})),
                   count(*) filter (where there and ({same}))
            from fresh left join current on {match}
            """  # noqa: S608 - names come from the catalogue, never from a file
        ).fetchone()
    return Effect(*counts) if counts else Effect(total, 0, 0)
