"""A system of the customer's over HTTP, with a token that a person made in the browser."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
import yaml
from playwright.sync_api import expect

from tests.e2e.conftest import SignIn, Stack

STORE = {"name": "上海徐汇店", "level": "store", "parent_external_id": "R01", "ownership": "direct", "city": "上海"}
PERSON = {"display_name": "新导购", "unit_external_id": "S0199", "hired_on": "2026-11-02", "monthly_cost": "7000"}
HELD = "E09999/digital-guide/2026-11-02"
HOLDING = {"unit_external_id": "S0199", "share": "1.0000", "end_on": None}


@dataclass(frozen=True)
class Client:
    """A plain HTTP client: urllib and a token."""

    root: str
    token: str

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Send a request; return the status and the JSON of the answer. `some_header` becomes `some-header`."""
        given = {name.replace("_", "-"): text for name, text in headers.items()}
        request = urllib.request.Request(  # noqa: S310 - our own address
            f"{self.root}/{path}",
            method=method,
            data=body if body is None or isinstance(body, bytes) else json.dumps(body).encode(),
            headers={"Authorization": f"Token {self.token}", "Content-Type": "application/json"} | given,
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own address
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


@pytest.fixture
def client(stack: Stack, sign_in: SignIn) -> Iterator[Client]:
    """Make a token under Settings as the HR lead; revoke it there in the end, which must end it."""
    page = sign_in("hr_lead")
    page.goto("/w/demo/settings/tokens/")
    page.get_by_label("Name").fill("HR system")
    page.locator("#id_scope").select_option("write")
    page.get_by_role("button", name="Make token").click()
    notice = page.locator(".notice", has_text="Copy this token now")
    secret = next(word for word in notice.inner_text().split() if word.startswith("omni_"))
    client = Client(f"{stack.url}/api/v1/workspaces/demo", secret)
    yield client
    page.goto("/w/demo/settings/tokens/")
    assert secret not in page.content()
    page.get_by_role("button", name="Revoke").first.click()
    expect(page.locator(".toast")).to_contain_text("no longer works")
    assert client("GET", "units/")[0] == 401


def test_a_system_reads_and_upserts_units_people_and_assignments(client: Client) -> None:
    status, units = client("GET", "units/?page_size=1000")
    assert (status, len(units["results"]) in (23, 24)) == (200, True)  # a project team of the demo ends in 2027
    dry = client("PUT", "units/S0199/?dry_run=true&effective_on=2026-11-01", STORE)
    assert (dry[0], dry[1]["status"], dry[1]["dry_run"]) == (200, "created", True)
    assert client("GET", "units/S0199/")[0] == 404
    written = [
        client("PUT", "units/S0199/?effective_on=2026-11-01", STORE),
        client("PUT", "people/E09999/", PERSON),
        client("PUT", f"assignments/{HELD}/", HOLDING),
    ]
    assert [(status, answer["status"]) for status, answer in written] == [(201, "created")] * 3
    assert client("PUT", "units/S0199/?effective_on=2026-11-01", STORE)[0] == 428
    again = client("PUT", "units/S0199/?effective_on=2026-11-01", STORE, If_Match="*")
    assert (again[0], again[1]["status"]) == (200, "same")
    _status, unit = client("GET", "units/S0199/?as_of=2026-11-02")
    assert {name: unit[name] for name in STORE} == STORE
    _status, person = client("GET", "people/E09999/?as_of=2026-11-02")
    assert (person["display_name"], person["unit_external_id"], person["monthly_cost"]) == (
        "新导购",
        "S0199",
        "7000.0000",
    )
    _status, held = client("GET", "assignments/?person_external_id=E09999&as_of=2026-11-02")
    assert [{name: row[name] for name in ("external_id", *HOLDING)} for row in held["results"]] == [
        {"external_id": HELD, **HOLDING}
    ]


def test_a_batch_with_faults_is_refused_whole_and_every_fault_is_named(client: Client) -> None:
    rows = [
        {"external_id": "N1", **STORE},
        {"external_id": "N2", **STORE, "parent_external_id": "NOWHERE"},
        {"external_id": "N1", **STORE},
    ]
    status, answer = client("POST", "batch/units/", {"rows": rows})
    faults = [(issue["pointer"], issue["code"]) for issue in answer["issues"]]
    assert (status, faults) == (
        422,
        [("/rows/1/parent_external_id", "unknown_reference"), ("/rows/2/external_id", "duplicate")],
    )
    assert client("GET", "units/N1/")[0] == 404
    wrong, shapes = client("POST", "batch/units/", {"rows": [{"external_id": "N1", "name": "", "level": "galaxy"}]})
    assert (wrong, {issue["pointer"] for issue in shapes["issues"]}) == (422, {"/rows/0/name", "/rows/0/level"})


def pushed_order(number: int) -> dict[str, Any]:
    """Return an order of a till."""
    return {
        "order_id": f"TILL-{number}",
        "channel": "store",
        "unit_id": "S0101",
        "paid_at": "2026-10-05T10:00:00",
        "status": "paid",
        "gross_amount": "125.50",
        "discount_amount": 25,
        "refund_amount": 0,
        "net_amount": 100.5,
        "item_count": 2,
    }


def company_sales(client: Client) -> Decimal:
    """Return the net sales of the company in October."""
    _status, values = client("GET", "values/?period=2026-10&kpi=sales_net&scope_kind=company")
    return Decimal(values["results"][0]["value"])


def test_a_till_pushes_orders_and_the_figures_follow_and_go_back(client: Client, stack: Stack) -> None:
    before = company_sales(client)
    rows = [pushed_order(1), pushed_order(2), pushed_order(3) | {"net_amount": "free"}]
    status, answer = client("POST", "tables/orders/rows/", rows, Idempotency_Key="till-1")
    assert (status, [row["status"] for row in answer["results"]]) == (200, ["accepted", "accepted", "rejected"])
    assert client("POST", "tables/orders/rows/", rows, Idempotency_Key="till-1") == (status, answer)
    again, same = client("POST", "tables/orders/rows/", rows[:2])
    assert (again, same["counts"]["unchanged"]) == (200, 2)
    lines = "\n".join(json.dumps(pushed_order(number)) for number in range(1, 1203)).encode()
    large, handed = client("POST", "tables/orders/rows/", lines, Content_Type="application/x-ndjson")
    assert large == 202
    stack.settle()
    _status, upload = client("GET", f"uploads/{handed['upload']}/")
    assert (upload["state"], upload["effect"]["new"], upload["effect"]["same"]) == ("loaded", 1200, 2)
    _status, found = client("GET", "tables/orders/rows/?order_id=TILL-2")
    assert [row["net_amount"] for row in found["results"]] == ["100.5"]
    assert company_sales(client) == before + 1202 * Decimal("100.5")
    for number in (handed["upload"], answer["upload"]):
        assert client("POST", f"uploads/{number}/revert/", {})[0] == 202
        stack.settle()
    assert client("GET", "tables/orders/rows/?order_id=TILL-2")[1]["results"] == []
    assert company_sales(client) == before


def test_figures_and_scorecards_are_those_of_the_pages(client: Client, stack: Stack) -> None:
    status, values = client("GET", "values/?period=2026-10&kpi=sales_net")
    assert status == 200
    stored = stack.sql(
        "select value from kpis_kpivalue v join workspaces_workspace w on w.id = v.workspace_id"
        " where w.slug = 'demo' and kpi = 'sales_net' and period = '2026-10' and scope_kind = 'company' and is_current"
    )
    company = [row for row in values["results"] if row["scope_kind"] == "company"]
    assert [Decimal(row["value"]) for row in company] == [row[0] for row in stored]


def test_the_documents_are_served_to_anybody(stack: Stack, sign_in: SignIn) -> None:
    with urllib.request.urlopen(f"{stack.url}/api/schema/", timeout=30) as answer:  # noqa: S310 - our own address
        document = yaml.safe_load(answer)
    paths = document["paths"]
    assert document["openapi"].startswith("3.")
    prefix = "/api/v1/workspaces/{slug}"
    assert {"get", "put"} <= set(paths[f"{prefix}/units/{{external_id}}/"])
    page = sign_in("hr_lead")
    page.goto("/w/demo/settings/tokens/")
    page.get_by_role("link", name="API documentation").click()
    page.wait_for_load_state()
    shown = page.locator("main").inner_text()
    missing = [path for path in paths if path not in shown and path.removeprefix(prefix) not in shown]
    assert missing == []
