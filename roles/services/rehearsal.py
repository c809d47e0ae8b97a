"""Writing to see what would happen: everything is checked as if it were meant, and then taken back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import transaction

from roles.services.sync.revisions import Recorder


@dataclass(slots=True)
class Rehearsal:
    """Whether what the block writes is undone at its end."""

    is_undone: bool = False


@contextmanager
def rehearsal(recorder: Recorder, *, dry_run: bool = False) -> Iterator[Rehearsal]:
    """Undo what the block writes when it is a dry run, or says so; the revision then knows nothing of it."""
    kept = {thing: dict(states) for thing, states in recorder.before.items()}
    found = Rehearsal(dry_run)
    with transaction.atomic():
        yield found
        if found.is_undone:
            transaction.set_rollback(True)
    if found.is_undone:
        recorder.before = kept
