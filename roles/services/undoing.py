"""Undo: a revision's things are as they were before it again, in a revision of its own."""

from __future__ import annotations

from django.utils.translation import gettext as _

from roles.choices import ChangeKind, OrgSource, Thing
from roles.models import OrgRevision
from roles.services.sync.restoring import restore_things
from roles.services.written import Written, attempt
from roles.state_diff import State


def undo(number: int, *, actor_id: int | None, source: OrgSource = OrgSource.WEB, note: str = "") -> Written:
    """Take a revision back, all of it or nothing; undoing that again does it anew.

    Refused where something has been changed since, or where it would no longer hold together.
    """
    undone = OrgRevision.objects.filter(number=number).first()
    with attempt(actor_id=actor_id, source=source, note=note, undoes=undone) as tried:
        changes = undone.changes.exclude(change=ChangeKind.IN_EFFECT) if undone is not None else ()
        expected: dict[Thing, dict[str, State | None]] = {}
        wanted: dict[Thing, dict[str, State | None]] = {}
        for change in changes:
            expected.setdefault(Thing(change.thing), {})[change.external_id] = change.after
            wanted.setdefault(Thing(change.thing), {})[change.external_id] = change.before
        if not wanted:
            message = _("There is no revision r%(number)s that could be undone.") % {"number": number}
            tried.refuse(f"r{number}", "number", code="nothing_to_undo", message=message)
        else:
            for _thing, issue in restore_things(expected, wanted=wanted, recorder=tried.recorder):
                code = "changed_since" if issue.changed else "in_the_way"
                tried.refuse(issue.key, "number", code=code, message=issue.message)
    return tried.outcome
