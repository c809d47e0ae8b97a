"""What taking an upload's rows away, or putting them back, does to a table: how many rows, and in which months."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from kpis.datasets.checks.scratch import quoted, scratch
from kpis.datasets.store.parts import MONTH_COLUMNS
from kpis.engine.specs import TableSpec

LOOKS_AT = {"contacts": "customer_id"}  # rows that share this column decide each other's computed columns


@dataclass(frozen=True, slots=True)
class Swing:
    """`rows` stand in these parts alone: by so many the table shrinks or grows. `months` hold rows that move."""

    rows: int = 0
    months: tuple[str, ...] = ()


def swing_of(mine: Sequence[Path], others: Sequence[Path], *, table: TableSpec, work: Path | None = None) -> Swing:
    """Compare the parts of an upload with all others that count.

    A row that stands in other parts too, with the same key, falls back to them: their months move as well. So do those
    of rows whose computed columns look at the rows in question, such as the first contact of a person.
    """
    if not mine:
        return Swing()
    keys = ", ".join(map(quoted, table.key))
    column = MONTH_COLUMNS.get(table.id)
    with scratch(work) as engine:
        engine.register("mine", engine.read_parquet([str(path) for path in mine], union_by_name=True))
        rows, shared = _count(engine, f"select distinct {keys} from mine"), ""  # noqa: S608
        if others:
            engine.register("others", engine.read_parquet([str(path) for path in others], union_by_name=True))
            match = " and ".join(
                f"others.{quoted(name)} is not distinct from wanted.{quoted(name)}" for name in table.key
            )
            semi = f"from others semi join (select distinct {keys} from mine) as wanted on {match}"  # noqa: S608
            rows -= _count(engine, f"select distinct {keys} {semi}")
            shared = f" union all select {quoted(column)} as value {semi}" if column else ""
            if looks_at := LOOKS_AT.get(table.id):
                wanted = f"select {looks_at} from mine where {looks_at} is not null"  # noqa: S608
                shared += f" union all select {column} as value from others where {looks_at} in ({wanted})"  # noqa: S608
        if column is None:
            return Swing(rows)
        times = f"select {quoted(column)} as value from mine{shared}"  # noqa: S608
        months = engine.sql(
            f"select distinct strftime(value, '%Y-%m') as month from ({times}) where value is not null order by month"  # noqa: S608
        ).fetchall()
        return Swing(rows, tuple(str(month) for (month,) in months))


def _count(engine: duckdb.DuckDBPyConnection, rows: str) -> int:
    ((many,),) = engine.sql(f"select count(*) from ({rows})").fetchall()  # noqa: S608
    return int(many)
