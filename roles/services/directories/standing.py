"""How the organisation stands on the day a directory is written: what directories do not know and we keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Min

from roles.choices import Thing
from roles.models import Employment, Person, ReportingLine, SeatVersion, UnitVersion
from roles.queries.source_ids import known_ids


@dataclass(frozen=True, slots=True)
class StandingUnit:
    """A unit as it is, or as it last was."""

    name: str
    level: str
    parent: str | None
    ownership: str
    city: str


@dataclass(frozen=True, slots=True)
class StandingPerson:
    """A person as they are. `begun` is the first day of their first employment, before `hired_on` if they came back."""

    name: str
    hired_on: date
    left_on: date | None
    begun: date | None
    manager: str | None = None
    fte: Decimal = Decimal(1)
    fill_mode: str = "internal"
    seat: str | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class StandingSeat:
    """A seat as it is."""

    unit: str
    title: str
    role: str
    grade: str
    planned_fte: Decimal
    is_head: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What is there, by our ids, and what the system calls it (`{its id: ours}`)."""

    units: Mapping[str, StandingUnit]
    people: Mapping[str, StandingPerson]
    seats: Mapping[str, StandingSeat]
    lines: Mapping[str, date | None]
    unit_ids: Mapping[str, str]
    person_ids: Mapping[str, str]
    own_seats: frozenset[str]

    @property
    def is_first(self) -> bool:
        """True before the system has written anything."""
        return not self.unit_ids and not self.person_ids


def standing(kind: str, *, on: date) -> Standing:
    """Read it all, in a fixed number of queries."""
    return Standing(
        units=_units(on),
        people=_people(on),
        seats={
            key: StandingSeat(unit, title, role, grade, planned, is_head)
            for key, unit, title, role, grade, planned, is_head in SeatVersion.objects.on(on).values_list(
                "seat__external_id", "unit__external_id", "title", "role_key", "grade", "planned_fte", "is_head"
            )
        },
        lines={key: during.lower for key, during in ReportingLine.objects.on(on).values_list("external_id", "during")},
        unit_ids=known_ids(kind, Thing.UNITS),
        person_ids=known_ids(kind, Thing.PEOPLE),
        own_seats=frozenset(known_ids(kind, Thing.SEATS).values()),
    )


def _units(on: date) -> dict[str, StandingUnit]:
    """Return the units of the day; one that is closed counts as it last was, so that it comes back as it went."""
    found: dict[str, StandingUnit] = {}
    columns = ("unit__external_id", "during", "name", "level", "parent__external_id", "ownership", "city")
    settled: set[str] = set()
    for key, during, *facts in UnitVersion.objects.order_by("during").values_list(*columns):
        if key in settled:
            continue
        found[key] = StandingUnit(*facts)
        if during.upper is None or during.upper > on:
            settled.add(key)
    return found


def _people(on: date) -> dict[str, StandingPerson]:
    begun = dict(
        Employment.objects.values("person__external_id")
        .annotate(first=Min("during__startswith"))
        .values_list("person__external_id", "first")
    )
    people = Person.objects.values_list("external_id", "display_name", "hired_on", "left_on")
    found = {key: StandingPerson(name, hired_on, left_on, begun.get(key)) for key, name, hired_on, left_on in people}
    columns = (
        "person__external_id", "manager__external_id", "fte", "fill_mode", "seat__external_id", "unit__external_id",
    )  # fmt: skip
    for key, manager, fte, fill_mode, seat, unit in Employment.objects.on(on).values_list(*columns):
        one = found[key]
        found[key] = StandingPerson(one.name, one.hired_on, one.left_on, one.begun, manager, fte, fill_mode, seat, unit)
    return found
