"""The setting ENGINE_URL moves a workspace to another engine, and every figure stays what it was."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from kpis.choices import AutoLoad
from kpis.services.values import measuring
from omnichannel.core.periods import parse_period
from omnichannel.jobs.choices import JobKind
from omnichannel.workspaces.models import Workspace
from tests.kpis.door import checked, order, orders_csv, work
from tests.kpis.retailer import build_organisation


@pytest.mark.usefixtures("in_workspace")
def test_figures_are_the_same_on_the_engine_that_the_setting_names(settings: Settings, workspace: Workspace) -> None:
    build_organisation()
    checked(orders_csv(*(order(number, net=f"{number}.10") for number in range(1, 6))), auto=AutoLoad.CLEAN)
    checked(orders_csv(order(2, net="70.00"), order(9, day="2024-04-30")), auto=AutoLoad.CLEAN)
    work(JobKind.LOAD_UPLOAD)
    found = []
    for engine in ("duckdb://", "datafusion://"):
        settings.ENGINE_URL = engine
        with measuring() as measure:
            found.append([value for period in ("2024-04", "2024-05") for value in measure(parse_period(period))])
    assert found[0] == found[1]
    sales = {str(value.value) for value in found[0] if value.kpi == "sales_net"}
    assert {"100.000000", "83.400000"} <= sales
