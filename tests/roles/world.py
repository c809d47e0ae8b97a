"""Everything the organisation holds, read whole: what random walks compare after each step."""

from __future__ import annotations

from typing import Any

from roles.choices import Thing
from roles.models import Assignment, Employment, UnitVersion
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
    units, jobs, roles = known_then()
    found = Model(units, roles=roles)
    for key, hired, left in StoredPerson.objects.values_list("external_id", "hired_on", "left_on"):
        found.people[key] = Person(DAYS.index(hired), number(left), jobs.pop(key, [None] * COUNT))
    assert not jobs
    return found


def known_then() -> tuple[dict[str, Any], dict[str, Any], dict[Any, Any]]:
    """Read units, employments and roles, all that is on two clocks."""
    units: dict[str, list[str | None]] = {}
    for unit, parent, during in UnitVersion.objects.values_list("unit__external_id", "parent__external_id", "during"):
        line = units.setdefault(unit, [None] * COUNT)
        for day in held_on(during):
            assert line[day] is None, f"{unit} has two versions on {day}"
            line[day] = parent or ""
    people: dict[str, list[Any]] = {}
    columns = ("person__external_id", "unit__external_id", "manager__external_id", "during")
    for key, unit, manager, during in Employment.objects.values_list(*columns):
        jobs = people.setdefault(key, [None] * COUNT)
        for day in held_on(during):
            assert jobs[day] is None, f"{key} works twice on {day}"
            jobs[day] = (unit, manager)
    roles = {}
    held = ("person__external_id", "role_key", "unit__external_id", "during")
    for key, role, unit, during in Assignment.objects.values_list(*held):
        place = (key, role, DAYS.index(during.lower))
        assert place not in roles, f"{place} is there twice"
        roles[place] = (unit, number(during.upper))
    return units, people, roles


def held_on(during: Any) -> list[int]:
    """Return the numbers of the days in a range."""
    return [
        index
        for index, day in enumerate(DAYS)
        if (during.lower is None or during.lower <= day) and (during.upper is None or day < during.upper)
    ]
