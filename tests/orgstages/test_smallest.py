"""The fewest changed answers that flip a verdict, against trying every combination."""

from __future__ import annotations

from datetime import date
from itertools import combinations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from orgstages.catalogue import SectionKey, load_stages
from orgstages.history_line import Point, line_of
from orgstages.scoring import Answers, stage_result, subtype_result
from orgstages.smallest import StageOutcome, Way, stage_flips, stage_outcome, subtype_flips, ways_to_each_stage
from roles.catalogue import StageKey, SubtypeKey

CATALOGUE = load_stages()
SECTION_A = CATALOGUE.sections[SectionKey.STAGE].questions
EXAMPLE = {**dict.fromkeys(SECTION_A, "b"), "A8": "a", "A9": "a", "A12": "c"}
ANSWERS = st.dictionaries(st.sampled_from(SECTION_A), st.sampled_from("abc"))
P, S, F = StageKey


def by_scoring(answers: dict[str, str]) -> StageOutcome | None:
    """Return the verdict by the scoring's own fractions."""
    found = stage_result(answers, catalogue=CATALOGUE)
    return StageOutcome(found.current, found.second if found.is_hybrid else None) if found.current else None


@given(ANSWERS)
def test_the_verdict_in_integers_is_that_of_the_fractions(answers: dict[str, str]) -> None:
    assert stage_outcome(answers) == by_scoring(answers)


def test_the_example_of_the_domain_flips_first_into_a_hybrid_with_the_project() -> None:
    ways = stage_flips(EXAMPLE)
    assert {way.outcome for way in ways} == {StageOutcome(S, P)}
    assert {(len(way.changes), way.weight) for way in ways} == {(2, 4)}
    # 4 of 24 stand on the project; 4 more make a third: A2 (3) with A10 or A11 (1) is among the ways
    assert {("A2", "A10"), ("A2", "A11")} <= {tuple(change.question for change in way.changes) for way in ways}
    (nearest,) = ways_to_each_stage(EXAMPLE)[StageOutcome(S, F)]
    assert [(change.question, change.after) for change in nearest.changes] == [("A2", "c"), ("A3", "c")]


@settings(max_examples=15, deadline=None)
@given(ANSWERS, st.sets(st.sampled_from(SECTION_A), max_size=6))
def test_no_combination_of_changes_is_smaller_for_any_verdict(answers: dict[str, str], among: set[str]) -> None:
    cheapest: dict[StageOutcome, tuple[int, object]] = {}
    count: dict[StageOutcome, int] = {}
    here = by_scoring(answers)
    for size in range(len(among) + 1):
        for chosen in combinations(sorted(among), size):
            others = [[key for key in "abc" if key != answers.get(name)] for name in chosen]
            for keys in product(*others):
                outcome = by_scoring({**answers, **dict(zip(chosen, keys, strict=True))})
                cost = (size, sum(CATALOGUE.questions[name].weight for name in chosen))
                if outcome is None or outcome == here:
                    continue
                if outcome not in cheapest or cost < cheapest[outcome]:
                    cheapest[outcome], count[outcome] = cost, 0
                count[outcome] += cost == cheapest[outcome]
    found = ways_to_each_stage(answers, among=dict.fromkeys(among, "abc"))
    assert {outcome: (len(ways[0].changes), ways[0].weight) for outcome, ways in found.items()} == cheapest
    for outcome, ways in found.items():
        assert len(ways) == min(count[outcome], 60)
        assert len({way.changes for way in ways}) == len(ways)
        assert all(by_scoring(after(way, answers)) == outcome for way in ways)


def test_a_sub_type_flips_by_its_own_questions() -> None:
    answers = {"B1": "c", "B2": "c", "B3": "b", "B4": "b"}  # sales-led 8 to 0
    ways = subtype_flips(answers, stage=S)
    # one question moves two points and takes two: 6 to 2; two questions make 4 to 4
    assert {len(way.changes) for way in ways} == {2}
    for way in ways:
        leading = subtype_result(after(way, answers), stage=S, catalogue=CATALOGUE).leading
        assert leading == way.outcome == (SubtypeKey.MARKET_LED, SubtypeKey.SALES_LED)
    assert subtype_flips({}, stage=P) == ()


def test_the_line_of_verdicts_breaks_where_nothing_was_known_and_marks_moves() -> None:
    days = [date(2026, month, 1) for month in (1, 4, 7, 10)]
    points = [Point(days[0], P, None), Point(days[1], None, None), Point(days[2], S, P), Point(days[3], S, None)]
    line = line_of(points, moves={date(2026, 5, 1): "市场部", date(2020, 1, 1): "以前"})
    assert line is not None
    assert line.path.count("M") == 2
    assert [text for _x, _day, text in line.moves] == ["市场部"]
    assert [dot.x for dot in line.dots] == sorted(dot.x for dot in line.dots)
    assert line.dots[2].partner_y is not None
    assert line_of(points[:1], moves={}) is None


def after(way: Way, answers: Answers) -> dict[str, str]:
    """Return the answers with the changes of a way."""
    return {**answers, **{change.question: change.after for change in way.changes}}
