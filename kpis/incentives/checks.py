"""What a plan must be beyond its shape: known bases and KPIs, rising steps, and the rule of its phase."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from decimal import Decimal

from kpis.incentives.faults import Fault
from kpis.incentives.phrases import EN, ZH
from kpis.incentives.specs import (
    Accelerator,
    BaseLevel,
    Component,
    Penalty,
    Phase,
    Plan,
    Pool,
    Scale,
    Split,
    TargetBonus,
    Tiers,
    Unit,
)
from kpis.incentives.wording import Vocabulary

MOST_STEPS = 5  # `catalogue.yaml` bonus_model.tiers.max_levels
MOST_RATE = Decimal(1)
MOST_ATTAINMENT = 10  # above it a percentage was typed for a share
# Who carries no penalty: rewards go to the staff, penalties to the middle layer (`domain.md` 15).
# Own roles that do the same are added by `queries.pay.plans.staff_roles`.
STAFF_ROLES = frozenset({"digital-guide"})
# Characters that separate the pieces of a sentence: a name that holds one could not be read back.
SEPARATORS = "：:；;。\n"
LISTS = ("steps", "shares")
WHOLE_PLAN = (ZH.whole, EN.whole)  # how the sentence of the plan's own bounds begins


def check_plan(
    plan: Plan, words: Vocabulary, *, roles: frozenset[str], staff: Set[str] = STAFF_ROLES
) -> tuple[Fault, ...]:
    """Return everything that is wrong with a plan, by its place. `staff` are the roles that carry no penalty."""
    found = [*_of_plan(plan, roles), *_of_components(plan, words), *_of_phase(plan, staff)]
    return tuple(sorted(found, key=lambda fault: (fault.path, fault.code)))


def without_echoes(found: Iterable[Fault], shape: Sequence[Fault]) -> tuple[Fault, ...]:
    """Return what is wrong by meaning less what only follows from a fault of shape at the same place.

    A list with a fault of shape in it, such as steps or parts of a split, is judged once it can be read.
    """
    places = [fault.path for fault in shape]
    return tuple(
        fault
        for fault in found
        if not any(
            fault.path == place
            or fault.path.startswith(f"{place}.")
            or (fault.path.rpartition(".")[2] in LISTS and place.startswith(f"{fault.path}."))
            for place in places
        )
    )


def _of_plan(plan: Plan, roles: frozenset[str]) -> Iterator[Fault]:
    if not plan.components:
        yield Fault("components", "no_component")
    if not plan.roles:
        yield Fault("roles", "no_role")
    for role in plan.roles:
        if role not in roles:
            yield Fault("roles", "unknown_role", {"role": role})
    for component, count in Counter(each.id for each in plan.components if each.id).items():
        if count > 1:
            yield Fault("components", "id_twice", {"id": component})
    for language in ("zh", "en"):
        names = Counter(each.names.in_language(language) for each in plan.components)
        for name, count in names.items():
            if name and count > 1:
                yield Fault("components", "name_twice", {"name": name})
    for bound in ("variable_cap", "guarantee", "clawback_days"):
        if (getattr(plan, bound) or 0) < 0:
            yield Fault(bound, "negative")
    if plan.guarantee is not None and plan.variable_cap is not None and plan.guarantee > plan.variable_cap:
        yield Fault("guarantee", "floor_above_cap")


def _of_components(plan: Plan, words: Vocabulary) -> Iterator[Fault]:
    for at, component in enumerate(plan.components):
        path = f"components.{at}"
        for name in (component.names.zh, component.names.en):
            if any(mark in name for mark in SEPARATORS):
                yield Fault(f"{path}.names", "separator_in_name", {"name": name})
            if name in WHOLE_PLAN:
                yield Fault(f"{path}.names", "name_of_the_whole", {"name": name})
        if component.floor is not None and component.cap is not None and component.floor > component.cap:
            yield Fault(f"{path}.floor", "floor_above_cap")
        if component.step <= 0:
            yield Fault(f"{path}.step", "bad_rounding")
        for gate in component.gates:
            if gate.kpi not in words.kpis:
                yield Fault(f"{path}.gates", "unknown_kpi", {"kpi": gate.kpi})
        if component.cliff and component.cliff.base not in words.bases:
            yield Fault(f"{path}.cliff.base", "unknown_base", _known(component.cliff.base, words))
        yield from _of_rule(component, words, f"{path}.rule")
        if isinstance(component.rule, Split):
            yield from _of_shares(component.rule, f"{path}.rule", roles=plan.roles)


def _of_rule(component: Component, words: Vocabulary, path: str) -> Iterator[Fault]:
    rule = component.rule
    base = getattr(rule, "base", None)
    spec = words.bases.get(base) if base is not None else None
    if base is not None and spec is None:
        yield Fault(f"{path}.base", "unknown_base", _known(base, words))
    if isinstance(rule, Pool | Split | Penalty) and spec is not None and spec.level is not BaseLevel.STORE:
        yield Fault(f"{path}.base", "not_of_the_store", {"base": base})
    if isinstance(rule, Pool | Split) and spec is not None and spec.unit is not Unit.MONEY:
        yield Fault(f"{path}.base", "not_money", {"base": base})
    if isinstance(rule, Tiers | TargetBonus):
        yield from _of_steps(rule, path, money=spec is not None and spec.unit is Unit.MONEY)
    if isinstance(rule, Accelerator):
        if rule.factor < 1:
            yield Fault(f"{path}.factor", "factor_under_one")
        if rule.start > MOST_ATTAINMENT:
            yield Fault(f"{path}.start", "attainment_over_ten")
    for name in ("amount", "price", "rate", "under", "start"):
        value = getattr(rule, name, None)
        if value is not None and value < 0:
            yield Fault(f"{path}.{name}", "negative")
    for name in ("rate", *(("price",) if spec is not None and spec.unit is Unit.MONEY else ())):
        if getattr(rule, name, Decimal(0)) > MOST_RATE:
            yield Fault(f"{path}.{name}", "over_100_percent")


def _of_steps(rule: Tiers | TargetBonus, path: str, *, money: bool) -> Iterator[Fault]:
    if not rule.steps:
        yield Fault(f"{path}.steps", "no_step")
    if len(rule.steps) > MOST_STEPS:
        yield Fault(f"{path}.steps", "too_many_steps", {"count": len(rule.steps), "most": MOST_STEPS})
    for at, (low, high) in enumerate(zip(rule.steps, rule.steps[1:], strict=False), 1):
        if high.start <= low.start:
            yield Fault(f"{path}.steps.{at}.start", "steps_do_not_rise")
    for at, step in enumerate(rule.steps):
        if step.start < 0 or step.price < 0:
            yield Fault(f"{path}.steps.{at}", "negative")
        if isinstance(rule, Tiers) and money and step.price > MOST_RATE:
            yield Fault(f"{path}.steps.{at}.price", "over_100_percent")
        if (isinstance(rule, TargetBonus) or rule.scale is Scale.ATTAINMENT) and step.start > MOST_ATTAINMENT:
            yield Fault(f"{path}.steps.{at}.start", "attainment_over_ten")


def _of_shares(rule: Split, path: str, *, roles: tuple[str, ...]) -> Iterator[Fault]:
    """Yield what is wrong with a split: each role once, one that the plan pays, together the whole."""
    for at, each in enumerate(rule.shares):
        if each.role not in roles:
            yield Fault(f"{path}.shares.{at}.role", "share_of_no_role", {"role": each.role})
        if each.role in [earlier.role for earlier in rule.shares[:at]]:
            yield Fault(f"{path}.shares.{at}.role", "share_twice", {"role": each.role})
        if each.share < 0:
            yield Fault(f"{path}.shares.{at}.share", "negative")
    if sum((each.share for each in rule.shares), Decimal(0)) != 1:
        yield Fault(f"{path}.shares", "shares_not_whole")


def _of_phase(plan: Plan, staff: Set[str]) -> Iterator[Fault]:
    """Rewards at the staff, penalties at the middle layer; a departure needs its reason in writing."""
    penalised = [at for at, each in enumerate(plan.components) if isinstance(each.rule, Penalty)]
    if penalised and staff & set(plan.roles) and not plan.reason.strip():
        for at in penalised:
            yield Fault(f"components.{at}.rule", "penalty_on_staff")
    if plan.phase is Phase.LAUNCH and not plan.reason.strip():
        for at, component in enumerate(plan.components):
            if isinstance(component.rule, TargetBonus | Accelerator) or (
                isinstance(component.rule, Tiers) and component.rule.scale is Scale.ATTAINMENT
            ):
                yield Fault(f"components.{at}.rule", "launch_by_attainment")


def _known(base: str, words: Vocabulary) -> dict[str, object]:
    return {"base": base, "known": ", ".join(sorted(words.bases))}
