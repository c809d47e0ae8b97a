"""Plans tried on closed months: the same to the cent as the run that follows, stale when inputs change, HR's alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from kpis.incentives.templates import load_templates
from kpis.incentives.texts import plan_node
from kpis.models import PayPlan, PaySimulation, PaySimulationPerson, PayStatement
from omnichannel.jobs.choices import JobKind, JobState
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.catalogue import StageKey, SubtypeKey
from tests.kpis.door import orders_csv, work
from tests.kpis.retailer import NOVEMBER, adopt, build_organisation, put_example
from tests.kpis.test_pay import CONTACTS, approved_plan, calculated, load, mall, recalculated, step, till, url

Clients = Callable[..., APIClient]
EN = {"accept-language": "en"}


@pytest.fixture(autouse=True)
def _month(in_workspace: Workspace) -> None:
    build_organisation()
    adopt(StageKey.STRONG_DEPARTMENT, SubtypeKey.SALES_LED)
    put_example()
    rows = [till(1, "ES1", "S1", "60000"), till(2, "ES1", "S1", "30000"), till(3, "ES2", "S2", "8000")]
    load(orders_csv(*rows, mall(4, "C1", "12500")), "orders.csv")
    contacts = [f"k{n},C{n},ES1,S1,wecom_friend,store,2024-11-0{n % 9 + 1} 09:00:00," for n in range(1, 46)]
    load("\n".join([CONTACTS, *contacts, ""]).encode(), "contacts.csv")


def drafted(workspace: Workspace, hr: APIClient) -> int:
    """Keep a draft of the guides' plan that pays contacts dearer, without a cap, and the mall cheaper."""
    content = plan_node(load_templates()["guide-composite"])
    for component in content["components"]:
        rule = component["rule"]
        if rule.get("base") == "valid_contacts":
            rule["price"] = "7.77"
            component.pop("cap", None)
        elif rule.get("base") == "mall_sales":
            rule["price"] = "0.0111"
    answer = hr.post(url(workspace, "pay-plans/"), {"content": content}, format="json")
    assert answer.status_code == 201, answer.content
    return int(answer.json()["id"])


def simulated(workspace: Workspace, hr: APIClient, *plans: str, **body: Any) -> dict[str, Any]:
    asked = {"plans": plans, "months": 1, **body}
    answer = hr.post(url(workspace, "pay-simulations/"), asked, format="json")
    assert answer.status_code == 202, answer.content
    with workspace_scope(workspace.pk):
        assert [job.state for job in work(JobKind.SIMULATE_PAY)] == [JobState.SUCCEEDED]
    found: dict[str, Any] = hr.get(url(workspace, f"pay-simulations/{answer.json()['id']}/")).json()
    return found


def amounts(workspace: Workspace, hr: APIClient, simulation: int, proposal: int, side: str) -> dict[str, Decimal]:
    path = url(workspace, f"pay-simulations/{simulation}/people/?proposal={proposal}")
    return {each["person"]: Decimal(each[side]) for each in hr.get(path).json()["results"]}


def paid(workspace: Workspace) -> dict[str, Decimal]:
    with workspace_scope(workspace.pk):
        return dict(PayStatement.objects.values_list("person_external_id", "amount"))


def test_a_simulation_is_to_the_cent_what_the_run_pays_with_the_same_plan(
    workspace: Workspace, api_client: Clients
) -> None:
    hr, owner = api_client("hr_lead"), api_client("owner")
    approved_plan(workspace, hr, owner)
    run = calculated(workspace, hr, str(NOVEMBER))
    now, draft = paid(workspace), drafted(workspace, hr)
    found = simulated(workspace, hr, f"plan:{draft}", "template:launch-contacts")
    assert (found["first"], found["last"], found["stale"]) == ("2024-11", "2024-11", [])
    assert amounts(workspace, hr, found["id"], 0, "before") == now
    told, ready = (amounts(workspace, hr, found["id"], proposal, "after") for proposal in (0, 1))
    assert told.keys() == now.keys()
    assert told != now
    assert ready != told
    first = found["result"]["proposals"][0]
    assert (Decimal(first["before"]), Decimal(first["after"])) == (sum(now.values()), sum(told.values()))

    steps = url(workspace, "pay-plans/guide-composite/steps/")
    assert hr.post(steps, {"action": "submit", "effective_from": "2024-02-01"}, format="json").status_code == 200
    assert owner.post(steps, {"action": "approve"}, format="json").status_code == 200
    recalculated(workspace, hr, run["id"])
    assert paid(workspace) == told, "what-if equals the later actual on equal inputs"
    again = hr.get(url(workspace, f"pay-simulations/{found['id']}/"), headers=EN).json()
    assert again["stale"] == ["the plans"]

    run = hr.get(url(workspace, f"pay-runs/{run['id']}/")).json()
    for client, action in ((owner, "approve"), (hr, "lock")):
        assert step(client, workspace, run, action).status_code == 200
    with workspace_scope(workspace.pk):
        load(orders_csv(till(2, "ES1", "S1", "28000", refund="2000")), "refund.csv")
    held = simulated(workspace, hr, "template:guide-composite", against="paid")
    assert amounts(workspace, hr, held["id"], 0, "before") == told, "a closed month stands as it was paid"
    assert held["result"]["paid"] == {"2024-11": str(sum(told.values()))}


def test_pages_show_it_to_hr_alone_with_every_fault_at_its_field(
    workspace: Workspace, api_client: Clients, signed_in: Callable[..., Client]
) -> None:
    hr, owner = api_client("hr_lead"), api_client("owner")
    approved_plan(workspace, hr, owner)
    page = signed_in("hr_lead")
    root = f"/w/{workspace.slug}/pay/simulations/"
    bad = page.post(root, {"months": "13", "against": "luck"}, headers=EN)
    assert bad.status_code == 422
    assert bad.content.decode().count('class="field__errors"') == 3
    draft = drafted(workspace, hr)
    assert f'value="plan:{draft}"' in page.get(f"{root}?plan=plan:{draft}").content.decode()
    begun = page.post(root, {"plans": [f"plan:{draft}", "template:launch-contacts"], "months": 2, "against": "holding"})
    assert begun.status_code == 302
    own = str(begun["location"])
    assert "hx-trigger" in page.get(own).content.decode(), "it polls while it runs"
    with workspace_scope(workspace.pk):
        work(JobKind.SIMULATE_PAY)
        (simulation,) = PaySimulation.objects.all()
    for language in ("zh-hans", "en"):
        for path in (own, f"{own}?plan=2&kind=losers&sort=-change", f"{own}?q=ES1&unit=S1", f"{own}?q=nobody", root):
            assert page.get(path, HTTP_ACCEPT_LANGUAGE=language).status_code == 200, path
    text = page.get(own, headers=EN).content.decode()
    assert "导购S1" in text
    assert "Where the pay jumps" in text
    assert "导购S1" not in page.get(f"{own}?unit=S2", headers=EN).content.decode().split('id="people"')[1]
    assert b"ES1" in page.get(f"{own}people.csv").content
    assert page.get(f"{own}simulation.xlsx").content[:2] == b"PK"
    with CaptureQueriesContext(connection) as few:
        page.get(own)
    with workspace_scope(workspace.pk):
        more = [
            PaySimulationPerson(
                workspace_id=workspace.pk, simulation=simulation, proposal=0, person_external_id=f"Z{number}",
                unit_external_id="S1", role_key="digital-guide", before=1, after=2, change=1,
            )
            for number in range(40)
        ]  # fmt: skip
        PaySimulationPerson.objects.bulk_create(more)
    with CaptureQueriesContext(connection) as many:
        page.get(own)
    assert len(many) == len(few) <= 40
    for role in ("executive", "analyst", "line_manager", "guide"):
        ties = {"unit_external_id": "S1", "person_external_id": "ES1"}
        assert signed_in(role, **ties).get(own).status_code == 403
        assert api_client(role, **ties).get(url(workspace, "pay-simulations/")).status_code == 403
    assert page.post(f"{own}again/").status_code == 302
    assert page.post(f"{own}remove/").status_code == 302
    assert page.get(own).status_code == 404
    with workspace_scope(workspace.pk):
        work(JobKind.SIMULATE_PAY)
        assert PaySimulation.objects.count() == 1
        assert PayPlan.objects.filter(pk=draft).exists()


def test_a_body_that_asks_for_nothing_or_too_much_is_told_so_by_field(
    workspace: Workspace, api_client: Clients
) -> None:
    hr = api_client("hr_lead")
    path = url(workspace, "pay-simulations/")
    for body, pointer in (
        ({"plans": []}, "/plans"),
        ({"plans": ["plan:999999"]}, "/plans"),
        ({"plans": ["nonsense"]}, "/plans"),
        ({"plans": ["template:launch-contacts"], "months": 0}, "/months"),
        ({"plans": [f"template:{number}" for number in range(6)]}, "/plans"),
    ):
        answer = hr.post(path, body, format="json")
        assert answer.status_code in (400, 422), body
        assert {issue["pointer"].split("/")[1] for issue in answer.json()["issues"]} == {pointer.strip("/")}


def test_f08_a_person_asks_what_more_would_bring_and_only_about_their_own(
    workspace: Workspace, api_client: Clients, signed_in: Callable[..., Client]
) -> None:
    hr, owner = api_client("hr_lead"), api_client("owner")
    approved_plan(workspace, hr, owner)
    run = calculated(workspace, hr, str(NOVEMBER))
    with workspace_scope(workspace.pk):
        ids = dict(PayStatement.objects.values_list("person_external_id", "pk"))
    page = f"/w/{workspace.slug}/pay/statements/{ids['ES1']}/what-if/"
    ties = {"person_external_id": "ES1", "unit_external_id": "S1"}
    guide = signed_in("guide", **ties)
    assert guide.get(page).status_code == 404, "nothing is told before the month is closed"
    for client, action in ((owner, "approve"), (hr, "lock")):
        assert step(client, workspace, run, action).status_code == 200
    asked = guide.get(f"{page}?base=valid_contacts&more=6", headers=EN).content.decode()
    assert "1,975" in asked
    assert "6 more valid new contacts" in re.sub(r"<[^>]+>", "", asked)
    told = api_client("guide", **ties).get(
        url(workspace, f"pay-statements/{ids['ES1']}/what-if/?base=valid_contacts&more=6")
    )
    (base,) = [each for each in told.json()["bases"] if each["base"] == "valid_contacts"]
    assert Decimal(base["asked"]["total"]) == Decimal(1975) + Decimal(base["asked"]["gain"])
    assert Decimal(base["asked"]["gain"]) > 0
    fragment = guide.get(f"{page}?base=valid_contacts&more=six", headers={**EN, "hx-request": "true"}).content.decode()
    assert "<html" not in fragment
    assert "Type a number" in fragment
    for wrong in ("base=valid_contacts&more=1.5", "base=nonsense&more=1", "base=store_sales&more=-1"):
        path = url(workspace, f"pay-statements/{ids['ES1']}/what-if/?{wrong}")
        assert api_client("guide", **ties).get(path).status_code == 422, wrong
    assert guide.get(f"/w/{workspace.slug}/pay/statements/{ids['ES2']}/what-if/").status_code == 404
    assert signed_in("executive").get(page).status_code == 403
