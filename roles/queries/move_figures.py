"""The organisation of a day as a plan sees it, and its figures before and after a move. No query is made here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any, Protocol, Self, TypeVar

from roles.catalogue import RoleKey
from roles.coverage import CoverState, RoleCover, against_expectation, cover_by_role
from roles.queries.staffing import Staffing
from roles.queries.stages import DEFAULT, Adopted


class Added(Protocol):
    """What can be summed: numbers, money."""

    def __add__(self, other: Any, /) -> Self: ...


A = TypeVar("A", bound=Added)


@dataclass(frozen=True, slots=True)
class Figures:
    """A unit with everything below it: people, FTE, units, seats and layers of units, itself included.

    `span` counts who reports to the unit's lead (whoever sits in its head seat, else whom most people there report
    to); None without one. `missing` and `shared` are roles that the unit's sub-type expects and nobody, or nobody
    dedicated, holds; None where the expectation is judged at a unit above.
    """

    people: int
    fte: Decimal
    units: int
    seats: int
    layers: int
    span: int | None
    missing: tuple[RoleKey, ...] | None
    shared: tuple[RoleKey, ...] | None


@dataclass(frozen=True)
class Snapshot:
    """What each unit of the day belongs to, and who stands in it. `decided` are own stages of units.

    `names` of units are there where they have been asked for.
    """

    parents: Mapping[str, str | None]
    staffing: Staffing
    decided: Mapping[str, Adopted] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def children(self) -> dict[str, list[str]]:
        """Return the units directly below each unit."""
        found: dict[str, list[str]] = {}
        for unit, parent in self.parents.items():
            if parent is not None:
                found.setdefault(parent, []).append(unit)
        return found

    def stands(self, unit: str) -> tuple[object, ...]:
        """Return what is told of the unit itself: whether it is there, what it belongs to, its own stage, its name."""
        return unit in self.parents, self.parents.get(unit), self.decided.get(unit), self.names.get(unit)

    def above(self, unit: str | None) -> list[str]:
        """Return the unit and the way up from it."""
        found: list[str] = []
        while unit is not None and unit in self.parents and unit not in found:
            found.append(unit)
            unit = self.parents[unit]
        return found

    def branch(self, unit: str) -> list[str]:
        """Return the unit and everything below it, each parent before its children."""
        found = [unit]
        for each in found:
            found += self.children.get(each, ())
        return found

    def stage(self, unit: str) -> Adopted:
        """Return the stage the unit works in."""
        return next((self.decided[each] for each in self.above(unit) if each in self.decided), DEFAULT)

    def figures(self, units: Iterable[str]) -> dict[str, Figures]:
        """Return the figures of some units."""
        staffing = self.staffing
        people, fte, seats = (
            self.rolled_up(staffing.people),
            self.rolled_up(staffing.fte),
            self.rolled_up(staffing.places),
        )
        sizes = self.rolled_up(dict.fromkeys(self.parents, 1))
        found = {}
        for unit in units:
            lines = self.covers(unit)
            lead = staffing.leads.get(unit)
            found[unit] = Figures(
                people=people.get(unit, 0),
                fte=fte.get(unit, Decimal(0)),
                units=sizes[unit],
                seats=seats.get(unit, 0),
                layers=self._layers[unit],
                span=staffing.reports[lead] if lead is not None else None,
                missing=_in_state(lines, CoverState.MISSING),
                shared=_in_state(lines, CoverState.SHARED),
            )
        return found

    @cached_property
    def upwards(self) -> list[str]:
        """Return the units, each below before what it belongs to."""
        found = [unit for unit, parent in self.parents.items() if parent is None or parent not in self.parents]
        for unit in found:
            found += self.children.get(unit, ())
        return found[::-1]

    def rolled_up(self, own: Mapping[str, A]) -> dict[str, A]:
        """Add to each unit's own what is below it; units with nothing are absent, and what has no unit here."""
        found = {unit: figure for unit, figure in own.items() if unit in self.parents}
        for unit in self.upwards:
            parent = self.parents[unit]
            if parent is not None and parent in self.parents and unit in found:
                found[parent] = found[parent] + found[unit] if parent in found else found[unit]
        return found

    @cached_property
    def _layers(self) -> dict[str, int]:
        """Return how many levels of units each has, itself included."""
        found: dict[str, int] = {}
        for unit in self.upwards:
            found[unit] = 1 + max((found[below] for below in self.children.get(unit, ())), default=0)
        return found

    def is_judged(self, unit: str) -> bool:
        """Tell whether the unit's own coverage is judged: it decides on its stage, or stands at the top."""
        return unit in self.decided or self.parents[unit] is None

    def covers(self, unit: str) -> tuple[RoleCover, ...] | None:
        """Return how the roles are held against what the unit's sub-type expects; None where a unit above is judged."""
        if not self.is_judged(unit):
            return None
        if unit not in self._covers:
            holdings = [holding for each in self.branch(unit) for holding in self.staffing.holdings.get(each, ())]
            self._covers[unit] = against_expectation(cover_by_role(holdings), subtype=self.stage(unit).subtype)
        return self._covers[unit]

    @cached_property
    def _covers(self) -> dict[str, tuple[RoleCover, ...]]:
        """What has been judged so far."""
        return {}


def _in_state(lines: tuple[RoleCover, ...] | None, state: CoverState) -> tuple[RoleKey, ...] | None:
    return None if lines is None else tuple(line.role for line in lines if line.state is state)
