"""People are put into talent pools and leave them; every stay is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from roles.catalogue import RoleKey
from roles.queries.library import role_library
from roles.queries.people import employed
from talent.choices import Pool, Readiness
from talent.errors.people import OutOfReach, PoolRefused, StayOver
from talent.models import PoolStay

MOST_REASON = 400


@dataclass(frozen=True, slots=True)
class Place:
    """What a stay says: which pool, a successor for which role (empty: none certain), ready when, since when, why."""

    pool: str
    target_role: str
    readiness: str
    since: date
    reason: str


@transaction.atomic
def put_in(person: str, *, place: Place, today: date, actor_id: int | None, own_person: str = "") -> PoolStay:
    """Put a person into a pool. PoolRefused lists every fault; nobody puts themselves in.

    Who is in that pool for that role already, with other readiness or another reason, is given a new stay; the old
    one ends on the day the new one begins.
    """
    faults = _faults(person, place, today=today, own_person=own_person)
    if faults:
        raise PoolRefused(faults)
    open_ = (
        PoolStay.objects.select_for_update()
        .filter(person_external_id=person, pool=place.pool, target_role=place.target_role, until=None)
        .first()
    )
    if open_ is not None:
        if open_.since > place.since:
            words = _("The present stay began on %(day)s: choose that day or a later one.")
            raise PoolRefused({"since": words % {"day": open_.since.isoformat()}})
        _end(open_, until=place.since, reason=_("Another stay follows."), actor_id=actor_id)
    return PoolStay.objects.create(
        person_external_id=person,
        pool=place.pool,
        target_role=place.target_role,
        readiness=place.readiness,
        since=place.since,
        reason=place.reason.strip(),
        author_id=actor_id,
    )


@transaction.atomic
def take_out(
    stay: int, *, until: date, reason: str, today: date, actor_id: int | None, own_person: str = ""
) -> PoolStay:
    """End a stay; `until` is the first day the person is no longer in the pool."""
    row = PoolStay.objects.select_for_update().filter(pk=stay).first()
    if row is None or (own_person and row.person_external_id == own_person):
        raise OutOfReach
    if row.until is not None:
        raise StayOver(until=row.until)
    faults = {}
    if until < row.since:
        faults["until"] = _("The stay began on %(day)s.") % {"day": row.since.isoformat()}
    if until > today:
        faults["until"] = _("A stay ends today or ended earlier.")
    faults |= _reason_faults(reason)
    if faults:
        raise PoolRefused(faults)
    _end(row, until=until, reason=reason.strip(), actor_id=actor_id)
    return row


def _end(row: PoolStay, *, until: date, reason: str, actor_id: int | None) -> None:
    row.until, row.end_reason, row.ended_by_id, row.ended_at = until, reason, actor_id, timezone.now()
    row.save(update_fields=["until", "end_reason", "ended_by", "ended_at"])


def _faults(person: str, place: Place, *, today: date, own_person: str) -> dict[str, str]:
    faults = _reason_faults(place.reason)
    if own_person and own_person == person:
        faults["person"] = _("Nobody puts themselves into a pool.")
    elif place.since > today:
        faults["since"] = _("A stay begins today or began earlier.")
    elif person not in employed([person], as_of=place.since):
        faults["person"] = _("“%(id)s” does not work here on %(day)s.") % {"id": person, "day": place.since.isoformat()}
    if place.pool not in Pool.values:
        faults["pool"] = _("Choose a pool.")
    if place.readiness not in Readiness.values:
        faults["readiness"] = _("Choose when the person is ready.")
    if place.target_role and not role_exists(place.target_role):
        faults["target_role"] = _("Choose a role of the map.")
    if place.pool == Pool.RESERVE and not place.target_role:
        faults["target_role"] = _("A reserve is somebody’s successor: choose the role.")
    return faults


def _reason_faults(reason: str) -> dict[str, str]:
    if not reason.strip():
        return {"reason": _("Give the reason; it is kept.")}
    return {"reason": _("At most %(most)s characters.") % {"most": MOST_REASON}} if len(reason) > MOST_REASON else {}


def role_exists(role: str) -> bool:
    """Tell whether the workspace has a role of that key."""
    try:
        return RoleKey(role) in role_library().roles
    except ValueError:
        return False
