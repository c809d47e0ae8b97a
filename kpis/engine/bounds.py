"""The dates of a computation as parameters: every period builds the same queries, so each is compiled only once.

Ibis takes longer to compile a query than DuckDB to run it on a month. Inside `bounds_of()` a date becomes the n-th
parameter of the computation instead of a literal; the compiled text is kept and `Relations` puts the dates in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

import ibis

if TYPE_CHECKING:
    import ibis.expr.types as ir

_STAND_IN = date(8000, 1, 1)  # the n-th date is compiled as the n-th day from here; no row is that late
MOST_DAYS = 366  # of that year
_WRITTEN = re.compile(rf"(?<=MAKE_DATE\(|TIMESTAMP\(){_STAND_IN.year}, (\d+), (\d+)(?=[,)])")
# the same objects for every computation, so that equal queries are equal expressions
_PARAMETERS: list[tuple[ir.Scalar, ir.Scalar]] = []
_current: ContextVar[Bounds | None] = ContextVar("bounds", default=None)


class Bounds:
    """The dates one computation has used so far, in the order it first used them."""

    def __init__(self) -> None:
        self.days: dict[date, int] = {}

    def parameters(self, day: date) -> tuple[ir.Scalar, ir.Scalar]:
        """Return the parameters that stand for the first instant of the day and for the day."""
        index = self.days.setdefault(day, len(self.days))
        if index >= MOST_DAYS:
            raise ValueError(f"one computation compares with at most {MOST_DAYS} dates")
        while len(_PARAMETERS) <= index:
            _PARAMETERS.append((ibis.param("timestamp"), ibis.param("date")))
        return _PARAMETERS[index]

    def actual(self) -> Mapping[ir.Scalar, date]:
        """Return what each parameter means in this computation."""
        found: dict[ir.Scalar, date] = {}
        for day, index in self.days.items():
            instant, plain = _PARAMETERS[index]
            found |= {instant: datetime.combine(day, time.min), plain: day}
        return found

    def written_into(self, compiled: str) -> str:
        """Return compiled SQL with this computation's dates in the places of the stand-ins."""
        days = list(self.days)

        def written(match: re.Match[str]) -> str:
            day = days[(date(_STAND_IN.year, int(match[1]), int(match[2])) - _STAND_IN).days]
            return f"{day.year}, {day.month}, {day.day}"

        return _WRITTEN.sub(written, compiled)


def stand_ins() -> dict[ir.Scalar, date]:
    """Return what each parameter of this process is compiled as."""
    found: dict[ir.Scalar, date] = {}
    for index, (instant, plain) in enumerate(list(_PARAMETERS)):
        day = _STAND_IN + timedelta(days=index)
        found |= {instant: datetime.combine(day, time.min), plain: day}
    return found


@contextmanager
def bounds_of() -> Iterator[Bounds]:
    """Let the dates of the block be parameters."""
    bounds = Bounds()
    token = _current.set(bounds)
    try:
        yield bounds
    finally:
        _current.reset(token)


def current_bounds() -> Bounds | None:
    """Return the bounds of the computation under way; None outside of one."""
    return _current.get()


def midnight(day: date) -> ir.Scalar:
    """Return the first instant of a local day (the engine's timestamps are naive local wall time)."""
    bounds = _current.get()
    return ibis.literal(datetime.combine(day, time.min)) if bounds is None else bounds.parameters(day)[0]


def calendar_day(day: date) -> ir.Scalar:
    """Return a local date."""
    bounds = _current.get()
    return ibis.literal(day) if bounds is None else bounds.parameters(day)[1]
