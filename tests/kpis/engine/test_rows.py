"""Rows used: a row that several measures of one KPI read counts once."""

from __future__ import annotations

import pytest

from kpis.engine.plan import plan_kpi
from kpis.library import load_library


@pytest.mark.parametrize(
    ("kpi", "counted"),
    [
        ("gross_margin_rate", ["net_sales"]),
        ("private_sales_share", ["net_sales"]),
        ("repurchase_rate", ["buyers"]),
        ("sales_yoy_growth", ["net_sales", "net_sales@yoy"]),
        ("cac", ["opex[cost_type=ad_media]", "opex[cost_type=campaign]", "new_customers"]),
        ("budget_execution_rate", ["opex", "budget_sum"]),
    ],
)
def test_rows_that_another_measure_includes_are_not_counted_again(kpi: str, counted: list[str]) -> None:
    assert [str(ref) for ref in plan_kpi(load_library(), kpi).counted] == counted
