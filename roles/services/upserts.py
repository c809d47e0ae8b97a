"""One name for the five upserts: what differs between them is which days they are told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from roles.choices import OrgSource, Thing
from roles.services.sync.assignments import upsert_assignments
from roles.services.sync.lines import upsert_lines
from roles.services.sync.people import upsert_people
from roles.services.sync.rows import AssignmentInput, LineInput, PersonInput, SeatInput, SyncResult, UnitInput
from roles.services.sync.seats import upsert_seats
from roles.services.sync.units import upsert_units

INPUTS: Mapping[Thing, type[Any]] = {
    Thing.UNITS: UnitInput,
    Thing.SEATS: SeatInput,
    Thing.PEOPLE: PersonInput,
    Thing.ASSIGNMENTS: AssignmentInput,
    Thing.LINES: LineInput,
}


def upsert(
    thing: Thing,
    rows: Sequence[Any],
    *,
    effective_on: date,
    actor_id: int | None,
    units_since: date | None = None,
    seats_since: date | None = None,
    source: OrgSource = OrgSource.API,
) -> SyncResult:
    """Write rows of one kind. Assignments and lines carry their own days; `since` bounds new units and seats."""
    said: dict[str, Any] = {"actor_id": actor_id, "source": source}
    dated: dict[str, Any] = {"effective_on": effective_on, **said}
    upserts: dict[Thing, Callable[[Sequence[Any]], SyncResult]] = {
        Thing.UNITS: partial(upsert_units, since=units_since, **dated),
        Thing.SEATS: partial(upsert_seats, since=seats_since, **dated),
        Thing.PEOPLE: partial(upsert_people, **dated),
        Thing.ASSIGNMENTS: partial(upsert_assignments, **said),
        Thing.LINES: partial(upsert_lines, **said),
    }
    return upserts[thing](rows)
