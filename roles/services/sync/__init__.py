"""Batches of units, people and assignments from files and REST clients: checked whole, written whole or not at all.

Each batch takes the organisation's lock, may be sent in any order, and sent twice changes nothing the second time.
"""

from __future__ import annotations

from roles.services.sync.assignments import upsert_assignments
from roles.services.sync.lines import upsert_lines
from roles.services.sync.people import upsert_people
from roles.services.sync.restoring import restore
from roles.services.sync.revisions import revision
from roles.services.sync.rows import (
    AssignmentInput,
    LineInput,
    Outcome,
    OutcomeKind,
    PersonInput,
    SeatInput,
    SyncIssue,
    SyncResult,
    UnitInput,
)
from roles.services.sync.seats import upsert_seats
from roles.services.sync.state_checks import StateIssue, States
from roles.services.sync.states import states
from roles.services.sync.units import upsert_units
from roles.state_diff import State

__all__ = [
    "AssignmentInput",
    "LineInput",
    "Outcome",
    "OutcomeKind",
    "PersonInput",
    "SeatInput",
    "State",
    "StateIssue",
    "States",
    "SyncIssue",
    "SyncResult",
    "UnitInput",
    "restore",
    "revision",
    "states",
    "upsert_assignments",
    "upsert_lines",
    "upsert_people",
    "upsert_seats",
    "upsert_units",
]
