"""What a person reads and presses on the product's pages, as functions of a Playwright page."""

from __future__ import annotations

import re
from decimal import Decimal

from playwright.sync_api import Locator, Page

PERIOD = "2026-10"  # the demo retailer's newest month


def number(text: str) -> Decimal:
    """Return the number in a shown figure: `¥248,637.50`, `105.92`, `−3.48 %`."""
    found = re.search(r"[−-]?[\d,]+(?:\.\d+)?", text.replace("¥", ""))
    assert found, text
    return Decimal(found[0].replace(",", "").replace("−", "-"))


def exact(figure: Locator) -> Decimal:
    """Return the exact number behind a figure, which may be shown shortened."""
    return number(figure.locator("[data-exact]").first.get_attribute("data-exact") or "")


def tile(page: Page, kpi: str) -> Locator:
    """Return the overview's tile of a KPI."""
    return page.locator(".tile", has=page.locator(f"a[href*='/kpis/{kpi}/']")).locator(".tile__value")


def fact(page: Page, label: str) -> str:
    """Return what a list of facts says under a label."""
    return (
        page.locator(".facts > div", has=page.locator("dt", has_text=re.compile(f"^{label}$")))
        .locator("dd")
        .inner_text()
    )


def press(page: Page, name: str) -> None:
    """Press a button by the words on it."""
    page.get_by_role("button", name=name, exact=True).click()


def by_rail(page: Page, name: str) -> None:
    """Go somewhere by the navigation."""
    page.locator(".rail").get_by_role("link", name=name, exact=True).click()
