"""Analyses from upload to page: run after a computation, stored, told in both languages, listed without names."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings
from python_calamine import CalamineWorkbook
from rest_framework.test import APIClient

from kpis.analysis_choices import STORED, AnalysisName
from kpis.choices import AutoLoad
from kpis.engine.specs import COMPANY
from kpis.models import AnalysisResult
from kpis.queries.values import current_values
from kpis.services.analysing import sweep
from omnichannel.jobs.choices import JobKind, JobState
from omnichannel.jobs.models import Job
from omnichannel.workspaces.models import Workspace
from tests.kpis.door import put, work
from tests.kpis.retailer import NOVEMBER, build_organisation

pytestmark = pytest.mark.usefixtures("data_root")
URL = "/w/acme/analyses/"
PEOPLE = 64
CALCULATIONS = (
    "?churn_days=90&cap=3", "?churn_days=x&cap=-1", "?from=2024-01&to=2023-01", "?gain=1e400&cost=0",
    "?gain=500&cost=100",
)  # fmt: skip
ERASED, REFUSED = "C001", "C002"


@pytest.fixture
def data_root(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_ROOT = tmp_path


def lines(head: str, rows: list[str]) -> bytes:
    """Return a CSV."""
    return "\n".join([head, *rows, ""]).encode()


def orders() -> bytes:
    """Everybody ordered in the year; the first ten often and much, but not since May: valuable and at risk."""
    head = (
        "order_id,customer_id,channel,unit_id,paid_at,status,gross_amount,discount_amount,refund_amount,net_amount,"
        "item_count,goods_cost"
    )
    rows: list[str] = []
    for number in range(PEOPLE):
        first = date(2024, 4, 1) if number < 10 else date(2024, 5, 10) + timedelta(days=number * 2)
        times = 5 if number < 10 else 1
        for turn in range(times):
            day, unit = first + timedelta(days=turn), "S1" if number % 2 else "S2"
            net = 900 if number < 10 else 100
            rows.append(f"O{len(rows)},C{number:03d},store,{unit},{day} 10:00:00,paid,{net},0,0,{net},1,40")
    rows += [f"N{n},C{n:03d},store,S1,2024-1{n % 2}-05 10:00:00,paid,50,0,0,50,1,20" for n in range(40, 52)]
    return lines(head, rows)


def customers() -> bytes:
    """Half of them are members; one is erased, one has not agreed to be written to."""
    head = "customer_id,created_at,member_since,member_tier,tag_count,linked_systems,consent_marketing,erased_at"
    rows: list[str] = []
    for number in range(PEOPLE):
        key = f"C{number:03d}"
        member = "2024-03-01,gold" if number % 2 else ","
        erased = "2024-11-20 10:00:00" if key == ERASED else ""
        consent = "false" if key == REFUSED else "true"
        rows.append(f"{key},2024-03-01 09:00:00,{member},1,1,{consent},{erased}")
    return lines(head, rows)


def load(content: bytes, table: str) -> None:
    """Load a file and wait for it."""
    put(content, filename=f"{table}.csv", table=table, auto=AutoLoad.CLEAN)
    assert {job.state for job in work()} == {JobState.SUCCEEDED.value}


@pytest.fixture
def analysed(in_workspace: Workspace) -> Workspace:
    """A retailer whose November has been computed and analysed."""
    build_organisation()
    load(customers(), "customers")
    load(orders(), "orders")
    work(JobKind.COMPUTE_VALUES)
    jobs = work(JobKind.ANALYSE)
    assert {job.state for job in jobs} == {JobState.SUCCEEDED.value}, [job.detail for job in jobs]
    return in_workspace


def test_a_computation_is_followed_by_analyses_that_agree_with_its_figures(
    analysed: Workspace, signed_in: Callable[..., Client]
) -> None:
    assert set(AnalysisResult.objects.values_list("period", flat=True)) == {"2024-11"}
    stored = {row.name: row for row in AnalysisResult.objects.filter(scope_kind="company")}
    assert set(stored) == {"rfm", "aipl", "churn", "cohorts", "members", "merchandise", "lifetime"} < set(STORED)
    units = set(AnalysisResult.objects.filter(scope_kind="unit").values_list("scope_id", flat=True))
    assert units == {"G", "HQ", "BU1", "UC", "R1"}  # stores wait until somebody asks
    values = {value.kpi: value for value in current_values(NOVEMBER, scopes=[COMPANY])}
    high = next(each for each in stored["rfm"].document["segments"] if each["tier"] == "high")
    assert high["customers"] == values["high_value_user_share"].numerator
    cohorts = stored["cohorts"].document["cohorts"]
    assert sum(each["retained"] for each in cohorts) == values["retention_rate"].numerator
    assert sum(each["bought_before"] for each in cohorts) == values["retention_rate"].denominator
    churned = next(each for each in stored["churn"].document["groups"] if each["state"] == "churned")
    assert churned["customers"] == values["churn_rate"].numerator
    merchandise = stored["merchandise"].document
    assert Decimal(merchandise["net_sales"]) == values["sales_net"].value

    client = signed_in("analyst")
    for language in ("zh-hans", "en"):
        client.cookies["django_language"] = language
        index = client.get(f"{URL}?period=2024-11").content.decode()
        assert index.count('<article class="analysis-card') == len(AnalysisName)
        assert ("高价值" if language == "zh-hans" else "high value") in index
        for name in AnalysisName:
            page = client.get(f"{URL}{name}/?period=2024-11")
            assert page.status_code == 200, name
            assert "%(" not in page.content.decode(), name
    for query in CALCULATIONS:
        page = client.get(f"{URL}lifetime/{query}&period=2024-11")
        assert page.status_code == 200, query
        assert ("1:<" in page.content.decode()) is query.startswith("?gain=500")
    with CaptureQueriesContext(connection) as queries:
        client.get(f"{URL}?period=2024-11")
    assert len(queries) <= 34
    cards = client.get(f"{URL}cohorts/?period=2024-11").content.decode()
    assert f"{int(values['retention_rate'].denominator or 0)}" in cards
    assert "/w/acme/kpis/retention_rate/explain/?period=2024-11&amp;scope=company%3A" in cards


def test_a_run_for_a_store_on_demand_and_staleness_after_new_rows(
    analysed: Workspace, signed_in: Callable[..., Client]
) -> None:
    client = signed_in("line_manager", unit_external_id="S1")
    client.cookies["django_language"] = "en"
    page = client.get(f"{URL}rfm/?period=2024-11").content.decode()
    assert "Not analysed yet" in page
    answer = client.post(f"{URL}compute/", {"period": "2024-11", "unit": "S1", "name": "churn"})
    assert answer["Location"] == f"{URL}churn/?period=2024-11&unit=S1"
    (job,) = work(JobKind.ANALYSE)
    assert (job.params["units"], job.state) == (["S1"], JobState.SUCCEEDED)
    paths = set(AnalysisResult.objects.exclude(list_path="").values_list("list_path", flat=True))
    assert len(paths) == 3
    assert sweep(now=timezone.now() + timedelta(days=2)) == 1  # the folder of the run before
    root = analysed_root()
    assert {str(path.relative_to(root)) for path in root.glob("*/analyses/*/*.parquet")} == paths
    page = client.get(f"{URL}churn/?period=2024-11").content.decode()
    assert "Not analysed yet" not in page
    assert "Out of date" not in page
    assert client.get(f"{URL}churn/?period=2024-11&unit=S2").status_code == 404
    assert client.get(f"{URL}churn/customers/?period=2024-11&unit=S2").status_code == 404
    load(orders().replace(b"900", b"901"), "orders")
    assert "Out of date" in client.get(f"{URL}churn/?period=2024-11").content.decode()
    assert not Job.objects.filter(kind=JobKind.ANALYSE, state=JobState.QUEUED).exists()
    work(JobKind.COMPUTE_VALUES)
    work(JobKind.ANALYSE)
    assert "Out of date" not in client.get(f"{URL}churn/?period=2024-11").content.decode()


def analysed_root() -> Path:
    """Return the folder the data stand in."""
    from django.conf import settings

    root: Path = settings.DATA_ROOT
    return root


def test_lists_hold_no_erased_customer_and_outreach_only_who_agreed(
    analysed: Workspace, signed_in: Callable[..., Client], api_client: Callable[..., APIClient]
) -> None:
    client = signed_in("analyst")
    client.cookies["django_language"] = "en"
    page = client.get(f"{URL}rfm/customers/?period=2024-11&view=at_risk").content.decode()
    assert ERASED not in page
    assert REFUSED not in page
    assert "10 found = 8 listed + 1 without marketing consent + 1 erased" in re.sub(r"<[^>]+>|\s+(?= )", "", page)
    everybody = client.get(f"{URL}rfm/customers.csv?period=2024-11&view=all")
    text = b"".join(everybody.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.reader(io.StringIO(text)))
    assert len(rows) == 1 + PEOPLE - 1
    assert REFUSED in text
    assert ERASED not in text
    assert rows[0] == [
        "Customer ID", "Days since the last order", "Orders", "Money", "R", "F", "M", "Tier", "Marketing consent"
    ]  # fmt: skip
    book = client.get(f"{URL}rfm/customers.xlsx?period=2024-11&view=at_risk&sort=customer_id")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(book.content)).get_sheet_by_index(0).to_python()
    assert [row[0] for row in sheet[1:]] == [f"C{n:03d}" for n in (0, *range(3, 10))]
    assert client.get(f"{URL}rfm/customers/?view=nothing").status_code == 404
    assert client.get(f"{URL}rfm/customers/?sort=base_n;drop").status_code == 404
    assert client.get(f"{URL}members/customers/").status_code == 404
    for role, pages, lists in (("executive", 200, 403), ("guide", 403, 403), ("hr_lead", 200, 200)):
        other = signed_in(role, person_external_id="ES1", unit_external_id="S1")
        assert other.get(f"{URL}rfm/?period=2024-11").status_code == pages
        assert other.get(f"{URL}rfm/customers/?period=2024-11").status_code == lists
        assert other.get(f"{URL}rfm/customers.csv?period=2024-11").status_code == lists
    rest = api_client("analyst")
    body = rest.get("/api/v1/workspaces/acme/analyses/rfm/?period=2024-11", headers={"Accept-Language": "en"}).json()
    assert body["params"]["rfm_window_days"] == "365"
    (tiers,) = body["sheets"]
    cells = {row["key"]: row["cells"]["customers"] for row in tiers["rows"]}
    assert sum(int(cell["value"]) for cell in cells.values() if not cell["withheld"]) <= PEOPLE
    few = [cell for cell in cells.values() if cell["withheld"]]
    assert all(cell["value"] is None for cell in few)
    answer = rest.get("/api/v1/workspaces/acme/analyses/churn/customers/?period=2024-11&view=churned")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert rest.get("/api/v1/workspaces/acme/analyses/churn/customers/?kind=pdf").status_code == 422
    assert rest.get("/api/v1/workspaces/acme/analyses/nothing/").status_code == 404
