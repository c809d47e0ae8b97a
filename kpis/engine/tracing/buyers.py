"""Behind the buyers of a period who were members or private contacts when they paid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from kpis.engine.tracing.asking import STAND_IN, Asking
from kpis.engine.tracing.customers import customer_records, named_contacts, scoped, valid_orders
from kpis.engine.tracing.history import ORDER
from kpis.engine.tracing.listing import Listing, Part

if TYPE_CHECKING:
    import ibis.expr.types as ir


REPEAT = frozenset({"member_repeat_n", "repeat_private_n"})


def buyer_listing(asking: Asking, measure: str) -> Listing:
    """List the buyers, all their orders of the period, and what made them members or private contacts."""
    orders = valid_orders(asking, (STAND_IN.start, STAND_IN.end))
    if measure in ("private_buyers", "repeat_private_n"):
        return _private(asking, orders, measure)
    records = customer_records(asking).select("member_since", "erased_at", record="customer_id")
    joined = orders.left_join(records, orders["customer_id"] == records["record"])
    erased = joined["erased_at"]
    member = (joined["member_since"] <= joined["paid_at"].date()) & (erased.isnull() | (erased > joined["paid_at"]))
    rows = scoped(asking, joined.mutate(_held=member.fill_null(False)), "orders", "_held")
    evidence = Part("customers", customer_records(asking), ("customer_id",), everywhere=True)
    if measure != "member_sales":
        return Listing(_buyers(asking, rows, measure), (Part("orders", rows.drop("_held"), ORDER), evidence))
    rows = rows.filter(rows["_held"]).drop("_held")
    rows = rows.mutate(_amount=rows["net_amount"])
    sums = rows.group_by(list(asking.entity)).aggregate(_amount=rows["net_amount"].sum())
    entities = sums.mutate(_weight=ibis.null("int64"))
    return Listing(entities, (Part("orders", rows, ORDER), evidence), per_row=True)


def _private(asking: Asking, orders: ir.Table, measure: str) -> Listing:
    contacts = named_contacts(asking)
    links = contacts.select("contact_id", "added_at", "removed_at", owner="customer_id")
    pairs = orders.select("order_id", "customer_id", "paid_at").join(links, ibis._["customer_id"] == links["owner"])
    removed = pairs["removed_at"]
    pairs = pairs.filter(pairs["added_at"] < pairs["paid_at"], removed.isnull() | (removed > pairs["paid_at"]))
    held = pairs.select(held_order="order_id").distinct()
    joined = orders.left_join(held, orders["order_id"] == held["held_order"])
    rows = scoped(asking, joined.mutate(_held=joined["held_order"].notnull()), "orders", "_held")
    # a contact is shown where one of the scope's own orders was paid while it was open
    opened = rows.filter(rows["_held"]).select(*asking.entity, "order_id")
    links = pairs.select("contact_id", pair_order="order_id")
    deciding = opened.join(links, opened["order_id"] == links["pair_order"])
    deciding = deciding.select(*asking.scoped, decided="contact_id").distinct()
    evidence = contacts.join(deciding, contacts["contact_id"] == deciding["decided"]).drop("decided")
    parts = (Part("orders", rows.drop("_held"), ORDER), Part("contacts", evidence, ("added_at", "contact_id")))
    return Listing(_buyers(asking, rows, measure), parts)


def _buyers(asking: Asking, rows: ir.Table, measure: str) -> ir.Table:
    day = rows["paid_at"].date()
    people = rows.group_by(list(asking.entity)).aggregate(held=rows["_held"].max(), day_1=day.min(), day_n=day.max())
    people = people.filter(people["held"])
    if measure in REPEAT:
        people = people.filter(people["day_1"] < people["day_n"])
    return people.select(*asking.entity, _amount=ibis.literal(1, type="int64"), _weight=ibis.null("int64"))
