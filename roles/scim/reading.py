"""From rows to SCIM: what a client said, and what the organisation says since. A page costs the same few queries.

A value that SCIM wrote reads back as it was sent while the organisation still is as SCIM left it; after a change
through another door the organisation's own answer stands there.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2s
from typing import Any

from django.db.models import Max

from roles.choices import ScimKind, Thing
from roles.models import Employment, OrgChange, Person, ScimMembership, ScimResource, UnitVersion
from roles.scim.quirks import CORE_GROUP, CORE_USER, ENTERPRISE

Payload = dict[str, Any]
NAME_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Presence:
    """A person as the organisation has them today; `unit` and `manager` are our ids, empty for none."""

    name: str
    hired_on: date
    left_on: date | None
    unit: str = ""
    manager: str = ""

    def is_here(self, day: date) -> bool:
        """Tell whether they have not left; somebody still to come counts."""
        return self.left_on is None or self.left_on > day


def presences(keys: Collection[str], *, day: date) -> dict[str, Presence]:
    """Return those of the people who are known, with where they work on the day."""
    jobs = {
        person: (unit, manager or "")
        for person, unit, manager in Employment.objects.on(day)
        .filter(person__external_id__in=keys)
        .values_list("person__external_id", "unit__external_id", "manager__external_id")
    }
    rows = Person.objects.filter(external_id__in=keys)
    return {
        key: Presence(name, hired_on, left_on, *jobs.get(key, ("", "")))
        for key, name, hired_on, left_on in rows.values_list("external_id", "display_name", "hired_on", "left_on")
    }


def said_name(attributes: Mapping[str, Any]) -> str:
    """Return the name that the attributes give a person, as long as ours may be."""
    name = attributes.get("name") or {}
    parts = " ".join(filter(None, (name.get("givenName"), name.get("familyName"))))
    best = attributes.get("displayName") or name.get("formatted") or parts or attributes.get("userName") or ""
    return str(best).strip()[:NAME_LENGTH]


def is_active(row: ScimResource, found: Presence | None, *, day: date) -> bool | None:
    """Tell what `active` reads: None where a client has taken the attribute away from somebody who is here."""
    said = row.attributes.get("active") if row.linked_at else True
    if found is None or not found.is_here(day):
        return False
    if said is False:
        # they go on a day to come, as SCIM asked; without one somebody else has brought them back
        return found.left_on is None
    return None if said is None else True


def user_payloads(rows: Sequence[ScimResource], *, day: date) -> list[Payload]:
    """Return the users of the rows, in their order."""
    keys = [row.external_id for row in rows]
    people = presences(keys, day=day)
    named = _Names(people.values(), day=day)
    groups = _groups_of(rows, people, names=named)
    moments = _moments(Thing.PEOPLE, keys)
    return [
        _user(row, people.get(row.external_id), groups.get(row.pk, []), named, moments.get(row.external_id), day=day)
        for row in rows
    ]


class _Names:
    """How SCIM calls the units and managers of some people."""

    def __init__(self, people: Collection[Presence], *, day: date) -> None:
        managers = {one.manager for one in people if one.manager}
        self.day = day
        self.managers = dict(
            ScimResource.objects.filter(kind=ScimKind.USER, external_id__in=managers).values_list(
                "external_id", "scim_id"
            )
        )
        self.manager_names = dict(
            Person.objects.filter(external_id__in=managers).values_list("external_id", "display_name")
        )
        self.units: dict[str, str] = {}
        self.add_units({one.unit for one in people if one.unit})

    def add_units(self, keys: Collection[str]) -> None:
        """Read the names of more units."""
        rows = UnitVersion.objects.on(self.day).filter(unit__external_id__in=set(keys) - set(self.units))
        self.units |= dict(rows.values_list("unit__external_id", "name"))


def _groups_of(
    rows: Sequence[ScimResource], people: Mapping[str, Presence], *, names: _Names
) -> dict[int, list[Payload]]:
    """Return the groups of each user: first where they work, then where SCIM put them besides."""
    found: dict[int, dict[str, None]] = {}
    for row in rows:
        presence = people.get(row.external_id)
        found[row.pk] = {presence.unit: None} if presence is not None and presence.unit else {}
    given = ScimMembership.objects.filter(user__in=list(found)).order_by("pk")
    for user, unit in given.values_list("user_id", "group__external_id"):
        found[user][unit] = None
    units = {unit for each in found.values() for unit in each}
    names.add_units(units)
    groups = ScimResource.objects.filter(kind=ScimKind.GROUP, external_id__in=units)
    ids = dict(groups.values_list("external_id", "scim_id"))
    return {
        user: [
            {"value": str(ids[unit]), "$ref": f"Groups/{ids[unit]}", "display": names.units[unit], "type": "direct"}
            for unit in each
            if unit in ids and unit in names.units
        ]
        for user, each in found.items()
    }


def _user(
    row: ScimResource,
    found: Presence | None,
    groups: list[Payload],
    names: _Names,
    moment: datetime | None,
    *,
    day: date,
) -> Payload:
    said: Payload = dict(row.attributes) if row.linked_at else {"userName": row.external_id}
    extension = dict(said.pop(ENTERPRISE, {})) if row.linked_at else {"employeeNumber": row.external_id}
    is_here = found is not None and found.is_here(day)
    if found is not None and found.name != said_name(said):
        said["displayName"] = found.name
    if found is not None and is_here and (found.unit != row.unit or not row.linked_at):
        extension["department"] = names.units.get(found.unit)
    if found is not None and is_here and (found.manager != row.manager or not row.linked_at):
        extension["manager"] = _manager(found.manager, names)
    said["active"] = is_active(row, found, day=day)
    extension = {name: value for name, value in extension.items() if value is not None}
    if extension:
        said[ENTERPRISE] = extension
    said["schemas"] = [CORE_USER, *([ENTERPRISE] if extension else [])]
    payload = {name: value for name, value in said.items() if value not in (None, "", [])}
    return _closed(payload, row, moment) | ({"groups": groups} if groups else {})


def _manager(key: str, names: _Names) -> Payload | None:
    if key not in names.managers:
        return None
    identity = names.managers[key]
    said = {"value": str(identity), "$ref": f"Users/{identity}", "displayName": names.manager_names.get(key)}
    return {name: value for name, value in said.items() if value}


def group_payloads(rows: Sequence[ScimResource], *, day: date, with_members: bool = True) -> list[Payload]:
    """Return the groups of the rows, in their order; every row's unit is there on the day."""
    keys = [row.external_id for row in rows]
    versions = UnitVersion.objects.on(day).filter(unit__external_id__in=keys)
    names = dict(versions.values_list("unit__external_id", "name"))
    members = members_of(rows, day=day) if with_members else {}
    moments = _membership_moments(keys, _moments(Thing.UNITS, keys))
    return [_group(row, names[row.external_id], members.get(row.pk), moments.get(row.external_id)) for row in rows]


def members_of(rows: Sequence[ScimResource], *, day: date) -> dict[int, dict[int, Payload]]:
    """Return the members of each group by the key of their row: who works there, and whom SCIM put there besides."""
    by_unit = {row.external_id: row.pk for row in rows}
    found: dict[int, dict[int, Payload]] = {row.pk: {} for row in rows}
    employed = Employment.objects.on(day).filter(unit__external_id__in=by_unit)
    works_in = dict(employed.values_list("person__external_id", "unit__external_id"))
    users = ScimResource.objects.filter(kind=ScimKind.USER)
    for user in users.filter(external_id__in=works_in).order_by("pk"):
        found[by_unit[works_in[user.external_id]]][user.pk] = _member(user)
    given = ScimMembership.objects.filter(group__in=list(found)).select_related("user").order_by("pk")
    for one in given:
        found[one.group_id].setdefault(one.user_id, _member(one.user))
    return found


def _member(user: ScimResource) -> Payload:
    return {"value": str(user.scim_id), "$ref": f"Users/{user.scim_id}", "type": "User"}


def _group(row: ScimResource, name: str, members: Mapping[int, Payload] | None, moment: datetime | None) -> Payload:
    payload: Payload = {**row.attributes, "displayName": name, "schemas": [CORE_GROUP]}
    closed = _closed(payload, row, moment)
    return closed | ({"members": list(members.values())} if members else {})


def _closed(payload: Payload, row: ScimResource, moment: datetime | None) -> Payload:
    """Add id and meta. The version is a digest of what the client reads and of when it changed last."""
    changed = max(filter(None, (row.changed_at, moment)))
    text = json.dumps([payload, changed.isoformat()], sort_keys=True, ensure_ascii=False)
    digest = blake2s(text.encode(), digest_size=10).hexdigest()
    meta = {
        "resourceType": row.kind,
        "created": row.created_at.isoformat(),
        "lastModified": changed.isoformat(),
        "version": f'W/"{digest}"',
    }
    return {**payload, "id": str(row.scim_id), "meta": meta}


def _moments(thing: Thing, keys: Collection[str]) -> dict[str, datetime]:
    """Return when a revision last touched each of the things."""
    rows = OrgChange.objects.filter(thing=thing, external_id__in=keys).values("external_id")
    return dict(rows.annotate(at=Max("revision__at")).values_list("external_id", "at"))


def _membership_moments(keys: Collection[str], moments: Mapping[str, datetime]) -> dict[str, datetime]:
    """Return the same for groups: somebody coming or going changes a group."""
    rows = Employment.ever.filter(unit__external_id__in=keys).values("unit__external_id")
    found = dict(moments)
    summed = rows.annotate(began=Max("recorded_at"), ended=Max("superseded_at"))
    for key, began, ended in summed.values_list("unit__external_id", "began", "ended"):
        found[key] = max(filter(None, (found.get(key), began, ended)))
    return found
