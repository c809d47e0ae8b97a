"""Head count by drivers: how many full-time posts a role needs, this month and in the months that follow. Pure.

A workbook that leaves the product holds the same arithmetic as formulas, so every rounding here has its twin there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from roles.catalogue import ExpectationLevel

ZERO, HUNDRED = Decimal(0), Decimal(100)
STEP = Decimal("0.5")  # posts are planned in halves; a shared role adds one of them to somebody who is there
VALUE_PLACES = Decimal("0.0001")
RATIO_PLACES = Decimal("0.000001")  # so that a hair of 10.0000000001 posts is no half post more
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Norm:
    """How much of which driver one full-time post carries, and the fewest posts of the role."""

    role: str
    driver: str
    units_per_fte: Decimal
    minimum: Decimal


@dataclass(frozen=True, slots=True)
class Line:
    """A quantity by month: a first value that grows by `growth` percent a month, and months that say otherwise.

    Months are counted from 0. `base` is None where nobody knows it: then only the months that say so have a value.
    """

    base: Decimal | None = None
    growth: Decimal = ZERO
    months: Mapping[int, Decimal] = field(default_factory=dict)

    def at(self, month: int, *, places: Decimal = VALUE_PLACES) -> Decimal | None:
        """Return the quantity of a month, rounded half up."""
        said = self.months.get(month)
        if said is None and self.base is not None:
            said = self.base * (1 + self.growth / HUNDRED) ** month
        return None if said is None else said.quantize(places, ROUND_HALF_UP)

    @property
    def is_empty(self) -> bool:
        """True where nothing has been said."""
        return self.base is None and not self.months


@dataclass(frozen=True, slots=True)
class Outsourced:
    """Posts of a role that an outside firm fills: how many, and what it invoices for them a month in all, CNY."""

    fte: Decimal
    invoice: Decimal


def rounded_up(fte: Decimal) -> Decimal:
    """Return the next half post."""
    return (fte / STEP).to_integral_value(ROUND_CEILING) * STEP


def fte_needed(norm: Norm, driver: Decimal | None, level: ExpectationLevel) -> Decimal | None:
    """Return the posts that a role needs; None where the driver is not known, which is not the same as none.

    A role that the sub-type lets somebody share takes half a post of a holder who is there anyway; an optional one
    takes nothing.
    """
    if level is ExpectationLevel.OPTIONAL:
        return ZERO
    if level is ExpectationLevel.SHARED:
        return STEP
    if driver is None:
        return None
    return rounded_up(max(norm.minimum, (driver / norm.units_per_fte).quantize(RATIO_PLACES, ROUND_HALF_UP)))


def staff_cost(fte: Decimal | None, rate: Decimal | None, outsourced: Outsourced | None) -> Decimal | None:
    """Return what the posts cost in a month: the outside firm's invoice, and the rest at the rate of one's own posts.

    None where the posts, or the rate of those of one's own, are not known.
    """
    if fte is None:
        return None
    own = max(ZERO, fte - (outsourced.fte if outsourced else ZERO))
    invoice = outsourced.invoice if outsourced else ZERO
    if own and rate is None:
        return None
    return (own * (rate or ZERO) + invoice).quantize(CENT, ROUND_HALF_UP)
