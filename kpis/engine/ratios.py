"""Exact fractions in columns: 64-bit whole numbers while they fit, whole numbers of any size where they do not."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from math import gcd, lcm
from typing import Any

import numpy as np
import numpy.typing as npt

# whole numbers: int64, or objects when one of them does not fit
Exacts = npt.NDArray[Any]
Flags = npt.NDArray[np.bool_]

PLACES = 6
MILLION = 10**PLACES
_EXACTLY = Context(prec=100)
_ROOM = 1 << 62
_WIDE = np.dtype(object)
# a long division takes this many digits at a time while the divisor leaves room for them
_STEPS = (10**6, 10**4, 10**2)


class TooWideError(ArithmeticError):
    """A whole number does not fit 64 bits; the caller evaluates again with whole numbers of any size."""


def largest(column: Exacts) -> int:
    """Return the largest absolute value."""
    return max(int(column.max()), -int(column.min())) if column.size else 0


def _fits(column: Exacts, bound: int) -> None:
    if column.dtype != _WIDE and bound >= _ROOM:
        raise TooWideError


def _times(left: Exacts, right: Exacts | int) -> Exacts:
    if isinstance(right, int):
        if right == 1:
            return left
        _fits(left, largest(left) * abs(right))
        return left * right
    if left.dtype != _WIDE and right.dtype != _WIDE:
        _fits(left, largest(left) * largest(right))
    return left * right


def _plus(left: Exacts, right: Exacts) -> Exacts:
    if left.dtype != _WIDE and right.dtype != _WIDE:
        _fits(left, largest(left) + largest(right))
    return left + right


def millionths(value: Decimal | None) -> int:
    """Return a number of at most `PLACES` decimals, as figures are stored, as whole millionths; none is 0."""
    return 0 if value is None else int(value.scaleb(PLACES, _EXACTLY))


@dataclass(frozen=True, slots=True)
class Ratios:
    """Fractions `top * num / (bottom * den)` (a column of length 1 stands for all); bottom, num and den are positive.

    No bottom is a bottom of ones.
    """

    top: Exacts
    bottom: Exacts | None = None
    num: int = 1
    den: int = 1

    @classmethod
    def constant(cls, value: Fraction, wide: bool) -> Ratios:
        """Return one value for all places."""
        sign = (value > 0) - (value < 0)
        top = np.array([sign], dtype=object if wide else np.int64)
        return cls(top, None, abs(value.numerator) or 1, value.denominator)

    @property
    def zero(self) -> Flags:
        """Return where the value is zero."""
        return np.asarray(self.top == 0, dtype=bool)

    def __add__(self, other: Ratios) -> Ratios:
        den = lcm(self.den, other.den)
        mine, theirs = self.num * (den // self.den), other.num * (den // other.den)
        num = gcd(mine, theirs)
        left, right = _times(self.top, mine // num), _times(other.top, theirs // num)
        bottom = self.bottom
        if self.bottom is not other.bottom:
            if other.bottom is not None:
                left = _times(left, other.bottom)
                bottom = other.bottom if self.bottom is None else _times(self.bottom, other.bottom)
            if self.bottom is not None:
                right = _times(right, self.bottom)
        return Ratios(_plus(left, right), bottom, num, den)

    def __neg__(self) -> Ratios:
        return Ratios(-self.top, self.bottom, self.num, self.den)

    def __mul__(self, other: Ratios) -> Ratios:
        num, den = self.num * other.num, self.den * other.den
        common = gcd(num, den)
        bottom = self.bottom if other.bottom is None else other.bottom
        if self.bottom is not None and other.bottom is not None:
            bottom = _times(self.bottom, other.bottom)
        return Ratios(_times(self.top, other.top), bottom, num // common, den // common)

    def inverse(self) -> Ratios:
        """Return 1 / each; what is zero counts as one (the caller has marked it)."""
        zero = self.zero
        ones = np.ones_like(self.top) if self.bottom is None else self.bottom
        top: Exacts = np.where(zero, 1, np.where(self.top > 0, ones, -ones))
        return Ratios(top, np.where(zero, 1, np.abs(self.top)), self.den, self.num)

    def __abs__(self) -> Ratios:
        return Ratios(np.abs(self.top), self.bottom, self.num, self.den)

    def at_most(self, other: Ratios) -> Flags:
        """Return where this is less than or equal to the other."""
        return np.asarray((self + -other).top <= 0, dtype=bool)

    def where(self, chosen: Flags, other: Ratios) -> Ratios:
        """Return this where chosen, else the other."""
        den = lcm(self.den, other.den)
        top = np.where(
            chosen,
            _times(self.top, self.num * (den // self.den)),
            _times(other.top, other.num * (den // other.den)),
        )
        if self.bottom is None and other.bottom is None:
            return Ratios(top, None, 1, den)
        mine = 1 if self.bottom is None else self.bottom
        theirs = 1 if other.bottom is None else other.bottom
        return Ratios(top, np.where(chosen, mine, theirs), 1, den)

    def rounded(self, size: int) -> Exacts:
        """Return the values in millionths, half to even."""
        num, den = self.num * MILLION, self.den
        common = gcd(num, den)
        num, den = num // common, den // common
        if self.bottom is None and den == 1:
            found = _times(self.top, num)
        else:
            divisor = np.full_like(self.top, den) if self.bottom is None else _times(self.bottom, den)
            found = _divided(self.top, divisor, num)
        return np.broadcast_to(found, (size,)) if len(found) != size else found


def _divided(top: Exacts, divisor: Exacts, num: int) -> Exacts:
    """Return `top * num / divisor`, half to even: a long division, so that no product has to fit 64 bits."""
    if divisor.dtype != _WIDE and len(divisor) and int(divisor.min()) == int(divisor.max()) == 1:
        return _times(top, num)
    found = top // divisor
    rest = top - found * divisor
    most = largest(divisor)
    for step in _factors(num, most if divisor.dtype != _WIDE else 1):
        _fits(divisor, most * step)
        _fits(found, largest(found) * step + step)
        rest = rest * step
        digits = rest // divisor
        found = found * step + digits
        rest = rest - digits * divisor
    _fits(divisor, most * 2)
    twice = rest * 2
    up = (twice > divisor) | ((twice == divisor) & (found % 2 == 1))
    nearest: Exacts = found + up.astype(found.dtype)
    return nearest


def _factors(num: int, most: int) -> list[int]:
    """Split a factor into steps that leave room beside the divisor, where it can be split at all."""
    if most * num < _ROOM:
        return [num] if num > 1 else []
    found = []
    for step in _STEPS:
        while num % step == 0 and num > 1 and most * step < _ROOM:
            found.append(step)
            num //= step
    return [*found, num] if num > 1 else found
