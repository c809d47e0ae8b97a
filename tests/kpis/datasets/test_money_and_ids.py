"""What makes an amount ten thousand times too large, or an id another id: units of titles, cents, damaged parts."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import xlsxwriter

from kpis.datasets.files import workbook
from kpis.datasets.limits import Limits
from kpis.datasets.meaning.titles import title_unit, with_title_unit
from kpis.datasets.pipeline import inspect_file, load_file

Rows = Sequence[Sequence[Any]]
COSTS = ("月份", "费用类型", "预算/实际", "金额")
POS = ("小票号", "门店编码", "收银时间", "应收金额", "实收金额", "退款金额", "件数")
DOUYIN = (
    "主订单编号", "子订单编号", "选购商品", "商品数量", "订单应付金额", "平台优惠", "商家优惠", "达人优惠", "退款金额",
    "支付完成时间", "订单状态",
)  # fmt: skip


def csv(*rows: Sequence[str]) -> bytes:
    quoted = (",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) for row in rows)
    return "\n".join([*quoted, ""]).encode()


def xlsx(path: Path, *rows: Sequence[Any]) -> bytes:
    book = xlsxwriter.Workbook(str(path / "made.xlsx"))
    sheet = book.add_worksheet()
    for place, row in enumerate(rows):
        sheet.write_row(place, 0, row)
    book.close()
    return (path / "made.xlsx").read_bytes()


def looked(folder: Path, content: bytes, *, name: str) -> dict[str, Any]:
    (folder / name).write_bytes(content)
    return inspect_file(path=str(folder / name), filename=name)


def loaded(folder: Path, content: bytes, *, name: str, **options: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    (folder / name).write_bytes(content)
    told = load_file(path=str(folder / name), filename=name, out_dir=str(folder / "out"), upload_seq=1, **options)
    rows = [row for part in told["parts"] for row in pq.read_table(folder / "out" / part["path"]).to_pylist()]
    return told, rows


def codes(told: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {(one["code"], one["column"], one["value"]) for one in told["problems"]}


@pytest.mark.parametrize(
    ("title", "unit"),
    [
        ("单位：万元", "万元"),
        ("金额单位:千元，人数单位:人", "千元"),
        ("2024年费用表（单位：人民币万元）", "万元"),
        ("销售汇总（万元）", "万元"),
        ("单位：美元", "美元"),
        ("单位：分", "分"),
        ("单位：元", ""),
        ("单位：元/件", ""),
        ("编制单位：万元科技公司", ""),
        ("本月突破500万元！", ""),
        ("满意度（分）", ""),
    ],
)
def test_a_title_states_the_unit_of_the_money_below(title: str, unit: str) -> None:
    assert title_unit([["", title]]) == unit


def test_the_unit_of_a_title_is_for_money_in_numbers_that_names_no_unit_itself() -> None:
    header = ["费用类型", "金额", "优惠金额(元)", "件数", "目标值", "付款时间"]
    row = ["人工", "1.5", "3", "2", "9", "2024-05-01"]
    given = with_title_unit(header, titles=[["单位：万元"]], rows=[row, row])
    assert given == ["费用类型", "金额(万元)", "优惠金额(元)", "件数", "目标值(万元)", "付款时间"]
    assert with_title_unit(header, titles=[["单位：元"]], rows=[row]) == header


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_amounts_under_a_title_of_ten_thousands_are_loaded_as_yuan(form: str, tmp_path: Path) -> None:
    rows = (("2024年费用", "", "", ""), ("单位：万元", "", "", ""), COSTS, ("2024-05", "人工", "实际", "12.5"))
    content = csv(*rows) if form == "csv" else xlsx(tmp_path, *rows)
    told, stored = loaded(tmp_path, content, name=f"费用与预算.{form}")
    assert [row["amount"] for row in stored] == [Decimal(125_000)], told["problems"]
    assert told["mapping"]["fields"]["amount"] == {"column": "金额(万元)", "scale": "10000"}


def test_targets_under_a_unit_are_asked_about(tmp_path: Path) -> None:
    rows = (("单位：万元",), ("月份", "指标", "目标值"), ("2024-05", "sales_net", "100"))
    mapping = looked(tmp_path, csv(*rows), name="目标.csv")["mapping"]
    assert "value" not in mapping["fields"]
    assert [one["column"] for one in mapping["matches"] if one["reason"] == "unit"] == ["目标值(万元)"]


def test_cents_of_a_preset_are_asked_about_when_they_are_not_whole(tmp_path: Path) -> None:
    header = ("date", "campaign_id", "view_count", "valid_click_count", "cost")
    for cost, sure in (("12345", True), ("123.45", False)):
        file = csv(header, ("2024-05-01", "C1", "1000", "10", cost))
        mapping = looked(tmp_path, file, name="report.csv")["mapping"]
        assert ("cost" in mapping["fields"]) is sure
        asked = [one["column"] for one in mapping["matches"] if one["confidence"] == "unsure"]
        assert asked == ([] if sure else ["cost"])


@pytest.mark.parametrize(("cell", "share"), [("95.5", "0.955"), ("95.5%", "0.955"), ("0.955", None)])
def test_a_share_is_divided_once_or_asked_about(cell: str, share: str | None, tmp_path: Path) -> None:
    header = ("date", "userid", "chat_cnt", "message_cnt", "reply_percentage", "avg_reply_time", "new_contact_cnt",
              "negative_feedback_cnt")  # fmt: skip
    told, stored = loaded(tmp_path, csv(header, ("2024-05-01", "E1", "9", "30", cell, "3", "1", "0")), name="wecom.csv")
    assert [row["replied_share"] for row in stored] == [Decimal(share) if share else None], told["problems"]


def test_amounts_in_another_currency_are_never_taken_for_yuan(tmp_path: Path) -> None:
    header = ("订单号", "付款时间", "订单状态", "渠道", "币种", "退款金额")
    for currency, sure in (("人民币", True), ("USD", False)):
        file = csv(header, ("A1", "2024-05-03 10:00:00", "已完成", "门店", currency, "5"))
        mapping = looked(tmp_path, file, name="订单.csv")["mapping"]
        assert ("refund_amount" in mapping["fields"]) is sure
    told, _ = loaded(tmp_path, csv(COSTS, ("2024-05", "人工", "实际", "$12")), name="费用与预算.csv")
    assert codes(told) == {("column_missing", "amount", "")}


def test_every_part_of_a_joined_id_must_be_sound(tmp_path: Path) -> None:
    rest = ("2024-05-03 10:00:00", "10", "9", "0", "1")
    cells = ("00123", "1.2E+17", "#N/A", "", '="00124"', "'00125")
    rows = [(cell, "S1", *rest) for cell in cells] + [("7", "", *rest)]
    told, stored = loaded(tmp_path, csv(POS, *rows), name="pos.csv", good_rows_only=True)
    assert {row["order_id"] for row in stored} == {"S1-00123", "S1-00124", "S1-00125"}
    assert codes(told) == {
        ("damaged_number", "小票号", "1.2E+17"),
        ("error_cell", "小票号", "#N/A"),
        ("required_empty", "小票号", ""),
        ("required_empty", "门店编码", ""),
    }
    book = xlsx(tmp_path, POS, (123456789012345678, "S1", "2024-05-03 10:00:00", 10, 9, 0, 1))
    told, stored = loaded(tmp_path, book, name="pos.xlsx", good_rows_only=True)
    assert (stored, {code for code, *_ in codes(told)}) == ([], {"damaged_number"})


def test_damaged_numbers_beyond_those_noted_are_refused_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "LIMITS", Limits(problems=2))
    lost = 123456789012345678
    rows: list[tuple[Any, ...]] = [
        (lost + 9000 * number, "S1", "2024-05-03 10:00:00", 10, 9, 0, 1) for number in range(5)
    ]
    rows += [(f"R{number}", "S1", "2024-05-03 10:00:00", 10, 9, 0, 1) for number in range(30)]
    told, stored = loaded(tmp_path, xlsx(tmp_path, POS, *rows), name="pos.xlsx", good_rows_only=True)
    assert (len(stored), told["counts"]["bad"]) == (30, 5)


def test_a_closed_part_of_an_order_takes_neither_the_rest_with_it_nor_its_own_amount_in(tmp_path: Path) -> None:
    def line(order: str, part: int, amount: str, status: str) -> tuple[str, ...]:
        return (order, f"{order}-{part}", "a", "1", amount, "0", "0", "0", "0", "2024-05-03 10:00:00", status)

    rows = [
        line("D1", 1, "100", "已关闭"),
        line("D1", 2, "50", "已完成"),
        line("D2", 1, "30", "已完成"),
        line("D2", 2, "40", "已关闭"),
        line("D3", 1, "20", "已关闭"),
        line("D3", 2, "25", "已关闭"),
    ]
    steps = [{"kind": "constant", "field": "channel", "value": "livestream"}]
    told, stored = loaded(tmp_path, csv(DOUYIN, *rows), name="抖店.csv", steps=steps)
    assert {row["order_id"]: (row["status"], row["net_amount"], row["item_count"]) for row in stored} == {
        "D1": ("completed", Decimal(50), 1),
        "D2": ("completed", Decimal(30), 1),
        "D3": ("cancelled", Decimal(45), 2),
    }, told["problems"]


def test_a_status_nobody_can_read_is_a_fault_in_whichever_line_of_an_order_it_stands(tmp_path: Path) -> None:
    part = ("a", "1", "50", "0", "0", "0", "0", "2024-05-03 10:00:00")
    rows = [("D1", "1", *part, "已完成"), ("D1", "2", *part, "怪"), ("D2", "3", *part, "已完成")]
    steps: list[dict[str, Any]] = [{"kind": "constant", "field": "channel", "value": "livestream"}]
    told, stored = loaded(tmp_path, csv(DOUYIN, *rows), name="抖店.csv", steps=steps, good_rows_only=True)
    assert codes(told) == {("not_in_list", "订单状态", "怪")}
    assert [problem["row"] for problem in told["problems"]] == [3]
    assert [row["order_id"] for row in stored] == ["D2"]
    steps.append({"kind": "value", "field": "status", "from": "怪", "to": "paid"})
    told, stored = loaded(tmp_path, csv(DOUYIN, *rows), name="抖店.csv", steps=steps)
    assert {row["order_id"]: row["net_amount"] for row in stored} == {"D1": Decimal(100), "D2": Decimal(50)}


@pytest.mark.parametrize("cell", ["13812345678", "'13812345678", '="13812345678"'])
def test_a_single_phone_number_is_no_customer_id(cell: str, tmp_path: Path) -> None:
    header = ("customer_id", "created_at", "tag_count", "linked_systems", "consent_marketing")
    told, stored = loaded(tmp_path, csv(header, (cell, "2024-05-01 10:00", "1", "1", "是")), name="customers.csv")
    assert (stored, codes(told)) == ([], {("personal_data", "customer_id", "")})


ORDER = "order_id customer_id unit_id channel paid_at status gross_amount discount_amount refund_amount net_amount"


def test_words_for_nobody_are_no_customer(tmp_path: Path) -> None:
    words = ("散客", "/", "无", "N/A", "匿名", "-", "", "NA", "00", "c_1")
    rest = ("store", "2024-05-03 10:00:00", "paid", "1", "0", "0", "1", "1")
    rows = [(f"A{place}", word, "/" if place else "S1", *rest) for place, word in enumerate(words)]
    told, stored = loaded(tmp_path, csv((*ORDER.split(), "item_count"), *rows), name="orders.csv")
    assert [row["customer_id"] for row in stored] == [None] * 7 + ["NA", "00", "c_1"], told["problems"]
    assert [row["unit_id"] for row in stored] == ["S1", *[None] * 9]
    assert [row["order_id"] for row in stored] == [f"A{place}" for place in range(10)]


def test_a_line_left_out_later_does_not_move_the_lines_after_it(tmp_path: Path) -> None:
    header = ("子订单编号", "主订单编号", "购买数量", "买家实际支付金额", "外部系统编号", "退款金额", "订单状态")
    for status, places in (("交易成功", {"K1": 1, "K2": 2}), ("交易关闭", {"K2": 2})):
        file = csv(header, ("1", "9", "1", "10", "K1", "0", status), ("2", "9", "2", "20", "K2", "0", "交易成功"))
        _told, stored = loaded(tmp_path, file, name="宝贝.csv")
        assert {row["sku_id"]: row["line_no"] for row in stored} == places
