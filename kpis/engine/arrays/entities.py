"""Distinct things of many periods: customers who bought, reached customers, open contacts, content items."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from kpis.engine.arrays.abreast import each_part
from kpis.engine.arrays.buckets import day_number, widest
from kpis.engine.arrays.chains import Clock, Runs, chains, counted, disjoint
from kpis.engine.arrays.flows import Member, members_of
from kpis.engine.arrays.layers import Layer, layers
from kpis.engine.arrays.leaves import kinds_in_order
from kpis.engine.arrays.orders import counts_buyers
from kpis.engine.arrays.portions import portions
from kpis.engine.arrays.slabs import DAY, Slab, load
from kpis.engine.arrays.work import Asked, Work
from kpis.engine.sources import before, column_spec, condition, plain, within
from kpis.engine.specs import ColumnType
from kpis.engine.windows import Span

if TYPE_CHECKING:
    from kpis.engine.arrays.orders import Orders
    from kpis.engine.grids import Codes, Counts

_BITS = 60  # conditions that fit the flags of a row


def distinct_grids(work: Work, asked: Sequence[Asked], orders: Orders | None) -> None:
    """Replace the counted rows of `flow_grids` by how many different things they are of, in every window."""
    members = members_of(work, asked)
    by_entity: dict[str, list[Asked]] = defaultdict(list)
    for each in asked:
        if orders is None or not counts_buyers(work, each):
            by_entity[members[each].measure.column].append(each)
    for member in dict.fromkeys(members.values()):
        mine = [each for each in asked if members[each] == member]
        if orders is not None and counts_buyers(work, mine[0]):
            slab = orders.of(_among(orders, member), (span for each in mine for span in each.spans))
            count_distinct(work, slab, mine, range(len(work.periods)))
    for alike in by_entity.values():
        for first in range(0, len(alike), _BITS):
            some = alike[first : first + _BITS]
            for periods in work.alike(_tables(work, members[some[0]])):
                work.turn_to(periods[0])
                _distinct(work, some, members, periods)


def _among(orders: Orders, member: Member) -> Member:
    """Return the same measure and filters among those that the orders were read for."""
    return next(each for each in orders.counted if (each.measure, each.filters) == (member.measure, member.filters))


def _tables(work: Work, member: Member) -> set[str]:
    measure = member.measure
    return {measure.table, *([measure.time.split(".")[0]] if "." in measure.time else [])}


def _distinct(work: Work, asked: Sequence[Asked], members: Mapping[Asked, Member], periods: Sequence[int]) -> None:
    distinct = list(dict.fromkeys(members[each] for each in asked))
    first = distinct[0].measure
    read = work.source([each.measure for each in distinct])
    spans = [each.spans[period] for each in asked for period in periods]
    type_ = column_spec(work.library, first, first.time).type
    time = plain(first.time)
    apart = disjoint(spans)
    parts = portions(work, read.rows, time, apart[0]) if len(apart) == 1 else [(*widest(spans), None)]
    for start, end, some in parts:
        rows = read.rows.filter(within(read.rows[time], type_, Span(start, end, start)))
        slab = load(
            work,
            rows,
            read.scope_spec,
            entity=first.column,
            time=time,
            conditions=[condition(work.library, each.measure, rows, each.filters) for each in distinct],
            prefix=read.scope_prefix,
        )
        for bit, member in enumerate(distinct):
            mine = [each for each in asked if members[each] == member]
            asked_days = slab.during(span for each in mine for span in each.spans)
            count_distinct(work, slab.within(slab.having(bit) & asked_days), mine, periods, only=some)


def count_distinct(
    work: Work, slab: Slab, asked: Sequence[Asked], periods: Sequence[int], *, only: Collection[Span] | None = None
) -> None:
    """Count the entities of the slab in every window that is asked for, or in some of them only."""
    kinds = kinds_in_order(frozenset().union(*(each.kinds for each in asked)))
    clock = Clock.of(slab.day)

    def count(part: Slab) -> None:
        for layer in layers(work, part, kinds, periods, asked):
            wanted = [each for each in asked if layer.kind in each.kinds]
            runs = Runs.of(layer.scope, layer.of(part.entity), layer.size)
            day = layer.of(part.day) - clock.first
            spans = {each.spans[period] for each in wanted for period in layer.periods}
            for chain in chains(spans if only is None else spans & set(only)):
                fill(work, wanted, layer, chain, _first_in(runs, day, clock, chain))

    each_part(work, count, slab)


def _first_in(runs: Runs, day: Codes, clock: Clock, chain: Sequence[Span]) -> Counts:
    """Count the entities by window and scope: the first row of one in a window has no row of it since that began."""
    begun = clock.lookup([span.start for span in chain])
    ended = clock.lookup([span.end for span in chain])
    rows = np.flatnonzero((begun > ended)[day])
    low = np.maximum(runs.before(begun, day, rows), ended[day[rows]])
    return counted(runs.scope[rows], low, begun[day[rows]], len(chain), runs.size)


def fill(work: Work, asked: Sequence[Asked], layer: Layer, chain: Sequence[Span], count: Counts) -> None:
    """Add the counts of a layer to the grids of those whose span is in the chain."""
    windows = {span: at for at, span in enumerate(chain)}
    with work.adding:
        for each in asked:
            _add(work, each, layer, windows, count)


def _add(work: Work, each: Asked, layer: Layer, windows: Mapping[Span, int], count: Counts) -> None:
    grid = work.grids.found[each.ref, layer.kind].padded(len(work.grids.axes[layer.kind]))
    work.grids.found[each.ref, layer.kind] = grid
    for period in layer.periods:
        window = windows.get(each.spans[period])
        if window is not None:
            grid.amount[period, : count.shape[1]] += count[window]


def stock_distinct_grids(work: Work, asked: Sequence[Asked]) -> None:
    """Replace the counted rows of `stock_grids` by how many different things they are of."""
    members = members_of(work, asked)
    by_entity: dict[str, list[Asked]] = defaultdict(list)
    for each in asked:
        by_entity[members[each].measure.column].append(each)
    for alike in by_entity.values():
        for periods in work.alike(_tables(work, members[alike[0]])):
            work.turn_to(periods[0])
            _stock_distinct(work, alike, members, periods)


def _stock_distinct(
    work: Work, asked: Sequence[Asked], members: Mapping[Asked, Member], periods: Sequence[int]
) -> None:
    distinct = list(dict.fromkeys(members[each] for each in asked))
    first = distinct[0].measure
    read = work.source([each.measure for each in distinct])
    _, last = widest([each.spans[period] for each in asked for period in periods])
    rows = read.rows.filter(
        before(read.rows[plain(first.time)], column_spec(work.library, first, first.time).type, last)
    )
    slab = load(
        work,
        rows,
        read.scope_spec,
        entity=first.column,
        time=plain(first.time),
        conditions=[condition(work.library, each.measure, rows, each.filters) for each in distinct],
        prefix=read.scope_prefix,
        more={"ended": plain(first.end)},
    )
    if column_spec(work.library, first, first.end).type is ColumnType.DATETIME:
        slab.more["ended"] //= DAY
    for member in distinct:
        mine = [each for each in asked if members[each] == member]
        _count_open(work, slab.taken(slab.having(distinct.index(member))), mine, periods)


def _count_open(work: Work, slab: Slab, asked: Sequence[Asked], periods: Sequence[int]) -> None:
    """Count the entities with a row that had begun before the end of a span and had not ended by then."""
    for layer in layers(work, slab, kinds_in_order(frozenset().union(*(each.kinds for each in asked))), periods):
        wanted = [each for each in asked if layer.kind in each.kinds]
        runs = Runs.of(layer.scope, layer.of(slab.entity), layer.size)
        ends = {each.spans[period].end: each.spans[period] for each in wanted for period in layer.periods}
        dates = sorted(ends)
        limits = np.array([day_number(day) for day in dates])
        begun = np.searchsorted(limits, layer.of(slab.day), side="right").astype(np.int64)
        gone = np.searchsorted(limits, layer.of(slab.more["ended"]), side="right").astype(np.int64)
        # what an earlier row of the same entity covers already is not counted again
        run = np.cumsum(runs.begins) * (len(dates) + 1)
        covered = np.maximum.accumulate(gone + run)
        earlier = np.where(runs.begins, 0, np.append(0, covered[:-1]) - run)
        low = np.maximum(begun, earlier)
        count = counted(layer.scope, low, gone, len(dates), layer.size)
        at = {day: place for place, day in enumerate(dates)}
        for each in wanted:
            chain = {each.spans[period]: at[each.spans[period].end] for period in layer.periods}
            _add(work, each, layer, chain, count)
