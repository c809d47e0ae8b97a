"""Golden cases: `tests/golden/kpis.toml` holds rows and figures worked out by hand."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from kpis.engine.specs import COMPANY
from tests.kpis.engine.world import Rows, compute

GOLDEN = Path(__file__).parents[2] / "golden" / "kpis.toml"
CASES = tomllib.loads(GOLDEN.read_text(encoding="utf-8"))["case"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_case_worked_out_by_hand_comes_out(case: dict[str, object]) -> None:
    tables, expect = case["tables"], case["expect"]
    assert isinstance(tables, dict)
    assert isinstance(expect, dict)
    rows: dict[str, Rows] = tables
    found = compute(rows, list(expect), str(case["period"]))
    for kpi, wanted in expect.items():
        value = found[kpi, COMPANY]
        if str(wanted).startswith("!"):
            assert (kpi, value.value, f"!{value.reason}") == (kpi, None, wanted)
        else:
            assert (kpi, value.value) == (kpi, Decimal(wanted).quantize(Decimal("0.000001")))
