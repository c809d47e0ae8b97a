"""How the API answers: RFC 9457 problems, cursor pages. No domain rules."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import Http404
from rest_framework.exceptions import APIException, PermissionDenied, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response
from rest_framework.views import exception_handler

from omnichannel.core.errors import DomainError


class CursorPages(CursorPagination):
    """Pages by cursor, in the order of the primary key unless the view names another unique order."""

    ordering = "pk"
    page_size_query_param = "page_size"
    max_page_size = 1000


def problem(status: int, *, code: str, detail: str, issues: list[dict[str, Any]] | None = None) -> Response:
    """Build an `application/problem+json` answer; `issues` lists every fault with its pointer."""
    body = {
        "type": f"about:blank#{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "issues": issues or [],
    }
    return Response(body, status=status, content_type="application/problem+json")


def problem_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn exceptions of a view into problems. 404 hides, 403 explains, 409 refuses, 422 lists data issues."""
    if isinstance(error, DomainError):
        return problem(error.status, code=error.code, detail=str(error))
    if isinstance(error, ValidationError):
        return problem(422, code="invalid", detail="The request holds invalid data.", issues=_issues(error.detail))
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, Http404):
        code, detail = "not_found", "Not found."
    elif isinstance(error, PermissionDenied):
        code, detail = "permission_denied", str(error.detail)
    else:
        code = str(getattr(error, "default_code", "error"))
        detail = str(error.detail) if isinstance(error, APIException) else str(error)
    answer = problem(response.status_code, code=code, detail=detail)
    for header in ("WWW-Authenticate", "Retry-After"):
        if header in response:
            answer[header] = response[header]
    return answer


def _issues(detail: Any, pointer: str = "") -> list[dict[str, Any]]:
    """Flatten DRF's nested error detail into {pointer, code, message} entries."""
    if isinstance(detail, dict):
        return [issue for key, value in detail.items() for issue in _issues(value, f"{pointer}/{key}")]
    if isinstance(detail, list):
        nested = any(isinstance(value, dict | list) for value in detail)
        return [
            issue
            for index, value in enumerate(detail)
            for issue in _issues(value, f"{pointer}/{index}" if nested else pointer)
        ]
    return [{"pointer": pointer or "/", "code": getattr(detail, "code", "invalid"), "message": str(detail)}]
