"""A local server that answers as WeCom, DingTalk and Feishu document it, out of a world; tests may break it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.roles.directories.world import Dept, User, World

Json = dict[str, Any]
Break = Callable[[str, Json, Json], Json | int | bytes | None]
SECRET = "s3cret-of-the-app"
LARGEST = 1000


class Answers:
    """What one system answers: by path, the query and body in, JSON out."""

    page = 100

    def __init__(self, world: World) -> None:
        self.world = world
        self.tokens = 0
        self.calls: list[str] = []
        self.breaks: list[Break] = []

    @property
    def token(self) -> str:
        return f"token-{self.tokens}"

    def answer(self, path: str, query: Json, body: Json, bearer: str) -> Json | int | bytes:
        self.calls.append(path)
        for each in list(self.breaks):
            broken = each(path, query, body)
            if broken is not None:
                return broken
        return self.reply(path, query, body, bearer)

    def reply(self, path: str, query: Json, body: Json, bearer: str) -> Json:
        raise NotImplementedError

    def dept(self, one: Dept) -> Json:
        raise NotImplementedError

    def user(self, one: User, dept: str = "") -> Json:
        raise NotImplementedError


class WeComAnswers(Answers):
    """qyapi.weixin.qq.com: `order` larger first, ids are numbers, the root's parent is 0."""

    may_list = True

    def reply(self, path: str, query: Json, body: Json, bearer: str) -> Json:
        if path == "/cgi-bin/gettoken":
            if query.get("corpsecret") != SECRET:
                return {"errcode": 40001, "errmsg": "invalid credential, hint: [1]"}
            self.tokens += 1
            return {"errcode": 0, "errmsg": "ok", "access_token": self.token, "expires_in": 7200}
        if query.get("access_token") != self.token:
            return {"errcode": 42001, "errmsg": "access_token expired"}
        listing = path in {"/cgi-bin/department/list", "/cgi-bin/user/list"}
        if listing and not self.may_list:
            return {"errcode": 48009, "errmsg": "not allow to call this api"}
        found: dict[str, Callable[[], Json]] = {
            "/cgi-bin/department/list": lambda: {"department": list(map(self.dept, self.world.depts.values()))},
            "/cgi-bin/department/simplelist": lambda: {
                "department_id": [
                    {name: said[name] for name in ("id", "parentid", "order")}
                    for said in map(self.dept, self.world.depts.values())
                ]
            },
            "/cgi-bin/department/get": lambda: {"department": self.dept(self.world.depts[query["id"]])},
            "/cgi-bin/user/list": lambda: {"userlist": list(map(self.user, self.world.of(query["department_id"])))},
            "/cgi-bin/user/list_id": lambda: self.ids(body),
            "/cgi-bin/user/get": lambda: self.user(self.world.users[query["userid"]]),
        }
        return {"errcode": 0, "errmsg": "ok", **found[path]()}

    def ids(self, body: Json) -> Json:
        pairs = [{"userid": one.id, "department": int(dept)} for one in self.world.users.values() for dept in one.depts]
        start = int(body.get("cursor") or 0)
        end = start + min(body["limit"], self.page)
        return {"next_cursor": str(end) if end < len(pairs) else "", "dept_user": pairs[start:end]}

    def dept(self, one: Dept) -> Json:
        return {
            "id": int(one.id),
            "name": one.name,
            "parentid": int(one.parent or 0),
            "order": 100_000_000 - one.place * LARGEST,
            "department_leader": list(one.leaders),
        }

    def user(self, one: User, dept: str = "") -> Json:
        leads = [int(one.id in self.world.depts[key].leaders) for key in one.depts if key in self.world.depts]
        return {
            "userid": one.id,
            "name": one.name,
            "department": [int(key) for key in reversed(one.depts)],
            "order": [0] * len(one.depts),
            "is_leader_in_dept": leads[::-1],
            "main_department": int(one.depts[0]),
            "direct_leader": [one.manager] if one.manager else [],
            "position": one.title,
            "mobile": "13800000000",
            "email": f"{one.id}@example.com",
            "status": 1 if one.active else 2,
            "enable": int(one.active),
        }


class DingTalkAnswers(Answers):
    """oapi.dingtalk.com: `listsub` gives one level, members come by at most 100, details hold order and leaders."""

    def reply(self, path: str, query: Json, body: Json, bearer: str) -> Json:
        if path == "/gettoken":
            if query.get("appsecret") != SECRET:
                return {"errcode": 40089, "errmsg": "不合法的corpid或corpsecret"}
            self.tokens += 1
            return {"errcode": 0, "errmsg": "ok", "access_token": self.token, "expires_in": 7200}
        if query.get("access_token") != self.token:
            return {"errcode": 88, "sub_code": "40014", "sub_msg": "不合法的access_token", "errmsg": "ding talk error"}
        dept = str(body.get("dept_id", ""))
        found: dict[str, Callable[[], Any]] = {
            "/topapi/v2/department/listsub": lambda: [
                {"dept_id": int(one.id), "name": one.name, "parent_id": int(one.parent or 0)}
                for one in self.world.children(dept)
            ],
            "/topapi/v2/department/get": lambda: self.dept(self.world.depts[dept]),
            "/topapi/v2/user/list": lambda: self.users(body),
            "/topapi/v2/user/get": lambda: self.details(self.world.users[body["userid"]]),
        }
        return {"errcode": 0, "errmsg": "ok", "result": found[path](), "request_id": "x"}

    def dept(self, one: Dept) -> Json:
        parent = {"parent_id": int(one.parent)} if one.parent else {}
        return {
            "dept_id": int(one.id),
            "name": one.name,
            **parent,
            "order": one.place,
            "dept_manager_userid_list": list(one.leaders),
        }

    def users(self, body: Json) -> Json:
        assert body["size"] <= 100
        rows = [one for one in self.world.of(str(body["dept_id"])) if one.active]
        start, end = body["cursor"], body["cursor"] + min(body["size"], self.page)
        more: Json = {"has_more": True, "next_cursor": end} if end < len(rows) else {"has_more": False}
        return {**more, "list": [self.user(one, str(body["dept_id"])) for one in rows[start:end]]}

    def user(self, one: User, dept: str = "") -> Json:
        dept = dept or one.depts[0]
        return {
            "userid": one.id,
            "unionid": f"union{one.id}",
            "name": one.name,
            "mobile": "13800000000",
            "title": one.title,
            "dept_id_list": [int(key) for key in one.depts],
            "dept_order": 176257,
            "leader": one.id in self.world.depts[dept].leaders,
        }

    def details(self, one: User) -> Json:
        said = self.user(one, one.depts[0])
        del said["leader"], said["dept_order"]
        return {
            **said,
            "manager_userid": one.manager,
            "hired_date": 1597573616828,
            "leader_in_dept": [
                {"dept_id": int(key), "leader": one.id in self.world.depts[key].leaders} for key in one.depts
            ],
            "dept_order_list": [{"dept_id": int(key), "order": 1} for key in one.depts],
        }


class FeishuAnswers(Answers):
    """open.feishu.cn: the tenant's root is `0`, `order` is a text, 50 a page; ids are open ones."""

    page = 50

    def reply(self, path: str, query: Json, body: Json, bearer: str) -> Json:
        if path == "/open-apis/auth/v3/tenant_access_token/internal":
            if body.get("app_secret") != SECRET:
                return {"code": 10014, "msg": "app secret invalid"}
            self.tokens += 1
            return {"code": 0, "msg": "ok", "tenant_access_token": self.token, "expire": 7200}
        if bearer != f"Bearer {self.token}":
            return {"code": 99991663, "msg": "Invalid access token for authorization."}
        assert query["user_id_type"] == "open_id"
        *_rest, last = path.rsplit("/", 2)
        if last == "children":
            return self.paged([self.dept(one) for one in self.world.depts.values() if one.parent], query)
        if last == "find_by_department":
            key = self.dept_key(query["department_id"])
            return self.paged([self.user(one) for one in self.world.of(key)], query)
        return {"code": 0, "data": {"department": self.dept(self.world.depts[self.dept_key(last)])}}

    def paged(self, rows: list[Json], query: Json) -> Json:
        start = int(query.get("page_token") or 0)
        end = start + min(int(query["page_size"]), self.page)
        more: Json = {"has_more": True, "page_token": str(end)} if end < len(rows) else {"has_more": False}
        return {"code": 0, "msg": "success", "data": {**more, "items": rows[start:end]}}

    def dept_id(self, key: str) -> str:
        return "0" if key == "1" else f"od-{key}"

    def dept_key(self, given: str) -> str:
        return "1" if given == "0" else given.removeprefix("od-")

    def dept(self, one: Dept) -> Json:
        return {
            "name": one.name,
            "department_id": one.id if one.parent else "0",
            "open_department_id": self.dept_id(one.id),
            "parent_department_id": self.dept_id(one.parent) if one.parent else "",
            "order": str(one.place * LARGEST),
            "leaders": [{"leaderType": 1, "leaderID": f"ou_{key}"} for key in one.leaders],
            "status": {"is_deleted": False},
        }

    def user(self, one: User, dept: str = "") -> Json:
        orders = [
            {
                "department_id": self.dept_id(key),
                "user_order": 100,
                "department_order": 100,
                "is_primary_dept": key == one.depts[0],
            }
            for key in one.depts
        ]
        return {
            "open_id": f"ou_{one.id}",
            "union_id": f"on_{one.id}",
            "user_id": one.id,
            "name": one.name,
            "mobile": "+8613800000000",
            "department_ids": [self.dept_id(key) for key in reversed(one.depts)],
            "leader_user_id": f"ou_{one.manager}" if one.manager else "",
            "orders": orders,
            "job_title": one.title,
            "join_time": 1615381967,
            "status": {"is_frozen": not one.active, "is_resigned": False, "is_exited": False},
        }


SYSTEMS: dict[str, type[Answers]] = {"wecom": WeComAnswers, "dingtalk": DingTalkAnswers, "feishu": FeishuAnswers}


@contextmanager
def serving(answers: Answers) -> Iterator[str]:
    """Serve the answers on a port of this machine; yield the base address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_GET(self) -> None:
            self._reply()

        def do_POST(self) -> None:
            self._reply()

        def _reply(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else {}
            said = answers.answer(parts.path, query, body, self.headers.get("Authorization", ""))
            status = said if isinstance(said, int) else 200
            text = said if isinstance(said, bytes) else json.dumps(said if isinstance(said, dict) else {}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            if status == 302:
                self.send_header("Location", "http://169.254.169.254/")
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
