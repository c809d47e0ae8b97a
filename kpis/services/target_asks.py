"""What a plan of targets is asked to do, and what it comes to."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from kpis.choices import TargetOrigin
from kpis.engine.specs import COMPANY, Scope
from kpis.queries.target_grid import parts_of_year
from kpis.queries.targets import Aim
from kpis.services.target_checks import TargetInput
from omnichannel.core.periods import Grain, Period, parse_period


class Operation(StrEnum):
    """What can be worked out."""

    SPLIT = "split"
    LAST_YEAR = "last_year"
    PREVIOUS = "previous"
    CASCADE = "cascade"


class Reach(StrEnum):
    """For whom: the scope itself, with all units below it, or the people in them."""

    SELF = "self"
    BELOW = "below"
    PEOPLE = "people"


class Skipped(StrEnum):
    """Why a target was not planned."""

    NO_YEAR = "no_year"
    NO_BASE = "no_base"
    NO_PARENT = "no_parent"
    NO_HISTORY = "no_history"
    KEPT = "kept"
    SAME = "same"


ORIGINS = {
    Operation.SPLIT: TargetOrigin.SPLIT,
    Operation.LAST_YEAR: TargetOrigin.COPIED,
    Operation.PREVIOUS: TargetOrigin.COPIED,
    Operation.CASCADE: TargetOrigin.CASCADED,
}
OWN, NEWEST, COMPANYS, EVEN, TYPED = "own", "newest", "company", "even", "typed"  # where a curve comes from


@dataclass(frozen=True, slots=True)
class PlanAsk:
    """What is to be worked out. `period` is one period of the year, empty for all; `curve` twelve or four shares.

    `from_actual` takes last year's figures, else last year's targets. `keep` leaves targets that are there alone.
    `deep` hands down to the last level instead of one.
    """

    operation: Operation
    kpi: str
    year: Period
    grain: Grain = Grain.MONTH
    scope: Scope = COMPANY
    reach: Reach = Reach.SELF
    period: str = ""
    percent: Decimal = Decimal(0)
    from_actual: bool = True
    keep: bool = False
    deep: bool = False
    curve: tuple[Decimal, ...] = ()

    @property
    def parts(self) -> tuple[Period, ...]:
        """The months or quarters of the year."""
        return parts_of_year(self.year, self.grain)

    @property
    def chosen(self) -> tuple[Period, ...]:
        """The periods that get a target."""
        if self.period:
            return (parse_period(self.period),)
        return (self.year, *self.parts) if self.operation is Operation.CASCADE else self.parts


@dataclass(frozen=True, slots=True)
class Planned:
    """A target to be written, whose it is, and what is there now."""

    row: TargetInput
    name: str
    before: Aim | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be written, why the rest would not, and the curve that was used, in percent adding up to 100.00.

    `bases` counts by what targets were handed down: OWN (last year), NEWEST (the newest year there is), EVEN.
    """

    ask: PlanAsk
    rows: tuple[Planned, ...]
    skipped: Mapping[Skipped, int]
    curve: tuple[Decimal, ...] = ()
    curve_source: str = ""
    bases: Mapping[str, int] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Return a fingerprint: what is applied must be what was shown."""
        told = [(planned.row, planned.before) for planned in self.rows]
        return hashlib.sha256(repr(told).encode()).hexdigest()[:24]

    @property
    def origin(self) -> TargetOrigin:
        """How the targets will say that they came to be."""
        return ORIGINS[self.ask.operation]
