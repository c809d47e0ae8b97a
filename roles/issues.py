"""One fault of something written or planned, as batches, moves and plans name it. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class SyncIssue:
    """One fault of a batch: the row (counted from 0), its id, the field, a stable code, and what to do about it."""

    index: int
    external_id: str
    field: str
    code: str
    message: str
