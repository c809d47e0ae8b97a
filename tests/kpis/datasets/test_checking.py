"""Checking: every fault of a file at once, each with its line, column and code, and none that is not there."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from decimal import Decimal

import pyarrow as pa
import pytest

from kpis.datasets.checks.checking import Checked
from kpis.datasets.checks.problems import codes, from_json, make_problem, to_json
from kpis.datasets.limits import LIMITS
from kpis.datasets.meaning.mapping import propose_mapping
from kpis.datasets.meaning.sources import Source
from kpis.engine.specs import TableSpec
from kpis.library import load_library

Check = Callable[..., Checked]
ORDER = {
    "order_id": "A1",
    "channel": "store",
    "paid_at": "2024-06-01 10:00:00",
    "status": "completed",
    "gross_amount": "100",
    "discount_amount": "10",
    "refund_amount": "0",
    "net_amount": "90",
    "item_count": "2",
    "customer_id": "c1",
    "goods_cost": "40",
}


def csv_of(rows: list[dict[str, str]]) -> str:
    lines = [
        ",".join(rows[0]),
        *(",".join(f'"{cell}"' if "," in cell else cell for cell in row.values()) for row in rows),
    ]
    return "\n".join(lines) + "\n"


def orders(*changes: Mapping[str, str]) -> str:
    return csv_of([ORDER | {"order_id": f"A{number}"} | dict(change) for number, change in enumerate(changes, start=1)])


def found(checked: Checked) -> list[tuple[int | None, str, str]]:
    return [(problem.line, problem.column, problem.code) for problem in checked.problems]


def test_the_example_row_of_every_table_is_accepted(check: Check, tables: Mapping[str, TableSpec]) -> None:
    for table in tables.values():
        row = {column.name: column.example.split(" (")[0] for column in table.columns if not column.computed}
        # A tree's example names a parent that is another row.
        row = {name: "" if name in ("parent_id", "manager_id") else value for name, value in row.items()}
        checked = check(csv_of([row]), table=table.id)
        assert found(checked) == [], table.id
        assert checked.rows.num_rows == 1
        assert checked.rows.column_names == [*(column.name for column in table.columns), "_line"]


@pytest.mark.parametrize(
    ("change", "column", "code"),
    [
        ({"channel": ""}, "channel", "required_empty"),
        ({"item_count": "1.5"}, "item_count", "not_integer"),
        ({"gross_amount": "abc"}, "gross_amount", "not_number"),
        ({"goods_cost": "99999999999999999"}, "goods_cost", "too_big"),
        ({"goods_cost": "1.23456"}, "goods_cost", "rounded"),
        ({"customer_id": "1.23E+17"}, "customer_id", "damaged_number"),
        ({"goods_cost": "#REF!"}, "goods_cost", "error_cell"),
        ({"paid_at": "2024-02-30 10:00"}, "paid_at", "not_datetime"),
        ({"paid_at": "03/04/2024"}, "paid_at", "ambiguous_date"),
        ({"paid_at": "1024-03-04"}, "paid_at", "date_out_of_range"),
        ({"status": "maybe"}, "status", "not_in_list"),
        ({"item_count": "-1"}, "item_count", "negative_amount"),
        ({"refund_amount": "-5", "net_amount": "95"}, "refund_amount", "negative_amount"),
        ({"net_amount": "91"}, "net_amount", "net_mismatch"),
        ({"customer_id": "a\u202eb"}, "customer_id", "control_character"),
        ({"customer_id": "x" * 201}, "customer_id", "too_long"),
        ({"customer_id": "c\ufffd"}, "customer_id", "bad_encoding"),
    ],
)
def test_a_fault_of_a_cell_is_named_exactly(check: Check, change: dict[str, str], column: str, code: str) -> None:
    checked = check(orders({}, {}, change, {}), table="orders")
    assert found(checked) == [(4, column, code)]
    assert checked.rows.num_rows == (4 if checked.ok else 3)


@pytest.mark.parametrize(
    ("table", "row", "column", "code"),
    [
        (
            "customers",
            "customer_id,created_at,tag_count,linked_systems,consent_marketing\nc1,2024-06-01,1,1,2\n",
            "consent_marketing",
            "not_boolean",
        ),
        ("interactions", "date,customer_id,kind,count\n2024-6-31,c1,share,1\n", "date", "not_date"),
        (
            "targets",
            "period,kpi_id,scope_kind,scope_id,value\nJune,new_private_users,unit,S1,5\n",
            "period",
            "not_period",
        ),
        (
            "targets",
            "period,kpi_id,scope_kind,scope_id,value\n2024-06,new_privat_users,unit,S1,5\n",
            "kpi_id",
            "unknown_id",
        ),
        (
            "role_assignments",
            "employee_id,role_id,unit_id,share,start_on\nE1,guide,S1,0.5,2024-01-01\n",
            "role_id",
            "unknown_id",
        ),
        (
            "role_assignments",
            "employee_id,role_id,unit_id,share,start_on\nE1,digital-guide,S1,60,2024-01-01\n",
            "share",
            "out_of_range",
        ),
        (
            "reviews",
            "period,kpi_id,subject_kind,subject_id,reviewer_id,score,evidence\n2024-Q2,creative_optimisation,role,x,E1,6,y\n",
            "score",
            "out_of_range",
        ),
        (
            "employees",
            "employee_id,unit_id,fill_mode,fte,hired_on,left_on\nE1,S1,internal,1,2024-03-01,2024-02-01\n",
            "left_on",
            "end_before_start",
        ),
    ],
)
def test_rules_of_other_tables_name_their_column(check: Check, table: str, row: str, column: str, code: str) -> None:
    assert found(check(row, table=table)) == [(2, column, code)]


def test_the_nearest_id_of_the_catalogue_is_offered(check: Check) -> None:
    text = "period,kpi_id,scope_kind,scope_id,value\n2024-06,new_privat_users,unit,S1,5\n"
    assert "new_private_users" in check(text, table="targets").problems[0].hint.en


def test_the_later_of_two_rows_with_one_key_is_the_error_and_names_the_first(check: Check) -> None:
    checked = check(orders({}, {"order_id": "A1", "item_count": "3"}, {"order_id": "A1"}), table="orders")
    assert found(checked) == [(3, "order_id", "duplicate_key"), (4, "order_id", "duplicate_row")]
    assert "2" in checked.problems[0].message.zh
    assert checked.rows.column("_line").to_pylist() == [2]
    assert (checked.counts.rows, checked.counts.good, checked.counts.bad) == (3, 1, 1)


def test_an_empty_key_column_counts_as_a_value(check: Check) -> None:
    rows = ("2024-06-01,c1,share,,1", "2024-06-01,c1,share,E1,1", "2024-06-01,c1,share,,2")
    text = "\n".join(("date,customer_id,kind,employee_id,count", *rows))
    assert found(check(text, table="interactions")) == [(4, "date, customer_id, kind, employee_id", "duplicate_key")]


def test_references_are_judged_only_against_what_is_known(check: Check) -> None:
    text = orders({"customer_id": "c1"}, {"customer_id": "c9"}, {"customer_id": ""})
    assert found(check(text, table="orders")) == []
    checked = check(text, table="orders", known={"customers.customer_id": {"c1"}})
    assert found(checked) == [(3, "customer_id", "unknown_reference")]
    names = load_library().tables["customers"].names
    (told,) = checked.problems
    assert f"“{names.zh}”" in told.message.zh
    assert f"“{names.en}”" in told.message.en
    assert checked.ok
    assert found(check(text, table="orders", known={"customers.customer_id": pa.array(["c1", "c9"])})) == []


def test_a_tree_needs_its_parents_and_no_circle(check: Check) -> None:
    head = "unit_id,name,level,parent_id,ownership\n"
    good = "G,集团,group,,na\nR1,华东,region,G,na\n"
    assert found(check(head + good, table="org_units")) == []
    assert found(check(head + good + "S1,店,store,R9,direct\n", table="org_units")) == [
        (4, "parent_id", "unknown_parent")
    ]
    assert found(check(head + "S1,店,store,R9,direct\n", table="org_units", known={"org_units.unit_id": {"R9"}})) == []
    circle = "A,甲,region,B,na\nB,乙,region,A,na\nC,丙,store,B,direct\n"
    assert found(check(head + circle, table="org_units")) == [(2, "parent_id", "cycle"), (3, "parent_id", "cycle")]


def test_a_required_field_without_a_column_is_said_once_and_blocks(check: Check) -> None:
    checked = check("order_id,channel\nA1,store\nA2,store\n", table="orders")
    assert {code for _, _, code in found(checked)} == {"column_missing"}
    assert "status" in {column for _, column, _ in found(checked)}
    assert checked.blocked
    assert checked.rows.num_rows == 0


def test_the_net_amount_is_derived_when_it_is_absent(check: Check) -> None:
    text = csv_of([{name: cell for name, cell in ORDER.items() if name != "net_amount"}])
    checked = check(text, table="orders")
    assert found(checked) == []
    assert checked.rows.column("net_amount").to_pylist() == [Decimal("90.0000")]


def test_constants_templates_differences_scales_and_words_feed_fields(
    check: Check, tables: Mapping[str, TableSpec]
) -> None:
    text = (
        "单号,时间,总额(万元),优惠,退款,实付,店\nT1,2024-06-01,0.01,10,5,90,静安店\nT2,2024-06-01,0.01,10,x,90,静安店\n"
    )
    mapping = propose_mapping([], tables=tables, hint_table="orders")
    fields = {
        "order_id": Source(template="T-{单号}-{_line}"),
        "channel": Source(constant="store"),
        "status": Source(constant="completed"),
        "item_count": Source(constant="1"),
        "paid_at": Source(column="时间"),
        "unit_id": Source(column="店"),
        "gross_amount": Source(column="总额(万元)", scale="10000"),
        "discount_amount": Source(column="优惠"),
        "refund_amount": Source(column="退款"),
        "net_amount": Source(subtract=("实付", "退款")),
    }
    data = mapping.to_json() | {
        "fields": {name: source.to_json() for name, source in fields.items()},
        "values": {"unit_id": {"静安店": "S0101"}},
    }
    checked = check(text, table="orders", mapping=type(mapping).from_json(data))
    row = checked.rows.to_pylist()[0]
    assert (row["order_id"], row["gross_amount"], row["net_amount"], row["unit_id"]) == ("T-T1-2", 100, 85, "S0101")
    assert {(line, column, code) for line, column, code in found(checked)} == {(3, "退款", "not_number")}


def test_a_mapping_that_names_a_column_the_file_lacks_is_refused(check: Check, tables: Mapping[str, TableSpec]) -> None:
    mapping = propose_mapping(list(ORDER), tables=tables, hint_table="orders").choose("goods_cost", "fee_amount")
    text = orders({}).replace("goods_cost", "cost_of_goods")
    assert (None, "goods_cost", "source_missing") in found(check(text, table="orders", mapping=mapping))


def test_only_the_cells_that_were_used_are_kept_beside(check: Check) -> None:
    text = csv_of([ORDER | {"内部备注": "vip", "买家姓名": "张三"}])
    checked = check(text, table="orders")
    assert checked.raw_rows.column_names == [*ORDER, "_line"]
    assert checked.raw_rows.column("gross_amount").to_pylist() == ["100"]


FAULTS: list[tuple[dict[str, str], str, str]] = [
    ({"channel": ""}, "channel", "required_empty"),
    ({"order_id": ""}, "order_id", "required_empty"),
    ({"item_count": "一"}, "item_count", "not_integer"),
    ({"gross_amount": "1.234,5"}, "gross_amount", "ambiguous_number"),
    ({"paid_at": "2024-13-01"}, "paid_at", "not_datetime"),
    ({"paid_at": "1/2/2024"}, "paid_at", "ambiguous_date"),
    ({"status": "未知状态"}, "status", "not_in_list"),
    ({"item_count": "-2"}, "item_count", "negative_amount"),
    ({"goods_cost": "#N/A "}, "goods_cost", "error_cell"),
    ({"net_amount": "89.98"}, "net_amount", "net_mismatch"),
]


def test_fifty_planted_faults_are_reported_as_exactly_fifty(check: Check) -> None:
    chosen = random.Random(7).sample(range(2, 5_002), 50)
    planted = {line: FAULTS[place % len(FAULTS)] for place, line in enumerate(chosen)}
    text = orders(*(planted[line][0] if line in planted else {} for line in range(2, 5_002)))
    checked = check(text, table="orders")
    assert set(found(checked)) == {(line, column, code) for line, (_, column, code) in planted.items()}
    assert len(checked.problems) == 50
    assert checked.counts.errors + checked.counts.warnings == 50
    assert checked.rows.num_rows == 5_000 - 45


def test_several_faults_of_one_row_are_all_reported(check: Check) -> None:
    checked = check(orders({"channel": "", "status": "x", "item_count": "y", "goods_cost": "z"}), table="orders")
    assert sorted(column for _, column, _ in found(checked)) == ["channel", "goods_cost", "item_count", "status"]
    assert checked.counts.bad == 1


def test_more_faults_than_are_kept_are_still_counted(check: Check) -> None:
    many = LIMITS.problems + 500
    checked = check("date,customer_id,kind,count\n" + "2024-06-01,,share,1\n" * many + "x\n", table="interactions")
    counted = {(group.code, group.column): group.count for group in checked.counts.groups}
    assert counted == {("required_empty", "customer_id"): many, ("ragged_row", ""): 1}
    assert len(checked.problems) == LIMITS.problems
    assert (checked.counts.rows, checked.counts.bad, checked.counts.good) == (many + 1, many + 1, 0)


def test_problems_survive_json_and_speak_both_languages() -> None:
    texts = (
        "detail",
        "name_zh",
        "name_en",
        "kind_zh",
        "kind_en",
        "options",
        "nearest_zh",
        "nearest_en",
        "table_zh",
        "table_en",
        "start",
    )
    numbers = ("limit", "found", "expected", "first_line", "low", "high", "length")
    filled = dict.fromkeys(texts, "x") | dict.fromkeys(numbers, 2)
    for code in codes():
        problem = make_problem(code, sheet="订单", line=3, column="列", value="值", **filled)
        assert from_json(to_json(problem)) == problem
        for text in (problem.message, problem.hint):
            assert text.zh
            assert text.en
            assert text.zh != text.en
            assert not re.search(r"\{[a-z_]+\}", text.zh + text.en)
