"""Groups of SCIM: create, change, delete. A group is a unit; its members are the people who work there.

SCIM says which units there are and who is in them. Where a unit hangs in the tree is arranged in the chart, or by a
directory that knows it: a new one hangs below the root, and what SCIM writes later leaves it where it is.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from scim2_models import ConflictException, InvalidValueException, UniquenessException

from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import current_workspace_id
from roles.choices import ScimKind, Thing, UnitLevel
from roles.models import ScimMembership, ScimResource, Unit, UnitVersion
from roles.models.scim import ATTRIBUTE_LENGTH
from roles.scim.filters import alive
from roles.scim.places import as_uuid
from roles.scim.reading import Payload, members_of
from roles.scim.settling import SOURCE, Change, Settling, said_issues
from roles.services.ending import end, remove
from roles.services.source_ids import forget_ids, remember
from roles.services.sync import UnitInput, upsert_units
from roles.services.sync.checks import ID_LENGTH

NAME_LENGTH = 120


def create_group(said: Payload, *, settling: Settling) -> ScimResource:
    """Create a group. A unit that has the `externalId` for its own id is that group; else a new unit is made."""
    _forget_closed(str(said.get("externalId") or ""), settling=settling)
    row = _own_row(said)
    members = _take(row, said, at=settling.at)
    _check_unique(row)
    if row.pk is None:
        row.created_at = settling.at
    row.save()
    _write_unit(row, _name_of(said), settling=settling)
    remember(SOURCE, Thing.UNITS, {str(row.scim_id): row.external_id})
    if members is not None:
        _set_members(row, members, settling=settling)
    return row


def update_group(row: ScimResource, said: Payload, *, before: Payload, settling: Settling) -> None:
    """Bring a group to what is said."""
    members = _take(row, said, at=settling.at)
    _check_unique(row)
    row.save()
    if _name_of(said) != _name_of(before):
        _write_unit(row, _name_of(said), settling=settling)
    remember(SOURCE, Thing.UNITS, {str(row.scim_id): row.external_id})
    _set_members(row, members or [], settling=settling)


def delete_group(row: ScimResource, *, settling: Settling) -> None:
    """Close the unit today. Its people go to their next group or have no place; units below it move up.

    A unit that came today is taken back as if it had never been, where nothing of an earlier day points to it.
    """
    _set_members(row, [], settling=settling)
    _lift_children(row.external_id, settling=settling)
    came = Unit.objects.filter(external_id=row.external_id).values_list("recorded_at", flat=True).get()
    is_fresh = came >= settling.at - timedelta(days=1)
    if not (is_fresh and remove(Thing.UNITS, [row.external_id], actor_id=settling.actor_id, source=SOURCE).is_ok):
        written = end(Thing.UNITS, row.external_id, on=settling.day, actor_id=settling.actor_id, source=SOURCE)
        if not written.is_ok:
            raise ConflictException(detail=said_issues(written.issues))
    forget_ids(SOURCE, Thing.UNITS, [row.external_id])
    row.delete()


def _take(row: ScimResource, said: Payload, *, at: datetime) -> list[dict[str, Any]] | None:
    """Write what is said into the row; return the members, None where nothing is said of them."""
    name, given = _name_of(said), str(said.get("externalId") or "")
    if not name:
        raise InvalidValueException(detail="displayName is required.")
    for attribute, value, most in (("displayName", name, NAME_LENGTH), ("externalId", given, ATTRIBUTE_LENGTH)):
        if len(value) > most:
            raise InvalidValueException(detail=f"{attribute} is longer than {most} characters.")
    row.given_id = given
    row.attributes = {"externalId": given} if given else {}
    row.changed_at = at
    row.linked_at = row.linked_at or row.changed_at
    return said.get("members")


def _name_of(said: Payload) -> str:
    return str(said.get("displayName") or "").strip()


def _check_unique(row: ScimResource) -> None:
    others = ScimResource.objects.filter(kind=ScimKind.GROUP).exclude(pk=row.pk)
    if row.given_id and others.filter(given_id=row.given_id).exists():
        raise UniquenessException(detail=f"Another group has the externalId {row.given_id}.")


def _own_row(said: Payload) -> ScimResource:
    given = str(said.get("externalId") or "").strip()
    groups = ScimResource.objects.filter(kind=ScimKind.GROUP)
    found = groups.filter(external_id=given).first() if given else None
    if found is not None and found.linked_at is None:
        return found
    row = ScimResource(workspace_id=current_workspace_id(), kind=ScimKind.GROUP)
    is_free = 0 < len(given) <= ID_LENGTH and found is None
    row.external_id = given if is_free else row.scim_id.hex
    return row


def _forget_closed(given: str, *, settling: Settling) -> None:
    """Free the `externalId` of a group whose unit has been closed through another door."""
    named = ScimResource.objects.filter(kind=ScimKind.GROUP, given_id=given)
    if given and not alive(ScimKind.GROUP, day=settling.day).filter(given_id=given).exists():
        named.delete()


def _write_unit(row: ScimResource, name: str, *, settling: Settling) -> None:
    """Give the unit its name from today on; a new one hangs below the root."""
    here = UnitVersion.objects.on(settling.day).filter(unit__external_id=row.external_id)
    columns = ("level", "parent__external_id", "ownership", "city")
    facts = here.values_list(*columns).first()
    if facts is None:
        root = _root(settling=settling)
        facts = (UnitLevel.DEPARTMENT.value, root if root != row.external_id else None, "na", "")
    level, parent, ownership, city = facts
    _upsert(UnitInput(row.external_id, name, level, parent, ownership, city), settling=settling)


def _upsert(unit: UnitInput, *, settling: Settling) -> None:
    result = upsert_units([unit], effective_on=settling.day, actor_id=settling.actor_id, source=SOURCE)
    if not result.is_ok:
        raise InvalidValueException(detail=said_issues(result.issues))


def _root(*, settling: Settling) -> str:
    """Return the unit at the top, the group's where there are several; an empty organisation gets one first."""
    tops = UnitVersion.objects.on(settling.day).filter(parent=None).values_list("level", "unit__external_id")
    if tops:
        return min(tops, key=lambda top: (top[0] != UnitLevel.GROUP, top[0] == UnitLevel.PROJECT_TEAM, top[1]))[1]
    workspace = Workspace.objects.get(pk=current_workspace_id())
    _upsert(UnitInput(workspace.slug, workspace.name, UnitLevel.GROUP.value), settling=settling)
    return workspace.slug


def _set_members(row: ScimResource, members: Collection[dict[str, Any]], *, settling: Settling) -> None:
    """Put people into the group and let others go, in one write."""
    wanted = _users(members)
    current = members_of([row], day=settling.day)[row.pk]
    coming = [user for key, user in wanted.items() if key not in current]
    going = ScimResource.objects.in_bulk([key for key in current if key not in wanted])
    ScimMembership.objects.filter(group=row, user__in=list(going)).delete()
    workspace_id = current_workspace_id()
    # those who worked here before SCIM listed them are members by that alone
    ScimMembership.objects.bulk_create(
        [ScimMembership(workspace_id=workspace_id, group=row, user=user, recorded_at=settling.at) for user in coming],
        ignore_conflicts=True,
    )
    changes = [Change(user, placed=True) for user in coming]
    changes += [Change(user, placed=True, left=row.external_id) for user in going.values()]
    if changes:
        settling.settle(changes)


def _users(members: Collection[dict[str, Any]]) -> dict[int, ScimResource]:
    """Return the users whom the members name by their ids; groups within groups are not taken."""
    named = {str(one.get("value") or str(one.get("$ref") or "").rpartition("/")[2]): one for one in members}
    ids = {identity: said for said in named if (identity := as_uuid(said)) is not None}
    rows = {row.scim_id: row for row in ScimResource.objects.filter(scim_id__in=ids)}
    unknown = [said for said in named if (as_uuid(said)) not in rows]
    if unknown:
        raise InvalidValueException(detail=f"There is no user {unknown[0]}.")
    if any(row.kind != ScimKind.USER for row in rows.values()):
        raise InvalidValueException(detail="A member is a user; where a unit hangs is arranged in the chart.")
    return {row.pk: row for row in rows.values()}


def _lift_children(key: str, *, settling: Settling) -> None:
    """Hang the units below a closing one under what is above it."""
    parent = (
        UnitVersion.objects.on(settling.day).filter(unit__external_id=key).values_list("parent__external_id", flat=True)
    )
    above = parent.first()
    columns = ("unit__external_id", "name", "level", "ownership", "city")
    children = UnitVersion.objects.on(settling.day).filter(parent__external_id=key).values_list(*columns)
    for child, name, level, ownership, city in children:
        _upsert(UnitInput(child, name, level, above, ownership, city), settling=settling)
