"""The KPI library: what it holds, how its texts become types, and that every rule notices what it is for."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from decimal import Decimal

import pytest

from kpis.engine.grammar import parse_formula
from kpis.engine.specs import (
    Aggregation,
    ColumnSpec,
    DerivedMeasure,
    Filter,
    FilterOp,
    KpiSpec,
    Library,
    Params,
    ScopeKind,
    SimpleMeasure,
)
from kpis.library import LibraryExtras, catalogue_counts, library_extras, load_library
from kpis.library.checks import check_library
from kpis.library.filters import parse_filter
from omnichannel.core.text import Bilingual
from roles.catalogue import RoleKey, StageKey


def with_kpi(name: str, **changes: object) -> Library:
    library = load_library()
    kpi: KpiSpec = replace(library.kpis[name], **changes)  # type: ignore[arg-type]
    return replace(library, kpis={**library.kpis, name: kpi})


def with_measure(name: str, **changes: object) -> Library:
    library = load_library()
    measure = replace(library.measures[name], **changes)  # type: ignore[arg-type]
    return replace(library, measures={**library.measures, name: measure})


def with_column(table: str, column_name: str, /, **changes: object) -> Library:
    library = load_library()
    columns: tuple[ColumnSpec, ...] = tuple(
        replace(column, **changes) if column.name == column_name else column  # type: ignore[arg-type]
        for column in library.tables[table].columns
    )
    return replace(library, tables={**library.tables, table: replace(library.tables[table], columns=columns)})


def with_weights(role: RoleKey, stage: StageKey, weights: dict[str, Decimal]) -> Library:
    library = load_library()
    changed = replace(library.weights[role, stage], weights=weights)
    return replace(library, weights={**library.weights, (role.value, stage.value): changed})


def paths(library: Library, extras: LibraryExtras | None = None) -> list[str]:
    return [issue.path for issue in check_library(library, extras=extras)]


def test_the_shipped_library_has_no_issues() -> None:
    assert check_library() == ()


def test_the_library_holds_113_kpis_89_measures_23_tables_and_36_weight_sets() -> None:
    assert catalogue_counts() == {
        "kpis": 113,
        "measures": 89,
        "derived_measures": 25,
        "tables": 23,
        "organisation_tables": 2,
        "core_tables": 9,
        "weight_sets": 36,
    }


def test_thirteen_kpis_are_qualitative_and_eight_belong_to_the_company() -> None:
    kpis = load_library().kpis.values()
    assert sum(kpi.qualitative for kpi in kpis) == 13
    assert {kpi.id for kpi in kpis if kpi.company} == {
        "sales_attributed",
        "new_private_users",
        "contingency_ratio",
        "consent_rate",
        "private_sales_share",
        "budget_execution_rate",
        "nps",
        "unified_id_rate",
    }
    assert [kpi.id for kpi in kpis if kpi.any_role] == ["manager_rating"]


def test_definitions_are_keyed_by_id_in_catalogue_order() -> None:
    library = load_library()
    for definitions in (library.tables, library.measures, library.kpis):
        assert all(key == spec.id for key, spec in definitions.items())
    assert list(library.tables)[:5] == ["org_units", "employees", "role_assignments", "customers", "orders"]
    assert list(library.kpis)[:3] == ["sales_net", "sales_yoy_growth", "net_profit"]
    assert list(library.weights)[:3] == [("omni-strategy", stage.value) for stage in StageKey]


def test_the_version_names_the_release_and_the_content() -> None:
    release, _, digest = load_library().version.partition("+")
    assert release == "0.1.0"
    assert len(digest) == 8
    assert int(digest, 16) >= 0


def test_a_simple_measure_reads_as_a_typed_definition() -> None:
    assert load_library().measures["exclusive_sales"] == SimpleMeasure(
        id="exclusive_sales",
        names=Bilingual("专享商品销售额", "Sales of member/private exclusives"),
        table="order_lines",
        agg=Aggregation.SUM,
        column="net_amount",
        time="orders.paid_at",
        filters=(
            Filter("products.exclusive_to", FilterOp.IN, ("member", "private")),
            Filter("orders.status", FilterOp.IN, ("paid", "completed")),
        ),
    )


def test_a_kpi_reads_as_a_typed_definition() -> None:
    kpi = load_library().kpis["content_basic_share"]
    assert kpi.names.in_language("zh-hans") == "基础内容占比"
    assert kpi.target_band == (Decimal(35), Decimal(45))
    assert kpi.roles == ("content-marketing",)


def test_parameters_are_those_of_the_engine() -> None:
    assert load_library().params == Params()


def test_is_first_is_computed_and_everything_else_is_uploaded() -> None:
    computed = [
        (table.id, column.name)
        for table in load_library().tables.values()
        for column in table.columns
        if column.computed
    ]
    assert computed == [("contacts", "is_first")]


def test_every_column_has_a_chinese_name_and_headers_in_both_languages() -> None:
    columns = [column for table in load_library().tables.values() for column in table.columns]
    assert len(columns) == 206
    for column in columns:
        chinese = [text for text in column.aliases if any("CJK" in unicodedata.name(char, "") for char in text)]
        assert any("CJK" in unicodedata.name(char, "") for char in column.names.zh), column
        assert len(chinese) >= 2, column
        assert len(chinese) < len(column.aliases), column


@pytest.mark.parametrize(
    ("table", "header", "column"),
    [
        ("orders", "订单编号", "order_id"),
        ("orders", "订单付款时间", "paid_at"),
        ("orders", "支付时间", "paid_at"),
        ("orders", "总金额", "gross_amount"),
        ("orders", "退款金额", "refund_amount"),
        ("orders", "实付金额", "net_amount"),
        ("visits", "visit_uv", "visitors"),
        ("service_daily", "chat_cnt", "chats"),
        ("employees", "工号", "employee_id"),
    ],
)
def test_common_export_headers_lead_to_one_column(table: str, header: str, column: str) -> None:
    columns = load_library().tables[table].columns
    found = [spec.name for spec in columns if header in {spec.name, spec.names.zh, spec.names.en, *spec.aliases}]
    assert found == [column]


def test_scopes_lead_to_columns_by_kind() -> None:
    assert load_library().tables["orders"].scopes == {
        ScopeKind.UNIT: "unit_id",
        ScopeKind.EMPLOYEE: "employee_id",
        ScopeKind.CHANNEL: "channel",
        ScopeKind.CAMPAIGN: "campaign_id",
    }


def test_a_formula_measure_has_no_reference_left_open() -> None:
    library = load_library()
    used = {name for kpi in library.kpis.values() for name in parse_formula(kpi.formula).measures()}
    assert used == set(library.measures)


def test_the_scoring_numbers_are_those_of_the_domain() -> None:
    scoring = library_extras().scoring
    assert {band.id: band.minimum for band in scoring.bands} == {"met": 100, "near": 80, "low": 60, "missed": 0}
    assert scoring.clamp == (Decimal(0), Decimal(120))
    assert scoring.minimum_coverage == 60
    assert scoring.qualitative == {1: 0, 2: 25, 3: 50, 4: 75, 5: 100}


def test_the_extras_are_complete() -> None:
    extras = library_extras()
    assert [step.threshold for step in extras.funnel] == [80, 15, 5, 3]
    assert list(extras.rfm_tiers) == ["high", "potential", "dormant"]
    assert {name: len(group.members) for name, group in extras.shared_groups.items()} == {
        "new_private_users": 6,
        "sales": 6,
    }
    assert len(extras.attribution_models) == 6
    assert len(extras.alert_levels) == 3
    assert len(extras.alert_rules) == 8
    assert len(extras.systems) == 16
    assert len(extras.incentives["schemes"]) == 3
    assert extras.alert_rules["complaint-surge"].thresholds["yellow"] == Decimal("1.5")


def test_every_derived_measure_tells_its_algorithm_in_both_languages() -> None:
    derived = {name for name, found in load_library().measures.items() if isinstance(found, DerivedMeasure)}
    assert set(library_extras().algorithms) == derived


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("status in paid|completed", Filter("status", FilterOp.IN, ("paid", "completed"))),
        ("customer_id is_not_null", Filter("customer_id", FilterOp.IS_NOT_NULL)),
        ("tag_count >= 1", Filter("tag_count", FilterOp.GE, ("1",))),
        ("cost > 0", Filter("cost", FilterOp.GT, ("0",))),
        ("consent_marketing = true", Filter("consent_marketing", FilterOp.EQ, ("true",))),
        ("done_on <= planned_on", Filter("done_on", FilterOp.LE, ("planned_on",))),
        (
            "products.exclusive_to in member|private",
            Filter("products.exclusive_to", FilterOp.IN, ("member", "private")),
        ),
    ],
)
def test_a_filter_text_becomes_a_typed_filter(text: str, expected: Filter) -> None:
    assert parse_filter(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "status", "status in", "status like paid", "a.b.c = 1", "x is_not_null 1", "x = a|b", "x in a||b", "x = a b"],
)
def test_a_text_that_is_no_filter_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a filter"):
        parse_filter(text)


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("net_sales +", "Expected"),
        ("moonshine / 2", "there is no measure 'moonshine'"),
        ("net_sales@open", "needs a stock measure"),
        ("net_sales[moon=full]", "cannot be filtered by 'moon'"),
        ("net_sales[channel=moon]", "moon is no value of channel"),
        ("active_n[status=paid]", "cannot be filtered by 'status'"),
        ("attributed_sales[channel=moon]", "moon is no value of channel"),
    ],
)
def test_a_wrong_formula_is_reported(formula: str, message: str) -> None:
    issues = [issue for issue in check_library(with_kpi("sales_net", formula=formula)) if "formula" in issue.path]
    assert [issue.path for issue in issues] == ["kpis.sales_net.formula"]
    assert message in issues[0].message


def test_a_derived_measure_may_be_narrowed_by_its_scopes() -> None:
    assert check_library(with_kpi("sales_attributed", formula="attributed_sales[channel=store]")) == ()


@pytest.mark.parametrize(
    ("name", "changes", "path"),
    [
        ("net_sales", {"column": "moon"}, "measures.net_sales.column"),
        ("line_qty", {"time": "customers.created_at"}, "measures.line_qty.time"),
        ("contacts_open", {"end": ""}, "measures.contacts_open.end"),
        ("net_sales", {"filters": (parse_filter("status in lost"),)}, "measures.net_sales.filters.status"),
        ("net_sales", {"filters": (parse_filter("moon = 1"),)}, "measures.net_sales.filters.moon"),
        ("net_sales", {"filters": (parse_filter("status >= paid"),)}, "measures.net_sales.filters.status"),
        ("tagged_n", {"filters": (parse_filter("tag_count >= many"),)}, "measures.tagged_n.filters.tag_count"),
        ("active_n", {"columns": ("interactions.date", "orders.moon")}, "measures.active_n.columns"),
        ("active_n", {"tables": ("orders",)}, "measures.active_n.tables"),
        ("active_n", {"names": Bilingual("活跃用户数", "")}, "measures.active_n.names"),
    ],
)
def test_a_wrong_measure_is_reported(name: str, changes: dict[str, object], path: str) -> None:
    assert paths(with_measure(name, **changes)) == [path]


def test_an_unknown_parameter_is_reported_where_it_is_named() -> None:
    library = with_measure("churned_open_n", params=("moon_days",))
    assert paths(library) == ["measures.churned_open_n.params", "kpis.churn_recall_rate.params"]


@pytest.mark.parametrize(
    ("table", "column", "changes", "path"),
    [
        ("orders", "order_id", {"name": "order_no"}, "tables.orders"),
        ("orders", "status", {"enum": ()}, "tables.orders.status"),
        ("orders", "status", {"example": "lost"}, "tables.orders.status.example"),
        ("orders", "customer_id", {"ref": "customers.member_tier"}, "tables.orders.customer_id.ref"),
        ("orders", "platform", {"aliases": ("订单 编号",)}, "tables.orders"),
        ("orders", "platform", {"aliases": ()}, "tables.orders.platform.aliases"),
        ("customers", "customer_id", {"example": "c_9f2a (one-ID)"}, "tables.customers.customer_id.example"),
    ],
)
def test_a_wrong_column_is_reported(table: str, column: str, changes: dict[str, object], path: str) -> None:
    assert path in paths(with_column(table, column, **changes))


@pytest.mark.parametrize(
    ("name", "changes", "path"),
    [
        ("cac", {"roles": ()}, "roles.user-ops.kpis"),
        ("cac", {"roles": ("user-ops", "ad-delivery")}, "kpis.cac.roles"),
        ("cac", {"target_band": (Decimal(9), Decimal(1))}, "kpis.cac.target_band"),
        ("cac", {"qualitative": True}, "kpis.cac"),
        ("cac", {"recovery": "guessed"}, "kpis.cac.recovery"),
        ("cac", {"shared_group": "sales"}, "kpis.cac.shared_group"),
        ("churn_rate", {"params": ()}, "kpis.churn_rate.params"),
        ("mall_sales", {"shared_group": ""}, "shared_groups.sales"),
        ("consent_rate", {"company": False}, "kpis.consent_rate.roles"),
        ("cac", {"definition": Bilingual("", "Acquisition spend divided by new users.")}, "kpis.cac.definition"),
    ],
)
def test_a_wrong_kpi_is_reported(name: str, changes: dict[str, object], path: str) -> None:
    assert path in paths(with_kpi(name, **changes))


@pytest.mark.parametrize(
    "weights",
    [
        {"gross_margin_rate": Decimal("99.9999")},
        {"gross_margin_rate": Decimal(110), "stock_turnover": Decimal(-10)},
        {"sales_net": Decimal(100)},
        {},
    ],
)
def test_a_wrong_weight_set_is_reported_once(weights: dict[str, Decimal]) -> None:
    library = with_weights(RoleKey.MERCHANDISE_OPS, StageKey.PROJECT, weights)
    assert paths(library) == ["weights.merchandise-ops.project"]


def test_a_missing_and_a_superfluous_weight_set_are_reported() -> None:
    library = load_library()
    sets = {**library.weights, ("user-ops", "moon"): library.weights["user-ops", "project"]}
    del sets["ad-delivery", "project"]
    assert paths(replace(library, weights=sets)) == ["weights.ad-delivery.project", "weights.user-ops.moon"]


def test_wrong_references_beside_the_library_are_reported() -> None:
    extras = library_extras()
    system = replace(extras.systems["tracking"], feeds=("moon",), history_tables=("sun",))
    alert = replace(extras.alert_rules["churn-surge"], kpi="moonshine", side="above", thresholds={"red": Decimal(1)})
    broken = replace(
        extras,
        systems={**extras.systems, "tracking": system},
        alert_rules={**extras.alert_rules, "churn-surge": alert},
        funnel=(replace(extras.funnel[0], kpi="moonshine"),),
        enum_labels={name: label for name, label in extras.enum_labels.items() if name != "livestream"},
    )
    assert paths(load_library(), broken) == [
        "funnel.awareness",
        "alerts.rules.churn-surge",
        "alerts.rules.churn-surge",
        "systems.tracking.feeds",
        "tables.order_touches",
        "systems.tracking.history_tables",
        "enums.livestream",
    ]
