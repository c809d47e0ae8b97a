"""Every page an owner can reach: both languages, phone width, without scripts, and by the rules of accessibility."""

from __future__ import annotations

import re
from collections import Counter, deque
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import resolve
from playwright.sync_api import APIRequestContext, Page, expect

from tests.e2e.conftest import SignIn, Stack

EACH = 2  # pages looked at of each route
MAIN_PAGES = (
    "/w/demo/",
    "/w/demo/organisation/",
    "/w/demo/organisation/units/BU1/",
    "/w/demo/organisation/people/E01002/",
    "/w/demo/roles/",
    "/w/demo/roles/user-ops/",
    "/w/demo/roles/user-ops/weights/",
    "/w/demo/stages/",
    "/w/demo/stages/units/BU1/",
    "/w/demo/stages/units/BU1/facts/A1/",
    "/w/demo/stages/units/BU2/questions/",
    "/w/demo/stages/method/",
    "/w/demo/stages/executive/",
    "/w/demo/stages/relations/",
    "/w/demo/kpis/",
    "/w/demo/kpis/sales_net/",
    "/w/demo/scorecards/",
    "/w/demo/scorecards/user-ops/",
    "/w/demo/scorecards/people/E01002/",
    "/w/demo/talent/",
    "/w/demo/talent/job-descriptions/user-ops/",
    "/w/demo/talent/competence/",
    "/w/demo/talent/headcount/",
    "/w/demo/talent/budget/",
    "/w/demo/talent/training/",
    "/w/demo/talent/pay/",
    "/w/demo/pay/plans/",
    "/w/demo/pay/plans/guide-composite/",
    "/w/demo/pay/plans/live-host/edit/",
    "/w/demo/pay/new-plan/",
    "/w/demo/pay/simulations/",
    "/w/demo/pay/runs/",
    "/w/demo/pay/disputes/",
    "/w/demo/pay/credit/",
    "/w/demo/pay/conflicts/",
    "/w/demo/pay/rivals/",
    "/w/demo/pay/shared/",
    "/w/demo/pay/ad-budget/",
    "/w/demo/pay/tasks/",
    "/w/demo/data/",
    "/w/demo/settings/members/",
)
LEFT_OVER = re.compile(r"%\(|\{\{|\{%|\bNone(?!-Match)\b(?! yet)|\bNaN\b|\bundefined\b")
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations"],
}


@dataclass
class Document(HTMLParser):
    """What a page says and where it leads."""

    lang: str = ""
    links: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    headings: int = 0
    silent: int = 0

    def __post_init__(self) -> None:
        """Start the parser."""
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note language, links, headings and attributes that are read out."""
        found = dict(attrs)
        self.lang = found.get("lang") or "" if tag == "html" else self.lang
        self.headings += tag == "h1"
        self.silent += tag in ("script", "style")
        if tag == "a" and found.get("href"):
            self.links.append(found["href"] or "")
        self.words += [found[name] or "" for name in ("title", "aria-label", "placeholder") if name in found]

    def handle_endtag(self, tag: str) -> None:
        """Leave what is not shown."""
        self.silent -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        """Keep what is shown."""
        if not self.silent:
            self.words.append(data)


def read(html: str) -> Document:
    """Parse a page."""
    document = Document()
    document.feed(html)
    return document


def follow(client: APIRequestContext, start: str, *, lang: str) -> tuple[list[str], Counter[str]]:
    """Open what can be reached from a page by links, a few of each route; return faults and pages by route."""
    faults, opened = [], Counter[str]()
    waiting, seen = deque([start]), {start}
    while waiting:
        url = waiting.popleft()
        route = resolve(urlsplit(url).path).view_name
        if opened[route] == EACH:
            continue
        opened[route] += 1
        answer = client.get(url, headers={"Accept-Language": lang})
        if answer.status != 200:
            faults.append(f"{url}: {answer.status}")
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        page = read(answer.text())
        left_over = [found[0] for word in page.words if (found := LEFT_OVER.search(word))]
        if (page.lang, page.headings, left_over) != (lang, 1, []):
            faults.append(f"{url}: lang {page.lang}, {page.headings} h1, {left_over}")
        for link in page.links:
            target = urljoin(url, link).split("#")[0]
            if urlsplit(target).netloc == "" and target not in seen:
                seen.add(target)
                waiting.append(target)
    return faults, opened


@pytest.mark.parametrize(("language", "lang"), [("zh", "zh-Hans"), ("en", "en")])
def test_every_page_that_links_lead_to_opens_in_the_readers_language(sign_in: SignIn, language: str, lang: str) -> None:
    page = sign_in("owner", language=language)
    faults, opened = follow(page.request, "/w/demo/", lang=lang)
    assert faults == []
    assert len(opened) >= 20, opened


def goto(page: Page, url: str) -> None:
    """Open a page and wait until its first chart is drawn."""
    page.goto(url)
    if page.locator(".chart").count():
        page.locator(".chart").first.scroll_into_view_if_needed()
        page.locator(".chart .main-svg").first.wait_for()
        page.evaluate("scrollTo(0, 0)")  # a table's sticky head would cover links, and axe would miss their size


@pytest.mark.parametrize(("language", "width"), [("zh", 1280), ("en", 360)])
def test_the_main_pages_keep_the_rules_of_accessibility_and_fit_the_screen(
    sign_in: SignIn, language: str, width: int
) -> None:
    page = sign_in("owner", language=language, width=width)
    faults = []
    for url in MAIN_PAGES:
        goto(page, url)
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            faults.append(f"{url}: {wide} px wide on a screen of {width} px")
        found = Axe().run(page, options=RULES).response["violations"]
        faults += [
            f"{url}: {rule['id']} {rule['nodes'][0]['html'][:160]}"
            for rule in found
            if rule["impact"] in ("serious", "critical")
        ]
    assert faults == []


def test_the_main_pages_work_without_scripts(sign_in: SignIn) -> None:
    page = sign_in("owner", width=360, javascript=False)
    for url in MAIN_PAGES:
        page.goto(url)
        heading = page.locator("main h1")
        expect(heading).to_be_visible()
        assert heading.inner_text() in page.title(), url
        assert len(page.locator("main .page__content").inner_text()) > 80, url
        assert [each for each in page.locator(".needs-js").all() if each.is_visible()] == [], url
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, url


def test_a_form_and_the_language_switch_work_without_scripts(stack: Stack, sign_in: SignIn) -> None:
    page = sign_in("owner", javascript=False)
    page.goto("/w/demo/kpis/")
    page.locator("main form input[type=search], main form input[name=q]").first.fill("repurchase")
    page.locator("main form button[type=submit]").first.click()
    expect(page.locator("main")).to_contain_text("Repurchase rate")
    expect(page.locator("main")).not_to_contain_text("Omnichannel net sales")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
