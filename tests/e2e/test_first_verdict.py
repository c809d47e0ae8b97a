"""From the first sign-in to the first verdict: an empty workspace, one roster file, the questionnaire, few actions."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from pathlib import Path

import xlsxwriter
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import PASSWORD, Stack
from tests.e2e.pages import fact

MOST_ACTIONS = 40
OWNER = "owner@first.example"
ROSTER = {
    "org_units": (
        ("unit_id", "name", "level", "parent_id", "ownership"),
        ("HQ", "小满总部", "hq", "", "na"),
        ("MKT", "市场部", "department", "HQ", "na"),
        ("UO", "用户运营组", "department", "MKT", "na"),
        ("S1", "湖滨店", "store", "HQ", "franchise"),
    ),
    "employees": (
        ("employee_id", "display_name", "unit_id", "manager_id", "fill_mode", "fte", "hired_on"),
        ("E1", "总经理", "HQ", "", "internal", "1", "2024-01-01"),
        ("E2", "市场负责人", "MKT", "E1", "internal", "1", "2024-01-01"),
        ("E3", "牵头人", "UO", "E2", "internal", "1", "2024-01-01"),
        ("E4", "运营一", "UO", "E3", "internal", "1", "2024-01-01"),
        ("E5", "运营二", "UO", "E3", "internal", "1", "2024-01-01"),
    ),
    "role_assignments": (
        ("employee_id", "role_id", "unit_id", "share", "start_on"),
        ("E3", "omni-strategy", "UO", "0.6", "2024-01-01"),
        ("E3", "user-ops", "UO", "0.4", "2024-01-01"),
        ("E4", "user-ops", "UO", "1", "2024-01-01"),
        ("E5", "content-marketing", "UO", "0.8", "2024-01-01"),
        ("E5", "member-ops", "UO", "0.2", "2024-01-01"),
    ),
}
# What people say: section A's open questions, then what decides the sub-type. One key answers and goes on.
SAID = {"A4": "b", "A7": "b", "A8": "b", "A9": "b", "A10": "b", "A12": "b", "B1": "a", "B2": "a", "B3": "a", "B4": "a"}


@dataclass
class Walk:
    """A person at the page; every click, key, typed field and chosen file is one action."""

    page: Page
    actions: list[str] = field(default_factory=list)

    def did(self, what: str) -> None:
        self.actions.append(what)

    def click(self, name: str, role: str = "button") -> None:
        self.did(f"click {name}")
        self.page.get_by_role(role, name=re.compile(name)).first.click()  # type: ignore[arg-type]

    def type(self, selector: str, text: str) -> None:
        self.did(f"type into {selector}")
        self.page.fill(selector, text)

    def press(self, key: str) -> None:
        self.did(f"press {key}")
        self.page.keyboard.press(key)

    def choose(self, selector: str, path: Path) -> None:
        self.did(f"choose {path.name}")
        self.page.set_input_files(selector, path)


def roster(path: Path) -> Path:
    """Write the roster as one workbook, a sheet per table."""
    with xlsxwriter.Workbook(path) as book:
        for name, rows in ROSTER.items():
            sheet = book.add_worksheet(name)
            for line, row in enumerate(rows):
                sheet.write_row(line, 0, row)
    return path


def load(walk: Walk) -> None:
    """Load the open upload once it has been checked."""
    expect(walk.page.locator("#upload-progress:not([hx-get])")).to_be_visible(timeout=60_000)
    walk.click(r"^Load \d+ rows")
    expect(walk.page.get_by_text("Loaded: these rows count now")).to_be_visible(timeout=60_000)


def make_owner(stack: Stack) -> None:
    """Make the empty workspace; its owner has set the password already."""
    stack.manage("create_workspace", "first", "小满茶饮", OWNER)
    script = f"from omnichannel.accounts.models import User; u=User.objects.get(email='{OWNER}'); "
    stack.manage("shell", "-c", script + f"u.set_password('{PASSWORD}'); u.save()")


def test_a_roster_and_the_questionnaire_give_the_first_verdict_within_forty_actions(
    stack: Stack, browser: Browser, tmp_path: Path
) -> None:
    make_owner(stack)
    file = roster(tmp_path / "roster.xlsx")
    context = browser.new_context(base_url=stack.url, locale="en-US", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(30_000)
    page = context.new_page()
    walk, begun = Walk(page), time.monotonic()
    page.goto("/accounts/login/")
    walk.type("input[name=login]", OWNER)
    walk.type("input[name=password]", PASSWORD)
    walk.press("Enter")
    page.wait_for_url("**/w/first/**")
    walk.click("^Data$", "link")
    walk.choose("#drop-files", file)
    walk.click("Upload and check")
    load(walk)
    walk.click("Take these sheets too")
    page.wait_for_url("**/w/first/data/**")
    for sheet in ("employees", "role_assignments"):
        if "/uploads/" in page.url:
            walk.click("^Data$", "link")
        walk.did(f"open {sheet}")
        page.locator("a.upload-card__name", has_text=sheet).first.click()
        load(walk)
    walk.click("^Stages$", "link")
    walk.click("小满总部", "link")
    walk.click("Answer the questions", "link")
    while page.locator("[data-questionnaire]").count():
        asked = page.locator("input[name=question]").get_attribute("value") or ""
        if asked not in SAID:
            break
        walk.press(SAID[asked])
        page.wait_for_function("(was) => document.querySelector('input[name=question]')?.value !== was", arg=asked)
    walk.click("See the verdict", "link")
    assert fact(page, "Stage").startswith("Strong-department")
    assert fact(page, "Sub-type") == "Market-led"
    spent = time.monotonic() - begun
    print(f"first verdict: {len(walk.actions)} actions, {spent:.1f} s")
    assert len(walk.actions) <= MOST_ACTIONS, walk.actions
    context.close()
