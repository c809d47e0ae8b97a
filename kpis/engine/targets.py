"""Arithmetic of targets: what may be added, splits whose parts add up, seasonal curves, order. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from kpis.engine.grammar import BinOp, MeasureRef, Node, Number
from kpis.engine.plan import plan_kpi
from kpis.engine.specs import Aggregation, Direction, Library, SimpleMeasure
from omnichannel.core.numerals import rounded

if TYPE_CHECKING:
    from collections.abc import Iterator


class Obstacle(StrEnum):
    """Why parts of a KPI do not add up to the whole."""

    RATIO = "ratio"
    DISTINCT = "distinct"
    STOCK = "stock"
    LEVEL = "level"
    JUDGED = "judged"


PLACES = 4  # of a stored target
WHOLE_UNITS = frozenset({"count", "people", "contacts", "messages"})
MONEY_UNITS = frozenset({"CNY", "CNY/month"})
SUMS = frozenset({Aggregation.SUM, Aggregation.COUNT})
OBSTACLES = {
    Aggregation.STOCK_COUNT: Obstacle.STOCK,
    Aggregation.COUNT_DISTINCT: Obstacle.DISTINCT,
    Aggregation.STOCK_DISTINCT: Obstacle.DISTINCT,
}
# Derived measures that credit each order to one day and one unit, so that their parts add up like sums.
CREDITED = frozenset({"attributed_sales", "member_sales"})


@dataclass(frozen=True, slots=True)
class Additivity:
    """Whether parts add up over units and over time; `obstacle` names why the first that does not, does not."""

    units: bool
    time: bool
    obstacle: Obstacle | None = None


def additivity(library: Library, kpi: str) -> Additivity:
    """Tell whether the KPI's parts add up: sums and counts do; ratios, distinct counts and levels do not.

    A stock adds up over units but not over months. Formulas that cannot be planned raise as `plan_kpi` does.
    """
    if library.kpis[kpi].qualitative:
        return Additivity(units=False, time=False, obstacle=Obstacle.JUDGED)
    refs = list(_terms(plan_kpi(library, kpi).root))
    obstacles = {Obstacle.RATIO if ref is None else _obstacle(library, ref) for ref in refs} - {None}
    if not obstacles:
        return Additivity(units=True, time=True)
    if obstacles == {Obstacle.STOCK}:
        return Additivity(units=True, time=False, obstacle=Obstacle.STOCK)
    worst = next(each for each in Obstacle if each in obstacles)
    return Additivity(units=False, time=False, obstacle=worst)


def _terms(node: Node) -> Iterator[MeasureRef | None]:
    """Yield the measures of a sum or difference; None for anything that is more than that."""
    if isinstance(node, MeasureRef):
        yield None if node.window else node
    elif isinstance(node, BinOp) and node.op in "+-":
        yield from _terms(node.left)
        yield from _terms(node.right)
    elif isinstance(node, BinOp) and node.op == "*" and isinstance(node.right, Number):
        yield from _terms(node.left)
    else:
        yield None


def _obstacle(library: Library, ref: MeasureRef) -> Obstacle | None:
    measure = library.measures[ref.measure]
    if not isinstance(measure, SimpleMeasure):
        return None if measure.id in CREDITED else Obstacle.LEVEL
    if measure.agg in SUMS:
        return None
    return OBSTACLES.get(measure.agg, Obstacle.LEVEL)


def places_of(unit: str) -> int:
    """Return how many decimals a target in that unit is planned with: whole for counts, cents for money."""
    if unit in WHOLE_UNITS:
        return 0
    return 2 if unit in MONEY_UNITS else PLACES


def split(total: Decimal, shares: Sequence[Decimal | Fraction], *, places: int) -> list[Decimal]:
    """Split a total by shares (not negative, not all 0) into parts that add up to it exactly.

    Parts have `places` decimals, more only when the total has more. What rounding leaves goes to the largest
    remainders, ties to the first. ValueError for shares that say nothing.
    """
    weights = [Fraction(share) for share in shares]
    whole = sum(weights, Fraction(0))
    if whole <= 0 or min(weights) < 0:
        raise ValueError("shares must not be negative and not all be zero")
    digits = max(places, -int(total.normalize().as_tuple().exponent))
    units = int(total.scaleb(digits))
    exact = [units * weight / whole for weight in weights]
    parts = [each.numerator // each.denominator for each in exact]
    order = sorted(range(len(parts)), key=lambda at: (parts[at] - exact[at], at))
    for at in order[: units - sum(parts)]:
        parts[at] += 1
    return [Decimal(part).scaleb(-digits) for part in parts]


def seasonal_shares(history: Sequence[Decimal | None]) -> tuple[Fraction, ...] | None:
    """Return each period's share of the whole; None when one is missing or negative, or all are zero."""
    if not history or any(value is None or value < 0 for value in history):
        return None
    amounts = [Fraction(value or 0) for value in history]
    whole = sum(amounts, Fraction(0))
    return tuple(amount / whole for amount in amounts) if whole else None


def even_shares(count: int) -> tuple[Fraction, ...]:
    """Return equal shares."""
    return (Fraction(1, count),) * count


def as_percents(shares: Sequence[Fraction]) -> list[Decimal]:
    """Return shares in percent with two decimals that add up to 100.00."""
    return split(Decimal(100), shares, places=2)


def grown(value: Decimal, percent: Decimal, *, places: int) -> Decimal:
    """Return the value and so many percent more (or less, when negative), rounded half up."""
    return rounded(value * (1 + percent / 100), places)


def scaled_with(part: Decimal | None, *, before: Decimal | None, after: Decimal, places: int) -> Decimal | None:
    """Return a floor or stretch that moves in proportion with the target."""
    if part is None or not before:
        return part
    return rounded(Decimal(part) * after / before, places)


def out_of_order(
    direction: Direction, *, floor: Decimal | None, value: Decimal, stretch: Decimal | None
) -> tuple[str, ...]:
    """Return which of `floor` and `stretch` lies on the wrong side of the target, given what is better."""
    wrong = []
    sign = 1 if direction is Direction.UP else -1
    if floor is not None and (value - floor) * sign < 0:
        wrong.append("floor")
    if stretch is not None and (stretch - value) * sign < 0:
        wrong.append("stretch")
    return tuple(wrong)
