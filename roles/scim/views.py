"""The SCIM endpoints: bearer token in, one revision around each write, SCIM answers and errors out."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import IntegrityError
from django.http import Http404, HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import APIException, MethodNotAllowed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from scim2_models import (
    ForbiddenException,
    InvalidFilterException,
    InvalidValueException,
    NotFoundException,
    PayloadTooLargeException,
    SCIMException,
    UnauthorizedException,
)
from scim2_server.errors import MethodNotAllowedException
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse

from omnichannel.workspaces.authentication import WorkspaceAPIMixin, WorkspaceTokenAuthentication, access_of
from omnichannel.workspaces.clock import today_in
from roles.choices import OrgSource
from roles.scim.bulk import handler
from roles.scim.provider import scim_service
from roles.scim.quirks import tidy_bulk, tidy_filter, tidy_patch, tidy_resource
from roles.scim.storage import OrganisationStorage, Writer
from roles.services.sync import revision

MOST_FILTER = 4000
READS = {"GET", "HEAD", "OPTIONS"}


class BearerAuthentication(WorkspaceTokenAuthentication):
    """The same tokens under the word that identity providers write."""

    def authenticate_header(self, request: Request) -> str:
        """Ask for a bearer token."""
        return "Bearer"


@extend_schema(exclude=True)
class ScimView(WorkspaceAPIMixin, APIView):
    """Everything below `scim/v2`: the library routes it."""

    authentication_classes = (BearerAuthentication, WorkspaceTokenAuthentication)

    def get(self, request: Request, slug: str, path: str = "", **more: str) -> HttpResponse:
        """Read, search, discover."""
        return self._serve(request)

    post = put = patch = delete = get

    def _serve(self, request: Request) -> HttpResponse:
        access = access_of(request)
        said = _scim_request(request)
        day = today_in(access.workspace)
        if said.method in READS or said.path.endswith("/.search"):
            return _answer(said, Writer(access.user_id, day))
        try:
            return _write(said, actor_id=access.user_id, day=day)
        except IntegrityError:
            # a search that ran beside it has just given a row to the same person: now it is there
            return _write(said, actor_id=access.user_id, day=day)

    def handle_exception(self, exc: Exception) -> Response:
        """Answer a refusal in SCIM's own form."""
        answer = _http(scim_service().error_response(_scim_error(exc)))
        return answer  # type: ignore[return-value]  # DRF passes any HttpResponse through


def _write(said: ScimRequest, *, actor_id: int, day: date) -> HttpResponse:
    with revision(actor_id=actor_id, source=OrgSource.SCIM) as recorder:
        return _answer(said, Writer(actor_id, day, recorder.at))


def _answer(said: ScimRequest, writer: Writer) -> HttpResponse:
    return _http(handler(OrganisationStorage(writer)).handle(said))


def _scim_error(error: Exception) -> SCIMException:
    if isinstance(error, SCIMException):
        return error
    if isinstance(error, Http404):
        return NotFoundException()
    if isinstance(error, PermissionDenied):
        return ForbiddenException(detail=str(error) or None)
    if isinstance(error, RequestDataTooBig):
        return PayloadTooLargeException()
    if isinstance(error, RecursionError):
        return InvalidFilterException(detail="The request is nested too deeply.")
    if isinstance(error, MethodNotAllowed):
        return MethodNotAllowedException()
    if isinstance(error, APIException):
        found = {401: UnauthorizedException, 403: ForbiddenException}.get(error.status_code, SCIMException)
        made = found(detail=str(error.detail))
        made.status = error.status_code
        return made
    raise error


def _scim_request(request: Request) -> ScimRequest:
    base = request.path.partition("/scim/v2")[0] + "/scim/v2"
    path = request.path.removeprefix(base)
    method = "GET" if request.method == "HEAD" else request.method or "GET"
    query = {name: values[-1] for name, values in request.GET.lists()}
    if "filter" in query:
        query["filter"] = _checked(query["filter"])
    return ScimRequest(
        method=method,
        base_url=request.build_absolute_uri(base),
        path=path,
        query=query,
        headers=dict(request.headers),
        body=_tidied(request.body, method=method, path=path),
        subject=request.user,
    )


def _checked(text: str) -> str:
    if len(text) > MOST_FILTER:
        raise InvalidFilterException(detail=f"A filter is at most {MOST_FILTER} characters long.")
    return tidy_filter(text)


def _tidied(body: bytes, *, method: str, path: str) -> bytes:
    """Bring a body into the form the library reads; what is no JSON it refuses itself."""
    if not body or method in READS:
        return body
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return body
    if b"\\u0000" in body and _has_nul(said):
        raise InvalidValueException(detail="A text holds a NUL character.")
    return json.dumps(_tidy(said, method=method, path=path)).encode()


def _has_nul(said: Any) -> bool:
    """Tell whether a text holds what PostgreSQL keeps in none."""
    if isinstance(said, dict):
        return any(_has_nul(one) for pair in said.items() for one in pair)
    if isinstance(said, list):
        return any(_has_nul(one) for one in said)
    return isinstance(said, str) and "\x00" in said


def _tidy(said: Any, *, method: str, path: str) -> Any:
    if path.endswith("/.search"):
        if isinstance(said, dict) and isinstance(said.get("filter"), str):
            return said | {"filter": _checked(said["filter"])}
        return said
    if path.strip("/") == "Bulk":
        return tidy_bulk(said)
    return tidy_patch(said) if method == "PATCH" else tidy_resource(said)


def _http(answer: ScimResponse) -> HttpResponse:
    body = b"" if answer.body is None else json.dumps(answer.body, ensure_ascii=False).encode()
    return HttpResponse(body, status=answer.status.value, headers=answer.headers)
