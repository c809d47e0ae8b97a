"""What a draft does to each node of the chart on a day: added, moved, changed; and what it has closed by then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from roles.chart.nodes import THINGS, key_of
from roles.choices import Thing
from roles.holdings import split_assignment_key
from roles.models import OrgChange
from roles.services.scenarios import Draft
from roles.state_diff import value_on

KINDS = {thing: kind for kind, thing in THINGS.items()}
# the fields that say where something stands
PLACES = {Thing.UNITS: ("parent",), Thing.PEOPLE: ("unit", "manager"), Thing.SEATS: ("unit",)}
ORDER = ("changed", "moved", "new", "closed")  # what says more stands for what says less


@dataclass(frozen=True, slots=True)
class DraftTag:
    """A word on a card: `kind` is new, moved or changed."""

    kind: str
    label: str
    title: str


def tags_of(draft: Draft, day: date) -> Mapping[str, DraftTag]:
    """Return the tag of each node, by its key, that differs from the live organisation on the day."""
    found: dict[str, str] = {}
    for change in draft.changes:
        for key, kind in _marks(change, str(day)):
            found[key] = max(kind, found.get(key, kind), key=ORDER.index)
    words = {
        "new": DraftTag("new", pgettext("in a draft", "new"), _("Added in the draft")),
        "moved": DraftTag("moved", pgettext("in a draft", "moved"), _("Moved in the draft")),
        "changed": DraftTag("changed", pgettext("in a draft", "changed"), _("Changed in the draft")),
    }
    return {key: words[kind] for key, kind in found.items() if kind in words}


def closed_in(draft: Draft, day: date) -> tuple[str, ...]:
    """Name the units, people and seats that are there live on the day and not in the draft."""
    gone = (
        _name(change, str(day))
        for change in draft.changes
        if Thing(change.thing) in KINDS and any(kind == "closed" for _key, kind in _marks(change, str(day)))
    )
    return tuple(sorted(gone))


def _marks(change: OrgChange, day: str) -> Iterator[tuple[str, str]]:
    """Yield the nodes that a change concerns, with what it does to each on the day."""
    thing = Thing(change.thing)
    before, after = value_on(change.before, day), value_on(change.after, day)
    if thing in KINDS:
        kind = _kind(thing, before, after, change)
        if kind:
            yield key_of(KINDS[thing], change.external_id), kind
    elif before != after:
        for owner, key in _owners(thing, change.external_id, before or after or {}):
            yield key_of(KINDS[owner], key), "changed"


def _kind(thing: Thing, before: dict[str, Any] | None, after: dict[str, Any] | None, change: OrgChange) -> str:
    if before is None or after is None:
        return "" if before is after else "new" if before is None else "closed"
    if any(before.get(name) != after.get(name) for name in PLACES[thing]):
        return "moved"
    own = [(state or {}).get("display_name") for state in (change.before, change.after)]
    return "changed" if before != after or own[0] != own[1] else ""


def _owners(thing: Thing, key: str, value: Mapping[str, Any]) -> Iterator[tuple[Thing, str]]:
    if thing is Thing.ASSIGNMENTS:
        yield Thing.PEOPLE, split_assignment_key(key)[0]
    elif thing is Thing.STAGES:
        yield Thing.UNITS, key
    else:
        for owner, names in ((Thing.UNITS, ("unit", "to_unit")), (Thing.PEOPLE, ("person", "to_person"))):
            yield from ((owner, value[name]) for name in names if value.get(name))


def _name(change: OrgChange, day: str) -> str:
    value = value_on(change.before, day) or {}
    own = (change.before or {}).get("display_name")
    return str(value.get("name") or value.get("title") or own or change.external_id)
