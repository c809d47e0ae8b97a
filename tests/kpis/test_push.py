"""Rows pushed as JSON and NDJSON: the checks of files, an answer row by row, twice is once."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from kpis.models import Part, Upload
from omnichannel.jobs.choices import JobKind, JobState
from omnichannel.jobs.models import Job
from omnichannel.workspaces.models import Workspace
from tests.kpis.door import work
from tests.kpis.test_uploads import rows_of

pytestmark = pytest.mark.usefixtures("in_workspace")
ROWS = "/api/v1/workspaces/acme/tables/{}/rows/"


@pytest.fixture(autouse=True)
def data_root(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def api(api_client: Callable[..., APIClient], workspace: Workspace) -> APIClient:
    return api_client("analyst")


def order(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "order_id": f"O{number}",
        "customer_id": f"C{number}",
        "channel": "store",
        "paid_at": "2024-05-03T10:00:00",
        "status": "paid",
        "gross_amount": 100,
        "discount_amount": 0,
        "refund_amount": 0,
        "net_amount": 100,
        "item_count": 1,
    } | changes


def push(api: APIClient, rows: Any, *, table: str = "orders", query: str = "", **headers: str) -> Any:
    return api.post(f"{ROWS.format(table)}{query}", data=rows, format="json", headers=headers or None)


def statuses(answer: Any) -> list[str]:
    return [row["status"] for row in answer.json()["results"]]


def test_a_batch_is_loaded_at_once_and_answered_row_by_row(api: APIClient) -> None:
    answer = push(api, {"rows": [order(1), order(2, net_amount="abc"), order(3, status="已完成")]})
    body = answer.json()
    assert (answer.status_code, body["state"], statuses(answer)) == (
        200,
        "loaded",
        ["accepted", "rejected", "accepted"],
    )
    assert body["counts"] == {"accepted": 2, "unchanged": 0, "rejected": 1, "held": 0}
    assert [(p["row"], p["column"], p["value"], p["code"]) for p in body["results"][1]["problems"]] == [
        (2, "net_amount", "abc", "not_number")
    ]
    assert body["results"][0] == {
        "index": 0, "status": "accepted", "effect": "new", "key": {"order_id": "O1"}, "problems": [],
    }  # fmt: skip
    assert [(row["order_id"], row["status"]) for row in rows_of("orders")] == [("O1", "paid"), ("O3", "completed")]
    upload = Upload.objects.get(pk=body["upload"])
    assert (upload.origin, upload.filename, upload.table_id) == ("api", "orders.json", "orders")
    assert json.loads(upload.file.read_bytes())["rows"][0]["order_id"] == "O1"


def test_the_same_rows_again_are_unchanged_and_add_no_part(api: APIClient) -> None:
    push(api, [order(1), order(2)])
    parts = Part.objects.count()
    again = push(api, [order(1), order(2)])
    assert (again.status_code, statuses(again), Part.objects.count()) == (200, ["unchanged"] * 2, parts)
    mixed = push(api, [order(1), order(2, net_amount=90, gross_amount=90), order(3)])
    assert [row["effect"] for row in mixed.json()["results"]] == ["same", "changed", "new"]
    assert mixed.json()["effect"] == {"new": 1, "changed": 1, "same": 1}
    assert statuses(mixed) == ["unchanged", "accepted", "accepted"]
    assert [row["net_amount"] for row in rows_of("orders")] == [Decimal(100), Decimal(90), Decimal(100)]


def test_all_or_nothing_loads_nothing_when_one_row_is_wrong(api: APIClient) -> None:
    answer = push(api, [order(1), order(2, paid_at="soon")], query="?mode=all_or_nothing")
    body = answer.json()
    assert (answer.status_code, body["code"], statuses(answer)) == (422, "rows_refused", ["held", "rejected"])
    assert [(issue["pointer"], issue["code"]) for issue in body["issues"]] == [("/1/paid_at", "not_datetime")]
    assert rows_of("orders") == []
    assert push(api, [order(1)], query="?mode=maybe").status_code == 422


def test_a_dry_run_says_the_same_and_keeps_nothing(api: APIClient, data_root: Path) -> None:
    push(api, [order(1)])
    rows, uploads, files = (
        [order(1), order(2), order(3, channel="moon")],
        Upload.objects.count(),
        len(list(data_root.rglob("*"))),
    )
    tried = push(api, rows, query="?dry_run=true")
    assert (tried.status_code, tried.json()["upload"], tried.json()["dry_run"]) == (200, None, True)
    assert push(api, rows, query="?dry_run=perhaps").status_code == 422, "a word that is none must not write"
    assert (Upload.objects.count(), len(list(data_root.rglob("*")))) == (uploads, files)
    done = push(api, rows)
    assert statuses(tried) == statuses(done) == ["unchanged", "accepted", "rejected"]
    assert tried.json()["results"] == done.json()["results"]
    assert tried.json()["effect"] == done.json()["effect"]


def test_numbers_keep_every_digit_and_what_is_nested_is_refused_by_name(api: APIClient) -> None:
    text = json.dumps([order(1), order(2), order(3, customer_id={"id": 3}), 7])
    text = text.replace('"net_amount": 100', '"net_amount": 1.00e2', 1).replace(
        '"item_count": 1', '"item_count": 1.0', 1
    )
    text = text.replace('"gross_amount": 100', '"gross_amount": 100.00000000000000001', 1)
    answer = api.post(ROWS.format("orders"), data=text, content_type="application/json")
    codes = [[problem["code"] for problem in row["problems"]] for row in answer.json()["results"]]
    assert codes == [["rounded"], [], ["nested_value"], ["not_object"]]
    assert statuses(answer) == ["accepted", "accepted", "rejected", "rejected"]
    ids = push(api, [order(4, customer_id=12345678901234567890)])
    assert statuses(ids) == ["accepted"]
    assert "12345678901234567890" in {row["customer_id"] for row in rows_of("orders")}


def test_aliases_are_taken_unknown_keys_are_named_and_doubtful_ones_are_refused(api: APIClient) -> None:
    row = order(1)
    row["订单号"] = row.pop("order_id")
    answer = push(api, [row | {"till": 7}])
    assert (statuses(answer), answer.json()["ignored"]) == (["accepted"], ["till"])
    doubtful = order(2)
    doubtful["工号"] = "E1"
    refused = push(api, [doubtful])
    assert (refused.status_code, refused.json()["code"]) == (422, "column_unsure")
    assert [issue["pointer"] for issue in refused.json()["issues"]] == ["/0/工号"]


def test_a_key_that_no_database_holds_is_named_by_what_can_be_shown(api: APIClient) -> None:
    answer = push(api, [order(1) | {"till\x00": 7}])
    assert (statuses(answer), answer.json()["ignored"]) == (["accepted"], ["till\u2400"])
    halves = json.dumps([order(2)]).replace('"order_id"', '"\\ud800": 1, "\\ud801": 2, "order_id"')
    answer = api.post(ROWS.format("orders"), data=halves, content_type="application/json")
    assert [one["code"] for one in answer.json()["results"][0]["problems"]] == ["repeated_key"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("", 400, "not_json"),
        ("{", 400, "not_json"),
        ("[" * 100_000, 400, "not_json"),
        ('{"rows": 5}', 400, "not_json"),
        ("[]", 422, "no_rows"),
        ("[1, 2]", 422, "rows_refused"),
        ("[{}]", 422, "rows_refused"),
        (json.dumps([{"order_id": "1"}] * 1001), 413, "too_many_rows"),
        ("[" + " " * (4 * 1024**2) + "]", 413, "body_too_large"),
    ],
    ids=["empty", "cut", "deep", "rows", "none", "numbers", "blank", "many", "big"],
)
def test_a_body_that_is_no_batch_is_refused_with_the_limit_named(
    api: APIClient, body: str, status: int, code: str
) -> None:
    answer = api.post(ROWS.format("orders"), data=body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    if status == 413:
        assert "1000" in answer.json()["detail"] or "4 MB" in answer.json()["detail"]
    assert rows_of("orders") == []


def test_an_unknown_table_is_not_there(api: APIClient) -> None:
    assert push(api, [order(1)], table="nothing").status_code == 404


def test_a_large_ndjson_stream_is_handed_to_a_worker(api: APIClient) -> None:
    lines = [json.dumps(order(number)) for number in range(1, 1502)]
    lines[700] = "{broken"
    answer = api.post(ROWS.format("orders"), data="\n".join(lines) + "\n", content_type="application/x-ndjson")
    body = answer.json()
    assert (answer.status_code, body["state"], body["rows"]) == (202, "received", 1501)
    assert answer["Location"] == f"/api/v1/workspaces/acme/uploads/{body['upload']}/"
    work()
    upload = Upload.objects.get(pk=body["upload"])
    assert (upload.state, upload.counts["good"], upload.counts["bad"]) == ("loaded", 1500, 1)
    assert list(upload.problems.values_list("line", "code")) == [(701, "not_json")]
    small = api.post(ROWS.format("orders"), data="\n".join(lines[:3]), content_type="application/x-ndjson")
    assert statuses(small) == ["unchanged"] * 3


def test_many_batches_in_a_row_are_computed_once(api: APIClient) -> None:
    for number in range(1, 21):
        assert push(api, [order(number, paid_at=f"2024-0{number % 3 + 4}-03T10:00:00")]).json()["computation"]
    waiting = Job.objects.filter(kind=JobKind.COMPUTE_VALUES)
    assert [(job.state, job.params["periods"]) for job in waiting] == [
        (JobState.QUEUED, ["2024-04", "2024-05", "2024-06"])
    ]
    work(JobKind.COMPUTE_VALUES)
    push(api, [order(1, paid_at="2024-05-03T10:00:00", item_count=2)])
    assert waiting.all().count() == 2
