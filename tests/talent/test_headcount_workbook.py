"""The workbook of a plan, recalculated by a program of its own: every figure is the page's, also after a change."""

from __future__ import annotations

import warnings
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from talent.headcount.budgeting import COST_TYPES
from talent.headcount.document import Known, read_plan
from talent.headcount.plan import PlanResult, PlanSpec, work_out
from talent.headcount.staffing import Line
from talent.queries.headcount_workbook import FIRST_MONTH, HEAD, Words, plan_workbook

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import formulas

ROLES, UNITS, DRIVERS = ("user-ops", "member-ops", "data-analysis"), ("BU1", "BU2"), ("wecom_groups", "members_n")
WORDS = Words(*({key: key for key in keys} for keys in (UNITS, ROLES, DRIVERS, COST_TYPES)))
FILE = "plan.xlsx"
CENT = Decimal("0.005")


def line(base: str | None, growth: str = "0", **months: str) -> dict[str, Any]:
    return {"base": base, "growth": growth, "months": {f"2027-{month[1:]}": value for month, value in months.items()}}


def spec() -> PlanSpec:
    """Two units: growing and overruled drivers, a shared and an optional role, an outside firm, a missing driver.

    No amount lies on half a cent: spreadsheets round it up as the page does, the program that recalculates to even.
    """
    said = {
        "start": "2027-01",
        "months": 3,
        "contingency_percent": "17.5",
        "norms": {
            "user-ops": {"driver": "wecom_groups", "units_per_fte": "25", "minimum": "1"},
            "member-ops": {"driver": "members_n", "units_per_fte": "300000", "minimum": "0.5"},
            "data-analysis": {"driver": "members_n", "units_per_fte": "7", "minimum": "0"},
        },
        "rates": {"user-ops": {"monthly": "14000.55"}, "member-ops": {"monthly": "13333.34"}},
        "units": [
            {
                "unit": "BU1",
                "levels": {"user-ops": "core", "member-ops": "shared", "data-analysis": "optional"},
                "drivers": {"wecom_groups": line("250", "3.3", m03="320"), "members_n": line("899999")},
                "costs": {"content": line("80000.01", "1.7"), "other": line(None, m02="12.34")},
                "outsourced": {"user-ops": {"fte": "2.5", "invoice": "31000.5"}},
            },
            {
                "unit": "BU2",
                "levels": {"user-ops": "core", "member-ops": "core"},
                "drivers": {"members_n": line("650000", "-5")},
                "costs": {},
            },
        ],
    }
    found, issues = read_plan(said, Known(ROLES, DRIVERS, UNITS))
    assert issues == ()
    assert found is not None
    return found


def recalculated(content: bytes, folder: Path, **inputs: float) -> dict[str, Any]:
    """Return every cell as a second program computes it, by sheet and place; inputs replace cells first."""
    path = folder / FILE
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = formulas.ExcelModel().loads(str(path)).finish()
        solved = model.calculate(inputs={f"'[{FILE}]{cell.upper()}": value for cell, value in inputs.items()})
    found = {}
    for key, cell in solved.items():
        if isinstance(key, str) and ":" not in key and hasattr(cell, "value"):
            found[key.partition("]")[2].replace("'", "")] = cell.value[0, 0]
    return found


def at(sheet: str, row: int, month: int) -> str:
    return f"{sheet}!{chr(ord('A') + FIRST_MONTH + month)}{row + 1}"


def assert_equal(cells: dict[str, Any], place: str, expected: Decimal | None) -> None:
    found = cells[place]
    if expected is None:
        assert str(found) in {"", "empty"}, place
    else:
        assert abs(Decimal(str(float(found))) - expected) < CENT, (place, found, expected)


def assert_as_the_page(cells: dict[str, Any], result: PlanResult) -> int:
    """Compare posts, costs of roles, budgets, totals and the contingency; return how many figures were compared."""
    wanted: dict[str, Decimal | None] = {}
    lines = [each for unit in result.units for each in unit.roles]
    for row, each in enumerate(lines, HEAD + 1):
        for month in range(3):
            wanted[at("POSTS", row, month)] = each.fte[month]
            wanted[at("COSTS OF ROLES", row, month)] = each.cost[month]
        wanted[at("COSTS OF ROLES", row, 3)] = each.year_cost
    rows = [result.amounts[kind] for kind in COST_TYPES]
    order = ["labour", *(kind for kind in COST_TYPES if kind not in ("labour", "contingency")), "contingency"]
    rows = [unit.amounts[kind] for unit in result.units for kind in order] + rows + [result.month_totals]
    for row, amounts in enumerate(rows, HEAD + 1):
        for month in range(3):
            wanted[at("COSTS", row, month)] = amounts[month]
    wanted[at("COSTS", HEAD + len(rows), 3)] = result.total
    wanted[at("COSTS", HEAD + 1 + len(rows), 3)] = result.contingency.share
    for place, expected in wanted.items():
        assert_equal(cells, place, expected)
    assert cells[at("COSTS", HEAD + 2 + len(rows), 3)] == f"{result.contingency.state.value} the band"
    return len(wanted)


@pytest.fixture(scope="module")
def content() -> bytes:
    return plan_workbook(work_out(spec()), name="Plan 2027", words=WORDS, language="en")


def test_every_formula_comes_to_what_the_page_shows(content: bytes, tmp_path: Path) -> None:
    result = work_out(spec())
    assert [gap.gap for gap in result.gaps] == ["no_driver"]
    assert assert_as_the_page(recalculated(content, tmp_path), result) > 120


def test_a_driver_and_the_contingency_changed_in_the_workbook_move_posts_costs_and_check(
    content: bytes, tmp_path: Path
) -> None:
    before = spec()
    first, second = before.sections
    changed = replace(
        first, drivers={**first.drivers, "wecom_groups": Line(Decimal(500), Decimal("3.3"), {2: Decimal(320)})}
    )
    after = replace(before, sections=(changed, second), contingency=Decimal(22))
    cells = recalculated(content, tmp_path, **{"drivers'!C3": 500.0, "norms and rates'!C1": 22.0})
    result = work_out(after)
    assert result.contingency.state == "above"
    assert result.total != work_out(before).total
    assert_as_the_page(cells, result)


def test_the_workbook_speaks_chinese_too() -> None:
    assert plan_workbook(work_out(spec()), name="计划", words=WORDS, language="zh-hans")[:2] == b"PK"
