"""Buyers of each period by what they were when they paid: members, private contacts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from kpis.engine.arrays.abreast import each_part
from kpis.engine.arrays.cells import Cells, by_window
from kpis.engine.arrays.chains import disjoint
from kpis.engine.arrays.layers import layers
from kpis.engine.arrays.leaves import kinds_in_order
from kpis.engine.arrays.members import members_of
from kpis.engine.arrays.slabs import MONEY
from kpis.engine.arrays.tables import Tables

if TYPE_CHECKING:
    from kpis.engine.arrays.cells import Windows
    from kpis.engine.arrays.contacts import Contacts
    from kpis.engine.arrays.orders import Orders
    from kpis.engine.arrays.slabs import Slab
    from kpis.engine.arrays.work import Asked, Work
    from kpis.engine.grids import Counts
    from kpis.engine.ratios import Exacts, Flags
    from kpis.engine.windows import Span

PRIVATE = frozenset({"private_buyers", "repeat_private_n"})
REPEATED = frozenset({"repeat_private_n", "member_repeat_n"})
SALES = "member_sales"


def buyer_counts(work: Work, orders: Orders, contacts: Contacts | None, asked: Sequence[Asked]) -> Callable[[], None]:
    """Count member and private buyers, all under the same filters; return what puts the grids."""
    slab = orders.under(asked[0].ref.filters, (span for each in asked for span in each.spans))
    marks = _marks(work, contacts, slab, {each.ref.measure for each in asked})
    tables = Tables(work)

    def count(part: Slab) -> None:
        for chain in disjoint(span for each in asked for span in each.spans):
            _count(work, tables, asked, *by_window(part, chain), chain)

    def put() -> None:
        sales = [each for each in asked if each.ref.measure == SALES]
        tables.put(sales, lambda each: work.covers("orders", each.spans), per=MONEY)
        others = [each for each in asked if each.ref.measure != SALES]
        tables.put(others, lambda each: work.covers("orders", each.spans))

    each_part(work, count, _marked(slab, marks))
    return put


def _count(
    work: Work, tables: Tables, asked: Sequence[Asked], part: Slab, window: Windows, chain: Sequence[Span]
) -> None:
    windows = {span: at for at, span in enumerate(chain)}
    kinds = kinds_in_order(frozenset().union(*(each.kinds for each in asked)))
    for layer in layers(work, part, kinds, range(len(work.periods))):
        cells = Cells.of(layer, part.entity, window, len(chain))
        bought = _Bought(cells, part)
        for each in asked:
            if layer.kind in each.kinds:
                tables.add(each, layer, windows, *bought.count(each.ref.measure))


def _marks(work: Work, contacts: Contacts | None, slab: Slab, measures: set[str]) -> dict[str, Counts]:
    if slab.time is None:
        raise LookupError("the orders were read without their times")
    marks = {}
    if measures & PRIVATE and contacts is not None:
        marks["private"] = contacts.open_before(slab.entity, slab.time).astype(np.int64)
    if measures - PRIVATE:
        marks["member"] = members_of(work).at(slab.entity, slab.day, slab.time).astype(np.int64)
    return marks


def _marked(slab: Slab, marks: dict[str, Counts]) -> Slab:
    found = slab.taken(slice(None))
    found.more = {**slab.more, **marks}
    return found


class _Bought:
    """What each customer bought in each window of a layer, and how often as a member (private contact)."""

    def __init__(self, cells: Cells, part: Slab) -> None:
        self.cells = cells
        self.part = part
        self._marked: dict[str, Counts] = {}
        self._rows: dict[str, Counts] = {}

    def count(self, measure: str) -> tuple[Exacts, Exacts]:
        """Count the buyers and the orders looked at.

        A repeat buyer needs one order as a member (private contact) and orders on two days, whichever way paid.
        """
        name, cells = "private" if measure in PRIVATE else "member", self.cells
        if name not in self._marked:
            self._marked[name] = cells.added(self._column(name))
        marked = self._marked[name]
        if measure == SALES:
            return cells.total_of(cells.added(self._column("money") * self._column(name))), cells.total_of(marked)
        held: Flags = marked > 0
        if name not in self._rows:
            self._rows[name] = cells.total_of(cells.sizes, held)
        return cells.count(held & self._repeated if measure in REPEATED else held), self._rows[name]

    @cached_property
    def _repeated(self) -> Flags:
        day = self.cells.layer.of(self.part.day)
        return self.cells.first(day) < self.cells.last(day)

    def _column(self, name: str) -> Exacts:
        return self.cells.layer.of(self.part.more[name])
