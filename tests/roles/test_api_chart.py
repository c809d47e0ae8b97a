"""The whole org chart over REST: read, tried, put, and what stops it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.api import charts
from tests.roles.organisation import write_organisation

URL = "/api/v1/workspaces/acme/org-chart/"
Chart = dict[str, list[dict[str, Any]]]


@pytest.fixture
def hr(api_client: Callable[..., APIClient], workspace: Workspace) -> APIClient:
    with workspace_scope(workspace.pk):
        write_organisation()
    return api_client("hr_lead")


@pytest.fixture
def chart(hr: APIClient) -> Chart:
    found: Chart = hr.get(URL).json()
    return found


def test_what_is_read_and_put_back_changes_nothing(hr: APIClient, chart: Chart) -> None:
    answer = hr.put(URL, chart)
    assert (answer.status_code, answer.json()["revision"], answer.json()["confirm"]) == (200, None, "")
    counts = {name: part["counts"]["same"] for name, part in answer.json()["parts"].items()}
    assert counts == {name: len(rows) for name, rows in chart.items()}


def test_a_packed_document_is_taken_and_a_dry_run_names_everything(hr: APIClient, chart: Chart) -> None:
    chart["people"] = [row for row in chart["people"] if row["external_id"] != "E5"]
    chart["assignments"] = [row for row in chart["assignments"] if row["person_external_id"] != "E5"]
    chart["units"].append({"external_id": "S0300", "name": "深圳店", "level": "store", "parent_external_id": "R02"})
    packed = gzip.compress(json.dumps(chart).encode())
    send: dict[str, Any] = {"content_type": "application/json", "headers": {"Content-Encoding": "gzip"}}
    plan = hr.put(f"{URL}?dry_run=true", packed, **send)
    assert plan.status_code == 200, plan.content
    said = plan.json()
    assert said["parts"]["people"]["ended"] == [{"external_id": "E5", "name": "陈导购"}]
    assert said["parts"]["units"]["created"] == [{"external_id": "S0300", "name": "深圳店"}]
    assert said["effect"]["coverage_lost"] == [
        {"role": "digital-guide", "unit_external_id": "S0201", "held_by": ["E5"]}
    ]
    assert hr.get(f"{URL.replace('org-chart', 'people')}E5/").status_code == 200
    refused = hr.put(URL, packed, **send)
    assert (refused.status_code, refused.json()["code"], refused.json()["confirm"]) == (
        409, "leavers_unconfirmed", "1 leaver",
    )  # fmt: skip
    done = hr.put(f"{URL}?confirm=1%20leaver", packed, **send)
    assert (done.status_code, done.json()["parts"]["people"]["counts"]["ended"]) == (200, 1)
    assert hr.get(f"{URL.replace('org-chart', 'people')}E5/").status_code == 404


def test_every_fault_of_every_part_has_its_pointer(hr: APIClient, chart: Chart) -> None:
    chart["units"][0]["level"] = "galaxy"
    chart["people"][1] |= {"fte": "much", "colour": "red"}
    chart["lines"] = [{"external_id": "L1"}]
    answer = hr.put(URL, chart).json()
    pointers = [issue["pointer"] for issue in answer["issues"]]
    assert pointers[:3] == ["/units/0/level", "/people/1/colour", "/people/1/fte"]
    assert {"/lines/0/between", "/lines/0/kind"} <= set(pointers)
    later = hr.put(URL, {"people": [{"external_id": "E9", "unit_external_id": "NOWHERE", "hired_on": "2026-01-01"}]})
    assert (later.status_code, later.json()["issues"][0]["pointer"]) == (422, "/people/0/unit_external_id")


def test_a_source_speaks_in_its_own_ids_for_its_own_things(hr: APIClient) -> None:
    wecom: Chart = {
        "units": [{"external_id": "7", "name": "企微部门", "level": "department", "parent_external_id": "G"}],
        "people": [{"external_id": "zhang", "unit_external_id": "7", "hired_on": "2026-01-01"}],
    }
    first = hr.put(f"{URL}?source=wecom", wecom)
    assert (first.status_code, first.json()["parts"]["people"]["counts"]["ended"]) == (200, 0), first.content
    again = hr.get(f"{URL}?source=wecom").json()
    assert [row["external_id"] for row in (*again["units"], *again["people"])] == ["7", "zhang"]
    assert hr.put(f"{URL}?source=wecom", again).json()["revision"] is None
    gone = hr.put(f"{URL}?source=wecom", {"people": []})
    assert gone.json()["confirm"] == "1 leaver"


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"units": 5}', b'{"colour": []}', b'{"effective_on": "x"}'])
def test_what_is_no_chart_is_refused(hr: APIClient, body: bytes) -> None:
    answer = hr.put(URL, body, content_type="application/json")
    assert (answer.status_code, bool(answer.json()["issues"])) == (422, True)


def test_a_body_that_is_not_packed_or_too_large_is_said_so(hr: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    send: dict[str, Any] = {"content_type": "application/json", "headers": {"Content-Encoding": "gzip"}}
    assert hr.put(URL, b'{"units": []}', **send).status_code == 400
    monkeypatch.setattr(charts, "MOST_MEGABYTES", 1)
    bomb = gzip.compress(b"[" + b" " * (1 << 21))
    answer = hr.put(URL, bomb, **send)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
