"""Alerts: what is held against the thresholds, which level that is, what it does to the alert that is open. Pure.

Equality: a rule that looks `below` raises under the threshold only (what is at it has reached it); a rule that looks
`above` raises from the threshold on. What is compared is rounded to 2 decimals first, so that the level never
contradicts the number shown. Where a number is missing there is no result, and nothing is raised.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from kpis.engine.arithmetic import rounded
from kpis.engine.contribution import Shares, ratio_effects, sum_effects
from kpis.engine.grading import attainment
from kpis.engine.ratios import MILLION, millionths
from kpis.engine.specs import Direction, KpiSpec

MEAN_OF = 3  # periods whose mean a value is held against


class Level(StrEnum):
    """How urgent; the order of the members is that of the urgency."""

    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"

    @property
    def rank(self) -> int:
        """Return 1 for yellow to 3 for red."""
        return list(Level).index(self) + 1


class Measure(StrEnum):
    """What a rule holds against its thresholds."""

    ATTAINMENT = "attainment"
    ADVERSE_CHANGE = "adverse_change"
    OVER_MEAN = "over_mean"
    RATIO = "ratio"
    VALUE = "value"
    STALE_DAYS = "stale_days"
    VACANT_DAYS = "vacant_days"

    @property
    def of_a_kpi(self) -> bool:
        """False for what is counted in days, not computed from figures."""
        return self not in (Measure.STALE_DAYS, Measure.VACANT_DAYS)

    @property
    def needs_whole_period(self) -> bool:
        """Tell whether a period that is not over yet would mislead."""
        return self in (Measure.ATTAINMENT, Measure.ADVERSE_CHANGE, Measure.OVER_MEAN, Measure.RATIO)

    @property
    def looks_back(self) -> int:
        """Return how many earlier periods it needs."""
        return {Measure.ADVERSE_CHANGE: 1, Measure.RATIO: 1, Measure.OVER_MEAN: MEAN_OF}.get(self, 0)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where the levels begin. `below`: the alert lies under the thresholds. A level may be left out."""

    below: bool
    cuts: Mapping[Level, Decimal]


def level_of(measured: Decimal | None, thresholds: Thresholds) -> Level | None:
    """Return the most urgent level reached; None when none is, or nothing was measured."""
    if measured is None:
        return None
    return next(
        (
            level
            for level in reversed(Level)
            if (cut := thresholds.cuts.get(level)) is not None
            and (measured < cut if thresholds.below else measured >= cut)
        ),
        None,
    )


@dataclass(frozen=True, slots=True)
class Reading:
    """A figure beside what it is held against: its target, and the figures of the periods before, newest first."""

    value: Decimal | None
    target: Decimal | None = None
    before: Sequence[Decimal | None] = ()


@dataclass(frozen=True, slots=True)
class Measured:
    """The number that is held against the thresholds, and the target, earlier value or mean it was made with."""

    number: Decimal
    against: Decimal | None = None


def measure(kind: Measure, kpi: KpiSpec, reading: Reading) -> Measured | None:
    """Return what a rule compares for one figure, rounded to 2 decimals; None where it cannot be told.

    Percent for attainment, adverse change and distance from the mean; times for the ratio; the KPI's unit for value.
    """
    value = reading.value
    if value is None:
        return None
    if kind is Measure.VALUE:
        return Measured(rounded(Fraction(value), 2))
    if kind is Measure.ATTAINMENT:
        reached = attainment(kpi, value, reading.target)
        return None if reached is None else Measured(rounded(reached, 2), reading.target)
    earlier = list(reading.before[: kind.looks_back])
    known = [each for each in earlier if each is not None]
    if len(known) < kind.looks_back:
        return None
    base = sum(map(Fraction, known), Fraction(0)) / len(known)
    # Of a base of zero or less nothing can be a percentage or a multiple.
    if base <= 0:
        return None
    if kind is Measure.ADVERSE_CHANGE:
        worse = _distance(kpi, Fraction(value)) - _distance(kpi, base)
        return Measured(rounded(worse / base * 100, 2), rounded(base))
    ratio = Fraction(value) / base
    return Measured(rounded((ratio - 1) * 100 if kind is Measure.OVER_MEAN else ratio, 2), rounded(base))


def _distance(kpi: KpiSpec, value: Fraction) -> Fraction:
    """Return how bad a value is, in the KPI's unit; only differences of it mean anything."""
    if kpi.target_band is not None:
        low, high = map(Fraction, kpi.target_band)
        return max(low - value, value - high, Fraction(0))
    return -value if kpi.direction is Direction.UP else value


class Step(StrEnum):
    """What an evaluation does to the alert of one rule, subject and scope."""

    NOTHING = "nothing"
    RAISE = "raise"
    WORSEN = "worsen"
    RENEW = "renew"
    EASE = "ease"


@dataclass(frozen=True, slots=True)
class Standing:
    """The newest alert of one rule, subject and scope. `episode` is the period (or the day the trouble began)."""

    is_open: bool
    level: Level
    episode: str


def step_of(standing: Standing | None, found: Level | None, *, episode: str, is_known: bool = True) -> Step:
    """Return what becomes of an alert. One is open at a time; it repeats when it worsens, or anew after it was closed.

    A closed one is raised again for a new episode, or when the same episode has become worse than it was then.
    Where nothing could be measured (`is_known` false) everything stays as it is.
    """
    if not is_known:
        return Step.NOTHING
    if standing is None or (not standing.is_open and standing.episode != episode):
        return Step.RAISE if found else Step.NOTHING
    if found is None:
        return Step.EASE if standing.is_open else Step.NOTHING
    if found.rank > standing.level.rank:
        return Step.WORSEN if standing.is_open else Step.RAISE
    return Step.RENEW if standing.is_open else Step.NOTHING


@dataclass(frozen=True, slots=True)
class Part:
    """Numerator and denominator (None for a sum) of one child now and before."""

    now: tuple[Decimal | None, Decimal | None]
    before: tuple[Decimal | None, Decimal | None]


@dataclass(frozen=True, slots=True)
class Driver:
    """The child that moved a figure most for the worse: by how much, in the KPI's unit, and of what total."""

    child: str
    change: Decimal
    total: Decimal


def driver_of(kpi: KpiSpec, parts: Mapping[str, Part], *, worse: int, factor: Decimal = Decimal(1)) -> Driver | None:
    """Return the child that contributed most to the worsening; `worse` is the sign of a bad change.

    Sums are told apart by differences, ratios by what each child did to the whole (its own rate and its weight);
    `factor` turns numerator over denominator into the KPI's unit. None when no child made it worse.
    """
    effects = _effects(parts, factor=factor)
    if not effects:
        return None
    total = sum(effects.values(), Fraction(0))
    child, change = max(effects.items(), key=lambda pair: (pair[1] * worse, pair[0]))
    if change * worse <= 0:
        return None
    return Driver(child, rounded(change, 4), rounded(total, 4))


def _effects(parts: Mapping[str, Part], *, factor: Decimal) -> Mapping[str, Fraction]:
    old, new = _shares([part.before for part in parts.values()]), _shares([part.now for part in parts.values()])
    if not any(part.now[1] is not None or part.before[1] is not None for part in parts.values()):
        return dict(zip(parts, sum_effects(old, new, over=MILLION).totals, strict=True))
    found = ratio_effects(old, new)
    return {} if found is None else {k: each * Fraction(factor) for k, each in zip(parts, found.totals, strict=True)}


def _shares(pairs: Sequence[tuple[Decimal | None, Decimal | None]]) -> Shares:
    return Shares.of([millionths(top) for top, _ in pairs], [millionths(bottom) for _, bottom in pairs])
