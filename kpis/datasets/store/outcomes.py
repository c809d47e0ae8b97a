"""What became of each row of an upload, told from its parts and the parts before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path

import duckdb

from kpis.datasets.files.raw import LINE
from kpis.datasets.store.parts import SEQ
from kpis.datasets.store.reading import read_parts
from kpis.engine.specs import TableSpec


class RowEffect(StrEnum):
    """What a row does to the current table."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


def row_effects(new: Sequence[Path], existing: Sequence[Path], *, table: TableSpec) -> Mapping[int, RowEffect]:
    """Return line -> effect for every row of the new parts, against the rows that the existing parts make current."""
    if not new:
        return {}
    with duckdb.connect() as engine:
        engine.register("fresh", read_parts(engine, new, table=table))
        if not existing:
            return {line: RowEffect.NEW for (line,) in engine.sql(f"select {LINE} from fresh").fetchall()}  # noqa: S608
        engine.register("stored", read_parts(engine, existing, table=table))
        compared = [column.name for column in table.columns if not column.computed and column.name not in table.key]
        keys = ", ".join(f'"{name}"' for name in table.key)
        found = engine.sql(
            f"""
            with current as (
                select *, true as there from stored
                semi join fresh on {_alike("stored", "fresh", table.key)}
                qualify row_number() over (partition by {keys} order by {SEQ} desc, {LINE} desc) = 1
            )
            select fresh.{LINE}, case when there is null then 'new'
                                      when {_alike("fresh", "current", compared)} then 'same' else 'changed' end
            from fresh left join current on {_alike("fresh", "current", table.key)}
            """  # noqa: S608 - names come from the catalogue, never from a request
        ).fetchall()
    return {line: RowEffect(effect) for line, effect in found}


def _alike(one: str, other: str, names: Sequence[str]) -> str:
    pairs = (f'{one}."{name}" is not distinct from {other}."{name}"' for name in names)
    return " and ".join(pairs) or "true"
