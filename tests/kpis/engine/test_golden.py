"""Golden cases: `tests/golden/*.toml` hold rows and figures worked out by hand, for every KPI and every measure."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kpis.engine.plan import plan_kpi
from kpis.engine.specs import COMPANY, Params, Scope, ScopeKind
from tests.kpis.engine.world import compute, library

FILES = sorted((Path(__file__).parents[2] / "golden").glob("*.toml"))
CASES: list[dict[str, Any]] = [
    case for file in FILES for case in tomllib.loads(file.read_text(encoding="utf-8"))["case"]
]


def expected(case: dict[str, Any]) -> Iterator[tuple[str, Scope, str]]:
    """Yield (KPI, scope, figure): `expect` is the company's, `at_<kind>_<id>` another scope's."""
    for name, figures in case.items():
        if name == "expect":
            yield from ((kpi, COMPANY, figure) for kpi, figure in figures.items())
        elif name.startswith("at_"):
            kind, _, scope_id = name.removeprefix("at_").partition("_")
            yield from ((kpi, Scope(ScopeKind(kind), scope_id), figure) for kpi, figure in figures.items())


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_case_worked_out_by_hand_comes_out(case: dict[str, Any]) -> None:
    wanted = list(expected(case))
    found = compute(
        case["tables"],
        [kpi for kpi, _scope, _figure in wanted],
        case["period"],
        kinds={scope.kind for _kpi, scope, _figure in wanted},
        params=Params(**case.get("params", {})),
    )
    for kpi, scope, figure in wanted:
        value = found.get((kpi, scope))
        if figure.startswith("!"):
            assert value is not None
            assert (kpi, value.value, f"!{value.reason}") == (kpi, None, figure)
        else:
            # a scope that nothing points at has no figure of its own
            number = Decimal(0) if value is None else value.value
            assert (kpi, scope, number) == (kpi, scope, Decimal(figure).quantize(Decimal("0.000001")))


def test_every_kpi_and_every_measure_has_a_case_with_a_figure() -> None:
    kpis = {kpi for case in CASES for kpi, _scope, figure in expected(case) if not figure.startswith("!")}
    measures = {ref.measure for kpi in kpis for ref in plan_kpi(library(), kpi).refs}
    assert sorted(set(library().kpis) - kpis) == []
    assert sorted(set(library().measures) - measures) == []
