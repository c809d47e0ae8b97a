"""Who stands just under or just over a point where a plan's pay jumps: a step, a cliff, the line of a penalty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum

from kpis.incentives.calculating import what_if
from kpis.incentives.specs import (
    CENT,
    YUAN,
    ZERO,
    BaseSpec,
    Component,
    Facts,
    Penalty,
    Plan,
    Scale,
    TargetBonus,
    TierMode,
    Tiers,
    Unit,
)

NEAR = Decimal("0.05")  # of the point itself


class EdgeKind(StrEnum):
    """What makes the pay jump."""

    STEP = "step"
    CLIFF = "cliff"
    PENALTY = "penalty"


@dataclass(frozen=True, slots=True)
class Edge:
    """A point that a person is near to. `money` is what the jump is worth to them: missed when under it, else kept."""

    component: Component
    kind: EdgeKind
    base: str
    point: Decimal
    quantity: Decimal
    money: Decimal

    @property
    def is_under(self) -> bool:
        """True when the person has not reached the point."""
        return self.quantity < self.point


def edges(plan: Plan, facts: Facts, bases: Mapping[str, BaseSpec]) -> Iterator[Edge]:
    """Yield, of every component, the next point above and the last one reached, where they are near and worth money.

    Ladders that pay each band at its own rate have no jumps.
    """
    for component in plan.components:
        for kind, base, points in _points(component, facts):
            quantity = facts.quantities.get(base)
            if quantity is None:
                continue
            smallest = YUAN if bases[base].unit is Unit.COUNT else CENT
            for point in _nearest(points, quantity):
                is_under = quantity < point
                away = (point - quantity).quantize(smallest, rounding=ROUND_CEILING)
                more = away if is_under else away - smallest
                money = what_if(plan, facts, base=base, more=more)
                if money:
                    yield Edge(component, kind, base, point, quantity, abs(money))


def _nearest(points: list[Decimal], quantity: Decimal) -> Iterator[Decimal]:
    reached = max((point for point in points if ZERO < point <= quantity), default=None)
    ahead = min((point for point in points if point > quantity), default=None)
    for point in (reached, ahead):
        if point is not None and abs(quantity - point) <= point * NEAR:
            yield point


def _points(component: Component, facts: Facts) -> Iterator[tuple[EdgeKind, str, list[Decimal]]]:
    """Yield what may jump, of which base, and at which quantities; attainments need their target."""
    rule, cliff = component.rule, component.cliff
    if isinstance(rule, Tiers) and rule.mode is TierMode.WHOLE:
        scale = Decimal(1) if rule.scale is Scale.QUANTITY else facts.targets.get(rule.base)
        if scale:
            yield EdgeKind.STEP, rule.base, [step.start * scale for step in rule.steps]
    elif isinstance(rule, TargetBonus | Penalty) and (target := facts.targets.get(rule.base)):
        if isinstance(rule, TargetBonus):
            yield EdgeKind.STEP, rule.base, [step.start * target for step in rule.steps]
        else:
            yield EdgeKind.PENALTY, rule.base, [rule.under * target]
    if cliff is not None and (target := facts.targets.get(cliff.base)):
        yield EdgeKind.CLIFF, cliff.base, [cliff.under * target]
