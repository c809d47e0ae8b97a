"""Figures on their way into the database: what is sent is what was computed, whatever the columns look like."""

from __future__ import annotations

import pytest
from django.utils import timezone

from kpis.choices import ComputationKind
from kpis.engine.blocks import Column, ValueBlock, unavailable
from kpis.engine.specs import Scope, ScopeKind
from kpis.models import KpiValue
from kpis.services.storing import store_values
from kpis.services.values import open_computation
from omnichannel.core.periods import parse_period
from omnichannel.workspaces.models import Workspace

MONTH = parse_period("2024-05")


def column(kpi: str, kind: ScopeKind, ids: list[str]) -> Column:
    return unavailable(kpi, kind, [Scope(kind, each) for each in ids], "orders_count")


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
    now = timezone.now()
    computation = open_computation(
        ComputationKind.VALUES, [MONTH], job=None, upload_seq=0, started_at=now, finished_at=now, actor_id=None
    )
    count = store_values(ValueBlock(MONTH, tuple(columns)), period=MONTH, computation=computation)
    stored = KpiValue.objects.order_by("scope_kind", "scope_id").values_list("kpi", "scope_kind", "scope_id", "reason")
    expected = [("sales_net", "company", ""), *(("sales_net", "unit", unit) for unit in ("S1", "S2", "S3"))]
    assert [tuple(row[:3]) for row in stored] == ([] if empty == "all" else expected)
    assert count.written == len(stored)
