"""Numbers that no column can hold are no data with a reason; they never stop a computation."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from kpis.engine.specs import COMPANY, NoData, Scope, ScopeKind, Value
from kpis.library.own import with_kpi
from tests.kpis.engine.world import compute, library

SALES = {"orders": [{"order_id": "O1", "unit_id": "S1", "paid_at": "2026-03-02", "net_amount": "5000.00"}]}
S1, S2 = Scope(ScopeKind.UNIT, "S1"), Scope(ScopeKind.UNIT, "S2")
MOST = "9" * 19
WIDE = "9" * 200


def computed(formula: str) -> dict[Scope, Value]:
    spec = replace(library().kpis["sales_net"], id="own_large", formula=formula)
    found = compute(
        SALES,
        [spec.id],
        "2026-03",
        kinds=(ScopeKind.COMPANY, ScopeKind.UNIT),
        parents={"G": None, "S1": "G", "S2": "G"},
        definitions=with_kpi(library(), spec),
    )
    return {scope: value for (_kpi, scope), value in found.items()}


# of the second the quotient is small, but neither side of it could be shown
@pytest.mark.parametrize(
    "formula",
    [f"net_sales * {MOST}", f"net_sales * {MOST} / (orders_n * {MOST} * {MOST})", f"0 - net_sales * {WIDE}"],
)
def test_a_number_too_large_to_keep_has_no_value_and_says_so(formula: str) -> None:
    values = computed(formula)
    for scope in (COMPANY, S1):
        value = values[scope]
        assert (value.value, value.numerator, value.denominator) == (None, None, None)
        assert (value.reason, value.rows) == (NoData.TOO_LARGE, 1)
    nothing = values[S2]
    assert nothing.value == 0 if "/" not in formula else nothing.reason is NoData.ZERO_DENOMINATOR


def test_the_largest_number_is_kept_to_the_last_digit() -> None:
    assert computed("net_sales * 1999999999999999999.999999")[S1].value == Decimal("9999999999999999999999.995")


def test_a_literal_of_any_length_divides_exactly() -> None:
    assert computed(f"net_sales * ({WIDE} / {WIDE})")[S1].value == 5000
    assert computed(f"net_sales * (1 / {WIDE})")[S1].value == 0
