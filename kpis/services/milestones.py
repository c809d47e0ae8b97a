"""Enters milestones through the data door, as a system would push them, and has the months they are due in computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from django.utils.translation import gettext as _

from kpis.queries.milestones import TABLE, current_milestones
from kpis.queries.values import stored_periods
from kpis.services.pushing import Push, push_rows, words_of
from kpis.services.values import request_computation
from omnichannel.core.periods import month_of, parse_day

Row = Mapping[str, str | None]


def enter_milestone(row: Row, *, actor_id: int | None, zone: str) -> Push:
    """Push the row; an id that is there already is changed. What is wrong stands in the answer."""
    return enter_milestones([row], actor_id=actor_id, zone=zone)


def enter_milestones(rows: Sequence[Row], *, actor_id: int | None, zone: str) -> Push:
    """Push the rows together: all are taken or none.

    The table is not split by month, so its load alone would have only the newest month computed. A milestone that is
    planned anew also leaves the month it was due in before.
    """
    ids = {row["milestone_id"] or "" for row in rows}
    before = {month_of(one.planned_on) for one in current_milestones(today=date.max, ids=ids)}
    push = push_rows(rows, table_id=TABLE, actor_id=actor_id, zone=zone)
    if push.rows is not None and not push.refused:
        due = before | {month_of(parse_day(row["planned_on"] or "")) for row in rows}
        touched = sorted(due & set(stored_periods()), key=lambda period: period.start)
        if touched:
            request_computation(touched, actor_id=actor_id, recent_only=True, join=True)
    return push


def what_was_wrong(push: Push) -> list[str]:
    """Return why a push was not taken, in the reader's language; nothing when it was."""
    if not push.refused and push.rows is not None:
        return []
    return words_of(push) or [_("The milestone was not taken.")]
