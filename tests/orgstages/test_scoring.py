"""The diagnostic's rules: the worked examples of the domain document, ties, thresholds, and what is left open."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from orgstages.catalogue import load_stages
from orgstages.scoring import (
    Certainty,
    Severity,
    Verdict,
    challenge_results,
    fit_result,
    judge,
    maturity_result,
    rounded,
    stage_result,
    subtype_result,
)
from roles.catalogue import StageKey, SubtypeKey

RULES = load_stages()
ALL_B = {f"A{number}": "b" for number in range(1, 13)}
EXAMPLE = {**ALL_B, "A8": "a", "A9": "a", "A12": "c"}


def shares(verdict: Verdict) -> list[Decimal]:
    return [rounded(share) for share in verdict.stage.shares.values()]


def test_the_first_example_is_a_strong_department_with_confidence_58() -> None:
    verdict = judge(EXAMPLE)
    assert shares(verdict) == [Decimal("0.167"), Decimal("0.750"), Decimal("0.083")]
    assert (verdict.stage.current, verdict.stage.second) == (StageKey.STRONG_DEPARTMENT, StageKey.PROJECT)
    assert verdict.stage.confidence is not None
    assert rounded(verdict.stage.confidence, 2) == Decimal("0.58")
    assert (verdict.stage.answered, verdict.stage.total) == (Decimal(24), Decimal(24))
    assert not verdict.stage.is_hybrid


def test_the_second_example_is_a_tie_and_names_the_earlier_stage_first() -> None:
    verdict = judge({**EXAMPLE, "A2": "c", "A3": "c", "A4": "c"})
    assert shares(verdict) == [Decimal("0.167"), Decimal("0.417"), Decimal("0.417")]
    assert (verdict.stage.current, verdict.stage.second) == (StageKey.STRONG_DEPARTMENT, StageKey.FIRST_LEVEL)
    assert (verdict.stage.is_hybrid, verdict.stage.confidence) == (True, Fraction(0))


def test_a_second_share_of_exactly_30_percent_makes_a_hybrid() -> None:
    # 20 of the weight answered: 14 for stage 2, 6 for stage 3
    answers = {name: option for name, option in ALL_B.items() if name not in ("A10", "A11", "A12")}
    result = stage_result({**answers, "A2": "c", "A3": "c"}, catalogue=RULES)
    assert (result.answered, result.shares[StageKey.FIRST_LEVEL]) == (Decimal(20), Fraction(3, 10))
    assert result.is_hybrid
    less = stage_result({**answers, "A2": "c", "A1": "c"}, catalogue=RULES)
    assert (less.shares[StageKey.FIRST_LEVEL], less.is_hybrid) == (Fraction(1, 4), False)


def test_the_confidence_has_a_word_and_a_hybrid_is_never_clear() -> None:
    tie = judge({**EXAMPLE, "A2": "c", "A3": "c", "A4": "c"}).stage
    assert (judge(EXAMPLE).stage.certainty, tie.certainty) == (Certainty.CLEAR, Certainty.LEVEL)
    assert judge({}).stage.certainty is None
    answers = {name: option for name, option in ALL_B.items() if name not in ("A10", "A11", "A12")}
    at_edge = stage_result({**answers, "A2": "c", "A3": "c"}, catalogue=RULES)  # 14 to 6 of 20: 40 %
    assert (at_edge.is_hybrid, at_edge.certainty) == (True, Certainty.FAIR)
    half = stage_result({**answers, "A2": "c", "A1": "c"}, catalogue=RULES)  # 15 to 5 of 20: 50 %
    assert (half.confidence, half.certainty) == (Fraction(1, 2), Certainty.CLEAR)
    close = stage_result({**answers, "A2": "c", "A3": "c", "A4": "c"}, catalogue=RULES)  # 12 to 8 of 20: 20 %
    assert (close.confidence, close.certainty) == (Fraction(1, 5), Certainty.FAIR)


def test_under_60_percent_of_the_weight_there_is_no_stage_and_no_subtype() -> None:
    answers = {"A2": "b", "A3": "b", "A1": "b", "A4": "b", "A5": "b", "A6": "b"}
    verdict = judge(answers)
    assert (verdict.stage.answered, verdict.stage.current, verdict.subtype) == (Decimal(14), None, None)
    enough = judge({**answers, "A10": "b"})
    assert (enough.stage.coverage, enough.stage.current) == (Fraction(15, 24), StageKey.STRONG_DEPARTMENT)


def test_nothing_answered_judges_nothing() -> None:
    verdict = judge({})
    assert verdict.stage.current is None
    assert verdict.fit.missing == ("C1",)
    assert {result.severity for result in verdict.challenges} == {None}
    assert (verdict.maturity.index, verdict.maturity.level) == (None, "")


@pytest.mark.parametrize(
    ("answers", "points", "leading"),
    [
        ({"B1": "c", "B2": "c", "B3": "b", "B4": "b"}, (0, 8), (SubtypeKey.SALES_LED,)),
        ({"B1": "b", "B2": "b"}, (2, 2), (SubtypeKey.MARKET_LED, SubtypeKey.SALES_LED)),
        ({"B1": "a", "B3": "b", "B2": "b"}, (3, 3), (SubtypeKey.MARKET_LED, SubtypeKey.SALES_LED)),
        ({"B1": "a"}, (2, 0), (SubtypeKey.MARKET_LED,)),
        ({"B5": "c", "B8": "b"}, (0, 0), ()),
    ],
)
def test_points_of_the_stages_own_questions_decide_the_subtype(
    answers: dict[str, str], points: tuple[int, int], leading: tuple[SubtypeKey, ...]
) -> None:
    result = subtype_result(answers, stage=StageKey.STRONG_DEPARTMENT, catalogue=RULES)
    assert tuple(result.points.values()) == points
    assert result.leading == leading


def test_a_difference_of_one_point_leaves_the_choice_to_people_and_two_does_not() -> None:
    close = subtype_result({"B5": "a", "B6": "b"}, stage=StageKey.FIRST_LEVEL, catalogue=RULES)
    assert (tuple(close.points.values()), close.is_either) == ((2, 1), True)
    clear = subtype_result({"B5": "a"}, stage=StageKey.FIRST_LEVEL, catalogue=RULES)
    assert (clear.leading, clear.is_either) == ((SubtypeKey.USER_GROWTH_DRIVEN,), False)


def test_the_project_stage_has_one_subtype_and_asks_nothing() -> None:
    result = subtype_result({}, stage=StageKey.PROJECT, catalogue=RULES)
    assert (result.leading, result.asked) == ((SubtypeKey.PROJECT_TEAM,), 0)


@pytest.mark.parametrize(
    ("answers", "stage", "subtypes"),
    [
        ("C1=a C4=c C5=c", StageKey.PROJECT, (SubtypeKey.PROJECT_TEAM,)),
        ("C1=b C4=b C5=b", StageKey.FIRST_LEVEL, (SubtypeKey.DIGITAL_ENABLEMENT,)),
        ("C1=c C4=b C5=a C3=c", StageKey.FIRST_LEVEL, (SubtypeKey.USER_GROWTH_DRIVEN,)),
        ("C1=c C4=a C2=c", StageKey.FIRST_LEVEL, (SubtypeKey.USER_GROWTH_DRIVEN,)),
        ("C1=b C4=a C2=a C3=b B1=c", StageKey.STRONG_DEPARTMENT, (SubtypeKey.SALES_LED,)),
    ],
)
def test_the_fitting_stage_follows_the_rule(answers: str, stage: StageKey, subtypes: tuple[SubtypeKey, ...]) -> None:
    result = fit_result(dict(pair.split("=") for pair in answers.split()), current=None, catalogue=RULES)
    assert (result.stage, result.subtypes, result.missing) == (stage, subtypes, ())


@pytest.mark.parametrize(
    ("answers", "missing"),
    [
        ("C4=c C5=c", ("C1",)),
        ("C1=b", ("C4", "C5")),
        ("C1=b C4=c", ("C5",)),
        ("C1=b C4=a", ("C2", "C3")),
        ("C1=b C5=a C2=b", ("C3",)),
    ],
)
def test_a_fit_that_hangs_on_an_open_question_names_it(answers: str, missing: tuple[str, ...]) -> None:
    result = fit_result(dict(pair.split("=") for pair in answers.split()), current=None, catalogue=RULES)
    assert (result.stage, result.missing) == (None, missing)


def test_a_recommendation_over_two_stages_must_be_confirmed() -> None:
    answers = {"C1": "c", "C4": "a", "C2": "c"}
    skip = fit_result(answers, current=StageKey.PROJECT, catalogue=RULES)
    assert (skip.gap, skip.needs_confirmation) == (2, True)
    step = fit_result(answers, current=StageKey.STRONG_DEPARTMENT, catalogue=RULES)
    assert (step.gap, step.needs_confirmation) == (1, False)


def test_four_and_five_on_data_integration_are_red() -> None:
    results = {each.challenge: each for each in challenge_results({"D3": "4", "D4": "5"}, catalogue=RULES)}
    assert results["data-integration"].mean == Fraction(9, 2)
    assert results["data-integration"].severity is Severity.RED
    assert results["strategic-resolve"].severity is None


@pytest.mark.parametrize(
    ("first", "second", "severity"),
    [("4", "4", "red"), ("4", "3", "orange"), ("3", "3", "orange"), ("2", "2", "yellow"), ("1", "2", "green")],
)
def test_a_mean_that_reaches_a_step_has_its_severity(first: str, second: str, severity: str) -> None:
    found = challenge_results({"D1": first, "D2": second}, catalogue=RULES)[0]
    assert found.severity == severity


@pytest.mark.parametrize(
    ("answer", "index", "level"),
    [
        ("2", "50", "growth"),
        ("1.6", "40", "growth"),
        ("1.59", "39.75", "primary"),
        ("2.8", "70", "growth"),
        ("3", "75", "increment"),
    ],
)
def test_six_equal_answers_give_the_maturity_index(answer: str, index: str, level: str) -> None:
    result = maturity_result({f"E{number}": answer for number in range(1, 7)}, catalogue=RULES)
    assert (result.index, result.level) == (Fraction(index), level)
    assert result.answered == 6
