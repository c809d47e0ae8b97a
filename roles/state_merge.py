"""Bringing two changes of one thing together: three-way, per day and per field. Pure.

Of each field on each day the side that changed it is taken. Where both changed it, and not alike, that is a conflict;
the scenario's side stands until somebody chooses. Who removed a thing that the other side changed is in conflict too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import pairwise
from typing import Any

from roles.choices import Thing
from roles.state_diff import DAYS, STAY, State, spans_of, value_on
from roles.state_lines import EXISTS

Value = dict[str, Any] | None


class Side(Enum):
    """Whose value holds in a conflict."""

    LIVE = "live"
    DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Conflict:
    """Both sides changed a field over [start, end) to different values; both days None: one that has no days.

    Of the field `during`, whether the thing is there, the values are all its fields, None on the side that ended it.
    """

    thing: Thing
    key: str
    field: str
    start: str | None
    end: str | None
    base: Any
    live: Any
    wanted: Any

    @property
    def id(self) -> str:
        """Return what names the conflict as long as both sides stay as they are."""
        sides = json.dumps([self.end, self.base, self.live, self.wanted], sort_keys=True, default=str)
        digest = hashlib.sha256(sides.encode()).hexdigest()[:12]
        return "|".join((self.thing.value, self.key, self.field, self.start or "", digest))


@dataclass(frozen=True, slots=True)
class Merged:
    """What comes of both sides. `base` is what the scenario then rests on: the live state but in open conflicts."""

    state: State | None
    base: State | None
    conflicts: tuple[Conflict, ...] = ()


@dataclass(slots=True)
class _Merge:
    """One merge on its way: what has been chosen already, and the conflicts found."""

    thing: Thing
    key: str
    choices: Mapping[str, Side]
    found: list[Conflict] = field(default_factory=list)

    def decide(self, conflict: Conflict) -> tuple[Any, Any]:
        """Return the merged value and the new base of a field in conflict."""
        side = self.choices.get(conflict.id)
        if side is None:
            self.found.append(conflict)
            return conflict.wanted, conflict.base
        return (conflict.live if side is Side.LIVE else conflict.wanted), conflict.live

    def field(self, name: str, base: Any, live: Any, wanted: Any, *, days: tuple[str | None, str | None]) -> Any:
        """Return the merged value and the new base of one field."""
        if wanted in (base, live):
            return live, live
        if live == base:
            return wanted, live
        return self.decide(Conflict(self.thing, self.key, name, *days, base, live, wanted))


def merge(
    thing: Thing,
    key: str,
    *,
    base: State | None,
    live: State | None,
    wanted: State | None,
    choices: Mapping[str, Side] | None = None,
) -> Merged:
    """Bring the live and the wanted state together. `choices` settle conflicts, by their ids."""
    if is_same(wanted, base) or is_same(wanted, live):
        return Merged(live, live)
    if is_same(live, base):
        return Merged(wanted, live)
    work = _Merge(thing, key, _for_all_days(thing, key, base, live, wanted, choices or {}))
    if live is None or wanted is None:
        state, rest = work.decide(Conflict(thing, key, EXISTS, None, None, base, live, wanted))
        return Merged(state, rest, tuple(work.found))
    if thing is Thing.ASSIGNMENTS:
        state, rest = _one_record(work, base, live, wanted)
    else:
        state, rest = _dated(work, base, live, wanted)
    return Merged(state, rest, tuple(_joined_conflicts(work.found)))


def is_same(one: State | None, two: State | None) -> bool:
    """Tell whether two states say the same on every day, wherever their facts are cut."""
    if one is None or two is None:
        return one is two
    own = {**one, **two}.keys() - {"spans"}
    return all(one.get(name) == two.get(name) for name in own) and all(
        value_on(one, day) == value_on(two, day) for day in bounds(one, two)
    )


def bounds(*states: State | None) -> list[str]:
    """Return the days on which any of the states may change, earliest first; the empty text is before all days."""
    return sorted({"", *(span[end] or "" for state in states for span in spans_of(state) for end in DAYS)})


def _for_all_days(
    thing: Thing, key: str, base: State | None, live: State | None, wanted: State | None, choices: Mapping[str, Side]
) -> Mapping[str, Side]:
    """Spread the choice made for joined days over the days that they were joined from."""
    if not choices or live is None or wanted is None:
        return choices
    work = _Merge(thing, key, {})
    (_one_record if thing is Thing.ASSIGNMENTS else _dated)(work, base, live, wanted)
    spread = dict(choices)
    for whole in _joined_conflicts(work.found):
        side = choices.get(whole.id)
        for part in work.found:
            if (
                side is not None
                and part.field == whole.field
                and (whole.start or "") <= (part.start or "")
                and _ends_by(part, whole)
            ):
                spread[part.id] = side
    return spread


def _ends_by(part: Conflict, whole: Conflict) -> bool:
    return whole.end is None or (part.end is not None and part.end <= whole.end)


def _one_record(work: _Merge, base: State | None, live: State, wanted: State) -> tuple[State, State]:
    """Merge what is one row on all its days, as an assignment is: its end is a field like others."""
    old, now, new = (spans_of(state)[0] if spans_of(state) else {} for state in (base, live, wanted))
    state: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    for name in {**now, **new}:
        state[name], rest[name] = work.field(name, old.get(name), now.get(name), new.get(name), days=(None, None))
    return {**live, "spans": [state]}, {**live, "spans": [rest]}


def _dated(work: _Merge, base: State | None, live: State, wanted: State) -> tuple[State, State]:
    state: State = {}
    rest: State = {}
    for name in {**live, **wanted}:
        if name in STAY:
            told = live if wanted.get(name) == (base or {}).get(name) else wanted
            state[name], rest[name] = told.get(name), live.get(name)
        elif name != "spans":
            values = ((base or {}).get(name), live.get(name), wanted.get(name))
            state[name], rest[name] = work.field(name, *values, days=(None, None))
    cuts = bounds(live)
    parts = list(_parts(work, base, live, wanted))
    state["spans"] = joined_spans([(start, end, value) for start, end, value, _rest in parts], cuts=cuts)
    rest["spans"] = joined_spans([(start, end, value) for start, end, _value, value in parts], cuts=cuts)
    return _stays(state, begun=live.get("hired_on") != wanted.get("hired_on")), rest


def _parts(
    work: _Merge, base: State | None, live: State, wanted: State
) -> Iterator[tuple[str | None, str | None, Value, Value]]:
    """Yield (start, end, merged, new base) between each two days on which any of the states changes."""
    for start, end in pairwise([*bounds(base, live, wanted), None]):
        day = start or ""
        old, now, new = (value_on(state, day) for state in (base, live, wanted))
        days = (start or None, end)
        if now is None or new is None or new in (old, now) or now == old:
            value, rest = work.field(EXISTS, old, now, new, days=days)
            yield *days, value, rest
            continue
        value, rest = {}, {}
        for name in {**now, **new}:
            value[name], rest[name] = work.field(name, (old or {}).get(name), now.get(name), new.get(name), days=days)
        yield *days, _kept(value, now, new), _kept(rest, now, new)


def _kept(value: dict[str, Any], *sides: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what no side says: columns that are only there where they are given."""
    return {name: each for name, each in value.items() if each is not None or all(name in side for side in sides)}


def joined_spans(parts: list[tuple[str | None, str | None, Value]], *, cuts: list[str]) -> list[dict[str, Any]]:
    """Join parts that say the same, but where the live facts are cut: what has not changed is not written again."""
    found: list[dict[str, Any]] = []
    for start, end, value in parts:
        if value is None:
            continue
        last = found[-1] if found else None
        same = last is not None and last["end"] == start and {**last, **value} == last and len(last) == len(value) + 2
        if last is not None and same and start not in cuts:
            last["end"] = end
        else:
            found.append({"start": start, "end": end, **value})
    return found


def _stays(state: State, *, begun: bool) -> State:
    """Let a person's own days say what the dated facts do: the last unbroken stay, its beginning where sides differ."""
    spans = state["spans"]
    if "left_on" not in state or not spans:
        return state
    first = len(spans) - 1
    while first and spans[first - 1]["end"] == spans[first]["start"]:
        first -= 1
    since = spans[first]["start"]
    hired_on = since if begun and since is not None and since < state["hired_on"] else state["hired_on"]
    return {**state, "hired_on": hired_on, "left_on": spans[-1]["end"]}


def _joined_conflicts(found: list[Conflict]) -> list[Conflict]:
    """Make one of conflicts that say the same over days that touch."""
    joined: list[Conflict] = []
    last: dict[str, int] = {}
    for one in found:
        at = last.get(one.field)
        if at is not None and replace(joined[at], start=joined[at].end, end=one.end) == one and one.start is not None:
            joined[at] = replace(joined[at], end=one.end)
            continue
        last[one.field] = len(joined)
        joined.append(one)
    return joined
