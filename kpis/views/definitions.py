"""Own KPIs and library KPIs that a workspace words for itself: the list, the editor, its check, a draft's effect."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from kpis.choices import DefinitionSubject
from kpis.errors import DefinitionInvalid
from kpis.library import load_library
from kpis.library.merging import FieldChange, merged, own_changes
from kpis.models import Definition
from kpis.queries.definition_moves import draft_moves
from kpis.queries.entry_words import diff_of, label_of
from kpis.queries.own_definitions import (
    OwnDefinition,
    changes_log,
    differences,
    entry_of,
    history_of,
    newest_of,
    own_kpi,
    own_kpis,
    parameters,
)
from kpis.queries.values import stored_periods
from kpis.queries.where_used import where_used
from kpis.services.definition_preview import request_definition_preview
from kpis.services.definitions import discard, publish, retire, save_kpi
from kpis.views.definition_entry import Editor, beginning, editor, measures_offered, opened, written
from omnichannel.core.errors import DomainError
from omnichannel.core.periods import parse_day
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from omnichannel.workspaces.queries.zones import current_day

KPI = DefinitionSubject.KPI
GET_POST = ["GET", "HEAD", "POST"]


@require_http_methods(["GET", "HEAD"])
def definitions(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List what the workspace defines for itself, drafts first, and all parameters."""
    context = {
        "kpis": own_kpis(),
        "parameters": parameters(),
        "log": changes_log(limit=15),
        "may_edit": may(request.access, "kpis:definition_new", "POST"),
    }
    return render(request, "kpis/definitions/definitions.html", context)


@require_http_methods(GET_POST)
def definition_new(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Begin a KPI of the workspace's own, as a copy of another when `?copy=` names one; POST keeps its first draft."""
    if request.method == "POST":
        return _save(request, slug, key="")
    page = opened(beginning(request.GET.get("copy", "")), key="")
    return _show(request, page, own=None)


@require_POST
def definition_check(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Check what is in the panes; the answer brings the other pane up to date. Nothing is kept."""
    key = request.POST.get("key", "")
    if key and not _exists(key):
        raise Http404(key)
    shown = entry_of(key) if key else beginning()
    page = editor(written(request.POST), key=key, shown=shown)
    return render(
        request, "kpis/definitions/_checked.html", {"editor": page, "may_edit": True, "measures": measures_offered()}
    )


@require_http_methods(GET_POST)
def definition(request: WorkspaceRequest, slug: str, kpi_id: str) -> HttpResponse:
    """Show the editor of a KPI; POST keeps a draft, lets go of it, or takes in what the library has changed."""
    if not _exists(kpi_id):
        raise Http404(kpi_id)
    if request.method == "POST":
        action = request.POST.get("action", "save")
        if action == "discard":
            return _done(request, slug, kpi_id, lambda: discard(KPI, kpi_id, actor_id=request.access.user_id))
        if action == "merge":
            return _merge(request, slug, kpi_id)
        return _save(request, slug, key=kpi_id)
    return _show(request, opened(entry_of(kpi_id) or {}, key=kpi_id), own=own_kpi(kpi_id))


@require_POST
def definition_publish(request: WorkspaceRequest, slug: str, kpi_id: str) -> HttpResponse:
    """Let the draft count from a day on."""
    return publish_from_form(request, KPI, kpi_id, back=("kpis:definition", slug, kpi_id))


@require_POST
def definition_retire(request: WorkspaceRequest, slug: str, kpi_id: str) -> HttpResponse:
    """End what counts from a day on."""
    return retire_from_form(request, KPI, kpi_id, back=("kpis:definition", slug, kpi_id))


@require_http_methods(GET_POST)
def definition_preview(request: WorkspaceRequest, slug: str, kpi_id: str) -> HttpResponse:
    """POST begins the search for what the draft would change; GET shows how far it is, or what it found."""
    return preview_of(request, KPI, kpi_id, back=("kpis:definition", slug, kpi_id))


def publish_from_form(
    request: WorkspaceRequest, subject: DefinitionSubject, key: str, *, back: tuple[str, ...]
) -> HttpResponse:
    """Publish with the day and note of a form and lead back to the editor, which says what went wrong."""
    try:
        day = _day(request)
        seen = request.POST.get("seen", "")
        publish(
            subject,
            key,
            effective_from=day,
            actor_id=request.access.user_id,
            note=request.POST.get("note", ""),
            seen=int(seen) if seen.isdecimal() and len(seen) < 19 else None,
        )
        messages.success(
            request, _("It counts from %(day)s on. The figures it moves are being computed.") % _shown(day)
        )
    except DomainError as error:
        messages.error(request, str(error))
    return redirect(*back)


def retire_from_form(
    request: WorkspaceRequest, subject: DefinitionSubject, key: str, *, back: tuple[str, ...]
) -> HttpResponse:
    """Retire with the day and note of a form and lead back to the editor."""
    try:
        day = _day(request)
        retire(subject, key, effective_from=day, actor_id=request.access.user_id, note=request.POST.get("note", ""))
        messages.success(request, _("It no longer counts from %(day)s on.") % _shown(day))
    except DomainError as error:
        messages.error(request, str(error))
    return redirect(*back)


def preview_of(
    request: WorkspaceRequest, subject: DefinitionSubject, key: str, *, back: tuple[str, ...]
) -> HttpResponse:
    """Begin to try a draft, or show the try. A fragment polls; when the job is done the page comes anew."""
    if request.method == "POST":
        try:
            request_definition_preview(subject, key, actor_id=request.access.user_id)
        except DomainError as error:
            messages.error(request, str(error))
        return redirect(f"{reverse(back[0], args=back[1:])}#effect")
    newest = newest_of(subject, key)
    moves = draft_moves(subject, key, draft=newest)
    if not request.htmx or request.htmx.boosted:
        return redirect(*back)
    if not moves.busy:
        return HttpResponseClientRefresh()
    return render(request, "kpis/definitions/_progress.html", {"moves": moves, "poll": request.path})


def _exists(key: str) -> bool:
    return key in load_library().kpis or Definition.objects.filter(subject=KPI, key=key).exists()


def _save(request: WorkspaceRequest, slug: str, *, key: str) -> HttpResponse:
    sent = written(request.POST)
    shown = entry_of(key) if key else beginning()
    page = editor(sent, key=key, shown=shown)
    if sent.node is None:
        return _show(request, page, own=own_kpi(key) if key else None, status=422)
    seen = request.POST.get("seen", "")
    try:
        row = save_kpi(
            sent.node,
            actor_id=request.access.user_id,
            note=request.POST.get("draft_note", ""),
            key=key,
            seen=int(seen) if seen.isdecimal() and len(seen) < 19 else None,
        )
    except DomainError as error:
        if not isinstance(error, DefinitionInvalid):
            messages.error(request, str(error))
        return _show(request, page, own=own_kpi(key) if key else None, status=error.status)
    if request.POST.get("action") == "try":
        return preview_of(request, KPI, row.key, back=("kpis:definition", slug, row.key))
    messages.success(request, _("The draft is saved. It counts for nothing until it is published."))
    return redirect("kpis:definition", slug, row.key)


def _merge(request: WorkspaceRequest, slug: str, key: str) -> HttpResponse:
    """Keep a draft that has the library's new text in the fields chosen, and know the library as it is now."""
    own = own_kpi(key)
    if own is None or not own.updates:
        return redirect("kpis:definition", slug, key)
    ours = entry_of(key) or {}
    node = merged(ours, own.updates, take=request.POST.getlist("take"))
    return _done(request, slug, key, lambda: save_kpi(node, actor_id=request.access.user_id, key=key, rebase=True))


def _done(request: WorkspaceRequest, slug: str, key: str, act: Callable[[], object]) -> HttpResponse:
    try:
        act()
        messages.success(request, _("Done."))
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("kpis:definition", slug, key) if _exists(key) else redirect("kpis:definitions", slug)


def _show(request: WorkspaceRequest, page: Editor, *, own: OwnDefinition | None, status: int = 200) -> HttpResponse:
    slug, key = request.access.workspace.slug, page.key
    draft = own.draft if own else None
    content = dict(draft.content) if draft is not None else entry_of(key) if key else None
    context: dict[str, Any] = {
        "editor": page,
        "own": own,
        "key": key,
        "seen": own.newest.pk if own else 0,
        "may_edit": may(request.access, "kpis:definition_new", "POST"),
        "may_publish": may(request.access, "kpis:definition_publish", "POST"),
        "measures": measures_offered(),
        "names": own.names if own else load_library().kpis[key].names if key in load_library().kpis else None,
        "differences": diff_of(differences(content or {}, key)) if key else [],
        "against_published": diff_of(_since_published(own)),
        "updates": [{"change": each, "label": label_of(each.field)} for each in (own.updates if own else ())],
        "uses": where_used(key, slug=slug) if key else (),
        "history": history_of(KPI, key) if key else [],
        "moves": draft_moves(KPI, key, draft=draft),
        **day_choices(),
    }
    return render(request, "kpis/definitions/definition.html", context, status=status)


def day_choices() -> dict[str, Any]:
    """Return the day that publishing proposes: the first of the newest stored month, else today."""
    periods = stored_periods()
    return {"from_day": periods[0].start if periods else current_day(), "stored": periods}


def _since_published(own: OwnDefinition | None) -> tuple[FieldChange, ...]:
    if own is None or own.draft is None or own.counting is None:
        return ()
    return own_changes(own.counting.content, own.draft.content)


def _day(request: WorkspaceRequest) -> date:
    try:
        return parse_day(request.POST.get("effective_from", ""))
    except ValueError:
        raise DefinitionInvalid([("", "no_date", _("This is no date. Write 2026-11-30."))]) from None


def _shown(day: date) -> dict[str, str]:
    return {"day": date_format(day, "SHORT_DATE_FORMAT")}
