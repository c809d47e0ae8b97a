"""Who would have too much on hand: assignments as written, or as they would be, against the marks of overload."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from roles.coverage import MOST_ROLES, MOST_SHARE
from roles.holdings import assignment_key
from roles.models import Assignment

Held = tuple[str, date, date | None, Decimal]


@dataclass(frozen=True, slots=True)
class Overload:
    """A row of a batch from whose first day on a person has too much; a mark, not an error."""

    index: int
    person: str
    day: date
    share: Decimal
    roles: int


def overloads(rows: Sequence[Mapping[str, Any]]) -> tuple[Overload, ...]:
    """Return the rows whose person is overloaded on the row's first day, in one query.

    A row has `person_external_id`, `role` and `start_on`; with `share` it counts as it says, written or not.
    """
    held = _held({row["person_external_id"] for row in rows})
    for row in rows:
        if "share" in row:
            key = assignment_key(row["person_external_id"], row["role"], row["start_on"])
            said = (row["role"], row["start_on"], row.get("end_on"), row["share"])
            held.setdefault(row["person_external_id"], {})[key] = said
    found = []
    for index, row in enumerate(rows):
        day, person = row["start_on"], row["person_external_id"]
        on = [one for one in held.get(person, {}).values() if one[1] <= day and (one[2] is None or day < one[2])]
        share, roles = sum((one[3] for one in on), Decimal(0)), len({one[0] for one in on})
        if share > MOST_SHARE or roles > MOST_ROLES:
            found.append(Overload(index, person, day, share, roles))
    return tuple(found)


def _held(people: set[str]) -> dict[str, dict[str, Held]]:
    rows = Assignment.objects.filter(person__external_id__in=people)
    found: dict[str, dict[str, Held]] = {}
    for person, role, during, share in rows.values_list("person__external_id", "role_key", "during", "share"):
        key = assignment_key(person, role, during.lower)
        found.setdefault(person, {})[key] = (role, during.lower, during.upper, share)
    return found
