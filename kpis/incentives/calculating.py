"""A plan on a person's facts: lines with their workings, what bounds them, and the sum. Rounding is once, per line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from enum import StrEnum
from types import MappingProxyType

from kpis.incentives.rules import Missing, Part, work
from kpis.incentives.specs import (
    CENT,
    YUAN,
    ZERO,
    Accelerator,
    BaseSpec,
    Component,
    Facts,
    Penalty,
    Plan,
    Scale,
    TargetBonus,
    Tiers,
    Unit,
)


class BoundKind(StrEnum):
    """What may alter an amount after its rule."""

    GATE = "gate"
    CLIFF = "cliff"
    FLOOR = "floor"
    CAP = "cap"
    GUARANTEE = "guarantee"
    VARIABLE_CAP = "variable_cap"


@dataclass(frozen=True, slots=True)
class Bound:
    """A bound that took effect: by how much it moved the amount, and on what it looked (a KPI or a base)."""

    kind: BoundKind
    delta: Decimal
    on: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a statement. `amount` is rounded money; None while `missing` says what the facts lack."""

    component: Component
    parts: tuple[Part, ...]
    quantity: Decimal | None
    target: Decimal | None
    bounds: tuple[Bound, ...]
    amount: Decimal | None
    missing: Missing | None = None


@dataclass(frozen=True, slots=True)
class Payout:
    """What a plan pays a person. `amount` sums the lines that are known; `is_complete` when all are."""

    person: str
    lines: tuple[Line, ...]
    bounds: tuple[Bound, ...]
    amount: Decimal

    @property
    def is_complete(self) -> bool:
        """True when no line misses a fact."""
        return all(line.amount is not None for line in self.lines)


@dataclass(frozen=True, slots=True)
class Ahead:
    """The next step of a ladder: how many more of the base reach it, and what the whole plan then pays more."""

    component: Component
    more: Decimal
    gain: Decimal


def calculate(plan: Plan, facts: Facts) -> Payout:
    """Pay one person for one period. Penalties come after all other lines, on whose sum they are taken."""
    rewards = {each.id: _line(each, facts) for each in plan.components if not isinstance(each.rule, Penalty)}
    variable = _known(rewards.values())
    lines = tuple(rewards.get(each.id) or _line(each, facts, variable=variable) for each in plan.components)
    total = _known(lines)
    bounds = tuple(_plan_bounds(plan, total, lines))
    return Payout(facts.person, lines, bounds, total + sum((bound.delta for bound in bounds), ZERO))


def _known(lines: Iterable[Line]) -> Decimal:
    """Return the sum of the lines that are known."""
    return sum([line.amount for line in lines if line.amount is not None], ZERO)


def what_if(plan: Plan, facts: Facts, *, base: str, more: Decimal) -> Decimal:
    """Return how much more the plan pays with `more` of a base: "six more members = +120"."""
    quantities = {**facts.quantities, base: facts.quantities.get(base, ZERO) + more}
    changed = replace(facts, quantities=MappingProxyType(quantities))
    return calculate(plan, changed).amount - calculate(plan, facts).amount


def ahead(plan: Plan, facts: Facts, bases: dict[str, BaseSpec]) -> tuple[Ahead, ...]:
    """Return the next step of every ladder that has one, the nearest gain first."""
    found = []
    for component in plan.components:
        rule = component.rule
        if not isinstance(rule, Tiers | TargetBonus | Accelerator) or rule.base not in facts.quantities:
            continue
        scale = _scale(rule, facts)
        starts = (rule.start,) if isinstance(rule, Accelerator) else [step.start for step in rule.steps]
        more = None if scale is None else _to_next(starts, facts.quantities[rule.base], scale)
        if more is None:
            continue
        more = more.quantize(YUAN if bases[rule.base].unit is Unit.COUNT else CENT, rounding=ROUND_CEILING)
        found.append(Ahead(component, more, what_if(plan, facts, base=rule.base, more=more)))
    return tuple(sorted(found, key=lambda each: (each.more, each.component.id)))


def _scale(rule: Tiers | TargetBonus | Accelerator, facts: Facts) -> Decimal | None:
    """Return what turns a step's start into a quantity; None where an attainment has no target."""
    if isinstance(rule, Tiers) and rule.scale is Scale.QUANTITY:
        return Decimal(1)
    return facts.targets.get(rule.base) or None


def _to_next(starts: Iterable[Decimal], quantity: Decimal, scale: Decimal) -> Decimal | None:
    return next((start * scale - quantity for start in starts if start * scale > quantity), None)


def _line(component: Component, facts: Facts, *, variable: Decimal = ZERO) -> Line:
    worked = work(component.rule, facts, variable=variable)
    if worked.missing is not None:
        return Line(component, (), worked.quantity, None, (), None, worked.missing)
    amount = worked.amount
    closed = _closed(component, facts)
    if isinstance(closed, Missing):
        return Line(component, worked.parts, worked.quantity, worked.target, (), None, closed)
    bounds = (Bound(closed.kind, -amount, closed.on),) if closed else _bounds(component, amount)
    if bounds:
        amount += sum((bound.delta for bound in bounds), ZERO)
        bounds = tuple(bound for bound in bounds if bound.delta)
    rounded = (amount / component.step).quantize(YUAN, rounding=ROUND_HALF_UP) * component.step
    return Line(component, worked.parts, worked.quantity, worked.target, bounds, rounded.quantize(CENT))


def _closed(component: Component, facts: Facts) -> Bound | Missing | None:
    """Return the first gate or the cliff that lets nothing through; Missing when the cliff cannot be judged."""
    for gate in component.gates:
        if gate.kpi in facts.red:
            return Bound(BoundKind.GATE, ZERO, gate.kpi)
    cliff = component.cliff
    if cliff is None:
        return None
    quantity, target = facts.quantities.get(cliff.base), facts.targets.get(cliff.base)
    if quantity is None or not target:
        return Missing("quantity" if quantity is None else "target", cliff.base)
    return Bound(BoundKind.CLIFF, ZERO, cliff.base) if quantity / target < cliff.under else None


def _bounds(component: Component, amount: Decimal) -> tuple[Bound, ...]:
    if component.floor is not None and amount < component.floor:
        return (Bound(BoundKind.FLOOR, component.floor - amount),)
    if component.cap is not None and amount > component.cap:
        return (Bound(BoundKind.CAP, component.cap - amount),)
    return ()


def _plan_bounds(plan: Plan, total: Decimal, lines: Iterable[Line]) -> Iterator[Bound]:
    """Yield what bounds the sum. A guarantee waits until every line is known: it would fill up what is only missing."""
    if plan.guarantee is not None and total < plan.guarantee and all(line.amount is not None for line in lines):
        yield Bound(BoundKind.GUARANTEE, plan.guarantee - total)
    elif plan.variable_cap is not None and total > plan.variable_cap:
        yield Bound(BoundKind.VARIABLE_CAP, plan.variable_cap - total)
