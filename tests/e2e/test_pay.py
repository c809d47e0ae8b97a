"""Pay from sentence to receipt: HR designs and tries a plan, two people run a month, a guide reads and disputes."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import SignIn, Stack
from tests.e2e.pages import PERIOD, by_rail, number
from tests.e2e.test_chart import faults

READY, DRAFT, PAY = "live-host", "live-host-2", "/w/demo/pay/"  # the demo has a draft of the ready plan's own name
HOLDS_FROM, UNIT = "2026-12-01", "BU1"  # the whole company's guides have a plan already
GRANTED = "8.40"


def seen(page: Page, found: list[str]) -> None:
    """Note what axe calls serious on the page as it stands."""
    found += [f"{page.url}: {fault}" for fault in faults(page)]


def check_sentences(page: Page, words: str) -> None:
    page.locator("#plan-sentences").fill(words)
    page.locator("#face-sentences button[value=sentences]").click()


def design(page: Page, found: list[str]) -> None:
    """Begin with a ready plan and change a rate in its sentence. All that is wrong is told at once, at its line."""
    by_rail(page, "激励")
    page.locator(f"a[href$='/pay/new-plan/?template={READY}']").click()
    said = page.locator("#plan-sentences").input_value()
    assert "6%" in said or "6 %" in said, said
    check_sentences(page, said + "\n直播：随便发一点。\n奖金：固定 80 元；不少于 90 元；不超过 50 元。")
    told = page.locator("#plan-sentences-told")
    expect(told).to_contain_text("第 4 行")
    expect(told).to_contain_text("第 5 行")
    seen(page, found)
    check_sentences(page, re.sub(r"6( ?)%", r"7\1%", said, count=1))
    expect(page.locator("#plan-text")).to_have_value(re.compile(r"0\.07"))
    expect(page.locator("#face-form input[value='7']").first).to_be_visible()
    page.locator("#plan-unit").evaluate("(here, unit) => { here.value = unit }", UNIT)
    page.locator("#plan > .panel button[type=submit], #plan .form-actions button[type=submit]").last.click()
    page.wait_for_url(f"**/pay/plans/{DRAFT}/")
    expect(page.locator(".plan-says")).to_contain_text("7")


def simulate(page: Page, found: list[str]) -> None:
    page.locator("a[href*='/pay/simulations/?plan=']").click()
    page.locator("[name=months]").fill("2")
    page.locator("main form[method=post] button[type=submit]").first.click()
    page.wait_for_url(re.compile(r"/pay/simulations/\d+/"))
    expect(page.locator("main table").first).to_be_visible(timeout=90_000)
    seen(page, found)


def ask_and_approve(hr: Page, owner: Page, found: list[str]) -> None:
    """HR submits with a day and cannot approve what HR made; the owner, in English, sees the difference and does."""
    hr.goto(f"{PAY}plans/{DRAFT}/")
    form = hr.locator("form:has([name=action][value=submit])")
    form.locator("input[type=date]").fill(HOLDS_FROM)
    form.locator("button[type=submit]").click()
    expect(hr.locator("[name=action][value=approve]")).to_have_count(0)
    owner.goto(f"{PAY}plans/{DRAFT}/")
    expect(owner.locator("#difference")).to_contain_text("7")
    seen(owner, found)
    owner.get_by_role("button", name="Approve", exact=True).click()
    expect(owner.locator("[name=action][value=approve]")).to_have_count(0)
    expect(owner.locator("main")).to_contain_text(HOLDS_FROM)


def dispute(guide: Page, paper: Path, found: list[str]) -> str:
    """Read the newest closed month on a phone, open a line to its rows, dispute it; return the dispute's address."""
    guide.goto(PAY)
    seen(guide, found)
    receipt = guide.locator(".receipt").first
    expect(receipt.locator(".receipt__sum")).to_contain_text("¥")
    opened = receipt.locator("details.receipt__open").first
    opened.locator("summary").click()
    expect(opened.locator("table").first).to_be_visible()
    assert guide.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    receipt.locator("a[href*='/disputes/new/']").last.click()
    guide.locator("[name=reason]").select_option("missing")
    guide.locator("[name=text]").fill("三号那天有一单没有算。")
    guide.locator("[name=asked]").fill("16.80")
    guide.locator("[name=file]").set_input_files(paper)
    seen(guide, found)
    guide.locator("main form[method=post] button[type=submit]").click()
    guide.wait_for_url(re.compile(r"/pay/disputes/\d+/"))
    expect(guide.locator("main")).to_contain_text("三号那天有一单没有算。")
    return guide.url


def answer(hr: Page, address: str, paper: Path, found: list[str]) -> None:
    """HR reads what the guide says, opens the guide's file and grants a part."""
    hr.goto(address)
    seen(hr, found)
    file = hr.get_by_role("link", name=paper.name)
    assert hr.request.get(file.get_attribute("href") or "").body() == paper.read_bytes()
    form = hr.locator("form:has([name=state])")
    form.locator("[name=state]").select_option("partly")
    form.locator("[name=amount]").fill(GRANTED)
    form.locator("[name=answer]").fill("补一半：另一半由同事服务。")
    form.locator("button[value=answer]").click()
    expect(hr.locator(".facts", has_text=GRANTED)).to_contain_text(PERIOD)


def run_the_month(hr: Page, owner: Page, found: list[str]) -> None:
    """HR works the open month out, the owner approves, HR locks it and notes that it is paid; the sums agree."""
    hr.goto(f"{PAY}runs/")
    seen(hr, found)
    hr.locator("main table").get_by_role("link", name=PERIOD).first.click()
    hr.locator("button[name=step][value=calculate]").click()
    expect(hr.locator("button[name=step][value=calculate]")).to_have_count(0)  # the task runs
    owner.goto(hr.url)
    expect(approval(owner)).to_be_enabled(timeout=60_000)
    approval(owner).click()
    expect(approval(owner)).to_have_count(0)
    hr.reload()
    hr.locator("button[name=step][value=lock]").click()
    hr.locator("button[name=step][value=pay]").click()
    expect(hr.locator("a[href$='.csv'], a[href*='payout']").first).to_be_visible()
    with hr.expect_download() as coming:
        hr.locator("a[href*='payout'][href$='csv'], a[href*='payout'][href*='csv']").first.click()
    lines = list(csv.DictReader(Path(coming.value.path()).read_text(encoding="utf-8-sig").splitlines()))
    paid = sum(number(line["amount"].replace("-", "−")) for line in lines)
    assert str(paid) in hr.locator("main").inner_text().replace(",", "")
    seen(hr, found)


def approval(page: Page) -> Locator:
    """Return the button to approve, once the calculation has ended; the page follows the task by itself."""
    return page.locator("button[name=step][value=approve]")


def test_from_a_sentence_to_a_corrected_receipt(sign_in: SignIn, stack: Stack, tmp_path: Path) -> None:
    found: list[str] = []
    paper = tmp_path / "小票.png"
    paper.write_bytes(bytes.fromhex("89504e470d0a1a0a") + b"0" * 64)
    hr, owner = sign_in("hr_lead", language="zh"), sign_in("owner", language="en")
    guide = sign_in("guide", language="zh", width=360)
    design(hr, found)
    simulate(hr, found)
    ask_and_approve(hr, owner, found)
    address = dispute(guide, paper, found)
    answer(hr, address, paper, found)
    run_the_month(hr, owner, found)
    guide.goto(PAY)
    apart = guide.locator(".receipt__part--apart").first
    expect(apart).to_contain_text(GRANTED)
    assert number(apart.locator(".receipt__line--sum .num").inner_text()) == number(
        guide.locator(".receipt__sum").first.inner_text()
    )
    seen(guide, found)
    assert found == []


def tab_to(page: Page, wanted: Locator) -> None:
    """Walk with the Tab key until something has the focus."""
    for _ in range(120):
        if wanted.evaluate("here => here === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not come to {wanted}")


def test_a_guide_reads_and_disputes_pay_in_english_by_keyboard_alone(sign_in: SignIn, stack: Stack) -> None:
    page, found = sign_in("guide", width=360), list[str]()
    page.goto(PAY)
    tab_to(page, page.locator("details.receipt__open summary").first)
    page.keyboard.press("Enter")
    expect(page.locator("details.receipt__open[open] table").first).to_be_visible()
    expect(page.locator(".receipt").first).to_contain_text("Earned this month")
    seen(page, found)
    tab_to(page, page.locator(".receipt a[href*='/disputes/new/']").last)
    page.keyboard.press("Enter")
    page.wait_for_url("**/disputes/new/**")
    tab_to(page, page.locator("[name=reason]"))
    page.keyboard.press("ArrowDown")
    send = page.locator("main form[method=post] button[type=submit]")
    tab_to(page, send)
    page.keyboard.press("Enter")  # nothing has been said yet
    tab_to(page, page.locator("[name=text]"))
    page.keyboard.type("An order of the third is missing.")
    tab_to(page, send)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/pay/disputes/\d+/"))
    expect(page.locator("main")).to_contain_text("An order of the third is missing.")
    tab_to(page, page.get_by_role("button", name="Take it back"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Take it back")).to_have_count(0)
    seen(page, found)
    assert found == []
