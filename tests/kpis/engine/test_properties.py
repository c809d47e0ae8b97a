"""What holds for any data: no exception, row order, splitting a period, scaling."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpis.engine.specs import COMPANY, NoData, ScopeKind
from tests.kpis.engine.world import PARENTS, Rows, company, compute, library, random_tables

KINDS = [ScopeKind.COMPANY, ScopeKind.UNIT, ScopeKind.EMPLOYEE, ScopeKind.CHANNEL]
slow = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("period", ["2024-03", "2024-W10", "2023-Q4"])
def test_every_kpi_computes_at_every_scope_or_says_why_not(period: str) -> None:
    kinds = [*ScopeKind] if period == "2024-03" else [ScopeKind.COMPANY, ScopeKind.CHANNEL]
    found = compute(random_tables(5), list(library().kpis), period, kinds=kinds, parents=PARENTS)
    assert {kpi for kpi, _ in found} == set(library().kpis)
    for value in found.values():
        assert (value.value is None) == (value.reason is not None)
    assert sum(value.value is not None for value in found.values() if value.scope == COMPANY) > 80


def test_without_any_table_every_kpi_names_the_table_it_misses() -> None:
    for value in compute({}, list(library().kpis), "2024-03").values():
        assert (value.value, value.reason) == (None, NoData.TABLE_MISSING)
        assert value.detail in library().tables


def test_empty_tables_give_reasons_and_no_numbers() -> None:
    tables: dict[str, Rows] = {name: [] for name in library().tables}
    for value in compute(tables, list(library().kpis), "2024-03").values():
        assert value.value is None
        assert value.reason in (NoData.NO_ROWS, NoData.MISSING_OPERAND), value


def test_row_order_and_threads_do_not_matter() -> None:
    tables = random_tables(6)
    params = replace(library().params, attribution_model="time_decay", rfm_min_customers=5)
    first = compute(tables, list(library().kpis), "2024-03", kinds=KINDS, parents=PARENTS, params=params)
    for rows in tables.values():
        random.Random(1).shuffle(rows)
    assert compute(tables, list(library().kpis), "2024-03", kinds=KINDS, parents=PARENTS, params=params) == first


@slow
@given(
    st.lists(
        st.tuples(st.integers(1, 30), st.decimals(-100, 9999, places=2), st.sampled_from(["a", "b", None])),
        min_size=1,
        max_size=12,
    )
)
def test_months_add_up_to_their_quarter_and_scaling_leaves_a_ratio(
    sales: list[tuple[int, Decimal, str | None]],
) -> None:
    rows = [
        {
            "order_id": str(number),
            "customer_id": who,
            "paid_at": f"2024-{4 + number % 3:02d}-{day:02d} 10:00:00",
            "net_amount": net,
            "goods_cost": "3",
            "channel": "store" if day % 2 else "private_mall",
        }
        for number, (day, net, who) in enumerate(sales)
    ]
    months = [company({"orders": rows}, "sales_net", f"2024-{month:02d}").value or 0 for month in (4, 5, 6)]
    assert sum(months) == company({"orders": rows}, "sales_net", "2024-Q2").value
    doubled = [{**row, "net_amount": Decimal(str(row["net_amount"])) * 2} for row in rows]
    before, after = (company({"orders": each}, "private_sales_share", "2024-Q2") for each in (rows, doubled))
    assert (before.value, before.reason) == (after.value, after.reason)


def test_additive_figures_of_the_stores_add_up_to_the_region() -> None:
    tables = random_tables(8)
    for row in tables["orders"]:
        row["unit_id"] = random.Random(str(row["order_id"])).choice(["S1", "S2"])
    found = compute(tables, ["sales_net", "mall_orders"], "2024-03", kinds=KINDS, parents=PARENTS)
    for kpi in ("sales_net", "mall_orders"):
        by_unit = {scope.id: value.value or 0 for (name, scope), value in found.items() if name == kpi}
        assert by_unit["S1"] + by_unit["S2"] == by_unit["R1"] == by_unit[""] > 0
