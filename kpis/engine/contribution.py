"""What moved a figure: the change of a whole as the exact sum of what each of its parts did, and its rounding.

A ratio R = N / D over parts i with weights w_i = d_i / D and rates r_i = n_i / d_i is taken apart the symmetric way
(Bennet 1920): rate_i = (r1_i - r0_i) (w0_i + w1_i) / 2 and mix_i = (w1_i - w0_i) ((r0_i + r1_i) / 2 - (R0 + R1) / 2).
No period is the base, no term is left over, and a part that only grows with the whole has no effect.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from kpis.engine.ratios import Exacts, Flags

ONE = Fraction(1)
# remainders are compared to so many binary digits: a tie below is nobody's loss
_COMPARED = 128


class Share(NamedTuple):
    """What one part has of the numerator and of the denominator, as whole numbers of one small unit."""

    top: int
    bottom: int


class Shares(NamedTuple):
    """What parts have of the numerator and of the denominator, by column: whole numbers of any size."""

    top: Exacts
    bottom: Exacts

    @classmethod
    def of(cls, tops: Sequence[int], bottoms: Sequence[int]) -> Shares:
        """Return the columns of as many tops as bottoms."""
        return cls(_column(tops), _column(bottoms))

    @property
    def whole(self) -> Share:
        """Return all parts together."""
        return Share(int(self.top.sum()), int(self.bottom.sum()))


class Quotients(NamedTuple):
    """Exact numbers, not reduced: thousands of parts would spend their time on common divisors. `bottom` > 0."""

    top: Exacts
    bottom: Exacts

    @property
    def exact(self) -> list[Fraction]:
        """Return the numbers reduced."""
        return [Fraction(top, bottom) for top, bottom in zip(self.top, self.bottom, strict=True)]


class Effects(NamedTuple):
    """What parts did to the whole. `rate`: their own rate moved; `mix`: their weight in the whole moved.

    Of a part that is a balance (people counted in several parts), not a group, both cannot be told apart: all it did
    stands with the rate. Both stand over the same.
    """

    rate: Quotients
    mix: Quotients

    @property
    def totals(self) -> list[Fraction]:
        """Return the whole effect of each part."""
        return Quotients(self.rate.top + self.mix.top, self.rate.bottom).exact

    @property
    def cells(self) -> Quotients:
        """Return rate and mix of the first part, of the second, and so on."""
        return Quotients(*(np.stack(pair, axis=1).ravel() for pair in zip(self.rate, self.mix, strict=True)))


def sum_effects(old: Shares, new: Shares, *, over: int = 1) -> Effects:
    """Return what each part of a sum of `top / over` added to its change: it has no weight that could move."""
    moved = new.top - old.top
    bottom = np.full_like(moved, over)
    return Effects(Quotients(moved, bottom), Quotients(np.zeros_like(moved), bottom))


def ratio_effects(old: Shares, new: Shares) -> Effects | None:
    """Return what each part did to N / D; the effects add up to its change exactly. None without two denominators.

    A part that is there in one period only has the rate of that period: all it did is mix. Effects stand over
    2 (D0 D1)^2, times what the part's own rates stand over.
    """
    (old_top, old_bottom), (new_top, new_bottom) = old.whole, new.whole
    product = old_bottom * new_bottom
    if not product:
        return None
    twice_middle = old_top * new_bottom + new_top * old_bottom  # (R0 + R1) / 2, over 2 D0 D1
    moved = new.bottom * old_bottom - old.bottom * new_bottom  # w1 - w0, over D0 D1
    amount = new.top * old_bottom - old.top * new_bottom
    total = amount * (2 * product) - moved * twice_middle
    told = (old.bottom >= 0) & (new.bottom >= 0)
    rates, over = _rates(old, new, told)
    mix = np.where(told, moved * (rates * product - over * twice_middle), 0)
    bottom = over * (2 * product**2)
    return Effects(Quotients(total * over - mix, bottom), Quotients(mix, bottom))


def _rates(old: Shares, new: Shares, told: Flags) -> tuple[Exacts, Exacts]:
    """Return r0 + r1 of each part and what it stands over; of a part without a denominator or a balance, 0 over 1."""
    was, is_ = (old.bottom != 0) & told, (new.bottom != 0) & told
    both = was & is_
    only_top, only_bottom = np.where(was, old.top, new.top), np.where(was, old.bottom, new.bottom)
    rates = np.where(both, old.top * new.bottom + new.top * old.bottom, only_top * 2)
    over = np.where(both, old.bottom * new.bottom, only_bottom)
    none = ~(was | is_)
    return np.where(none, 0, rates), np.where(none, 1, over)


def quotient_effects(before: Share, now: Share) -> Quotients | None:
    """Return what the numerator and what the denominator did to N / D, adding up to its change; None without two."""
    if not before.bottom or not now.bottom:
        return None
    top = Fraction(now.top - before.top) * (Fraction(1, before.bottom) + Fraction(1, now.bottom)) / 2
    bottom = Fraction(now.top, now.bottom) - Fraction(before.top, before.bottom) - top
    return Quotients(_column([top.numerator, bottom.numerator]), _column([top.denominator, bottom.denominator]))


def spread(parts: Quotients, total: Decimal, *, places: int, factor: Fraction = ONE) -> list[Decimal]:
    """Return the parts times `factor`, rounded so that they add up to the total as it is shown.

    Each is rounded down and the units that are missing go to the largest remainders, ties to the first. `total` may
    differ from the exact sum by what it lost in its own rounding.
    """
    many = len(parts.top)
    if not many:
        return []
    whole = parts.bottom * factor.denominator
    amounts = parts.top * (10**places * factor.numerator)
    floors = amounts // whole
    remainders = (((amounts - floors * whole) << _COMPARED) // whole).tolist()
    found = floors.tolist()
    each, over = divmod(int(total.scaleb(places)) - sum(found), many)
    for rank, place in enumerate(sorted(range(many), key=remainders.__getitem__, reverse=True)):
        found[place] += each + (rank < over)
    return [Decimal(floor).scaleb(-places) for floor in found]


def _column(numbers: Sequence[int]) -> Exacts:
    return np.array(numbers, dtype=object)
