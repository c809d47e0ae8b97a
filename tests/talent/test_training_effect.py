"""Difference in differences against numbers worked out by hand and with the tables of Student's t."""

from __future__ import annotations

import random
import statistics
from decimal import Decimal
from fractions import Fraction

import pytest

from talent.courses.effect import Pair, Unsaid, effect_of, mean_of, student_quantile

# two-sided 95 %: printed tables of Student's t
TABLE = (
    (1, "12.706"),
    (2, "4.303"),
    (4, "2.776"),
    (5, "2.571"),
    (8, "2.306"),
    (10, "2.228"),
    (30, "2.042"),
    (120, "1.980"),
)


def pairs(*changes: int, before: int = 100) -> list[Pair]:
    return [(Fraction(before), Fraction(before + change)) for change in changes]


@pytest.mark.parametrize(("degrees", "printed"), TABLE)
def test_the_quantile_is_that_of_the_printed_tables(degrees: int, printed: str) -> None:
    assert f"{student_quantile(0.975, degrees):.3f}" == printed


def test_a_hand_worked_case_has_its_effect_its_interval_and_its_degrees_of_freedom() -> None:
    # changes 10 12 14 16 18: mean 14, variance 10; 2 4 4 4 6: mean 4, variance 2
    # spread 10/5 + 2/5 = 2.4; degrees 2.4^2 / (4/4 + 0.16/4) = 5.538; t = 2.4969; half = 2.4969 * 1.5492 = 3.868
    found = effect_of(pairs(10, 12, 14, 16, 18), pairs(2, 4, 4, 4, 6))
    assert found.effect == Decimal("10.00")
    assert found.degrees == Decimal("5.54")
    assert (found.low, found.high) == (Decimal("6.13"), Decimal("13.87"))
    assert found.is_clear
    assert (found.trained.change, found.untrained.change) == (Decimal("14.00"), Decimal("4.00"))


def test_few_stores_or_no_spread_are_told_instead_of_an_interval() -> None:
    assert effect_of(pairs(1, 2, 3, 4), pairs(1, 2, 3, 4, 5)).unsaid is Unsaid.FEW_TRAINED
    assert effect_of(pairs(1, 2, 3, 4, 5), pairs(1, 2)).unsaid is Unsaid.FEW_UNTRAINED
    assert effect_of([], []).trained.change is None
    same = effect_of(pairs(3, 3, 3, 3, 3), pairs(1, 1, 1, 1, 1))
    assert (same.unsaid, same.effect, same.low) == (Unsaid.NO_SPREAD, Decimal("2.00"), None)
    assert not same.is_clear


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    drawn = random.Random(7)
    held = 0
    for _trial in range(400):
        one = [round(drawn.gauss(5, 6)) for _store in range(9)]
        other = [round(drawn.gauss(2, 2)) for _store in range(14)]
        found = effect_of(pairs(*one), pairs(*other))
        assert found.effect is not None and found.low is not None and found.high is not None  # noqa: PT018
        assert abs(float(found.effect) - (statistics.mean(one) - statistics.mean(other))) < 0.006
        held += found.low <= 3 <= found.high
    assert 0.92 <= held / 400 <= 0.98


def test_months_count_alike_in_a_mean() -> None:
    assert mean_of([Decimal(1), Decimal(2), Decimal(4)]) == Fraction(7, 3)
