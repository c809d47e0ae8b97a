"""The HR lead changes what counts, in the browser, and sees what that does to the scores."""

from __future__ import annotations

from decimal import Decimal

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import SignIn, Stack
from tests.e2e.pages import fact, number

WEIGHTS = "/w/demo/roles/user-ops/weights/"
CARD = "/w/demo/scorecards/user-ops/"
GAINS, LOSES = "retention_rate", "new_users"
NEWEST_SET = (
    "select s.effective_from::text, s.note, u.email from kpis_weightset s"
    " join accounts_user u on u.id = s.created_by_id order by s.id desc limit 1"
)


def editor(page: Page) -> Locator:
    """Return the form of the stage that the demo's group has adopted."""
    return page.locator("#stage-strong-department")


def field(page: Page, kpi: str) -> Locator:
    """Return the field of a KPI's weight."""
    return page.locator(f"#weight-strong-department-{kpi}")


def add(page: Page, kpi: str, points: int) -> None:
    """Type a weight that is so much higher (or lower) than before."""
    field(page, kpi).fill(str(Decimal(field(page, kpi).input_value()) + points))


def line(page: Page, kpi: str) -> dict[str, Decimal]:
    """Return attainment, weight and points of a KPI on the scorecard."""
    row = page.locator(f"#line-user-ops-{kpi}")
    names = ("Attainment", "Weight", "Points")
    return {name: number(row.locator(f"[data-label='{name}']").inner_text()) for name in names}


def total(page: Page) -> Decimal:
    """Return the score in the foot of the card's lines."""
    return number(page.locator("tfoot [data-label='Points']").first.inner_text())


def test_new_weights_change_the_score_by_what_they_say(stack: Stack, sign_in: SignIn) -> None:
    stack.settle()
    page = sign_in("hr_lead")
    page.goto(CARD)
    before, revision = total(page), number(fact(page, "Revision"))
    lines = {kpi: line(page, kpi) for kpi in (GAINS, LOSES)}
    page.get_by_role("link", name="Weights", exact=True).click()
    sum_shown = editor(page).locator("[data-sum]")
    expect(sum_shown).to_have_text("100.00")
    add(page, LOSES, -6)
    expect(sum_shown).to_contain_text("94.00 (6.00 to go)")
    add(page, GAINS, 6)
    expect(sum_shown).to_have_text("100.00")
    editor(page).get_by_label("Why").fill("Keep whom we have")
    editor(page).get_by_role("button", name="Try it").click()
    tried = page.locator("#preview-strong-department tr", has_text="Company")
    expect(tried).to_be_visible()
    promised = number(tried.locator("[data-label='After']").inner_text())
    editor(page).get_by_role("button", name="Save and show the card").click()
    page.wait_for_url(f"**{CARD}")
    after = total(page)
    moved = (lines[GAINS]["Attainment"] - lines[LOSES]["Attainment"]) * 6 / 100
    assert abs(after - before - moved) <= Decimal("0.02")
    assert (after != before, promised) == (True, after)
    assert [line(page, kpi)["Weight"] - lines[kpi]["Weight"] for kpi in (GAINS, LOSES)] == [6, -6]
    assert number(fact(page, "Revision")) == revision + 1
    page.goto(WEIGHTS)
    effective_from, note, author = stack.sql(NEWEST_SET)[0]
    change = page.locator("table tr", has_text="Keep whom we have")
    expect(change).to_contain_text(author)
    expect(change.locator("[data-label='Counts from']")).to_contain_text("2026-10-01")
    assert (effective_from, note) == ("2026-10-01", "Keep whom we have")


@pytest.mark.parametrize("javascript", [True, False])
def test_weights_of_99_are_refused_with_what_is_wrong(stack: Stack, sign_in: SignIn, javascript: bool) -> None:
    page = sign_in("hr_lead", javascript=javascript)
    page.goto(WEIGHTS)
    saved = stack.sql("select count(*) from kpis_weightset")
    add(page, LOSES, -1)
    if javascript:
        expect(editor(page).locator("[data-sum]")).to_contain_text("99.00 (1.00 to go)")
        assert editor(page).evaluate("form => form.checkValidity()") is False
        editor(page).get_by_role("button", name="Try it").click()
    else:
        editor(page).get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("The weights add up to 99.00, not to 100.00.")
    assert stack.sql("select count(*) from kpis_weightset") == saved


def test_who_may_look_at_weights_may_not_change_them(sign_in: SignIn) -> None:
    page = sign_in("executive")
    page.goto(WEIGHTS)
    expect(page.locator("main")).to_contain_text("New users")
    assert page.locator("main input[type=number], main button[type=submit]").count() == 0
