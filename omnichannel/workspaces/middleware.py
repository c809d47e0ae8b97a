"""Opens the workspace of the URL for a request and closes it at the end, for pages and API alike."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect

from omnichannel.core.requests import is_api
from omnichannel.workspaces.permissions import Access, MethodNotListed, admit
from omnichannel.workspaces.scoping import read_once, workspace_scope

NUL = "\x00"


class WorkspaceRequest(HttpRequest):
    """A request inside a workspace; views under `/w/<slug>/` receive one."""

    access: Access
    htmx: Any
    scope_stack: ExitStack
    draft: Any  # the scenario that the page shows instead of the live organisation (roles.views.drafts), else None


class WorkspaceMiddleware:
    """Admission by the authorisation table, then the tenant scope, for every URL with a workspace slug."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Keep the scope open until the response is made; pages of a signed-in person are not stored."""
        with ExitStack() as stack:
            request.scope_stack = stack  # type: ignore[attr-defined]
            response = self.get_response(request)
            if getattr(request, "access", None) is not None:
                response.headers.setdefault("Cache-Control", "no-store")
                if "Vary" not in response or "HX-Request" not in response["Vary"]:
                    response["Vary"] = ", ".join(filter(None, [response.get("Vary"), "HX-Request"]))
            return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Admit a page's request. API views admit after DRF has authenticated (WorkspaceAPIMixin)."""
        if NUL in request.path or any(NUL in value for values in request.GET.lists() for value in values[1]):
            raise Http404  # PostgreSQL holds no such text, so nothing has such an id or name
        if "slug" not in kwargs or is_api(request):
            return None
        if not request.user.is_authenticated:
            target = f"{resolve_url(settings.LOGIN_URL)}?next={quote(request.get_full_path())}"
            # htmx would swap a followed redirect into the target: tell it to leave the page instead.
            return HttpResponseClientRedirect(target) if getattr(request, "htmx", None) else redirect(target)
        try:
            enter(request, admit(request, kwargs["slug"], user=request.user))
        except MethodNotListed as error:
            return HttpResponseNotAllowed(error.allowed)
        return None


def enter(request: HttpRequest, access: Access) -> None:
    """Open the admitted workspace for the rest of the request, whose moments are told in its zone."""
    request.access = access  # type: ignore[attr-defined]
    request.draft = None  # type: ignore[attr-defined]
    request.scope_stack.enter_context(workspace_scope(access.workspace.pk))  # type: ignore[attr-defined]
    read_once("zone", lambda: access.workspace.timezone)
    request.scope_stack.enter_context(timezone.override(ZoneInfo(access.workspace.timezone)))  # type: ignore[attr-defined]
