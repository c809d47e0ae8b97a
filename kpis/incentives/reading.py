"""Sentences read back into a plan: the inverse of `wording` for every component whose names are given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from difflib import get_close_matches

from kpis.incentives.faults import Fault, Faulty
from kpis.incentives.phrases import STEP_JOIN, number_of, phrases, reader
from kpis.incentives.specs import (
    YUAN,
    Accelerator,
    Cliff,
    Component,
    Fixed,
    Gate,
    Penalty,
    Plan,
    Pool,
    Rate,
    RoleShare,
    Rule,
    Scale,
    ScoreBonus,
    Split,
    Step,
    TargetBonus,
    TierMode,
    Tiers,
    Unit,
)
from kpis.incentives.wording import Vocabulary, short
from omnichannel.core.text import Bilingual

SHARE = re.compile(r"(?P<role>.+?)\s*(?P<share>\d+(?:\.\d+)?%)(?:[，,]\s*|$)")
# What a hand types for the marks of Chinese, and the digits of full width.
BY_HAND = str.maketrans(":;,％０１２３４５６７８９．", "：；，%0123456789.")


def read_sentences(text: str, words: Vocabulary, language: str, *, like: Plan) -> Plan:
    """Return the plan that sentences say; what they do not hold (id, names, roles, phase, reason) is that of `like`.

    Faulty names every line that cannot be read, by its number.
    """
    known = {each.names.in_language(language): each for each in like.components}
    lines, whole, faults = [], Whole(), []
    for number, line in enumerate(text.splitlines(), 1):
        if not _says_whole(line, language):
            lines.append(line)
            continue
        lines.append("")
        try:
            whole = _whole(_tidied(line, language), whole, language)
        except _Unread as unread:
            faults.append(Fault(str(number), unread.code, unread.facts))
    try:
        components = read_components("\n".join(lines), words, language, like=known)
    except Faulty as error:
        raise Faulty([*error.faults, *faults]) from None
    if faults:
        raise Faulty(faults)
    return replace(
        like,
        components=components,
        variable_cap=whole.variable_cap,
        guarantee=whole.guarantee,
        clawback_days=whole.clawback_days,
    )


def component_lines(text: str, language: str) -> list[int]:
    """Return the numbers of the lines that say a component, in their order."""
    lines = enumerate(text.splitlines(), 1)
    return [number for number, line in lines if line.strip() and not _says_whole(line, language)]


def _says_whole(line: str, language: str) -> bool:
    """Tell whether a line bounds the whole plan."""
    said = phrases(language)
    return _tidied(line, language).partition(said.colon.strip())[0].strip() == said.whole


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


@dataclass(frozen=True, slots=True)
class Whole:
    """What bounds a whole plan."""

    variable_cap: Decimal | None = None
    guarantee: Decimal | None = None
    clawback_days: int | None = None


def _whole(line: str, whole: Whole, language: str) -> Whole:
    said = phrases(language)
    rest = line.partition(said.colon.strip())[2].strip().removesuffix(said.stop)
    for piece in rest.split(said.comma.strip()):
        found = next(
            (
                (name, match)
                for name, pattern in said.plan.items()
                if (match := reader(pattern).fullmatch(piece.strip()))
            ),
            None,
        )
        if found is None:
            raise _Unread("no_such_bound", piece=piece.strip())
        name, match = found
        if name == "clawback_days":
            whole = replace(whole, clawback_days=int(match["days"]))
        else:
            whole = replace(whole, **{name: Decimal(match["money"])})  # type: ignore[arg-type] # names of money
    return whole


def _component(line: str, words: Vocabulary, language: str, *, like: Mapping[str, Component]) -> Component:
    """Read a line as it is written, else as a hand may have typed it."""
    try:
        return _read_component(line, words, language, like=like)
    except _Unread:
        tidied = _tidied(line, language)
        if tidied == line:
            raise
        return _read_component(tidied, words, language, like=like)


def _tidied(line: str, language: str) -> str:
    return line.strip().removesuffix(".").translate(BY_HAND) if short(language) == "zh" else line


def _read_component(line: str, words: Vocabulary, language: str, *, like: Mapping[str, Component]) -> Component:
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
    if name.startswith("accelerator_"):
        return _accelerator(name, base, slots, unit)
    if name.startswith("tiers_"):
        _, scale, mode = name.split("_")
        return Tiers(base, TierMode(mode), Scale(scale), _read_steps(slots["steps"], language))
    if name == "target_bonus":
        return TargetBonus(base, Decimal(slots["money"]), _read_steps(slots["steps"], language))
    if name == "pool":
        keys = {text: key for key, text in phrases(language).keys.items()}
        return Pool(base, number_of(slots["price"]), keys[slots["key"]]) if slots["key"] in keys else None
    if name == "split":
        keys = {text: key for key, text in phrases(language).keys.items()}
        if slots["key"] not in keys:
            return None
        return Split(
            base, number_of(slots["price"]), _read_shares(slots["shares"], words, language), keys[slots["key"]]
        )
    if name == "penalty":
        return Penalty(base, number_of(slots["under"]), number_of(slots["share"]))
    return (ScoreBonus if name == "score_bonus" else Fixed)(Decimal(slots["money"]))


def _accelerator(name: str, base: str, slots: Mapping[str, str], unit: Unit | None) -> Rule | None:
    start, factor = number_of(slots["under"]), Decimal(slots["factor"])
    if name == "accelerator_count":
        return Accelerator(base, Decimal(slots["money"]), start, factor) if unit is Unit.COUNT else None
    if unit is not Unit.MONEY or not slots["price"].endswith("%"):
        return None
    return Accelerator(base, number_of(slots["price"]), start, factor)


def _read_shares(text: str, words: Vocabulary, language: str) -> tuple[RoleShare, ...]:
    """Read `role 70%, role 30%`. A role goes by its name or its id."""
    keys = {words.role_name(role, language): role for role in words.roles}
    shares, at = [], 0
    while at < len(text):
        match = SHARE.match(text, at)
        if match is None:
            raise _Unread("no_such_share", piece=text[at:])
        name, at = match["role"].strip(), match.end()
        if name not in keys and name not in words.roles:
            raise _nearest(name, [*keys])
        shares.append(RoleShare(keys.get(name, name), number_of(match["share"])))
    return tuple(shares)


def _read_steps(text: str, language: str) -> tuple[Step, ...]:
    pattern = reader(phrases(language).step)
    steps = []
    for piece in text.split(STEP_JOIN[short(language)].strip()):
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
