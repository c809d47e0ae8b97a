"""Each system read from a local server: after every change our organisation equals the address book."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from omnichannel.workspaces.models import Workspace
from roles.choices import Thing
from roles.directories.client import Access, Patience
from roles.directories.clients import client_of
from roles.directories.faults import DirectoryFault
from roles.directories.shapes import Directory, Kind
from roles.models import OrgRevision, Person, ReportingLine, SeatVersion
from roles.queries.source_ids import known_ids
from roles.services.directories.writing import DirectoryOutcome, write_directory
from roles.services.sync import (
    AssignmentInput,
    PersonInput,
    UnitInput,
    states,
    upsert_assignments,
    upsert_people,
    upsert_units,
)
from tests.roles.directories.server import SECRET, SYSTEMS, Answers, serving
from tests.roles.directories.world import World, big, expected, firm, managers, names, organisation

DAY = date(2026, 9, 1)


@dataclass
class Sync:
    """A system with its world; a call reads and writes on the next day and compares."""

    kind: Kind
    answers: Answers
    url: str
    day: date = DAY
    pauses: list[float] = field(default_factory=list)

    @property
    def world(self) -> World:
        return self.answers.world

    @property
    def root(self) -> str:
        """Return our id of the root: what Feishu calls 0 is no id of ours."""
        return "feishu-0" if self.kind is Kind.FEISHU else "1"

    def read(self, *, secret: str = SECRET) -> Directory:
        access = Access(self.url, "corp", secret, allow_private=True)
        return client_of(self.kind, access, patience=Patience(sleep=self.pauses.append)).read(lambda done, total: None)

    def __call__(self, *, confirm: str = "", days: int = 1, **said: object) -> DirectoryOutcome:
        self.day += timedelta(days=days)
        return write_directory(self.read(), on=self.day, actor_id=None, confirm=confirm, **said)  # type: ignore[arg-type]

    def agreed(self, *, confirm: bool = False, days: int = 1) -> DirectoryOutcome:
        """Sync, and demand that our organisation equals the world and that the same again changes nothing."""
        done = self(days=days)
        if confirm and done.confirm:
            done = self(confirm=done.confirm, days=0)
        assert done.written, (done.confirm, done.summary["issues"])
        assert organisation(on=self.day) == expected(self.world, root=self.root)
        before = OrgRevision.objects.count()
        again = self(days=0)
        assert (again.written, again.revision, OrgRevision.objects.count()) == (True, None, before)
        return done


@pytest.fixture(params=["wecom", "dingtalk", "feishu"])
def sync(request: pytest.FixtureRequest, in_workspace: Workspace) -> Iterator[Sync]:
    """Each of the systems with the firm of five levels."""
    answers = SYSTEMS[request.param](firm())
    with serving(answers) as url:
        yield Sync(Kind(request.param), answers, url)


@pytest.fixture
def wecom(in_workspace: Workspace) -> Iterator[Sync]:
    """WeCom with the firm."""
    answers = SYSTEMS["wecom"](firm())
    with serving(answers) as url:
        yield Sync(Kind.WECOM, answers, url)


def test_the_first_reading_brings_tree_order_people_heads_and_lines(sync: Sync) -> None:
    done = sync.agreed()
    assert done.summary["parts"]["people"]["counts"]["created"] == 9
    assert managers(on=sync.day) == {
        "boss": None, "mia": "boss", "liu": "boss", "shen": "liu", "chen": "shen",
        "gu1": "chen", "gu2": "chen", "hz1": "liu", "mkt": "mia",
    }  # fmt: skip
    heads = SeatVersion.objects.on(sync.day).filter(is_head=True).values_list("unit__external_id", "title")
    assert dict(heads) == {
        sync.root: "总经理", "2": "市场总监", "3": "大区经理", "31": "负责人", "3111": "店长",
    }  # fmt: skip
    lines = ReportingLine.objects.on(sync.day).values_list("person__external_id", "to_person__external_id", "note")
    assert set(lines) == {("gu2", "boss", "项目组"), ("mkt", "liu", "华东大区")}
    wanted = {sync.root: "group", "3": "region", "31": "region", "3111": "store", "4": "project_team"}
    assert {key: one["spans"][0]["level"] for key, one in states(Thing.UNITS, wanted).items()} == wanted
    assert names()["gu1"] == "员工gu1"


def test_what_the_world_goes_through_ours_goes_through(sync: Sync) -> None:
    sync.agreed()
    world = sync.world
    # a parent and its child change places
    world.change("31", parent="1", place=3)
    world.change("3", parent="31", place=9)
    sync.agreed()
    # a department between two, and siblings in another order
    world.dept("35", "浙江区域", "3", 0)
    world.change("32", parent="35", place=0)
    world.change("2", place=7)
    sync.agreed()
    # somebody changes departments and the leader with them
    world.change("gu1", depts=("32",))
    world.change("32", leaders=("gu1",))
    sync.agreed()
    assert managers(on=sync.day)["hz1"] == "gu1"
    # blocked, then enabled again
    world.change("hz1", active=False)
    sync.agreed(confirm=True)
    left = Person.objects.get(external_id="hz1").left_on
    assert left == sync.day
    world.change("hz1", active=True)
    sync.agreed()
    spans = states(Thing.PEOPLE, ["hz1"])["hz1"]["spans"]
    assert [span["end"] for span in spans][-2:] == [str(left), None]
    # deleted, with the department, then restored
    gone, away = world.depts.pop("4"), world.users.pop("gu2")
    sync.agreed(confirm=True)
    assert not ReportingLine.objects.on(sync.day).filter(person__external_id="gu2").exists()
    world.depts["4"], world.users["gu2"] = gone, away
    sync.agreed()
    assert len(Person.objects.filter(external_id="gu2")) == 1


def test_a_name_and_a_direct_manager_win_over_the_department(sync: Sync) -> None:
    sync.agreed()
    sync.world.change("gu1", manager="liu", name="顾一")
    sync.world.change("3111", leaders=("gu2",))
    sync.agreed()
    found = managers(on=sync.day)
    assert (found["gu1"], found["chen"], found["gu2"], names()["gu1"]) == ("liu", "gu2", "shen", "顾一")


def test_direct_managers_that_go_round_in_circles_are_told_and_the_departments_decide(sync: Sync) -> None:
    sync.world.change("gu1", manager="gu2")
    sync.world.change("gu2", manager="gu1")
    done = sync.agreed()
    assert done.summary["note_counts"]["manager_loop"] == 1
    assert {managers(on=sync.day)[key] for key in ("gu1", "gu2")} == {"chen"}


def test_many_people_come_page_by_page_and_the_lists_end(sync: Sync) -> None:
    """DIRECTORY_PEOPLE=2000 reads as many as the product promises, and prints how long it takes."""
    people = int(os.environ.get("DIRECTORY_PEOPLE", "240"))
    sync.answers.world = big(people=people, shops=max(3, people // 130))
    sync.answers.page = min(sync.answers.page, 40)
    started = time.monotonic()
    directory = sync.read()
    read = time.monotonic()
    done = write_directory(directory, on=sync.day, actor_id=None)
    print(f"{sync.kind}: {people} people read in {read - started:.1f} s, written in {time.monotonic() - read:.1f} s")
    assert done.written
    assert organisation(on=sync.day) == expected(sync.world, root=sync.root)
    assert done.summary["people"] == people


def test_a_token_that_runs_out_in_between_is_renewed_once(sync: Sync) -> None:
    told: list[str] = []

    def expire(path: str, query: dict[str, object], body: dict[str, object]) -> None:
        if "token" not in path and not told:
            told.append(path)
            sync.answers.tokens += 1
        return None

    sync.answers.breaks.append(expire)
    sync.agreed()
    assert told
    assert sync.pauses == []


def test_a_limit_and_a_failing_server_are_waited_for(sync: Sync) -> None:
    busy = {
        "wecom": {"errcode": 45009, "errmsg": "reach max api minute quota limit"},
        "dingtalk": {"errcode": 88, "sub_code": "90018", "sub_msg": "flow control", "errmsg": "ding talk error"},
        "feishu": {"code": 99991400, "msg": "request trigger frequency limit"},
    }[sync.kind.value]
    queue: list[object] = [busy, 503, b'{"errcode": 0, "resul', 429]
    sync.answers.breaks.append(lambda path, query, body: queue.pop(0) if queue and "token" not in path else None)  # type: ignore[arg-type,return-value]
    sync.agreed()
    assert len(sync.pauses) == 4


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ({"errcode": 60011, "errmsg": "no privilege", "code": 99991672, "msg": "Access denied"}, "no_privilege"),
        ({"errcode": 60003, "errmsg": "not found", "code": 43010, "msg": "internal"}, "refused"),
        (500, "answer"),
        (302, "refused"),
        (b"<html>login</html>", "answer"),
        (b"[]", "answer"),
    ],
)
def test_what_cannot_be_read_ends_the_reading_and_nobody_leaves(sync: Sync, broken: object, code: str) -> None:
    sync.agreed()
    if isinstance(broken, dict):
        own = ("code", "msg") if sync.kind is Kind.FEISHU else ("errcode", "errmsg")
        broken = {name: broken[name] for name in own}
    sync.answers.breaks.append(lambda path, query, body: broken if "token" not in path else None)  # type: ignore[arg-type,return-value]
    with pytest.raises(DirectoryFault) as caught:
        sync()
    assert caught.value.code == code
    assert organisation(on=sync.day) == expected(sync.world, root=sync.root)


def test_a_wrong_secret_is_named_and_never_repeated_in_the_fault(sync: Sync) -> None:
    with pytest.raises(DirectoryFault) as caught:
        sync.read(secret="not-the-secret")
    assert caught.value.code == "credentials"
    assert "not-the-secret" not in f"{caught.value!r} {caught.value}"
    assert SECRET not in repr(Access("https://a.example", "corp", SECRET))


def test_a_cut_page_that_says_it_is_the_last_needs_words_before_anybody_leaves(sync: Sync) -> None:
    sync.agreed()
    whole = dict(sync.world.users)
    sync.answers.world.users = {key: one for key, one in whole.items() if key in {"boss", "mia", "liu", "shen", "chen"}}
    cut = sync()
    assert (cut.written, cut.confirm) == (False, "4 leavers")
    sync.answers.world.users = whole
    assert organisation(on=sync.day) == expected(sync.world, root=sync.root)
    assert sync(days=0).revision is None


def test_a_page_that_promises_more_and_gives_no_way_on_is_a_fault(sync: Sync) -> None:
    def endless(path: str, query: dict[str, object], body: dict[str, object]) -> dict[str, object] | None:
        if path.endswith("/user/list_id"):
            return {"errcode": 0, "next_cursor": "again", "dept_user": []}
        if path.endswith("/topapi/v2/user/list"):
            return {"errcode": 0, "result": {"has_more": True, "next_cursor": 7, "list": []}}
        if path.endswith("/find_by_department"):
            return {"code": 0, "data": {"has_more": True, "page_token": "again", "items": []}}
        if path.endswith("/cgi-bin/user/list"):
            return {"errcode": 48009, "errmsg": "not allowed"}
        return None

    sync.answers.breaks.append(endless)  # type: ignore[arg-type]
    with pytest.raises(DirectoryFault) as caught:
        sync.read()
    assert caught.value.code == "paging"


def test_departments_that_are_their_own_children_are_told_and_stay_where_they_were(wecom: Sync) -> None:
    wecom.agreed()
    before = organisation(on=wecom.day)
    wecom.world.change("3", parent="31")
    done = wecom()
    assert done.written
    assert done.summary["notes"] == [["department_loop", "3", "3 → 31 → 3"]]
    assert organisation(on=wecom.day) == before
    wecom.world.change("3", parent="3")
    assert wecom().summary["notes"][0][0] == "department_loop"
    assert organisation(on=wecom.day) == before


def test_a_list_that_names_an_ancestor_as_child_is_not_followed(in_workspace: Workspace) -> None:
    answers = SYSTEMS["dingtalk"](firm())
    own = {
        "errcode": 0,
        "result": [{"dept_id": 31, "name": "上海区域", "parent_id": 3}, {"dept_id": 3, "name": "华东"}],
    }
    answers.breaks.append(
        lambda path, query, body: own if path.endswith("listsub") and body["dept_id"] in (31, 3) else None
    )
    with serving(answers) as url:
        found = Sync(Kind.DINGTALK, answers, url).read()
    assert [(note.code, note.subject, note.more) for note in found.notes][:1] == [("listed_twice", "3", "3")]
    assert sorted(one.id for one in found.departments) == ["1", "2", "3", "31", "4"]


@pytest.mark.parametrize("null", [None, 0, "0", ""])
def test_a_root_without_a_parent_is_the_top_however_it_is_written(wecom: Sync, null: object) -> None:
    whole = wecom.answers.dept
    wecom.answers.dept = lambda one: {**whole(one), **({"parentid": null} if one.id == "1" else {})}  # type: ignore[method-assign]
    wecom.agreed()


def test_an_address_book_secret_reads_ids_by_cursor_and_the_rest_one_by_one(wecom: Sync) -> None:
    wecom.answers.may_list = False  # type: ignore[attr-defined]
    wecom.answers.page = 4
    wecom.agreed()
    calls = wecom.answers.calls
    assert calls.count("/cgi-bin/user/list_id") >= 3
    assert "/cgi-bin/department/simplelist" in calls


def test_a_changed_id_is_the_same_person_once_a_person_or_the_system_says_so(sync: Sync) -> None:
    sync.agreed()
    old = sync.world.users.pop("gu1")
    sync.world.users["gu9"] = replace(old, id="gu9")
    if sync.kind is Kind.WECOM:
        plan = sync(dry_run=True, days=0)
        assert plan.summary["maybe_same"] == [{"name": "员工gu1", "old": "gu1", "new": "gu9"}]
        read = replace(sync.read(), renames=(("gu1", "gu9"),))
        done = write_directory(read, on=sync.day, actor_id=None)
        assert done.summary["renamed"] == [["gu1", "gu9"]]
    else:
        answers = sync.answers
        user = answers.user
        stable = "unionid" if sync.kind is Kind.DINGTALK else "union_id"
        prefix = "union" if sync.kind is Kind.DINGTALK else "on_"
        answers.user = lambda one, *rest: {  # type: ignore[method-assign]
            **user(one, *rest),
            **({stable: f"{prefix}gu1"} if one.id == "gu9" else {}),
        }
        done = sync(days=0)
    assert done.written
    assert "gu1" in managers(on=sync.day)
    assert "gu9" not in managers(on=sync.day)
    assert sync(days=1).revision is None


def test_what_hr_keeps_beside_the_directory_stays(wecom: Sync) -> None:
    wecom.agreed()
    shop = UnitInput("3111", "上海静安店", "store", "311", "direct", "上海", rank=None)
    assert upsert_units([shop], effective_on=wecom.day, actor_id=None).is_ok
    held = AssignmentInput("gu1", "digital-guide", "3111", wecom.day)
    in_project = AssignmentInput("gu2", "user-ops", "4", wecom.day)
    assert upsert_assignments([held, in_project], actor_id=None).is_ok
    leave = wecom.day + timedelta(days=90)
    planned = PersonInput(
        "hz1", "32", wecom.day, "员工hz1", "liu", fte=Decimal("0.5"), left_on=leave, seat_external_id=""
    )
    assert upsert_people([planned], effective_on=wecom.day, actor_id=None).is_ok
    wecom.world.change("3111", name="静安旗舰店")
    wecom.world.depts.pop("4")
    wecom.world.change("gu2", depts=("3111",))
    done = wecom.agreed(confirm=True)
    assert done.summary["roles_ended"] == [f"gu2/user-ops/{DAY + timedelta(days=1)}"]
    state = states(Thing.UNITS, ["3111"])["3111"]["spans"][-1]
    assert (state["name"], state["level"], state["ownership"], state["city"]) == (
        "静安旗舰店",
        "store",
        "direct",
        "上海",
    )
    assert states(Thing.ASSIGNMENTS, [held.external_id])
    stays = states(Thing.PEOPLE, ["hz1"])["hz1"]
    assert (stays["left_on"], stays["spans"][-1]["fte"]) == (str(leave), "0.500")


def test_a_preview_writes_nothing_and_says_what_would_follow(wecom: Sync) -> None:
    plan = wecom(dry_run=True)
    assert (plan.written, OrgRevision.objects.count(), known_ids("wecom", Thing.UNITS)) == (False, 0, {})
    assert plan.summary["parts"]["units"]["counts"]["created"] == 8
    assert plan.summary["effect"]["units"][0]["after"] == 1


def test_a_directory_hangs_below_the_unit_that_was_chosen(wecom: Sync) -> None:
    assert upsert_units([UnitInput("G", "云裳控股", "group")], effective_on=DAY, actor_id=None).is_ok
    done = wecom(under="G")
    assert done.written
    assert organisation(on=wecom.day)["units"]["1"] == ("云裳集团", "G")  # type: ignore[index]


def test_an_empty_directory_is_no_directory(wecom: Sync) -> None:
    wecom.agreed()
    nobody = replace(wecom.read(), members=())
    with pytest.raises(DirectoryFault, match="empty"):
        write_directory(nobody, on=wecom.day, actor_id=None)
