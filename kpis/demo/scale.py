"""How big the demo retailer is, and its calendar: 24 months that end with October 2026. Pure."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from omnichannel.core.periods import Period, month_of

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

START = date(2024, 11, 1)
END = date(2026, 11, 1)  # first day after the data
DAYS = (END - START).days
DAY_SECONDS = 86_400
NEVER_SOLD = -10_000  # day of the last order of who never ordered
MONTHS: tuple[Period, ...] = tuple(month_of(START).previous(-step) for step in range(24))
MONTH_STARTS: Ints = np.array([(month.start - START).days for month in MONTHS] + [DAYS], dtype=np.int64)
REORGANISED_ON = date(2026, 1, 1)  # user operations leave marketing for the user centre
TROUBLE_STORE = "S0203"
STAR_STORE = "S0102"
TROUBLE_FROM = (date(2026, 7, 1) - START).days


@dataclass(frozen=True, slots=True)
class Scale:
    """Sizes of one demo. `regions` is (region id, stores); detail tables cover only the last months."""

    name: str
    regions: tuple[tuple[str, int], ...]
    orders_per_store: int = 1_000
    customers_per_store: int = 417
    detail_months: int = 24
    service_months: int = 6
    touch_share: float = 0.15

    @property
    def stores(self) -> int:
        """Number of stores."""
        return sum(count for _, count in self.regions)

    @property
    def detail_from(self) -> int:
        """First month index that has order lines, visits, content and stock."""
        return len(MONTHS) - self.detail_months


_SIX = (("R01", 12), ("R02", 12), ("R03", 11), ("R04", 11), ("R05", 7), ("R06", 7))
SMALL = Scale("small", _SIX)
FULL = Scale("full", tuple((region, count * 50) for region, count in _SIX), detail_months=14, service_months=3)
TINY = Scale("tiny", (("R01", 2), ("R02", 3), ("R05", 1)), detail_months=2, service_months=2)
SCALES = {scale.name: scale for scale in (TINY, SMALL, FULL)}


def rng_for(seed: int, name: str) -> np.random.Generator:
    """Return a generator of its own for one part, so that a change in one table leaves the others as they were."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def day_of(day: date) -> int:
    """Return the day number of a date; day 0 is the first day of the data."""
    return (day - START).days


def date_of(day: int) -> date:
    """Return the date of a day number."""
    return START + timedelta(days=int(day))


def month_index(days: Ints) -> Ints:
    """Return the month (0..23) of each day number; days before the data give -1."""
    return np.searchsorted(MONTH_STARTS, days, side="right").astype(np.int64) - 1
