"""The same definitions on other engines: an address such as `pyspark://local[2]` opens the parts there through Ibis.

Only what Ibis expresses runs here: no text of a dialect. `duckdb://` is the embedded engine of `relations.py`; of the
others the client library is installed by whoever runs them.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import pyarrow as pa
import pyarrow.dataset as ds

from kpis.engine.bounds import current_bounds
from kpis.engine.relations import Relations, canonical, newest_per_key
from kpis.engine.specs import TableSpec

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends import BaseBackend

Parts = Mapping[str, Sequence[str | Path]]
Frames = Mapping[str, pa.Table]
EMBEDDED_URL = "duckdb://"


def engine_name(url: str) -> str:
    """Return the part of an engine's address that says which one it is."""
    return url.partition("://")[0]


def open_remote(
    url: str,
    parts: Parts,
    frames: Frames | None = None,
    *,
    tables: Mapping[str, TableSpec],
    dedupe: Mapping[str, Sequence[str]] | None = None,
    memory_limit: str = "1GB",
) -> Relations:
    """Open the parts on the engine of an address, as `Relations.from_parquet` does on the embedded one.

    ValueError for an engine that is not known. Parts are read where they lie: the engine must reach the same paths.
    """
    kinds: Mapping[str, type[_Remote]] = {"datafusion": _DataFusion, "pyspark": _Spark}
    name = engine_name(url)
    if name not in kinds:
        raise ValueError(f"no engine for {url!r}: write duckdb://, {', '.join(f'{each}://' for each in kinds)}")
    opened = kinds[name].connect(url, tables=tables, memory_limit=memory_limit)
    opened.load(parts, dict(dedupe or {}))
    opened.replace_frames(frames or {})
    return opened


class _Remote(Relations):
    """Relations on a backend that is not this process's own DuckDB."""

    def __init__(self, backend: BaseBackend, tables: Mapping[str, TableSpec]) -> None:
        super().__init__(backend, {}, specs=tables)
        self._own_frames: frozenset[str] = frozenset()

    @classmethod
    @abstractmethod
    def connect(cls, url: str, *, tables: Mapping[str, TableSpec], memory_limit: str) -> _Remote:
        """Return relations without tables on the engine of the address."""

    @abstractmethod
    def read(self, name: str, paths: Sequence[str]) -> ir.Table:
        """Return the rows of Parquet files under a name; a column that only some hold is null in the others."""

    @abstractmethod
    def put(self, name: str, rows: pa.Table) -> ir.Table:
        """Return an Arrow table under a name; the same name replaces what was there."""

    def load(self, parts: Parts, dedupe: Mapping[str, Sequence[str]]) -> None:
        """Read the parts; of tables in `dedupe` only the newest row per key counts."""
        for name, paths in parts.items():
            if paths:
                table = self.read(f"part_{name}", [str(path) for path in paths])
                if name in dedupe:
                    table = newest_per_key(table, dedupe[name])
                self._tables[name] = canonical(table, self._specs[name])

    def replace_frames(self, frames: Frames) -> None:
        """Put other rows in the place of all frames: the organisation of another day."""
        changed = self._own_frames | set(frames)
        self._tables = {name: table for name, table in self._tables.items() if name not in changed}
        for name, rows in frames.items():
            self._tables[name] = canonical(self.put(f"frame_{name}", rows), self._specs[name])
        self._own_frames = frozenset(frames)
        self.days = {table: days for table, days in self.days.items() if table not in changed}
        self.texts = {key: texts for key, texts in self.texts.items() if key[0] not in changed}

    def small(self, name: str, rows: pa.Table) -> ir.Table:
        """Return a small table of the computation's own under a name."""
        return self.put(f"small_{name}", rows)


class _DataFusion(_Remote):
    """DataFusion in this process: a second engine that is a wheel, for comparing."""

    @classmethod
    def connect(cls, url: str, *, tables: Mapping[str, TableSpec], memory_limit: str) -> _DataFusion:
        """Open a session of its own; it keeps to no memory limit."""
        return cls(ibis.datafusion.connect(), tables)

    def read(self, name: str, paths: Sequence[str]) -> ir.Table:
        """Read the files as one dataset whose schema is that of all of them."""
        schema = pa.unify_schemas([ds.dataset(path).schema for path in paths])
        return self._registered(name, ds.dataset(list(paths), schema=schema))

    def put(self, name: str, rows: pa.Table) -> ir.Table:
        """Keep the rows in the session."""
        return self._registered(name, ds.dataset(rows))

    def _registered(self, name: str, rows: ds.Dataset) -> ir.Table:
        session = self.backend.con  # type: ignore[attr-defined] # Ibis' own create_table drops a table without a name
        session.deregister_table(name)
        session.register_dataset(name, rows)
        return self.backend.table(name)


class _Spark(_Remote):
    """Spark: `pyspark://local[2]` in this machine, `pyspark://spark://host:7077` on a cluster."""

    @classmethod
    def connect(cls, url: str, *, tables: Mapping[str, TableSpec], memory_limit: str) -> _Spark:
        """Open or join the session; errors are errors (ANSI) and times are those of the rows (UTC)."""
        from pyspark.sql import SparkSession

        master = url.partition("://")[2] or "local[*]"
        settings = {
            "spark.sql.ansi.enabled": "true",
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.shuffle.partitions": "4" if master.startswith("local") else "200",
            "spark.sql.execution.arrow.pyspark.enabled": "true",
            "spark.driver.memory": memory_limit.lower().removesuffix("b"),
            "spark.ui.enabled": "false",
            "spark.sql.adaptive.enabled": "true",
        }
        building = SparkSession.builder.master(master).appName("omnichannel")
        for name, value in settings.items():
            building = building.config(name, value)
        session = building.getOrCreate()
        session.sparkContext.setLogLevel("ERROR")
        return cls(ibis.pyspark.connect(session), tables)

    @property
    def _session(self) -> Any:
        return self.backend._session  # type: ignore[attr-defined]

    def read(self, name: str, paths: Sequence[str]) -> ir.Table:
        """Read the files with the columns of all of them."""
        self._session.read.option("mergeSchema", "true").parquet(*paths).createOrReplaceTempView(name)
        return self.backend.table(name)

    def put(self, name: str, rows: pa.Table) -> ir.Table:
        """Hand the rows over as Arrow."""
        self._session.createDataFrame(rows).createOrReplaceTempView(name)
        return self.backend.table(name)

    def answer(self, expr: ir.Table) -> pa.Table:
        """Run an expression; its columns come back as Arrow, because pandas would make floats of whole numbers."""
        bounds = current_bounds()
        params = dict(bounds.actual()) if bounds else None
        self.backend._run_pre_execute_hooks(expr)  # type: ignore[attr-defined] # in-memory tables of the expression
        return self._session.sql(self.backend.compile(expr, params=params)).toArrow()

    def close(self) -> None:
        """Leave the session to whoever opens relations next: a session is one per process."""
        self._session.catalog.clearCache()
