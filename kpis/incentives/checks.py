"""What a plan must be beyond its shape: known bases and KPIs, rising steps, and the rule of its phase."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from kpis.incentives.specs import BaseLevel, Component, Penalty, Phase, Plan, Pool, Scale, TargetBonus, Tiers, Unit
from kpis.incentives.wording import Vocabulary
from omnichannel.core.issues import Issue

MOST_STEPS = 5  # `catalogue.yaml` bonus_model.tiers.max_levels
MOST_RATE = Decimal(1)
# Who carries a penalty: rewards go to the staff, penalties to the middle layer (`domain.md` 15).
STAFF_ROLES = frozenset({"digital-guide"})
# Characters that separate the pieces of a sentence: a name that holds one could not be read back.
SEPARATORS = "：:；;。\n"


def check_plan(plan: Plan, words: Vocabulary, *, roles: frozenset[str]) -> tuple[Issue, ...]:
    """Return everything that is wrong with a plan, by its place."""
    return tuple(sorted([*_of_plan(plan, roles), *_of_components(plan, words), *_of_phase(plan)]))


def _of_plan(plan: Plan, roles: frozenset[str]) -> Iterator[Issue]:
    if not plan.components:
        yield Issue("components", "A plan pays for something: add a component.")
    if not plan.roles:
        yield Issue("roles", "Say whom the plan pays: at least one role.")
    for role in plan.roles:
        if role not in roles:
            yield Issue("roles", f"{role} is not a role.")
    for component, count in Counter(each.id for each in plan.components).items():
        if count > 1:
            yield Issue("components", f"The id {component} stands {count} times; each component needs its own.")
    for language, said in (("zh", "zh"), ("en", "en")):
        names = Counter(each.names.in_language(said) for each in plan.components)
        for name, count in names.items():
            if count > 1:
                yield Issue("components", f"The name {name} ({language}) stands {count} times.")
    if plan.guarantee is not None and plan.variable_cap is not None and plan.guarantee > plan.variable_cap:
        yield Issue("guarantee", "The guarantee is above the cap.")


def _of_components(plan: Plan, words: Vocabulary) -> Iterator[Issue]:
    for at, component in enumerate(plan.components):
        path = f"components.{at}"
        for name in (component.names.zh, component.names.en):
            if any(mark in name for mark in SEPARATORS):
                yield Issue(f"{path}.names", f"{name} holds a colon, semicolon or stop: sentences could not be read.")
        if component.floor is not None and component.cap is not None and component.floor > component.cap:
            yield Issue(f"{path}.floor", "The floor is above the cap.")
        if component.step <= 0:
            yield Issue(f"{path}.step", "Round to a positive amount, such as 0.01 or 1.")
        for gate in component.gates:
            if gate.kpi not in words.kpis:
                yield Issue(f"{path}.gates", f"{gate.kpi} is not a KPI.")
        if component.cliff and component.cliff.base not in words.bases:
            yield Issue(f"{path}.cliff.base", f"{component.cliff.base} is not known.")
        yield from _of_rule(component, words, f"{path}.rule")


def _of_rule(component: Component, words: Vocabulary, path: str) -> Iterator[Issue]:
    rule = component.rule
    base = getattr(rule, "base", None)
    spec = words.bases.get(base) if base is not None else None
    if base is not None and spec is None:
        yield Issue(f"{path}.base", f"{base} is not known; known are {', '.join(sorted(words.bases))}.")
    if isinstance(rule, Pool | Penalty) and spec is not None and spec.level is not BaseLevel.STORE:
        yield Issue(f"{path}.base", f"{base} is a person's own; this rule looks at the store.")
    if isinstance(rule, Pool) and spec is not None and spec.unit is not Unit.MONEY:
        yield Issue(f"{path}.base", f"{base} is not money; a pool is a share of money.")
    if isinstance(rule, Tiers | TargetBonus):
        yield from _of_steps(rule, path, money=spec is not None and spec.unit is Unit.MONEY)
    for name in ("amount", "price", "rate", "under"):
        value = getattr(rule, name, None)
        if value is not None and value < 0:
            yield Issue(f"{path}.{name}", "A negative number takes money away; use a penalty instead.")
    for name in ("rate", *(("price",) if spec is not None and spec.unit is Unit.MONEY else ())):
        if getattr(rule, name, Decimal(0)) > MOST_RATE:
            yield Issue(f"{path}.{name}", "More than 100 %: 3 % is written 0.03.")


def _of_steps(rule: Tiers | TargetBonus, path: str, *, money: bool) -> Iterator[Issue]:
    if not rule.steps:
        yield Issue(f"{path}.steps", "A ladder needs a step.")
    if len(rule.steps) > MOST_STEPS:
        yield Issue(f"{path}.steps", f"{len(rule.steps)} steps; at most {MOST_STEPS} can be remembered.")
    for at, (low, high) in enumerate(zip(rule.steps, rule.steps[1:], strict=False), 1):
        if high.start <= low.start:
            yield Issue(f"{path}.steps.{at}.start", "Each step begins above the one before.")
    for at, step in enumerate(rule.steps):
        if step.start < 0 or step.price < 0:
            yield Issue(f"{path}.steps.{at}", "Steps and prices are not negative.")
        if isinstance(rule, Tiers) and money and step.price > MOST_RATE:
            yield Issue(f"{path}.steps.{at}.price", "More than 100 %: 3 % is written 0.03.")
        if (isinstance(rule, TargetBonus) or rule.scale is Scale.ATTAINMENT) and step.start > 10:
            yield Issue(f"{path}.steps.{at}.start", "An attainment of 100 % is written 1.")


def _of_phase(plan: Plan) -> Iterator[Issue]:
    """Rewards at the staff, penalties at the middle layer; a departure needs its reason in writing."""
    penalised = [at for at, each in enumerate(plan.components) if isinstance(each.rule, Penalty)]
    if penalised and STAFF_ROLES & set(plan.roles) and not plan.reason.strip():
        for at in penalised:
            yield Issue(
                f"components.{at}.rule",
                "Penalties are for the middle layer: this plan pays guides. Take the guides or the penalty out, or"
                " give a written reason.",
            )
    if plan.phase is Phase.LAUNCH and not plan.reason.strip():
        for at, component in enumerate(plan.components):
            if isinstance(component.rule, TargetBonus) or (
                isinstance(component.rule, Tiers) and component.rule.scale is Scale.ATTAINMENT
            ):
                yield Issue(
                    f"components.{at}.rule",
                    "In the launch phase one and the same easy target holds for all stores: pay by number, not by"
                    " attainment, or give a written reason.",
                )
