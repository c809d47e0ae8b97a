"""Rows put together by window, scope and entity, for windows that do not overlap: what somebody did in one month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kpis.engine.arrays.buckets import day_number
from kpis.engine.arrays.leaves import added

Windows = npt.NDArray[np.int16]

if TYPE_CHECKING:
    from kpis.engine.arrays.layers import Layer
    from kpis.engine.arrays.slabs import Slab
    from kpis.engine.grids import Codes, Counts
    from kpis.engine.ratios import Exacts, Flags
    from kpis.engine.windows import Span


def window_of(day: Codes, chain: Sequence[Span]) -> Windows:
    """Return the place in the chain of the window that holds each day, -1 where none does."""
    if not len(day):
        return np.zeros(0, dtype=np.int16)
    first, last = int(day.min()), int(day.max())
    lookup = np.full(last - first + 1, -1, dtype=np.int16)
    for at, span in enumerate(chain):
        low, high = day_number(span.start) - first, day_number(span.end) - first
        lookup[max(low, 0) : max(high, 0)] = at
    return lookup[day - first]


def by_window(slab: Slab, chain: Sequence[Span]) -> tuple[Slab, Windows]:
    """Return the rows inside the windows, in the order of window, entity and time, and the window of each."""
    window = window_of(slab.day, chain)
    inside = np.flatnonzero(window >= 0)
    order = inside[np.argsort(window[inside], kind="stable")]
    return slab.taken(order), window[order]


@dataclass(frozen=True)
class Cells:
    """The rows of a layer by (scope, window, entity): where each begins, and its entity, scope and window."""

    layer: Layer
    begins: Counts
    total: int
    entity: Codes
    scope: Codes
    window: Windows
    windows: int

    @classmethod
    def of(cls, layer: Layer, entity: Codes, window: Windows, windows: int) -> Cells:
        """Find the cells of a layer of a slab in the order of `by_window`."""
        who, when = layer.of(entity), layer.of(window)
        new = np.ones(len(who), dtype=bool)
        if len(who) > 1:
            np.not_equal(who[1:], who[:-1], out=new[1:])
            new[1:] |= when[1:] != when[:-1]
            if layer.rows is not None:
                new[1:] |= layer.scope[1:] != layer.scope[:-1]
        begins = np.flatnonzero(new)
        return cls(layer, begins, len(who), who[begins], layer.scope[begins], when[begins], windows)

    @cached_property
    def sizes(self) -> Counts:
        """Return the number of rows of each cell."""
        return np.diff(self.begins, append=self.total)

    def first(self, column: Exacts) -> Exacts:
        """Return a column (in the layer's order) at the first row of each cell."""
        found: Exacts = column[self.begins]
        return found

    def last(self, column: Exacts) -> Exacts:
        """Return a column (in the layer's order) at the last row of each cell."""
        found: Exacts = column[self.begins + self.sizes - 1]
        return found

    def added(self, column: Exacts) -> Exacts:
        """Return the sum of a column (in the layer's order) over each cell."""
        return np.add.reduceat(column, self.begins) if len(self.begins) else column[:0]

    @cached_property
    def _place(self) -> Counts:
        return self.window.astype(np.int64) * self.layer.size + self.scope

    def count(self, chosen: Flags | None = None) -> Counts:
        """Return, by window and scope, how many cells there are (of the chosen)."""
        place = self._place if chosen is None else self._place[chosen]
        found = np.bincount(place, minlength=self.windows * self.layer.size)
        return found.reshape(self.windows, self.layer.size)

    def total_of(self, values: Exacts, chosen: Flags | None = None) -> Exacts:
        """Return, by window and scope, the sum of values of cells (of the chosen)."""
        place, kept = (self._place, values) if chosen is None else (self._place[chosen], values[chosen])
        return added(place, kept, self.windows * self.layer.size).reshape(self.windows, self.layer.size)
