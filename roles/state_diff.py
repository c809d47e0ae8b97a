"""How two states of a thing differ: from which day on, and in which fields. Pure.

A state is JSON: the fields of the thing itself, and under `spans` its dated facts, earliest first, each with `start`
and `end` (texts of days, None where open) and its own fields. A thing that is not there is None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

State = dict[str, Any]
DAYS = ("start", "end")
# days of a person's own that only repeat what the dated facts say
STAY = ("hired_on", "left_on")


def spans_of(state: State | None) -> Sequence[Mapping[str, Any]]:
    """Return the dated facts of a state, earliest first."""
    return state["spans"] if state is not None else ()


def value_on(state: State | None, day: str) -> dict[str, Any] | None:
    """Return the fields that hold on a day (`YYYY-MM-DD`), or None when the thing is not there then."""
    for span in spans_of(state):
        if (span["start"] or "") <= day and (span["end"] is None or day < span["end"]):
            return {name: value for name, value in span.items() if name not in DAYS}
    return None


def first_difference(before: State | None, after: State | None) -> date | None:
    """Return the first day on which the dated facts differ; None when they do from the first records on, or never."""
    if before is None or after is None:
        spans = spans_of(before) or spans_of(after)
        return date.fromisoformat(spans[0]["start"]) if spans and spans[0]["start"] else None
    bounds = {span[end] or "" for state in (before, after) for span in spans_of(state) for end in DAYS}
    for day in sorted({"", *bounds}):
        if value_on(before, day) != value_on(after, day):
            return date.fromisoformat(day) if day else None
    return None


def changed_fields(before: State | None, after: State | None) -> list[str]:
    """Return the names of the fields that differ, own and dated ones together; `during` when only days do."""
    if before is None or after is None:
        return []
    own = [name for name in {**before, **after} if name != "spans" and before.get(name) != after.get(name)]
    if before["spans"] == after["spans"]:
        return sorted(own)
    days = {"", *(span[end] or "" for state in (before, after) for span in spans_of(state) for end in DAYS)}
    dated: set[str] = set()
    for day in days:
        old, new = value_on(before, day), value_on(after, day)
        if old is None or new is None:
            dated |= {"during"} if old != new else set()
            continue
        dated |= {name for name in {**old, **new} if old.get(name) != new.get(name)}
    return sorted({*own, *dated})


def differs_before(day: str, before: State | None, after: State | None) -> bool:
    """Tell whether two states differ on any day before this one, or in a field of the thing itself that has no days."""
    if before is not None and after is not None:
        own = {**before, **after}.keys() - {"spans", *STAY}
        if any(before.get(name) != after.get(name) for name in own):
            return True
    bounds = {"", *(span[end] or "" for state in (before, after) for span in spans_of(state) for end in DAYS)}
    return any(value_on(before, each) != value_on(after, each) for each in bounds if each < day)
