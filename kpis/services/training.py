"""Enters training records and feedback through the data door, as a system would push them, and has months computed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from django.utils.translation import gettext as _

from kpis.queries.training_rows import SURVEYS, TABLE, TrainingRow, training_rows
from kpis.queries.values import stored_periods
from kpis.services.pushing import Push, push_rows, words_of
from kpis.services.values import request_computation
from omnichannel.core.periods import month_of, parse_day

Row = Mapping[str, str | None]


def enter_training(rows: Sequence[Row], *, actor_id: int | None, zone: str) -> list[str]:
    """Push training records, all or none; return what was wrong with them, nothing when they were taken.

    Neither table is split by month, so a load alone would have only the newest month computed; a certificate counts in
    every month until it expires.
    """
    people = {row["employee_id"] or "" for row in rows}
    keys = {(row["employee_id"], row["programme_id"], row["started_on"]) for row in rows}
    before = [row for row in training_rows(people=people) if (row.person, row.programme, f"{row.started_on}") in keys]
    push = push_rows(rows, table_id=TABLE, actor_id=actor_id, zone=zone)
    wrong = _what_was_wrong(push)
    if not wrong:
        started = [parse_day(row["started_on"] or "") for row in rows]
        certified = any(row["certificate_no"] for row in rows) or any(row.certificate_no for row in before)
        _compute(_touched(started, before, rows, all_since=certified), actor_id=actor_id)
    return wrong


def enter_feedback(rows: Sequence[Row], *, actor_id: int | None, zone: str) -> list[str]:
    """Push answers about training, all or none; return what was wrong, nothing when they were taken."""
    wrong = _what_was_wrong(push_rows(rows, table_id=SURVEYS, actor_id=actor_id, zone=zone))
    if not wrong:
        _compute({month_of(parse_day(row["date"] or "")).start for row in rows}, actor_id=actor_id)
    return wrong


def _touched(
    started: Iterable[date], before: Iterable[TrainingRow], rows: Iterable[Row], *, all_since: bool
) -> set[date]:
    """Return the first days of the months whose figures the rows move."""
    days = {*started, *(row.completed_on for row in before if row.completed_on)}
    days |= {parse_day(row["completed_on"]) for row in rows if row["completed_on"]}
    months = {month_of(day).start for day in days}
    first = min(months)
    return {period.start for period in stored_periods() if period.start >= first} if all_since else months


def _compute(starts: Collection[date], *, actor_id: int | None) -> None:
    touched = sorted((one for one in stored_periods() if one.start in starts), key=lambda period: period.start)
    if touched:
        request_computation(touched, actor_id=actor_id, recent_only=True, join=True)


def _what_was_wrong(push: Push) -> list[str]:
    """Return why a push was not taken, in the reader's language."""
    if not push.refused and push.rows is not None:
        return []
    return list(dict.fromkeys(words_of(push))) or [_("The rows were not taken.")]
