"""Corrections of an upload: cells, words, fixes, undo, stale pages, and mappings kept per source."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from kpis.choices import UploadState
from kpis.errors import CorrectionInvalid, UploadBusy, UploadChanged
from kpis.models import SavedMapping, Upload
from kpis.queries.uploads import has_unchecked_changes
from kpis.services.corrections import add_steps, undo_step
from kpis.services.mappings import delete_mapping, rename_mapping
from kpis.services.uploads import change_mapping, drop_saved_mapping, request_check, request_load
from omnichannel.jobs.choices import JobKind
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from tests.kpis.door import ORDERS_HEADER, again, checked, order, orders_csv, work

DATA = "/w/acme/data/"
WRONG = {"kind": "cell", "line": 3, "column": "net_amount", "value": "80"}


@pytest.fixture(autouse=True)
def data_root(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_ROOT = tmp_path


def two_wrong() -> Upload:
    """Return a checked upload of four orders, two of them with an amount that is no number."""
    rows = [order(1), order(2, net="80").replace("80", "abc"), order(3), order(4, net="80").replace("80", "abc")]
    return checked(orders_csv(*rows))


def corrected(line: int, column: str, value: str) -> dict[str, object]:
    return {"kind": "cell", "line": line, "column": column, "value": value}


def all_amounts(line: int) -> list[dict[str, object]]:
    return [corrected(line, "gross_amount", "80"), corrected(line, "net_amount", "80")]


def codes(upload: Upload) -> list[tuple[int | None, str]]:
    return list(upload.problems.filter(severity="error").values_list("line", "code"))


@pytest.mark.usefixtures("in_workspace")
def test_cells_are_gathered_then_checked_together_and_the_file_loads() -> None:
    upload = two_wrong()
    assert upload.counts["bad"] == 2
    gathered = add_steps(upload, all_amounts(3), actor_id=None, revision=upload.revision, check=False)
    assert has_unchecked_changes(again(upload))
    assert again(upload).state == UploadState.NEEDS_ATTENTION
    with pytest.raises(UploadBusy):
        request_load(upload, good_rows=True, actor_id=None)
    add_steps(upload, all_amounts(5), actor_id=None, revision=gathered.revision)
    work(JobKind.CHECK_UPLOAD)
    ready = again(upload)
    assert (ready.state, ready.counts["good"], codes(ready)) == (UploadState.READY, 4, [])
    assert not has_unchecked_changes(ready)
    request_load(upload, good_rows=False, actor_id=None)
    work(JobKind.LOAD_UPLOAD)
    assert again(upload).state == UploadState.LOADED


@pytest.mark.usefixtures("in_workspace")
def test_undo_takes_the_last_correction_back_and_the_check_finds_the_fault_again() -> None:
    upload = two_wrong()
    before = codes(upload)
    add_steps(upload, [{"kind": "skip", "lines": [3, 5]}], actor_id=None)
    work(JobKind.CHECK_UPLOAD)
    left = again(upload)
    assert (left.state, left.counts["good"], left.effect["ignored"]) == (UploadState.READY, 2, 2)
    undo_step(left, actor_id=None, revision=left.revision)
    work(JobKind.CHECK_UPLOAD)
    assert codes(again(upload)) == before
    with pytest.raises(UploadChanged):
        undo_step(again(upload), actor_id=None)


@pytest.mark.usefixtures("in_workspace")
def test_a_correction_of_an_older_page_is_refused_and_changes_nothing() -> None:
    upload = two_wrong()
    seen = upload.revision
    add_steps(upload, [WRONG], actor_id=None, revision=seen, check=False)
    with pytest.raises(UploadChanged):
        add_steps(upload, [corrected(5, "net_amount", "1")], actor_id=None, revision=seen)
    assert again(upload).steps == [WRONG]
    with pytest.raises(CorrectionInvalid) as refused:
        add_steps(upload, [corrected(5, "no_such", "1"), {"kind": "what"}], actor_id=None)
    assert [issue.path for issue in refused.value.issues] == ["steps.1.column", "steps.2.kind"]


@pytest.mark.usefixtures("in_workspace")
def test_a_whole_field_corrected_twice_checked_is_corrected_once() -> None:
    upload = checked(orders_csv(*(order(number) for number in (1, 2, 3))))
    assert upload.state == UploadState.READY
    scale = [{"kind": "scale", "field": name, "factor": "0.01"} for name in ("gross_amount", "net_amount")]
    add_steps(upload, scale, actor_id=None)
    work(JobKind.CHECK_UPLOAD)
    add_steps(upload, [{"kind": "skip", "lines": [4]}], actor_id=None)
    work(JobKind.CHECK_UPLOAD)
    found = again(upload)
    assert (found.state, found.counts["good"]) == (UploadState.READY, 2)
    assert "scale" not in found.mapping["fields"]["net_amount"]


def renamed(*rows: str) -> bytes:
    """Return orders whose net amount stands under a header that nobody knows."""
    return orders_csv(*rows).replace(b"net_amount", b"final figure", 1)


def told(upload: Upload) -> Upload:
    """Say what the unknown column is and let the check run."""
    change_mapping(upload, table_id="orders", choices={"final figure": "net_amount"}, actor_id=None)
    work(JobKind.CHECK_UPLOAD)
    return again(upload)


@pytest.mark.usefixtures("in_workspace")
def test_a_mapping_that_was_kept_maps_the_next_file_of_its_source_until_a_person_says_no() -> None:
    first = told(checked(renamed(order(1)), filename="orders shop 2024-05.csv", table="orders"))
    assert first.state == UploadState.READY
    request_load(first, good_rows=False, actor_id=None, keep_as="Shop")
    work(JobKind.LOAD_UPLOAD)
    kept = SavedMapping.objects.get()
    assert (kept.name, kept.uses, again(first).saved_mapping_id) == ("Shop", 1, kept.pk)
    again_mapped = checked(renamed(order(2)), filename="other.csv")
    assert (again_mapped.state, again_mapped.saved_mapping_id) == (UploadState.READY, kept.pk)
    assert again_mapped.mapping["fields"]["net_amount"] == {"column": "final figure"}
    drop_saved_mapping(again_mapped, actor_id=None)
    work(JobKind.CHECK_UPLOAD)
    afresh = again(again_mapped)
    assert afresh.saved_mapping_id is None
    assert "net_amount" not in afresh.mapping["fields"]
    rename_mapping(kept, name=" Shop B ")
    assert SavedMapping.objects.get().name == "Shop B"
    delete_mapping(SavedMapping.objects.get())
    assert checked(renamed(order(3)), filename="third.csv", table="orders").saved_mapping_id is None
    assert again(first).state == UploadState.LOADED


@pytest.mark.usefixtures("in_workspace")
def test_nothing_is_kept_of_a_source_that_maps_by_itself() -> None:
    upload = checked(orders_csv(order(1)))
    request_load(upload, good_rows=False, actor_id=None, keep_as="Orders")
    assert not SavedMapping.objects.exists()


def page_of(client: Client, upload: Upload, query: str = "") -> str:
    return client.get(f"{DATA}uploads/{upload.pk}/{query}").content.decode()


@pytest.fixture
def analyst(signed_in: Callable[..., Client]) -> Client:
    client = signed_in("analyst")
    client.cookies["django_language"] = "en"
    return client


def test_the_problem_rows_are_edited_without_script(analyst: Client, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        upload = two_wrong()
    place = ORDERS_HEADER.split(",").index("net_amount")
    gross = ORDERS_HEADER.split(",").index("gross_amount")
    page = page_of(analyst, upload)
    assert f'name="cell-3-{place}"' in page
    assert page.count('aria-invalid="true"') >= 2
    form = {f"cell-3-{place}": "80", f"cell-3-{gross}": "80", "skip-5": "1", "check": "1"}
    answer = analyst.post(f"{DATA}uploads/{upload.pk}/cells/", {"revision": upload.revision, "back": "?all=1", **form})
    assert answer["Location"].endswith(f"/uploads/{upload.pk}/?all=1")
    with workspace_scope(workspace.pk):
        work()
        fixed = again(upload)
        assert (fixed.state, fixed.counts["good"]) == (UploadState.READY, 3)
    page = page_of(analyst, upload)
    assert "Load 3 rows" in page
    assert "Row 3, net_amount: now “80”" in page
    assert "Left out: row 5" in page


def test_the_script_saves_one_cell_and_hears_what_is_wrong_with_it_now(analyst: Client, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        upload = two_wrong()
    url = f"{DATA}uploads/{upload.pk}/cells/"
    place = ORDERS_HEADER.split(",").index("net_amount")
    script = {"Accept": "application/json"}
    answer = analyst.post(url, {"revision": upload.revision, f"cell-3-{place}": "xyz"}, headers=script).json()
    assert "is not a number" in answer["rows"]["3"]["net_amount"]["message"]
    answer = analyst.post(url, {"revision": answer["revision"], f"cell-3-{place}": "80"}, headers=script).json()
    assert "net_amount" not in answer["rows"]["3"] or "number" not in answer["rows"]["3"]["net_amount"]["message"]
    assert answer["said"] == "2 corrections not checked yet"
    stale = analyst.post(url, {"revision": upload.revision, f"cell-5-{place}": "80"}, headers=script)
    assert (stale.status_code, stale.json()["code"]) == (409, "upload_changed")
    with workspace_scope(workspace.pk):
        assert len(again(upload).steps) == 2
        request_check(again(upload), actor_id=None)


def test_a_fix_button_settles_its_whole_group(analyst: Client, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        upload = checked(orders_csv(*(order(number, status="payed") for number in range(5)), order(9)))
        assert upload.counts["bad"] == 5
    page = page_of(analyst, upload)
    steps = [{"kind": "value", "field": "status", "from": "payed", "to": "paid"}]
    assert json.dumps(steps, ensure_ascii=False).replace('"', "&quot;") in page
    analyst.post(f"{DATA}uploads/{upload.pk}/steps/", {"revision": upload.revision, "steps": json.dumps(steps)})
    with workspace_scope(workspace.pk):
        work()
        assert again(upload).state == UploadState.READY
    assert "stands for" in page_of(analyst, upload)
    analyst.post(f"{DATA}uploads/{upload.pk}/steps/", {"steps": "no json"})
    analyst.post(f"{DATA}uploads/{upload.pk}/undo/", {"all": "1"})
    with workspace_scope(workspace.pk):
        work()
        assert again(upload).counts["bad"] == 5


def test_words_are_matched_on_the_page(analyst: Client, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        upload = checked(orders_csv(order(1, status="qqq"), order(2)))
        words = [line["word"] for line in upload.inspected["values"]]
    page = page_of(analyst, upload)
    assert "Word in the file" in page
    # what is unsure is asked: nothing is chosen for it
    asked = page[page.index(f'<select class="input" id="value-{words.index("qqq")}"') :]
    assert " selected" not in asked[: asked.index("</select>")]
    analyst.post(
        f"{DATA}uploads/{upload.pk}/values/",
        {"revision": upload.revision, f"value-{words.index('qqq')}": "completed"},
    )
    with workspace_scope(workspace.pk):
        work()
        assert again(upload).state == UploadState.READY


def test_the_problem_rows_come_as_csv_and_as_workbook(analyst: Client, workspace: Workspace) -> None:
    with workspace_scope(workspace.pk):
        upload = two_wrong()
        fine = checked(orders_csv(order(7)))
    assert analyst.get(f"{DATA}uploads/{upload.pk}/problems.xlsx").content.startswith(b"PK")
    assert analyst.get(f"{DATA}uploads/{fine.pk}/problems.xlsx").status_code == 404
    assert len(analyst.get(f"{DATA}uploads/{upload.pk}/problems.csv").getvalue().splitlines()) == 3


def test_the_kept_mappings_have_their_page(analyst: Client, workspace: Workspace) -> None:
    assert "Nothing is remembered yet" in analyst.get(f"{DATA}mappings/").content.decode()
    with workspace_scope(workspace.pk):
        told(checked(renamed(order(1)), table="orders"))
        upload = Upload.objects.get()
    page = page_of(analyst, upload)
    assert 'name="keep_as" value="orders"' in page
    analyst.post(f"{DATA}uploads/{upload.pk}/load/", {"keep": "1", "keep_as": "Our shop"})
    assert "Our shop" in analyst.get(f"{DATA}mappings/").content.decode()
    with workspace_scope(workspace.pk):
        kept = SavedMapping.objects.get()
    analyst.post(f"{DATA}mappings/{kept.pk}/name/", {"name": "Other shop"})
    assert "Other shop" in analyst.get(f"{DATA}mappings/").content.decode()
    analyst.post(f"{DATA}mappings/{kept.pk}/delete/")
    assert "Nothing is remembered yet" in analyst.get(f"{DATA}mappings/").content.decode()


def test_the_files_of_an_archive_stand_together_under_its_name(analyst: Client, workspace: Workspace) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in (1, 2):
            archive.writestr(f"orders_{number}.csv", orders_csv(order(number)))
    with workspace_scope(workspace.pk):
        parent = checked(packed.getvalue(), filename="all.zip")
        work(JobKind.CHECK_UPLOAD)
        assert parent.state == UploadState.UNPACKED
        members = list(Upload.objects.filter(parent=parent).order_by("pk"))
        assert [one.state for one in members] == [UploadState.READY] * 2
    page = analyst.get(DATA).content.decode()
    group = page[page.index("upload-group") :]
    assert group.index("all.zip") < group.index("orders_1.csv") < group.index("orders_2.csv")
    assert "orders_2.csv" in page_of(analyst, parent)
    assert "Out of all.zip" in page_of(analyst, members[0])


def test_the_page_of_an_upload_costs_the_same_queries_for_few_problems_and_for_many(
    analyst: Client, workspace: Workspace
) -> None:
    counts = []
    for number in (2, 60):
        with workspace_scope(workspace.pk):
            upload = checked(orders_csv(*(order(one).replace("100.00", "abc") for one in range(number))))
        with CaptureQueriesContext(connection) as queries:
            assert "Problem rows" in page_of(analyst, upload)
        counts.append(len(queries))
    assert counts[0] == counts[1]
