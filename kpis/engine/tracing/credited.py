"""Behind attributed sales: the touches that earned money, with what each earned and the order it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from kpis.engine.bounds import midnight
from kpis.engine.crediting import SHARED, WHOLE, chosen_touches, split_credits
from kpis.engine.derived.case import VALID_STATUS
from kpis.engine.tracing.asking import STAND_IN, Asking
from kpis.engine.tracing.customers import scoped
from kpis.engine.tracing.listing import Listing, Part

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

TOUCH = ("touched_at", "seq")


def credited_listing(asking: Asking) -> Listing:
    """List the orders with a touch that earned something in the scope. An order counts for the scope of the touch."""
    near, orders = _near(asking)
    credited = _credited(asking, near)
    shared = asking.params.attribution_model == SHARED
    rows = scoped(asking, credited, "order_touches", "_amount")
    total = rows["_amount"].max() if shared else rows["_amount"].sum()
    entities = rows.group_by(list(asking.entity)).aggregate(_amount=total).mutate(_weight=ibis.null("int64"))
    touches = rows.drop("_amount") if shared else rows
    parts = (Part("order_touches", touches, TOUCH), Part("orders", orders, ("order_id",), everywhere=True))
    return Listing(entities, parts, per_row=not shared)


def _near(asking: Asking) -> tuple[ir.Table, ir.Table]:
    """Return the touches within the look-back of a valid order of the window, and these orders."""
    orders, span = asking.table("orders"), STAND_IN
    orders = orders.filter(orders["status"].isin(VALID_STATUS))
    orders = orders.filter(orders["paid_at"] >= midnight(span.start), orders["paid_at"] < midnight(span.end))
    orders = orders.mutate(_entity=orders["order_id"], _at=orders["paid_at"])
    touches = asking.table("order_touches")
    paid = orders.select(paid_order="order_id", paid_at="paid_at", net="net_amount")
    near = touches.join(paid, touches["order_id"] == paid["paid_order"])
    back = ibis.interval(days=asking.params.attribution_window_days)
    near = near.filter(near["touched_at"] <= near["paid_at"], near["touched_at"] >= near["paid_at"] - back)
    return near.mutate(_entity=near["order_id"], _at=near["touched_at"]), orders


def _credited(asking: Asking, near: ir.Table) -> ir.Table:
    model = asking.params.attribution_model
    if model == SHARED:
        return near.mutate(_amount=near["net"])
    if model in WHOLE:
        return chosen_touches(near, model).mutate(_amount=ibis._["net"])
    shares = asking.context.relations.small("traced_credit", _split(asking, near))
    return near.join(shares, [near["order_id"] == shares["credit_order"], near["seq"] == shares["credit_seq"]]).rename(
        _amount="credit"
    )


def _split(asking: Asking, near: ir.Table) -> pa.Table:
    age = near["paid_at"].delta(near["touched_at"], unit="second")
    ordered = near.order_by(["order_id", "touched_at", "seq"]).select("order_id", "seq", net_amount="net", age=age)
    relations = asking.context.relations
    # what each touch earns is worked out from the rows themselves, so the actual dates are needed here
    return split_credits(relations.ask(asking.written(relations.compiled(ordered))), params=asking.params)
