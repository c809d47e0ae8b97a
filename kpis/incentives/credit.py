"""Whose an order is: the first rule that applies owns it, so that no order pays twice."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from kpis.engine.attribution import split_amount


class OwnerRule(StrEnum):
    """Why an order is somebody's. A till order is its seller's; a mall order follows the other rules in their order
    (`catalogue.yaml` bonus_model.credit_rules).
    """

    TILL_SELLER = "till-seller"
    CUSTOMER_OWNER = "customer-owner"
    LINK_SELLER = "link-seller"
    STORE_HOME = "store-home"


@dataclass(frozen=True, slots=True)
class OrderFact:
    """An order as its credit needs it. `seller` stands on the order: at the till, or by whose link it came.

    `customer_guide` is whose private contact the customer was when paying. Empty where there is none.
    """

    order_id: str
    amount: Decimal
    at_till: bool
    seller: str = ""
    customer_guide: str = ""
    store: str = ""


@dataclass(frozen=True, slots=True)
class Credit:
    """Money of an order credited to a person, or to a store's pool where `person` is empty."""

    order_id: str
    rule: OwnerRule
    person: str
    store: str
    amount: Decimal


def owner_credits(order: OrderFact, *, serving_share: int = 0) -> tuple[Credit, ...]:
    """Credit an order to its one owner; nobody where no rule applies.

    `serving_share` percent of a mall order go to its seller where the customer is another guide's (服务导购 and
    绑定导购): the parts add up to the order.
    """
    rule, person = _owner(order)
    if rule is None:
        return ()
    store = order.store if rule is OwnerRule.STORE_HOME else ""
    is_served = rule is OwnerRule.CUSTOMER_OWNER and order.seller not in ("", person)
    if not serving_share or not is_served:
        return (Credit(order.order_id, rule, person, store, order.amount),)
    kept, given = split_amount(order.amount, [100 - serving_share, serving_share])
    return (
        Credit(order.order_id, rule, person, store, kept),
        Credit(order.order_id, OwnerRule.LINK_SELLER, order.seller, store, given),
    )


def _owner(order: OrderFact) -> tuple[OwnerRule | None, str]:
    if order.at_till and order.seller:
        return OwnerRule.TILL_SELLER, order.seller
    if not order.at_till and order.customer_guide:
        return OwnerRule.CUSTOMER_OWNER, order.customer_guide
    if not order.at_till and order.seller:
        return OwnerRule.LINK_SELLER, order.seller
    return (OwnerRule.STORE_HOME, "") if order.store else (None, "")
