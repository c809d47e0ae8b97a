"""Finding a unit, seat or person by what somebody types into a form: an id, a name, or both."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from roles.choices import Thing, UnitLevel
from roles.models import Employment, Person, Seat, SeatVersion, Unit, UnitVersion
from roles.queries.naming import names_of
from roles.queries.org_chart import UnitTree

MOST = 20
BETWEEN = " · "
Found = Sequence[tuple[str, str]]


def label_of(thing: Thing, external_id: str) -> str:
    """Return how a choice is written: its name and its id; what has no name goes by its id."""
    return labelled(external_id, names_of({(thing, external_id)}).get((thing, external_id), ""))


def labelled(external_id: str, name: str) -> str:
    """Join a name and an id as the lists of choices do."""
    return f"{name}{BETWEEN}{external_id}" if name and name != external_id else external_id


def find_named(thing: Thing, text: str) -> Found:
    """Return what a text means, as (id, name): the one of that id, else all of that name."""
    text = text.strip()
    parts = text.split(BETWEEN)
    ids = {text, *(BETWEEN.join(parts[at:]) for at in range(1, len(parts)))}
    model: type[Unit | Seat | Person] = {Thing.UNITS: Unit, Thing.SEATS: Seat}.get(thing, Person)  # type: ignore[assignment]
    there = set(model.objects.filter(external_id__in=ids).values_list("external_id", flat=True))
    by_length = sorted(there, key=len, reverse=True)
    return [(by_length[0], "")] if by_length else _of_name(thing, text)


def _of_name(thing: Thing, name: str) -> Found:
    rows, key, called = _named(thing)
    return sorted(set(rows.filter(**{called: name}).values_list(key, called)))[:MOST]


def choices(thing: Thing, words: str, *, as_of: date) -> Found:
    """Return what is there on the day and fits the words, as (id, name); names that begin with them come first."""
    words = words.strip().rpartition(BETWEEN)[2]
    rows, key, called = _named(thing, on=as_of)
    fits = Q(**{f"{called}__icontains": words}) | Q(**{f"{key}__icontains": words})
    found = rows.filter(fits).order_by(key).values_list(key, called)[: MOST * 10 if words else MOST]
    return sorted(found, key=lambda row: (not row[1].casefold().startswith(words.casefold()), row[1], row[0]))[:MOST]


def _named(thing: Thing, *, on: date | None = None) -> tuple[QuerySet[Any], str, str]:
    """Return the facts that hold names, of one day or all, with the columns of id and name."""
    if thing is Thing.UNITS:
        units = UnitVersion.objects
        return units.all() if on is None else units.on(on), "unit__external_id", "name"
    if thing is Thing.SEATS:
        seats = SeatVersion.objects
        return seats.all() if on is None else seats.on(on), "seat__external_id", "title"
    if on is None:
        return Person.objects.all(), "external_id", "display_name"
    return Employment.objects.on(on), "person__external_id", "person__display_name"


def unit_options(tree: UnitTree, *, within: str | None = None, with_stores: bool = False) -> list[tuple[str, str]]:
    """Return the units to choose from, indented as they hang together. Stores are many, and mostly found by search."""
    bounds = None if within is None else tree.subtree(within)
    return [
        (node.external_id, "\u3000" * node.depth + node.name)
        for node in tree
        if (with_stores or node.level is not UnitLevel.STORE) and (bounds is None or node.external_id in bounds)
    ]
