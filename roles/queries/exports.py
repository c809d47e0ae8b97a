"""The organisation as files tell it: rows of the canonical tables, of a day or with all that was, is and is planned.

A file of today leaves the days empty: what is changed in it holds from the day it is loaded. A file of another day, and
one with history, says from when each row holds. Loaded again unchanged, neither changes anything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from omnichannel.workspaces.queries.zones import current_day
from roles.choices import Thing
from roles.models import Assignment, Employment, ReportingLine, SeatVersion, UnitVersion, as_known
from roles.queries.frames import assignment_rows
from roles.queries.org_chart import unit_tree

Row = dict[str, Any]
TABLES = ("org_units", "seats", "employees", "role_assignments", "reporting_lines")


@dataclass(frozen=True, slots=True)
class Roster:
    """What is exported. `as_of` None is the whole history; `within` the units the reader may see, or the branch."""

    as_of: date | None
    within: frozenset[str] | None = None
    with_pay: bool = False
    known_at: datetime | None = None


def roster_within(
    branch: str, *, as_of: date, within: str | None, known_at: datetime | None = None
) -> frozenset[str] | None:
    """Return the units of a branch inside the reader's bounds; None for everything, empty for an unknown branch."""
    if not branch and within is None:
        return None
    with as_known(known_at):
        tree = unit_tree(as_of=as_of, within=within)
    return tree.subtree(branch) if branch else frozenset(tree.nodes)


def roster_rows(table: str, asked: Roster) -> list[Row]:
    """Return the rows of one of the organisation's tables."""
    reads = {
        "org_units": _units,
        "seats": _seats,
        "employees": _people,
        "role_assignments": _assignments,
        "reporting_lines": _lines,
    }
    with as_known(asked.known_at):
        return reads[table](asked)


def _units(asked: Roster) -> list[Row]:
    rows = UnitVersion.objects.order_by("unit__external_id", "during").values_list(
        "unit__external_id", "during",
        "name", "level", "parent__external_id", "ownership", "city", "is_leading", "rank",
    )  # fmt: skip
    columns = ("name", "level", "parent_id", "ownership", "city", "is_leading", "rank")
    found = [
        {"unit_id": key, **dict(zip(columns, facts, strict=True)), "during": during}
        for key, during, *facts in rows
        if asked.within is None or key in asked.within
    ]
    return [{**row, "city": row["city"] or None} for row in _dated(found, key="unit_id", asked=asked)]


def _seats(asked: Roster) -> list[Row]:
    rows = SeatVersion.objects.order_by("seat__external_id", "during").values_list(
        "seat__external_id", "during",
        "unit__external_id", "title", "role_key", "grade", "planned_fte", "monthly_budget", "is_head",
    )  # fmt: skip
    columns = ("unit_id", "title", "role_id", "grade", "planned_fte", "monthly_budget", "is_head")
    found = [
        {"seat_id": key, **dict(zip(columns, facts, strict=True)), "during": during} for key, during, *facts in rows
    ]
    return [
        {
            **row,
            "role_id": row["role_id"] or None,
            "grade": row["grade"] or None,
            "monthly_budget": row["monthly_budget"] if asked.with_pay else None,
        }
        for row in _dated(_inside(found, asked), key="seat_id", asked=asked)
    ]


def _people(asked: Roster) -> list[Row]:
    rows = Employment.objects.order_by("person__external_id", "during").values_list(
        "person__external_id", "during", "person__display_name", "unit__external_id", "manager__external_id",
        "fill_mode", "fte", "person__hired_on", "person__left_on", "monthly_cost", "seat__external_id",
    )  # fmt: skip
    columns = (
        "display_name", "unit_id", "manager_id", "fill_mode", "fte", "hired_on", "left_on", "monthly_cost", "seat_id",
    )  # fmt: skip
    found = [
        {"employee_id": key, **dict(zip(columns, facts, strict=True)), "during": during} for key, during, *facts in rows
    ]
    dated = _dated(found, key="employee_id", asked=asked) if asked.as_of is None else _placed(found, asked.as_of)
    return [
        {
            **row,
            "display_name": row["display_name"] or None,
            "monthly_cost": row["monthly_cost"] if asked.with_pay else None,
        }
        for row in _inside(dated, asked)
    ]


def _assignments(asked: Roster) -> list[Row]:
    held = Assignment.objects.all() if asked.as_of is None else Assignment.objects.on(asked.as_of)
    rows = assignment_rows(held.order_by("person__external_id", "role_key", "during"))
    return _inside(rows, asked)


def _lines(asked: Roster) -> list[Row]:
    drawn = ReportingLine.objects.all() if asked.as_of is None else ReportingLine.objects.on(asked.as_of)
    rows = drawn.select_related("unit", "to_unit", "person", "to_person").order_by("external_id", "during")
    inside = _people_inside(asked)
    found = []
    for row in rows:
        one, two = row.unit or row.person, row.to_unit or row.to_person
        if one is None or two is None or not _may_show(row, asked, inside):
            continue
        found.append(
            {
                "line_id": row.external_id,
                "between": (Thing.UNITS if row.unit is not None else Thing.PEOPLE).value,
                "kind": row.kind,
                "from_id": one.external_id,
                "to_id": two.external_id,
                "start_on": row.during.lower,
                "end_on": row.during.upper,
                "note": row.note or None,
            }
        )
    return found


def _people_inside(asked: Roster) -> frozenset[str]:
    if asked.within is None:
        return frozenset()
    rows = Employment.objects.filter(unit__external_id__in=asked.within)
    return frozenset(rows.values_list("person__external_id", flat=True))


def _may_show(row: ReportingLine, asked: Roster, people: frozenset[str]) -> bool:
    if asked.within is None:
        return True
    if row.unit is not None:
        return row.unit.external_id in asked.within
    return row.person is not None and row.person.external_id in people


def _inside(rows: Iterable[Row], asked: Roster) -> list[Row]:
    return [row for row in rows if asked.within is None or row["unit_id"] in asked.within]


def _dated(rows: Sequence[Row], *, key: str, asked: Roster) -> list[Row]:
    """Return all rows with their days, or those of the day: with the end of the thing, not of the row."""
    if asked.as_of is None:
        return [_with_days(row, row["during"].lower, row["during"].upper) for row in rows]
    ends = {row[key]: row["during"].upper for row in rows}
    start = _start(asked.as_of)
    return [_with_days(row, start, ends[row[key]]) for row in rows if asked.as_of in row["during"]]


def _start(as_of: date) -> date | None:
    return None if as_of == current_day() else as_of


def _with_days(row: Mapping[str, Any], start: date | None, end: date | None) -> Row:
    found = {**row, "starts_on": start, "ends_on": end}
    del found["during"]
    return found


def _placed(rows: Sequence[Row], as_of: date) -> list[Row]:
    """Return everyone hired by the day where they are on it; who has left stands where they were last."""
    by_person: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_person[row["employee_id"]].append(row)
    found, start = [], _start(as_of)
    for held in by_person.values():
        left_on = held[0]["left_on"]
        day = as_of if left_on is None or as_of < left_on else left_on - timedelta(days=1)
        standing = [each for each in held if day in each["during"]]
        if standing and standing[0]["hired_on"] <= as_of:
            found.append(_with_days(standing[0], start if day == as_of else None, None))
    return found
