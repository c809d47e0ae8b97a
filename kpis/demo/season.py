"""The rhythm of an apparel year in China: double 11, 618, the New Year dip, weekends, growth. Pure."""

from __future__ import annotations

from datetime import date

import numpy as np

from kpis.demo.scale import DAYS, MONTHS, START, Floats, date_of, day_of

MONTH_FACTOR = {
    1: 1.05,
    2: 0.74,
    3: 0.90,
    4: 0.95,
    5: 1.0,
    6: 1.28,
    7: 0.86,
    8: 0.85,
    9: 1.0,
    10: 1.1,
    11: 1.5,
    12: 1.03,
}
NEW_YEAR = ((date(2025, 1, 28), date(2025, 2, 4)), (date(2026, 2, 16), date(2026, 2, 23)))
PEAKS = {(11, 11): 4.5, (6, 18): 3.5, (12, 12): 1.8, (3, 8): 1.6}
YEARLY_GROWTH = 1.15


def _monthly(day: date) -> float:
    elapsed = (day - START).days / 365
    return float(MONTH_FACTOR[day.month] * YEARLY_GROWTH**elapsed)


def _closed_for_new_year(day: date) -> float:
    """Return the dip of the holiday week and the rush of the two weeks before it."""
    for first, last in NEW_YEAR:
        if first <= day <= last:
            return 0.35
        if 0 < (first - day).days <= 14:
            return 1.3
    return 1.0


def _online_peak(day: date) -> float:
    if peak := PEAKS.get((day.month, day.day)):
        return peak
    before_peak = (day.month == 11 and day.day < 12) or (day.month == 6 and day.day < 19)
    return 1.5 if before_peak else 1.0


def store_days() -> Floats:
    """Return the relative demand in stores for each day."""
    days = [date_of(day) for day in range(DAYS)]
    return np.array([_monthly(d) * _closed_for_new_year(d) * (1.4 if d.weekday() >= 5 else 0.9) for d in days])


def online_days() -> Floats:
    """Return the relative demand online for each day."""
    days = [date_of(day) for day in range(DAYS)]
    return np.array([_monthly(d) * _closed_for_new_year(d) * _online_peak(d) for d in days])


def month_weights() -> Floats:
    """Return the share of each month in the sales of all months."""
    days = 0.6 * store_days() + 0.4 * online_days()
    totals = np.array([days[day_of(month.start) : day_of(month.end)].sum() for month in MONTHS])
    return np.asarray(totals / totals.sum(), dtype=np.float64)
