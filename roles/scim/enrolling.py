"""A SCIM row for everybody who is here and every unit, through whatever door they came."""

from __future__ import annotations

from datetime import date, timedelta
from unicodedata import normalize

from django.db.models import Exists, OuterRef, Q

from omnichannel.workspaces.scoping import current_workspace_id
from roles.choices import ScimKind
from roles.models import Person, ScimResource, UnitVersion

BATCH = 2000


def user_key(name: str) -> str:
    """Return the form in which user names are compared: normalised, without their case."""
    return normalize("NFC", normalize("NFC", name).lower())


def enrol(*, day: date) -> None:
    """Give rows to those who have none. Who has left, or leaves by tomorrow, before SCIM knew them is no user."""
    named = ScimResource.objects.filter(external_id=OuterRef("external_id"))
    here = Person.objects.filter(Q(left_on=None) | Q(left_on__gt=day + timedelta(days=1)))
    people = here.exclude(Exists(named.filter(kind=ScimKind.USER))).values_list("external_id", "recorded_at")
    in_unit = ScimResource.objects.filter(kind=ScimKind.GROUP, external_id=OuterRef("unit__external_id"))
    units = UnitVersion.objects.on(day).exclude(Exists(in_unit)).values_list("unit__external_id", flat=True)
    workspace_id = current_workspace_id()
    rows = [
        ScimResource(
            workspace_id=workspace_id,
            kind=ScimKind.USER,
            external_id=key,
            user_key=user_key(key),
            created_at=came,
            changed_at=came,
        )
        for key, came in people
    ]
    rows += [ScimResource(workspace_id=workspace_id, kind=ScimKind.GROUP, external_id=key) for key in units]
    if rows:
        ScimResource.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
