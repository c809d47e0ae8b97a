"""Bringing things back to a kept state: what an upload's revert and an undo do. All or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _

from omnichannel.workspaces.scoping import current_workspace_id
from roles.choices import OrgSource, Thing
from roles.models.dated import DatedFact, Identity
from roles.services.sync.revisions import revision
from roles.services.sync.spans import BATCH
from roles.services.sync.state_checks import IDENTITIES, StateIssue, States, dangling, day_of, in_use, loops, overlaps
from roles.services.sync.states import FACTS, Facts, assignment_key, rows_of, states
from roles.state_diff import State


def restore(
    thing: Thing | str,
    *,
    expected: States,
    wanted: States,
    actor_id: int | None,
    source: OrgSource = OrgSource.WEB,
) -> list[StateIssue]:
    """Bring things that are as `expected` to the wanted states. Issues come all at once and nothing is written."""
    thing = Thing(thing)
    with revision(actor_id=actor_id, source=source) as recorder, transaction.atomic():
        now = states(thing, wanted.keys())
        issues = [
            StateIssue(key, _("It has been changed since."), changed=True)
            for key in wanted
            if now.get(key) != expected.get(key)
        ]
        gone = [key for key, state in wanted.items() if state is None and key in now]
        issues += in_use(thing, gone)
        issues += dangling(thing, wanted)
        issues += overlaps(wanted) if thing is Thing.ASSIGNMENTS else []
        if not issues:
            recorder.touch(thing, wanted.keys())
            _write(thing, wanted, gone=gone, at=recorder.at, actor_id=actor_id)
            issues = loops(thing, wanted)
        if issues:
            transaction.set_rollback(True)
    return issues


def _write(thing: Thing, wanted: States, *, gone: Sequence[str], at: datetime, actor_id: int | None) -> None:
    facts = FACTS[thing]
    kept = {key: state for key, state in wanted.items() if state is not None}
    old = rows_of(thing, wanted.keys())
    if thing is Thing.ASSIGNMENTS:
        ours = [
            row.pk
            for row in old.select_related("person")
            if f"{row.person.external_id}/{row.role_key}/{row.during.lower}" in wanted
        ]
        old = facts.model.objects.filter(pk__in=ours)
    old.update(superseded_at=at)
    if facts.identity is not None:
        facts.identity.objects.filter(external_id__in=gone).update(removed_at=at)
        _identify(facts.identity, facts.own, kept)
    ids = {link: dict(IDENTITIES[link].objects.values_list("external_id", "pk")) for link in _linked(thing, facts)}
    rows = [
        _row(thing, facts, key, span, ids=ids, at=at, actor_id=actor_id)
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


def _identify(model: type[Identity], own: Sequence[str], kept: Mapping[str, State]) -> None:
    """Create the identities that are missing, bring back those removed, and set their own fields."""
    rows = [
        model(
            workspace_id=current_workspace_id(),
            external_id=key,
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
            values[column] = _value(facts.model, column, span[column])
        else:
            values[f"{column}_id"] = ids[link][span[column]] if span[column] is not None else None
    if thing is Thing.ASSIGNMENTS:
        person, role, _start = assignment_key(key)
        values |= {"person_id": ids[Thing.PEOPLE][person], "role_key": role}
    elif thing is Thing.LINES:
        values["external_id"] = key
    else:
        values[f"{facts.owner}_id"] = ids[thing if facts.identity is not None else Thing.UNITS][key]
    days = (day_of(span["start"]), day_of(span["end"]))
    return facts.model(
        workspace_id=current_workspace_id(), during=days, recorded_at=at, recorded_by_id=actor_id, **values
    )
