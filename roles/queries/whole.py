"""The whole org chart of a day, as the rows of a document."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from roles.choices import PARTS, Thing
from roles.queries.documents import Document, listed
from roles.queries.source_ids import REFERENCES, known_ids


def chart_rows(*, as_of: date, source: str = "") -> dict[Thing, list[Document]]:
    """Return all rows of each part; with a source only what it has an id for, in its own ids."""
    found = {thing: list(listed(thing, as_of=as_of).order_by("external_id")) for thing in PARTS}
    for row in found[Thing.LINES]:
        row["between"] = (Thing.UNITS if row["is_units"] else Thing.PEOPLE).value
    if not source:
        return found
    called = {thing: {ours: theirs for theirs, ours in known_ids(source, thing).items()} for thing in PARTS}
    return {
        thing: [_renamed(thing, row, called) for row in rows if row["external_id"] in called[thing]]
        for thing, rows in found.items()
    }


def _renamed(thing: Thing, row: dict[str, Any], called: Mapping[Thing, Mapping[str, str]]) -> Document:
    names = {**REFERENCES, "external_id": thing}
    if thing is Thing.LINES:
        names |= dict.fromkeys(("from_external_id", "to_external_id"), Thing(row["between"]))
    return {
        name: called[names[name]].get(value, value) if name in names and value is not None else value
        for name, value in row.items()
    }
