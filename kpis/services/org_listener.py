"""What follows for figures when the organisation changes: which months are found anew, asked for once.

`organisation_changed` is called in the transaction of every change (settings.ORGANISATION_LISTENERS).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from django.utils import timezone

from kpis.choices import ComputationKind
from kpis.queries.subjects import FIGURE_THINGS
from kpis.queries.values import periods_touched
from kpis.services.values import request_all
from omnichannel.core.periods import Period
from omnichannel.jobs.choices import JobOrigin
from omnichannel.jobs.models import Job
from omnichannel.workspaces.queries.zones import local_day
from roles.choices import OrgSource, Thing
from roles.state_diff import State

GRADED_THINGS = frozenset({Thing.STAGES})
NO_FIGURE = frozenset({"name", "display_name", "city", "ownership", "is_leading", "rank", "seat", "note"})
ORIGINS = {
    OrgSource.WEB: JobOrigin.WEB,
    OrgSource.SCENARIO: JobOrigin.WEB,
    OrgSource.API: JobOrigin.API,
    OrgSource.SYSTEM: JobOrigin.SYSTEM,
}


class Revision(Protocol):
    """What is read of the revision that made the changes."""

    actor_id: int | None
    source: str


class Change(Protocol):
    """What is read of a change. `effective_on` None: from the first records on, or in something without a day."""

    thing: str
    external_id: str
    fields: list[str]
    effective_on: date | None
    before: State | None
    after: State | None


@dataclass(slots=True)
class Heard:
    """The changes made inside a `listening` block, which asks for no computation."""

    changes: list[Change] = field(default_factory=list)


_listening: ContextVar[Heard | None] = ContextVar("organisation_heard", default=None)


@contextmanager
def listening() -> Iterator[Heard]:
    """Keep the changes made in here instead of asking for a computation: the caller asks itself, or takes them back."""
    heard = Heard()
    token = _listening.set(heard)
    try:
        yield heard
    finally:
        _listening.reset(token)


def organisation_changed(revision: Revision, changes: Sequence[Change]) -> list[Job]:
    """Ask for the stored months that the changes reach back to, in their transaction; return the jobs.

    What only a day to come will look different by waits for that day. A change of adopted stages alone grades again.
    """
    heard = _listening.get()
    if heard is not None:
        heard.changes += changes
        return []
    periods, mode = months_moved(changes)
    origin = ORIGINS.get(OrgSource(revision.source), JobOrigin.COMMAND)
    return request_all(periods, actor_id=revision.actor_id, origin=origin, mode=mode)


def months_moved(changes: Iterable[Change]) -> tuple[list[Period], ComputationKind]:
    """Return the months with figures that end on or after the first day that differs, and what is to be done anew."""
    counting = [change for change in changes if _counts(change)]
    if not counting:
        return [], ComputationKind.VALUES
    today = local_day(timezone.now())
    present = [change for change in counting if change.effective_on is None or change.effective_on <= today]
    if not present:
        return [], ComputationKind.VALUES
    mode = ComputationKind.VALUES if any(each.thing in FIGURE_THINGS for each in present) else ComputationKind.GRADES
    since = min((each.effective_on or date.min for each in present), default=date.min)
    return periods_touched(since), mode


def counts_from(changes: Iterable[Change]) -> date | None:
    """Return the first day that differs of what figures or grades rest on: months that end before it stay as they are.

    None where neither rests on any of the changes.
    """
    return min((change.effective_on or date.min for change in changes if _counts(change)), default=None)


def _counts(change: Change) -> bool:
    return change.thing in GRADED_THINGS or moves_figures(change)


class Told(Protocol):
    """A change as far as it tells what differs of which kind of thing."""

    thing: str
    fields: list[str]


def moves_figures(change: Told) -> bool:
    """Tell whether figures can rest on what a change changes."""
    return change.thing in FIGURE_THINGS and (not change.fields or not NO_FIGURE.issuperset(change.fields))
