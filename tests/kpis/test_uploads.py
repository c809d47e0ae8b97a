"""The data door end to end: a file becomes rows that count, or problems that a person can act on."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter
from django.utils import timezone
from pytest_django import Settings

from kpis.choices import AutoLoad, UploadState
from kpis.errors import MappingInvalid, UploadBusy, UploadEmpty, UploadTooLarge
from kpis.models import Part, Upload
from kpis.queries.uploads import data_freshness, identical_upload
from kpis.queries.warehouse import open_relations, unit_tree_for_engine
from kpis.services.uploads import change_mapping, change_reading, discard_upload, request_check, request_load
from kpis.tasks import load_upload as load_task
from omnichannel.jobs.choices import JobKind, JobState
from omnichannel.jobs.models import Job
from omnichannel.jobs.services.lifecycle import cancel_job
from omnichannel.jobs.services.running import Run
from tests.kpis.door import again, checked, order, orders_csv, put, work

pytestmark = pytest.mark.usefixtures("in_workspace")


@pytest.fixture(autouse=True)
def data_root(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_ROOT = tmp_path
    return tmp_path


def rows_of(table: str) -> list[dict[str, object]]:
    relations = open_relations(as_of=date(2024, 6, 30))
    try:
        found = relations.table(table)
        return sorted(relations.rows(found), key=str) if found is not None else []
    finally:
        relations.close()


def data_rows(table: str) -> int:
    return next(fresh.rows for fresh in data_freshness() if fresh.table.id == table)


def load(upload: Upload, *, good_rows: bool = False) -> Upload:
    request_load(upload, good_rows=good_rows, actor_id=None)
    work(JobKind.LOAD_UPLOAD)
    return again(upload)


def test_a_clean_file_becomes_parts_that_count_only_after_the_button() -> None:
    upload = checked(orders_csv(order(1), order(2, day="2024-06-01", net="250.50")))
    assert upload.state == UploadState.READY
    assert upload.counts["good"] == 2
    assert upload.effect == {"new": 2, "changed": 0, "same": 0, "ignored": 0}
    assert rows_of("orders") == []
    upload = load(upload)
    assert upload.state == UploadState.LOADED
    assert [(part.table_id, part.month, part.rows) for part in Part.objects.all()] == [
        ("orders", "2024-05", 1),
        ("orders", "2024-06", 1),
    ]
    assert [row["net_amount"] for row in rows_of("orders")] == [Decimal("100"), Decimal("250.5")]


def test_every_error_is_listed_with_line_column_value_and_fix_and_nothing_is_loaded() -> None:
    upload = checked(
        orders_csv(order(1), order(2, net="abc"), order(3, day="2024-13-01"), order(4, status="maybe"), order(1))
    )
    assert upload.state == UploadState.NEEDS_ATTENTION
    found = {(problem.line, problem.column, problem.value, problem.code) for problem in upload.problems.all()}
    assert {(3, "net_amount", "abc", "not_number"), (5, "status", "maybe", "not_in_list")} <= found
    assert {line for line, *_rest in found} == {3, 4, 5, 6}
    assert all(p.message_zh and p.message_en and p.hint_zh and p.hint_en for p in upload.problems.all())
    with pytest.raises(UploadBusy):
        request_load(upload, good_rows=False, actor_id=None)
    assert Part.objects.count() == 0
    assert rows_of("orders") == []


def test_the_good_rows_alone_load_when_a_person_says_so() -> None:
    upload = load(checked(orders_csv(order(1), order(2, net="abc"))), good_rows=True)
    assert upload.state == UploadState.LOADED
    assert [row["order_id"] for row in rows_of("orders")] == ["O1"]


def test_a_corrected_file_loads_after_the_faulty_one_was_discarded() -> None:
    faulty = checked(orders_csv(order(1), order(2, net="abc")))
    folder = faulty.folder
    discard_upload(faulty)
    assert again(faulty).state == UploadState.DISCARDED
    assert folder.exists()  # until the transaction is through
    assert load(checked(orders_csv(order(1), order(2)))).state == UploadState.LOADED
    assert len(rows_of("orders")) == 2


def test_the_same_file_twice_says_so_and_changes_nothing() -> None:
    content = orders_csv(order(1), order(2))
    first = load(checked(content))
    before = rows_of("orders")
    second = checked(content)
    assert second.effect == {"new": 0, "changed": 0, "same": 2, "ignored": 0}
    assert identical_upload(second) == first
    assert load(second).state == UploadState.LOADED
    assert rows_of("orders") == before
    assert Part.objects.filter(upload=second).count() == 0
    assert data_rows("orders") == 2


def test_a_later_file_replaces_the_rows_it_names_and_keeps_the_others() -> None:
    load(checked(orders_csv(order(1), order(2))))
    later = load(checked(orders_csv(order(2, net="70.00"), order(3))))
    assert later.effect == {"new": 1, "changed": 1, "same": 0, "ignored": 0}
    assert later.overlaps
    assert {row["order_id"]: row["net_amount"] for row in rows_of("orders")} == {
        "O1": Decimal(100),
        "O2": Decimal(70),
        "O3": Decimal(100),
    }
    assert data_rows("orders") == 3


def test_of_two_checked_files_the_one_loaded_last_counts() -> None:
    first = checked(orders_csv(order(1, net="10.00")))
    second = checked(orders_csv(order(1, net="20.00")))
    load(second)
    assert load(first).effect == {"new": 0, "changed": 1, "same": 0, "ignored": 0}
    assert [row["net_amount"] for row in rows_of("orders")] == [Decimal(10)]


def test_what_counted_earlier_can_be_read_as_it_was() -> None:
    first = load(checked(orders_csv(order(1, net="10.00"))))
    load(checked(orders_csv(order(1, net="20.00"))))
    relations = open_relations(as_of=date(2024, 6, 30), known_at=first.visible_from)
    assert [row["net_amount"] for row in relations.rows(relations.table("orders"))] == [Decimal(10)]
    relations.close()


def test_a_chinese_workbook_export_is_read_and_mapped(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("订单")
    sheet.write(0, 0, "2024年5月订单")
    sheet.write_row(2, 0, ["订单编号", "用户编号", "销售渠道", "付款时间", "订单状态", "原价金额"])
    sheet.write_row(3, 0, ["0001", "c1", "门店", "2024-05-03 10:00", "已完成", 120])
    book.close()
    upload = checked(path.read_bytes(), filename="导出.xlsx")
    assert upload.inspected["header_line"] == 3
    assert upload.table_id == "orders"
    assert {match["column"]: match["field"] for match in upload.mapping["matches"]}["订单编号"] == "order_id"


def test_a_gb18030_file_can_be_read_another_way_by_a_person() -> None:
    content = (
        "order_id,channel,paid_at,status,gross_amount,discount_amount,refund_amount,net_amount,item_count,platform\n"
    )
    content += "O1,门店,2024-05-03 10:00:00,已完成,100,0,0,100,1,天猫\n"
    upload = checked(content.encode("gb18030"))
    assert upload.inspected["encoding"] == "gb18030"
    assert upload.state == UploadState.READY
    change_reading(upload, guess={"encoding": "utf-8"}, actor_id=None)
    work()
    assert again(upload).state != UploadState.READY
    change_reading(again(upload), guess={"encoding": "gb18030"}, actor_id=None)
    work()
    load(again(upload))
    assert [(row["platform"], row["channel"]) for row in rows_of("orders")] == [("天猫", "store")]


def test_an_unsure_column_waits_for_a_person() -> None:
    content = orders_csv(order(1)).replace(b"net_amount", "金额X".encode(), 1)
    upload = checked(content, table="orders")
    mapping = upload.mapping
    assert "net_amount" not in mapping["fields"]
    change_mapping(upload, table_id="orders", choices={"金额X": "net_amount"}, actor_id=None)
    work()
    upload = again(upload)
    assert upload.state == UploadState.READY
    assert upload.mapping["fields"]["net_amount"] == {"column": "金额X"}


def test_one_field_cannot_come_from_two_columns() -> None:
    upload = checked(orders_csv(order(1)))
    with pytest.raises(MappingInvalid):
        change_mapping(
            upload, table_id="orders", choices={"order_id": "order_id", "customer_id": "order_id"}, actor_id=None
        )


def test_units_people_and_assignments_reach_the_organisation() -> None:
    units = b"unit_id,name,level,parent_id,ownership,city\nHQ,Head office,hq,,direct,\nS1,Store 1,store,HQ,direct,\n"
    people = b"employee_id,display_name,unit_id,manager_id,fill_mode,fte,hired_on\nE1,A,S1,,internal,1,2024-01-01\n"
    roles = b"employee_id,role_id,unit_id,share,start_on\nE1,digital-guide,S1,1,2024-01-01\n"
    for name, content in (("org_units", units), ("employees", people), ("role_assignments", roles)):
        upload = load(checked(content, filename=f"{name}.csv"))
        assert upload.state == UploadState.LOADED, name
    tree = unit_tree_for_engine(date(2024, 6, 30))
    assert ("HQ", "S1") in tree.closure
    assert [row["unit_id"] for row in rows_of("employees")] == ["S1"]
    assert [row["role_id"] for row in rows_of("role_assignments")] == ["digital-guide"]
    same = checked(units, filename="org_units.csv")
    assert same.effect == {"new": 0, "changed": 0, "same": 2}


def test_a_person_in_an_unknown_unit_is_a_problem_at_its_line_and_the_file_cannot_be_loaded_in_part() -> None:
    load(checked(b"unit_id,name,level,parent_id,ownership\nHQ,Head office,hq,,direct\n", filename="org_units.csv"))
    people = b"employee_id,unit_id,fill_mode,fte,hired_on\nE1,HQ,internal,1,2024-01-01\nE2,S9,internal,1,2024-01-01\n"
    upload = checked(people, filename="employees.csv")
    assert upload.state == UploadState.NEEDS_ATTENTION
    problem = upload.problems.get(severity="error")
    assert (problem.line, problem.column, problem.value, problem.code) == (3, "unit_id", "E2", "does_not_fit")
    assert problem.message_zh != problem.message_en or "S9" in problem.message_en
    with pytest.raises(UploadBusy):
        request_load(upload, good_rows=True, actor_id=None)


def test_the_first_contact_of_a_person_is_found_across_uploads() -> None:
    header = "contact_id,customer_id,kind,source,added_at"
    load(checked(f"{header}\nK2,C1,wecom_friend,store,2024-05-09 10:00:00\n".encode(), filename="contacts.csv"))
    load(checked(f"{header}\nK1,C1,group_member,ad,2024-05-01 10:00:00\n".encode(), filename="contacts.csv"))
    assert {row["contact_id"]: row["is_first"] for row in rows_of("contacts")} == {"K1": True, "K2": False}


def test_an_automatic_upload_loads_when_clean_and_waits_when_not() -> None:
    clean = put(orders_csv(order(1)), auto=AutoLoad.CLEAN, table="orders")
    faulty = put(orders_csv(order(2, net="abc")), auto=AutoLoad.CLEAN, table="orders")
    partly = put(orders_csv(order(3, net="abc"), order(4)), auto=AutoLoad.GOOD_ROWS, table="orders")
    work()
    assert [again(upload).state for upload in (clean, faulty, partly)] == ["loaded", "needs_attention", "loaded"]
    assert [row["order_id"] for row in rows_of("orders")] == ["O1", "O4"]


def test_a_load_asks_for_the_figures_of_the_months_it_touched() -> None:
    load(checked(orders_csv(order(1), order(2, day="2024-06-01"))))
    job = Job.objects.get(kind=JobKind.COMPUTE_VALUES)
    assert job.params["periods"] == ["2024-05", "2024-06"]


def test_a_cancelled_check_leaves_the_upload_to_be_tried_again() -> None:
    upload = put(orders_csv(order(1)))
    assert upload.check_job is not None
    cancel_job(upload.check_job, now=timezone.now())
    assert work() == []
    assert again(upload).standing == UploadState.FAILED
    request_check(again(upload), actor_id=None)
    work()
    assert again(upload).state == UploadState.READY


def test_a_load_that_dies_before_its_last_step_leaves_nothing_to_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    upload = checked(orders_csv(order(1)))
    request_load(upload, good_rows=False, actor_id=None)
    with monkeypatch.context() as patch:
        patch.setattr(Run, "finish", _killed)
        job = work_once()
    assert job.state == JobState.QUEUED  # given back to the queue
    assert (Part.objects.count(), rows_of("orders")) == (0, [])
    work()
    assert again(upload).state == UploadState.LOADED
    assert len(rows_of("orders")) == 1
    assert Part.objects.count() == 1


def _killed(*_args: object, **_kwargs: object) -> None:
    raise RuntimeError("killed")


def work_once() -> Job:
    job = Job.objects.get(kind=JobKind.LOAD_UPLOAD)
    load_task(workspace_id=job.workspace_id, job_id=job.pk)
    job.refresh_from_db()
    return job


def test_a_check_of_what_a_person_has_changed_since_writes_nothing() -> None:
    upload = put(orders_csv(order(1)))
    Upload.objects.filter(pk=upload.pk).update(revision=2)
    work()
    assert again(upload).state == UploadState.RECEIVED


def test_a_file_beyond_the_limit_is_refused_and_leaves_no_bytes(settings: Settings, data_root: Path) -> None:
    settings.UPLOAD_MAX_BYTES = 10
    with pytest.raises(UploadTooLarge):
        put(orders_csv(order(1)))
    with pytest.raises(UploadEmpty):
        put(b"")
    assert list(data_root.rglob("original")) == []
    assert Upload.objects.count() == 0


def test_bytes_that_are_no_table_are_refused_with_a_reason() -> None:
    upload = checked(b"PK\x03\x04 not a workbook", filename="orders.xlsx")
    assert upload.state == UploadState.REFUSED
    assert upload.problems.count() == 1
