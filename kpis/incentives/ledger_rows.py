"""The rows behind one base of one statement: what was counted, row by row, adding up to the base exactly.

A person's own base opens to their orders, contacts or customers. A store's opens to its days: the rows of colleagues
are not the reader's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import ibis

from kpis.engine.derived.case import Case
from kpis.incentives.credit import OwnerRule
from kpis.incentives.ledger import (
    LIVE,
    MALL,
    TILL,
    own_customers,
    paid_orders,
    valid_contacts,
    won_back,
)

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kpis.engine.relations import Relations
    from omnichannel.core.periods import Period

LIVE_RULE = "live-seller"
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose statement it is: the person, and the units whose figures are the store's."""

    person: str
    units: Collection[str]


@dataclass(frozen=True, slots=True)
class BaseRow:
    """A row: its id (an order, contact or customer; a day of a store), when, whose customer, why it counts.

    `amount` is CNY, or 1 for each counted thing; `count` is how many rows a day sums.
    """

    id: str
    at: str
    customer: str
    rule: str
    amount: Decimal
    count: int = 1


@dataclass(frozen=True, slots=True)
class BaseRows:
    """A page of the rows of a base, how many there are, and the sum of all."""

    rows: tuple[BaseRow, ...]
    total: int
    amount: Decimal


def rows_of_base(
    relations: Relations, base: str, period: Period, whose: Whose, *, as_of: date, offset: int, limit: int
) -> BaseRows | None:
    """Return a page of what a base counts, in the order of time; None where its tables are not loaded."""
    find = FINDERS.get(base)
    found = find(relations, period, whose, as_of) if find else None
    if found is None:
        return None
    return _page(relations, found, offset=offset, limit=limit)


def _page(relations: Relations, found: ir.Table, *, offset: int, limit: int) -> BaseRows:
    """Read a page with the number and the sum of all rows beside each of its own, in one query."""
    counted = found.mutate(total=found.count().over(), whole=found["amount"].sum().over())
    page = relations.rows(counted.order_by(["at", "id"]).limit(limit, offset=offset))
    if not page:
        return replace(_page(relations, found, offset=0, limit=1), rows=()) if offset else BaseRows((), 0, ZERO)
    rows = tuple(
        BaseRow(
            str(row["id"]),
            str(row["at"])[:16],
            str(row["customer"] or ""),
            str(row["rule"]),
            _decimal(row["amount"]),
            int(str(row["count"])),
        )
        for row in page
    )
    return BaseRows(rows, int(str(page[0]["total"])), _decimal(page[0]["whole"]))


def _decimal(value: object) -> Decimal:
    return ZERO if value is None else Decimal(str(value))


def _own(orders: ir.Table, rule: ir.Value | str) -> ir.Table:
    return orders.select(
        id=orders["order_id"],
        at=orders["paid_at"].cast("string"),
        customer=orders["customer_id"],
        rule=ibis.literal(rule) if isinstance(rule, str) else rule,
        amount=orders["net_amount"],
        count=ibis.literal(1),
    )


def _daily(rows: ir.Table, moment: str, amount: ir.NumericValue) -> ir.Table:
    dated = rows.mutate(_day=rows[moment].date().cast("string"), _amount=amount)
    days = dated.group_by("_day").aggregate(amount=dated["_amount"].sum(), count=dated.count())
    return days.select(
        id=days["_day"],
        at=days["_day"],
        customer=ibis.literal(""),
        rule=ibis.literal(""),
        amount=days["amount"],
        count=days["count"],
    )


def _till(relations: Relations, period: Period, whose: Whose, as_of: date) -> ir.Table | None:
    orders = paid_orders(relations, period)
    if orders is None:
        return None
    mine = orders.filter(orders["channel"] == TILL, orders["seller"] == whose.person)
    return _own(mine, OwnerRule.TILL_SELLER.value)


def _mall(relations: Relations, period: Period, whose: Whose, as_of: date) -> ir.Table | None:
    orders = paid_orders(relations, period)
    if orders is None:
        return None
    mall = orders.filter(orders["channel"] == MALL)
    mine = mall.filter(mall["guide"].coalesce(mall["seller"]) == whose.person)
    rule = ibis.cases((mine["guide"].notnull(), OwnerRule.CUSTOMER_OWNER.value), else_=OwnerRule.LINK_SELLER.value)
    return _own(mine, rule)


def _bound(relations: Relations, period: Period, whose: Whose, as_of: date) -> ir.Table | None:
    orders = paid_orders(relations, period)
    if orders is None:
        return None
    mine = orders.filter(orders["channel"] == MALL, orders["guide"] == whose.person)
    return _own(mine, OwnerRule.CUSTOMER_OWNER.value)


def _served(relations: Relations, period: Period, whose: Whose, as_of: date) -> ir.Table | None:
    orders = paid_orders(relations, period)
    if orders is None:
        return None
    mall = orders.filter(orders["channel"] == MALL, orders["seller"] == whose.person)
    return _own(mall.filter(mall["guide"].notnull(), mall["guide"] != whose.person), OwnerRule.LINK_SELLER.value)


def _live(relations: Relations, period: Period, whose: Whose, as_of: date) -> ir.Table | None:
    orders = relations.table("orders")
    if orders is None:
        return None
    paid = Case.valid_orders(orders, period.start, period.end)
    return _own(paid.filter(paid["channel"] == LIVE, paid["employee_id"] == whose.person), LIVE_RULE)


def _store(relations: Relations, period: Period, whose: Whose, as_of: date) -> ir.Table | None:
    orders = paid_orders(relations, period)
    if orders is None:
        return None
    here = orders.filter(orders["unit_id"].isin(sorted(whose.units)))
    return _daily(here, "paid_at", here["net_amount"])


def _home(relations: Relations, period: Period, whose: Whose, as_of: date) -> ir.Table | None:
    orders = paid_orders(relations, period)
    if orders is None:
        return None
    here = orders.filter(orders["unit_id"].isin(sorted(whose.units)), orders["seller"].isnull())
    here = here.filter((here["channel"] == TILL) | here["guide"].isnull())
    return _daily(here, "paid_at", here["net_amount"])


def _contacts(relations: Relations, period: Period, whose: Whose, as_of: date) -> ir.Table | None:
    contacts = relations.table("contacts")
    if contacts is None:
        return None
    valid = valid_contacts(contacts, period, as_of=as_of)
    mine = valid.filter(valid["employee_id"] == whose.person)
    return mine.select(
        id=mine["contact_id"],
        at=mine["added_at"].cast("string"),
        customer=mine["customer_id"],
        rule=mine["source"],
        amount=ibis.literal(1),
        count=ibis.literal(1),
    )


def _store_contacts(relations: Relations, period: Period, whose: Whose, as_of: date) -> ir.Table | None:
    contacts = relations.table("contacts")
    if contacts is None:
        return None
    valid = valid_contacts(contacts, period, as_of=as_of)
    return _daily(valid.filter(valid["unit_id"].isin(sorted(whose.units))), "added_at", ibis.literal(1))


def _again(relations: Relations, period: Period, whose: Whose, as_of: date) -> ir.Table | None:
    orders = paid_orders(relations, period)
    if orders is None or relations.table("contacts") is None:
        return None
    customers = own_customers(orders)
    return _customers(customers.filter(customers["days"] > 1, customers["guide"] == whose.person))


def _recalled(relations: Relations, period: Period, whose: Whose, as_of: date) -> ir.Table | None:
    orders = paid_orders(relations, period)
    if orders is None or relations.table("contacts") is None:
        return None
    back = won_back(relations, own_customers(orders), period)
    return None if back is None else _customers(back.filter(back["guide"] == whose.person))


def _customers(found: ir.Table) -> ir.Table:
    return found.select(
        id=found["customer_id"],
        at=found["first_paid"].cast("string"),
        customer=found["customer_id"],
        rule=ibis.literal(""),
        amount=ibis.literal(1),
        count=found["days"],
    )


Finder = Callable[["Relations", "Period", Whose, date], "ir.Table | None"]
FINDERS: Mapping[str, Finder] = {
    "store_sales": _till,
    "mall_sales": _mall,
    "bound_sales": _bound,
    "served_sales": _served,
    "live_sales": _live,
    "store_total_sales": _store,
    "store_home_sales": _home,
    "valid_contacts": _contacts,
    "store_contacts": _store_contacts,
    "repurchase_customers": _again,
    "recalled_customers": _recalled,
}
