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

ZERO = Fraction(0)
HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Share:
    """What one part has of the numerator and of the denominator."""

    top: Fraction
    bottom: Fraction


NOTHING = Share(ZERO, ZERO)


@dataclass(frozen=True, slots=True)
class Effect:
    """What one part did to the whole. `rate`: its own rate moved; `mix`: its weight in the whole moved.

    `rest` is what cannot be told apart: of a part that is a balance (people counted in several parts), not a group.
    """

    rate: Fraction = ZERO
    mix: Fraction = ZERO
    rest: Fraction = ZERO

    @property
    def total(self) -> Fraction:
        """Return the part's whole effect."""
        return self.rate + self.mix + self.rest


def differences(before: Mapping[str, Fraction], now: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """Return what each part of a sum added to its change; a part that is missing on one side was nothing there."""
    return {part: now.get(part, ZERO) - before.get(part, ZERO) for part in {**before, **now}}


def ratio_effects(before: Mapping[str, Share], now: Mapping[str, Share]) -> dict[str, Effect] | None:
    """Return what each part did to N / D; the effects add up to its change exactly. None without two denominators.

    A part that is there in one period only has the rate of that period: all it did is mix.
    """
    whole0, whole1 = _whole(before), _whole(now)
    if not whole0.bottom or not whole1.bottom:
        return None
    middle = (whole0.top / whole0.bottom + whole1.top / whole1.bottom) * HALF
    return {
        part: _effect(before.get(part, NOTHING), now.get(part, NOTHING), whole0.bottom, whole1.bottom, middle)
        for part in {**before, **now}
    }


def _whole(parts: Mapping[str, Share]) -> Share:
    return Share(sum((each.top for each in parts.values()), ZERO), sum((each.bottom for each in parts.values()), ZERO))


def _effect(old: Share, new: Share, whole0: Fraction, whole1: Fraction, middle: Fraction) -> Effect:
    moved = new.bottom / whole1 - old.bottom / whole0
    total = new.top / whole1 - old.top / whole0 - middle * moved
    if old.bottom < 0 or new.bottom < 0:
        return Effect(rest=total)
    rates = [each.top / each.bottom for each in (old, new) if each.bottom]
    if not rates:
        return Effect(rate=total)
    mix = moved * (sum(rates, ZERO) / len(rates) - middle)
    return Effect(rate=total - mix, mix=mix)


def quotient_effects(before: Share, now: Share) -> tuple[Fraction, Fraction] | None:
    """Return what the numerator and what the denominator did to N / D, adding up to its change; None without two."""
    if not before.bottom or not now.bottom:
        return None
    top = (now.top - before.top) * (1 / before.bottom + 1 / now.bottom) * HALF
    return top, now.top / now.bottom - before.top / before.bottom - top


def spread(parts: Sequence[Fraction], total: Decimal, *, places: int) -> list[Decimal]:
    """Return the parts rounded so that they add up to the total as it is shown.

    Each is rounded down and the units that are missing go to the largest remainders, ties to the first. `total` may
    differ from the exact sum by what it lost in its own rounding.
    """
    if not parts:
        return []
    scaled = [part * 10**places for part in parts]
    floors = [each.numerator // each.denominator for each in scaled]
    order = sorted(range(len(parts)), key=lambda place: (floors[place] - scaled[place], place))
    missing = int(total.scaleb(places)) - sum(floors)
    each, over = divmod(missing, len(parts))
    for rank, place in enumerate(order):
        floors[place] += each + (rank < over)
    return [Decimal(floor).scaleb(-places) for floor in floors]
