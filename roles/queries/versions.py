"""What was known of one thing, and when: its versions, present, planned and superseded, and who touched it last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.db.models import CharField, Value
from django.db.models.functions import Coalesce, NullIf

from roles.choices import Thing
from roles.models import Assignment, Employment, OrgChange, ReportingLine, SeatVersion, UnitVersion

MOST = 200


class Standing(StrEnum):
    """How a version stands to today: superseded is what was held to be true and no longer is."""

    PRESENT = "present"
    PAST = "past"
    PLANNED = "planned"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Version:
    """What was held to be true of the days [start, end), from `known_from` up to `known_to` (None: still is)."""

    start: date | None
    end: date | None
    fields: Mapping[str, Any]
    known_from: datetime
    known_to: datetime | None
    by: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class Touch:
    """The newest revision that changed a thing."""

    number: int
    at: datetime
    by: str


COLUMNS: Mapping[Thing, tuple[Any, str, Mapping[str, str]]] = {
    Thing.UNITS: (
        UnitVersion,
        "unit__external_id",
        {name: name for name in ("name", "level", "ownership", "city", "is_leading")}
        | {"parent": "parent__external_id"},
    ),
    Thing.SEATS: (
        SeatVersion,
        "seat__external_id",
        {name: name for name in ("title", "role_key", "grade", "planned_fte", "monthly_budget", "is_head")}
        | {"unit": "unit__external_id"},
    ),
    Thing.PEOPLE: (
        Employment,
        "person__external_id",
        {"unit": "unit__external_id", "manager": "manager__external_id", "seat": "seat__external_id"}
        | {name: name for name in ("fill_mode", "fte", "monthly_cost")},
    ),
    Thing.ASSIGNMENTS: (
        Assignment,
        "person__external_id",
        {"role_key": "role_key", "unit": "unit__external_id", "share": "share"},
    ),
    Thing.LINES: (
        ReportingLine,
        "external_id",
        {"kind": "kind", "note": "note"}
        | {name: f"{name}__external_id" for name in ("unit", "to_unit", "person", "to_person")},
    ),
}


def versions(thing: Thing, external_id: str, *, today: date, known_at: datetime | None = None) -> tuple[Version, ...]:
    """Return every version ever recorded, the latest days first, in one query; with `known_at` as they stood then.

    Of assignments those of the person whose id is given.
    """
    model, key, columns = COLUMNS[thing]
    recorded_by_then = {} if known_at is None else {"recorded_at__lte": known_at}
    rows = (
        model.ever.filter(**{key: external_id}, **recorded_by_then)
        .order_by("-during", "-recorded_at")
        .values_list("during", "recorded_at", "superseded_at", _called("recorded_by"), *columns.values())[:MOST]
    )
    return tuple(
        Version(
            start=during.lower,
            end=during.upper,
            fields={name: value for name, value in zip(columns, values, strict=True) if value not in (None, "", False)},
            known_from=recorded,
            known_to=until,
            by=by or "",
            standing=_standing(during.lower, during.upper, until, today),
        )
        for during, recorded, superseded, by, *values in rows
        for until in [superseded if known_at is None or (superseded and superseded <= known_at) else None]
    )


def last_touch(thing: Thing, external_id: str) -> Touch | None:
    """Return the newest revision that changed the thing; None for what has been there since before there were any."""
    found = (
        OrgChange.objects.filter(thing=thing, external_id=external_id)
        .order_by("-revision__number")
        .values_list("revision__number", "revision__at", _called("revision__actor"))
        .first()
    )
    return Touch(found[0], found[1], found[2] or "") if found else None


def _called(user: str) -> Coalesce:
    """Return what a user is called: their name, else their address."""
    return Coalesce(NullIf(f"{user}__display_name", Value("")), f"{user}__email", output_field=CharField())


def _standing(start: date | None, end: date | None, superseded: datetime | None, today: date) -> Standing:
    if superseded is not None:
        return Standing.SUPERSEDED
    if start is not None and start > today:
        return Standing.PLANNED
    return Standing.PAST if end is not None and end <= today else Standing.PRESENT
