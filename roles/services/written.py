"""What came of a change by hand: the revision that keeps it, or everything that keeps it from being written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from roles.choices import OrgSource, Thing
from roles.models import OrgRevision
from roles.services.sync.revisions import Recorder, revision
from roles.services.sync.rows import SyncIssue


@dataclass(frozen=True, slots=True)
class Written:
    """`revision` is the number of the new revision; None with issues, and where nothing differs.

    Inside an open revision it is None as well: that one has its number when it is closed.
    """

    revision: int | None = None
    issues: tuple[SyncIssue, ...] = ()

    @property
    def is_ok(self) -> bool:
        """True when nothing stands in the way; what was asked for holds then."""
        return not self.issues


@dataclass(slots=True)
class Attempt:
    """A write that is undone as a whole when an issue is noted."""

    recorder: Recorder
    issues: list[SyncIssue] = field(default_factory=list)
    begun: int = 0

    def refuse(self, key: str, field: str, *, code: str, message: str) -> None:
        """Note why the change cannot be."""
        self.issues.append(SyncIssue(0, key, field, code, message))

    def refuse_absent(self, key: str, on: date) -> None:
        """Note that the thing is not there on the day."""
        message = _("%(id)s is not there on %(day)s.") % {"id": key, "day": on}
        self.refuse(key, "on", code="not_there", message=message)

    def check(self, thing: Thing, key: str, *, field: str) -> None:
        """Note what does not hold together by now; of the thing itself at the field that brings it about."""
        for problem in self.recorder.unsafe(since=self.begun):
            own = (problem.thing, problem.key) == (thing, key) or key in problem.loop
            problem = problem.told_from({key: 0})
            at = field if own else problem.field
            self.refuse(problem.key, at, code=problem.code, message=problem.message)

    @property
    def outcome(self) -> Written:
        """Return what came of it; ask after the block."""
        if self.issues:
            return Written(None, tuple(dict.fromkeys(self.issues)))
        kept = self.recorder.written
        return Written(kept.number if kept is not None else None)


@contextmanager
def attempt(
    *, actor_id: int | None, source: OrgSource, note: str = "", undoes: OrgRevision | None = None
) -> Iterator[Attempt]:
    """Open or join a revision for one change: with issues everything written in the block is taken back."""
    with revision(actor_id=actor_id, source=source, note=note, undoes=undoes) as recorder, transaction.atomic():
        tried = Attempt(recorder, begun=len(recorder.log))
        yield tried
        if tried.issues:
            transaction.set_rollback(True)
