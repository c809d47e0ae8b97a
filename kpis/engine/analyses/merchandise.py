"""Merchandise by category: sales, cost and stock of a month, so that margin, turnover, GMROI and sell-through follow.

A line's cost is pieces times the product's unit cost. Orders carry a cost of their own, which the KPIs use; what the
lines do not explain of it stands apart, so that the categories and the rest add up to the KPIs' figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import ibis

from kpis.engine.analyses.ground import SCOPE, Ground, money, number, only
from kpis.engine.bounds import calendar_day

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kpis.engine.relations import Row
    from kpis.engine.specs import Scope

UNKNOWN = ""


@dataclass(frozen=True, slots=True)
class CategoryLine:
    """One category. `stock_cost` adds its daily stock at cost over all `days` of the scope; `cost` is None when no
    product sold has a unit cost.
    """

    category: str
    sales: Decimal
    pieces: int
    cost: Decimal | None
    stock_cost: Decimal | None
    closing: int | None


@dataclass(frozen=True, slots=True)
class MerchandiseDocument:
    """Categories by sales, and the scope's own totals: net sales and goods cost of its orders, days with stock."""

    lines: tuple[CategoryLine, ...]
    net_sales: Decimal | None
    goods_cost: Decimal | None
    days: int
    lacking: tuple[str, ...]


def analyse_merchandise(ground: Ground) -> dict[Scope, MerchandiseDocument]:
    """Compute every category's figures for the month."""
    if not ground.has("orders"):
        return {}
    lined = ground.has("order_lines", "products")
    sold = ground.grouped(_sold(ground)) if lined else {}
    totals = ground.grouped(_totals(ground))
    daily = _daily(ground) if ground.has("inventory") else None
    days = ground.grouped(_days(daily)) if daily is not None else {}
    stock = ground.grouped(_stock(daily)) if daily is not None else {}
    lacking = tuple(name for name in ("order_lines", "products", "inventory") if not ground.has(name))
    return {
        scope: _document(sold.get(scope, []), only(totals, scope), only(days, scope), stock.get(scope, []), lacking)
        for scope in ground.scopes
    }


def _totals(ground: Ground) -> ir.Table:
    orders = ground.valid_orders(ground.period.start, ground.period.end)
    rows = ground.spread(orders, "orders", ["net_amount", "goods_cost"])
    return rows.group_by(list(SCOPE)).aggregate(net_sales=rows["net_amount"].sum(), goods_cost=rows["goods_cost"].sum())


def _categories(ground: Ground) -> ir.Table:
    products = ground.table("products")
    return products.select(product_id="sku_id", category=products["category"].fill_null(UNKNOWN), unit_cost="unit_cost")


def _sold(ground: Ground) -> ir.Table:
    names = dict.fromkeys(["order_id", *ground.scoping.columns(ground.library.tables["orders"])])
    orders = ground.valid_orders(ground.period.start, ground.period.end).select(*names)
    products = _categories(ground)
    lines = ground.table("order_lines").select("sku_id", "qty", "net_amount", line_order="order_id")
    sold = lines.join(orders, lines["line_order"] == orders["order_id"])
    sold = sold.left_join(products, sold["sku_id"] == products["product_id"])
    sold = sold.mutate(
        category=sold["category"].fill_null(UNKNOWN), cost=(sold["qty"] * sold["unit_cost"]).cast("decimal(38, 4)")
    )
    rows = ground.spread(sold, "orders", ["category", "qty", "net_amount", "cost"])
    return rows.group_by([*SCOPE, "category"]).aggregate(
        sales=rows["net_amount"].sum(), pieces=rows["qty"].sum(), cost=rows["cost"].sum()
    )


def _daily(ground: Ground) -> ir.Table:
    inventory = ground.table("inventory")
    inside = inventory.filter(
        inventory["date"] >= calendar_day(ground.period.start), inventory["date"] < calendar_day(ground.period.end)
    )
    if ground.has("products"):
        products = _categories(ground)
        inside = inside.left_join(products, inside["sku_id"] == products["product_id"])
        inside = inside.mutate(category=inside["category"].fill_null(UNKNOWN))
    else:
        inside = inside.mutate(category=ibis.literal(UNKNOWN))
    rows = ground.spread(inside, "inventory", ["date", "category", "cost_on_hand", "qty_on_hand"])
    return rows.group_by([*SCOPE, "date", "category"]).aggregate(
        cost=rows["cost_on_hand"].sum(), pieces=rows["qty_on_hand"].sum()
    )


def _days(daily: ir.Table) -> ir.Table:
    """Count the scope's days with stock at cost; the KPI's mean is over them, not over each category's own."""
    costed = daily.filter(daily["cost"].notnull())
    return costed.group_by(list(SCOPE)).aggregate(days=costed["date"].nunique())


def _stock(daily: ir.Table) -> ir.Table:
    counted = ibis.ifelse(daily["pieces"].notnull(), daily["date"], None)
    dated = daily.mutate(last=counted.max().over(ibis.window(group_by=list(SCOPE))))
    at_end = dated["date"] == dated["last"]
    return dated.group_by([*SCOPE, "category"]).aggregate(
        stock_cost=dated["cost"].sum(), closing=ibis.ifelse(at_end, dated["pieces"], None).sum()
    )


def _document(
    sold: list[Row], totals: Row, days: Row, stock: list[Row], lacking: tuple[str, ...]
) -> MerchandiseDocument:
    sales = {str(row["category"]): row for row in sold}
    stocks = {str(row["category"]): row for row in stock}
    lines = [_line(name, sales.get(name, {}), stocks.get(name, {})) for name in {*sales, *stocks}]
    return MerchandiseDocument(
        lines=tuple(sorted(lines, key=lambda line: (-line.sales, line.category))),
        net_sales=_maybe(totals.get("net_sales")),
        goods_cost=_maybe(totals.get("goods_cost")),
        days=number(days.get("days")),
        lacking=lacking,
    )


def _line(category: str, sold: Row, stock: Row) -> CategoryLine:
    closing = stock.get("closing")
    return CategoryLine(
        category=category,
        sales=money(sold.get("sales")),
        pieces=number(sold.get("pieces")),
        cost=_maybe(sold.get("cost")),
        stock_cost=_maybe(stock.get("stock_cost")),
        closing=None if closing is None else number(closing),
    )


def _maybe(cell: object) -> Decimal | None:
    return None if cell is None else money(cell)
