"""An executive sees at which stage a unit is, fact by fact, and nothing that is not hers to see."""

from __future__ import annotations

from decimal import Decimal

from playwright.sync_api import expect

from orgstages.catalogue import load_stages
from tests.e2e.conftest import SignIn
from tests.e2e.pages import by_rail, fact, number, press
from tests.orgstages.blind import recompute

AUTOMATIC = [question for question in load_stages().questions.values() if question.auto]
PEOPLE_ONLY = (
    "/w/demo/organisation/people/",
    "/w/demo/organisation/people/E01002/",
    "/w/demo/scorecards/people/E01002/",
    "/api/v1/workspaces/demo/people/",
    "/api/v1/workspaces/demo/people/E01002/",
    "/api/v1/workspaces/demo/assignments/",
    "/w/demo/data/",
    "/w/demo/settings/members/",
)


def test_every_automatic_question_shows_its_fact_and_the_shares_make_the_verdict(sign_in: SignIn) -> None:
    page = sign_in("executive")
    by_rail(page, "Stages")
    page.get_by_role("link", name="兰溪女装事业部").first.click()
    assert len(AUTOMATIC) >= 10
    for question in AUTOMATIC:
        row = page.locator(f"tr#{question.id}")
        told = row.locator("[data-label='Measured'] span").first.inner_text()
        assert len(told) > 20, (question.id, told)
        rule = row.locator("[data-label='Measured'] details")
        rule.locator("summary").click()
        assert question.auto is not None
        expect(rule).to_contain_text(question.auto.formula.en)
    shares = page.locator("table", has_text="Share of each stage").locator("tbody tr")
    percents = {row.locator("th").inner_text(): number(row.locator(".num").inner_text()) for row in shares.all()}
    assert len(percents) == 3
    assert abs(sum(percents.values()) - 100) <= Decimal("0.2")
    winner = max(percents, key=lambda name: percents[name])
    assert fact(page, "Stage").startswith(winner)
    ordered = sorted(percents.values(), reverse=True)
    assert abs(number(fact(page, "Confidence")) - (ordered[0] - ordered[1])) <= Decimal("0.2")


def test_the_fact_of_a_question_leads_to_its_source(sign_in: SignIn) -> None:
    page = sign_in("executive")
    page.goto("/w/demo/stages/units/BU1/")
    links = [link.get_attribute("href") for link in page.get_by_role("link", name="Show the rows").all()]
    assert len(links) >= 5
    assert {page.request.get(link or "").status for link in dict.fromkeys(links)} == {200}


def test_a_blind_script_works_out_every_verdict_of_the_demo_again(sign_in: SignIn) -> None:
    page = sign_in("executive")
    rules = page.request.get("/w/demo/stages/method.json").json()
    units = [each["unit_external_id"] for each in page.request.get("/api/v1/workspaces/demo/diagnoses/").json()]
    assert len(units) >= 3
    for unit in units:
        found = recompute(rules, page.request.get(f"/w/demo/stages/units/{unit}/diagnosis.json").json())
        assert found.differences == []
        assert found.compared >= 90


def test_an_executive_answers_a_question_and_the_verdict_counts_it(sign_in: SignIn) -> None:
    page = sign_in("executive")
    page.goto("/w/demo/stages/units/BU2/")
    answered = number(fact(page, "Answered"))
    row = page.locator("tr#A4")
    row.locator("summary", has_text="Give an answer").click()
    row.locator("select, input[type=radio]").first.wait_for()
    chosen = row.locator("select option").nth(1)
    row.locator("select").select_option(value=chosen.get_attribute("value"))
    row.get_by_role("button", name="Keep the answer").click()
    expect(page.locator("tr#A4 [data-label='Answer']")).to_contain_text("executive@demo.example")
    assert number(fact(page, "Answered")) == answered + 2


def test_an_executive_cannot_open_persons_pay_or_scorecards_and_is_offered_none(sign_in: SignIn) -> None:
    page = sign_in("executive")
    assert {path: page.request.get(path).status for path in PEOPLE_ONLY} == dict.fromkeys(PEOPLE_ONLY, 403)
    for place in (
        "/w/demo/",
        "/w/demo/organisation/units/S0101/",
        "/w/demo/scorecards/",
        "/w/demo/roles/digital-guide/",
    ):
        page.goto(place)
        assert page.locator("a[href*='/people/']").count() == 0, place


def test_the_verdicts_of_a_unit_are_a_line_that_a_phone_holds(sign_in: SignIn) -> None:
    page = sign_in("executive", width=360)
    for day in ("2026-03-31", "2026-06-30"):
        page.goto(f"/w/demo/stages/units/BU1-UC/?as_of={day}")
        press(page, "Record the verdict")
        expect(page.locator(".toast").first).to_contain_text("revision 1")
    page.goto("/w/demo/stages/units/BU1-UC/")
    lanes = page.locator(".verdict-line__name")
    expect(lanes).to_have_text(["First-level-department stage", "Strong-department stage", "Project stage"])
    assert page.locator(".verdict-line__dot").count() == 3, "two recorded and today's"
    assert page.evaluate("document.documentElement.scrollWidth") == 360
