"""A plan of posts and money as one document: units with drivers and costs, rates of the roles, and what it comes to.

Pure. A plan holds its own norms and rates, so an approved one says the same next year.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from omnichannel.core.periods import Period, month_of
from roles.catalogue import ExpectationLevel
from talent.headcount.budgeting import (
    CENT,
    CONTINGENCY,
    COST_TYPES,
    ENTERED_TYPES,
    LABOUR,
    Contingency,
    added,
    by_month,
    contingency_of,
    reserve,
    total,
)
from talent.headcount.staffing import Line, Norm, Outsourced, fte_needed, staff_cost

NO_LINE = Line()


class RateSource(StrEnum):
    """Where the monthly cost of a post comes from."""

    PEOPLE = "people"
    BAND = "band"
    ENTERED = "entered"


class Gap(StrEnum):
    """Why a month of a role has no figure."""

    NO_DRIVER = "no_driver"
    NO_RATE = "no_rate"


@dataclass(frozen=True, slots=True)
class Rate:
    """What a post of a role costs a month, CNY. `people` tell how many it is the mean of; 0 of a band or an entry."""

    monthly: Decimal | None
    source: RateSource = RateSource.ENTERED
    people: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """The part of a plan that one unit is."""

    unit: str
    levels: Mapping[str, ExpectationLevel]
    drivers: Mapping[str, Line]
    costs: Mapping[str, Line]
    outsourced: Mapping[str, Outsourced]


@dataclass(frozen=True, slots=True)
class PlanSpec:
    """A plan. `contingency` is percent of the whole budget; None where its amounts are entered by unit."""

    start: date
    months: int
    norms: Mapping[str, Norm]
    rates: Mapping[str, Rate]
    sections: tuple[Section, ...]
    contingency: Decimal | None

    @property
    def periods(self) -> tuple[Period, ...]:
        """Return the months of the plan."""
        first = month_of(self.start)
        return tuple(first.previous(-step) for step in range(self.months))


@dataclass(frozen=True, slots=True)
class RoleMonths:
    """A role in a unit, month by month: its driver, the posts it needs and what they cost."""

    unit: str
    role: str
    level: ExpectationLevel
    drivers: tuple[Decimal | None, ...]
    fte: tuple[Decimal | None, ...]
    cost: tuple[Decimal | None, ...]

    @property
    def year_cost(self) -> Decimal | None:
        """Return the cost of all months."""
        return total(self.cost)

    @property
    def gap(self) -> Gap | None:
        """Return why some month has no figure."""
        if None in self.fte:
            return Gap.NO_DRIVER
        return Gap.NO_RATE if None in self.cost else None


@dataclass(frozen=True)
class UnitBudget:
    """What one unit of a plan comes to. Where labour is kept from the reader, so is every sum that holds it."""

    unit: str
    roles: tuple[RoleMonths, ...]
    amounts: Mapping[str, tuple[Decimal | None, ...]]
    is_without_labour: bool = False

    @cached_property
    def total(self) -> Decimal | None:
        """Return all types and months together."""
        return None if self.is_without_labour else total(amount for line in self.amounts.values() for amount in line)


@dataclass(frozen=True)
class PlanResult:
    """What a plan comes to: `units`, and their sums by type and month."""

    spec: PlanSpec
    units: tuple[UnitBudget, ...]

    @property
    def is_without_labour(self) -> bool:
        """True where labour is kept from the reader."""
        return any(unit.is_without_labour for unit in self.units)

    def without_labour(self) -> PlanResult:
        """Return the plan without labour, the contingency that follows from it, and what both are a part of."""
        hidden = dict.fromkeys((LABOUR, CONTINGENCY), (None,) * self.spec.months)
        units = (replace(unit, amounts={**unit.amounts, **hidden}, is_without_labour=True) for unit in self.units)
        return PlanResult(self.spec, tuple(units))

    @cached_property
    def amounts(self) -> Mapping[str, tuple[Decimal | None, ...]]:
        """Return the budget by type and month."""
        return added(unit.amounts for unit in self.units)

    @cached_property
    def month_totals(self) -> tuple[Decimal | None, ...]:
        """Return the budget by month."""
        if self.is_without_labour:
            return (None,) * self.spec.months
        return by_month(self.amounts.values()) if self.units else ()

    @cached_property
    def total(self) -> Decimal | None:
        """Return the whole budget."""
        return total(self.month_totals)

    @cached_property
    def contingency(self) -> Contingency:
        """Judge the contingency of the whole plan."""
        if self.is_without_labour and self.spec.contingency is not None:
            return contingency_of(self.spec.contingency, Decimal(100))
        return contingency_of(total(self.amounts.get(CONTINGENCY, ())), self.total)

    @cached_property
    def gaps(self) -> tuple[RoleMonths, ...]:
        """Return the roles of which some month has no figure: the totals leave them out."""
        return tuple(role for unit in self.units for role in unit.roles if role.gap)

    def type_total(self, kind: str) -> Decimal | None:
        """Return the budget of a type."""
        return total(self.amounts.get(kind, ()))

    def role_fte(self, role: str) -> tuple[Decimal | None, ...]:
        """Return the posts of a role by month in all units."""
        return by_month(line.fte for unit in self.units for line in unit.roles if line.role == role)

    def role_cost(self, role: str) -> Decimal | None:
        """Return the cost of a role in all units and months."""
        return total(line.year_cost for unit in self.units for line in unit.roles if line.role == role)

    @cached_property
    def fte(self) -> tuple[Decimal | None, ...]:
        """Return all posts by month."""
        lines = [line.fte for unit in self.units for line in unit.roles]
        return by_month(lines) if lines else ()


def work_out(spec: PlanSpec) -> PlanResult:
    """Compute a plan."""
    return PlanResult(spec, tuple(_unit_budget(spec, section) for section in spec.sections))


def _unit_budget(spec: PlanSpec, section: Section) -> UnitBudget:
    roles = tuple(_role(spec, section, norm) for norm in spec.norms.values())
    months = range(spec.months)
    amounts = {
        LABOUR: by_month([line.cost for line in roles]) if roles else (None,) * spec.months,
        **{
            kind: tuple(section.costs.get(kind, NO_LINE).at(month, places=CENT) for month in months)
            for kind in ENTERED_TYPES
        },
    }
    if spec.contingency is None:
        line = section.costs.get(CONTINGENCY, NO_LINE)
        amounts[CONTINGENCY] = tuple(line.at(month, places=CENT) for month in months)
    else:
        others = by_month(list(amounts.values()))
        amounts[CONTINGENCY] = tuple(reserve(each, spec.contingency) for each in others)
    return UnitBudget(section.unit, roles, {kind: amounts[kind] for kind in COST_TYPES})


def _role(spec: PlanSpec, section: Section, norm: Norm) -> RoleMonths:
    level = section.levels.get(norm.role, ExpectationLevel.OPTIONAL)
    line, rate = section.drivers.get(norm.driver, NO_LINE), spec.rates.get(norm.role)
    drivers = tuple(line.at(month) for month in range(spec.months))
    fte = tuple(fte_needed(norm, value, level) for value in drivers)
    outsourced = section.outsourced.get(norm.role)
    cost = tuple(staff_cost(each, rate.monthly if rate else None, outsourced) for each in fte)
    return RoleMonths(section.unit, norm.role, level, drivers, fte, cost)
