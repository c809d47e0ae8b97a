"""The data pages and the upload API, as a browser and a REST client use them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from rest_framework.test import APIClient

from kpis.choices import UploadState
from kpis.datasets.meaning.mapping import propose_mapping
from kpis.library import load_library
from kpis.models import Upload
from kpis.services.checking import is_sure
from omnichannel.jobs.choices import JobKind
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from tests.kpis.door import again, checked, order, orders_csv, work

DATA = "/w/acme/data/"


@pytest.fixture(autouse=True)
def data_root(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_ROOT = tmp_path


def orders_file(*rows: str, name: str = "orders.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, orders_csv(*rows))


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_person_uploads_sees_the_check_and_loads(
    language: str, signed_in: Callable[..., Client], workspace: Workspace
) -> None:
    client = signed_in("analyst")
    client.cookies["django_language"] = language
    answer = client.post(f"{DATA}uploads/", {"files": [orders_file(order(1), order(2))]})
    with workspace_scope(workspace.pk):
        upload = Upload.objects.get()
    page = answer["Location"]
    assert (answer.status_code, page) == (302, f"{DATA}uploads/{upload.pk}/")
    waiting = client.get(page).content.decode()
    assert 'hx-trigger="every 1s"' in waiting
    assert client.get(page, headers={"HX-Request": "true"}).content.decode().lstrip().startswith("<div")
    with workspace_scope(workspace.pk):
        work()
    assert client.get(page, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    ready = client.get(page).content.decode()
    assert ("载入 2 行" if language == "zh-hans" else "Load 2 rows") in ready
    assert client.post(f"{page}load/").status_code == 302
    with workspace_scope(workspace.pk):
        work()
        assert again(upload).state == UploadState.LOADED
    data = client.get(DATA)
    assert data.status_code == 200
    assert "orders.csv" in data.content.decode()


def test_problems_stand_on_the_page_with_where_what_and_how_and_can_be_downloaded(
    signed_in: Callable[..., Client], workspace: Workspace
) -> None:
    client = signed_in("hr_lead")
    client.cookies["django_language"] = "en"
    with workspace_scope(workspace.pk):
        upload = checked(orders_csv(order(1), order(2, net="=1+1"), order(3, net="abc")))
    page = client.get(f"{DATA}uploads/{upload.pk}/").content.decode()
    assert "row 4" in page
    assert "abc" in page
    assert "is not a number" in page
    assert "Load the good rows only (1)" in page
    file = client.get(f"{DATA}uploads/{upload.pk}/problems.csv")
    lines = file.getvalue().decode("utf-8-sig").splitlines()
    assert lines[0].startswith("order_id,customer_id,")
    assert len(lines) == 3
    assert "'=1+1" in lines[1]


def test_a_person_corrects_the_columns_on_the_page(signed_in: Callable[..., Client], workspace: Workspace) -> None:
    client = signed_in("analyst")
    with workspace_scope(workspace.pk):
        upload = checked(orders_csv(order(1)).replace(b"net_amount", b"whatever", 1), table="orders")
    page = f"{DATA}uploads/{upload.pk}/"
    assert "whatever" in client.get(page).content.decode()
    index = [match["column"] for match in upload.mapping["matches"]].index("whatever")
    form = {f"column-{place}": match["field"] or "" for place, match in enumerate(upload.mapping["matches"])}
    client.post(f"{page}columns/", {"table": "orders", **form, f"column-{index}": "net_amount"})
    with workspace_scope(workspace.pk):
        work()
        assert again(upload).state == UploadState.READY
    client.post(f"{page}reading/", {"encoding": "utf-8", "delimiter": ";", "header_line": "1"})
    with workspace_scope(workspace.pk):
        work()
        assert again(upload).inspected["delimiter"] == ";"
    assert client.post(f"{page}discard/")["Location"] == DATA
    assert client.get(DATA).status_code == 200


def test_several_files_become_several_uploads(signed_in: Callable[..., Client], workspace: Workspace) -> None:
    files = [orders_file(order(1)), orders_file(order(2), name="orders_2.csv"), SimpleUploadedFile("empty.csv", b"")]
    answer = signed_in("owner").post(f"{DATA}uploads/", {"files": files})
    assert answer["Location"] == DATA
    with workspace_scope(workspace.pk):
        assert Upload.objects.count() == 2


def test_a_template_has_the_headers_of_the_readers_language(signed_in: Callable[..., Client]) -> None:
    client = signed_in("analyst")
    client.cookies["django_language"] = "en"
    answer = client.get(f"{DATA}templates/orders.csv")
    assert answer.content.decode("utf-8-sig").startswith("Order ID,Customer ID,")
    assert client.get(f"{DATA}templates/nothing.csv").status_code == 404


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_template_is_understood_without_a_question(
    language: str, signed_in: Callable[..., Client], workspace: Workspace
) -> None:
    client = signed_in("analyst")
    client.cookies["django_language"] = language
    tables = load_library().tables
    for table in tables:
        header = client.get(f"{DATA}templates/{table}.csv").content.decode("utf-8-sig")
        mapping = propose_mapping(next(csv.reader([header])), tables=tables, hint_table=table)
        fields = {column.name for column in tables[table].columns if not column.computed}
        assert (is_sure(mapping), set(mapping.fields)) == (True, fields), table


@pytest.mark.parametrize("role", ["executive", "line_manager", "guide"])
def test_only_those_who_work_with_data_see_it(role: str, signed_in: Callable[..., Client]) -> None:
    assert signed_in(role, unit_external_id="S1", person_external_id="E1").get(DATA).status_code == 403


def test_an_upload_of_another_workspace_is_not_found(
    signed_in: Callable[..., Client],
    api_client: Callable[..., APIClient],
    workspace: Workspace,
    other_workspace: Workspace,
) -> None:
    with workspace_scope(other_workspace.pk):
        foreign = checked(orders_csv(order(1)))
    client = signed_in("owner")
    for suffix in ("", "problems.csv"):
        assert client.get(f"{DATA}uploads/{foreign.pk}/{suffix}").status_code == 404
    for action in ("load", "discard", "check", "columns", "reading"):
        assert client.post(f"{DATA}uploads/{foreign.pk}/{action}/").status_code == 404
    assert client.get("/w/umbrella/data/").status_code == 404
    assert api_client("owner").get(f"/api/v1/workspaces/acme/uploads/{foreign.pk}/").status_code == 404


def test_a_rest_client_sends_a_file_and_follows_it(api_client: Callable[..., APIClient], workspace: Workspace) -> None:
    client = api_client("analyst")
    url = "/api/v1/workspaces/acme/uploads/"
    answer = client.post(url, {"file": orders_file(order(1)), "table": "orders", "auto": "true"}, format="multipart")
    assert (answer.status_code, answer.data["state"]) == (201, "received")
    with workspace_scope(workspace.pk):
        work()
    shown = client.get(answer["Location"]).data
    assert (shown["state"], shown["effect"]["new"], shown["effect"]["changed"]) == ("loaded", 1, 0)
    faulty = client.post(url, {"file": orders_file(order(2, net="abc"))}, format="multipart")
    with workspace_scope(workspace.pk):
        work(JobKind.CHECK_UPLOAD)
    seen = client.get(faulty["Location"]).data
    problem = next(p for p in seen["problems"] if p["column"] == "net_amount")
    assert (problem["row"], problem["value"], problem["code"]) == (2, "abc", "not_number")
    assert problem["hint"]["zh"]
    assert problem["hint"]["en"]
    refused = client.post(url, {"table": "orders"}, format="multipart")
    assert (refused.status_code, refused.data["issues"][0]["pointer"]) == (422, "/file")
    assert api_client("analyst", scope="read").post(url, {}, format="multipart").status_code == 403


def test_the_data_page_costs_the_same_queries_for_one_upload_and_for_many(
    signed_in: Callable[..., Client], workspace: Workspace
) -> None:
    client = signed_in("analyst")
    counts = []
    for number in (1, 10):
        with workspace_scope(workspace.pk):
            for _ in range(number):
                Upload.objects.create(filename="x.csv", path="x", bytes=1, sha256="0" * 64)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(DATA).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
