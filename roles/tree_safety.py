"""Whether lines hold together, on one day or on every day: what is there when, and loops. Pure, by events, not days.

Days are half-open pairs of dates; an open side is `date.min` or `date.max`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

Days = tuple[date, date]
ALWAYS: Days = (date.min, date.max)


@dataclass(frozen=True, slots=True)
class Link:
    """Over these days a thing hangs below `to`."""

    days: Days
    to: str


@dataclass(frozen=True, slots=True)
class Loop:
    """Things that hang below each other in a ring from `since` on, each below the next, the last below the first."""

    path: tuple[str, ...]
    since: date


def days_of(start: date | None, end: date | None) -> Days:
    """Return the days of a span whose open sides are None."""
    return start or date.min, end or date.max


def open_day(day: date) -> date | None:
    """Return the day, or None where it stands for an open side."""
    return None if day in ALWAYS else day


def merged(days: Iterable[Days]) -> list[Days]:
    """Return the days as stretches apart from each other, earliest first."""
    found: list[Days] = []
    for start, end in sorted(days):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def stretches(rows: Iterable[tuple[str, Days]]) -> dict[str, list[Days]]:
    """Return the days of each key as stretches apart from each other, earliest first."""
    found: dict[str, list[Days]] = {}
    for key, days in rows:
        found.setdefault(key, []).append(days)
    return {key: merged(days) for key, days in found.items()}


def common(one: Days, other: Days) -> Days | None:
    """Return the days that both have, if any."""
    start, end = max(one[0], other[0]), min(one[1], other[1])
    return (start, end) if start < end else None


def missing(days: Days, there: Sequence[Days]) -> Days | None:
    """Return the first stretch of the days that `there` (merged) does not hold."""
    start, end = days
    for begun, over in there:
        if over <= start:
            continue
        if begun > start:
            return start, min(begun, end)
        start = over
        if start >= end:
            return None
    return (start, end) if start < end else None


def without(days: Days, there: Sequence[Days]) -> list[Days]:
    """Return the parts of the days that `there` (merged) does not hold."""
    start, end = days
    found: list[Days] = []
    while start < end and (part := missing((start, end), there)) is not None:
        found.append(part)
        start = part[1]
    return found


def within(days: Days, there: Sequence[Days]) -> list[Days]:
    """Return the parts of the days that `there` holds."""
    return [part for each in there if (part := common(days, each)) is not None]


def loops(links: Mapping[str, Sequence[Link]], *, among: Collection[str]) -> list[Loop]:
    """Return each loop that holds on some day and has one of the given things in it, once, from its first day on."""
    knotted = _knotted(links)
    within_knot = {key: links[key] for key in knotted}
    found: dict[frozenset[str], Loop] = {}
    for start in among:
        if start not in knotted:
            continue
        for loop in _from(start, within_knot):
            known = found.get(frozenset(loop.path))
            if known is None or loop.since < known.since:
                found[frozenset(loop.path)] = loop
    return list(found.values())


def _knotted(links: Mapping[str, Sequence[Link]]) -> set[str]:
    """Return the things that are on a ring, or lead to one, when days are left out: nearly always none."""
    above = {key: {link.to for link in some} for key, some in links.items()}
    below: dict[str, list[str]] = {}
    for key, tos in above.items():
        for to in tos:
            below.setdefault(to, []).append(key)
    open_ends = {key: len(tos) for key, tos in above.items()}
    done = [to for to in below if to not in above] + [key for key, count in open_ends.items() if not count]
    while done:
        for key in below.get(done.pop(), ()):
            open_ends[key] -= 1
            if not open_ends[key]:
                done.append(key)
    return {key for key, count in open_ends.items() if count}


def _from(start: str, links: Mapping[str, Sequence[Link]]) -> Iterable[Loop]:
    waiting: list[tuple[str, Days, tuple[str, ...]]] = [(start, ALWAYS, (start,))]
    while waiting:
        key, days, path = waiting.pop()
        for link in links.get(key, ()):
            shared = common(days, link.days)
            if shared is None:
                continue
            if link.to == start:
                yield Loop(path, shared[0])
            elif link.to not in path:
                waiting.append((link.to, shared, (*path, link.to)))


def find_loops(parents: Mapping[str, str | None], *, among: Iterable[str]) -> list[tuple[str, ...]]:
    """Return each loop of one day that the given ids are part of, once, as the ids on it in order."""
    done: set[str] = set()
    loops = []
    for start in among:
        path: dict[str, int] = {}
        at: str | None = start
        while at is not None and at not in done and at not in path:
            path[at] = len(path)
            at = parents.get(at)
        if at is not None and at in path:
            loops.append(tuple(path)[path[at] :])
        done.update(path)
    return loops


def turned_to(first: str, loop: Sequence[str]) -> tuple[str, ...]:
    """Return the same loop, begun at one of its ids."""
    place = loop.index(first)
    return (*loop[place:], *loop[:place])


def loop_text(loop: Sequence[str]) -> str:
    """Write a loop as a chain that comes back to its first id."""
    return " → ".join([*loop, loop[0]])
