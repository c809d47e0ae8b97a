"""Periods of time a figure belongs to: weeks (Monday first), calendar months, quarters, years. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

YEARS = range(1900, 2200)  # comparisons with the year before must stay dates
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
MONTHS_PER = {"month": 1, "quarter": 3, "year": 12}


class Grain(StrEnum):
    """Length of a period."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A half-open range of local dates: `start` is inside, `end` is the first day after it."""

    start: date
    end: date
    grain: Grain

    def __str__(self) -> str:
        """Return the key: `2024-W18`, `2024-11`, `2024-Q2` or `2024`."""
        if self.grain is Grain.WEEK:
            year, week, _ = self.start.isocalendar()
            return f"{year}-W{week:02d}"
        if self.grain is Grain.MONTH:
            return f"{self.start:%Y-%m}"
        if self.grain is Grain.QUARTER:
            return f"{self.start.year}-Q{(self.start.month + 2) // 3}"
        return f"{self.start.year}"

    @property
    def last_day(self) -> date:
        """Return the last date inside the period."""
        return self.end - timedelta(days=1)

    def previous(self, steps: int = 1) -> Period:
        """Return the period `steps` of the same grain earlier (negative: later)."""
        if self.grain is Grain.WEEK:
            return week_of(self.start - timedelta(weeks=steps))
        return _calendar(self.start.year, self.start.month - steps * MONTHS_PER[self.grain], self.grain)

    def year_earlier(self) -> Period:
        """Return the same period one year earlier (weeks: 52 weeks earlier)."""
        if self.grain is Grain.WEEK:
            return self.previous(52)
        return self.previous(12 // MONTHS_PER[self.grain])

    def rolling_year(self) -> tuple[date, date]:
        """Return the half-open range of the twelve months that end with this period."""
        return shift_months(self.end, -12), self.end

    def months(self) -> list[Period]:
        """Return the calendar months that touch this period, earliest first."""
        found, month = [], month_of(self.start)
        while month.start < self.end:
            found.append(month)
            month = month.previous(-1)
        return found


def shift_months(day: date, months: int) -> date:
    """Return the first day of the month `months` away when `day` is a first day; else the same day, clipped."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    last = (date(year + (month == 12), month % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month, min(day.day, last))


def _calendar(year: int, month: int, grain: Grain) -> Period:
    index = year * 12 + month - 1
    start = date(index // 12, index % 12 + 1, 1)
    return Period(start, shift_months(start, MONTHS_PER[grain]), grain)


def week_of(day: date) -> Period:
    """Return the Monday-first week that holds `day`."""
    monday = day - timedelta(days=day.weekday())
    return Period(monday, monday + timedelta(days=7), Grain.WEEK)


def month_of(day: date) -> Period:
    """Return the calendar month that holds `day`."""
    return _calendar(day.year, day.month, Grain.MONTH)


def quarter_of(day: date) -> Period:
    """Return the calendar quarter that holds `day`."""
    return _calendar(day.year, (day.month - 1) // 3 * 3 + 1, Grain.QUARTER)


def year_of(day: date) -> Period:
    """Return the calendar year that holds `day`."""
    return _calendar(day.year, 1, Grain.YEAR)


def parse_day(text: str) -> date:
    """Parse `2024-11-30`, in this form only. ValueError for what is no date, or none that a business has rows of."""
    written = text.strip()
    if not DAY.fullmatch(written):  # fromisoformat takes 20241130 and 2024-W48-6 as well
        raise ValueError(f"{text!r} is no date")
    day = date.fromisoformat(written)
    if day.year not in YEARS:
        raise ValueError(f"{text!r} is outside {YEARS.start}-{YEARS.stop - 1}")
    return day


def day_or_none(text: str) -> date | None:
    """Return the day written, None for what is none."""
    try:
        return parse_day(text)
    except ValueError:
        return None


def period_or_none(text: str) -> Period | None:
    """Return the period a text names, None when it names none."""
    try:
        return parse_period(text)
    except ValueError:
        return None


def parse_period(text: str) -> Period:
    """Parse `2024-W18`, `2024-11`, `2024-Q2` or `2024`. Raise ValueError with the accepted forms otherwise."""
    text = text.strip().upper()
    try:
        if text[:4].isdigit() and int(text[:4]) not in YEARS:
            raise ValueError
        if match := re.fullmatch(r"(\d{4})-W(\d{1,2})", text):
            return week_of(date.fromisocalendar(int(match[1]), int(match[2]), 1))
        if match := re.fullmatch(r"(\d{4})-(\d{1,2})", text):
            return month_of(date(int(match[1]), int(match[2]), 1))
        if match := re.fullmatch(r"(\d{4})-?Q([1-4])", text):
            return quarter_of(date(int(match[1]), int(match[2]) * 3, 1))
        if match := re.fullmatch(r"\d{4}", text):
            return year_of(date(int(text), 1, 1))
    except ValueError:
        pass
    raise ValueError(f"{text!r} is not a period: write 2024-11, 2024-Q4, 2024-W48 or 2024")
