"""Typed, frozen pay plans. Money is CNY in decimals; rates and attainments are shares (0.03 = 3 %)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from omnichannel.core.text import Bilingual

ZERO, ONE = Decimal(0), Decimal(1)
CENT, YUAN = Decimal("0.01"), Decimal(1)


class Unit(StrEnum):
    """What a base is counted in."""

    MONEY = "money"
    COUNT = "count"


class BaseLevel(StrEnum):
    """Whose figure a base is: the person's own or that of the store they work in."""

    PERSON = "person"
    STORE = "store"


class TierMode(StrEnum):
    """Both meanings of a ladder, which every plan must choose between: `domain.md` 14 takes the first."""

    WHOLE = "whole"  # everything at the rate reached
    BAND = "band"  # each band at its own rate


class Scale(StrEnum):
    """What the steps of a ladder are compared with."""

    QUANTITY = "quantity"
    ATTAINMENT = "attainment"


class PoolKey(StrEnum):
    """How a store's pool is shared among those who were there."""

    SHIFTS = "shifts"
    HOURS = "hours"
    EQUAL = "equal"


class Phase(StrEnum):
    """The phases of an incentive scheme (`domain.md` 15)."""

    LAUNCH = "launch"
    GROWTH = "growth"
    MATURE = "mature"


@dataclass(frozen=True, slots=True)
class BaseSpec:
    """Something a plan may pay on. `counter` is the counted thing's name, for distances such as "6 more members".

    `target_kpi` is the KPI whose target a base is held against; empty where none is set for it.
    """

    id: str
    names: Bilingual
    unit: Unit
    level: BaseLevel
    counter: Bilingual
    target_kpi: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """From this quantity or attainment on, this price: a rate of money, or CNY for each thing counted."""

    start: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class Rate:
    """Every unit of the base at one price."""

    base: str
    price: Decimal


@dataclass(frozen=True, slots=True)
class Tiers:
    """A ladder of prices. Under the first step nothing is paid. Attainment steps need a target."""

    base: str
    mode: TierMode
    scale: Scale
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class TargetBonus:
    """An amount times the factor that the attainment of a target has reached; the steps' prices are the factors."""

    base: str
    amount: Decimal
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class ScoreBonus:
    """An amount times the person's scorecard score / 100."""

    amount: Decimal


@dataclass(frozen=True, slots=True)
class Pool:
    """A share of the store's base, divided among those who were there."""

    base: str
    rate: Decimal
    key: PoolKey


@dataclass(frozen=True, slots=True)
class Fixed:
    """An amount for the period, usually behind a gate or a cliff."""

    amount: Decimal


@dataclass(frozen=True, slots=True)
class Penalty:
    """A share of the person's variable pay taken off while a base of their store is under a share of its target."""

    base: str
    under: Decimal
    rate: Decimal


Rule = Rate | Tiers | TargetBonus | ScoreBonus | Pool | Fixed | Penalty


@dataclass(frozen=True, slots=True)
class Gate:
    """Nothing is paid while an alert of this KPI is red for the person."""

    kpi: str


@dataclass(frozen=True, slots=True)
class Cliff:
    """Nothing is paid while the base is under a share of its target."""

    base: str
    under: Decimal


@dataclass(frozen=True, slots=True)
class Component:
    """One part of a plan: a rule, and what bounds it. `step` is the smallest money it is rounded to."""

    id: str
    names: Bilingual
    rule: Rule
    gates: tuple[Gate, ...] = ()
    cliff: Cliff | None = None
    floor: Decimal | None = None
    cap: Decimal | None = None
    step: Decimal = CENT


@dataclass(frozen=True, slots=True)
class Plan:
    """What a group of people is paid for.

    `variable_cap` and `guarantee` bound the sum. `reason` is why a plan may depart from a rule of its phase.
    """

    id: str
    names: Bilingual
    phase: Phase
    roles: tuple[str, ...]
    components: tuple[Component, ...]
    valid_from: date | None = None
    variable_cap: Decimal | None = None
    guarantee: Decimal | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a person's period holds. A figure that is missing is absent, never 0; red alerts are KPI ids.

    `attendance` is what each of those who share the store's pools weighs, by the key of sharing.
    """

    person: str
    quantities: Mapping[str, Decimal] = field(default_factory=lambda: MappingProxyType({}))
    targets: Mapping[str, Decimal] = field(default_factory=lambda: MappingProxyType({}))
    score: Decimal | None = None
    red: frozenset[str] = frozenset()
    attendance: Mapping[PoolKey, Mapping[str, Decimal]] = field(default_factory=lambda: MappingProxyType({}))
