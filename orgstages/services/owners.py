"""People and units named by what somebody types: their number, or a name that only one has."""

from __future__ import annotations

from datetime import date

from omnichannel.core.errors import DomainError
from orgstages.errors import UnknownOwner
from roles.choices import Thing
from roles.queries.org_chart import UnitTree
from roles.queries.people import employed
from roles.queries.picking import find_named


def owner_named(text: str, *, on: date) -> str:
    """Return the external id of the one person meant who works here on the day; nothing for no text."""
    text = text.strip()
    if not text:
        return ""
    there = employed([person for person, _name in find_named(Thing.PEOPLE, text)], as_of=on)
    if len(there) != 1:
        raise UnknownOwner(text=text, day=on)
    return next(iter(there))


def owner_or_fault(text: str, *, on: date) -> tuple[str, list[DomainError]]:
    """Return the person as `owner_named` does, or nothing and the refusal: for a form that tells all its faults."""
    try:
        return owner_named(text, on=on), []
    except UnknownOwner as fault:
        return "", [fault]


def owner_faults(text: str | None, *, on: date | None) -> list[DomainError]:
    """Return what is wrong with an owner as typed; nothing of a text not read, without a day whom nobody knows."""
    if not text:
        return []
    if on is None:
        return [UnknownOwner(text=text, day=None)] if is_unheard(Thing.PEOPLE, text) else []
    return owner_or_fault(text, on=on)[1]


def is_unheard(thing: Thing, text: str) -> bool:
    """Tell whether nothing of the kind is called so on any day."""
    return bool(text.strip()) and not find_named(thing, text.strip())


def unit_named(text: str, *, tree: UnitTree) -> str:
    """Return the external id of the one unit of the day that is meant; nothing where it is none, or several."""
    there = {unit for unit, _name in find_named(Thing.UNITS, text.strip()) if unit in tree} if text.strip() else set()
    return next(iter(there)) if len(there) == 1 else ""
