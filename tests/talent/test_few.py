"""No rate without names tells of one to four people, neither by itself nor less what the reader sees anyway."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import combinations

from kpis.queries.analyses.story import FEWEST
from talent.choices import EnrolmentState
from talent.models import CourseResult
from talent.queries.courses import Participant, figures_of
from talent.queries.few import tells_few

NAMES = "ABCDEFGH"


def taken(person: str, *, sat_the_exam: bool) -> Participant:
    score = Decimal(80) if sat_the_exam else None
    result = CourseResult(completed_on=date(2026, 5, 4), exam_score=score, passed=sat_the_exam or None)
    return Participant(ord(person), person, person, EnrolmentState.ENROLLED, frozenset(), result, 1, None)


def test_what_is_left_of_a_whole_is_nobody_or_five_people_at_least() -> None:
    for known in range(len(NAMES) + 1):
        rest = len(NAMES) - known
        assert tells_few(NAMES, NAMES[:known]) is (0 < rest < FEWEST)
    assert not tells_few("", "")
    assert tells_few("ABCDEFG", "ABC", "CD")  # E, F and G, though three and two are five as well


def test_every_reader_of_every_course_of_up_to_eight_people_learns_of_no_small_group() -> None:
    told = 0
    for size in range(1, len(NAMES) + 1):
        people = [taken(person, sat_the_exam=place % 4 != 3) for place, person in enumerate(NAMES[:size])]
        wrote = {one.person for one in people if one.result and one.result.exam_score is not None}
        for count in range(size + 1):
            for seen in combinations(NAMES[:size], count):
                figures = figures_of(people, [], seen=seen)
                for rate, rest in (
                    (figures.completion_rate, size - count),
                    (figures.pass_rate, len(wrote - set(seen))),
                ):
                    assert (rate is None) is (0 < rest < FEWEST)
                    told += rate is not None
    assert told
    assert figures_of([taken("A", sat_the_exam=True)], []).completion_rate == 100  # HR sees everybody
