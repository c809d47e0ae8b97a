"""Typed, frozen pay plans. Money is CNY in decimals; rates and attainments are shares (0.03 = 3 %)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
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

    `target_kpi` is the KPI whose target a base is held against; empty where none is set for it. `typical` is a month's
    plausible figure, which a worked example begins with.
    """

    id: str
    names: Bilingual
    unit: Unit
    level: BaseLevel
    counter: Bilingual
    target_kpi: str = ""
    typical: Decimal = ZERO


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
class RoleShare:
    """What part of a split a role has."""

    role: str
    share: Decimal


@dataclass(frozen=True, slots=True)
class Split:
    """A share of the store's base, divided among roles, then among the people of each role.

    The part of a role that nobody holds in the store is not paid.
    """

    base: str
    rate: Decimal
    shares: tuple[RoleShare, ...]
    key: PoolKey


@dataclass(frozen=True, slots=True)
class Accelerator:
    """Every unit of the base at one price; what is above a share of its target counts `factor` times."""

    base: str
    price: Decimal
    start: Decimal
    factor: Decimal


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


Rule = Rate | Tiers | Accelerator | TargetBonus | ScoreBonus | Pool | Split | Fixed | Penalty


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
    `clawback_days` is how long after a month is closed late refunds and corrections still count; None is for ever.
    """

    id: str
    names: Bilingual
    phase: Phase
    roles: tuple[str, ...]
    components: tuple[Component, ...]
    valid_from: date | None = None
    variable_cap: Decimal | None = None
    guarantee: Decimal | None = None
    clawback_days: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a person's period holds. A figure that is missing is absent, never 0; red alerts are KPI ids.

    `attendance` is what each of those who share the store's pools weighs, by the key of sharing; `colleagues` are
    their roles, and `role` the person's own.
    """

    person: str
    quantities: Mapping[str, Decimal] = field(default_factory=lambda: MappingProxyType({}))
    targets: Mapping[str, Decimal] = field(default_factory=lambda: MappingProxyType({}))
    score: Decimal | None = None
    red: frozenset[str] = frozenset()
    attendance: Mapping[PoolKey, Mapping[str, Decimal]] = field(default_factory=lambda: MappingProxyType({}))
    role: str = ""
    colleagues: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def clawback_ends(closed_on: date, days: int | None) -> date | None:
    """Return the last day on which what becomes known still corrects a closed month; None when there is no end."""
    return None if days is None else closed_on + timedelta(days=days)
