"""What two states of the organisation of one day come to, side by side: people, money, seats, spans, layers, coverage.

Both are read as `Snapshot`s; no query is made here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from roles.catalogue import ExpectationLevel, RoleKey
from roles.comparing import Difference
from roles.coverage import CoverState, RoleCover
from roles.queries.move_figures import Figures, Snapshot
from roles.queries.staffing import NO_MONEY, ZERO, Money, PlannedSeat
from roles.queries.stages import Adopted


@dataclass(frozen=True, slots=True)
class CoverCount:
    """How many of the roles that a sub-type expects are filled, shared where one was to be dedicated, or missing."""

    filled: int
    shared: int
    missing: int
    missing_core: int


@dataclass(frozen=True, slots=True)
class UnitSide:
    """A unit with everything below it on one side. `covers` is None where the expectation is judged at a unit above."""

    name: str
    parent: str | None
    depth: int = field(compare=False)
    figures: Figures
    money: Money
    vacant: int
    covers: tuple[RoleCover, ...] | None
    adopted: Adopted

    @property
    def cover_count(self) -> CoverCount | None:
        """Return the coverage as counts."""
        return None if self.covers is None else count_covers(self.covers)


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """A unit on both sides; None where it is not there. `differs` looks at everything, money included."""

    unit: str
    name: str
    before: UnitSide | None
    after: UnitSide | None

    @property
    def kind(self) -> Difference:
        """Return what happens to the unit."""
        if self.before is None or self.after is None:
            return Difference.ADDED if self.before is None else Difference.REMOVED
        return Difference.MOVED if self.before.parent != self.after.parent else Difference.EDITED

    @property
    def differs(self) -> bool:
        """True when anything told of the unit is no more the same."""
        return self.before != self.after

    @property
    def only_follows(self) -> bool:
        """True when all that differs is which sub-type the unit takes over from a unit above."""
        old, new = self.before, self.after
        if old is None or new is None or self.unit in (old.adopted.unit_external_id, new.adopted.unit_external_id):
            return False
        return replace(old, adopted=new.adopted) == new


@dataclass(frozen=True, slots=True)
class OrgTotals:
    """The whole organisation of the day. `span` is the mean number of reports of those who lead, to one place."""

    people: int
    fte: Decimal
    money: Money
    units: int
    layers: int
    leads: int
    span: Decimal | None
    seats: int
    vacant: int
    covers: CoverCount


@dataclass(frozen=True, slots=True)
class CoverShift:
    """A role of a unit whose coverage differs; None where the unit does not judge the role on that side."""

    unit: str
    name: str
    role: RoleKey
    before: RoleCover | None
    after: RoleCover | None


@dataclass(frozen=True, slots=True)
class OrgPrice:
    """Both sides: totals, the units that differ (from the top down), coverage that differs, vacant seats."""

    before: OrgTotals
    after: OrgTotals
    units: tuple[UnitPrice, ...]
    covers: tuple[CoverShift, ...]
    opened: tuple[PlannedSeat, ...]
    closed: tuple[PlannedSeat, ...]


def org_price(before: Snapshot, after: Snapshot) -> OrgPrice:
    """Compare two states of the organisation."""
    touched = _touched(before, after)
    sides = [
        unit_sides(side, [unit for unit in side.parents if unit in touched or side.is_judged(unit)])
        for side in (before, after)
    ]
    units = [
        UnitPrice(unit, name_of(unit, after, before), sides[0].get(unit), sides[1].get(unit))
        for unit in dict.fromkeys([*_downwards(after), *_downwards(before)])
        if unit in touched
    ]
    vacant = [{seat.seat: seat for seat in side.staffing.vacant} for side in (before, after)]
    return OrgPrice(
        before=totals(before, sides[0]),
        after=totals(after, sides[1]),
        units=tuple(one for one in units if one.differs),
        covers=tuple(shift for one in units for shift in _cover_shifts(one)),
        opened=tuple(seat for key, seat in vacant[1].items() if key not in vacant[0]),
        closed=tuple(seat for key, seat in vacant[0].items() if key not in vacant[1]),
    )


def name_of(unit: str, *sides: Snapshot) -> str:
    """Return what a unit is called on the first side that has it."""
    return next((side.names[unit] for side in sides if unit in side.names), unit)


def count_covers(lines: Iterable[RoleCover]) -> CoverCount:
    """Count the roles that are expected at all."""
    wanted = [line for line in lines if line.expected is not ExpectationLevel.OPTIONAL]
    found = Counter(line.state for line in wanted)
    core = sum(line.state is CoverState.MISSING and line.expected is ExpectationLevel.CORE for line in wanted)
    return CoverCount(found[CoverState.FILLED], found[CoverState.SHARED], found[CoverState.MISSING], core)


def _touched(before: Snapshot, after: Snapshot) -> set[str]:
    """Return the units of which something may differ: where everybody stays, those above and below a changed one."""
    units = before.parents.keys() | after.parents.keys()
    if before.staffing is not after.staffing:
        return units
    sides = before, after
    changed = [unit for unit in units if len({side.stands(unit) for side in sides}) > 1]
    return {
        each
        for unit in changed
        for side in sides
        if unit in side.parents
        for each in (*side.above(unit), *side.branch(unit))
    }


def unit_sides(side: Snapshot, units: Collection[str] | None = None) -> dict[str, UnitSide]:
    """Return the units of a side, or some of them."""
    asked = side.parents if units is None else units
    figures = side.figures(asked)
    money, vacancies = side.rolled_up(side.staffing.money), side.rolled_up(side.staffing.vacancies)
    return {
        unit: UnitSide(
            name=side.names.get(unit, unit),
            parent=side.parents[unit],
            depth=len(side.above(unit)) - 1,
            figures=figures[unit],
            money=money.get(unit, NO_MONEY),
            vacant=vacancies.get(unit, 0),
            covers=side.covers(unit),
            adopted=side.stage(unit),
        )
        for unit in asked
    }


def totals(side: Snapshot, units: Mapping[str, UnitSide]) -> OrgTotals:
    """Return the figures of a whole side, of whose units at least those that are judged by themselves are given."""
    judged = [one.cover_count for one in units.values() if one.cover_count is not None]
    roots = [one for one in units.values() if one.parent is None]
    staffing = side.staffing
    leads = [count for lead, count in staffing.reports.items() if lead in staffing.workers]
    span = (Decimal(sum(leads)) / len(leads)).quantize(Decimal("0.1")) if leads else None
    return OrgTotals(
        people=len(staffing.workers),
        fte=sum((worker.fte for worker in staffing.workers.values()), ZERO),
        money=sum((one.money for one in roots), NO_MONEY),
        units=len(side.parents),
        layers=max((one.figures.layers for one in roots), default=0),
        leads=len(leads),
        span=span,
        seats=len(staffing.planned),
        vacant=len(staffing.vacant),
        covers=CoverCount(
            *(sum(getattr(one, name) for one in judged) for name in ("filled", "shared", "missing", "missing_core"))
        ),
    )


def _downwards(side: Snapshot) -> list[str]:
    """Return the units, each parent before its children."""
    return [unit for root, parent in side.parents.items() if parent is None for unit in side.branch(root)]


def _cover_shifts(unit: UnitPrice) -> Iterable[CoverShift]:
    before, after = (
        {line.role: line for line in side.covers or ()} if side is not None else {}
        for side in (unit.before, unit.after)
    )
    for role in {**before, **after}:
        old, new = before.get(role), after.get(role)
        if _judged(old) != _judged(new):
            yield CoverShift(unit.unit, unit.name, role, old, new)


def _judged(line: RoleCover | None) -> tuple[ExpectationLevel, CoverState] | None:
    return (line.expected, line.state) if line is not None else None
