"""The same faults through the door: listed, corrected by file or in place, and the load is the clean one."""

from __future__ import annotations

import csv
import random
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from pytest_django import Settings

from kpis.choices import UploadState
from kpis.models import Upload
from kpis.queries.upload_grid import stored_rows
from kpis.queries.warehouse import open_relations
from kpis.services.corrections import add_steps, undo_step
from kpis.services.staging import problem_file
from kpis.services.uploads import request_load
from omnichannel.jobs.choices import JobKind
from tests.kpis.door import again, checked, work
from tests.kpis.faults.orders import KINDS, clean_orders
from tests.kpis.faults.seeding import Row, Seeded, csv_bytes, seed_file
from tests.kpis.faults.test_order_faults import HEADERS, MAPPING, clean_load, put_right, steps_of

pytestmark = pytest.mark.usefixtures("in_workspace")
# Nothing is known yet that these would have to refer to.
ALONE = {"unit_id": "", "employee_id": "", "campaign_id": ""}
KINDS_ALONE = [kind for kind in KINDS if "unknown_reference" not in {code for _, code in kind.found}]


@pytest.fixture(autouse=True)
def data_root(settings: Settings, tmp_path: Path) -> Path:
    settings.DATA_ROOT = tmp_path / "data"
    return tmp_path


@pytest.fixture
def seeded() -> tuple[list[Row], Seeded]:
    rng = random.Random(11)
    rows = [row | ALONE for row in clean_orders(300, rng=rng)]
    return rows, seed_file(
        rows, headers=HEADERS, kinds=KINDS_ALONE, key="order_id", each=1, rng=rng, other="item_count"
    )


def send(content: bytes, *, filename: str = "订单.csv") -> Upload:
    return checked(content, filename=filename, mapping=MAPPING.to_json(), table="orders")


def load(upload: Upload, *, good_rows: bool = False) -> None:
    request_load(upload, good_rows=good_rows, actor_id=None)
    work(JobKind.LOAD_UPLOAD)
    assert again(upload).state == UploadState.LOADED


def current_orders() -> list[dict[str, object]]:
    relations = open_relations(as_of=date(2024, 12, 31))
    try:
        table = relations.table("orders")
        return sorted(relations.rows(table), key=lambda row: str(row["order_id"])) if table is not None else []
    finally:
        relations.close()


def is_the_clean_load(rows: list[Row], folder: Path) -> bool:
    wanted = clean_load(rows, folder).to_pylist()
    return bool([{name: row[name] for name in wanted[0]} for row in current_orders()] == wanted)


def test_the_faults_are_listed_and_the_corrected_problem_file_completes_the_load(
    seeded: tuple[list[Row], Seeded], data_root: Path
) -> None:
    rows, faults = seeded
    first = send(faults.content())
    assert first.state == UploadState.NEEDS_ATTENTION
    assert Counter(first.problems.values_list("line", "column", "code")) == Counter(faults.expected)
    assert sum(group["count"] for group in first.counts["groups"]) == len(faults.expected)
    load(first, good_rows=True)
    with problem_file(first).open(encoding="utf-8-sig", newline="") as file:
        told = list(csv.reader(file))
    second = send(put_right(told, faults), filename="problems.csv")
    assert second.state == UploadState.READY, list(second.problems.values_list("line", "column", "code", "value"))
    load(second)
    assert is_the_clean_load(rows, data_root)


def test_the_same_corrections_in_place_come_to_the_same_and_can_be_taken_back(
    seeded: tuple[list[Row], Seeded], data_root: Path
) -> None:
    rows, faults = seeded
    upload = send(faults.content())
    add_steps(upload, steps_of(faults), actor_id=None, revision=upload.revision)
    work(JobKind.CHECK_UPLOAD)
    upload = again(upload)
    assert (upload.state, upload.problems.count()) == (UploadState.READY, 0)
    undo_step(upload, actor_id=None, revision=upload.revision)
    work(JobKind.CHECK_UPLOAD)
    assert again(upload).problems.count() >= 1
    add_steps(upload, steps_of(faults)[-1:], actor_id=None)
    work(JobKind.CHECK_UPLOAD)
    load(again(upload))
    assert is_the_clean_load(rows, data_root)


def test_a_file_of_faults_alone_writes_nothing(data_root: Path) -> None:
    rng = random.Random(3)
    kinds = [kind for kind in KINDS_ALONE if kind.name in ("empty key", "word for a date", "words for a number")]
    rows = [row | ALONE for row in clean_orders(3, rng=rng)]
    faulty = [list((row | kind.cells(row)).values()) for row, kind in zip(rows, kinds, strict=True)]
    upload = send(csv_bytes([list(HEADERS.values()), *faulty]))
    assert (upload.state, upload.counts["good"]) == (UploadState.NEEDS_ATTENTION, 0)
    assert current_orders() == []


def test_people_who_do_not_fit_the_organisation_stand_in_a_whole_problem_file_and_are_corrected_in_place() -> None:
    load(checked("unit_id,name,level,parent_id,ownership\nHQ,总部,hq,,direct\n".encode(), filename="org_units.csv"))
    header = "工号,归属组织编号,直属上级工号,用工方式,投入,入职日期"
    rows = ["E1,HQ,,internal,1,2024-01-01", "E2,S9,E1,internal,1,2024-01-01", "E3,HQ,E2,internal,1,2024-01-01"]
    fields = ("employee_id", "unit_id", "manager_id", "fill_mode", "fte", "hired_on")
    sources = {name: {"column": column} for name, column in zip(fields, header.split(","), strict=True)}
    upload = checked(
        "\n".join([header, *rows, ""]).encode(),
        filename="people.csv",
        mapping={"table": "employees", "fields": sources},
        table="employees",
    )
    assert list(upload.problems.values_list("line", "column", "code")) == [(3, "归属组织编号", "does_not_fit")]
    with problem_file(upload).open(encoding="utf-8-sig", newline="") as file:
        told = list(csv.DictReader(file))
    assert [(row["工号"], row["错误码"]) for row in told] == [("E1", ""), ("E2", "does_not_fit"), ("E3", "")]
    assert set(stored_rows(upload, [3])) == {3}
    step = {"kind": "cell", "line": 3, "column": "归属组织编号", "value": "HQ"}
    add_steps(upload, [step], actor_id=None, revision=upload.revision)
    work(JobKind.CHECK_UPLOAD)
    load(again(upload))
