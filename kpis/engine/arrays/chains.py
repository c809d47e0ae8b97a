"""Windows that move forward together, so that a row counts for a range of them: found once, whatever their number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kpis.engine.arrays.buckets import day_number
from kpis.engine.windows import Span

if TYPE_CHECKING:
    from kpis.engine.grids import Codes, Counts
    from kpis.engine.ratios import Flags

Ranks = npt.NDArray[np.int16] | npt.NDArray[np.int64]


def chains(spans: Iterable[Span]) -> list[list[Span]]:
    """Put the spans into chains in which no span begins or ends before the one in front of it."""
    found: list[list[Span]] = []
    for span in sorted(set(spans), key=lambda each: (each.start, each.end, each.before)):
        fitting = next((chain for chain in found if _follows(chain[-1], span)), None)
        if fitting is None:
            found.append([span])
        else:
            fitting.append(span)
    return found


def _follows(one: Span, other: Span) -> bool:
    return one.start <= other.start and one.end <= other.end and one.before <= other.before


def disjoint(spans: Iterable[Span]) -> list[list[Span]]:
    """Put the spans into chains in which none begins before the one in front of it has ended."""
    found: list[list[Span]] = []
    for span in sorted(set(spans), key=lambda each: (each.start, each.end, each.before)):
        fitting = next((chain for chain in found if chain[-1].end <= span.start), None)
        if fitting is None:
            found.append([span])
        else:
            fitting.append(span)
    return found


@dataclass(frozen=True, slots=True)
class Clock:
    """Turns days into how many of some dates have come by then: days outside the slab's range are never asked."""

    first: int
    last: int

    @classmethod
    def of(cls, day: Codes) -> Clock:
        """Measure the range of the days."""
        return cls(int(day.min()), int(day.max())) if len(day) else cls(0, 0)

    def lookup(self, dates: Sequence[date], *, later: int = 0) -> Ranks:
        """Return, for each day of the range, how many of the dates are on or before the day moved `later` days."""
        limits = np.array([day_number(each) - later for each in dates], dtype=np.int64)
        return np.searchsorted(limits, np.arange(self.first, self.last + 1), side="right").astype(np.int16)

    def inside(self, spans: Iterable[Span]) -> Flags:
        """Return, for each day of the range, whether one of the spans has it."""
        found = np.zeros(self.last - self.first + 1, dtype=bool)
        for start, end in {(span.start, span.end) for span in spans}:
            found[max(day_number(start) - self.first, 0) : max(day_number(end) - self.first, 0)] = True
        return found


@dataclass(frozen=True, slots=True)
class Runs:
    """Rows in the order of scope, entity and time, with where a new (scope, entity) begins."""

    scope: Codes
    begins: Flags
    size: int

    @classmethod
    def of(cls, scope: Codes, entity: Codes, size: int) -> Runs:
        """Find where the scope or the entity changes."""
        begins = np.ones(len(scope), dtype=bool)
        if len(scope) > 1:
            np.not_equal(entity[1:], entity[:-1], out=begins[1:])
            begins[1:] |= scope[1:] != scope[:-1]
        return cls(scope, begins, size)

    def before(self, ranks: Ranks, days: Codes, rows: Counts, *, back: int = 1) -> Ranks:
        """Return the rank of the day of the row before each (or `back` rows before) in the same run; 0 if none is."""
        found = ranks[days[np.maximum(rows - back, 0)]]
        for step in range(back):
            found[self.begins[rows - step]] = 0
        return found

    def after(self, ranks: Ranks, days: Codes, rows: Counts, end: int) -> Ranks:
        """Return the rank of the day of the row after each in the same run; `end` for the last."""
        following = np.minimum(rows + 1, len(days) - 1)
        last = self.begins[following] | (following == rows)
        return np.where(last, np.asarray(end, dtype=ranks.dtype), ranks[days[following]])

    def taken(self, rows: Counts | Flags, entity: Codes) -> Runs:
        """Return the runs of some of the rows."""
        return Runs.of(self.scope[rows], entity, self.size)


def counted(scope: Codes, low: Ranks, high: Ranks, windows: int, size: int, *, weight: Counts | None = None) -> Counts:
    """Return, by window and scope, how many rows (or what weight of rows) have the window in [low, high)."""
    here = np.flatnonzero(low < high)
    if windows == 1:
        return _binned(scope[here], weight, here, size).reshape(1, size)
    base = scope[here].astype(np.int64) * (windows + 1)
    change = _binned(base + low[here], weight, here, size * (windows + 1))
    change -= _binned(base + high[here], weight, here, size * (windows + 1))
    return np.cumsum(change.reshape(size, windows + 1), axis=1)[:, :windows].T


def _binned(index: Counts | Codes, weight: Counts | None, here: Counts, size: int) -> Counts:
    if weight is None:
        return np.bincount(index, minlength=size)
    return np.bincount(index, weights=weight[here], minlength=size).astype(np.int64)
