"""A small retailer for the tests of figures: its organisation, and figures and targets put in through the services."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from django.utils import timezone

from kpis.choices import ComputationKind
from kpis.engine.specs import COMPANY, NoData, Scope, ScopeKind, Value
from kpis.library import load_library
from kpis.services.scorecards import grade_period, save_scorecards, stored_values
from kpis.services.storing import StoredCount, store_values
from kpis.services.targets import upsert_targets
from kpis.services.values import open_computation
from omnichannel.core.periods import Period, parse_period
from roles.catalogue import StageKey, SubtypeKey
from roles.services.stages import adopt_stage
from roles.services.sync import AssignmentInput, PersonInput, UnitInput, upsert_assignments, upsert_people, upsert_units

OCTOBER = parse_period("2024-10")
NOVEMBER = parse_period("2024-11")
SINCE = date(2024, 1, 1)
GUIDE_KPIS = (
    "guide_store_sales", "guide_mall_sales", "guide_private_customers", "active_private_customer_share",
    "private_repurchase_rate",
)  # fmt: skip


def unit(key: str) -> Scope:
    """Return a unit's scope."""
    return Scope(ScopeKind.UNIT, key)


def person(key: str) -> Scope:
    """Return a person's scope."""
    return Scope(ScopeKind.EMPLOYEE, key)


def build_organisation(*, more_stores: int = 0) -> None:
    """Group G: headquarters, a business unit with a region of stores S1, S2 ..., guides, and P1 with two roles."""
    stores = [f"S{number}" for number in range(1, 3 + more_stores)]
    units = [
        UnitInput("G", "云裳集团", "group"),
        UnitInput("HQ", "集团总部", "hq", "G"),
        UnitInput("BU1", "女装事业部", "business_unit", "G"),
        UnitInput("UC", "用户运营中心", "department", "BU1"),
        UnitInput("R1", "华东大区", "region", "BU1"),
        *(UnitInput(store, f"门店{store}", "store", "R1", ownership="direct") for store in stores),
    ]
    people = [PersonInput(f"E{store}", store, SINCE, display_name=f"导购{store}") for store in stores]
    people += [PersonInput("P1", "UC", SINCE, display_name="周宁"), PersonInput("P2", "HQ", SINCE, display_name="何敏")]
    held = [AssignmentInput(f"E{store}", "digital-guide", store, SINCE) for store in stores]
    held += [
        AssignmentInput("P1", "user-ops", "UC", SINCE, share=Decimal("0.6")),
        AssignmentInput("P1", "content-marketing", "UC", SINCE, share=Decimal("0.4")),
        AssignmentInput("P2", "omni-strategy", "HQ", SINCE),
    ]
    assert upsert_units(units, effective_on=SINCE, actor_id=None).is_ok
    assert upsert_people(people, effective_on=SINCE, actor_id=None).is_ok
    assert upsert_assignments(held, actor_id=None).is_ok


def adopt(stage: StageKey, subtype: SubtypeKey, *, at: str = "G") -> None:
    """Let a unit and what is below it work in a stage."""
    adopt_stage(at, stage=stage, subtype=subtype, on=SINCE, actor_id=None)


def put_targets(period: Period, targets: Mapping[tuple[str, Scope], Decimal | int]) -> None:
    """Set targets as an upload would."""
    rows = [
        {
            "period": str(period),
            "kpi_id": kpi,
            "scope_kind": scope.kind.value,
            "scope_id": scope.id or None,
            "floor": None,
            "value": Decimal(value),
            "stretch": None,
        }
        for (kpi, scope), value in targets.items()
    ]
    upsert_targets(rows, upload_id=None)


def figure(kpi: str, scope: Scope, value: Decimal | int | str | None) -> Value:
    """Return a figure; None has no rows."""
    if value is None:
        return Value(kpi, scope, None, reason=NoData.NO_ROWS)
    return Value(kpi, scope, Decimal(value), numerator=Decimal(value), rows=3)


def put_values(period: Period, values: Iterable[Value]) -> StoredCount:
    """Store a period's figures, completed by the company's missing ones, and grade its cards from what is stored."""
    found = list(values)
    there = {value.kpi for value in found if value.scope == COMPANY}
    found += [figure(kpi, COMPANY, None) for kpi in load_library().kpis if kpi not in there]
    now = timezone.now()
    computation = open_computation(
        ComputationKind.VALUES, [period], job=None, upload_seq=0, started_at=now, finished_at=now, actor_id=None
    )
    count = store_values(found, period=period, computation=computation)
    cards = grade_period(period, values=stored_values(period))
    save_scorecards(cards, period=period, computation=computation)
    return count


def example_of_the_domain(key: str) -> tuple[list[Value], dict[tuple[str, Scope], Decimal | int]]:
    """Return domain.md 12's guide: 90 %, 125 %, 90 %, 75 % of the targets, and no data for the fifth KPI."""
    reached = (90, 125, 90, 75, None)
    values = [figure(kpi, person(key), value) for kpi, value in zip(GUIDE_KPIS, reached, strict=True)]
    return values, {(kpi, person(key)): Decimal(100) for kpi in GUIDE_KPIS}


def put_example(period: Period = NOVEMBER, *, stores: Iterable[str] = ("S1", "S2")) -> None:
    """Store the domain's example for the guide of every store, with a company and store figure beside it."""
    values: list[Value] = [figure("sales_net", COMPANY, 5000), figure("guide_store_sales", COMPANY, 300)]
    targets: dict[tuple[str, Scope], Decimal | int] = {
        ("sales_net", COMPANY): 4000,
        ("guide_store_sales", COMPANY): 400,
    }
    for store in stores:
        own, wanted = example_of_the_domain(f"E{store}")
        values += [*own, figure("sales_net", unit(store), 2500), figure("guide_store_sales", unit(store), 90)]
        targets |= wanted
    put_targets(period, targets)
    put_values(period, values)
