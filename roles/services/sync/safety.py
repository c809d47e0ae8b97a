"""Whether the organisation holds together after a write, on every day: no loop, nothing in or below what is not there.

It reads what the transaction has written, for the things touched and whatever points to them, and names each fault.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from roles.choices import FREE_ROOTS, Thing, UnitLevel
from roles.queries.stands import second_root
from roles.services.sync import surroundings as around
from roles.state_diff import State, value_on
from roles.tree_safety import ALWAYS, Days, Loop, common, loop_text, loops, missing, turned_to

Touched = Mapping[Thing, Collection[str]]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a thing, at which field; `cause` is what it points to, where that is the other half."""

    thing: Thing
    key: str
    field: str
    code: str
    message: str
    cause: tuple[Thing, str] | None = None
    loop: tuple[str, ...] = ()

    def told_from(self, place: Mapping[str, int]) -> Problem:
        """Begin a loop at the first of the given things that is on it; anything else stays as it is."""
        known = [key for key in self.loop if key in place]
        if not known:
            return self
        loop = turned_to(min(known, key=place.__getitem__), self.loop)
        return replace(self, key=loop[0], loop=loop, message=_loop_words(self.thing) % {"loop": loop_text(loop)})


def unsafe(touched: Touched, *, before: Mapping[str, State | None]) -> list[Problem]:
    """Return everything that does not hold together because of the things touched. Nothing: it is safe to keep.

    `before` are the states of the units touched as they were. Faults that lie elsewhere and were there before are not
    told: they must not keep anybody from working.
    """
    touched = {thing: set(keys) for thing, keys in touched.items() if keys}
    surrounds = around.surroundings(touched)
    found = [
        *_units(surrounds, touched.get(Thing.UNITS, set()), before=before),
        *_seats(surrounds),
        *_people(surrounds, touched.get(Thing.PEOPLE, set())),
        *_assignments(surrounds),
        *_lines(surrounds),
    ]
    return list(dict.fromkeys(found))


def _units(
    found: around.Surroundings, touched: Collection[str], *, before: Mapping[str, State | None]
) -> Iterator[Problem]:
    for row in found.parents:
        gap = missing(row.days, found.unit_days.get(row.parent, []))
        if gap is not None:
            yield _unit_gone(Thing.UNITS, row.key, "parent_external_id", "parent_not_there", row.parent, gap)
    for loop in loops(found.unit_links, among=touched):
        yield _loop(Thing.UNITS, loop, "parent_external_id")
    yield from _second_roots(found, touched, before=before)


def _second_roots(
    found: around.Surroundings, touched: Collection[str], *, before: Mapping[str, State | None]
) -> Iterator[Problem]:
    """Name units that newly stand at the top beside another one: a firm has one tree.

    Groups may stand side by side, and project teams beside the line. What stood at the top before may stay there.
    """
    for row in found.roots:
        if row.key not in touched or row.level in FREE_ROOTS:
            continue
        for other in found.roots:
            shared = common(row.days, other.days)
            if other.key == row.key or shared is None or other.level == UnitLevel.PROJECT_TEAM.value:
                continue
            was = value_on(before.get(row.key), str(shared[0]))
            if was is not None and was["parent"] is None:
                continue
            message = second_root(row.key, other.key)
            yield Problem(Thing.UNITS, row.key, "parent_external_id", "second_root", message)
            break


def _seats(found: around.Surroundings) -> Iterator[Problem]:
    for row in found.seats:
        gap = missing(row.days, found.unit_days.get(row.unit, []))
        if gap is not None:
            yield _unit_gone(Thing.SEATS, row.key, "unit_external_id", "unit_not_there", row.unit, gap)


def _people(found: around.Surroundings, touched: Collection[str]) -> Iterator[Problem]:
    for row in found.jobs:
        gap = missing(row.days, found.unit_days.get(row.unit, []))
        if gap is not None:
            yield _unit_gone(Thing.PEOPLE, row.key, "unit_external_id", "unit_not_there", row.unit, gap)
        if row.manager is not None:
            gap = missing(row.days, found.person_days.get(row.manager, []))
            if gap is not None:
                message = _("%(person)s reports to %(manager)s, who does not work here on %(day)s.")
                message %= {"person": row.key, "manager": row.manager, "day": _first(gap)}
                cause = (Thing.PEOPLE, row.manager)
                yield Problem(Thing.PEOPLE, row.key, "manager_external_id", "manager_not_there", message, cause)
        if row.seat is not None:
            yield from _seated(found, row)
    for loop in loops(found.manager_links, among=touched):
        yield _loop(Thing.PEOPLE, loop, "manager_external_id")


def _seated(found: around.Surroundings, row: around.Job) -> Iterator[Problem]:
    seat = row.seat or ""
    cause = (Thing.SEATS, seat)
    gap = missing(row.days, found.seat_days.get(seat, []))
    if gap is not None:
        message = _("%(person)s sits in %(seat)s, which is not there on %(day)s.")
        message %= {"person": row.key, "seat": seat, "day": _first(gap)}
        yield Problem(Thing.PEOPLE, row.key, "seat_external_id", "seat_not_there", message, cause)
    for unit, days in found.seat_units.get(seat, ()):
        if unit != row.unit and common(days, row.days) is not None:
            message = _("%(seat)s is a seat of %(other)s, and %(person)s works in %(unit)s.")
            message %= {"seat": seat, "other": unit, "person": row.key, "unit": row.unit}
            yield Problem(Thing.PEOPLE, row.key, "seat_external_id", "seat_elsewhere", message, cause)
            break


def _assignments(found: around.Surroundings) -> Iterator[Problem]:
    for row in found.held:
        gap = missing(row.days, found.unit_days.get(row.unit, []))
        if gap is not None:
            yield _unit_gone(Thing.ASSIGNMENTS, row.key, "unit_external_id", "unit_not_there", row.unit, gap)
        gap = missing(row.days, found.person_days.get(row.person, []))
        if gap is not None:
            message = _("%(person)s holds this role on %(day)s and does not work here on that day.")
            message %= {"person": row.person, "day": _first(gap)}
            field = "start_on" if gap[0] == row.days[0] else "end_on"
            cause = (Thing.PEOPLE, row.person)
            yield Problem(Thing.ASSIGNMENTS, row.key, field, "person_not_there", message, cause)


def _lines(found: around.Surroundings) -> Iterator[Problem]:
    for row in found.lines:
        there = found.unit_days if row.between is Thing.UNITS else found.person_days
        for field, end in (("from_external_id", row.start), ("to_external_id", row.end)):
            gap = missing(row.days, there.get(end, []))
            if gap is not None:
                message = _("This line runs on %(day)s, when %(id)s is not there.")
                message %= {"id": end, "day": _first(gap)}
                yield Problem(Thing.LINES, row.key, field, "end_not_there", message, (row.between, end))


def _unit_gone(thing: Thing, key: str, field: str, code: str, unit: str, gap: Days) -> Problem:
    words = {
        Thing.UNITS: _("%(key)s belongs to %(unit)s, which is not there on %(day)s."),
        Thing.SEATS: _("The seat %(key)s belongs to %(unit)s, which is not there on %(day)s."),
        Thing.PEOPLE: _("%(key)s works in %(unit)s, which is not there on %(day)s."),
        Thing.ASSIGNMENTS: _("The role %(key)s is held in %(unit)s, which is not there on %(day)s."),
    }
    message = words[thing] % {"key": key, "unit": unit, "day": _first(gap)}
    return Problem(thing, key, field, code, message, (Thing.UNITS, unit))


def _first(gap: Days) -> str:
    """Name the first day of a gap, or its last one where it has been there ever since."""
    return str(gap[0]) if gap[0] != ALWAYS[0] else _("the days before %(day)s") % {"day": gap[1]}


def _loop(thing: Thing, loop: Loop, field: str) -> Problem:
    message = _loop_words(thing) % {"loop": loop_text(loop.path)}
    return Problem(thing, loop.path[0], field, "loop", message, loop=loop.path)


def _loop_words(thing: Thing) -> str:
    return _("The units form a loop: %(loop)s.") if thing is Thing.UNITS else _("The managers form a loop: %(loop)s.")
