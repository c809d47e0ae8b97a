"""A plan as sentences: one component a line, the same object in either language. `reading` reads them back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

from kpis.incentives.phrases import STEP_JOIN, Phrases, percent, phrases, plain
from kpis.incentives.specs import (
    YUAN,
    Accelerator,
    BaseSpec,
    Component,
    Fixed,
    Penalty,
    Plan,
    Pool,
    Rate,
    Rule,
    Scale,
    ScoreBonus,
    Split,
    Step,
    TargetBonus,
    Tiers,
    Unit,
)
from omnichannel.core.text import Bilingual

UNREADABLE = "：:；;。%\n"  # a name that holds one could not be read out of a sentence


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The names a sentence may use: bases, and the KPIs whose alerts may close a gate."""

    bases: Mapping[str, BaseSpec]
    kpis: Mapping[str, Bilingual]
    roles: Mapping[str, Bilingual] = field(default_factory=lambda: MappingProxyType({}))

    def base_name(self, base: str, language: str) -> str:
        """Return a base's name."""
        return self.bases[base].names.in_language(language)

    def kpi_name(self, kpi: str, language: str) -> str:
        """Return a KPI's name; its id where the library no longer has it."""
        names = self.kpis.get(kpi)
        return names.in_language(language) if names else kpi

    def role_name(self, role: str, language: str) -> str:
        """Return a role's name; its id where the name is unknown, not the only one, or could not be read back."""
        names = [each.in_language(language) for each in self.roles.values()]
        name = self.roles[role].in_language(language) if role in self.roles else role
        return role if names.count(name) > 1 or any(mark in name for mark in UNREADABLE) else name


def component_sentence(component: Component, words: Vocabulary, language: str) -> str:
    """Return one component as a sentence: its name, its rule, then each bound."""
    said = phrases(language)
    pieces = [_rule_words(component.rule, words, language), *_bound_words(component, words, language)]
    return f"{component.names.in_language(language)}{said.colon}{said.comma.join(pieces)}{said.stop}"


def plan_sentences(plan: Plan, words: Vocabulary, language: str) -> list[str]:
    """Return a plan as sentences: one for each component, and one for what bounds the whole where anything does."""
    whole = whole_sentence(plan, language)
    return [component_sentence(each, words, language) for each in plan.components] + ([whole] if whole else [])


def whole_sentence(plan: Plan, language: str) -> str:
    """Return what bounds the whole plan as a sentence; empty where nothing does."""
    said = phrases(language)
    pieces = [said.plan[name].format(money=plain(money)) for name, money in _sums(plan) if money is not None]
    if plan.clawback_days is not None:
        pieces.append(said.plan["clawback_days"].format(days=plan.clawback_days))
    return f"{said.whole}{said.colon}{said.comma.join(pieces)}{said.stop}" if pieces else ""


def short(language: str) -> str:
    """Return `zh` or, for any other code, `en`."""
    return "zh" if language.lower().startswith("zh") else "en"


def _rule_words(rule: Rule, words: Vocabulary, language: str) -> str:
    said = phrases(language)
    name = rule_name(rule, words.bases)
    base = "" if isinstance(rule, ScoreBonus | Fixed) else words.base_name(rule.base, language)
    slots = {"base": base}
    match rule:
        case Rate():
            slots |= {"price": percent(rule.price), "money": plain(rule.price)}
        case Tiers():
            slots["steps"] = _steps(rule.steps, rule.scale, words.bases[rule.base].unit, said, language)
        case TargetBonus():
            slots |= {"money": plain(rule.amount), "steps": _factors(rule.steps, said, language)}
        case Accelerator():
            slots |= {
                "price": percent(rule.price),
                "money": plain(rule.price),
                "under": percent(rule.start),
                "factor": plain(rule.factor),
            }
        case Split():
            shares = [f"{words.role_name(each.role, language)} {percent(each.share)}" for each in rule.shares]
            slots |= {
                "price": percent(rule.rate),
                "shares": STEP_JOIN[short(language)].join(shares),
                "key": said.keys[rule.key],
            }
        case Pool():
            slots |= {"price": percent(rule.rate), "key": said.keys[rule.key]}
        case Penalty():
            slots |= {"under": percent(rule.under), "share": percent(rule.rate)}
        case ScoreBonus() | Fixed():
            slots["money"] = plain(rule.amount)
    return said.rules[name].format(**slots)


def rule_name(rule: Rule, bases: Mapping[str, BaseSpec]) -> str:
    """Return the name of a rule's phrase and form."""
    match rule:
        case Rate():
            return f"rate_{bases[rule.base].unit}"
        case Tiers():
            return f"tiers_{rule.scale}_{rule.mode}"
        case Accelerator():
            return f"accelerator_{bases[rule.base].unit}"
        case TargetBonus():
            return "target_bonus"
        case ScoreBonus():
            return "score_bonus"
        case Pool():
            return "pool"
        case Split():
            return "split"
        case Fixed():
            return "fixed"
        case Penalty():
            return "penalty"


def _steps(steps: tuple[Step, ...], scale: Scale, unit: Unit, said: Phrases, language: str) -> str:
    start: Callable[[Decimal], str] = percent if scale is Scale.ATTAINMENT else plain
    price: Callable[[Decimal], str] = percent if unit is Unit.MONEY else plain
    return STEP_JOIN[short(language)].join(
        said.step.format(start=start(step.start), price=price(step.price)) for step in steps
    )


def _factors(steps: tuple[Step, ...], said: Phrases, language: str) -> str:
    return STEP_JOIN[short(language)].join(
        said.step.format(start=percent(step.start), price=plain(step.price)) for step in steps
    )


def _bound_words(component: Component, words: Vocabulary, language: str) -> list[str]:
    said = phrases(language).bounds
    pieces = [said["gate"].format(kpi=words.kpi_name(gate.kpi, language)) for gate in component.gates]
    if component.cliff:
        base = words.base_name(component.cliff.base, language)
        pieces.append(said["cliff"].format(base=base, under=percent(component.cliff.under)))
    if component.floor is not None:
        pieces.append(said["floor"].format(money=plain(component.floor)))
    if component.cap is not None:
        pieces.append(said["cap"].format(money=plain(component.cap)))
    if component.step == YUAN:
        pieces.append(said["yuan"])
    return pieces


def _sums(plan: Plan) -> tuple[tuple[str, Decimal | None], ...]:
    return (("guarantee", plan.guarantee), ("variable_cap", plan.variable_cap))
