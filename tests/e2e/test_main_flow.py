"""The main job in the browser: a file in, checked, loaded by the worker, computed, and seen on the pages."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter
from playwright.sync_api import Page, expect

from tests.e2e.conftest import SignIn, Stack
from tests.e2e.pages import PERIOD, by_rail, exact, fact, number, press, tile

FIELDS = {
    "order_id": "订单号",
    "channel": "销售渠道",
    "unit_id": "门店编号",
    "employee_id": "导购工号",
    "paid_at": "付款时间",
    "status": "订单状态",
    "gross_amount": "订单总额",
    "discount_amount": "优惠金额",
    "refund_amount": "退款金额",
    "net_amount": "实付金额",
    "item_count": "商品件数",
}
Row = dict[str, str]
Write = Callable[[Sequence[Row], Path], Path]

DROP = """([name, text]) => {
  const files = new DataTransfer();
  files.items.add(new File([text], name, { type: "text/csv" }));
  return files;
}"""


def order(number: int, *, net: str = "1000.00", mark: str = "NEW", **wrong: str) -> Row:
    """Return an order of a guide of store S0101 in the demo's newest month, with the given fields wrong."""
    row = {
        "order_id": f"{mark}-{number}",
        "channel": "store",
        "unit_id": "S0101",
        "employee_id": "E01002",
        "paid_at": f"{PERIOD}-15 12:00:00",
        "status": "completed",
        "gross_amount": net,
        "discount_amount": "0",
        "refund_amount": "0",
        "net_amount": net,
        "item_count": "1",
    }
    return row | wrong


def as_csv(rows: Sequence[Row], *, titles: Sequence[str] = (), headers: Sequence[str] = tuple(FIELDS)) -> str:
    """Write rows as CSV below title lines."""
    out = io.StringIO()
    out.writelines(f"{title}\n" for title in titles)
    csv.writer(out).writerows([headers, *(row.values() for row in rows)])
    return out.getvalue()


def chinese_csv(rows: Sequence[Row], path: Path) -> Path:
    """Write an export as a Chinese system gives it: GB18030, two title lines, Chinese headers."""
    text = as_csv(rows, titles=("云裳集团 订单导出", "导出时间：2026-11-02 09:00"), headers=tuple(FIELDS.values()))
    path.write_bytes(text.encode("gb18030"))
    return path


def chinese_workbook(rows: Sequence[Row], path: Path) -> Path:
    """Write a workbook with Chinese headers, every cell as text."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("订单")
        sheet.write_row(0, 0, list(FIELDS.values()))
        for line, row in enumerate(rows, start=1):
            for column, cell in enumerate(row.values()):
                sheet.write_string(line, column, cell)
    return path


def choose(page: Page, path: Path) -> None:
    """Upload a file on the data page and wait until it has been checked."""
    page.goto("/w/demo/data/")
    page.set_input_files("#drop-files", path)
    page.locator("form:has(#drop-files) button[type=submit]").click()
    checked(page)


def checked(page: Page) -> None:
    """Wait until the upload's page no longer polls and shows what loading would do."""
    expect(page.locator("#upload-progress:not([hx-get])")).to_be_visible(timeout=60_000)
    expect(page.locator(".stepper")).to_be_visible()


def confirm_columns(page: Page) -> None:
    """Agree with the proposal where a column is not sure: whether 实付金额 is net of refunds, only a person knows.

    Once such a file was loaded its columns are remembered.
    """
    if page.locator("form[action$='/proposal/']").count():
        return
    unsure = page.locator("form[action$='/columns/'] tr", has=page.locator("td .tag--warn"))
    assert [row.locator("label").inner_text() for row in unsure.all()] == [FIELDS["net_amount"]]
    page.locator("form[action$='/columns/'] button[type=submit]").click()
    checked(page)


def upload_number(page: Page) -> int:
    """Return the upload whose page is open."""
    found = re.search(r"/uploads/(\d+)/", page.url)
    assert found
    return int(found[1])


def effect(page: Page) -> tuple[Decimal, ...]:
    """Return how many rows the open upload would add, change and leave as they are."""
    return tuple(number(fact(page, label)) for label in ("New rows", "Changed rows", "Same as before"))


def loaded_parts(stack: Stack, page: Page) -> int:
    """Count the parts that the open upload has put into the store."""
    return int(stack.sql("select count(*) from kpis_part where upload_id = %s", upload_number(page))[0][0])


def test_a_dropped_file_is_checked_loaded_computed_and_moves_the_figures(stack: Stack, sign_in: SignIn) -> None:
    stack.settle()
    page = sign_in("analyst")
    before = exact(tile(page, "sales_net"))
    guide_before = guides_sales(page)
    revision = number(fact(page, "Revision"))
    by_rail(page, "Data")
    page.wait_for_load_state()  # a script takes what is dropped
    text = as_csv([order(1), order(2), order(3, net="2500.50")])
    page.dispatch_event("[data-drop]", "drop", {"dataTransfer": page.evaluate_handle(DROP, ["orders.csv", text])})
    expect(page.locator("[data-drop-files]")).to_contain_text("orders.csv")
    press(page, "Upload and check")
    expect(page.locator("#upload-progress progress")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile(r"Task #\d+"))).to_be_visible()
    checked(page)
    assert page.locator("table", has_text="Our field").locator("tbody tr", has_text="Sure").count() == len(FIELDS)
    assert effect(page) == (3, 0, 0)
    assert fact(page, "Months touched") == PERIOD
    assert loaded_parts(stack, page) == 0
    press(page, "Load 3 rows")
    expect(page.get_by_text("Loaded: these rows count now")).to_be_visible(timeout=60_000)
    page.get_by_role("link", name=re.compile("figures of the months touched")).click()
    expect(page.locator("#job-progress:not([hx-get])")).to_contain_text("Succeeded", timeout=120_000)
    by_rail(page, "Overview")
    assert exact(tile(page, "sales_net")) - before == Decimal("4500.50")
    assert guides_sales(page) - guide_before == Decimal("4500.50")
    assert number(fact(page, "Revision")) == revision + 1


def guides_sales(page: Page) -> Decimal:
    """Open the guides' scorecard of the store and return the sales that stand on it."""
    page.goto(f"/w/demo/scorecards/digital-guide/?period={PERIOD}&unit=S0101")
    return exact(page.locator("#line-digital-guide-guide_store_sales td").first)


PLANTED = (  # field, what stands there, then what is said about it and the advice, in English and in Chinese
    ("net_amount", "abc", "is not a number", "Write it as 1234.50", "不是数字", "请写成 1234.50"),
    ("paid_at", "昨天", "is not a date and time", "Write it as 2024-06-01 20:01:00", "不是日期时间", "请写成"),
    ("channel", "火星", "is not one of the allowed values", "Allowed: ", "不在可选值之内", "可选值"),
    ("order_id", "", "A required value is empty", "Fill the value in", "必填字段为空", "请填写该值"),
    ("item_count", "1.5", "is not a whole number", "Write it as 1200", "不是整数", "请写成 1200"),
)


def orders_with_errors(mark: str) -> tuple[list[Row], list[Row]]:
    """Return rows of which the last ones hold the planted errors, and the same rows as they ought to be."""
    right = [order(number, mark=mark) for number in range(2 + len(PLANTED))]
    wrong = [row | {field: value} for row, (field, value, *_) in zip(right[2:], PLANTED, strict=True)]
    return [*right[:2], *wrong], right


@pytest.mark.parametrize(
    ("language", "write", "name", "first_line"),
    [("en", chinese_workbook, "订单.xlsx", 2), ("zh-CN", chinese_csv, "orders.csv", 4)],
)
def test_every_planted_error_is_listed_and_nothing_loads_until_it_is_corrected(
    stack: Stack, sign_in: SignIn, tmp_path: Path, language: str, write: Write, name: str, first_line: int
) -> None:
    page = sign_in("analyst", language=language)
    wrong, right = orders_with_errors(mark=language)
    choose(page, write(wrong, tmp_path / name))
    confirm_columns(page)
    groups = page.locator(".problems__group--error")
    assert groups.count() == len(PLANTED)
    for place, (field, value, *words) in enumerate(PLANTED, start=2):
        message, fix = words[:2] if language == "en" else words[2:]
        group = groups.filter(has_text=message)
        group.evaluate("group => { group.open = true }")
        told = group.inner_text()
        assert all(part in told for part in (str(first_line + place), FIELDS[field], value, message, fix)), told
    assert loaded_parts(stack, page) == 0
    assert page.get_by_role("button", name=re.compile("Load 7|载入 7")).count() == 0
    with page.expect_download() as download:
        page.locator("a[download]").first.click()
    rows = list(csv.reader(io.StringIO(download.value.path().read_text("utf-8-sig"))))
    assert rows[0][: len(FIELDS)] == list(FIELDS.values())
    assert [row[: len(FIELDS)] for row in rows[1:]] == [list(row.values()) for row in wrong[2:]]
    choose(page, write(right, tmp_path / name))
    confirm_columns(page)
    assert page.locator(".problems__group--error").count() == 0
    page.get_by_role("button", name=re.compile("Load 7 rows|载入 7 行")).click()
    expect(page.locator(".notice--good")).to_be_visible(timeout=60_000)
    assert loaded_parts(stack, page) > 0


def test_loading_says_what_is_new_and_the_same_file_again_changes_nothing(
    stack: Stack, sign_in: SignIn, tmp_path: Path
) -> None:
    page = sign_in("analyst")
    path = tmp_path / "orders.csv"
    first = [order(1, mark="AGAIN"), order(2, mark="AGAIN")]
    path.write_text(as_csv(first))
    choose(page, path)
    press(page, "Load 2 rows")
    expect(page.locator(".notice--good")).to_be_visible(timeout=60_000)
    loaded = upload_number(page)
    path.write_text(as_csv([first[0], order(2, net="1200.00", mark="AGAIN"), order(3, mark="AGAIN")]))
    choose(page, path)
    assert effect(page) == (1, 1, 1)
    path.write_text(as_csv(first))
    choose(page, path)
    expect(page.get_by_text(f"Identical to upload #{loaded}")).to_be_visible()
    assert effect(page) == (0, 0, 2)
    press(page, "Load 2 rows")
    expect(page.locator(".notice--good")).to_contain_text("0 new, 0 changed, 2 as before", timeout=60_000)
    assert page.get_by_role("link", name=re.compile("figures of the months touched")).count() == 0
    assert loaded_parts(stack, page) == 0
