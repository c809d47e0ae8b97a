"""The tables over REST: what a push needs to know, the current rows, and the export that loads back unchanged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings
from rest_framework.test import APIClient

from kpis.library import load_library
from kpis.models import Part, Upload
from tests.kpis.door import work

pytestmark = pytest.mark.usefixtures("in_workspace")
ROOT = "/api/v1/workspaces/acme"
ORDER = {
    "order_id": "O1", "customer_id": "C1", "channel": "store", "paid_at": "2024-05-03T10:00:00", "status": "paid",
    "gross_amount": "100.5000", "discount_amount": 0, "refund_amount": 0, "net_amount": 100.5, "item_count": 1,
}  # fmt: skip
CUSTOMER = {column.name: column.example for column in load_library().tables["customers"].columns if column.example}
UNITS = [
    {"unit_id": "HQ", "name": "总部", "level": "group", "ownership": "na"},
    {"unit_id": "S1", "name": "徐汇店", "level": "store", "parent_id": "HQ", "ownership": "direct", "city": "上海"},
]
PEOPLE = [
    {
        "employee_id": "E1",
        "unit_id": "S1",
        "hired_on": "2024-01-01",
        "display_name": "甲",
        "monthly_cost": "7000.50",
        "fill_mode": "internal",
        "fte": 1,
    }
]
TABLES: dict[str, list[dict[str, Any]]] = {
    "org_units": UNITS,
    "employees": PEOPLE,
    "role_assignments": [
        {"employee_id": "E1", "role_id": "digital-guide", "unit_id": "S1", "start_on": "2024-02-01", "share": "0.5"}
    ],
    "customers": [
        CUSTOMER | {"customer_id": "C1"},
        CUSTOMER | {"customer_id": "=C2"},
        CUSTOMER | {"customer_id": "'=C3"},
        CUSTOMER | {"customer_id": "007"},
    ],
    "orders": [
        ORDER,
        ORDER | {"order_id": "-2", "customer_id": "=C2", "unit_id": "S1", "employee_id": "E1"},
        ORDER | {"order_id": 'a,"b"\nc', "customer_id": None, "paid_at": "2024-06-03T10:00:00.250"},
    ],
    "targets": [
        {"period": "2024-05", "kpi_id": "sales_net", "scope_kind": "company", "value": "1000000"},
        {"period": "2024-05", "kpi_id": "sales_net", "scope_kind": "unit", "scope_id": "S1", "value": 5, "floor": 1},
    ],
}


@pytest.fixture(autouse=True)
def data_root(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_ROOT = tmp_path


def fill(api: APIClient, *tables: str) -> None:
    for table in tables or TABLES:
        answer = api.post(f"{ROOT}/tables/{table}/rows/", TABLES[table], format="json")
        assert answer.status_code == 200, (table, str(answer.json()["issues"]))
        assert answer.json()["counts"]["accepted"] == len(TABLES[table]), (table, answer.json())


def test_every_table_says_what_a_push_needs_to_know(api_client: Callable[..., APIClient]) -> None:
    api = api_client("analyst")
    tables = api.get(f"{ROOT}/tables/").json()
    assert [table["id"] for table in tables] == list(load_library().tables)
    orders = api.get(f"{ROOT}/tables/orders/").json()
    assert orders in tables
    columns = {column["name"]: column for column in orders["columns"]}
    assert (orders["key"], columns["status"]["type"], columns["status"]["required"]) == (["order_id"], "enum", True)
    assert "paid" in columns["status"]["enum"]
    assert columns["unit_id"]["ref"] == "org_units.unit_id"
    assert orders["refused"]
    assert api.get(f"{ROOT}/tables/nothing/").status_code == 404


def test_the_example_of_every_table_can_be_pushed_as_it_stands(api_client: Callable[..., APIClient]) -> None:
    api = api_client("analyst")
    refused = {}
    for table in api.get(f"{ROOT}/tables/").json():
        answer = api.post(f"{ROOT}/tables/{table['id']}/rows/?dry_run=true", [table["example"]], format="json").json()
        codes = {one["code"] for row in answer.get("results", []) for one in row["problems"]} | {
            one["code"] for one in answer.get("problems", [])
        }
        # What the example refers to is not loaded here.
        if codes - {"unknown_reference", "unknown_parent", "does_not_fit", "rounded"} or "results" not in answer:
            refused[table["id"]] = answer.get("detail"), codes
    assert refused == {}


def test_current_rows_are_read_page_by_page_and_by_any_column(api_client: Callable[..., APIClient]) -> None:
    api = api_client("hr_lead")
    fill(api, "org_units", "employees", "customers", "orders")
    rows = f"{ROOT}/tables/orders/rows/"
    first = api.get(f"{rows}?page_size=2").json()
    second = api.get(first["next"]).json()
    assert [row["order_id"] for row in first["results"] + second["results"]] == ["-2", "O1", 'a,"b"\nc']
    assert second["next"] is None
    found = api.get(f"{rows}?order_id=O1").json()["results"]
    assert [(row["net_amount"], row["paid_at"], row["item_count"]) for row in found] == [
        ("100.5", "2024-05-03T10:00:00", 1)
    ]
    assert api.get(f"{rows}?order_id=O1'--").json()["results"] == []
    same = f"{rows}?net_amount=100.50&paid_at=2024-05-03T10:00:00&item_count=1&channel=store"
    assert [row["order_id"] for row in api.get(same).json()["results"]] == ["-2", "O1"]
    api.post(f"{rows}", [ORDER | {"net_amount": 90, "gross_amount": 90}], format="json")
    assert [row["net_amount"] for row in api.get(f"{rows}?order_id=O1").json()["results"]] == ["90"]
    assert api.get(f"{ROOT}/tables/visits/rows/").json() == {"next": None, "results": []}


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("no_such=1", "no_such"), ("limit=5", "limit"), ("page_size=0", "page_size"), ("page_size=1001", "page_size"),
        ("page_size=x", "page_size"), ("cursor=-1", "cursor"), ("item_count=many", "item_count"),
        ("net_amount=1e5", "net_amount"), ("paid_at=yesterday", "paid_at"), ("channel=moon", "channel"),
        ("order_id=O1&order_id=O2", "order_id"),
    ],
)  # fmt: skip
def test_a_parameter_that_cannot_be_followed_is_refused_by_name(
    query: str, name: str, api_client: Callable[..., APIClient]
) -> None:
    answer = api_client("analyst").get(f"{ROOT}/tables/orders/rows/?{query}")
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert [issue["pointer"] for issue in answer.json()["issues"]] == [f"/{name}"]


def test_pay_is_for_those_who_administer_it(api_client: Callable[..., APIClient]) -> None:
    fill(api_client("hr_lead"), "org_units", "employees")
    for role, seen in (("hr_lead", True), ("analyst", False)):
        api = api_client(role)
        row = api.get(f"{ROOT}/tables/employees/rows/").json()["results"][0]
        export = b"".join(api.get(f"{ROOT}/tables/employees/export/")).decode()  # type: ignore[call-overload]
        assert ("monthly_cost" in row, "monthly_cost" in export, "7000" in export) == (seen, seen, seen)


@pytest.mark.parametrize("table", TABLES)
def test_every_export_loads_back_with_zero_changes(table: str, api_client: Callable[..., APIClient]) -> None:
    api = api_client("hr_lead")
    fill(api, *list(TABLES)[: list(TABLES).index(table) + 1])
    answer = api.get(f"{ROOT}/tables/{table}/export/", headers={"Accept": "text/csv"})
    content = b"".join(answer)  # type: ignore[call-overload]
    assert answer["Content-Disposition"] == f'attachment; filename="{table}.csv"'
    parts = Part.objects.count()
    form = {"file": SimpleUploadedFile(f"{table}.csv", content), "load": "clean"}
    pk = api.post(f"{ROOT}/uploads/", form, format="multipart").json()["id"]
    work()
    upload = Upload.objects.get(pk=pk)
    told = [(problem.line, problem.column, problem.code) for problem in upload.problems.all()]
    assert (upload.state, told) == ("loaded", [])
    effect = {name: upload.effect[name] for name in ("new", "changed", "same")}
    assert effect == {"new": 0, "changed": 0, "same": len(TABLES[table])}
    assert Part.objects.count() == parts


def test_an_empty_table_exports_its_header(api_client: Callable[..., APIClient]) -> None:
    answer = api_client("analyst").get(f"{ROOT}/tables/visits/export/")
    names = [column.name for column in load_library().tables["visits"].columns if not column.computed]
    assert b"".join(answer).decode("utf-8-sig") == ",".join(names) + "\r\n"  # type: ignore[call-overload]
