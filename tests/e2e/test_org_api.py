"""The organisation over HTTP against the running product: many at once, and everything schemathesis can think of.

`ORG_API=whole` runs the counts that the reports name, all routes and all roles (`ORG_API_EXAMPLES` says how many
examples of each); the suite runs a small part of each.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Stack

WHOLE = os.environ.get("ORG_API") == "whole"
WRITERS, KEYS, AT_ONCE = (200, 200, 10) if WHOLE else (20, 10, 10)
SECONDS = 900 if WHOLE else 25
EXAMPLES = os.environ.get("ORG_API_EXAMPLES", "100" if WHOLE else "3")
ROLES = ("owner", "hr_lead", "executive", "analyst", "line_manager", "guide") if WHOLE else ("hr_lead",)
SLUG = "storm"
PREPARE = f"""
import json
from omnichannel.accounts.models import User
from omnichannel.workspaces.choices import MemberRole, TokenScope
from omnichannel.workspaces.models import Membership, Workspace
from omnichannel.workspaces.scoping import workspace_scope
from omnichannel.workspaces.services.tokens import create_token
from tests.roles.organisation import write_organisation
own = Workspace.objects.create(slug="{SLUG}", name="Storm")
with workspace_scope(own.pk):
    write_organisation()
bound = {{"line_manager": {{"unit_external_id": "R01"}}, "guide": {{"person_external_id": "E3"}}}}
made = {{}}
for role in MemberRole:
    user = User.objects.create_user(f"{{role.value}}@{SLUG}.example")
    Membership.objects.create(workspace=own, user=user, role=role, **bound.get(role.value, {{}}))
    made[role.value] = create_token(own, name="api", scope=TokenScope.WRITE, actor=user)[1]
print(json.dumps(made))
"""
STORE = {"name": "并发店", "level": "store", "parent_external_id": "R01", "ownership": "direct"}
Answer = tuple[int, dict[str, str], Any]
Send = Callable[..., Answer]


@pytest.fixture(scope="module")
def tokens(stack: Stack) -> dict[str, str]:
    """Make a workspace that may be left in any state, and a token of each role in it."""
    made: dict[str, str] = json.loads(stack.manage("shell", "-v", "0", "-c", PREPARE).splitlines()[-1])
    return made


@pytest.fixture
def send(stack: Stack, tokens: dict[str, str]) -> Send:
    """Send a request as the HR lead; return status, headers and JSON."""

    def ask(method: str, path: str, body: Any = None, **headers: str) -> Answer:
        given = {name.replace("_", "-"): text for name, text in headers.items()}
        request = urllib.request.Request(  # noqa: S310 - our own address
            f"{stack.url}/api/v1/workspaces/{SLUG}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Token {tokens['hr_lead']}", "Content-Type": "application/json"} | given,
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310 - our own address
                return answer.status, dict(answer.headers), json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers), json.load(error)

    return ask


def test_of_many_stale_writers_one_is_heard_and_the_others_know_it(send: Send) -> None:
    assert send("PUT", "units/C1/", STORE)[0] == 201
    _status, headers, _body = send("GET", "units/C1/")

    def write(number: int) -> Answer:
        return send("PUT", "units/C1/", {**STORE, "name": f"writer {number}"}, If_Match=headers["ETag"])

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(write, range(WRITERS)))
    assert Counter(status for status, _headers, _body in answers) == {200: 1, 412: WRITERS - 1}
    winner = next(number for number, answer in enumerate(answers) if answer[0] == 200)
    _status, _headers, unit = send("GET", "units/C1/")
    assert (unit["name"], unit["revision"]) == (f"writer {winner}", answers[winner][2]["revision"])


def test_a_key_sent_many_times_at_once_has_one_effect(send: Send) -> None:
    def push(call: int) -> Answer:
        number = call // AT_ONCE
        row = {"external_id": f"K{number}", "unit_external_id": "S0101", "hired_on": "2026-11-01"}
        return send("POST", "batch/people/", {"rows": [row]}, Idempotency_Key=f"storm-{number}")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(push, range(KEYS * AT_ONCE)))
    assert {status for status, _headers, _body in answers} <= {200, 409}
    for number in range(KEYS):
        own = [answer for answer in answers[number * AT_ONCE : (number + 1) * AT_ONCE] if answer[0] == 200]
        assert [headers.get("Idempotent-Replayed") for _status, headers, _body in own].count(None) == 1
        assert {body["revision"] for _status, _headers, body in own} == {own[0][2]["revision"]}
        assert own[0][2]["created"] == 1


@pytest.mark.parametrize("role", ROLES)
def test_whatever_the_document_allows_or_not_is_answered_as_it_says(
    role: str, stack: Stack, tokens: dict[str, str], tmp_path: Path
) -> None:
    said = (Path(__file__).parents[2] / "schemathesis.toml").read_text(encoding="utf-8")
    (tmp_path / "schemathesis.toml").write_text(said.replace('"demo"', f'"{SLUG}"'), encoding="utf-8")
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "run", f"{stack.url}/api/schema/", "--url", stack.url, "--checks", "all", "--seed", "1", "--no-color",
        "--phases", "examples,coverage,fuzzing,stateful", "--max-examples", EXAMPLES,
        "--header", f"Authorization: Token {tokens[role]}",
    ]  # fmt: skip
    if not WHOLE:
        command += ["--include-path-regex", "/(batch|units|seats|people|assignments|lines|stages|org-chart|changes)/"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=SECONDS * 12)
    found = done.stdout.partition("= FAILURES =")[2].partition("= WARNINGS =")[0]
    assert done.returncode == 0, found[:20_000] + done.stdout[-1000:] + done.stderr[-2000:]
