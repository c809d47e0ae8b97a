"""Roles that the adopted stage of a unit needs somebody dedicated to, and since when nobody holds them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef

from roles.catalogue import ExpectationLevel, RoleKey, roles_here
from roles.models import Assignment, Employment, SeatVersion
from roles.queries.chart_facts import seats_empty_since
from roles.queries.org_chart import UnitTree, unit_tree
from roles.queries.people import holders
from roles.queries.stages import Adopted, adopted_stages


@dataclass(frozen=True, slots=True)
class Seat:
    """A role that a unit's own decision for a stage makes critical. `vacant_since` is None while somebody holds it."""

    unit: str
    role: RoleKey
    vacant_since: date | None


@dataclass(frozen=True, slots=True)
class EmptySeat:
    """A planned seat in which nobody sits; its role may be empty. `since` is None where no day is known."""

    external_id: str
    title: str
    role: str
    unit: str
    since: date | None


def empty_seats(on: date) -> tuple[EmptySeat, ...]:
    """Return the seats of the day in which nobody sits, picked by the database, in three queries."""
    seated = Employment.objects.on(on).filter(seat_id=OuterRef("seat_id"))
    rows = SeatVersion.objects.on(on).filter(~Exists(seated))
    found = {row[0]: row for row in rows.values_list("seat__external_id", "title", "role_key", "unit__external_id")}
    since = seats_empty_since(found, on)
    return tuple(EmptySeat(*row, since[key]) for key, row in found.items())


def critical_seats(on: date, *, tree: UnitTree | None = None) -> tuple[Seat, ...]:
    """Return the core roles of every unit that has adopted a stage itself, in four queries.

    Held means held in the unit or below it. A role that nobody has held since counts as vacant from the day the stage
    was adopted. A unit in the stage it inherits, or in the default one, needs nothing of its own.
    """
    tree = tree or unit_tree(as_of=on)
    decided = {unit: each for unit, each in adopted_stages(on, tree=tree).items() if each.unit_external_id == unit}
    held = {(one.unit_external_id, one.role_key) for one in holders(as_of=on, tree=tree)}
    ended = _ended(on)
    return tuple(
        Seat(unit, role, _vacant_since(unit, role, each, tree=tree, held=held, ended=ended))
        for unit, each in decided.items()
        for role in roles_here().roles
        if roles_here().expected(role, each.subtype) is ExpectationLevel.CORE
    )


def vacant_days(
    missing: Iterable[tuple[str, RoleKey, Adopted]], *, tree: UnitTree
) -> dict[tuple[str, RoleKey], date | None]:
    """Return since when nobody holds the roles that are missing in units, in one query; None where no day is known."""
    asked = tuple(missing)
    ended = _ended(tree.as_of, among={role for _unit, role, _adopted in asked})
    return {
        (unit, role): _vacant_since(unit, role, adopted, tree=tree, held=(), ended=ended)
        for unit, role, adopted in asked
    }


def _ended(on: date, *, among: Collection[RoleKey] | None = None) -> dict[tuple[str, RoleKey], date]:
    """Return the last day after which a role was no longer held in a unit, for holdings that are over."""
    over = Assignment.objects.filter(during__endswith__lte=on)
    if among is not None:
        over = over.filter(role_key__in=[role.value for role in among])
    rows = over.values_list("unit__external_id", "role_key", "during")
    found: dict[tuple[str, RoleKey], date] = {}
    for unit, role, during in rows:
        key = (unit, RoleKey(role))
        found[key] = max(found.get(key, during.upper), during.upper)
    return found


def _vacant_since(
    unit: str,
    role: RoleKey,
    adopted: Adopted,
    *,
    tree: UnitTree,
    held: Iterable[tuple[str, RoleKey]],
    ended: dict[tuple[str, RoleKey], date],
) -> date | None:
    units = tree.subtree(unit)
    if any((each, role) in held for each in units):
        return None
    days = [ended[each, role] for each in units if (each, role) in ended]
    return max([*days, *([adopted.since] if adopted.since else [])], default=None)
