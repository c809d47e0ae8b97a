"""An executive fills in targets by keyboard as in a spreadsheet; gaps show at once; the save is undone."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.conftest import SignIn, Stack

GRID = "/w/demo/kpis/targets/?kpi=mall_sales&year=2028"
SAVED = (
    "select period, scope_kind, scope_id, value::text from kpis_target where left(period, 4) = '2028' order by 1, 2, 3"
)
PASTE = """block => {
  const data = new DataTransfer();
  data.setData('text/plain', block);
  const event = new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true});
  document.activeElement.dispatchEvent(event);
}"""


def cell(row: str, period: str) -> str:
    """Return the selector of a cell."""
    return f'[name="t|{row}|{period}"]'


def focused(page: Page) -> str:
    """Return the name of the cell that has the focus."""
    return str(page.evaluate("document.activeElement.name"))


def test_targets_are_typed_pasted_summed_and_undone(stack: Stack, sign_in: SignIn) -> None:
    page = sign_in("executive")
    page.goto(GRID)
    rows = page.locator("tr[data-row]").evaluate_all("rows => rows.map(row => row.dataset.row)")
    first, second = rows[1], rows[2]
    page.locator(cell("company:", "2028-01")).focus()
    page.keyboard.type("1.2万")
    page.keyboard.press("Enter")
    assert focused(page) == f"t|{first}|2028-01"
    page.evaluate(PASTE, "5,000\t10\n4000.50\tabc\n")
    below = page.locator('[data-sum="company:|2028-01"]')
    expect(below).to_have_text("9,000.5 +2,999.5")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert focused(page) == f"t|{second}|2028-02"
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("abc is no number.")
    assert stack.sql(SAVED) == []
    page.locator(cell(second, "2028-02")).fill("")
    page.get_by_label("Why").fill("a first plan")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved: 4 new, 0 changed, 0 removed.")).to_be_visible()
    assert [tuple(row) for row in stack.sql(SAVED)] == [
        ("2028-01", "company", "", "12000.0000"),
        *sorted([("2028-01", "unit", first[5:], "5000.0000"), ("2028-01", "unit", second[5:], "4000.5000")]),
        ("2028-02", "unit", first[5:], "10.0000"),
    ]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("4 targets are as they were before.")).to_be_visible()
    assert stack.sql(SAVED) == []


def test_targets_can_be_set_without_scripts_on_a_narrow_screen(stack: Stack, sign_in: SignIn) -> None:
    page = sign_in("executive", javascript=False)
    page.set_viewport_size({"width": 360, "height": 780})
    page.goto(GRID)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.locator(cell("company:", "2028-03")).fill("7k")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(cell("company:", "2028-03"))).to_have_value("7,000")
    page.get_by_role("button", name="Undo").click()
    assert stack.sql(SAVED) == []
