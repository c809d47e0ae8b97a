"""Every talent page on a phone: HR finds each by links, a guide her own."""

from __future__ import annotations

from collections import deque
from urllib.parse import urljoin, urlsplit

from django.urls import resolve
from playwright.sync_api import Page, expect

from omnichannel.workspaces.permissions import authorisation_table
from talent.urls import urlpatterns
from tests.e2e.conftest import SignIn
from tests.e2e.test_chart import faults
from tests.e2e.test_pages import goto
from tests.e2e.test_talent import GUIDE, seen

START = ("/w/demo/roles/", "/w/demo/talent/", "/w/demo/stages/coverage/")
BESIDE = {
    "roles:talent_map",
    "roles:titles",
    "roles:role",
    "roles:role_library",
    "roles:person",
    "orgstages:coverage",
}
PARTS = {
    "talent:person_pools",
    "talent:person_training",
    "talent:training_outcome",
}  # of the person's page; a way on
NEEDS_A_WALK = {
    "talent:jd_compare",
    "talent:headcount_plan_edit",
}  # looked at there: a second version, a draft


def pages_of_talent() -> set[str]:
    """Return the routes that show a page: no file, no write alone, no part of another page."""
    table = authorisation_table()
    routes = {f"talent:{each.name}" for each in urlpatterns if "." not in str(each.pattern)}
    return {route for route in routes if "GET" in table[route]} - PARTS


def links(page: Page) -> list[str]:
    """Return where a page leads to within the workspace, files left out."""
    found = page.locator("main a[href]:not([download])").evaluate_all(
        "(all) => all.map((one) => one.getAttribute('href'))"
    )
    urls = [urljoin(page.url, link).split("#")[0] for link in found]
    return [
        url
        for url in urls
        if urlsplit(url).path.startswith("/w/demo/") and urlsplit(url).netloc == urlsplit(page.url).netloc
    ]


def test_every_page_of_talent_is_found_by_links_fits_a_phone_and_has_no_fault_that_counts(
    sign_in: SignIn,
) -> None:
    page = sign_in("hr_lead", width=360)
    wanted = pages_of_talent() | BESIDE
    opened, wrong, waiting = set[str](), list[str](), deque(START)
    while waiting:
        url = waiting.popleft()
        path = urlsplit(urljoin(page.url, url)).path
        route = resolve(path).view_name
        if route not in wanted - opened or "." in path:
            continue
        opened.add(route)
        goto(page, url)
        expect(page.locator("[hx-trigger=load].htmx-request")).to_have_count(0)
        width = page.evaluate("document.documentElement.scrollWidth")
        wrong += [f"{url}: {fault}" for fault in faults(page)] + ([f"{url}: {width} px"] if width > 360 else [])
        waiting += links(page)
    assert wrong == []
    assert wanted - opened <= NEEDS_A_WALK


def test_a_guide_sees_the_own_competence_and_training_on_a_phone(
    sign_in: SignIn,
) -> None:
    page = sign_in("guide", language="zh", width=360)
    page.locator(".bottom-bar__more summary").click()
    page.locator(".bottom-bar a[href='/w/demo/talent/']").click()
    page.wait_for_url(f"**/people/{GUIDE}/competence/**")
    wrong: list[str] = []
    for url in (
        page.url,
        "/w/demo/talent/training/mine/",
        "/w/demo/talent/training/certificates/",
    ):
        page.goto(url)
        seen(page, wrong)
        width = page.evaluate("document.documentElement.scrollWidth")
        wrong += [f"{url}: {width} px"] if width > 360 else []
        people = {part for href in links(page) if (part := href.partition("/people/")[2].split("/")[0])}
        assert people <= {GUIDE}, url
    assert wrong == []
    assert page.request.get(f"/w/demo/talent/people/{GUIDE.replace('2', '3')}/competence/").status == 404
    for path in (
        "job-descriptions/",
        "headcount/",
        "pay/",
        "people/E01002/pools/",
        "training/plans/",
    ):
        assert page.request.get(f"/w/demo/talent/{path}").status == 403, path
