"""Loops and gaps found from events are those that a look at every single day finds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from roles.tree_safety import ALWAYS, Days, Link, loops, merged, missing, within, without

FIRST = date(2026, 1, 1)
COUNT = 8
BOUNDS = st.tuples(st.integers(0, COUNT), st.integers(0, COUNT)).filter(lambda pair: pair[0] < pair[1])
STRETCHES = BOUNDS.map(lambda pair: (FIRST + timedelta(days=pair[0]), FIRST + timedelta(days=pair[1])))
KEYS = "abcde"


def days(stretch: Days) -> set[int]:
    return {day for day in range(COUNT) if stretch[0] <= FIRST + timedelta(days=day) < stretch[1]}


@given(st.lists(STRETCHES, max_size=4), STRETCHES)
def test_what_is_missing_is_the_first_stretch_of_days_that_are_not_there(there: list[Days], asked: Days) -> None:
    held = {day for stretch in there for day in days(stretch)}
    gap = missing(asked, merged(there))
    lacking = days(asked) - held
    assert (gap is None) is not bool(lacking)
    assert [day for part in without(asked, merged(there)) for day in sorted(days(part))] == sorted(lacking)
    if gap is not None:
        assert days(gap) <= lacking
        assert min(lacking) in days(gap)
        assert max(days(gap)) + 1 not in lacking
    assert {day for part in within(asked, merged(there)) for day in days(part)} == days(asked) & held


@given(
    st.dictionaries(
        st.sampled_from(KEYS), st.lists(st.tuples(STRETCHES, st.sampled_from(KEYS)), max_size=3), max_size=5
    ),
    st.sets(st.sampled_from(KEYS)),
)
def test_loops_are_those_of_some_single_day(drawn: dict[str, list[tuple[Days, str]]], among: set[str]) -> None:
    links = {key: [Link(stretch, to) for stretch, to in apart(some)] for key, some in drawn.items()}
    expected: dict[frozenset[str], date] = {}
    for day in range(COUNT):
        above = {key: link.to for key, some in links.items() for link in some if day in days(link.days)}
        for start in among:
            path = [start]
            while (at := above.get(path[-1])) is not None and at not in path:
                path.append(at)
            if at == start:
                expected.setdefault(frozenset(path), FIRST + timedelta(days=day))
    found = loops(links, among=among)
    assert {frozenset(loop.path): loop.since for loop in found} == expected
    for loop in found:
        for one, other in zip(loop.path, [*loop.path[1:], loop.path[0]], strict=True):
            assert any(link.to == other for link in links[one])


def apart(drawn: list[tuple[Days, str]]) -> list[tuple[Days, str]]:
    """Keep of the links of one thing those that do not hold on one day."""
    kept: list[tuple[Days, str]] = []
    for stretch, to in drawn:
        if not any(days(stretch) & days(other) for other, _to in kept):
            kept.append((stretch, to))
    return kept


class Counted(list[Link]):
    """Links that count how often they are gone through."""

    looks = 0

    def __iter__(self) -> Iterator[Link]:
        Counted.looks += 1
        return super().__iter__()


def test_a_chain_of_5000_is_looked_through_once_not_from_each_of_its_links() -> None:
    links = {str(number): Counted([Link(ALWAYS, str(number + 1))]) for number in range(5000)}
    assert loops(links, among=links) == []
    assert 5000 <= Counted.looks <= 20_000
    links["5000"] = Counted([Link(ALWAYS, "4998")])
    assert [len(loop.path) for loop in loops(links, among=["5000"])] == [3]
