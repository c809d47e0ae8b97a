"""Members, private contacts, activity, activation and RFM tiers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kpis.engine.compute import compute_periods
from kpis.engine.derived.rfm import customer_states, scored
from kpis.engine.scoping import Organisation, ScopeRequest, UnitTree
from kpis.engine.specs import NoData, Params, ScopeKind
from omnichannel.core.periods import parse_period
from tests.kpis.engine.world import PARENTS, Rows, company, library, relations

D = Decimal


def _order(order: str, customer: str, paid_at: str, net: str = "10", **more: str) -> dict[str, object]:
    return {"order_id": order, "customer_id": customer, "paid_at": paid_at, "net_amount": net, **more}


MEMBERS: dict[str, Rows] = {
    "customers": [
        {"customer_id": "old", "member_since": "2024-01-01"},
        {"customer_id": "joins", "member_since": "2024-06-10"},
        {"customer_id": "erased", "member_since": "2024-01-01", "erased_at": "2024-06-15 00:00:00"},
        {"customer_id": "guest"},
    ],
    "orders": [
        _order("1", "old", "2024-06-01 10:00:00", "100"),
        _order("2", "joins", "2024-06-05 10:00:00", "40"),
        _order("3", "joins", "2024-06-10 09:00:00", "60"),
        _order("4", "erased", "2024-06-14 10:00:00", "30"),
        _order("5", "erased", "2024-06-16 10:00:00", "70"),
        _order("6", "guest", "2024-06-01 10:00:00", "200"),
    ],
}


def test_member_sales_are_what_was_bought_while_being_a_member() -> None:
    value = company(MEMBERS, "member_sales_share", "2024-06")
    # 100 + 60 (the day of joining counts) + 30
    assert (value.numerator, value.denominator, value.value) == (D(190), D(500), D(38))


def test_member_repurchase_counts_all_orders_of_those_who_bought_as_members() -> None:
    value = company(MEMBERS, "member_repurchase_rate", "2024-06")
    # buying members: old, joins, erased; joins and erased ordered on two days
    assert (value.numerator, value.denominator) == (D(2), D(3))


def test_active_members_are_members_at_the_end_who_did_anything() -> None:
    tables: dict[str, Rows] = {
        **MEMBERS,
        "interactions": [
            {"date": "2024-06-20", "customer_id": "guest", "kind": "share"},
            {"date": "2024-06-20", "customer_id": "silent", "kind": "reach_out"},
            # nobody has heard of these before
            {"date": "2024-06-21", "customer_id": "visitor", "kind": "mall_visit"},
            {"date": "2024-06-22", "customer_id": "another", "kind": "mall_visit"},
        ],
    }
    assert company(tables, "member_active_rate", "2024-06").numerator == D(2)
    # old, joins, erased, guest by orders, two visitors by visit; being reached is nothing a customer did
    assert company(tables, "user_conversion_rate", "2024-06").denominator == D(6)


CONTACTS: dict[str, Rows] = {
    "contacts": [
        {"contact_id": "1", "customer_id": "before", "added_at": "2024-05-01 00:00:00"},
        {"contact_id": "2", "customer_id": "same time", "added_at": "2024-06-05 10:00:00"},
        {"contact_id": "3", "customer_id": "after", "added_at": "2024-06-05 10:00:01"},
        {
            "contact_id": "4",
            "customer_id": "left",
            "added_at": "2024-05-01 00:00:00",
            "removed_at": "2024-06-05 09:00:00",
        },
        {
            "contact_id": "5",
            "customer_id": "left",
            "added_at": "2024-05-02 00:00:00",
            "removed_at": "2024-06-05 08:00:00",
        },
    ],
    "orders": [
        *(_order(name, name, "2024-06-05 10:00:00") for name in ("before", "same time", "after", "left")),
        _order("again", "before", "2024-06-07 10:00:00"),
    ],
    "interactions": [
        {"date": "2024-06-01", "customer_id": "left", "kind": "share"},
        {"date": "2024-06-01", "customer_id": "before", "kind": "reach_out"},
        {"date": "2024-06-02", "customer_id": "nobody", "kind": "share"},
    ],
}


def test_private_buyers_had_an_open_contact_before_they_paid() -> None:
    value = company(CONTACTS, "private_repurchase_rate", "2024-06")
    assert (value.numerator, value.denominator, value.value) == (D(1), D(1), D(100))


def test_active_private_customers_were_open_at_any_time_and_interacted() -> None:
    value = company(CONTACTS, "active_private_customer_share", "2024-06")
    # left was a contact until the 5th and shared on the 1st; open at the end: before, same time, after
    assert (value.numerator, value.denominator) == (D(1), D(3))


def test_activation_counts_first_contacts_who_did_something_within_seven_days() -> None:
    added = "2024-06-28 12:00:00"
    names = ["visits", "orders", "late order", "late visit", "before", "silent"]
    tables: dict[str, Rows] = {
        "contacts": [
            *({"contact_id": name, "customer_id": name, "added_at": added} for name in names),
            {"contact_id": "unknown", "added_at": added},
            {"contact_id": "second", "customer_id": "orders", "added_at": added, "is_first": False},
        ],
        "interactions": [
            {"date": "2024-07-05", "customer_id": "visits", "kind": "mall_visit"},
            {"date": "2024-07-06", "customer_id": "late visit", "kind": "mall_visit"},
            {"date": "2024-06-27", "customer_id": "before", "kind": "share"},
            {"date": "2024-06-29", "customer_id": "silent", "kind": "reach_out"},
        ],
        "orders": [_order("1", "orders", "2024-07-05 12:00:00"), _order("2", "late order", "2024-07-05 12:00:01")],
    }
    value = company(tables, "new_user_activation_rate", "2024-06")
    assert (value.numerator, value.denominator) == (D(2), D(7))
    assert company(tables, "new_user_activation_rate", "2024-06", params=Params(activation_days=8)).numerator == D(4)


DAYS = [5, 10, 20, 30, 40, 60, 90, 120, 200, 300]
ORDERS = [6, 1, 3, 1, 2, 1, 1, 4, 1, 1]
MONEY = [900, 100, 500, 120, 260, 90, 80, 700, 60, 50]


def _ten_customers() -> dict[str, Rows]:
    """The ten customers of domain.md section 10; `days` before 1 July 2024, all orders of one on that day."""
    from datetime import date, timedelta

    rows = []
    for number, (days, orders, money) in enumerate(zip(DAYS, ORDERS, MONEY, strict=True), 1):
        day = date(2024, 7, 1) - timedelta(days=days)
        for count in range(orders):
            net = str(money) if count == 0 else "0"
            rows.append(_order(f"{number}-{count}", str(number), f"{day} 10:00:00", net))
    return {"orders": rows}


def test_the_ten_customers_fall_into_the_tiers_of_the_domain_model() -> None:
    from datetime import date

    import ibis

    opened = relations(_ten_customers())
    orders = opened.table("orders")
    assert orders is not None
    tagged = orders.mutate(_kind=ibis.literal(0), _scope=ibis.literal(""))
    rows = opened.rows(scored(customer_states(tagged, date(2024, 7, 1)), 5))
    tiers = {int(str(row["customer_id"])): row["tier"] for row in rows}
    assert {number for number, tier in tiers.items() if tier == "high"} == {1, 3, 5}
    assert {number for number, tier in tiers.items() if tier == "potential"} == {2, 4, 6}
    assert {number for number, tier in tiers.items() if tier == "dormant"} == {7, 8, 9, 10}
    assert [row["customer_id"] for row in rows if row["at_risk"]] == ["8"]
    assert {int(str(row["customer_id"])): row["recency"] for row in rows}[10] == 300


def test_below_the_minimum_no_tier_is_computed_and_at_it_there_is() -> None:
    few = company(_ten_customers(), "high_value_user_share", "2024-06")
    assert (few.value, few.reason, few.detail) == (None, NoData.TOO_FEW_CUSTOMERS, "10")
    enough = company(_ten_customers(), "high_value_user_share", "2024-06", params=Params(rfm_min_customers=10))
    assert (enough.numerator, enough.denominator, enough.value) == (D(3), D(10), D(30))


def test_high_value_members_are_scored_among_all_customers() -> None:
    customers: Rows = [{"customer_id": str(number), "member_since": "2024-01-01"} for number in (1, 2, 7)]
    tables = {**_ten_customers(), "customers": customers}
    value = company(tables, "high_value_member_share", "2024-06", params=Params(rfm_min_customers=10))
    assert (value.numerator, value.denominator) == (D(1), D(3))


@pytest.mark.parametrize(("window", "base"), [(365, 10), (121, 8)])
def test_the_base_is_who_ordered_in_the_window(window: int, base: int) -> None:
    params = Params(rfm_window_days=window, rfm_min_customers=1)
    assert company(_ten_customers(), "high_value_user_share", "2024-06", params=params).denominator == D(base)


def test_periods_half_a_century_apart_have_the_tiers_of_each() -> None:
    rows = _ten_customers()["orders"]
    earlier = [
        {
            **row,
            "order_id": f"{row['order_id']}-old",
            "paid_at": f"{int(str(row['paid_at'])[:4]) - 48}{str(row['paid_at'])[4:]}",
        }
        for row in rows
    ]
    blocks = compute_periods(
        library(),
        kpis=["high_value_user_share"],
        periods=[parse_period("1976-06"), parse_period("2024-06")],
        scopes=ScopeRequest(frozenset({ScopeKind.COMPANY})),
        relations=relations({"orders": [*earlier, *rows]}),
        organisation_of=lambda _period: Organisation(UnitTree.from_parents(PARENTS)),
        params=Params(rfm_min_customers=10),
    )
    assert [(value.numerator, value.denominator) for block in blocks for value in block] == [(D(3), D(10))] * 2


def test_alike_customers_score_alike_and_low() -> None:
    rows = [_order(str(number), f"c{number}", "2024-06-10 10:00:00") for number in range(60)]
    value = company({"orders": rows}, "high_value_user_share", "2024-06")
    assert (value.numerator, value.denominator) == (D(0), D(60))
