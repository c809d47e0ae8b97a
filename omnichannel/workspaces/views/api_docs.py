"""The API's documentation page, rendered on the server from the same OpenAPI document that clients download."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from drf_spectacular.generators import SchemaGenerator

from omnichannel.workspaces.views.api_guides import guide_links

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an operation."""

    name: str
    where: str
    required: bool
    type: str
    description: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path, with what a first call needs."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Parameter, ...]
    body: str
    fields: tuple[Parameter, ...]
    answers: tuple[tuple[str, str], ...]


@require_GET
def api_docs(request: HttpRequest) -> HttpResponse:
    """Show every operation, grouped by tag, with a first call to copy."""
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    groups: dict[str, list[Operation]] = {}
    for path, item in schema["paths"].items():
        for method in METHODS:
            if method in item:
                operation = item[method]
                tag = (operation.get("tags") or ["api"])[0]
                groups.setdefault(tag, []).append(_operation(path, method, operation, schema))
    context = {
        "info": schema["info"],
        "groups": sorted(groups.items()),
        "host": request.build_absolute_uri("/")[:-1],
        "guides": guide_links(),
    }
    return render(request, "workspaces/api_docs.html", context)


def _operation(path: str, method: str, raw: dict[str, Any], schema: dict[str, Any]) -> Operation:
    summary, _, rest = (raw.get("summary") or raw.get("description", "")).partition("\n")
    bodies = raw.get("requestBody", {}).get("content", {})
    content = bodies.get("application/json") or bodies.get("multipart/form-data", {})
    return Operation(
        id=raw["operationId"],
        method=method.upper(),
        path=path,
        summary=summary,
        description=raw.get("description", rest) if raw.get("summary") else rest,
        parameters=tuple(
            Parameter(
                p["name"], p["in"], p.get("required", False), _type(p.get("schema", {})), p.get("description", "")
            )
            for p in raw.get("parameters", [])
        ),
        body=_example(content),
        fields=_fields(content.get("schema", {}), schema),
        answers=tuple((status, answer.get("description", "")) for status, answer in raw.get("responses", {}).items()),
    )


def _example(content: dict[str, Any]) -> str:
    for example in content.get("examples", {}).values():
        return json.dumps(example.get("value"), ensure_ascii=False, indent=2)
    return ""


def _fields(part: dict[str, Any], schema: dict[str, Any]) -> tuple[Parameter, ...]:
    part = _resolve(part, schema)
    if part.get("type") == "array":
        part = _resolve(part.get("items", {}), schema)
    required = set(part.get("required", []))
    return tuple(
        Parameter(name, "body", name in required, _type(_resolve(field, schema)), field.get("description", ""))
        for name, field in part.get("properties", {}).items()
        if not field.get("readOnly")
    )


def _resolve(part: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = part.get("$ref") or next((p["$ref"] for p in part.get("allOf", []) if "$ref" in p), None)
    if reference is None:
        return part
    found: dict[str, Any] = schema["components"]["schemas"][reference.rsplit("/", 1)[1]]
    return found


def _type(part: dict[str, Any]) -> str:
    if "enum" in part:
        return " | ".join(str(value) for value in part["enum"])
    kind = part.get("type") or (part.get("$ref", "").rsplit("/", 1)[-1] or "any")
    return f"{kind} ({part['format']})" if "format" in part else str(kind)
