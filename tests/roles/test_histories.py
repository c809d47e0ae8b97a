"""What a file that tells of a thing in dated rows makes of what is known."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from roles.histories import Told, crossing, retold
from roles.timeline import Span, at

TODAY = date(2026, 11, 1)
DAY0 = date(2024, 1, 1)


@st.composite
def spans(draw: st.DrawFn) -> list[Span[str]]:
    bounds = sorted(draw(st.sets(st.integers(0, 1500), min_size=2, max_size=8)))
    days: list[date | None] = [DAY0 + timedelta(days=bound) for bound in bounds]
    if draw(st.booleans()):
        days[0] = None
    if draw(st.booleans()):
        days[-1] = None
    pairs = list(pairwise(days))
    kept = [pair for pair in pairs if draw(st.booleans())] or pairs[:1]
    return [Span(start, end, draw(st.sampled_from("ABC")), key) for key, (start, end) in enumerate(kept)]


def rows_of(known: list[Span[str]]) -> list[Told[str]]:
    return [Told(span.start, span.end, lambda _held, value=span.value: value) for span in known]


def bare(known: list[Span[str]]) -> list[tuple[date | None, date | None, str]]:
    return [(span.start, span.end, span.value) for span in known]


@given(spans(), st.randoms(use_true_random=False))
def test_a_history_told_again_changes_nothing_in_whatever_order_its_rows_come(known, random) -> None:  # type: ignore[no-untyped-def]
    rows = rows_of(known)
    random.shuffle(rows)
    assert crossing(rows) is None
    assert retold(known, rows, today=TODAY, since=None) == known


@given(spans())
def test_a_history_told_where_nothing_is_known_makes_just_that_history(known: list[Span[str]]) -> None:
    assert bare(retold([], rows_of(known), today=TODAY, since=known[0].start)) == bare(known)


@given(spans(), st.integers(0, 1500))
def test_a_row_of_one_day_told_again_changes_nothing(known: list[Span[str]], offset: int) -> None:
    day = DAY0 + timedelta(days=offset)
    held = at(known, day)
    if held is not None:
        row: Told[str] = Told(day, known[-1].end, lambda _held: held.value)
        assert retold(known, [row], today=TODAY, since=None) == known


def test_a_row_without_a_day_holds_from_today_until_what_is_planned() -> None:
    known = [Span(None, date(2027, 1, 1), "A", 1), Span(date(2027, 1, 1), None, "B", 2)]
    after = retold(known, [Told(None, None, lambda _held: "C")], today=TODAY, since=None)
    assert bare(after) == [(None, TODAY, "A"), (TODAY, date(2027, 1, 1), "C"), (date(2027, 1, 1), None, "B")]


def test_the_end_of_a_single_row_ends_everything_behind_it() -> None:
    known = [Span(None, date(2027, 1, 1), "A", 1), Span(date(2027, 1, 1), None, "B", 2)]
    after = retold(known, [Told(None, date(2026, 12, 1), lambda _held: "A")], today=TODAY, since=None)
    assert bare(after) == [(None, date(2026, 12, 1), "A")]


def test_two_rows_of_one_day_are_told() -> None:
    rows = [Told(date(2026, 1, 1), None, str), Told(None, date(2026, 1, 2), str)]
    assert crossing(rows) == (1, 0)
