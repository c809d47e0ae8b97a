"""The problem file: what is in it, that no cell of it runs, and that correcting it completes the load."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping

import pyarrow as pa
import pytest

from kpis.datasets.checking import Checked, check_table
from kpis.datasets.export import problem_rows, safe_cell
from kpis.datasets.mapping import propose_mapping
from kpis.datasets.raw import RawTable
from kpis.engine.specs import TableSpec

Read = Callable[..., RawTable]
TEXT = (
    "订单导出\n"
    "订单编号,渠道,付款时间,订单状态,订单总额,优惠金额,退款金额,成交净额,件数,会员编号\n"
    "A1,门店,2024-06-01,已完成,10,0,0,10,1,=c1\n"
    "A2,门店,2024-06-31,已完成,10,0,0,10,1,=c2\n"
    "A3,门店,2024-06-03,已完成,10,0,0,10,1\n"
    "A4,月球,2024-06-04,已完成,十,0,0,10,1,-c4\n"
    "A5,门店,2024-06-05,已完成,-3,0,0,-3,1,c5\n"
)


def checked_as_orders(raw: RawTable, tables: Mapping[str, TableSpec]) -> Checked:
    mapping = propose_mapping(raw.columns, tables=tables, hint_table="orders")
    return check_table(raw, mapping=mapping, table=tables["orders"])


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_every_line_with_a_problem_stands_in_the_file_with_its_words(
    read: Read, tables: Mapping[str, TableSpec]
) -> None:
    raw = read(TEXT)
    rows = rows_of(problem_rows(raw, checked_as_orders(raw, tables).problems))
    assert [(row["原行号"], row["问题列"], row["问题代码"]) for row in rows] == [
        ("4", "付款时间", "not_datetime"),
        ("5", "", "ragged_row"),
        ("6", "渠道 | 订单总额", "not_in_list | not_number"),
        ("7", "订单总额", "negative_amount"),
    ]
    assert rows[1]["订单编号"] == "A3"
    english = rows_of(problem_rows(raw, checked_as_orders(raw, tables).problems, language="en"))
    assert english[0]["problem"].endswith("is not a date and time.")


def test_no_text_cell_can_be_taken_for_a_formula_and_numbers_stay(read: Read, tables: Mapping[str, TableSpec]) -> None:
    raw = read(TEXT)
    rows = rows_of(problem_rows(raw, checked_as_orders(raw, tables).problems))
    assert rows[0]["会员编号"] == "'=c2"
    assert rows[2]["会员编号"] == "'-c4"
    assert rows[3]["订单总额"] == "-3"
    assert all(cell[:1] not in "=+@" for row in rows for cell in row.values() if cell)


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-x", "@sum", "\tx", "\rx"])
def test_a_dangerous_cell_gets_an_apostrophe(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-5", "+1,234.50", "50%", "a=b", ""])
def test_a_harmless_cell_stays(text: str) -> None:
    assert safe_cell(text) == text


def test_the_corrected_problem_file_completes_the_load(read: Read, tables: Mapping[str, TableSpec]) -> None:
    raw = read(TEXT)
    first = checked_as_orders(raw, tables)
    content = problem_rows(raw, first.problems).decode("utf-8-sig")
    for wrong, right in (("2024-06-31", "2024-06-30"), ("月球", "门店"), ("十,", "10,"), ("-3,0,0,-3", "3,0,0,3")):
        content = content.replace(wrong, right, 1)
    second = checked_as_orders(read(content.encode("utf-8-sig"), name="problems.csv"), tables)
    assert second.ok, second.problems
    clean = TEXT.replace("2024-06-31", "2024-06-30").replace("月球", "门店").replace("十", "10").replace("-3,", "3,")
    clean = clean.replace("A3,门店,2024-06-03,已完成,10,0,0,10,1", "A3,门店,2024-06-03,已完成,10,0,0,10,1,")
    whole = checked_as_orders(read(clean), tables)
    together = pa.concat_tables([first.rows, second.rows]).drop_columns(["_line"]).sort_by("order_id")
    assert together.equals(whole.rows.drop_columns(["_line"]).sort_by("order_id"))


def test_lines_whose_problems_were_not_kept_and_hidden_columns_are_handled(read: Read) -> None:
    raw = read("order_id,手机号\nA1,13800138000\nA2,13800138001\n")
    rows = rows_of(problem_rows(raw, [], lines=pa.array([3]), hidden=frozenset({"手机号"})))
    assert [(row["order_id"], row["原行号"]) for row in rows] == [("A2", "3")]
    assert "手机号" not in rows[0]
