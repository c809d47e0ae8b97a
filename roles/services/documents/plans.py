"""The plan of a document, part by part: what is created, changed, moved and ended, with names."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from roles.choices import PARTS, Thing
from roles.comparing import PLACE
from roles.holdings import split_assignment_key
from roles.services.documents.chart import ChartDocument, ChartEntry, ChartRow, PartPlan
from roles.services.documents.leaving import Leaving
from roles.services.sync.revisions import Recorder
from roles.services.sync.rows import (
    AssignmentInput,
    LineInput,
    Outcome,
    OutcomeKind,
    PersonInput,
    SeatInput,
    UnitInput,
)
from roles.services.sync.states import states
from roles.state_diff import State, spans_of, value_on


def plan_parts(
    document: ChartDocument,
    outcomes: Mapping[Thing, Sequence[Outcome]],
    gone: Leaving,
    *,
    on: date,
    recorder: Recorder,
) -> dict[Thing, PartPlan]:
    """Return what was done to each part the document speaks of, and to what went along with it."""
    return {
        thing: _plan(thing, document.rows(thing) or (), outcomes.get(thing, ()), gone.get(thing, ()), on, recorder)
        for thing in PARTS
        if document.rows(thing) is not None or gone.get(thing)
    }


def newly_left(document: ChartDocument, recorder: Recorder) -> int:
    """Count the people whom the document itself says to leave and of whom that was not known."""
    leaving = {row.external_id for row in document.people or () if row.left_on is not None}
    touched = recorder.before.get(Thing.PEOPLE, {})
    return sum((state := touched.get(key)) is not None and state["left_on"] is None for key in leaving)


def _plan(
    thing: Thing,
    rows: Sequence[ChartRow],
    outcomes: Sequence[Outcome],
    gone: Collection[str],
    on: date,
    recorder: Recorder,
) -> PartPlan:
    created: list[ChartEntry] = []
    changed: list[ChartEntry] = []
    moved: list[ChartEntry] = []
    before = recorder.before.get(thing, {})
    touched = [one.external_id for one in outcomes if one.kind is OutcomeKind.CHANGED]
    after = states(thing, touched)
    for row, one in zip(rows, outcomes, strict=True):
        if one.kind is OutcomeKind.CREATED:
            created.append(ChartEntry(one.external_id, row_name(row)))
        elif one.kind is OutcomeKind.CHANGED:
            was, now = (_place(thing, state.get(one.external_id), on) for state in (before, after))
            entry = ChartEntry(one.external_id, row_name(row))
            if was == now:
                changed.append(entry)
            else:
                moved.append(ChartEntry(entry.external_id, entry.name, was, now))
    ended = tuple(ChartEntry(key, _state_name(thing, key, before.get(key))) for key in sorted(gone))
    same = sum(one.kind is OutcomeKind.SAME for one in outcomes)
    return PartPlan(tuple(created), tuple(changed), tuple(moved), ended, same)


def row_name(row: ChartRow) -> str:
    """Return what people call the thing of a row."""
    match row:
        case UnitInput():
            return row.name
        case SeatInput():
            return row.title
        case PersonInput():
            return row.display_name
        case AssignmentInput():
            return row.role
        case LineInput():
            return row.kind


def _state_name(thing: Thing, key: str, state: State | None) -> str:
    spans = spans_of(state)
    if thing is Thing.PEOPLE:
        return str(state["display_name"]) if state is not None else ""
    if thing is Thing.ASSIGNMENTS:
        return split_assignment_key(key)[1]
    field = {Thing.UNITS: "name", Thing.SEATS: "title", Thing.LINES: "kind"}[thing]
    return str(spans[-1][field]) if spans else ""


def _place(thing: Thing, state: State | None, on: date) -> str | None:
    """Return where the thing stands on the day, or where it first will."""
    if thing not in PLACE or state is None or not state["spans"]:
        return None
    held = value_on(state, on.isoformat()) or state["spans"][-1]
    place: str | None = held[PLACE[thing]]
    return place
