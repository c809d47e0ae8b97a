"""What a whole org chart brings, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from roles.choices import PARTS as PARTS
from roles.choices import Thing
from roles.services.sync.rows import AssignmentInput, LineInput, PersonInput, SeatInput, UnitInput

ChartRow = UnitInput | SeatInput | PersonInput | AssignmentInput | LineInput


@dataclass(frozen=True, slots=True)
class ChartDocument:
    """The org chart of a source. A part that is None is not spoken of; one that is given is all there is of it.

    Rows name things by our ids. `source_ids` says by which ids the source knows them (`{thing: {source_id: our id}}`);
    a thing that is not named there goes by our id.
    """

    units: Sequence[UnitInput] | None = None
    seats: Sequence[SeatInput] | None = None
    people: Sequence[PersonInput] | None = None
    assignments: Sequence[AssignmentInput] | None = None
    lines: Sequence[LineInput] | None = None
    source_ids: Mapping[Thing, Mapping[str, str]] = field(default_factory=dict)

    def rows(self, thing: Thing) -> Sequence[ChartRow] | None:
        """Return one part."""
        parts: Mapping[Thing, Sequence[ChartRow] | None] = {
            Thing.UNITS: self.units,
            Thing.SEATS: self.seats,
            Thing.PEOPLE: self.people,
            Thing.ASSIGNMENTS: self.assignments,
            Thing.LINES: self.lines,
        }
        return parts[thing]

    def keys(self, thing: Thing) -> set[str]:
        """Return the ids of one part; of assignments person, role and first day."""
        return {row.external_id for row in self.rows(thing) or ()}


@dataclass(frozen=True, slots=True, order=True)
class ChartIssue:
    """One fault of a document: in which part, in which row (None: in none), which field, a stable code, what to do."""

    thing: Thing
    index: int | None
    external_id: str
    field: str
    code: str
    message: str

    @property
    def pointer(self) -> str:
        """Return the place in the document as a JSON pointer."""
        row = "" if self.index is None else f"/{self.index}"
        return f"/{self.thing.value}{row}" + (f"/{self.field}" if self.field and self.index is not None else "")


@dataclass(frozen=True, slots=True)
class ChartEntry:
    """A thing that the document creates, changes, moves or ends; a move says from where to where."""

    external_id: str
    name: str
    was: str | None = None
    now: str | None = None


@dataclass(frozen=True, slots=True)
class PartPlan:
    """What the document does to one part. A thing that moves counts as moved only; `same` counts the rest."""

    created: tuple[ChartEntry, ...] = ()
    changed: tuple[ChartEntry, ...] = ()
    moved: tuple[ChartEntry, ...] = ()
    ended: tuple[ChartEntry, ...] = ()
    same: int = 0

    @property
    def is_empty(self) -> bool:
        """True when nothing of this part changes."""
        return not (self.created or self.changed or self.moved or self.ended)


@dataclass(frozen=True, slots=True)
class UnitEffect:
    """Head count and full-time equivalents of a unit by itself, before and after, on the effective day."""

    external_id: str
    name: str
    people_before: int
    people_after: int
    fte_before: Decimal
    fte_after: Decimal


@dataclass(frozen=True, slots=True)
class RoleLoss:
    """A role that somebody held in a unit and that nobody holds there afterwards."""

    role: str
    unit_external_id: str
    held_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChartEffect:
    """What follows from the document on its effective day."""

    units: tuple[UnitEffect, ...] = ()
    coverage_lost: tuple[RoleLoss, ...] = ()
    seats_opened: tuple[ChartEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class ChartResult:
    """What a document did, or would do. `confirm`: the words without which so many may not leave.

    `revision` is None when nothing differs, and when nothing was written: a dry run, faults, or words that are missing.
    """

    parts: Mapping[Thing, PartPlan] = field(default_factory=dict)
    issues: tuple[ChartIssue, ...] = ()
    confirm: str = ""
    written: bool = False
    revision: int | None = None
    effect: ChartEffect | None = None

    @property
    def is_ok(self) -> bool:
        """True when the document has no fault and nothing is to be confirmed."""
        return not self.issues and not self.confirm

    @property
    def is_empty(self) -> bool:
        """True when the organisation is as the document says."""
        return all(part.is_empty for part in self.parts.values())
