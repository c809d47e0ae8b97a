"""Interactions month by month: who was active, which contacts were, and which new contacts came to life."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import ibis
import numpy as np

from kpis.engine.arrays.abreast import each_part
from kpis.engine.arrays.buckets import day_number, widest
from kpis.engine.arrays.cells import Cells, by_window, window_of
from kpis.engine.arrays.chains import disjoint
from kpis.engine.arrays.layers import Coded, Layer, coded_layers, layers
from kpis.engine.arrays.leaves import kinds_in_order
from kpis.engine.arrays.orders import narrowed
from kpis.engine.arrays.portions import portions
from kpis.engine.arrays.slabs import DAY, Slab, load, on_one_axis
from kpis.engine.arrays.tables import Tables
from kpis.engine.bounds import calendar_day
from kpis.engine.derived.case import EFFECTIVE_KINDS, MALL_VISIT
from kpis.engine.windows import Span

if TYPE_CHECKING:
    from kpis.engine.arrays.cells import Windows
    from kpis.engine.arrays.contacts import Contacts
    from kpis.engine.arrays.members import Members
    from kpis.engine.arrays.orders import Orders
    from kpis.engine.arrays.work import Asked, Work
    from kpis.engine.grammar import Filters
    from kpis.engine.grids import Codes, Counts
    from kpis.engine.ratios import Flags
    from kpis.engine.specs import ScopeKind

_EFFECTIVE, _ALIVE, _FILTERS = 0, 1, 2
ACTIVE = frozenset({"active_n", "member_active_n"})


@dataclass(frozen=True, slots=True)
class Told:
    """What the active are counted from besides interactions."""

    orders: Orders | None
    contacts: Contacts | None
    members: Members | None


def touch_grids(work: Work, told: Told, asked: Sequence[Asked]) -> None:
    """Compute `active_n`, `member_active_n`, `active_private_n` and `activated_n`, whatever their filters."""
    tables = Tables(work)
    alive = _Alive(work, told.contacts, told.orders, [each for each in asked if each.ref.measure == "activated_n"])
    others = [each for each in asked if each.ref.measure != "activated_n"]
    filters = list(dict.fromkeys(each.ref.filters for each in asked if each.ref.measure in ACTIVE))
    for chain in disjoint(span for each in others for span in each.spans):
        for some, slab in _slabs(work, filters, chain, alive.until):
            alive.look(slab)
            _active(work, told, tables, others, filters, slab, some)
            _active_private(work, told, tables, others, slab, some)
    if not others:
        for _, slab in _slabs(work, filters, alive.spans(), alive.until):
            alive.look(slab)
    alive.count(tables)
    tables.put(asked, lambda each: _covers(work, each))


def _covers(work: Work, each: Asked) -> Flags:
    if each.ref.measure in ACTIVE:
        return work.covers("interactions", each.spans) | work.covers("orders", each.spans)
    if each.ref.measure == "activated_n":
        return work.covers("contacts", each.spans)
    begun = np.array([work.coverage.has("contacts", None, span.end) for span in each.spans], dtype=bool)
    return begun & work.covers("interactions", each.spans)


def _slabs(
    work: Work, filters: Sequence[Filters], chain: Sequence[Span], until: date | None
) -> Iterator[tuple[list[Span], Slab]]:
    """Yield the interactions of as many windows at a time as fit; those after the last window come with it."""
    table, spec = work.table("interactions"), work.library.tables["interactions"]
    kinds = (*EFFECTIVE_KINDS, MALL_VISIT)
    chosen = table.filter(table["kind"].isin(kinds), table["customer_id"].notnull())
    for start, end, some in portions(work, chosen, "date", chain, until):
        rows = chosen.filter(chosen["date"] >= calendar_day(start), chosen["date"] < calendar_day(end))
        tests = [narrowed(spec, rows, each) for each in filters]
        conditions = [rows["kind"].isin(EFFECTIVE_KINDS), ibis.literal(True), *tests]
        yield some, load(work, rows, spec, entity="customer_id", time="date", conditions=conditions)


def _active(
    work: Work,
    told: Told,
    tables: Tables,
    asked: Sequence[Asked],
    filters: Sequence[Filters],
    slab: Slab,
    chain: Sequence[Span],
) -> None:
    """Count customers with an effective interaction, a mall visit or a valid order, all within the scope."""
    for chosen in filters:
        mine = [each for each in asked if each.ref.measure in ACTIVE and each.ref.filters == chosen]
        if not mine or told.orders is None:
            continue
        seen = slab.taken(slab.having(_FILTERS + filters.index(chosen)))
        bought = told.orders.under(chosen, chain)

        def count(one: Slab, other: Slab, mine: Sequence[Asked] = mine) -> None:
            both = by_window(one, chain)[0], by_window(other, chain)[0]
            _of_both(work, tables, mine, told.members, both, chain)

        each_part(work, count, seen.bare(), bought.bare())


def _of_both(
    work: Work,
    tables: Tables,
    asked: Sequence[Asked],
    members: Members | None,
    both: tuple[Slab, Slab],
    chain: Sequence[Span],
) -> None:
    """Count the customers of two tables together: interactions reach units through people, orders by themselves."""
    windows = {span: at for at, span in enumerate(chain)}
    entity = np.concatenate([slab.entity for slab in both])
    window = window_of(np.concatenate([slab.day for slab in both]), chain)
    # both are in this order already; a stable sort only has to merge them
    order = np.argsort(window.astype(np.int64) << 32 | entity, kind="stable")
    entity, window = entity[order], window[order]
    held = None if members is None else _members(members, entity, window, chain)
    for coded, other in coded_layers(work, both, kinds_in_order(_kinds(asked)), range(len(work.periods)), asked):
        layer = _joined(coded, other, order)
        cells = Cells.of(layer, entity, window, len(chain))
        count, rows = cells.count(), cells.total_of(cells.sizes)
        some: tuple[Counts, Counts] | None = None
        for each in asked:
            if layer.kind not in each.kinds:
                continue
            if each.ref.measure == "active_n" or held is None:
                tables.add(each, layer, windows, count, rows)
                continue
            if some is None:
                member = cells.first(layer.of(held))
                some = cells.count(member), cells.total_of(cells.sizes, member)
            tables.add(each, layer, windows, *some)


def _members(members: Members, entity: Codes, window: Windows, chain: Sequence[Span]) -> Flags:
    """Return which rows are of customers who are members when the window has ended."""
    end = np.array([day_number(span.end) for span in chain], dtype=np.int64)[window]
    return members.when_begins(end, entity)


def _joined(coded: Coded, other: Coded, order: Counts) -> Layer:
    """Return the layer of the rows of two tables, put in one order."""
    if coded.codes is None or other.codes is None:
        return coded.layer(len(order))
    return replace(coded, codes=np.concatenate([coded.codes, other.codes])[order]).layer(len(order))


def _active_private(
    work: Work, told: Told, tables: Tables, asked: Sequence[Asked], slab: Slab, chain: Sequence[Span]
) -> None:
    """Count customers with an open contact at any time of the window who had an effective interaction in it."""
    mine = [each for each in asked if each.ref.measure == "active_private_n"]
    if not mine or told.contacts is None:
        return
    windows = {span: at for at, span in enumerate(chain)}
    touched, window = by_window(slab.taken(slab.having(_EFFECTIVE)), chain)
    known = told.contacts.slab
    size = max(int(part.entity.max()) if len(part) else -1 for part in (touched, known)) + 2
    limits = np.searchsorted(window, np.arange(len(chain) + 1))
    for filters in dict.fromkeys(each.ref.filters for each in mine):
        under = told.contacts.under(filters)
        rows, counts, places = [], [], []
        for at, span in enumerate(chain):
            # the last place of the counts is for -1, the customers nobody knows
            often = np.bincount(touched.entity[limits[at] : limits[at + 1]], minlength=size)
            open_then = (known.day < day_number(span.end)) & (known.more["removed"] >= day_number(span.start) * DAY)
            here = np.flatnonzero(open_then & under & (often[known.entity] > 0))
            rows.append(here)
            counts.append(often[known.entity[here]])
            places.append(np.full(len(here), at, dtype=np.int16))
        part, often, place = known.taken(np.concatenate(rows)), np.concatenate(counts), np.concatenate(places)
        some = [each for each in mine if each.ref.filters == filters]
        for layer in layers(work, part, kinds_in_order(_kinds(some)), range(len(work.periods))):
            cells = Cells.of(layer, part.entity, place, len(chain))
            count, total = cells.count(), cells.total_of(cells.first(layer.of(often)))
            for each in some:
                if layer.kind in each.kinds:
                    tables.add(each, layer, windows, count, total)


def _kinds(asked: Sequence[Asked]) -> frozenset[ScopeKind]:
    return frozenset().union(*(each.kinds for each in asked))


class _Alive:
    """First contacts whose customer came to life within `activation_days` of being added.

    The follow-up is not cut at the period's end. Interactions only have a date, so the day of adding counts.
    """

    def __init__(self, work: Work, contacts: Contacts | None, orders: Orders | None, asked: Sequence[Asked]) -> None:
        self.work = work
        self.asked = asked
        self.days = work.params.activation_days
        self.until: date | None = None
        self.slab: Slab | None = None
        if not asked or contacts is None:
            return
        start, end = widest([span for each in asked for span in each.spans])
        self.until = end + timedelta(days=self.days + 1)
        slab = contacts.slab
        fresh = contacts.firsts() & (slab.day >= day_number(start)) & (slab.day < day_number(end))
        self.under = {each.ref.filters: contacts.under(each.ref.filters)[fresh] for each in asked}
        self.slab = slab.taken(fresh)
        self.alive = np.zeros(len(self.slab), dtype=bool)
        bought = None if orders is None else orders.under((), [Span(start, self.until, start)])
        if bought is not None and bought.time is not None and self.slab.time is not None:
            self._followed(bought.entity, bought.time, self.slab.time, self.days * DAY)

    def spans(self) -> list[Span]:
        """Return one window over all new contacts."""
        if not self.asked:
            return []
        start, end = widest([span for each in self.asked for span in each.spans])
        return [Span(start, end, start)]

    def look(self, slab: Slab) -> None:
        """Note the contacts that had one of these interactions soon enough."""
        if self.slab is not None:
            self._followed(slab.entity, slab.day.astype(np.int64), self.slab.day.astype(np.int64), self.days)

    def _followed(self, entity: Codes, moment: Counts, added: Counts, within: int) -> None:
        """Mark the contacts whose customer has a moment in [added, added + within]; the moments are in order."""
        if self.slab is None or not len(entity):
            return
        keys, asked = on_one_axis(entity, moment, self.slab.entity, added)
        place = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
        mine = (keys[place] >= asked) & (entity[place] == self.slab.entity)
        self.alive |= mine & (moment[place] <= added + within)

    def count(self, tables: Tables) -> None:
        """Count new contacts, and how many of them came to life."""
        if self.slab is None:
            return
        for chain in disjoint(span for each in self.asked for span in each.spans):
            windows = {span: at for at, span in enumerate(chain)}
            window = window_of(self.slab.day, chain)
            for each in self.asked:
                here = np.flatnonzero((window >= 0) & self.under[each.ref.filters])
                part, place, alive = self.slab.taken(here), window[here], self.alive[here]
                for layer in layers(self.work, part, kinds_in_order(each.kinds), range(len(self.work.periods))):
                    index = layer.of(place).astype(np.int64) * layer.size + layer.scope
                    shape = len(chain), layer.size
                    size = len(chain) * layer.size
                    rows = np.bincount(index, minlength=size).reshape(shape)
                    count = np.bincount(index[layer.of(alive)], minlength=size).reshape(shape)
                    tables.add(each, layer, windows, count, rows)
