"""What the derived measures share: the rows they start from, and how counted rows become results.

A scope and a formula filter narrow the base rows first (orders, contacts, interactions); then the algorithm runs over
those rows. Other tables only say what a customer is (a member, a private contact) and are never narrowed: a guide's
private buyers are the buyers of the guide's orders who were anybody's contact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import ibis
import numpy as np

from kpis.engine.bounds import midnight
from kpis.engine.results import KINDS, ZERO, Cells, MeasureResult, Numbers, counts_of, no_rows
from kpis.engine.sources import typed

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

    from kpis.engine.context import Context
    from kpis.engine.grammar import Filters
    from kpis.engine.relations import Row
    from kpis.engine.specs import Params, ScopeKind
    from kpis.engine.windows import Span

VALID_STATUS = ("paid", "completed")
EFFECTIVE_KINDS = ("message_in", "group_message", "activity_join", "content_click", "share", "review")
MALL_VISIT = "mall_visit"
PRIVATE_MALL = "private_mall"
KEYS = ("_kind", "_scope", "customer_id")


@dataclass(frozen=True, slots=True)
class Case:
    """Derived measures of one window and one set of formula filters are computed together."""

    context: Context
    span: Span
    filters: Filters

    @property
    def params(self) -> Params:
        """Return the tenant's parameters."""
        return self.context.params

    def table(self, name: str) -> ir.Table:
        """Return a loaded table; LookupError otherwise (the plan has checked)."""
        table = self.context.relations.table(name)
        if table is None:
            raise LookupError(f"{name} is not loaded")
        return table

    def narrowed(self, name: str) -> ir.Table:
        """Return the table under the formula's filters."""
        return self.filtered(self.table(name), name)

    def filtered(self, table: ir.Table, name: str) -> ir.Table:
        """Put the formula's filters on rows that have the columns of table `name`."""
        spec = self.context.library.tables[name]
        for column, values in self.filters:
            kind = spec.column(column).type
            table = table.filter(table[column].isin([typed(value, kind) for value in values]))
        return table

    @staticmethod
    def valid_orders(orders: ir.Table, start: date | None, end: date | None) -> ir.Table:
        """Return the valid ones of the orders, paid in [start, end); None leaves that side open."""
        orders = orders.filter(orders["status"].isin(VALID_STATUS))
        if start is not None:
            orders = orders.filter(orders["paid_at"] >= midnight(start))
        if end is not None:
            orders = orders.filter(orders["paid_at"] < midnight(end))
        return orders

    def customer_orders(self, start: date | None, end: date | None) -> ir.Table:
        """Return the valid orders, under the formula's filters, of known customers: null is not one person."""
        orders = self.valid_orders(self.narrowed("orders"), start, end)
        return orders.filter(orders["customer_id"].notnull())

    def spread(self, rows: ir.Table, table: str, keep: Sequence[str]) -> ir.Table:
        """Repeat the rows for every scope they count for."""
        return self.context.scoping.spread(rows, self.context.library.tables[table], keep)

    def kinds(self, *tables: str) -> frozenset[ScopeKind]:
        """Return the requested scope kinds that all of these base tables carry."""
        found = [self.context.scoping.kinds(self.context.library.tables[table]) for table in tables]
        return frozenset.intersection(*found)

    def has(self, table: str, start: date | None, end: date) -> bool:
        """Return whether the table has any row in the range."""
        return self.context.coverage.has(table, start, end)

    def rows(self, expr: ir.Table) -> list[Row]:
        """Run a query whose rows are looked at one by one."""
        return self.context.relations.rows(expr)

    def answer(self, expr: ir.Table) -> pa.Table:
        """Run a query for its columns."""
        return self.context.relations.answer(expr)


def flag(test: ir.BooleanValue) -> ir.Value:
    """Return 1 where the test holds, else null, ready to be counted."""
    return ibis.ifelse(test, 1, None)


def counted(
    answer: pa.Table, kinds: frozenset[ScopeKind], columns: Mapping[str, str], covered: Mapping[str, bool]
) -> dict[str, MeasureResult]:
    """Turn a query's answer into results: `columns` maps a measure to its column, `n_<measure>` counts its rows.

    A measure whose tables have no rows in its own window is missing everywhere, not 0.
    """
    cells = Cells.read(answer)
    here = np.isin(cells.kind, [KINDS.index(kind) for kind in kinds])
    found = {}
    for measure, column in columns.items():
        amount = Numbers.read(answer.column(column))
        found[measure] = MeasureResult(
            kinds,
            cells,
            here if covered[measure] else np.zeros_like(here),
            replace(amount, known=np.ones_like(here)),  # nothing counted is 0
            None,
            counts_of(answer.column(f"n_{measure}")),
            ZERO if covered[measure] else no_rows(),
            {},
        )
    return found
