"""RFM tiers of many periods: recency, frequency and money of each customer and scope in a rolling window.

A score counts the bin edges that the strictly worse reach, so the edges are order statistics of the scope: the k-th
smallest frequency and money, the k-th largest recency. Nobody has to be ranked for them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kpis.engine.arrays.abreast import abreast
from kpis.engine.arrays.buckets import day_number
from kpis.engine.arrays.chains import Runs
from kpis.engine.arrays.layers import Layer, layers
from kpis.engine.arrays.leaves import kinds_in_order
from kpis.engine.arrays.members import members_of
from kpis.engine.arrays.slabs import Slab
from kpis.engine.arrays.tables import Tables
from kpis.engine.derived.rfm import MEMBERS, TIERED
from kpis.engine.grids import Grid

if TYPE_CHECKING:
    from kpis.engine.arrays.members import Members
    from kpis.engine.arrays.orders import Orders
    from kpis.engine.arrays.work import Asked, Work
    from kpis.engine.grids import Codes, Counts
    from kpis.engine.ratios import Exacts, Flags
    from kpis.engine.windows import Span

Scores = npt.NDArray[np.int8]
_BASE = "base"
_SHORT = 1 << 14  # days that leave room in 16 bits for what is before and after all of them


def tier_counts(work: Work, orders: Orders, asked: Sequence[Asked]) -> Callable[[], None]:
    """Count for the measures of RFM, all under the same filters; return what puts the grids.

    Tiers need `rfm_min_customers` in the base.
    """
    days = timedelta(days=work.params.rfm_window_days)
    looked_at = (replace(span, start=span.end - days) for each in asked for span in each.spans)
    slab = orders.under(asked[0].ref.filters, looked_at)
    tables = Tables(work)
    kinds = kinds_in_order(frozenset().union(*(each.kinds for each in asked)))
    members = members_of(work) if any(each.ref.measure in MEMBERS for each in asked) else None
    for layer in layers(work, slab, kinds, range(len(work.periods))):
        here = [each for each in asked if layer.kind in each.kinds]
        lives = _Lives(work, members, slab, layer)

        def count(span: Span, here: Sequence[Asked] = here, lives: _Lives = lives) -> None:
            found = lives.window(span, {each.ref.measure for each in here})
            for each in here:
                tables.add(each, lives.layer, {span: 0}, *found[each.ref.measure])
                tables.add(each, lives.layer, {span: 0}, *found[_BASE], _BASE)

        abreast(work, count, dict.fromkeys(each.spans[period] for each in here for period in layer.periods))

    def put() -> None:
        for each in asked:
            _put(work, each, tables)

    return put


def _put(work: Work, each: Asked, tables: Tables) -> None:
    days = timedelta(days=work.params.rfm_window_days)
    inside = np.array([work.coverage.has("orders", span.end - days, span.end) for span in each.spans], dtype=bool)
    for kind in kinds_in_order(each.kinds):
        count, rows = tables.of(each, kind)
        sizes, _ = tables.of(each, kind, _BASE)
        known = np.broadcast_to(inside[:, None], count.shape).copy()
        few = None
        if each.ref.measure in TIERED and inside.any():
            small = known & (sizes < work.params.rfm_min_customers)
            few = np.where(small, sizes, -1)
            known &= ~small
        grid = Grid(count, np.where(inside[:, None], rows, 0), known, inside, few=few)
        work.grids.found[each.ref, kind] = grid
        work.grids.see(kind, np.where(inside[:, None], sizes, 0) > 0)


class _Lives:
    """The orders of a layer by scope and customer, with running totals: any window is a difference of two places."""

    def __init__(self, work: Work, members: Members | None, slab: Slab, layer: Layer) -> None:
        self.params = work.params
        self.members = members
        self.layer = layer
        self.entity = layer.of(slab.entity)
        self.first_day = int(slab.day.min()) if len(slab) else 0
        days = slab.day - self.first_day
        self.days = int(days.max(initial=0)) + 1
        # numbers of 16 bits are compared twice as fast
        self.day = layer.of(days.astype(np.int16) if self.days < _SHORT else days)
        self.money = np.append(0, np.cumsum(layer.of(slab.more["money"])))
        self.begins = Runs.of(layer.scope, self.entity, layer.size).begins

    @cached_property
    def around(self) -> tuple[Codes, Codes]:
        """Return the day of the order before and after of the same customer; far away where there is none."""
        far = np.iinfo(self.day.dtype)
        earlier, later = np.full_like(self.day, far.min), np.full_like(self.day, far.max)
        earlier[1:] = np.where(self.begins[1:], far.min, self.day[:-1])
        later[:-1] = np.where(self.begins[1:], far.max, self.day[1:])
        return earlier, later

    def _inside(self, since: int, until: int) -> tuple[Counts, Counts]:
        """Return the places of the first and the last order of each customer in the days [since, until).

        Orders of a customer are in the order of time: those inside are one stretch.
        """
        if since <= 0 and until >= self.days:
            first = np.flatnonzero(self.begins)
            return first, np.append(first[1:], len(self.day))[: len(first)] - 1
        inside, (earlier, later) = (self.day >= since) & (self.day < until), self.around
        return np.flatnonzero(inside & (earlier < since)), np.flatnonzero(inside & (later >= until))

    def window(self, span: Span, measures: set[str]) -> dict[str, tuple[Counts, Counts]]:
        """Return, by scope, what each measure counts in the window that ends with the span, and the rows."""
        end = day_number(span.end)
        since, until = (
            min(max(day - self.first_day, 0), self.days) for day in (end - self.params.rfm_window_days, end)
        )
        first, last = self._inside(since, until)
        people = _People(
            self.layer.scope[first],
            last - first + 1,
            self.money[last + 1] - self.money[first],
            self.day[last],
            self.layer.size,
        )
        member: Flags | None = None
        if self.members is not None and measures & MEMBERS:
            member = self.members.when_begins(end, self.entity[first])
        sizes, rows = people.count(None), people.rows(None)
        member_rows = rows if member is None else people.rows(member)
        high = people.high(sizes, self.params.rfm_bins, self.params.rfm_min_customers) if measures & TIERED else None
        found = {_BASE: (sizes[None, :], rows[None, :])}
        for measure in measures:
            base, looked_at = (member, member_rows) if measure in MEMBERS else (None, rows)
            chosen = base if high is None or measure not in TIERED else (high if base is None else high & base)
            found[measure] = people.count(chosen)[None, :], looked_at[None, :]
        return found


@dataclass(frozen=True)
class _People:
    """Customers by scope: number of orders, money, the day of the last order."""

    scope: Codes
    frequency: Counts
    money: Exacts
    last: Codes
    size: int

    @cached_property
    def edges(self) -> Counts:
        """Return where the customers of each scope begin and end; the scopes are in order."""
        return np.searchsorted(self.scope, np.arange(self.size + 1))

    def count(self, chosen: Flags | None) -> Counts:
        """Return how many there are in each scope."""
        return np.diff(self.edges if chosen is None else np.searchsorted(np.flatnonzero(chosen), self.edges))

    def rows(self, chosen: Flags | None) -> Counts:
        """Return how many orders the chosen have in each scope."""
        held, found = np.flatnonzero(np.diff(self.edges)), np.zeros(self.size, dtype=np.int64)
        if len(held):
            orders = self.frequency if chosen is None else self.frequency * chosen
            found[held] = np.add.reduceat(orders, self.edges[held])
        return found

    def high(self, sizes: Counts, bins: int, least: int) -> Flags:
        """Return who is in the top tier: recent, and frequency and money together score 8 or more."""
        found = np.zeros(len(self.scope), dtype=bool)
        kept = np.flatnonzero(np.repeat(sizes >= max(least, 1), sizes))
        people = self if len(kept) == len(found) else self._taken(kept)
        recent = people.score(people.last, bins) >= 3
        valued = people.score(people.frequency, bins) + people.score(people.money, bins) >= 8
        found[kept] = recent & valued
        return found

    def _taken(self, places: Counts) -> _People:
        return _People(self.scope[places], self.frequency[places], self.money[places], self.last[places], self.size)

    def score(self, values: Exacts, bins: int) -> Scores:
        """Return 1 + how many bin edges the strictly worse (smaller) reach."""
        if not len(values):
            return np.ones(0, dtype=np.int8)
        sizes = np.diff(self.edges)
        # worse * bins >= size * edge, so at least this many are worse
        needed = -(-sizes[:, None] * np.arange(1, bins) // bins)
        places = np.minimum(self.edges[:-1, None] + needed - 1, len(values) - 1).T
        low = int(values.min())
        width = int(values.max()) - low + 1
        if self.size * width <= len(values):
            return self._score_of_few(values, places, low, width)
        score = np.ones(len(values), dtype=np.int8)
        for limits in _at_ranks(self.scope, values, places):
            score += values > np.repeat(limits, sizes)
        return score

    def _score_of_few(self, values: Exacts, places: Counts, low: int, width: int) -> Scores:
        """Return the same where so few values are possible that they are counted instead of sorted."""
        keys = self.scope * np.int64(width) + (values - low)
        ranks = np.cumsum(np.bincount(keys, minlength=self.size * width))
        limits = np.searchsorted(ranks, places, side="right") - np.arange(self.size) * width
        scores = 1 + np.sum(np.arange(width) > limits[:, :, None], axis=0, dtype=np.int8)
        found: Scores = scores.ravel()[keys]
        return found


def _at_ranks(scope: Codes, values: Exacts, places: Counts) -> Exacts:
    """Return what stands at places once the values are sorted within each scope; the scopes are in order."""
    low = int(values.min())
    width = (int(values.max()) - low).bit_length()
    if int(scope.max()).bit_length() + width <= 62:
        keys = np.sort((scope.astype(np.int64) << width) | (values - low))
        return (keys[places] & ((1 << width) - 1)) + low
    return values[np.lexsort((values, scope))][places]
