"""The valid orders of known customers as arrays, read once for everything that follows customers through time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import ibis

from kpis.engine.arrays.past import Past
from kpis.engine.arrays.slab_files import since
from kpis.engine.arrays.slabs import Slab, load
from kpis.engine.bounds import midnight
from kpis.engine.derived.case import PRIVATE_MALL, VALID_STATUS
from kpis.engine.sources import condition, typed
from kpis.engine.specs import Aggregation, SimpleMeasure

if TYPE_CHECKING:
    from datetime import date

    import ibis.expr.types as ir

    from kpis.engine.arrays.flows import Member as Counted
    from kpis.engine.arrays.work import Asked, Work
    from kpis.engine.grammar import Filters
    from kpis.engine.ratios import Flags
    from kpis.engine.specs import TableSpec
    from kpis.engine.windows import Span

_MALL = 0
_FIRST = 1  # the bits after those of the engine's own conditions belong to the filters


def counts_buyers(work: Work, each: Asked) -> bool:
    """Tell whether a simple measure counts the customers of orders when they pay."""
    measure = work.library.measures[each.ref.measure]
    if not isinstance(measure, SimpleMeasure) or measure.agg is not Aggregation.COUNT_DISTINCT:
        return False
    return (measure.table, measure.column, measure.time) == ("orders", "customer_id", "paid_at")


class Orders:
    """Orders of known customers: the valid ones under each of some filters, those of simple measures, in one slab."""

    def __init__(
        self,
        work: Work,
        filters: Sequence[Filters],
        counted: Sequence[Counted],
        *,
        start: date | None,
        end: date,
        all_from: date | None = None,
    ) -> None:
        """Read the orders of a range of days: from `all_from` on those too that count for nobody who is asked for."""
        self.work = work
        self.filters = list(dict.fromkeys(filters))
        self.counted = list(counted)
        spec = work.library.tables["orders"]
        read = partial(self._read, spec, end=end, all_from=all_from)
        if start is not None:
            self.slab = read(start)
            return
        made = self.filters, [(each.measure, each.filters) for each in self.counted]
        self.slab = since(Past(work, made, {"orders": "paid_at"}), spec, read)

    def _read(self, spec: TableSpec, start: date | None, *, end: date, all_from: date | None) -> Slab:
        work, orders = self.work, self.work.table("orders")
        rows = orders.filter(orders["paid_at"] < midnight(end))
        if start is not None:
            rows = rows.filter(rows["paid_at"] >= midnight(start))
        if (here := work.counted(rows, spec)) is not None:
            rows = rows.filter(here if all_from is None else here | (rows["paid_at"] >= midnight(all_from)))
        valid = rows["status"].isin(VALID_STATUS)
        tests = [valid & narrowed(spec, rows, each) for each in self.filters]
        tests += [condition(work.library, each.measure, rows, each.filters) for each in self.counted]
        return load(
            work,
            rows,
            spec,
            entity="customer_id",
            time="paid_at",
            conditions=[valid & (rows["channel"] == PRIVATE_MALL), *tests],
            more={"money": "net_amount"},
            exact_time=True,
        )

    def of(self, counted: Counted, spans: Iterable[Span]) -> Slab:
        """Return the orders of some days that a simple measure counts."""
        bit = _FIRST + len(self.filters) + self.counted.index(counted)
        return self.slab.bare().within(self.slab.having(bit) & self.slab.during(spans))

    def under(self, filters: Filters, spans: Iterable[Span] | None = None) -> Slab:
        """Return the orders that pass the filters of a formula, of some days or of all."""
        chosen = self.slab.having(_FIRST + self.filters.index(filters))
        return self.slab.within(chosen if spans is None else chosen & self.slab.during(spans))

    @staticmethod
    def in_mall(slab: Slab) -> Flags:
        """Return which orders are of the private mall."""
        return slab.having(_MALL)


def narrowed(spec: TableSpec, rows: ir.Table, filters: Filters) -> ir.BooleanValue:
    """Return the condition that rows of a table pass the filters of a formula."""
    tests = [
        rows[column].isin([typed(value, spec.column(column).type) for value in values]) for column, values in filters
    ]
    return ibis.and_(ibis.literal(True), *tests)
