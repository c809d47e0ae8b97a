"""Attributed sales: valid orders of the period, split over their touches in the look-back window by the tenant's model.

Only orders with a touch in the window are attributed. In every model but `shared` the parts add up to the company's
figure; in `shared` each scope gets the whole order once. A scope here is the touch's, not the order's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from kpis.engine.attribution import split_amount, touch_weights
from kpis.engine.derived.case import Case
from kpis.engine.lapse import seconds_between
from kpis.engine.results import ZERO, MeasureResult, Quantity, exact, no_rows, whole
from kpis.engine.scoping import scope_of

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kpis.engine.relations import Row

MEASURES = frozenset({"attributed_sales"})
_TOUCH = ("role_id", "channel", "employee_id", "campaign_id")


def attributed_results(case: Case, _measures: frozenset[str]) -> dict[str, MeasureResult]:
    """Compute `attributed_sales`."""
    look_back = case.span.start - timedelta(days=case.params.attribution_window_days)
    covered = case.has("orders", case.span.start, case.span.end) and case.has("order_touches", look_back, case.span.end)
    kinds = case.kinds("order_touches")
    if not covered:
        return {"attributed_sales": MeasureResult.of(kinds, {}, no_rows())}
    # a filter picks touches after the split: the share of the chosen touches, not a split among them
    credited = case.filtered(credits_of(case, touches_of(case)), "order_touches")
    rows = case.spread(credited, "order_touches", ["order_id", "credit"])
    if case.params.attribution_model == "shared":
        rows = rows.group_by(["_kind", "_scope", "order_id"]).aggregate(credit=rows["credit"].max())
    totals = rows.group_by(["_kind", "_scope"]).aggregate(
        amount=rows["credit"].sum(), orders=rows["order_id"].nunique()
    )
    cells = {
        scope_of(row): Quantity(exact(row["amount"]), rows=whole(row["orders"]))
        for row in case.rows(totals)
        if row["amount"] is not None
    }
    return {"attributed_sales": MeasureResult.of(kinds, cells, ZERO)}


def touches_of(case: Case) -> ir.Table:
    """Return the touches that can earn credit, with their order's money and their age in seconds."""
    touches = case.table("order_touches")
    orders = case.valid_orders(case.table("orders"), case.span.start, case.span.end).select(
        "paid_at", "net_amount", paid_order="order_id"
    )
    joined = touches.join(orders, touches["order_id"] == orders["paid_order"])
    window = ibis.interval(days=case.params.attribution_window_days)
    near = joined.filter(joined["touched_at"] <= joined["paid_at"], joined["touched_at"] >= joined["paid_at"] - window)
    age = seconds_between(near["touched_at"], near["paid_at"])
    return near.select("order_id", "seq", "touched_at", "paid_at", "net_amount", *_TOUCH, age=age)


def credits_of(case: Case, touches: ir.Table) -> ir.Table:
    """Return the touches that earn credit, with the money each does."""
    model = case.params.attribution_model
    if model == "shared":
        return touches.mutate(credit=touches["net_amount"])
    if model in ("last_touch", "first_touch"):
        order = [touches["touched_at"], touches["seq"]]
        if model == "last_touch":
            order = [column.desc() for column in order]
        place = ibis.row_number().over(ibis.window(group_by="order_id", order_by=order))
        chosen = touches.mutate(_place=place).filter(ibis._["_place"] == 0)
        return chosen.mutate(credit=chosen["net_amount"])
    ordered = touches.order_by(["order_id", "touched_at", "seq"]).select("order_id", "seq", "net_amount", "age")
    parts = list(_parts(case.rows(ordered), model, case.params.attribution_half_life_days))
    columns = {
        "credit_order": pa.array([part[0] for part in parts], pa.string()),
        "credit_seq": pa.array([part[1] for part in parts], pa.int64()),
        "credit": pa.array([part[2] for part in parts], pa.decimal128(18, 4)),
    }
    credit = case.context.relations.small("credit", pa.table(columns))
    return touches.join(credit, [touches["order_id"] == credit["credit_order"], touches["seq"] == credit["credit_seq"]])


def _parts(rows: Iterable[Row], model: str, half_life_days: int) -> Iterator[tuple[str, int, Decimal]]:
    for order, grouped in groupby(rows, key=lambda row: str(row["order_id"])):
        touches = list(grouped)
        ages = [whole(touch["age"]) for touch in touches]
        amount = Decimal(str(touches[0]["net_amount"]))
        shares = split_amount(amount, touch_weights(model, ages, half_life_days))
        for touch, share in zip(touches, shares, strict=True):
            yield order, whole(touch["seq"]), share
