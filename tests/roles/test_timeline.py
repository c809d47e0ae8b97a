"""Spans of a dated fact: whatever is done to them, they never overlap, and the past stays."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from roles.timeline import Span, at, change_from, clip

FIRST = date(2026, 1, 1)
DAYS = st.integers(0, 60).map(lambda days: FIRST + timedelta(days=days))
CHANGES = st.lists(st.tuples(st.sampled_from("abc"), DAYS), max_size=12)


def replayed(changes: list[tuple[str, date]]) -> list[Span[str]]:
    spans: list[Span[str]] = [Span(None, None, "first")]
    for value, on in changes:
        spans = change_from(spans, value=value, on=on)
    return spans


@given(CHANGES)
def test_spans_cover_all_time_without_overlap(changes: list[tuple[str, date]]) -> None:
    spans = replayed(changes)
    assert spans[0].start is None
    assert spans[-1].end is None
    assert all(before.end == after.start for before, after in pairwise(spans))


@given(CHANGES, st.sampled_from("abc"), DAYS)
def test_a_change_holds_on_its_day_and_leaves_every_earlier_day_alone(
    changes: list[tuple[str, date]], value: str, on: date
) -> None:
    before, after = replayed(changes), replayed([*changes, (value, on)])
    found = at(after, on)
    assert found is not None
    assert found.value == value
    for offset in range(1, 70):
        day = on - timedelta(days=offset)
        then, now = at(before, day), at(after, day)
        assert then is not None
        assert now is not None
        assert then.value == now.value


@given(CHANGES, st.sampled_from("abc"), DAYS)
def test_the_same_change_again_changes_nothing(changes: list[tuple[str, date]], value: str, on: date) -> None:
    once = replayed([*changes, (value, on)])
    assert change_from(once, value=value, on=on) == once


@given(CHANGES, DAYS, DAYS)
def test_clipped_spans_begin_and_end_where_told(changes: list[tuple[str, date]], one: date, other: date) -> None:
    start, end = min(one, other), max(one, other) + timedelta(days=1)
    spans = clip(replayed(changes), start=start, end=end)
    assert spans[0].start == start
    assert spans[-1].end == end
    assert all(before.end == after.start for before, after in pairwise(spans))


def test_a_change_before_all_spans_ends_where_the_first_begins() -> None:
    later = Span(date(2026, 5, 1), None, "later")
    assert change_from([later], value="early", on=FIRST) == [Span(FIRST, date(2026, 5, 1), "early"), later]
