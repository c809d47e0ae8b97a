"""Posts by drivers: the golden cases of the arithmetic, growth by month, and what a missing driver is."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roles.catalogue import ExpectationLevel, load_roles
from talent.headcount.staffing import STEP, Line, Norm, Outsourced, fte_needed, rounded_up, staff_cost

CORE, SHARED, OPTIONAL = ExpectationLevel.CORE, ExpectationLevel.SHARED, ExpectationLevel.OPTIONAL
GROUPS = Norm("user-ops", "wecom_groups", Decimal(25), Decimal(1))


@pytest.mark.parametrize(
    ("units", "minimum", "driver", "fte"),
    [
        ("25", "1", "250", "10"),
        ("50", "1", "250", "5"),
        ("25", "1", "0", "1"),
        ("25", "0.5", "1", "0.5"),
        ("25", "1", "251", "10.5"),
        ("25", "1", "262.5", "10.5"),
        ("25", "1", "262.6", "11"),
        ("0.25", "1", "3", "12"),
        ("300000", "0.5", "899999", "3"),
        ("3", "0", "10", "3.5"),
        ("25", "0.7", "2", "1"),
    ],
)
def test_the_posts_are_the_larger_of_minimum_and_driver_in_halves(
    units: str, minimum: str, driver: str, fte: str
) -> None:
    norm = Norm("x", "y", Decimal(units), Decimal(minimum))
    assert fte_needed(norm, Decimal(driver), CORE) == Decimal(fte)


def test_a_shared_role_adds_half_a_post_an_optional_one_none_and_an_unknown_driver_is_no_zero() -> None:
    assert fte_needed(GROUPS, Decimal(250), SHARED) == STEP
    assert fte_needed(GROUPS, None, SHARED) == STEP
    assert fte_needed(GROUPS, Decimal(250), OPTIONAL) == 0
    assert fte_needed(GROUPS, None, CORE) is None


def test_every_rule_of_the_catalogue_gives_ten_times_its_units_ten_posts() -> None:
    for rule in load_roles().headcount.rules.values():
        norm = Norm(rule.role, rule.driver, rule.units_per_fte, rule.minimum)
        assert fte_needed(norm, rule.units_per_fte * 10, CORE) == 10
        assert fte_needed(norm, Decimal(0), CORE) == rounded_up(rule.minimum)


def test_a_driver_grows_month_by_month_and_a_month_may_say_otherwise() -> None:
    line = Line(Decimal(100), Decimal(10), {2: Decimal(7)})
    assert [line.at(month) for month in range(4)] == [Decimal(100), Decimal(110), Decimal(7), Decimal("133.1")]
    assert [Line(None, Decimal(10), {1: Decimal(5)}).at(month) for month in range(3)] == [None, 5, None]
    assert Line(Decimal("0.005")).at(0, places=Decimal("0.01")) == Decimal("0.01")
    assert Line().is_empty


def test_outsourced_posts_cost_their_invoice_and_the_rest_the_rate() -> None:
    firm = Outsourced(Decimal(2), Decimal(26000))
    assert staff_cost(Decimal(10), Decimal(14000), None) == 140000
    assert staff_cost(Decimal(10), Decimal(14000), firm) == 138000
    assert staff_cost(Decimal(1), None, firm) == 26000
    assert staff_cost(Decimal(3), None, firm) is None
    assert staff_cost(None, Decimal(1), firm) is None


@given(
    driver=st.decimals(0, 10**9, places=2),
    units=st.decimals("0.25", 10**6, places=2),
    more=st.decimals(0, 99, places=1),
)
def test_more_of_a_driver_never_needs_fewer_posts_and_posts_carry_it(
    driver: Decimal, units: Decimal, more: Decimal
) -> None:
    norm = Norm("x", "y", units, Decimal("0.5"))
    fte, larger = fte_needed(norm, driver, CORE), fte_needed(norm, driver + more, CORE)
    assert fte is not None
    assert larger is not None
    assert fte <= larger
    assert fte % STEP == 0
    assert fte * units >= driver - units / 1000
    assert (fte - STEP) * units < driver or fte == STEP
