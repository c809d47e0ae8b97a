"""Units, people and assignments as plain states: what an upload changed is kept so, and put back so.

A state is JSON: dates and decimals are texts, a fact that is not there is None. Restoring is all or nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from omnichannel.workspaces.scoping import current_workspace_id
from roles.models import Assignment, Employment, Person, Unit, UnitVersion
from roles.services.sync.checks import lock_organisation
from roles.services.sync.spans import BATCH
from roles.services.sync.state_checks import (
    ASSIGNMENTS,
    PEOPLE,
    UNITS,
    State,
    StateIssue,
    States,
    dangling,
    day_of,
    in_use,
    loops,
    overlaps,
)


def states(kind: str, keys: Collection[str]) -> dict[str, State]:
    """Return the states of those facts that are there."""
    return _READ[kind](keys)


@transaction.atomic
def restore(kind: str, *, expected: States, wanted: States, actor_id: int | None) -> list[StateIssue]:
    """Bring facts that are as `expected` to the wanted states. With issues, all of them at once, nothing is written."""
    lock_organisation()
    now = states(kind, wanted.keys())
    issues = [
        StateIssue(key, _("It has been changed since."), changed=True)
        for key in wanted
        if now.get(key) != expected.get(key)
    ]
    gone = [key for key, state in wanted.items() if state is None and key in now]
    issues += in_use(kind, gone)
    issues += dangling(kind, wanted)
    issues += overlaps(wanted) if kind == ASSIGNMENTS else []
    if not issues:
        _WRITE[kind](wanted, gone=gone, actor_id=actor_id)
        issues = loops(kind, wanted)
    if issues:
        transaction.set_rollback(True)
    return issues


def _unit_states(keys: Collection[str]) -> dict[str, State]:
    found: dict[str, State] = {
        key: {"versions": []} for key in Unit.objects.filter(external_id__in=keys).values_list("external_id", flat=True)
    }
    rows = UnitVersion.objects.filter(unit__external_id__in=keys).order_by("unit_id", "during")
    columns = ("name", "level", "parent__external_id", "ownership", "city", "is_leading")
    for key, during, name, level, parent, ownership, city, leading in rows.values_list(
        "unit__external_id", "during", *columns
    ):
        version = {"name": name, "level": level, "parent": parent, "ownership": ownership, "city": city}
        found[key]["versions"].append({**_days(during), **version, "is_leading": leading})
    return found


def _people_states(keys: Collection[str]) -> dict[str, State]:
    people = Person.objects.filter(external_id__in=keys)
    found: dict[str, State] = {
        key: {"display_name": name, "hired_on": str(hired), "left_on": _text(left), "employments": []}
        for key, name, hired, left in people.values_list("external_id", "display_name", "hired_on", "left_on")
    }
    rows = Employment.objects.filter(person__external_id__in=keys).order_by("person_id", "during")
    columns = ("unit__external_id", "manager__external_id", "fill_mode", "fte", "monthly_cost")
    for key, during, unit, manager, mode, fte, cost in rows.values_list("person__external_id", "during", *columns):
        work = {"unit": unit, "manager": manager, "fill_mode": mode, "fte": str(fte), "monthly_cost": _text(cost)}
        found[key]["employments"].append({**_days(during), **work})
    return found


def _assignment_states(keys: Collection[str]) -> dict[str, State]:
    people = {key.rsplit("/", 2)[0] for key in keys}
    rows = Assignment.objects.filter(person__external_id__in=people)
    columns = ("person__external_id", "role_key", "unit__external_id", "share", "during")
    found = {}
    for person, role, unit, share, during in rows.values_list(*columns):
        key = f"{person}/{role}/{during.lower}"
        if key in keys:
            found[key] = {"unit": unit, "share": str(share), "end": _text(during.upper)}
    return found


def _days(during: Any) -> State:
    return {"start": _text(during.lower), "end": _text(during.upper)}


def _text(value: date | Decimal | None) -> str | None:
    return None if value is None else str(value)


def _write_units(wanted: States, *, gone: Sequence[str], actor_id: int | None) -> None:
    workspace_id = current_workspace_id()
    kept = {key: state for key, state in wanted.items() if state is not None}
    UnitVersion.objects.filter(unit__external_id__in=wanted.keys()).delete()
    Unit.objects.filter(external_id__in=gone).delete()
    there = set(Unit.objects.filter(external_id__in=kept).values_list("external_id", flat=True))
    Unit.objects.bulk_create([Unit(workspace_id=workspace_id, external_id=key) for key in kept if key not in there])
    ids = dict(Unit.objects.values_list("external_id", "pk"))
    rows = [
        UnitVersion(
            workspace_id=workspace_id,
            unit_id=ids[key],
            during=(day_of(version["start"]), day_of(version["end"])),
            recorded_by_id=actor_id,
            parent_id=ids[version["parent"]] if version["parent"] is not None else None,
            **{name: version[name] for name in ("name", "level", "ownership", "city", "is_leading")},
        )
        for key, state in kept.items()
        for version in state["versions"]
    ]
    UnitVersion.objects.bulk_create(rows, batch_size=BATCH)


def _write_people(wanted: States, *, gone: Sequence[str], actor_id: int | None) -> None:
    workspace_id = current_workspace_id()
    kept = {key: state for key, state in wanted.items() if state is not None}
    Employment.objects.filter(person__external_id__in=wanted.keys()).delete()
    Person.objects.filter(external_id__in=gone).delete()
    people = [
        Person(
            workspace_id=workspace_id,
            external_id=key,
            display_name=state["display_name"],
            hired_on=date.fromisoformat(state["hired_on"]),
            left_on=day_of(state["left_on"]),
        )
        for key, state in kept.items()
    ]
    Person.objects.bulk_create(
        people,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["workspace", "external_id"],
        update_fields=["display_name", "hired_on", "left_on", "recorded_at"],
    )
    units = dict(Unit.objects.values_list("external_id", "pk"))
    ids = dict(Person.objects.values_list("external_id", "pk"))
    rows = [
        Employment(
            workspace_id=workspace_id,
            person_id=ids[key],
            unit_id=units[work["unit"]],
            manager_id=ids[work["manager"]] if work["manager"] is not None else None,
            during=(day_of(work["start"]), day_of(work["end"])),
            recorded_by_id=actor_id,
            fill_mode=work["fill_mode"],
            fte=Decimal(work["fte"]),
            monthly_cost=Decimal(work["monthly_cost"]) if work["monthly_cost"] is not None else None,
        )
        for key, state in kept.items()
        for work in state["employments"]
    ]
    Employment.objects.bulk_create(rows, batch_size=BATCH)


def _write_assignments(wanted: States, *, gone: Sequence[str], actor_id: int | None) -> None:
    units = dict(Unit.objects.values_list("external_id", "pk"))
    people = {key.rsplit("/", 2)[0] for key in wanted}
    ids = dict(Person.objects.filter(external_id__in=people).values_list("external_id", "pk"))
    for key in wanted:
        person, role, start = key.rsplit("/", 2)
        held = Assignment.objects.filter(person__external_id=person, role_key=role)
        held.filter(during__startswith=date.fromisoformat(start)).delete()
    rows = []
    for key, state in wanted.items():
        if state is None:
            continue
        person, role, start = key.rsplit("/", 2)
        rows.append(
            Assignment(
                workspace_id=current_workspace_id(),
                person_id=ids[person],
                role_key=role,
                unit_id=units[state["unit"]],
                share=Decimal(state["share"]),
                during=(date.fromisoformat(start), day_of(state["end"])),
                recorded_by_id=actor_id,
            )
        )
    Assignment.objects.bulk_create(rows, batch_size=BATCH)


_READ = {UNITS: _unit_states, PEOPLE: _people_states, ASSIGNMENTS: _assignment_states}
_WRITE = {UNITS: _write_units, PEOPLE: _write_people, ASSIGNMENTS: _write_assignments}
