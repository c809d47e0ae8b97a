"""The requests of real identity providers, each against the same small world."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from django.db import transaction

from tests.roles.scim.client import ScimClient

CASES: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("fixtures.toml").read_text("utf-8"))["case"]


def world(scim: ScimClient) -> dict[str, str]:
    """Create the users and groups that the fixtures name; return their ids."""
    group = scim.group("市场部")["id"]
    other = scim.group("电商部")["id"]
    boss = scim.user("boss@contoso.cn", department="市场部")["id"]
    bob = scim.user(
        "bob@contoso.cn",
        externalId="58342554-38d6-4ec8-948c-50044d0a33fd",
        emails=[{"type": "work", "value": "bob@contoso.cn"}],
    )["id"]
    ann = scim.user("ann@contoso.cn", department="电商部", manager={"value": boss})["id"]
    scim.ok(
        "PATCH", f"/Users/{boss}", _removal("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department")
    )
    scim.patch(f"/Groups/{group}", {"op": "remove", "path": f'members[value eq "{boss}"]'})
    scim.patch(f"/Groups/{group}", {"op": "add", "path": "members", "value": [{"value": bob}]})
    return {"group": group, "other": other, "boss": boss, "bob": bob, "ann": ann}


def _removal(path: str) -> dict[str, Any]:
    return {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "remove", "path": path}],
    }


def filled(text: str, ids: dict[str, str]) -> str:
    """Put ids where a fixture names them."""
    for name, identity in ids.items():
        text = text.replace(f"{{{name}}}", identity)
    return text


def differs(wanted: Any, got: Any, at: str = "") -> str:
    """Name the first place where an answer is not what is wanted; wanted objects may leave members out."""
    if isinstance(wanted, dict):
        if not isinstance(got, dict):
            return f"{at}: {got!r}"
        return next((found for key in wanted if (found := differs(wanted[key], got.get(key), f"{at}/{key}"))), "")
    if isinstance(wanted, list):
        if not isinstance(got, list) or len(got) != len(wanted):
            return f"{at}: {got!r}"
        return next((found for n, one in enumerate(wanted) if (found := differs(one, got[n], f"{at}/{n}"))), "")
    return "" if wanted == got else f"{at}: {got!r} is not {wanted!r}"


def play(case: dict[str, Any], scim: ScimClient, ids: dict[str, str]) -> str:
    """Send a fixture; return what is wrong with the answer."""
    path = filled(case["path"], ids)
    body = filled(case["body"], ids) if "body" in case else None
    answer = scim(case["method"], path, body.encode() if body else None)
    if answer.status != case["status"]:
        return f"{answer.status} {answer.body}"
    wrong = differs(json.loads(filled(case.get("expect", "{}"), ids)), answer.body or {})
    if not wrong and case["method"] in {"PUT", "PATCH", "DELETE"}:
        after = scim("GET", path)
        if case["method"] == "DELETE":
            return "" if after.status == 404 else f"still there: {after.status}"
        wrong = differs(json.loads(filled(case.get("then", "{}"), ids)), after.body, "then")
    return wrong


def test_what_entra_and_okta_send_is_understood(scim: ScimClient) -> None:
    ids = world(scim)
    wrong = {}
    for case in CASES:
        with transaction.atomic():
            if found := play(case, scim, ids):
                wrong[case["name"]] = found
            transaction.set_rollback(True)
    assert wrong == {}
    assert len(CASES) >= 30


def test_replayed_fixtures_change_nothing_the_second_time(scim: ScimClient) -> None:
    ids = world(scim)
    again = []
    for case in CASES:
        if case["method"] not in {"PUT", "PATCH"}:
            continue
        path, body = filled(case["path"], ids), filled(case["body"], ids).encode()
        with transaction.atomic():
            scim(case["method"], path, body)
            first = scim("GET", path).body
            scim(case["method"], path, body)
            if scim("GET", path).body["meta"] != first["meta"]:
                again.append(case["name"])
            transaction.set_rollback(True)
    assert again == []
