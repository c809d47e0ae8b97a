"""The OpenAPI document: valid, without a warning, and every write over REST says how it is repeated safely."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command

PREFIX = "/api/v1/workspaces/{slug}"


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path: Path = tmp_path_factory.mktemp("schema") / "schema.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(path))
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def operations(document: dict[str, Any], method: str) -> dict[str, dict[str, Any]]:
    return {
        path.removeprefix(PREFIX): item[method]
        for path, item in document["paths"].items()
        if method in item and path.startswith(PREFIX)
    }


def test_the_document_is_valid_and_every_operation_says_what_it_does(document: dict[str, Any]) -> None:
    for method in ("get", "post", "put"):
        for path, operation in operations(document, method).items():
            assert operation.get("description") or operation.get("summary"), (method, path)


def test_every_write_of_the_data_door_takes_an_idempotency_key_and_shows_an_example(document: dict[str, Any]) -> None:
    writes = {
        path: operation
        for path, operation in operations(document, "post").items()
        if path.startswith(("/uploads/", "/tables/", "/jobs/", "/batch/"))
    }
    assert {"/uploads/", "/tables/{table}/rows/", "/uploads/{id}/load/", "/batch/units/"} <= set(writes)
    for path, operation in writes.items():
        headers = {part["name"] for part in operation["parameters"] if part["in"] == "header"}
        assert "Idempotency-Key" in headers, path
        for kind, body in operation.get("requestBody", {}).get("content", {}).items():
            assert body.get("examples") or kind != "application/json", (path, kind)


def test_the_committed_document_is_the_one_that_the_code_gives(document: dict[str, Any]) -> None:
    kept = yaml.safe_load((Path(__file__).parents[1] / "docs" / "openapi.yaml").read_text(encoding="utf-8"))
    assert kept == document, "run: ./run spectacular --file docs/openapi.yaml"


OURS = ("/batch/", "/units/", "/seats/", "/people/", "/assignments/", "/lines/", "/stages/", "/org-chart/", "/changes/")


def test_the_organisation_is_described_to_the_last_field(document: dict[str, Any]) -> None:
    shapes, waiting, seen = document["components"]["schemas"], [], set()
    for path, item in document["paths"].items():
        if not path.removeprefix(PREFIX).startswith(OURS):
            continue
        for method, operation in item.items():
            assert operation["summary"], (method, path)
            assert operation["description"], (method, path)
            assert all(part.get("description") for part in operation["parameters"]), (method, path)
            for body in operation.get("requestBody", {}).get("content", {}).values():
                assert body["examples"], (method, path)
            waiting.append(operation)
    while waiting:
        node = waiting.pop()
        for name, child in node.items() if isinstance(node, dict) else enumerate(node):
            if name == "$ref" and child not in seen:
                seen.add(child)
                shape = shapes[child.rsplit("/", 1)[1]]
                missing = [field for field, said in shape.get("properties", {}).items() if not said.get("description")]
                assert missing == [], child
                waiting.append(shape)
            elif isinstance(child, dict | list):
                waiting.append(child)
    assert len(seen) > 30


def test_the_words_of_the_document_are_english(document: dict[str, Any]) -> None:
    waiting: list[Any] = [document]
    while waiting:
        node = waiting.pop()
        for name, child in node.items() if isinstance(node, dict) else enumerate(node):
            if name in ("description", "summary") and isinstance(child, str):
                assert not re.search("[\u4e00-\u9fff]", child), child
            elif isinstance(child, dict | list):
                waiting.append(child)
