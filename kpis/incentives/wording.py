"""A plan as sentences and back: one component a line, the same object in either language.

`component_sentence` and `read_components` are inverse to each other for every component whose names are given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from difflib import get_close_matches

from kpis.incentives.faults import Fault, Faulty
from kpis.incentives.phrases import STEP_JOIN, Phrases, number_of, percent, phrases, plain, reader
from kpis.incentives.specs import (
    YUAN,
    BaseSpec,
    Cliff,
    Component,
    Fixed,
    Gate,
    Penalty,
    Pool,
    Rate,
    Rule,
    Scale,
    ScoreBonus,
    Step,
    TargetBonus,
    TierMode,
    Tiers,
    Unit,
)
from omnichannel.core.text import Bilingual


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The names a sentence may use: bases, and the KPIs whose alerts may close a gate."""

    bases: Mapping[str, BaseSpec]
    kpis: Mapping[str, Bilingual]

    def base_name(self, base: str, language: str) -> str:
        """Return a base's name."""
        return self.bases[base].names.in_language(language)

    def kpi_name(self, kpi: str, language: str) -> str:
        """Return a KPI's name; its id where the library no longer has it."""
        names = self.kpis.get(kpi)
        return names.in_language(language) if names else kpi


def component_sentence(component: Component, words: Vocabulary, language: str) -> str:
    """Return one component as a sentence: its name, its rule, then each bound."""
    said = phrases(language)
    pieces = [_rule_words(component.rule, words, language), *_bound_words(component, words, language)]
    return f"{component.names.in_language(language)}{said.colon}{said.comma.join(pieces)}{said.stop}"


def read_components(
    text: str, words: Vocabulary, language: str, *, like: Mapping[str, Component] | None = None
) -> tuple[Component, ...]:
    """Read one component a line. Faulty names every line that cannot be read, by its number.

    `like` are components by their name in this language: a line keeps the id and the other language's name of its own.
    """
    found: list[Component] = []
    faults: list[Fault] = []
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    for number, line in lines:
        try:
            found.append(_component(line, words, language, like=like or {}))
        except _Unread as unread:
            faults.append(Fault(str(number), unread.code, unread.facts))
    if faults:
        raise Faulty(faults)
    return tuple(found)


class _Unread(ValueError):
    """A line, or a piece of it, that no phrase fits."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


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
        case TargetBonus():
            return "target_bonus"
        case ScoreBonus():
            return "score_bonus"
        case Pool():
            return "pool"
        case Fixed():
            return "fixed"
        case Penalty():
            return "penalty"


def _steps(steps: tuple[Step, ...], scale: Scale, unit: Unit, said: Phrases, language: str) -> str:
    start: Callable[[Decimal], str] = percent if scale is Scale.ATTAINMENT else plain
    price: Callable[[Decimal], str] = percent if unit is Unit.MONEY else plain
    return STEP_JOIN[_short(language)].join(
        said.step.format(start=start(step.start), price=price(step.price)) for step in steps
    )


def _factors(steps: tuple[Step, ...], said: Phrases, language: str) -> str:
    return STEP_JOIN[_short(language)].join(
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


def _component(line: str, words: Vocabulary, language: str, *, like: Mapping[str, Component]) -> Component:
    said = phrases(language)
    name, colon, rest = line.partition(said.colon.strip())
    if not colon or not name.strip() or not rest.strip():
        raise _Unread("no_name_and_rule", colon=said.colon)
    first, *others = [piece.strip() for piece in rest.strip().removesuffix(said.stop).split(said.comma.strip())]
    known = like.get(name.strip())
    names = known.names if known else Bilingual(name.strip(), name.strip())
    component = Component(known.id if known else "", names, _rule(first, words, language))
    for piece in others:
        component = _bounded(component, piece, words, language)
    return component


def _rule(piece: str, words: Vocabulary, language: str) -> Rule:
    """Read a rule: the phrase that fits and whose base exists, and is counted in what the phrase says."""
    unknown = ""
    for name, pattern in phrases(language).rules.items():
        match = reader(pattern).fullmatch(piece)
        if match is None:
            continue
        slots = match.groupdict()
        base = _base(slots["base"], words, language) if "base" in slots else ""
        if base is None:
            unknown = unknown or slots["base"]
            continue
        rule = _made(name, base, slots, words, language)
        if rule is not None:
            return rule
    if unknown:
        raise _nearest(unknown, [each.names.in_language(language) for each in words.bases.values()])
    raise _Unread("no_such_rule", piece=piece)


def _made(name: str, base: str, slots: Mapping[str, str], words: Vocabulary, language: str) -> Rule | None:
    """Return the rule of a phrase; None where its numbers are not of the base's kind."""
    unit = words.bases[base].unit if base else None
    if name == "rate_money":
        return Rate(base, number_of(slots["price"])) if unit is Unit.MONEY and slots["price"].endswith("%") else None
    if name == "rate_count":
        return Rate(base, Decimal(slots["money"])) if unit is Unit.COUNT else None
    if name.startswith("tiers_"):
        _, scale, mode = name.split("_")
        return Tiers(base, TierMode(mode), Scale(scale), _read_steps(slots["steps"], language))
    if name == "target_bonus":
        return TargetBonus(base, Decimal(slots["money"]), _read_steps(slots["steps"], language))
    if name == "pool":
        keys = {text: key for key, text in phrases(language).keys.items()}
        return Pool(base, number_of(slots["price"]), keys[slots["key"]]) if slots["key"] in keys else None
    if name == "penalty":
        return Penalty(base, number_of(slots["under"]), number_of(slots["share"]))
    return (ScoreBonus if name == "score_bonus" else Fixed)(Decimal(slots["money"]))


def _read_steps(text: str, language: str) -> tuple[Step, ...]:
    pattern = reader(phrases(language).step)
    steps = []
    for piece in text.split(STEP_JOIN[_short(language)].strip()):
        match = pattern.fullmatch(piece.strip())
        if match is None:
            raise _Unread("no_such_step", piece=piece.strip())
        steps.append(Step(number_of(match["start"]), number_of(match["price"])))
    return tuple(steps)


def _bounded(component: Component, piece: str, words: Vocabulary, language: str) -> Component:
    for name, pattern in phrases(language).bounds.items():
        match = reader(pattern).fullmatch(piece)
        if match is None:
            continue
        slots = match.groupdict()
        if name == "gate":
            return replace(component, gates=(*component.gates, Gate(_kpi(slots["kpi"], words, language))))
        if name == "cliff":
            base = _base(slots["base"], words, language)
            if base is None:
                known = [each.names.in_language(language) for each in words.bases.values()]
                raise _nearest(slots["base"], known)
            return replace(component, cliff=Cliff(base, number_of(slots["under"])))
        if name == "yuan":
            return replace(component, step=YUAN)
        money = Decimal(slots["money"])
        return replace(component, floor=money) if name == "floor" else replace(component, cap=money)
    raise _Unread("no_such_bound", piece=piece)


def _base(name: str, words: Vocabulary, language: str) -> str | None:
    return next((key for key, each in words.bases.items() if each.names.in_language(language) == name), None)


def _kpi(name: str, words: Vocabulary, language: str) -> str:
    found = next((key for key, names in words.kpis.items() if names.in_language(language) == name), None)
    if found is None:
        raise _nearest(name, [names.in_language(language) for names in words.kpis.values()])
    return found


def _nearest(name: str, known: list[str]) -> _Unread:
    close = get_close_matches(name, known, n=1, cutoff=0.4)
    return _Unread("unknown_name_near", name=name, near=close[0]) if close else _Unread("unknown_name", name=name)


def _short(language: str) -> str:
    return "zh" if language.lower().startswith("zh") else "en"
