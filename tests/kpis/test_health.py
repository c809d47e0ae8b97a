"""Data health: what the job measures of loaded files, when it is stale, and the deadlines of the sources."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pytest_django import Settings

from kpis.choices import AutoLoad, UploadState
from kpis.datasets.files.raw import LINE
from kpis.datasets.health.gaps import find_gaps
from kpis.datasets.health.measuring import Stored, measure_table, measuring_engine, open_stored
from kpis.datasets.store.parts import SEQ
from kpis.library import load_library
from kpis.library.extras import library_extras
from kpis.models import DataShare, TableHealth, Upload
from kpis.queries.health import data_health, history_of
from kpis.queries.usage import kpis_of_values, tables_of_kpis
from kpis.services.health import request_measurement
from omnichannel.jobs.choices import JobKind, JobState
from omnichannel.workspaces.models import Workspace
from tests.kpis.door import ORDERS_HEADER, order, orders_csv, put, work

pytestmark = pytest.mark.usefixtures("data_root")
TODAY = date(2024, 6, 30)
CUSTOMERS = (
    "customer_id,created_at,tag_count,linked_systems,consent_marketing,erased_at\n"
    "C1,2024-03-05 10:00:00,1,1,true,\n"
    "C2,2024-03-06 10:00:00,0,2,false,\n"
    "C3,2024-05-07 10:00:00,0,3,true,\n"
    "C4,2024-03-07 10:00:00,0,2,true,2024-04-10 09:00:00\n"
)


@pytest.fixture
def data_root(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_ROOT = tmp_path


def load(content: bytes, *, table: str, system: str = "") -> Upload:
    """Put a file through the door until it counts."""
    upload = put(content, filename=f"{table}.csv", auto=AutoLoad.GOOD_ROWS, table=table)
    Upload.objects.filter(pk=upload.pk).update(system=system)
    work(JobKind.CHECK_UPLOAD, JobKind.LOAD_UPLOAD)
    upload.refresh_from_db()
    assert upload.state == UploadState.LOADED, (upload.state, list(upload.problems.values_list("code", "message_en")))
    return upload


def measure() -> dict[str, object]:
    """Let the queued or asked measuring run; return its result."""
    request_measurement(actor_id=None)
    (job,) = work(JobKind.MEASURE_HEALTH)  # each load has asked, and all share the one that waits
    assert job.state == JobState.SUCCEEDED, job.detail
    result: dict[str, object] = job.result
    return result


def line(number: int, *, day: str = "2024-05-03", customer: str = "", cost: str = "", refund: str = "0") -> str:
    """Return one order with a cost of goods, of a customer or of nobody."""
    return f"O{number},{customer},store,,,{day} 10:00:00,paid,100,0,{refund},100,1,{cost}"


def orders(*rows: str) -> bytes:
    """Return orders with their cost of goods."""
    return "\n".join((f"{ORDERS_HEADER},goods_cost", *rows, "")).encode()


def test_the_job_measures_rows_filled_cells_orphans_and_replaced_rows(in_workspace: Workspace) -> None:
    load(CUSTOMERS.encode(), table="customers")
    load(orders(line(1, customer="C1", cost="40"), line(2, customer="C2"), line(3), line(4)), table="orders")
    load(orders(line(2, customer="C2", refund="60")), table="orders", system="pos")
    measure()
    seen = data_health(today=TODAY, only="orders").lines[0]
    assert seen.whole is not None
    assert (seen.whole.rows, seen.whole.replaced, seen.stale) == (4, 1, False)
    cells = {column.spec.name: column for column in seen.columns}
    assert (cells["goods_cost"].health.filled, cells["goods_cost"].missing, cells["goods_cost"].filled) == (
        1,
        3,
        Decimal(25),
    )
    assert cells["order_id"].missing == 0
    assert [column.spec.name for column in seen.blocking] == ["customer_id", "goods_cost", "fee_amount"]
    assert "gross_margin_rate" in {kpi.id for kpi in cells["goods_cost"].blocks}
    assert {source.health.system: source.health.rows for source in seen.sources} == {"unknown": 3, "pos": 1}
    late = DataShare.objects.get(subject="late_refunds")
    assert (late.month, late.part, late.whole) == ("2024-05", Decimal(60), Decimal(60))


def test_a_reference_that_leads_nowhere_is_counted_with_examples(in_workspace: Workspace) -> None:
    load(orders(line(1, customer="C1"), line(2, customer="GONE"), line(3, customer="GONE")), table="orders")
    measure()
    unknown = {column.spec.name: column.health for column in data_health(today=TODAY).lines[0].columns}
    assert unknown["customer_id"].orphans is None  # no customers have been loaded: nothing can be said
    load(CUSTOMERS.encode(), table="customers")
    measure()
    page = data_health(today=TODAY)
    (broken,) = page.broken
    assert (broken.table, broken.spec.name) == ("orders", "customer_id")
    assert (broken.health.orphans, broken.health.orphan_ids, broken.health.examples) == (2, 1, ["GONE"])


def test_a_measurement_says_that_it_is_stale_and_only_what_changed_is_measured_again(in_workspace: Workspace) -> None:
    load(CUSTOMERS.encode(), table="customers")
    load(orders_csv(order(1)), table="orders")
    assert set(measure()["tables"]) == {"customers", "orders"}  # type: ignore[call-overload]
    assert not data_health(today=TODAY).stale
    assert measure()["tables"] == []
    load(orders_csv(order(2)), table="orders")
    stale = {each.spec.id: each.stale for each in data_health(today=TODAY).lines}
    assert stale == {"customers": False, "orders": True}
    assert measure()["tables"] == ["orders"]
    Upload.objects.filter(table_id="orders").update(visible_from=None, state=UploadState.REVERTED)
    measure()
    assert not TableHealth.objects.filter(table_id="orders").exists()
    assert not DataShare.objects.filter(table_id="orders").exists()


def test_unified_and_consenting_customers_are_those_there_at_the_end_of_each_month(in_workspace: Workspace) -> None:
    load(CUSTOMERS.encode(), table="customers")
    measure()
    unified = {row.month: (int(row.part), int(row.whole)) for row in DataShare.objects.filter(subject="unified")}
    assert unified == {"2024-03": (2, 3), "2024-04": (1, 2), "2024-05": (2, 3)}
    consented = {row.month: row.part for row in DataShare.objects.filter(subject="consented")}
    assert consented == {"2024-03": 2, "2024-04": 1, "2024-05": 2}
    systems = {row.dimension: row.part for row in DataShare.objects.filter(subject="linked_systems")}
    assert systems == {"1": 1, "2": 1, "3": 1}


def test_orders_without_a_customer_are_counted_by_channel_and_month(in_workspace: Workspace) -> None:
    mall = "O9,,private_mall,,,2024-06-01 10:00:00,paid,100,0,0,100,1,"
    cancelled = "O8,,store,,,2024-05-01 10:00:00,cancelled,100,0,0,100,1,"
    load(orders(line(1, customer="C1"), line(2), line(3), mall, cancelled), table="orders")
    measure()
    shares = DataShare.objects.filter(subject="anonymous_orders")
    assert [(row.month, row.dimension, int(row.part), int(row.whole)) for row in shares] == [
        ("2024-05", "store", 2, 3),
        ("2024-06", "private_mall", 1, 1),
    ]


def every(first: date, days: int) -> list[date]:
    """Return so many days in a row."""
    return [first + timedelta(days=number) for number in range(days)]


def test_a_day_is_missing_by_the_rhythm_of_the_table_itself() -> None:
    days = every(date(2024, 1, 1), 60)
    open_days = [day for day in days if day.weekday() != 6]
    assert find_gaps(open_days).gaps == ()
    hole = {date(2024, 1, 20) + timedelta(days=number) for number in range(10)}
    found = find_gaps([day for day in open_days if day not in hole])
    assert [(gap.first, gap.last, gap.days) for gap in found.gaps] == [(date(2024, 1, 20), date(2024, 1, 29), 8)]
    assert (found.missing, found.by_month) == (8, False)
    long = find_gaps([*every(date(2024, 1, 1), 30), *every(date(2024, 9, 1), 30)])
    assert long.missing == (date(2024, 9, 1) - date(2024, 1, 31)).days
    sparse = find_gaps([date(2024, 1, 5), date(2024, 2, 5), date(2024, 5, 6)])
    assert (sparse.missing, sparse.by_month) == (2, True)
    assert (sparse.gaps[0].first, sparse.gaps[0].last) == (date(2024, 3, 1), date(2024, 4, 30))
    assert find_gaps([]).missing == 0


@pytest.mark.parametrize(
    ("system", "table", "behind", "state", "left", "lost"),
    [
        ("wecom", "service_daily", 100, "fine", 80, 0),
        ("wecom", "service_daily", 150, "soon", 30, 0),
        ("wecom", "service_daily", 180, "soon", 0, 0),
        ("wecom", "service_daily", 181, "lost", -1, 1),
        ("ecommerce", "orders", 59, "fine", 31, 0),
        ("ecommerce", "orders", 60, "soon", 30, 0),
        ("ads", "ad_spend", 340, "soon", 25, 0),
    ],
)
def test_a_source_with_a_limit_warns_before_its_history_is_lost(
    system: str, table: str, behind: int, state: str, left: int, lost: int
) -> None:
    source = library_extras().systems[system]
    found = history_of(source, load_library().tables[table], last_day=TODAY - timedelta(days=behind), today=TODAY)
    assert found is not None
    assert (found.state, found.left, found.lost, found.behind) == (state, left, lost, behind)
    assert found.load_by == TODAY + timedelta(days=left)


def test_exports_needed_follow_the_span_of_one_query_and_other_tables_have_no_deadline() -> None:
    systems, tables = library_extras().systems, load_library().tables
    found = history_of(systems["wecom"], tables["service_daily"], last_day=TODAY - timedelta(days=61), today=TODAY)
    assert found is not None
    assert found.queries == 3
    assert history_of(systems["wecom"], tables["contacts"], last_day=TODAY, today=TODAY) is None
    assert history_of(systems["pos"], tables["orders"], last_day=TODAY, today=TODAY) is None


def test_what_a_kpi_reads_is_worked_out_from_its_formula(in_workspace: Workspace) -> None:
    assert set(kpis_of_values()["orders", "goods_cost"]) >= {"gross_margin_rate"}
    assert tables_of_kpis()["sales_net"] == {"orders"}
    assert ("customers", "erased_at") not in kpis_of_values()  # empty says that the customer is still there
    assert all(tables_of_kpis().values())


def test_tables_kept_elsewhere_and_tables_with_a_column_named_seq_are_measured_in_one_run(tmp_path: Path) -> None:
    tables = load_library().tables
    units = pa.table({"unit_id": ["U1", "U2"], SEQ: pa.nulls(2, pa.int64()), LINE: pa.nulls(2, pa.int64())})
    touches = tmp_path / "touches.parquet"
    pq.write_table(pa.table({"order_id": ["O1"] * 3, "seq": [1, 2, 3], SEQ: [7] * 3, LINE: [2, 3, 4]}), touches)
    stored = {
        "org_units": Stored(tables["org_units"], frame=units),
        "order_touches": Stored(tables["order_touches"], paths=(touches,), systems={7: "pos"}),
    }
    with measuring_engine(memory_limit="256MB", threads=1, spill=tmp_path / "spill") as engine:
        found = {}
        for name in ("org_units", "order_touches", "org_units"):
            open_stored(engine, stored[name])
            found[name] = measure_table(engine, stored[name], targets={})
    assert (found["org_units"].rows, found["order_touches"].rows) == (2, 3)
    assert [(day.system, day.rows) for day in found["order_touches"].days] == [("pos", 3)]
