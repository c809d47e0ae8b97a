"""How much more the trained stores changed than the untrained ones, and how sure that is. Pure.

Difference in differences by store: each store's change is its mean month after less its mean month before; the
effect is the mean change of the trained stores less that of the untrained ones. Its interval is Welch's: the groups may
vary differently; degrees of freedom after Welch and Satterthwaite. Sums are exact fractions; only the root and
Student's quantile are rounded.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

FEWEST = 5  # stores of each group; below it an interval says nothing one could act on
CONFIDENCE = Fraction(95, 100)
PLACES = Decimal("0.01")
_STEPS, _NEAR, _TINY = 200, 1e-13, 1e-300


class Unsaid(StrEnum):
    """Why no effect can be told."""

    FEW_TRAINED = "few_trained"
    FEW_UNTRAINED = "few_untrained"
    NO_SPREAD = "no_spread"


@dataclass(frozen=True, slots=True)
class Group:
    """One side: how many stores, their mean before, after and change, each in a month."""

    stores: int
    before: Decimal | None
    after: Decimal | None
    change: Decimal | None


@dataclass(frozen=True, slots=True)
class Effect:
    """The difference of the mean changes with its 95 % interval, or why none is told."""

    trained: Group
    untrained: Group
    effect: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    degrees: Decimal | None = None
    unsaid: Unsaid | None = None

    @property
    def is_clear(self) -> bool:
        """True when the whole interval lies on one side of nothing."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


Pair = tuple[Fraction, Fraction]  # a store's mean month before and after


def effect_of(trained: Sequence[Pair], untrained: Sequence[Pair]) -> Effect:
    """Return the difference in differences of two groups of stores."""
    sides = _group(trained), _group(untrained)
    if len(trained) < FEWEST:
        return Effect(*sides, unsaid=Unsaid.FEW_TRAINED)
    if len(untrained) < FEWEST:
        return Effect(*sides, unsaid=Unsaid.FEW_UNTRAINED)
    one, other = _changes(trained), _changes(untrained)
    here, there = _variance(one) / len(one), _variance(other) / len(other)
    spread = here + there
    if not spread:
        return Effect(*sides, effect=_shown(_mean(one) - _mean(other)), unsaid=Unsaid.NO_SPREAD)
    degrees = spread**2 / (here**2 / (len(one) - 1) + there**2 / (len(other) - 1))
    middle = _mean(one) - _mean(other)
    half = Fraction(student_quantile(float(1 - (1 - CONFIDENCE) / 2), float(degrees))) * Fraction(
        math.sqrt(float(spread))
    )
    return Effect(*sides, _shown(middle), _shown(middle - half), _shown(middle + half), _shown(degrees))


def mean_of(values: Sequence[Decimal]) -> Fraction:
    """Return the exact mean of some months."""
    return sum(map(Fraction, values), Fraction(0)) / len(values)


def student_quantile(probability: float, degrees: float) -> float:
    """Return the quantile of Student's t for a probability above one half, by halving the span it lies in."""
    low, high = 0.0, 2.0
    while _student(high, degrees) < probability:
        high *= 2
    for _step in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if _student(middle, degrees) < probability else (low, middle)
    return (low + high) / 2


def _student(t: float, degrees: float) -> float:
    return 1 - _incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t)) / 2


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """Return the regularised incomplete beta function by its continued fraction (DLMF 8.17.22)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(b, a, 1 - x)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    c, d = 1.0, 1 / _safe(1 - (a + b) * x / (a + 1))
    found = d
    for m in range(1, _STEPS):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _safe(1 + step * d)
            c = _safe(1 + step / c)
            found *= c * d
        if abs(c * d - 1) < _NEAR:
            break
    return front * found / a


def _safe(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def _changes(pairs: Sequence[Pair]) -> list[Fraction]:
    return [after - before for before, after in pairs]


def _mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def _variance(values: Sequence[Fraction]) -> Fraction:
    middle = _mean(values)
    return sum(((value - middle) ** 2 for value in values), Fraction(0)) / (len(values) - 1)


def _group(pairs: Sequence[Pair]) -> Group:
    if not pairs:
        return Group(0, None, None, None)
    before, after = (_mean([pair[side] for pair in pairs]) for side in (0, 1))
    return Group(len(pairs), _shown(before), _shown(after), _shown(after - before))


def _shown(value: Fraction) -> Decimal:
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(PLACES)
