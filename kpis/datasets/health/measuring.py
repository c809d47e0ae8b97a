"""Facts about one table's stored rows: current and replaced rows, filled cells, broken references, days. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from kpis.datasets.files.raw import LINE
from kpis.datasets.store.parts import MONTH_COLUMNS, SEQ
from kpis.datasets.store.reading import all_columns
from kpis.engine.specs import TableSpec

DAY_COLUMNS = {
    **MONTH_COLUMNS,
    "customers": "created_at",
    "external_metrics": "date",
    "training_records": "started_on",
}
PERIOD_COLUMNS = {"costs": "period"}
CHANNEL_COLUMNS = {"orders": "channel", "visits": "channel", "interactions": "channel", "content_stats": "channel"}
EXAMPLES = 5
SOURCE_SEQ, SOURCE = "_source_seq", "_source"  # no table has columns of these names


@dataclass(frozen=True, slots=True)
class Stored:
    """The rows of one table: its parts, or a frame of facts that live elsewhere.

    `systems` names the source of each upload by its place in the order; `overlaps` says that a key may occur twice.
    """

    spec: TableSpec
    paths: tuple[Path, ...] = ()
    frame: pa.Table | None = None
    systems: Mapping[int, str] = field(default_factory=dict)
    overlaps: bool = False


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """How many rows fill a column, and how many point to what is not there (None: not known)."""

    name: str
    filled: int
    orphans: int | None = None
    orphan_ids: int | None = None
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DayCount:
    """Current rows of one system and channel on one day; None where the table has no such column."""

    system: str
    channel: str | None
    day: date | None
    rows: int


@dataclass(frozen=True, slots=True)
class TableFacts:
    """What was measured of one table."""

    rows: int
    replaced: Mapping[str, int]
    columns: tuple[ColumnFacts, ...]
    days: tuple[DayCount, ...]


@contextmanager
def measuring_engine(*, memory_limit: str, threads: int, spill: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an engine in memory that spills to disk when a table is larger than its limit."""
    spill.mkdir(parents=True, exist_ok=True)
    config: dict[str, str | int | bool | float | list[str]] = {
        "memory_limit": memory_limit,
        "threads": threads,
        "temp_directory": str(spill),
    }
    with duckdb.connect(config=config) as engine:
        engine.execute("set preserve_insertion_order = false")
        yield engine


def open_stored(engine: duckdb.DuckDBPyConnection, stored: Stored) -> None:
    """Put the table's rows up as `seen` and the current ones as `current`, with the canonical columns."""
    for name in ("seen", "current"):
        engine.execute(f"drop view if exists {name}")
        engine.execute(f"drop table if exists {name}_kept")
    _see(engine, stored)
    engine.register("systems", _system_frame(stored.systems))
    if stored.overlaps and stored.paths:
        keys = ", ".join(f'"{name}"' for name in stored.spec.key)
        engine.execute(
            f"""
            create temp table current_kept as select * from seen
            qualify row_number() over (partition by {keys} order by {SEQ} desc, {LINE} desc) = 1
            """  # noqa: S608 - names are the catalogue's
        )
        engine.execute("create temp view current as select * from current_kept")
    else:
        engine.execute("create temp view current as select * from seen")


def _see(engine: duckdb.DuckDBPyConnection, stored: Stored) -> None:
    engine.unregister("stored_rows")  # a frame put up before is temporary and would hide the view below
    if stored.paths:
        engine.read_parquet([str(path) for path in stored.paths], union_by_name=True).create_view("stored_rows")
    else:
        engine.register("stored_rows", stored.frame)
    there = {str(row[0]) for row in engine.execute("describe stored_rows").fetchall()}
    engine.execute(f"create temp view seen as select {all_columns(stored.spec, there)} from stored_rows")  # noqa: S608 - the catalogue's names


def _system_frame(systems: Mapping[int, str]) -> pa.Table:
    return pa.table(
        {SOURCE_SEQ: pa.array(list(systems), pa.int64()), SOURCE: pa.array(list(systems.values()), pa.string())}
    )


def measure_table(engine: duckdb.DuckDBPyConnection, stored: Stored, *, targets: Mapping[str, Stored]) -> TableFacts:
    """Measure the table that `open_stored` has put up. `targets` holds the tables its references may point to."""
    spec = stored.spec
    counts = ", ".join(f'count("{column.name}")' for column in spec.columns)
    filled = _row(engine, f"select count(*), {counts} from current")  # noqa: S608 - names are the catalogue's
    columns = []
    for column, count in zip(spec.columns, filled[1:], strict=True):
        target, _, key = column.ref.partition(".")
        known = target == spec.id or target in targets
        broken = _orphans(engine, column.name, targets.get(target), key) if column.ref and known else (None, None, ())
        columns.append(ColumnFacts(column.name, count, *broken))
    return TableFacts(filled[0], _replaced(engine, stored), tuple(columns), _days(engine, spec))


def _orphans(
    engine: duckdb.DuckDBPyConnection, column: str, target: Stored | None, key: str
) -> tuple[int, int, tuple[str, ...]]:
    ids = f'select "{key}" as id from seen'  # noqa: S608 - a table that points to itself
    if target is not None and target.paths:
        engine.read_parquet([str(path) for path in target.paths], union_by_name=True).create_view(
            "target", replace=True
        )
        ids = f'select "{key}" as id from target'  # noqa: S608 - names are the catalogue's
    elif target is not None:
        engine.register("target_frame", target.frame)
        ids = f'select "{key}" as id from target_frame'  # noqa: S608 - names are the catalogue's
    missing = f"""
        select "{column}" as id, count(*) as rows from current
        where "{column}" is not null group by all
        having "{column}" not in (select id from ({ids}) where id is not null)
    """  # noqa: S608 - names are the catalogue's
    rows, many, examples = _row(
        engine,
        f"select coalesce(sum(rows), 0), count(*), (list(id order by rows desc, id))[:{EXAMPLES}] from ({missing})",  # noqa: S608 - as above
    )
    return int(rows), many, tuple(str(each) for each in examples or ())


def _replaced(engine: duckdb.DuckDBPyConnection, stored: Stored) -> dict[str, int]:
    if not stored.overlaps:
        return {}
    rows = engine.execute(
        f"""
        with every as (select {SEQ}, count(*) as rows from seen group by all),
             kept as (select {SEQ}, count(*) as rows from current group by all)
        select coalesce({SOURCE}, ''), sum(every.rows - coalesce(kept.rows, 0))
        from every left join kept using ({SEQ}) left join systems on {SOURCE_SEQ} = {SEQ} group by all
        """  # noqa: S608 - names are constants
    ).fetchall()
    return {str(system): int(many) for system, many in rows if many}


def _days(engine: duckdb.DuckDBPyConnection, spec: TableSpec) -> tuple[DayCount, ...]:
    day = f'cast("{DAY_COLUMNS[spec.id]}" as date)' if spec.id in DAY_COLUMNS else "cast(null as date)"
    if spec.id in PERIOD_COLUMNS:
        day = f"cast(try_strptime(\"{PERIOD_COLUMNS[spec.id]}\" || '-01', '%Y-%m-%d') as date)"
    channel = f'"{CHANNEL_COLUMNS[spec.id]}"' if spec.id in CHANNEL_COLUMNS else "cast(null as varchar)"
    rows = engine.execute(
        f"""
        select coalesce({SOURCE}, ''), {channel} as channel, {day} as day, count(*)
        from current left join systems on {SOURCE_SEQ} = {SEQ} group by all
        """  # noqa: S608 - names are the catalogue's
    ).fetchall()
    return tuple(DayCount(*row) for row in rows)


def _row(engine: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    (found,) = engine.execute(query).fetchall()
    return tuple(found)
