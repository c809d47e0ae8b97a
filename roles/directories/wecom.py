"""WeCom (企业微信): its answers and how to ask for them.

Documented at developer.work.weixin.qq.com: token /document/path/91039, departments 90208 (list), 95350 (ids only),
95351 (one), members 90201 (a department's), 96067 (ids, by cursor), 90196 (one), error codes 90313.
"""

from __future__ import annotations

from collections.abc import Mapping

from roles.directories.client import (
    Answer,
    Client,
    Json,
    Report,
    Verdict,
    items_of,
    object_of,
    pages,
    topped,
    unique,
    verdict_of,
)
from roles.directories.faults import DirectoryFault
from roles.directories.shapes import Department, Directory, Kind, Member, Membership, gathered
from roles.directories.values import at, is_set, number, parent_of, text, texts

BUSY = {"-1", "45009", "45033"}
STALE = {"40014", "42001", "41001"}
CREDENTIALS = {"40001", "40013", "40082", "40091", "41002", "41004"}
NO_PRIVILEGE = {"48002", "48009", "60011", "60020", "60123", "301002"}
# Blocked by the firm, and gone of their own accord. 4 is invited but not signed in yet: they work there all the same.
NOT_ACTIVE = {2, 5}
PAGE = 10_000


class WeCom(Client):
    """A WeCom corporation: `account` is the corp id, `secret` that of an app that may see the address book."""

    def read(self, report: Report) -> Directory:
        """Read the departments, then the members of each.

        Secrets of the address-book sync may no longer list either (since 15 August 2022): they get the ids by cursor
        and everything else one by one, as far as they may.
        """
        departments = self._departments()
        try:
            members = self._listed(departments, report)
        except DirectoryFault as fault:
            if fault.code != "no_privilege":
                raise
            members = self._one_by_one(report)
        return Directory(Kind.WECOM, tuple(departments), gathered(members))

    def sign_in(self) -> str:
        """Ask for a token, which lives two hours."""
        call = "/cgi-bin/gettoken"
        answer = self.send("GET", call, query={"corpid": self.access.account, "corpsecret": self.access.secret})
        token = text(answer.data.get("access_token")) if answer else ""
        if not token:
            raise DirectoryFault("answer", call=call)
        return token

    def signed(self, token: str, query: Mapping[str, str]) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Put the token into the query."""
        return {"access_token": token, **query}, {}

    def judge(self, answer: Answer, call: str) -> Verdict:
        """Only `errcode` 0 is a success, whatever the status says."""
        return verdict_of(answer, call, busy=BUSY, stale=STALE, credentials=CREDENTIALS, no_privilege=NO_PRIVILEGE)

    def _departments(self) -> list[Department]:
        query = {"id": self.access.root} if self.access.root else {}
        call = "/cgi-bin/department/list"
        try:
            found = items_of(self.ask("GET", call, query=query), "department", call=call)
        except DirectoryFault as fault:
            if fault.code != "no_privilege":
                raise
            call = "/cgi-bin/department/simplelist"
            ids = items_of(self.ask("GET", call, query=query), "department_id", call=call)
            found = self.each(ids, self._department)
        return topped(map(department_of, found), self.access.root)

    def _department(self, simple: Json) -> Json:
        call = "/cgi-bin/department/get"
        found = object_of(self.ask("GET", call, query={"id": text(simple.get("id"))}), "department", call=call)
        return {**simple, **found}

    def _listed(self, departments: list[Department], report: Report) -> list[Member]:
        def of(department: Department) -> list[Member]:
            call = "/cgi-bin/user/list"
            found = self.ask("GET", call, query={"department_id": department.id})
            return [member_of(each) for each in items_of(found, "userlist", call=call)]

        return [member for some in self.each(departments, of, report=report) for member in some]

    def _one_by_one(self, report: Report) -> list[Member]:
        call = "/cgi-bin/user/list_id"

        def turn(cursor: str) -> tuple[list[Json], str]:
            asked: dict[str, object] = {"limit": PAGE, **({"cursor": cursor} if cursor else {})}
            page = self.ask("POST", call, body=asked)
            return items_of(page, "dept_user", call=call), text(page.get("next_cursor"))

        pairs = [pair for page in pages("", turn, call=call) for pair in page]
        departments: dict[str, list[str]] = {}
        for pair in pairs:
            departments.setdefault(text(pair.get("userid")), []).append(text(pair.get("department")))

        def one(userid: str) -> Member:
            found = self.ask("GET", "/cgi-bin/user/get", query={"userid": userid})
            return member_of({"userid": userid, "department": departments[userid], **found})

        return self.each(unique(key for key in departments if key), one, report=report)


def department_of(said: Json) -> Department:
    """Read a department. `order` is larger for what stands first; the root's parent is 0."""
    key = text(said.get("id"))
    if not key:
        raise DirectoryFault("answer", said="department without id")
    order = number(said.get("order"))
    return Department(
        id=key,
        name=text(said.get("name")) or text(said.get("name_en")) or key,
        parent=parent_of(said.get("parentid")),
        rank=-order if order is not None else None,
        leaders=texts(said.get("department_leader")),
    )


def member_of(said: Json) -> Member:
    """Read a member. `order` and `is_leader_in_dept` stand beside `department`, one for each."""
    key = text(said.get("userid"))
    if not key:
        raise DirectoryFault("answer", said="member without userid")
    departments = texts(said.get("department"))
    main = text(said.get("main_department"))
    memberships = [_membership(said, index, department) for index, department in enumerate(departments)]
    memberships.sort(key=lambda one: one.department != main)
    enabled = number(said.get("enable"))
    return Member(
        id=key,
        name=text(said.get("name")),
        memberships=tuple(memberships),
        managers=texts(said.get("direct_leader")),
        title=text(said.get("position")),
        is_active=enabled != 0 and number(said.get("status")) not in NOT_ACTIVE,
        stable_id=text(said.get("open_userid")),
    )


def _membership(said: Json, index: int, department: str) -> Membership:
    order = number(at(said.get("order"), index))
    is_leader = is_set(at(said.get("is_leader_in_dept"), index))
    return Membership(department, is_leader, -order if order is not None else None)
