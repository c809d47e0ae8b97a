"""What every operation of the API has in common, added to the OpenAPI document: how it refuses."""

from __future__ import annotations

from typing import Any

from django.utils import translation
from drf_spectacular.generators import SchemaGenerator

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "A refusal (RFC 9457).",
    "properties": {
        "type": {"type": "string", "description": "`about:blank#` and the code."},
        "title": {"type": "string", "description": "The phrase of the status."},
        "status": {"type": "integer", "description": "The HTTP status again."},
        "code": {"type": "string", "description": "What was refused; stable, made for programs."},
        "detail": {"type": "string", "description": "The same for people, in the language of `Accept-Language`."},
        "issues": {
            "type": "array",
            "description": "Every fault of the request, each at its place.",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer to the place, or the parameter."},
                    "code": {"type": "string", "description": "Stable."},
                    "message": {"type": "string", "description": "What is wrong and what to do."},
                },
                "required": ["pointer", "code", "message"],
            },
        },
    },
    "required": ["type", "title", "status", "code", "detail", "issues"],
    "example": {
        "type": "about:blank#not_found",
        "title": "Not Found",
        "status": 404,
        "code": "not_found",
        "detail": "Not found.",
        "issues": [],
    },
}
ANSWER = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
ALWAYS = {
    "401": "No token, or one that is unknown or has ended.",
    "403": "The token's role or scope does not include this.",
    "404": "No such workspace or thing, or none that the token may see.",
    "default": "Refused: `code` says why, `issues` lists every fault.",
}


class EnglishGenerator(SchemaGenerator):
    """The document is for programmers: the same words whoever asks for it."""

    def get_schema(self, request: Any = None, public: bool = False) -> Any:
        """Generate the document in English."""
        with translation.override("en"):
            return super().get_schema(request=request, public=public)


def add_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Say of every operation how it refuses."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    for path in result["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", []):
                if parameter["name"] == "slug":
                    parameter.setdefault("description", "The workspace, as it stands in its address.")
            for status, response in operation["responses"].items():
                if status.startswith("4"):  # whatever else it says, it may be refused as a whole
                    response["content"] = {**ANSWER, **response.get("content", {})}
            for status, text in ALWAYS.items():
                operation["responses"].setdefault(status, {"description": text, "content": ANSWER})
    return result
