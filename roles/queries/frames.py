"""The organisation as rows of the canonical tables, for the KPI engine: names and types as in the catalogue."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet

from roles.models import Assignment, Employment, UnitVersion

Row = dict[str, Any]


def org_units_rows(as_of: date) -> list[Row]:
    """Return table `org_units` as it was on the day."""
    columns = ("unit__external_id", "name", "level", "parent__external_id", "ownership", "city")
    return [
        {
            "unit_id": unit,
            "name": name,
            "level": level,
            "parent_id": parent,
            "ownership": ownership,
            "city": city or None,
        }
        for unit, name, level, parent, ownership, city in UnitVersion.objects.on(as_of)
        .order_by("unit__external_id")
        .values_list(*columns)
    ]


def employees_rows(as_of: date, *, people: Collection[str] | None = None) -> list[Row]:
    """Return table `employees`: everyone hired by the day, at the place they held then or, once gone, last.

    Someone who came back later is shown with the stint of the day. `people` limits it to some ids.
    """
    columns = (
        "person__external_id", "person__display_name", "unit__external_id", "manager__external_id", "fill_mode", "fte",
        "person__hired_on", "person__left_on", "monthly_cost", "during",
    )  # fmt: skip
    newest = (
        Employment.objects.filter(during__startswith__lte=as_of)
        .order_by("person__external_id", "-during")
        .distinct("person__external_id")
    )
    if people is not None:
        newest = newest.filter(person__external_id__in=list(people))
    return [_employee(as_of, *row) for row in newest.values_list(*columns)]


def staff_rows(day: date) -> Iterable[tuple[str, str, str | None, str, Decimal]]:
    """Return who works here on the day: person, unit, line manager, how the place is filled, FTE."""
    here = Employment.objects.on(day).filter(Q(person__left_on=None) | Q(person__left_on__gt=day))
    return here.order_by("person__external_id").values_list(
        "person__external_id", "unit__external_id", "manager__external_id", "fill_mode", "fte"
    )


def is_alike(first: date, last: date) -> bool:
    """Tell whether `org_units` and `employees` have the same rows on two days: nothing begins or ends in between."""
    first, last = sorted((first, last))
    hired = Q(person__hired_on__gt=first, person__hired_on__lte=last)
    return has_same_units(first, last) and not Employment.objects.filter(_moved(first, last) | hired).exists()


def has_same_units(first: date, last: date) -> bool:
    """Tell whether the units are the same on two days, in the same places."""
    return not UnitVersion.objects.filter(_moved(*sorted((first, last)))).exists()


def _moved(first: date, last: date) -> Q:
    begins = Q(during__startswith__gt=first, during__startswith__lte=last)
    return begins | Q(during__endswith__gt=first, during__endswith__lte=last)


def has_employees(as_of: date) -> bool:
    """Tell whether `employees_rows` has any row."""
    return Employment.objects.filter(during__startswith__lte=as_of).exists()


def _employee(
    as_of: date, person: str, name: str, unit: str, manager: str | None, fill_mode: str, fte: Any,
    hired_on: date, left_on: date | None, monthly_cost: Any, during: Any,
) -> Row:  # fmt: skip
    gone = during.upper if during.upper is not None and during.upper <= as_of else left_on
    return {
        "employee_id": person,
        "display_name": name or None,
        "unit_id": unit,
        "manager_id": manager,
        "fill_mode": fill_mode,
        "fte": fte,
        "hired_on": hired_on if hired_on <= as_of else during.lower,
        "left_on": gone,
        "monthly_cost": monthly_cost,
    }


def assignment_rows(held: QuerySet[Assignment] | None = None) -> list[Row]:
    """Return assignments as rows of table `role_assignments`, by default all of them: they carry their own days."""
    rows = Assignment.objects.order_by("pk") if held is None else held
    columns = ("person__external_id", "role_key", "unit__external_id", "share", "during")
    return [
        {
            "employee_id": person,
            "role_id": role,
            "unit_id": unit,
            "share": share,
            "start_on": during.lower,
            "end_on": during.upper,
        }
        for person, role, unit, share, during in rows.values_list(*columns)
    ]
