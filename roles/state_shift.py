"""A wanted state moved along when its scenario is to hold from another day. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from roles.choices import Thing
from roles.holdings import split_assignment_key
from roles.state_diff import State, value_on
from roles.state_merge import Value, bounds, joined_spans


def shifted(
    thing: Thing, key: str, *, base: State | None, wanted: State | None, old: str, new: str
) -> tuple[str, State | None]:
    """Return key and state of a thing whose changes began on `old` and are to begin on `new` (texts of days).

    What changes on a later day of its own stays there, or begins on `new` where that comes later. An assignment is
    known by the day it begins on: its key may be another one.
    """
    state = wanted if wanted is not None else base
    if state is None:
        return key, None
    cuts = bounds(base) if base is not None else []
    days = [*sorted({*bounds(base, wanted), old, new}), None]
    parts = [(start or None, end, _value(base, wanted, start, old, new)) for start, end in _pairs(days)]
    spans = joined_spans(parts, cuts=cuts)
    if not spans:
        return key, None
    moved = {**state, "spans": spans}
    if thing is Thing.ASSIGNMENTS:
        person, role, start = split_assignment_key(key)
        return (f"{person}/{role}/{spans[0]['start']}" if str(start) == old else key), moved
    if "left_on" in moved:
        hired_on = moved["hired_on"]
        moved |= {"hired_on": new if hired_on == old else hired_on, "left_on": spans[-1]["end"]}
    return key, moved


def _pairs(days: list[str | None]) -> Iterator[tuple[str, str | None]]:
    for start, end in pairwise(days):
        yield start or "", end


def _value(base: State | None, wanted: State | None, day: str, old: str, new: str) -> Value:
    """Return what is wanted on a day: before `new` nothing else than there was, from then on what `old` brought."""
    if day < new:
        return value_on(base, day)
    if day >= old:
        return value_on(wanted, day)
    was, brought, there = value_on(base, old), value_on(wanted, old), value_on(base, day)
    if was == brought:
        return there
    if was is None or brought is None:
        return brought
    if there is None:  # it comes into being only later, live: what is wanted of it waits for that
        return None
    return {**there, **{name: value for name, value in brought.items() if was.get(name) != value}}
