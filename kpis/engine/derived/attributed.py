"""Attributed sales: valid orders of the period, split over their touches in the look-back window by the tenant's model.

Only orders with a touch in the window are attributed. In every model but `shared` the parts add up to the company's
figure; in `shared` each scope gets the whole order once. A scope here is the touch's, not the order's.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from kpis.engine.crediting import SHARED, credited_touches, near_touches
from kpis.engine.derived.case import Case
from kpis.engine.results import ZERO, MeasureResult, Quantity, exact, no_rows, whole
from kpis.engine.scoping import scope_of

if TYPE_CHECKING:
    import ibis.expr.types as ir

MEASURES = frozenset({"attributed_sales"})


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
    if case.params.attribution_model == SHARED:
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
    orders = case.valid_orders(case.table("orders"), case.span.start, case.span.end)
    return near_touches(case.table("order_touches"), orders, window_days=case.params.attribution_window_days)


def credits_of(case: Case, touches: ir.Table) -> ir.Table:
    """Return the touches that earn credit, with the money each does."""
    return credited_touches(case.context.relations, touches, params=case.params)
