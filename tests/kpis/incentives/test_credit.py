"""Whose an order is: parts add up, one order pays once. What departments share: `test_touches.py`."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from kpis.incentives.credit import OrderFact, OwnerRule, owner_credits


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
