"""The valid orders of known customers as arrays, read once for everything that follows customers through time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

import ibis
import numpy as np

from kpis.engine.arrays.past import Past
from kpis.engine.arrays.slab_files import since
from kpis.engine.arrays.slabs import CUSTOMERS, DAY, NEVER, Slab, load, numbers_of
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
    from kpis.engine.grids import Codes, Counts
    from kpis.engine.ratios import Flags
    from kpis.engine.specs import TableSpec

_MALL = 0
_FIRST = 1  # the bits after those of the engine's own conditions belong to the filters


@dataclass(frozen=True, slots=True)
class Member:
    """Since when and until when customers are members, by the number of the customer: a day and microseconds."""

    since: Counts
    erased: Counts

    def at(self, entity: Codes, day: Codes, time: Counts) -> Flags:
        """Return who is a member at a moment: joined on that day or before, and not erased by then."""
        return (self.since[entity] <= day) & (self.erased[entity] > time)

    def when_begins(self, day: int) -> Flags:
        """Return who is a member when a day begins, by number."""
        return (self.since < day) & (self.erased >= day * DAY)


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

    def of(self, counted: Counted) -> Slab:
        """Return the orders that a simple measure counts."""
        return self.slab.bare().within(self.slab.having(_FIRST + len(self.filters) + self.counted.index(counted)))

    def under(self, filters: Filters) -> Slab:
        """Return the orders that pass the filters of a formula."""
        return self._having(_FIRST + self.filters.index(filters))

    def _having(self, bit: int) -> Slab:
        return self.slab.within(self.slab.having(bit))

    @staticmethod
    def in_mall(slab: Slab) -> Flags:
        """Return which orders are of the private mall."""
        return slab.having(_MALL)

    @cached_property
    def members(self) -> Member:
        """Return the memberships of all numbered customers."""
        return members_of(self.work)


def members_of(work: Work) -> Member:
    """Read the memberships of all numbered customers; those without master data never are members."""
    customers = work.table("customers")
    numbers = work.relations.numbered(CUSTOMERS)
    joined = customers.join(numbers, customers["customer_id"] == numbers["id"])
    answer = work.relations.answer(joined.select("code", "member_since", "erased_at"))
    size = work.relations.answer(numbers.aggregate(n=numbers.count())).column("n")[0].as_py()
    since, erased = np.full(size + 1, NEVER, dtype=np.int64), np.full(size + 1, NEVER, dtype=np.int64)
    code = answer.column("code").to_numpy()
    since[code] = numbers_of(answer.column("member_since"))
    erased[code] = numbers_of(answer.column("erased_at"))
    return Member(since, erased)


def narrowed(spec: TableSpec, rows: ir.Table, filters: Filters) -> ir.BooleanValue:
    """Return the condition that rows of a table pass the filters of a formula."""
    tests = [
        rows[column].isin([typed(value, spec.column(column).type) for value in values]) for column, values in filters
    ]
    return ibis.and_(ibis.literal(True), *tests)
