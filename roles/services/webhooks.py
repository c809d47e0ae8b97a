"""What webhooks are told of the organisation: each change on the day from which it holds, by ids and field names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils import timezone

from omnichannel.webhooks.choices import BULK, ORGANISATION_TOPICS, Topic
from omnichannel.webhooks.services.announcing import News, announce, is_listened_to
from omnichannel.workspaces.queries.zones import local_day
from roles.choices import PAY, ChangeKind, Thing
from roles.models import OrgChange, OrgRevision
from roles.state_diff import DAYS, State, spans_of, value_on

# A revision of more changes than these is told in one event; who wants to know more reads the feed of changes.
MOST_TOLD = 500
TOPICS: Mapping[Thing, Topic] = {
    Thing.UNITS: Topic.UNIT,
    Thing.SEATS: Topic.SEAT,
    Thing.PEOPLE: Topic.PERSON,
    Thing.ASSIGNMENTS: Topic.ASSIGNMENT,
    Thing.LINES: Topic.LINE,
    Thing.STAGES: Topic.STAGE,
}
COMING = frozenset({"hired_on", "left_on"})  # days of a person's own: one to come is told when it has come
Fields = dict[str, Any]


def organisation_changed(revision: OrgRevision, changes: Sequence[OrgChange]) -> int:
    """Announce in the transaction of a revision what holds by today; what is planned follows on its day."""
    if not is_listened_to():
        return 0
    today = local_day(timezone.now())
    news = [one for change in changes if (one := _news(revision, change, today=today)) is not None]
    return announce([_in_bulk(revision, news)] if len(news) > MOST_TOLD else news, now=revision.at)


def _news(revision: OrgRevision, change: OrgChange, *, today: date) -> News | None:
    """Return what is told of a change; None when no day up to today looks different by it."""
    found = _comparison(change, today=today)
    if found is None:
        return None
    kind, fields, before, after = found
    thing = Thing(change.thing)
    return News(
        topic=TOPICS[thing],
        key=f"r{revision.number}:{thing}:{change.external_id}",
        type=f"{TOPICS[thing]}.{kind}",
        data={
            "id": change.external_id,
            "revision": revision.number,
            "effective_on": str(change.effective_on) if change.effective_on else None,
            "fields": fields,
            "source": revision.source,
            "was_planned": change.change == ChangeKind.IN_EFFECT,
        },
        values={"before": _shown(before, fields), "after": _shown(after, fields)},
    )


def _comparison(change: OrgChange, *, today: date) -> tuple[str, list[str], Fields | None, Fields | None] | None:
    """Return what happened (created, changed, removed), the fields that differ, and what held and holds now."""
    if change.change == ChangeKind.IN_EFFECT:
        before, after = (_only_value(state) for state in (change.before, change.after))
        fields = set(change.fields)
    else:
        before, after = (_standing(state, today=today) for state in (change.before, change.after))
        fields = _differing(change.before, change.after, today=today)
    if before is None or after is None:
        if (before is None) == (after is None):
            # there neither before nor now: at most the past of something that has ended is told otherwise
            return (ChangeKind.CHANGED.value, sorted(fields), None, None) if fields else None
        kind = ChangeKind.CREATED if before is None else ChangeKind.REMOVED
        return kind.value, [], before, after
    return (ChangeKind.CHANGED.value, sorted(fields), before, after) if fields else None


def _standing(state: State | None, *, today: date) -> Fields | None:
    """Return what the thing is today, its own fields included; None when it is not there today."""
    value = value_on(state, str(today))
    return None if state is None or value is None else {**_own(state, today=today), **value}


def _own(state: State, *, today: date) -> Fields:
    return {
        name: None if name in COMING and value is not None and value > str(today) else value
        for name, value in state.items()
        if name != "spans"
    }


def _only_value(state: State | None) -> Fields | None:
    """Return the one span of a state that the clock has written, with the thing's own fields."""
    spans = spans_of(state)
    if state is None or not spans:
        return None
    own = {name: value for name, value in state.items() if name != "spans"}
    return own | {name: value for name, value in spans[0].items() if name not in DAYS}


def _differing(before: State | None, after: State | None, *, today: date) -> set[str]:
    """Return the fields that differ on any day up to today; `during` where it was there on one side only."""
    found: set[str] = set()
    if before is not None and after is not None:
        old_own, new_own = _own(before, today=today), _own(after, today=today)
        found |= {name for name in {**old_own, **new_own} if old_own.get(name) != new_own.get(name)}
    bounds = {span[end] or "" for state in (before, after) for span in spans_of(state) for end in DAYS}
    for day in {"", str(today), *(bound for bound in bounds if bound <= str(today))}:
        old, new = value_on(before, day), value_on(after, day)
        if old is None or new is None:
            found |= {"during"} if old != new else set()
        else:
            found |= {name for name in {**old, **new} if old.get(name) != new.get(name)}
    return found


def _shown(value: Fields | None, fields: Iterable[str]) -> Fields | None:
    """Return the values of the fields told (of all where it came or went), without pay."""
    if value is None:
        return None
    wanted = set(fields)
    return {name: each for name, each in value.items() if name not in PAY and (not wanted or name in wanted)}


def _in_bulk(revision: OrgRevision, news: Sequence[News]) -> News:
    counts = Counter(one.type for one in news)
    return News(
        topic=Topic.UNIT,
        to_any_of=ORGANISATION_TOPICS,
        key=f"r{revision.number}:bulk",
        type=BULK,
        data={"revision": revision.number, "source": revision.source, "counts": dict(sorted(counts.items()))},
    )
