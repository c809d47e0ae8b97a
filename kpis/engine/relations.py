"""The tables a computation reads: immutable Parquet parts and small frames, seen through one Ibis backend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import ibis
import pyarrow as pa

from kpis.engine.bounds import Bounds, current_bounds
from kpis.engine.specs import ColumnType, TableSpec

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends import BaseBackend

Row = dict[str, object]

DTYPES: Mapping[ColumnType, str] = {
    ColumnType.STRING: "string",
    ColumnType.TEXT: "string",
    ColumnType.ENUM: "string",
    ColumnType.INTEGER: "int64",
    ColumnType.DECIMAL: "decimal(18, 4)",
    ColumnType.BOOLEAN: "boolean",
    ColumnType.DATE: "date",
    ColumnType.DATETIME: "timestamp",
}


class Relations:
    """Canonical tables by id. `table()` gives None for a table that was never loaded."""

    def __init__(
        self,
        backend: BaseBackend,
        tables: Mapping[str, ir.Table],
        *,
        embedded: duckdb.DuckDBPyConnection | None = None,
        specs: Mapping[str, TableSpec] | None = None,
    ) -> None:
        self.backend = backend
        self._tables = dict(tables)
        self._embedded = embedded
        self._specs = specs or {}
        self._compiled: dict[object, str] = {}
        self._frames: frozenset[str] = frozenset()
        # which days and periods a table has rows for: parts never change, so several periods ask once
        self.days: dict[str, list[date]] = {}
        self.texts: dict[tuple[str, str], list[str]] = {}

    def table(self, name: str) -> ir.Table | None:
        """Return the table, or None when nothing was ever loaded into it."""
        return self._tables.get(name)

    def rows(self, expr: ir.Table) -> list[Row]:
        """Run an expression and return its rows; decimals come back as Decimal, never as float."""
        rows: list[Row] = self.answer(expr).to_pylist()
        return rows

    def answer(self, expr: ir.Table) -> pa.Table:
        """Run an expression and return its columns."""
        bounds = current_bounds()
        if self._embedded is None:
            return self.backend.to_pyarrow(expr, params=dict(bounds.actual()) if bounds else None)
        return self._embedded.sql(self._sql(expr, bounds)).to_arrow_table()

    def _sql(self, expr: ir.Table, bounds: Bounds | None) -> str:
        """Return the query's text, compiled once for all periods that ask alike."""
        query = expr.op()
        compiled = self._compiled.get(query)
        if compiled is None:
            compiled = str(self.backend.compile(expr, params=dict(bounds.stand_ins()) if bounds else None))
            self._compiled[query] = compiled
        return compiled if bounds is None else bounds.written_into(compiled)

    def small(self, name: str, rows: pa.Table) -> ir.Table:
        """Return a small table of the computation's own under a name; the same name replaces what was there."""
        if self._embedded is None:
            return ibis.memtable(rows)
        self._embedded.register(f"small_{name}", rows)
        return self.backend.table(f"small_{name}")

    def replace_frames(self, frames: Mapping[str, pa.Table]) -> None:
        """Put other rows in the place of all frames: the organisation of another day. Embedded engine only."""
        if self._embedded is None:
            raise TypeError("frames are replaced on the embedded engine only")
        loader = _Loader(self._embedded, self.backend, self._specs, {})
        changed = self._frames | set(frames)
        self._tables = {name: table for name, table in self._tables.items() if name not in changed}
        self._tables |= {name: loader.from_frame(name, frame) for name, frame in frames.items()}
        self._frames = frozenset(frames)
        self.days = {table: days for table, days in self.days.items() if table not in changed}
        self.texts = {key: texts for key, texts in self.texts.items() if key[0] not in changed}

    def close(self) -> None:
        """Release the backend's memory and temporary files."""
        self.backend.disconnect()

    @classmethod
    def from_parquet(
        cls,
        parts: Mapping[str, Sequence[str | Path]],
        frames: Mapping[str, pa.Table] | None = None,
        *,
        tables: Mapping[str, TableSpec],
        dedupe: Mapping[str, Sequence[str]] | None = None,
        memory_limit: str = "1GB",
        threads: int = 2,
        temp_directory: str | Path | None = None,
    ) -> Relations:
        """Open Parquet parts and Arrow frames on an embedded DuckDB that lives in memory.

        Only columns of `tables` are seen; one that no part holds is null. `dedupe` names the natural key of the
        tables whose uploads overlap: per key the row with the highest (`_seq`, `_line`) counts, and is kept in a
        temporary table so that several queries do not repeat the work.
        """
        config: dict[str, str | int] = {"memory_limit": memory_limit, "threads": threads}
        if temp_directory is not None:
            config["temp_directory"] = str(temp_directory)
        raw = duckdb.connect(config=dict(config))
        # result order is never promised and row order costs memory on large aggregates
        raw.execute("SET preserve_insertion_order = false")
        backend = ibis.duckdb.from_connection(raw)
        loader = _Loader(raw, backend, tables, dict(dedupe or {}))
        found = {name: loader.from_parts(name, paths) for name, paths in parts.items() if paths}
        relations = cls(backend, found, embedded=raw, specs=tables)
        relations.replace_frames(frames or {})
        return relations


class _Loader:
    def __init__(
        self,
        raw: duckdb.DuckDBPyConnection,
        backend: BaseBackend,
        specs: Mapping[str, TableSpec],
        dedupe: Mapping[str, Sequence[str]],
    ) -> None:
        self.raw = raw
        self.backend = backend
        self.specs = specs
        self.dedupe = dedupe

    def from_parts(self, name: str, paths: Sequence[str | Path]) -> ir.Table:
        self.raw.read_parquet([str(path) for path in paths], union_by_name=True).create_view(f"part_{name}")
        table = self.backend.table(f"part_{name}")
        if name not in self.dedupe:
            return canonical(table, self.specs[name])
        newest = newest_per_key(table, self.dedupe[name])
        return self._kept(name, canonical(newest, self.specs[name]))

    def from_frame(self, name: str, frame: pa.Table) -> ir.Table:
        self.raw.register(f"frame_{name}", frame)
        return canonical(self.backend.table(f"frame_{name}"), self.specs[name])

    def _kept(self, name: str, table: ir.Table) -> ir.Table:
        self.raw.execute(f"CREATE TEMP TABLE kept_{name} AS {self.backend.compile(table)}")
        return self.backend.table(f"kept_{name}")


def newest_per_key(table: ir.Table, key: Sequence[str]) -> ir.Table:
    """Return one row per key: that of the newest upload, and in it the last line. Null key parts are equal."""
    newest = ibis.window(group_by=list(key), order_by=[table["_seq"].desc(), table["_line"].desc()])
    return table.mutate(_age=ibis.row_number().over(newest)).filter(ibis._["_age"] == 0).drop("_age")


def canonical(table: ir.Table, spec: TableSpec) -> ir.Table:
    """Return the table with exactly the columns and types of its definition. TypeError for a float column."""
    schema = table.schema()
    columns = {}
    for column in spec.columns:
        dtype = ibis.dtype(DTYPES[column.type])
        if column.name not in schema:
            columns[column.name] = ibis.null(dtype)
        elif schema[column.name].is_floating():
            raise TypeError(f"{spec.id}.{column.name} is a float; money and measures are decimals or integers")
        elif _same(schema[column.name], dtype):
            columns[column.name] = table[column.name]
        else:
            columns[column.name] = table[column.name].cast(dtype)
    return table.select(**columns)


def _same(found: ibis.expr.datatypes.DataType, wanted: ibis.expr.datatypes.DataType) -> bool:
    if found.is_timestamp() and wanted.is_timestamp():
        return getattr(found, "timezone", None) is None
    return bool(found.copy(nullable=True) == wanted.copy(nullable=True))
