"""The HR lead's week: from the map to a role, its paper, the gap, the plan of posts, the course and the certificate."""

from __future__ import annotations

import re
from pathlib import Path
from zipfile import ZipFile

from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import SignIn, Stack
from tests.e2e.pages import PERIOD, by_rail, fact, number, press
from tests.e2e.test_chart import faults

GUIDE, PROGRAMME = "E01002", "operator-training"
GROWTH = "input[name='units/0/drivers/stores/growth']"


def link(page: Page | Locator, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).first.click()


def tab(page: Page, name: str) -> None:
    page.locator(".tabs").get_by_role("link", name=name, exact=True).click()


def download(page: Page, name: str) -> Path:
    """Take a file by its link; return where it lies."""
    with page.expect_download() as coming:
        link(page, name)
    return Path(coming.value.path())


def words_of(paper: Path) -> str:
    """Return what a DOCX says."""
    with ZipFile(paper) as parts:
        return re.sub("<[^>]+>", "", parts.read("word/document.xml").decode())


def seen(page: Page, found: list[str]) -> None:
    """Note what axe calls serious on the page as it stands."""
    found += [f"{page.url}: {fault}" for fault in faults(page)]


def grows(posts: str) -> bool:
    """Tell whether the posts of the last month are more than those of the first: `12.5 → 19.0 FTE`."""
    first, last = (number(part) for part in posts.split("→"))
    return last > first > 0


def find_the_role(page: Page) -> None:
    by_rail(page, "岗位")
    page.locator(".talent a[data-role]").first.hover()
    expect(page.locator("#talent-said li").first).to_be_visible()
    page.get_by_label("按任意职位名称搜索").fill("shequnyunying")
    press(page, "查看")
    rows = page.locator("[data-table=roles] tbody tr")
    expect(rows.first).to_be_visible()
    rows.first.locator("th a").click()
    expect(page.get_by_role("heading", name="职责")).to_be_visible()


def write_the_paper(page: Page, found: list[str]) -> None:
    """Keep two versions of a job description, compare them, issue it and take it along."""
    link(page, "岗位说明书")
    page.get_by_label("职级", exact=True).select_option("director")
    page.wait_for_url("**level=director**")
    for duty in ("每周复盘一次社群。", "每月向总部汇报一次。"):
        page.get_by_role("main").get_by_role("link", name=re.compile("^(撰写|编辑)$")).first.click()
        first = page.locator("details.jd-edit").first
        first.locator("summary").click()
        text = first.locator("textarea")
        text.fill(f"{text.input_value()}\n\n{duty}")
        seen(page, found)
        press(page, "保存为新版本")
        expect(page.locator(".jd-paper")).to_contain_text(duty)
    press(page, "发布")
    expect(page.locator(".jd-versions [aria-current] .tag--good")).to_be_visible()
    page.locator("summary", has_text="导出").click()
    paper = words_of(download(page, "DOCX"))
    heading = page.locator("h1").inner_text()
    assert "每周复盘一次社群。" in paper
    assert heading in paper
    expect(page.locator("details.menu[open]")).to_have_count(0)
    page.locator(".jd-versions a[href*='/compare/']").first.click()
    expect(page.locator("main")).to_contain_text("每月向总部汇报一次。")
    seen(page, found)


def fill_a_gap(page: Page, found: list[str]) -> None:
    """Click a red cell of the coverage map, give the role to the one suggested first, and take it back."""
    by_rail(page, "阶段")
    tab(page, "岗位覆盖")
    red = page.locator("td.cover--core:has(a[data-sheet])").first
    place = str(red.get_attribute("title")).split(":")[0]
    red.locator("a").click()
    sheet = page.locator("#org-sheet")
    sheet.locator("input[name=person]").first.check()
    seen(page, found)
    press(page, "任命")
    toast = page.locator(".toast--success")
    expect(toast.or_(sheet.get_by_role("button", name="仍然保存"))).to_be_visible()
    if sheet.is_visible():
        press(page, "仍然保存")
    expect(toast).to_contain_text("已补岗")
    cell = page.locator(f"td.heat[title^='{place}:']")
    expect(cell).not_to_have_class(re.compile("cover--core"))
    press(page, "撤销")
    expect(cell).to_have_class(re.compile("cover--core"))


def plan_the_posts(page: Page, found: list[str]) -> None:
    """Draft a plan, let a driver grow, and read more posts at the end than at the beginning."""
    by_rail(page, "人才")
    tab(page, "编制")
    link(page, "方案")
    link(page, "新建方案")
    page.get_by_label("名称").fill("门店扩张")
    page.get_by_label("组织单元").select_option("BU1")
    press(page, "生成草稿")
    seen(page, found)
    page.locator(".tabs a[href$='part=0']").click()
    page.locator(GROWTH).fill("10")
    page.get_by_role("button", name="保存", exact=True).first.click()
    expect(page.locator(".toast--success")).to_be_visible()
    seen(page, found)
    link(page, "查看方案")
    assert grows(fact(page, "首月与末月编制"))
    assert download(page, "带公式的 XLSX").read_bytes()[:2] == b"PK"
    seen(page, found)


def hold_a_course(page: Page, found: list[str]) -> None:
    """Compute who needs a certificate, hold the course, keep attendance and exam, and check the number issued."""
    by_rail(page, "人才")
    tab(page, "培训")
    tab(page, "培训计划")
    press(page, "计算计划")
    page.get_by_label("培训项目").first.select_option(PROGRAMME)
    press(page, "查看")
    seen(page, found)
    person = page.locator("[data-table=training-plan] tbody th a").first
    name, who = (
        person.inner_text(),
        str(person.get_attribute("href")).rstrip("/").split("/")[-1],
    )

    tab(page, "班次")
    link(page, "计划班次")
    page.get_by_label("培训项目").select_option(PROGRAMME)
    page.get_by_label("主办组织").select_option("BU1")
    page.get_by_label("日期").fill(f"{PERIOD}-20, {PERIOD}-21")
    for label, text in (
        ("讲师", "培训赋能组"),
        ("地点或链接", "总部 3 楼"),
        ("名额", "12"),
    ):
        page.get_by_label(label).fill(text)
    press(page, "保存")
    page.get_by_label("人员").fill(who)
    press(page, "报名")
    row = page.locator("#grid tbody tr", has_text=name)
    for day in row.get_by_role("checkbox").all():
        day.check()
    row.get_by_role("textbox").fill("88")
    press(page, "保存成绩")
    number_link = page.locator("#grid tbody tr", has_text=name).locator("td").last.get_by_role("link")
    certificate = number_link.inner_text()
    seen(page, found)

    tab(page, "证书")
    page.locator("#check-number").fill(certificate)
    press(page, "核验")
    expect(page.locator("main .facts .tag--good")).to_have_text("有效")
    expect(page.locator("main .facts")).to_contain_text(name)
    seen(page, found)


def test_the_week_by_mouse_in_chinese(sign_in: SignIn, stack: Stack) -> None:
    page, found = sign_in("hr_lead", language="zh"), list[str]()
    find_the_role(page)
    write_the_paper(page, found)
    fill_a_gap(page, found)
    plan_the_posts(page, found)
    hold_a_course(page, found)
    stack.settle()
    assert found == []


def reach(page: Page, wanted: Locator, *, most: int = 400) -> None:
    """Press Tab until the focus is there."""
    for _ in range(most):
        if wanted.evaluate("(one) => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no way by Tab to {wanted}")


def type_at(page: Page, label: str, text: str) -> None:
    reach(page, page.get_by_label(label, exact=True).first)
    page.keyboard.type(text)


def enter_at(page: Page, wanted: Locator) -> None:
    reach(page, wanted)
    page.keyboard.press("Enter")


def paper_by_keyboard(page: Page) -> None:
    page.goto("/w/demo/roles/")
    type_at(page, "Search by any job title", "CRM manager")
    page.keyboard.press("Enter")
    expect(page.locator("main [role=status]").first).to_contain_text("go by “CRM manager”")
    enter_at(page, page.locator("[data-table=roles] tbody th a").first)
    expect(page.get_by_role("heading", name="Duties")).to_be_visible()
    enter_at(page, page.get_by_role("link", name="Job description", exact=True))
    expect(page.locator(".jd-paper")).to_be_visible()
    enter_at(page, page.locator("summary", has_text="Export"))
    reach(page, page.get_by_role("link", name="DOCX", exact=True))
    with page.expect_download() as coming:
        page.keyboard.press("Enter")
    assert page.locator("h1").inner_text() in words_of(Path(coming.value.path()))


def gap_by_keyboard(page: Page) -> None:
    """Fill the first gap, and take it back with the word that tells of it."""
    page.goto("/w/demo/stages/coverage/")
    reds = page.locator("td.cover--core")
    before = reds.count()
    enter_at(page, page.locator(".cover-gaps a[data-sheet]").first)
    sheet, told = page.locator("#org-sheet"), page.locator(".toast--success")
    expect(sheet.locator("input[name=person]").first).to_be_focused()
    page.keyboard.press("Space")
    enter_at(page, sheet.get_by_role("button", name="Give the role"))
    again = sheet.get_by_role("button", name="Save all the same")
    expect(told.or_(again)).to_be_visible()
    if again.is_visible():
        enter_at(page, again)
    expect(told).to_contain_text("Filled:")
    assert reds.count() < before
    enter_at(page, told.get_by_role("button", name="Undo"))
    expect(reds).to_have_count(before)


def plan_by_keyboard(page: Page) -> None:
    page.goto("/w/demo/talent/headcount/plans/new/")
    type_at(page, "Name", "More stores")
    reach(page, page.get_by_label("Units", exact=True))
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    enter_at(page, page.get_by_role("button", name="Make the draft"))
    expect(page.get_by_role("heading", level=1, name="Edit More stores")).to_be_visible()
    enter_at(page, page.locator(".tabs a[href$='part=0']"))
    reach(page, page.locator(GROWTH))
    page.keyboard.type("10")
    page.keyboard.press("Enter")
    expect(page.locator(".toast--success")).to_contain_text("The plan is kept")
    enter_at(page, page.get_by_role("link", name="Show the plan"))
    assert grows(fact(page, "Posts, first and last month"))
    legend_lies_on_its_plot(page.locator("figure.chart").first)


def legend_lies_on_its_plot(chart: Locator) -> None:
    """Fail where plotly's upper layer has fallen below the plot, which cuts legend and hover labels off."""
    chart.scroll_into_view_if_needed()
    expect(chart).to_have_attribute("data-ready", "true")
    legend, plot = chart.locator(".legend").bounding_box(), chart.locator("[data-plot]").bounding_box()
    assert legend is not None
    assert plot is not None
    assert plot["y"] <= legend["y"] < legend["y"] + legend["height"] <= plot["y"] + plot["height"]


def course_by_keyboard(page: Page) -> None:
    page.goto("/w/demo/talent/training/courses/new/")
    type_at(page, "Programme", "Frontline")
    reach(page, page.get_by_label("Held for"))
    page.keyboard.press("Home")
    for label, text in (
        ("Days", f"{PERIOD}-26"),
        ("Trainer", "Training team"),
        ("Place or link", "HQ"),
        ("Course seats", "12"),
    ):
        type_at(page, label, text)
    page.keyboard.press("Enter")
    type_at(page, "People", GUIDE)
    enter_at(page, page.get_by_role("button", name="Enrol", exact=True))
    row = page.locator("#grid tbody tr")
    reach(page, row.get_by_role("checkbox"))
    page.keyboard.press("Space")
    reach(page, row.get_by_role("textbox"))
    page.keyboard.type("91")
    page.keyboard.press("Enter")
    enter_at(page, row.locator("td").last.get_by_role("link"))
    expect(page.locator("main .facts .tag--good")).to_have_text("valid")


def test_the_main_steps_by_keyboard_alone_in_english(sign_in: SignIn, stack: Stack) -> None:
    page = sign_in("hr_lead")
    paper_by_keyboard(page)
    gap_by_keyboard(page)
    plan_by_keyboard(page)
    course_by_keyboard(page)
    stack.settle()
