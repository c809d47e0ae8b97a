"""The problem file: what is in it, that no cell of it runs, and that correcting it completes the load."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa
import pytest

from kpis.datasets.checks.checking import Checked, check_table
from kpis.datasets.checks.problems import Problem
from kpis.datasets.files.raw import LINE, RawTable
from kpis.datasets.meaning.mapping import propose_mapping
from kpis.datasets.meaning.saved import file_fingerprint
from kpis.datasets.repair.export import EXTRA, problem_cells, problem_csv, problem_workbook, safe_cell
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
    "A6,门店,2024-06-06,已完成,10,0,0,10,1,c6,多,余\n"
)


def checked_as_orders(raw: RawTable, tables: Mapping[str, TableSpec]) -> Checked:
    mapping = propose_mapping(raw.columns, tables=tables, hint_table="orders").choose("会员编号", "customer_id")
    return check_table(raw, mapping=mapping, table=tables["orders"])


def cells_of(raw: RawTable, problems: Sequence[Problem] = (), *, hidden: frozenset[str] = frozenset()) -> pa.Table:
    lines = pa.array(sorted({problem.line for problem in problems if problem.line is not None}), pa.int64())
    return problem_cells(
        raw.rows,
        columns=raw.columns,
        lines=lines if problems else None,
        ragged=raw.ragged,
        delimiter=raw.delimiter,
        hidden=hidden,
    )


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_every_line_with_a_problem_stands_in_the_file_with_its_words(
    read: Read, tables: Mapping[str, TableSpec]
) -> None:
    raw = read(TEXT)
    problems = checked_as_orders(raw, tables).problems
    rows = rows_of(problem_csv(cells_of(raw, problems), problems))
    assert [(row["原行号"], row["问题列"], row["问题原值"], row["错误码"]) for row in rows] == [
        ("4", "付款时间", "2024-06-31", "not_datetime"),
        ("5", "", "A3,门店,2024-06-03,已完成,10,0,0,10,1", "ragged_row"),
        ("6", "渠道 | 订单总额", "月球 | 十", "not_in_list | not_number"),
        ("7", "订单总额", "-3", "negative_amount"),
        ("8", "", "A6,门店,2024-06-06,已完成,10,0,0,10,1,c6,多,余", "ragged_row"),
    ]
    assert (rows[1]["订单编号"], rows[1]["会员编号"], rows[4]["多余内容"]) == ("A3", "", "多 | 余")
    english = rows_of(problem_csv(cells_of(raw, problems), problems, language="en"))
    assert english[0]["problem_message"].endswith("is not a date and time.")
    assert english[0]["problem_advice"].startswith("Write it as")


def test_no_text_cell_can_be_taken_for_a_formula_and_numbers_stay(read: Read, tables: Mapping[str, TableSpec]) -> None:
    raw = read(TEXT)
    problems = checked_as_orders(raw, tables).problems
    rows = rows_of(problem_csv(cells_of(raw, problems), problems))
    assert rows[0]["会员编号"] == "'=c2"
    assert rows[2]["会员编号"] == "'-c4"
    assert rows[3]["订单总额"] == "-3"
    assert all(cell[:1] not in "=+@\t\r" for row in rows for cell in row.values() if cell)


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-x", "@sum", "\tx", "\rx", "-1+cmd|' /C calc'!A0"])
def test_a_dangerous_cell_gets_an_apostrophe(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-5", "+1,234.50", "50%", "a=b", "", "-", "--", "—"])
def test_a_harmless_cell_stays(text: str) -> None:
    assert safe_cell(text) == text


SIGNS = (
    "=1+1",
    "+86 138",
    "-x",
    "@sum",
    "'=kept",
    "''",
    "a\tb",
    '"quoted"',
    "two\nlines",
    "0012",
    "１２",
    "_x0041_",
    "é𠮷",
)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_cells_that_begin_like_formulas_survive_the_way_out_and_back(
    form: str, read: Read, tables: Mapping[str, TableSpec]
) -> None:
    def loaded(raw: RawTable) -> list[str]:
        mapping = propose_mapping(raw.columns, tables=tables, hint_table="customers")
        return list(
            map(
                str, check_table(raw, mapping=mapping, table=tables["customers"]).rows.column("customer_id").to_pylist()
            )
        )

    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["customer_id", "created_at", "tag_count", "linked_systems", "consent_marketing", "member_tier"])
    writer.writerows([sign, "2024-06-01", "1", "1", "是", "-"] for sign in SIGNS)
    raw = read(out.getvalue())
    cells = cells_of(raw)
    content = problem_csv(cells, []) if form == "csv" else problem_workbook(cells, [])
    again = read(content, name=f"problems.{form}")
    assert loaded(raw) == ["=1+1", "+86 138", "-x", "@sum", "=kept", *SIGNS[5:]]
    assert loaded(again) == loaded(raw)


def test_the_workbook_holds_text_only_with_the_faulty_cells_coloured_and_noted(
    read: Read, tables: Mapping[str, TableSpec]
) -> None:
    raw = read(TEXT)
    problems = checked_as_orders(raw, tables).problems
    content = problem_workbook(cells_of(raw, problems), problems, language="en")
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        notes = book.read("xl/comments1.xml").decode()
        styles = book.read("xl/styles.xml").decode()
    assert "<f>" not in sheet
    assert "FFF8D0CC" in styles
    assert [ref for ref in ("C2", "B4", "E4", "E5") if f'ref="{ref}"' in notes] == ["C2", "B4", "E4", "E5"]
    assert "is not a date and time. Write it as" in notes
    again = read(content, name="problems.xlsx")
    assert again.columns[-7:] == (
        *("source_line", "problem_column", "problem_value", "problem_code", "problem_message", "problem_advice"),
        "extra_cells",
    )


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_corrected_problem_file_completes_the_load(form: str, read: Read, tables: Mapping[str, TableSpec]) -> None:
    raw = read(TEXT)
    first = checked_as_orders(raw, tables)
    cells = cells_of(raw, first.problems).to_pandas()
    cells["付款时间"] = cells["付款时间"].replace("2024-06-31", "2024-06-30")
    cells["渠道"] = cells["渠道"].replace("月球", "门店")
    cells["订单总额"] = cells["订单总额"].replace({"十": "10", "-3": "3"})
    cells["成交净额"] = cells["成交净额"].replace("-3", "3")
    corrected = pa.Table.from_pandas(cells, preserve_index=False)
    make = problem_csv if form == "csv" else problem_workbook
    second = checked_as_orders(read(make(corrected, first.problems), name=f"problems.{form}"), tables)
    assert second.ok, second.problems
    clean = TEXT.replace("2024-06-31", "2024-06-30").replace("月球", "门店").replace("十", "10").replace("-3,", "3,")
    clean = clean.replace("A3,门店,2024-06-03,已完成,10,0,0,10,1", "A3,门店,2024-06-03,已完成,10,0,0,10,1,")
    whole = checked_as_orders(read(clean.replace("c6,多,余", "c6")), tables)
    together = pa.concat_tables([first.rows, second.rows]).drop_columns(["_line"]).sort_by("order_id")
    assert together.equals(whole.rows.drop_columns(["_line"]).sort_by("order_id"))


def test_a_problem_file_with_problems_again_has_each_added_column_once(
    read: Read, tables: Mapping[str, TableSpec]
) -> None:
    raw = read(TEXT)
    problems = checked_as_orders(raw, tables).problems
    again = read(problem_csv(cells_of(raw, problems), problems), name="problems.csv")
    more = checked_as_orders(again, tables).problems
    rows = rows_of(problem_csv(cells_of(again, more), more))
    assert list(rows[0]) == [*raw.columns, "原行号", "问题列", "问题原值", "错误码", "问题说明", "修改建议"]
    assert [row["原行号"] for row in rows] == ["2", "4", "5"]


def test_personal_columns_keep_their_header_and_lose_their_cells(read: Read) -> None:
    raw = read("order_id,手机号\nA1,13800138000\nA2,13800138001\n")
    cells = problem_cells(raw.rows, columns=raw.columns, lines=pa.array([3]), hidden=frozenset({"手机号"}))
    assert cells.to_pylist() == [{"order_id": "A2", "手机号": "", LINE: 3, EXTRA: None}]


def test_the_problem_file_has_the_fingerprint_of_the_file_it_comes_from(
    read: Read, tables: Mapping[str, TableSpec]
) -> None:
    raw = read(TEXT)
    problems = checked_as_orders(raw, tables).problems
    for content, name in (
        (problem_csv(cells_of(raw, problems), problems), "problems.csv"),
        (problem_workbook(cells_of(raw, problems), problems, language="en"), "problems.xlsx"),
    ):
        assert file_fingerprint(read(content, name=name).columns) == file_fingerprint(raw.columns)
