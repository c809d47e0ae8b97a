"""Three-way merge of states against an oracle that looks at every single day and field by itself."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roles.choices import Thing
from roles.state_diff import State, value_on
from roles.state_lines import EXISTS
from roles.state_merge import Conflict, Merged, Side, is_same, merge

DAYS = [str(date(2026, 1, 1) + timedelta(days=10 * number)) for number in range(6)]
FIELDS = ("name", "parent", "city")
Triple = tuple[State | None, State | None, State | None]


@st.composite
def timelines(draw: st.DrawFn) -> list[dict[str, str] | None]:
    """Return what holds before the first day and from each of the days on; None: it is not there."""
    value = st.none() | st.fixed_dictionaries({name: st.sampled_from("ab") for name in FIELDS})
    return draw(st.lists(value, min_size=len(DAYS) + 1, max_size=len(DAYS) + 1))


def state_of(line: list[dict[str, str] | None], own: str, cuts: set[int]) -> State:
    """Write a timeline as a state; equal neighbours are joined but at the cuts."""
    spans: list[dict[str, Any]] = []
    bounds: list[str | None] = [None, *DAYS]
    for place, value in enumerate(line):
        end = bounds[place + 1] if place + 1 < len(bounds) else None
        if value is None:
            continue
        last = spans[-1] if spans else None
        if last is not None and last["end"] == bounds[place] and place not in cuts and {**last, **value} == last:
            last["end"] = end
        else:
            spans.append({"start": bounds[place], "end": end, **value})
    return {"note": own, "spans": spans}


@st.composite
def triples(draw: st.DrawFn) -> Triple:
    """Return base, live and wanted: each of the two others is the base, changed here and there, or gone."""
    base = draw(timelines())
    sides: list[State | None] = []
    for line in (base, *(_changed(draw, base) for _side in range(2))):
        cuts = draw(st.sets(st.integers(0, len(DAYS)), max_size=2))
        sides.append(draw(st.just(state_of(line, draw(st.sampled_from("xyz")), cuts)) | st.none()))
    return sides[0], sides[1], sides[2]


def _changed(draw: st.DrawFn, base: list[dict[str, str] | None]) -> list[dict[str, str] | None]:
    line = list(base)
    for place in draw(st.sets(st.integers(0, len(DAYS)), max_size=3)):
        kept = line[place]
        change = draw(st.sampled_from((*FIELDS, EXISTS)))
        if kept is None or change == EXISTS:
            line[place] = None if kept is not None else dict.fromkeys(FIELDS, draw(st.sampled_from("abc")))
        else:
            line[place] = {**kept, change: draw(st.sampled_from("abc"))}
    return line


def merged(base: State | None, live: State | None, wanted: State | None, **given: Any) -> Merged:
    return merge(Thing.UNITS, "U1", base=base, live=live, wanted=wanted, **given)


def expected(triple: Triple) -> tuple[dict[tuple[str, str], Any], set[tuple[str, str]]]:
    """Return the value of each field on each day, and where the sides are in conflict, looked at one by one."""
    values: dict[tuple[str, str], Any] = {}
    conflicts: set[tuple[str, str]] = set()
    for day in ("", *DAYS):
        base, live, wanted = (value_on(state, day) for state in triple)
        fields = [(EXISTS, base, live, wanted)]
        if live is not None and wanted is not None and live != wanted and base not in (live, wanted):
            fields = [(name, (base or {}).get(name), live[name], wanted[name]) for name in FIELDS]
        for name, old, now, new in fields:
            if now == new or old == new:
                values[day, name] = now
            elif old == now:
                values[day, name] = new
            else:
                values[day, name] = new
                conflicts.add((day, name))
    return values, conflicts


def told(conflicts: tuple[Conflict, ...]) -> set[tuple[str, str]]:
    """Return the day and field of each conflict, on every day that it lasts."""
    return {
        (day, each.field)
        for each in conflicts
        for day in ("", *DAYS)
        if each.field != "note" and (each.start or "") <= day and (each.end is None or day < each.end)
    }


@settings(max_examples=200, deadline=None)
@given(triples())
def test_every_day_and_field_is_merged_as_if_looked_at_alone_and_conflicts_are_those_and_no_others(
    triple: Triple,
) -> None:
    base, live, wanted = triple
    found = merged(*triple)
    for conflict in found.conflicts:
        assert conflict.base != conflict.live != conflict.wanted != conflict.base
    if is_same(base, wanted) or is_same(base, live) or is_same(live, wanted):
        assert not found.conflicts
        assert is_same(found.state, live if is_same(base, wanted) else wanted)
        return
    if live is None or wanted is None:
        assert [conflict.field for conflict in found.conflicts] == [EXISTS]
        assert found.state == wanted
        return
    values, conflicts = expected(triple)
    for (day, name), value in values.items():
        now = value_on(found.state, day)
        assert (now if name == EXISTS else (now or {}).get(name)) == value, (day, name)
    assert told(found.conflicts) == conflicts
    old, notes = (base or {}).get("note"), (live["note"], wanted["note"])
    assert any(each.field == "note" for each in found.conflicts) == (old not in notes and notes[0] != notes[1])


@settings(max_examples=120, deadline=None)
@given(triples(), st.data())
def test_a_choice_settles_its_conflict_for_good_and_no_other(triple: Triple, data: st.DataObject) -> None:
    _base, live, wanted = triple
    before = merged(*triple)
    choices = {each.id: data.draw(st.sampled_from(list(Side))) for each in before.conflicts}
    some = dict(list(choices.items())[: data.draw(st.integers(0, len(choices)))])
    after = merged(*triple, choices=some)
    assert {each.id for each in after.conflicts} == choices.keys() - some.keys()
    again = merged(after.base, live, after.state)
    assert {each.id for each in again.conflicts} == {each.id for each in after.conflicts}
    assert is_same(again.state, after.state)
    for conflict in before.conflicts:
        side = some.get(conflict.id)
        value = conflict.live if side is Side.LIVE else conflict.wanted
        if conflict.field == "note" or (live is not None and wanted is not None):
            shown = value_on(after.state, conflict.start or "") if conflict.field != "note" else after.state
            shown = shown if conflict.field == EXISTS else (shown or {}).get(conflict.field)
            assert shown == value
        else:
            assert after.state == value
    everything = merged(*triple, choices=choices)
    assert not everything.conflicts
    assert is_same(everything.base, live)


@settings(max_examples=80, deadline=None)
@given(triples())
def test_changes_that_touch_neither_the_same_field_nor_day_are_both_taken_whichever_side_they_are_on(
    triple: Triple,
) -> None:
    base, live, wanted = triple
    one, other = merged(base, live, wanted), merged(base, wanted, live)
    assert len(one.conflicts) == len(other.conflicts)
    if not one.conflicts:
        assert is_same(one.state, other.state)
    assert is_same(merged(base, live, base).state, live)
    assert is_same(merged(base, base, wanted).state, wanted)


def assignment(unit: str, share: str, end: str | None) -> State:
    return {"spans": [{"start": "2026-01-01", "end": end, "unit": unit, "share": share}]}


def test_an_assignment_is_merged_as_the_one_row_it_is() -> None:
    key = "E1/user-ops/2026-01-01"
    base = assignment("A", "1.0", None)
    both = merge(
        Thing.ASSIGNMENTS,
        key,
        base=base,
        live=assignment("A", "0.5", None),
        wanted=assignment("A", "1.0", "2026-06-01"),
    )
    assert both.state == assignment("A", "0.5", "2026-06-01")
    assert not both.conflicts
    clash = merge(
        Thing.ASSIGNMENTS,
        key,
        base=base,
        live=assignment("A", "1.0", "2026-05-01"),
        wanted=assignment("A", "1.0", "2026-06-01"),
    )
    assert [(each.field, each.base, each.live, each.wanted) for each in clash.conflicts] == [
        ("end", None, "2026-05-01", "2026-06-01")
    ]


def person(spans: list[tuple[str, str | None, str]], left: str | None) -> State:
    jobs = [{"start": start, "end": end, "unit": unit} for start, end, unit in spans]
    return {"display_name": "E", "hired_on": "2020-01-01", "left_on": left, "spans": jobs}


@pytest.mark.parametrize("side", list(Side))
def test_who_leaves_live_and_moves_in_the_draft_is_one_conflict_and_the_own_days_follow_the_choice(side: Side) -> None:
    base = person([("2020-01-01", None, "A")], None)
    live = person([("2020-01-01", "2026-06-01", "A")], "2026-06-01")
    wanted = person([("2020-01-01", "2026-03-01", "A"), ("2026-03-01", None, "B")], None)
    found = merge(Thing.PEOPLE, "E1", base=base, live=live, wanted=wanted)
    assert [(each.field, each.start, each.live) for each in found.conflicts] == [(EXISTS, "2026-06-01", None)]
    settled = merge(Thing.PEOPLE, "E1", base=base, live=live, wanted=wanted, choices={found.conflicts[0].id: side})
    assert settled.state is not None
    assert settled.state["left_on"] == ("2026-06-01" if side is Side.LIVE else None)
    assert settled.state["spans"][-1]["end"] == settled.state["left_on"]
    assert settled.state["spans"][-1]["unit"] == "B"
