"""The rule by which people are suggested for a role: points, what cannot be judged, and the order."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from omnichannel.core.text import Bilingual
from talent.people.filling import MOST, Certified, Near, Part, Standing, near_of, suggest, suggestion_of

NAME = Bilingual("训练营", "Camp")
NOBODY = Standing("E1", "E1", "U", "U", "internal", Near.ELSEWHERE, None, Decimal(0), frozenset())
VALID, EXPIRED = Certified(NAME, "OC-1", True), Certified(NAME, "OC-0", False)


def reached(standing: Standing, share: str = "1") -> dict[Part, Decimal | None]:
    return {each.part: each.reached for each in suggestion_of(standing, role="user-ops", share=Decimal(share)).points}


def test_each_part_gives_the_points_that_the_page_states() -> None:
    assert sum(MOST.values()) == 100
    assert reached(replace(NOBODY, fit=Decimal("0.75")))[Part.FIT] == 30
    assert [reached(replace(NOBODY, near=near))[Part.NEAR] for near in Near] == [20, 12, 6, 0]
    assert [reached(replace(NOBODY, ready=years))[Part.READY] for years in (0, 1, 2, None)] == [10, 7, 4, 0]
    assert [reached(replace(NOBODY, certificates=some))[Part.CERTIFIED] for some in ((VALID,), (EXPIRED,), ())] == [
        10,
        0,
        0,
    ]
    present = [replace(NOBODY, present=Decimal(each)) for each in ("0", "0.5", "0.9", "1.4")]
    assert [reached(each)[Part.ROOM] for each in present] == [20, 10, 2, 0]
    assert reached(present[1], share="0.5")[Part.ROOM] == 20


def test_what_cannot_be_judged_counts_on_neither_side() -> None:
    unrated = suggestion_of(replace(NOBODY, near=Near.HERE), role="user-ops", share=Decimal(1))
    assert (unrated.judged, unrated.score) == (
        Decimal(50),
        Decimal(80),
    )  # 40 of time left, near by and no pool: 40 of 50
    rated = suggestion_of(replace(NOBODY, near=Near.HERE, fit=Decimal(0)), role="user-ops", share=Decimal(1))
    assert (rated.judged, rated.score) == (Decimal(90), Decimal("44.4"))


def test_who_holds_the_role_here_in_part_is_judged_by_what_would_be_added() -> None:
    partly = replace(
        NOBODY, present=Decimal("0.6"), here=Decimal("0.4"), roles=frozenset({"user-ops", "data-analysis"})
    )
    found = suggestion_of(partly, role="user-ops", share=Decimal("0.8"))
    assert (found.after, found.roles_after, found.is_too_much) == (Decimal(1), 2, False)
    assert suggest([partly], role="user-ops", share=Decimal("0.4")) == ()
    four = replace(NOBODY, roles=frozenset({"a", "b", "c"}))
    assert suggestion_of(four, role="user-ops", share=Decimal("0.1")).is_too_much
    assert suggestion_of(replace(NOBODY, present=Decimal("0.9")), role="x", share=Decimal("0.4")).is_too_much
    assert not suggestion_of(replace(NOBODY, present=Decimal("0.9")), role="x", share=Decimal("0.3")).is_too_much


def test_near_is_told_from_the_tree() -> None:
    ancestors = {"S": ("R", "B", "G"), "S2": ("R", "B", "G"), "R": ("B", "G"), "B": ("G",), "C": ("G",), "G": ()}
    told = [near_of("S", works_in, ancestors=ancestors) for works_in in ("S", "S2", "R", "B", "C", "G", "gone")]
    assert told == [Near.HERE, Near.BRANCH, Near.BRANCH, Near.REGION, Near.ELSEWHERE, Near.ELSEWHERE, Near.ELSEWHERE]
    assert near_of("B", "S", ancestors=ancestors) is Near.HERE


tenths = st.integers(0, 15).map(lambda number: Decimal(number) / 10)
standings = st.builds(
    Standing,
    person=st.text("ABC", min_size=1, max_size=4),
    name=st.just("N"),
    unit=st.just("U"),
    unit_name=st.just("U"),
    fill_mode=st.just("internal"),
    near=st.sampled_from(list(Near)),
    fit=st.none() | st.integers(0, 10).map(lambda number: Decimal(number) / 10),
    present=tenths,
    roles=st.frozensets(st.sampled_from("abcd"), max_size=4),
    ready=st.none() | st.integers(0, 2),
    certificates=st.none() | st.just(()) | st.just((VALID,)),
)


def test_who_was_never_rated_stands_behind_the_unit_itself_and_behind_who_was() -> None:
    unrated = replace(NOBODY, person="E1", near=Near.BRANCH, ready=0)  # most of the few points that can be judged
    rated = replace(NOBODY, person="E2", near=Near.BRANCH, fit=Decimal("0.5"))
    own = replace(NOBODY, person="E3", near=Near.HERE, present=Decimal(1))
    namesake = [replace(NOBODY, person=person, name=name) for person, name in (("E8", "B"), ("E9", "A"))]
    found = suggest([unrated, rated, own, *namesake], role="user-ops", share=Decimal(1))
    assert [each.standing.person for each in found] == ["E3", "E2", "E1", "E9", "E8"]


@settings(max_examples=150, deadline=None)
@given(st.lists(standings, max_size=8), st.integers(1, 10).map(lambda number: Decimal(number) / 10))
def test_the_order_is_stated_and_no_better_part_ever_lowers_a_score(people: list[Standing], share: Decimal) -> None:
    found = suggest(people, role="user-ops", share=share)
    assert [each.standing.near is Near.HERE for each in found] == sorted(
        (each.standing.near is Near.HERE for each in found), reverse=True
    )
    for one, after in pairwise(found):
        group, behind = [(each.standing.near is Near.HERE, each.standing.fit is not None) for each in (one, after)]
        assert group >= behind
        assert group > behind or (-one.score, one.after) <= (-after.score, after.after)
    for each in found:
        assert 0 <= each.score <= 100
        assert all(part.reached is None or 0 <= part.reached <= part.most for part in each.points)
        better = replace(each.standing, near=Near.HERE, ready=0)
        assert suggestion_of(better, role="user-ops", share=share).score >= each.score
