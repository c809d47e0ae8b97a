"""Whose an order is: the first rule that applies owns it, so that no order pays twice; and who else touched it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import combinations

from kpis.engine.attribution import split_amount, touch_weights


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


@dataclass(frozen=True, slots=True)
class Touch:
    """A department's part in an order, so many seconds before its payment."""

    department: str
    age: int


@dataclass(frozen=True, slots=True)
class Joint:
    """What two departments both touched: how many orders, their value, and what the model credits to each."""

    pair: tuple[str, str]
    orders: int
    value: Decimal
    credited: tuple[Decimal, Decimal]


def department_credits(
    amount: Decimal, touches: Sequence[Touch], *, model: str, half_life_days: int = 7
) -> dict[str, Decimal]:
    """Credit an order to the departments that touched it. The parts add up to the order, except under `shared`,
    which gives the whole order to each department; the company still counts it once. ValueError for an unknown model.
    """
    ordered = sorted(touches, key=lambda touch: (-touch.age, touch.department))
    if not ordered:
        return {}
    if model == "shared":
        return {touch.department: amount for touch in ordered}
    weights = touch_weights(model, [touch.age for touch in ordered], half_life_days)
    found: dict[str, Decimal] = defaultdict(Decimal)
    for touch, part in zip(ordered, split_amount(amount, weights), strict=True):
        found[touch.department] += part
    return dict(found)


def joint_orders(
    orders: Iterable[tuple[Decimal, Sequence[Touch]]], *, model: str, half_life_days: int = 7
) -> tuple[Joint, ...]:
    """Return every pair of departments that touched the same orders, the most money at stake first."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    values: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    parts: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for amount, touches in orders:
        credited = department_credits(amount, touches, model=model, half_life_days=half_life_days)
        for pair in combinations(sorted(credited), 2):
            counts[pair] += 1
            values[pair] += amount
            for side, department in enumerate(pair):
                parts[pair][side] += credited[department]
    found = [Joint(pair, counts[pair], values[pair], (parts[pair][0], parts[pair][1])) for pair in counts]
    return tuple(sorted(found, key=lambda joint: (-joint.value, joint.pair)))
