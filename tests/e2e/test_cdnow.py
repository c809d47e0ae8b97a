"""A public purchase history through the documented mapping, against an independent pandas computation."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.e2e.conftest import Stack

PERIOD = "1997-03"


def cdnow_file() -> Path:
    """Return the data file that the package `lifetimes` ships; its code is not used."""
    spec = importlib.util.find_spec("lifetimes")
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0], "datasets", "CDNOW_master.txt")


def by_pandas(path: Path) -> dict[str, tuple[float, float | None, float | None]]:
    """Compute the same figures in ten lines: value, numerator, denominator."""
    names = ["customer", "date", "quantity", "amount"]
    rows = pd.read_csv(path, sep=r"\s+", names=names, skiprows=_title_lines(path), parse_dates=["date"])
    month, before = (rows[rows.date.dt.strftime("%Y-%m") == m] for m in (PERIOD, "1997-02"))
    days = month.groupby("customer").date.nunique()
    sales, sales_before = month.amount.sum(), before.amount.sum()
    buyers, buyers_before = set(month.customer), set(before.customer)
    new = (rows.groupby("customer").date.min().dt.strftime("%Y-%m") == PERIOD).sum()
    return {
        "sales_net": (sales, sales, None),
        "new_users": (new, new, None),
        "avg_spend_per_user": (sales / len(buyers), sales, len(buyers)),
        "repurchase_rate": ((days >= 2).sum() / len(days) * 100, (days >= 2).sum(), len(days)),
        "retention_rate": (
            len(buyers & buyers_before) / len(buyers_before) * 100, len(buyers & buyers_before), len(buyers_before),
        ),
        "sales_mom_growth": ((sales - sales_before) / sales_before * 100, sales - sales_before, sales_before),
        "items_per_order": (month.quantity.sum() / len(month), month.quantity.sum(), len(month)),
    }  # fmt: skip


def _title_lines(path: Path) -> int:
    with path.open() as lines:
        return 0 if next(lines).split()[0].isdigit() else 1


@pytest.fixture(scope="module")
def figures(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Load the file as orders and customers and ask for the month's values."""
    folder = tmp_path_factory.mktemp("cdnow")
    shutil.copy(cdnow_file(), folder)
    (folder / "mapping.yaml").write_text("CDNOW_master.txt: {preset: cdnow}\n")
    stack.manage("load_folder", "cdnow", str(folder), "--create")
    answer = json.loads(stack.manage("kpi_values", "cdnow", "--period", PERIOD, "--json"))
    return {entry["kpi"]: entry for entry in answer}


def test_all_rows_and_customers_arrive(stack: Stack, figures: dict[str, dict[str, Any]]) -> None:
    rows = dict(
        stack.sql(
            "select p.table_id, sum(p.rows)::int from kpis_part p join workspaces_workspace w on w.id = p.workspace_id"
            " where w.slug = 'cdnow' group by 1"
        )
    )
    assert rows == {"orders": 69_659, "customers": 23_570}


def test_the_figures_are_those_of_pandas(figures: dict[str, dict[str, Any]]) -> None:
    for kpi, expected in by_pandas(cdnow_file()).items():
        found = figures[kpi]
        for name, number in zip(("value", "numerator", "denominator"), expected, strict=True):
            if number is None:
                assert found[name] in (None, 1), (kpi, name)
            else:
                assert found[name] == pytest.approx(float(number), abs=1e-4), (kpi, name)


def test_what_the_file_cannot_tell_has_a_reason_and_no_number(figures: dict[str, dict[str, Any]]) -> None:
    assert len(figures) == 113
    for entry in figures.values():
        assert (entry["value"] is None) == bool(entry["reason"]), entry
    assert figures["ad_roi"]["value"] is None
    assert figures["ad_roi"]["reason"] == "table_missing"
