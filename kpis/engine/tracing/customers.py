"""The rows that derived measures start from, and what the other tables say about a customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kpis.engine.bounds import calendar_day, midnight
from kpis.engine.derived.case import EFFECTIVE_KINDS, MALL_VISIT, VALID_STATUS
from kpis.engine.sources import typed
from kpis.engine.tracing.asking import STAND_IN, Asking

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kpis.engine.derived.dates import Range

ALIVE_KINDS = (*EFFECTIVE_KINDS, MALL_VISIT)


def narrowed(asking: Asking, rows: ir.Table, table: str) -> ir.Table:
    """Put the formula's filters on rows that have the columns of a table."""
    spec = asking.spec(table)
    for column, values in asking.ref.filters:
        kind = spec.column(column).type
        rows = rows.filter(rows[column].isin([typed(value, kind) for value in values]))
    return rows


def valid_orders(asking: Asking, read: Range) -> ir.Table:
    """Return the valid orders of known customers paid in the range, of everybody; `_entity` is the customer."""
    orders, (start, end) = asking.table("orders"), read
    orders = orders.filter(orders["status"].isin(VALID_STATUS), orders["customer_id"].notnull())
    orders = orders.filter(orders["paid_at"] < midnight(end))
    if start is not None:
        orders = orders.filter(orders["paid_at"] >= midnight(start))
    return orders.mutate(_entity=orders["customer_id"], _at=orders["paid_at"])


def scoped(asking: Asking, rows: ir.Table, table: str, *more: str) -> ir.Table:
    """Repeat the rows, under the formula's filters, for the scopes they count for."""
    keep = [*asking.columns(table), "_entity", "_at", *more]
    return asking.spread(narrowed(asking, rows, table), asking.spec(table), keep)


def scoped_orders(asking: Asking, read: Range) -> ir.Table:
    """Return the valid orders of known customers, for each scope."""
    return scoped(asking, valid_orders(asking, read), "orders")


def interactions(asking: Asking, kinds: tuple[str, ...]) -> ir.Table:
    """Return the interactions of these kinds in the window, of everybody."""
    rows, span = asking.table("interactions"), STAND_IN
    rows = rows.filter(rows["kind"].isin(kinds), rows["customer_id"].notnull())
    rows = rows.filter(rows["date"] >= calendar_day(span.start), rows["date"] < calendar_day(span.end))
    return rows.mutate(_entity=rows["customer_id"], _at=rows["date"])


def named_contacts(asking: Asking) -> ir.Table:
    """Return the contacts whose customer is known."""
    rows = asking.table("contacts")
    return rows.filter(rows["customer_id"].notnull()).mutate(_entity=rows["customer_id"], _at=rows["added_at"])


def customer_records(asking: Asking) -> ir.Table:
    """Return the customers' own rows."""
    rows = asking.table("customers")
    return rows.filter(rows["customer_id"].notnull()).mutate(_entity=rows["customer_id"], _at=rows["created_at"])


def members_at_end(asking: Asking) -> ir.Table:
    """Return the rows of those who are members when the window ends."""
    rows, end = customer_records(asking), STAND_IN.end
    erased = rows["erased_at"]
    return rows.filter(rows["member_since"] < calendar_day(end), erased.isnull() | (erased >= midnight(end)))
