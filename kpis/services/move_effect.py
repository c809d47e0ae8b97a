"""A move tried out: written, read as it would be, taken back. It tells what a computation would find after it."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date

from django.db import transaction

from kpis.queries.move_effect import MoveEffect
from kpis.services.draft_effect import effect_of, last_closed, on_ground, read_draft
from kpis.services.draft_figures import Draft
from roles.choices import Thing
from roles.errors import OrganisationBusy
from roles.queries.org_chart import unit_tree
from roles.services.moving import move
from roles.services.scenarios import drafted
from roles.services.sync.checks import patiently
from roles.services.sync.revisions import aside

PATIENCE = "2s"


def move_effect(
    thing: Thing,
    external_id: str,
    *,
    to: str | None,
    on: date,
    today: date,
    whole_branch: bool = True,
    scenario: int | None = None,
) -> MoveEffect:
    """Return what a move on a day does to the cards of the people who move, on the last closed period's figures.

    With a `scenario` the move is one more of its changes, and compared with the organisation that it makes; that is
    let go of before anything is measured, so that others may write. The organisation and the weights are those of the
    day, or of the period's last day where that is later: a move dated back into the period gives exactly what the
    period's next computation will.
    """
    period = last_closed(today)
    day = on if period is None else max(on, period.last_day)
    try:
        with drafted(scenario) if scenario is not None else nullcontext():
            tried = _tried(thing, external_id, to=to, on=on, day=day, whole_branch=whole_branch)
            if scenario is not None and isinstance(tried, Draft):
                tried = on_ground(tried)
    except OrganisationBusy:
        return MoveEffect(period, day, is_busy=True)
    if not isinstance(tried, Draft):
        return MoveEffect(period, day, refused=tried)
    return effect_of(tried, period=period)


@patiently(PATIENCE)
def _tried(
    thing: Thing, external_id: str, *, to: str | None, on: date, day: date, whole_branch: bool
) -> Draft | tuple[str, ...]:
    """Make the move, read the organisation with it, and let go of it all. Waits for other writers, but not for long."""
    tree = unit_tree(as_of=day)
    with aside() as held:
        written = move(thing, external_id, to=to, on=on, actor_id=None, whole_branch=whole_branch)
    if not written.is_ok:
        return tuple(dict.fromkeys(issue.message for issue in written.issues))
    draft = read_draft(held.changes, before=tree, day=day)
    transaction.set_rollback(True)
    return draft
