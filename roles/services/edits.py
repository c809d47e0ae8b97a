"""What people type into forms: only the fields they changed are written, on top of what holds on the day by then.

So two people who edit the same thing lose nothing: what only one of them touched stays, and where both did the second
one is told what holds now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from roles.choices import FillMode, OrgSource, Thing
from roles.holdings import split_assignment_key
from roles.queries.naming import names_of
from roles.services.ending import remove
from roles.services.sync import (
    AssignmentInput,
    LineInput,
    SyncIssue,
    states,
)
from roles.services.sync.rows import NO_END
from roles.services.upserts import INPUTS, upsert
from roles.services.written import Written, attempt
from roles.state_diff import State

Values = dict[str, Any]

# the names of the state's fields as inputs, and thus forms, call them
RENAMED: Mapping[Thing, Mapping[str, str]] = {
    Thing.UNITS: {"parent": "parent_external_id"},
    Thing.SEATS: {"unit": "unit_external_id", "role_key": "role"},
    Thing.PEOPLE: {"unit": "unit_external_id", "manager": "manager_external_id", "seat": "seat_external_id"},
    Thing.ASSIGNMENTS: {"unit": "unit_external_id"},
    Thing.LINES: {},
}
DECIMALS = frozenset({"planned_fte", "monthly_budget", "fte", "monthly_cost", "share"})
DAYS = frozenset({"hired_on", "left_on"})
# what the form of a person starts from who works nowhere yet
NOWHERE: Mapping[str, Any] = {
    "unit_external_id": None,
    "manager_external_id": None,
    "seat_external_id": None,
    "fill_mode": FillMode.INTERNAL.value,
    "fte": Decimal(1),
    "monthly_cost": None,
}


@dataclass(frozen=True, slots=True)
class Edited:
    """What came of an edit. `conflicts` holds what stands now in fields that another hand has changed as well."""

    written: Written
    conflicts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_ok(self) -> bool:
        """True when what was typed holds."""
        return self.written.is_ok and not self.conflicts


def values_on(thing: Thing, external_id: str, day: date) -> Values | None:
    """Return what a form of the thing starts from: its fields on the day, else on the nearest one; None: not there."""
    state = states(thing, [external_id]).get(external_id)
    return _values(thing, external_id, state, day) if state is not None else None


def next_planned(thing: Thing, external_id: str, day: date) -> date | None:
    """Return the day after this one from which something else is known already: what is saved holds until then."""
    if thing in {Thing.ASSIGNMENTS, Thing.LINES}:
        return None
    spans = states(thing, [external_id]).get(external_id, {"spans": []})["spans"]
    return min((start for span in spans if (start := _day(span["start"])) and start > day), default=None)


def add(thing: Thing, values: Mapping[str, Any], *, on: date, actor_id: int | None, note: str = "") -> Written:
    """Write something new; an id that is taken is refused, for the form was not about the thing that has it."""
    with attempt(actor_id=actor_id, source=OrgSource.WEB, note=note) as tried:
        row = INPUTS[thing](**values)
        if states(thing, [row.external_id]):
            field_name = "start_on" if thing is Thing.ASSIGNMENTS else "external_id"
            tried.refuse(row.external_id, field_name, code="taken", message=_taken(thing, row.external_id))
        else:
            tried.issues += _upsert(thing, row, on=on, actor_id=actor_id)
    return tried.outcome


def _taken(thing: Thing, external_id: str) -> str:
    """Say who has the id already. A role held has person, role and first day for an id, whatever the unit."""
    if thing is Thing.ASSIGNMENTS:
        unit = states(thing, [external_id])[external_id]["spans"][0]["unit"]
        message = _(
            "From this day on the person holds this role in %(unit)s already. A role begins in one unit a day: "
            "let it begin on another day here, or end it there first."
        )
        return message % {"unit": names_of({(Thing.UNITS, unit)}).get((Thing.UNITS, unit), unit)}
    name = names_of({(thing, external_id)}).get((thing, external_id), external_id)
    return _("This id is taken already, by %(name)s.") % {"name": name}


def edit(
    thing: Thing,
    external_id: str,
    *,
    on: date,
    changes: Mapping[str, Any],
    base: Mapping[str, Any],
    actor_id: int | None,
    note: str = "",
) -> Edited:
    """Let the changed fields hold from `on`. `base` is what they were when the form was opened.

    An assignment or line has days of its own: an assignment changed from a later day on ends there and goes on as
    another one; any other change of the two is a correction in place.
    """
    conflicts: Values = {}
    with attempt(actor_id=actor_id, source=OrgSource.WEB, note=note) as tried:
        now = values_on(thing, external_id, on)
        if now is None:
            tried.refuse(external_id, "", code="gone", message=_("It is not there any more."))
        else:
            conflicts = {name: now[name] for name in changes if now[name] not in (base[name], changes[name])}
        if now is not None and not conflicts:
            write = _EDITS.get(thing, _edit_dated)
            tried.issues += write(thing, external_id, now, dict(changes), on, actor_id)
    return Edited(tried.outcome, conflicts)


def _edit_dated(
    thing: Thing, external_id: str, now: Values, changes: Values, on: date, actor_id: int | None
) -> tuple[Any, ...]:
    values = {**now, **changes}
    if thing is Thing.PEOPLE:
        # Who goes to another unit leaves the seat, unless the form names one there.
        has_moved = "unit_external_id" in changes and "seat_external_id" not in changes
        values["seat_external_id"] = None if has_moved else values["seat_external_id"] or ""
    if thing is Thing.UNITS:
        values["ends_on"] = (changes["ends_on"] or NO_END) if "ends_on" in changes else None
    return _upsert(thing, INPUTS[thing](external_id=external_id, **values), on=on, actor_id=actor_id)


def _edit_assignment(
    thing: Thing, external_id: str, now: Values, changes: Values, on: date, actor_id: int | None
) -> tuple[Any, ...]:
    before, after = AssignmentInput(**now), AssignmentInput(**{**now, **changes})
    moves_days = "start_on" in changes
    goes_on = not moves_days and changes.keys() - {"end_on"} and on > before.start_on
    if goes_on:
        ended = AssignmentInput(**{**now, "end_on": on})
        begun = AssignmentInput(**{**now, **changes, "start_on": on})
        return _upsert(thing, ended, begun, on=on, actor_id=actor_id)
    if after.external_id != external_id:
        gone = remove(thing, [external_id], actor_id=actor_id, source=OrgSource.WEB)
        if gone.issues:
            return gone.issues
    return _upsert(thing, after, on=on, actor_id=actor_id)


def _edit_line(
    thing: Thing, external_id: str, now: Values, changes: Values, on: date, actor_id: int | None
) -> tuple[Any, ...]:
    return _upsert(thing, LineInput(external_id=external_id, **{**now, **changes}), on=on, actor_id=actor_id)


_EDITS: Mapping[Thing, Callable[[Thing, str, Values, Values, date, int | None], tuple[Any, ...]]] = {
    Thing.ASSIGNMENTS: _edit_assignment,
    Thing.LINES: _edit_line,
}


def _upsert(thing: Thing, *rows: Any, on: date, actor_id: int | None) -> tuple[SyncIssue, ...]:
    # A unit made by hand is there from the day given; files say nothing of it and mean from ever.
    return upsert(thing, rows, effective_on=on, units_since=on, actor_id=actor_id, source=OrgSource.WEB).issues


def _values(thing: Thing, external_id: str, state: State, day: date) -> Values:
    span = _span_on(state, day)
    names = RENAMED[thing]
    own = {name: _typed(name, value) for name, value in state.items() if name != "spans"}
    dated = {names.get(name, name): _typed(name, value) for name, value in span.items() if name not in {"start", "end"}}
    days = {"start_on": _day(span.get("start")), "end_on": _day(span.get("end"))}
    if thing is Thing.ASSIGNMENTS:
        person, role, _start = split_assignment_key(external_id)
        return {"person_external_id": person, "role": role, **dated, **days}
    if thing is Thing.LINES:
        return {**_ends(dated), "kind": dated["kind"], "note": dated["note"], **days}
    if thing is Thing.UNITS:
        own["ends_on"] = _day(state["spans"][-1]["end"]) if state["spans"] else None
    return {**own, **(NOWHERE if thing is Thing.PEOPLE else {}), **dated}


def _ends(dated: Mapping[str, Any]) -> Values:
    """Return between what and from where to where a line runs."""
    between = Thing.UNITS if dated["unit"] else Thing.PEOPLE
    start, end = ("unit", "to_unit") if between is Thing.UNITS else ("person", "to_person")
    return {"between": between.value, "from_external_id": dated[start], "to_external_id": dated[end]}


def _span_on(state: State, day: date) -> Mapping[str, Any]:
    """Return what holds on the day; before the first day what comes first, after the last one what was last."""
    spans, text = state["spans"], str(day)
    begun = [span for span in spans if (span["start"] or "") <= text]
    return begun[-1] if begun else spans[0] if spans else {}


def _typed(name: str, value: Any) -> Any:
    if value is None:
        return None
    return Decimal(value) if name in DECIMALS else _day(value) if name in DAYS else value


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
