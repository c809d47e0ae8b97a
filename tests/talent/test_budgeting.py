"""Budgets: the contingency and its band, overruns, sums that are the sums of their parts, and plans as documents."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talent.api.headcount_shapes import DOCUMENT
from talent.headcount.budgeting import (
    COST_TYPES,
    BandState,
    added,
    by_month,
    contingency_of,
    reserve,
    running,
    total,
    variance,
)
from talent.headcount.document import Fault, Known, plan_json, read_plan
from talent.headcount.entry import general_fields, laid_in, shown, unit_fields
from talent.headcount.plan import Gap, PlanSpec, work_out

AMOUNTS = st.one_of(st.none(), st.decimals(0, 10**7, places=2))
KNOWN = Known(["user-ops", "data-analysis"], ["wecom_groups", "roles_served", "tenant"], ["BU1", "BU2"])


@pytest.mark.parametrize(
    ("part", "whole", "share", "state"),
    [
        ("15", "100", "15.00", BandState.INSIDE),
        ("20", "100", "20.00", BandState.INSIDE),
        ("14.99", "100", "14.99", BandState.BELOW),
        ("20.01", "100", "20.01", BandState.ABOVE),
        ("17.5", "100", "17.50", BandState.INSIDE),
        ("0", "100", "0.00", BandState.BELOW),
        ("0", "0", None, BandState.NO_DATA),
        (None, "100", "0.00", BandState.BELOW),
        (None, None, None, BandState.NO_DATA),
    ],
)
def test_the_contingency_is_judged_on_the_whole_budget_with_both_ends_of_the_band_inside(
    part: str | None, whole: str | None, share: str | None, state: BandState
) -> None:
    found = contingency_of(Decimal(part) if part else None, Decimal(whole) if whole else None)
    assert found.state is state
    assert found.share == (Decimal(share) if share else None)
    assert found.is_outside is (state in (BandState.BELOW, BandState.ABOVE))


@given(others=st.decimals("0.01", 10**10, places=2), percent=st.decimals(15, 20, places=2))
def test_a_reserve_of_a_share_within_the_band_is_found_within_the_band(others: Decimal, percent: Decimal) -> None:
    part = reserve(others, percent)
    assert part is not None
    if others > 100:  # a cent of a small budget is a large share
        assert contingency_of(part, others + part).state is BandState.INSIDE


@pytest.mark.parametrize(
    ("budget", "actual", "rate", "over"),
    [
        ("100", "105", "105.00", True),
        ("100", "104.99", "104.99", False),
        ("100", "100", "100.00", False),
        ("0", "5", None, True),
        (None, "5", None, True),
        (None, None, None, False),
        ("100", None, None, False),
        ("100", "0", "0.00", False),
    ],
)
def test_over_begins_at_the_threshold_and_money_without_a_budget_is_over(
    budget: str | None, actual: str | None, rate: str | None, over: bool
) -> None:
    planned, spent = (None if each is None else Decimal(each) for each in (budget, actual))
    found = variance(planned, spent, threshold=Decimal(105))
    assert (found.rate, found.is_over) == (Decimal(rate) if rate else None, over)
    assert not variance(Decimal(100), Decimal(100), threshold=Decimal(100)).is_over


@given(
    st.lists(
        st.fixed_dictionaries({kind: st.lists(AMOUNTS, min_size=3, max_size=3) for kind in COST_TYPES}), max_size=4
    )
)
def test_the_total_is_the_sum_of_its_parts_in_any_order(parts: list[dict[str, list[Decimal | None]]]) -> None:
    whole = added(parts)
    assert whole == added(reversed(parts))
    every = [amount for part in parts for line in part.values() for amount in line]
    assert total(amount for line in whole.values() for amount in line) == total(every)
    assert total(by_month(whole.values()) if whole else ()) == total(every)
    for line in whole.values():
        assert (running(line)[-1]) == total(line)


def spec_of(**changed: Any) -> PlanSpec:
    spec, issues = read_plan({**DOCUMENT, **changed}, KNOWN)
    assert issues == ()
    assert spec is not None
    return spec


def test_a_plan_adds_posts_invoice_costs_and_contingency_up_month_by_month() -> None:
    result = work_out(spec_of())
    (unit,) = result.units
    assert unit.roles[0].fte[:3] == (Decimal(10), Decimal("10.5"), Decimal(13))
    assert unit.roles[0].cost[0] == 8 * 14000 + 26000
    assert unit.amounts["content"][0] == 80000
    others = Decimal(138000 + 80000)
    assert unit.amounts["contingency"][0] == reserve(others, Decimal("17.5"))
    assert result.contingency.share == Decimal("17.50")
    assert result.total == sum(part for line in unit.amounts.values() for part in line if part is not None)
    assert result.gaps == ()


def test_what_is_missing_is_named_and_counts_in_no_sum() -> None:
    unit = {**DOCUMENT["units"][0], "drivers": {}, "outsourced": {}}  # type: ignore[dict-item,index]
    result = work_out(spec_of(units=[unit]))
    assert [gap.gap for gap in result.gaps] == [Gap.NO_DRIVER]
    assert result.type_total("labour") is None
    free = work_out(spec_of(rates={}, units=[{**DOCUMENT["units"][0], "outsourced": {}}]))  # type: ignore[dict-item,index]
    assert [gap.gap for gap in free.gaps] == [Gap.NO_RATE]


def test_a_document_comes_back_as_it_was_and_every_fault_is_named_by_its_place() -> None:
    spec = spec_of()
    assert spec.start == date(2027, 1, 1)
    assert read_plan(plan_json(spec), KNOWN) == (spec, ())
    bad = {
        "start": "2027-W03",
        "months": 99,
        "contingency_percent": "51",
        "norms": {"user-ops": {"driver": "moon", "units_per_fte": "0", "minimum": ""}, "cook": {}},
        "rates": {"user-ops": {"monthly": "a lot"}},
        "units": [
            {
                "unit": "BU9",
                "levels": {"user-ops": "maybe"},
                "drivers": {"tenant": {"base": "1.23456", "months": {"x": 1}}},
            }
        ],
    }
    spec_or_none, issues = read_plan(bad, KNOWN)
    assert spec_or_none is None
    assert {(issue.pointer, issue.fault) for issue in issues} == {
        ("/start", Fault.NOT_A_MONTH),
        ("/months", Fault.OUT_OF_RANGE),
        ("/contingency_percent", Fault.OUT_OF_RANGE),
        ("/norms/cook", Fault.UNKNOWN),
        ("/norms/user-ops/driver", Fault.UNKNOWN),
        ("/norms/user-ops/units_per_fte", Fault.OUT_OF_RANGE),
        ("/norms/user-ops/minimum", Fault.REQUIRED),
        ("/rates/user-ops/monthly", Fault.NOT_A_NUMBER),
        ("/units/0/unit", Fault.UNKNOWN),
        ("/units/0/levels/user-ops", Fault.UNKNOWN),
        ("/units/0/drivers/tenant/base", Fault.TOO_MANY_PLACES),
        ("/units/0/drivers/tenant/months/x", Fault.UNKNOWN),
    }
    for nonsense in (None, [], "x", {"units": "x"}, {"units": [3]}, {"units": []}, {"norms": [], "rates": 3}):
        assert read_plan(nonsense, KNOWN)[0] is None


def test_a_form_shows_a_document_and_lays_what_was_typed_into_it() -> None:
    document = plan_json(spec_of())
    fields = [*general_fields(["user-ops"]), *unit_fields(0, roles=["user-ops"], drivers=["wecom_groups"])]
    typed = {field: shown(document, field) for field in fields}
    assert typed["units/0/drivers/wecom_groups/months"] == "2027-03: 320"
    again = laid_in(document, typed, fields)
    assert read_plan(again, KNOWN) == read_plan(document, KNOWN)
    typed |= {
        "units/0/drivers/wecom_groups/base": " 1,250 ",
        "units/0/drivers/wecom_groups/months": "2027-02：300；2027-04=310",
        "rates/user-ops/monthly": "15000",
        "units/0/outsourced/user-ops/fte": "",
        "units/0/outsourced/user-ops/invoice": "",
        "months": "3",
    }
    spec, issues = read_plan(laid_in(document, typed, fields), KNOWN)
    assert issues == ()
    assert spec is not None
    line = spec.sections[0].drivers["wecom_groups"]
    assert (line.base, line.months) == (Decimal(1250), {1: Decimal(300)})  # April lies beyond three months
    assert (spec.rates["user-ops"].monthly, spec.sections[0].outsourced) == (Decimal(15000), {})
    _none, faults = read_plan(laid_in(document, typed | {"units/0/drivers/wecom_groups/months": "soon"}, fields), KNOWN)
    assert [issue.pointer for issue in faults] == ["/units/0/drivers/wecom_groups/months/soon"]
