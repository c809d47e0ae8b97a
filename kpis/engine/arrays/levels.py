"""Stocks at the end of a period, and figures that are summed within each day before anything else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import ibis
import numpy as np

from kpis.engine.arrays.buckets import Buckets, Calendar, day_number, widest
from kpis.engine.arrays.flows import Member, members_of, put, tagged
from kpis.engine.arrays.leaves import kinds_in_order, rolled_by
from kpis.engine.arrays.totals import DISTINCT, Summed, Total, summed_by_leaf, sums
from kpis.engine.arrays.work import Asked, Work
from kpis.engine.bounds import calendar_day
from kpis.engine.grids import Grid
from kpis.engine.sources import before, column_spec, plain, within
from kpis.engine.specs import Aggregation, ScopeKind
from kpis.engine.windows import Span

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kpis.engine.arrays.work import Kinds
    from kpis.engine.ratios import Exacts
    from kpis.engine.sources import Source


def stock_grids(work: Work, asked: Sequence[Asked]) -> None:
    """Count what began before the end of a span and had not ended by then; distinct things only get rows counted."""
    members = members_of(work, asked)
    first = next(iter(members.values())).measure
    for periods in work.alike({first.table}):
        work.turn_to(periods[0])
        _stocks(work, asked, members, periods)


def _stocks(work: Work, asked: Sequence[Asked], members: Mapping[Asked, Member], periods: Sequence[int]) -> None:
    distinct = list(dict.fromkeys(members.values()))
    first = distinct[0].measure
    read = work.source([each.measure for each in distinct])
    spans = [each.spans[period] for each in asked for period in periods]
    calendar = Calendar(all(span.end.day == 1 for span in spans))
    _, last = widest(spans)
    began = before(read.rows[plain(first.time)], column_spec(work.library, first, first.time).type, last)
    rows = read.rows.filter(began)
    # what came and went before the first end asked about is counted together
    earliest = calendar.of_column(calendar_day(min(span.end for span in spans))) - 1
    start = ibis.greatest(calendar.of_column(rows[plain(first.time)]), earliest)
    ended = rows.filter(rows[plain(first.end)].notnull())
    # what ended before it began was never there
    end = ibis.greatest(
        calendar.of_column(ended[plain(first.time)]), calendar.of_column(ended[plain(first.end)]), earliest
    )
    kinds = frozenset().union(*(each.kinds for each in asked))
    begins = _changes(work, read, rows, distinct, start, kinds)
    ends = _changes(work, read, ended, distinct, end, kinds)
    for each in asked:
        limits = {period: calendar.of_day(each.spans[period].end) for period in periods}
        covered = np.zeros(len(work.periods), dtype=bool)
        for period in periods:
            covered[period] = work.coverage.has(first.table, None, each.spans[period].end)
        for kind in kinds_in_order(each.kinds):
            name = f"n{members[each].index}"
            come, gone = (
                part.total(name, kind, each.spans, {p: part.buckets.between(-(1 << 40), limits[p]) for p in periods})
                for part in (begins, ends)
            )
            size = max(come.shape[1], gone.shape[1])
            count = np.zeros((come.shape[0], size), dtype=np.int64)
            count[:, : come.shape[1]] += come
            count[:, : gone.shape[1]] -= gone
            known = (count > 0) | covered[:, None]
            amount = np.zeros_like(count) if members[each].measure.agg in DISTINCT else count
            put(work, each, kind, Grid(amount, count, known, covered), periods)


def _changes(
    work: Work, read: Source, rows: ir.Table, members: Sequence[Member], bucket: ir.Value, kinds: Kinds
) -> Summed:
    chosen = tagged(work, read, rows, members, {"_bucket": bucket})
    counts = {f"n{each.index}": Total("count", "1", each.index) for each in members}
    answer = summed_by_leaf(work, read, chosen, counts, kinds)
    return Summed(work, read, answer, Buckets.read(answer.table.column("_bucket")), kinds)


def daily_grids(work: Work, asked: Sequence[Asked]) -> None:
    """Sum each day over the scope; then take the mean of the days, or the last of them."""
    members = members_of(work, asked)
    distinct = list(dict.fromkeys(members.values()))
    first = distinct[0].measure
    read = work.source([each.measure for each in distinct])
    type_ = column_spec(work.library, first, first.time).type
    start, end = widest([span for each in asked for span in each.spans])
    rows = read.rows.filter(within(read.rows[plain(first.time)], type_, Span(start, end, start)))
    calendar = Calendar(monthly=False)
    chosen = tagged(work, read, rows, distinct, {"_bucket": calendar.of_column(rows[plain(first.time)])})
    kinds = frozenset().union(*(each.kinds for each in asked))
    totals = {name: total for each in distinct for name, total in sums(each).items()}
    answer = summed_by_leaf(work, read, chosen, totals, kinds)
    summed = Summed(work, read, answer, Buckets.read(answer.table.column("_bucket")), kinds)
    for each in asked:
        for kind in kinds_in_order(each.kinds):
            put(work, each, kind, _daily(work, summed, members[each], kind, each.spans), range(len(work.periods)))


def _daily(work: Work, summed: Summed, member: Member, kind: ScopeKind, spans: Sequence[Span]) -> Grid:
    leaves, index = summed.leaves, member.index
    (place,) = leaves.places(kind)
    amounts, per = leaves.column(f"s{index}")
    rows, total, known = (
        leaves.dense(place, column)
        for column in (leaves.column(f"n{index}")[0], amounts, leaves.column(f"w{index}")[0])
    )
    size = len(work.grids.axes[kind])
    grid = Grid(
        np.zeros((len(spans), size), dtype=total.dtype),
        np.zeros((len(spans), size), dtype=np.int64),
        np.zeros((len(spans), size), dtype=bool),
        np.zeros(len(spans), dtype=bool),
        per,
    )
    is_last = member.measure.agg is Aggregation.LAST_DAILY_SUM
    if not is_last:
        grid.weight = np.zeros((len(spans), size), dtype=np.int64)
    for period, span in enumerate(spans):
        days = summed.buckets.between(day_number(span.start), day_number(span.end))
        if not len(days):
            continue
        # each day rolls up by the organisation of the period that asks
        parts = [_of_days(work, summed, kind, column[days], period) for column in (rows, total, known)]
        counted, daily, there = parts[0], parts[1], parts[2] > 0
        grid.rows[period] = counted.sum(axis=0)
        if grid.weight is None:
            last = len(days) - 1 - np.argmax(there[::-1], axis=0)
            grid.amount[period] = np.where(there.any(axis=0), daily[last, np.arange(size)], 0)
        else:
            grid.amount[period] = np.where(there, daily, 0).sum(axis=0)
            grid.weight[period] = there.sum(axis=0)
        grid.known[period] = there.any(axis=0)
    return grid


def _of_days(work: Work, summed: Summed, kind: ScopeKind, days: Exacts, period: int) -> Exacts:
    (place,) = summed.leaves.places(kind)
    if place.reach is None:
        return summed.leaves.rolled(place, days, [], kind)
    return rolled_by(place.reach.pairs[period], days, len(work.grids.axes[kind]))
