"""Scenarios: drafts of the organisation on a dated baseline, edited by the usual services, applied as one revision."""

from __future__ import annotations

from roles.services.scenarios.deciding import apply, approve, may_decide, reject, submit, withdraw
from roles.services.scenarios.drafting import Draft, current_draft, drafted, edited
from roles.services.scenarios.keeping import (
    check_first_day,
    comment,
    create,
    describe,
    discard,
    drop,
    redate,
    redo_edit,
    share,
    undo_edit,
)
from roles.services.scenarios.merging import bring_up_to_date, choose, conflicts, outcome, problems

__all__ = [
    "Draft",
    "apply",
    "approve",
    "bring_up_to_date",
    "check_first_day",
    "choose",
    "comment",
    "conflicts",
    "create",
    "current_draft",
    "describe",
    "discard",
    "drafted",
    "drop",
    "edited",
    "may_decide",
    "outcome",
    "problems",
    "redate",
    "redo_edit",
    "reject",
    "share",
    "submit",
    "undo_edit",
    "withdraw",
]
