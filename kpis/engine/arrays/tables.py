"""Counts by period and scope that are collected layer by layer, and the grids they become."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from kpis.engine.arrays.leaves import kinds_in_order
from kpis.engine.grids import Grid, widened

if TYPE_CHECKING:
    from kpis.engine.arrays.layers import Layer
    from kpis.engine.arrays.work import Asked, Work
    from kpis.engine.ratios import Exacts, Flags
    from kpis.engine.specs import ScopeKind
    from kpis.engine.windows import Span

Table = tuple["Exacts", "Exacts"]


class Tables:
    """Two tables (what is counted, and the rows looked at) per measure reference, kind of scope and name."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.held: dict[tuple[Asked, ScopeKind, str], Table] = {}

    def of(self, each: Asked, kind: ScopeKind, name: str = "") -> Table:
        """Return the tables, as wide as there are ids by now; they are zero until something is added."""
        key, size = (each, kind, name), len(self.work.grids.axes[kind])
        if key not in self.held:
            shape = len(self.work.periods), size
            self.held[key] = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        elif self.held[key][0].shape[1] < size:
            one, other = self.held[key]
            self.held[key] = widened(one, size), widened(other, size)
        return self.held[key]

    def add(
        self, each: Asked, layer: Layer, windows: Mapping[Span, int], count: Exacts, rows: Exacts, name: str = ""
    ) -> None:
        """Add what a layer has (by window and scope) for the periods that ask for these windows."""
        with self.work.adding:
            one, other = self.of(each, layer.kind, name)
            for period in layer.periods:
                window = windows.get(each.spans[period])
                if window is not None:
                    one[period, : layer.size] += count[window]
                    other[period, : layer.size] += rows[window]

    def put(self, asked: Sequence[Asked], covered: Callable[[Asked], Flags], *, per: int = 1) -> None:
        """Make grids of them: what is not covered is missing everywhere, all else is a number."""
        for each in asked:
            inside = covered(each)
            for kind in kinds_in_order(each.kinds):
                count, rows = self.of(each, kind)
                known = np.broadcast_to(inside[:, None], count.shape).copy()
                grid = Grid(count, np.where(inside[:, None], rows, 0), known, inside, per)
                self.work.grids.found[each.ref, kind] = grid
                self.work.grids.see(kind, grid.rows > 0)
