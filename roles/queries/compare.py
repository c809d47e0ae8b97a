"""The organisation of a day as a picture that can be compared with another one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from django.db.models import Q, QuerySet

from roles.choices import Thing
from roles.comparing import Change, Entry, Key, compare
from roles.models import AdoptedStage, Assignment, Employment, ReportingLine, SeatVersion, as_known
from roles.models.dated import DatedFact, held_true, holds_on
from roles.queries.org_chart import UnitNode, UnitTree, unit_tree

M = TypeVar("M", bound=DatedFact)


@dataclass(frozen=True, slots=True)
class Moment:
    """A day, and by when its facts had been recorded; None is now."""

    as_of: date
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """What the asker may see of it: a unit's subtree, people by name, pay and budgets."""

    within: str | None = None
    with_people: bool = False
    with_pay: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """Two pictures' trees and what differs between them."""

    before: UnitTree
    after: UnitTree
    changes: tuple[Change, ...]

    def unit_name(self, unit: str) -> str:
        """Return a unit's name on the later day, else on the earlier one."""
        node = self.after.nodes.get(unit) or self.before.nodes.get(unit)
        return node.name if node else unit


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two moments. `present` is what holds a row to be there then, `elsewhere` the same of the other moment.

    `torn` are the units that only one of the moments has.
    """

    tree: UnitTree
    stages: Mapping[str, str]
    present: Q
    elsewhere: Q
    torn: frozenset[str]

    def rows(self, facts: type[M], *units: str) -> QuerySet[M]:
        """Return what may differ: rows that the other moment lacks, or whose unit one of the moments lacks.

        A row that both have tells the same of both, so that it is never read. `units` are the columns of its units.
        """
        apart = ~self.elsewhere
        for unit in units:
            apart |= Q(**{f"{unit}__external_id__in": self.torn})
        return facts.ever.filter(self.present & apart)


def compare_moments(before: Moment, after: Moment, *, sight: Sight) -> Compared:
    """Compare the organisation of two days, or of one day as known at two moments: six queries a picture."""
    old, new = _looked_at(before, sight), _looked_at(after, sight)
    torn = frozenset(old[0].nodes.keys() ^ new[0].nodes.keys())
    sides = _Side(*old, new[2], torn), _Side(*new, old[2], torn)
    units = _units_apart(*sides)
    pictures = [dict(_entries(side, sight, units)) for side in sides]
    return Compared(old[0], new[0], compare(*pictures))


def _looked_at(moment: Moment, sight: Sight) -> tuple[UnitTree, Mapping[str, str], Q]:
    """Return the tree, the adopted stages by unit, and the condition that a row of the moment fulfils."""
    with as_known(moment.known_at):
        stages = AdoptedStage.objects.on(moment.as_of).values_list("unit__external_id", "stage", "subtype")
        adopted = {unit: f"{stage}/{subtype}" for unit, stage, subtype in stages}
        present = holds_on(moment.as_of) & held_true()
        return unit_tree(as_of=moment.as_of, within=sight.within), adopted, present


def _units_apart(old: _Side, new: _Side) -> frozenset[str]:
    """Return the units that are not the same at both moments."""
    return old.torn | {
        key for key in old.tree.nodes.keys() & new.tree.nodes.keys() if _told(key, old) != _told(key, new)
    }


def _told(unit: str, side: _Side) -> tuple[object, ...]:
    node = side.tree.nodes[unit]
    return (
        node.name, node.level, node.parent, node.ownership, node.city or None, node.is_leading, side.stages.get(unit)
    )  # fmt: skip


def _entries(side: _Side, sight: Sight, units: Collection[str]) -> Iterable[tuple[Key, Entry]]:
    for unit in units:
        if unit in side.tree:
            yield (Thing.UNITS, unit), _unit(side.tree.nodes[unit], side.stages.get(unit))
    yield from _seats(side, with_pay=sight.with_pay)
    yield from _lines(side, sight)
    if sight.with_people:
        yield from _people(side, with_pay=sight.with_pay)
        yield from _assignments(side)


def _unit(node: UnitNode, stage: str | None) -> Entry:
    values: dict[str, object] = {
        "name": node.name,
        "level": node.level.value,
        "parent": node.parent,
        "ownership": node.ownership.value,
        "city": node.city or None,
        "is_leading": node.is_leading,
        "stage": stage,
    }
    return Entry(node.name, node.external_id, values)


def _seats(side: _Side, *, with_pay: bool) -> Iterable[tuple[Key, Entry]]:
    columns = ["unit__external_id", "title", "role_key", "grade", "planned_fte", "is_head"]
    names = ["unit", "title", "role_key", "grade", "planned_fte", "is_head"]
    if with_pay:
        columns.append("monthly_budget")
        names.append("monthly_budget")
    rows = side.rows(SeatVersion, "unit").values_list("seat__external_id", *columns)
    for seat, unit, title, *others in rows:
        if unit in side.tree:
            given = (unit, title, *(value if value != "" else None for value in others))
            yield (Thing.SEATS, seat), Entry(title, unit, dict(zip(names, given, strict=True)))


def _people(side: _Side, *, with_pay: bool) -> Iterable[tuple[Key, Entry]]:
    columns = ["unit__external_id", "manager__external_id", "seat__external_id", "fill_mode", "fte"]
    names = ["unit", "manager", "seat", "fill_mode", "fte"]
    if with_pay:
        columns.append("monthly_cost")
        names.append("monthly_cost")
    rows = side.rows(Employment, "unit").values_list("person__external_id", "person__display_name", *columns)
    for person, name, unit, *others in rows:
        if unit in side.tree:
            values = dict(zip(names, (unit, *others), strict=True))
            yield (Thing.PEOPLE, person), Entry(name or person, unit, values)


def _assignments(side: _Side) -> Iterable[tuple[Key, Entry]]:
    columns = ("person__external_id", "person__display_name", "role_key", "unit__external_id", "share")
    for person, name, role, unit, share in side.rows(Assignment, "unit").values_list(*columns):
        if unit in side.tree:
            values: dict[str, object] = {"role_key": role, "unit": unit, "share": share}
            entry = Entry(name or person, unit, values, pair=f"{person}/{role}")
            yield (Thing.ASSIGNMENTS, f"{person}/{role}/{unit}"), entry


def _lines(side: _Side, sight: Sight) -> Iterable[tuple[Key, Entry]]:
    rows = side.rows(ReportingLine, "unit", "to_unit")
    if not sight.with_people or sight.within is not None:
        rows = rows.exclude(unit=None)
    columns = ("unit__external_id", "to_unit__external_id", "person__external_id", "to_person__external_id")
    for line, kind, note, unit, to_unit, person, to_person in rows.values_list("external_id", "kind", "note", *columns):
        if unit is None or (unit in side.tree and to_unit in side.tree):
            ends = {"unit": unit, "to_unit": to_unit, "person": person, "to_person": to_person}
            values: dict[str, object] = {"kind": kind, **ends, "note": note or None}
            yield (Thing.LINES, line), Entry(line, unit, values)
