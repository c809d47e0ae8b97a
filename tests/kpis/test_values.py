"""Figures: stored as revisions, read back exactly, asked for as jobs, computed from uploaded rows."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import Settings

from kpis.choices import ComputationKind
from kpis.engine.specs import COMPANY, NoData, Scope, ScopeKind
from kpis.models import Computation, KpiValue, Scorecard, Target
from kpis.queries.definitions import library_at
from kpis.queries.targets import review_rows, targets_of
from kpis.queries.values import current_values, months_before, stored_periods, trends
from kpis.services.computing import Computed, PeriodFigures, store
from kpis.services.targets import upsert_reviews, upsert_targets
from kpis.services.uploads import request_load
from kpis.services.values import MOST_PERIODS, request_computation
from omnichannel.jobs.choices import JobKind, JobState
from omnichannel.jobs.models import Job
from tests.kpis.door import checked, order, orders_csv, work
from tests.kpis.retailer import NOVEMBER, OCTOBER, build_organisation, figure, put_values, unit

pytestmark = pytest.mark.usefixtures("in_workspace")


def stored(kpi: str, scope: Scope = COMPANY) -> list[tuple[Decimal | None, bool]]:
    rows = KpiValue.objects.filter(kpi=kpi, scope_kind=scope.kind.value, scope_id=scope.id).order_by("pk")
    return list(rows.values_list("value", "is_current"))


def test_computing_the_same_again_writes_no_row() -> None:
    values = [figure("sales_net", COMPANY, "1234.5"), figure("sales_net", unit("S1"), 10)]
    first = put_values(NOVEMBER, values)
    again = put_values(NOVEMBER, values)
    assert (again.written, again.retired) == (0, 0)
    assert again.kept == first.written
    assert stored("sales_net") == [(Decimal("1234.5"), True)]


def test_a_changed_figure_becomes_a_new_revision_and_the_old_one_stays() -> None:
    put_values(NOVEMBER, [figure("sales_net", COMPANY, 100), figure("mall_sales", COMPANY, 7)])
    put_values(NOVEMBER, [figure("sales_net", COMPANY, 101), figure("mall_sales", COMPANY, 7)])
    assert stored("sales_net") == [(Decimal(100), False), (Decimal(101), True)]
    assert stored("mall_sales") == [(Decimal(7), True)]


def test_a_scope_that_is_no_more_stops_being_current_but_is_kept() -> None:
    put_values(NOVEMBER, [figure("sales_net", unit("S1"), 10)])
    count = put_values(NOVEMBER, [])
    assert count.retired == 1
    assert stored("sales_net", unit("S1")) == [(Decimal(10), False)]


def test_missing_is_null_with_its_reason_and_never_zero() -> None:
    put_values(NOVEMBER, [figure("nps", COMPANY, None)._replace(reason=NoData.TABLE_MISSING, detail="surveys")])
    (value,) = current_values(NOVEMBER, kpis=["nps"], scopes=[COMPANY])
    assert value.value is None
    assert (value.reason, value.detail) == (NoData.TABLE_MISSING, "surveys")


def test_the_database_refuses_a_null_without_a_reason_and_a_second_current_row() -> None:
    put_values(NOVEMBER, [figure("sales_net", COMPANY, 1)])
    row = KpiValue.objects.get(kpi="sales_net")
    with pytest.raises(IntegrityError, match="value_or_a_reason"), transaction.atomic():
        KpiValue.objects.filter(pk=row.pk).update(value=None)
    row.pk = None
    with pytest.raises(IntegrityError, match="one_current_value"), transaction.atomic():
        row.save()


def test_trends_keep_gaps_and_the_order_of_the_periods() -> None:
    put_values(OCTOBER, [figure("sales_net", COMPANY, 5)])
    put_values(NOVEMBER, [figure("sales_net", COMPANY, 6), figure("mall_sales", COMPANY, 1)])
    months = months_before(NOVEMBER, 3)
    found = trends(["sales_net", "mall_sales"], months)
    assert found["sales_net", COMPANY] == [None, Decimal(5), Decimal(6)]
    assert found["mall_sales", COMPANY] == [None, None, Decimal(1)]
    assert stored_periods() == [NOVEMBER, OCTOBER]


def test_a_computation_reaches_the_later_periods_that_look_back() -> None:
    put_values(NOVEMBER, [])
    job = request_computation(["2024-03"], actor_id=None)
    assert job.params["periods"] == ["2024-03", "2024-11"]
    exact = request_computation(["2024-03"], actor_id=None, recent_only=True)
    assert exact.params["periods"] == ["2024-03"]


def test_loads_in_a_row_of_more_months_than_a_job_holds_queue_each_month_once() -> None:
    years = {year: [f"{year}-{month:02}" for month in range(1, 13)] for year in (2021, 2022, 2023, 2024)}
    asked = [years[2023] + years[2024], years[2021] + years[2022], years[2024] + years[2021], years[2022]]
    jobs = [request_computation(some, actor_id=None, recent_only=True, join=True) for some in asked]
    queued = Job.objects.filter(kind=JobKind.COMPUTE_VALUES)
    assert {job.pk for job in queued} == {jobs[0].pk, jobs[1].pk}
    held = [period for job in queued for period in job.params["periods"]]
    assert sorted(held) == sorted(month for year in years.values() for month in year)
    assert max(len(job.params["periods"]) for job in queued) == MOST_PERIODS
    few = request_computation(["2020-12", "2024-12"], actor_id=None, recent_only=True, join=True)
    assert few.params["periods"] == ["2020-12"]
    more = request_computation(["2020-11", "2024-12"], actor_id=None, recent_only=True, join=True)
    assert (more.pk, more.params["periods"]) == (few.pk, ["2020-11", "2020-12"])


def test_targets_and_reviews_are_upserted_and_saying_them_twice_changes_nothing() -> None:
    target = {"period": "2024-11", "kpi_id": "sales_net", "scope_kind": "company", "scope_id": None, "floor": None}
    rows = [{**target, "value": Decimal(90), "stretch": None}, {**target, "value": Decimal(100), "stretch": None}]
    assert upsert_targets(rows, upload_id=None).created == 1
    assert upsert_targets(rows, upload_id=None).same == 1
    changed = upsert_targets([{**rows[1], "value": Decimal("100.5")}], upload_id=None)
    assert (changed.created, changed.changed) == (0, 1)
    assert targets_of(NOVEMBER) == {("sales_net", COMPANY): Decimal("100.5")}
    assert Target.objects.count() == 1
    review = {
        "period": "2024-Q4", "kpi_id": "team_collaboration", "subject_kind": "employee", "subject_id": "P2",
        "reviewer_id": "P1", "score": Decimal(4), "evidence": "Two launches on time",
    }  # fmt: skip
    assert upsert_reviews([review], upload_id=None).created == 1
    assert upsert_reviews([review], upload_id=None).same == 1
    assert review_rows() == [{**review, "_seq": None}]


def test_uploaded_orders_become_figures_and_cards_through_the_job(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_ROOT = tmp_path
    build_organisation()
    upload = checked(
        orders_csv(
            order(1, day="2024-11-03", net="100.00"),
            order(2, day="2024-11-30", net="60.50"),
            order(3, day="2024-11-12", net="999.00", status="cancelled"),
            order(4, day="2024-12-01", net="5.00"),
        )
    )
    request_load(upload, good_rows=False, actor_id=None)
    jobs = work()
    assert [job.state for job in jobs] == [JobState.SUCCEEDED]
    (job,) = work(JobKind.COMPUTE_VALUES)
    assert job.state == JobState.SUCCEEDED, job.detail
    assert job.result["periods"] == ["2024-11", "2024-12"]
    (sales,) = current_values(NOVEMBER, kpis=["sales_net"], scopes=[COMPANY])
    assert (sales.value, sales.rows) == (Decimal("160.5"), 2)
    (nps,) = current_values(NOVEMBER, kpis=["nps"], scopes=[COMPANY])
    assert (nps.value, nps.reason) == (None, NoData.TABLE_MISSING)
    channel = Scope(ScopeKind.CHANNEL, "store")
    assert [v.value for v in current_values(NOVEMBER, kpis=["sales_net"], scopes=[channel])] == [Decimal("160.5")]
    card = Scorecard.objects.get(period="2024-11", role_key="digital-guide", scope_kind="company")
    assert (card.score, card.band) == (None, "")
    computation = Computation.objects.get()
    assert (computation.job_id, computation.upload_seq) == (job.pk, upload.seq or 1)

    again = request_computation(["2024-11", "2024-12"], actor_id=None)
    (job,) = work(JobKind.COMPUTE_VALUES)
    assert job.pk == again.pk
    assert (job.result["values_written"], job.result["scorecards_written"]) == (0, 0)


def late_run(value: int, *, upload_seq: int, started_at: datetime) -> None:
    """End a run that began earlier: what it saw of the uploads and of the weights may be old by now."""
    values = [figure("sales_net", COMPANY, value)]
    version = library_at(NOVEMBER.last_day).version
    figures = (PeriodFigures(NOVEMBER, version, values, []),)
    found = Computed(ComputationKind.VALUES, figures, upload_seq, started_at)
    job = request_computation([NOVEMBER], actor_id=None)
    with transaction.atomic():
        store(found, job=job)


def test_a_late_run_that_saw_fewer_uploads_does_not_overwrite_a_newer_one() -> None:
    began = timezone.now()
    late_run(2, upload_seq=7, started_at=began)
    late_run(1, upload_seq=6, started_at=began)
    assert stored("sales_net") == [(Decimal(2), True)]
    late_run(3, upload_seq=7, started_at=began)
    assert stored("sales_net") == [(Decimal(2), False), (Decimal(3), True)]


def test_a_run_that_ends_after_weights_changed_grades_by_the_new_ones() -> None:
    began = timezone.now()
    build_organisation()
    put_values(NOVEMBER, [])
    late_run(5, upload_seq=0, started_at=began)
    # the run brought no cards of its own, yet they are there: graded again from what is stored
    assert Scorecard.objects.filter(is_current=True, scope_kind="company").count() == 12
