"""One parameter of the workspace: its value, a draft and what that would change, publishing, its history."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from kpis.choices import DefinitionSubject
from kpis.errors import DefinitionChanged, DefinitionInvalid
from kpis.library.params import PARAMS
from kpis.queries.definition_moves import draft_moves
from kpis.queries.definitions import library_at
from kpis.queries.own_definitions import history_of, parameter
from kpis.queries.where_used import kpis_with
from kpis.services.definitions import discard, save_parameter
from kpis.views.definitions import GET_POST, day_choices, preview_of, publish_from_form, retire_from_form
from omnichannel.core.errors import DomainError
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may

PARAMETER = DefinitionSubject.PARAMETER


@require_http_methods(GET_POST)
def definition_parameter(request: WorkspaceRequest, slug: str, name: str) -> HttpResponse:
    """Show a parameter; POST keeps another value as a draft, or lets go of the draft."""
    if name not in PARAMS:
        raise Http404(name)
    if request.method == "POST":
        return _write(request, slug, name)
    return _show(request, name)


def _write(request: WorkspaceRequest, slug: str, name: str) -> HttpResponse:
    seen, typed, note = (request.POST.get(name, "") for name in ("seen", "value", "draft_note"))
    try:
        if request.POST.get("action") == "discard":
            discard(PARAMETER, name, actor_id=request.access.user_id)
            messages.success(request, _("Done."))
            return redirect("kpis:definition_parameter", slug, name)
        save_parameter(
            name,
            typed,
            actor_id=request.access.user_id,
            note=note,
            seen=int(seen) if seen.isdecimal() and len(seen) < 19 else None,
        )
    except DefinitionInvalid as error:
        return _show(request, name, typed=typed, note=note, problem=str(error.issues[0][2]), status=422)
    except DefinitionChanged as error:
        return _show(request, name, typed=typed, note=note, problem=str(error), status=error.status)
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("kpis:definition_parameter", slug, name)
    return preview_of(request, PARAMETER, name, back=("kpis:definition_parameter", slug, name))


@require_POST
def definition_parameter_publish(request: WorkspaceRequest, slug: str, name: str) -> HttpResponse:
    """Let the draft's value count from a day on."""
    return publish_from_form(request, PARAMETER, _known(name), back=("kpis:definition_parameter", slug, name))


@require_POST
def definition_parameter_retire(request: WorkspaceRequest, slug: str, name: str) -> HttpResponse:
    """Let the library's value count again from a day on."""
    return retire_from_form(request, PARAMETER, _known(name), back=("kpis:definition_parameter", slug, name))


@require_http_methods(GET_POST)
def definition_parameter_preview(request: WorkspaceRequest, slug: str, name: str) -> HttpResponse:
    """POST begins the search for what the draft would change; GET shows how far it is, or what it found."""
    return preview_of(request, PARAMETER, _known(name), back=("kpis:definition_parameter", slug, name))


def _known(name: str) -> str:
    if name not in PARAMS:
        raise Http404(name)
    return name


def _show(
    request: WorkspaceRequest,
    name: str,
    *,
    typed: str | None = None,
    note: str | None = None,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    line, kpis = parameter(name), library_at().kpis
    context = {
        "line": line,
        "typed": typed if typed is not None else line.draft_value or str(line.value),
        "note": note if note is not None else line.draft.note if line.draft else "",
        "problem": problem,
        "kpis": [kpis[kpi] for kpi in kpis_with(name)],
        "may_edit": may(request.access, "kpis:definition_parameter", "POST"),
        "may_publish": may(request.access, "kpis:definition_parameter_publish", "POST"),
        "history": history_of(PARAMETER, name),
        "moves": draft_moves(PARAMETER, name, draft=line.draft),
        **day_choices(),
    }
    return render(request, "kpis/definitions/parameter.html", context, status=status)
