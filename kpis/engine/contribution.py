"""What moved a figure: the change of a whole as the exact sum of what each of its parts did, and its rounding.

A ratio R = N / D over parts i with weights w_i = d_i / D and rates r_i = n_i / d_i is taken apart the symmetric way
(Bennet 1920): rate_i = (r1_i - r0_i) (w0_i + w1_i) / 2 and mix_i = (w1_i - w0_i) ((r0_i + r1_i) / 2 - (R0 + R1) / 2).
No period is the base, no term is left over, and a part that only grows with the whole has no effect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

ONE = Fraction(1)
# remainders are compared to so many binary digits: a tie below is nobody's loss
_COMPARED = 128


class Share(NamedTuple):
    """What one part has of the numerator and of the denominator, as whole numbers of one small unit."""

    top: int
    bottom: int


class Quotient(NamedTuple):
    """An exact number, not reduced: thousands of parts would spend their time on common divisors. `bottom` > 0."""

    top: int
    bottom: int = 1

    @property
    def exact(self) -> Fraction:
        """Return the number reduced."""
        return Fraction(self.top, self.bottom)


NOTHING = Share(0, 0)
ZERO = Quotient(0)


@dataclass(frozen=True, slots=True)
class Effect:
    """What one part did to the whole. `rate`: its own rate moved; `mix`: its weight in the whole moved.

    `rest` is what cannot be told apart: of a part that is a balance (people counted in several parts), not a group.
    """

    rate: Quotient = ZERO
    mix: Quotient = ZERO
    rest: Quotient = ZERO

    @property
    def total(self) -> Fraction:
        """Return the part's whole effect."""
        return self.rate.exact + self.mix.exact + self.rest.exact


def differences(before: Mapping[str, int], now: Mapping[str, int]) -> dict[str, int]:
    """Return what each part of a sum added to its change; a part that is missing on one side was nothing there."""
    return {part: now.get(part, 0) - before.get(part, 0) for part in {**before, **now}}


def ratio_effects(before: Mapping[str, Share], now: Mapping[str, Share]) -> dict[str, Effect] | None:
    """Return what each part did to N / D; the effects add up to its change exactly. None without two denominators.

    A part that is there in one period only has the rate of that period: all it did is mix.
    """
    wholes = _Wholes(_whole(before), _whole(now))
    if not wholes.product:
        return None
    return {part: wholes.effect(before.get(part, NOTHING), now.get(part, NOTHING)) for part in {**before, **now}}


def _whole(parts: Mapping[str, Share]) -> Share:
    return Share(sum(each.top for each in parts.values()), sum(each.bottom for each in parts.values()))


class _Wholes:
    """Both wholes, N0 / D0 and N1 / D1. Effects stand over 2 (D0 D1)^2, times what the part's own rates stand over."""

    def __init__(self, old: Share, new: Share) -> None:
        self.old, self.new = old.bottom, new.bottom
        self.product = old.bottom * new.bottom
        self.twice_middle = old.top * new.bottom + new.top * old.bottom  # (R0 + R1) / 2, over 2 D0 D1
        self.below = 2 * self.product**2

    def effect(self, old: Share, new: Share) -> Effect:
        moved = new.bottom * self.old - old.bottom * self.new  # w1 - w0, over D0 D1
        amount = new.top * self.old - old.top * self.new
        total = 2 * self.product * amount - self.twice_middle * moved
        if old.bottom < 0 or new.bottom < 0:
            return Effect(rest=Quotient(total, self.below))
        if old.bottom and new.bottom:
            rates, over = old.top * new.bottom + new.top * old.bottom, old.bottom * new.bottom
        elif old.bottom or new.bottom:
            only = old if old.bottom else new
            rates, over = 2 * only.top, only.bottom
        else:
            return Effect(rate=Quotient(total, self.below))
        mix = moved * (rates * self.product - self.twice_middle * over)
        return Effect(rate=Quotient(total * over - mix, self.below * over), mix=Quotient(mix, self.below * over))


def quotient_effects(before: Share, now: Share) -> tuple[Quotient, Quotient] | None:
    """Return what the numerator and what the denominator did to N / D, adding up to its change; None without two."""
    if not before.bottom or not now.bottom:
        return None
    top = Fraction(now.top - before.top) * (Fraction(1, before.bottom) + Fraction(1, now.bottom)) / 2
    bottom = Fraction(now.top, now.bottom) - Fraction(before.top, before.bottom) - top
    return Quotient(*top.as_integer_ratio()), Quotient(*bottom.as_integer_ratio())


def spread(parts: Sequence[Quotient], total: Decimal, *, places: int, factor: Fraction = ONE) -> list[Decimal]:
    """Return the parts times `factor`, rounded so that they add up to the total as it is shown.

    Each is rounded down and the units that are missing go to the largest remainders, ties to the first. `total` may
    differ from the exact sum by what it lost in its own rounding.
    """
    if not parts:
        return []
    times = 10**places * factor.numerator
    floors, remainders = [], []
    for top, bottom in parts:
        whole = bottom * factor.denominator
        floor, rest = divmod(top * times, whole)
        floors.append(floor)
        remainders.append((rest << _COMPARED) // whole)
    missing = int(total.scaleb(places)) - sum(floors)
    each, over = divmod(missing, len(parts))
    for rank, place in enumerate(sorted(range(len(parts)), key=remainders.__getitem__, reverse=True)):
        floors[place] += each + (rank < over)
    return [Decimal(floor).scaleb(-places) for floor in floors]
