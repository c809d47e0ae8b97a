"""An organisation with a past, plans, seats, lines and a team that ends: what exports have to carry."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from roles.services.sync import (
    AssignmentInput,
    LineInput,
    PersonInput,
    SeatInput,
    UnitInput,
    upsert_assignments,
    upsert_lines,
    upsert_people,
    upsert_seats,
    upsert_units,
)

TODAY = timezone.localdate()
BEGAN, PAST, SOON, LATER = (TODAY + timedelta(days=days) for days in (-900, -200, 60, 120))


def unit(key: str, name: str, level: str, parent: str | None = "G", **more: object) -> UnitInput:
    """Return a unit of Shanghai."""
    return UnitInput(key, name, level, parent, city="上海", **more)  # type: ignore[arg-type]


def write_dated_organisation() -> None:
    """Write it through the services, change by change; fail loudly when one is refused."""
    steps = (
        upsert_units(
            [
                UnitInput("G", '云裳, 集团 "总"', "group"),
                unit("D-MKT", "市场部", "department", is_leading=True, rank=10),
                unit("D-EC", "=电商部", "department", rank=20),
                unit("R01", "华东大区", "region"),
                unit("S0101", "静安店", "store", "R01", ownership="direct"),
                unit("S0102", "徐汇店", "store", "R01", ownership="franchise"),
                unit("PRJ", "双十一项目组", "project_team", ends_on=LATER),
            ],
            effective_on=BEGAN,
            since=BEGAN,
            actor_id=None,
        ),
        upsert_units([unit("S0102", "徐汇旗舰店", "store", "R01")], effective_on=PAST, actor_id=None),
        upsert_units([unit("S0102", "徐汇旗舰店", "store", "G")], effective_on=SOON, actor_id=None),
        upsert_units(
            [unit("D-OLD", "老部门", "department", ends_on=PAST)], effective_on=BEGAN, since=BEGAN, actor_id=None
        ),
        upsert_seats(
            [
                SeatInput("P-G", "G", "总经理", grade="M5", is_head=True, monthly_budget=Decimal("90000.1234")),
                SeatInput("P-1", "S0101", "店长", grade="M1", is_head=True),
                SeatInput("P-2", "S0101", "导购", "digital-guide", planned_fte=Decimal("0.5")),
            ],
            effective_on=BEGAN,
            actor_id=None,
        ),
        upsert_seats([SeatInput("P-2", "S0101", "资深导购", "digital-guide")], effective_on=PAST, actor_id=None),
        upsert_people(
            [
                PersonInput("E1", "G", BEGAN, "周总", seat_external_id="P-G", monthly_cost=Decimal("80000.5")),
                PersonInput("E2", "S0101", BEGAN, "李店长", "E1", seat_external_id="P-1", monthly_cost=Decimal(15000)),
                PersonInput("E3", "S0101", BEGAN, "-王导购", "E2", fte=Decimal("0.5"), left_on=PAST),
                PersonInput("00E4", "S0102", BEGAN, "", "E2", "outsourced"),
            ],
            effective_on=BEGAN,
            actor_id=None,
        ),
        upsert_people([PersonInput("00E4", "S0101", BEGAN, "", "E2", "outsourced")], effective_on=PAST, actor_id=None),
        upsert_people([PersonInput("00E4", "D-EC", BEGAN, "", "E1", "internal")], effective_on=SOON, actor_id=None),
        upsert_people(
            [PersonInput("E3", "S0102", TODAY - timedelta(days=30), "-王导购", "E1")], effective_on=TODAY, actor_id=None
        ),
        upsert_people([PersonInput("E5", "D-MKT", SOON, "新同事", "E1")], effective_on=SOON, actor_id=None),
        upsert_assignments(
            [
                AssignmentInput("E2", "digital-guide", "S0101", BEGAN, Decimal("0.3"), PAST),
                AssignmentInput("E2", "digital-guide", "S0101", PAST, Decimal("0.25")),
                AssignmentInput("00E4", "user-ops", "PRJ", TODAY, Decimal("0.2"), LATER),
            ],
            actor_id=None,
        ),
        upsert_lines(
            [
                LineInput("L-1", "units", "functional", "S0101", "D-EC", BEGAN, None, "数字化, 职能"),
                LineInput("L-2", "people", "project", "E2", "E1", PAST, LATER),
            ],
            actor_id=None,
        ),
    )
    for number, result in enumerate(steps):
        assert result.is_ok, (number, result.issues)
