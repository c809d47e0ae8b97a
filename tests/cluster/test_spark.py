"""Spark in local mode gives every figure of the embedded engine, to the last digit, from the same definitions."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kpis.engine.second import differences
from tests.kpis.engine.world import library

pytest.importorskip("pyspark", reason="run ./run test --cluster, which installs it")
pytestmark = pytest.mark.filterwarnings("ignore")  # pyspark's own


def test_every_kpi_is_equal_on_spark_at_every_scope(tmp_path: Path) -> None:
    values, wrong = differences("pyspark://local[2]", tmp_path, "2024-03")
    assert wrong == []
    assert {kpi for _period, kpi, _scope in values} == set(library().kpis)
    assert len(library().kpis) == 113
    assert len({kpi for (_period, kpi, _scope), value in values.items() if value.value is not None}) > 95
