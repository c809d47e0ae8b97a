"""Costs and budget by month, type and unit, straight from the parts: a small table, read when a page asks for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

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
    paths = [str(path) for path in part_paths(TABLE)]
    if not paths:
        return ()
    key = ", ".join(load_library().tables[TABLE].key)
    with duckdb.connect(config={"memory_limit": settings.ENGINE_MEMORY_LIMIT}) as engine:
        engine.read_parquet(paths, union_by_name=True).create_view(TABLE)
        rows = engine.execute(
            f"""
            with current as (
                select * from {TABLE} qualify row_number() over (partition by {key} order by _seq desc, _line desc) = 1
            )
            select period, cost_type, version, coalesce(unit_id, ''), coalesce(channel, ''), amount from current
            where list_contains(?, period) and version like ?
            order by all
            """,  # noqa: S608 - the names are the catalogue's
            [[str(month) for month in months], version or "%"],
        ).fetchall()
    return tuple(
        CostRow(period, kind, said, unit, channel, Decimal(amount))
        for period, kind, said, unit, channel, amount in rows
    )


def yearly_costs(month: Period) -> Mapping[tuple[str, str], Decimal]:
    """Return {(cost type, unit id or ""): CNY} of the actual costs of the twelve months that end with `month`."""
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in cost_rows([month.previous(back) for back in range(MONTHS)], version=ACTUAL):
        found[row.kind, row.unit] += row.amount
    return dict(found)
