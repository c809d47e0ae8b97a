"""SCIM against the running product: the outside suite, and many users at once. `SCIM_USERS=2000` runs the whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Stack

USERS = int(os.environ.get("SCIM_USERS", "40"))
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
TOKEN = """
from omnichannel.accounts.models import User
from omnichannel.workspaces.choices import TokenScope
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.services.tokens import create_token
workspace = Workspace.objects.get(slug="scim")
actor = User.objects.get(email="owner@demo.example")
print(create_token(workspace, name="idp", scope=TokenScope.WRITE, actor=actor)[1])
"""


@pytest.fixture(scope="module")
def token(stack: Stack) -> str:
    """The token of an identity provider, for a workspace of its own."""
    stack.manage("create_workspace", "scim", "SCIM", "owner@demo.example")
    return stack.manage("shell", "-c", TOKEN).split()[-1]


def call(stack: Stack, token: str, method: str, path: str, body: Any = None) -> Any:
    """Send a request; return what comes back."""
    request = urllib.request.Request(  # noqa: S310 - our own address
        f"{stack.url}/api/v1/workspaces/scim/scim/v2{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"},
    )
    with urllib.request.urlopen(request, timeout=300) as answer:  # noqa: S310 - our own address
        text = answer.read()
        return json.loads(text) if text else None


def user(number: int) -> dict[str, Any]:
    """A user as an identity provider sends it; every tenth leads those after it."""
    leader = {"manager": {"value": f"N{number // 10}"}} if number else {}
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "userName": f"user{number}@contoso.cn",
        "externalId": f"x-{number}",
        "displayName": f"员工{number}",
        "active": True,
        "emails": [{"type": "work", "value": f"user{number}@contoso.cn", "primary": True}],
        ENTERPRISE: {"employeeNumber": f"N{number}", "department": f"部门{number % 20}", **leader},
    }


def test_scim2_cli_finds_no_error(stack: Stack, token: str) -> None:
    environment = os.environ | {"SCIM_CLI_HEADERS": f"Authorization: Bearer {token}"}
    command = [
        str(Path(sys.executable).with_name("scim2")),
        "--url",
        f"{stack.url}/api/v1/workspaces/scim/scim/v2",
        "test",
    ]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=600)
    lines = ran.stdout.splitlines()
    succeeded = [line for line in lines if line.startswith("SUCCESS")]
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert not [line for line in lines if line.startswith(("ERROR", "CRITICAL", "SKIPPED"))], ran.stdout
    assert len(succeeded) >= 130, ran.stdout


def test_many_users_one_by_one_and_in_bulk(stack: Stack, token: str) -> None:
    for number in range(20):
        call(stack, token, "POST", "/Groups", {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": f"部门{number}",
        })  # fmt: skip
    began = time.monotonic()
    for number in range(USERS):
        call(stack, token, "POST", "/Users", user(number))
    singly = time.monotonic() - began
    began = time.monotonic()
    for start in range(USERS, 2 * USERS, 1000):
        operations = [
            {"method": "POST", "path": "/Users", "bulkId": f"b{number}", "data": user(number)}
            for number in range(start, min(start + 1000, 2 * USERS))
        ]
        said = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations}
        answer = call(stack, token, "POST", "/Bulk", said)
        assert {one["status"] for one in answer["Operations"]} == {"201"}
    print(f"{USERS} users: {singly:.1f} s one by one, {time.monotonic() - began:.1f} s in bulk")
    found = call(stack, token, "GET", "/Users?count=1")
    assert found["totalResults"] == 2 * USERS
    placed = stack.sql(
        "select count(*), count(e.manager_id) from roles_employment e join roles_person p on p.id = e.person_id"
        " join workspaces_workspace w on w.id = e.workspace_id"
        " where w.slug = 'scim' and e.superseded_at is null and p.removed_at is null"
    )
    assert placed == [(2 * USERS, 2 * USERS - 1)], "everybody has a place and, but for the first, a manager"
