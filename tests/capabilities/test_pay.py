"""G-06 of the list of capabilities, over HTTP: facts of the labour market, pay bands, posts outside their band."""

from __future__ import annotations

import ast
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.services.sync import PersonInput, SeatInput, upsert_people, upsert_seats
from tests.roles.organisation import DAY, write_organisation

SignedIn = Callable[..., Client]
ApiClient = Callable[..., APIClient]
API = "/api/v1/workspaces/acme"
PAY = "/w/acme/talent/pay/"
EN = {"accept-language": "en"}
ROOT = Path(__file__).parents[2]
FACT = {"statement": "门店店长平均月薪", "figure": "14,500", "unit": "元/月", "year": "2025", "source": "自有调查"}
TABLE = """岗位\t职级\t城市\t下限\t中位\t上限\t生效日期\t来源
数字导购\t专员\t\t5000\t6500\t8000\t2026-01-01\t薪酬委员会
数字导购\t专员\t上海\t6000\t7500\t9000\t2026-01-01\t
digital-guide\tmanager\t\t9000\t11000\t14000\t2026-01-01\t
"""
SEATS = (
    SeatInput("P1", "S0101", "导购", "digital-guide", monthly_budget=Decimal("9500")),
    SeatInput("P2", "S0201", "导购", "digital-guide", monthly_budget=Decimal("9500"), planned_fte=Decimal(2)),
    SeatInput("P3", "S0201", "店长", "digital-guide", monthly_budget=Decimal(9000)),
    SeatInput("P4", "S0101", "智慧 BA", "", monthly_budget=Decimal("5999.99")),
    SeatInput("P5", "S0101", "用户运营总监", "user-ops", monthly_budget=Decimal(50000)),
    SeatInput("P6", "S0101", "导购", "digital-guide"),
)


@pytest.fixture(autouse=True)
def _organisation(workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        write_organisation()
        assert upsert_seats(SEATS, effective_on=DAY, actor_id=None).is_ok


def page(client: Client, url: str) -> str:
    answer = client.get(url, headers=EN)
    assert answer.status_code == 200, (url, answer.status_code)
    return answer.content.decode()


def called(api: APIClient, path: str) -> Any:
    answer = api.get(f"{API}/{path}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_g06_facts_show_figure_year_and_source_and_one_without_a_year_is_not_saved(
    signed_in: SignedIn, api_client: ApiClient
) -> None:
    client, api, url = signed_in("hr_lead"), api_client("hr_lead"), "/w/acme/talent/market/"
    shown = page(client, url)
    library = called(api, "labour-facts/")
    assert "11,488" in shown
    assert shown.count("year not stated</span>") == sum(not fact["year"] for fact in library) == 1
    for missing in ("year", "source", "figure", "statement", "unit"):
        answer = client.post(f"{url}new/", {**FACT, missing: ""}, headers=EN)
        assert answer.status_code == 422, missing
        assert answer.content.decode().count('class="field__errors"') == 1, missing
        body = {**FACT, "figure": "14500", "year": 2025}
        refused = api.post(f"{API}/labour-facts/", {key: each for key, each in body.items() if key != missing})
        assert [issue["pointer"] for issue in refused.json()["issues"]] == [f"/{missing}"]
    all_wrong = client.post(f"{url}new/", {"figure": "many", "year": "25"}, headers=EN).content.decode()
    assert all_wrong.count('class="field__errors"') == 5
    assert client.post(f"{url}new/", {**FACT, "year": "2199"}).status_code == 422
    assert called(api, "labour-facts/") == library
    assert client.post(f"{url}new/", FACT).status_code == 302
    own = called(api, "labour-facts/")[-1]
    assert (own["figures"], own["year"], own["source"], own["is_own"]) == (["14500.0000"], "2025", "自有调查", True)
    change = f"{url}{own['key']}/"
    assert client.post(change, {**FACT, "figure": "15000"}).status_code == 302
    assert called(api, "labour-facts/")[-1]["figures"] == ["15000.0000"]
    assert client.post(f"{change}withdraw/").status_code == 302
    assert called(api, "labour-facts/") == library
    assert client.get(change).status_code == 404
    restore = page(client, url).split("/restore/")[-1].split("/")[0]
    assert client.post(f"{url}restore/{restore}/").status_code == 302
    assert called(api, "labour-facts/")[-1]["figures"] == ["14500.0000"]
    assert "14500" in client.get("/w/acme/talent/market.csv?q=店长").content.decode()
    executive = signed_in("executive")
    assert "门店店长平均月薪" in page(executive, url)
    assert executive.post(f"{url}new/", FACT).status_code == 403
    assert client.post(f"{url}{'0' * 8}-0000-0000-0000-{'0' * 12}/withdraw/").status_code == 404


def test_g06_bands_are_pasted_all_or_none_and_posts_outside_them_are_listed_with_the_reason(
    signed_in: SignedIn, api_client: ApiClient
) -> None:
    client, api = signed_in("hr_lead"), api_client("hr_lead")
    assert "No pay band holds" in page(client, PAY)
    wrong = TABLE + "宇航员\t专员\t\t1\t2\t3\t2026-01-01\t\n数字导购\t学徒\t\t9\t8\tx\t明天\t\n"
    refused = client.post(f"{PAY}bands/table/", {"table": wrong}, headers=EN)
    assert refused.status_code == 422
    faults = refused.content.decode()
    assert [faults.count(f'class="num">{row}</th>') for row in (4, 5)] == [1, 4]
    assert called(api, "pay-bands/") == []
    assert client.post(f"{PAY}bands/table/", {"table": "a,b\n1,2"}, headers=EN).status_code == 422
    upload = SimpleUploadedFile("bands.csv", TABLE.encode("gb18030"))
    assert client.post(f"{PAY}bands/table/", {"file": upload}).status_code == 302
    bands = called(api, "pay-bands/")
    assert [(one["role"], one["level"], one["city"], one["middle"]) for one in bands] == [
        ("digital-guide", "specialist", "", "6500.00"),
        ("digital-guide", "specialist", "上海", "7500.00"),
        ("digital-guide", "manager", "", "11000.00"),
    ]
    posts = {(post["kind"], post["external_id"]): post for post in called(api, "pay-check/")}
    stand = {key[1]: (post["place"], post["distance"]) for key, post in posts.items() if key[0] == "seat"}
    assert stand == {
        "P1": ("above", "500.00"),
        "P2": ("below", "-250.00"),
        "P3": ("inside", "0.00"),
        "P4": ("below", "-0.01"),
        "P5": ("no_band", None),
    }
    assert posts["seat", "P4"]["role_rule"] == "exact"
    assert posts["person", "E3"]["place"] == "inside"
    assert posts["person", "E3"]["level"] is None
    shown = page(client, PAY)
    assert shown.count('<th scope="row">') == 3
    assert "P5" in page(client, f"{PAY}?place=no_band")
    assert "band of 上海" in page(client, f"{PAY}?q=静安")
    csv = client.get(f"{PAY[:-1]}.csv?kind=seat").content.decode("utf-8-sig").splitlines()
    assert len(csv) == 4
    for role in ("executive", "analyst", "line_manager", "guide"):
        ties = {"unit_external_id": "R01", "person_external_id": "E3"}
        assert signed_in(role, **ties).get(PAY).status_code == 403
        assert api_client(role, **ties).get(f"{API}/pay-check/").status_code == 403


def test_g06_a_band_is_changed_from_a_day_on_ended_and_taken_back(signed_in: SignedIn, api_client: ApiClient) -> None:
    client, api = signed_in("hr_lead"), api_client("hr_lead")
    band = {"role": "user-ops", "level": "manager", "low": 15000, "middle": "20000", "high": "25000.5"}
    written = api.put(f"{API}/pay-bands/", {"bands": [{**band, "since": "2026-01-01"}]}, format="json")
    assert written.json() == {"written": 1, "unchanged": 0, "dry_run": False}
    again = api.put(f"{API}/pay-bands/", {"bands": [{**band, "since": "2026-03-01"}]}, format="json")
    assert again.json()["unchanged"] == 1
    form = {
        "role": "user-ops",
        "level": "manager",
        "low": "16000",
        "middle": "15000",
        "high": "",
        "since": "2026-06-01",
    }
    refused = client.post(f"{PAY}bands/", form, headers=EN)
    assert refused.status_code == 422
    assert refused.content.decode().count('class="field__errors"') == 2
    assert client.post(f"{PAY}bands/", {**form, "middle": "21000", "high": "26000"}).status_code == 302
    assert called(api, "pay-bands/?as_of=2026-05-31")[0]["low"] == "15000.00"
    assert called(api, "pay-bands/?as_of=2026-06-01")[0]["low"] == "16000.00"
    history = page(client, f"{PAY}bands/")
    undo = history.split('/undo/"')[0].rsplit('"', 1)[1] + "/undo/"
    assert client.post(undo).status_code == 302
    assert called(api, "pay-bands/?as_of=2026-06-01")[0]["low"] == "15000.00"
    ended = api.put(
        f"{API}/pay-bands/", {"bands": [{"role": "user-ops", "level": "manager", "since": "2026-07-01"}]}, format="json"
    )
    assert ended.json()["written"] == 1
    assert called(api, "pay-bands/?as_of=2026-07-01") == []
    assert len(called(api, "pay-bands/?as_of=2026-06-30")) == 1
    assert client.post(undo).status_code == 302
    faults = api.put(f"{API}/pay-bands/", {"bands": [{**band, "since": "x", "pay": 1}, 3]}, format="json")
    assert {one["pointer"] for one in faults.json()["issues"]} == {"/bands/0/pay", "/bands/1"}
    late = api.put(
        f"{API}/pay-bands/", {"bands": [{**band, "low": 99, "high": "1e3", "since": "2026-13-01"}]}, format="json"
    )
    assert {one["pointer"] for one in late.json()["issues"]} == {"/bands/0/high", "/bands/0/since"}


def test_g06_no_fact_of_the_labour_market_enters_a_calculation() -> None:
    readers = {
        str(path.relative_to(ROOT))
        for app in ("omnichannel", "roles", "kpis", "orgstages", "talent")
        for path in (ROOT / app).rglob("*.py")
        if "migrations" not in path.parts and _reads_facts(path)
    }
    assert readers == {
        "roles/catalogue/loader.py",  # reads the library's
        "roles/catalogue/specs.py",
        "talent/models/__init__.py",
        "talent/queries/labour.py",
        "talent/services/labour.py",  # writes the workspace's own
        "talent/views/labour.py",
        "talent/api/labour.py",
    }


def _reads_facts(path: Path) -> bool:
    """Tell whether a module names the facts: the library's, the table, or what reads it."""
    words = {"labour_market", "LabourFact", "LabourFigure", "market_facts", "own_fact", "fact_history"}
    tree = ast.parse(path.read_text("utf-8"))
    named = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    named |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    named |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return bool(words & named) or any(module.startswith("talent.queries.labour") for module in modules)


def test_twice_the_posts_take_the_same_queries(
    signed_in: SignedIn, api_client: ApiClient, workspace: Workspace
) -> None:
    client = signed_in("hr_lead")
    client.post(f"{PAY}bands/table/", {"table": TABLE})
    page(client, PAY)
    with CaptureQueriesContext(connection) as few:
        page(client, PAY)
    with workspace_scope(workspace.pk):
        seats = [SeatInput(f"X{n}", "S0201", "导购", "digital-guide", monthly_budget=Decimal(90000)) for n in range(10)]
        assert upsert_seats(seats, effective_on=DAY, actor_id=None).is_ok
        people = [PersonInput(f"Y{n}", "S0201", DAY, "某某", monthly_cost=Decimal(20000)) for n in range(10)]
        assert upsert_people(people, effective_on=DAY, actor_id=None).is_ok
    page(client, PAY)
    with CaptureQueriesContext(connection) as many:
        page(client, PAY)
    assert len(many) == len(few) <= 25
