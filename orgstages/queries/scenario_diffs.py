"""What a scenario changes and where it is in conflict, in words: only changed records and fields, like a code diff."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from roles.choices import PAY, ChangeKind, Thing
from roles.holdings import split_assignment_key
from roles.queries.naming import names_of
from roles.queries.scenarios import ScenarioChange
from roles.state_diff import spans_of
from roles.state_lines import EXISTS, FieldLine
from roles.state_merge import Conflict
from roles.state_words import DiffLine, Names, diff_line, field_label, references, span_text, value_text

# a line joins people by name, mostly
PERSONAL = frozenset({Thing.PEOPLE, Thing.ASSIGNMENTS, Thing.LINES})
PEOPLE_FIELDS = frozenset({"manager", "person", "to_person"})
MARKS = {ChangeKind.CREATED: "added", ChangeKind.REMOVED: "removed", ChangeKind.CHANGED: "edited"}
MOVES = frozenset({"unit", "parent"})


@dataclass(frozen=True, slots=True)
class Seeing:
    """What the reader may see of a scenario: people by name, pay and budgets."""

    with_people: bool
    with_pay: bool

    def shows(self, thing: Thing, field: str = "") -> bool:
        """Tell whether a field of a thing may be shown, or the thing at all."""
        if not self.with_people and (thing in PERSONAL or field in PEOPLE_FIELDS):
            return False
        return self.with_pay or field not in PAY


@dataclass(frozen=True, slots=True)
class DiffThing:
    """One thing that a scenario changes. `kind` is added, removed, moved or edited."""

    thing: Thing
    external_id: str
    name: str
    kind: str
    effective_on: date | None
    lines: tuple[DiffLine, ...]


@dataclass(frozen=True, slots=True)
class ConflictLine:
    """A conflict in words, as it stood when it was read: `id` names it for the choice."""

    id: str
    thing: Thing
    external_id: str
    name: str
    label: str
    days: str
    base: str
    live: str
    wanted: str
    is_shown: bool


def diff_of(changes: Sequence[ScenarioChange], *, seeing: Seeing) -> tuple[tuple[DiffThing, ...], int]:
    """Return the changes that the reader may see, and how many there are beside them; at most three queries."""
    shown = [change for change in changes if seeing.shows(change.thing)]
    lines = {id(change): [one for one in change.lines if seeing.shows(change.thing, one.field)] for change in shown}
    pairs = ((one.field, value) for some in lines.values() for one in some for value in (one.before, one.after))
    names = names_of(references(pairs) | {_self(change.thing, change.external_id) for change in shown})
    found = tuple(_thing(change, lines[id(change)], names) for change in shown)
    return found, len(changes) - len(shown)


def conflicts_in_words(conflicts: Sequence[Conflict], *, seeing: Seeing) -> tuple[ConflictLine, ...]:
    """Return every conflict; of what the reader may not see only where it is."""
    pairs = ((one.field, value) for one in conflicts for value in (one.base, one.live, one.wanted))
    known = references((field, value) for field, value in pairs if not isinstance(value, dict))
    names = names_of(known | {_self(one.thing, one.key) for one in conflicts})
    return tuple(_conflict(one, names, is_shown=seeing.shows(one.thing, one.field)) for one in conflicts)


def _conflict(one: Conflict, names: Names, *, is_shown: bool) -> ConflictLine:
    base, live, wanted = (
        _told(one.field, each, names) if is_shown else "" for each in (one.base, one.live, one.wanted)
    )
    days = span_text(one.start, one.end) if one.start or one.end else ""
    name = _name(one.thing, one.key, names) if is_shown else str(one.thing.label)
    label = field_label(one.field)
    return ConflictLine(one.id, one.thing, one.key, name, label, days, base, live, wanted, is_shown)


def _told(field: str, value: Any, names: Names) -> str:
    if field == EXISTS:
        return _("is there") if value is not None else _("is not there")
    return value_text(field, value, names=names) or _("empty")


def _thing(change: ScenarioChange, lines: Iterable[FieldLine], names: Names) -> DiffThing:
    kind = MARKS[change.kind]
    if change.kind is ChangeKind.CHANGED and MOVES.intersection(change.fields):
        kind = "moved"
    is_kept = change.kind is ChangeKind.CHANGED
    shown = tuple(diff_line(line, names=names, is_kept=is_kept) for line in lines if not _repeats(line, change))
    name = _name(change.thing, change.external_id, names) or _own_name(change)
    return DiffThing(change.thing, change.external_id, name, kind, change.effective_on, shown)


def _repeats(line: FieldLine, change: ScenarioChange) -> bool:
    """Tell whether a line of what came or went says nothing: an empty field, or one that the mark says already."""
    if change.kind is ChangeKind.CHANGED:
        return False
    value = line.after if change.kind is ChangeKind.CREATED else line.before
    return line.field != EXISTS and value in (None, "", False)


def _self(thing: Thing, key: str) -> tuple[Thing, str]:
    """Return the thing under whose name a change is listed."""
    if thing is Thing.ASSIGNMENTS:
        return Thing.PEOPLE, split_assignment_key(key)[0]
    return (Thing.UNITS, key) if thing is Thing.STAGES else (thing, key)


def _name(thing: Thing, key: str, names: Mapping[tuple[Thing, str], str]) -> str:
    name = names.get(_self(thing, key), "")
    if thing is not Thing.ASSIGNMENTS:
        return name
    person, role, _start = split_assignment_key(key)
    return f"{name or person} · {value_text('role_key', role, names={})}"


def _own_name(change: ScenarioChange) -> str:
    """Return what a thing that is not there yet calls itself."""
    state = change.after or change.before or {"spans": []}
    spans = spans_of(state)
    said = {**state, **(spans[-1] if spans else {})}
    return str(said.get("name") or said.get("title") or said.get("display_name") or change.external_id)
