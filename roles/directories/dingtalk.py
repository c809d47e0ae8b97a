"""DingTalk (钉钉): its answers and how to ask for them.

Documented at open.dingtalk.com: token /document/orgapp/obtain-orgapp-token, departments v2: listsub
(obtain-the-department-list-v2, one level only) and get (query-department-details0-v2), members: user/list
(queries-the-complete-information-of-a-department-user, at most 100 a page) and user/get (query-user-details).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

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
    verdict_of,
)
from roles.directories.faults import DirectoryFault
from roles.directories.shapes import Department, Directory, Kind, Member, Membership, Note, gathered
from roles.directories.values import day_of, is_set, number, parent_of, text, texts

ROOT = "1"
BUSY = {"-1", "90002", "90005", "90006", "90008", "90018", "90019"}
STALE = {"40014", "42001", "33001", "40001", "InvalidAuthentication"}
CREDENTIALS = {"40002", "40013", "40089", "40096", "41001", "41002", "41004"}
NO_PRIVILEGE = {"60011", "60020", "50002", "50004", "52019", "Forbidden.AccessDenied.AccessTokenPermissionDenied"}
PAGE = 100


class DingTalk(Client):
    """A DingTalk organisation: `account` is the app key, `secret` the app secret."""

    def read(self, report: Report) -> Directory:
        """Read the tree level by level, then the members by page, then each member's own manager."""
        departments, notes = self._departments()
        members = gathered(
            member for some in self.each(departments, lambda one: self._members(one.id)) for member in some
        )
        try:
            detailed = self.each(members, self._detailed, report=report)
        except DirectoryFault as fault:
            if fault.code != "no_privilege":
                raise
            detailed = list(members)
            notes.append(Note("no_details", more=fault.number))
        return Directory(Kind.DINGTALK, tuple(departments), tuple(detailed), notes=tuple(notes))

    def sign_in(self) -> str:
        """Ask for a token, which lives two hours and is the same when asked for again."""
        call = "/gettoken"
        answer = self.send("GET", call, query={"appkey": self.access.account, "appsecret": self.access.secret})
        token = text(answer.data.get("access_token")) if answer else ""
        if not token:
            raise DirectoryFault("answer", call=call)
        return token

    def signed(self, token: str, query: Mapping[str, str]) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Put the token into the query."""
        return {"access_token": token, **query}, {}

    def judge(self, answer: Answer, call: str) -> Verdict:
        """`errcode` 0 is a success; under 88 the real code is `sub_code`."""
        stale = STALE if call != "/gettoken" else set()
        credentials = CREDENTIALS if call != "/gettoken" else CREDENTIALS | STALE
        return verdict_of(answer, call, busy=BUSY, stale=stale, credentials=credentials, no_privilege=NO_PRIVILEGE)

    def _departments(self) -> tuple[list[Department], list[Note]]:
        """Walk the tree by `listsub`, each department once: a list that names its own ancestor is not followed."""
        notes: list[Note] = []
        found = {self.access.root or ROOT: ""}
        level = list(found)
        while level:
            below = []
            for above, children in zip(level, self.each(level, self._children), strict=True):
                for child in children:
                    if child in found:
                        notes.append(Note("listed_twice", child, above))
                    else:
                        found[child] = above
                        below.append(child)
            level = below
        details = self.each(list(found), self._department)
        placed = [replace(one, parent=one.parent or found[one.id] or None) for one in details]
        return topped(placed, self.access.root or ROOT), notes

    def _children(self, department: str) -> list[str]:
        call = "/topapi/v2/department/listsub"
        found = self.ask("POST", call, body={"dept_id": number(department)})
        return [key for each in items_of(found, "result", call=call) if (key := text(each.get("dept_id")))]

    def _department(self, department: str) -> Department:
        call = "/topapi/v2/department/get"
        found = self.ask("POST", call, body={"dept_id": number(department)})
        return department_of(object_of(found, "result", call=call))

    def _members(self, department: str) -> list[Member]:
        call = "/topapi/v2/user/list"

        def turn(cursor: str) -> tuple[list[Member], str]:
            asked = {"dept_id": number(department), "cursor": int(cursor), "size": PAGE}
            page = object_of(self.ask("POST", call, body=asked), "result", call=call)
            following = text(page.get("next_cursor"))
            if is_set(page.get("has_more")) and not following:
                raise DirectoryFault("paging", call=call, said=department)
            members = [member_of(each, listed_in=department) for each in items_of(page, "list", call=call)]
            return members, following if is_set(page.get("has_more")) else ""

        return [member for page in pages("0", turn, call=call) for member in page]

    def _detailed(self, member: Member) -> Member:
        call = "/topapi/v2/user/get"
        found = member_of(object_of(self.ask("POST", call, body={"userid": member.id}), "result", call=call))
        return gathered([found, member])[0]


def department_of(said: Json) -> Department:
    """Read a department. `order` is smaller for what stands first; the root has no parent."""
    key = text(said.get("dept_id"))
    if not key:
        raise DirectoryFault("answer", said="department without dept_id")
    return Department(
        id=key,
        name=text(said.get("name")) or key,
        parent=parent_of(said.get("parent_id")) if key != ROOT else None,
        rank=number(said.get("order")),
        leaders=texts(said.get("dept_manager_userid_list")),
    )


def member_of(said: Json, *, listed_in: str = "") -> Member:
    """Read a member. The list of a department says `leader` and `dept_order` of it, the details of all departments.

    There is no main department: the first of `dept_id_list` stands for it. People stand larger first.
    """
    key = text(said.get("userid"))
    if not key:
        raise DirectoryFault("answer", said="member without userid")
    orders = {text(one.get("dept_id")): number(one.get("order")) for one in _objects(said, "dept_order_list")}
    leads = {text(one.get("dept_id")): is_set(one.get("leader")) for one in _objects(said, "leader_in_dept")}
    if listed_in:
        orders.setdefault(listed_in, number(said.get("dept_order")))
        leads.setdefault(listed_in, is_set(said.get("leader")))
    departments = texts(said.get("dept_id_list")) or ((listed_in,) if listed_in else ())
    return Member(
        id=key,
        name=text(said.get("name")),
        memberships=tuple(_membership(one, orders, leads) for one in departments),
        managers=texts(said.get("manager_userid")),
        title=text(said.get("title")),
        hired_on=day_of(said.get("hired_date"), unit=1000),
        stable_id=text(said.get("unionid")),
    )


def _membership(department: str, orders: Mapping[str, int | None], leads: Mapping[str, bool]) -> Membership:
    order = orders.get(department)
    return Membership(department, leads.get(department, False), -order if order is not None else None)


def _objects(said: Json, name: str) -> list[Json]:
    found = said.get(name)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
