"""How two pictures of an organisation differ: what came, went, moved or was edited. Pure.

A picture is everything that is there on a day, as known at some moment; two days, two moments of knowledge or two plans
are compared alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from roles.choices import Thing

Value = object
Key = tuple[Thing, str]


class Difference(StrEnum):
    """What happened to a thing between two pictures."""

    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    EDITED = "edited"

    @property
    def letter(self) -> str:
        """The mark beside the colour."""
        return {"added": "A", "removed": "R", "moved": "M", "edited": "E"}[self.value]


# The field that says where a thing stands: another value there is a move.
PLACE = {Thing.UNITS: "parent", Thing.SEATS: "unit", Thing.PEOPLE: "unit", Thing.ASSIGNMENTS: "unit"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A thing in a picture. `unit` is the unit under which it is listed, `values` what is compared, by field.

    One that went and one that came with the same `pair` are the same thing moved: a role held in another unit.
    """

    name: str
    unit: str | None
    values: Mapping[str, Value]
    pair: str = ""


Picture = Mapping[Key, Entry]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs; None is nothing there."""

    field: str
    before: Value
    after: Value


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs. `unit` is where it stands in the later picture, or stood when it went."""

    thing: Thing
    external_id: str
    name: str
    kind: Difference
    unit: str | None
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """The changes listed under one unit; None holds what stands under none."""

    unit: str | None
    changes: tuple[Change, ...]


def compare(before: Picture, after: Picture) -> tuple[Change, ...]:
    """Return what differs, by kind of thing and id; of what came or went the fields that are given."""
    before = _paired(before, after)
    order = list(Thing)
    keys = sorted({*before, *after}, key=lambda key: (order.index(key[0]), key[1]))
    found = (_change(key, before.get(key), after.get(key)) for key in keys)
    return tuple(change for change in found if change is not None)


def counted(changes: Iterable[Change]) -> dict[tuple[Thing, Difference], int]:
    """Return how many things of each kind changed in which way."""
    return dict(Counter((change.thing, change.kind) for change in changes))


def grouped(changes: Sequence[Change], *, units: Iterable[str]) -> tuple[Group, ...]:
    """Return the changes by the unit they are listed under, in the order of `units`; what those lack comes last."""
    by_unit: dict[str | None, list[Change]] = {unit: [] for unit in units}
    for change in changes:
        by_unit.setdefault(change.unit, []).append(change)
    return tuple(Group(unit, tuple(found)) for unit, found in by_unit.items() if found)


def _paired(before: Picture, after: Picture) -> Picture:
    """Give what moved its later key, where one of a pair went and one came."""
    came, went = _by_pair(after, before), _by_pair(before, after)
    renamed = {went[pair][0]: came[pair][0] for pair in went if len(went[pair]) == len(came.get(pair, ())) == 1}
    return {renamed.get(key, key): entry for key, entry in before.items()} if renamed else before


def _by_pair(picture: Picture, other: Picture) -> dict[str, list[Key]]:
    found: dict[str, list[Key]] = {}
    for key, entry in picture.items():
        if entry.pair and key not in other:
            found.setdefault(entry.pair, []).append(key)
    return found


def _change(key: Key, before: Entry | None, after: Entry | None) -> Change | None:
    thing, external_id = key
    fields = _fields(before.values if before else {}, after.values if after else {})
    if before is None or after is None:
        kind = Difference.ADDED if before is None else Difference.REMOVED
        there = after or before
        if there is None:
            return None
        return Change(thing, external_id, there.name, kind, there.unit, fields)
    if not fields:
        return None
    place = PLACE.get(thing)
    kind = Difference.MOVED if any(each.field == place for each in fields) else Difference.EDITED
    return Change(thing, external_id, after.name, kind, after.unit, fields)


def _fields(before: Mapping[str, Value], after: Mapping[str, Value]) -> tuple[FieldChange, ...]:
    changed = ((name, before.get(name), after.get(name)) for name in {**before, **after})
    return tuple(FieldChange(name, old, new) for name, old, new in changed if old != new)
