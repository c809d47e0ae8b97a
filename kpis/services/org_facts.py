"""Rows of the organisation's tables as its services take them. A file whose rows carry days is a history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from kpis.library import load_library
from omnichannel.workspaces.queries.zones import current_day
from roles.choices import OrgSource, Thing
from roles.services.histories import DatedRow, upsert_histories
from roles.services.sync import (
    AssignmentInput,
    LineInput,
    PersonInput,
    SeatInput,
    SyncResult,
    UnitInput,
    upsert_assignments,
    upsert_lines,
    upsert_people,
    upsert_seats,
    upsert_units,
)

Row = dict[str, Any]
THINGS: Mapping[str, Thing] = {
    "org_units": Thing.UNITS,
    "seats": Thing.SEATS,
    "employees": Thing.PEOPLE,
    "role_assignments": Thing.ASSIGNMENTS,
    "reporting_lines": Thing.LINES,
}
# The names of the organisation's own fields, as the columns of the files are called.
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "org_units": {"external_id": "unit_id", "parent_external_id": "parent_id", "parent": "parent_id"},
    "seats": {"external_id": "seat_id", "unit_external_id": "unit_id", "unit": "unit_id", "role": "role_id"},
    "employees": {
        "external_id": "employee_id",
        "unit_external_id": "unit_id",
        "manager_external_id": "manager_id",
        "seat_external_id": "seat_id",
        "unit": "unit_id",
        "manager": "manager_id",
        "seat": "seat_id",
    },
    "role_assignments": {
        "person_external_id": "employee_id",
        "unit_external_id": "unit_id",
        "role": "role_id",
    },
    "reporting_lines": {"external_id": "line_id", "from_external_id": "from_id", "to_external_id": "to_id"},
}


def sync_rows(table: str, rows: Sequence[Row], *, actor_id: int | None, dry_run: bool) -> SyncResult:
    """Bring the organisation to what the rows say; what carries no day holds from today on."""
    today = current_day()
    said: dict[str, Any] = {"actor_id": actor_id, "dry_run": dry_run, "source": OrgSource.FILE}
    if table == "role_assignments":
        return upsert_assignments([_assignment(row) for row in rows], **said)
    if table == "reporting_lines":
        return upsert_lines([_line(row) for row in rows], **said)
    if is_history(table, rows):
        dated = [_dated(table, row, today=today) for row in rows]
        return upsert_histories(THINGS[table], dated, effective_on=today, **said)
    if table == "org_units":
        return upsert_units([_unit(row) for row in rows], effective_on=today, **said)
    if table == "seats":
        return upsert_seats([_seat(row) for row in rows], effective_on=today, **said)
    return upsert_people([_person(row) for row in rows], effective_on=today, **said)


def is_history(table: str, rows: Sequence[Row]) -> bool:
    """Tell whether any row says from when, or until when, it holds."""
    dated = load_library().tables[table].dated
    return bool(dated) and any(row.get(dated) or row.get("ends_on") for row in rows)


def _unit(row: Row) -> UnitInput:
    return UnitInput(
        external_id=row["unit_id"],
        name=row["name"],
        level=row["level"],
        parent_external_id=row["parent_id"],
        ownership=row["ownership"] or "na",
        city=row["city"] or "",
        is_leading=row.get("is_leading"),
        rank=row.get("rank"),
    )


def _seat(row: Row) -> SeatInput:
    return SeatInput(
        external_id=row["seat_id"],
        unit_external_id=row["unit_id"],
        title=row["title"],
        role=row["role_id"] or "",
        grade=row["grade"] or "",
        planned_fte=_decimal(row["planned_fte"]),
        monthly_budget=row["monthly_budget"],
        is_head=bool(row["is_head"]),
    )


def _person(row: Row) -> PersonInput:
    return PersonInput(
        external_id=row["employee_id"],
        unit_external_id=row["unit_id"],
        hired_on=row["hired_on"],
        display_name=row["display_name"] or "",
        manager_external_id=row["manager_id"],
        fill_mode=row["fill_mode"] or "internal",
        fte=_decimal(row["fte"]),
        left_on=row["left_on"],
        monthly_cost=row["monthly_cost"],
        seat_external_id=row.get("seat_id"),
    )


def _assignment(row: Row) -> AssignmentInput:
    return AssignmentInput(
        person_external_id=row["employee_id"],
        role=row["role_id"],
        unit_external_id=row["unit_id"],
        start_on=row["start_on"],
        share=_decimal(row["share"]),
        end_on=row["end_on"],
    )


def _line(row: Row) -> LineInput:
    return LineInput(
        external_id=row["line_id"],
        between=row["between"],
        kind=row["kind"],
        from_external_id=row["from_id"],
        to_external_id=row["to_id"],
        start_on=row["start_on"],
        end_on=row["end_on"],
        note=row["note"] or "",
    )


def _decimal(value: Decimal | None) -> Decimal:
    return value if value is not None else Decimal(1)


def _dated(table: str, row: Row, *, today: date) -> DatedRow:
    """Return a row with its days, its columns named as the organisation's states name them."""
    days: dict[str, Any] = {"start": row.get("starts_on"), "end": row.get("ends_on")}
    if table == "org_units":
        return DatedRow(row["unit_id"], _unit_facts(_unit(row)), **days)
    if table == "seats":
        return DatedRow(row["seat_id"], _seat_facts(_seat(row)), since=today, **days)
    person = _person(row)
    own = {"display_name": person.display_name, "hired_on": person.hired_on, "left_on": person.left_on}
    return DatedRow(person.external_id, _person_facts(person), own, since=person.hired_on, **days)


def _unit_facts(unit: UnitInput) -> Row:
    return {
        "name": unit.name,
        "level": unit.level,
        "parent": unit.parent_external_id,
        "ownership": unit.ownership,
        "city": unit.city,
        "is_leading": unit.is_leading,
        "rank": unit.rank,
    }


def _seat_facts(seat: SeatInput) -> Row:
    return {
        "unit": seat.unit_external_id,
        "title": seat.title,
        "role_key": seat.role,
        "grade": seat.grade,
        "planned_fte": seat.planned_fte,
        "monthly_budget": seat.monthly_budget,
        "is_head": seat.is_head,
    }


def _person_facts(person: PersonInput) -> Row:
    return {
        "unit": person.unit_external_id,
        "manager": person.manager_external_id,
        "fill_mode": person.fill_mode,
        "fte": person.fte,
        "monthly_cost": person.monthly_cost,
        "seat": person.seat_external_id,
    }
