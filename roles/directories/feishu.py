"""Feishu (飞书): its answers and how to ask for them.

Documented at open.feishu.cn: token /document/server-docs/authentication-management/access-token/
tenant_access_token_internal, departments …/reference/contact-v3/department/children and get, members
…/reference/contact-v3/user/find_by_department; 50 a page, 1,000 calls a minute.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

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
from roles.directories.shapes import Department, Directory, Kind, Member, Membership, gathered
from roles.directories.values import day_of, is_set, number, parent_of, text, texts, within

ROOT, ROOT_KEY = "0", "feishu-0"
BUSY = {"99991400", "1500", "1642", "2200", "1000004", "1000005"}
STALE = {"99991661", "99991663", "99991664", "99991665", "99991671"}
CREDENTIALS = {"10003", "10014", "99991543"}
NO_PRIVILEGE = {"40004", "40014", "41050", "99991672", "99991679", "99991401"}
PAGE = "50"
TYPES = {"department_id_type": "open_department_id", "user_id_type": "open_id"}
GONE = ("is_frozen", "is_resigned", "is_exited")
DEPUTY = 2


class Feishu(Client):
    """A Feishu tenant: `account` is the app id, `secret` the app secret. Ids are the open ones, which never change."""

    wait_header: ClassVar[str] = "x-ogw-ratelimit-reset"

    def read(self, report: Report) -> Directory:
        """Read the tree in one run of pages, then the members of each department."""
        root = self.access.root or ROOT
        departments = topped([self._root(root), *self._below(root)], root)
        some = self.each(departments, lambda one: self._members(one.id), report=report)
        members = gathered(member for each in some for member in each)
        return Directory(Kind.FEISHU, tuple(departments), members)

    def sign_in(self) -> str:
        """Ask for a token of the tenant, which lives two hours."""
        call = "/open-apis/auth/v3/tenant_access_token/internal"
        body = {"app_id": self.access.account, "app_secret": self.access.secret}
        answer = self.send("POST", call, query={}, body=body)
        token = text(answer.data.get("tenant_access_token")) if answer else ""
        if not token:
            raise DirectoryFault("answer", call=call)
        return token

    def signed(self, token: str, query: Mapping[str, str]) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """Put the token into a header."""
        return query, {"Authorization": f"Bearer {token}"}

    def judge(self, answer: Answer, call: str) -> Verdict:
        """Only `code` 0 is a success."""
        return verdict_of(answer, call, busy=BUSY, stale=STALE, credentials=CREDENTIALS, no_privilege=NO_PRIVILEGE)

    def _root(self, root: str) -> Department:
        """Return the department to begin with. The tenant's own root has no parent and may lack a name."""
        call = f"/open-apis/contact/v3/departments/{root}"
        found = object_of(self.ask("GET", call, query=TYPES), "data", "department", call=call)
        return department_of({**found, "open_department_id": root})

    def _below(self, root: str) -> list[Department]:
        call = f"/open-apis/contact/v3/departments/{root}/children"
        asked = {**TYPES, "fetch_child": "true", "page_size": PAGE}
        found = self._all(call, asked)
        return [department_of(each) for each in found if not is_set(within(each, "status").get("is_deleted"))]

    def _members(self, department: str) -> list[Member]:
        call = "/open-apis/contact/v3/users/find_by_department"
        asked = {**TYPES, "department_id": department, "page_size": PAGE}
        return [member_of(each, listed_in=department) for each in self._all(call, asked)]

    def _all(self, call: str, asked: Mapping[str, str]) -> list[Json]:
        def turn(cursor: str) -> tuple[list[Json], str]:
            page = object_of(
                self.ask("GET", call, query={**asked, **({"page_token": cursor} if cursor else {})}), "data", call=call
            )
            following = text(page.get("page_token"))
            if is_set(page.get("has_more")) and not following:
                raise DirectoryFault("paging", call=call)
            return items_of(page, "items", call=call), following if is_set(page.get("has_more")) else ""

        return [item for page in pages("", turn, call=call) for item in page]


def department_of(said: Json) -> Department:
    """Read a department. `order` is a text, smaller for what stands first; under `0` stands the tenant's root."""
    key = text(said.get("open_department_id")) or text(said.get("department_id"))
    if not key:
        raise DirectoryFault("answer", said="department without open_department_id")
    parent = text(said.get("parent_department_id"))
    return Department(
        id=key,
        name=text(said.get("name")) or text(within(said, "i18n_name").get("zh_cn")) or key,
        parent=(parent or ROOT) if key != ROOT else None,
        rank=number(said.get("order")),
        leaders=_leaders(said),
        key=_own_key(said, key),
    )


def _own_key(said: Json, key: str) -> str:
    """Return the department id that the firm has given itself, where it has; for the root one that is no bare 0."""
    if key == ROOT:
        return ROOT_KEY
    own = text(said.get("department_id"))
    return own if own and own != key and parent_of(own) and not own.startswith("od-") else ""


def _leaders(said: Json) -> tuple[str, ...]:
    """Return the leader before the deputies."""
    listed = said.get("leaders")
    leaders = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    leaders.sort(key=lambda one: number(one.get("leaderType")) == DEPUTY)
    named = [text(said.get("leader_user_id")), *(text(one.get("leaderID")) for one in leaders)]
    return tuple(dict.fromkeys(one for one in named if one))


def member_of(said: Json, *, listed_in: str = "") -> Member:
    """Read a member. `orders` says which department is the main one; people and departments stand larger first."""
    key = text(said.get("open_id")) or text(said.get("user_id"))
    if not key:
        raise DirectoryFault("answer", said="member without open_id")
    listed = said.get("orders")
    orders = {
        text(one.get("department_id")): one
        for one in (listed if isinstance(listed, list) else [])
        if isinstance(one, Mapping)
    }
    departments = texts(said.get("department_ids")) or ((listed_in,) if listed_in else ())
    places = sorted(departments, key=lambda one: _place(orders.get(one, {})))
    status = within(said, "status")
    return Member(
        id=key,
        name=text(said.get("name")),
        memberships=tuple(_membership(one, orders.get(one, {})) for one in places),
        managers=texts(said.get("leader_user_id")),
        dotted=texts(said.get("dotted_line_leader_user_ids")),
        title=text(said.get("job_title")),
        hired_on=day_of(said.get("join_time"), unit=1),
        is_active=not any(is_set(status.get(name)) for name in GONE),
        stable_id=text(said.get("union_id")),
        key=text(said.get("user_id")) if text(said.get("user_id")) != key else "",
    )


def _place(order: Json) -> tuple[bool, int]:
    return not is_set(order.get("is_primary_dept")), -(number(order.get("department_order")) or 0)


def _membership(department: str, order: Json) -> Membership:
    rank = number(order.get("user_order"))
    return Membership(department, rank=-rank if rank is not None else None)
