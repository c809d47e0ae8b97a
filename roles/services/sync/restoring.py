"""Bringing things back to a kept state: what an upload's revert and an undo do. All or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _

from omnichannel.workspaces.scoping import current_workspace_id
from roles.choices import OrgSource, Thing
from roles.holdings import assignment_key, split_assignment_key
from roles.models.dated import DatedFact, Identity
from roles.services.sync.retracing import what_followed
from roles.services.sync.revisions import Recorder, revision
from roles.services.sync.spans import BATCH
from roles.services.sync.state_checks import IDENTITIES, StateIssue, States, dangling, day_of, in_use, overlaps
from roles.services.sync.states import FACTS, Facts, rows_of, states
from roles.state_diff import State


def restore(
    thing: Thing | str,
    *,
    expected: States,
    wanted: States,
    actor_id: int | None,
    source: OrgSource = OrgSource.WEB,
) -> list[StateIssue]:
    """Bring things that are as `expected` to the wanted states. Issues come all at once and nothing is written.

    What followed by itself when they became as they are goes along.
    """
    thing = Thing(thing)
    with revision(actor_id=actor_id, source=source) as recorder:
        before, after = what_followed(thing, expected=expected, wanted=wanted)
        return [issue for _thing, issue in restore_things(before, wanted=after, recorder=recorder)]


def restore_things(
    expected: Mapping[Thing, States], *, wanted: Mapping[Thing, States], recorder: Recorder
) -> list[tuple[Thing, StateIssue]]:
    """Bring things of several kinds back together, so that what points to each other may come and go in one step."""
    now = {thing: states(thing, some.keys()) for thing, some in wanted.items()}
    gone = {
        thing: [key for key, state in some.items() if state is None and key in now[thing]]
        for thing, some in wanted.items()
    }
    with transaction.atomic():
        issues = [
            (thing, StateIssue(key, _("It has been changed since."), changed=True))
            for thing, some in wanted.items()
            for key in some
            if now[thing].get(key) != expected[thing].get(key)
        ]
        coming = {thing: {key for key, state in some.items() if state is not None} for thing, some in wanted.items()}
        for thing, some in wanted.items():
            issues += [(thing, issue) for issue in dangling(thing, some, coming=coming)]
            issues += [(thing, issue) for issue in overlaps(some)] if thing is Thing.ASSIGNMENTS else []
        if not issues:
            issues = _write_all(wanted, now=now, gone=gone, recorder=recorder)
        elif len(wanted) == 1:
            # nothing is tried with faults like these; what can be told of the rest is told with them
            issues += [(thing, issue) for thing, keys in gone.items() for issue in in_use(thing, keys)]
        if issues:
            transaction.set_rollback(True)
    return issues


def _write_all(
    wanted: Mapping[Thing, States],
    *,
    now: Mapping[Thing, Mapping[str, State]],
    gone: Mapping[Thing, Sequence[str]],
    recorder: Recorder,
) -> list[tuple[Thing, StateIssue]]:
    """Write in an order in which everything that is pointed to is there; then look at what does not hold together."""
    begun = len(recorder.log)
    for thing, some in wanted.items():
        recorder.touch(thing, some.keys(), now=now[thing])
        _supersede(thing, some, at=recorder.at)
    kept = {thing: {key: state for key, state in wanted.get(thing, {}).items() if state is not None} for thing in FACTS}
    for thing, some in kept.items():
        identity = FACTS[thing].identity
        if identity is not None:
            _identify(identity, FACTS[thing].own, some, at=recorder.at)
    for thing, some in kept.items():
        _insert(thing, some, recorder=recorder)
    issues = []
    for thing, keys in gone.items():
        identity = FACTS[thing].identity
        if identity is not None:
            identity.objects.filter(external_id__in=keys).update(removed_at=recorder.at)
        issues += [(thing, issue) for issue in in_use(thing, keys)]
    named = {issue.key for _thing, issue in issues}
    found = [one for one in recorder.unsafe(since=begun) if one.cause is None or one.cause[1] not in named]
    return [*issues, *((one.thing, StateIssue(one.key, one.message, cause=one.cause)) for one in found)]


def _supersede(thing: Thing, wanted: States, *, at: datetime) -> None:
    old = rows_of(thing, wanted.keys())
    if thing is Thing.ASSIGNMENTS:
        ours = [
            row.pk
            for row in old.select_related("person")
            if assignment_key(row.person.external_id, row.role_key, row.during.lower) in wanted
        ]
        old = FACTS[thing].model.objects.filter(pk__in=ours)
    old.update(superseded_at=at)


def _insert(thing: Thing, kept: Mapping[str, State], *, recorder: Recorder) -> None:
    if not kept:
        return
    facts = FACTS[thing]
    ids = {link: dict(IDENTITIES[link].objects.values_list("external_id", "pk")) for link in _linked(thing, facts)}
    rows = [
        _row(thing, facts, key, span, ids=ids, at=recorder.at, actor_id=recorder.actor_id)
        for key, state in kept.items()
        for span in state["spans"]
    ]
    facts.model.objects.bulk_create(rows, batch_size=BATCH)


def _value(model: type[models.Model], column: str, text: Any) -> Any:
    """Read a value of a state as its column keeps it."""
    field = model._meta.get_field(column)
    return field.to_python(text) if isinstance(field, models.Field) else text


def _linked(thing: Thing, facts: Facts) -> set[Thing]:
    owned = {thing} if facts.identity is not None else {Thing.UNITS} if facts.owner else set()
    return {*facts.links.values(), *owned}


def _identify(model: type[Identity], own: Sequence[str], kept: Mapping[str, State], *, at: datetime) -> None:
    """Create the identities that are missing, bring back those removed, and set their own fields."""
    rows = [
        model(
            workspace_id=current_workspace_id(),
            external_id=key,
            recorded_at=at,
            **{name: _value(model, name, state[name]) for name in own},
        )
        for key, state in kept.items()
    ]
    model.objects.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["workspace", "external_id"],
        update_fields=["removed_at", *own],
    )


def _row(
    thing: Thing,
    facts: Facts,
    key: str,
    span: Mapping[str, Any],
    *,
    ids: Mapping[Thing, Mapping[str, int]],
    at: datetime,
    actor_id: int | None,
) -> DatedFact:
    values: dict[str, Any] = {}
    for column in facts.columns:
        link = facts.links.get(column)
        if link is None:
            values[column] = _value(facts.model, column, span.get(column))
        else:
            values[f"{column}_id"] = ids[link][span[column]] if span[column] is not None else None
    if thing is Thing.ASSIGNMENTS:
        person, role, _start = split_assignment_key(key)
        values |= {"person_id": ids[Thing.PEOPLE][person], "role_key": role}
    elif thing is Thing.LINES:
        values["external_id"] = key
    else:
        values[f"{facts.owner}_id"] = ids[thing if facts.identity is not None else Thing.UNITS][key]
    days = (day_of(span["start"]), day_of(span["end"]))
    return facts.model(
        workspace_id=current_workspace_id(), during=days, recorded_at=at, recorded_by_id=actor_id, **values
    )
