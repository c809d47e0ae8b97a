"""The ledger of credit for a period, out of the rows: whose each order is, what people and stores can be paid on.

The rules are those of `credit.owner_credits`, written as one query for orders by the hundred thousand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import ibis

from kpis.engine.bounds import calendar_day, midnight
from kpis.engine.derived.case import Case
from kpis.incentives.credit import OrderFact

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kpis.engine.relations import Relations
    from omnichannel.core.periods import Period

TILL, MALL, LIVE = "store", "private_mall", "livestream"
FRIEND = "wecom_friend"
# A new contact is worth something when it is still there after so many days (`domain.md` 14).
VALID_AFTER_DAYS = 30
# Who comes back after so many days without an order was won back (`catalogue.yaml` derived_params.churn_days).
DORMANT_DAYS = 180


ORDER_BASES = frozenset(
    {"store_sales", "mall_sales", "bound_sales", "served_sales", "live_sales", "store_total_sales", "store_home_sales"}
)
CUSTOMER_BASES = frozenset({"repurchase_customers", "recalled_customers"})
CONTACT_BASES = frozenset({"valid_contacts", "store_contacts"})


@dataclass(frozen=True, slots=True)
class Quantities:
    """What a period holds by person and by store: base -> figure, where there is a row of it.

    `measured` are the bases whose tables were loaded: somebody without a row of one has nothing of it, which is a
    figure. `days` are those on which a person served customers (`service_daily`): their shifts.
    """

    people: Mapping[str, Mapping[str, Decimal]]
    stores: Mapping[str, Mapping[str, Decimal]]
    measured: frozenset[str]
    days: Mapping[str, Decimal]

    def rolled_up(self, closure: Iterable[tuple[str, str]]) -> Quantities:
        """Return the same with each unit holding all that is below it. `closure` are pairs (unit, what is in it)."""
        found: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for above, below in closure:
            for base, figure in self.stores.get(below, {}).items():
                found[above][base] += figure
        return replace(self, stores=found)

    def of(self, person: str, store: str) -> dict[str, Decimal]:
        """Return all that is known of a person who works in a store."""
        nothing = dict.fromkeys(self.measured, Decimal(0))
        return {**nothing, **self.stores.get(store, {}), **self.people.get(person, {})}


def order_facts(relations: Relations, period: Period) -> Iterator[OrderFact]:
    """Yield the valid till and mall orders paid in the period, by their id, with whose customer each was."""
    orders = paid_orders(relations, period)
    if orders is None:
        return
    for row in relations.rows(orders.order_by("order_id")):
        yield OrderFact(
            order_id=str(row["order_id"]),
            amount=Decimal(str(row["net_amount"])),
            at_till=row["channel"] == TILL,
            seller=str(row["seller"] or ""),
            customer_guide=str(row["guide"] or ""),
            store=str(row["unit_id"] or ""),
        )


def quantities(relations: Relations, period: Period, *, as_of: date) -> Quantities:
    """Sum what plans may pay on. Contacts younger than 30 days on `as_of` count while they are open."""
    measured: set[str] = set()
    people: dict[str, dict[str, Decimal]] = defaultdict(dict)
    stores: dict[str, dict[str, Decimal]] = defaultdict(dict)
    orders, contacts = paid_orders(relations, period), relations.table("contacts")
    if orders is not None:
        _sum_orders(relations, orders, people, stores)
        _sum_live(relations, period, people)
        measured |= ORDER_BASES
    if orders is not None and contacts is not None:
        _count_customers(relations, orders, period, people)
        measured |= CUSTOMER_BASES
    if contacts is not None:
        valid = valid_contacts(contacts, period, as_of=as_of)
        _put(relations, valid, "employee_id", "", "valid_contacts", people)
        _put(relations, valid, "unit_id", "", "store_contacts", stores)
        measured |= CONTACT_BASES
    return Quantities(people, stores, frozenset(measured), _days(relations, period))


def paid_orders(relations: Relations, period: Period) -> ir.Table | None:
    """Return the valid till and mall orders of the period with `seller` and `guide`; None without orders."""
    orders = relations.table("orders")
    if orders is None:
        return None
    paid = Case.valid_orders(orders, period.start, period.end)
    paid = paid.filter(paid["channel"].isin((TILL, MALL))).select(
        "order_id", "customer_id", "channel", "unit_id", "paid_at", "net_amount", seller="employee_id"
    )
    contacts = relations.table("contacts")
    if contacts is None:
        return paid.mutate(guide=ibis.null("string"))
    return _with_guide(paid, contacts)


def _with_guide(orders: ir.Table, contacts: ir.Table) -> ir.Table:
    """Add whose private contact the customer was when paying: the oldest friendship that was open."""
    friends = contacts.filter(
        contacts["kind"] == FRIEND, contacts["employee_id"].notnull(), contacts["customer_id"].notnull()
    ).select("contact_id", "added_at", "removed_at", friend="employee_id", friend_of="customer_id")
    known = orders.join(friends, orders["customer_id"] == friends["friend_of"])
    was_open = known.filter(
        known["added_at"] <= known["paid_at"], known["removed_at"].isnull() | (known["removed_at"] > known["paid_at"])
    )
    place = ibis.row_number().over(
        ibis.window(group_by="order_id", order_by=[was_open["added_at"], was_open["contact_id"]])
    )
    oldest = was_open.mutate(_place=place).filter(ibis._["_place"] == 0).select(owned="order_id", guide="friend")
    return orders.left_join(oldest, orders["order_id"] == oldest["owned"]).drop("owned")


def _sum_orders(
    relations: Relations,
    orders: ir.Table,
    people: dict[str, dict[str, Decimal]],
    stores: dict[str, dict[str, Decimal]],
) -> None:
    till = orders.filter(orders["channel"] == TILL)
    mall = orders.filter(orders["channel"] == MALL)
    credited = mall.mutate(owner=mall["guide"].coalesce(mall["seller"]))
    served = mall.filter(mall["guide"].notnull(), mall["seller"].notnull(), mall["guide"] != mall["seller"])
    home = orders.filter(orders["seller"].isnull(), (orders["channel"] == TILL) | orders["guide"].isnull())
    for rows, key, base, found in (
        (till, "seller", "store_sales", people),
        (credited, "owner", "mall_sales", people),
        (mall, "guide", "bound_sales", people),
        (served, "seller", "served_sales", people),
        (orders, "unit_id", "store_total_sales", stores),
        (home, "unit_id", "store_home_sales", stores),
    ):
        _put(relations, rows, key, "net_amount", base, found)


def _sum_live(relations: Relations, period: Period, people: dict[str, dict[str, Decimal]]) -> None:
    orders = relations.table("orders")
    if orders is not None:
        paid = Case.valid_orders(orders, period.start, period.end)
        _put(relations, paid.filter(paid["channel"] == LIVE), "employee_id", "net_amount", "live_sales", people)


def _count_customers(
    relations: Relations, orders: ir.Table, period: Period, people: dict[str, dict[str, Decimal]]
) -> None:
    """Count each guide's own customers who bought on two days of the period, and those won back in it.

    A customer is the guide's whose friend they were at their first order of the period.
    """
    first = own_customers(orders)
    again = first.filter(first["days"] > 1)
    _put(relations, again, "guide", "", "repurchase_customers", people)
    back = won_back(relations, first, period)
    if back is not None:
        _put(relations, back, "guide", "", "recalled_customers", people)


def own_customers(orders: ir.Table) -> ir.Table:
    """Return whose friend each customer was at their first order of the period, and on how many days they bought."""
    known = orders.filter(orders["customer_id"].notnull(), orders["guide"].notnull())
    return known.group_by("customer_id").aggregate(
        guide=known["guide"].first(order_by=[known["paid_at"], known["order_id"]]),
        first_paid=known["paid_at"].min(),
        days=known["paid_at"].date().nunique(),
    )


def won_back(relations: Relations, customers: ir.Table, period: Period) -> ir.Table | None:
    """Return those of `own_customers` whose last order before the period was long ago; None without orders."""
    table = relations.table("orders")
    if table is None:
        return None
    earlier = Case.valid_orders(table, None, period.start)
    last = earlier.group_by(buyer="customer_id").aggregate(last_paid=earlier["paid_at"].max())
    met = customers.join(last, customers["customer_id"] == last["buyer"])
    return met.filter(met["last_paid"] < met["first_paid"] - ibis.interval(days=DORMANT_DAYS))


def valid_contacts(contacts: ir.Table, period: Period, *, as_of: date) -> ir.Table:
    """Return the first contacts of the period that lasted 30 days, or are open where that day is yet to come."""
    added = contacts.filter(
        contacts["is_first"],
        contacts["added_at"] >= midnight(period.start),
        contacts["added_at"] < midnight(period.end),
    )
    lasts = added["added_at"] + ibis.interval(days=VALID_AFTER_DAYS)
    until = ibis.least(lasts, midnight(as_of + timedelta(days=1)))
    return added.filter(added["removed_at"].isnull() | (added["removed_at"] >= until))


def _days(relations: Relations, period: Period) -> dict[str, Decimal]:
    served = relations.table("service_daily")
    if served is None:
        return {}
    inside = served.filter(served["date"] >= calendar_day(period.start), served["date"] < calendar_day(period.end))
    days = inside.group_by("employee_id").aggregate(days=inside["date"].nunique())
    return {str(row["employee_id"]): Decimal(str(row["days"])) for row in relations.rows(days)}


def _put(
    relations: Relations, rows: ir.Table, key: str, summed: str, base: str, found: dict[str, dict[str, Decimal]]
) -> None:
    """Sum a column by a key, or count the rows where none is named."""
    known = rows.filter(rows[key].notnull())
    figure = known[summed].sum() if summed else known.count()
    for row in relations.rows(known.group_by(key).aggregate(figure=figure)):
        found[str(row[key])][base] = Decimal(str(row["figure"]))
