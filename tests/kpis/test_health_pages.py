"""The pages of data health, systems and one-ID, and the silo map behind them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from kpis.library import load_library
from kpis.library.extras import library_extras
from kpis.models import TableHealth, Upload
from kpis.queries.silo_map import silo_map
from kpis.queries.systems import Arrival, arrivals, supply, without
from kpis.queries.usage import tables_of_kpis
from kpis.views.silo_drawing import HEAD, ROW, Labels, draw
from omnichannel.jobs.choices import JobKind
from omnichannel.jobs.models import Job
from omnichannel.workspaces.models import Workspace
from tests.kpis.door import work
from tests.kpis.test_health import CUSTOMERS, load, measure, orders

pytestmark = pytest.mark.usefixtures("data_root")
LANGUAGES = ("zh-hans", "en")
HEALTH = "/w/acme/data/health/"
SYSTEMS = "/w/acme/data/systems/"


@pytest.fixture
def data_root(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_ROOT = tmp_path


def service(day: str) -> bytes:
    """Return a day of WeCom service statistics."""
    return f"date,employee_id,chats,messages,replied_share,avg_first_reply_min,new_contacts,removed_contacts\n{day},E1,3,9,0.5,4,1,0\n".encode()  # noqa: E501


def fill() -> None:
    """Load customers, and orders of which some lack a customer or a cost of goods."""
    load(CUSTOMERS.encode(), table="customers")
    rows = [
        "C1,store,,,2024-05-03 10:00:00,paid,100,0,0,100,1,40",
        "GONE,store,,,2024-05-04 10:00:00,paid,100,0,0,100,1,",
    ]
    rows.append(",private_mall,,,2024-06-04 10:00:00,paid,100,0,0,100,1,")
    load(orders(*(f"O{number},{row}" for number, row in enumerate(rows))), table="orders", system="ecommerce")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_health_page_says_what_is_missing_beside_the_kpis_it_blocks(
    language: str, in_workspace: Workspace, signed_in: Callable[..., Client]
) -> None:
    client = signed_in("analyst")
    client.cookies["django_language"] = language
    empty = client.get(HEALTH)
    assert empty.status_code == 200
    fill()
    assert ("正在测量" if language == "zh-hans" else "Being measured") in client.get(HEALTH).content.decode()
    measure()
    page = client.get(HEALTH).content.decode()
    cost = page[page.index("goods_cost") :]
    assert "66.7" in cost[: cost.index("</tr>")]
    assert "/w/acme/kpis/gross_margin_rate/" in cost[: cost.index("</tr>")]
    assert "GONE" in page
    assert (
        "历史已丢失" if language == "zh-hans" else "History lost"
    ) in page  # orders of 2024 from a source of 90 days
    table = client.get(f"{HEALTH}orders/").content.decode()
    assert "goods_cost" in table
    assert "&lt;span" not in page + table
    assert client.get(f"{HEALTH}ad_spend/").status_code == 200
    assert client.get(f"{HEALTH}no_such_table/").status_code == 404


def test_a_deadline_warns_while_the_source_still_has_the_days(
    in_workspace: Workspace, signed_in: Callable[..., Client]
) -> None:
    day = timezone.localdate() - timedelta(days=160)
    load(service(str(day)), table="service_daily")
    measure()
    page = signed_in("analyst").get(HEALTH, headers={"Accept-Language": "en"}).content.decode()
    assert "Load soon" in page
    assert f"Load by {day + timedelta(days=180)}, in 20 days, or days are lost." in page
    assert "6 exports of at most 30 days each" in page


def test_the_button_measures_and_a_source_can_be_named_afterwards(
    in_workspace: Workspace, signed_in: Callable[..., Client]
) -> None:
    load(orders("O1,C1,store,,,2024-05-03 10:00:00,paid,100,0,0,100,1,"), table="orders")
    client = signed_in("analyst")
    asked = client.post(f"{HEALTH}measure/")
    assert asked["Location"] == f"/w/acme/jobs/{Job.objects.get(kind=JobKind.MEASURE_HEALTH).pk}/"
    work(JobKind.MEASURE_HEALTH)
    assert TableHealth.objects.filter(table_id="orders", system="unknown").exists()
    client.post(f"{HEALTH}orders/source/", {"system": "lms"})
    assert Upload.objects.get().system == ""
    client.post(f"{HEALTH}orders/source/", {"system": "pos"})
    assert Upload.objects.get().system == "pos"
    work(JobKind.MEASURE_HEALTH)
    assert list(TableHealth.objects.filter(table_id="orders").values_list("system", "channel")) == [
        ("", ""), ("", "store"), ("pos", ""),
    ]  # fmt: skip


def test_the_pages_read_few_rows_and_never_the_files(
    in_workspace: Workspace, signed_in: Callable[..., Client], tmp_path: Path
) -> None:
    fill()
    measure()
    for part in tmp_path.rglob("*.parquet"):
        part.unlink()
    client = signed_in("owner")
    for page in (HEALTH, f"{HEALTH}orders/", SYSTEMS, "/w/acme/data/one-id/"):
        with CaptureQueriesContext(connection) as counted:
            assert client.get(page).status_code == 200
        assert len(counted) < 30, page


def test_disconnecting_a_system_loses_what_nobody_else_supplies(in_workspace: Workspace) -> None:
    # two systems have sent orders, only one has sent contacts
    sent = [
        Arrival(*each, 1, 1, None, None) for each in (("pos", "orders"), ("ecommerce", "orders"), ("wecom", "contacts"))
    ]
    of = supply(sent)
    needed = tables_of_kpis()
    gone = without(["wecom"], of=of)
    assert "contacts" in gone.tables_lost
    assert set(gone.lost) == {kpi for kpi, tables in needed.items() if tables & gone.tables_lost}
    thinner = without(["pos"], of=of)
    assert "orders" in thinner.tables_thinner
    assert "sales_net" in thinner.degraded
    assert "sales_net" in without(["pos", "ecommerce"], of=of).lost
    assert "local-life" not in of.by_table["orders"]  # it could feed orders, but has sent none
    assert without([], of=of).lost == ()


def test_every_system_alone_loses_exactly_the_kpis_of_tables_only_it_feeds(in_workspace: Workspace) -> None:
    of = supply([])
    feeds = {system.id: set(system.feeds) for system in library_extras().systems.values()}
    for system, tables in feeds.items():
        others = set().union(*(fed for other, fed in feeds.items() if other != system))
        alone = tables - others
        expected = {kpi for kpi, needed in tables_of_kpis().items() if needed & alone}
        assert set(without([system], of=of).lost) == expected, system


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_silo_map_is_explored_by_its_url_and_writes_nothing(
    language: str, in_workspace: Workspace, signed_in: Callable[..., Client]
) -> None:
    fill()
    client = signed_in("executive")  # sees the map, but not the pages of the files
    client.cookies["django_language"] = language
    page = client.get(SYSTEMS).content.decode()
    assert page.count("silo__box ") == len(library_extras().systems) + 1 + len(load_library().tables) + 13
    assert HEALTH not in page
    focused = client.get(f"{SYSTEMS}?focus=ecommerce").content.decode()
    assert "/w/acme/kpis/sales_net/" in focused
    before = list(Upload.objects.values())
    off = client.get(f"{SYSTEMS}?focus=ecommerce&off=ecommerce").content.decode()
    assert re.search(r"(失去|are lost)", off)
    assert "silo__box--lost" in off
    assert list(Upload.objects.values()) == before
    strange = client.get(f"{SYSTEMS}?focus=<script>&off=nothing,<b>")
    assert strange.status_code == 200
    assert "<script>&" not in strange.content.decode()


def test_arrivals_follow_the_named_source_then_the_only_one_there_is(in_workspace: Workspace) -> None:
    fill()
    load(service("2024-06-01"), table="service_daily")
    assert {(each.system, each.table, each.rows) for each in arrivals()} == {
        ("unknown", "customers", 4), ("ecommerce", "orders", 3), ("wecom", "service_daily", 1),
    }  # fmt: skip


def test_boxes_of_the_picture_never_overlap_and_every_line_ends_at_two_of_them(in_workspace: Workspace) -> None:
    for focus in ("", "ecommerce", "wecom", "lms"):
        page = silo_map(focus=focus)
        picture = draw(
            page,
            labels=Labels(
                words=lambda text: text.en,
                heads=("a", "b", "c"),
                unknown="?",
                count=str,
                system_url=str,
                table_url=str,
                group_url=lambda group: group.id,
            ),
        )
        for x in {box.x for box in picture.boxes}:
            tops = sorted(box.top for box in picture.boxes if box.x == x)
            assert all(below - above >= 22 for above, below in pairwise(tops))
            assert tops[0] >= HEAD
            assert tops[-1] + 22 <= picture.height
        assert picture.height >= HEAD + ROW
        assert len(picture.lines) >= len(page.feeds)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_one_id_page_shows_shares_by_channel_with_a_chart_and_its_table(
    language: str, in_workspace: Workspace, signed_in: Callable[..., Client]
) -> None:
    client = signed_in("executive")
    client.cookies["django_language"] = language
    assert client.get("/w/acme/data/one-id/").status_code == 200
    fill()
    waiting = client.get("/w/acme/data/one-id/").content.decode()
    assert ("已载入，尚未测量" if language == "zh-hans" else "Loaded, but not measured yet") in waiting
    assert ("测量之后数据又有变更" if language == "zh-hans" else "since this was measured") not in waiting
    Job.objects.filter(kind=JobKind.MEASURE_HEALTH).delete()
    for role, may_measure in (("executive", False), ("analyst", True)):
        waiting = signed_in(role).get("/w/acme/data/one-id/").content.decode()
        assert ("/w/acme/data/health/measure/" in waiting) is may_measure
    measure()
    page = client.get("/w/acme/data/one-id/").content.decode()
    assert ("没有用户的订单" if language == "zh-hans" else "Orders without a customer") in page
    assert 'id="anonymous-figure"' in page
    row = re.search(r"<tr>\s*<th scope=\"row\">(私域商城|Private mall|[^<]*mall[^<]*)</th>(.*?)</tr>", page, re.DOTALL)
    assert row is not None
    assert "100" in row[2]


@pytest.mark.parametrize(
    ("role", "pages"),
    [
        ("line_manager", {HEALTH: 403, SYSTEMS: 403}),
        ("executive", {HEALTH: 403, SYSTEMS: 200}),
        ("hr_lead", {HEALTH: 200}),
    ],
)
def test_who_may_see_which_page(
    role: str, pages: dict[str, int], signed_in: Callable[..., Client], workspace: Workspace
) -> None:
    client = signed_in(role, unit_external_id="S1")
    assert {page: client.get(page).status_code for page in pages} == pages
