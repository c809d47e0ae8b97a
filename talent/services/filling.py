"""Filling a role in a unit: a share of somebody's time from a day on, as an assignment of the organisation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from roles.choices import Thing
from roles.coverage import MOST_ROLES, MOST_SHARE, share_total
from roles.queries.people import holders
from roles.services.edits import add, edit, values_on
from roles.services.written import Written


@dataclass(frozen=True, slots=True)
class Load:
    """What a person would have on hand from the day on, with the role; a mark, not an error."""

    share: Decimal
    roles: int

    @property
    def is_too_much(self) -> bool:
        """True above 1.2 of the time in all, or with more than three roles."""
        return self.share > MOST_SHARE or self.roles > MOST_ROLES


def load_with(person: str, *, unit: str, role: str, share: Decimal, on: date) -> Load:
    """Return the load of the person on the day if they gave the role that share there."""
    held = holders(as_of=on, person=person)
    others = [each for each in held if (str(each.role_key), each.unit_external_id) != (role, unit)]
    return Load(share_total(others) + share, len({str(each.role_key) for each in others} | {role}))


def fill(
    person: str, *, unit: str, role: str, share: Decimal, on: date, actor_id: int | None, note: str = ""
) -> Written:
    """Give the person the role in the unit from the day on, or that share of it where they hold it there already."""
    held = holders(as_of=on, person=person)
    own = next((each for each in held if (str(each.role_key), each.unit_external_id) == (role, unit)), None)
    if own is None:
        values = {
            "person_external_id": person,
            "role": role,
            "unit_external_id": unit,
            "share": share,
            "start_on": on,
        }
        return add(Thing.ASSIGNMENTS, values, on=on, actor_id=actor_id, note=note)
    now = values_on(Thing.ASSIGNMENTS, own.external_id, on) or {}
    changes, base = {"share": share}, {"share": now.get("share")}
    return edit(
        Thing.ASSIGNMENTS, own.external_id, on=on, changes=changes, base=base, actor_id=actor_id, note=note
    ).written
