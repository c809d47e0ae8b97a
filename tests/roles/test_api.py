"""The REST API with real tokens: read, upsert, batches, dry runs, refusals, bounds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from rest_framework.test import APIClient

from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.queries.org_chart import unit_tree
from tests.roles.organisation import write_organisation

ApiClient = Callable[..., APIClient]
ROOT = "/api/v1/workspaces/acme"
STORE = {"name": "上海徐汇店", "level": "store", "parent_external_id": "R01", "ownership": "direct", "city": "上海"}
GUIDE = {"display_name": "新导购", "unit_external_id": "S0101", "manager_external_id": "E2", "hired_on": "2026-05-01"}


@pytest.fixture(autouse=True)
def _organisation(workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        write_organisation()


def test_a_unit_is_put_read_and_put_again(api_client: ApiClient) -> None:
    client = api_client("hr_lead")
    created = client.put(f"{ROOT}/units/S0103/", STORE)
    assert (created.status_code, created.json()["created"]) == (201, 1)
    read = client.get(f"{ROOT}/units/S0103/").json()
    assert read == {"external_id": "S0103", "is_leading": False, "since": None, "until": None, **STORE}
    assert client.put(f"{ROOT}/units/S0103/", STORE).json()["same"] == 1


def test_a_move_holds_from_its_day_on(api_client: ApiClient) -> None:
    client = api_client("owner")
    client.put(f"{ROOT}/units/S0103/", STORE)
    moved = client.put(f"{ROOT}/units/S0103/?effective_on=2026-09-01", {**STORE, "parent_external_id": "R02"})
    assert moved.json()["changed"] == 1
    parents = [
        client.get(f"{ROOT}/units/S0103/?as_of={day}").json()["parent_external_id"]
        for day in ("2026-08-31", "2026-09-01")
    ]
    assert parents == ["R01", "R02"]


def test_lists_page_by_cursor_and_hold_every_row_once(api_client: ApiClient) -> None:
    client = api_client("hr_lead")
    for resource, key, count in (("units", "external_id", 7), ("people", "external_id", 6), ("assignments", None, 6)):
        found, url = [], f"{ROOT}/{resource}/?page_size=2"
        while url:
            page = client.get(url).json()
            found += [row[key] if key else tuple(row.values()) for row in page["results"]]
            url = page["next"]
        assert len(found) == len(set(found)) == count, resource


def test_a_batch_with_faults_is_refused_whole_with_every_fault(api_client: ApiClient, workspace: Workspace) -> None:
    rows = [
        {"external_id": "N1", **STORE},
        {"external_id": "N2", **STORE, "parent_external_id": "NOWHERE"},
        {"external_id": "N3", **STORE, "parent_external_id": "N3"},
        {"external_id": "N1", **STORE},
    ]
    answer = api_client("hr_lead").post(f"{ROOT}/units/batch/", {"rows": rows})
    body = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert [(issue["pointer"], issue["code"]) for issue in body["issues"]] == [
        ("/rows/1/parent_external_id", "unknown_reference"),
        ("/rows/3/external_id", "duplicate"),
    ]
    assert [row["status"] for row in body["results"]] == ["refused"] * 4
    with workspace_scope(workspace.pk):
        assert "N1" not in unit_tree(as_of=date(2026, 11, 1))


def test_wrong_types_and_too_many_rows_are_data_issues(api_client: ApiClient) -> None:
    client = api_client("hr_lead")
    wrong = client.post(f"{ROOT}/units/batch/", {"rows": [{"external_id": "N1", "name": "", "level": "galaxy"}]})
    assert wrong.status_code == 422
    assert {issue["pointer"] for issue in wrong.json()["issues"]} == {"/rows/0/name", "/rows/0/level"}
    rows = [{"external_id": f"N{n}", **STORE} for n in range(1001)]
    assert client.post(f"{ROOT}/units/batch/", {"rows": rows}).status_code == 422
    assert client.post(f"{ROOT}/units/batch/", {"rows": rows[:1000]}).json()["created"] == 1000
    assert client.get(f"{ROOT}/units/?as_of=someday").status_code == 422


@pytest.mark.parametrize(("query", "prefer"), [("?dry_run=true", ""), ("", "dry-run")])
def test_a_dry_run_answers_and_writes_nothing(api_client: ApiClient, query: str, prefer: str) -> None:
    client = api_client("hr_lead")
    answer = client.put(f"{ROOT}/units/S0103/{query}", STORE, headers={"Prefer": prefer})
    assert (answer.status_code, answer.json()["dry_run"], answer.json()["created"]) == (200, True, 1)
    assert client.get(f"{ROOT}/units/S0103/").status_code == 404


def test_people_and_assignments_round_trip(api_client: ApiClient) -> None:
    client = api_client("hr_lead")
    assert client.put(f"{ROOT}/people/E9/", {**GUIDE, "monthly_cost": "7000"}).status_code == 201
    person = client.get(f"{ROOT}/people/E9/").json()
    assert (person["unit_external_id"], person["fte"], person["monthly_cost"]) == ("S0101", "1.000", "7000.0000")
    holding = {
        "person_external_id": "E9",
        "role": "digital-guide",
        "unit_external_id": "S0101",
        "share": "0.6000",
        "start_on": "2026-05-01",
        "end_on": None,
    }
    assert client.put(f"{ROOT}/assignments/", holding).status_code == 201
    again = client.post(f"{ROOT}/assignments/batch/", {"rows": [holding]})
    assert again.json()["same"] == 1
    assert client.get(f"{ROOT}/assignments/?person_external_id=E9").json()["results"] == [holding]
    batch = client.post(f"{ROOT}/people/batch/", {"rows": [{"external_id": "E9", **GUIDE}]})
    assert batch.json()["same"] == 1


def test_pay_is_absent_for_a_line_manager(api_client: ApiClient) -> None:
    manager = api_client("line_manager", unit_external_id="R01")
    assert "monthly_cost" not in manager.get(f"{ROOT}/people/E3/").json()
    assert "monthly_cost" in api_client("owner").get(f"{ROOT}/people/E3/").json()


def test_a_line_managers_token_sees_the_own_subtree_only(api_client: ApiClient) -> None:
    client = api_client("line_manager", unit_external_id="R01")
    units = [row["external_id"] for row in client.get(f"{ROOT}/units/").json()["results"]]
    people = [row["external_id"] for row in client.get(f"{ROOT}/people/").json()["results"]]
    held = {row["unit_external_id"] for row in client.get(f"{ROOT}/assignments/").json()["results"]}
    assert (units, people, held) == (["R01", "S0101", "S0102"], ["E2", "E3", "E4"], {"S0101", "S0102"})
    foreign, random = client.get(f"{ROOT}/units/S0201/"), client.get(f"{ROOT}/units/XYZ/")
    assert foreign.status_code == random.status_code == 404
    assert foreign.content == random.content
    assert client.put(f"{ROOT}/units/S0101/", STORE).status_code == 403


def test_a_guides_token_sees_her_own_row_only(api_client: ApiClient) -> None:
    client = api_client("guide", person_external_id="E3")
    assert [row["external_id"] for row in client.get(f"{ROOT}/people/").json()["results"]] == ["E3"]
    assert {row["person_external_id"] for row in client.get(f"{ROOT}/assignments/").json()["results"]} == {"E3"}
    assert client.get(f"{ROOT}/people/E4/").status_code == 404


def test_a_read_token_may_not_write_and_an_outsider_finds_nothing(
    api_client: ApiClient, other_workspace: Workspace
) -> None:
    assert api_client("owner", scope="read").put(f"{ROOT}/units/S0103/", STORE).status_code == 403
    outsider = api_client("owner", workspace=other_workspace)
    for path in ("units/", "units/S0101/", "people/", "people/E3/", "assignments/"):
        assert outsider.get(f"{ROOT}/{path}").status_code == 404, path
    assert outsider.post(f"{ROOT}/units/batch/", {"rows": []}).status_code == 404
    assert APIClient().get(f"{ROOT}/units/").status_code == 401


def test_the_openapi_document_describes_the_calls() -> None:
    from drf_spectacular.generators import SchemaGenerator

    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]  # type: ignore[no-untyped-call]
    prefix = "/api/v1/workspaces/{slug}"
    assert {"get", "put"} <= set(paths[f"{prefix}/units/{{external_id}}/"])
    assert "post" in paths[f"{prefix}/people/batch/"]
    names = {parameter["name"] for parameter in paths[f"{prefix}/units/"]["get"]["parameters"]}
    assert {"as_of", "cursor", "page_size"} <= names
