"""Why a figure is what it is, over REST: the explanation, the rows that add up, the parts, and refusals as problems."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from tests.kpis.door import ORDERS_HEADER
from tests.kpis.explained import JUNE, build, compute, load

ROOT = "/api/v1/workspaces/acme/kpis/"
JUNE_ONLY = {"period": "2024-06"}
R1 = {**JUNE_ONLY, "scope": "unit:R1"}


@pytest.fixture(autouse=True)
def retailer(workspace: Workspace, settings: Settings, tmp_path: Path) -> None:
    with workspace_scope(workspace.pk):
        build(settings, tmp_path)


def got(client: APIClient, path: str, query: Mapping[str, str] | None = None, *, status: int = 200) -> dict[str, Any]:
    answer = client.get(f"{ROOT}{path}", query or {})
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == ("application/json" if status == 200 else "application/problem+json")
    body: dict[str, Any] = answer.json()
    return body


def test_a_figure_is_explained_and_its_rows_add_up_page_by_page(api_client: Callable[..., APIClient]) -> None:
    analyst = api_client("analyst")
    told = got(analyst, "avg_spend_per_user/explain/", R1)
    assert (told["value"], told["numerator"], told["denominator"]) == ("150.05", "300.1", "2")
    assert told["formula_in_numbers"] == "300.1 ÷ 2"
    assert "R1" not in told["sentence"]["zh"]
    assert "华东大区" in told["sentence"]["zh"]
    assert told["sentence"]["en"].startswith("华东大区, 2024-06: ")
    assert [each["value"] for each in told["operands"]] == ["300.1", "2"]
    assert len(told["ground"]["definition_hash"]) == 64
    assert told["ground"]["is_newest"]
    assert [table["last_day"] for table in told["tables"]] == ["2024-06-05"]

    url, rows = told["operands"][0]["rows"] + "&page_size=2", []
    while url:
        page = analyst.get(url).json()
        rows += page["results"]
        url = page["next"]
    assert page["total"] == 3
    assert sum(Decimal(row["amount"]) for row in rows) == Decimal(page["value"]) == Decimal("300.1")
    assert [(row["key"]["order_id"], row["upload"]["line"]) for row in rows] == [("O4", 5), ("O5", 6), ("O6", 7)]
    assert rows[0]["cells"]["net_amount"] == "70.1"

    buyers = analyst.get(told["operands"][1]["rows"]).json()
    assert [row["counted_as"] for row in buyers["results"]] == ["first", "again", "first"]
    assert buyers["value"] == "2"
    assert sum(Decimal(row["amount"]) for row in buyers["results"]) == 2

    parts = got(analyst, "avg_spend_per_user/explain/parts/", {**R1, "by": "unit"})
    effects = [part["effect"] for part in parts["parts"]] + [parts["rest"]["effect"]]
    assert sum(map(Decimal, effects)) == Decimal(parts["change"])
    assert parts["rest"]["denominator"] == "-1"


def test_a_figure_reopens_as_it_was_known_and_its_rows_with_it(
    api_client: Callable[..., APIClient], workspace: Workspace
) -> None:
    analyst, then = api_client("analyst"), timezone.now()
    with workspace_scope(workspace.pk):
        late = "O9,C9,store,S1,ES1,2024-06-09 10:00:00,paid,1000,0,0,1000,1"
        load(f"{ORDERS_HEADER}\n{late}\n".encode(), filename="late.csv")
    query = {**JUNE_ONLY, "scope": "unit:S1"}
    stale = got(analyst, "sales_net/explain/", query)
    assert (stale["value"], stale["ground"]["is_newest"]) == ("70.1", False)
    assert got(analyst, "sales_net/explain/rows/", query)["value"] == "70.1"
    with workspace_scope(workspace.pk):
        compute(JUNE)
    assert got(analyst, "sales_net/explain/", query)["value"] == "1070.1"
    assert got(analyst, "sales_net/explain/rows/", query)["total"] == 2
    known = {**query, "known_at": then.isoformat()}
    assert got(analyst, "sales_net/explain/", known)["value"] == "70.1"
    page = got(analyst, "sales_net/explain/rows/", known)
    assert (page["value"], page["total"]) == ("70.1", 1)
    asked = {**JUNE_ONLY, "kpi": "sales_net", "scope_kind": "unit", "scope_id": "S1"}
    for more, value in (({}, "1070.100000"), ({"known_at": then.isoformat()}, "70.100000")):
        listed = analyst.get("/api/v1/workspaces/acme/values/", {**asked, **more}).json()["results"]
        assert [row["value"] for row in listed] == [value]


def test_refusals_are_problems_and_nobody_sees_beyond_their_bounds(api_client: Callable[..., APIClient]) -> None:
    analyst = api_client("analyst")
    got(analyst, "no_such_kpi/explain/", status=404)
    got(analyst, "sales_net/explain/", {"period": "2024-06", "scope": "unit:NOWHERE"}, status=404)
    for query in ({"scope": "planet:1"}, {"where": "unit:"}, {"known_at": "soon"}, {"period": "May"}):
        assert got(analyst, "sales_net/explain/", query, status=422)["issues"]
    for query in ({"operand": "3"}, {"operand": "x"}, {"cursor": "-1"}, {"page_size": "0"}):
        assert got(analyst, "sales_net/explain/rows/", {**JUNE_ONLY, **query}, status=422)["issues"]
    got(analyst, "sales_net/explain/parts/", {**JUNE_ONLY, "by": "role"}, status=422)
    manager = api_client("line_manager", unit_external_id="S1")
    assert got(manager, "sales_net/explain/", JUNE_ONLY)["value"] == "70.1"
    for path in ("", "rows/", "parts/"):
        for scope in ("company:", "unit:S2", "unit:R1", "employee:ES2", "channel:store"):
            got(manager, f"sales_net/explain/{path}", {**JUNE_ONLY, "scope": scope}, status=404)
    guide = api_client("guide", person_external_id="ES1")
    assert got(guide, "guide_store_sales/explain/", JUNE_ONLY)["scope"]["id"] == "ES1"
    got(guide, "guide_store_sales/explain/", {**JUNE_ONLY, "scope": "employee:ES2"}, status=404)


def test_whoever_may_not_see_people_reads_no_id_and_no_judgement_of_them_in_the_rows(
    api_client: Callable[..., APIClient], workspace: Workspace
) -> None:
    lines = (
        "period,kpi_id,subject_kind,subject_id,reviewer_id,score,evidence",
        "2024-06,manager_rating,employee,ES1,P1,4,ES1 led the June launch",
        "2024-06,manager_rating,employee,ES2,P1,2,ES2 was late",
    )
    with workspace_scope(workspace.pk):
        load("\n".join((*lines, "")).encode(), filename="reviews.csv")
    page = got(api_client("hr_lead"), "manager_rating/explain/rows/", JUNE_ONLY)
    assert [(row["upload"]["filename"], row["upload"]["line"]) for row in page["results"]] == [
        ("reviews.csv", 2),
        ("reviews.csv", 3),
    ]
    assert [row["key"]["subject_id"] for row in page["results"]] == ["ES1", "ES2"]
    hidden = api_client("executive").get(f"{ROOT}manager_rating/explain/rows/", JUNE_ONLY)
    assert (hidden.json()["value"], len(hidden.json()["results"])) == ("3", 2)
    assert not any(told in hidden.content.decode() for told in ("ES1", "ES2", "P1", "late"))
