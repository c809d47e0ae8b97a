"""What a batch brings and what comes of it: frozen input rows, issues, outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from roles.choices import Thing
from roles.holdings import assignment_key
from roles.issues import SyncIssue

if TYPE_CHECKING:
    from roles.services.sync.safety import Problem


__all__ = [
    "NO_END",
    "AssignmentInput",
    "Faults",
    "LineInput",
    "Outcome",
    "OutcomeKind",
    "PersonInput",
    "SeatInput",
    "SyncIssue",
    "SyncResult",
    "UnitInput",
]
NO_END = date.max


@dataclass(frozen=True, slots=True)
class UnitInput:
    """A unit as the customer's system has it. `rank` is its place among its siblings, smallest first.

    `ends_on` is the first day it is no longer there (`NO_END` takes an end back). `is_leading`, `rank` and `ends_on`
    None keep what is stored, since files do not carry them.
    """

    external_id: str
    name: str
    level: str
    parent_external_id: str | None = None
    ownership: str = "na"
    city: str = ""
    is_leading: bool | None = None
    rank: int | None = None
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class PersonInput:
    """A person and where they work. `left_on` is the first day gone; `monthly_cost` None keeps what is stored.

    `seat_external_id` None keeps the seat while the unit stays the same; an empty text leaves the seat.
    """

    external_id: str
    unit_external_id: str
    hired_on: date
    display_name: str = ""
    manager_external_id: str | None = None
    fill_mode: str = "internal"
    fte: Decimal = Decimal(1)
    left_on: date | None = None
    monthly_cost: Decimal | None = None
    seat_external_id: str | None = None


@dataclass(frozen=True, slots=True)
class AssignmentInput:
    """A person holds a role from `start_on` up to, not including, `end_on`. Key: person, role, `start_on`."""

    person_external_id: str
    role: str
    unit_external_id: str
    start_on: date
    share: Decimal = Decimal(1)
    end_on: date | None = None

    @property
    def external_id(self) -> str:
        """Return the key as one text, for issues and outcomes."""
        return assignment_key(self.person_external_id, self.role, self.start_on)


@dataclass(frozen=True, slots=True)
class SeatInput:
    """A planned place. `role` may be empty; `planned_fte` 1 is full time; no `monthly_budget` keeps the stored one."""

    external_id: str
    unit_external_id: str
    title: str
    role: str = ""
    grade: str = ""
    planned_fte: Decimal = Decimal(1)
    monthly_budget: Decimal | None = None
    is_head: bool = False


@dataclass(frozen=True, slots=True)
class LineInput:
    """A secondary line between two units or two people from `start_on` up to, not including, `end_on`.

    `between` is `units` or `people`. The same id again replaces what was known of the line.
    """

    external_id: str
    between: str
    kind: str
    from_external_id: str
    to_external_id: str
    start_on: date | None = None
    end_on: date | None = None
    note: str = ""


class OutcomeKind(StrEnum):
    """What a row did, or would do."""

    CREATED = "created"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one row of the batch did."""

    index: int
    external_id: str
    kind: OutcomeKind


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What a batch did. With issues nothing was written; `written` is also False for a dry run."""

    outcomes: tuple[Outcome, ...] = ()
    issues: tuple[SyncIssue, ...] = ()
    written: bool = False

    @property
    def is_ok(self) -> bool:
        """True when the batch holds no fault."""
        return not self.issues

    @property
    def created(self) -> int:
        """Return how many rows are new."""
        return self._count(OutcomeKind.CREATED)

    @property
    def changed(self) -> int:
        """Return how many rows differ from what was stored."""
        return self._count(OutcomeKind.CHANGED)

    @property
    def same(self) -> int:
        """Return how many rows say what is already known."""
        return self._count(OutcomeKind.SAME)

    def _count(self, kind: OutcomeKind) -> int:
        return sum(outcome.kind is kind for outcome in self.outcomes)


@dataclass(slots=True)
class Faults:
    """Collects the issues of a batch while it is checked."""

    found: list[SyncIssue] = field(default_factory=list)

    def add(self, index: int, external_id: str, field: str, *, code: str, message: str) -> None:
        """Note one fault."""
        self.found.append(SyncIssue(index, external_id, field, code, message))

    def tell(self, problems: Sequence[Problem], *, thing: Thing, keys: Sequence[str]) -> None:
        """Note what would not hold together, each at the row that brings it about."""
        index_of = {key: index for index, key in enumerate(keys)}
        for problem in (each.told_from(index_of) for each in problems):
            key, field = problem.key, problem.field
            if (problem.thing, key in index_of) != (thing, True):
                caused = problem.cause is not None and problem.cause[0] is thing and problem.cause[1] in index_of
                key, field = (problem.cause[1], "") if problem.cause is not None and caused else (keys[0], "")
            self.found.append(SyncIssue(index_of[key], key, field, problem.code, problem.message))

    def refused(self, keys: list[str]) -> SyncResult:
        """Return the result of a batch with faults: nothing is written, clean rows count as refused with the rest."""
        outcomes = tuple(Outcome(index, key, OutcomeKind.REFUSED) for index, key in enumerate(keys))
        return SyncResult(outcomes, tuple(sorted(dict.fromkeys(self.found))))
