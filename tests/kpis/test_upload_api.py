"""The whole way of a file over REST: sent, read, mapped, corrected, loaded, reverted; and its jobs."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings
from rest_framework.test import APIClient

from kpis.models import Upload
from omnichannel.jobs.choices import JobKind
from omnichannel.jobs.models import Job
from tests.kpis.door import order, orders_csv, work
from tests.kpis.test_uploads import rows_of

pytestmark = pytest.mark.usefixtures("in_workspace")
ROOT = "/api/v1/workspaces/acme"
TURNS = (JobKind.REVERT_UPLOAD, JobKind.REAPPLY_UPLOAD)


@pytest.fixture(autouse=True)
def data_root(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_ROOT = tmp_path


@pytest.fixture
def api(api_client: Callable[..., APIClient]) -> APIClient:
    return api_client("analyst")


def send(api: APIClient, content: bytes, *, name: str = "orders.csv", **form: Any) -> int:
    answer = api.post(f"{ROOT}/uploads/", {"file": SimpleUploadedFile(name, content), **form}, format="multipart")
    assert answer.status_code == 201, answer.json()
    assert answer["Location"] == f"{ROOT}/uploads/{answer.json()['id']}/"
    work()
    return int(answer.json()["id"])


def do(api: APIClient, pk: int, action: str, body: Any = None) -> Any:
    answer = api.post(f"{ROOT}/uploads/{pk}/{action}/", body or {}, format="json")
    work()
    return answer


def get(api: APIClient, path: str) -> Any:
    answer = api.get(f"{ROOT}/{path}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_faulty_file_is_corrected_step_by_step_and_loaded(api: APIClient) -> None:
    pk = send(api, orders_csv(order(1), order(2, net="abc"), order(3, status="fertig"), order(4, day="soon")))
    upload = get(api, f"uploads/{pk}/")
    assert (upload["state"], upload["table"], upload["counts"]["errors"]) == ("needs_attention", "orders", 4)
    assert upload["reading"]["columns"][0] == "order_id"
    assert do(api, pk, "load").json()["code"] == "upload_not_ready"
    steps = [
        {"kind": "value", "field": "status", "from": "fertig", "to": "completed"},
        {"kind": "cell", "line": 3, "column": "net_amount", "value": "100"},
        {"kind": "cell", "line": 3, "column": "gross_amount", "value": "100"},
        {"kind": "skip", "lines": [5]},
    ]
    stale = do(api, pk, "steps", {"revision": upload["revision"] + 1, "steps": steps})
    assert (stale.status_code, stale.json()["code"]) == (409, "upload_changed")
    assert do(api, pk, "steps", {"revision": upload["revision"], "steps": steps}).status_code == 202
    upload = get(api, f"uploads/{pk}/")
    assert (upload["state"], len(upload["steps"]), upload["problems"]) == ("ready", 4, [])
    assert do(api, pk, "steps/undo").status_code == 202
    assert get(api, f"uploads/{pk}/")["state"] == "needs_attention"
    assert do(api, pk, "load", {"mode": "good_rows"}).status_code == 202
    loaded = get(api, f"uploads/{pk}/")
    assert (loaded["state"], loaded["effect"]["new"]) == ("loaded", 3)
    assert {row["order_id"]: row["status"] for row in rows_of("orders")} == {
        "O1": "paid", "O2": "paid", "O3": "completed",
    }  # fmt: skip


def test_wrong_steps_are_refused_each_with_its_pointer(api: APIClient) -> None:
    pk = send(api, orders_csv(order(1, net="abc")))
    answer = do(api, pk, "steps", {"steps": [{"kind": "magic"}, {"kind": "scale", "field": "status", "factor": "2"}]})
    assert (answer.status_code, answer.json()["code"]) == (422, "correction_invalid")
    assert [issue["pointer"].split("/")[:3] for issue in answer.json()["issues"]] == [
        ["", "steps", "0"],
        ["", "steps", "1"],
    ]
    assert get(api, f"uploads/{pk}/")["steps"] == []


def test_problems_are_paged_filtered_and_downloaded_as_a_file(api: APIClient) -> None:
    pk = send(api, orders_csv(*(order(number, net="abc") for number in range(120)), order(500, status="maybe")))
    first = get(api, f"uploads/{pk}/problems/?page_size=50")
    assert len(first["results"]) == 50
    assert set(first["results"][0]) == {"sheet", "row", "column", "value", "code", "severity", "message", "hint"}
    assert set(first["results"][0]["message"]) == {"zh", "en"}
    second = api.get(first["next"]).json()
    assert not {problem["row"] for problem in first["results"]} & {problem["row"] for problem in second["results"]}
    found = get(api, f"uploads/{pk}/problems/?code=not_in_list")["results"]
    assert [(problem["row"], problem["column"], problem["value"]) for problem in found] == [(122, "status", "maybe")]
    assert api.get(f"{ROOT}/uploads/{pk}/problems/?severity=grave").status_code == 422
    answer = api.get(f"{ROOT}/uploads/{pk}/problem-file/", headers={"Accept": "text/csv"})
    assert answer.status_code == 200
    lines = list(csv.reader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))  # type: ignore[call-overload]
    assert len(lines) == 122
    clean = send(api, orders_csv(order(1)))
    assert api.get(f"{ROOT}/uploads/{clean}/problem-file/").status_code == 404


def test_columns_are_read_and_mapped_as_the_client_says(api: APIClient) -> None:
    text = "日报\n单号;渠道;付款;状态;应收;优惠;退;实收;件\nA1;store;2024-05-03 10:00;paid;10;0;0;10;1\n"
    pk = send(api, text.encode("gb18030"), name="daily.csv", table="orders")
    reading = do(api, pk, "reading", {"encoding": "gb18030", "delimiter": ";", "header_line": 2})
    assert reading.status_code == 202
    fields = ("order_id", "channel", "paid_at", "status", "gross_amount", "discount_amount", "refund_amount",
              "net_amount", "item_count")  # fmt: skip
    columns = dict(zip(["单号", "渠道", "付款", "状态", "应收", "优惠", "退", "实收", "件"], fields, strict=True))
    wrong = do(api, pk, "mapping", {"table": "orders", "columns": {"nothing": "order_id"}})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "mapping_invalid")
    assert do(api, pk, "mapping", {"table": "orders", "columns": columns}).status_code == 202
    upload = get(api, f"uploads/{pk}/")
    assert (upload["state"], upload["counts"]["good"]) == ("ready", 1)
    assert {name: source["column"] for name, source in upload["mapping"]["fields"].items()} == {
        field: column for column, field in columns.items()
    }


def test_uploads_are_listed_by_state_table_and_way(api: APIClient) -> None:
    good, bad = send(api, orders_csv(order(1)), load="clean"), send(api, orders_csv(order(2, net="abc")))
    assert [row["id"] for row in get(api, "uploads/")["results"]] == [bad, good]
    assert [row["id"] for row in get(api, "uploads/?state=loaded&table=orders&origin=api")["results"]] == [good]
    assert get(api, "uploads/?state=failed")["results"] == []
    Job.objects.filter(pk=Upload.objects.values_list("check_job", flat=True).get(pk=bad)).update(state="failed")
    Upload.objects.filter(pk=bad).update(state="checking")
    assert [(row["id"], row["state"]) for row in get(api, "uploads/?state=failed")["results"]] == [(bad, "failed")]
    assert get(api, "uploads/?state=checking")["results"] == []
    assert api.get(f"{ROOT}/uploads/?state=sleeping").status_code == 422
    assert do(api, bad, "check").status_code == 202
    assert get(api, f"uploads/{bad}/")["state"] == "needs_attention"
    assert do(api, bad, "discard").json()["state"] == "discarded"


def test_an_upload_is_reverted_and_applied_again(api: APIClient) -> None:
    pk = send(api, orders_csv(order(1)), load="clean")
    reverted = do(api, pk, "revert")
    assert (reverted.status_code, reverted.json()["kind"]) == (202, "revert_upload")
    work(*TURNS)
    assert (get(api, f"uploads/{pk}/")["state"], rows_of("orders")) == ("reverted", [])
    assert do(api, pk, "revert").status_code == 409
    assert do(api, pk, "reapply").status_code == 202
    work(*TURNS)
    assert get(api, f"uploads/{pk}/")["state"] == "loaded"
    assert [row["order_id"] for row in rows_of("orders")] == ["O1"]


def test_jobs_are_listed_watched_cancelled_and_tried_again(api: APIClient) -> None:
    given = {"file": SimpleUploadedFile("orders.csv", orders_csv(order(1)))}
    upload = api.post(f"{ROOT}/uploads/", given, format="multipart").json()
    job = get(api, f"jobs/{upload['check_job']}/")
    assert (job["state"], job["step"], job["origin"]) == ("queued", "waiting", "api")
    assert set(job["progress"]) == {"waited", "ran", "rate", "left", "silent", "stalled"}
    cancelled = api.post(f"{ROOT}/jobs/{job['id']}/cancel/")
    assert cancelled.json()["state"] == "cancelled"
    assert api.post(f"{ROOT}/jobs/{job['id']}/cancel/").json()["code"] == "job_is_final"
    assert get(api, f"uploads/{upload['id']}/")["state"] == "failed"
    again = api.post(f"{ROOT}/jobs/{job['id']}/retry/")
    assert (again.status_code, again.json()["state"]) == (201, "queued")
    work()
    assert get(api, f"jobs/{again.json()['id']}/")["state"] == "succeeded"
    assert [row["id"] for row in get(api, "jobs/?state=cancelled&kind=check_upload")["results"]] == [job["id"]]
