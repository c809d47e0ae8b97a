"""The engine against plain loops over the same random rows, at every kind of scope."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from kpis.engine.arithmetic import rounded
from kpis.engine.specs import COMPANY, NoData, Params, Scope, ScopeKind
from tests.kpis.engine.reference import Reference
from tests.kpis.engine.world import PARENTS, compute, random_tables

UNIT, EMPLOYEE, CHANNEL = ScopeKind.UNIT, ScopeKind.EMPLOYEE, ScopeKind.CHANNEL
PARAMS = replace(Params(), rfm_min_customers=1)
KPIS = {
    "sales_net": [COMPANY, Scope(UNIT, "R1"), Scope(UNIT, "S3"), Scope(EMPLOYEE, "E2"), Scope(CHANNEL, "store")],
    "avg_spend_per_user": [COMPANY, Scope(UNIT, "G"), Scope(UNIT, "S1"), Scope(CHANNEL, "private_mall")],
    "churn_rate": [COMPANY, Scope(UNIT, "R1"), Scope(EMPLOYEE, "E1"), Scope(CHANNEL, "livestream")],
    "churn_recall_rate": [COMPANY, Scope(UNIT, "R2"), Scope(EMPLOYEE, "E3"), Scope(CHANNEL, "store")],
    "retention_rate": [COMPANY, Scope(UNIT, "R1"), Scope(CHANNEL, "store")],
    "repurchase_rate": [COMPANY, Scope(UNIT, "R1"), Scope(EMPLOYEE, "E4")],
    "second_purchase_rate": [COMPANY, Scope(UNIT, "G"), Scope(EMPLOYEE, "E5"), Scope(CHANNEL, "other")],
    "high_value_user_share": [COMPANY, Scope(UNIT, "R1"), Scope(EMPLOYEE, "E1"), Scope(CHANNEL, "store")],
    "user_conversion_rate": [COMPANY, Scope(EMPLOYEE, "E1"), Scope(UNIT, "R1"), Scope(CHANNEL, "store")],
    "private_repurchase_rate": [COMPANY, Scope(UNIT, "G"), Scope(EMPLOYEE, "E2")],
    "member_sales_share": [COMPANY, Scope(UNIT, "R1"), Scope(CHANNEL, "store")],
    "active_private_customer_share": [COMPANY, Scope(UNIT, "R1"), Scope(EMPLOYEE, "E2")],
    "new_user_activation_rate": [COMPANY, Scope(UNIT, "R2"), Scope(EMPLOYEE, "E2")],
    "stock_turnover": [COMPANY],
}
MEMBER_KPIS = {"member_sales_share"}


@pytest.mark.parametrize("seed", [11, 12])
def test_engine_and_plain_loops_agree(seed: int) -> None:
    tables = random_tables(seed)
    found = compute(
        tables, list(KPIS), "2024-03", kinds=[*{scope.kind for each in KPIS.values() for scope in each}],
        parents=PARENTS, params=PARAMS,
    )  # fmt: skip
    compared = 0
    for kpi, scopes in KPIS.items():
        for scope in scopes:
            reference = Reference(tables, scope, PARENTS, date(2024, 3, 1), date(2024, 4, 1), PARAMS)
            top, bottom = getattr(reference, kpi)()
            value = found[kpi, scope]
            assert value.numerator == rounded(Fraction(top)), (kpi, scope, value)
            if bottom is None:
                continue
            assert value.denominator == rounded(Fraction(bottom)), (kpi, scope, value)
            if bottom == 0:
                assert (value.value, value.reason) == (None, NoData.ZERO_DENOMINATOR)
            else:
                scale = 1 if kpi in {"avg_spend_per_user", "stock_turnover"} else 100
                assert value.value == rounded(Fraction(top) * scale / Fraction(bottom))
                compared += 1
    assert compared > 30
