"""The tables a computation reads: immutable Parquet parts and small frames, seen through one Ibis backend."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import duckdb
import ibis
import numpy as np
import pyarrow as pa

from kpis.engine.bounds import Bounds, current_bounds
from kpis.engine.compiling import compiled, compiled_alone, named, numbers
from kpis.engine.specs import ColumnType, TableSpec

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends import BaseBackend

Row = dict[str, object]
# the hidden columns of a part that say where a row came from: the upload's place in the order, its sheet and line
SEQ, SHEET, LINE = "_seq", "_sheet", "_line"
PLACE: Mapping[str, str] = {SEQ: "int64", SHEET: "string", LINE: "int64"}

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


@ibis.udf.scalar.builtin(name="getvariable")  # type: ignore[untyped-decorator] # Ibis gives it no types
def _variable(called: str) -> str:
    """Return the value of a variable of the connection."""
    raise NotImplementedError(called)


class Made(NamedTuple):
    """A digest of a part, and the first day that a row of it is of; None where that is not known."""

    digest: str
    first_day: date | None


@dataclass(frozen=True, slots=True)
class States:
    """A folder for what is kept between computations, and what tells the content of each table's parts from others.

    `days` names the column that the first days of a table's parts are of.
    """

    folder: Path
    made: Mapping[str, Sequence[Made]]
    days: Mapping[str, str]


class Relations:
    """Canonical tables by id. `table()` gives None for a table that was never loaded."""

    def __init__(
        self,
        backend: BaseBackend,
        tables: Mapping[str, ir.Table],
        *,
        embedded: duckdb.DuckDBPyConnection | None = None,
        specs: Mapping[str, TableSpec] | None = None,
        provenance: bool = False,
    ) -> None:
        self.backend = backend
        self._provenance = provenance
        self._tables = dict(tables)
        self._embedded = embedded
        self._specs = specs or {}
        self._layouts: dict[str, object] = {}
        self._frames: frozenset[str] = frozenset()
        # opened when first asked for: few computations read all tables, and each takes a while to open
        self._closed: dict[str, Callable[[], ir.Table]] = {}
        # which days and periods a table has rows for: parts never change, so several periods ask once
        self.days: dict[str, list[date]] = {}
        self.texts: dict[tuple[str, str], list[str]] = {}
        # where measures may be kept between computations, and what tells the rows of each table from others
        self.states: Path | None = None
        self._parts: dict[str, Sequence[Made]] = {}
        self._made: dict[str, str] = {}
        self._days: Mapping[str, str] = {}
        self._memory_limit = ""
        # how many of this process a computation may use
        self.threads = 1
        self._shown: dict[str, pa.Table] = {}
        self._numbered: set[str] = set()
        self._numbered_as: dict[str, str] = {}

    @property
    def is_embedded(self) -> bool:
        """Tell whether the engine runs in this process, where arrays of all rows can be had."""
        return self._embedded is not None

    def table(self, name: str) -> ir.Table | None:
        """Return the table, or None when nothing was ever loaded into it. TypeError for one with a float column."""
        if name in self._closed:
            self._tables[name] = self._closed.pop(name)()
        return self._tables.get(name)

    def has(self, name: str) -> bool:
        """Tell whether anything was loaded into a table, without opening it."""
        return name in self._closed or name in self._tables

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
        """Return the query's text with the dates of the computation."""
        return compiled_alone(expr) if bounds is None else bounds.written_into(compiled(expr))

    def made_of(self, name: str, before: tuple[str, date] | None = None) -> str:
        """Return what tells the rows of a table from any others it has had or may get; empty for none.

        Given a column and a day: what tells those of a day before it in that column.
        """
        if before is not None and self.by_days(name, before[0]):
            return digest_of(
                repr([each for each, first in self._parts[name] if not first or first < before[1]]).encode()
            )
        if name not in self._made and name in self._shown:
            self._made[name] = digest_of(contents(self._shown[name]))
        return self._made.get(name, "")

    def by_days(self, name: str, column: str) -> bool:
        """Tell whether it is known which parts of a table may hold rows before a day in a column."""
        return name in self._parts and self._days.get(name) == column

    def begins_before(self, name: str, column: str, day: date) -> bool:
        """Tell whether some part of a table is known to hold rows before a day in a column."""
        return self.by_days(name, column) and any(first is not None and first < day for _, first in self._parts[name])

    def layout(self, name: str) -> object:
        """Return what tells whether a query compiled on other relations may be run here: names, columns and types."""
        self.table(name)
        return self._layouts.get(name)

    def compiled(self, expr: ir.Table) -> str:
        """Return the SQL of an expression, for `ask` on any relations of the same layout. Embedded engine only."""
        return compiled_alone(expr)

    def ask(self, sql: str) -> list[Row]:
        """Run compiled SQL. Embedded engine only."""
        if self._embedded is None:
            raise TypeError("compiled SQL is run on the embedded engine only")
        rows: list[Row] = self._embedded.sql(sql).to_arrow_table().to_pylist()
        return rows

    def grouped(self, rows: ir.Table, sums: Mapping[str, str], *, by: Sequence[str], sets: Sequence[str]) -> pa.Table:
        """Return aggregates (DuckDB's SQL, by name) by the columns `by`, and by these and each column of `sets`.

        One scan answers all of them. `_set` says which column a row is of: its place in `sets`, or how many there are
        for the rows that are by none. Embedded engine only.
        """
        if self._embedded is None:
            raise TypeError("grouping sets are asked of the embedded engine only")
        named = [f'"{name}"' for name in by]
        alone = [f'"{name}"' for name in sets]
        places = [f"WHEN GROUPING({name}) = 0 THEN {place}" for place, name in enumerate(alone)]
        which = f"CASE {' '.join(places)} ELSE {len(alone)} END" if places else "0"
        found = ", ".join([*named, *alone, f"{which} AS _set", *(f'{sql} AS "{name}"' for name, sql in sums.items())])
        groups = ", ".join(f"({', '.join(group)})" for group in [named, *([*named, name] for name in alone)])
        sql = f"SELECT {found} FROM ({self._sql(rows, current_bounds())}) GROUP BY GROUPING SETS ({groups})"  # noqa: S608
        return self._embedded.sql(sql).to_arrow_table()

    def small(self, name: str, rows: pa.Table) -> ir.Table:
        """Return a small table of the computation's own under a name; the same name replaces what was there."""
        if self._embedded is None:
            return ibis.memtable(rows)
        self._embedded.register(f"small_{name}", rows)
        return named(f"small_{name}", self.backend)

    def text(self, name: str, value: str) -> ir.StringScalar:
        """Return a text that stands in queries by its name, so that they are compiled once whatever it is.

        Embedded engine only. Queries see the text that the name was given last.
        """
        if self._embedded is None:
            raise TypeError("texts have names on the embedded engine only")
        self._embedded.execute(f"SET VARIABLE {name} = ?", [value])
        found: ir.StringScalar = _variable(name)
        return found

    def numbered(self, name: str, ids: ir.Table | None = None) -> ir.Table:
        """Return a table (`id`, `code`) that numbers texts under a name, with those of a column `id` added.

        Embedded engine only. A number never changes while the relations are open.
        """
        if self._embedded is None:
            raise TypeError("texts are numbered on the embedded engine only")
        table = f"number_{name}"
        if name not in self._numbered:
            self._embedded.execute(f"CREATE TEMP TABLE {table} (id VARCHAR, code INTEGER)")
            self._numbered.add(name)
        if ids is not None:
            (size,) = self._embedded.execute(f"SELECT count(*) FROM {table}").fetchall()[0]  # noqa: S608
            new = f"ANTI JOIN {table} USING (id)" if size else ""
            self._embedded.execute(
                f"""
                INSERT INTO {table} SELECT id, {size} + row_number() OVER () - 1
                FROM (SELECT DISTINCT id FROM ({self._sql(ids, current_bounds())}) WHERE id IS NOT NULL) AS found {new}
                """  # noqa: S608 - the names are the engine's own
            )
        return numbers(table)

    def renumber(self, name: str, numbers: pa.Table) -> None:
        """Put other numbers (`id`, `code`) in the place of those of a name. Embedded engine only."""
        if self._embedded is None:
            raise TypeError("texts are numbered on the embedded engine only")
        self._embedded.register("renumbered", numbers)
        self._embedded.execute(f"CREATE OR REPLACE TEMP TABLE number_{name} AS SELECT id, code FROM renumbered")  # noqa: S608
        self._embedded.unregister("renumbered")
        self._numbered.add(name)

    def numbered_as(self, name: str, ids: pa.Table, digest: str) -> bool:
        """Let the rows of `ids` be the first numbers of a name; tell whether that can be. Embedded engine only.

        `digest` tells these ids from others: those that have been taken are not compared again.
        """
        if self._numbered_as.get(name) == digest:
            return True
        held = self.answer(self.numbered(name).order_by("code").limit(ids.num_rows).select("id")).column("id")
        if not held.combine_chunks().equals(ids.column("id").slice(0, len(held)).combine_chunks()):
            return False
        if len(held) < ids.num_rows:
            self.renumber(name, ids.append_column("code", pa.array(np.arange(ids.num_rows, dtype=np.int32))))
        self._numbered_as[name] = digest
        return True

    def replace_frames(self, frames: Mapping[str, pa.Table]) -> None:
        """Put other rows in the place of all frames: the organisation of another day. Embedded engine only."""
        if self._embedded is None:
            raise TypeError("frames are replaced on the embedded engine only")
        loader = _Loader(self._embedded, self.backend, self._specs, {}, provenance=self._provenance)
        changed = self._frames | set(frames)
        self._tables = {name: table for name, table in self._tables.items() if name not in changed}
        self._tables |= {name: loader.from_frame(name, frame) for name, frame in frames.items()}
        self._closed = {name: opened for name, opened in self._closed.items() if name not in frames}
        self._layouts |= loader.layouts
        self._frames = frozenset(frames)
        self._shown = dict(frames)
        self._made = {name: text for name, text in self._made.items() if name not in changed}
        self._parts = {name: made for name, made in self._parts.items() if name not in changed}
        self.days = {table: days for table, days in self.days.items() if table not in changed}
        self.texts = {key: texts for key, texts in self.texts.items() if key[0] not in changed}

    def release(self) -> None:
        """Give memory back that the embedded engine holds on to for the next query."""
        if self._embedded is not None and self._memory_limit:
            # nothing else makes its allocator do so at once: after a large join it is some hundred megabytes
            self._embedded.execute("SET memory_limit = ?", [self._memory_limit])

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
        provenance: bool = False,
        states: States | None = None,
    ) -> Relations:
        """Open Parquet parts and Arrow frames on an embedded DuckDB that lives in memory.

        Only columns of `tables` are seen (and those of `PLACE` with `provenance`); one that no part holds is null.
        `dedupe` names the natural key of the tables whose uploads overlap: per key the row with the highest (`_seq`,
        `_line`) counts, and is kept in a temporary table so that several queries do not repeat the work.
        With `states` what measures come to is kept for the next computation.
        """
        config: dict[str, str | int] = {"memory_limit": memory_limit, "threads": threads}
        if temp_directory is not None:
            config["temp_directory"] = str(temp_directory)
        raw = duckdb.connect(config=dict(config))
        # result order is never promised and row order costs memory on large aggregates
        raw.execute("SET preserve_insertion_order = false")
        # parts never change: their footers are read once for all queries
        raw.execute("SET parquet_metadata_cache = true")
        backend = ibis.duckdb.from_connection(raw)
        loader = _Loader(raw, backend, tables, dict(dedupe or {}), provenance=provenance)
        relations = cls(backend, {}, embedded=raw, specs=tables, provenance=provenance)
        relations._closed = {name: partial(loader.from_parts, name, paths) for name, paths in parts.items() if paths}
        relations._layouts = loader.layouts
        relations._memory_limit, relations.threads = memory_limit, threads
        if states is not None:
            relations.states = states.folder
            relations._days = states.days
            relations._parts = {name: states.made[name] for name in parts if name not in (dedupe or {})}
            relations._made = {name: f"{_digest_of(states.made[name])} {(dedupe or {}).get(name)}" for name in parts}
        relations.replace_frames(frames or {})
        return relations


class _Loader:
    def __init__(
        self,
        raw: duckdb.DuckDBPyConnection,
        backend: BaseBackend,
        specs: Mapping[str, TableSpec],
        dedupe: Mapping[str, Sequence[str]],
        *,
        provenance: bool,
    ) -> None:
        self.provenance = provenance
        self.layouts: dict[str, object] = {}
        self.raw = raw
        self.backend = backend
        self.specs = specs
        self.dedupe = dedupe

    def from_parts(self, name: str, paths: Sequence[str | Path]) -> ir.Table:
        self.raw.read_parquet([str(path) for path in paths], union_by_name=True).create_view(f"part_{name}")
        table = named(f"part_{name}", self.backend)
        if name not in self.dedupe:
            return self._canonical(name, table)
        return self._kept(name, self._canonical(name, newest_per_key(table, self.dedupe[name])))

    def from_frame(self, name: str, frame: pa.Table) -> ir.Table:
        self.raw.register(f"frame_{name}", frame)
        return self._canonical(name, named(f"frame_{name}", self.backend))

    def _canonical(self, name: str, table: ir.Table) -> ir.Table:
        self.layouts[name] = name in self.dedupe, str(table.schema())
        return canonical(table, self.specs[name], more=PLACE if self.provenance else {})

    def _kept(self, name: str, table: ir.Table) -> ir.Table:
        self.raw.execute(f"CREATE TEMP TABLE kept_{name} AS {compiled(table)}")
        return named(f"kept_{name}", self.backend)


def digest_of(content: bytes) -> str:
    """Return a digest as text."""
    return blake2b(content, digest_size=16).hexdigest()


def _digest_of(parts: Iterable[Made]) -> str:
    return digest_of(repr([part.digest for part in parts]).encode())


def contents(table: pa.Table) -> bytes:
    """Return a small table as bytes."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    found: bytes = sink.getvalue().to_pybytes()
    return found


def newest_per_key(table: ir.Table, key: Sequence[str]) -> ir.Table:
    """Return one row per key: that of the newest upload, and in it the last line. Null key parts are equal."""
    newest = ibis.window(group_by=list(key), order_by=[table["_seq"].desc(), table["_line"].desc()])
    return table.mutate(_age=ibis.row_number().over(newest)).filter(ibis._["_age"] == 0).drop("_age")


def canonical(table: ir.Table, spec: TableSpec, *, more: Mapping[str, str] | None = None) -> ir.Table:
    """Return the table with exactly the columns and types of its definition, and the columns `more` with theirs.

    TypeError for a float column.
    """
    schema = table.schema()
    columns = {
        name: table[name] if name in schema else ibis.null(ibis.dtype(kind)) for name, kind in (more or {}).items()
    }
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
