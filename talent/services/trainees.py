"""People named by whoever enrols them or records something of them: they work here, within the bounds of the asker."""

from __future__ import annotations

from datetime import date

from roles.choices import Thing
from roles.queries.org_chart import unit_tree
from roles.queries.people import employed, people_within
from roles.queries.picking import find_named
from talent.errors.training import UnknownTrainee


def trainee_named(text: str, *, on: date, within: str | None = None) -> str:
    """Return the one person meant. Raise UnknownTrainee for none, several, or somebody outside the bounds."""
    text = text.strip()
    there = set(employed([person for person, _name in find_named(Thing.PEOPLE, text)], as_of=on)) if text else set()
    if within is not None:
        there &= people_in(within, on=on)
    if len(there) != 1:
        raise UnknownTrainee(text=text, day=on)
    return there.pop()


def people_in(unit: str, *, on: date) -> frozenset[str]:
    """Return who works, or holds a role, in the unit or below it on the day."""
    rows = people_within(unit_tree(as_of=on).subtree(unit), as_of=on)
    return frozenset(rows.values_list("person__external_id", flat=True))
