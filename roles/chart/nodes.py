"""The nodes of the org chart and their two trees: units with their people and seats, and people by manager. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from roles.catalogue import RoleKey, StageKey, SubtypeKey
from roles.choices import FillMode, LineKind, Thing, UnitLevel
from roles.coverage import RoleCover


class Kind(StrEnum):
    """What a node stands for; it begins the node's key, because a unit and a person may have the same id."""

    UNIT = "u"
    PERSON = "p"
    SEAT = "s"


class TreeName(StrEnum):
    """Which tree is drawn."""

    UNITS = "units"
    PEOPLE = "people"


class PlannedKind(StrEnum):
    """What is known to happen to a node after the day shown."""

    STARTS = "starts"
    MOVES = "moves"
    CHANGES = "changes"
    FILLED = "filled"
    ENDS = "ends"


@dataclass(frozen=True, slots=True)
class Planned:
    """The next change of a node: its day, and the id of the unit where it goes or begins."""

    day: date
    kind: PlannedKind
    to: str = ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of the roles that the sub-type expects are filled, held part-time only, or held by nobody."""

    filled: int
    shared: int
    missing: int

    @property
    def expected(self) -> int:
        """Return how many roles are expected at all."""
        return self.filled + self.shared + self.missing


@dataclass(frozen=True, slots=True)
class UnitCard:
    """A unit on its card. `people` and `vacant` are its own; totals count everything below as well.

    `coverage` is None where the expectation is asked of a unit above; `roles` are held here or below.
    """

    level: UnitLevel
    city: str
    is_leading: bool
    people: int
    total_people: int
    total_fte: Decimal
    units: int
    stage: StageKey
    subtype: SubtypeKey
    decides_stage: bool
    leaders: tuple[str, ...]
    roles: tuple[RoleKey, ...]
    coverage: Coverage | None
    covers: tuple[RoleCover, ...]
    vacant: int
    total_vacant: int


@dataclass(frozen=True, slots=True)
class PersonCard:
    """A person on their card. `reports` answer to them directly, `total_reports` through others as well."""

    title: str
    unit: str
    unit_name: str
    fte: Decimal
    fill_mode: FillMode
    roles: tuple[tuple[RoleKey, Decimal], ...]
    manager: str | None
    is_head: bool
    reports: int
    total_reports: int


@dataclass(frozen=True, slots=True)
class SeatCard:
    """A vacant seat. `vacant_since` is None where nobody knows when the last holder went or the seat began."""

    role: RoleKey | None
    grade: str
    unit: str
    unit_name: str
    planned_fte: Decimal
    vacant_since: date | None
    is_head: bool


@dataclass(frozen=True, slots=True)
class Node:
    """One unit, person or vacant seat of the day; one that only begins later is a ghost."""

    key: str
    kind: Kind
    external_id: str
    name: str
    card: UnitCard | PersonCard | SeatCard
    planned: Planned | None = None

    @property
    def is_ghost(self) -> bool:
        """True for what begins after the day shown: it is drawn, but counted nowhere."""
        return self.planned is not None and self.planned.kind is PlannedKind.STARTS


@dataclass(frozen=True, slots=True)
class Line:
    """A secondary line between two nodes of a kind, by their keys."""

    external_id: str
    kind: LineKind
    start: str
    end: str
    note: str


@dataclass(frozen=True, slots=True)
class Forest:
    """A tree of the day as it is drawn. `leaves` (people, seats) and `branches` hang under a node, in this order."""

    nodes: Mapping[str, Node]
    parents: Mapping[str, str]
    leaves: Mapping[str, tuple[str, ...]]
    branches: Mapping[str, tuple[str, ...]]
    roots: tuple[str, ...]
    lines: Mapping[str, tuple[Line, ...]] = field(default_factory=dict)

    def __contains__(self, key: object) -> bool:
        return key in self.nodes

    def has_below(self, key: str) -> bool:
        """Tell whether anything hangs under the node."""
        return bool(self.leaves.get(key) or self.branches.get(key))

    def path(self, key: str) -> tuple[str, ...]:
        """Return the way down to the node, the root first and the node last; nothing for an unknown node."""
        if key not in self.nodes:
            return ()
        found = [key]
        while found[-1] in self.parents:
            found.append(self.parents[found[-1]])
        return tuple(reversed(found))

    def walk(self, key: str) -> Iterator[str]:
        """Yield the node and what is below it."""
        waiting = [key] if key in self.nodes else []
        while waiting:
            here = waiting.pop()
            yield here
            waiting += reversed((*self.leaves.get(here, ()), *self.branches.get(here, ())))

    def depth(self) -> int:
        """Return how many levels there are."""
        deepest, level = 0, list(self.roots)
        while level:
            deepest += 1
            level = [below for key in level for below in (*self.leaves.get(key, ()), *self.branches.get(key, ()))]
        return deepest


# What a kind is called in URLs and in the log of the organisation.
THINGS = {Kind.UNIT: Thing.UNITS, Kind.PERSON: Thing.PEOPLE, Kind.SEAT: Thing.SEATS}


def key_of(kind: Kind, external_id: str) -> str:
    """Return a node's key."""
    return f"{kind.value}:{external_id}"


def kind_of(key: str) -> tuple[Kind, str] | None:
    """Split a key into kind and id; None for what is no key."""
    mark, colon, external_id = key.partition(":")
    return (Kind(mark), external_id) if colon and external_id and mark in set(Kind) else None
