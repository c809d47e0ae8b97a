"""Every export of the organisation loads again without a change; into an empty workspace it brings everything back.

Most files are read in this process, by the same functions that the door runs in its child; two go through the door.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from kpis.choices import AutoLoad, UploadState
from kpis.datasets.pipeline import inspect_file, load_file
from kpis.queries.org_files import org_csv, org_workbook
from kpis.services.facts import read_rows, try_facts
from kpis.services.org_facts import sync_rows
from kpis.services.reverting import request_revert
from omnichannel.jobs.choices import JobKind
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope
from roles.models import OrgRevision
from roles.queries.exports import TABLES, Roster
from tests.kpis.door import again, checked, put, work
from tests.kpis.spreadsheet import sheets_of
from tests.roles.dated_organisation import SOON, TODAY, write_dated_organisation

ALL = Roster(None, with_pay=True)
NOW = Roster(TODAY, with_pay=True)


@pytest.fixture
def dated(in_workspace: Workspace) -> Workspace:
    write_dated_organisation()
    return in_workspace


def parts_of(content: bytes, filename: str, *, at: Path, sheet: str = "") -> tuple[str, Sequence[Path]]:
    """Read a file as the door does; return its table and the rows written aside. Problems and doubts fail loudly."""
    path = at / filename
    path.write_bytes(content)
    guess = {"sheet": sheet} if sheet else None
    mapping = inspect_file(path=str(path), filename=f"{sheet}.xlsx" if sheet else filename, guess=guess)["mapping"]
    doubts = [match for match in mapping["matches"] if match["confidence"] == "unsure"]
    assert (mapping["table_confidence"], doubts) == ("sure", [])
    out = at / f"parts-{mapping['table']}"
    found = load_file(path=str(path), filename=filename, guess=guess, mapping=mapping, out_dir=str(out), upload_seq=1)
    assert not found["problems"]
    return mapping["table"], [out / part["path"] for part in found["parts"]]


def effect(content: bytes, filename: str, *, at: Path, sheet: str = "") -> tuple[str, int, int]:
    """Return the table and how many rows would be new and changed."""
    table, parts = parts_of(content, filename, at=at, sheet=sheet)
    trial = try_facts(table, parts=parts)
    assert not trial.issues, trial.issues
    assert trial.effect is not None
    assert trial.effect["same"] > 0
    return table, trial.effect["new"], trial.effect["changed"]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("asked", [ALL, NOW, Roster(SOON)], ids=["history", "today", "planned day without pay"])
def test_a_csv_of_each_table_loads_again_without_a_change(
    dated: Workspace, asked: Roster, encoding: str, tmp_path: Path
) -> None:
    language = "en" if encoding == "utf-8" else "zh-hans"
    for table in TABLES:
        content = org_csv(table, asked, language=language, encoding=encoding)
        assert effect(content, f"{table}.csv", at=tmp_path) == (table, 0, 0), content.decode(encoding)


@pytest.mark.parametrize("asked", [ALL, NOW], ids=["history", "today"])
def test_every_sheet_of_the_workbook_loads_again_without_a_change(
    dated: Workspace, asked: Roster, tmp_path: Path
) -> None:
    for language in ("zh-hans", "en"):
        content = org_workbook(asked, language=language)
        sheets = list(sheets_of(content))
        found = [effect(content, "organisation.xlsx", at=tmp_path, sheet=sheet) for sheet in sheets]
        assert found == [(table, 0, 0) for table in TABLES]


def test_into_an_empty_workspace_the_history_comes_back_whole(
    dated: Workspace, other_workspace: Workspace, tmp_path: Path
) -> None:
    files = {table: org_csv(table, ALL, language="en", encoding="utf-8") for table in TABLES}
    with workspace_scope(other_workspace.pk):
        for table, content in files.items():
            _table, parts = parts_of(content, f"{table}.csv", at=tmp_path)
            result = sync_rows(table, read_rows(parts), actor_id=None, dry_run=False)
            assert result.is_ok, result.issues
        back = {table: org_csv(table, ALL, language="en", encoding="utf-8") for table in TABLES}
        assert {revision.source for revision in OrgRevision.objects.all()} == {"file"}
    assert back == files


def test_an_edited_export_changes_what_was_edited_from_today_on(dated: Workspace) -> None:
    content = org_csv("org_units", NOW, language="en", encoding="utf-8").decode("utf-8-sig")
    upload = put(content.replace("静安店", "静安新店").encode(), filename="org_units.csv", auto=AutoLoad.CLEAN)
    work()
    assert (again(upload).effect["new"], again(upload).effect["changed"]) == (0, 1)
    history = org_csv("org_units", ALL, language="en", encoding="utf-8").decode()
    assert f",静安店,store,R01,direct,上海,false,,{TODAY - timedelta(days=900)},{TODAY}" in history
    assert f",静安新店,store,R01,direct,上海,false,,{TODAY}," in history
    request_revert(again(upload), actor_id=None)
    work(JobKind.REVERT_UPLOAD)
    assert again(upload).state == UploadState.REVERTED
    assert "静安新店" not in org_csv("org_units", ALL, language="en", encoding="utf-8").decode()


def test_a_faulty_history_is_told_line_by_line_like_any_other_file(dated: Workspace) -> None:
    head = "seat_id,unit_id,title,planned_fte,starts_on,ends_on\n"
    rows = f"P-9,S0101,店员,1,{TODAY},\nP-9,S0101,组长,1,{SOON},\nP-8,NOWHERE,店员,0,{TODAY},\n"
    upload = checked((head + rows).encode(), filename="seats.csv", table="seats")
    told = {(one.line, one.column) for one in upload.problems.filter(severity="error")}
    assert told == {(3, "starts_on"), (4, "unit_id"), (4, "planned_fte")}
    assert all(one.message_zh and one.message_en and one.hint_zh for one in upload.problems.all())


def test_a_line_manager_takes_the_own_branch_without_pay(dated: Workspace, signed_in: Callable[..., Client]) -> None:
    client = signed_in("line_manager", unit_external_id="R01")
    answer = client.get("/w/acme/organisation/files/roster.xlsx?history=1")
    cells = {sheet: {str(value) for value in cells.values()} for sheet, cells in sheets_of(answer.content).items()}
    seen = set().union(*cells.values())
    assert {"S0101", "S0102", "E2"} <= seen
    assert not {"=电商部", "PRJ", "月人力成本", "月人力预算", "80000.5", "15000"} & seen
    assert client.get("/w/acme/organisation/files/employees.csv?branch=D-EC").status_code == 404
    assert signed_in("executive").get("/w/acme/organisation/files/employees.csv").status_code == 403
    pay = (
        signed_in("hr_lead").get("/w/acme/organisation/files/employees.csv?encoding=gb18030").content.decode("gb18030")
    )
    assert "80000.5" in pay
