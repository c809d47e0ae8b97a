"""Pay bands as pure values: what a band is, which level a title belongs to, and how a sum stands to a band."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Level(StrEnum):
    """The levels that job descriptions and pay bands are written for, lowest first."""

    SPECIALIST = "specialist"
    MANAGER = "manager"
    DIRECTOR = "director"


class Place(StrEnum):
    """How a sum stands to a band."""

    BELOW = "below"
    INSIDE = "inside"
    ABOVE = "above"
    NO_BAND = "no_band"


@dataclass(frozen=True, slots=True)
class PayBand:
    """What the workspace pays a role on a level from a day on, CNY a month for full time; no city: everywhere."""

    role: str
    level: str
    low: Decimal
    middle: Decimal
    high: Decimal
    city: str
    since: date
    note: str
    source: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """From and to of a band, or of all bands of a role where the level is not known."""

    low: Decimal
    high: Decimal
    bands: tuple[PayBand, ...]


# A title tells its level by these words; the first line that fits counts, no word means specialist.
LEVEL_WORDS: tuple[tuple[Level, tuple[str, ...]], ...] = (
    (Level.DIRECTOR, ("总监", "总经理", "director", "head of", "vp", "chief", "cxo")),
    (Level.MANAGER, ("经理", "主管", "店长", "组长", "负责人", "manager", "supervisor", "team lead", "leader")),
)


def level_of(title: str) -> tuple[Level | None, str]:
    """Return the level that a title tells and the word that told it; None for an empty title."""
    said = " ".join(title.casefold().split())
    if not said:
        return None, ""
    for level, words in LEVEL_WORDS:
        # 副总经理 and 总经理 are directors, so those words are asked for before 经理
        word = next((each for each in words if each in said), "")
        if word:
            return level, word
    return Level.SPECIALIST, ""


def bounds_of(bands: Iterable[PayBand]) -> Bounds | None:
    """Return the span of the bands; None without any."""
    found = tuple(bands)
    return Bounds(min(one.low for one in found), max(one.high for one in found), found) if found else None


def place_of(monthly: Decimal, bounds: Bounds | None) -> Place:
    """Return how a sum for full time stands to the span; its ends belong to it."""
    if bounds is None:
        return Place.NO_BAND
    if monthly < bounds.low:
        return Place.BELOW
    return Place.ABOVE if monthly > bounds.high else Place.INSIDE


def distance(monthly: Decimal, bounds: Bounds) -> Decimal:
    """Return how far the sum is outside, CNY a month: negative below, positive above, 0 inside."""
    if monthly < bounds.low:
        return monthly - bounds.low
    return max(monthly - bounds.high, Decimal(0))
