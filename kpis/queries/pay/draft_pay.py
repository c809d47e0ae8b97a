"""Pay of a month without and with a draft of the organisation, and how much of it is told to whom."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import count

from kpis.incentives.specs import ZERO

FEWEST = 5  # of fewer people no sum is told to those who may not see pay
ROUGHLY = Decimal(100)  # and it is told in hundreds at least


@dataclass(frozen=True, slots=True)
class PaySide:
    """What a person is paid on one side: CNY, by which plans, and whether every line could be worked out."""

    amount: Decimal
    plans: tuple[str, ...]
    unit: str
    is_complete: bool


@dataclass(frozen=True, slots=True)
class PayMove:
    """A person's pay of the month on both sides; None where no plan pays them there."""

    person: str
    name: str
    before: PaySide | None
    after: PaySide | None

    @property
    def sides(self) -> tuple[PaySide | None, PaySide | None]:
        """Both sides, without and with the draft."""
        return self.before, self.after

    @property
    def change(self) -> Decimal:
        """CNY; below zero: less with the draft."""
        return (self.after.amount if self.after else ZERO) - (self.before.amount if self.before else ZERO)


@dataclass(frozen=True, slots=True)
class PayEffect:
    """Pay of the month on both sides. `moves` are those whose pay differs, the largest change first.

    Red alerts stay as they are: only the next computation finds those of the draft.
    """

    before: Decimal
    after: Decimal
    people: int
    moves: tuple[PayMove, ...]

    @property
    def change(self) -> Decimal:
        """CNY for the whole; below zero: less with the draft."""
        return self.after - self.before

    @property
    def rough_change(self) -> Decimal | None:
        """The change for those who may not see pay; None where it would tell of fewer than five.

        It is rounded to more than any one person's pay changes: two drafts that differ by a person do not tell it.
        """
        if min(self.people, len(self.moves)) < FEWEST:
            return None
        step = _step_above(max(abs(each.change) for each in self.moves))
        return (self.change / step).quantize(Decimal(1), rounding=ROUND_HALF_UP) * step


def _step_above(amount: Decimal) -> Decimal:
    """Return 100, 200, 500, 1,000 …: the first that is no less than an amount."""
    steps = (ROUGHLY * factor * Decimal(10) ** power for power in count() for factor in (1, 2, 5))
    return next(step for step in steps if step >= amount)
