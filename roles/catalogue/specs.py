"""Typed, frozen definitions of the talent map. Keys are the catalogue's ids; `source` says where a text comes from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any

from omnichannel.core.text import Bilingual

OWN_ROLE_PREFIX = "own-"
OWN_ROLE_SHAPE = "own-[a-z0-9]+(-[a-z0-9]+)*"
OWN_ROLE = re.compile(OWN_ROLE_SHAPE)


class RoleKey(StrEnum):
    """The nine lead roles and the three collaborating ones, in the order of the map."""

    OMNI_STRATEGY = "omni-strategy"
    USER_OPS = "user-ops"
    MEMBER_OPS = "member-ops"
    PRIVATE_MALL_OPS = "private-mall-ops"
    CONTENT_MARKETING = "content-marketing"
    PUBLIC_PLATFORM_OPS = "public-platform-ops"
    AD_DELIVERY = "ad-delivery"
    DATA_ANALYSIS = "data-analysis"
    DIGITAL_GUIDE = "digital-guide"
    TRAINING_ENABLEMENT = "training-enablement"
    PRODUCT_OPS = "product-ops"
    MERCHANDISE_OPS = "merchandise-ops"

    @classmethod
    def _missing_(cls, value: object) -> RoleKey | None:
        """Let a workspace's own role be keyed as the 12 are, though it is none of them and never iterated."""
        if isinstance(value, str) and OWN_ROLE.fullmatch(value):
            return _own_key(value)
        return None

    @property
    def is_own(self) -> bool:
        """Tell whether the key is of the shape of a role that a workspace has added itself."""
        return self.value.startswith(OWN_ROLE_PREFIX)


@lru_cache(maxsize=4096)
def _own_key(value: str) -> RoleKey:
    """Return one object per key while it is in use: keys are compared by identity, too."""
    key = str.__new__(RoleKey, value)
    key._name_ = key._value_ = value
    return key


class StageKey(StrEnum):
    """The three stages of the organisation, earliest first."""

    PROJECT = "project"
    STRONG_DEPARTMENT = "strong-department"
    FIRST_LEVEL = "first-level"


class SubtypeKey(StrEnum):
    """The five sub-types of organisation; `orgstages` says which stage each belongs to."""

    PROJECT_TEAM = "project-team"
    MARKET_LED = "market-led"
    SALES_LED = "sales-led"
    USER_GROWTH_DRIVEN = "user-growth-driven"
    DIGITAL_ENABLEMENT = "digital-enablement"


class RoleKind(StrEnum):
    """Lead roles drive omnichannel; collaborating roles link and speed up."""

    LEAD = "lead"
    COLLABORATING = "collaborating"


class ExpectationLevel(StrEnum):
    """What a sub-type expects of a role: a dedicated holder, a shared one, or none."""

    CORE = "core"
    SHARED = "shared"
    OPTIONAL = "optional"


class DriverKind(StrEnum):
    """Where a head-count driver's number comes from: fixed, typed in, or a measure of the KPI library."""

    CONSTANT = "constant"
    INPUT = "input"
    MEASURE = "measure"


class SplitAdvice(StrEnum):
    """What is advised about a pair of roles."""

    SPLIT = "split"
    MERGE = "merge"


class SplitFigure(StrEnum):
    """What decides whether a pair of roles is split: of the organisation, or of the KPI library."""

    STAGE = "stage"
    MEMBERS = "members"
    MEMBER_SALES_SHARE = "member_sales_share"
    CONTENT_ITEMS = "content_items"
    GUIDES = "guides"
    STORES = "stores"


@dataclass(frozen=True, slots=True)
class Aliases:
    """Other titles of a role; recruiting sites use any of them."""

    zh: tuple[str, ...]
    en: tuple[str, ...]

    def in_language(self, code: str | None) -> tuple[str, ...]:
        """Return the aliases for a language code such as `zh-hans`; English is the fallback."""
        return self.zh if (code or "").lower().startswith("zh") else self.en


@dataclass(frozen=True, slots=True)
class RoleSpec:
    """One role of the map. `position` is the id of a Position; `kpis` are ids of the KPI library."""

    key: RoleKey
    kind: RoleKind
    names: Bilingual
    aliases: Aliases
    definition: Bilingual
    position: str
    duties: tuple[Bilingual, ...]
    abilities: tuple[Bilingual, ...]
    upstream: tuple[RoleKey, ...]
    downstream: tuple[RoleKey, ...]
    kpis: tuple[str, ...]
    source: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RoleLink:
    """What one role hands to another."""

    from_role: RoleKey
    to_role: RoleKey
    names: Bilingual
    source: str


@dataclass(frozen=True, slots=True)
class SplitSign:
    """A figure that speaks for a split or a merger: at least so much, below so much, or a stage."""

    advice: SplitAdvice
    figure: SplitFigure
    at_least: Decimal | None
    below: Decimal | None
    stage: StageKey | None


@dataclass(frozen=True, slots=True)
class RoleSplit:
    """A pair of roles that one person covers early and that are cut in two later."""

    id: str
    roles: tuple[RoleKey, ...]
    names: Bilingual
    merge_when: Bilingual
    split_when: Bilingual
    source: str
    signs: tuple[SplitSign, ...]


@dataclass(frozen=True, slots=True)
class Position:
    """The place of a role in the machine: commander, brain, bridge ..."""

    id: str
    names: Bilingual
    definition: Bilingual
    source: str


@dataclass(frozen=True, slots=True)
class LevelSpec:
    """Name and meaning of an expectation level."""

    names: Bilingual
    definition: Bilingual


@dataclass(frozen=True, slots=True)
class HeadcountDriver:
    """A quantity that drives head count."""

    id: str
    kind: DriverKind
    names: Bilingual


@dataclass(frozen=True, slots=True)
class HeadcountRule:
    """Default of one role: FTE = max(minimum, driver / units_per_fte), rounded up to 0.5."""

    role: RoleKey
    driver: str
    units_per_fte: Decimal
    minimum: Decimal
    note: Bilingual | None
    source: str


@dataclass(frozen=True, slots=True)
class Headcount:
    """Drivers and one rule per role; `rule` tells the arithmetic in words."""

    rule: Bilingual
    drivers: Mapping[str, HeadcountDriver]
    rules: Mapping[RoleKey, HeadcountRule]
    source: str


@dataclass(frozen=True, slots=True)
class JdSection:
    """One section of a job description."""

    id: str
    names: Bilingual


@dataclass(frozen=True, slots=True)
class JdLevel:
    """A level a job description is written for; `years` of experience from and to."""

    id: str
    names: Bilingual
    years: tuple[int, int]


@dataclass(frozen=True, slots=True)
class JdTemplate:
    """What a job description holds, in order."""

    sections: tuple[JdSection, ...]
    levels: Mapping[str, JdLevel]
    note: Bilingual
    source: str


@dataclass(frozen=True, slots=True)
class Industry:
    """A branch of retail that cases are sorted by."""

    id: str
    names: Bilingual


@dataclass(frozen=True, slots=True)
class Case:
    """A published example, told in one line. `stages` is empty where the source tells none."""

    id: str
    names: Bilingual
    industry: str
    stages: tuple[StageKey, ...]
    roles: tuple[RoleKey, ...]
    source: str


@dataclass(frozen=True, slots=True)
class LabourFigure:
    """A published labour-market figure. No values: only a rank is known. `year` is empty when it was not stated."""

    id: str
    names: Bilingual
    values: tuple[Decimal, ...]
    unit: Bilingual | None
    year: str
    source: str


@dataclass(frozen=True, slots=True)
class RoleCatalogue:
    """The talent map. `reference` holds meta, training and competence as frozen data for pages that list them."""

    version: str
    roles: Mapping[RoleKey, RoleSpec]
    positions: Mapping[str, Position]
    links: tuple[RoleLink, ...]
    splits: Mapping[str, RoleSplit]
    expectations: Mapping[tuple[RoleKey, SubtypeKey], ExpectationLevel]
    expectation_levels: Mapping[ExpectationLevel, LevelSpec]
    headcount: Headcount
    jd: JdTemplate
    industries: Mapping[str, Industry]
    cases: Mapping[str, Case]
    labour_market: Mapping[str, LabourFigure]
    reference: Mapping[str, Any]

    def source_title(self, source: str) -> Bilingual:
        """Return what a source is called, by the id that texts name it with; an unknown one goes by the id."""
        titles = {each["id"]: each["title"] for each in self.reference["meta"]["sources"]}
        title = titles.get(source, source)
        return title if isinstance(title, Bilingual) else Bilingual(str(title), str(title))

    def expected(self, role: RoleKey, subtype: SubtypeKey) -> ExpectationLevel:
        """Return what the sub-type expects of the role."""
        return self.expectations[role, subtype]

    def links_from(self, role: RoleKey) -> tuple[RoleLink, ...]:
        """Return what the role hands on."""
        return tuple(link for link in self.links if link.from_role is role)

    def links_to(self, role: RoleKey) -> tuple[RoleLink, ...]:
        """Return what the role receives."""
        return tuple(link for link in self.links if link.to_role is role)
