"""The things of the organisation as plain states: what the log keeps, what an upload changed, what undo puts back.

A state is JSON (roles.state_diff): days and decimals are texts, references are the customer's own ids.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models

from roles.choices import Thing
from roles.holdings import KEY_SLASHES, assignment_key, split_assignment_key
from roles.models import (
    AdoptedStage,
    Assignment,
    Employment,
    Person,
    ReportingLine,
    Seat,
    SeatVersion,
    Unit,
    UnitVersion,
)
from roles.models.dated import DatedFact, Identity
from roles.state_diff import State


@dataclass(frozen=True, slots=True)
class Facts:
    """Where the dated facts of a thing stand. `key` leads to the id that names the thing, `owner` to its identity.

    `links` are the columns that point to another thing; `own` are the identity's own fields. `sparse` columns are left
    out of states where they are empty: states kept before the column was there still compare equal.
    """

    model: type[DatedFact]
    key: str
    columns: tuple[str, ...]
    links: Mapping[str, Thing]
    owner: str = ""
    identity: type[Identity] | None = None
    own: tuple[str, ...] = ()
    sparse: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """Return what to read for each column: of links the id of the customer's own system."""
        return tuple(f"{column}__external_id" if column in self.links else column for column in self.columns)


FACTS: Mapping[Thing, Facts] = {
    Thing.UNITS: Facts(
        UnitVersion,
        "unit__external_id",
        ("name", "level", "parent", "ownership", "city", "is_leading", "rank"),
        {"parent": Thing.UNITS},
        owner="unit",
        identity=Unit,
        sparse=("rank",),
    ),
    Thing.SEATS: Facts(
        SeatVersion,
        "seat__external_id",
        ("unit", "title", "role_key", "grade", "planned_fte", "monthly_budget", "is_head"),
        {"unit": Thing.UNITS},
        owner="seat",
        identity=Seat,
    ),
    Thing.PEOPLE: Facts(
        Employment,
        "person__external_id",
        ("unit", "manager", "fill_mode", "fte", "monthly_cost", "seat"),
        {"unit": Thing.UNITS, "manager": Thing.PEOPLE, "seat": Thing.SEATS},
        owner="person",
        identity=Person,
        own=("display_name", "hired_on", "left_on"),
    ),
    Thing.ASSIGNMENTS: Facts(
        Assignment, "person__external_id", ("unit", "share"), {"unit": Thing.UNITS, "person": Thing.PEOPLE}
    ),
    Thing.LINES: Facts(
        ReportingLine,
        "external_id",
        ("kind", "unit", "to_unit", "person", "to_person", "note"),
        {"unit": Thing.UNITS, "to_unit": Thing.UNITS, "person": Thing.PEOPLE, "to_person": Thing.PEOPLE},
    ),
    Thing.STAGES: Facts(AdoptedStage, "unit__external_id", ("stage", "subtype", "note"), {}, owner="unit"),
}
MANY = 1500  # from here on a whole table is cheaper than a list of ids


def states(thing: Thing | str, keys: Collection[str]) -> dict[str, State]:
    """Return the states of those things that are there."""
    thing = Thing(thing)
    keys = frozenset(key for key in keys if thing is not Thing.ASSIGNMENTS or key.count("/") >= KEY_SLASHES)
    if not keys:
        return {}
    facts = FACTS[thing]
    found = _identities(facts, keys)
    for key, span in _spans(thing, facts, keys):
        found.setdefault(key, {"spans": []})["spans"].append(span)
    return found


def _identities(facts: Facts, keys: Collection[str]) -> dict[str, State]:
    if facts.identity is None:
        return {}
    rows = facts.identity.objects.all()
    if len(keys) <= MANY:
        rows = rows.filter(external_id__in=keys)
    return {
        key: {**{name: as_text(value) for name, value in zip(facts.own, own, strict=True)}, "spans": []}
        for key, *own in rows.values_list("external_id", *facts.own)
        if key in keys
    }


def _spans(thing: Thing, facts: Facts, keys: Collection[str]) -> Iterator[tuple[str, State]]:
    rows = rows_of(thing, keys) if len(keys) <= MANY else facts.model.objects.all()
    rows = rows.order_by(facts.key, "during")
    names = ("role_key",) if thing is Thing.ASSIGNMENTS else ()
    # no iterator: for a server-side cursor PostgreSQL plans as if only the first tenth were read
    for key, during, *values in rows.values_list(facts.key, "during", *names, *facts.paths):
        if thing is Thing.ASSIGNMENTS:
            key, values = assignment_key(key, values[0], during.lower), values[1:]
        if key not in keys:
            continue
        days = {"start": as_text(during.lower), "end": as_text(during.upper)}
        said = zip(facts.columns, values, strict=True)
        yield (
            key,
            {**days, **{name: as_text(one) for name, one in said if one is not None or name not in facts.sparse}},
        )


def rows_of(thing: Thing, keys: Collection[str]) -> models.QuerySet[Any]:
    """Return the facts that are held to be true of the things; of assignments all those of the people named."""
    named = {split_assignment_key(key)[0] for key in keys} if thing is Thing.ASSIGNMENTS else keys
    facts = FACTS[thing]
    return facts.model.objects.filter(**{f"{facts.key}__in": list(named)})


def as_text(value: Any) -> Any:
    """Write days and decimals as texts; all else is JSON already."""
    return str(value) if isinstance(value, date | Decimal) else value
