"""Ends: units close, people leave, seats, roles and lines end. And taking things back as if they had never been."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.utils.translation import gettext as _

from roles.choices import OrgSource, Thing
from roles.models import Employment
from roles.services.sync.closing import close
from roles.services.sync.employments import managers_of, stored_jobs
from roles.services.sync.restoring import restore_things
from roles.services.sync.states import states
from roles.services.written import Attempt, Written, attempt
from roles.state_diff import State


def end(
    thing: Thing,
    external_id: str,
    *,
    on: date,
    actor_id: int | None,
    hand_over: bool = False,
    source: OrgSource = OrgSource.WEB,
    note: str = "",
) -> Written:
    """End something: `on` is the first day without it. Every obstacle is named at once.

    A unit's roles, lines, stage and empty seats end with it; units below it and people in it are obstacles. A person's
    roles and lines end with them; who reports to them is an obstacle, or with `hand_over` goes to their manager. To
    have it back, write it again, or undo the revision.
    """
    with attempt(actor_id=actor_id, source=source, note=note) as tried:
        state = states(thing, [external_id]).get(external_id)
        if _can_end(tried, external_id, state, on=on):
            heirs = _heirs(tried, external_id, on=on, hand_over=hand_over) if thing is Thing.PEOPLE else None
            if not tried.issues:
                close(thing, [external_id], on=on, recorder=tried.recorder, heirs=heirs)
                tried.check(thing, external_id, field="on")
    return tried.outcome


def remove(
    thing: Thing,
    keys: Collection[str],
    *,
    actor_id: int | None,
    source: OrgSource = OrgSource.WEB,
    note: str = "",
) -> Written:
    """Take things back as if they had never been, on every day. What was known of them stays in the history.

    Whatever else points to them is an obstacle, and named.
    """
    with attempt(actor_id=actor_id, source=source, note=note) as tried:
        now = states(thing, keys)
        for key in keys:
            if key not in now:
                tried.refuse(key, "external_id", code="unknown_reference", message=_no_such(key))
        if not tried.issues:
            wanted: dict[str, State | None] = dict.fromkeys(keys)
            for _thing, issue in restore_things({thing: now}, wanted={thing: wanted}, recorder=tried.recorder):
                tried.refuse(issue.key, "external_id", code="in_use", message=issue.message)
    return tried.outcome


def _can_end(tried: Attempt, key: str, state: State | None, *, on: date) -> bool:
    if state is None:
        tried.refuse(key, "external_id", code="unknown_reference", message=_no_such(key))
        return False
    starts = [span["start"] for span in state["spans"]]
    first = state.get("hired_on", min(starts, key=lambda start: start or "", default=None))
    if first is not None and str(on) <= first:
        message = _("%(id)s begins on %(day)s only. Take it back instead.") % {"id": key, "day": first}
        tried.refuse(key, "on", code="not_before_start", message=message)
    return not tried.issues


def _no_such(key: str) -> str:
    return _("There is no %(id)s.") % {"id": key}


def _heirs(tried: Attempt, key: str, *, on: date, hand_over: bool) -> dict[str, str | None]:
    """Return who takes over the reports of somebody who leaves; without anybody to take over each is an obstacle."""
    jobs = stored_jobs([key]).get(key, [])
    if hand_over:
        last = [span for span in jobs if span.start is None or span.start < on]
        return {key: last[-1].value.manager if last else None}
    led = stored_jobs(
        set(Employment.objects.filter(manager__external_id=key).values_list("person__external_id", flat=True))
    )
    for person, spans in sorted(led.items()):
        if key in managers_of(span for span in spans if span.end is None or span.end > on):
            message = _(
                "%(person)s reports to %(manager)s. Say to whom from then on, or hand over to the manager above."
            )
            message %= {"person": person, "manager": key}
            tried.refuse(person, "manager_external_id", code="has_reports", message=message)
    return {}
