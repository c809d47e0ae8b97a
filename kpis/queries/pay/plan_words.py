"""What plans, their phases, rules and bases are called in the language of the reader."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kpis.incentives.specs import BaseLevel, BaseSpec, Phase, Plan, PoolKey, Scale, TierMode, Unit
from kpis.incentives.templates import load_bases, load_templates
from kpis.incentives.wording import component_sentence, plan_sentences, rule_name, whole_sentence
from kpis.queries.pay.plans import vocabulary
from roles.catalogue import roles_here

PHASES: Mapping[str, Promise | str] = {
    Phase.LAUNCH: _("Launch"),
    Phase.GROWTH: _("Growth"),
    Phase.MATURE: _("Refined"),
}
# Every rule a component may have, in the order of the designer, and what it means.
RULE_NAMES: Mapping[str, Promise | str] = {
    "rate": _("Rate or amount for each"),
    "tiers": _("Ladder"),
    "accelerator": _("Accelerator above the target"),
    "target_bonus": _("Bonus for reaching a target"),
    "score_bonus": _("Scorecard bonus"),
    "pool": _("Pool of the store"),
    "split": _("Split between roles"),
    "fixed": _("Fixed amount"),
    "penalty": _("Penalty"),
}
RULE_MEANINGS: Mapping[str, Promise | str] = {
    "rate": _("A share of sales, or an amount for each contact or customer."),
    "tiers": _("The rate rises with the amount or the attainment: for all of it, or for each band at its own rate."),
    "accelerator": _("One price up to a share of the target; what is above it counts several times."),
    "target_bonus": _("An amount times the factor that the attainment has reached."),
    "score_bonus": _("An amount times the scorecard score in percent."),
    "pool": _("A share of the store's sales, divided among those who were there."),
    "split": _("A share of the store's figure, divided among roles by percent, then among the people of each role."),
    "fixed": _("An amount for the period, usually behind a gate or a cliff."),
    "penalty": _("A share of the variable pay is taken off. Penalties are for the middle layer, not for the staff."),
}
MODES: Mapping[str, Promise | str] = {
    TierMode.WHOLE: _("The whole amount at the rate reached"),
    TierMode.BAND: _("Each band at its own rate"),
}
SCALES: Mapping[str, Promise | str] = {
    Scale.QUANTITY: _("By amount or number"),
    Scale.ATTAINMENT: _("By attainment of the target"),
}
KEYS: Mapping[str, Promise | str] = {
    PoolKey.SHIFTS: _("Shifts"),
    PoolKey.HOURS: _("Hours"),
    PoolKey.EQUAL: _("Equal parts"),
}


def phase_name(phase: str) -> str:
    """Return a phase's name; what is written where it is none."""
    return str(PHASES.get(phase, phase))


def role_names(roles: Iterable[str]) -> list[str]:
    """Return roles' names; the key of one that is none."""
    known, language = {key.value: role.names for key, role in roles_here().roles.items()}, get_language()
    return [known[role].in_language(language) if role in known else role for role in roles]


def base_label(base: BaseSpec) -> str:
    """Return a base's name with what it is counted in."""
    unit = _("CNY") if base.unit is Unit.MONEY else _("number")
    return f"{base.names.in_language(get_language())} · {unit}"


def base_options(*, money: bool = False, store: bool = False) -> list[tuple[str, str]]:
    """Return the bases a rule may take."""
    return [
        (key, base_label(base))
        for key, base in load_bases().items()
        if (not money or base.unit is Unit.MONEY) and (not store or base.level is BaseLevel.STORE)
    ]


def said(plan: Plan) -> list[str]:
    """Return a plan as sentences in the reader's language: one for each component, one for what bounds the whole."""
    return plan_sentences(plan, vocabulary(), get_language() or "en")


def example_lines() -> list[str]:
    """Return a sentence of each kind, out of the ready plans: how a line of a plan reads."""
    words, language, found = vocabulary(), get_language() or "en", dict[str, str]()
    for plan in load_templates().values():
        for each in plan.components:
            found.setdefault(rule_name(each.rule, words.bases), component_sentence(each, words, language))
        if whole := whole_sentence(plan, language):
            found.setdefault(f"whole {plan.clawback_days is None}", whole)
    return list(found.values())
