"""The engine by hand: from a score to the original cell, what counts, a review on a phone, customers at risk."""

from __future__ import annotations

import csv
import re
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Download, Locator, Page, expect
from python_calamine import CalamineWorkbook

from tests.e2e.conftest import SignIn, Stack
from tests.e2e.pages import PERIOD, number, press
from tests.e2e.test_door import faults_of_page, press_by_keyboard
from tests.e2e.test_pages import goto
from tests.e2e.test_weights import CARD, WEIGHTS, add, editor, total

GUIDE_CARD = "/w/demo/scorecards/people/E01004/"  # other walks load rows of E01002
SALES = "guide_store_sales"
RECALL, GIVES = "churn_recall_rate", "new_users"
EARLIER = "2026-09"
SEE = "Save the draft and see what would change"
CHURN_DAYS = "/w/demo/definitions/parameters/churn_days/"
JUDGED = "team_collaboration"
MEMBER = "select person_external_id from workspaces_membership where role = %s"
SCORES = "select reviewer_id, score from kpis_reviewtask order by reviewer_id"
MAIN_PAGES = (
    "kpis/churn_rate/explain/?period=2026-10",
    "kpis/sales_net/explain/rows/?period=2026-10&operand=0",
    "kpis/targets/",
    "definitions/",
    "definitions/sales_net/",
    "definitions/parameters/churn_days/",
    "scorecards/published/",
    "reviews/",
    "milestones/",
    "analyses/",
    "analyses/rfm/",
    "analyses/rfm/customers/",
    "alerts/",
    "alerts/rules/",
    "risks/",
)


# the words of a page's pictures that stand outside their picture, or upon each other
FAULTY_WORDS = """() => [...document.querySelectorAll("main [data-plot]")].flatMap((plot) => {
  const words = [...plot.querySelectorAll("svg text")].map((each) => [each.textContent, each.getBoundingClientRect()])
    .filter(([text, box]) => text.trim() && box.width > 0);
  const edge = plot.getBoundingClientRect();
  const cut = words.filter(([, box]) => box.left < edge.left - 3 || box.right > edge.right + 3);
  const shared = (a, b, from, to) => Math.min(a[to], b[to]) - Math.max(a[from], b[from]);
  const upon = words.filter(([, a], at) => words.slice(at + 1).some(([, b]) =>
    shared(a, b, "left", "right") > 3 && shared(a, b, "top", "bottom") > 4));
  return [...cut, ...upon].map(([text]) => text);
})"""


def exact(figure: Locator) -> Decimal:
    """Return the number behind the first figure in there, to the last digit that its unit has."""
    return number(figure.locator(".figure").first.get_attribute("title") or "")


def follow(page: Page, link: Locator, *, keyboard: bool) -> None:
    """Take one link, which is one click, or Tab and Enter."""
    if keyboard:
        press_by_keyboard(page, link)
    else:
        with page.expect_navigation():
            link.click()


def card_figure(page: Page, role: str, kpi: str) -> Decimal:
    """Return the exact value of a line of a card, whatever the language."""
    return exact(page.locator(f"#line-{role}-{kpi} td").first)


def kpi_figure(page: Page, kpi: str, scope: str = "company:", *, period: str = PERIOD) -> Decimal:
    """Return what the explanation says a figure is."""
    page.goto(f"/w/demo/kpis/{kpi}/explain/?period={period}&scope={scope}")
    return exact(page.locator(".why-value"))


def amounts_behind(page: Page) -> list[Decimal]:
    """Return what every row behind the operand adds, over all pages of the list; the first page is shown again."""
    first, found = page.url, []
    further = page.locator("a[rel=next]")
    while True:
        found += [number(cell.inner_text()) for cell in page.locator("[data-table=behind] tbody td.num.keep").all()]
        if not further.count():
            break
        page.goto(urljoin(page.url, further.get_attribute("href")))
    page.goto(first)
    return found


def original_line(stack: Stack, upload: str, line: int) -> dict[str, str]:
    """Return a line of an uploaded file as it was received, by the names of its columns."""
    ((path,),) = stack.sql("select path from kpis_upload where id = %s", upload)
    with Path(stack.env["DATA_ROOT"], path).open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file))
    return dict(zip(lines[0], lines[line - 1], strict=True))


@pytest.mark.parametrize(("language", "keyboard"), [("zh", True), ("en", False)])
def test_three_clicks_lead_from_a_score_to_the_original_cell_and_every_figure_agrees(
    stack: Stack, sign_in: SignIn, language: str, keyboard: bool
) -> None:
    stack.settle()
    page = sign_in("hr_lead", language=language)
    page.goto(f"{GUIDE_CARD}?period={PERIOD}")
    told = card_figure(page, "digital-guide", SALES)
    follow(page, page.locator(f"#line-digital-guide-{SALES} .card-line__why a"), keyboard=keyboard)
    sentence = page.locator(".prose").first
    expect(sentence).to_contain_text("导购门店销售额为" if language == "zh" else "Guide store sales is")
    assert exact(page.locator(".why-value")) == number(sentence.inner_text().split(PERIOD)[1]) == told
    follow(page, page.locator("#why-numbers tbody .button").first, keyboard=keyboard)
    rows = page.locator("[data-table=behind] tbody tr")
    total_row = number(page.locator("[data-table=behind] tfoot td.num.keep").inner_text())
    amounts = amounts_behind(page)
    assert total_row == sum(amounts) == told
    origin = rows.first.locator("td").last.inner_text()
    follow(page, rows.first.locator("th a"), keyboard=keyboard)
    cells = page.locator("details[open] .facts > div", has=page.locator("dt", has_text=re.compile("^net_amount$")))
    assert number(cells.locator("dd").inner_text()) == amounts[0]
    upload = page.locator("main a[href*='/data/uploads/']").first.get_attribute("href") or ""
    line = original_line(stack, upload.rstrip("/").rsplit("/", 1)[-1], int(re.findall(r"\d+", origin)[-1]))
    assert Decimal(line["net_amount"]) == amounts[0]
    assert line["order_id"] in page.locator("h1").inner_text()
    back = page.locator(f"#fed a[href*='/{SALES}/explain/'][href*='E01004']")
    expect(back).to_be_visible(timeout=30_000)
    assert exact(back) == told


def promised_by(page: Page, name: str) -> Decimal:
    """Return the figure of the company in the newest month that the preview of a draft tells for a KPI."""
    row = page.locator("#effect tbody tr", has=page.get_by_role("rowheader", name=name, exact=True)).first
    return number(row.locator("td").last.locator(".figure").last.get_attribute("title") or "")


def confirm(page: Page, opener: str, dialog: str) -> None:
    """Open a dialog that asks from when and why, and confirm it for the newest month."""
    press(page, opener)
    form = page.locator(f"#{dialog} form[method=post]")
    form.get_by_label("Why").fill("A season of silence is enough")
    form.locator("[name=effective_from]").fill(f"{PERIOD}-01")
    with page.expect_navigation():
        form.locator("button[type=submit]").click()


def test_weights_and_churn_days_do_what_their_previews_promised(stack: Stack, sign_in: SignIn) -> None:
    stack.settle()
    page = sign_in("hr_lead")
    page.goto(CARD)
    score = total(page)
    page.goto(WEIGHTS)
    add(page, RECALL, 5)
    add(page, GIVES, -5)
    editor(page).get_by_role("button", name="Try it").click()
    tried = page.locator("#preview-strong-department tr", has_text="Company")
    promised = number(tried.locator("[data-label='After']").inner_text())
    editor(page).get_by_role("button", name="Save and show the card").click()
    page.wait_for_url(f"**{CARD}")
    assert total(page) == promised != score
    before, earlier = kpi_figure(page, "churn_rate"), kpi_figure(page, "churn_rate", period=EARLIER)
    page.goto(CHURN_DAYS)
    page.get_by_label("Try another value").fill("ninety")
    page.get_by_label("Why optional").fill("A season of silence")
    press(page, SEE)
    expect(page.locator("#value-error")).to_be_visible()
    expect(page.get_by_label("Why optional")).to_have_value("A season of silence")
    page.get_by_label("Try another value").fill("90")
    press(page, SEE)
    expect(page.locator("#effect table").first).to_be_visible(timeout=60_000)
    churn, recall = promised_by(page, "Churn rate"), promised_by(page, "Churn recall rate")
    assert kpi_figure(page, "churn_rate") == before  # a preview writes nothing
    page.goto(CHURN_DAYS)
    confirm(page, "Publish…", "publish")
    stack.settle()
    assert kpi_figure(page, "churn_rate") == churn != before
    assert kpi_figure(page, "churn_rate", period=EARLIER) == earlier
    page.goto(CARD)
    assert card_figure(page, "user-ops", RECALL) == recall
    page.goto(CHURN_DAYS)
    confirm(page, "Back to the library…", "retire")
    stack.settle()
    assert kpi_figure(page, "churn_rate") == before


def judge(page: Page, score: int, evidence: str) -> None:
    """Judge the one person who is asked about, as the pages lead there."""
    page.goto("/w/demo/reviews/")
    page.locator(".review-due a").click()
    question = page.locator(".review-question")
    question.locator(f"input[type=radio][value='{score}']").check()
    question.locator("textarea").fill(evidence)
    question.locator("textarea").blur()
    expect(page.locator("#kept")).not_to_be_empty()
    page.reload()
    expect(question.locator("textarea")).to_have_value(evidence)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")
    assert faults_of_page(page) == []
    with page.expect_navigation():
        page.locator(".review-actions button[value=done]").click()


def open_round(page: Page) -> None:
    """Ask for judgements of one KPI in the newest month."""
    page.goto("/w/demo/reviews/")
    form = page.locator("main form", has=page.locator("#round-due"))
    form.locator("[name=due_on]").fill("2099-12-31")
    for box in form.locator("[name=kpis]").all():
        box.set_checked(box.get_attribute("value") == JUDGED)
    # only the newest months and quarters are proposed; in years to come the demo's is none of them
    form.locator("[name=period]").evaluate(
        "(select, month) => select.add(new Option(month, month, true, true))", PERIOD
    )
    with page.expect_navigation():
        form.locator("button[type=submit]").click()


def test_managers_review_on_a_phone_talk_it_through_and_sign_off_locks_it(stack: Stack, sign_in: SignIn) -> None:
    stack.settle()
    ((second,),) = stack.sql(MEMBER, "line_manager")
    hr = sign_in("hr_lead")
    open_round(hr)
    expect(hr.locator("main")).to_contain_text("Not ready to sign off")
    judged, first = stack.sql("select subject_id, reviewer_id from kpis_reviewtask")[0]
    hr.locator("#add-subject").fill(judged)
    hr.locator("#add-reviewer").fill(second)
    with hr.expect_navigation():
        hr.locator("main form", has=hr.locator("#add-reviewer")).locator("button").click()
    director = sign_in("executive", language="zh", width=360)
    judge(director, 5, "双十一预售带队跨三个部门，按期上线")
    judge(sign_in("line_manager", language="en", width=360), 3, "Two of five joint projects came late in October")
    hr.reload()
    expect(hr.locator("main")).to_contain_text("More than a point apart")
    expect(hr.get_by_role("button", name="Sign off")).to_have_count(0)
    hr.get_by_label("What came of the talk").fill("Both keep their score: they saw different projects")
    with hr.expect_navigation():
        hr.get_by_role("button", name="Keep", exact=True).click()
    with hr.expect_navigation():
        press(hr, "Sign off")
    signed = stack.sql(SCORES)
    assert signed == sorted([(first, 5), (second, 3)])
    director.goto(f"/w/demo/reviews/1/people/{judged}/")
    expect(director.locator("main")).to_contain_text("已签核并锁定")
    expect(director.locator(".review-actions")).to_have_count(0)
    director.evaluate(
        """() => {
          document.querySelector('fieldset').disabled = false;
          document.querySelector('.review-question input').click();
          document.querySelector('#review').submit();
        }"""
    )
    director.wait_for_url("**/mine/**")
    assert stack.sql(SCORES) == signed
    stack.settle()
    assert kpi_figure(hr, JUDGED, f"employee:{judged}") == 4


def sent(page: Page, kind: str) -> Download:
    """Take a list away as a file."""
    with page.expect_download() as download:
        page.locator(".table-tools a[download]", has_text=kind).click()
    return download.value


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_analyst_finds_the_customers_at_risk_and_takes_pseudonymous_ids_away(
    stack: Stack, sign_in: SignIn, language: str
) -> None:
    stack.settle()
    page = sign_in("analyst", language=language)
    page.locator(".rail a[href='/w/demo/analyses/']").click()
    page.locator(".analysis-card a[href*='/analyses/rfm/']").click()
    page.locator("main a[href*='/analyses/rfm/customers/']").first.click()
    told = page.locator(".page__content p.small").first
    found, listed, refused, erased = map(int, re.findall(r"\d+", told.inner_text().replace(",", ""))[:4])
    assert found == listed + refused + erased
    assert listed > 0
    rows = list(csv.reader(sent(page, "CSV").path().read_text("utf-8-sig").splitlines()))
    at_risk = "高价值预警" if language == "zh" else "Valuable and at risk"
    expect(page.locator("h1")).to_contain_text(at_risk)
    assert [len(row) for row in rows] == [len(rows[0])] * (1 + listed)
    ids = [row[0] for row in rows[1:]]
    assert [cell.inner_text() for cell in page.locator("tbody th code").all()] == ids[:50]
    assert len(set(ids)) == listed
    text = "\n".join(",".join(row) for row in rows[1:])
    assert re.search(r"1\d{10}|@", text) is None  # no phone number, no address
    assert {row[-1] for row in rows[1:]} == {"是" if language == "zh" else "yes"}  # who may be written to
    book = CalamineWorkbook.from_filelike(BytesIO(sent(page, "XLSX").path().read_bytes()))
    assert [row[0] for row in book.get_sheet_by_index(0).to_python()] == [rows[0][0], *ids]


@pytest.mark.parametrize(("language", "width"), [("zh", 360), ("en", 360), ("en", 1280)])
def test_the_engines_pages_keep_the_rules_of_accessibility_and_fit_the_screen(
    stack: Stack, sign_in: SignIn, language: str, width: int
) -> None:
    stack.settle()
    page = sign_in("hr_lead", language=language, width=width)
    faults = []
    for path in MAIN_PAGES:
        goto(page, f"/w/demo/{path}")
        faults += [f"{path}: {fault}" for fault in faults_of_page(page)]
        wide = page.evaluate("document.documentElement.scrollWidth")
        faults += [f"{path}: {wide} px wide"] if wide > width else []
    assert faults == []


@pytest.mark.parametrize(("language", "width"), [("zh", 360), ("en", 360), ("en", 1280)])
def test_no_word_of_a_picture_is_cut_or_lies_upon_another(
    stack: Stack, sign_in: SignIn, language: str, width: int
) -> None:
    stack.settle()
    page = sign_in("hr_lead", language=language, width=width)
    faults = {}
    for path in ("analyses/cohorts/", "analyses/balance/", "analyses/merchandise/", "kpis/sales_net/"):
        goto(page, f"/w/demo/{path}")
        for chart in page.locator("main [data-chart]").all():
            chart.scroll_into_view_if_needed()
            expect(chart).to_have_attribute("data-ready", "true")
        faults[path] = page.evaluate(FAULTY_WORDS)
    assert not any(faults.values()), faults


def test_units_of_a_kpi_are_sorted_in_place_and_the_way_back_leads_to_a_page_that_works(
    stack: Stack, sign_in: SignIn
) -> None:
    stack.settle()
    page = sign_in("analyst")
    goto(page, "/w/demo/kpis/sales_net/")
    rows, chart = page.locator("#units tbody tr"), page.locator("main [data-chart]").first
    in_tree = rows.first.inner_text()
    page.locator("#units").get_by_role("link", name="Value").click()
    expect(page.locator("#units th[aria-sort=ascending]")).to_have_count(1)
    assert page.url.endswith("sort=value")
    page.go_back()
    expect(page.locator("#units th[aria-sort]")).to_have_count(0)
    assert rows.first.inner_text() == in_tree
    expect(chart).to_have_attribute("data-ready", "true")
    rows.first.get_by_role("link").click()
    expect(page.locator("#why-body")).to_contain_text("Net sales")
