"""The data door by hand: an export in, its columns said, rows corrected in place and in the problem file, loaded."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import SignIn, Stack
from tests.e2e.pages import PERIOD, exact, tile
from tests.e2e.test_main_flow import checked, loaded_parts
from tests.e2e.test_pages import RULES

HEADERS = (
    "订单编号", "买家会员名", "订单总额", "优惠金额", "退款金额", "买家实际支付金额",
    "订单状态", "订单付款时间", "宝贝总数量", "销售渠道", "门店编号", "导购工号",
)  # fmt: skip
Write = Callable[[Sequence[Sequence[str]], Path], Path]
GOOD, BAD, IN_PLACE = 20, 30, 5
AMOUNT = Decimal(100)


def rows(mark: str) -> tuple[list[list[str]], list[list[str]]]:
    """Return the rows of an export as they ought to be, and the same with one cell wrong in the last thirty of them."""
    right = [
        [
            f"{mark}{number:04}", f"buyer{number}", "100.00", "0.00", "0.00", "100.00", "completed",
            f"{PERIOD}-{number % 28 + 1:02} 10:00:00", "1", "store", "S0101", "E01002",
        ]
        for number in range(GOOD + BAD)
    ]  # fmt: skip
    faults = ((7, "昨天"), (2, "一百"), (8, "1.5"), (9, "火星"), (0, ""))
    wrong = [list(row) for row in right]
    for place, row in enumerate(wrong[GOOD:]):
        column, value = faults[place % len(faults)]
        row[column] = value
    return right, wrong


def as_csv(table: Sequence[Sequence[str]], path: Path) -> Path:
    """Write GB18030 below two title lines, as a shop's back office does."""
    out = io.StringIO()
    csv.writer(out).writerows([["云裳旗舰店 订单报表"], ["导出时间：2026-11-02 09:00"], HEADERS, *table])
    path.write_bytes(out.getvalue().encode("gb18030"))
    return path


def as_workbook(table: Sequence[Sequence[str]], path: Path) -> Path:
    """Write a workbook with two title rows."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("订单报表")
        lines = [["云裳旗舰店 订单报表"], ["导出时间：2026-11-02 09:00"], HEADERS, *table]
        for line, cells in enumerate(lines):
            for place, cell in enumerate(cells):
                sheet.write_string(line, place, cell)
    return path


def reach(page: Page, target: Locator, *, backwards: bool = False) -> None:
    """Press Tab until the target has the focus."""
    for _ in range(200):
        if target.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
    raise AssertionError("the keyboard does not get there")


def press_by_keyboard(page: Page, target: Locator) -> None:
    """Go to a button with Tab, press Enter and wait for the page it leads to."""
    reach(page, target)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def drop(page: Page, path: Path) -> None:
    """Choose a file and send it with the keyboard; the file dialog is the system's own."""
    page.goto("/w/demo/data/")
    reach(page, page.locator("#drop-files"))
    page.set_input_files("#drop-files", path)
    press_by_keyboard(page, page.locator("form:has(#drop-files) button[type=submit]"))
    checked(page)


def faults_of_page(page: Page) -> list[str]:
    """Return the accessibility rules that the page breaks seriously."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['target']}" for one in found if one["impact"] in ("serious", "critical")]


def say_what_the_columns_are(page: Page) -> None:
    """Answer for the columns that are not sure, as they are proposed, and leave the buyer's name unused."""
    asked = page.locator("form[action$='/columns/']")
    names = {
        "订单编号": "order_id",
        "买家实际支付金额": "net_amount",
        "订单付款时间": "paid_at",
        "宝贝总数量": "item_count",
    }
    for header, name in names.items():
        select = asked.locator("tr", has=page.get_by_text(header, exact=True)).locator("select")
        if select.is_visible() and select.input_value() != name:
            select.select_option(name)
    press_by_keyboard(page, asked.locator("button[type=submit]"))
    checked(page)


def correct_in_place(page: Page, right: Sequence[Sequence[str]]) -> None:
    """Type over the first wrong cells; each Enter saves one and leads to the next."""
    reach(page, page.locator(".cell__input[aria-invalid=true]").first)
    for _ in range(IN_PLACE):
        name = page.evaluate("document.activeElement.name")
        _cell, line, place = name.split("-")
        page.keyboard.press("Control+A")
        page.keyboard.type(right[int(line) - 4][int(place)])
        page.keyboard.press("Enter")
        expect(page.locator(f"[name='{name}']")).not_to_have_attribute("aria-invalid", "true")
    status = page.locator("[data-grid-status]")
    expect(status).to_contain_text(re.compile(rf"^{IN_PLACE} "))
    press_by_keyboard(page, page.locator("[data-grid] button[name=check]"))
    checked(page)


@pytest.mark.parametrize(
    ("language", "write", "name"),
    [("zh-CN", as_csv, "天猫订单202610.csv"), ("en", as_workbook, "tmall orders 2026-10.xlsx")],
)
def test_an_export_with_thirty_bad_rows_goes_from_the_drop_to_the_dashboard_by_keyboard(
    stack: Stack, sign_in: SignIn, tmp_path: Path, language: str, write: Write, name: str
) -> None:
    stack.settle()
    page = sign_in("analyst", language=language)
    before = exact(tile(page, "sales_net"))
    right, wrong = rows("TMZ" if language == "zh-CN" else "TME")
    drop(page, write(wrong, tmp_path / name))
    if page.locator("form[action$='/columns/'] .button--primary").count():
        assert faults_of_page(page) == []
        say_what_the_columns_are(page)
    expect(page.locator("#rows h3 .count")).to_have_text(str(BAD))
    assert loaded_parts(stack, page) == 0
    correct_in_place(page, right)
    expect(page.locator("#rows h3 .count")).to_have_text(str(BAD - IN_PLACE))
    assert faults_of_page(page) == []
    with page.expect_download() as download:
        reach(page, page.locator("a[download]").first)
        page.keyboard.press("Enter")
    told = list(csv.reader(io.StringIO(download.value.path().read_text("utf-8-sig"))))
    assert len(told) == 1 + BAD - IN_PLACE
    load = page.get_by_role("button", name=re.compile(rf"\({GOOD + IN_PLACE}\)|（{GOOD + IN_PLACE}）"))
    press_by_keyboard(page, load)
    expect(page.locator(".notice--good")).to_be_visible(timeout=60_000)
    by_id = {row[0]: row for row in right}
    lines = {row[len(HEADERS)]: right[int(row[len(HEADERS)]) - 4] for row in told[1:]}
    corrected = [[*lines[row[len(HEADERS)]], *row[len(HEADERS) :]] for row in told[1:]]
    assert {row[0] for row in corrected} <= by_id.keys()
    rest = tmp_path / "problems.csv"
    with rest.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([told[0], *corrected])
    drop(page, rest)
    expect(page.locator("form[action$='/columns/'] .button--primary")).to_have_count(0)
    expect(page.locator(".step .tag--bad")).to_have_count(0)
    load_rest = page.get_by_role(
        "button", name=re.compile(f"Load {BAD - IN_PLACE} rows|载入 {BAD - IN_PLACE} 行")
    ).first
    press_by_keyboard(page, load_rest)
    expect(page.locator(".notice--good")).to_be_visible(timeout=60_000)
    stack.settle()
    page.goto("/w/demo/")
    assert exact(tile(page, "sales_net")) - before == AMOUNT * (GOOD + BAD)


def test_the_page_of_an_upload_fits_a_phone_and_works_without_script(
    stack: Stack, sign_in: SignIn, tmp_path: Path
) -> None:
    stack.settle()
    page = sign_in("analyst", width=360)
    _right, wrong = rows("TMP")
    drop(page, as_csv(wrong, tmp_path / "天猫订单.csv"))
    if page.locator("form[action$='/columns/'] .button--primary").count():
        say_what_the_columns_are(page)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert faults_of_page(page) == []
    plain = sign_in("analyst", javascript=False)
    plain.goto(page.url)
    cell = plain.locator(".cell__input[aria-invalid=true]").first
    cell.fill(f"{PERIOD}-20 10:00:00")
    plain.locator("[data-grid] button[name=check]").click()
    expect(plain.locator("#rows h3 .count")).to_have_text(str(BAD - 1), timeout=60_000)
