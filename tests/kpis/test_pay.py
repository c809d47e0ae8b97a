"""Pay over REST: plans that a second person approves, a month from open to paid, and what corrects it later."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from kpis.choices import AutoLoad
from kpis.incentives.documents import line_node
from kpis.incentives.templates import load_templates
from kpis.incentives.texts import plan_node
from kpis.models import PayAdjustment, PayRun, PayStatement
from omnichannel.jobs.choices import JobKind, JobState
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.catalogue import StageKey, SubtypeKey
from tests.kpis.door import orders_csv, put, work
from tests.kpis.pay_month import worked_again
from tests.kpis.retailer import NOVEMBER, adopt, build_organisation, put_example

CONTACTS = "contact_id,customer_id,employee_id,unit_id,kind,source,added_at,removed_at"
Clients = Callable[..., APIClient]


def till(number: int, guide: str, store: str, net: str, *, refund: str = "0", day: str = "2024-11-05") -> str:
    gross = Decimal(net) + Decimal(refund)
    return f"O{number},,store,{store},{guide},{day} 10:00:00,completed,{gross},0,{refund},{net},1"


def mall(number: int, customer: str, net: str) -> str:
    return f"O{number},{customer},private_mall,,,2024-11-20 10:00:00,completed,{net},0,0,{net},1"


def load(content: bytes, filename: str) -> None:
    put(content, filename=filename, auto=AutoLoad.GOOD_ROWS)
    assert {job.state for job in work()} == {JobState.SUCCEEDED}


@pytest.fixture
def month(in_workspace: Workspace) -> None:
    """November: ES1 sold 90,000 in her store, owns the customer of a mall order of 12,500 and has 45 valid contacts."""
    build_organisation()
    adopt(StageKey.STRONG_DEPARTMENT, SubtypeKey.SALES_LED)
    put_example()
    load(
        orders_csv(
            till(1, "ES1", "S1", "60000"),
            till(2, "ES1", "S1", "30000"),
            till(3, "ES2", "S2", "8000"),
            mall(4, "C1", "12500"),
        ),
        "orders.csv",
    )
    contacts = [f"k{n},C{n},ES1,S1,wecom_friend,store,2024-11-0{n % 9 + 1} 09:00:00," for n in range(1, 46)]
    contacts.append("k99,C99,ES1,S1,wecom_friend,store,2024-11-02 09:00:00,2024-11-10 09:00:00")  # left within 30 days
    load("\n".join([CONTACTS, *contacts, ""]).encode(), "contacts.csv")


@pytest.fixture
def hr(api_client: Clients) -> APIClient:
    return api_client("hr_lead")


@pytest.fixture
def owner(api_client: Clients) -> APIClient:
    return api_client("owner")


def url(workspace: Workspace, path: str) -> str:
    return f"/api/v1/workspaces/{workspace.slug}/{path}"


def approved_plan(workspace: Workspace, hr: APIClient, owner: APIClient) -> None:
    content = plan_node(load_templates()["guide-composite"])
    assert hr.post(url(workspace, "pay-plans/"), {"content": content}, format="json").status_code == 201
    steps = url(workspace, "pay-plans/guide-composite/steps/")
    assert hr.post(steps, {"action": "submit", "effective_from": "2024-01-01"}, format="json").status_code == 200
    own = hr.post(steps, {"action": "approve"}, format="json")
    assert (own.status_code, own.json()["code"]) == (403, "own_decision")
    assert owner.post(steps, {"action": "approve"}, format="json").json()["state"] == "approved"


def calculated(workspace: Workspace, hr: APIClient, period: str) -> dict[str, Any]:
    run = hr.post(url(workspace, "pay-runs/"), {"period": period}, format="json").json()
    return recalculated(workspace, hr, run["id"])


def recalculated(workspace: Workspace, hr: APIClient, run: int) -> dict[str, Any]:
    assert hr.post(url(workspace, f"pay-runs/{run}/steps/"), {"action": "calculate"}, format="json").status_code == 200
    with workspace_scope(workspace.pk):
        assert [job.state for job in work(JobKind.CALCULATE_PAY)] == [JobState.SUCCEEDED]
    found: dict[str, Any] = hr.get(url(workspace, f"pay-runs/{run}/")).json()
    return found


def step(client: APIClient, workspace: Workspace, run: dict[str, Any], action: str) -> Any:
    body = {"action": action, "seen": run["digest"]}
    return client.post(url(workspace, f"pay-runs/{run['id']}/steps/"), body, format="json")


def closed(workspace: Workspace, hr: APIClient, owner: APIClient, period: str) -> dict[str, Any]:
    run = calculated(workspace, hr, period)
    for client, action in ((owner, "approve"), (hr, "lock")):
        assert step(client, workspace, run, action).status_code == 200
    return run


@pytest.mark.usefixtures("month")
def test_f04_the_example_of_the_domain_is_paid_to_the_yuan(
    workspace: Workspace, hr: APIClient, owner: APIClient
) -> None:
    approved_plan(workspace, hr, owner)
    run = calculated(workspace, hr, str(NOVEMBER))
    assert (run["state"], run["statements_count"]) == ("calculated", 2)
    statements = hr.get(url(workspace, f"pay-runs/{run['id']}/statements/")).json()["results"]
    assert [(each["person"], each["amount"]) for each in statements] == [("ES1", "1975.00"), ("ES2", "645.00")]
    whole = hr.get(url(workspace, f"pay-statements/{statements[0]['id']}/")).json()
    assert [line["amount"] for line in whole["lines"]] == ["900.00", "375.00", "135.00", "565.00"]
    assert whole["facts"]["quantities"]["valid_contacts"] == "45"


@pytest.mark.usefixtures("month")
def test_every_line_is_worked_out_again_from_what_the_statement_keeps(
    workspace: Workspace, hr: APIClient, owner: APIClient
) -> None:
    approved_plan(workspace, hr, owner)
    calculated(workspace, hr, str(NOVEMBER))
    with workspace_scope(workspace.pk):
        for statement in PayStatement.objects.select_related("plan").prefetch_related("lines"):
            payout = worked_again(statement)
            assert payout.amount == statement.amount
            assert [(line.component.id, line.amount, line_node(line)) for line in payout.lines] == [
                (line.component, line.amount, line.workings) for line in statement.lines.all()
            ]


@pytest.mark.usefixtures("month")
def test_f07_nothing_is_paid_without_a_second_persons_name(
    workspace: Workspace, hr: APIClient, owner: APIClient
) -> None:
    approved_plan(workspace, hr, owner)
    run = calculated(workspace, hr, str(NOVEMBER))
    payout = url(workspace, f"pay-runs/{run['id']}/payout.csv")
    assert hr.get(payout).status_code == 404
    assert step(hr, workspace, run, "approve").json()["code"] == "own_decision"
    assert step(owner, workspace, {**run, "digest": "0" * 64}, "approve").json()["code"] == "pay_run_changed"
    assert step(hr, workspace, run, "lock").json()["code"] == "pay_step"
    assert step(owner, workspace, run, "approve").json()["state"] == "approved"
    assert hr.get(payout).status_code == 404
    assert step(hr, workspace, run, "lock").json()["state"] == "locked"
    rows = list(csv.DictReader(io.StringIO(hr.get(payout).content.decode("utf-8-sig"))))
    assert {row["person"]: row["amount"] for row in rows} == {"ES1": "1975.00", "ES2": "645.00"}
    assert sum(Decimal(row["amount"]) for row in rows) == Decimal(run["total"])
    assert step(hr, workspace, run, "pay").json()["state"] == "paid"
    assert step(hr, workspace, run, "calculate").json()["code"] == "pay_step"
    with workspace_scope(workspace.pk):
        kept = PayRun.objects.get(pk=run["id"])
        assert None not in (kept.approved_by_id, kept.locked_by_id, kept.paid_by_id)


@pytest.mark.usefixtures("month")
def test_a_late_refund_is_an_adjustment_of_the_open_month_and_the_closed_one_stays(
    workspace: Workspace, hr: APIClient, owner: APIClient
) -> None:
    approved_plan(workspace, hr, owner)
    november = closed(workspace, hr, owner, str(NOVEMBER))
    kept = [hr.get(url(workspace, f"pay-runs/{november['id']}/statements/")).content]
    with workspace_scope(workspace.pk):
        load(orders_csv(till(2, "ES1", "S1", "28000", refund="2000")), "refund.csv")
    december = calculated(workspace, hr, "2024-12")
    assert december["adjusted"] == "-20.00"  # 1 % of 2,000
    with workspace_scope(workspace.pk):
        (found,) = PayAdjustment.objects.select_related("line__statement")
        assert (found.line.component, found.line.statement.run_id, found.run_id) == (
            "store",
            november["id"],
            december["id"],
        )
        assert found.line.amount == Decimal("900.00")
    assert recalculated(workspace, hr, december["id"])["adjusted"] == "-20.00"
    assert (
        step(owner, workspace, hr.get(url(workspace, f"pay-runs/{december['id']}/")).json(), "approve").status_code
        == 200
    )
    assert step(hr, workspace, hr.get(url(workspace, f"pay-runs/{december['id']}/")).json(), "lock").status_code == 200
    january = calculated(workspace, hr, "2025-01")
    assert january["adjusted"] == "0.00"  # corrected once
    kept.append(hr.get(url(workspace, f"pay-runs/{november['id']}/statements/")).content)
    assert kept[0] == kept[1]
    assert hr.get(url(workspace, f"pay-runs/{november['id']}/")).json()["digest"] == november["digest"]


@pytest.mark.usefixtures("month")
def test_a_guide_reads_their_own_statement_and_nobody_elses(
    workspace: Workspace, hr: APIClient, owner: APIClient, api_client: Clients
) -> None:
    approved_plan(workspace, hr, owner)
    run = calculated(workspace, hr, str(NOVEMBER))
    guide = api_client("guide", person_external_id="ES2", unit_external_id="S2")
    listed = url(workspace, f"pay-runs/{run['id']}/statements/")
    assert guide.get(listed).json()["results"] == []  # nothing is told before it is locked
    assert step(owner, workspace, run, "approve").status_code == 200
    assert step(hr, workspace, run, "lock").status_code == 200
    (mine,) = guide.get(listed).json()["results"]
    assert mine["person"] == "ES2"
    whole = guide.get(url(workspace, f"pay-statements/{mine['id']}/"))
    assert whole.json()["facts"]["attendance"]["equal"] == {"own": "1", "all": "1"}
    assert b"ES1" not in whole.content
    theirs = next(each["id"] for each in hr.get(listed).json()["results"] if each["person"] == "ES1")
    assert guide.get(url(workspace, f"pay-statements/{theirs}/")).status_code == 404
    assert guide.get(url(workspace, f"pay-runs/{run['id']}/")).status_code == 403


@pytest.mark.usefixtures("month")
def test_late_data_pay_no_more_than_the_whole_statement_is_owed(
    workspace: Workspace, hr: APIClient, owner: APIClient
) -> None:
    content = plan_node(load_templates()["newcomer"])  # ES2: 1.2 % of 8,000 and at least 100 are under 1,500
    assert hr.post(url(workspace, "pay-plans/"), {"content": content}, format="json").status_code == 201
    steps = url(workspace, "pay-plans/newcomer/steps/")
    assert hr.post(steps, {"action": "submit", "effective_from": "2024-01-01"}, format="json").status_code == 200
    assert owner.post(steps, {"action": "approve"}, format="json").status_code == 200
    closed(workspace, hr, owner, str(NOVEMBER))
    with workspace_scope(workspace.pk):
        load(orders_csv(till(9, "ES2", "S2", "20000")), "late.csv")
    december = calculated(workspace, hr, "2024-12")
    with workspace_scope(workspace.pk):
        assert not PayAdjustment.objects.filter(run=december["id"]).exists()  # 340 + 100 are still under it


@pytest.mark.usefixtures("month")
def test_a_retired_plan_pays_nobody_and_two_submitted_ones_do_not_both_pass(
    workspace: Workspace, hr: APIClient, owner: APIClient
) -> None:
    for name in ("guide-composite", "launch-contacts"):
        content = plan_node(load_templates()[name])
        assert hr.post(url(workspace, "pay-plans/"), {"content": content}, format="json").status_code == 201
        body = {"action": "submit", "effective_from": "2024-02-01"}
        assert hr.post(url(workspace, f"pay-plans/{name}/steps/"), body, format="json").status_code == 200
    first, second = (url(workspace, f"pay-plans/{name}/steps/") for name in ("guide-composite", "launch-contacts"))
    assert owner.post(first, {"action": "approve"}, format="json").status_code == 200
    assert owner.post(second, {"action": "approve"}, format="json").json()["issues"][0]["pointer"] == "/content/roles"
    retired = owner.post(first, {"action": "retire", "effective_from": "2024-01-15"}, format="json")
    assert retired.json()["state"] == "retired"
    assert calculated(workspace, hr, str(NOVEMBER))["statements_count"] == 0


@pytest.mark.usefixtures("month")
def test_f06_a_penalty_on_guides_is_refused_with_its_rule_until_a_reason_is_written(
    workspace: Workspace, hr: APIClient
) -> None:
    content = plan_node(load_templates()["growth-manager"]) | {"roles": ["digital-guide"]}
    refused = hr.post(url(workspace, "pay-plans/"), {"content": content}, format="json")
    assert refused.status_code == 422
    (issue,) = refused.json()["issues"]
    assert issue["pointer"] == "/content/components/1/rule"
    assert "中层" in issue["message"] or "middle layer" in issue["message"]
    reasoned = {**content, "reason": "agreed with the staff council"}
    assert hr.post(url(workspace, "pay-plans/"), {"content": reasoned}, format="json").status_code == 201


@pytest.mark.usefixtures("month")
def test_two_plans_of_one_unit_never_pay_the_same_role(workspace: Workspace, hr: APIClient, owner: APIClient) -> None:
    approved_plan(workspace, hr, owner)
    content = plan_node(load_templates()["launch-contacts"])
    assert hr.post(url(workspace, "pay-plans/"), {"content": content}, format="json").status_code == 201
    steps = url(workspace, "pay-plans/launch-contacts/steps/")
    body = {"action": "submit", "effective_from": "2024-02-01"}
    assert hr.post(steps, body, format="json").json()["issues"][0]["pointer"] == "/content/roles"
    own = {"content": content, "unit": "S2"}
    assert hr.post(url(workspace, "pay-plans/"), own, format="json").status_code == 201
    assert hr.post(steps, body, format="json").status_code == 200
    assert owner.post(steps, {"action": "approve"}, format="json").status_code == 200
    run = calculated(workspace, hr, str(NOVEMBER))
    statements = hr.get(url(workspace, f"pay-runs/{run['id']}/statements/")).json()["results"]
    assert [(each["person"], each["plan"]) for each in statements] == [
        ("ES1", "guide-composite"),
        ("ES2", "launch-contacts"),
    ]


@pytest.mark.parametrize("period", ["0000-01", "1899-12", "2200-01", "2026-13", "2026-7", "July", ""])
def test_a_month_that_is_none_is_told_at_its_field_and_opens_nothing(
    period: str, workspace: Workspace, hr: APIClient
) -> None:
    answer = hr.post("/api/v1/workspaces/acme/pay-runs/", {"period": period}, format="json")
    assert (answer.status_code, [issue["pointer"] for issue in answer.json()["issues"]]) == (422, ["/period"])
    with workspace_scope(workspace.pk):
        assert not PayRun.objects.exists()


def test_figures_of_an_example_are_texts_in_which_no_digit_is_lost(hr: APIClient) -> None:
    content = plan_node(load_templates()["guide-composite"])
    answer = hr.post(
        "/api/v1/workspaces/acme/pay-plan-check/", {"content": content, "facts": {"score": 0}}, format="json"
    )
    assert (answer.status_code, [issue["pointer"] for issue in answer.json()["issues"]]) == (422, ["/facts/score"])
