"""What a person's plan would pay with more of a base: "six more members = +¥120". On the facts of a statement."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from kpis.incentives.calculating import Ahead, ahead, calculate, what_if
from kpis.incentives.specs import CENT, YUAN, BaseSpec, Facts, Fixed, Plan, ScoreBonus, Unit
from kpis.incentives.templates import load_bases
from kpis.incentives.texts import read_plan
from kpis.models import PayStatement
from kpis.queries.pay.sharing import facts_of

COUNTS, SUMS = tuple(map(Decimal, (1, 5, 10))), tuple(map(Decimal, (1000, 5000, 10000)))
MOST = Decimal(1_000_000_000)


@dataclass(frozen=True, slots=True)
class Gain:
    """So many more of a base, what they add to the whole statement, and what it then pays. CNY."""

    more: Decimal
    gain: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True)
class BaseAhead:
    """A base of the plan: how much there is, what a few more bring, and how far the next step is.

    `quantity` is None where its table was not loaded; `asked` is the answer to what the person typed, `asked_next` the
    next step from there.
    """

    base: BaseSpec
    quantity: Decimal | None
    target: Decimal | None
    steps: tuple[Gain, ...]
    next: Gain | None
    asked: Gain | None = None
    asked_next: Gain | None = None

    @property
    def is_money(self) -> bool:
        """True when the base is counted in CNY."""
        return self.base.unit is Unit.MONEY


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A statement's bases; `fault` says why what was typed in `fault_base` cannot be answered."""

    statement: PayStatement
    amount: Decimal
    bases: tuple[BaseAhead, ...]
    fault: str = ""
    fault_base: str = ""


def bases_ahead(statement: PayStatement, *, base: str = "", more: str = "") -> WhatIf:
    """Return what more of each base would bring; `base` and `more` are what the person asks. Nothing is written."""
    plan = read_plan(statement.plan.content)
    facts = facts_of(statement, plan)
    found = tuple(_base_ahead(plan, facts, spec) for spec in _bases_of(plan))
    amount = calculate(plan, facts).amount
    told = WhatIf(statement, amount, found)
    if not base and not more:
        return told
    chosen = next((one for one in found if one.base.id == base), None)
    if chosen is None or chosen.quantity is None:
        return replace(told, fault=_("Your plan does not pay on this."), fault_base=base)
    fault, number = _number(more, chosen.base)
    if number is None:
        return replace(told, fault=fault, fault_base=base)
    return replace(told, bases=tuple(_answered(plan, facts, one, number) if one is chosen else one for one in found))


def _number(text: str, base: BaseSpec) -> tuple[str, Decimal | None]:
    """Return the number typed, or why it is none."""
    try:
        number = Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        return _("Type a number, such as 6."), None
    if not number.is_finite() or not 0 <= number <= MOST:
        return _("Type a number from 0 to 1,000,000,000."), None
    if number != number.quantize(smallest := YUAN if base.unit is Unit.COUNT else CENT):
        return (_("Type a whole number.") if smallest is YUAN else _("At most two decimals.")), None
    return "", number


def _bases_of(plan: Plan) -> list[BaseSpec]:
    """Return the bases that the plan counts, of its rules and cliffs, each once, in the plan's order."""
    found: dict[str, None] = {}
    for component in plan.components:
        if not isinstance(component.rule, Fixed | ScoreBonus):
            found[component.rule.base] = None
        if component.cliff is not None:
            found[component.cliff.base] = None
    bases = load_bases()
    return [bases[base] for base in found if base in bases]


def _base_ahead(plan: Plan, facts: Facts, base: BaseSpec) -> BaseAhead:
    quantity = facts.quantities.get(base.id)
    target = facts.targets.get(base.id)
    if quantity is None:
        return BaseAhead(base, None, target, (), None)
    few = SUMS if base.unit is Unit.MONEY else COUNTS
    steps = tuple(_gain(plan, facts, base.id, more) for more in few)
    return BaseAhead(base, quantity, target, steps, _next(plan, facts, base))


def _answered(plan: Plan, facts: Facts, one: BaseAhead, more: Decimal) -> BaseAhead:
    base = one.base.id
    reached = replace(facts, quantities={**facts.quantities, base: facts.quantities[base] + more})
    return replace(one, asked=_gain(plan, facts, base, more), asked_next=_next(plan, reached, one.base))


def _gain(plan: Plan, facts: Facts, base: str, more: Decimal) -> Gain:
    gain = what_if(plan, facts, base=base, more=more)
    return Gain(more, gain, calculate(plan, facts).amount + gain)


def _next(plan: Plan, facts: Facts, base: BaseSpec) -> Gain | None:
    """Return the nearest step of a ladder on this base."""
    steps: tuple[Ahead, ...] = ahead(plan, facts, dict(load_bases()))
    for step in steps:
        rule = step.component.rule
        if not isinstance(rule, Fixed | ScoreBonus) and rule.base == base.id:
            return Gain(step.more, step.gain, calculate(plan, facts).amount + step.gain)
    return None
