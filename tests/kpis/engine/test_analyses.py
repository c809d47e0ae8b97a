"""Analyses: hand-worked cases, and totals that are the KPIs' own figures at the company and at units."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import pytest

from kpis.engine.analyses.aipl import STAGES, analyse_aipl
from kpis.engine.analyses.churn import CHURNED, RECALLED, SOON, analyse_churn
from kpis.engine.analyses.cohorts import EARLIER, analyse_cohorts
from kpis.engine.analyses.content import analyse_content
from kpis.engine.analyses.documents import as_json, from_json
from kpis.engine.analyses.ground import Ground
from kpis.engine.analyses.lifetime import LifetimeDocument, analyse_lifetime
from kpis.engine.analyses.members import NO_MEMBER, analyse_members
from kpis.engine.analyses.merchandise import analyse_merchandise
from kpis.engine.analyses.rfm import analyse_rfm
from kpis.engine.compute import compute_values
from kpis.engine.scoping import ScopeRequest, UnitTree
from kpis.engine.specs import COMPANY, Params, Scope, ScopeKind, Value
from omnichannel.core.periods import parse_period
from tests.kpis.engine.world import PARENTS, Rows, library, random_tables, relations

TREE = UnitTree.from_parents(PARENTS)
UNITS = ("G", "R1", "S1")
SMALL = Params(churn_days=30, rfm_min_customers=1)


def ground_of(
    tables: Mapping[str, Rows],
    folder: Path,
    *,
    period: str = "2024-06",
    params: Params = SMALL,
    units: Sequence[str] = (),
) -> Ground:
    """Open the tables for one month."""
    return Ground.of(
        library=replace(library(), params=params),
        relations=relations(tables),
        tree=TREE,
        units=units,
        period=parse_period(period),
        folder=folder,
    )


def order(number: int, customer: str | None, day: str, net: int = 100, **more: object) -> dict[str, object]:
    """Return an order of a customer."""
    return {"order_id": f"O{number}", "customer_id": customer, "paid_at": f"{day}T10:00:00", "net_amount": net, **more}


def orders(*placed: tuple[str, str]) -> list[dict[str, object]]:
    """Return orders of (customer, day)."""
    return [order(number, customer, day) for number, (customer, day) in enumerate(placed)]


def test_the_ten_customers_of_the_domain_fall_into_their_tiers(tmp_path: Path) -> None:
    days = (5, 10, 20, 30, 40, 60, 90, 120, 200, 300)
    times, spent = (6, 1, 3, 1, 2, 1, 1, 4, 1, 1), (900, 100, 500, 120, 260, 90, 80, 700, 60, 50)
    end = date(2024, 7, 1)
    rows: list[dict[str, object]] = []
    for number, (ago, many, total) in enumerate(zip(days, times, spent, strict=True), 1):
        for place in range(many):
            day = date.fromordinal(end.toordinal() - ago - place)
            rows.append(order(len(rows), f"c{number}", str(day), total if place == 0 else 0))
    ground = ground_of({"orders": rows}, tmp_path)
    found = analyse_rfm(ground)[COMPANY]
    assert {segment.tier: segment.customers for segment in found.segments} == {"high": 3, "potential": 3, "dormant": 4}
    assert (found.base, found.at_risk, found.at_risk_money) == (10, 1, Decimal(700))
    listed = ground.relations.backend.read_parquet(str(tmp_path / "rfm.parquet")).to_pyarrow().to_pylist()
    tiers = {row["customer_id"]: row["tier"] for row in listed}
    assert {customer for customer, tier in tiers.items() if tier == "high"} == {"c1", "c3", "c5"}
    assert {customer for customer, tier in tiers.items() if tier == "potential"} == {"c2", "c4", "c6"}
    assert [row["customer_id"] for row in listed if row["at_risk"]] == ["c8"]
    assert sum(cell.customers for cell in found.grid) == 10


def test_a_base_below_the_least_number_of_customers_is_counted_but_not_ranked(tmp_path: Path) -> None:
    ground = ground_of({"orders": orders(("a", "2024-06-01"), ("b", "2024-06-02"))}, tmp_path, params=Params())
    found = analyse_rfm(ground)[COMPANY]
    assert (found.base, found.segments, found.grid, found.at_risk) == (2, (), (), 0)


def test_everybody_stands_in_the_highest_stage_and_flows_add_up_to_both_dates(tmp_path: Path) -> None:
    tables: dict[str, Rows] = {
        "orders": orders(
            ("loyal", "2024-05-01"), ("loyal", "2024-06-20"), ("once", "2024-06-03"), ("old", "2023-01-05"),
            ("grows", "2024-05-10"), ("grows", "2024-06-10"),
        ),
        "interactions": [
            {"date": "2024-06-05", "customer_id": "looks", "kind": "mall_visit", "employee_id": None},
            {"date": "2024-06-05", "customer_id": "told", "kind": "reach_out", "employee_id": None},
            {"date": "2024-06-06", "customer_id": "once", "kind": "content_click", "employee_id": None},
        ],
        "contacts": [
            {"contact_id": "k1", "customer_id": "friend", "added_at": "2024-05-03T09:00:00"},
            {"contact_id": "k2", "customer_id": "gone", "added_at": "2024-05-03", "removed_at": "2024-06-09"},
        ],
    }  # fmt: skip
    found = analyse_aipl(ground_of(tables, tmp_path))[COMPANY]
    month = found.comparisons[0]
    assert (month.months, month.on, found.on) == (1, date(2024, 5, 31), date(2024, 6, 30))
    assert {stage: month.standing(stage) for stage in STAGES} == {
        "none": 1, "awareness": 2, "interest": 1, "purchase": 1, "loyalty": 2
    }  # fmt: skip
    assert {stage: month.standing(stage, then=True) for stage in STAGES} == {
        "none": 3, "awareness": 2, "interest": 0, "purchase": 2, "loyalty": 0
    }  # fmt: skip
    moved = {(flow.before, flow.after): flow.customers for flow in month.flows}
    assert moved == {
        ("none", "awareness"): 1,
        ("none", "interest"): 1,
        ("none", "purchase"): 1,
        ("awareness", "none"): 1,
        ("awareness", "awareness"): 1,
        ("purchase", "loyalty"): 2,
    }


def test_a_silent_customer_has_churned_on_the_day_and_one_who_returns_is_recalled_once(tmp_path: Path) -> None:
    rows = orders(
        ("silent", "2024-05-10"),  # 30 days later: 9 June
        ("back", "2024-01-05"), ("back", "2024-06-03"), ("back", "2024-06-25"),
        ("soon", "2024-06-04"),
        ("long gone", "2023-12-01"),
    )  # fmt: skip
    ground = ground_of({"orders": rows}, tmp_path)
    found = analyse_churn(ground)[COMPANY]
    assert {group.state: group.customers for group in found.groups} == {CHURNED: 1, RECALLED: 1, SOON: 1}
    assert (found.alive_open, found.churned_open, found.alive_end) == (1, 2, 2)
    assert [(step.from_days, step.customers) for step in found.silence] == [(0, 2)]
    listed = ground.relations.backend.read_parquet(str(tmp_path / "churn.parquet")).to_pyarrow().to_pylist()
    by_customer = {row["customer_id"]: row for row in listed}
    assert by_customer["silent"]["churns_on"] == date(2024, 6, 9)
    assert by_customer["back"]["state"] == RECALLED
    assert (by_customer["back"]["back_on"], by_customer["back"]["away_days"]) == (date(2024, 6, 3), 150)
    assert by_customer["back"]["money"] == Decimal(200)
    assert set(by_customer) == {"silent", "back", "soon"}


def test_cohorts_are_counted_by_the_month_of_the_first_order(tmp_path: Path) -> None:
    rows = orders(
        ("a", "2024-04-02"), ("a", "2024-05-02"), ("a", "2024-06-02"), ("a", "2024-06-09"),
        ("b", "2024-04-20"), ("b", "2024-06-20"), ("c", "2024-05-20"), ("old", "2022-05-20"), ("old", "2024-05-21"),
    )  # fmt: skip
    found = analyse_cohorts(ground_of({"orders": rows}, tmp_path))[COMPANY].cohorts
    assert [(cohort.month, cohort.customers, cohort.active) for cohort in found] == [
        (EARLIER, 1, ()), ("2024-04", 2, (2, 1, 2)), ("2024-05", 1, (1, 0))
    ]  # fmt: skip
    assert [(cohort.bought_before, cohort.retained) for cohort in found] == [(1, 0), (1, 1), (1, 0)]


def test_categories_add_up_and_gmroi_is_gross_profit_over_average_stock_at_cost(tmp_path: Path) -> None:
    tables: dict[str, Rows] = {
        "orders": [order(1, "a", "2024-06-02", 300, goods_cost=120), order(2, None, "2024-06-03", 100, goods_cost=50)],
        "order_lines": [
            {"order_id": "O1", "line_no": 1, "sku_id": "K1", "qty": 2, "net_amount": 200},
            {"order_id": "O1", "line_no": 2, "sku_id": "K2", "qty": 1, "net_amount": 100},
        ],
        "products": [
            {"sku_id": "K1", "name": "coat", "category": "coats", "unit_cost": 40},
            {"sku_id": "K2", "name": "hat", "category": "hats", "unit_cost": 30},
        ],
        "inventory": [
            {"date": "2024-06-10", "sku_id": "K1", "unit_id": "S1", "qty_on_hand": 10, "cost_on_hand": 400},
            {"date": "2024-06-20", "sku_id": "K1", "unit_id": "S1", "qty_on_hand": 5, "cost_on_hand": 200},
            {"date": "2024-06-20", "sku_id": "K2", "unit_id": "S1", "qty_on_hand": 4, "cost_on_hand": 120},
        ],
    }
    found = analyse_merchandise(ground_of(tables, tmp_path))[COMPANY]
    coats, hats = found.lines
    assert (coats.category, coats.sales, coats.pieces, coats.cost, coats.stock_cost, coats.closing) == (
        "coats", Decimal(200), 2, Decimal(80), Decimal(600), 5
    )  # fmt: skip
    assert (hats.sales, hats.cost, hats.stock_cost, hats.closing) == (Decimal(100), Decimal(30), Decimal(120), 4)
    assert (found.days, found.net_sales, found.goods_cost) == (2, Decimal(400), Decimal(170))
    assert coats.cost is not None
    assert coats.stock_cost is not None
    assert (coats.sales - coats.cost) / (coats.stock_cost / found.days) == Decimal("0.4")


def test_lasting_under_each_churn_window_uses_the_same_rule(tmp_path: Path) -> None:
    rows = orders(("stays", "2023-06-01"), ("stays", "2024-05-25"), ("leaves", "2023-05-20"), ("leaves", "2024-04-01"))
    found = analyse_lifetime(ground_of({"orders": rows}, tmp_path))[COMPANY]
    lasting = {each.churn_days: (each.alive, each.lost) for each in found.lasting}
    assert lasting[30] == (1, 1)
    assert lasting[60] == (2, 1)
    assert lasting[180] == (2, 0)


@lru_cache(maxsize=1)
def world() -> dict[str, list[dict[str, object]]]:
    """Rows of all tables; some days of the month have none of a table, which is as it should be."""
    return random_tables(11, customers=30)


PARAMS = Params(churn_days=60, rfm_min_customers=5)
KPIS = (
    "retention_rate", "churn_rate", "churn_recall_rate", "high_value_user_share", "high_value_member_share",
    "new_members", "member_active_rate", "member_repurchase_rate", "member_sales_share", "exclusive_sales_share",
    "gross_margin_rate", "stock_turnover", "sell_through_rate", "content_output", "content_basic_share",
    "content_interactions", "ltv", "cac", "member_conversion_rate",
)  # fmt: skip


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ground, dict[tuple[str, Scope], Value]]]:
    """One month of a random world, and the KPIs' figures of it."""
    ground = ground_of(
        world(), tmp_path_factory.mktemp("lists"), period="2024-09", params=PARAMS, units=(*UNITS, "nobody")
    )
    values = compute_values(
        ground.library,
        kpis=KPIS,
        period=ground.period,
        scopes=ScopeRequest(frozenset({ScopeKind.COMPANY, ScopeKind.UNIT}), {ScopeKind.UNIT: frozenset(UNITS)}),
        relations=ground.relations,
        units=TREE,
    )
    yield ground, {(value.kpi, value.scope): value for value in values}
    ground.relations.close()


SCOPES = (COMPANY, *(Scope(ScopeKind.UNIT, unit) for unit in UNITS))
Both = tuple[Ground, Mapping[tuple[str, Scope], Value]]


def share(part: int | Decimal, whole: int | Decimal) -> Decimal | None:
    """Return percent as the engine rounds it."""
    return (Decimal(part) * 100 / whole).quantize(Decimal("0.000001")) if whole else None


def test_only_units_of_the_tree_are_analysed(both: Both) -> None:
    assert both[0].scopes == list(SCOPES)


def test_cohorts_add_up_to_the_retention_rate(both: Both) -> None:
    ground, values = both
    found = analyse_cohorts(ground)
    for scope in SCOPES:
        cohorts = found[scope].cohorts
        rate = share(sum(each.retained for each in cohorts), sum(each.bought_before for each in cohorts))
        assert rate == values["retention_rate", scope].value, scope
    assert values["retention_rate", COMPANY].value


def test_churned_and_recalled_customers_are_those_of_the_rates(both: Both) -> None:
    ground, values = both
    found = analyse_churn(ground)
    for scope in SCOPES:
        document = found[scope]
        assert share(document.group(CHURNED).customers, document.alive_open) == values["churn_rate", scope].value
        assert (
            share(document.group(RECALLED).customers, document.churned_open) == values["churn_recall_rate", scope].value
        )
        assert sum(step.customers for step in document.silence) == document.alive_end
    assert values["churn_recall_rate", COMPANY].value


def test_the_high_tier_is_the_high_value_share(both: Both) -> None:
    ground, values = both
    found = analyse_rfm(ground)
    for scope in SCOPES:
        high = sum(each.customers for each in found[scope].segments if each.tier == "high")
        assert share(high, found[scope].base) == values["high_value_user_share", scope].value, scope


def test_tiers_of_members_add_up_to_the_member_kpis(both: Both) -> None:
    ground, values = both
    found = analyse_members(ground)
    for scope in SCOPES:
        lines = found[scope].lines
        members = [line for line in lines if line.tier != NO_MEMBER]
        buyers, repeat = sum(each.buyers for each in members), sum(each.repeat for each in members)
        assert share(repeat, buyers) == values["member_repurchase_rate", scope].value, scope
        sales = sum(each.sales for each in members)
        assert share(sales, sum(each.sales for each in lines)) == values["member_sales_share", scope].value
        exclusive = sum(each.exclusive_sales for each in lines), sum(each.line_sales for each in lines)
        assert share(*exclusive) == values["exclusive_sales_share", scope].value
        high = [each.high_value for each in members if each.high_value is not None]
        assert share(sum(high), sum(each.ranked for each in members)) == values["high_value_member_share", scope].value
    company = [line for line in found[COMPANY].lines if line.tier != NO_MEMBER]
    stock = sum(line.members or 0 for line in company)
    assert sum(line.joined or 0 for line in company) == values["new_members", COMPANY].value
    assert share(sum(line.active for line in company), stock) == values["member_active_rate", COMPANY].value


def test_categories_and_the_rest_are_the_merchandise_kpis(both: Both) -> None:
    ground, values = both
    found = analyse_merchandise(ground)
    for scope in SCOPES:
        document = found[scope]
        assert document.net_sales is not None
        assert document.goods_cost is not None
        margin = share(document.net_sales - document.goods_cost, document.net_sales)
        assert margin == values["gross_margin_rate", scope].value
        stock = sum((line.stock_cost or Decimal(0) for line in document.lines), Decimal(0))
        turnover = (document.goods_cost * document.days / stock).quantize(Decimal("0.000001"))
        assert turnover == values["stock_turnover", scope].value, scope
        pieces = sum(line.pieces for line in document.lines)
        closing = sum(line.closing or 0 for line in document.lines)
        assert share(pieces, pieces + closing) == values["sell_through_rate", scope].value


def test_content_tiers_are_the_content_kpis(both: Both) -> None:
    ground, values = both
    document = analyse_content(ground)[COMPANY]
    assert document.items == values["content_output", COMPANY].value
    basic = next(line.items for line in document.tiers if line.key == "basic")
    assert share(basic, document.items) == values["content_basic_share", COMPANY].value
    for lines in (document.tiers, document.channels):
        assert sum(line.interactions for line in lines) == values["content_interactions", COMPANY].value


def test_the_parts_of_ltv_give_the_kpi(both: Both) -> None:
    ground, values = both
    found = analyse_lifetime(ground)
    for scope in SCOPES:
        document = found[scope]
        own = next(each for each in document.lasting if each.churn_days == PARAMS.churn_days)
        wanted = values["ltv", scope].value
        if wanted is None:
            continue
        assert None not in (document.sales, document.goods_cost, document.buyers)
        gross = (document.sales or Decimal(0)) - (document.goods_cost or Decimal(0))
        capped = own.lost * PARAMS.ltv_cap_years <= own.alive
        years = Decimal(PARAMS.ltv_cap_years) if capped else Decimal(own.alive) / own.lost
        assert abs(gross / (document.buyers or 1) * years - wanted) < Decimal("0.000001"), scope
    assert values["ltv", COMPANY].value is not None
    assert from_json(LifetimeDocument, as_json(found[COMPANY])) == found[COMPANY]


def test_flows_add_up_on_random_rows_at_every_scope(both: Both) -> None:
    found = analyse_aipl(both[0])
    for scope in SCOPES:
        first, *others = found[scope].comparisons
        for other in others:
            for stage in STAGES[1:]:
                assert other.standing(stage) == first.standing(stage)
        assert sum(first.standing(stage) for stage in STAGES) == sum(flow.customers for flow in first.flows)
    assert found[COMPANY].comparisons[0].standing("loyalty") > 0


def test_a_document_refuses_floats() -> None:
    with pytest.raises(TypeError, match="float"):
        as_json(0.5)
