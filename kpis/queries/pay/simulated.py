"""One proposal of a simulation beside what holds, as pages and files read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from omnichannel.core.text import Bilingual

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Pair:
    """A sum now and under the proposal, CNY."""

    label: str | Bilingual
    before: Decimal
    after: Decimal
    people: int = 0
    id: str = ""

    @property
    def change(self) -> Decimal:
        """CNY; below zero: the proposal pays less."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Month:
    """A month on both sides, with what its people cost as far as known, and what its run paid once it was closed."""

    period: str
    before: Decimal
    after: Decimal
    people_before: int
    people_after: int
    cost: Decimal
    unknown: int
    paid: Decimal | None

    @property
    def change(self) -> Decimal:
        """CNY; below zero: the proposal pays less."""
        return self.after - self.before

    @property
    def shares(self) -> tuple[Decimal | None, Decimal | None]:
        """Incentive pay / monthly cost of the same people, on both sides; None where no cost is known."""
        return (self.before / self.cost, self.after / self.cost) if self.cost else (None, None)


@dataclass(frozen=True, slots=True)
class Jump:
    """A point where the pay jumps: how many stand near it on either side, and what that is worth, now and then."""

    label: Bilingual
    kind: str
    base: Bilingual
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shut:
    """A gate or a cliff that let nothing through: how often and how much, now and then."""

    label: Bilingual
    kind: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One proposal beside what holds."""

    number: int
    names: Bilingual
    key: str
    state: str
    total: Pair
    months: tuple[Month, ...]
    winners: int
    won: Decimal
    losers: int
    lost: Decimal
    unchanged: int
    bands: tuple[Mapping[str, Any], ...]
    quantiles: Mapping[str, Decimal | None]
    units: tuple[Pair, ...]
    roles: tuple[Pair, ...]
    jumps: tuple[Jump, ...]
    shut: tuple[Shut, ...]
    parts: Mapping[str, Bilingual]
    incomplete: int

    @property
    def share_of_cost(self) -> tuple[Decimal | None, Decimal | None]:
        """Incentive pay of all months / cost of the same people, on both sides."""
        cost = sum((month.cost for month in self.months), ZERO)
        return (self.total.before / cost, self.total.after / cost) if cost else (None, None)
