"""What a plan of a move tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from roles.choices import Thing
from roles.issues import SyncIssue
from roles.queries.move_figures import Figures
from roles.queries.stages import Adopted


@dataclass(frozen=True, slots=True)
class UnitEffect:
    """A unit whose figures the move changes."""

    external_id: str
    name: str
    before: Figures
    after: Figures


@dataclass(frozen=True, slots=True)
class StageShift:
    """People who come to work under another adopted stage or sub-type: the weights of their KPIs follow it."""

    before: Adopted
    after: Adopted
    units: int
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlannedLater:
    """From this day on the thing stands elsewhere, as planned before; the move does not change that."""

    on: date
    to: str | None
    to_name: str


@dataclass(frozen=True, slots=True)
class MovePlan:
    """What a move would do from `on` on, as the organisation is on that day.

    `units`, `people` and `seats` are what goes along, the thing itself included; `roles` how many held roles go on in
    another unit. `effects` are the units with other figures, from the moved one up. `later` is what stays planned.
    Nothing is told of a move that is refused; `is_same` marks one that changes nothing.
    """

    thing: Thing
    external_id: str
    on: date
    origin: str | None = None
    to: str | None = None
    refused: tuple[SyncIssue, ...] = ()
    is_same: bool = False
    units: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    seats: tuple[str, ...] = ()
    roles: int = 0
    effects: tuple[UnitEffect, ...] = ()
    stages: tuple[StageShift, ...] = ()
    later: tuple[PlannedLater, ...] = ()
