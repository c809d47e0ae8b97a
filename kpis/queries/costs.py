"""Actual costs of a year by type and unit, straight from the parts: a small table, read when a page asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import duckdb
from django.conf import settings

from kpis.library import load_library
from kpis.queries.warehouse import part_paths
from omnichannel.core.periods import Period

MONTHS = 12
TABLE = "costs"


def yearly_costs(month: Period) -> Mapping[tuple[str, str], Decimal]:
    """Return {(cost type, unit id or ""): CNY} of the actual costs of the twelve months that end with `month`."""
    paths = [str(path) for path in part_paths(TABLE)]
    if not paths:
        return {}
    months = [str(month.previous(back)) for back in range(MONTHS)]
    key = ", ".join(load_library().tables[TABLE].key)
    with duckdb.connect(config={"memory_limit": settings.ENGINE_MEMORY_LIMIT}) as engine:
        engine.read_parquet(paths, union_by_name=True).create_view(TABLE)
        rows = engine.execute(
            f"""
            with current as (
                select * from {TABLE} qualify row_number() over (partition by {key} order by _seq desc, _line desc) = 1
            )
            select cost_type, coalesce(unit_id, ''), sum(amount) from current
            where version = 'actual' and list_contains(?, period) group by all
            """,  # noqa: S608 - the names are the catalogue's
            [months],
        ).fetchall()
    return {(kind, unit): Decimal(amount) for kind, unit, amount in rows}
