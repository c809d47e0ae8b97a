"""Exports and saved answers read without a database: encodings, paths, leaders, what is refused."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date

import pytest
import xlsxwriter

from roles.directories import tables
from roles.directories.faults import DirectoryFault
from roles.directories.files import UploadedFile, directory_of
from roles.directories.placing import tree_of
from roles.directories.reporting import reporting_of
from roles.directories.shapes import Department, Directory, Kind, Member, Membership, Note, as_json, from_json
from tests.roles.directories.server import SYSTEMS
from tests.roles.directories.world import firm

DEPARTMENTS = "部门名称,部门ID,父部门ID,排序\n云裳集团,1,0,100\n华东大区,3,1,90\n市场部,2,1,80\n上海店,31,3,10\n"
MEMBERS = (
    "姓名,帐号,手机号,邮箱,所在部门,职位,性别,是否部门内领导,排序,别名,地址,座机,禁用,禁用项说明：(0-启用;1-禁用)\n"
    "周总,boss,13800000000,b@x.cn,1,总经理,男,1,10,,,,0,\n"
    "刘区长,liu,13800000001,l@x.cn,3;2,大区经理,男,1;0,10;5,,,,0,\n"
    "陈店长,chen,,,31,店长,女,1,,,,,0,\n"
    "离店员,gone,,,31,,女,0,,,,,1,\n"
)


def csv_file(said: str, encoding: str = "utf-8") -> UploadedFile:
    return UploadedFile("通讯录.csv", said.encode(encoding))


def refused(*files: UploadedFile, kind: Kind | None = None) -> tuple[str, str]:
    with pytest.raises(DirectoryFault) as caught:
        directory_of(files, kind=kind)
    return caught.value.code, caught.value.number


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_the_batch_files_of_wecom_read_in_every_encoding(encoding: str) -> None:
    found = directory_of([csv_file(DEPARTMENTS, encoding), csv_file(MEMBERS, encoding)])
    assert found.kind is Kind.WECOM
    assert [(one.id, one.parent, one.rank) for one in found.departments] == [
        ("1", None, -100), ("3", "1", -90), ("2", "1", -80), ("31", "3", -10),
    ]  # fmt: skip
    liu = found.members[1]
    assert (liu.id, liu.title, liu.memberships) == (
        "liu", "大区经理", (Membership("3", True, -10), Membership("2", False, -5)),
    )  # fmt: skip
    assert [one.is_active for one in found.members] == [True, True, True, False]
    assert found.notes == (Note("personal_dropped", more="手机号, 邮箱, 性别, 地址, 座机"),)
    assert "138" not in json.dumps(as_json(found))


def test_an_export_with_paths_makes_the_departments_on_them() -> None:
    said = (
        "企业通讯录\n导出时间：2026-11-01\n"
        "姓名,账号,部门,职务,直属上级\n"
        "周总,boss,云裳集团,总经理,\n"
        "陈店长,chen,云裳集团/华东大区/上海店;云裳集团/市场部,店长,周总\n"
        "王导购,gu1,云裳集团/华东大区/上海店,,陈店长(chen)\n"
    )
    found = directory_of([csv_file(said)])
    assert [(one.id, one.name, one.parent) for one in found.departments] == [
        ("path:云裳集团", "云裳集团", None),
        ("path:云裳集团/华东大区", "华东大区", "path:云裳集团"),
        ("path:云裳集团/华东大区/上海店", "上海店", "path:云裳集团/华东大区"),
        ("path:云裳集团/市场部", "市场部", "path:云裳集团"),
    ]
    assert [one.managers for one in found.members] == [(), ("boss",), ("chen",)]


def test_a_path_beside_a_list_of_departments_is_the_department() -> None:
    said = "姓名,账号,部门\n陈店长,chen,云裳集团/华东大区/上海店\n"
    found = directory_of([csv_file(DEPARTMENTS), csv_file(said)])
    assert found.members[0].memberships[0].department == "31"
    assert len(found.departments) == 4


def workbook(*rows: tuple[object, ...]) -> bytes:
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as book:
        sheet = book.add_worksheet("员工")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return kept.getvalue()


def test_a_workbook_of_dingtalk_reads_numbers_as_ids_and_its_own_paths() -> None:
    content = workbook(
        ("填写须知：请勿修改表头",),
        ("员工UserID", "姓名*", "手机号", "部门*", "职位", "是否此部门主管", "直属主管", "入职时间"),
        (1001, "周总", "13800000000", "云裳-总部", "总经理", "是", "", "2020-01-02"),
        (1002, "刘一", "13800000001", "云裳-华东,云裳-总部", "经理", "否", "周总", "2021年3月4日"),
    )
    found = directory_of([UploadedFile("员工.xlsx", content)])
    assert found.kind is Kind.DINGTALK
    assert [(one.id, one.managers, one.hired_on) for one in found.members] == [
        ("1001", (), date(2020, 1, 2)), ("1002", ("1001",), date(2021, 3, 4)),
    ]  # fmt: skip
    assert found.members[1].memberships[0].department == "path:云裳-华东"


@pytest.mark.parametrize("system", ["wecom", "dingtalk", "feishu"])
def test_saved_answers_of_each_api_are_the_same_directory(system: str) -> None:
    answers = SYSTEMS[system](firm())
    world = answers.world
    departments = [answers.dept(one) for one in world.depts.values()]
    users = [answers.user(one) for one in world.users.values()]
    page = {"has_more": False}
    wrapped: dict[str, list[object]] = {
        "wecom": [{"errcode": 0, "department": departments}, {"errcode": 0, "userlist": users}],
        "dingtalk": [{"errcode": 0, "result": departments}, {"errcode": 0, "result": {**page, "list": users}}],
        "feishu": [{"code": 0, "data": {"items": departments}}, {"code": 0, "data": {**page, "items": users}}],
    }
    lines = "\n".join(json.dumps(one, ensure_ascii=False) for one in wrapped[system])
    whole = directory_of([UploadedFile("a.json", json.dumps(wrapped[system]).encode())])
    assert whole == directory_of([UploadedFile("a.jsonl", lines.encode())])
    assert whole.kind == system
    assert (len(whole.departments), len(whole.members)) == (8, 9)
    assert from_json(json.loads(json.dumps(as_json(whole)))) == whole
    tree = tree_of(whole.departments, known={})
    found = reporting_of(whole, tree)
    assert found.names_anybody
    assert not [word for word in ("13800000000", "@example") if word in json.dumps(as_json(whole))]


def test_an_event_of_a_changed_id_comes_along() -> None:
    event = {"Event": "change_contact", "ChangeType": "update_user", "UserID": "zhangsan", "NewUserID": "zhang3"}
    said = [{"errcode": 0, "department": [{"id": 1, "name": "A", "parentid": 0}]}, event]
    assert directory_of([UploadedFile("a.json", json.dumps(said).encode())]).renames == (("zhangsan", "zhang3"),)


def test_what_is_no_directory_is_refused_by_name() -> None:
    assert refused(csv_file("订单号,金额\n1,2\n")) == ("file", "unknown")
    assert refused(csv_file("姓名,账号,部门\n周总,,云裳\n")) == ("file", "no_ids")
    assert refused(UploadedFile("a.json", b'{"errcode": 60011, "errmsg": "no privilege"}')) == ("file", "error_answer")
    assert refused(UploadedFile("a.json", b'{"errcode": 0, "userlist": [')) == ("file", "damaged")
    assert refused(UploadedFile("a.xlsx", b"PK\x03\x04 no workbook")) == ("file", "damaged")
    more = {"code": 0, "data": {"has_more": True, "items": []}}
    assert refused(UploadedFile("a.json", json.dumps(more).encode())) == ("file", "pages_missing")
    wecom = json.dumps({"department": [{"id": 1, "name": "A", "parentid": 0}]}).encode()
    dingtalk = json.dumps({"result": [{"dept_id": 1, "name": "A"}]}).encode()
    assert refused(UploadedFile("a.json", wecom), UploadedFile("b.json", dingtalk)) == ("file", "mixed")
    assert refused(UploadedFile("a.json", wecom), kind=Kind.FEISHU) == ("file", "mixed")
    assert refused(UploadedFile("a.json", b"[" * 100_000)) == ("file", "damaged")


def test_a_workbook_that_unpacks_to_far_more_is_refused() -> None:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"xl/{number}.xml", b"0" * 90_000_000)
    assert refused(UploadedFile("bomb.xlsx", kept.getvalue())) == ("file", "too_large")


def test_a_sheet_that_is_too_long_is_refused_and_never_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [line.split(",") for line in DEPARTMENTS.splitlines()]
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    files = (csv_file(DEPARTMENTS), UploadedFile("a.xlsx", kept.getvalue()))
    monkeypatch.setattr(tables, "MOST_ROWS", len(rows))
    assert [list(tables.sheets_of(file.content, name=file.name)) for file in files] == [[rows], [rows]]
    monkeypatch.setattr(tables, "MOST_ROWS", len(rows) - 1)
    for file in files:
        assert refused(file) == ("file", "too_large")


def test_no_rule_of_departments_makes_managers_a_circle() -> None:
    """Whoever leads what and sits where: the line from everybody upwards ends."""
    departments = (
        Department("1", "A", None, leaders=("a",)),
        Department("2", "B", "1", leaders=("b", "a")),
        Department("3", "C", "2", leaders=("c",)),
        Department("4", "D", "3", leaders=("a", "d")),
    )
    members = tuple(
        Member(key, key, tuple(Membership(each) for each in places))
        for key, places in {"a": "43", "b": "4", "c": "12", "d": "2", "e": "41", "f": "3"}.items()
    )
    directory = Directory(Kind.WECOM, departments, members)
    found = reporting_of(directory, tree_of(departments, known={})).managers
    for start in found:
        seen, at = set(), found[start]
        while at is not None:
            assert at not in seen
            seen.add(at)
            at = found[at]
    assert found["a"] is None
    assert found["f"] == "c"
