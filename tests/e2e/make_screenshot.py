"""Makes the README's picture from a running demo: `.venv/bin/python -m tests.e2e.make_screenshot http://127.0.0.1:8000`."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from omnichannel.services.browser import browser_arguments, find_browser

TARGET = Path(__file__).parents[2] / "docs" / "img" / "overview.png"
PASSWORD = "omnichannel-demo"


def main(url: str) -> None:
    """Sign in as the HR lead and write the overview as a picture."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=browser_arguments())
        page = browser.new_page(base_url=url, locale="zh-CN", viewport={"width": 1280, "height": 1010})
        page.goto("/accounts/login/")
        page.fill("input[name=login]", "hr_lead@demo.example")
        page.fill("input[name=password]", PASSWORD)
        page.locator("form:has(input[name=password]) button[type=submit]").click()
        page.locator("[data-ready]").first.wait_for()
        for close in page.locator("[data-dismiss]").all():  # the word that the sign-in worked
            close.click()
        TARGET.parent.mkdir(exist_ok=True)
        page.screenshot(path=str(TARGET))
        browser.close()
    print(f"{TARGET.name}: {TARGET.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
