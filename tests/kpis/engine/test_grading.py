"""Attainment, scores and bands; the numbers are those of domain.md section 12 or worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.engine.grading import Band, Line, LineStatus, attainment, band_of, combine, grade
from kpis.engine.specs import COMPANY, Direction, KpiSpec, NoData, Value
from tests.kpis.engine.world import library

D = Decimal


def _kpi(*, direction: Direction = Direction.UP, band: tuple[Decimal, Decimal] | None = None) -> KpiSpec:
    return replace(library().kpis["sales_net"], direction=direction, target_band=band)


def _line(value: str | None, target: str | None, weight: int, kpi: KpiSpec | None = None) -> Line:
    number = None if value is None else D(value)
    figure = Value("sales_net", COMPANY, number, reason=None if value else NoData.NO_ROWS)
    return Line(kpi or _kpi(), D(weight), figure, None if target is None else D(target))


@pytest.mark.parametrize(
    ("actual", "target", "direction", "expected"),
    [
        ("90", "100", Direction.UP, 90),
        ("125", "100", Direction.UP, 120),
        ("-5", "100", Direction.UP, 0),
        ("6", "8", Direction.DOWN, 120),
        ("12", "8", Direction.DOWN, 50),
        ("20", "8", Direction.DOWN, 0),
        ("8", "8", Direction.DOWN, 100),
    ],
)
def test_attainment_is_clamped_both_ways(actual: str, target: str, direction: Direction, expected: int) -> None:
    assert attainment(_kpi(direction=direction), D(actual), D(target)) == expected


def test_a_zero_or_missing_target_gives_no_attainment() -> None:
    assert attainment(_kpi(), D(5), D(0)) is None
    assert attainment(_kpi(), D(5), None) is None
    assert attainment(_kpi(), D(5), D(-5)) is None


@pytest.mark.parametrize(("actual", "expected"), [("35", 100), ("45", 100), ("28", 80), ("54", 80), ("100", 0)])
def test_inside_a_target_band_is_a_hundred_and_the_nearer_edge_counts_outside(actual: str, expected: int) -> None:
    assert attainment(_kpi(band=(D(35), D(45))), D(actual), None) == expected


@pytest.mark.parametrize(
    ("score", "expected"), [("1", 0), ("2", 25), ("3", 50), ("4", 75), ("5", 100), ("3.5", "62.5")]
)
def test_qualitative_scores_need_no_target(score: str, expected: int | str) -> None:
    assert attainment(replace(_kpi(), qualitative=True), D(score), None) == Fraction(str(expected))


def test_the_digital_guide_example_scores_94_17() -> None:
    card = grade(
        [
            _line("90", "100", 35),
            _line("125", "100", 20),
            _line("90", "100", 20),
            _line("75", "100", 15),
            _line(None, "100", 10),
        ]
    )
    assert (card.score, card.coverage, card.band) == (D("94.17"), D("0.9000"), Band.NEAR)
    assert [line.points for line in card.lines] == [D("35.00"), D("26.67"), D("20.00"), D("12.50"), None]
    assert card.lines[-1].status is LineStatus.NO_DATA
    assert card.lines[-1].reason is NoData.NO_ROWS


def test_under_sixty_percent_of_weight_there_is_no_score_and_at_sixty_there_is() -> None:
    enough = grade([_line("80", "100", 60), _line(None, "100", 40)])
    too_little = grade([_line("80", "100", 59), _line(None, "100", 41)])
    assert (enough.score, enough.band) == (D("80.00"), Band.NEAR)
    assert (too_little.score, too_little.band) == (None, None)
    assert too_little.lines[0].attainment == D("80.00")


def test_a_line_without_target_drops_out_like_one_without_data() -> None:
    card = grade([_line("80", "100", 70), _line("50", "0", 30)])
    assert (card.score, card.lines[1].status) == (D("80.00"), LineStatus.NO_TARGET)


def test_an_empty_card_has_no_score() -> None:
    assert grade([]).score is None


@pytest.mark.parametrize(
    ("score", "band"),
    [
        ("100", Band.MET),
        ("99.99", Band.NEAR),
        ("80", Band.NEAR),
        ("60", Band.LOW),
        ("59.99", Band.MISSED),
        ("0", Band.MISSED),
    ],
)
def test_a_score_at_a_threshold_has_reached_it(score: str, band: Band) -> None:
    assert band_of(D(score)) is band


def test_two_roles_combine_by_share_of_time() -> None:
    first, second = grade([_line("90", "100", 1)]), grade([_line("70", "100", 1)])
    both = combine([(first, D("0.6")), (second, D("0.4"))])
    assert (both.score, both.points, both.band) == (D("82.00"), (D("54.00"), D("28.00")), Band.NEAR)
    unscored = grade([_line(None, "100", 1)])
    assert combine([(first, D("0.6")), (unscored, D("0.4"))]).score == D("90.00")
    assert combine([(first, D("0.5")), (unscored, D("0.5"))]).score is None


@given(st.lists(st.tuples(st.decimals(0, 200, places=2), st.integers(1, 60)), min_size=1, max_size=12))
def test_points_always_add_up_to_the_displayed_score(rows: list[tuple[Decimal, int]]) -> None:
    card = grade([_line(str(value), "100", weight) for value, weight in rows])
    assert card.score == sum((line.points or D(0) for line in card.lines), D(0))


@given(st.decimals(0, 300, places=2), st.decimals(0, 300, places=2))
def test_more_is_never_worse_when_up_is_better(one: Decimal, other: Decimal) -> None:
    low, high = sorted((one, other))
    below, above = (attainment(_kpi(), value, D(100)) for value in (low, high))
    assert below is not None
    assert above is not None
    assert below <= above
