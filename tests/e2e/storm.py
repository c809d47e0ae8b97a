"""A stack of its own on durable services that may be killed outright at any moment, and what then stands in it."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

from omnichannel.services.postgres import Postgres
from omnichannel.services.processes import spawn, wait_until
from omnichannel.services.stack import worker_command
from omnichannel.services.valkey import Valkey
from tests.e2e.conftest import Stack

HEADER = (
    "order_id,customer_id,channel,unit_id,employee_id,paid_at,status,gross_amount,discount_amount,refund_amount,"
    "net_amount,item_count"
)
ROWS = 2000
KEPT = 500  # rows of a file that are those of the file before, changed
PEOPLE = """
from omnichannel.accounts.models import User
from omnichannel.workspaces.choices import TokenScope
from omnichannel.workspaces.services.members import create_workspace
from omnichannel.workspaces.services.tokens import create_token

owner = User.objects.create_user("owner@storm.example")
for slug in ("calm", "storm"):
    made = create_workspace(slug=slug, name=slug, owner=owner)
    print(slug, create_token(made, name="kill", scope=TokenScope.WRITE, actor=owner)[1])
"""
STANDING = """
import hashlib, json
from django.conf import settings
from kpis.datasets.health.measuring import measuring_engine, open_stored
from kpis.datasets.store.parts import file_digest
from kpis.models import Part
from kpis.queries.stored import stored_tables
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope

for slug in ("calm", "storm"):
    with workspace_scope(Workspace.objects.get(slug=slug).pk):
        stored = stored_tables()["orders"]
        parts = list(Part.objects.order_by("pk"))
        with measuring_engine(memory_limit="512MB", threads=1, spill=settings.DATA_ROOT / "spill") as engine:
            open_stored(engine, stored)
            names = ", ".join(f'"{column.name}"' for column in stored.spec.columns)
            rows = engine.execute(f"select {names} from current order by order_id").fetchall()
            every = engine.execute("select count(*) from seen").fetchall()[0][0]
        standing = {
            "current": hashlib.sha256(repr(rows).encode()).hexdigest(),
            "rows": len(rows),
            "stored": every,
            "parts": len(parts),
            "damaged": [part.path for part in parts if not part.file.exists() or file_digest(part.file) != part.sha256],
        }
        print(slug, json.dumps(standing))
"""
UPLOADS = """
    select upload.filename, upload.state, checking.state, loading.state
    from kpis_upload upload join workspaces_workspace workspace on workspace.id = upload.workspace_id
    left join jobs_job checking on checking.id = upload.check_job_id
    left join jobs_job loading on loading.id = upload.load_job_id
    where workspace.slug = %s order by upload.id
"""


def orders_file(number: int) -> bytes:
    """Return a file of orders; its first rows are rows of the file before with another amount."""
    first = number * (ROWS - KEPT)
    lines = [
        f"O{key},C{key % 700},store,,,2024-05-{10 + key % 20} 10:00:00,paid,{key % 90 + number + 1}.00,0,0,"
        f"{key % 90 + number + 1}.00,1"
        for key in range(first, first + ROWS)
    ]
    return "\n".join([HEADER, *lines, ""]).encode()


@dataclass
class Storm:
    """The stack with the services under it and the tokens of its two workspaces."""

    stack: Stack
    postgres: Postgres
    valkey: Valkey
    tokens: dict[str, str]

    def send(self, slug: str, number: int, *, within: float = 60) -> None:
        """Upload a file as a client that repeats its request under one key until it gets an answer."""
        key, deadline = str(uuid.uuid4()), time.monotonic() + within
        while True:
            try:
                with urllib.request.urlopen(self._request(slug, number, key), timeout=20) as answer:  # noqa: S310 - ours
                    assert answer.status in {201, 202}
                    return
            except urllib.error.HTTPError as error:
                if error.code not in {409, 500, 502, 503}:
                    raise
            except OSError:
                pass  # the web server waits for its database
            assert time.monotonic() < deadline, "no answer"
            time.sleep(0.3)

    def _request(self, slug: str, number: int, key: str) -> urllib.request.Request:
        edge = "----storm"
        fields = {"table": "orders", "load": "good_rows"}
        body = b"".join(
            f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in fields.items()
        )
        body += (
            f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="orders-{number:03d}.csv"\r\n'
            "Content-Type: text/csv\r\n\r\n"
        ).encode()
        body += orders_file(number) + f"\r\n--{edge}--\r\n".encode()
        headers = {
            "Authorization": f"Token {self.tokens[slug]}",
            "Content-Type": f"multipart/form-data; boundary={edge}",
            "Idempotency-Key": key,
        }
        url = f"{self.stack.url}/api/v1/workspaces/{slug}/uploads/"
        return urllib.request.Request(url, data=body, headers=headers, method="POST")  # noqa: S310 - our own address

    def uploads(self, slug: str) -> list[tuple[Any, ...]]:
        """Return file name, state, and the states of both jobs of every upload."""
        return self.patiently(lambda: self.stack.sql(UPLOADS, slug))

    def active(self) -> int:
        """Return how many jobs wait or run."""
        found = self.patiently(
            lambda: self.stack.sql("select count(*) from jobs_job where state in ('queued', 'running')")
        )
        return int(found[0][0])

    def patiently(self, ask: Callable[[], list[tuple[Any, ...]]]) -> list[tuple[Any, ...]]:
        """Ask a database that may just be starting."""
        deadline = time.monotonic() + 30
        while True:
            try:
                return ask()
            except psycopg2.Error:
                assert time.monotonic() < deadline, "the database stays away"
                time.sleep(0.1)

    def standing(self) -> dict[str, dict[str, Any]]:
        """Return what counts in both workspaces: hash and number of current rows, stored rows, parts."""
        lines = [line.split(" ", 1) for line in self.stack.manage("shell", "-c", STANDING).splitlines()]
        return {slug: json.loads(told) for slug, told in (line for line in lines if line[0] in {"calm", "storm"})}

    def strike(self, victim: str, moment: random.Random, *, span: float) -> str:
        """Kill one part of the product outright at a random moment of an upload and start it again at once."""
        if victim == "child" and self._kill_child(moment, span=span):
            return victim
        if victim == "child":
            victim = "worker"  # the file was through already
        else:
            time.sleep(moment.uniform(0, span))
        if victim == "worker":
            self.stack.kill_worker()
            self.stack.start("worker", worker_command())
        elif victim == "valkey":
            self._again(self.valkey)
        else:
            os.killpg(self.postgres.process.pid, signal.SIGKILL)
            self.postgres.process.wait(10)
            self.postgres.start()
        return victim

    def _again(self, valkey: Valkey) -> None:
        old = valkey.process
        os.killpg(old.pid, signal.SIGKILL)
        old.wait(10)
        arguments = [str(part) for part in old.args] if isinstance(old.args, list) else []
        socket = Path(arguments[arguments.index("--unixsocket") + 1])
        socket.unlink(missing_ok=True)
        log = socket.with_name("log")
        valkey.process = spawn(arguments, log=log)
        wait_until(socket.exists, process=valkey.process, log=log)

    def _kill_child(self, moment: random.Random, *, span: float) -> bool:
        """Kill the parser of our own worker; False when there is none within the time of two uploads."""
        deadline = time.monotonic() + 2 * span
        while time.monotonic() < deadline:
            child = parser_of(self.stack.children["worker"])
            if child is not None:
                time.sleep(moment.uniform(0, span / 3))
                if parser_of(self.stack.children["worker"]) == child:
                    os.kill(child, signal.SIGKILL)
                    return True
            time.sleep(0.02)
        return False


def parser_of(worker: subprocess.Popen[bytes]) -> int | None:
    """Return the process of a parser below the worker, if one runs now."""
    parents, parsers = {}, []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            status = (entry / "stat").read_text()
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        parents[int(entry.name)] = int(status.rpartition(")")[2].split()[1])
        if b"kpis.datasets.zygote" in command:
            parsers.append(int(entry.name))
    # those that a zygote has forked; itself it waits
    forked = [pid for pid in parsers if parents[pid] in parsers]
    return next((pid for pid in forked if _is_below(pid, worker.pid, parents)), None)


def _is_below(pid: int, ancestor: int, parents: dict[int, int]) -> bool:
    while pid in parents:
        if pid == ancestor:
            return True
        pid = parents[pid]
    return False
