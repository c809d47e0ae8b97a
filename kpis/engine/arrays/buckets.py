"""Time in buckets that no span cuts: months while every span is made of months, else days, or texts of periods."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import ibis
import numpy as np

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

    from kpis.engine.grids import Counts
    from kpis.engine.windows import Span

EPOCH = date(1970, 1, 1)


def day_number(day: date) -> int:
    """Return the days since 1970."""
    return (day - EPOCH).days


@dataclass(frozen=True, slots=True)
class Calendar:
    """How dates become buckets: by month or by day. A day at a boundary of a span begins a bucket."""

    monthly: bool

    @classmethod
    def of(cls, spans: Iterable[Span]) -> Calendar:
        """Choose the longest buckets that the spans allow."""
        return cls(all(span.start.day == 1 and span.end.day == 1 for span in spans))

    def of_column(self, column: ir.Value) -> ir.Value:
        """Return the bucket of a date or datetime."""
        if self.monthly:
            return (column.year() * 12 + column.month() - 1).cast("int32")
        return column.cast("date").cast("date").delta(ibis.literal(EPOCH), unit="day").cast("int32")

    def of_day(self, day: date) -> int:
        """Return the bucket that begins with the day."""
        return day.year * 12 + day.month - 1 if self.monthly else day_number(day)


@dataclass(frozen=True, slots=True)
class Buckets:
    """The buckets that an answer holds, sorted, and the place of each of its rows among them."""

    values: Counts
    places: Counts

    @classmethod
    def read(cls, column: pa.ChunkedArray) -> Buckets:
        """Read a column of buckets."""
        values, places = np.unique(column.to_numpy().astype(np.int64), return_inverse=True)
        return cls(values, places)

    def between(self, low: int, high: int) -> Counts:
        """Return the places of the buckets in [low, high)."""
        first, last = np.searchsorted(self.values, [low, high])
        return np.arange(first, last)


def widest(spans: Sequence[Span]) -> tuple[date, date]:
    """Return the range that holds all spans."""
    return min(span.start for span in spans), max(span.end for span in spans)
