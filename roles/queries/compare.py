"""The organisation of a day as a picture that can be compared with another one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from roles.choices import Thing
from roles.comparing import Change, Entry, Key, Picture, compare
from roles.models import AdoptedStage, Assignment, Employment, ReportingLine, SeatVersion, as_known
from roles.queries.org_chart import UnitNode, UnitTree, unit_tree


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


def compare_moments(before: Moment, after: Moment, *, sight: Sight) -> Compared:
    """Compare the organisation of two days, or of one day as known at two moments: six queries a picture."""
    old, new = _drawn(before, sight), _drawn(after, sight)
    return Compared(old[0], new[0], compare(old[1], new[1]))


def _drawn(moment: Moment, sight: Sight) -> tuple[UnitTree, Picture]:
    with as_known(moment.known_at):
        tree = unit_tree(as_of=moment.as_of, within=sight.within)
        return tree, dict(_entries(tree, sight))


def _entries(tree: UnitTree, sight: Sight) -> Iterable[tuple[Key, Entry]]:
    stages = dict(
        (unit, f"{stage}/{subtype}")
        for unit, stage, subtype in AdoptedStage.objects.on(tree.as_of).values_list(
            "unit__external_id", "stage", "subtype"
        )
    )
    for node in tree:
        yield (Thing.UNITS, node.external_id), _unit(node, stages.get(node.external_id))
    yield from _seats(tree, with_pay=sight.with_pay)
    yield from _lines(tree, sight)
    if sight.with_people:
        yield from _people(tree, with_pay=sight.with_pay)
        yield from _assignments(tree)


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


def _seats(tree: UnitTree, *, with_pay: bool) -> Iterable[tuple[Key, Entry]]:
    columns = ["unit__external_id", "title", "role_key", "grade", "planned_fte", "is_head"]
    names = ["unit", "title", "role_key", "grade", "planned_fte", "is_head"]
    if with_pay:
        columns.append("monthly_budget")
        names.append("monthly_budget")
    rows = SeatVersion.objects.on(tree.as_of).values_list("seat__external_id", *columns)
    for seat, unit, title, *others in rows:
        if unit in tree:
            given = (unit, title, *(value if value != "" else None for value in others))
            yield (Thing.SEATS, seat), Entry(title, unit, dict(zip(names, given, strict=True)))


def _people(tree: UnitTree, *, with_pay: bool) -> Iterable[tuple[Key, Entry]]:
    columns = ["unit__external_id", "manager__external_id", "seat__external_id", "fill_mode", "fte"]
    names = ["unit", "manager", "seat", "fill_mode", "fte"]
    if with_pay:
        columns.append("monthly_cost")
        names.append("monthly_cost")
    rows = Employment.objects.on(tree.as_of).values_list("person__external_id", "person__display_name", *columns)
    for person, name, unit, *others in rows:
        if unit in tree:
            values = dict(zip(names, (unit, *others), strict=True))
            yield (Thing.PEOPLE, person), Entry(name or person, unit, values)


def _assignments(tree: UnitTree) -> Iterable[tuple[Key, Entry]]:
    columns = ("person__external_id", "person__display_name", "role_key", "unit__external_id", "share")
    for person, name, role, unit, share in Assignment.objects.on(tree.as_of).values_list(*columns):
        if unit in tree:
            values: dict[str, object] = {"role_key": role, "unit": unit, "share": share}
            entry = Entry(name or person, unit, values, pair=f"{person}/{role}")
            yield (Thing.ASSIGNMENTS, f"{person}/{role}/{unit}"), entry


def _lines(tree: UnitTree, sight: Sight) -> Iterable[tuple[Key, Entry]]:
    rows = ReportingLine.objects.on(tree.as_of)
    if not sight.with_people or sight.within is not None:
        rows = rows.exclude(unit=None)
    columns = ("unit__external_id", "to_unit__external_id", "person__external_id", "to_person__external_id")
    for line, kind, note, unit, to_unit, person, to_person in rows.values_list("external_id", "kind", "note", *columns):
        if unit is None or (unit in tree and to_unit in tree):
            ends = {"unit": unit, "to_unit": to_unit, "person": person, "to_person": to_person}
            values: dict[str, object] = {"kind": kind, **ends, "note": note or None}
            yield (Thing.LINES, line), Entry(line, unit, values)
