"""Planned facts come into force: the day that was written down earlier has come, and the log says so.

Nothing of the facts changes: they were dated. What follows them (figures, the feed, webhooks) hears of it now.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import CharField, F, Max, Q, Subquery, Value
from django.db.models.functions import TruncDate

from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import current_workspace_id
from roles.choices import ChangeKind, OrgSource, Thing
from roles.errors import OrganisationBusy
from roles.holdings import assignment_key
from roles.models import OrgChange, OrgRevision
from roles.services.sync.checks import patiently
from roles.services.sync.revisions import Recorder, revision
from roles.services.sync.states import FACTS, states
from roles.state_diff import State, value_on

Due = Mapping[date, Mapping[Thing, set[str]]]
Row = tuple[Any, ...]
ONE_DAY = timedelta(days=1)
PATIENCE = "3s"  # the dispatcher has other things to do than to wait for a long import

log = logging.getLogger(__name__)


def take_effect(*, now: datetime) -> int:
    """Write a revision for each day that has come since the last one told, in order; return how many.

    A fact counts as planned when it was recorded before the day, in the workspace's own time zone, on which it starts
    or ends. Days on which nobody looked are made up for. Two callers at once write each day once. While somebody else
    writes the organisation for long the rest is left for the next call.
    """
    written = 0
    while _due(now):
        try:
            done = _next_day(now)
        except OrganisationBusy:
            log.info("planned changes wait: the organisation is being written")
            break
        if not done:
            break
        written += 1
    return written


@patiently(PATIENCE)
def _next_day(now: datetime) -> bool:
    with revision(actor_id=None, source=OrgSource.SYSTEM) as recorder:
        _tell_first_day(recorder, now=now)
    return recorder.written is not None


def _tell_first_day(recorder: Recorder, *, now: datetime) -> None:
    """Note the first day on which anything differs. Read anew, for another caller may have had the lock before."""
    due = _due(now)
    for day in sorted(due):
        recorder.told = [change for thing, keys in due[day].items() for change in _changes(thing, keys, day=day)]
        if recorder.told:
            recorder.in_effect_until = day
            return


def _due(now: datetime) -> Due:
    """Return the things that start or end to hold on a day that has come and has not been told, by day."""
    told = OrgRevision.objects.order_by().values("workspace").annotate(until=Max("in_effect_until")).values("until")
    zone_name, created_at, until = (
        Workspace.objects.filter(pk=current_workspace_id())
        .annotate(until=Subquery(told))
        .values_list("timezone", "created_at", "until")
        .get()
    )
    zone = ZoneInfo(zone_name)
    after, today = until or created_at.astimezone(zone).date(), now.astimezone(zone).date()
    found: dict[date, dict[Thing, set[str]]] = defaultdict(lambda: defaultdict(set))
    if after < today:
        for thing, key, day in _coming(after, today, zone=zone):
            found[day][thing].add(key)
    return found


def _coming(after: date, today: date, *, zone: ZoneInfo) -> Iterator[tuple[Thing, str, date]]:
    """Yield what was recorded earlier and starts or ends on a day in (after, today], in one query."""
    first, *others = (_planned(thing, after, today, zone=zone) for thing in FACTS)
    for name, key, role, during, recorded_on in first.union(*others, all=True):
        thing = Thing(name)
        full = assignment_key(key, role, during.lower) if thing is Thing.ASSIGNMENTS else key
        for day in (during.lower, during.upper):
            if day is not None and after < day <= today and recorded_on < day:
                yield thing, full, day


def _planned(thing: Thing, after: date, today: date, *, zone: ZoneInfo) -> Any:
    facts = FACTS[thing]
    role = F("role_key") if thing is Thing.ASSIGNMENTS else Value("", output_field=CharField())
    starts = Q(during__startswith__gt=after, during__startswith__lte=today, recorded_on__lt=F("during__startswith"))
    ends = Q(during__endswith__gt=after, during__endswith__lte=today, recorded_on__lt=F("during__endswith"))
    return (
        facts.model.objects.annotate(
            recorded_on=TruncDate("recorded_at", tzinfo=zone), thing=Value(thing.value), named=F(facts.key), role=role
        )
        .filter(starts | ends)
        .values_list("thing", "named", "role", "during", "recorded_on")
    )


def _changes(thing: Thing, keys: Iterable[str], *, day: date) -> Iterator[OrgChange]:
    """Yield what differs between the day before and the day; `before` and `after` hold what held on each alone."""
    for key, state in sorted(states(thing, list(keys)).items()):
        before, after = _held(state, day - ONE_DAY), _held(state, day)
        old, new = value_on(before, str(day - ONE_DAY)), value_on(after, str(day))
        if old == new:
            continue
        differing = sorted(name for name in old if old[name] != new[name]) if old and new else []
        yield OrgChange(
            workspace_id=current_workspace_id(),
            thing=thing,
            external_id=key,
            change=ChangeKind.IN_EFFECT,
            fields=differing,
            effective_on=day,
            before=before,
            after=after,
        )


def _held(state: State, day: date) -> State | None:
    """Return the state with only what holds on the day, None when nothing does."""
    held = [span for span in state["spans"] if value_on({"spans": [span]}, str(day)) is not None]
    return {**state, "spans": held} if held else None
