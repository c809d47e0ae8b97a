"""A-01, A-02, A-03, A-06 of the list of capabilities, over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.services.sync import SeatInput, upsert_seats
from tests.roles.organisation import DAY, write_organisation

SignedIn = Callable[..., Client]
API = "/api/v1/workspaces/acme"
EN = {"accept-language": "en"}
SEATS = (
    SeatInput("P1", "S0101", "社群运营"),
    SeatInput("P2", "S0101", "高级社群运营 经理"),
    SeatInput("P3", "S0201", "首席吉祥物", role="digital-guide"),
    SeatInput("P4", "S0201", "首席吉祥物"),
)


@pytest.fixture(autouse=True)
def _organisation(workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        write_organisation()


@pytest.fixture
def _seats(workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        assert upsert_seats(SEATS, effective_on=DAY, actor_id=None).is_ok


def page(client: Client, path: str, **headers: str) -> str:
    answer = client.get(f"/w/acme/{path}", headers=headers or EN)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def called(api: APIClient, path: str) -> Any:
    answer = api.get(f"{API}/{path}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a01_the_map_shows_12_roles_9_lead_and_3_collaborating_and_53_links_that_filter_by_role(
    signed_in: SignedIn, api_client: Callable[..., APIClient]
) -> None:
    client, api = signed_in("hr_lead"), api_client("analyst")
    drawn = page(client, "roles/")
    assert (drawn.count('class="talent__role'), drawn.count('class="talent__link')) == (12, 53)
    assert drawn.count("talent__role--lead") == 9
    assert drawn.count("<tr data-from=") == 53
    roles = called(api, "roles/")
    assert [role["kind"] for role in roles].count("lead") == 9
    assert len(roles) == 12
    assert all(role["names"]["zh"] and role["names"]["en"] for role in roles)
    links = called(api, "role-links/")
    assert len(links) == 53
    one = [link for link in links if "user-ops" in (link["from_role"], link["to_role"])]
    assert called(api, "role-links/?role=user-ops") == one
    assert page(client, "roles/?role=user-ops").count("<tr data-from=") == len(one) < 53
    out = called(api, "role-links/?role=user-ops&way=out")
    assert {link["from_role"] for link in out} == {"user-ops"}
    assert page(client, "roles/?role=user-ops&way=out").count("<tr data-from=") == len(out)
    two = page(client, "roles/?role=user-ops&role=member-ops").count("<tr data-from=")
    assert len(one) < two < 53
    brains = called(api, "roles/?place=brain")
    assert {role["position"] for role in brains} == {"brain"}
    asked_for = {role["key"] for role in roles if role["expectations"]["project-team"] in ("core", "shared")}
    assert {role["key"] for role in called(api, "roles/?subtype=project-team")} == asked_for
    in_stage = called(api, "role-links/?subtype=project-team")
    assert in_stage == [link for link in links if {link["from_role"], link["to_role"]} <= asked_for]
    assert page(client, "roles/?subtype=project-team").count("<tr data-from=") == len(in_stage) < 53
    for wrong in ("role-links/?role=astronaut", "role-links/?way=up", "roles/?subtype=x", "roles/?place=x"):
        assert api.get(f"{API}/{wrong}").status_code == 422, wrong


def test_a01_the_picture_and_the_links_are_taken_along_as_chosen(signed_in: SignedIn) -> None:
    client = signed_in("executive")
    svg = client.get("/w/acme/roles/map.svg", headers=EN)
    assert svg["Content-Type"].startswith("image/svg+xml")
    assert svg.content.decode().count('<path d="M') == 53 + 1
    data = client.get("/w/acme/roles/map.json?role=user-ops&way=in").json()
    assert [role["key"] for role in data["roles"]] == ["user-ops"]
    assert {link["to"] for link in data["links"]} == {"user-ops"}
    rows = client.get("/w/acme/roles/map.csv?role=user-ops&way=in", headers=EN).content.decode("utf-8-sig").splitlines()
    assert len(rows) == len(data["links"]) + 1
    assert client.get("/w/acme/roles/map.exe").status_code == 404
    ordered = page(client, "roles/?sort=-to")
    assert 'aria-sort="descending"' in ordered


def test_a02_a_role_shows_its_21_kpis_its_links_both_ways_and_where_reconstruction_begins(
    signed_in: SignedIn, api_client: Callable[..., APIClient]
) -> None:
    client, api = signed_in("hr_lead"), api_client("hr_lead")
    role = called(api, "roles/user-ops/")
    assert len(role["kpis"]) == 21
    shown = page(client, "roles/user-ops/")
    kpis = client.get("/w/acme/roles/user-ops/kpis/", headers=EN)
    assert kpis.status_code == 200
    assert kpis.content.decode().count('<th scope="row">') == 21
    for link in called(api, "role-links/?role=user-ops"):
        assert link["names"]["en"].replace("'", "&#x27;") in shown
    assert (shown.count("receives from"), shown.count("hands on to")) == (role["links_in"], role["links_out"])
    reconstructed = [key for key in called(api, "roles/") if "reconstructed" in str(key["sources"])]
    for one in reconstructed:
        assert "reconstructed" in page(client, f"roles/{one['key']}/")
    assert role["sources"]["duties"] in shown
    assert api.get(f"{API}/roles/astronaut/").status_code == 404


@pytest.mark.parametrize(
    ("words", "role"),
    [
        ("社群运营", "user-ops"),
        ("微商城运营", "private-mall-ops"),
        ("CRM manager", "user-ops"),
        ("crm-MANAGER", "user-ops"),
        ("ＣＲＭ　经理", "user-ops"),
        ("shequnyunying", "user-ops"),
        ("she qun yun ying", "user-ops"),
        ("sqyy", "user-ops"),
        ("wscyy", "private-mall-ops"),
        ("高级社群运营经理", "user-ops"),
        ("Media buying", "ad-delivery"),
    ],
)
def test_a03_a_role_is_found_by_the_title_used_in_the_market(
    signed_in: SignedIn, api_client: Callable[..., APIClient], words: str, role: str
) -> None:
    found = called(api_client("hr_lead"), f"roles/?q={words}")
    assert found[0]["key"] == role
    shown = page(signed_in("hr_lead"), f"roles/?q={words}")
    assert f'/w/acme/roles/{role}/"' in shown


@pytest.mark.usefixtures("_seats")
def test_a03_titles_in_use_are_mapped_by_a_rule_that_is_shown_and_hr_may_say_otherwise(
    signed_in: SignedIn, api_client: Callable[..., APIClient]
) -> None:
    client, api = signed_in("hr_lead"), api_client("hr_lead")
    lines = {line["title"]: line for line in called(api, "role-titles/")}
    assert called(api, "role-titles/")[0]["title"] == "首席吉祥物"
    assert (lines["首席吉祥物"]["rule"], lines["首席吉祥物"]["seats"]) == ("none", 2)
    assert lines["首席吉祥物"]["roles_of_seats"] == {"digital-guide": 1}
    assert (lines["社群运营"]["role"], lines["社群运营"]["rule"]) == ("user-ops", "exact")
    assert (lines["高级社群运营 经理"]["rule"], lines["高级社群运营 经理"]["rests_on"]) == ("contains", "社群运营")
    said = client.post(
        "/w/acme/roles/titles/say/", {"title": "首席 吉祥物", "means": "role:content-marketing", "note": "试"}
    )
    assert said.status_code == 302
    shown = page(client, "roles/titles/")
    assert "own mapping" in shown
    assert called(api, "roles/?q=首席吉祥物")[0]["key"] == "content-marketing"
    wrong = client.post("/w/acme/roles/titles/say/", {"title": "首席吉祥物", "means": "role:astronaut"}, headers=EN)
    assert wrong.status_code == 422
    undo = shown.split('/undo/"')[0].rsplit('"', 1)[1] + "/undo/"
    assert client.post(undo).status_code == 302
    assert {line["title"]: line["rule"] for line in called(api, "role-titles/")}["首席吉祥物"] == "none"
    body = {"titles": [{"title": "首席吉祥物", "says": "none"}, {"title": "", "role": "x", "wrong": 1}]}
    refused = api.put(f"{API}/role-titles/", body, format="json")
    pointers = {issue["pointer"] for issue in refused.json()["issues"]}
    assert (refused.status_code, pointers) == (422, {"/titles/1/title", "/titles/1/wrong"})
    assert called(api, "role-titles/")[0]["rule"] == "none"
    body = {"titles": [{"title": "首席吉祥物", "role": "member-ops"}]}
    assert api.put(f"{API}/role-titles/?dry_run=true", body, format="json").json() == {"titles": 1, "dry_run": True}
    assert called(api, "role-titles/")[0]["rule"] == "none"
    api.put(f"{API}/role-titles/", body, format="json")
    assert {line["title"]: line["role"] for line in called(api, "role-titles/")}["首席吉祥物"] == "member-ops"
    manager = signed_in("line_manager", unit_external_id="R01")
    own = page(manager, "roles/titles/")
    assert "社群运营" in own
    assert "首席吉祥物" not in own
    csv = client.get("/w/acme/roles/titles.csv").content.decode("utf-8-sig")
    assert len(csv.splitlines()) == 4


def test_a06_comparing_user_ops_and_member_ops_shows_what_is_shared_what_is_alone_and_the_rule(
    signed_in: SignedIn, api_client: Callable[..., APIClient]
) -> None:
    client, api = signed_in("hr_lead"), api_client("hr_lead")
    found = called(api, "role-comparison/?roles=user-ops,member-ops")
    shared = [one["id"] for one in found["kpis"] if len(one["roles"]) == 2]
    assert shared == ["nps"]
    own = {key: set(called(api, f"roles/{key}/")["kpis"]) for key in ("user-ops", "member-ops")}
    assert {one["id"] for one in found["kpis"] if one["roles"] == ["user-ops"]} == own["user-ops"] - {"nps"}
    assert {one["id"] for one in found["kpis"] if one["roles"] == ["member-ops"]} == own["member-ops"] - {"nps"}
    assert [rule["roles"] for rule in found["rules"]] == [["user-ops", "member-ops"]]
    assert found["rules"][0]["split_when"]["en"]
    assert [one["external_id"] for one in found["holders"]] == ["E6"]
    assert found["holders"][0]["total"] == "0.9000"
    shown = page(client, "talent/roles/compare/?roles=user-ops,member-ops")
    assert found["rules"][0]["merge_when"]["en"].replace("'", "&#x27;") in shown
    assert "赵运营" in shown
    before_own = shown.split("Only ")[0]
    assert "/kpis/nps/" in before_own
    assert client.get("/w/acme/talent/roles/compare/?role=user-ops&role=member-ops")["Location"].endswith(
        "?roles=user-ops,member-ops"
    )
    csv = client.get("/w/acme/talent/roles/compare.csv?roles=user-ops,member-ops", headers=EN).content.decode()
    assert [line for line in csv.splitlines() if line.endswith("x,x") and line.startswith("kpis")] == [
        line for line in csv.splitlines() if line.startswith("kpis,nps")
    ]
    three = called(api, "role-comparison/?roles=user-ops,member-ops,content-marketing")
    assert len(three["rules"]) >= 1
    page(client, "talent/roles/compare/?roles=user-ops,member-ops,content-marketing")
    assert "Choose two or three" in page(client, "talent/roles/compare/?roles=user-ops")
    for wrong in ("user-ops", "user-ops,user-ops", "user-ops,astronaut", ""):
        assert api.get(f"{API}/role-comparison/?roles={wrong}").status_code == 422, wrong
    seen_by_executive = page(signed_in("executive"), "talent/roles/compare/?roles=user-ops,member-ops")
    assert "赵运营" not in seen_by_executive
    assert called(api_client("executive"), "role-comparison/?roles=user-ops,member-ops")["holders"] is None


@pytest.mark.usefixtures("_seats")
@pytest.mark.parametrize(
    "path", ["roles/titles/", "talent/roles/compare/?roles=user-ops,member-ops", "roles/?role=user-ops"]
)
def test_twice_the_rows_take_the_same_queries(signed_in: SignedIn, workspace: Workspace, path: str) -> None:
    client = signed_in("hr_lead")
    page(client, path)
    with CaptureQueriesContext(connection) as few:
        page(client, path)
    with workspace_scope(workspace.pk):
        more = [SeatInput(f"X{n}", "S0101", f"店员{n}") for n in range(12)]
        assert upsert_seats(more, effective_on=DAY, actor_id=None).is_ok
    page(client, path)
    with CaptureQueriesContext(connection) as many:
        page(client, path)
    assert len(many) == len(few) <= 25


def test_a06_roles_ticked_in_the_map_are_compared(signed_in: SignedIn) -> None:
    shown = page(signed_in("hr_lead"), "roles/")
    assert shown.count('<input type="checkbox" name="role"') == 24
    assert 'action="/w/acme/talent/roles/compare/"' in shown
    assert "/talent/roles/compare/" not in page(signed_in("guide", person_external_id="E3"), "roles/")
