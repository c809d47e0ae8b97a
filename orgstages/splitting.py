"""Whether two roles that one person covers should be split, or two people's merged: the catalogue's signs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from omnichannel.core.text import Bilingual
from orgstages.catalogue import load_stages
from orgstages.facts import say
from roles.catalogue import RoleKey, RoleSplit, SplitAdvice, SplitFigure, SplitSign, StageKey, roles_here
from roles.holdings import Holding

FIGURES: Mapping[SplitFigure, tuple[Bilingual, str]] = {
    SplitFigure.STAGE: (Bilingual("阶段", "stage"), ""),
    SplitFigure.MEMBERS: (Bilingual("会员数", "members"), "count"),
    SplitFigure.MEMBER_SALES_SHARE: (Bilingual("会员销售占比", "member share of sales"), "percent"),
    SplitFigure.CONTENT_ITEMS: (Bilingual("当月内容条数", "content items in the month"), "count"),
    SplitFigure.GUIDES: (Bilingual("数字导购人数", "digital guides"), "count"),
    SplitFigure.STORES: (Bilingual("门店数", "stores"), "count"),
}
AT_LEAST = Bilingual("{name} {value}，达到 {bound}", "{name}: {value}, at least {bound}")
BELOW = Bilingual("{name} {value}，低于 {bound}", "{name}: {value}, below {bound}")
IN_STAGE = Bilingual("处于{stage}", "in the {stage}")
UNKNOWN = Bilingual("{name}：没有数据", "{name}: no data")
BOTH = Bilingual("{count} 人兼任{first}与{second}", "Holders of both {first} and {second}: {count}")
ALONE = Bilingual("{held}有人担任，{other}无人担任", "{held} is held, {other} by nobody")
APART = Bilingual("{first}与{second}各有专人", "{first} and {second} are held by different people")


@dataclass(frozen=True, slots=True)
class Figures:
    """What is known of a unit: numbers by figure (absent where there is no data) and the adopted stage."""

    stage: StageKey
    numbers: Mapping[SplitFigure, Decimal]


@dataclass(frozen=True, slots=True)
class Advice:
    """What is said about a pair in a unit. `advice` is None where it may stay as it is.

    `state` tells how the two roles are held, `reasons` the signs that hold, `unknown` those without data. `people`
    hold both roles.
    """

    split: RoleSplit
    advice: SplitAdvice | None
    state: Bilingual
    reasons: tuple[Bilingual, ...]
    unknown: tuple[Bilingual, ...]
    people: tuple[str, ...]

    @property
    def names(self) -> tuple[Bilingual, ...]:
        """Return what the two roles are called."""
        return tuple(roles_here().roles[role].names for role in self.split.roles)


def advise(held: Iterable[Holding], figures: Figures) -> tuple[Advice, ...]:
    """Return the advice for each pair of the catalogue of which at least one role is held."""
    people: dict[RoleKey, set[str]] = {}
    for holding in held:
        people.setdefault(holding.role_key, set()).add(holding.person_external_id)
    pairs = roles_here().splits.values()
    return tuple(_advice(split, people, figures) for split in pairs if any(role in people for role in split.roles))


def _advice(split: RoleSplit, people: Mapping[RoleKey, set[str]], figures: Figures) -> Advice:
    first, second = (people.get(role, set()) for role in split.roles)
    both = tuple(sorted(first & second))
    speaks = {
        advice: [sign for sign in split.signs if sign.advice is advice and _holds(sign, figures)]
        for advice in SplitAdvice
    }
    advice = None
    if both or not first or not second:
        advice = SplitAdvice.SPLIT if speaks[SplitAdvice.SPLIT] else None
    elif not speaks[SplitAdvice.SPLIT] and speaks[SplitAdvice.MERGE]:
        advice = SplitAdvice.MERGE
    shown = speaks[advice] if advice else []
    missing = dict.fromkeys(sign.figure for sign in split.signs if _is_unknown(sign, figures))
    return Advice(
        split,
        advice,
        _state(split, both, bool(first)) if both or not first or not second else _pair(APART, split),
        tuple(_told(sign, figures) for sign in shown),
        tuple(say(UNKNOWN, name=FIGURES[figure][0]) for figure in missing),
        both,
    )


def _holds(sign: SplitSign, figures: Figures) -> bool:
    if sign.stage is not None:
        return figures.stage is sign.stage
    number = figures.numbers.get(sign.figure)
    if number is None:
        return False
    return number >= sign.at_least if sign.at_least is not None else sign.below is not None and number < sign.below


def _is_unknown(sign: SplitSign, figures: Figures) -> bool:
    return sign.stage is None and sign.figure not in figures.numbers


def _told(sign: SplitSign, figures: Figures) -> Bilingual:
    if sign.stage is not None:
        return say(IN_STAGE, stage=load_stages().stages[sign.stage].names)
    name, unit = FIGURES[sign.figure]
    bound = sign.at_least if sign.at_least is not None else sign.below
    template = AT_LEAST if sign.at_least is not None else BELOW
    return say(template, name=name, value=(figures.numbers[sign.figure], unit), bound=(bound or Decimal(0), unit))


def _state(split: RoleSplit, both: tuple[str, ...], first_is_held: bool) -> Bilingual:
    if both:
        return _pair(BOTH, split, count=(Decimal(len(both)), "count"))
    names = [roles_here().roles[role].names for role in split.roles]
    held, other = names if first_is_held else reversed(names)
    return say(ALONE, held=held, other=other)


def _pair(template: Bilingual, split: RoleSplit, **parts: tuple[Decimal, str]) -> Bilingual:
    first, second = (roles_here().roles[role].names for role in split.roles)
    return say(template, first=first, second=second, **parts)
