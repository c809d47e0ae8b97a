"""Which days a table should have rows for and has none: from the rhythm of the data themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

EXPECTED = 5  # a weekday is expected when it has rows in at least 4 of 5 of the weeks that have any
WEEKS = 4  # weeks with rows below which no weekly rhythm is seen
KEPT = 60  # gaps kept, the newest


@dataclass(frozen=True, slots=True)
class Gap:
    """A run of expected days without rows; `days` counts the expected ones between the two ends."""

    first: date
    last: date
    days: int


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What is missing between the first and the last day. `by_month`: too few days for weeks, so months are judged."""

    missing: int
    gaps: tuple[Gap, ...]
    by_month: bool


def find_gaps(days: Collection[date], *, by_month: bool = False) -> Rhythm:
    """Find the days without rows between the first and the last.

    A weekday counts when it has rows in at least four of five weeks that have rows at all, so a shop that is closed
    on Sundays has no gap there. Without any such weekday, or with fewer than four weeks, whole months are looked at.
    """
    if not days:
        return Rhythm(0, (), by_month)
    there, first, last = set(days), min(days), max(days)
    weekdays = frozenset() if by_month else _expected_weekdays(there, first, last)
    if not weekdays:
        return _by_month(there, first, last)
    wanted = [day for day in _each_day(first, last) if day.weekday() in weekdays]
    runs = list(_runs(wanted, there))
    return Rhythm(sum(gap.days for gap in runs), tuple(runs[-KEPT:]), by_month=False)


def _expected_weekdays(there: Collection[date], first: date, last: date) -> frozenset[int]:
    alive = {_monday(day) for day in there}
    if len(alive) < WEEKS:
        return frozenset()
    seen = [0] * 7
    possible = [0] * 7
    for monday in alive:
        for weekday in range(7):
            day = monday + timedelta(days=weekday)
            if first <= day <= last:
                possible[weekday] += 1
                seen[weekday] += day in there
    return frozenset(
        weekday for weekday in range(7) if seen[weekday] and seen[weekday] * EXPECTED >= possible[weekday] * 4
    )


def _by_month(there: Collection[date], first: date, last: date) -> Rhythm:
    wanted = [date(index // 12, index % 12 + 1, 1) for index in range(_month(first), _month(last) + 1)]
    runs = list(_runs(wanted, {day.replace(day=1) for day in there}))
    whole = [Gap(run.first, _next_month(run.last) - timedelta(days=1), run.days) for run in runs]
    return Rhythm(sum(gap.days for gap in whole), tuple(whole[-KEPT:]), by_month=True)


def _runs(wanted: Sequence[date], there: Collection[date]) -> Iterator[Gap]:
    run: list[date] = []
    for day in wanted:
        if day not in there:
            run.append(day)
        elif run:
            yield Gap(run[0], run[-1], len(run))
            run = []


def _each_day(first: date, last: date) -> Iterator[date]:
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)
