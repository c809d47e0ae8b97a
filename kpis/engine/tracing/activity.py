"""Behind active customers, active private customers, and new contacts that came to life."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from kpis.engine.bounds import midnight
from kpis.engine.derived.case import EFFECTIVE_KINDS, VALID_STATUS
from kpis.engine.tracing.asking import STAND_IN, Asking
from kpis.engine.tracing.customers import (
    ALIVE_KINDS,
    interactions,
    members_at_end,
    named_contacts,
    scoped,
    scoped_orders,
)
from kpis.engine.tracing.history import ORDER
from kpis.engine.tracing.listing import Listing, Part

if TYPE_CHECKING:
    import ibis.expr.types as ir


SEEN = ("date", "kind", "employee_id")
ADDED = ("added_at", "contact_id")


def active_listing(asking: Asking, measure: str) -> Listing:
    """List those who interacted, visited the mall or bought in the scope, with everything they did."""
    seen = scoped(asking, interactions(asking, ALIVE_KINDS), "interactions")
    bought = scoped_orders(asking, (STAND_IN.start, STAND_IN.end))
    people = seen.select(*asking.entity).union(bought.select(*asking.entity)).distinct()
    parts = [Part("interactions", seen, SEEN), Part("orders", bought, ORDER)]
    if measure == "member_active_n":
        members = members_at_end(asking)
        people = people.semi_join(members, "_entity")
        parts.append(Part("customers", members, ("customer_id",), everywhere=True))
    return Listing(_once(people), tuple(parts))


def active_private_listing(asking: Asking) -> Listing:
    """List those with an open contact of the scope at any time of the period who interacted with anybody in it."""
    span, contacts = STAND_IN, named_contacts(asking)
    removed = contacts["removed_at"]
    then = contacts.filter(
        contacts["added_at"] < midnight(span.end), removed.isnull() | (removed >= midnight(span.start))
    )
    rows = scoped(asking, then, "contacts")
    seen = interactions(asking, EFFECTIVE_KINDS)
    people = rows.select(*asking.entity).distinct().semi_join(seen, "_entity")
    return Listing(_once(people), (Part("contacts", rows, ADDED), Part("interactions", seen, SEEN, everywhere=True)))


def activated_listing(asking: Asking) -> Listing:
    """List the first contacts that came to life, each with the interactions and orders that show it."""
    span, limit = STAND_IN, ibis.interval(days=asking.params.activation_days)
    contacts = named_contacts(asking)
    contacts = contacts.mutate(_entity=contacts["contact_id"])
    fresh = contacts.filter(
        contacts["is_first"], contacts["added_at"] >= midnight(span.start), contacts["added_at"] < midnight(span.end)
    )
    new = fresh.select(fresh_id="contact_id", owner="customer_id", since="added_at")
    met = _met(asking, new)
    first = met["since"].date()
    met = met.filter(met["date"] >= first, met["date"] <= (first + limit).cast("date"))
    orders = asking.table("orders")
    orders = orders.filter(orders["status"].isin(VALID_STATUS))
    bought = orders.join(new, orders["customer_id"] == new["owner"])
    bought = bought.filter(bought["paid_at"] >= bought["since"], bought["paid_at"] <= bought["since"] + limit)
    met, bought = (_for_contact(rows, at) for rows, at in ((met, "date"), (bought, "paid_at")))
    alive = met.select("_entity").union(bought.select("_entity")).distinct()
    rows = scoped(asking, fresh, "contacts")
    people = rows.select(*asking.entity).distinct().semi_join(alive, "_entity")
    evidence = (Part("interactions", met, SEEN, everywhere=True), Part("orders", bought, ORDER, everywhere=True))
    return Listing(_once(people), (Part("contacts", rows, ADDED), *evidence))


def _met(asking: Asking, new: ir.Table) -> ir.Table:
    seen = asking.table("interactions")
    seen = seen.filter(seen["kind"].isin(ALIVE_KINDS))
    return seen.join(new, seen["customer_id"] == new["owner"])


def _for_contact(rows: ir.Table, at: str) -> ir.Table:
    return rows.mutate(_entity=rows["fresh_id"], _at=rows[at]).drop("fresh_id", "owner", "since")


def _once(people: ir.Table) -> ir.Table:
    return people.mutate(_amount=ibis.literal(1, type="int64"), _weight=ibis.null("int64"))
