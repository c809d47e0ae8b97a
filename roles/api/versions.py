"""Entity tags: which version of a thing an answer shows, and whether the caller has it already."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from decimal import Decimal

from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from roles.queries.documents import Document


def shown(document: Document, names: Iterable[str]) -> Document:
    """Return the fields of a document as the API writes them: decimals as texts."""
    found = ((name, document[name]) for name in names if name in document)
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in found}


def etag_of(body: Document, *, revision: int) -> str:
    """Return the tag of an answer: the last revision that touched the thing, and a digest of what is shown.

    A write compares the revision alone, so the tag of any day and of any choice of fields will do.
    """
    return f'"{revision}-{hashlib.sha256(JSONRenderer().render(body)).hexdigest()[:12]}"'


def versioned(document: Document, request: Request, *, names: Iterable[str]) -> Response:
    """Answer one thing with its ETag; 304 without a body when the caller has just that."""
    body = shown(document, names)
    tag = etag_of(body, revision=document["revision"])
    known = [part.strip().removeprefix("W/") for part in request.headers.get("If-None-Match", "").split(",")]
    if tag in known or "*" in known:
        return Response(status=304, headers={"ETag": tag})
    return Response(body, headers={"ETag": tag})
