"""One person holding one role in one unit, as queries hand it out, and the key by which that goes. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from omnichannel.core.text import Bilingual
from roles.catalogue import RoleKey, roles_here

KEY_SLASHES = 2  # an assignment's key has as many at least; what has fewer is nobody's


def assignment_key(person: str, role: str, start: date) -> str:
    """Return the key of an assignment: person, role and first day as one text."""
    return f"{person}/{role}/{start}"


def split_assignment_key(key: str) -> tuple[str, str, str]:
    """Split the key of an assignment into person, role and first day; ids of people may hold slashes."""
    person, role, start = key.rsplit("/", KEY_SLASHES)
    return person, role, start


@dataclass(frozen=True, slots=True)
class Holding:
    """A person holds a role with a share of their time from `start` up to, not including, `end`.

    `person_fte` is the person's own FTE on the day asked (1 when no employment of that day is known).
    """

    person_external_id: str
    person_name: str
    role_key: RoleKey
    unit_external_id: str
    unit_name: str
    share: Decimal
    person_fte: Decimal
    start: date
    end: date | None

    @property
    def role_names(self) -> Bilingual:
        """Return the role's name in both languages."""
        return roles_here().roles[self.role_key].names

    @property
    def external_id(self) -> str:
        """Return the key of the assignment."""
        return assignment_key(self.person_external_id, self.role_key, self.start)
