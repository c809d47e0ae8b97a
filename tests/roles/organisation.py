"""A small organisation that several tests start from, written through the services."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from roles.services.sync import (
    AssignmentInput,
    PersonInput,
    UnitInput,
    upsert_assignments,
    upsert_people,
    upsert_units,
)

DAY = date(2026, 6, 1)

UNITS = (
    UnitInput("G", "云裳集团", "group", city="上海"),
    UnitInput("D-MKT", "市场部", "department", "G", city="上海"),
    UnitInput("R01", "华东大区", "region", "G", city="上海"),
    UnitInput("R02", "华南大区", "region", "G", city="广州"),
    UnitInput("S0101", "上海静安店", "store", "R01", "direct", "上海"),
    UnitInput("S0102", "杭州西湖店", "store", "R01", "franchise", "杭州"),
    UnitInput("S0201", "广州天河店", "store", "R02", "direct", "广州"),
)
PEOPLE = (
    PersonInput("E1", "G", date(2020, 1, 1), "周总"),
    PersonInput("E2", "R01", date(2021, 3, 1), "李区长", "E1", monthly_cost=Decimal("21000.5")),
    PersonInput("E3", "S0101", date(2023, 5, 1), "王导购", "E2", monthly_cost=Decimal(8600)),
    PersonInput("E4", "S0102", date(2024, 5, 1), "", "E2", "outsourced", Decimal("0.5")),
    PersonInput("E5", "S0201", date(2024, 5, 1), "陈导购", "E1"),
    PersonInput("E6", "D-MKT", date(2022, 5, 1), "赵运营", "E1"),
)
ASSIGNMENTS = (
    AssignmentInput("E3", "digital-guide", "S0101", date(2023, 5, 1), Decimal("0.9")),
    AssignmentInput("E4", "digital-guide", "S0102", date(2024, 5, 1), Decimal("0.6")),
    AssignmentInput("E5", "digital-guide", "S0201", date(2024, 5, 1), Decimal(1)),
    AssignmentInput("E6", "user-ops", "D-MKT", date(2022, 5, 1), Decimal("0.6"), date(2026, 1, 1)),
    AssignmentInput("E6", "user-ops", "G", date(2026, 1, 1), Decimal("0.6")),
    AssignmentInput("E6", "content-marketing", "D-MKT", date(2022, 5, 1), Decimal("0.4")),
    AssignmentInput("E6", "member-ops", "D-MKT", date(2024, 5, 1), Decimal("0.3")),
)


def write_organisation() -> None:
    """Write units, people and assignments; fail loudly when a batch is refused."""
    for result in (
        upsert_units(UNITS, effective_on=DAY, actor_id=None),
        upsert_people(PEOPLE, effective_on=DAY, actor_id=None),
        upsert_assignments(ASSIGNMENTS, actor_id=None),
    ):
        assert result.is_ok, result.issues
