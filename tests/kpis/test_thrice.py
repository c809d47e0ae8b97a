"""Twice is once: the same file, batch or retry sent three times at the same moment leaves the state of once."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models import Sum
from pytest_django import Settings
from rest_framework.test import APIClient

from kpis import tasks
from kpis.models import KpiValue, Upload
from kpis.queries.warehouse import open_relations, visible_parts
from omnichannel.jobs.choices import JobKind, JobState
from omnichannel.jobs.models import Job
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from tests.kpis.door import order as csv_order
from tests.kpis.door import orders_csv, work
from tests.kpis.test_push import order

pytestmark = pytest.mark.django_db(transaction=True)
Send = Callable[[str], Any]
TIMES = 3


@pytest.fixture(autouse=True)
def data_root(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_ROOT = tmp_path


def at_once(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run all acts at the same moment, each in a thread with a database connection of its own."""
    start, found = threading.Barrier(len(acts)), {}

    def run(place: int, act: Callable[[], Any]) -> None:
        try:
            start.wait(30)
            found[place] = act()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return [found[place] for place in range(len(acts))]


def work_at_once(workspace: Workspace) -> None:
    """Let as many workers as there are jobs take them at the same moment, until no check or load is left."""
    while True:
        with workspace_scope(workspace.pk):
            waiting = Job.objects.filter(state=JobState.QUEUED, kind__in=(JobKind.CHECK_UPLOAD, JobKind.LOAD_UPLOAD))
            jobs = list(waiting.values_list("kind", "pk"))
        if not jobs:
            return
        at_once([partial(getattr(tasks, kind), workspace_id=workspace.pk, job_id=pk) for kind, pk in jobs])


def state_of(workspace: Workspace) -> str:
    """Digest everything that counts: current rows, the parts and their rows, the figures."""
    with workspace_scope(workspace.pk):
        work(JobKind.COMPUTE_VALUES)
        relations = open_relations(as_of=date(2024, 6, 30))
        try:
            found = relations.table("orders")
            hidden = {"_seq", "_upload"}
            rows = [
                {name: str(value) for name, value in row.items() if name not in hidden}
                for row in relations.rows(found)  # type: ignore[arg-type]
            ]
        finally:
            relations.close()
        parts = visible_parts().aggregate(rows=Sum("rows")), visible_parts().count()
        values = KpiValue.objects.filter(is_current=True).order_by("kpi", "period", "scope_kind", "scope_id")
        figures = list(values.values_list("kpi", "period", "scope_kind", "scope_id", "value", "numerator", "rows"))
    assert rows
    assert figures
    return hashlib.sha256(repr((sorted(rows, key=str), parts, figures)).encode()).hexdigest()


def sender(kind: str, *, api: APIClient, key: str) -> Send:
    """Return what sends the same thing to a workspace, again until it is not told to wait."""
    rows = [order(number, net_amount=100 + number, gross_amount=100 + number) for number in range(1, 6)]
    file = orders_csv(*(csv_order(number) for number in range(1, 6)))

    def send(slug: str) -> Any:
        headers = {"Idempotency-Key": key} if "key" in kind else None
        root = f"/api/v1/workspaces/{slug}"
        while True:
            client = APIClient()
            client.credentials(**api._credentials)  # type: ignore[attr-defined]
            if kind.startswith("file"):
                given = {"file": SimpleUploadedFile("orders.csv", file), "load": "clean", "table": "orders"}
                answer = client.post(f"{root}/uploads/", given, format="multipart", headers=headers)
            else:
                answer = client.post(f"{root}/tables/orders/rows/", rows, format="json", headers=headers)
            if answer.status_code != 409:
                return answer

    return send


@pytest.mark.parametrize("kind", ["batch", "batch with key", "file", "file with key"])
def test_three_at_the_same_moment_leave_the_state_of_one(
    kind: str, workspace: Workspace, other_workspace: Workspace, api_client: Callable[..., APIClient]
) -> None:
    once = sender(kind, api=api_client("analyst", workspace=other_workspace), key="k1")
    assert once("umbrella").status_code in {200, 201}
    work_at_once(other_workspace)
    thrice = sender(kind, api=api_client("analyst"), key="k1")
    answers = at_once([partial(thrice, "acme")] * TIMES)
    assert {answer.status_code for answer in answers} <= {200, 201}
    work_at_once(workspace)
    assert state_of(workspace) == state_of(other_workspace)
    with workspace_scope(workspace.pk):
        uploads = list(Upload.objects.order_by("seq").values_list("state", "effect"))
    assert [state for state, _effect in uploads] == ["loaded"] * (1 if "key" in kind else TIMES)
    assert [effect["new"] for _state, effect in uploads] == [5, *[0] * (len(uploads) - 1)]
    if "key" in kind:
        assert [answer.get("Idempotent-Replayed") for answer in answers].count("true") == TIMES - 1
        assert len({json.dumps(answer.json(), sort_keys=True) for answer in answers}) == 1


def test_every_key_has_one_effect_however_many_send_it(
    workspace: Workspace, api_client: Callable[..., APIClient]
) -> None:
    api = api_client("analyst")
    senders = [sender("batch with key", api=api, key=f"k{number}") for number in range(4)]
    answers = at_once([partial(send, "acme") for send in senders for _turn in range(4)])
    assert {answer.status_code for answer in answers} == {200}
    with workspace_scope(workspace.pk):
        assert Upload.objects.count() == len(senders)
        assert visible_parts().aggregate(rows=Sum("rows"))["rows"] == 5
