"""The current rows of one canonical table as a client reads them: pages of JSON, or a CSV that loads back unchanged."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb
from django.conf import settings

from kpis.datasets.files.raw import LINE
from kpis.datasets.health.measuring import Stored
from kpis.datasets.store.parts import SEQ
from kpis.datasets.store.reading import read_parts
from kpis.engine.explain import shown
from kpis.engine.specs import ColumnSpec, ColumnType, TableSpec
from kpis.queries.stored import stored_table
from omnichannel.core.csvtext import safe_cell
from roles.choices import PAY

EXPORT_BATCH = 20_000


@dataclass(frozen=True, slots=True)
class RowsPage:
    """Some rows by key, and whether more follow."""

    rows: Sequence[Mapping[str, Any]]
    more: bool


def shown_columns(table: TableSpec, *, with_pay: bool) -> list[str]:
    """Return the columns that a person may read and load again: none that are computed, pay only where it is theirs."""
    return [column.name for column in table.columns if not column.computed and (with_pay or column.name not in PAY)]


def rows_page(
    table: TableSpec, *, columns: Sequence[str], filters: Mapping[str, object], offset: int, limit: int
) -> RowsPage:
    """Return current rows in the order of the key. `filters`: column -> the value it must have, or a list of them."""
    rows = rows_read(table, columns=columns, filters=filters, offset=offset, limit=limit + 1)
    listed = [{name: _plain(value) for name, value in row.items()} for row in rows]
    return RowsPage(listed[:limit], more=len(listed) > limit)


def rows_read(
    table: TableSpec,
    *,
    columns: Sequence[str],
    filters: Mapping[str, object],
    limit: int,
    offset: int = 0,
    folded: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """Return current rows in the order of the key as Python holds them: dates, decimals.

    Filters are as for a page; those of `folded` take capital and small letters for the same.
    """
    stored = stored_table(table.id)
    if stored is None:
        return []
    with _current(stored, columns=columns) as (engine, query):
        alike = [f'lower("{name}") = lower(?)' for name in folded or {}]
        where = " and ".join([*(_equals(name, value) for name, value in filters.items()), *alike]) or "true"
        found = engine.sql(
            f"select * from ({query}) where {where} order by {_quoted(table.key)} limit ? offset ?",  # noqa: S608
            params=[*filters.values(), *(folded or {}).values(), limit, offset],
        )
        rows: list[dict[str, Any]] = found.to_arrow_table().to_pylist()
    return rows


def rows_counted(table: TableSpec, *, by: str, where: str, given: Sequence[object]) -> dict[Any, int]:
    """Count the current rows of a condition by the values of a column. `given` are the values of its marks."""
    stored = stored_table(table.id)
    if stored is None:
        return {}
    with _current(stored, columns=[column.name for column in table.columns]) as (engine, query):
        counted = f'select "{by}", count(*) from ({query}) where {where} group by all'  # noqa: S608
        return dict(engine.sql(counted, params=list(given)).fetchall())


def filter_value(column: ColumnSpec, text: str) -> object:
    """Read what a filter of this column asks for, written as `rows_page` shows it. ValueError for what it cannot hold.

    Moments are local time of the workspace and carry no zone.
    """
    if column.type in READERS:
        return READERS[column.type](text)
    if "\x00" in text or (column.type is ColumnType.ENUM and text not in column.enum):
        raise ValueError(text)
    return text


def _whole(text: str) -> int:
    if not WHOLE.fullmatch(text):
        raise ValueError(text)
    return int(text)


def _exact(text: str) -> Decimal:
    if not EXACT.fullmatch(text):
        raise ValueError(text)
    return Decimal(text)


def _yes_or_no(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        raise ValueError(text)
    return moment


WHOLE = re.compile(r"-?[0-9]{1,18}")
EXACT = re.compile(r"-?[0-9]{1,14}(\.[0-9]{1,4})?")
READERS: Mapping[ColumnType, Callable[[str], object]] = {
    ColumnType.INTEGER: _whole,
    ColumnType.DECIMAL: _exact,
    ColumnType.BOOLEAN: _yes_or_no,
    ColumnType.DATE: date.fromisoformat,
    ColumnType.DATETIME: _moment,
}


def _equals(name: str, value: object) -> str:
    if isinstance(value, list):
        return f'list_contains(?, cast("{name}" as varchar))'
    return f'cast("{name}" as varchar) = ?' if isinstance(value, str) else f'"{name}" = ?'


def csv_lines(table: TableSpec, *, columns: Sequence[str]) -> Iterator[bytes]:
    """Return all current rows as CSV, a bounded number at a time, UTF-8 with the mark that Excel needs.

    What is needed of the database is read now: a stream is sent after the workspace has been closed.
    """
    return _lines(stored_table(table.id), columns=columns)


def _lines(stored: Stored | None, *, columns: Sequence[str]) -> Iterator[bytes]:
    yield "\ufeff".encode() + _csv([columns])
    if stored is None:
        return
    with _current(stored, columns=columns) as (engine, query):
        ordered = engine.sql(f"select * from ({query}) order by {_quoted(stored.spec.key)}")  # noqa: S608
        reader = ordered.to_arrow_reader(EXPORT_BATCH)
        for batch in reader:
            yield _csv([_cell(row[name]) for name in columns] for row in batch.to_pylist())


@contextmanager
def _current(stored: Stored, *, columns: Sequence[str]) -> Iterator[tuple[duckdb.DuckDBPyConnection, str]]:
    """Open an engine over the table; yield it with the query of the current rows."""
    with duckdb.connect(config={"memory_limit": settings.ENGINE_MEMORY_LIMIT}) as engine:
        if stored.frame is not None:
            engine.register("stored", stored.frame)
        else:
            engine.register("stored", read_parts(engine, stored.paths, table=stored.spec))
        key = _quoted(stored.spec.key)
        newest = f"qualify row_number() over (partition by {key} order by {SEQ} desc, {LINE} desc) = 1"
        yield engine, f"select {_quoted(columns)} from stored {newest if stored.overlaps else ''}"  # noqa: S608


def _quoted(names: Collection[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _plain(value: object) -> object:
    """Return a value as JSON says it: decimals as text without needless zeros, moments without a zone."""
    if isinstance(value, Decimal):
        return shown(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return safe_cell(value) if isinstance(value, str) else str(_plain(value))


def _csv(rows: Any) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()
