"""Budgets by cost type and month: the contingency and its band, and what was spent against what was planned. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

ZERO, HUNDRED = Decimal(0), Decimal(100)
CENT = Decimal("0.01")
BAND = (Decimal(15), Decimal(20))
CONTINGENCY, LABOUR = "contingency", "labour"
# the catalogue's order; the contingency is counted on the others and so stands last
COST_TYPES = (
    "infrastructure", "labour", "technology", "content", "campaign", "ad_media", "training", "logistics", "other",
    CONTINGENCY,
)  # fmt: skip
ENTERED_TYPES = tuple(kind for kind in COST_TYPES if kind not in (LABOUR, CONTINGENCY))
Amounts = Sequence[Decimal | None]


class BandState(StrEnum):
    """Where the contingency stands against its band."""

    INSIDE = "inside"
    BELOW = "below"
    ABOVE = "above"
    NO_DATA = "no_data"


@dataclass(frozen=True, slots=True)
class Contingency:
    """The contingency as a share of the whole budget, itself included, in percent; None of an empty budget.

    It is the base of the KPI contingency_ratio: budget of the type contingency over the budget of all types.
    """

    share: Decimal | None
    state: BandState

    @property
    def is_outside(self) -> bool:
        """True below 15 % or above 20 %."""
        return self.state in (BandState.BELOW, BandState.ABOVE)


@dataclass(frozen=True, slots=True)
class Variance:
    """Spent against planned. `rate` is percent of the budget; None where there is nothing to compare with."""

    budget: Decimal | None
    actual: Decimal | None
    rate: Decimal | None
    is_over: bool

    @property
    def over(self) -> Decimal | None:
        """Return by how much more was spent than planned; negative where less was."""
        return None if self.budget is None or self.actual is None else self.actual - self.budget


def total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Return the sum of what is known; None where nothing is."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known, ZERO) if known else None


def reserve(others: Decimal | None, percent: Decimal) -> Decimal | None:
    """Return the contingency that is `percent` of a budget whose other types come to `others`, to the cent."""
    if others is None:
        return None
    return (others * percent / (HUNDRED - percent)).quantize(CENT, ROUND_HALF_UP)


def contingency_of(part: Decimal | None, whole: Decimal | None) -> Contingency:
    """Judge the contingency against its band; both ends are inside. The share is judged as it is shown: two places.

    A reserve rounded to the cent would else fall out of the band it was made for.
    """
    if whole is None or whole <= 0:
        return Contingency(None, BandState.NO_DATA)
    share = ((part or ZERO) / whole * HUNDRED).quantize(CENT, ROUND_HALF_UP)
    low, high = BAND
    state = BandState.BELOW if share < low else BandState.ABOVE if share > high else BandState.INSIDE
    return Contingency(share, state)


def variance(budget: Decimal | None, actual: Decimal | None, *, threshold: Decimal) -> Variance:
    """Compare; over when more is spent than planned, from `threshold` percent on. Money without a budget is over."""
    if actual is None or budget is None or budget <= 0:
        return Variance(budget, actual, None, is_over=bool(actual and actual > 0 and not budget))
    exact = actual / budget * HUNDRED
    return Variance(budget, actual, exact.quantize(CENT, ROUND_HALF_UP), is_over=actual > budget and exact >= threshold)


def running(amounts: Amounts) -> tuple[Decimal | None, ...]:
    """Add up month by month; None until the first amount is known."""
    found: list[Decimal | None] = []
    reached: Decimal | None = None
    for amount in amounts:
        reached = reached if amount is None else (reached or ZERO) + amount
        found.append(reached)
    return tuple(found)


def by_month(lines: Iterable[Amounts]) -> tuple[Decimal | None, ...]:
    """Add lines of the same months up."""
    return tuple(total(column) for column in zip(*lines, strict=True))


def added(parts: Iterable[Mapping[str, Amounts]]) -> dict[str, tuple[Decimal | None, ...]]:
    """Add budgets up, type by type and month by month; in the order of the types."""
    some = list(parts)
    return {kind: by_month(part[kind] for part in some) for kind in COST_TYPES if some}
