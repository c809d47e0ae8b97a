"""Churn, recall, retention, second purchase, lifetime: small customers with known lives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pytest

from kpis.engine.specs import NoData, Params
from tests.kpis.engine.world import Rows, company

D = Decimal


def _orders(lives: Mapping[str, Sequence[str]]) -> dict[str, Rows]:
    """Each customer's order days; a day may carry `/channel`."""
    rows = []
    for customer, days in lives.items():
        for number, day in enumerate(days):
            date, _, channel = day.partition("/")
            time = date if " " in date else f"{date} 10:00:00"
            row = {"order_id": f"{customer}{number}", "customer_id": customer, "paid_at": time, "net_amount": "10"}
            rows.append({**row, "channel": channel or "store"})
    return {"orders": rows}


# June 2024 and churn after 180 days: alive at its start = ordered since 2023-12-04, at its end = since 2024-01-03
CHURN = _orders(
    {
        "stays": ["2024-05-01"],
        "buys": ["2023-12-10", "2024-06-02"],
        "goes": ["2023-12-10"],
        "just stays": ["2024-01-03 00:00:00"],
        "just alive": ["2023-12-04 00:00:00"],
        "gone": ["2023-12-03 23:59:00"],
        "recalled": ["2022-01-01", "2024-06-10", "2024-06-20"],
        "new": ["2024-06-11"],
    }
)


def test_churn_counts_those_who_were_alive_and_are_no_more() -> None:
    value = company(CHURN, "churn_rate", "2024-06")
    # alive: stays, buys, goes, just stays, just alive; gone by the end: goes, just alive
    assert (value.numerator, value.denominator, value.value) == (D(2), D(5), D(40))


def test_recall_counts_a_returning_customer_once() -> None:
    value = company(CHURN, "churn_recall_rate", "2024-06")
    # churned at the start: gone, recalled; recalled ordered twice in June
    assert (value.numerator, value.denominator, value.value) == (D(1), D(2), D(50))


def test_a_shorter_churn_parameter_changes_both() -> None:
    params = Params(churn_days=30)
    assert company(CHURN, "churn_rate", "2024-06", params=params).reason is NoData.MISSING_OPERAND
    recent = company(CHURN, "churn_recall_rate", "2024-06", params=params)
    # nobody ordered in May's last 30 days, so all seven were churned; buys and recalled came back
    assert (recent.numerator, recent.denominator) == (D(2), D(7))


def test_a_month_that_is_not_loaded_does_not_churn_everybody() -> None:
    value = company(_orders({"a": ["2023-01-10"]}), "churn_rate", "2023-07")
    assert (value.value, value.reason) == (None, NoData.MISSING_OPERAND)


def test_retention_is_last_months_buyers_who_bought_again() -> None:
    lives = {
        "a": ["2024-05-01", "2024-06-01"],
        "b": ["2024-05-31"],
        "c": ["2024-06-01"],
        "d": ["2024-04-30", "2024-06-09"],
    }
    value = company(_orders(lives), "retention_rate", "2024-06")
    assert (value.numerator, value.denominator, value.value) == (D(1), D(2), D(50))


def test_retention_of_the_first_month_is_missing_not_zero() -> None:
    value = company(_orders({"a": ["2024-06-01"]}), "retention_rate", "2024-06")
    assert (value.value, value.reason) == (None, NoData.MISSING_OPERAND)


def test_repeat_buyers_need_two_days_not_two_orders() -> None:
    lives = {
        "same day": ["2024-06-01 10:00:00", "2024-06-01 20:00:00"],
        "two days": ["2024-06-01 23:59:00/private_mall", "2024-06-02 00:01:00/private_mall"],
        "two channels": ["2024-06-03", "2024-06-04/private_mall"],
        "one in July": ["2024-06-03", "2024-07-04"],
    }
    value = company(_orders(lives), "repurchase_rate", "2024-06")
    assert (value.numerator, value.denominator) == (D(2), D(4))
    mall = company(_orders(lives), "mall_repurchase_rate", "2024-06")
    assert (mall.numerator, mall.denominator) == (D(1), D(2))


def test_second_purchase_looks_at_first_orders_of_the_ninety_days_before_the_period() -> None:
    # window for June: 3 March .. 31 May
    lives = {
        "within 90 days": ["2024-03-03", "2024-06-01 10:00:00"],
        "too late": ["2024-03-03", "2024-06-01 10:00:01"],
        "after the period": ["2024-05-31", "2024-08-01"],
        "first before": ["2024-03-02", "2024-03-10"],
        "same moment": ["2024-04-01 09:00:00", "2024-04-01 09:00:00"],
        "only one": ["2024-04-01"],
        "first in June": ["2024-06-01", "2024-06-02"],
    }
    value = company(_orders(lives), "second_purchase_rate", "2024-06")
    assert (value.numerator, value.denominator, value.value) == (D(3), D(5), D(60))


def test_ltv_uses_the_exact_inverse_of_the_yearly_churn() -> None:
    # alive a year before the end of Q2 2024 (ordered 2023-01-02 .. 2023-06-30): a b c; lost of them: b c
    lives = {
        "a": ["2023-03-01", "2024-05-01"],
        "b": ["2023-02-01"],
        "c": ["2023-06-30", "2023-08-01"],
        "d": ["2024-05-01"],
    }
    tables = _orders(lives)
    for row in tables["orders"]:
        assert isinstance(row, dict)
        row["goods_cost"] = "4"
    # last twelve months: orders of a, c, d -> 3 x (10 - 4) / 3 buyers = 6; lifetime 3 / 2 years
    assert company(tables, "ltv", "2024-Q2").value == D(9)


def test_lifetime_is_capped_when_nobody_was_lost() -> None:
    tables = _orders({"a": ["2023-03-01", "2024-05-01"]})
    for row in tables["orders"]:
        assert isinstance(row, dict)
        row["goods_cost"] = "4"
    assert company(tables, "ltv", "2024-Q2").value == D(30)
    assert company(tables, "ltv", "2024-Q2", params=Params(ltv_cap_years=2)).value == D(12)


@pytest.mark.parametrize("status", ["cancelled"])
def test_cancelled_orders_keep_nobody_alive(status: str) -> None:
    tables = _orders({"a": ["2024-05-01", "2024-06-01"], "b": ["2024-05-01"], "c": ["2024-06-02"]})
    rows = [{**row, "status": status} if row["order_id"] == "a1" else row for row in tables["orders"]]
    assert company({"orders": rows}, "retention_rate", "2024-06").value == D(0)


@pytest.mark.parametrize("days", [["2024-06-02"], ["2024-06-02", "2024-06-02"], ["2024-05-02"], ["2020-01-01"]])
def test_a_firm_may_have_a_single_customer(days: Sequence[str]) -> None:
    orders = _orders({"only": days})
    bought = days[0].startswith("2024-06")
    assert company(orders, "repurchase_rate", "2024-06").value == (D(0) if bought else None)
    assert company(orders, "retention_rate", "2024-06").numerator in (D(0), None)
