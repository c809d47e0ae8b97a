"""Windows of a measure: which dates `@prev`, `@yoy`, `@r12m` and `@open` mean for an asked period."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from omnichannel.core.periods import Period, parse_period, shift_months


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of local dates, with the start of the range before it (what `previous period` means)."""

    start: date
    end: date
    before: date

    @property
    def last_day(self) -> date:
        """Return the last date inside."""
        return self.end - timedelta(days=1)


def span_of(period: Period, window: str) -> Span:
    """Return the dates a window covers. `open` is the previous period, whose end is this period's start."""
    if window == "r12m":
        start, end = period.rolling_year()
        return Span(start, end, shift_months(start, -12))
    chosen = {"": period, "prev": period.previous(), "yoy": period.year_earlier(), "open": period.previous()}[window]
    # a year-over-year period still compares with its own predecessor
    return Span(chosen.start, chosen.end, chosen.previous().start)


def periods_inside(texts: Iterable[str], span: Span, *, or_around: bool = False) -> list[str]:
    """Return the `period` cells whose range lies inside the span, sorted.

    `or_around` also takes those that contain the whole span: a quarterly review is the review of its months.
    A cell that is no period is left out; the data door refuses such rows before they get here.
    """
    found = []
    for text in texts:
        row = _read(text)
        if row is None:
            continue
        inside = span.start <= row.start and row.end <= span.end
        around = or_around and row.start <= span.start and span.end <= row.end
        if inside or around:
            found.append(text)
    return sorted(found)


@lru_cache(maxsize=1024)
def _read(text: str) -> Period | None:
    try:
        return parse_period(text)
    except ValueError:
        return None
