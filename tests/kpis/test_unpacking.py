"""A ZIP of data files and a workbook of several sheets: each becomes an upload of its own, checked by its own job."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from kpis.choices import AutoLoad, UploadState
from kpis.errors import SheetUnknown
from kpis.models import Upload
from kpis.queries.uploads import identical_upload, last_change
from kpis.services import rechecking
from kpis.services.manifest import begin_to_count
from kpis.services.rechecking import outrun_by_its_own
from kpis.services.unpacking import unpack_sheets
from kpis.services.uploads import request_check, request_load
from omnichannel.jobs.choices import JobKind
from omnichannel.workspaces.models import Workspace
from tests.kpis.door import ORDERS_HEADER, again, checked, order, orders_csv, put, work

pytestmark = pytest.mark.usefixtures("in_workspace")


@pytest.fixture(autouse=True)
def data_root(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_ROOT = tmp_path
    return tmp_path


def archive(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return out.getvalue()


def months(*, sheets: int = 2) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        for number in range(1, sheets + 1):
            sheet = book.add_worksheet(f"{number}月")
            lines = [ORDERS_HEADER, order(number, day=f"2024-{number:02d}-03")]
            for row, line in enumerate(lines):
                sheet.write_row(row, 0, line.split(","))
        book.add_worksheet("说明").write(0, 0, "导出说明")
    return out.getvalue()


ROSTER = {
    "role_assignments": (
        ("employee_id", "role_id", "unit_id", "share", "start_on"),
        ("E1", "user-ops", "D", "1", "2024-01-01"),
    ),
    "employees": (
        ("employee_id", "display_name", "unit_id", "fill_mode", "fte", "hired_on"),
        ("E1", "店长", "D", "internal", "1", "2024-01-01"),
    ),
    "org_units": (
        ("unit_id", "name", "level", "parent_id", "ownership"),
        ("HQ", "总部", "hq", "", "na"),
        ("D", "用户运营部", "department", "HQ", "na"),
    ),
}


def roster() -> bytes:
    """Return a workbook whose sheets refer to each other, the last to be loaded first."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        for name, lines in ROSTER.items():
            sheet = book.add_worksheet(name)
            for row, line in enumerate(lines):
                sheet.write_row(row, 0, line)
    return out.getvalue()


def test_a_sheet_that_did_not_fit_turns_good_by_itself_once_the_sheet_it_refers_to_is_loaded() -> None:
    first = checked(roster(), filename="roster.xlsx")
    parts = {"role_assignments": first}
    for one in unpack_sheets(first, ["employees", "org_units"], actor_id=None):
        parts[one.member] = one
    alone = checked(roster(), filename="other.xlsx")
    work(JobKind.CHECK_UPLOAD)
    red, ready, loaded = UploadState.NEEDS_ATTENTION, UploadState.READY, UploadState.LOADED
    states = {"role_assignments": red, "employees": red, "org_units": ready}
    assert {name: again(one).state for name, one in parts.items()} == states
    for name, turned in (("org_units", "employees"), ("employees", "role_assignments"), ("role_assignments", "")):
        request_load(parts[name], good_rows=False, actor_id=None)
        work()
        states |= {name: loaded} | ({turned: ready} if turned else {})
        assert {key: again(one).state for key, one in parts.items()} == states
    assert not again(first).problems.exists()
    assert again(alone).state == red, "another file waits for a person, who may have left it for good"
    request_check(alone, actor_id=None)
    work(JobKind.CHECK_UPLOAD)
    assert again(alone).state == ready


def test_the_tables_of_a_roster_load_by_themselves_in_whatever_order_the_zip_holds_them() -> None:
    lines = {name: "\n".join(",".join(row) for row in rows) for name, rows in ROSTER.items()}
    put(
        archive(**{f"{name}_dot_csv": text.encode() for name, text in lines.items()}),
        filename="x.zip",
        auto=AutoLoad.CLEAN,
    )
    work()
    assert [one.state for one in Upload.objects.filter(parent__isnull=False)] == [UploadState.LOADED] * 3


def test_the_files_of_a_zip_become_uploads_that_are_checked_by_themselves() -> None:
    content = archive(
        may__orders_dot_csv=orders_csv(order(1)),
        orders_dot_xlsx=months(sheets=1),
        readme_dot_md=b"hello",
        broken__orders_dot_csv=orders_csv(order(2, net="abc")),
    )
    upload = put(content, filename="五月.zip")
    work(JobKind.CHECK_UPLOAD)
    upload = again(upload)
    assert upload.state == UploadState.UNPACKED
    assert [(one.code, one.value) for one in upload.problems.all()] == [("archive_member", "readme.md")]
    members = {one.member: again(one) for one in upload.members.all()}
    assert {name: (one.filename, one.state) for name, one in members.items()} == {
        "may/orders.csv": ("orders.csv", UploadState.READY),
        "orders.xlsx": ("orders.xlsx", UploadState.READY),
        "broken/orders.csv": ("orders.csv", UploadState.NEEDS_ATTENTION),
    }
    assert len({one.path for one in members.values()}) == 3
    assert members["may/orders.csv"].file.read_bytes() == orders_csv(order(1))


def test_the_files_of_a_zip_load_by_themselves_when_the_zip_was_to() -> None:
    content = archive(a_dot_csv=orders_csv(order(1)), b_dot_csv=orders_csv(order(2)))
    put(content, filename="x.zip", auto=AutoLoad.CLEAN, table="orders")
    work()
    loaded = Upload.objects.filter(parent__isnull=False)
    assert [one.state for one in loaded] == [UploadState.LOADED] * 2


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (archive(readme_dot_md=b"x"), "archive_empty"),
        (archive(a_dot_csv=orders_csv(order(1)), **{"..__b_dot_csv": b"x"}), "archive_unsafe"),
    ],
)
def test_an_archive_that_is_turned_away_leaves_nothing_but_its_reason(
    content: bytes, code: str, tmp_path: Path
) -> None:
    upload = checked(content, filename="x.zip")
    assert upload.state == UploadState.REFUSED
    assert [one.code for one in upload.problems.all()] == [code]
    assert Upload.objects.count() == 1
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["original"]


def test_a_workbook_with_more_sheets_says_so_above_all_else_until_they_are_taken(
    signed_in: Callable[..., Client], workspace: Workspace
) -> None:
    upload = checked(months(sheets=3), filename="orders.xlsx")
    client = signed_in("analyst")
    page = client.get(f"/w/acme/data/uploads/{upload.pk}/", headers={"Accept-Language": "en"}).content.decode()
    assert "Only the sheet 1月 is read here; 2 more sheets hold data" in page
    assert page.index('name="sheets" value="2月"') < page.index("How the file was read")
    client.post(f"/w/acme/data/uploads/{upload.pk}/sheets/", {"sheets": ["2月", "3月"]})
    page = client.get(f"/w/acme/data/uploads/{upload.pk}/", headers={"Accept-Language": "en"}).content.decode()
    assert "is read here" not in page
    work(JobKind.CHECK_UPLOAD)
    for one in Upload.objects.filter(parent=upload):  # nor do the sheets ask for what has been taken with them
        page = client.get(f"/w/acme/data/uploads/{one.pk}/", headers={"Accept-Language": "en"}).content.decode()
        assert "is read here" not in page


def test_the_other_sheets_of_a_workbook_become_uploads_when_a_person_wants_them() -> None:
    upload = checked(months(), filename="orders.xlsx")
    assert (upload.inspected["sheet"], upload.inspected["data_sheets"]) == ("1月", ["1月", "2月"])
    (second,) = unpack_sheets(upload, ["2月"], actor_id=None)
    assert [one.pk for one in unpack_sheets(upload, ["2月"], actor_id=None)] == [second.pk]
    work(JobKind.CHECK_UPLOAD)
    second = again(second)
    assert (second.parent_id, second.member, second.state) == (upload.pk, "2月", UploadState.READY)
    assert (second.inspected["sheet"], second.inspected["rows"]) == ("2月", 1)
    for wrong in ("1月", "3月"):
        with pytest.raises(SheetUnknown):
            unpack_sheets(upload, [wrong], actor_id=None)
    for one in (upload, second):
        request_load(one, good_rows=False, actor_id=None)
    work()
    assert identical_upload(again(second)) is None
    assert again(second).state == UploadState.LOADED


def test_the_parts_of_an_archive_know_each_other_however_deep_they_lie_and_whatever_the_clocks_say() -> None:
    def part(number: int, parent: Upload | None = None, **given: Any) -> Upload:
        return Upload.objects.create(
            filename=f"{number}.csv", path=f"{number}", bytes=1, sha256="", parent=parent, **given
        )

    archive, other = part(1), part(9)
    workbook, plain = part(2, archive), part(3, archive)
    sheet = part(4, workbook)
    for upload in (archive, workbook, plain, sheet):
        rest = {1, 2, 3, 4} - {int(upload.path)}
        assert {int(one.path) for one in rechecking._with_it(upload)} == rest
    assert not rechecking._with_it(other)

    began = last_change()
    assert not outrun_by_its_own(sheet, since=began)
    long_ago = timezone.now() - timedelta(days=3)  # the clock of the machine that loads it is far behind
    begin_to_count(plain, at=long_ago, rows_added=1, actor_id=None)
    assert outrun_by_its_own(sheet, since=began)
    assert not outrun_by_its_own(sheet, since=last_change())
    assert not outrun_by_its_own(other, since=began)
