"""How much of their time a person gives to roles already: what the form of a role adds to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from roles.coverage import MOST_ROLES, MOST_SHARE, share_total
from roles.queries.people import holders


@dataclass(frozen=True, slots=True)
class Load:
    """The other roles of a person on a day, and from where on it is too much (a mark, not an error)."""

    share: Decimal
    roles: tuple[str, ...]
    most_share: Decimal = MOST_SHARE
    most_roles: int = MOST_ROLES


def load_of(person: str, *, day: date | None, without: str) -> Load | None:
    """Return what a person holds on the day beside the assignment named; None without a day."""
    if day is None:
        return None
    held = [one for one in holders(as_of=day, person=person) if one.external_id != without]
    return Load(share_total(held), tuple(sorted({one.role_key.value for one in held})))
