"""Targets worked out: the year by its season, last year and more, handed down so that the parts add up to the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from kpis.choices import ComputationKind, TargetOrigin
from kpis.engine.specs import COMPANY, Scope, Value
from kpis.models import TargetEdit
from kpis.queries.target_conflicts import find_conflicts
from kpis.queries.target_gaps import find_gaps
from kpis.queries.target_grid import GridAsk, target_grid
from kpis.queries.targets import aims
from kpis.services.storing import store_values
from kpis.services.target_asks import EVEN, NEWEST, OWN, TYPED, Operation, Plan, PlanAsk, Reach, Skipped
from kpis.services.target_checks import Bound
from kpis.services.target_edits import edit_targets
from kpis.services.target_plans import make_plan
from kpis.services.values import open_computation
from omnichannel.core.periods import Grain, Period, parse_period
from omnichannel.workspaces.models import Workspace
from roles.queries.org_chart import UnitTree, unit_tree
from tests.kpis.retailer import build_organisation, figure, person, put_targets, unit

YEAR = parse_period("2024")
LAST = parse_period("2023")


def put_last_year(kpi: str, scopes: dict[Scope, int]) -> None:
    """Store twelve months: January has the amount, every later month as much more again."""
    for month in LAST.months():
        put_figures(month, [figure(kpi, scope, amount * month.start.month) for scope, amount in scopes.items()])


def put_figures(month: Period, values: Iterable[Value]) -> None:
    now = timezone.now()
    computation = open_computation(
        ComputationKind.VALUES, [month], job=None, upload_seq=0, started_at=now, finished_at=now, actor_id=None
    )
    store_values(values, period=month, computation=computation)


@pytest.fixture
def tree(in_workspace: Workspace) -> UnitTree:
    build_organisation(more_stores=1)
    return unit_tree(as_of=YEAR.last_day)


def plan(tree: UnitTree, operation: Operation, *, bound: Bound | None = None, **asked: Any) -> Plan:
    return make_plan(PlanAsk(operation, asked.pop("kpi", "sales_net"), YEAR, **asked), tree=tree, bound=bound)


def planned(found: Plan) -> dict[tuple[str, str], Decimal | None]:
    return {(each.row.scope_id, each.row.period): each.row.value for each in found.rows}


def apply(found: Plan) -> TargetEdit:
    done = edit_targets([each.row for each in found.rows], origin=found.origin, actor_id=None)
    assert done.issues == ()
    assert done.edit is not None
    return done.edit


def test_a_year_is_split_by_its_own_last_year_to_the_cent(tree: UnitTree) -> None:
    put_last_year("sales_net", {unit("S1"): 10})
    put_targets(YEAR, {("sales_net", unit("S1")): Decimal("1000.01"), ("sales_net", unit("S2")): Decimal(1200)})
    found = plan(tree, Operation.SPLIT, scope=unit("S1"))
    parts = planned(found)
    assert (len(parts), sum(value for value in parts.values() if value)) == (12, Decimal("1000.01"))
    # January is 1 of 78 parts, December 12
    assert (parts["S1", "2024-01"], parts["S1", "2024-12"]) == (Decimal("12.82"), Decimal("153.85"))
    assert (found.curve_source, sum(found.curve), found.origin) == (OWN, 100, TargetOrigin.SPLIT)
    even = plan(tree, Operation.SPLIT, scope=unit("S2"))
    assert (even.curve_source, set(planned(even).values())) == (EVEN, {Decimal(100)})
    typed = plan(tree, Operation.SPLIT, scope=unit("S2"), grain=Grain.QUARTER, curve=tuple(map(Decimal, (1, 1, 1, 3))))
    assert typed.curve_source == TYPED
    assert planned(typed)["S2", "2024-Q4"] == 600
    nothing = plan(tree, Operation.SPLIT, scope=unit("S3"))
    assert (nothing.rows, nothing.skipped) == ((), {Skipped.NO_YEAR: 1})


def test_a_ratio_keeps_its_level_in_every_month(tree: UnitTree) -> None:
    put_targets(YEAR, {("active_user_share", COMPANY): Decimal("37.5")})
    found = plan(tree, Operation.SPLIT, kpi="active_user_share")
    assert (len(found.rows), set(planned(found).values()), found.curve) == (12, {Decimal("37.5")}, ())


def test_last_year_and_so_much_more_makes_the_year_the_sum_of_its_months(tree: UnitTree) -> None:
    put_last_year("sales_net", {unit("S1"): 10, unit("S2"): 7})
    put_figures(parse_period("2023-05"), [figure("sales_net", unit("S1"), 50), figure("sales_net", unit("S2"), None)])
    found = plan(
        tree, Operation.LAST_YEAR, scope=unit("R1"), reach=Reach.BELOW, percent=Decimal("12.55"), from_actual=True
    )
    parts = planned(found)
    assert parts["S1", "2024-01"] == Decimal("11.26")
    assert parts["S1", "2024"] == sum(parts["S1", f"2024-{month:02d}"] or 0 for month in range(1, 13))
    assert ("S2", "2024") not in parts
    assert ("S2", "2024-05") not in parts
    assert parts["S2", "2024-06"] == Decimal("47.27")
    # R1 and S3 have no figures at all
    assert found.skipped[Skipped.NO_BASE] == 1 + 12 + 12


def test_targets_handed_down_add_up_to_the_one_above(tree: UnitTree) -> None:
    put_last_year("guide_store_sales", {unit("S1"): 10, unit("S2"): 20, person("ES1"): 9, person("ES2"): 18})
    month = parse_period("2024-07")
    put_targets(month, {("guide_store_sales", unit("R1")): Decimal("100.00")})
    ask: dict[str, Any] = {"kpi": "guide_store_sales", "scope": unit("R1"), "period": "2024-07"}
    one_level = plan(tree, Operation.CASCADE, **ask)
    assert planned(one_level) == {("S1", "2024-07"): Decimal("33.33"), ("S2", "2024-07"): Decimal("66.67")}
    assert one_level.skipped == {Skipped.NO_HISTORY: 1}
    deep = plan(tree, Operation.CASCADE, deep=True, **ask)
    assert planned(deep) == {
        **planned(one_level),
        ("ES1", "2024-07"): Decimal("33.33"),
        ("ES2", "2024-07"): Decimal("66.67"),
    }
    apply(deep)
    put_targets(month, {("guide_store_sales", unit("S3")): Decimal("0.50")})
    opened = frozenset({"BU1", "R1", "S1"})
    grid_ask = GridAsk("guide_store_sales", YEAR, Grain.MONTH, "value", opened=opened, with_people=True)
    (gap,) = find_gaps(grid_ask, tree=tree)
    assert (gap.name, gap.period, gap.below, gap.gap, gap.missing) == (
        "华东大区",
        "2024-07",
        Decimal("100.50"),
        Decimal("-0.50"),
        0,
    )
    rows = {row.key: row for row in target_grid(grid_ask, tree=tree).rows}
    july = {key: row.cells[6] for key, row in rows.items()}
    assert (july["unit:R1"].gap, july["unit:R1"].below) == (Decimal("-0.50"), Decimal("100.50"))
    assert (july["unit:S1"].gap, july["unit:S1"].below, july["employee:ES1"].value) == (
        Decimal(0),
        Decimal("33.33"),
        Decimal("33.33"),
    )
    assert july["company:"].value is None


def test_a_year_handed_down_with_its_months_is_their_sum_everywhere(tree: UnitTree) -> None:
    put_last_year("sales_net", {unit("R1"): 30, unit("S1"): 10, unit("S2"): 20})
    put_figures(parse_period("2023-03"), [figure("sales_net", unit("S1"), 500), figure("sales_net", unit("S2"), 7)])
    put_targets(YEAR, {("sales_net", unit("R1")): Decimal("1000.01")})
    apply(plan(tree, Operation.SPLIT, scope=unit("R1")))
    found = plan(tree, Operation.CASCADE, scope=unit("R1"))
    parts = planned(found)
    for store in ("S1", "S2"):
        assert parts[store, "2024"] == sum(parts[store, f"2024-{month:02d}"] or 0 for month in range(1, 13))
    for period in ("2024", *(f"2024-{month:02d}" for month in range(1, 13))):
        top = aims("sales_net", [period], units=["R1"])[unit("R1"), period].value
        assert (parts["S1", period] or 0) + (parts["S2", period] or 0) == top
    put_targets(YEAR, {("sales_net", unit("R1")): Decimal(2000)})  # no longer what its months add up to: by itself
    alone = planned(plan(tree, Operation.CASCADE, scope=unit("R1")))
    assert (alone["S1", "2024"] or 0) + (alone["S2", "2024"] or 0) == 2000


def test_a_year_is_handed_down_by_the_newest_months_while_last_year_is_not_complete(tree: UnitTree) -> None:
    aims_of = {str(each): Decimal(1200) for each in (YEAR, YEAR.months()[11])}
    for period, value in aims_of.items():
        put_targets(parse_period(period), {("sales_net", COMPANY): value})
    for month in (*LAST.previous().months()[10:], *LAST.months()[:10]):  # November and December are still to come
        put_figures(month, [figure("sales_net", unit("BU1"), 300), figure("sales_net", unit("HQ"), 100)])
    found = plan(tree, Operation.CASCADE, scope=COMPANY)
    assert planned(found) == {
        (key, period): value
        for period in aims_of
        for key, value in (("BU1", Decimal("900.00")), ("HQ", Decimal("300.00")))
    }
    assert found.bases == {NEWEST: 2}
    nobody = plan(tree, Operation.CASCADE, kpi="mall_sales", scope=COMPANY)
    assert (nobody.rows, nobody.bases) == ((), {})
    put_targets(YEAR, {("mall_sales", COMPANY): Decimal(100)})
    even = plan(tree, Operation.CASCADE, kpi="mall_sales", scope=COMPANY)
    assert (set(planned(even).values()), even.bases) == ({Decimal("50.00")}, {EVEN: 1})


def test_floors_and_stretches_come_along_and_what_is_there_can_be_left_alone(tree: UnitTree) -> None:
    rows = {"2023-12": (80, 100, 120), "2024-02": (None, 50, None)}
    from kpis.services.targets import upsert_targets

    upsert_targets(
        [
            {"period": period, "kpi_id": "sales_net", "scope_kind": "unit", "scope_id": "S1"}
            | dict(zip(("floor", "value", "stretch"), parts, strict=True))
            for period, parts in rows.items()
        ],
        upload_id=None,
    )
    found = plan(tree, Operation.PREVIOUS, scope=unit("S1"), percent=Decimal(10), keep=True)
    assert len(found.rows) == 11
    assert found.skipped == {Skipped.KEPT: 1}
    first = found.rows[0].row
    assert (first.floor, first.value, first.stretch) == (Decimal(88), Decimal(110), Decimal(132))
    apply(found)
    aim = aims("sales_net", ["2024-12"])[unit("S1"), "2024-12"]
    assert (aim.floor, aim.value, aim.origin) == (Decimal(88), Decimal(110), "copied")
    again = plan(tree, Operation.PREVIOUS, scope=unit("S1"), percent=Decimal(10), period="2024-01")
    assert (again.rows, again.skipped) == ((), {Skipped.SAME: 1})


def test_a_line_manager_plans_only_what_is_below(tree: UnitTree) -> None:
    put_last_year("sales_net", {unit("R1"): 30, unit("S1"): 10})
    below = tree.below("R1")
    found = plan(
        below, Operation.LAST_YEAR, scope=unit("R1"), reach=Reach.BELOW, bound=Bound(within="R1", with_people=True)
    )
    assert {each.row.scope_id for each in found.rows} == {"S1"}


def test_what_is_applied_is_what_was_shown(tree: UnitTree) -> None:
    put_targets(YEAR, {("sales_net", unit("S1")): 1200})
    shown = plan(tree, Operation.SPLIT, scope=unit("S1")).digest
    assert plan(tree, Operation.SPLIT, scope=unit("S1")).digest == shown
    put_targets(YEAR, {("sales_net", unit("S1")): 1201})
    assert plan(tree, Operation.SPLIT, scope=unit("S1")).digest != shown


def test_two_departments_on_the_same_orders_without_a_shared_target_are_a_conflict(
    in_workspace: Workspace, sync_units: Callable[..., None]
) -> None:
    build_organisation()
    sync_units(("EC", "电商部", "department", "G"), ("MKT", "市场部", "department", "G"))
    tree, month = unit_tree(as_of=YEAR.last_day), parse_period("2024-07")
    put_figures(month, [figure("mall_sales", COMPANY, 8000), figure("sales_net", COMPANY, 20000)])
    put_targets(
        month, {("mall_orders", unit("EC")): 10, ("mall_orders", unit("MKT")): 20, ("mall_orders", unit("S1")): 5}
    )
    (conflict,) = find_conflicts(YEAR, tree=tree)
    assert (conflict.kpi, conflict.units, conflict.at, conflict.group) == ("mall_orders", ("EC", "MKT"), COMPANY, "")
    assert (conflict.money, conflict.money_kpi, conflict.period) == (Decimal(8000), "mall_sales", "2024-07")
    put_targets(month, {("mall_sales", unit("EC")): 10, ("mall_sales", unit("MKT")): 20})
    shared = {each.kpi: each for each in find_conflicts(YEAR, tree=tree)}
    assert (shared["mall_sales"].group, shared["mall_sales"].shared_kpi) == ("sales", "sales_net")
    put_targets(month, {("sales_net", COMPANY): 100})
    assert {each.kpi for each in find_conflicts(YEAR, tree=tree)} == {"mall_orders"}


@pytest.fixture
def sync_units() -> Callable[..., None]:
    from roles.services.sync import UnitInput, upsert_units
    from tests.kpis.retailer import SINCE

    def add(*units: tuple[str, str, str, str]) -> None:
        assert upsert_units([UnitInput(*each) for each in units], effective_on=SINCE, actor_id=None).is_ok

    return add
