"""Scorecards: attainment of each KPI against its target, the weighted score, its band, and what each line adds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from kpis.engine.arithmetic import rounded
from kpis.engine.specs import Direction, KpiSpec, NoData, Value

CAP = 120
MIN_COVERAGE = Fraction(60, 100)
_CENT = 100


class Band(StrEnum):
    """How a score reads; a score exactly at a threshold has reached it."""

    MET = "met"
    NEAR = "near"
    LOW = "low"
    MISSED = "missed"


THRESHOLDS = ((100, Band.MET), (80, Band.NEAR), (60, Band.LOW))


class LineStatus(StrEnum):
    """Whether a line counts. `no_target`: none, or one that is zero or negative, which nothing can be a share of."""

    COUNTED = "counted"
    NO_DATA = "no_data"
    NO_TARGET = "no_target"


@dataclass(frozen=True, slots=True)
class Line:
    """One KPI of a scorecard: its weight, its figure and its target."""

    kpi: KpiSpec
    weight: Decimal
    value: Value
    target: Decimal | None = None


@dataclass(frozen=True, slots=True)
class GradedLine:
    """A line with its attainment (0..120, 2 decimals) and its points; the points of a card add up to its score."""

    kpi: str
    weight: Decimal
    value: Decimal | None
    target: Decimal | None
    attainment: Decimal | None
    points: Decimal | None
    status: LineStatus
    reason: NoData | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Scorecard:
    """A graded card. `coverage` is the share 0..1 of the weight that counted; under 0.6 there is no score."""

    score: Decimal | None
    coverage: Decimal
    band: Band | None
    lines: tuple[GradedLine, ...]


@dataclass(frozen=True, slots=True)
class CombinedScore:
    """The score of a person with several roles; `points` has one part per card, in order, adding up to the score."""

    score: Decimal | None
    coverage: Decimal
    band: Band | None
    points: tuple[Decimal | None, ...]


def attainment(kpi: KpiSpec, value: Decimal, target: Decimal | None) -> Fraction | None:
    """Return the attainment in percent, clamped to 0..120, exact; None when there is no usable target.

    Qualitative scores 1..5 give 0..100 and need no target. Inside a target band it is 100; outside, the nearer edge
    is the target. Up: actual / target; down: 2 - actual / target.
    """
    actual = Fraction(value)
    if kpi.qualitative:
        return _clamped((actual - 1) * 25)
    if kpi.target_band is not None:
        low, high = kpi.target_band
        if low <= value <= high:
            return Fraction(100)
        if value < low:
            return _clamped(actual / Fraction(low) * 100)
        return _clamped((2 - actual / Fraction(high)) * 100) if high else Fraction(0)
    if target is None or target <= 0:
        return None
    share = actual / Fraction(target)
    return _clamped((share if kpi.direction is Direction.UP else 2 - share) * 100)


def band_of(score: Decimal) -> Band:
    """Return the band of a score as displayed (2 decimals), so that the word never contradicts the number."""
    return next((band for minimum, band in THRESHOLDS if score >= minimum), Band.MISSED)


def grade(lines: Sequence[Line]) -> Scorecard:
    """Grade a card: lines without data or target drop out and the rest is renormalised, if it is 60 % of the weight."""
    graded = [_graded(line) for line in lines]
    total = sum((Fraction(line.weight) for line in lines), Fraction(0))
    exact = [_exact(line) for line in lines]
    with_data = [line for line, reached in zip(lines, exact, strict=True) if reached is not None]
    counted = sum((Fraction(line.weight) for line in with_data), Fraction(0))
    coverage = counted / total if total else Fraction(0)
    if not counted or coverage < MIN_COVERAGE:
        return Scorecard(None, rounded(coverage, 4), None, tuple(graded))
    parts = [
        None if reached is None else Fraction(line.weight) * reached / counted
        for line, reached in zip(lines, exact, strict=True)
    ]
    score, points = _points(parts)
    pairs = zip(graded, points, strict=True)
    return Scorecard(score, rounded(coverage, 4), band_of(score), tuple(replace(each, points=p) for each, p in pairs))


def combine(cards: Sequence[tuple[Scorecard, Decimal]]) -> CombinedScore:
    """Combine the cards of one person by share of time; cards without a score drop out, by the same 60 % rule."""
    total = sum((Fraction(share) for _, share in cards), Fraction(0))
    counted = sum((Fraction(share) for card, share in cards if card.score is not None), Fraction(0))
    coverage = counted / total if total else Fraction(0)
    if not counted or coverage < MIN_COVERAGE:
        return CombinedScore(None, rounded(coverage, 4), None, (None,) * len(cards))
    parts = [None if card.score is None else Fraction(card.score) * Fraction(share) / counted for card, share in cards]
    score, points = _points(parts)
    return CombinedScore(score, rounded(coverage, 4), band_of(score), tuple(points))


def _clamped(value: Fraction) -> Fraction:
    return max(Fraction(0), min(Fraction(CAP), value))


def _exact(line: Line) -> Fraction | None:
    return None if line.value.value is None else attainment(line.kpi, line.value.value, line.target)


def _graded(line: Line) -> GradedLine:
    value, reached = line.value, _exact(line)
    status = LineStatus.COUNTED
    if value.value is None:
        status = LineStatus.NO_DATA
    elif reached is None:
        status = LineStatus.NO_TARGET
    return GradedLine(
        kpi=line.kpi.id,
        weight=line.weight,
        value=value.value,
        target=line.target,
        attainment=None if reached is None else rounded(reached, 2),
        points=None,
        status=status,
        reason=value.reason,
        detail=value.detail,
    )


def _points(parts: Sequence[Fraction | None]) -> tuple[Decimal, list[Decimal | None]]:
    """Return the rounded total and the parts in hundredths that add up to it (largest remainder, ties to the first)."""
    known = [(index, part * _CENT) for index, part in enumerate(parts) if part is not None]
    total = round(sum((part for _, part in known), Fraction(0)))
    floors = {index: part.numerator // part.denominator for index, part in known}
    by_remainder = sorted(known, key=lambda pair: (floors[pair[0]] - pair[1], pair[0]))
    for index, _ in by_remainder[: total - sum(floors.values())]:
        floors[index] += 1
    points = [Decimal(floors[index]).scaleb(-2) if index in floors else None for index in range(len(parts))]
    return Decimal(total).scaleb(-2), points
