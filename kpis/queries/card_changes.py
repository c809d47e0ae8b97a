"""What moved a score: the points of two cards compared KPI by KPI; the parts add up to the difference exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from kpis.engine.specs import KpiSpec
from kpis.models import CardLine, Scorecard

ZERO = Decimal(0)
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Move:
    """One KPI on both cards (None where a card lacks it). `attainment` and `weight` are parts of `points`.

    `attainment`: what its attainment moved at the weight it had before; `weight`: the rest, which comes from its own
    weight and from what other KPIs without data have left to it.
    """

    spec: KpiSpec
    before: CardLine | None
    now: CardLine | None
    attainment: Decimal
    weight: Decimal

    @property
    def points(self) -> Decimal:
        """What the KPI adds to the difference of the scores."""
        return self.attainment + self.weight


@dataclass(frozen=True, slots=True)
class Movement:
    """Two cards compared, the biggest move first. `total` is the difference of the scores; None without both."""

    before: Scorecard
    now: Scorecard
    moves: tuple[Move, ...]
    total: Decimal | None
    attainment: Decimal
    weight: Decimal


def movement(now: Scorecard, before: Scorecard, *, kpis: Mapping[str, KpiSpec]) -> Movement:
    """Compare two cards of one role: of two periods, or of two units."""
    mine = {line.kpi: line for line in now.card_lines if line.kpi in kpis}
    other = {line.kpi: line for line in before.card_lines if line.kpi in kpis}
    whole = (_counted(before.card_lines), _counted(now.card_lines))
    scored = now.score is not None and before.score is not None
    moves = [
        _move(kpis[kpi], other.get(kpi), mine.get(kpi), whole=whole, scored=scored)
        for kpi in dict.fromkeys([*mine, *other])
    ]
    moves.sort(key=lambda move: -abs(move.points))
    return Movement(
        before=before,
        now=now,
        moves=tuple(moves),
        total=now.score - before.score if now.score is not None and before.score is not None else None,
        attainment=sum((move.attainment for move in moves), ZERO),
        weight=sum((move.weight for move in moves), ZERO),
    )


def _counted(lines: Sequence[CardLine]) -> Fraction:
    return sum((Fraction(line.weight) for line in lines if line.attainment is not None), Fraction(0))


def _move(
    spec: KpiSpec, before: CardLine | None, now: CardLine | None, *, whole: tuple[Fraction, Fraction], scored: bool
) -> Move:
    if not scored:
        return Move(spec, before, now, ZERO, ZERO)
    points = _points(now) - _points(before)
    by_attainment = ZERO
    if before and now and before.attainment is not None and now.attainment is not None:
        share = Fraction(before.weight) / whole[0]
        exact = (Fraction(now.attainment) - Fraction(before.attainment)) * share
        by_attainment = _cents(exact)
        if before.weight == now.weight and whole[0] == whole[1]:
            by_attainment = points  # nothing but attainment moved; a rounded cent is no change of weights
    return Move(spec, before, now, by_attainment, points - by_attainment)


def _points(line: CardLine | None) -> Decimal:
    return ZERO if line is None or line.points is None else line.points


def _cents(exact: Fraction) -> Decimal:
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(CENT, rounding=ROUND_HALF_EVEN)
