"""How fast the org chart of 10,000 nodes is in a browser: first paint, search to node, opening a level, page weight.

The organisation is generated into a database of its own, the product's own server shows it, and Chromium reads it.
"""

from __future__ import annotations

import gzip
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omnichannel.services.browser import browser_arguments, ensure_browser
from omnichannel.services.processes import spawn, stop
from omnichannel.services.session import ROOT, services
from omnichannel.services.stack import free_port, wait_for, web_command

if TYPE_CHECKING:
    from playwright.sync_api import Page, Response

    from roles.services.sync import AssignmentInput, LineInput, PersonInput, SeatInput, UnitInput

UNITS, PEOPLE, SEED = 3_000, 7_000, 7
FLAT = 1_500  # stores directly below one region: a level of many
EMAIL, PASSWORD, SLUG = "owner@bench.example", "omnichannel-bench", "bench"
ROUNDS = 20
FAMILIES, GIVEN = "王李张刘陈杨赵黄周吴徐孙马朱胡林郭何高罗", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华"
PLACES = "静安徐汇西湖天河武侯江北鼓楼朝阳海淀越秀福田南山锦江渝中雁塔岳麓江汉思明"
# The page times itself: from the key or click to the node that stands there.
FIND = """async (words) => {
  const input = document.getElementById("org-q");
  document.querySelectorAll(".is-found").forEach((item) => item.classList.remove("is-found"));
  input.focus();
  input.value = words;
  const begun = performance.now();
  input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
  while (!document.querySelector(".is-found")) {
    if (performance.now() - begun > 10000) return -1;
    await new Promise(requestAnimationFrame);
  }
  return performance.now() - begun;
}"""
OPEN = """async (key) => {
  const item = document.querySelector(`[data-key="${key}"]`);
  const begun = performance.now();
  item.querySelector(".node__fold").click();
  while (!item.querySelector(":scope > [role=group] > [role=treeitem]")) {
    if (performance.now() - begun > 10000) return -1;
    await new Promise(requestAnimationFrame);
  }
  await new Promise(requestAnimationFrame);
  return performance.now() - begun;
}"""
PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def chart_figures() -> dict[str, float]:
    """Return milliseconds (the worst and the 95th percentile of each kind), kilobytes, and how many nodes there are."""
    with _running() as url:
        return _measured(url)


@contextmanager
def _running() -> Iterator[str]:
    """Generate the organisation and serve it; end everything."""
    with tempfile.TemporaryDirectory(prefix="chart-") as folder, services(data=None, durable=False):
        env = {**os.environ, "DATA_ROOT": folder}
        for command in (
            ["manage.py", "migrate", "--verbosity=0"],
            ["manage.py", "collectstatic", "--noinput", "--verbosity=0"],
            ["-m", "omnichannel.services.chart_bench"],
        ):
            subprocess.run([sys.executable, *command], cwd=ROOT, env=env, check=True)
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        web = spawn(web_command(port), env=env, log=Path(folder, "web.log"))
        try:
            wait_for(f"{url}/healthz")
            yield url
        finally:
            stop(web)


def _measured(url: str) -> dict[str, float]:
    from playwright.sync_api import sync_playwright

    path = ensure_browser()
    if path is None:
        raise RuntimeError("no Chromium: install one, or name it by BROWSER_BIN")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=browser_arguments())
        page = browser.new_page(base_url=url, locale="zh-CN", viewport={"width": 1280, "height": 900})
        _sign_in(page)
        figures = {"nodes": float(UNITS + PEOPLE), "first_paint_cold_ms": _paint(page)}
        figures |= _spread("first_paint", [_paint(page) for _ in range(ROUNDS // 2)])
        page.wait_for_load_state("networkidle")  # the names' pinyin has been read meanwhile
        chooser = random.Random(SEED)  # noqa: S311 - a choice of test words
        words = [f"E{chooser.randrange(PEOPLE):05d}" for _ in range(ROUNDS)] + ["xhd", "wf", "华东", "导购 静安"]
        figures |= _spread("search_to_node", [page.evaluate(FIND, each) for each in words])
        page.goto(f"/w/{SLUG}/organisation/?view=compact&level=3")
        keys = page.eval_on_selector_all(
            ".node--units[aria-expanded=false]", "(items) => items.slice(0, 20).map((item) => item.dataset.key)"
        )
        figures |= _spread("open_level", [page.evaluate(OPEN, key) for key in keys])
        figures |= _spread("search_with_1000_drawn", [page.evaluate(FIND, each) for each in words[:6]])
        figures |= _weight(page)
        figures["drawn"] = float(page.locator("[role=treeitem]").count())
        browser.close()
    return figures


def _sign_in(page: Page) -> None:
    page.goto("/accounts/login/")
    page.fill("input[name=login]", EMAIL)
    page.fill("input[name=password]", PASSWORD)
    page.locator("form:has(input[name=password]) button[type=submit]").click()
    page.wait_for_url(f"**/w/{SLUG}/**")


def _paint(page: Page) -> float:
    page.goto(f"/w/{SLUG}/organisation/?view=compact")
    page.locator("[role=treeitem]").first.wait_for()
    return float(page.wait_for_function(PAINT).json_value())


def _weight(page: Page) -> dict[str, float]:
    """Return the kilobytes of the page and everything it loads, as they are and packed."""
    answers: list[Response] = []

    def keep(answer: Response) -> None:
        answers.append(answer)

    page.goto("about:blank")  # what the page before still asks for is not this page's
    page.on("response", keep)
    session = page.context.new_cdp_session(page)
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    page.goto(f"/w/{SLUG}/organisation/?view=compact&level=4", wait_until="networkidle")
    session.send("Network.setCacheDisabled", {"cacheDisabled": False})
    page.remove_listener("response", keep)
    bodies = [answer.body() for answer in answers if answer.ok]
    return {
        "weight_kb": round(sum(map(len, bodies)) / 1024, 1),
        "weight_gzip_kb": round(sum(len(gzip.compress(body)) for body in bodies) / 1024, 1),
    }


def _spread(name: str, taken: list[float]) -> dict[str, float]:
    if min(taken) < 0:
        raise RuntimeError(f"{name}: the node did not come within ten seconds")
    ordered = sorted(taken)
    return {
        f"{name}_p95_ms": round(ordered[max(int(len(ordered) * 0.95) - 1, 0)], 1),
        f"{name}_worst_ms": round(ordered[-1], 1),
    }


def write_organisation() -> None:
    """Write the generated organisation and the one who signs in, through the services."""
    from django.db import transaction

    from omnichannel.accounts.models import User
    from omnichannel.workspaces.choices import MemberRole
    from omnichannel.workspaces.models import Membership
    from omnichannel.workspaces.scoping import workspace_scope
    from omnichannel.workspaces.services.members import create_workspace
    from roles.services.sync import (
        revision,
        upsert_assignments,
        upsert_lines,
        upsert_people,
        upsert_seats,
        upsert_units,
    )

    workspace = create_workspace(slug=SLUG, name="一万人 Bench")
    user = User.objects.create_user(EMAIL, PASSWORD)
    Membership.objects.create(workspace=workspace, user=user, role=MemberRole.OWNER, unit_external_id="R1")
    chooser = random.Random(SEED)  # noqa: S311 - a made-up organisation
    since = date(2024, 1, 1)
    units = list(_units(chooser))
    with workspace_scope(workspace.pk), transaction.atomic(), revision(actor_id=user.pk):
        results: list[Any] = [
            upsert_units(units, effective_on=since, actor_id=user.pk),
            upsert_seats(list(_seats(units)), effective_on=since, actor_id=user.pk),
            upsert_people(people := list(_people(chooser, units)), effective_on=since, actor_id=user.pk),
            upsert_assignments(list(_assignments(people)), actor_id=user.pk),
            upsert_lines(list(_lines(units)), actor_id=user.pk),
        ]
    for result in results:
        if not result.is_ok:
            raise RuntimeError(str(result.issues[:3]))


def _units(chooser: random.Random) -> Iterator[UnitInput]:
    from roles.services.sync import UnitInput

    yield UnitInput("G", "一万人集团", "group", city="上海")
    for number in range(10):
        yield UnitInput(f"D{number}", f"总部{PLACES[number * 2 : number * 2 + 2]}部", "department", "G")
    regions = [f"R{number}" for number in range(40)]
    for number, region in enumerate(regions):
        yield UnitInput(region, f"{'华东华南华北西南'[number % 4 * 2 :][:2]}{number}大区", "region", "G")
    for number in range(UNITS - 11 - len(regions)):
        place = PLACES[(at := chooser.randrange(len(PLACES) // 2) * 2) : at + 2]
        parent = regions[0] if number < FLAT else regions[1 + number % (len(regions) - 1)]
        yield UnitInput(f"S{number:04d}", f"{place}{number}店", "store", parent, "direct", place)


def _people(chooser: random.Random, units: list[UnitInput]) -> Iterator[PersonInput]:
    from roles.services.sync import PersonInput

    heads: dict[str, str] = {}
    for number in range(PEOPLE):
        unit = units[number] if number < len(units) else chooser.choice(units)
        name = chooser.choice(FAMILIES) + "".join(chooser.choices(GIVEN, k=chooser.choice((1, 2))))
        above = heads.get(unit.external_id) or heads.get(unit.parent_external_id or "")
        heads.setdefault(unit.external_id, f"E{number:05d}")
        yield PersonInput(f"E{number:05d}", unit.external_id, date(2024, 1, 1), name, above, fte=Decimal(1))


def _seats(units: list[UnitInput]) -> Iterator[SeatInput]:
    from roles.services.sync import SeatInput

    for unit in units[::10]:
        yield SeatInput(f"P-{unit.external_id}", unit.external_id, "导购", role="digital-guide")


def _assignments(people: list[PersonInput]) -> Iterator[AssignmentInput]:
    from roles.services.sync import AssignmentInput

    for person in people:
        role = "digital-guide" if person.unit_external_id.startswith("S") else "user-ops"
        yield AssignmentInput(person.external_id, role, person.unit_external_id, person.hired_on)


def _lines(units: list[UnitInput]) -> Iterator[LineInput]:
    from roles.services.sync import LineInput

    for number, unit in enumerate(units[100::25]):
        yield LineInput(f"L{number}", "units", "functional", unit.external_id, f"D{number % 10}")


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "omnichannel.settings")
    django.setup()
    write_organisation()
