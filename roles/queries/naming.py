"""What things are called: for histories and lists that hold only ids, whether the thing still exists or not."""

from __future__ import annotations

from collections.abc import Collection

from roles.choices import Thing
from roles.models import Person, ReportingLine, SeatVersion, UnitVersion


def names_of(things: Collection[tuple[Thing, str]]) -> dict[tuple[Thing, str], str]:
    """Return the newest known name of units, seats, people and lines, in one query per kind; what has none is absent.

    A line goes by the names of its two ends, which takes their queries as well.
    """
    units = [key for thing, key in things if thing is Thing.UNITS]
    seats = [key for thing, key in things if thing is Thing.SEATS]
    people = [key for thing, key in things if thing is Thing.PEOPLE]
    found: dict[tuple[Thing, str], str] = {}
    if units:
        rows = UnitVersion.ever.filter(unit__external_id__in=units).order_by("recorded_at", "during")
        found |= {(Thing.UNITS, key): name for key, name in rows.values_list("unit__external_id", "name")}
    if seats:
        titles = SeatVersion.ever.filter(seat__external_id__in=seats).order_by("recorded_at", "during")
        found |= {(Thing.SEATS, key): title for key, title in titles.values_list("seat__external_id", "title")}
    if people:
        named = Person.ever.filter(external_id__in=people).exclude(display_name="")
        found |= {(Thing.PEOPLE, key): name for key, name in named.values_list("external_id", "display_name")}
    lines = [key for thing, key in things if thing is Thing.LINES]
    return found | _lines(lines) if lines else found


def _lines(keys: Collection[str]) -> dict[tuple[Thing, str], str]:
    columns = ("unit__external_id", "to_unit__external_id", "person__external_id", "to_person__external_id")
    rows = ReportingLine.ever.filter(external_id__in=keys).order_by("recorded_at", "during")
    ends = {
        key: ((Thing.UNITS, unit), (Thing.UNITS, to_unit)) if unit else ((Thing.PEOPLE, one), (Thing.PEOPLE, to_one))
        for key, unit, to_unit, one, to_one in rows.values_list("external_id", *columns)
    }
    known = names_of({end for pair in ends.values() for end in pair})
    return {(Thing.LINES, key): " → ".join(known.get(end, end[1]) for end in pair) for key, pair in ends.items()}
