"""Figures on their way into the database: what is sent is what was computed, whatever the columns look like."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from kpis.choices import ComputationKind
from kpis.engine.blocks import Column, ValueBlock, unavailable
from kpis.engine.specs import Scope, ScopeKind, Value
from kpis.models import KpiValue
from kpis.services.storing import StoredCount, store_values
from kpis.services.values import open_computation
from omnichannel.core.periods import parse_period
from omnichannel.workspaces.models import Workspace

MONTH = parse_period("2024-05")


def column(kpi: str, kind: ScopeKind, ids: list[str]) -> Column:
    return unavailable(kpi, kind, [Scope(kind, each) for each in ids], "orders_count")


def stored_anew(values: ValueBlock | list[Value]) -> StoredCount:
    now = timezone.now()
    computation = open_computation(
        ComputationKind.VALUES, [MONTH], job=None, upload_seq=0, started_at=now, finished_at=now, actor_id=None
    )
    return store_values(values, period=MONTH, computation=computation)


@pytest.mark.parametrize("empty", ["first", "middle", "last", "all"])
def test_a_column_without_scopes_leaves_the_others_as_they_are(in_workspace: Workspace, empty: str) -> None:
    nothing = column("cac", ScopeKind.CAMPAIGN, [])
    full = [column("sales_net", ScopeKind.COMPANY, [""]), column("sales_net", ScopeKind.UNIT, ["S1", "S2", "S3"])]
    columns = {
        "first": [nothing, *full],
        "middle": [full[0], nothing, full[1]],
        "last": [*full, nothing],
        "all": [nothing, nothing],
    }[empty]
    count = stored_anew(ValueBlock(MONTH, tuple(columns)))
    stored = KpiValue.objects.order_by("scope_kind", "scope_id").values_list("kpi", "scope_kind", "scope_id", "reason")
    expected = [("sales_net", "company", ""), *(("sales_net", "unit", unit) for unit in ("S1", "S2", "S3"))]
    assert [tuple(row[:3]) for row in stored] == ([] if empty == "all" else expected)
    assert count.written == len(stored)


def test_figures_that_all_changed_are_compared_by_joins_however_many_they_are(in_workspace: Workspace) -> None:
    def figures(first: int, value: int) -> list[Value]:
        units = [Scope(ScopeKind.UNIT, f"S{number}") for number in range(first, first + 2_000)]
        return [Value("sales_net", unit, Decimal(value), numerator=Decimal(value), rows=3) for unit in units]

    plans: list[str] = []

    def explained(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if "found_value as found" in sql and not sql.startswith("explain"):
            with connection.cursor() as cursor:
                cursor.execute(f"explain {sql}", params)
                plans.append("\n".join(line for (line,) in cursor.fetchall()))
        return execute(sql, params, many, context)

    stored_anew(figures(0, 1))
    with connection.execute_wrapper(explained):
        count = stored_anew(figures(500, 2))
    assert count == StoredCount(written=2_000, kept=0, retired=500)
    assert len(plans) == 3
    # a plan within a plan is run for each figure: a month of a large retailer would never end
    assert [plan for plan in plans if "SubPlan" in plan] == []
