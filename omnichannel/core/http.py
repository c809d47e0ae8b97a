"""How the API answers: RFC 9457 problems, cursor pages, files. No domain rules."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.defaults import page_not_found
from rest_framework.exceptions import APIException, NotFound, PermissionDenied, ValidationError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.pagination import CursorPagination
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, exception_handler

from omnichannel.core.errors import DomainError
from omnichannel.core.requests import is_api

PROBLEM = "application/problem+json"
DIGITS = 9
YES, NO = {"true", "1"}, {"false", "0"}
log = logging.getLogger(__name__)


class FileNegotiation(BaseContentNegotiation):
    """A file is a file whatever the caller accepts; the first renderer writes its refusals, which are problems."""

    def select_parser(self, request: Request, parsers: Sequence[BaseParser]) -> BaseParser:  # type: ignore[override]
        """Return the first parser."""
        return parsers[0]

    def select_renderer(  # type: ignore[override]
        self, request: Request, renderers: Sequence[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, Any]:
        """Return the first renderer."""
        return renderers[0], renderers[0].media_type


def number_within(said: str, *, most: int, name: str, least: int = 1) -> int:
    """Read a number from `least` to `most`; ValidationError of the parameter `name` for what is none."""
    # the length first: to read a number of thousands of digits takes long
    if not (said.isascii() and said.isdigit() and len(said) <= DIGITS and least <= int(said) <= most):
        message = _("A number from %(least)s to %(most)s is expected.") % {"least": least, "most": most}
        raise ValidationError({name: [message]})
    return int(said)


class CursorPages(CursorPagination):
    """Pages by cursor, in the order of the primary key unless the view names another unique order."""

    ordering = "pk"
    page_size_query_param = "page_size"
    page_size: int
    max_page_size = 1000

    def get_page_size(self, request: Request) -> int | None:
        """Return how many to a page; ValidationError for what is no number of the range."""
        said = request.query_params.get(self.page_size_query_param)
        if said is None:
            return self.page_size
        return number_within(said, most=self.max_page_size, name=self.page_size_query_param)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe a page."""
        page = {"type": ["string", "null"], "format": "uri", "example": None}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "next": {**page, "description": "The address of the next page; null on the last."},
                "previous": {**page, "description": "The address of the page before; null on the first."},
                # an example's rows come as a mark to be found again, not as a schema
                "results": {**schema, "description": "What is on this page."} if isinstance(schema, dict) else schema,
            },
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """Describe what a page is asked for by."""
        number = {"type": "integer", "minimum": 1, "maximum": self.max_page_size}
        size = f"How many to a page, up to {self.max_page_size:,}; {self.page_size} when left out."
        cursor = "Where the page begins: stands in `next` and `previous`."
        return [
            {"name": "cursor", "in": "query", "required": False, "description": cursor, "schema": {"type": "string"}},
            {"name": "page_size", "in": "query", "required": False, "description": size, "schema": number},
        ]

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any] | None:
        """Return a page; NotFound for a cursor that we did not give out."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValueError, DjangoValidationError):
            raise NotFound(self.invalid_cursor_message) from None


class InvalidBody(ValidationError):
    """A body whose faults are named already, each with pointer, code and message."""

    def __init__(self, faults: list[dict[str, str]]) -> None:
        self.faults = faults
        super().__init__(code="invalid")


def refuse_unknown_words(request: Request, parameters: Iterable[Any]) -> None:
    """Refuse a query whose value stands not in the closed list that its OpenApiParameter names."""
    for parameter in parameters:
        said = request.query_params.get(parameter.name)
        if said is not None and parameter.enum and said not in parameter.enum:
            allowed = ", ".join(parameter.enum)
            message = _("%(value)s is not known. Use one of: %(allowed)s.")
            raise ValidationError({parameter.name: [message % {"value": said[:40] or "-", "allowed": allowed}]})


def flag_of(request: Request, name: str) -> bool:
    """Read true or false from the query; false when it is left out, ValidationError for anything else."""
    asked = request.query_params.get(name, "false").lower()
    if asked not in YES | NO:
        raise ValidationError({name: [_("true or false is expected.")]})
    return asked in YES


def is_dry_run(request: Request) -> bool:
    """Tell whether the caller wants to see the outcome only: `?dry_run=true` or `Prefer: dry-run`."""
    return flag_of(request, "dry_run") or "dry-run" in preferences(request)


def preferences(request: Request) -> frozenset[str]:
    """Return what the `Prefer` header asks for, in small letters and without white space."""
    return frozenset(said.strip() for said in request.headers.get("Prefer", "").lower().split(",") if said.strip())


def csv_answer(text: str, *, filename: str) -> HttpResponse:
    """Answer CSV as a file to keep."""
    answer = HttpResponse(text, content_type="text/csv; charset=utf-8")
    # an id of a unit may hold anything: control characters break the header, the rest Django quotes
    name = "".join(each if each.isprintable() else "_" for each in filename)
    answer["Content-Disposition"] = str(content_disposition_header(as_attachment=True, filename=name))
    return answer


def problem_body(status: int, *, code: str, detail: str, issues: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """Return the members of a problem."""
    return {
        "type": f"about:blank#{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "issues": issues or [],
    }


def problem(status: int, *, code: str, detail: str, issues: list[dict[str, Any]] | None = None) -> Response:
    """Build an `application/problem+json` answer; `issues` lists every fault with its pointer."""
    body = problem_body(status, code=code, detail=detail, issues=issues)
    return Response(body, status=status, content_type=PROBLEM)


def problem_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn exceptions of a view into problems. 404 hides, 403 explains, 409 refuses, 422 lists data issues."""
    if isinstance(error, DomainError):
        return problem(error.status, code=error.code, detail=str(error))
    if isinstance(error, ValidationError):
        faults = error.faults if isinstance(error, InvalidBody) else issues_of(error.detail)
        return problem(422, code="invalid", detail=_("The request holds invalid data."), issues=faults)
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, Http404):
        code, detail = "not_found", "Not found."
    elif isinstance(error, PermissionDenied | DjangoPermissionDenied):
        code, detail = "permission_denied", str(getattr(error, "detail", error))
    else:
        code = str(getattr(error, "default_code", "error"))
        detail = str(error.detail) if isinstance(error, APIException) else str(error)
    answer = problem(response.status_code, code=code, detail=detail)
    for header in ("WWW-Authenticate", "Retry-After"):
        if header in response:
            answer[header] = response[header]
    return answer


def issues_of(detail: Any, pointer: str = "") -> list[dict[str, Any]]:
    """Flatten DRF's nested error detail into {pointer, code, message} entries."""
    if isinstance(detail, dict):
        return [issue for key, value in detail.items() for issue in issues_of(value, f"{pointer}/{key}")]
    if isinstance(detail, list):
        nested = any(isinstance(value, dict | list) for value in detail)
        return [
            issue
            for index, value in enumerate(detail)
            for issue in issues_of(value, f"{pointer}/{index}" if nested else pointer)
        ]
    return [{"pointer": pointer or "/", "code": getattr(detail, "code", "invalid"), "message": str(detail)}]


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404: a page to a person, a problem to a program."""
    if is_api(request):
        return JsonResponse(problem_body(404, code="not_found", detail="Not found."), status=404, content_type=PROBLEM)
    return page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 with a reference that stands in the log as well."""
    reference = uuid.uuid4().hex[:12]
    log.error("the answer to %s failed; reference %s", request.path, reference)
    if is_api(request):
        detail = f"Something failed on our side. Nothing was half-written. Reference {reference}."
        return JsonResponse(problem_body(500, code="error", detail=detail), status=500, content_type=PROBLEM)
    # without the request: context processors may be what failed
    return HttpResponse(render_to_string("500.html", {"reference": reference}), status=500)
