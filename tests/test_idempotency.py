"""The header Idempotency-Key: the same request again gets the first answer; nothing happens twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from kpis.models import Upload
from omnichannel.jobs.models import IdempotentRequest
from omnichannel.jobs.services.idempotency import KEPT, _lock_number
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.models import Unit
from tests.kpis.door import order, orders_csv

UPLOADS = "/api/v1/workspaces/acme/uploads/"
UNITS = "/api/v1/workspaces/acme/batch/units/"
STORE = {"external_id": "S1", "name": "徐汇店", "level": "store", "ownership": "direct"}


@pytest.fixture(autouse=True)
def data_root(settings: Settings, tmp_path: Any) -> None:
    settings.DATA_ROOT = tmp_path


def send(api: APIClient, key: str, *, content: bytes = b"", name: str = "orders.csv", query: str = "") -> Any:
    file = SimpleUploadedFile(name, content or orders_csv(order(1)))
    return api.post(f"{UPLOADS}{query}", {"file": file}, format="multipart", headers={"Idempotency-Key": key})


def test_a_retry_gets_the_first_answer_back_and_nothing_happens(
    in_workspace: Workspace, api_client: Callable[..., APIClient]
) -> None:
    api = api_client("analyst")
    first, again = send(api, "k1"), send(api, "k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert (first.json(), first["Location"]) == (again.json(), again["Location"])
    assert (first.get("Idempotent-Replayed"), again["Idempotent-Replayed"]) == (None, "true")
    assert Upload.objects.count() == 1
    send(api, "k2")
    assert Upload.objects.count() == 2


def test_the_same_key_for_another_request_is_refused(
    in_workspace: Workspace, api_client: Callable[..., APIClient]
) -> None:
    api = api_client("analyst")
    send(api, "k1")
    for other in (
        send(api, "k1", content=orders_csv(order(2))),
        send(api, "k1", name="other.csv"),
        send(api, "k1", query="?x=1"),
        api.post(f"{UPLOADS}1/check/", headers={"Idempotency-Key": "k1"}),
    ):
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert Upload.objects.count() == 1


def test_a_write_with_the_key_of_its_dry_run_is_refused_not_answered_by_it(
    in_workspace: Workspace, api_client: Callable[..., APIClient]
) -> None:
    api, body = api_client("hr_lead"), {"rows": [STORE]}
    tried = api.post(UNITS, body, format="json", headers={"Idempotency-Key": "k1", "Prefer": "Dry-Run, x=1"})
    meant = api.post(UNITS, body, format="json", headers={"Idempotency-Key": "k1"})
    assert (tried.status_code, meant.status_code, meant.json()["code"]) == (200, 422, "idempotency_key_reused")
    other = api.post(UNITS, body, format="json", headers={"Idempotency-Key": "k2", "Prefer": "dry-run=false"})
    assert (other.status_code, Unit.objects.filter(external_id="S1").count()) == (200, 1)


def test_keys_of_two_tokens_and_two_workspaces_are_apart(
    workspace: Workspace, other_workspace: Workspace, api_client: Callable[..., APIClient]
) -> None:
    answers = [
        send(api_client("analyst"), "k1"),
        send(api_client("analyst"), "k1", content=orders_csv(order(2))),
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    foreign = api_client("analyst", workspace=other_workspace)
    file = SimpleUploadedFile("orders.csv", orders_csv(order(3)))
    url = UPLOADS.replace("acme", "umbrella")
    assert foreign.post(url, {"file": file}, format="multipart", headers={"Idempotency-Key": "k1"}).status_code == 201


def test_a_refusal_frees_the_key_and_an_answer_with_faults_is_kept(
    in_workspace: Workspace, api_client: Callable[..., APIClient]
) -> None:
    api = api_client("hr_lead")
    headers = {"Idempotency-Key": "k1"}
    assert api.post(UNITS, {"rows": []}, format="json", headers=headers).status_code == 422
    assert IdempotentRequest.objects.count() == 0
    wrong = {"rows": [STORE | {"parent_external_id": "NOWHERE"}]}
    first = api.post(UNITS, wrong, format="json", headers=headers)
    Unit.objects.create(external_id="ELSEWHERE")
    again = api.post(UNITS, wrong, format="json", headers=headers)
    assert (first.status_code, again.status_code, again.json()) == (422, 422, first.json())
    assert (again["Idempotent-Replayed"], again["Content-Type"]) == ("true", first["Content-Type"])
    right = api.post(UNITS, {"rows": [STORE]}, format="json", headers={"Idempotency-Key": "k2"})
    replay = api.post(UNITS, {"rows": [STORE]}, format="json", headers={"Idempotency-Key": "k2"})
    assert (right.json()["created"], replay.json()["created"]) == (1, 1)
    assert replay["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("key", ["", " ", "a b", "钥匙", "x" * 256, "a\x00"])
def test_what_is_no_key_is_refused(key: str, workspace: Workspace, api_client: Callable[..., APIClient]) -> None:
    answer = send(api_client("analyst"), key)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_invalid")


def test_a_request_still_running_is_said_so(in_workspace: Workspace, api_client: Callable[..., APIClient]) -> None:
    api = api_client("analyst")
    send(api, "k0")
    client = IdempotentRequest.objects.get().client
    elsewhere = connection.copy()
    try:
        with elsewhere.cursor() as cursor:
            cursor.execute("select pg_advisory_lock(%s)", [_lock_number(client, "k1")])
        answer = send(api, "k1")
        assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_in_flight")
    finally:
        elsewhere.close()
    assert send(api, "k1").status_code == 201


def test_answers_are_kept_for_two_days_and_then_swept(
    workspace: Workspace, api_client: Callable[..., APIClient]
) -> None:
    api = api_client("analyst")
    send(api, "k1")
    with workspace_scope(workspace.pk):
        IdempotentRequest.objects.update(created_at=timezone.now() - KEPT + timedelta(hours=1))
        assert send(api, "k1")["Idempotent-Replayed"] == "true"
    with workspace_scope(workspace.pk):
        IdempotentRequest.objects.update(created_at=timezone.now() - KEPT)
    assert "Idempotent-Replayed" not in send(api, "k1")
    with workspace_scope(workspace.pk):
        assert IdempotentRequest.objects.count() == 1
        assert Upload.objects.count() == 2
