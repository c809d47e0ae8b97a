"""HR changes the organisation by hand: moves with undo, plans, edits, compares; by mouse in zh, by keyboard in en."""

from __future__ import annotations

from datetime import date, timedelta

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.conftest import SignIn, Stack

HERE = "/w/demo/organisation"
# of the demo only: other walks make workspaces of their own
WORKS = (
    "select u.external_id from roles_employment e join roles_unit u on u.id = e.unit_id"
    " join roles_person p on p.id = e.person_id join workspaces_workspace w on w.id = p.workspace_id"
    " where w.slug = 'demo' and p.external_id = %s and e.superseded_at is null and e.during @> %s::date"
)
PEOPLE = (
    "select p.external_id, u.external_id from roles_employment e join roles_unit u on u.id = e.unit_id"
    " join roles_person p on p.id = e.person_id join workspaces_workspace w on w.id = p.workspace_id"
    " where w.slug = 'demo' and e.superseded_at is null and upper_inf(e.during)"
    " and not exists (select 1 from roles_employment r where r.manager_id = p.id) order by 1 limit 2"
)
OTHER_UNIT = (
    "select u.external_id from roles_unit u join roles_unitversion v on v.unit_id = u.id"
    " join workspaces_workspace w on w.id = u.workspace_id"
    " where w.slug = 'demo' and v.superseded_at is null and upper_inf(v.during)"
    " and v.level = 'department' and u.external_id <> %s order by 1 limit 1"
)


def tab_to(page: Page, text: str, *, most: int = 80) -> None:
    """Press Tab until the focus is on a control whose text or label holds the words."""
    script = """() => {
        const here = document.activeElement, labels = [...(here.labels ?? [])].map((label) => label.textContent);
        return [here.textContent, here.getAttribute("aria-label"), here.title, ...labels].join("|");
    }"""
    for _ in range(most):
        page.keyboard.press("Tab")
        if text in str(page.evaluate(script)):
            return
    raise AssertionError(f"no way by Tab to {text!r}")


def clean(page: Page) -> None:
    """No fault that a reader with other senses would stumble over."""
    found = Axe().run(page).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in found] == []


def today_of(page: Page) -> date:
    """Return the day the customer's clock shows."""
    return date.fromisoformat(page.locator("#as-of").input_value())


def test_moves_plans_edits_and_comparisons_by_mouse_in_chinese(stack: Stack, sign_in: SignIn) -> None:
    ((person, unit), _other) = stack.sql(PEOPLE)
    ((other,),) = stack.sql(OTHER_UNIT, unit)
    page = sign_in("hr_lead", language="zh-CN")
    page.goto(f"{HERE}/people/{person}/")
    today = today_of(page)
    soon = today + timedelta(days=20)
    page.get_by_role("link", name="调整", exact=True).click()
    sheet = page.locator("#org-sheet")
    expect(sheet.get_by_role("heading", name="调动人员")).to_be_visible()
    sheet.get_by_label("移至").fill(other)
    sheet.get_by_label("原因").click()
    expect(sheet.get_by_text("一并移动：1 人。")).to_be_visible()
    expect(sheet.locator(".move-effect .stack")).to_be_visible()
    expect(sheet.get_by_text("一并移动：1 人。")).to_be_visible()
    clean(page)
    assert stack.sql(WORKS, person, today) == [(unit,)], "nothing is written before it is confirmed"
    sheet.get_by_role("button", name="确认移动").click()
    toast = page.locator(".toast--success")
    expect(toast).to_contain_text("移动：")
    assert stack.sql(WORKS, person, today) == [(other,)]
    toast.get_by_role("button", name="撤销").click()
    expect(page.locator(".toast--success")).to_contain_text("已撤销")
    assert stack.sql(WORKS, person, today) == [(unit,)]

    page.get_by_role("link", name="调整", exact=True).click()
    sheet.get_by_label("移至").fill(other)
    sheet.get_by_label("生效日期").fill(str(soon))
    expect(sheet.get_by_text("计划变更：到当日自动生效。")).to_be_visible()
    sheet.get_by_role("button", name="确认移动").click()
    expect(page.locator(".toast--success")).to_contain_text(f"计划于 {soon} 生效")
    assert (stack.sql(WORKS, person, today), stack.sql(WORKS, person, soon)) == ([(unit,)], [(other,)])
    expect(page.locator(".version--planned").first).to_be_visible()
    clean(page)

    page.goto(f"{HERE}/compare/?from={today}&to={soon}")
    expect(page.locator(".compare-line--moved", has_text=person)).to_be_visible()
    clean(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="XLSX").click()
    assert download.value.suggested_filename == f"organisation-{today}-{soon}.xlsx"
    page.set_viewport_size({"width": 360, "height": 780})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_same_by_keyboard_only_in_english(stack: Stack, sign_in: SignIn) -> None:
    (_first, (person, unit)) = stack.sql(PEOPLE)
    ((other,),) = stack.sql(OTHER_UNIT, unit)
    page = sign_in("hr_lead")
    page.goto(f"{HERE}/change/seats/new/?unit_external_id={unit}")
    page.locator("#main").focus()
    tab_to(page, "Title")
    page.keyboard.type("Store planner")
    tab_to(page, "Save")
    page.keyboard.press("Enter")
    expect(page.locator(".toast--success")).to_contain_text("Added: Store planner.")
    ((seat,),) = stack.sql(
        "select s.external_id from roles_seat s join roles_seatversion v on v.seat_id = s.id where v.title = %s",
        "Store planner",
    )
    page.goto(f"{HERE}/change/seats/{seat}/edit/")
    page.locator("#main").focus()
    tab_to(page, "Planned FTE")
    page.keyboard.press("Control+a")
    page.keyboard.type("0.5")
    tab_to(page, "Save")
    page.keyboard.press("Enter")
    expect(page.locator(".toast--success")).to_contain_text("Saved: Store planner.")
    assert stack.sql(
        "select planned_fte::text from roles_seatversion v join roles_seat s on s.id = v.seat_id"
        " where s.external_id = %s and v.superseded_at is null",
        seat,
    ) == [("0.500",)]

    page.goto(f"{HERE}/people/{person}/")
    today = today_of(page)
    page.locator("#main").focus()
    tab_to(page, "Move")
    page.keyboard.press("Enter")
    expect(page.locator("#org-sheet form [name=to]")).to_be_focused()
    page.keyboard.type(other)
    page.keyboard.press("Tab")
    expect(page.get_by_text("What goes along: 1 person.")).to_be_visible()
    expect(page.locator("#org-sheet .move-effect .stack")).to_be_visible()
    wide = "all => all.map(one => one.scrollWidth - one.clientWidth)"
    assert not any(page.locator("#org-sheet .table-scroll").evaluate_all(wide)), "a table is cut off"
    tab_to(page, "Confirm the move")
    page.keyboard.press("Enter")
    expect(page.locator(".toast--success")).to_contain_text("Moved: ")
    assert stack.sql(WORKS, person, today) == [(other,)]
    tab_to(page, "Undo", most=200)
    page.keyboard.press("Enter")
    expect(page.locator(".toast--success")).to_contain_text("is undone.")
    assert stack.sql(WORKS, person, today) == [(unit,)]
    page.goto(f"{HERE}/compare/?from=2020-01-01&to={today}")
    page.locator("#main").focus()
    tab_to(page, "Compare")
    clean(page)
    page.goto(f"{HERE}/history/")
    clean(page)
    page.goto(f"{HERE}/unplaced/")
    clean(page)
