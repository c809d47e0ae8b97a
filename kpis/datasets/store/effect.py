"""What loading new parts would do to the current table: rows, months and units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from kpis.datasets.checks.scratch import quoted, scratch
from kpis.datasets.files.raw import LINE
from kpis.datasets.store.parts import MONTH_COLUMNS, SEQ
from kpis.datasets.store.reading import read_parts
from kpis.engine.specs import TableSpec

SHOWN_UNITS = 200
NEW, CHANGED, SAME = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Effect:
    """What loading would do to the current table, in rows. `ignored` rows of the file are not loaded."""

    new: int
    changed: int
    same: int
    ignored: int = 0


@dataclass(frozen=True, slots=True)
class Touched:
    """What new and changed rows move: months (those the changed rows leave included) and units.

    `units` are the first ids in their order, `unit_count` is how many there are; a row without a unit counts to none.
    """

    months: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    unit_count: int = 0


def effect_of(
    new: Sequence[Path], existing: Sequence[Path], *, table: TableSpec, work: Path | None = None, ignored: int = 0
) -> tuple[Effect, Touched]:
    """Compare new parts with the rows that are current now: by key new, changed, or the same in every column."""
    total = sum(pq.read_metadata(path).num_rows for path in new)
    if not total:
        return Effect(0, 0, 0, ignored), Touched()
    with scratch(work) as engine:
        engine.register("fresh", read_parts(engine, new, table=table))
        if not existing:
            return Effect(total, 0, 0, ignored), _touched(engine, table, compared=False)
        engine.register("stored", read_parts(engine, existing, table=table))
        engine.execute(f"create temp table compared as {_comparison(table)}")
        counts = dict(engine.sql("select what, count(*) from compared group by what").fetchall())
        effect = Effect(counts.get(NEW, 0), counts.get(CHANGED, 0), counts.get(SAME, 0), ignored)
        return effect, _touched(engine, table, compared=True)


def _alike(one: str, other: str, names: Sequence[str]) -> str:
    pairs = (f"{one}.{quoted(name)} is not distinct from {other}.{quoted(name)}" for name in names)
    return " and ".join(pairs) or "true"


def _comparison(table: TableSpec) -> str:
    """Return the SQL of one row per new row: what it does, and the month and unit of both sides."""
    keys = ", ".join(map(quoted, table.key))
    compared = [column.name for column in table.columns if not column.computed and column.name not in table.key]
    where = ", ".join(
        f"{side}.{quoted(column)} as {side}_{name}"
        for name, column in (("time", MONTH_COLUMNS.get(table.id)), ("unit", unit_column(table)))
        if column
        for side in ("fresh", "current")
    )
    return f"""
        with current as (
            select *, true as there from stored
            semi join (select distinct {keys} from fresh) as wanted on {_alike("stored", "wanted", table.key)}
            qualify row_number() over (partition by {keys} order by {SEQ} desc, {LINE} desc) = 1
        )
        select case when there is null then {NEW} when {_alike("fresh", "current", compared)} then {SAME}
                    else {CHANGED} end as what{", " + where if where else ""}
        from fresh left join current on {_alike("fresh", "current", table.key)}
        """  # noqa: S608 - names come from the catalogue, never from a file


def unit_column(table: TableSpec) -> str | None:
    """Return the column that says whose unit a row is."""
    if any(column.name == "unit_id" for column in table.columns):
        return "unit_id"
    return next((column.name for column in table.columns if column.ref == "org_units.unit_id"), None)


def _touched(engine: duckdb.DuckDBPyConnection, table: TableSpec, *, compared: bool) -> Touched:
    time, unit = MONTH_COLUMNS.get(table.id), unit_column(table)
    months = _values(engine, time, "time", shown="strftime(value, '%Y-%m')", compared=compared)
    units = _values(engine, unit, "unit", shown="value", compared=compared)
    return Touched(months, units[:SHOWN_UNITS], len(units))


def _values(
    engine: duckdb.DuckDBPyConnection, column: str | None, name: str, *, shown: str, compared: bool
) -> tuple[str, ...]:
    if column is None:
        return ()
    rows = f"select {quoted(column)} as value from fresh"  # noqa: S608
    if compared:
        rows = " union all ".join(
            f"select {side}_{name} as value from compared where what <> {SAME}"  # noqa: S608
            for side in ("fresh", "current")
        )
    found = engine.sql(f"select distinct {shown} as shown from ({rows}) where value is not null order by shown")  # noqa: S608
    return tuple(str(value) for (value,) in found.fetchall())
