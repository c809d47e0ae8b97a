"""Costs and budget by month, type and unit, straight from the parts: a small table, read when a page asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

import duckdb
from django.conf import settings

from kpis.library import load_library
from kpis.queries.warehouse import part_paths
from omnichannel.core.periods import Period

TABLE = "costs"
BUDGET, ACTUAL = "budget", "actual"
MONTHS = 12


@dataclass(frozen=True, slots=True)
class CostRow:
    """An amount of a month, CNY. `unit` and `channel` are empty where the row names none."""

    period: str
    kind: str
    version: str
    unit: str
    channel: str
    amount: Decimal


def cost_rows(months: Sequence[Period], *, version: str | None = None) -> tuple[CostRow, ...]:
    """Return the rows of the months that count now, of budget, actual or both; nothing without any load."""
    wanted = "select period, cost_type, version, coalesce(unit_id, ''), coalesce(channel, ''), amount from current"
    return tuple(
        CostRow(period, kind, said, unit, channel, Decimal(amount))
        for period, kind, said, unit, channel, amount in _asked(wanted, months, version=version)
    )


def yearly_costs(month: Period) -> Mapping[tuple[str, str], Decimal]:
    """Return {(cost type, unit id or ""): CNY} of the actual costs of the twelve months that end with `month`."""
    months = [month.previous(back) for back in range(MONTHS)]
    wanted = "select cost_type, coalesce(unit_id, ''), sum(amount) from current group by 1, 2"
    return {(kind, unit): Decimal(amount) for kind, unit, amount in _asked(wanted, months, version=ACTUAL)}


def _asked(wanted: str, months: Sequence[Period], *, version: str | None) -> Sequence[tuple[Any, ...]]:
    """Return what is wanted (SQL) of the rows `current` of the months, in its order; nothing without any load."""
    paths = tuple(str(path) for path in part_paths(TABLE))
    return _read(paths, wanted, tuple(str(month) for month in months), version or "%") if paths else ()


@lru_cache(maxsize=64)
def _read(paths: tuple[str, ...], wanted: str, months: tuple[str, ...], version: str) -> Sequence[tuple[Any, ...]]:
    """Read the parts, which never change: the same question about the same ones is asked on many pages."""
    key = ", ".join(load_library().tables[TABLE].key)
    with duckdb.connect(config={"memory_limit": settings.ENGINE_MEMORY_LIMIT}) as engine:
        engine.read_parquet(list(paths), union_by_name=True).create_view(TABLE)
        found = engine.execute(
            f"""
            with current as (
                select * from {TABLE} where list_contains(?, period) and version like ?
                qualify row_number() over (partition by {key} order by _seq desc, _line desc) = 1
            )
            {wanted} order by all
            """,  # noqa: S608 - the names are the catalogue's
            [list(months), version],
        ).fetchall()
    return tuple(found)
