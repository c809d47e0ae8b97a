"""A change of a thing, field by field: only what differs, and over which days. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from roles.state_diff import DAYS, State, spans_of, value_on

EXISTS = "during"


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One field that differs over [start, end); both None for a field that holds on all days.

    Of the field `during` before and after are true where the thing is there.
    """

    field: str
    before: Any
    after: Any
    start: str | None = None
    end: str | None = None


def differences(before: State | None, after: State | None) -> tuple[FieldLine, ...]:
    """Return what differs, own fields first, then dated ones by the day from which they differ."""
    return (*_own(before or {}, after or {}), *_merged(_dated(before, after)))


def _own(before: State, after: State) -> Iterator[FieldLine]:
    for name in {**before, **after}:
        if name != "spans" and before.get(name) != after.get(name):
            yield FieldLine(name, before.get(name), after.get(name))


def _dated(before: State | None, after: State | None) -> Iterator[FieldLine]:
    """Yield what differs between each two days on which either state changes."""
    bounds = sorted({span[end] or "" for state in (before, after) for span in spans_of(state) for end in DAYS} | {""})
    for start, end in pairwise([*bounds, None]):
        if start is None:
            continue
        old, new = value_on(before, start), value_on(after, start)
        days = {"start": start or None, "end": end}
        if (old is None) != (new is None):
            yield FieldLine(EXISTS, old is not None, new is not None, **days)
        if old == new or (before is not None and after is not None and (old is None or new is None)):
            continue
        fields = {**(old or {}), **(new or {})}
        for name in fields:
            was, becomes = (old or {}).get(name), (new or {}).get(name)
            if (was or None) != (becomes or None):
                yield FieldLine(name, was, becomes, **days)


def _merged(lines: Iterator[FieldLine]) -> list[FieldLine]:
    """Join lines of a field that say the same over days that touch."""
    found: list[FieldLine] = []
    last: dict[str, int] = {}
    for line in lines:
        at = last.get(line.field)
        if at is not None:
            earlier = found[at]
            if (earlier.before, earlier.after, earlier.end) == (line.before, line.after, line.start):
                found[at] = replace(earlier, end=line.end)
                continue
        last[line.field] = len(found)
        found.append(line)
    return found
