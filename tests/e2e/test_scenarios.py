"""A scenario from its beginning to its day: HR draws it in Chinese, an executive reads and approves it in English."""

from __future__ import annotations

import re
from datetime import date, timedelta

from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import SignIn
from tests.e2e.pages import press
from tests.e2e.test_chart import CHART, card, faults, focused, node
from tests.e2e.test_org_changes import tab_to

LIST = "/w/demo/scenarios/"
WHOLE = "view=compact&level=9"
SOON = timedelta(days=30)


def link(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).first.click()


def above(page: Page, key: str) -> str:
    """Return the key of the unit under which a node stands."""
    found = node(page, key).locator("xpath=ancestor::li[@role='treeitem'][1]").get_attribute("data-key")
    return str(found)


def stores_and_places(page: Page) -> tuple[list[str], list[str]]:
    """Return two stores of one unit, and two other units that have stores."""
    page.goto(f"{CHART}?{WHOLE}")
    leaves = page.locator("#org-tree .node--units:not(:has(.node--units))")
    under: dict[str, list[str]] = {}
    for key in leaves.evaluate_all("(all) => all.map((one) => one.dataset.key)"):
        if re.fullmatch(r"u:S\d+", key):
            under.setdefault(above(page, key), []).append(key)
    home = next(place for place, stores in under.items() if len(stores) > 1)
    return under[home][:2], [place for place in under if place != home][:2]


def places(page: Page, keys: list[str], *, query: str = "") -> list[str]:
    """Return the units under which these stand in the chart of a day or a draft."""
    page.goto(f"{CHART}?{WHOLE}&{query}")
    return [above(page, key) for key in keys]


def begin(page: Page, name: str) -> tuple[str, date]:
    """Begin a scenario from the stages; return its address and its day."""
    page.goto("/w/demo/stages/")
    day = date.fromisoformat(page.locator("#as-of").input_value()) + SOON
    link(page, "方案")
    link(page, "新建方案")
    page.get_by_label("名称").fill(name)
    page.get_by_label("生效日").fill(str(day))
    press(page, "开始")
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
    return page.url, day


def moved(page: Page, key: str) -> Locator:
    """Return the tag that says a node moved in the draft."""
    return card(page, key).locator(".node__tag--moved")


def wait_for_the_effect(page: Page) -> None:
    """Wait for what the sheet counts below its plan: it holds the organisation's lock for as long as it counts."""
    expect(page.locator("#org-sheet .move-effect .stack")).to_be_visible()


def move_by_mouse(page: Page, store: str, place: str) -> None:
    band = page.locator(".draft-band")
    expect(band).to_contain_text("0 项变更")
    card(page, store).locator(".node__more").click()
    page.locator("#org-card").get_by_role("link", name="调整", exact=True).click()
    sheet = page.locator("#org-sheet")
    sheet.get_by_label("移至").fill(place[2:])
    sheet.get_by_label("原因").click()
    expect(sheet.locator("#move-plan")).to_contain_text("一并移动")
    wait_for_the_effect(page)
    sheet.get_by_role("button", name="在草稿中移动").click()
    expect(band).to_contain_text("1 项变更")
    expect(moved(page, store)).to_be_visible()


def drag_and_undo(page: Page, store: str, place: str) -> None:
    """Drag a card onto another inside the draft, read what follows, confirm it and take it back."""
    band = page.locator(".draft-band")
    page.locator("[data-zoom=fit]").click()  # a mouse drags between what it sees
    page.locator("#org-box").scroll_into_view_if_needed()
    card(page, store).drag_to(card(page, place))
    sheet = page.locator("#org-sheet")
    expect(sheet.locator("[name=to]").first).to_have_value(re.compile(re.escape(place[2:])))
    expect(sheet.locator("#move-plan")).to_contain_text("一并移动")
    wait_for_the_effect(page)
    sheet.get_by_role("button", name="在草稿中移动").click()
    expect(band).to_contain_text("2 项变更")
    expect(moved(page, store)).to_be_visible()
    band.get_by_role("button", name="撤销").click()
    expect(band).to_contain_text("1 项变更")
    expect(moved(page, store)).to_have_count(0)
    page.locator("[data-zoom=reset]").click()


def move_by_keyboard(page: Page, store: str, place: str) -> None:
    node(page, store).focus()
    page.keyboard.press("m")
    page.keyboard.press("Home")
    for _ in range(200):
        if focused(page) == place:
            break
        page.keyboard.press("ArrowDown")
    assert focused(page) == place
    page.keyboard.press("Enter")
    expect(page.locator("#org-sheet #move-plan")).to_contain_text("一并移动")
    wait_for_the_effect(page)
    tab_to(page, "在草稿中移动")
    page.keyboard.press("Enter")
    expect(page.locator(".draft-band")).to_contain_text("2 项变更")
    expect(moved(page, store)).to_be_visible()


def undo_and_redo(page: Page, store: str) -> None:
    band = page.locator(".draft-band")
    band.get_by_role("button", name="撤销").click()
    expect(band).to_contain_text("1 项变更")
    expect(moved(page, store)).to_have_count(0)
    band.get_by_role("button", name="重做").click()
    expect(band).to_contain_text("2 项变更")
    expect(moved(page, store)).to_be_visible()


def read_the_price(page: Page) -> None:
    link(page, "变更与代价")
    expect(page.locator(".compare-line .change-mark--moved")).to_have_count(2)
    page.locator(".tabs").get_by_role("link", name="代价", exact=True).click()
    for label in ("人员", "人员月成本"):
        expect(page.get_by_role("row", name=re.compile(rf"^{label}.*\d")).first).to_be_visible()
    for heading in ("有变化的单元", "各单元的阶段", "权重与得分"):
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
    assert faults(page) == []


def move_live(page: Page, store: str, place: str, day: date) -> None:
    """Plan the same move to another place in the live organisation."""
    page.goto(f"{CHART}move/?thing=units&id={store[2:]}&to={place[2:]}")
    page.get_by_label("生效日期").fill(str(day))
    press(page, "确认移动")
    expect(page.locator(".toast--success")).to_contain_text(str(day))


def settle(page: Page, store: str) -> None:
    """Find the conflict named and keep the scenario's side."""
    expect(page.get_by_text("与现行组织有 1 处冲突")).to_be_visible()
    page.locator(".tabs").get_by_role("link", name=re.compile("^冲突")).click()
    conflict = page.locator(".conflict")
    expect(conflict).to_have_count(1)
    expect(conflict).to_contain_text(store[2:])
    expect(conflict).to_contain_text("上级")
    assert faults(page) == []
    conflict.get_by_label(re.compile("本方案")).check()
    press(page, "保存选择")
    expect(conflict).to_have_count(0)


def read_on_a_phone(page: Page, scenario: str, other: str) -> None:
    """Every page of it in English at 360 px: nothing to scroll sideways, nothing that axe calls serious."""
    ids = [url.rstrip("/").split("/")[-1] for url in (scenario, other)]
    compare = f"{LIST}compare/?ids={ids[0]}&ids={ids[1]}"
    found = []
    for url in (LIST, scenario, f"{scenario}price/", f"{scenario}conflicts/", f"{scenario}after/", compare):
        page.goto(url)
        width = page.evaluate("document.documentElement.scrollWidth")
        found += [f"{url}: {fault}" for fault in faults(page)] + ([f"{url}: {width} px"] if width > 360 else [])
    assert found == []


def test_a_scenario_is_drawn_priced_approved_by_another_and_holds_from_its_day(sign_in: SignIn) -> None:
    page = sign_in("hr_lead", language="zh")
    stores, (wanted, meanwhile) = stores_and_places(page)
    home = places(page, stores)
    scenario, day = begin(page, "门店划转")
    link(page, "在架构图中打开")
    expect(page.locator(".draft-band")).to_contain_text("门店划转")
    page.goto(f"{page.url}&{WHOLE}")
    move_by_mouse(page, stores[0], wanted)
    drag_and_undo(page, stores[1], wanted)
    move_by_keyboard(page, stores[1], wanted)
    undo_and_redo(page, stores[1])
    assert faults(page) == []
    read_the_price(page)
    assert places(page, stores) == home, "the live organisation knows nothing of it"

    page.goto(f"{LIST}new/?copy_of={scenario.rstrip('/').split('/')[-1]}")
    press(page, "开始")
    copy = page.url
    page.goto(scenario)
    press(page, "提交审批")
    assert page.get_by_role("button", name="审批", exact=True).count() == 0, "nobody approves what is his own"
    move_live(page, stores[0], meanwhile, day)
    page.goto(scenario)
    settle(page, stores[0])

    executive = sign_in("executive", width=360)
    read_on_a_phone(executive, scenario, copy)
    executive.goto(scenario)
    press(executive, "Decide")
    press(executive, "Approve")
    expect(executive.locator(".toast--success")).to_contain_text("Approved")

    page.goto(scenario)
    press(page, "实施")
    page.locator("dialog[open]").get_by_role("button", name="实施", exact=True).click()
    expect(page.locator(".toast--success")).to_be_visible()
    assert places(page, stores) == home, "before its day nothing moves"
    assert places(page, stores, query=f"as_of={day}") == [wanted, wanted]
