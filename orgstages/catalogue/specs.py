"""Typed, frozen definitions of stages, sub-types, the diagnostic, transitions and team phases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from omnichannel.core.text import Bilingual
from roles.catalogue import RoleKey, StageKey, SubtypeKey


class SectionKey(StrEnum):
    """Sections of the diagnostic, A to E."""

    STAGE = "stage"
    SUBTYPE = "subtype"
    FIT = "fit"
    CHALLENGES = "challenges"
    MATURITY = "maturity"


class How(StrEnum):
    """How a question is answered. An automatic answer may be overruled with a reason."""

    AUTO = "auto"
    QUESTIONNAIRE = "questionnaire"
    SCALE = "scale"


@dataclass(frozen=True, slots=True)
class Sourced:
    """A text and where it comes from."""

    names: Bilingual
    source: str


@dataclass(frozen=True, slots=True)
class FailureMode:
    """How a sub-type fails. `revealed_by` are KPIs that would show it, the plainest first; `sign` says how."""

    names: Bilingual
    source: str
    revealed_by: tuple[str, ...]
    sign: Bilingual


@dataclass(frozen=True, slots=True)
class Relation:
    """A numbered arrow of the organisation panorama, between departments."""

    number: int
    names: Bilingual
    from_department: str
    to_department: str
    source: str

    @property
    def is_reconstructed(self) -> bool:
        """True where the sources lost the arrow and it was closed from another sub-type."""
        return self.source.startswith("reconstructed")


@dataclass(frozen=True, slots=True)
class RoleMode:
    """How a sub-type places a role."""

    role: RoleKey
    mode: Bilingual


@dataclass(frozen=True, slots=True)
class SubtypeSpec:
    """One sub-type of organisation. `layers` are hq, region and store; departments are ids."""

    key: SubtypeKey
    stage: StageKey
    names: Bilingual
    criteria: tuple[Bilingual, ...]
    industries: tuple[Bilingual, ...]
    industries_source: str
    reports_to: tuple[Bilingual, ...]
    layers: Mapping[str, Bilingual]
    leading_department: str
    departments: tuple[str, ...]
    positions: tuple[RoleMode, ...]
    relations: tuple[Relation, ...]
    failure_modes: tuple[FailureMode, ...]
    strengths: tuple[Bilingual, ...]
    source: str


@dataclass(frozen=True, slots=True)
class StageSpec:
    """One stage; `order` is 1 for the earliest."""

    key: StageKey
    order: int
    names: Bilingual
    definition: Bilingual
    subtypes: tuple[SubtypeKey, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Department:
    """A department or scope that sub-types are drawn with; `within` is the department it is drawn inside of.

    `titles` are words in the names of a firm's own units by which one is taken for it.
    """

    id: str
    names: Bilingual
    level: str
    note: Bilingual | None
    source: str
    within: str
    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StageRule:
    """A rule of the path between stages: coexist, nest, skip ..."""

    id: str
    names: Bilingual
    source: str


@dataclass(frozen=True, slots=True)
class TransitionStep:
    """A step of a roadmap template."""

    order: int
    names: Bilingual
    weeks: int


@dataclass(frozen=True, slots=True)
class Transition:
    """A roadmap template. `skip` marks a jump over a stage, which a person must confirm."""

    id: str
    from_subtype: SubtypeKey
    to_subtype: SubtypeKey
    skip: bool
    steps: tuple[TransitionStep, ...]
    source: str

    @property
    def weeks(self) -> int:
        """Return the length when the steps follow each other."""
        return sum(step.weeks for step in self.steps)


@dataclass(frozen=True, slots=True)
class MaturityLevel:
    """A level of business maturity; `index` is the range of section E in percent."""

    id: str
    names: Bilingual
    definition: Bilingual
    index: tuple[Decimal, Decimal]
    source: str


@dataclass(frozen=True, slots=True)
class Challenge:
    """One of the four challenges."""

    id: str
    names: Bilingual
    definition: Bilingual
    figure: Decimal | None
    figure_unit: Bilingual | None
    year: int | None
    source: str


@dataclass(frozen=True, slots=True)
class Scale:
    """A rating scale of the diagnostic."""

    minimum: int
    maximum: int
    meaning: Bilingual


@dataclass(frozen=True, slots=True)
class Option:
    """An answer. It names a stage (section A), gives points to sub-types (B), or only has a key (C)."""

    key: str
    names: Bilingual
    stage: StageKey | None
    points: Mapping[SubtypeKey, int]


class Reads(StrEnum):
    """How a number comes from its parts: numerator / denominator x 100, numerator / denominator, or the numerator."""

    SHARE = "share"
    MEAN = "mean"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Case:
    """An option that is chosen where each observation is one of the values; without conditions it always is."""

    when: Mapping[str, tuple[str, ...]]
    option: str


@dataclass(frozen=True, slots=True)
class AutoRule:
    """Where an automatic answer comes from.

    `formula` says it in words. The number is the KPI `kpi` (its target when only `targets` is read), or `expression`
    in the formula language; with neither, the rule is an algorithm over the organisation. With `cuts` (low, high):
    below low is the first option, above high the last, else the middle one. `descending` cuts are (high, low): high
    or more is the first option, below low the last. Scale questions divide the number by `divisor` and clip the
    result to the scale. Without a number the first of the `cases` that fits what was observed chooses.
    """

    formula: Bilingual
    tables: tuple[str, ...]
    expression: str
    kpi: str
    cuts: tuple[Decimal, Decimal] | None
    descending: bool
    divisor: Decimal | None
    unit: str
    reads: Reads | None = None
    cases: tuple[Case, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the diagnostic. `applies` is the stage it is asked for; `challenge` the one it measures."""

    id: str
    section: SectionKey
    names: Bilingual
    how: How
    weight: Decimal
    options: tuple[Option, ...]
    applies: StageKey | None
    challenge: str
    scale: str
    auto: AutoRule | None
    source: str


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the diagnostic and its rule in words."""

    key: SectionKey
    names: Bilingual
    rule: Bilingual
    questions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FitStep:
    """A step of section C: it holds when all (or, `is_any`, one) of its questions have one of the options."""

    is_any: bool
    options: Mapping[str, tuple[str, ...]]
    stage: StageKey
    subtype: SubtypeKey


@dataclass(frozen=True, slots=True)
class FitRule:
    """Section C: the first step that holds decides; `otherwise` takes the sub-type of section B."""

    steps: tuple[FitStep, ...]
    otherwise: StageKey


@dataclass(frozen=True, slots=True)
class PhasePosition:
    """A position of a team phase and the roles of the map it covers."""

    names: Bilingual
    roles: tuple[RoleKey, ...]


@dataclass(frozen=True, slots=True)
class TeamPhase:
    """A phase of one team, independent of the organisation stage."""

    id: str
    order: int
    names: Bilingual
    duties: tuple[Bilingual, ...]
    positions: tuple[PhasePosition, ...]
    exit_criteria: tuple[Sourced, ...]
    source: str


@dataclass(frozen=True, slots=True)
class StageCatalogue:
    """Everything about stages, each part keyed by id in catalogue order."""

    version: str
    stages: Mapping[StageKey, StageSpec]
    subtypes: Mapping[SubtypeKey, SubtypeSpec]
    departments: Mapping[str, Department]
    rules: Mapping[str, StageRule]
    transitions: Mapping[str, Transition]
    maturity: Mapping[str, MaturityLevel]
    challenges: Mapping[str, Challenge]
    scales: Mapping[str, Scale]
    sections: Mapping[SectionKey, Section]
    questions: Mapping[str, Question]
    fit: FitRule
    team_phases: Mapping[str, TeamPhase]
