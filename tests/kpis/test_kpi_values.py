"""The `kpi_values` command: its shape, its numbers, and how it fails."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from kpis.choices import AutoLoad
from kpis.library import load_library
from kpis.models import KpiValue
from kpis.services.values import request_computation
from omnichannel.jobs.choices import JobKind
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from tests.kpis.door import order, orders_csv, put, work
from tests.kpis.retailer import build_organisation


def printed(*arguments: str) -> list[dict[str, Any]]:
    out = io.StringIO()
    call_command("kpi_values", *arguments, "--json", stdout=out)
    rows: list[dict[str, Any]] = json.loads(out.getvalue(), parse_float=Decimal)
    return rows


@pytest.fixture
def loaded(workspace: Workspace, settings: Settings, tmp_path: Path) -> Workspace:
    """Orders of November are loaded; nothing is computed yet."""
    settings.DATA_ROOT = tmp_path
    with workspace_scope(workspace.pk):
        build_organisation()
        rows = [order(1, day="2024-11-03", net="100.10"), order(2, day="2024-11-09", net="50.00")]
        rows[1] = rows[1].replace("store,,,", "store,S1,,")
        put(orders_csv(*rows), auto=AutoLoad.CLEAN)
        work()
    return workspace


def test_figures_are_computed_where_none_are_stored_and_read_where_they_are(loaded: Workspace) -> None:
    fresh = printed("acme", "--period", "2024-11")
    with workspace_scope(loaded.pk):
        assert not KpiValue.objects.exists()
        request_computation(["2024-11"], actor_id=None)
        work(JobKind.COMPUTE_VALUES)
        KpiValue.objects.filter(kpi="sales_net", scope_kind="company").update(rows=7)
    stored = printed("acme", "--period", "2024-11")
    assert [row["kpi"] for row in fresh] == list(load_library().kpis)
    assert all(list(row) == ["kpi", "value", "numerator", "denominator", "rows", "reason"] for row in fresh)
    first = next(row for row in fresh if row["kpi"] == "sales_net")
    assert first == {
        "kpi": "sales_net", "value": Decimal("150.1"), "numerator": Decimal("150.1"), "denominator": None,
        "rows": 2, "reason": None,
    }  # fmt: skip
    assert next(row for row in stored if row["kpi"] == "sales_net")["rows"] == 7
    assert [row | {"rows": 0} for row in stored] == [row | {"rows": 0} for row in fresh]
    assert all((row["value"] is None) == bool(row["reason"]) for row in fresh)


def test_a_units_figures_and_reasons(loaded: Workspace) -> None:
    rows = {row["kpi"]: row for row in printed("acme", "--period", "2024-11", "--unit", "S1")}
    assert rows["sales_net"]["value"] == 50
    assert rows["nps"] == {
        "kpi": "nps", "value": None, "numerator": None, "denominator": None, "rows": 0, "reason": rows["nps"]["reason"],
    }  # fmt: skip
    assert rows["nps"]["reason"] in {"table_missing", "not_at_scope"}
    assert len(rows) == 113


def test_the_table_form_names_every_kpi(loaded: Workspace) -> None:
    out = io.StringIO()
    call_command("kpi_values", "acme", "--period", "2024-Q4", stdout=out)
    lines = out.getvalue().splitlines()
    assert len(lines) == 114
    assert "150.1" in next(line for line in lines if line.startswith("sales_net "))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere", "--period", "2024-11"), "no workspace 'nowhere'"),
        (("acme", "--period", "2024-13"), "'2024-13' is not a period"),
        (("acme", "--period", "2024-11", "--unit", "S77"), "no unit 'S77'"),
    ],
)
def test_what_does_not_exist_is_named(workspace: Workspace, arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("kpi_values", *arguments)
