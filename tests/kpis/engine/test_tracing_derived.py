"""The rows behind the derived measures under other parameters and models than the usual ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from kpis.engine.plan import plan_kpi
from kpis.engine.specs import COMPANY, Params
from kpis.engine.tracing import TraceWorld, operand_rows
from omnichannel.core.periods import parse_period
from tests.kpis.engine.traced import QUARTER, Behind, Traced, open_demo, values_of

OCTOBER = parse_period("2026-10")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traced]:
    traced = open_demo(tmp_path_factory.mktemp("derived"), scale=QUARTER)
    yield traced
    traced.world.relations.close()


@pytest.mark.parametrize("model", ["first_touch", "linear", "position", "time_decay", "shared"])
def test_touches_add_up_to_attributed_sales_in_every_model(demo: Traced, model: str) -> None:
    params = Params(attribution_model=model, attribution_window_days=10)
    other = replace(demo, world=replace(demo.world, params=params))
    behind = Behind(other, OCTOBER)
    values = values_of(other, OCTOBER, kpis=_reading(other.world, "attributed_sales"))
    assert [value for value in values if behind.value(value.kpi, value.scope) != value.value] == []
    (ref,) = {ref for ref in behind.asked if ref.measure == "attributed_sales"}
    assert len(behind.rows(ref)) > 10
    alone = operand_rows(other.world, ref, period=OCTOBER, scope=COMPANY, limit=None)
    assert list(alone.rows) == list(behind.rows(ref)[COMPANY])


def test_other_parameters_change_who_is_listed_and_the_rows_still_add_up(demo: Traced) -> None:
    params = Params(churn_days=20, activation_days=3, second_purchase_days=40, rfm_window_days=90, rfm_bins=4)
    params = replace(params, rfm_min_customers=10, ltv_cap_years=2)
    other = replace(demo, world=replace(demo.world, params=params))
    behind = Behind(other, OCTOBER)
    kpis = _reading(other.world, "newly_churned_n", "high_value_n", "activated_n", "second_buyers", "lifetime_years")
    values = values_of(other, OCTOBER, kpis=kpis)
    assert [value for value in values if behind.value(value.kpi, value.scope) != value.value] == []


def _reading(world: TraceWorld, *measures: str) -> list[str]:
    return [
        kpi for kpi in world.library.kpis if {ref.measure for ref in plan_kpi(world.library, kpi).refs} & set(measures)
    ]
