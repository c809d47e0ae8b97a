"""Whose an order is, and what departments share: parts add up, one order pays once."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.incentives.credit import Joint, OrderFact, OwnerRule, Touch, department_credits, joint_orders, owner_credits

DAY = 86_400
TOUCHES = (Touch("ad", 10 * DAY), Touch("content", 7 * DAY), Touch("guide", 0))
MODELS = ("last_touch", "first_touch", "linear", "position", "time_decay")


@pytest.mark.parametrize(
    ("model", "parts"),
    [
        ("last_touch", ("0.00", "0.00", "300.00")),
        ("linear", ("100.00", "100.00", "100.00")),
        ("position", ("120.00", "60.00", "120.00")),
        ("time_decay", ("59.55", "80.15", "160.30")),
        ("shared", ("300", "300", "300")),
    ],
)
def test_the_example_of_300_is_split_as_the_domain_says(model: str, parts: tuple[str, ...]) -> None:
    found = department_credits(Decimal(300), TOUCHES, model=model)
    assert tuple(found[name] for name in ("ad", "content", "guide")) == tuple(map(Decimal, parts))


@given(
    amount=st.decimals(min_value=-5000, max_value=50_000, places=2),
    ages=st.lists(st.integers(min_value=0, max_value=60 * DAY), min_size=1, max_size=9),
)
def test_parts_add_up_to_the_order_in_any_order_of_touches(amount: Decimal, ages: list[int]) -> None:
    touches = [Touch(f"d{at % 4}", age) for at, age in enumerate(ages)]
    for model in MODELS:
        found = department_credits(amount, touches, model=model)
        assert sum(found.values()) == amount
        assert department_credits(amount, touches[::-1], model=model) == found


def test_an_order_goes_by_the_first_rule_that_applies() -> None:
    def owner(**facts: object) -> list[tuple[OwnerRule, str, str]]:
        order = OrderFact("O", Decimal(100), **{"at_till": False, **facts})  # type: ignore[arg-type] # facts by name
        return [(credit.rule, credit.person, credit.store) for credit in owner_credits(order)]

    assert owner(customer_guide="A", seller="B", store="S") == [(OwnerRule.CUSTOMER_OWNER, "A", "")]
    assert owner(seller="B", store="S") == [(OwnerRule.LINK_SELLER, "B", "")]
    assert owner(store="S") == [(OwnerRule.STORE_HOME, "", "S")]
    assert owner(at_till=True, customer_guide="A", seller="B") == [(OwnerRule.TILL_SELLER, "B", "")]
    assert owner(at_till=True, customer_guide="A", store="S") == [(OwnerRule.STORE_HOME, "", "S")]
    assert owner() == []


@given(amount=st.decimals(min_value=-5000, max_value=50_000, places=2), share=st.integers(min_value=0, max_value=100))
def test_own_and_serving_guide_share_an_order_to_the_cent(amount: Decimal, share: int) -> None:
    order = OrderFact("O", amount, at_till=False, customer_guide="A", seller="B")
    credits = owner_credits(order, serving_share=share)
    assert sum(credit.amount for credit in credits) == amount
    assert [credit.person for credit in credits] == (["A", "B"] if share else ["A"])


def test_departments_that_meet_on_orders_are_told_in_pairs_with_the_money() -> None:
    orders = [
        (Decimal(300), TOUCHES),
        (Decimal(100), (Touch("ad", DAY), Touch("guide", 0))),
        (Decimal(50), TOUCHES[:1]),
    ]
    found = joint_orders(orders, model="linear")
    assert found[0] == Joint(("ad", "guide"), 2, Decimal(400), (Decimal("150.00"), Decimal("150.00")))
    assert {joint.pair for joint in found} == {("ad", "guide"), ("ad", "content"), ("content", "guide")}
