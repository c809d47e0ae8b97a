"""Batches of units, people and assignments from files and REST clients: checked whole, written whole or not at all.

Each batch takes the organisation's lock, may be sent in any order, and sent twice changes nothing the second time.
"""

from __future__ import annotations

from roles.services.sync.assignments import upsert_assignments
from roles.services.sync.people import upsert_people
from roles.services.sync.rows import (
    AssignmentInput,
    Outcome,
    OutcomeKind,
    PersonInput,
    SyncIssue,
    SyncResult,
    UnitInput,
)
from roles.services.sync.state_checks import State, StateIssue, States
from roles.services.sync.states import restore, states
from roles.services.sync.units import upsert_units

__all__ = [
    "AssignmentInput",
    "Outcome",
    "OutcomeKind",
    "PersonInput",
    "State",
    "StateIssue",
    "States",
    "SyncIssue",
    "SyncResult",
    "UnitInput",
    "restore",
    "states",
    "upsert_assignments",
    "upsert_people",
    "upsert_units",
]
