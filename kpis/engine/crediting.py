"""The money of orders over their touches, by the hundred thousand: the one ledger of KPIs, pay and channels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from kpis.engine.attribution import split_amount, touch_weights
from kpis.engine.lapse import seconds_between
from kpis.engine.results import whole

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kpis.engine.relations import Relations, Row
    from kpis.engine.specs import Params

# models that split an order over its touches: what each earns is worked out here, not by the database
SPLIT = frozenset({"linear", "position", "time_decay"})
# models that give an order to one touch
WHOLE = frozenset({"first_touch", "last_touch"})
SHARED = "shared"
TOUCH = ("role_id", "channel", "employee_id", "campaign_id")


def near_touches(touches: ir.Table, orders: ir.Table, *, window_days: int, more: Sequence[str] = ()) -> ir.Table:
    """Return the touches that can earn credit, with their order's money and their age in seconds.

    `orders` are valid ones; their columns `more` come along as `order_<name>`.
    """
    also = {f"order_{name}": orders[name] for name in more}
    paid = orders.select("paid_at", "net_amount", paid_order="order_id", **also)
    joined = touches.join(paid, touches["order_id"] == paid["paid_order"])
    window = ibis.interval(days=window_days)
    near = joined.filter(joined["touched_at"] <= joined["paid_at"], joined["touched_at"] >= joined["paid_at"] - window)
    age = seconds_between(near["touched_at"], near["paid_at"])
    return near.select("order_id", "seq", "touched_at", "paid_at", "net_amount", *TOUCH, *also, age=age)


def credited_touches(relations: Relations, touches: ir.Table, *, params: Params) -> ir.Table:
    """Return those of `near_touches` that earn something by the model, with the money each does as `credit`."""
    model = params.attribution_model
    if model == SHARED:
        return touches.mutate(credit=touches["net_amount"])
    if model in WHOLE:
        return chosen_touches(touches, model).mutate(credit=ibis._["net_amount"])
    ordered = touches.order_by(["order_id", "touched_at", "seq"]).select("order_id", "seq", "net_amount", "age")
    parts = split_credits(relations.rows(ordered), params=params)
    credit = relations.small("credit", parts)
    return touches.join(credit, [touches["order_id"] == credit["credit_order"], touches["seq"] == credit["credit_seq"]])


def chosen_touches(touches: ir.Table, model: str) -> ir.Table:
    """Return the one touch of each order that earns all of it by `first_touch` or `last_touch`."""
    order: list[ir.Value] = [touches["touched_at"], touches["seq"]]
    if model == "last_touch":
        order = [column.desc() for column in order]
    place = ibis.row_number().over(ibis.window(group_by="order_id", order_by=order))
    return touches.mutate(_place=place).filter(ibis._["_place"] == 0).drop("_place")


def split_credits(rows: Iterable[Row], *, params: Params) -> pa.Table:
    """Split orders over their touches, which come order by order and earliest first.

    Wants `order_id`, `seq`, `net_amount` and `age`; gives `credit_order`, `credit_seq` and `credit`.
    """
    orders: list[str] = []
    places: list[int] = []
    credit: list[Decimal] = []
    for order, grouped in groupby(rows, key=lambda row: str(row["order_id"])):
        touches = list(grouped)
        ages = [whole(touch["age"]) for touch in touches]
        weights = touch_weights(params.attribution_model, ages, params.attribution_half_life_days)
        orders += [order] * len(touches)
        places += [whole(touch["seq"]) for touch in touches]
        credit += split_amount(Decimal(str(touches[0]["net_amount"])), weights)
    return pa.table(
        {
            "credit_order": pa.array(orders, pa.string()),
            "credit_seq": pa.array(places, pa.int64()),
            "credit": pa.array(credit, pa.decimal128(18, 4)),
        }
    )
