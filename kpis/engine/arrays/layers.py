"""Layers of scopes over slabs: in each, a row counts for one scope at most, and the rows are put together by it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kpis.engine.arrays.buckets import day_number
from kpis.engine.specs import ScopeKind

if TYPE_CHECKING:
    from kpis.engine.arrays.slabs import Slab
    from kpis.engine.arrays.work import Asked, Pairs, Work
    from kpis.engine.grids import Codes, Counts
    from kpis.engine.ratios import Exacts, Flags


@dataclass(frozen=True, slots=True)
class Layer:
    """Scopes that share no row: the rows of each in the order of scope, entity and time, for some periods."""

    kind: ScopeKind
    periods: Sequence[int]
    rows: Counts | None
    scope: Codes
    size: int

    def of(self, column: Exacts) -> Exacts:
        """Return a column of the slab in the layer's order."""
        return column if self.rows is None else column[self.rows]

    def some(self, column: Exacts, places: Counts) -> Exacts:
        """Return a column of the slab at some places of the layer's order."""
        return column[places if self.rows is None else self.rows[places]]


@dataclass(frozen=True, slots=True)
class Coded:
    """The scope of each row of a slab (-1: none) in one layer."""

    kind: ScopeKind
    periods: Sequence[int]
    codes: Codes | None
    size: int

    def layer(self, rows: int) -> Layer:
        """Put the rows in the order of their scopes; they keep their order within each."""
        if self.codes is None:
            return Layer(self.kind, self.periods, None, np.zeros(rows, dtype=np.int32), self.size)
        placed = self.codes >= 0
        here = None if placed.all() else np.flatnonzero(placed)
        scope = self.codes if here is None else self.codes[here]
        # a stable sort of small integers is a radix sort
        order = np.argsort(scope.astype(np.uint16) if self.size <= 1 << 16 else scope, kind="stable")
        return Layer(self.kind, self.periods, order if here is None else here[order], scope[order], self.size)


def layers(
    work: Work, slab: Slab, kinds: Sequence[ScopeKind], periods: Sequence[int], asked: Sequence[Asked] = ()
) -> Iterator[Layer]:
    """Yield layers that together hold every scope of the kinds, once per organisation that differs.

    With `asked` the rows outside all of its spans are left out where an organisation is that of some periods only.
    """
    for (coded,) in coded_layers(work, [slab], kinds, periods, asked):
        yield coded.layer(len(slab))


def coded_layers(
    work: Work, slabs: Sequence[Slab], kinds: Sequence[ScopeKind], periods: Sequence[int], asked: Sequence[Asked] = ()
) -> Iterator[list[Coded]]:
    """Yield the same layer of several slabs at a time, whatever column leads their rows to the scope."""
    for kind in kinds:
        size = len(work.grids.axes[kind])
        if kind is ScopeKind.COMPANY:
            yield [Coded(kind, periods, None, 1) for _ in slabs]
        elif kind is not ScopeKind.UNIT:
            yield [Coded(kind, periods, _wanted(work, kind, slab.leaves[kind]), size) for slab in slabs]
        else:
            yield from _unit_layers(work, slabs, periods, asked)


def _wanted(work: Work, kind: ScopeKind, codes: Codes) -> Codes:
    wanted = work.wanted(kind)
    return codes if wanted is None else np.where(np.isin(codes, wanted), codes, -1)


def _unit_layers(
    work: Work, slabs: Sequence[Slab], periods: Sequence[int], asked: Sequence[Asked]
) -> Iterator[list[Coded]]:
    by_staff = [ScopeKind.UNIT not in slab.spec.scopes for slab in slabs]
    groups: dict[tuple[int, ...], list[int]] = {}
    for period in periods:
        key = tuple(id(work.reach(slab.spec).pairs[period]) for slab in slabs)
        groups.setdefault(key, []).append(period)
    size = len(work.grids.axes[ScopeKind.UNIT])
    for alike in groups.values():
        inside = [_inside(slab, asked, alike) if len(groups) > 1 and asked else None for slab in slabs]
        ways = [work.lookups(alike[0], by_staff=staff) for staff in by_staff]
        for lookups in zip(*ways, strict=True):
            found = []
            for slab, lookup, staff, here in zip(slabs, lookups, by_staff, inside, strict=True):
                leaves = slab.leaves[ScopeKind.EMPLOYEE if staff else ScopeKind.UNIT]
                codes = _looked_up(lookup, leaves)
                found.append(Coded(ScopeKind.UNIT, alike, codes if here is None else np.where(here, codes, -1), size))
            yield found


def _inside(slab: Slab, asked: Sequence[Asked], periods: Sequence[int]) -> Flags:
    spans = [each.spans[period] for each in asked for period in periods]
    start, end = min(span.start for span in spans), max(span.end for span in spans)
    return (slab.day >= day_number(start)) & (slab.day < day_number(end))


def _looked_up(lookup: Codes, leaves: Codes) -> Codes:
    # the last place of a lookup is for leaves it does not know, and for -1
    return lookup[np.where(leaves < len(lookup) - 1, leaves, -1)]


def depths_of(pairs: Pairs, size: int) -> Codes:
    """Return a depth for each unit such that no two units of one depth share a leaf."""
    ends = np.append(pairs.starts[1:], len(pairs.units))
    below = np.zeros(size, dtype=np.int32)
    depth = np.zeros(size, dtype=np.int32)
    for place in np.argsort(pairs.starts - ends, kind="stable").tolist():
        leaves = pairs.leaves[pairs.starts[place] : ends[place]]
        at = int(below[leaves].max())
        depth[pairs.units[pairs.starts[place]]] = at
        below[leaves] = at + 1
    return depth


def lookups_of(pairs: Pairs, depth: Codes) -> list[Codes]:
    """Return lookups from leaf to unit, one for each depth of units; the last place, of no leaf, holds -1."""
    size = int(pairs.leaves.max()) + 1 if len(pairs.leaves) else 0
    found: list[Codes] = []
    for at in range(int(depth.max()) + 1 if len(depth) else 0):
        here = depth[pairs.units] == at
        lookup = np.full(size + 1, -1, dtype=np.int32)
        lookup[pairs.leaves[here]] = pairs.units[here]
        found.append(lookup)
    return found
