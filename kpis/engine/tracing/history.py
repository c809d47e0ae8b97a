"""Behind the measures over the order history: the customers who count, each with the orders that decided it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from kpis.engine.bounds import midnight
from kpis.engine.derived.case import PRIVATE_MALL
from kpis.engine.tracing.asking import STAND_IN, Asking
from kpis.engine.tracing.coverage import READS
from kpis.engine.tracing.customers import scoped_orders
from kpis.engine.tracing.listing import Listing, Part

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kpis.engine.derived.dates import Dates

ORDER = ("paid_at", "order_id")


def history_listing(asking: Asking, measure: str) -> Listing:
    """List the customers of one of `READS`."""
    on = STAND_IN
    orders = scoped_orders(asking, READS[measure](on))
    if measure == "mall_repeat_n":
        orders = orders.filter(orders["channel"] == PRIVATE_MALL)
    if measure == "second_buyers":
        orders = _until_second(asking, orders)
    paid = orders["paid_at"]
    states = orders.group_by(list(asking.entity)).aggregate(
        first=paid.min(),
        last=paid.max(),
        day_1=paid.date().min(),
        day_n=paid.date().max(),
        last_open=ibis.ifelse(paid < midnight(on.start), paid, None).max(),
        last_year_ago=ibis.ifelse(paid < midnight(on.year_ago), paid, None).max(),
        orders=orders.count(),
    )
    counting = states.filter(_test(states, measure, on))
    lost = ibis.ifelse(counting["last"] < midnight(on.end_alive), 1, 0)
    weight = lost if measure == "lifetime_years" else ibis.null("int64")
    entities = counting.select(*asking.entity, _amount=ibis.literal(1, type="int64"), _weight=weight)
    return Listing(entities, (Part("orders", orders, ORDER),))


def _until_second(asking: Asking, orders: ir.Table) -> ir.Table:
    """Return each customer's orders up to the end of the days after the first one."""
    first = orders["paid_at"].min().over(ibis.window(group_by=list(asking.entity)))
    dated = orders.mutate(_first=first)
    return dated.filter(
        dated["paid_at"] <= dated["_first"] + ibis.interval(days=asking.params.second_purchase_days)
    ).drop("_first")


def _test(state: ir.Table, measure: str, on: Dates) -> ir.BooleanValue:
    bought_inside = state["last"] >= midnight(on.start)
    if measure in ("repeat_n", "mall_repeat_n"):
        return state["day_1"] < state["day_n"]
    if measure == "retained_n":
        return state["last_open"].notnull() & bought_inside
    if measure == "newly_churned_n":
        return state["last_open"].notnull() & (state["last"] < midnight(on.end_alive))
    if measure == "churned_open_n":
        return state["last"] < midnight(on.start_alive)
    if measure == "recalled_n":
        return (state["last_open"] < midnight(on.start_alive)) & bought_inside
    if measure == "lifetime_years":
        return state["last_year_ago"].notnull()
    new = (state["first"] >= midnight(on.first_from)) & (state["first"] < midnight(on.start))
    if measure == "first_buyers_prev":
        return new
    if measure == "second_buyers":
        return new & (state["orders"] >= 2)
    return ibis.literal(True)
