"""The org chart in a browser: every task by mouse, again by keyboard alone; both languages; a phone; accessibility."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import SignIn
from tests.e2e.test_pages import RULES

CHART = "/w/demo/organisation/"


def node(page: Page, key: str) -> Locator:
    return page.locator(f'#org-tree [data-key="{key}"]')


def card(page: Page, key: str) -> Locator:
    return node(page, key).locator("> .node__card")


def focused(page: Page) -> str:
    """Return the key of the node that has the focus, as a screen reader's cursor would."""
    return str(page.evaluate("document.activeElement.dataset.key ?? document.activeElement.id"))


def faults(page: Page) -> list[str]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{rule['id']} {rule['nodes'][0]['html'][:200]}" for rule in found if rule["impact"] in ("serious", "critical")
    ]


def first_store(page: Page) -> tuple[str, str]:
    """Return the keys of a store and of the unit it stands under, out of the page itself."""
    page.goto(f"{CHART}?view=compact&level=9")
    store = page.locator("#org-tree .node--units:not(:has(.node--units))").first
    above = store.locator("xpath=ancestor::li[@role='treeitem'][1]")
    return str(store.get_attribute("data-key")), str(above.get_attribute("data-key"))


def test_by_mouse_the_chart_opens_searches_zooms_and_shows_a_card(sign_in: SignIn) -> None:
    page = sign_in("hr_lead", language="zh")
    page.goto(f"{CHART}?view=compact")
    here = page.locator("#here")
    expect(here).to_be_in_viewport()
    top = page.locator("#org-tree > .node").first
    top.locator("> .node__card .node__fold").click()
    expect(top).to_have_attribute("aria-expanded", "false")
    expect(here).to_be_hidden()
    top.locator("> .node__card .node__fold").click()
    expect(top).to_have_attribute("aria-expanded", "true")

    closed = page.locator("#org-tree .node--units[aria-expanded=false]").first
    key = str(closed.get_attribute("data-key"))
    card(page, key).locator(".node__fold").click()
    expect(node(page, key).locator("> [role=group] > [role=treeitem]").first).to_be_visible()
    page.reload()
    expect(node(page, key)).to_have_attribute("aria-expanded", "true")

    page.locator("[data-zoom=out]").click()
    expect(page.locator("[data-zoom-level]")).to_have_text("90 %")
    card(page, key).hover()
    page.keyboard.down("Control")
    page.mouse.wheel(0, -240)
    page.keyboard.up("Control")
    expect(page.locator("[data-zoom-level]")).not_to_have_text("90 %")
    page.locator("[data-zoom=reset]").click()
    assert "zoom" not in page.url

    card(page, key).dblclick(position={"x": 60, "y": 12})
    drawer = page.locator("#org-card")
    expect(drawer).to_be_visible()
    expect(drawer.get_by_role("link", name="调整")).to_be_visible()
    assert faults(page) == []
    drawer.get_by_role("button").first.click()

    page.fill("#org-q", "S0101")
    expect(page.locator("#org-hits [role=option]").first).to_be_visible()
    page.locator("#org-hits [role=option]").first.click()
    expect(node(page, "u:S0101")).to_have_class(re.compile("is-found"))
    expect(card(page, "u:S0101")).to_be_in_viewport()
    assert faults(page) == []


def test_a_card_dropped_on_another_opens_the_sheet_and_a_place_that_cannot_be_says_why(sign_in: SignIn) -> None:
    page = sign_in("hr_lead")
    store, region = first_store(page)
    page.goto(f"{CHART}?view=vertical&open={region}&focus={store}")
    target = page.locator(f"#org-tree .node--units:not([data-key='{region}'])", has_not=node(page, store)).first
    target_key = str(target.get_attribute("data-key"))
    page.evaluate("document.getElementById('org-box').scrollTo(0, 0)")
    card(page, store).dispatch_event("dragstart", {"dataTransfer": page.evaluate_handle("new DataTransfer()")})
    expect(node(page, region)).to_have_class(re.compile("is-refused"))
    assert "already" in str(card(page, region).get_attribute("title"))
    data = page.evaluate_handle("new DataTransfer()")
    card(page, target_key).dispatch_event("dragover", {"dataTransfer": data})
    expect(node(page, target_key)).to_have_class(re.compile("is-target"))
    assert "reports to" in str(card(page, target_key).get_attribute("data-here"))
    card(page, target_key).dispatch_event("drop", {"dataTransfer": data})
    sheet = page.locator("#org-sheet")
    expect(sheet).to_be_visible()
    expect(sheet.locator("input[name=to]").first).not_to_have_value("")
    expect(sheet.locator(".move-effect .stack")).to_be_visible()  # weights and scores, counted
    expect(sheet.locator("#move-plan")).to_contain_text("What goes along")
    expect(sheet.get_by_role("alert").filter(has_text=re.compile(r"\S"))).to_have_count(0)
    assert "Press Enter" not in page.locator("#org-status").inner_text()
    page.keyboard.press("Escape")
    expect(node(page, store)).to_be_attached()
    assert page.locator("#org-tree .is-refused, #org-tree .is-target").count() == 0


def test_by_keyboard_alone_every_task_of_the_chart(sign_in: SignIn) -> None:
    page = sign_in("hr_lead")
    page.goto(f"{CHART}?level=2")
    stops = page.locator("#org-tree [tabindex='0']")
    expect(stops).to_have_count(1)
    page.locator("#org-tree [role=treeitem]").first.focus()
    top = focused(page)
    page.keyboard.press("End")
    last = focused(page)
    assert last != top
    page.keyboard.press("Home")
    assert focused(page) == top
    page.keyboard.press("ArrowRight")
    first = focused(page)
    assert node(page, first).get_attribute("aria-level") == "2"
    page.keyboard.press("ArrowLeft")
    assert focused(page) == top
    expect(stops).to_have_count(1)

    page.keyboard.press("ArrowDown")
    page.keyboard.press("*")
    closed = page.locator('#org-tree [aria-level="2"][aria-expanded=false]')
    expect(closed).to_have_count(0, timeout=60_000)
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    expect(node(page, top)).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowRight")

    page.keyboard.press("/")
    assert focused(page) == "org-q"
    page.keyboard.type("dg")
    page.wait_for_load_state("networkidle")  # the answer to the last letter starts the hits anew
    page.keyboard.press("Enter")
    expect(page.locator("#org-tree .is-found")).to_have_count(1)
    hit = focused(page)
    expect(page.locator("[data-find-count]")).to_contain_text("1 of")
    page.keyboard.press("n")
    page.wait_for_function("(key) => document.activeElement.dataset.key !== key", arg=hit)
    page.keyboard.press("Shift+N")
    page.wait_for_function("(key) => document.activeElement.dataset.key === key", arg=hit)
    page.keyboard.press("Enter")
    expect(page.locator("#org-card")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#org-card")).to_be_hidden()
    assert focused(page) == hit
    page.keyboard.press("Escape")
    expect(page.locator("[data-find-count]")).to_have_text("")

    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    while not focused(page).startswith("u:"):
        page.keyboard.press("ArrowDown")
    moved = focused(page)
    page.keyboard.press("m")
    expect(page.locator("#org-status")).to_contain_text("Moving")
    page.keyboard.press("Escape")
    expect(page.locator("#org-status")).to_contain_text("Left as it was")
    page.keyboard.press("m")
    page.keyboard.press("End")
    while not focused(page).startswith("u:"):
        page.keyboard.press("ArrowUp")
    assert focused(page) != moved
    page.keyboard.press("Enter")
    expect(page.locator("#org-sheet")).to_be_visible()
    page.keyboard.press("Escape")

    page.locator("#org-tree [tabindex='0']").focus()
    page.keyboard.press("?")
    expect(page.locator("#org-keys")).to_be_visible()
    assert faults(page) == []


@pytest.mark.parametrize(("language", "view"), [("zh", ""), ("en", "vertical")])
def test_on_a_phone_the_list_comes_first_and_the_chart_scrolls_in_its_own_box(
    sign_in: SignIn, language: str, view: str
) -> None:
    page = sign_in("owner", language=language, width=360)
    page.goto(f"{CHART}?level=3" + (f"&view={view}" if view else ""))
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    overflow = page.evaluate("getComputedStyle(document.getElementById('org-box')).overflowX")
    assert overflow == ("auto" if view else "visible")
    first = page.locator("#org-tree .node--units").first
    first.locator("> .node__card .node__more").click()
    expect(page.locator("#org-card")).to_be_visible()
    assert faults(page) == []


def test_without_script_the_tree_unfolds_by_the_url_and_only_reads(sign_in: SignIn) -> None:
    page = sign_in("owner", javascript=False)
    page.goto(f"{CHART}?level=1")
    before = page.locator("[role=treeitem]").count()
    page.locator("#org-tree .node__fold").first.click()
    expect(page.locator("[role=treeitem]").nth(before)).to_be_visible()
    page.fill("#org-q", "S0101")
    page.locator("#org-search button[type=submit]").last.click()
    page.locator("main .list a").first.click()
    expect(page.locator("#here")).to_be_in_viewport()
    assert page.locator(".needs-js:visible").count() == 0


def test_hr_begins_something_new_from_the_chart_and_fills_a_vacant_seat(sign_in: SignIn) -> None:
    page = sign_in("hr_lead")
    page.goto(f"{CHART}?view=compact&level=9")
    page.get_by_text("New", exact=True).click()
    page.get_by_role("link", name="New unit", exact=True).click()
    sheet = page.locator("#org-sheet")
    expect(sheet.get_by_role("heading", name="New unit")).to_be_visible()
    page.keyboard.press("Escape")
    vacant = page.locator("#org-tree .node--seats:not(.node--ghost)").first
    title = vacant.locator("> .node__card .node__name").inner_text()
    vacant.focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="New person in this seat").click()
    expect(sheet.locator("[name=seat_external_id]")).to_have_value(re.compile(re.escape(title)))
    expect(sheet.locator("[name=unit_external_id]")).not_to_have_value("")
    expect(sheet.locator("[name=on]")).to_have_count(0)  # somebody new works here from the day of hiring on
    assert faults(page) == []


def test_the_paper_is_chosen_looked_at_and_taken_along(sign_in: SignIn) -> None:
    page = sign_in("hr_lead", language="zh")
    page.goto(f"{CHART}?view=list")
    page.get_by_text("打印与导出").click()
    page.get_by_role("link", name="选择打印内容").click()
    summary = page.locator(".paper__summary")
    expect(summary).to_contain_text(re.compile(r"已打印人员 (\d+) / \1 "))
    whole = summary.inner_text()
    drawing = page.locator(".paper__sheet img")
    assert drawing.evaluate("async (image) => { await image.decode(); return image.naturalWidth; }") > 0
    assert faults(page) == []
    for kind, begins in (("PDF", b"%PDF-"), ("SVG", b"<svg "), ("XLSX", b"PK")):
        with page.expect_download() as download:
            page.get_by_role("link", name=kind, exact=True).first.click()
        assert download.value.path().read_bytes().startswith(begins), kind
    page.locator("select[name=size]").focus()
    page.keyboard.press("End")
    page.locator("input[name=vacant]").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")  # a form is sent from any of its fields
    expect(page.locator("input[name=vacant]")).not_to_be_checked()
    expect(summary).not_to_have_text(whole)
    page.set_viewport_size({"width": 360, "height": 780})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert faults(page) == []
