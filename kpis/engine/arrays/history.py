"""Repeat, retention, churn, recall, second purchase and lifetime of many periods: one pass over each layer of orders.

Every customer of a scope is a run of order days. Alive at a date = an order in the `churn_days` before it, so an order
keeps its customer alive for a range of dates, and orders that follow soon enough make one stretch of being alive.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from kpis.engine.arrays.abreast import each_part
from kpis.engine.arrays.chains import Clock, Ranks, Runs, chains, counted
from kpis.engine.arrays.layers import Layer, layers
from kpis.engine.arrays.leaves import kinds_in_order
from kpis.engine.arrays.slabs import DAY, Slab
from kpis.engine.arrays.tables import Tables
from kpis.engine.arrays.work import Asked, Work
from kpis.engine.derived.dates import Dates
from kpis.engine.derived.history import LIFETIME_PARTS, RULES
from kpis.engine.grids import Grid
from kpis.engine.windows import Span

if TYPE_CHECKING:
    from kpis.engine.arrays.orders import Orders
    from kpis.engine.grids import Codes, Counts
    from kpis.engine.ratios import Flags

SECOND = "second_buyers"
LIFETIME = "lifetime_years"


def history_counts(work: Work, orders: Orders, asked: Sequence[Asked]) -> Callable[[], None]:
    """Count for the measures of `RULES`, `second_buyers` and `lifetime_years`; return what puts the grids.

    All have the same filters.
    """
    slab = orders.under(asked[0].ref.filters)
    kinds = kinds_in_order(frozenset().union(*(each.kinds for each in asked)))
    tables = Tables(work)

    def count(part: Slab) -> None:
        for layer in layers(work, part, kinds, range(len(work.periods))):
            here = [each for each in asked if layer.kind in each.kinds]
            history = _History(work, orders, part, layer, here)
            for chain in chains(each.spans[period] for each in here for period in layer.periods):
                _add(tables, here, layer, chain, history.counts(chain))

    def put() -> None:
        for each in asked:
            if each.ref.measure == LIFETIME:
                _lifetime(work, each, tables)
        tables.put(
            [each for each in asked if each.ref.measure != LIFETIME], lambda each: _covers(work, each, each.ref.measure)
        )

    each_part(work, count, slab)
    return put


def _add(
    tables: Tables, asked: Sequence[Asked], layer: Layer, chain: Sequence[Span], counts: Mapping[str, Tally]
) -> None:
    windows = {span: at for at, span in enumerate(chain)}
    for each in asked:
        whole = each.ref.measure
        for name in parts_of([whole]):
            part = name if whole == LIFETIME else ""
            tables.add(each, layer, windows, counts[name].count, counts[name].rows, part)


def parts_of(measures: Sequence[str]) -> list[str]:
    """Return the counts that the measures are made of."""
    found = [measure for measure in measures if measure != LIFETIME]
    return [*found, *(LIFETIME_PARTS if LIFETIME in measures else ())]


@dataclass(frozen=True, slots=True)
class Tally:
    """One count by window and scope, and the rows it looked at."""

    count: Counts
    rows: Counts


class _History:
    """The orders of one layer, and every count of them."""

    def __init__(self, work: Work, orders: Orders, slab: Slab, layer: Layer, asked: Sequence[Asked]) -> None:
        self.params = work.params
        self.layer = layer
        self.wanted = parts_of(sorted({each.ref.measure for each in asked}))
        self.clock = Clock.of(slab.day)
        entity = layer.of(slab.entity)
        self.all_days = layer.of(slab.day) - self.clock.first
        self.runs = Runs.of(layer.scope, entity, layer.size)
        self.mall = layer.of(orders.in_mall(slab)) if "mall_repeat_n" in self.wanted else None
        self.times = slab.time
        # one row for each day on which somebody ordered is enough for all but counting orders
        new_day = self.runs.begins.copy()
        new_day[1:] |= self.all_days[1:] != self.all_days[:-1]
        self.entity = entity
        self.firsts = np.flatnonzero(self.runs.begins)
        self.days, self.daily = self._per_day(new_day)

    def _per_day(self, chosen: Flags) -> tuple[Codes, Runs]:
        rows = np.flatnonzero(chosen)
        return self.all_days[rows], self.runs.taken(rows, self.entity[rows])

    def counts(self, chain: Sequence[Span]) -> dict[str, Tally]:
        """Return every count over the windows of a chain."""
        on = [Dates.of(span, self.params) for span in chain]
        ranks = _Ranker(self, on)
        found = {name: self._counted(name, ranks) for name in self.wanted}
        rows = self._rows(on)
        return {name: Tally(found[name], rows[name] if name != SECOND else self._followed(ranks)) for name in found}

    def _counted(self, name: str, ranks: _Ranker) -> Counts:
        if name == "repeat_n":
            return self._repeated(ranks, self.days, self.daily)
        if name == "mall_repeat_n":
            return self._mall_repeated(ranks)
        if name == "retained_n":
            return self._retained(ranks)
        if name in ("first_buyers_prev", SECOND):
            return self._first_bought(ranks, name == SECOND)
        alive = ranks.alive
        if name == "alive_open_n":
            return alive.at("start")
        if name == "alive_year_ago":
            return alive.at("year_ago")
        if name == "newly_churned_n":
            return alive.at("start") - alive.at_both("start", "end")
        if name == "lost_in_year":
            return alive.at("year_ago") - alive.at_both("year_ago", "end")
        return alive.ever() - alive.at("start") if name == "churned_open_n" else alive.recalled()

    def _repeated(self, ranks: _Ranker, days: Codes, runs: Runs) -> Counts:
        """Count those whose second day in the window this is: the one before is in it, the one before that is not."""
        start, end = ranks.of("start"), ranks.of("end")
        rows = np.flatnonzero((start > end)[days])
        one, two = runs.before(start, days, rows), runs.before(start, days, rows, back=2)
        return ranks.counted(runs.scope[rows], np.maximum(two, end[days[rows]]), one)

    def _mall_repeated(self, ranks: _Ranker) -> Counts:
        rows = np.flatnonzero(np.zeros(0, dtype=bool) if self.mall is None else self.mall)
        days, runs = self.all_days[rows], self.runs.taken(rows, self.entity[rows])
        new_day = runs.begins.copy()
        new_day[1:] |= days[1:] != days[:-1]
        some = np.flatnonzero(new_day)
        return self._repeated(ranks, days[some], runs.taken(some, self.entity[rows][some]))

    def _retained(self, ranks: _Ranker) -> Counts:
        start, end, before = (ranks.of(name) for name in ("start", "end", "before"))
        rows = np.flatnonzero((before > start)[self.days])
        day, size = self.days[rows], len(ranks.on)
        later = self.daily.after(start, self.days, rows, 0)
        low = np.maximum(start[day], self.daily.after(end, self.days, rows, size))
        return ranks.counted(self.daily.scope[rows], low, np.minimum(later, before[day]))

    def _first_bought(self, ranks: _Ranker, twice: bool) -> Counts:
        rows = ranks.fresh[ranks.followed >= 2] if twice else ranks.fresh
        days = self.all_days[rows]
        return ranks.counted(self.runs.scope[rows], ranks.of("start")[days], ranks.of("first_from")[days])

    def followed_by(self, firsts: Counts) -> Counts:
        """Return how many orders follow each first one within the days allowed, itself included."""
        if self.times is None or not len(firsts):
            return np.zeros(0, dtype=np.int64)
        ends = np.append(self.firsts, len(self.all_days))
        sizes = ends[np.searchsorted(self.firsts, firsts) + 1] - firsts
        begins = np.cumsum(sizes) - sizes
        rows = np.arange(sizes.sum()) + np.repeat(firsts - begins, sizes)
        limit = self.layer.some(self.times, firsts) + self.params.second_purchase_days * DAY
        near = self.layer.some(self.times, rows) <= np.repeat(limit, sizes)
        found: Counts = np.add.reduceat(near.astype(np.int64), begins)
        return found

    def _followed(self, ranks: _Ranker) -> Counts:
        days = self.all_days[ranks.fresh]
        low, high = ranks.of("start")[days], ranks.of("first_from")[days]
        scope = self.runs.scope[ranks.fresh]
        return counted(scope, low, high, len(ranks.on), self.layer.size, weight=ranks.followed)

    def _rows(self, on: Sequence[Dates]) -> dict[str, Counts]:
        """Return how many orders each count looked at: those in the range it reads."""
        names = [name for name in self.wanted if name != SECOND]
        ranges = {name: [RULES[name].reads(each) for each in on] for name in names}
        cuts = sorted({day for each in ranges.values() for pair in each for day in pair if day is not None})
        before = self._before(cuts, self.all_days, self.runs.scope)
        in_mall = before
        if self.mall is not None:
            in_mall = self._before(cuts, self.all_days[self.mall], self.runs.scope[self.mall])
        place = {day: at + 1 for at, day in enumerate(cuts)}
        found = {}
        for name in names:
            table = in_mall if name == "mall_repeat_n" else before
            high = table[[place[end] for _, end in ranges[name]]]
            found[name] = high - table[[0 if start is None else place[start] for start, _ in ranges[name]]]
        return found

    def _before(self, cuts: Sequence[date], days: Codes, scope: Codes) -> Counts:
        """Return how many orders of each scope lie before each cut; the first row is of no cut at all: none."""
        size = len(cuts) + 1
        rank = self.clock.lookup(cuts)[days]
        table = np.bincount(scope.astype(np.int64) * size + rank, minlength=self.layer.size * size)
        total = np.cumsum(table.reshape(self.layer.size, size), axis=1).T
        return np.vstack([np.zeros((1, self.layer.size), dtype=np.int64), total[: len(cuts)]])


class _Ranker:
    """The dates of a chain of windows, as ranks of days."""

    def __init__(self, history: _History, on: Sequence[Dates]) -> None:
        self.history = history
        self.on = on
        self._lookups: dict[tuple[str, int], Ranks] = {}

    def of(self, name: str, *, later: int = 0) -> Ranks:
        """Return, per day of the clock, how many of the dates of a name have come by then (or `later` days on)."""
        key = name, later
        if key not in self._lookups:
            self._lookups[key] = self.history.clock.lookup([getattr(each, name) for each in self.on], later=later)
        return self._lookups[key]

    def counted(self, scope: Codes, low: Ranks, high: Ranks) -> Counts:
        """Count by window and scope."""
        return counted(scope, low, high, len(self.on), self.history.layer.size)

    @cached_property
    def fresh(self) -> Counts:
        """Return the first orders that some window counts from."""
        firsts, days = self.history.firsts, self.history.all_days
        found: Counts = firsts[(self.of("start") < self.of("first_from"))[days[firsts]]]
        return found

    @cached_property
    def followed(self) -> Counts:
        """Return how many orders follow each of these."""
        return self.history.followed_by(self.fresh)

    @cached_property
    def alive(self) -> _Alive:
        """Return the stretches in which customers are alive."""
        return _Alive(self)


class _Alive:
    """Stretches of being alive: from a first day to `churn_days` after a last one, no gap in between."""

    def __init__(self, ranks: _Ranker) -> None:
        history = ranks.history
        days, runs, churn = history.days, history.daily, history.params.churn_days
        begins = runs.begins.copy()
        begins[1:] |= days[1:] > days[:-1] + churn
        first = np.flatnonzero(begins)
        last = np.append(first[1:], len(days)) - 1 if len(days) else first
        self.ranks = ranks
        self.churn = churn
        self.first, self.last = days[first], days[last]
        self.scope = runs.scope[first]
        self.new = runs.begins[first]
        # how many stretches of the same customer lie before this one
        place = np.arange(len(first))
        self.nth = place - np.maximum.accumulate(np.where(self.new, place, 0)) if len(first) else place
        self._at: dict[str, Counts] = {}
        self._ranges: dict[str, tuple[Ranks, Ranks]] = {}

    def _range(self, name: str) -> tuple[Ranks, Ranks]:
        if name not in self._ranges:
            later = self.ranks.of(name, later=self.churn)
            self._ranges[name] = self.ranks.of(name)[self.first], later[self.last]
        return self._ranges[name]

    def at(self, name: str) -> Counts:
        """Return how many are alive at each date of a name."""
        if name not in self._at:
            self._at[name] = self.ranks.counted(self.scope, *self._range(name))
        return self._at[name]

    def ever(self) -> Counts:
        """Return how many had ordered before each start."""
        first = self.ranks.of("start")[self.first[self.new]]
        return self.ranks.counted(self.scope[self.new], first, np.full_like(first, len(self.ranks.on)))

    def at_both(self, one: str, other: str) -> Counts:
        """Return how many are alive at two dates of each window, in whichever stretches; `one` is not the later."""
        (low, high), (later_low, later_high) = self._range(one), self._range(other)
        total = np.zeros((len(self.ranks.on), self.ranks.history.layer.size), dtype=np.int64)
        earlier = np.flatnonzero(low < high)
        for apart in range(int(self.nth.max()) + 1 if len(self.nth) else 0):
            # stretches whose customer has another one so many further on
            earlier = earlier[earlier < len(self.nth) - apart]
            earlier = earlier[self.nth[earlier + apart] >= apart]
            later = earlier + apart
            total += self.ranks.counted(
                self.scope[later],
                np.maximum(low[earlier], later_low[later]),
                np.minimum(high[earlier], later_high[later]),
            )
        return total

    def recalled(self) -> Counts:
        """Return how many came back in the window after they had gone: a stretch ended before its start."""
        back = np.flatnonzero(~self.new)
        gone = self.ranks.of("start", later=self.churn)[self.last[back - 1]]
        came = self.first[back]
        low = np.maximum(gone, self.ranks.of("end")[came])
        return self.ranks.counted(self.scope[back], low, self.ranks.of("start")[came])


def _covers(work: Work, each: Asked, name: str) -> Flags:
    """Return in which periods the orders say anything about a count: all ranges it needs have some."""
    found = []
    for span in each.spans:
        on = Dates.of(span, work.params)
        needs = ((on.first_from, on.start),) if name == SECOND else RULES[name].needs(on)
        found.append(all(work.coverage.has("orders", start, end) for start, end in needs))
    return np.array(found, dtype=bool)


def _lifetime(work: Work, each: Asked, tables: Tables) -> None:
    """Put min(cap, alive / lost): the inverse of the yearly churn rate, exact, capped when nobody was lost."""
    inside = np.logical_and.reduce([_covers(work, each, name) for name in LIFETIME_PARTS])
    for kind in kinds_in_order(each.kinds):
        (start, _), (gone, rows) = (tables.of(each, kind, name) for name in LIFETIME_PARTS)
        cap = work.params.ltv_cap_years
        capped = start >= gone * cap
        held = inside[:, None] & (start > 0)
        amount, per = np.where(capped, cap, start), np.where(capped, 1, gone)
        grid = Grid(amount, np.where(held, rows, 0), held, np.zeros_like(inside), per)
        work.grids.found[each.ref, kind] = grid
        work.grids.see(kind, grid.rows > 0)
