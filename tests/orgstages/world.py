"""A retailer of two business units for the diagnosis: organisation through the services, figures as stored values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.utils import timezone

from kpis.choices import ComputationKind
from kpis.engine.specs import COMPANY, NoData, Scope, ScopeKind, Value
from kpis.library import load_library
from kpis.services.storing import store_values
from kpis.services.targets import upsert_targets
from kpis.services.values import open_computation
from omnichannel.core.periods import Period, parse_period
from roles.services.sync import (
    AssignmentInput,
    PersonInput,
    UnitInput,
    upsert_assignments,
    upsert_people,
    upsert_units,
)

SINCE = date(2024, 1, 1)
DAY = date(2026, 11, 5)
MONTH = parse_period("2026-10")

UNITS = (
    UnitInput("G", "云裳集团", "group"),
    UnitInput("HQ", "集团总部", "hq", "G"),
    UnitInput("D-MKT", "市场部", "department", "HQ"),
    UnitInput("T-OPS", "用户运营组", "department", "D-MKT"),
    UnitInput("BU1", "女装事业部", "business_unit", "G"),
    UnitInput("UC", "用户中心", "department", "BU1"),
    UnitInput("R1", "华东大区", "region", "BU1"),
    UnitInput("S1", "静安店", "store", "R1", "direct"),
    UnitInput("S2", "西湖店", "store", "R1", "franchise"),
    UnitInput("BU2", "童装事业部", "business_unit", "G"),
    UnitInput("PRJ", "全域小组", "department", "BU2"),
    UnitInput("S3", "江汉店", "store", "BU2", "direct"),
)
PEOPLE = (
    PersonInput("CEO", "G", SINCE),
    PersonInput("CMO", "D-MKT", SINCE, manager_external_id="CEO"),
    PersonInput("LEAD", "UC", SINCE, manager_external_id="CEO"),
    PersonInput("U1", "UC", SINCE, manager_external_id="LEAD"),
    PersonInput("U2", "UC", SINCE, manager_external_id="LEAD", fte=Decimal("0.5")),
    PersonInput("G1", "S1", SINCE, manager_external_id="BOSS"),
    PersonInput("BOSS", "BU2", SINCE, manager_external_id="CEO"),
    PersonInput("P1", "PRJ", SINCE, manager_external_id="CMO", fill_mode="seconded", fte=Decimal("0.5")),
    PersonInput("P2", "PRJ", SINCE, manager_external_id="P1", fill_mode="outsourced"),
    PersonInput("GONE", "PRJ", SINCE, manager_external_id="P1", fill_mode="outsourced", left_on=date(2025, 1, 1)),
    PersonInput("T1", "T-OPS", SINCE, manager_external_id="CMO"),
)
HELD = (
    ("LEAD", "omni-strategy", "UC", "1"),
    ("U1", "user-ops", "UC", "0.8"),
    ("U1", "data-analysis", "UC", "0.2"),
    ("U2", "content-marketing", "UC", "0.5"),
    ("G1", "digital-guide", "S1", "1"),
    ("P1", "user-ops", "PRJ", "0.4"),
    ("P1", "member-ops", "PRJ", "0.3"),
    ("P1", "content-marketing", "PRJ", "0.3"),
    ("P2", "user-ops", "PRJ", "0.3"),
    ("P2", "content-marketing", "PRJ", "0.4"),
)
UNIT = {name: Scope(ScopeKind.UNIT, name) for name in ("BU1", "BU2", "S1", "S2", "S3", "D-MKT", "UC")}
Figures = Mapping[tuple[str, Scope], tuple[str | None, str | None, str | None]]

NOW: Figures = {
    ("unified_id_rate", COMPANY): ("61.3", "61300", "100000"),
    ("unified_id_rate", UNIT["BU1"]): ("72.5", "58000", "80000"),
    ("unified_id_rate", UNIT["BU2"]): ("16.5", "3300", "20000"),
    ("tag_coverage_rate", COMPANY): ("55", "55000", "100000"),
    ("private_sales_share", COMPANY): ("12.5", "1250000", "10000000"),
    ("private_sales_share", UNIT["BU1"]): ("21", "1680000", "8000000"),
    ("private_sales_share", UNIT["BU2"]): (None, None, None),
    ("sales_net", COMPANY): ("10000000", None, None),
    ("sales_net", UNIT["BU1"]): ("8000000", None, None),
    ("sales_net", UNIT["BU2"]): ("2000000", None, None),
    ("sales_net", UNIT["S1"]): ("5600000", None, None),
    ("mall_sales", UNIT["S1"]): ("600000", None, None),
    ("sales_net", UNIT["S2"]): ("1000000", None, None),
    ("sales_net", UNIT["S3"]): ("1500000", None, None),
    ("mall_sales", COMPANY): ("1250000", None, None),
    ("mall_sales", UNIT["BU1"]): ("1680000", None, None),
}
YEAR_EARLIER: Figures = {
    ("mall_sales", COMPANY): ("1000000", None, None),
    ("mall_sales", UNIT["BU1"]): ("1200000", None, None),
}
TARGETS = (
    ("private_sales_share", "company", None, "20.5"),
    ("private_sales_share", "unit", "BU2", "4"),
    ("mall_sales", "unit", "UC", "1500000"),
    ("new_private_users", "unit", "D-MKT", "900"),
    ("content_output", "unit", "T-OPS", "40"),
)


def write_organisation() -> None:
    """Write units, people and assignments; fail loudly when a batch is refused."""
    held = [AssignmentInput(person, role, unit, SINCE, Decimal(share)) for person, role, unit, share in HELD]
    for result in (
        upsert_units(UNITS, effective_on=SINCE, actor_id=None),
        upsert_people(PEOPLE, effective_on=SINCE, actor_id=None),
        upsert_assignments(held, actor_id=None),
    ):
        assert result.is_ok, result.issues


def write_figures(figures: Figures, period: Period = MONTH) -> None:
    """Store figures as a computation of the period; `None` is a KPI without rows. The company has every KPI."""
    computation = open_computation(
        ComputationKind.VALUES,
        [period],
        job=None,
        upload_seq=0,
        started_at=timezone.now(),
        finished_at=timezone.now(),
        actor_id=None,
    )
    empty = {(kpi, COMPANY): (None, None, None) for kpi in load_library().kpis}
    values = [_value(kpi, scope, *numbers) for (kpi, scope), numbers in {**empty, **figures}.items()]
    store_values(values, period=period, computation=computation)


def write_targets(period: str = "2026-10") -> None:
    """Write the targets of a month."""
    rows = [
        {"period": period, "kpi_id": kpi, "scope_kind": kind, "scope_id": scope, "value": Decimal(value)}
        for kpi, kind, scope, value in TARGETS
    ]
    upsert_targets(rows, upload_id=None)


def write_world() -> None:
    """Write everything."""
    write_organisation()
    write_figures(NOW)
    write_figures(YEAR_EARLIER, MONTH.year_earlier())
    write_targets()


def _value(kpi: str, scope: Scope, value: str | None, top: str | None, bottom: str | None) -> Value:
    number, over, under = (None if text is None else Decimal(text) for text in (value, top, bottom))
    return Value(kpi, scope, number, over, under, rows=1, reason=NoData.NO_ROWS if value is None else None)
