"""B-07, B-08 and F-11: posts by drivers against people in post, people cost with its contingency, budget and actual."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from kpis.queries.costs import cost_rows
from omnichannel.core.periods import Period, month_of, year_of
from omnichannel.jobs.choices import JobKind
from omnichannel.jobs.services.idempotency import in_flight
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import current_workspace_id, workspace_scope
from roles.catalogue import StageKey, SubtypeKey
from roles.services.stages import adopt_stage
from roles.services.sync import PersonInput, upsert_people
from talent.models import HeadcountPlan
from tests.kpis.door import work
from tests.orgstages.world import SINCE, write_organisation

ENGLISH = {"accept-language": "en"}
PAGE, PLANS, BUDGET = "/w/acme/talent/headcount/", "/w/acme/talent/headcount/plans/", "/w/acme/talent/budget/"
API = "/api/v1/workspaces/acme/"
HEAD = "period,cost_type,version,unit_id,channel,amount"


@pytest.fixture
def firm(in_workspace: Workspace) -> Workspace:
    """A firm with a business unit in the first-level stage, where every post is paid."""
    write_organisation()
    adopt_stage(
        "BU1", stage=StageKey.FIRST_LEVEL, subtype=SubtypeKey.USER_GROWTH_DRIVEN, on=SINCE, actor_id=None, note=""
    )
    paid = [
        PersonInput("U1", "UC", SINCE, manager_external_id="LEAD", monthly_cost=Decimal(15000)),
        PersonInput("U2", "UC", SINCE, manager_external_id="LEAD", fte=Decimal("0.5"), monthly_cost=Decimal(6000)),
    ]
    assert upsert_people(paid, effective_on=SINCE, actor_id=None).is_ok
    return in_workspace


@pytest.fixture
def hr(firm: Workspace, signed_in: Callable[..., Client]) -> Client:
    """HR's browser."""
    return signed_in("hr_lead")


def rows_of(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode().removeprefix("\ufeff"))))


def role_row(client: Client, role: str, unit: str = "BU1") -> dict[str, str]:
    rows = rows_of(client.get(f"/w/acme/talent/headcount.csv?unit={unit}"))
    return next(row for row in rows if row["role"] == role)


def enter(client: Client, driver: str, value: str, unit: str = "BU1") -> Any:
    body = {"driver": driver, "unit": unit, "value": value}
    return client.post(f"/w/acme/talent/headcount/drivers/?unit={unit}", body, headers=ENGLISH)


def document(**changed: Any) -> dict[str, Any]:
    """A plan of one unit: 250 groups, their posts at 14,000 and 80,000 of content a month."""
    month = str(month_of(timezone.localdate()))
    return {
        "start": month,
        "months": 3,
        "contingency_percent": "17.5",
        "norms": {"user-ops": {"driver": "wecom_groups", "units_per_fte": "25", "minimum": "1"}},
        "rates": {"user-ops": {"monthly": "14000", "source": "entered"}},
        "units": [
            {
                "unit": "BU1",
                "levels": {"user-ops": "core"},
                "drivers": {"wecom_groups": {"base": "250", "growth": "0", "months": {}}},
                "costs": {"content": {"base": "80000", "growth": "0", "months": {}}},
                "outsourced": {},
            }
        ],
        **changed,
    }


def made(api: APIClient, name: str = "Base", **changed: Any) -> int:
    answer = api.post(f"{API}headcount/plans/", {"name": name, "document": document(**changed)}, format="json")
    assert answer.status_code == 201, answer.content
    return int(answer.json()["id"])


def test_b07_headcount_gives_the_posts_of_the_drivers_and_compares_them_with_people_in_post(
    hr: Client, api_client: Callable[..., APIClient], signed_in: Callable[..., Client]
) -> None:
    missing = role_row(hr, "user-ops")
    assert (missing["driver"], missing["driver_source"], missing["needed_fte"], missing["gap_fte"]) == (
        "wecom_groups", "missing", "", "",
    )  # fmt: skip
    assert "Nobody has entered it" in hr.get(f"{PAGE}?unit=BU1", headers=ENGLISH).content.decode()
    wrong = enter(hr, "wecom_groups", "many")
    assert wrong.status_code == 422
    assert "This is no number." in wrong.content.decode()
    assert enter(hr, "wecom_groups", "250").status_code == 302
    row = role_row(hr, "user-ops")
    assert (row["driver_value"], row["needed_fte"], row["in_post_fte"], row["gap_fte"]) == ("250", "10", "0.8", "9.2")
    page = hr.get(f"{PAGE}?unit=BU1", headers=ENGLISH).content.decode()
    needed = page[page.index("FTE needed") :].partition("</table>")[0]
    assert " · entered: " in needed
    assert ">counted in the organisation, " in needed
    changed = {"driver": "wecom_groups", "units_per_fte": "50", "minimum": "1"}
    assert hr.post(f"{PAGE}norms/user-ops/", changed).status_code == 302
    assert role_row(hr, "user-ops")["needed_fte"] == "5"
    history = hr.get(f"{PAGE}norms/user-ops/", headers=ENGLISH).content.decode()
    assert "Proposal of the catalogue" in history
    assert hr.post(f"{PAGE}norms/user-ops/", {"restore": "0"}).status_code == 302
    assert role_row(hr, "user-ops")["needed_fte"] == "10"
    bad = hr.post(f"{PAGE}norms/user-ops/", {"driver": "x", "units_per_fte": "0", "minimum": "-1"}, headers=ENGLISH)
    assert bad.status_code == 422
    assert bad.content.decode().count('aria-invalid="true"') == 3
    # stores are counted, not typed: one of each of the two stores of the unit at four guides
    guides = role_row(hr, "digital-guide")
    assert (guides["driver_value"], guides["driver_source"], guides["needed_fte"]) == ("2", "counted", "8")
    listed = api_client("hr_lead").get(f"{API}headcount/?unit=BU1").json()
    needs = {each["role"]: each["needed"] for each in listed}
    assert (needs["user-ops"], Decimal(needs["digital-guide"])) == ("10.0", Decimal(8))
    assert enter(hr, "wecom_groups", "").status_code == 302
    assert role_row(hr, "user-ops")["needed_fte"] == ""
    leader = signed_in("line_manager", unit_external_id="BU2")
    assert leader.get(f"{PAGE}?unit=BU1").status_code == 404
    assert leader.get(f"{PAGE}?unit=PRJ").status_code == 200
    assert signed_in("guide", person_external_id="G1").get(PAGE).status_code == 403


def test_b08_a_plan_shows_yearly_cost_by_role_and_unit_and_flags_a_contingency_outside_its_band(
    hr: Client, api_client: Callable[..., APIClient], signed_in: Callable[..., Client]
) -> None:
    api = api_client("hr_lead")
    pk = made(api)
    plan = api.get(f"{API}headcount/plans/{pk}/").json()
    (unit,) = plan["units"]
    assert unit["roles"][0]["fte"] == ["10.0"] * 3
    assert [Decimal(each) for each in unit["roles"][0]["cost"]] == [140000] * 3
    assert [Decimal(each) for each in unit["amounts"]["contingency"]] == [Decimal("46666.67")] * 3
    assert plan["contingency"] == {"share": "17.50", "state": "inside"}
    assert Decimal(plan["total"]) == (140000 + 80000 + Decimal("46666.67")) * 3
    page = hr.get(f"{PLANS}{pk}/", headers=ENGLISH).content.decode()
    assert "女装事业部" in page
    assert "outside its band" not in page
    thin = made(api, "Thin", contingency_percent="14.9")
    assert "outside its band" in hr.get(f"{PLANS}{thin}/", headers=ENGLISH).content.decode()
    executive = signed_in("executive")
    assert executive.get(f"{PLANS}{thin}/").status_code == 200
    assert executive.get(f"{PLANS}{thin}/edit/").status_code == 403
    assert executive.get(f"{PLANS}{thin}/plan.xlsx").status_code == 403
    compared = hr.get(f"{PLANS}compare/?plan={pk}&plan={thin}", headers=ENGLISH).content.decode()
    assert "Plans side by side" in compared
    files = rows_of(hr.get(f"{PLANS}{pk}/plan.csv"))
    costs = [Decimal(row["amount_cny"]) for row in files if row["kind"] == "cost_type" and row["amount_cny"]]
    assert sum(costs) == Decimal(plan["total"])


def test_b08_a_proposed_plan_takes_no_pay_from_few_people_and_keeps_its_versions(hr: Client) -> None:
    body = {"name": "Proposed", "units": ["BU1"], "start": "2027-01", "months": "12"}
    assert hr.post(f"{PLANS}new/", body | {"name": "", "units": [], "months": "99"}).status_code == 422
    assert hr.post(f"{PLANS}new/", body | {"units": ["BU1", "S1"]}).status_code == 422
    answer = hr.post(f"{PLANS}new/", body)
    assert answer.status_code == 302
    plan = HeadcountPlan.objects.get(name="Proposed")
    content = plan.versions.get().content
    # U1 alone works as user operations: a mean would be their pay, and there is no band
    assert content["rates"]["user-ops"] == {"monthly": None, "source": "entered", "people": 0}
    assert content["rates"]["member-ops"]["monthly"] is None
    refused = hr.post(f"{PLANS}{plan.pk}/steps/", {"step": "approved"}, headers=ENGLISH)
    assert refused.status_code == 422
    assert "figures are missing" in refused.content.decode()
    edit = f"{PLANS}{plan.pk}/edit/?part=0"
    form = hr.get(edit, headers=ENGLISH)
    assert form.status_code == 200
    typed = {"version": "1", "units/0/drivers/wecom_groups/base": "x", "units/0/costs/content/growth": "900"}
    wrong = hr.post(edit, typed, headers=ENGLISH)
    assert (wrong.status_code, wrong.content.decode().count('aria-invalid="true"')) == (422, 2)
    good = {"version": "1", "units/0/drivers/wecom_groups/base": "250", "units/0/drivers/wecom_groups/growth": "2"}
    assert hr.post(edit, good).status_code == 302
    assert hr.post(edit, good).status_code == 409  # somebody has kept it meanwhile
    page = hr.get(f"{PLANS}{plan.pk}/", headers=ENGLISH).content.decode()
    assert "Cost of all months" in page
    assert hr.post(f"{PLANS}{plan.pk}/steps/", {"step": "restore", "number": "1"}).status_code == 302
    assert plan.versions.count() == 3
    assert hr.post(f"{PLANS}{plan.pk}/steps/", {"step": "copy", "name": "Proposed"}).status_code == 422
    assert hr.post(f"{PLANS}{plan.pk}/steps/", {"step": "archived"}).status_code == 302
    assert hr.get(edit).status_code == 302


def test_b08_an_executive_reads_no_labour_of_few_people_and_no_invoice(
    hr: Client, api_client: Callable[..., APIClient], signed_in: Callable[..., Client]
) -> None:
    rest, told, executive = api_client("hr_lead"), api_client("executive"), signed_in("executive")
    few = made(rest, "Few", rates={"user-ops": {"monthly": "15123", "source": "people", "people": 1}})
    answer = told.get(f"{API}headcount/plans/{few}/").json()
    (unit,) = answer["units"]
    assert "rates" not in answer["document"]
    assert (answer["total"], unit["total"], "cost" in unit["roles"][0]) == (None, None, False)
    assert (unit["amounts"]["labour"], unit["amounts"]["contingency"]) == ([None] * 3, [None] * 3)
    assert [Decimal(each) for each in unit["amounts"]["content"]] == [80000] * 3
    assert answer["contingency"] == {"share": "17.50", "state": "inside"}
    assert [each["total"] for each in told.get(f"{API}headcount/plans/").json()] == [None]
    assert told.get(f"{API}budget/?unit=BU1&plan={few}").status_code == 404
    assert executive.get(f"{BUDGET}?unit=BU1&plan={few}").status_code == 404
    page = executive.get(f"{PLANS}{few}/", headers=ENGLISH).content.decode()
    assert "fewer than three people" in page
    files = rows_of(executive.get(f"{PLANS}{few}/plan.csv"))
    assert {row["key"] for row in files if row["amount_cny"]} == {"content"}
    whole = rows_of(hr.get(f"{PLANS}{few}/plan.csv"))
    assert [row["amount_cny"] for row in whole if row["key"] == "labour"] == ["151230"] * 3
    shown = "".join(
        executive.get(url, headers=ENGLISH).content.decode()
        for url in (PLANS, f"{PLANS}{few}/", f"{PLANS}compare/", BUDGET)
    )
    assert "151,230" not in shown
    assert "453,690" not in shown
    units = document()["units"]
    bought = made(rest, "Bought", units=[{**units[0], "outsourced": {"user-ops": {"fte": "4", "invoice": "52000"}}}])
    answer = told.get(f"{API}headcount/plans/{bought}/").json()
    assert "outsourced" not in answer["document"]["units"][0]
    assert answer["total"] is not None
    assert "outsourced" in rest.get(f"{API}headcount/plans/{bought}/").json()["document"]["units"][0]
    one = made(rest, "One", units=[{**units[0], "outsourced": {"user-ops": {"fte": "1", "invoice": "13000"}}}])
    assert told.get(f"{API}headcount/plans/{one}/").json()["total"] is None


def put_costs(api: APIClient, months: list[Period]) -> None:
    """Load a budget of 100 and growing actual costs of content, and a contingency of 20 in the budget."""
    rows = []
    for index, month in enumerate(months):
        for version, kind, amount in (
            ("budget", "content", 100), ("budget", "contingency", 20), ("actual", "content", 100 + 4 * index),
        ):  # fmt: skip
            rows.append(
                {
                    "period": str(month),
                    "cost_type": kind,
                    "version": version,
                    "unit_id": "BU1",
                    "amount": f"{amount}.00",
                }
            )
    answer = api.post(f"{API}tables/costs/rows/", {"rows": rows}, format="json")
    assert answer.status_code in {200, 201}, answer.content


def test_f11_budget_by_ten_types_and_month_with_actual_contingency_and_overrun(
    hr: Client, api_client: Callable[..., APIClient]
) -> None:
    api = api_client("owner")
    empty = hr.get(BUDGET, headers=ENGLISH).content.decode()
    assert "Load the table of costs" in empty
    year = year_of(timezone.localdate())
    months = year.months()[:3]
    put_costs(api, months)
    lines = rows_of(hr.get("/w/acme/talent/budget.csv?unit=BU1"))
    assert len({row["cost_type"] for row in lines}) == 10
    assert len(lines) == 120
    content = [row for row in lines if row["cost_type"] == "content"][:4]
    assert [(row["actual_cny"], row["percent"], row["is_over"]) for row in content] == [
        ("100", "100", "false"),
        ("104", "104", "false"),
        ("108", "108", "true"),
        ("", "", "false"),
    ]
    page = hr.get(f"{BUDGET}?unit=BU1", headers=ENGLISH).content.decode()
    assert "16.67" in page  # 20 of 120
    assert "outside its band" not in page
    told = api.get(f"{API}budget/?unit=BU1").json()
    assert told["contingency"] == {"share": "16.67", "state": "inside"}
    assert hr.get(f"{BUDGET}?unit=BU1&threshold=104").content.decode().count("budget-grid__over") >= 2
    assert hr.get(f"{BUDGET}?unit=NOBODY").status_code == 404


@contextmanager
def elsewhere_in_flight(key: str) -> Iterator[None]:
    """Have another session of the database hold the key, as another process does while it works."""
    workspace, begun, over = current_workspace_id(), Event(), Event()

    def hold() -> None:
        with workspace_scope(workspace), in_flight(client="headcount-plan", key=key):
            begun.set()
            over.wait(60)
        connection.close()

    other = Thread(target=hold)
    other.start()
    assert begun.wait(20)
    try:
        yield
    finally:
        over.set()
        other.join()


def test_f11_an_approved_plan_becomes_the_budget_and_is_taken_back(
    hr: Client, api_client: Callable[..., APIClient]
) -> None:
    api = api_client("hr_lead")
    pk = made(api)
    first = month_of(timezone.localdate())
    put_costs(api_client("owner"), [first])
    step = f"{PLANS}{pk}/steps/"
    assert hr.post(step, {"step": "budget"}, headers=ENGLISH).status_code == 422  # it is a draft
    stale = hr.post(step, {"step": "approved", "version": "9"}, headers=ENGLISH)
    assert (stale.status_code, "newer version" in stale.content.decode()) == (422, True)
    assert api.post(f"{API}headcount/plans/{pk}/steps/", {"step": "approved", "version": 9}).status_code == 409
    seen = hr.get(f"{PLANS}{pk}/").content.decode().split('name="version" value="')[1].split('"')[0]
    assert hr.post(step, {"step": "approved", "note": "board", "version": seen}).status_code == 302
    answer = api.put(f"{API}headcount/plans/{pk}/", {"name": "Base", "document": document()}, format="json")
    assert answer.status_code == 409
    with elsewhere_in_flight(f"budget-{pk}"):
        other = hr.post(step, {"step": "budget"}, headers=ENGLISH)  # the second of two clicks
    assert (other.status_code, "at this moment" in other.content.decode()) == (422, True)
    assert hr.post(step, {"step": "budget"}, headers=ENGLISH).status_code == 302  # the same keys are overwritten
    months = [first.previous(-ahead) for ahead in range(3)]
    budget = {(row.period, row.kind): row.amount for row in cost_rows(months, version="budget")}
    assert budget[str(first), "content"] == 80000
    assert budget[str(months[2]), "labour"] == 140000
    assert "already" in hr.post(step, {"step": "budget"}, headers=ENGLISH).content.decode()
    page = hr.get(f"{PLANS}{pk}/", headers=ENGLISH).content.decode()
    number = page.split('name="number" value="')[1].split('"')[0]
    assert hr.post(step, {"step": "undo", "number": number}).status_code == 302
    work(JobKind.REVERT_UPLOAD)
    after = {(row.period, row.kind): row.amount for row in cost_rows(months, version="budget")}
    assert after == {(str(first), "content"): 100, (str(first), "contingency"): 20}


def test_other_budget_rows_are_named_and_cleared_only_where_that_is_wanted(
    hr: Client, api_client: Callable[..., APIClient]
) -> None:
    first = month_of(timezone.localdate())
    row = {"period": str(first), "cost_type": "training", "version": "budget", "unit_id": "S1", "amount": "50.00"}
    assert api_client("owner").post(f"{API}tables/costs/rows/", {"rows": [row]}, format="json").status_code < 300
    pk = made(api_client("hr_lead"))
    step = f"{PLANS}{pk}/steps/"
    assert hr.post(step, {"step": "approved"}).status_code == 302
    refused = hr.post(step, {"step": "budget"}, headers=ENGLISH)
    assert "1 budget row of these months" in refused.content.decode()
    assert hr.post(step, {"step": "budget", "replace": "1"}).status_code == 302
    amounts = {(each.kind, each.unit): each.amount for each in cost_rows([first], version="budget")}
    assert amounts["training", "S1"] == 0


@pytest.mark.parametrize("url", [f"{PAGE}?unit=BU1", PLANS, f"{BUDGET}?unit=BU1"])
def test_the_number_of_queries_does_not_grow_with_what_is_shown(
    url: str, hr: Client, api_client: Callable[..., APIClient]
) -> None:
    api = api_client("hr_lead")
    made(api)
    enter(hr, "wecom_groups", "250")
    counts = []
    for name in ("Second", "Third"):
        hr.get(url)
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert hr.get(url).status_code == 200
        counts.append(len(caught))
        made(api, name)
        enter(hr, "mall_orders_per_month", "1000")
    assert counts[0] == counts[1]
    assert counts[0] < 40


def test_the_day_counts(hr: Client) -> None:
    body = {"driver": "wecom_groups", "unit": "BU1", "value": "300", "on": "2026-02-01"}
    assert hr.post("/w/acme/talent/headcount/drivers/", body).status_code == 302
    early = rows_of(hr.get("/w/acme/talent/headcount.csv?unit=BU1&as_of=2026-01-31"))
    late = rows_of(hr.get("/w/acme/talent/headcount.csv?unit=BU1&as_of=2026-02-01"))
    needs = [next(row["needed_fte"] for row in rows if row["role"] == "user-ops") for rows in (early, late)]
    assert needs == ["", "12"]


NESTED = (("G", "6"), ("BU1", "250"), ("R1", "60"))


@pytest.fixture
def nested(firm: Workspace, signed_in: Callable[..., Client]) -> Client:
    """Stage areas in one another: the group, its unit BU1 and the region R1 in that, each with groups of its own."""
    adopt_stage(
        "R1", stage=StageKey.STRONG_DEPARTMENT, subtype=SubtypeKey.SALES_LED, on=SINCE, actor_id=None, note=""
    )  # fmt: skip
    client = signed_in("hr_lead")
    for unit, groups in NESTED:
        assert enter(client, "wecom_groups", groups, unit).status_code == 302
    return client


def areas_of(client: Client, role: str, unit: str) -> dict[str, tuple[str, str, str, str]]:
    rows = rows_of(client.get(f"/w/acme/talent/headcount.csv?unit={unit}"))
    return {
        row["area_unit_id"]: (row["expected"], row["driver_value"], row["needed_fte"], row["in_post_fte"])
        for row in rows
        if row["role"] == role
    }


def figures(need: dict[str, str]) -> tuple[Decimal, ...]:
    return Decimal(need["needed"]), Decimal(need["in_post"]), Decimal(need["gap"])


def test_b07_the_need_of_a_firm_is_the_sum_of_its_stage_areas(
    nested: Client, api_client: Callable[..., APIClient]
) -> None:
    # by hand: 300 groups in all; R1 has 60 of BU1's 250 -> 190; the group's own entry leaves out BU1's 250
    assert enter(nested, "wecom_groups", "300", "G").status_code == 302
    assert areas_of(nested, "user-ops", "G") == {
        "G": ("core", "50", "2", "0.5"),  # 50 / 25; P1 0.4 of half a post, P2 0.3 of one
        "BU1": ("core", "190", "8", "0.8"),  # 7.6 -> 8
        "R1": ("core", "60", "2.5", "0"),  # 2.4 -> 2.5
    }
    # stores: BU2's S3 is the group's, S1 and S2 are the region's, none is left to BU1, whose minimum is one
    assert areas_of(nested, "digital-guide", "G") == {
        "G": ("core", "1", "4", "0"),
        "BU1": ("core", "0", "1", "0"),
        "R1": ("core", "2", "8", "1"),
    }
    page = nested.get(f"{PAGE}?unit=G", headers=ENGLISH).content.decode()
    assert "made of 3 stage areas" in page
    assert ">250</span> count in the units below" in page
    needs = {each["role"]: each for each in api_client("hr_lead").get(f"{API}headcount/?unit=G").json()}
    users = needs["user-ops"]
    assert (users["expected"], users["driver"], users["is_partial"]) == ("core", None, False)
    assert figures(users) == (Decimal("12.5"), Decimal("1.3"), Decimal("11.2"))
    assert [(each["unit"], each["needed"]) for each in users["areas"]] == [("G", "2.0"), ("BU1", "8.0"), ("R1", "2.5")]
    assert figures(needs["digital-guide"]) == (Decimal(13), Decimal(1), Decimal(12))
    # shared by the project team and the sales-led region, half a post each; core where users' growth drives
    assert (needs["omni-strategy"]["expected"], needs["omni-strategy"]["needed"]) == (None, "2.0")
    # what nobody knows of one area leaves the others' sum, and is told
    assert enter(nested, "wecom_groups", "", "G").status_code == 302
    users = next(
        each for each in api_client("hr_lead").get(f"{API}headcount/?unit=G").json() if each["role"] == "user-ops"
    )
    assert users["is_partial"]
    # 0.5 of the 1.3 in post are held where nobody knows the need
    assert figures(users) == (Decimal("10.5"), Decimal("1.3"), Decimal("9.7"))
    assert "in part" in nested.get(f"{PAGE}?unit=G", headers=ENGLISH).content.decode()
    # from inside BU1 the area reaches as far as one sees
    assert list(areas_of(nested, "user-ops", "BU1")) == ["BU1", "R1"]
    assert list(areas_of(nested, "user-ops", "S1")) == ["S1"]


def test_b07_a_plan_of_a_firm_holds_each_stage_area_once_and_needs_what_the_page_says(
    nested: Client, api_client: Callable[..., APIClient]
) -> None:
    assert enter(nested, "wecom_groups", "300", "G").status_code == 302
    body = {"name": "All", "units": ["G"], "start": "2027-01", "months": "2"}
    assert nested.post(f"{PLANS}new/", body).status_code == 302
    (plan,) = HeadcountPlan.objects.all()
    kept = api_client("hr_lead").get(f"{API}headcount/plans/{plan.pk}/").json()
    first = {unit["unit"]: {role["role"]: role["fte"][0] for role in unit["roles"]} for unit in kept["units"]}
    assert set(first) == {"G", "BU1", "R1"}
    for need in api_client("hr_lead").get(f"{API}headcount/?unit=G").json():
        parts = [first[area["unit"]][need["role"]] for area in need["areas"]]
        assert parts == [area["needed"] for area in need["areas"]], need["role"]
    page = nested.get(f"{PLANS}{plan.pk}/", headers=ENGLISH).content.decode()
    assert "A unit above others of the plan counts without them." in page
    # a unit without a stage of its own would count twice
    document = {
        **kept["document"],
        "units": [*kept["document"]["units"], {**kept["document"]["units"][0], "unit": "UC"}],
    }
    refused = api_client("hr_lead").post(f"{API}headcount/plans/", {"name": "B", "document": document}, format="json")
    assert refused.status_code == 422
    assert [each["code"] for each in refused.json()["issues"]] == ["overlap"]


def test_b07_a_leader_of_a_part_sees_the_stage_of_the_unit_above(
    nested: Client, signed_in: Callable[..., Client]
) -> None:
    leader = signed_in("line_manager", unit_external_id="UC")
    assert areas_of(leader, "omni-strategy", "UC")["UC"][0] == "core"
