"""The REST API with real tokens: read, put, patched, ended, refused, and each within the caller's bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from rest_framework.test import APIClient

from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.queries.org_chart import unit_tree
from roles.services.source_ids import remember
from roles.services.sync import SeatInput, upsert_seats
from tests.roles.organisation import DAY, write_organisation

ApiClient = Callable[..., APIClient]
ROOT = "/api/v1/workspaces/acme"
STORE = {"name": "上海徐汇店", "level": "store", "parent_external_id": "R01", "ownership": "direct", "city": "上海"}
GUIDE = {"display_name": "新导购", "unit_external_id": "S0101", "manager_external_id": "E2", "hired_on": "2026-05-01"}
HOLDING = {"unit_external_id": "S0101", "share": "0.6000", "end_on": None}
HELD = "E9/digital-guide/2026-05-01"


@pytest.fixture(autouse=True)
def _organisation(workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        write_organisation()


@pytest.fixture
def hr(api_client: ApiClient) -> APIClient:
    return api_client("hr_lead")


def put(client: APIClient, path: str, body: dict[str, Any], tag: str | None = None, **headers: str) -> Any:
    return client.put(f"{ROOT}/{path}", body, headers=({"If-Match": tag} if tag else {}) | headers)


def tag_of(client: APIClient, path: str) -> str:
    return str(client.get(f"{ROOT}/{path}")["ETag"])


def codes(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.content
    return [(issue["pointer"], issue["code"]) for issue in answer.json()["issues"]]


def test_a_unit_is_put_read_and_put_again(hr: APIClient) -> None:
    created = put(hr, "units/S0103/", STORE)
    assert (created.status_code, created.json()["status"], created.json()["id"]) == (201, "created", "S0103")
    read = hr.get(f"{ROOT}/units/S0103/")
    number = created.json()["revision"]
    assert read.json() == {
        "external_id": "S0103", "source_ids": {}, "revision": number, "is_leading": False, "rank": None,
        "since": None, "until": None, **STORE,
    }  # fmt: skip
    assert read["ETag"] == created["ETag"]
    again = put(hr, "units/S0103/", STORE, tag=read["ETag"])
    assert (again.status_code, again.json()["status"], again.json()["revision"]) == (200, "same", None)


def test_what_exists_is_written_only_by_who_knows_its_version(hr: APIClient) -> None:
    missing = put(hr, "units/S0101/", STORE)
    assert (missing.status_code, missing.json()["code"]) == (428, "precondition_required")
    old = tag_of(hr, "units/S0101/")
    assert put(hr, "units/S0101/", STORE, tag=old).status_code == 200
    stale = put(hr, "units/S0101/", {**STORE, "name": "later"}, tag=old)
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    assert hr.get(f"{ROOT}/units/S0101/").json()["name"] == STORE["name"]
    assert put(hr, "units/S0101/", {**STORE, "name": "any"}, tag="*").status_code == 200
    assert put(hr, "units/NEW/", STORE, tag='"1"').status_code == 412
    new_only = {"If-None-Match": "*"}
    assert put(hr, "units/S0101/", STORE, **new_only).status_code == 412
    assert put(hr, "units/NEW/", STORE, **new_only).status_code == 201
    assert codes(put(hr, "units/S0101/", STORE, **{"If-None-Match": '"1"'})) == [("/If-None-Match", "invalid")]


def test_a_reader_who_has_it_already_gets_304(hr: APIClient) -> None:
    first = hr.get(f"{ROOT}/units/S0101/")
    again = hr.get(f"{ROOT}/units/S0101/", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    short = hr.get(f"{ROOT}/units/S0101/?fields=name", headers={"If-None-Match": first["ETag"]})
    assert (short.status_code, short.json()) == (200, {"external_id": "S0101", "name": "上海静安店"})
    put(hr, "units/S0101/", STORE, tag=short["ETag"])
    assert hr.get(f"{ROOT}/units/S0101/", headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_a_move_holds_from_its_day_on(hr: APIClient) -> None:
    put(hr, "units/S0103/", STORE)
    moved = put(hr, "units/S0103/?effective_on=2026-09-01", {**STORE, "parent_external_id": "R02"}, tag="*")
    assert moved.json()["status"] == "changed"
    parents = [
        hr.get(f"{ROOT}/units/S0103/?as_of={day}").json()["parent_external_id"] for day in ("2026-08-31", "2026-09-01")
    ]
    assert parents == ["R01", "R02"]


def test_a_planned_unit_is_there_from_its_day_on(hr: APIClient) -> None:
    assert put(hr, "units/S0104/", {**STORE, "effective_on": "2099-01-01"}).status_code == 201
    assert hr.get(f"{ROOT}/units/S0104/").status_code == 404
    assert hr.get(f"{ROOT}/units/S0104/?as_of=2099-01-01").json()["since"] == "2099-01-01"
    twice = put(hr, "units/S0105/?effective_on=2026-01-01", {**STORE, "effective_on": "2026-01-02"})
    assert codes(twice) == [("/effective_on", "invalid")]


def test_what_was_known_earlier_is_still_answered(hr: APIClient) -> None:
    from django.utils import timezone

    before = timezone.now().isoformat().replace("+", "%2B")
    put(hr, "units/S0101/?effective_on=2020-01-01", {**STORE, "name": "renamed"}, tag="*")
    names = [
        hr.get(f"{ROOT}/units/{query}").json()
        for query in ("S0101/?fields=name", f"S0101/?fields=name&known_at={before}")
    ]
    assert [name["name"] for name in names] == ["renamed", "上海静安店"]
    assert codes(hr.get(f"{ROOT}/units/?known_at=yesterday")) == [("/known_at", "invalid")]


def test_a_patch_changes_only_what_it_names(hr: APIClient) -> None:
    path = f"{ROOT}/people/E2/"
    tag = tag_of(hr, "people/E2/")
    answer = hr.patch(path, {"fte": "0.5"}, headers={"If-Match": tag})
    assert (answer.status_code, answer.json()["status"]) == (200, "changed")
    person = hr.get(path).json()
    assert (person["fte"], person["display_name"], person["monthly_cost"]) == ("0.500", "李区长", "21000.5000")
    assert hr.patch(path, {"fte": "0.4"}, headers={"If-Match": tag}).status_code == 412
    assert hr.patch(path, {"fte": "0.4"}).status_code == 428
    assert hr.patch(f"{ROOT}/people/NOBODY/", {"fte": 1}, headers={"If-Match": "*"}).status_code == 412
    assert hr.patch(f"{ROOT}/people/NOBODY/", {"fte": 1}).status_code == 404
    held = f"{ROOT}/assignments/E3/digital-guide/2023-05-01/"
    assert hr.patch(held, {"share": "0.5"}, headers={"If-Match": "*"}).json()["status"] == "changed"
    assert hr.get(held).json()["share"] == "0.5000"


def test_a_delete_ends_and_forget_takes_back(hr: APIClient) -> None:
    path, tag = f"{ROOT}/people/E5/", {"If-Match": "*"}
    assert hr.delete(path).status_code == 428
    ended = hr.delete(f"{path}?effective_on=2026-10-01", headers=tag)
    assert (ended.status_code, ended.json()["status"]) == (200, "changed"), ended.content
    assert hr.get(f"{path}?as_of=2026-10-01").status_code == 404
    assert hr.get(f"{path}?as_of=2026-09-30").json()["left_on"] == "2026-10-01"
    assert hr.get(f"{ROOT}/assignments/?person_external_id=E5&as_of=2026-10-01").json()["results"] == []
    refused = hr.delete(f"{ROOT}/units/R01/", headers=tag)
    assert "S0101" in refused.content.decode()
    assert codes(refused)
    put(hr, "units/S0103/", STORE)
    assert hr.delete(f"{ROOT}/units/S0103/?forget=true", headers=tag).json()["status"] == "changed"
    assert hr.get(f"{ROOT}/units/S0103/?as_of=2020-01-01").status_code == 404
    assert hr.delete(f"{ROOT}/units/S0103/", headers=tag).status_code == 404


def test_bodies_say_what_they_mean_or_are_refused_with_every_fault(hr: APIClient) -> None:
    assert codes(put(hr, "units/S1/", {"name": "", "level": "galaxy", "city": 3, "colour": "red"})) == [
        ("/colour", "unknown_field"),
        ("/name", "blank"),
        ("/level", "unknown_choice"),
        ("/city", "not_a_text"),
    ]
    assert codes(put(hr, "units/S1/", {**STORE, "external_id": "S2"})) == [("/external_id", "differs_from_address")]
    assert put(hr, "units/S1/", {**STORE, "external_id": "S1"}).status_code == 201
    wrong = {**GUIDE, "fte": "1e0", "hired_on": "2026-02-30", "monthly_cost": True, "left_on": 5, "fill_mode": None}
    assert {code for _pointer, code in codes(put(hr, "people/E9/", wrong))} == {
        "not_a_number", "not_a_day", "unknown_choice",
    }  # fmt: skip
    assert codes(put(hr, "people/E9/", {**GUIDE, "unit_external_id": "NOWHERE"})) == [
        ("/unit_external_id", "unknown_reference")
    ]
    assert codes(hr.put(f"{ROOT}/units/S9/", ["name"])) == [("/", "not_an_object")]
    for nonsense in ("E3/cook/2026-01-01", "E3/digital-guide/01.01.2026", "E3"):
        assert put(hr, f"assignments/{nonsense}/", HOLDING).status_code == 404


def test_lists_page_by_cursor_and_hold_every_row_once(hr: APIClient) -> None:
    for resource, count in (("units", 7), ("people", 6), ("assignments", 6), ("stages", 7), ("seats", 0)):
        found, url = [], f"{ROOT}/{resource}/?page_size=2"
        while url:
            page = hr.get(url).json()
            found += [row["external_id"] for row in page["results"]]
            url = page["next"]
        assert len(found) == len(set(found)) == count, resource
    for size in ("0", "1001", "000000001999999", "9" * 5000, "²", "x", ""):
        assert codes(hr.get(f"{ROOT}/units/", {"page_size": size})) == [("/page_size", "invalid")], size[:20]


def test_lists_are_narrowed(hr: APIClient, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        upsert_seats(
            [SeatInput("P1", "R01", "大区经理"), SeatInput("P2", "S0101", "店长")], effective_on=DAY, actor_id=None
        )
        remember("wecom", "people", {"li": "E2"})
    hr.patch(f"{ROOT}/people/E2/", {"seat_external_id": "P1"}, headers={"If-Match": "*"})

    def ids(query: str) -> list[str]:
        answer = hr.get(f"{ROOT}/{query}")
        assert answer.status_code == 200, answer.content
        return [row["external_id"] for row in answer.json()["results"]]

    assert ids("units/?parent_external_id=R01") == ["S0101", "S0102"]
    assert ids("units/?level=region&q=r0") == ["R01", "R02"]
    assert ids("units/?within=R01") == ["R01", "S0101", "S0102"]
    assert ids("people/?manager_external_id=E2&fill_mode=outsourced") == ["E4"]
    assert ids("people/?role=user-ops") == ["E6"]
    assert ids("people/?within=R01&q=导购") == ["E3"]
    assert ids("people/?source=wecom") == ["E2"]
    assert ids("people/?updated_since=2199-01-01") == []
    assert ids("seats/?vacant=true") == ["P2"]
    assert ids("seats/?unit_external_id=R01") == ["P1"]
    assert ids("assignments/?role=member-ops") == ["E6/member-ops/2024-05-01"]
    assert hr.get(f"{ROOT}/people/?fields=fte,display_name&person=x").json()["results"][0] == {
        "external_id": "E1", "display_name": "周总", "fte": "1.000",
    }  # fmt: skip
    assert hr.get(f"{ROOT}/units/?within=NOWHERE").status_code == 404
    for wrong in ("units/?level=galaxy", "units/?fields=colour", "seats/?vacant=maybe", "people/?source=We%20Com"):
        assert codes(hr.get(f"{ROOT}/{wrong}")), wrong


def test_a_batch_with_faults_is_refused_whole_with_every_fault(hr: APIClient, workspace: Workspace) -> None:
    rows = [
        {"external_id": "N1", **STORE},
        {"external_id": "N2", **STORE, "parent_external_id": "NOWHERE"},
        {"external_id": "N3", **STORE, "parent_external_id": "N3"},
        {"external_id": "N1", **STORE},
    ]
    answer = hr.post(f"{ROOT}/batch/units/", {"rows": rows})
    assert answer["Content-Type"] == "application/problem+json"
    assert codes(answer)[:1] == [("/rows/1/parent_external_id", "unknown_reference")]
    assert ("/rows/3/external_id", "duplicate") in codes(answer)
    results = answer.json()["results"]
    assert [row["status"] for row in results] == ["refused"] * 4
    assert results[0]["error"]["code"] == "batch_refused"
    assert results[1]["error"]["code"] == "unknown_reference"
    with workspace_scope(workspace.pk):
        assert "N1" not in unit_tree(as_of=DAY)


def test_a_partial_batch_writes_the_rows_without_a_fault(hr: APIClient) -> None:
    rows = [
        {"external_id": "N1", **STORE},
        {"external_id": "N2", **STORE, "parent_external_id": "NOWHERE"},
        {"external_id": "N3", **STORE, "parent_external_id": "N2"},
        {"external_id": "S0101", **STORE, "revision": 99},
    ]
    answer = hr.post(f"{ROOT}/batch/units/?partial=true", {"rows": rows}).json()
    assert [row["status"] for row in answer["results"]] == ["created", "refused", "refused", "refused"]
    assert [row["error"] and row["error"]["code"] for row in answer["results"]] == [
        None, "unknown_reference", "unknown_reference", "stale",
    ]  # fmt: skip
    assert (answer["created"], answer["refused"]) == (1, 3)
    assert hr.get(f"{ROOT}/units/N1/").status_code == 200
    assert codes(hr.post(f"{ROOT}/batch/units/", {"rows": rows[3:]})) == [("/rows/0/revision", "stale")]


def test_wrong_types_and_too_many_rows_are_data_issues(hr: APIClient) -> None:
    wrong = hr.post(f"{ROOT}/batch/units/", {"rows": [{"external_id": "N1", "name": "", "level": "galaxy"}, 7]})
    assert codes(wrong) == [
        ("/rows/0/name", "blank"), ("/rows/0/level", "unknown_choice"), ("/rows/1", "not_an_object"),
    ]  # fmt: skip
    rows = [{"external_id": f"N{n}", **STORE} for n in range(1001)]
    assert codes(hr.post(f"{ROOT}/batch/units/", {"rows": rows})) == [("/rows", "not_a_batch")]
    assert hr.post(f"{ROOT}/batch/units/", {"rows": rows[:1000]}).json()["created"] == 1000
    assert hr.get(f"{ROOT}/units/?as_of=someday").status_code == 422


def test_an_id_may_be_any_text_that_stands_in_an_address(hr: APIClient) -> None:
    for key in ("batch", "batch/x", "a/batch", "华东 1 区"):
        assert put(hr, f"units/{quote(key)}/", STORE).status_code == 201, key
        assert hr.get(f"{ROOT}/units/{quote(key)}/").json()["external_id"] == key
        ended = hr.delete(f"{ROOT}/units/{quote(key)}/", headers={"If-Match": "*"})
        assert ended.status_code == 200, ended.content


@pytest.mark.parametrize(("query", "prefer"), [("?dry_run=true", ""), ("", "dry-run")])
def test_a_dry_run_answers_and_writes_nothing(hr: APIClient, query: str, prefer: str) -> None:
    answer = put(hr, f"units/S0103/{query}", STORE, Prefer=prefer)
    assert (answer.status_code, answer.json()["dry_run"], answer.json()["status"]) == (200, True, "created")
    assert hr.get(f"{ROOT}/units/S0103/").status_code == 404
    gone = hr.delete(f"{ROOT}/people/E5/{query}", headers={"Prefer": prefer})
    assert (gone.status_code, gone.json()["status"]) == (200, "changed")
    assert hr.get(f"{ROOT}/people/E5/").status_code == 200


def test_people_assignments_seats_and_lines_round_trip(hr: APIClient) -> None:
    assert put(hr, "people/E9/", {**GUIDE, "monthly_cost": 7000}).status_code == 201
    person = hr.get(f"{ROOT}/people/E9/").json()
    assert (person["unit_external_id"], person["fte"], person["monthly_cost"]) == ("S0101", "1.000", "7000.0000")
    assert put(hr, f"assignments/{HELD}/", HOLDING).status_code == 201
    held = hr.get(f"{ROOT}/assignments/?person_external_id=E9").json()["results"]
    assert [{name: row[name] for name in ("external_id", *HOLDING)} for row in held] == [
        {"external_id": HELD, **HOLDING}
    ]
    row = {"person_external_id": "E9", "role": "digital-guide", "start_on": "2026-05-01", **HOLDING}
    assert hr.post(f"{ROOT}/batch/assignments/", {"rows": [row]}).json()["same"] == 1
    assert hr.post(f"{ROOT}/batch/people/", {"rows": [{"external_id": "E9", **GUIDE}]}).json()["same"] == 1
    seat = {"unit_external_id": "S0101", "title": "店长", "role": "digital-guide", "planned_fte": 1.5}
    assert put(hr, "seats/P1/?effective_on=2026-01-01", seat).status_code == 201
    assert hr.get(f"{ROOT}/seats/P1/").json()["planned_fte"] == "1.500"
    line = {"between": "units", "kind": "functional", "from_external_id": "S0101", "to_external_id": "D-MKT"}
    assert put(hr, "lines/L1/", line).status_code == 201
    assert {name: hr.get(f"{ROOT}/lines/L1/").json()[name] for name in line} == line


def test_ids_of_a_source_lead_to_ours(hr: APIClient) -> None:
    store = {**STORE, "parent_external_id": "R01"}
    assert put(hr, "units/7/?source=wecom", store).json()["id"] == "7"
    person = {**GUIDE, "unit_external_id": "7", "manager_external_id": None}
    assert put(hr, "people/zhang/?source=wecom", person).json()["id"] == "zhang"
    assert put(hr, "units/7/?source=dingtalk", {**STORE, "name": "另一个"}).json()["id"] == "dingtalk-7"
    assert hr.get(f"{ROOT}/units/7/?source=dingtalk").json()["name"] == "另一个"
    assert hr.get(f"{ROOT}/units/dingtalk-7/").json()["source_ids"] == {"dingtalk": ["7"]}
    assert hr.get(f"{ROOT}/units/8/?source=dingtalk").status_code == 404
    batch = {"rows": [{"external_id": "li", **GUIDE, "unit_external_id": "7", "manager_external_id": None}]}
    assert hr.post(f"{ROOT}/batch/people/?source=dingtalk", batch).json()["results"][0]["status"] == "created"
    assert hr.get(f"{ROOT}/people/li/").json()["unit_external_id"] == "dingtalk-7"
    held = put(hr, "assignments/zhang/digital-guide/2026-05-01/?source=wecom", {**HOLDING, "unit_external_id": "7"})
    assert held.status_code == 201


def test_stages_are_read_with_where_they_were_decided(hr: APIClient) -> None:
    stage = hr.get(f"{ROOT}/stages/S0101/").json()
    assert (stage["stage"], stage["decided_in"], stage["revision"]) == ("project", None, 0)
    assert hr.get(f"{ROOT}/stages/NOWHERE/").status_code == 404


def test_pay_is_absent_for_a_line_manager(api_client: ApiClient) -> None:
    manager = api_client("line_manager", unit_external_id="R01")
    assert "monthly_cost" not in manager.get(f"{ROOT}/people/E3/").json()
    assert codes(manager.get(f"{ROOT}/people/?fields=monthly_cost"))
    assert "monthly_cost" in api_client("owner").get(f"{ROOT}/people/E3/").json()


def test_a_line_managers_token_sees_the_own_subtree_only(api_client: ApiClient, hr: APIClient) -> None:
    for key, ends in (("L1", ("S0101", "S0102")), ("L2", ("S0101", "S0201"))):
        put(hr, f"lines/{key}/", dict(zip(("from_external_id", "to_external_id"), ends, strict=True))
            | {"between": "units", "kind": "project"})  # fmt: skip
    client = api_client("line_manager", unit_external_id="R01")
    seen = {
        name: [row["external_id"] for row in client.get(f"{ROOT}/{name}/").json()["results"]]
        for name in ("units", "people", "lines", "stages")
    }
    assert seen == {
        "units": ["R01", "S0101", "S0102"],
        "people": ["E2", "E3", "E4"],
        "lines": ["L1"],
        "stages": ["R01", "S0101", "S0102"],
    }
    held = {row["unit_external_id"] for row in client.get(f"{ROOT}/assignments/").json()["results"]}
    assert held == {"S0101", "S0102"}
    foreign, random = client.get(f"{ROOT}/units/S0201/"), client.get(f"{ROOT}/units/XYZ/")
    assert foreign.status_code == random.status_code == client.get(f"{ROOT}/stages/S0201/").status_code == 404
    assert foreign.content == random.content
    assert client.put(f"{ROOT}/units/S0101/", STORE).status_code == 403
    assert client.get(f"{ROOT}/units/?within=S0201").status_code == 404


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
    for path in ("units/", "units/S0101/", "people/", "people/E3/", "assignments/", "changes/", "org-chart/"):
        assert outsider.get(f"{ROOT}/{path}").status_code == 404, path
    assert outsider.post(f"{ROOT}/batch/units/", {"rows": []}).status_code == 404
    assert APIClient().get(f"{ROOT}/units/").status_code == 401


def test_the_same_key_gives_the_same_answer_for_every_kind_of_write(hr: APIClient) -> None:
    path, key = f"{ROOT}/units/S0103/", {"Idempotency-Key": "k1"}
    first, again = (hr.put(path, STORE, headers=key) for _ in range(2))
    assert (first.status_code, again.status_code, first.json()) == (201, 201, again.json())
    assert (again["Idempotent-Replayed"], again["ETag"]) == ("true", first["ETag"])
    gone = [hr.delete(path, headers={"If-Match": "*", "Idempotency-Key": "k2"}) for _ in range(2)]
    assert [answer.status_code for answer in gone] == [200, 200]
    other = hr.put(path, {**STORE, "name": "x"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
