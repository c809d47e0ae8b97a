"""Nonsense in a URL, a query or a body is answered, never a fault of ours."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client, RequestFactory
from rest_framework.test import APIClient

from omnichannel.core.http import server_error
from omnichannel.workspaces.permissions import authorisation_table
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
    for route, methods in authorisation_table().items():
        if "GET" in methods:
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
                assert 400 <= answer.status_code < 500, (route, body[:20])
                assert answer["Content-Type"] == "application/problem+json"
                assert answer.json()["code"]


def test_what_is_not_there_is_a_problem_for_programs_and_a_page_for_people(client: Client, db: None) -> None:
    assert client.get("/api/v1/nothing/").json()["code"] == "not_found"
    assert "<html" in client.get("/nothing/").content.decode()


@pytest.mark.parametrize("path", ["/w/acme/", "/api/v1/workspaces/acme/units/"])
def test_a_fault_of_ours_carries_a_reference(path: str, rf: RequestFactory) -> None:
    answer = server_error(rf.get(path))
    assert answer.status_code == 500
    assert "eference" in answer.content.decode() or "编号" in answer.content.decode()
