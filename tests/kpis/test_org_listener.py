"""What follows for figures when the organisation changes: the months it reaches back to, asked for once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from kpis.choices import AutoLoad, CauseKind, ComputationKind
from kpis.models import Scorecard
from kpis.queries.publications import compared, newest_published
from kpis.queries.tracing import computed_world
from kpis.queries.values import stored_periods
from kpis.services.org_facts import sync_rows
from kpis.services.publishing import publish
from kpis.services.values import is_fresh, open_computation
from omnichannel.accounts.models import User
from omnichannel.core.periods import month_of, parse_period
from omnichannel.jobs.choices import JobKind, JobState
from omnichannel.jobs.models import Job
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.catalogue import StageKey, SubtypeKey
from roles.choices import OrgSource, Thing
from roles.models import UnitVersion
from roles.queries.exports import Roster, roster_rows
from roles.services.effects import take_effect
from roles.services.stages import adopt_stage
from roles.services.sync import (
    AssignmentInput,
    LineInput,
    PersonInput,
    SeatInput,
    UnitInput,
    restore,
    revision,
    states,
    upsert_assignments,
    upsert_lines,
    upsert_people,
    upsert_seats,
    upsert_units,
)
from tests.kpis.door import order, orders_csv, put, work
from tests.kpis.retailer import NOVEMBER, OCTOBER, SINCE, build_organisation, put_example

R1 = UnitInput("R1", "华东大区", "region", "BU1")
MOVED = replace(R1, parent_external_id="HQ")
MID_NOVEMBER = date(2024, 11, 15)


@pytest.fixture
def retailer(in_workspace: Workspace) -> None:
    build_organisation()
    put_example(OCTOBER)
    put_example(NOVEMBER)


def asked() -> list[tuple[str, list[str]]]:
    """Return what waits to be computed: values or grades of which months."""
    jobs = Job.objects.filter(kind=JobKind.COMPUTE_VALUES, state=JobState.QUEUED).order_by("pk")
    return [(job.params["mode"], job.params["periods"]) for job in jobs]


def move_region(on: date, row: UnitInput = MOVED) -> None:
    assert upsert_units([row], effective_on=on, actor_id=None).is_ok


@pytest.mark.usefixtures("retailer")
def test_a_correction_of_the_past_asks_for_the_months_from_its_day_on() -> None:
    move_region(MID_NOVEMBER)
    assert asked() == [("values", ["2024-11"])]


@pytest.mark.usefixtures("retailer")
def test_many_changes_ask_for_one_computation_that_takes_over_the_months_of_all() -> None:
    move_region(MID_NOVEMBER)
    assert upsert_people([PersonInput("ES1", "S2", SINCE)], effective_on=date(2024, 10, 2), actor_id=None).is_ok
    held = AssignmentInput("P2", "content-marketing", "HQ", date(2024, 11, 3), Decimal("0.2"))
    assert upsert_assignments([held], actor_id=None).is_ok
    assert asked() == [("values", ["2024-10", "2024-11"])]


@pytest.mark.usefixtures("retailer")
def test_what_moves_no_figure_asks_for_nothing() -> None:
    today = timezone.localdate()
    move_region(today)  # no month with figures ends today or later
    move_region(SINCE, replace(R1, name="华东", city="上海"))
    person = PersonInput("P1", "UC", SINCE, display_name="周宁宁")
    assert upsert_people([person], effective_on=SINCE, actor_id=None).is_ok
    seat = SeatInput("Z1", "UC", "用户运营经理", role="user-ops")
    assert upsert_seats([seat], effective_on=SINCE, actor_id=None).is_ok
    line = LineInput("L1", "units", "functional", "UC", "HQ", start_on=SINCE)
    assert upsert_lines([line], actor_id=None).is_ok
    assert asked() == []


@pytest.mark.usefixtures("retailer")
def test_adopting_a_stage_grades_again_what_it_concerns() -> None:
    adopt_stage(
        "BU1", stage=StageKey.STRONG_DEPARTMENT, subtype=SubtypeKey.SALES_LED, on=date(2024, 11, 1), actor_id=None
    )
    assert asked() == [("grades", ["2024-11"])]
    before = Scorecard.objects.get(role_key="user-ops", scope_id="P1", period="2024-11", is_current=True)
    assert before.stage == "project"
    work(JobKind.COMPUTE_VALUES)
    after = Scorecard.objects.get(role_key="user-ops", scope_id="P1", period="2024-11", is_current=True)
    assert (after.stage, after.stage_unit) == ("strong-department", "BU1")


@pytest.mark.usefixtures("retailer")
def test_what_is_planned_is_computed_when_its_day_has_come(in_workspace: Workspace) -> None:
    now = timezone.now()
    month = timezone.localdate() + timedelta(days=40)
    move_region(month)
    assert asked() == []
    later = datetime(month.year, month.month, month.day, 4, tzinfo=UTC)
    with time_machine.travel(later, tick=False):
        put_example(month_of(month))
        assert take_effect(now=later) == 1
    assert asked() == [("values", [str(month_of(month))])]
    assert now < later


@pytest.mark.usefixtures("retailer")
def test_taking_a_change_back_asks_again() -> None:
    before = states(Thing.UNITS, ["R1"])
    move_region(MID_NOVEMBER)
    work(JobKind.COMPUTE_VALUES)
    assert not restore(Thing.UNITS, expected=states(Thing.UNITS, ["R1"]), wanted=before, actor_id=None)
    assert asked() == [("values", ["2024-11"])]


@pytest.mark.usefixtures("retailer")
def test_the_figures_of_a_month_stay_fresh_through_a_change_that_only_later_days_see() -> None:
    now = timezone.now()
    open_computation(
        ComputationKind.VALUES, [NOVEMBER], job=None, upload_seq=0, started_at=now, finished_at=now, actor_id=None
    )
    assert is_fresh(NOVEMBER)
    move_region(date(2024, 12, 1))
    assert is_fresh(NOVEMBER)
    # secondary lines and seats are no ground of a figure: the rows shown behind it still add up
    assert upsert_lines([LineInput("L1", "units", "functional", "UC", "HQ", start_on=SINCE)], actor_id=None).is_ok
    assert (is_fresh(NOVEMBER), computed_world(NOVEMBER).is_reorganised) == (True, False)
    move_region(MID_NOVEMBER)
    assert (is_fresh(NOVEMBER), computed_world(NOVEMBER).is_reorganised) == (False, True)


@pytest.mark.usefixtures("in_workspace")
@pytest.mark.parametrize(
    ("zone", "day"), [("Pacific/Auckland", date(2026, 7, 2)), ("America/New_York", date(2026, 7, 1))]
)
def test_today_of_a_file_is_the_day_where_the_firm_is(in_workspace: Workspace, zone: str, day: date) -> None:
    Workspace.objects.filter(pk=in_workspace.pk).update(timezone=zone)
    with time_machine.travel(datetime(2026, 7, 1, 14, tzinfo=UTC), tick=False), workspace_scope(in_workspace.pk):
        row = {"unit_id": "HQ", "name": "总部", "level": "hq", "parent_id": None, "ownership": "na", "city": None}
        assert sync_rows("org_units", [row], actor_id=None, dry_run=False).is_ok
        assert sync_rows("org_units", [row | {"name": "新总部"}], actor_id=None, dry_run=False).is_ok
        assert UnitVersion.objects.get(name="新总部").during.lower == day
        shown = [roster_rows("org_units", Roster(day + timedelta(days=n)))[0]["starts_on"] for n in (-1, 0, 1)]
        assert shown == [day - timedelta(days=1), None, day + timedelta(days=1)]


@pytest.mark.usefixtures("retailer")
def test_a_load_finds_every_month_anew_that_has_figures_and_of_the_others_the_newest() -> None:
    old = [parse_period(key) for key in ("2022-02", "2022-05")]
    put_example(old[0])
    assert stored_periods() == [NOVEMBER, OCTOBER, old[0]]
    days = [one.start for one in (*old, *(NOVEMBER.previous(back) for back in range(26)))]
    put(orders_csv(*(order(number, day=str(day)) for number, day in enumerate(days, 1))), auto=AutoLoad.CLEAN)
    work()
    found = sorted({period for _mode, periods in asked() for period in periods})
    newest = sorted(str(NOVEMBER.previous(back)) for back in range(24))
    assert found == ["2022-02", *newest]


@pytest.mark.usefixtures("in_workspace")
def test_a_load_of_an_organisations_file_asks_once_for_all_that_it_moves() -> None:
    build_organisation()
    put_example(OCTOBER)
    put(orders_csv(order(1, day="2024-11-03")), auto=AutoLoad.CLEAN)
    work()
    work(JobKind.COMPUTE_VALUES)
    content = b"employee_id,role_id,unit_id,share,start_on\nP2,content-marketing,HQ,0.2,2024-10-05\n"
    upload = put(content, filename="role_assignments.csv", table="role_assignments", auto=AutoLoad.CLEAN)
    work()
    assert asked() == [("values", ["2024-10", "2024-11"])]
    upload.refresh_from_db()
    assert upload.load_job is not None
    assert upload.load_job.result["computation"] == Job.objects.get(kind="compute_values", state="queued").pk
    assert upload.load_job.result["months"] == ["2024-10", "2024-11"]


@pytest.mark.usefixtures("retailer")
def test_a_published_card_stays_and_names_the_organisation_as_the_cause(member: Callable[..., User]) -> None:
    actor = member("hr_lead").pk
    publish(NOVEMBER, actor_id=actor)
    told = newest_published(NOVEMBER, role="user-ops", kind="employee", scope="P1")
    assert told is not None
    assert compared(told) is None
    document = told.document
    with revision(actor_id=actor, source=OrgSource.API):
        held = [
            AssignmentInput("P1", "user-ops", "UC", SINCE, Decimal("0.6"), MID_NOVEMBER),
            AssignmentInput("P1", "user-ops", "R1", MID_NOVEMBER, Decimal("0.6")),
        ]
        assert upsert_assignments(held, actor_id=actor).is_ok
    jobs = work(JobKind.COMPUTE_VALUES)
    assert [job.state for job in jobs] == [JobState.SUCCEEDED]
    found = compared(told)
    assert found is not None
    assert CauseKind.ORGANISATION in {cause.kind for cause in found.causes}
    told.refresh_from_db()
    assert told.document == document
