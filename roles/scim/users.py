"""Users of SCIM: create, change, delete. A user is a person; `active` says whether they are here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q
from scim2_models import InvalidValueException, UniquenessException

from omnichannel.workspaces.scoping import current_workspace_id
from roles.choices import ScimKind, Thing
from roles.models import Person, ScimResource
from roles.models.scim import ATTRIBUTE_LENGTH
from roles.scim.enrolling import user_key
from roles.scim.places import above_department, department_of, manager_of
from roles.scim.quirks import ENTERPRISE
from roles.scim.reading import Payload, presences, said_name
from roles.scim.settling import SOURCE, Change, Settling
from roles.services.source_ids import forget_ids
from roles.services.sync.checks import ID_LENGTH


def create_user(said: Payload, *, settling: Settling) -> ScimResource:
    """Create a user. Whoever is here under the same employee number is that user: nobody is here twice.

    409 uniqueness for a user name, an `externalId` or an employee number that another user has.
    """
    row = new_user(said, known=KnownUsers([said]), at=settling.at)
    settling.settle([newcomer(row)])
    return row


def new_user(said: Payload, *, known: KnownUsers, at: datetime) -> ScimResource:
    """Write the row of a new user. The organisation does not know of them before `newcomer` has been settled."""
    said.setdefault("active", True)
    row = known.own_row(said)
    _take(row, said, at=at)
    known.check_unique(row)
    if row.pk is None:
        row.created_at = at
    row.save()
    known.add(row)
    return row


def newcomer(row: ScimResource) -> Change:
    """Return the change that a new user is."""
    return Change(row, placed=True, managed=True, named=True)


def update_user(row: ScimResource, said: Payload, *, before: Payload, settling: Settling) -> None:
    """Bring a user to what is said; the organisation changes only where what is said differs from `before`."""
    department = department_of(said), above_department(said)
    earlier = department_of(before), above_department(before)
    change = Change(
        row,
        placed=department != earlier,
        managed=manager_of(said) != manager_of(before),
        named=said_name(said) != said_name(before),
        earlier_department=department_of(before),
    )
    _take(row, said, at=settling.at)
    KnownUsers([said]).check_unique(row)
    row.save()
    settling.settle([change])


def delete_user(row: ScimResource, *, settling: Settling) -> None:
    """Let the person leave today and forget what SCIM said of them; the organisation keeps its history."""
    found = presences([row.external_id], day=settling.day).get(row.external_id)
    if found is not None and found.left_on is None:
        settling.let_go({row.external_id: found})
    forget_ids(SOURCE, Thing.PEOPLE, [row.external_id])
    row.delete()


def _take(row: ScimResource, said: Payload, *, at: datetime) -> None:
    """Write what is said into the row."""
    name = _name(said)
    if not name:
        raise InvalidValueException(detail="userName is required.")
    given = str(said.get("externalId") or "")
    for attribute, value in (("userName", name), ("externalId", given)):
        if len(value) > ATTRIBUTE_LENGTH:
            raise InvalidValueException(detail=f"{attribute} is longer than {ATTRIBUTE_LENGTH} characters.")
    row.user_name, row.user_key, row.given_id = name, user_key(name), given
    row.attributes = said
    row.changed_at = at
    row.linked_at = row.linked_at or row.changed_at


class KnownUsers:
    """The users and people whom new or changed users might be, read once for all of them."""

    def __init__(self, said: Sequence[Payload]) -> None:
        names = {_name(one) for one in said}
        keys = {key for one in said for key in _keys(one)}
        given = {str(one["externalId"]) for one in said if one.get("externalId")}
        meant = Q(user_key__in={user_key(name) for name in names}) | Q(external_id__in=keys) | Q(given_id__in=given)
        self.by_key: dict[str, ScimResource] = {}
        self.by_name: dict[str, ScimResource] = {}
        self.by_given: dict[str, ScimResource] = {}
        for row in ScimResource.objects.filter(meant, kind=ScimKind.USER):
            self.add(row)
        self.people = set(Person.objects.filter(external_id__in=keys).values_list("external_id", flat=True))

    def add(self, row: ScimResource) -> None:
        """Know of one more row."""
        self.by_key[row.external_id] = row
        self.by_name[row.user_key] = row
        if row.given_id:
            self.by_given[row.given_id] = row

    def check_unique(self, row: ScimResource) -> None:
        """Refuse a user name or an id of the client that another user has; people SCIM never wrote have names too."""
        for attribute, other in (
            ("userName", self.by_name.get(row.user_key)),
            ("externalId", self.by_given.get(row.given_id)),
        ):
            if other is not None and other.pk != row.pk:
                value = row.user_name if attribute == "userName" else row.given_id
                raise UniquenessException(detail=f"Another user has the {attribute} {value}.")

    def own_row(self, said: Payload) -> ScimResource:
        """Return the row that a new user takes: that of the person they are, or a new one."""
        number, given, _user_name = keys = _keys(said)
        for key in filter(None, (number, given)):
            row = self.by_key.get(key)
            if row is not None and row.linked_at is None:
                return row
            if row is not None and key == number:
                raise UniquenessException(detail=f"Another user has the employeeNumber {number}.")
            if row is None and key in self.people:
                return ScimResource(workspace_id=current_workspace_id(), kind=ScimKind.USER, external_id=key)
        row = ScimResource(workspace_id=current_workspace_id(), kind=ScimKind.USER)
        fitting = [key for key in keys if 0 < len(key) <= ID_LENGTH and key not in self.by_key]
        row.external_id = fitting[0] if fitting else row.scim_id.hex
        return row


def _name(said: Payload) -> str:
    return str(said.get("userName") or "").strip()


def _keys(said: Payload) -> tuple[str, str, str]:
    """Return what may be the id of a person, best first: employee number, the client's own id, user name."""
    number = str((said.get(ENTERPRISE) or {}).get("employeeNumber") or "").strip()
    return number, str(said.get("externalId") or "").strip(), _name(said)
