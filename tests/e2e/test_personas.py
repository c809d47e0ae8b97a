"""What each of the demo's people can reach: their own, and every link that they are shown."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from omnichannel.workspaces.choices import MemberRole
from tests.e2e.conftest import SignIn
from tests.e2e.pages import PERIOD, by_rail

OWN_CARD = "/w/demo/scorecards/people/E01002/"
COMMON = {
    "Overview",
    "Organisation",
    "Roles",
    "Talent",
    "Stages",
    "KPIs",
    "Scorecards",
    "Analyses",
    "Alerts",
    "Incentives",
}
RAILS = {
    "owner": {*COMMON, "Data", "Settings"},
    "hr_lead": {*COMMON, "Data", "Settings"},
    "executive": {*COMMON, "Data"},
    "analyst": {*COMMON, "Data", "Settings"},
    "line_manager": COMMON,
    "guide": {"My day", "My customers", "Roles", "Talent", "KPIs", "Scorecards", "Incentives"},
}


@pytest.mark.parametrize("persona", list(MemberRole.values))
def test_every_link_of_the_rail_opens(sign_in: SignIn, persona: str) -> None:
    page = sign_in(persona)
    # a badge may stand behind the name
    links = {link.get_attribute("title") for link in page.locator(".rail__list a").all()}
    assert links == RAILS[persona]
    for name in links:
        page.locator(f".rail__list a[title='{name}']").click()
        expect(page.locator("main h1")).not_to_be_empty()
        assert page.evaluate("performance.getEntriesByType('navigation')[0].responseStatus") == 200, name


def test_a_guide_on_a_phone_sees_her_own_scorecard_and_no_other(sign_in: SignIn) -> None:
    page = sign_in("guide", language="zh", width=360)
    page.locator(".bottom-bar summary").click()
    page.locator(".bottom-bar a[href='/w/demo/scorecards/']").click()
    page.wait_for_url(f"**{OWN_CARD}")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(page.locator("#line-digital-guide-guide_store_sales")).to_be_visible()
    assert page.locator("main").evaluate("main => main.ownerDocument.documentElement.scrollWidth") <= 360
    people = {link.get_attribute("href") for link in page.locator("a[href*='/people/']").all()}
    assert {href.partition("/people/")[2].split("/")[0] for href in people if href} == {"E01002"}
    foreign, invented = (page.request.get(OWN_CARD.replace("E01002", who)) for who in ("E01003", "NOBODY"))
    assert (foreign.status, invented.status) == (404, 404)
    for path in ("/w/demo/organisation/", "/w/demo/stages/", "/w/demo/data/", "/w/demo/scorecards/digital-guide/"):
        assert page.request.get(path).status == 403, path


def test_a_line_manager_sees_the_own_region_only(sign_in: SignIn) -> None:
    page = sign_in("line_manager")
    by_rail(page, "Organisation")
    expect(page.locator("main")).to_contain_text("上海静安店")
    for foreign in ("云裳集团", "华南大区", "广州天河店", "小芽"):
        expect(page.locator("main")).not_to_contain_text(foreign)
    by_rail(page, "Scorecards")
    expect(page.locator("main")).not_to_contain_text("华南大区")
    own = {"S0101": 200, "R01": 200, "S0201": 404, "G": 404, "NOWHERE": 404}
    for unit, status in own.items():
        assert page.request.get(f"/w/demo/organisation/units/{unit}/").status == status, unit
        assert page.request.get(f"/w/demo/scorecards/digital-guide/?period={PERIOD}&unit={unit}").status == status, unit
    assert page.request.get(OWN_CARD).status == 200
    assert page.request.get(OWN_CARD.replace("E01002", "E00001")).status == 404
