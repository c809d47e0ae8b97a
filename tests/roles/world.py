"""Everything the organisation holds, read whole: what random walks compare after each step."""

from __future__ import annotations

from typing import Any

from roles.choices import Thing
from roles.models import Assignment, Employment, ReportingLine, SeatVersion, UnitVersion
from roles.models import Person as StoredPerson
from roles.services.sync.states import FACTS, states
from roles.state_diff import State
from tests.roles.org_model import COUNT, DAYS, Model, Person, number

Everything = dict[Thing, dict[str, State]]


def keys_of(thing: Thing) -> set[str]:
    """Return the ids of all things of a kind that are known."""
    facts = FACTS[thing]
    if thing is Thing.ASSIGNMENTS:
        rows = Assignment.objects.values_list("person__external_id", "role_key", "during__startswith")
        return {f"{person}/{role}/{start}" for person, role, start in rows}
    keys = set(facts.model.objects.values_list(facts.key, flat=True))
    return keys | (set(facts.identity.objects.values_list("external_id", flat=True)) if facts.identity else set())


def read_everything() -> Everything:
    """Return the state of every thing of the open workspace, as it is known now or inside `as_known`."""
    return {thing: states(thing, keys_of(thing)) for thing in FACTS}


def stored() -> Model:
    """Read what the database holds."""
    units, jobs, roles, seats, sitting, lines = known_then()
    found = Model(units, roles=roles, seats=seats, lines=lines)
    nothing = [None] * COUNT
    for key, hired, left in StoredPerson.objects.values_list("external_id", "hired_on", "left_on"):
        place = (jobs.pop(key, [*nothing]), sitting.pop(key, [*nothing]))
        found.people[key] = Person(DAYS.index(hired), number(left), *place)
    assert not jobs
    return found


Then = tuple[
    dict[str, Any],
    dict[str, Any],
    dict[Any, Any],
    dict[str, list[str | None]],
    dict[str, list[str | None]],
    dict[str, Any],
]


def known_then() -> Then:
    """Read units, employments, roles, seats, who sits where, and lines: all that is on two clocks."""
    units: dict[str, list[str | None]] = {}
    for unit, parent, during in UnitVersion.objects.values_list("unit__external_id", "parent__external_id", "during"):
        line = units.setdefault(unit, [None] * COUNT)
        for day in held_on(during):
            assert line[day] is None, f"{unit} has two versions on {day}"
            line[day] = parent or ""
    people: dict[str, list[Any]] = {}
    sitting: dict[str, list[str | None]] = {}
    columns = ("person__external_id", "unit__external_id", "manager__external_id", "seat__external_id", "during")
    for key, unit, manager, seat, during in Employment.objects.values_list(*columns):
        jobs, seated = people.setdefault(key, [None] * COUNT), sitting.setdefault(key, [None] * COUNT)
        for day in held_on(during):
            assert jobs[day] is None, f"{key} works twice on {day}"
            jobs[day], seated[day] = (unit, manager), seat
    roles = {}
    held = ("person__external_id", "role_key", "unit__external_id", "during")
    for key, role, unit, during in Assignment.objects.values_list(*held):
        place = (key, role, DAYS.index(during.lower))
        assert place not in roles, f"{place} is there twice"
        roles[place] = (unit, number(during.upper))
    return units, people, roles, _seats(), sitting, _lines()


def _seats() -> dict[str, list[str | None]]:
    seats: dict[str, list[str | None]] = {}
    for key, unit, during in SeatVersion.objects.values_list("seat__external_id", "unit__external_id", "during"):
        line = seats.setdefault(key, [None] * COUNT)
        for day in held_on(during):
            assert line[day] is None, f"{key} has two versions on {day}"
            line[day] = unit
    return seats


def _lines() -> dict[str, Any]:
    lines = {}
    for row in ReportingLine.objects.select_related("unit", "to_unit", "person", "to_person"):
        one, two = row.unit or row.person, row.to_unit or row.to_person
        assert one is not None
        assert two is not None
        assert row.external_id not in lines, f"{row.external_id} is there twice"
        between = "units" if row.unit is not None else "people"
        start = DAYS.index(row.during.lower)
        lines[row.external_id] = (between, one.external_id, two.external_id, start, number(row.during.upper))
    return lines


def held_on(during: Any) -> list[int]:
    """Return the numbers of the days in a range."""
    return [
        index
        for index, day in enumerate(DAYS)
        if (during.lower is None or during.lower <= day) and (during.upper is None or day < during.upper)
    ]
