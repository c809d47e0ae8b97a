"""Nonsense in a URL, a query or a body is answered, never a fault of ours."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client, RequestFactory
from rest_framework.test import APIClient

from kpis.datasets.checks.problems import make_problem, to_json
from omnichannel.core.http import csv_answer, server_error
from omnichannel.workspaces.choices import MemberRole
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.permissions import Rule, authorisation_table, rule_for
from tests.test_tenancy import is_api, url_of

NONSENSE = (
    "q=%00", "period=0001-01", "period=9999-12", "period=2024-13", "as_of=0001-01-01", "as_of=9999-12-31",
    "as_of=2026-02-30", "unit=%00", "cursor=cD1hYmM=", "cursor=%FF", "page=-1", "page=x", "sort=%27", "scope_id=%00",
)  # fmt: skip


@pytest.mark.parametrize("query", NONSENSE)
def test_nonsense_in_a_query_is_never_a_fault_of_ours(
    query: str, signed_in: Callable[..., Client], api_client: Callable[..., APIClient]
) -> None:
    page, api = signed_in("owner"), api_client("owner")
    for route in authorisation_table():
        if rule_for(route, "GET", MemberRole.OWNER) is not Rule.DENY:
            client = api if is_api(route) else page
            answer = client.get(f"{url_of(route, slug='acme')}?{query}")
            assert answer.status_code in {200, 302, 400, 404, 422}, (route, query, answer.status_code)


@pytest.mark.parametrize("body", ["[" * 100_000, "{", '"\\u0000"', "[[]]", "nan", '{"rows": 5}', '{"rows": [1]}', ""])
def test_nonsense_in_a_body_is_a_problem_that_names_itself(body: str, api_client: Callable[..., APIClient]) -> None:
    api = api_client("owner")
    for route, methods in authorisation_table().items():
        for method in set(methods) - {"GET"}:
            if is_api(route):
                answer = api.generic(method, url_of(route, slug="acme"), body, content_type="application/json")
                if route.startswith("scim:"):  # SCIM has a form of its own, and a search of it no required field
                    assert answer.status_code < 500, (route, body[:20])
                    assert answer["Content-Type"] == "application/scim+json"
                    continue
                assert 400 <= answer.status_code < 500, (route, body[:20])
                assert answer["Content-Type"] == "application/problem+json"
                assert answer.json()["code"]


def test_a_word_outside_a_closed_list_is_refused_where_it_would_have_found_nothing(
    api_client: Callable[..., APIClient],
) -> None:
    api = api_client("owner")
    for asked in (
        "scorecards/?scope_kind=AAA", "scorecards/?role=x", "values/?scope_kind=AAA", "targets/?scope_kind=x",
        "weights/?on=", "weights/?on=20260101", "weights/?stage=x", "jobs/?state=x", "jobs/?kind=", "alerts/?level=x",
        "uploads/?state=", "seats/?vacant=maybe",
    ):  # fmt: skip
        answer = api.get(f"/api/v1/workspaces/acme/{asked}")
        assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json"), asked


def test_what_is_not_there_is_a_problem_for_programs_and_a_page_for_people(client: Client, db: None) -> None:
    assert client.get("/api/v1/nothing/").json()["code"] == "not_found"
    assert "<html" in client.get("/nothing/").content.decode()


@pytest.mark.parametrize("path", ["/w/acme/", "/api/v1/workspaces/acme/units/"])
def test_a_fault_of_ours_carries_a_reference(path: str, rf: RequestFactory) -> None:
    answer = server_error(rf.get(path))
    assert answer.status_code == 500
    assert "eference" in answer.content.decode() or "编号" in answer.content.decode()


def test_a_method_that_is_not_there_is_405_to_a_member_and_404_to_a_stranger(
    workspace: Workspace,
    other_workspace: Workspace,
    signed_in: Callable[..., Client],
    api_client: Callable[..., APIClient],
) -> None:
    api, stranger = api_client("owner"), api_client("owner", workspace=other_workspace)
    for client, status in ((api, 405), (stranger, 404)):
        assert client.delete("/api/v1/workspaces/acme/units/").status_code == status
    assert signed_in("owner").delete("/w/acme/settings/members/").status_code == 405
    assert api_client("guide", person_external_id="E1").get("/api/v1/workspaces/acme/kpis/").status_code == 200
    refused = api_client("guide", person_external_id="E1").get("/api/v1/workspaces/acme/uploads/1/")
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")


@pytest.mark.parametrize("weight", ["1e400", "NaN", "-1", "9" * 40, "", "0x1"])
def test_a_weight_that_is_none_is_refused_with_what_was_typed(weight: str, signed_in: Callable[..., Client]) -> None:
    form = {"stage": "project", "weight-project-new_users": weight, "effective_from": "2026-13-45", "note": "a\x00b"}
    for action in ("preview", "save"):
        answer = signed_in("hr_lead").post("/w/acme/roles/user-ops/weights/", {**form, "action": action})
        assert answer.status_code in {200, 422}
    assert answer.status_code == 422


def test_a_bounded_role_is_invited_with_its_bound_only(signed_in: Callable[..., Client]) -> None:
    owner = signed_in("owner")
    form = {"email": "wang@shop.test", "role": "line_manager"}
    assert owner.post("/w/acme/settings/members/", form).status_code == 422
    assert owner.post("/w/acme/settings/members/", {**form, "unit_external_id": "R01"}).status_code == 200


def test_a_cell_with_nul_is_a_problem_that_can_be_shown() -> None:
    problem = to_json(make_problem("not_number", line=3, column="net_amount", value="1\x002"))
    assert problem["value"] == "1\u24002"
    assert "\x00" not in str(problem)


def test_a_file_is_named_after_any_unit_without_breaking_the_header() -> None:
    told = csv_answer("a", filename='posts-"X"\r\n门店\t.csv')["Content-Disposition"]
    assert told.startswith("attachment; filename*=utf-8''posts-")
    assert told.isascii()
    assert csv_answer("a", filename="posts-BU1.csv")["Content-Disposition"] == 'attachment; filename="posts-BU1.csv"'
