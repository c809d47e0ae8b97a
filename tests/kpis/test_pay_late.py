"""What came after a month was closed: counted where rows changed, decided things stay, one open month pays it."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from kpis.errors import PlanStep
from kpis.incentives.documents import payout_node
from kpis.incentives.templates import load_templates
from kpis.incentives.texts import plan_node
from kpis.models import PayAdjustment, PayRun, PayStatement
from kpis.queries.pay.facts import measured
from kpis.services.pay import late
from kpis.services.pay.plans import approve_plan, save_plan, submit_plan
from kpis.services.pay.runs import approve_run, lock_run, open_run
from kpis.services.pay.writing import digest_of
from omnichannel.core.periods import Period
from omnichannel.jobs.choices import JobKind, JobState
from omnichannel.jobs.models import Job
from omnichannel.jobs.services.lifecycle import create_job
from omnichannel.workspaces.models import Workspace
from roles.catalogue import StageKey, SubtypeKey
from roles.services.sync import AssignmentInput, PersonInput, UnitInput, upsert_assignments, upsert_people, upsert_units
from tests.conftest import MemberFactory
from tests.kpis.door import orders_csv
from tests.kpis.pay_month import (
    APPROVER,
    OPENER,
    People,
    approved,
    calculated,
    closed,
    load,
    mall,
    november,
    recalculated,
    statement_of,
    till,
    worked_again,
)
from tests.kpis.retailer import NOVEMBER, SINCE, adopt, build_organisation, person, put_example, put_targets

DECEMBER, JANUARY = "2024-12", "2025-01"
DAYS = "date,employee_id,chats,messages,new_contacts,removed_contacts"


@pytest.fixture
def people(in_workspace: Workspace, member: MemberFactory) -> People:
    build_organisation()
    adopt(StageKey.STRONG_DEPARTMENT, SubtypeKey.SALES_LED)
    put_example()
    november()
    return {OPENER: member("hr_lead").pk, APPROVER: member("owner").pk}


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The closed months whose rows are counted again, in turn."""
    found: list[str] = []

    def watched(period: Period, **more: object) -> object:
        found.append(str(period))
        return measured(period, **more)  # type: ignore[arg-type] # handed on

    monkeypatch.setattr(late, "measured", watched)
    return found


def paid_again(run: PayRun) -> str:
    """Work every statement out again from what it keeps, and return the digest of that."""
    statements = run.statements.select_related("plan").order_by("person_external_id", "plan_key")
    payouts = [[each.plan_id, payout_node(worked_again(each))] for each in statements]
    rows = run.adjustments.order_by("line_id", "reason", "id").values_list("line_id", "reason", "amount")
    return digest_of(payouts, [[line, reason, str(amount)] for line, reason, amount in rows])


def late_of(run: PayRun) -> dict[str, str]:
    rows = PayAdjustment.objects.filter(run=run).order_by("person_external_id")
    return {each.person_external_id: str(each.amount) for each in rows}


def test_a_closed_month_is_counted_again_only_where_its_rows_have_changed(people: People, counted: list[str]) -> None:
    approved("guide-composite", people)
    closed(NOVEMBER, people)
    december = calculated(DECEMBER, people)
    load(orders_csv(till(50, "ES1", "S1", "700", day="2024-12-03")), "december.csv")
    assert (late_of(recalculated(december, people)), counted) == ({}, [])
    load(orders_csv(till(2, "ES1", "S1", "28000")), "changed.csv")
    assert (late_of(recalculated(december, people)), counted) == ({"ES1": "-20.00"}, ["2024-11"])
    assert late_of(recalculated(december, people)) == {"ES1": "-20.00"}  # again and again the same
    approve_run(december.pk, seen=PayRun.objects.get(pk=december.pk).digest, actor_id=people[APPROVER])
    lock_run(december.pk, seen=PayRun.objects.get(pk=december.pk).digest, actor_id=people[OPENER])
    counted.clear()
    assert (late_of(calculated(JANUARY, people)), counted) == ({}, [])  # paid once, and nothing has come since


def test_what_was_decided_stays_when_it_changes_later_and_the_digest_with_it(people: People) -> None:
    approved("guide-composite", people)
    run = closed(NOVEMBER, people)
    put_targets(NOVEMBER, {("guide_store_sales", person("ES1")): 1})
    moved = [UnitInput("S1", "门店S1", "store", "UC", ownership="direct")]
    assert upsert_units(moved, effective_on=SINCE, actor_id=None).is_ok  # backdated before the month
    dearer = plan_node(load_templates()["guide-composite"])
    dearer["components"][0]["rule"]["price"] = "0.05"
    save_plan(dearer, actor_id=people[OPENER])
    submit_plan("guide-composite", effective_from=SINCE, actor_id=people[OPENER])
    approve_plan("guide-composite", actor_id=people[APPROVER])
    load(orders_csv(till(9, "ES2", "S2", "1000")), "late.csv")
    december = calculated(DECEMBER, people)
    assert late_of(december) == {"ES2": "10.00"}  # 1 % as it was then
    run.refresh_from_db()
    assert paid_again(run) == run.digest
    assert paid_again(december) == december.digest


def test_the_order_of_rows_does_not_matter(people: People) -> None:
    approved("guide-composite", people)
    run = calculated(NOVEMBER, people)
    before = run.digest
    rows = [till(1, "ES1", "S1", "60000"), till(2, "ES1", "S1", "30000"), till(3, "ES2", "S2", "8000")]
    rows += [mall(4, "C1", "12000"), mall(5, "C2", "500"), mall(6, "C77", "300", seller="ES1")]
    random.Random(5).shuffle(rows)
    load(orders_csv(*rows), "again.csv")
    assert recalculated(run, people).digest == before


def test_the_earliest_open_month_pays_what_is_late_and_months_are_opened_in_order(people: People) -> None:
    approved("guide-composite", people)
    closed(NOVEMBER, people)
    december, january = calculated(DECEMBER, people), calculated(JANUARY, people)
    load(orders_csv(till(9, "ES2", "S2", "1000")), "late.csv")
    assert late_of(recalculated(january, people)) == {}
    assert late_of(recalculated(december, people)) == {"ES2": "10.00"}
    assert late_of(recalculated(january, people)) == {}
    with pytest.raises(PlanStep):
        open_run(NOVEMBER.previous(), actor_id=people[OPENER])


@pytest.mark.parametrize(("days", "owed"), [(30, {}), (60, {"ES2": "10.00"}), (None, {"ES2": "10.00"})])
def test_after_the_time_for_clawback_nothing_is_counted(people: People, days: int | None, owed: dict[str, str]) -> None:
    save_plan(plan_node(load_templates()["guide-composite"]) | {"clawback_days": days}, actor_id=people[OPENER])
    submit_plan("guide-composite", effective_from=date(2024, 1, 1), actor_id=people[OPENER])
    approve_plan("guide-composite", actor_id=people[APPROVER])
    run = closed(NOVEMBER, people)
    ago = timezone.now() - timedelta(days=40)
    PayRun.objects.filter(pk=run.pk).update(locked_at=ago, calculated_at=F("calculated_at") - timedelta(days=40))
    load(orders_csv(till(9, "ES2", "S2", "1000")), "late.csv")
    assert late_of(calculated(DECEMBER, people)) == owed


def test_shifts_that_come_late_share_the_pool_as_if_they_had_been_there(people: People) -> None:
    approved("shift-pool", people)
    load(orders_csv(till(20, "", "S1", "10001")), "unsold.csv")
    run = closed(NOVEMBER, people)
    assert {each.is_complete for each in PayStatement.objects.filter(run=run)} == {False}
    load("\n".join([DAYS, "2024-11-04,ES1,1,1,0,0", "2024-11-04,ES2,1,1,0,0", ""]).encode(), "service_daily.csv")
    december = calculated(DECEMBER, people)
    assert late_of(december) == {"ES1": "200.02"}  # 2 % of 10,001; S2 has nothing to share


def test_a_pool_of_several_is_worked_out_again_though_each_statement_keeps_its_own_part_alone(people: People) -> None:
    approved("shift-pool", people)
    assert upsert_people([PersonInput("ES3", "S1", SINCE)], effective_on=SINCE, actor_id=None).is_ok
    held = [AssignmentInput("ES3", "digital-guide", "S1", SINCE)]
    assert upsert_assignments(held, actor_id=None).is_ok
    load(orders_csv(till(20, "", "S1", "10001")), "unsold.csv")
    served = [f"2024-11-{day:02},{who},1,1,0,0" for who, days in (("ES1", 2), ("ES3", 1)) for day in range(4, 4 + days)]
    load("\n".join([DAYS, *served, ""]).encode(), "service_daily.csv")
    run = closed(NOVEMBER, people)
    first, third = statement_of(run, "ES1"), statement_of(run, "ES3")
    assert (first.amount, third.amount) == (Decimal("133.35"), Decimal("66.67"))  # 200.02 by two days and one
    assert third.facts["attendance"] == {"equal": "1", "shifts": "1"}
    assert "ES1" not in str(third.facts)
    assert paid_again(run) == run.digest
    load("\n".join([DAYS, "2024-11-09,ES3,1,1,0,0", ""]).encode(), "more.csv")
    assert late_of(calculated(DECEMBER, people)) == {"ES1": "-33.34", "ES3": "33.34"}
    assert paid_again(run) == run.digest


def test_only_hr_sees_and_retries_a_failed_calculation(
    people: People, workspace: Workspace, api_client: Callable[..., APIClient], signed_in: Callable[..., Client]
) -> None:
    failed = create_job(JobKind.CALCULATE_PAY, params={"run": 0}, actor_id=people[OPENER])
    Job.objects.filter(pk=failed.pk).update(state=JobState.FAILED, finished_at=timezone.now())
    url, page = f"/api/v1/workspaces/{workspace.slug}/jobs/", f"/w/{workspace.slug}/jobs/{failed.pk}/"
    seen = {}
    for role in ("analyst", "hr_lead"):
        api, client = api_client(role), signed_in(role)
        listed = {each["id"] for each in api.get(url).json()["results"]}
        seen[role] = (
            failed.pk in listed,
            api.get(f"{url}{failed.pk}/").status_code,
            client.get(page).status_code,
            client.post(f"{page}retry/").status_code,
            api.post(f"{url}{failed.pk}/retry/").status_code,
        )
    assert seen == {"analyst": (False, 404, 404, 404, 404), "hr_lead": (True, 200, 200, 302, 201)}
