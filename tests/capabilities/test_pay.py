"""G-06 and the F rows of the list of capabilities, over HTTP: plans of pay, the labour market, bands, posts outside."""

from __future__ import annotations

import ast
import csv
import io
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

from kpis.choices import AutoLoad
from kpis.engine.specs import COMPANY
from kpis.incentives.templates import load_templates
from kpis.incentives.texts import plan_node
from omnichannel.core.periods import month_of
from omnichannel.jobs.choices import JobKind, JobState
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.queries.zones import current_day
from omnichannel.workspaces.scoping import workspace_scope
from roles.catalogue import RoleKey, load_roles
from roles.services.library import add_role
from roles.services.sync import PersonInput, SeatInput, UnitInput, upsert_people, upsert_seats, upsert_units
from tests.kpis.credit_world import JUNE, load_credit
from tests.kpis.door import put, work
from tests.kpis.retailer import person, put_targets, unit
from tests.roles.organisation import DAY, write_organisation

SignedIn = Callable[..., Client]
ApiClient = Callable[..., APIClient]
API = "/api/v1/workspaces/acme"
PAY = "/w/acme/talent/pay/"
DAY_PAGE = "/w/acme/pay/my-day/"
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
    headless = client.post(
        f"{PAY}bands/table/", {"table": "岗位,职级,鞋码\n1,2,3"}, headers={"Accept-Language": "zh-Hans"}
    )
    assert headless.status_code == 422
    assert all(words in headless.content.decode() for words in ("鞋码。", "缺少列：下限、中位、上限、生效日期。"))
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


def test_f05_a_plan_tried_on_a_past_month_shows_pay_now_against_the_proposal_with_winners_losers_and_the_total(
    signed_in: SignedIn, api_client: ApiClient, workspace: Workspace
) -> None:
    hr, owner, client = api_client("hr_lead"), api_client("owner"), signed_in("hr_lead")

    def contacts_plan(price: str, **bounds: str) -> dict[str, Any]:
        rule = {"kind": "rate", "base": "valid_contacts", "price": price}
        component = {"id": "contacts", "names": {"zh": "拉新奖", "en": "Contacts"}, "rule": rule, **bounds}
        names = {"zh": "拉新方案", "en": "Contact plan"}
        whole = {"id": "contacts", "names": names, "phase": "mature", "roles": ["digital-guide"]}
        return {"content": {**whole, "components": [component]}}

    with workspace_scope(workspace.pk):
        added = [("E3", "S0101", day) for day in range(1, 11)] + [("E5", "S0201", day) for day in range(1, 5)]
        lines = [
            f"k{number},C{number},{who},{unit},wecom_friend,store,2026-09-{day:02} 09:00:00,"
            for number, (who, unit, day) in enumerate(added)
        ]
        head = "contact_id,customer_id,employee_id,unit_id,kind,source,added_at,removed_at"
        put("\n".join([head, *lines, ""]).encode(), filename="contacts.csv", auto=AutoLoad.GOOD_ROWS)
        work()
    assert hr.post(f"{API}/pay-plans/", contacts_plan("3", cap="20"), format="json").status_code == 201
    steps = f"{API}/pay-plans/contacts/steps/"
    assert hr.post(steps, {"action": "submit", "effective_from": "2026-06-01"}, format="json").status_code == 200
    assert owner.post(steps, {"action": "approve"}, format="json").status_code == 200
    draft = hr.post(f"{API}/pay-plans/", contacts_plan("2.5"), format="json").json()["id"]
    begun = client.post("/w/acme/pay/simulations/", {"plans": [f"plan:{draft}"], "months": 1, "against": "holding"})
    with workspace_scope(workspace.pk):
        assert [job.state for job in work(JobKind.SIMULATE_PAY)] == [JobState.SUCCEEDED]
    own = str(begun["location"])
    shown = " ".join(page(client, own).split())
    for words in ("Now, all months", "Proposal, all months", "Winners", "Losers", "王导购", "陈导购", "Where the pay"):
        assert words in shown, words
    file = client.get(f"{own}people.csv").content.decode("utf-8-sig")
    rows = {row["person"]: (row["before"], row["after"], row["change"]) for row in csv.DictReader(io.StringIO(file))}
    # ten contacts at 3, capped at 20, against ten at 2.5; four at 3 against four at 2.5
    assert rows["E3"] == ("20.00", "25.00", "5.00")
    assert rows["E5"] == ("12.00", "10.00", "-2.00")
    (told,) = called(hr, f"pay-simulations/{own.rstrip('/').rsplit('/', 1)[1]}/")["result"]["proposals"]
    assert (told["before"], told["after"], told["winners"], told["won"], told["losers"], told["lost"]) == (
        "32.00", "35.00", 1, "5.00", 1, "-2.00",
    )  # fmt: skip
    for role in ("executive", "analyst", "line_manager", "guide"):
        assert signed_in(role, unit_external_id="R01", person_external_id="E3").get(own).status_code == 403


@pytest.fixture
def credit(workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        load_credit()


@pytest.mark.usefixtures("credit")
def test_f01_one_person_counts_once_and_the_sources_add_up_to_the_total(
    signed_in: SignedIn, api_client: ApiClient
) -> None:
    contacts, sales = called(api_client("executive"), "pay-shared-groups/?period=2026-06")
    # C1 was added by two guides and stands in a group: one new contact, from its first source
    assert (contacts["id"], contacts["total"], contacts["counted"]) == ("new_private_users", "7.0000", "7.0000")
    sources = {each["source"]: Decimal(each["value"]) for each in contacts["sources"]}
    assert sources == {"store": 2, "content": 1, "public_platform": 1, "ad": 1, "referral": 1, "other": 1}
    views = {each["kpi"]: each for each in contacts["views"]}
    assert {kpi: Decimal(each["value"]) for kpi, each in views.items()} == {
        "content_private_users": 1, "platform_private_users": 1, "ad_private_users": 1, "guide_private_customers": 2,
        "training_private_users": 2,
    }  # fmt: skip
    assert views["training_private_users"]["second_view_of"] == "guide_private_customers"
    # five views show 7, of which two are the training's second look at the store; referral and other have no view
    assert [Decimal(contacts[key]) for key in ("added", "twice", "unseen")] == [7, 2, 2]
    assert (sales["id"], Decimal(sales["total"]), Decimal(sales["counted"])) == ("sales", 570, 570)
    assert sum(Decimal(each["value"]) for each in sales["sources"]) == 570
    shown = page(signed_in("analyst"), "/w/acme/pay/shared/?period=2026-06")
    assert "second view, never added" in shown
    assert "/kpis/training_private_users/explain/?period=2026-06" in shown
    store = called(api_client("hr_lead"), "pay-shared-groups/?period=2026-06&unit=S0101")[0]
    assert (Decimal(store["total"]), Decimal(store["counted"])) == (2, 2)


@pytest.mark.usefixtures("credit")
def test_f02_the_order_of_300_is_split_as_the_domain_says_and_parts_add_up(
    signed_in: SignedIn, api_client: ApiClient
) -> None:
    api = api_client("analyst")
    order = called(api, "pay-credit/orders/O1/")
    earning = [touch for touch in order["touches"] if touch["earns"] == "yes"]
    wanted = {
        "last_touch": (0, 0, 300), "first_touch": (300, 0, 0), "linear": (100, 100, 100), "position": (120, 60, 120),
        "time_decay": (Decimal("59.55"), Decimal("80.15"), Decimal("160.30")), "shared": (300, 300, 300),
    }  # fmt: skip
    for model, parts in wanted.items():
        assert tuple(Decimal(touch["credits"][model]) for touch in earning) == parts
        assert Decimal(order["sums"][model]) == (900 if model == "shared" else 300)
    assert [touch["earns"] for touch in order["touches"]] == ["too_old", "yes", "yes", "yes", "after"]
    assert order["owners"] == [{"rule": "customer-owner", "person": "E3", "store": "", "amount": "300.0000"}]
    report = called(api, "pay-credit/?period=2026-06&by=role")
    assert (Decimal(report["totals"]["touched_value"]), Decimal(report["totals"]["value"])) == (530, 570)
    assert {model: Decimal(sum_) for model, sum_ in report["sums"].items()} == {
        **dict.fromkeys(("last_touch", "first_touch", "linear", "position", "time_decay"), 530), "shared": 1230,
    }  # fmt: skip
    roles = {each["side"]: Decimal(each["credits"]["last_touch"]) for each in report["sides"]}
    assert roles == {"digital-guide": 450, "content-marketing": 80, "ad-delivery": 0}
    # the KPI tells the same: one ledger
    value = called(api, "values/?period=2026-06&kpi=sales_attributed&scope_kind=role&scope_id=digital-guide")
    assert [Decimal(each["value"]) for each in value["results"]] == [450]
    client = signed_in("executive")
    shown = page(client, "/w/acme/pay/credit/?period=2026-06&by=role&model=position")
    assert "Company, each order once" in shown
    assert "/kpis/sales_attributed/explain/?period=2026-06&amp;scope=role" in page(
        client, "/w/acme/pay/credit/?period=2026-06&by=role"
    )
    assert "160.30" in page(client, "/w/acme/pay/credit/orders/O1/")
    assert client.get("/w/acme/pay/credit/?order=O1")["Location"].endswith("/pay/credit/orders/O1/")
    assert "There is no order O9" in page(client, "/w/acme/pay/credit/?order=O9")
    for path in (
        "pay-credit/?model=best",
        "pay-credit/?period=2026",
        "pay-credit/?unit=X",
        "pay-credit/?since=2027-01",
    ):
        assert api.get(f"{API}/{path}").status_code == 422, path
    assert api_client("guide", person_external_id="E3").get(f"{API}/pay-credit/").status_code == 403


@pytest.mark.usefixtures("credit")
def test_f03_orders_of_two_departments_by_pair_value_and_rule(signed_in: SignedIn, api_client: ApiClient) -> None:
    api = api_client("executive")
    report = called(api, "pay-conflicts/?period=2026-06")
    assert (report["orders"], Decimal(report["value"])) == (3, 450)
    pairs = {tuple(each["sides"]): each for each in report["pairs"]}
    assert {pair: (each["orders"], Decimal(each["value"])) for pair, each in pairs.items()} == {
        ("D-MKT", "R01"): (2, 400),
        ("D-MKT", "role:ad-delivery"): (1, 300),
        ("R01", "role:ad-delivery"): (1, 300),
        ("R01", "R02"): (1, 50),
    }
    both = pairs["D-MKT", "R01"]
    assert [Decimal(part) for part in both["credited"]] == [0, 400]
    assert (both["unpaid"], both["rules"]) == ([2, 0], {"till-seller": 1, "customer-owner": 1})
    store = called(api, "pay-conflicts/?period=2026-06&unit=S0201&channel=store&model=linear")
    assert [(each["sides"], each["credited"]) for each in store["pairs"]] == [(["R01", "R02"], ["25.0000", "25.0000"])]
    first = called(api, "pay-conflicts/orders/?period=2026-06&one=R01&other=D-MKT&page_size=1")
    assert [each["order_id"] for each in first["results"]] == ["O1"]
    second = api.get(first["next"]).json()
    assert ([each["order_id"] for each in second["results"]], second["next"]) == (["O2"], None)
    client = signed_in("analyst")
    shown = page(client, "/w/acme/pay/conflicts/?period=2026-06")
    assert "one=D-MKT&amp;other=R01" in shown
    listed = "/w/acme/pay/conflicts/orders/?period=2026-06&one=D-MKT&other=R01"
    assert "/pay/credit/orders/O2/" in page(client, listed)
    text = client.get(listed.replace("orders/?", "orders.csv?")).content.decode()
    assert "O1,2026-06-11 12:00,private_mall,S0101,300.0000,0.0000,300.0000,customer-owner" in text
    book = client.get(listed.replace("orders/?", "orders.xlsx?"))
    assert book.status_code == 200
    assert book.content[:2] == b"PK"
    assert client.get("/w/acme/pay/conflicts/orders/?period=2026-06&one=R02&other=D-MKT").status_code == 404


@pytest.mark.usefixtures("credit")
def test_f03_competing_targets_are_found_sized_settled_and_taken_back(
    signed_in: SignedIn, api_client: ApiClient, workspace: Workspace
) -> None:
    with workspace_scope(workspace.pk):
        units = [UnitInput("D-EC", "电商部", "department", "G"), UnitInput("D-X", "商品部", "department", "G")]
        assert upsert_units(units, effective_on=DAY, actor_id=None).is_ok
        put_targets(
            JUNE,
            {
                ("mall_orders", unit("D-EC")): 10, ("mall_orders", unit("D-MKT")): 20, ("mall_orders", unit("R01")): 5,
                ("platform_orders", unit("D-X")): 9, ("sales_net", unit("D-X")): 9, ("mall_sales", unit("D-EC")): 9,
                ("sales_net", COMPANY): 900,
            },
        )  # fmt: skip
    lead, api = signed_in("hr_lead"), api_client("owner")
    found = called(api, "pay-rival-targets/?period=2026-06")
    # the sales KPIs are joined by their group; platform orders are nobody else's; R01's mall order is S0101's
    assert [(each["carriers"], each["at"], each["rows"], Decimal(each["money"])) for each in found] == [
        (["D-EC", "D-MKT"], "", 1, 300), (["D-EC", "R01"], "R01", 1, 300), (["D-MKT", "R01"], "R01", 1, 300),
    ]  # fmt: skip
    pair = {"kind": "unit", "kpi": "mall_orders", "other_kpi": "mall_orders", "one": "D-EC", "other": "D-MKT"}
    url = "/w/acme/pay/rivals/?period=2026-06"
    bad = lead.post(url, {**pair, "ruling": "split", "share": "140", "holds_from": "", "note": ""}, headers=EN)
    assert bad.status_code == 422
    assert bad.content.decode().count('class="field__error"') >= 2 or "required" in bad.content.decode()
    sent = {**pair, "ruling": "split", "share": "60", "holds_from": "2026-06-01", "note": "EC runs the mall"}
    assert lead.post(url, sent).status_code == 302
    shown = page(lead, url)
    assert "180.00" in shown
    assert "120.00" in shown
    settled = called(api, "pay-rival-targets/?period=2026-06")
    assert [bool(each["ruling"]) for each in settled] == [False, False, True]
    assert not any(each["ruling"] for each in called(api, "pay-rival-targets/?period=2026-05"))
    (ruling,) = called(api, "pay-rulings/")["results"]
    assert api.post(f"{API}/pay-rulings/{ruling['id']}/undo/").status_code == 201
    assert api.post(f"{API}/pay-rulings/{ruling['id']}/undo/").status_code == 409
    assert not any(each["ruling"] for each in called(api, "pay-rival-targets/?period=2026-06"))
    assert len(called(api, "pay-rulings/")["results"]) == 2
    body = {
        "period": "2026-06", "kind": "unit", "kpis": ["mall_orders"] * 2, "carriers": ["D-EC", "R01"],
        "ruling": "shared", "holds_from": "2026-06-01", "note": "one mall target",
    }  # fmt: skip
    assert api.post(f"{API}/pay-rulings/", {**body, "share": "5"}, format="json").status_code == 422
    assert api.post(f"{API}/pay-rulings/", {**body, "carriers": ["D-EC", "R02"]}, format="json").status_code == 422
    first, again = (api.post(f"{API}/pay-rulings/", body, format="json") for _ in range(2))
    assert (first.status_code, again.json()["id"]) == (201, first.json()["id"])  # sent twice, kept once
    listed = list(csv.DictReader(io.StringIO(lead.get(f"{url.replace('/?', '.csv?')}").content.decode("utf-8-sig"))))
    assert [(row["carrier"], row["other_carrier"], row["money"], row["decision"]) for row in listed] == [
        ("D-EC", "D-MKT", "300.00", ""), ("D-MKT", "R01", "300.00", ""), ("D-EC", "R01", "300.00", "shared"),
    ]  # fmt: skip
    assert api_client("analyst").post(f"{API}/pay-rulings/", body, format="json").status_code == 403


def test_pages_of_credit_say_what_is_missing_before_there_are_data(signed_in: SignedIn) -> None:
    client = signed_in("executive")
    for path in ("credit/", "conflicts/", "rivals/", "shared/"):
        assert "empty" in page(client, f"/w/acme/pay/{path}")


def test_f08_a_guide_sees_own_targets_tasks_customers_and_bonus_so_far_and_nobody_elses(
    signed_in: SignedIn, api_client: ApiClient, workspace: Workspace
) -> None:
    hr, owner = api_client("hr_lead"), api_client("owner")
    head = "contact_id,customer_id,employee_id,unit_id,kind,source,added_at,removed_at"
    with workspace_scope(workspace.pk):
        today = current_day()
        month = month_of(today)
        added = [f"k{n},C{n},{who},{place},wecom_friend,store,{month.start} 09:00:00," for n, who, place in (
            (1, "E3", "S0101"), (2, "E3", "S0101"), (3, "E5", "S0201"))]  # fmt: skip
        put("\n".join([head, *added, ""]).encode(), filename="contacts.csv", auto=AutoLoad.GOOD_ROWS)
        work()
        kpi = "guide_private_customers"
        put_targets(month, {(kpi, person("E3")): 40, (kpi, person("E5")): 7777})
    guide = signed_in("guide", person_external_id="E3")
    assert guide.get("/w/acme/", follow=True).redirect_chain[-1][0] == DAY_PAGE  # where a guide lands
    before = page(guide, DAY_PAGE)
    assert f"Nothing is calculated for {month} yet" in before
    assert "have not been put into tiers yet" in before
    rule = {"kind": "tiers", "base": "valid_contacts", "mode": "whole", "scale": "quantity", "steps": [
        {"start": "0", "price": "3"}, {"start": "5", "price": "6"}]}  # fmt: skip
    component = {"id": "contacts", "names": {"zh": "拉新奖", "en": "Contacts"}, "rule": rule}
    plan = {"id": "contacts", "names": {"zh": "拉新方案", "en": "Contact plan"}, "phase": "mature"}
    content = {**plan, "roles": ["digital-guide"], "components": [component]}
    assert hr.post(f"{API}/pay-plans/", {"content": content}, format="json").status_code == 201
    steps = f"{API}/pay-plans/contacts/steps/"
    assert hr.post(steps, {"action": "submit", "effective_from": "2026-06-01"}, format="json").status_code == 200
    assert owner.post(steps, {"action": "approve"}, format="json").status_code == 200
    run = hr.post(f"{API}/pay-runs/", {"period": str(month)}, format="json").json()["id"]
    assert hr.post(f"{API}/pay-runs/{run}/steps/", {"action": "calculate"}, format="json").status_code == 200
    with workspace_scope(workspace.pk):
        assert [job.state for job in work(JobKind.CALCULATE_PAY)] == [JobState.SUCCEEDED]
    due = str(today)
    manager = signed_in("line_manager", unit_external_id="R01")
    task = {"title": "回访", "what": "联系老客", "script": "您好，换季了", "due_on": due, "role": "digital-guide"}
    assert manager.post("/w/acme/pay/tasks/new/", task).status_code == 302
    mine = page(guide, DAY_PAGE)
    for words in ("My bonus so far", "¥6.00", "2 × ¥3.00", "3 more", "您好，换季了", "Estimate"):
        assert words in mine, words
    for foreign in ("陈导购", "7,777"):
        assert foreign not in mine.split('id="main"')[1].split("</main>")[0], foreign
    (open_task,) = called(api_client("guide", person_external_id="E3"), "my-day/")["tasks"]
    done = guide.post(f"{DAY_PAGE}tasks/{open_task['id']}/", {"action": "done", "note": "已联系 20 位"})
    assert done.status_code == 302
    (counted,) = called(api_client("line_manager", unit_external_id="R01"), "guide-tasks/")["results"]
    assert [counted[key] for key in ("people", "done", "done_late", "late", "open")] == [2, 1, 0, 0, 1]
    assert "您好，换季了" not in page(signed_in("guide", person_external_id="E5"), DAY_PAGE)
    assert called(api_client("guide", person_external_id="E5"), "my-day/")["bonuses"][0]["amount"] == "3.00"
    assert signed_in("hr_lead").post("/w/acme/pay/tasks/ranking/", {"shown": "0"}).status_code == 302
    assert "Your company shows no places" in page(guide, DAY_PAGE)


def test_f07_no_file_without_a_named_approver_each_line_shows_its_workings_and_a_line_is_contested_to_an_outcome(
    signed_in: SignedIn, api_client: ApiClient, workspace: Workspace
) -> None:
    hr, owner = api_client("hr_lead"), api_client("owner")
    with workspace_scope(workspace.pk):
        lines = [f"k{n},C{n},E3,S0101,wecom_friend,store,2026-09-0{n} 09:00:00," for n in range(1, 6)]
        head = "contact_id,customer_id,employee_id,unit_id,kind,source,added_at,removed_at"
        put("\n".join([head, *lines, ""]).encode(), filename="contacts.csv", auto=AutoLoad.GOOD_ROWS)
        work()
    rule = {"kind": "rate", "base": "valid_contacts", "price": "3"}
    component = {"id": "contacts", "names": {"zh": "拉新奖", "en": "Contact bonus"}, "rule": rule}
    names = {"zh": "拉新方案", "en": "Contact plan"}
    plan = {"id": "contacts", "names": names, "phase": "mature", "roles": ["digital-guide"], "components": [component]}
    assert hr.post(f"{API}/pay-plans/", {"content": plan}, format="json").status_code == 201
    steps = f"{API}/pay-plans/contacts/steps/"
    assert hr.post(steps, {"action": "submit", "effective_from": "2026-06-01"}, format="json").status_code == 200
    assert owner.post(steps, {"action": "approve"}, format="json").status_code == 200

    def month(period: str) -> str:
        run = hr.post(f"{API}/pay-runs/", {"period": period}, format="json").json()["id"]
        assert take(hr, run, "calculate").status_code == 200
        with workspace_scope(workspace.pk):
            assert [job.state for job in work(JobKind.CALCULATE_PAY)] == [JobState.SUCCEEDED]
        return str(run)

    def take(client: APIClient, run: str, action: str) -> Any:
        seen = called(hr, f"pay-runs/{run}/")["digest"]
        return client.post(f"{API}/pay-runs/{run}/steps/", {"action": action, "seen": seen}, format="json")

    september = month("2026-09")
    payout, desk = f"/w/acme/pay/runs/{september}/payout.csv", signed_in("hr_lead")
    assert desk.get(payout).status_code == 404
    assert take(hr, september, "approve").status_code == 403  # who opened it
    assert take(owner, september, "approve").status_code == 200
    assert desk.get(payout).status_code == 404
    assert take(hr, september, "lock").status_code == 200
    assert "E3,15.00,0,15.00" in desk.get(payout).content.decode()
    guide = signed_in("guide", person_external_id="E3", unit_external_id="S0101")
    mine = page(guide, "/w/acme/pay/")
    for words in ("15.00", "5 × ¥3.00", "Contact bonus", "I think this is wrong"):
        assert words in mine, words
    statement = called(hr, f"pay-runs/{september}/statements/")["results"][0]["id"]
    whole = called(hr, f"pay-statements/{statement}/")
    rows = called(hr, f"pay-statements/{statement}/rows/valid_contacts/")
    assert (rows["total"], Decimal(rows["amount"]), Decimal(rows["counted"])) == (5, 5, 5)
    line = whole["lines"][0]["id"]
    sent = {"reason": "missing", "text": "Two members of the 8th", "asked": "6.00"}
    own = str(guide.post(f"/w/acme/pay/disputes/new/{line}/", sent)["location"])
    waiting = page(guide, own)
    assert "Nobody has taken it up yet; an answer is due by" in waiting
    (case,) = called(hr, "pay-disputes/?state=running")["results"]
    assert (case["line"], case["asked"], case["due_on"] is not None) == (line, "6.00", True)
    path = f"{API}/pay-disputes/{case['id']}/steps/"
    assert hr.post(path, {"action": "take"}, format="json").json()["owner"] is not None
    october = month("2026-10")
    granted = {"action": "answer", "state": "partly", "amount": "3.00", "text": "One of them stayed."}
    assert hr.post(path, {**granted, "text": ""}, format="json").json()["issues"][0]["pointer"] == "/text"
    assert hr.post(path, granted, format="json").json()["state"] == "partly"
    assert "One of them stayed." in page(guide, f"/w/acme/pay/statements/{statement}/")
    assert take(owner, october, "approve").status_code == 409  # it has to be worked out with the correction
    assert called(hr, f"pay-runs/{october}/")["adjusted"] == "3.00"
    assert called(hr, f"pay-statements/{statement}/")["lines"][0]["amount"] == "15.00"
    assert [each["state"] for each in called(hr, f"pay-disputes/{case['id']}/")["steps"]] == [
        "open", "in_review", "partly",
    ]  # fmt: skip
    other = api_client("guide", person_external_id="E5", unit_external_id="S0201")
    assert other.get(f"{API}/pay-disputes/{case['id']}/").status_code == 404
    assert other.get(f"{API}/pay-statements/{statement}/rows/valid_contacts/").status_code == 404
    assert called(other, "pay-disputes/")["results"] == []


def plan(name: str, **more: object) -> dict[str, Any]:
    return plan_node(load_templates()[name]) | more


def worked(api: APIClient, content: dict[str, Any], **facts: object) -> Any:
    answer = api.post(f"{API}/pay-plan-check/", {"content": content, "facts": facts}, format="json")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_f04_a_plan_is_written_as_sentences_form_or_text_and_its_example_pays_1975(
    signed_in: SignedIn, api_client: ApiClient
) -> None:
    client, api = signed_in("hr_lead"), api_client("hr_lead")
    figures = {"store_sales": "90000", "mall_sales": "12500", "valid_contacts": "45"}
    asked = worked(api, plan("guide-composite"), quantities=figures, score="94.17")
    assert [line["amount"] for line in asked["payout"]["lines"]] == ["900.00", "375.00", "135.00", "565.00"]
    assert asked["payout"]["amount"] == "1975.00"
    for face in ({"text": asked["text"]}, {"sentences": "\n".join(asked["sentences"]["zh"]), "language": "zh"}):
        again = api.post(f"{API}/pay-plan-check/", {"content": asked["content"], **face}, format="json").json()
        assert (again["is_sound"], again["content"]) == (True, asked["content"])
    for sold, paid in (("79999", "0.00"), ("80000", "800.00"), ("149999", "1150.00"), ("180000", "1350.00")):
        tiers = worked(api, plan("five-steps"), quantities={"store_sales": sold}, targets={"store_sales": "100000"})
        assert tiers["payout"]["amount"] == paid  # the step reached, not the sum of the steps
    sixth = plan("five-steps")
    sixth["components"][0]["rule"]["steps"].append({"start": "2", "price": "1.5"})
    (issue,) = worked(api, sixth)["issues"]
    assert (issue["path"], issue["code"]) == ("components.0.rule.steps", "too_many_steps")
    text = asked["text"].replace("0.03", "3")
    (issue,) = api.post(f"{API}/pay-plan-check/", {"text": text}, format="json").json()["issues"]
    assert issue["line"] == 1 + next(at for at, line in enumerate(text.splitlines()) if line.strip() == "price: 3")
    assert "1,975.00" in page(client, "/w/acme/pay/new-plan/?template=guide-composite")
    assert api.post(f"{API}/pay-plans/", {"content": plan("guide-composite")}, format="json").status_code == 201
    names = {"zh": "北区", "en": "North"}
    copy = api.post(f"{API}/pay-plans/guide-composite/copies/", {"id": "north", "names": names}, format="json")
    assert (copy.status_code, copy.json()["state"]) == (201, "draft")
    again = api.post(f"{API}/pay-plans/guide-composite/copies/", {"id": "north", "names": names}, format="json")
    assert again.json()["issues"][0]["pointer"] == "/content/id"
    dearer = plan("guide-composite")
    dearer["components"][1]["rule"]["price"] = "0.04"
    kept = api.post(f"{API}/pay-plans/", {"content": dearer}, format="json").json()
    first = called(api, "pay-plans/guide-composite/revisions/")["results"][0]
    diff = called(api, f"pay-plans/guide-composite/diff/?from={first['id']}&to={kept['id']}")
    (change,) = diff
    assert (change["change"], change["before"][-6:], change["after"][-6:]) == ("edited", "3% 计提。", "4% 计提。")
    restored = api.post(
        f"{API}/pay-plans/guide-composite/steps/", {"action": "restore", "revision": first["id"]}, format="json"
    )
    assert restored.json()["content"] == first["content"]


def test_f06_rewards_go_to_the_staff_and_penalties_to_the_middle_layer(
    workspace: Workspace, signed_in: SignedIn, api_client: ApiClient
) -> None:
    client, api = signed_in("hr_lead"), api_client("hr_lead")
    under = {"store_total_sales": "286431.50", "store_contacts": "118", "valid_contacts": "12"}
    targets = {"store_contacts": "200", "valid_contacts": "40"}
    manager = worked(api, plan("growth-manager"), quantities=under, targets=targets)["payout"]
    assert [line["amount"] for line in manager["lines"]] == ["1432.16", "-71.61"]  # 59 % of target: 5 % off
    guide = worked(api, plan("growth-contacts"), quantities=under, targets=targets)["payout"]
    assert [line["amount"] for line in guide["lines"]] == ["36.00"]  # the guide is not charged
    harsh = plan("growth-manager", id="harsh", roles=["digital-guide"])
    (issue,) = worked(api, harsh)["issues"]
    assert (issue["path"], issue["code"]) == ("components.1.rule", "penalty_on_staff")
    assert "中层" in issue["message"]
    assert api.post(f"{API}/pay-plans/", {"content": harsh}, format="json").status_code == 422
    text = worked(api, harsh)["text"]
    refused = client.post("/w/acme/pay/new-plan/", {"text": text, "source": "text"}, headers=EN)
    assert refused.status_code == 422
    assert "Penalties are for the middle layer" in refused.content.decode()
    reasoned = {"text": f"{text}reason: agreed with the staff council\n", "source": "text"}
    assert client.post("/w/acme/pay/new-plan/", reasoned).status_code == 302
    assert "agreed with the staff council" in page(client, "/w/acme/pay/plans/harsh/")
    with workspace_scope(workspace.pk):  # a role of one's own that does a guide's work is staff too
        names = {"zh": "社群导购", "en": "Community guide"}
        kpis = list(load_roles().roles[RoleKey.DIGITAL_GUIDE].kpis[:3])
        content = {"names": names, "definition": names, "kind": "collaborating", "position": "connector",
            "duties": [names], "abilities": [names], "kpis": kpis}  # fmt: skip
        add_role(content, actor_id=None, key="own-community-guide")
    copied = plan("growth-manager", id="copied", roles=["own-community-guide"])
    assert [issue["code"] for issue in worked(api, copied)["issues"]] == ["penalty_on_staff"]
    early = plan("growth-contacts", id="early", phase="launch")
    assert [issue["code"] for issue in worked(api, early)["issues"]] == ["launch_by_attainment"]
