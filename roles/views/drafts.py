"""`?scenario=`: pages of the organisation read and write a scenario's draft instead of the live organisation."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.template.response import SimpleTemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import reswap, retarget

from omnichannel.core.errors import DomainError
from omnichannel.core.requests import is_api
from omnichannel.workspaces.clock import clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.errors import OrganisationBusy, UnknownScenario
from roles.queries.scenarios import scenario
from roles.services.scenarios import Draft, drafted, edited, redo_edit, undo_edit
from roles.views.draft_words import closed_in

NAME = "scenario"
TOKEN = "csrfmiddlewaretoken"  # noqa: S105 - the field of the form, no secret
# the log, the days of the live organisation and the directories know nothing of drafts
LIVE_ONLY = frozenset({"roles:history", "roles:revision", "roles:revision_undo", "roles:compare", "roles:compare_file"})
OTHER_READS = frozenset(
    {
        "orgstages:stages",
        "orgstages:diagnosis",
        "orgstages:diagnosis_export",
        "orgstages:fact",
        "orgstages:coverage",
        "orgstages:coverage_file",
        "orgstages:advice_file",
        "orgstages:pattern",
        "orgstages:pattern_csv",
    }
)
# what measures for seconds opens the draft itself, and only as long as it reads the organisation
MEASURED = frozenset({"kpis:move_effect", "kpis:move_effect_csv"})
WRITES = frozenset(
    {
        "roles:move",
        "roles:new",
        "roles:edit",
        "roles:end",
        "roles:remove",
        "roles:merge",
        "orgstages:adopt",
        "talent:fill",
    }
)
TRY_AGAIN = 5  # seconds
SHEET = "org-sheet-body"
# where a form of the sheet says why it was not taken; the sheet in which a unit ends has two forms
REFUSALS = {"roles:remove": "#org-sheet-refused-remove"}
REFUSAL = "#org-sheet-refused"


class DraftMiddleware:
    """Opens the draft that a page's URL names, for the page alone: what the session keeps stays outside of it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on; drafts are opened once the route is known."""
        return self.get_response(request)

    def process_view(
        self, request: WorkspaceRequest, view: Callable[..., HttpResponseBase], args: Any, kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        """Answer from the draft, if one is asked for on a page that may show one. 404 for who may see none."""
        asked = request.GET.get(NAME, "")
        route = request.resolver_match.view_name if request.resolver_match else ""
        if not asked or getattr(request, "access", None) is None or is_api(request) or not _shows_drafts(route):
            return None
        if not may(request.access, "roles:draft") or not (asked.isdecimal() and len(asked) < 16):
            raise Http404
        is_write = request.method == "POST"
        if is_write and route not in WRITES:
            raise Http404
        try:
            with _opened(request, int(asked), is_write=is_write) as draft:
                request.draft = draft
                draft.closed = closed_in(draft, clock_of(request).as_of)
                if route not in MEASURED:
                    return _read_whole(view(request, *args, **kwargs))
            return view(request, *args, **kwargs)
        except UnknownScenario as error:
            raise Http404 from error
        except DomainError as error:
            return refused(request, error)


def _shows_drafts(route: str) -> bool:
    is_ours = route.startswith("roles:") and not route.startswith(("roles:directory", "roles:draft"))
    return (is_ours and route not in LIVE_ONLY) or route in OTHER_READS | WRITES | MEASURED


def _opened(request: WorkspaceRequest, scenario_id: int, *, is_write: bool) -> AbstractContextManager[Draft]:
    return edited(scenario_id, actor_id=request.access.user_id) if is_write else drafted(scenario_id)


def _read_whole(response: HttpResponseBase) -> HttpResponseBase:
    """Make the whole answer while the draft is open."""
    if isinstance(response, SimpleTemplateResponse):
        return response.render()
    if isinstance(response, StreamingHttpResponse) and not response.is_async:
        response.streaming_content = list(response.streaming_content)  # type: ignore[arg-type]
    return response


def refused(request: WorkspaceRequest, error: DomainError) -> HttpResponse:
    """Say why a scenario cannot be shown or changed just now, in the sheet or as a page, and offer to try again.

    What was typed is not lost: the sheet keeps its form, and the page sends the same once more.
    """
    request.draft = None
    is_busy, is_write = isinstance(error, OrganisationBusy), request.method == "POST"
    in_sheet = bool(request.htmx) and request.htmx.target == SHEET
    part = ("#kept" if is_write else "#sheet") if in_sheet else ""
    context = {
        "message": str(error),
        "is_busy": is_busy,
        "is_write": is_write,
        "again": request.get_full_path(),
        "typed": [(name, value) for name, values in request.POST.lists() for value in values if name != TOKEN],
        "in_sheet": in_sheet,
    }
    # 422 is the one refusal that htmx draws: in the sheet the words must be seen
    response = render(request, f"roles/drafts/refused.html{part}", context, status=422 if in_sheet else error.status)
    if in_sheet and is_write:
        route = request.resolver_match.view_name if request.resolver_match else ""
        response = retarget(reswap(response, "innerHTML"), REFUSALS.get(route, REFUSAL))
    if is_busy:
        response["Retry-After"] = str(TRY_AGAIN)
    return response


@require_GET
def draft(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Lead to the chart in the draft."""
    try:
        scenario(pk)
    except UnknownScenario as error:
        raise Http404 from error
    return redirect(f"{reverse('roles:organisation', args=[slug])}?{NAME}={pk}")


@require_POST
def draft_undo(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Take the last step of the draft back."""
    return _step(request, pk, undo_edit, done=_("The last step is undone."), nothing=_("There is nothing to undo."))


@require_POST
def draft_redo(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Do again what was undone last."""
    return _step(request, pk, redo_edit, done=_("The step is done again."), nothing=_("There is nothing to redo."))


def _step(
    request: WorkspaceRequest, pk: int, step: Callable[[int], object], *, done: str, nothing: str
) -> HttpResponse:
    try:
        turned = step(pk)
    except UnknownScenario as error:
        raise Http404 from error
    except DomainError as error:
        messages.error(request, str(error))
    else:
        (messages.success if turned else messages.info)(request, done if turned else nothing)
    return redirect(_back(request, pk))


def _back(request: WorkspaceRequest, pk: int) -> str:
    """Return the page one came from, if it is one of this workspace; else the chart in the draft."""
    slug, came_from = request.access.workspace.slug, request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()})
    if is_ours and urlsplit(came_from).path.startswith(f"/w/{slug}/"):
        return came_from
    return f"{reverse('roles:organisation', args=[slug])}?{NAME}={pk}"
