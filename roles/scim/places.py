"""Which unit a department is, which person a manager is: by our ids, by SCIM's, and by names."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q

from roles.choices import ScimKind
from roles.models import Person, ScimResource, UnitVersion
from roles.scim.enrolling import enrol, user_key
from roles.scim.quirks import ENTERPRISE


@dataclass(frozen=True, slots=True)
class UnitPlaces:
    """The units of a day: their names, and what they hang below."""

    names: Mapping[str, str]
    parents: Mapping[str, str | None]
    former: Mapping[str, Collection[str]]

    def find(self, department: str, *, within: Sequence[str] = ()) -> str | None:
        """Return the unit that a department means: its id, its name today, or a name that only it once had.

        Of several units of one name the one below all the units named in `within` (division, organisation) is meant;
        None when that leaves none or several.
        """
        said = department.strip()
        if said in self.names:
            return said
        folded = said.casefold()
        alike = [key for key, name in self.names.items() if name.casefold() == folded]
        if not alike:
            alike = [key for key in self.former.get(folded, ()) if key in self.names]
        if len(alike) > 1:
            wanted = [one.strip().casefold() for one in within if one.strip()]
            alike = [key for key in alike if wanted and all(one in self._above(key) for one in wanted)]
        return alike[0] if len(alike) == 1 else None

    def _above(self, key: str) -> set[str]:
        found: set[str] = set()
        at = self.parents.get(key)
        while at is not None and at not in found:
            found |= {at, self.names.get(at, at).casefold()}
            at = self.parents.get(at)
        return found


def unit_places(*, day: date, departments: Collection[str]) -> UnitPlaces:
    """Read the units of the day, and the earlier names that match one of the departments."""
    rows = UnitVersion.objects.on(day).values_list("unit__external_id", "name", "parent__external_id")
    names, parents = {}, {}
    for key, name, parent in rows:
        names[key], parents[key] = name, parent
    former: dict[str, set[str]] = {}
    wanted = {one.strip() for one in departments if one.strip()}
    earlier = UnitVersion.objects.filter(name__in=wanted) if wanted else UnitVersion.objects.none()
    for key, name in earlier.values_list("unit__external_id", "name"):
        former.setdefault(name.casefold(), set()).add(key)
    return UnitPlaces(names, parents, former)


def department_of(said: Mapping[str, Any]) -> str:
    """Return the department that the attributes name, empty for none."""
    return str((said.get(ENTERPRISE) or {}).get("department") or "").strip()


def above_department(said: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what the attributes name above the department."""
    extension = said.get(ENTERPRISE) or {}
    return tuple(str(extension[name]) for name in ("division", "organization") if extension.get(name))


def manager_of(said: Mapping[str, Any]) -> str:
    """Return the id that the attributes name as manager, empty for none; a bare `$ref` counts."""
    manager = (said.get(ENTERPRISE) or {}).get("manager") or {}
    named = manager.get("value") or str(manager.get("$ref") or "").rstrip("/").rpartition("/")[2]
    return str(named).strip()


def find_users(named: Collection[str], *, day: date) -> dict[str, ScimResource]:
    """Return the users whom ids mean: SCIM's own, the client's, ours, or the user name, in this order."""
    found = _find_users(named)
    missing = set(named) - set(found)
    if missing and Person.objects.filter(external_id__in=missing).exists():
        enrol(day=day)
        found |= _find_users(missing)
    return found


def _find_users(named: Collection[str]) -> dict[str, ScimResource]:
    if not named:
        return {}
    keys = {name: user_key(name) for name in named}
    identities = {identity for name in named if (identity := as_uuid(name)) is not None}
    meant = Q(scim_id__in=identities) | Q(given_id__in=named) | Q(external_id__in=named) | Q(user_key__in=keys.values())
    rows = list(ScimResource.objects.filter(meant, kind=ScimKind.USER))
    by_name = {row.user_key: row for row in rows}
    by_ours = {row.external_id: row for row in rows}
    by_theirs = {row.given_id: row for row in rows if row.given_id}
    by_identity = {str(row.scim_id): row for row in rows}
    found = {}
    for name, key in keys.items():
        row = by_identity.get(str(as_uuid(name))) or by_theirs.get(name) or by_ours.get(name) or by_name.get(key)
        if row is not None:
            found[name] = row
    return found


def as_uuid(text: str | None) -> UUID | None:
    """Read an id of ours; None for anything else."""
    try:
        return UUID(text or "")
    except ValueError:
        return None


def ids_of(row: ScimResource) -> set[str]:
    """Return everything by which a client may mean this user, in the form in which `awaits` keeps it."""
    return {user_key(one) for one in (str(row.scim_id), row.given_id, row.external_id, row.user_name) if one}
