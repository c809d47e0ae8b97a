"""Spans of a dated fact: whatever is done to them, they never overlap, and the past stays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from roles.timeline import Span, at, change_from, changed_between, clip, keyed, revise

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


def test_a_stored_row_goes_to_the_span_that_says_just_the_same_and_to_no_other() -> None:
    day, later = date(2026, 5, 1), date(2026, 6, 1)
    stored = [Span(FIRST, day, "a", 1), Span(day, later, "b", 2)]
    cut = [Span(FIRST, day, "c", 2), Span(day, later, "b")]
    assert keyed(cut, before=stored) == [Span(FIRST, day, "c"), stored[1]]


@dataclass(frozen=True)
class Place:
    """Two fields that change by themselves."""

    name: str
    above: str


PLACES = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), DAYS), max_size=6)


@given(PLACES, st.sampled_from("ab"), st.sampled_from("xy"), DAYS)
def test_a_revision_reaches_as_far_as_the_old_value_was_carried_along(
    changes: list[tuple[str, str, date]], name: str, above: str, on: date
) -> None:
    spans: list[Span[Place]] = [Span(None, None, Place("a", "x"))]
    for one, other, day in changes:
        spans = change_from(spans, value=Place(one, other), on=day)
    days = [FIRST + timedelta(days=offset) for offset in range(-1, 62)]
    expected = {day: place_on(spans, day) for day in days}
    old = place_on(spans, on)
    for field, new in (("name", name), ("above", above)):
        for day in days:
            if day < on:
                continue
            if getattr(expected[day], field) != getattr(old, field):
                break
            expected[day] = replace(expected[day], **{field: new})
    after = revise(spans, value=Place(name, above), on=on)
    assert {day: place_on(after, day) for day in days} == expected
    assert revise(after, value=Place(name, above), on=on) == after


@given(CHANGES, DAYS, DAYS)
def test_a_change_between_two_days_leaves_all_others_alone(
    changes: list[tuple[str, date]], one: date, other: date
) -> None:
    start, end = min(one, other), max(one, other) + timedelta(days=1)
    before = replayed(changes)
    after = changed_between(before, start=start, end=end, change=str.upper)
    for offset in range(-1, 70):
        day = FIRST + timedelta(days=offset)
        old, new = at(before, day), at(after, day)
        assert old is not None
        assert new is not None
        assert new.value == (old.value.upper() if start <= day < end else old.value)


def place_on(spans: list[Span[Place]], day: date) -> Place:
    found = at(spans, day)
    assert found is not None
    return found.value
