"""Undo and origin: revert and re-apply with the figures that would change first, and the history of one row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from kpis.choices import UploadTurn
from kpis.engine.specs import TableSpec
from kpis.library import load_library
from kpis.models import Upload
from kpis.queries.definitions import every_kpi
from kpis.queries.effect import upload_effect
from kpis.queries.feeding import figures_fed
from kpis.queries.figure_movers import turn_page
from kpis.queries.provenance import find_keys, row_history
from kpis.queries.scope_words import scope_names, scope_text
from kpis.queries.uploads import newest_uploads
from kpis.queries.values import stored_periods
from kpis.services.figure_preview import request_figure_preview
from kpis.services.reverting import request_reapply, request_revert
from omnichannel.core.errors import DomainError
from omnichannel.workspaces.choices import SEES_PAY
from omnichannel.workspaces.middleware import WorkspaceRequest
from roles.queries.org_chart import unit_tree

ROUTES = {
    UploadTurn.LOAD: "kpis:upload_figures",
    UploadTurn.REVERT: "kpis:upload_revert",
    UploadTurn.REAPPLY: "kpis:upload_reapply",
}


def _found(pk: int) -> Upload:
    return get_object_or_404(newest_uploads(), pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
def upload_revert(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Show what a revert would change; with POST, revert."""
    if request.method == "POST":
        return _turn(request, slug, pk, UploadTurn.REVERT)
    return _page(request, slug, pk, UploadTurn.REVERT)


@require_http_methods(["GET", "HEAD", "POST"])
def upload_reapply(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Show what applying again would change; with POST, apply again."""
    if request.method == "POST":
        return _turn(request, slug, pk, UploadTurn.REAPPLY)
    return _page(request, slug, pk, UploadTurn.REAPPLY)


@require_GET
def upload_figures(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Show which figures the load of a checked upload would change."""
    return _page(request, slug, pk, UploadTurn.LOAD)


@require_POST
def upload_preview(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Ask for the figures that a turn would change, and lead to the page that shows them."""
    asked = request.POST.get("turn", "")
    if asked not in UploadTurn.values:
        raise Http404
    turn = UploadTurn(asked)
    try:
        request_figure_preview(_found(pk), turn, actor_id=request.access.user_id)
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("kpis:upload", slug, pk)
    return redirect(ROUTES[turn], slug, pk)


def _turn(request: WorkspaceRequest, slug: str, pk: int, turn: UploadTurn) -> HttpResponse:
    ask = request_revert if turn is UploadTurn.REVERT else request_reapply
    try:
        ask(_found(pk), actor_id=request.access.user_id)
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("kpis:upload", slug, pk)
    return redirect(ROUTES[turn], slug, pk)


def _page(request: WorkspaceRequest, slug: str, pk: int, turn: UploadTurn) -> HttpResponse:
    """Show the turn's page. While a job is on it a fragment polls; when the job is done the page comes anew."""
    found = _found(pk)
    page = turn_page(found, turn, language=get_language() or "en")
    if request.htmx and not request.htmx.boosted:
        if not page.busy:
            return HttpResponseClientRefresh()
        return render(request, "kpis/data/turn.html#progress", {"page": page})
    titles = {
        UploadTurn.LOAD: _("Figures that change with %(file)s"),
        UploadTurn.REVERT: _("Revert %(file)s"),
        UploadTurn.REAPPLY: _("Apply %(file)s again"),
    }
    context = {"page": page, "upload": found, "title": titles[turn] % {"file": found.filename}}
    if turn is UploadTurn.LOAD:
        context["effect"] = upload_effect(found)
    return render(request, "kpis/data/turn.html", context)


@require_GET
def row(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Find a row by its table and id and show where it comes from and what it feeds.

    `?table=orders&q=O1` searches the columns of the key; `?table=orders&order_id=O1` names the row.
    """
    tables = load_library().tables
    table = tables.get(request.GET.get("table", ""))
    language = get_language()
    context: dict[str, Any] = {
        "table": table,
        "q": request.GET.get("q", "").strip(),
        "tables": [(one.id, one.names.in_language(language)) for one in tables.values()],
    }
    if table is None:
        return render(request, "kpis/data/row_history.html", context)
    key = {name: request.GET[name] for name in table.key if name in request.GET}
    if len(key) < len(table.key) and context["q"]:
        keys = find_keys(table, context["q"])
        if len(keys) == 1:
            return redirect(row_url(slug, table, keys[0]))
        context["keys"] = [(" / ".join(each.values()), row_url(slug, table, each)) for each in keys]
    elif len(key) == len(table.key):
        context["key"] = " / ".join(key.values())
        context["q"] = context["q"] or context["key"]
        if request.htmx and "fed" in request.GET:
            return render(request, "kpis/data/_fed.html", fed_context(table, key, month=request.GET["fed"]))
        history = row_history(table, key, with_pay=request.access.role in SEES_PAY)
        context |= {"history": history, "row_query": urlencode({"table": table.id, **key})}
    return render(request, "kpis/data/row_history.html", context)


def fed_context(table: TableSpec, key: Mapping[str, str], *, month: str) -> dict[str, Any]:
    """Return the figures of one month that a row stands behind: KPIs by the scopes it counts for.

    `month` is the one asked for, else the row's own, else the newest that is computed.
    """
    stored = stored_periods()
    period = next((each for each in stored if str(each) == month), stored[0] if stored else None)
    try:
        figures = figures_fed(table, key, periods=[period]) if period is not None else ()
    except (ValueError, KeyError, ArithmeticError) as error:
        raise Http404(str(error)) from error
    scopes = list(dict.fromkeys(each.scope for each in sorted(figures, key=lambda each: each.scope)))
    tree = unit_tree(as_of=period.last_day) if period is not None else None
    names = scope_names(scopes, tree=tree) if tree is not None else {}
    found = {(each.kpi, each.scope): each for each in figures}
    kpis = every_kpi()
    lines = [
        (kpis[kpi], [(scope_text(scope), found.get((kpi, scope))) for scope in scopes])
        for kpi in dict.fromkeys(each.kpi for each in figures)
        if kpi in kpis
    ]
    return {
        "period": period,
        "months": [(str(each), str(each)) for each in stored],
        "scopes": [names[scope] for scope in scopes],
        "lines": lines,
        "row_query": urlencode({"table": table.id, **key}),
    }


def row_url(slug: str, table: TableSpec, key: Mapping[str, str]) -> str:
    """Return the address of a row's history."""
    query = urlencode({"table": table.id, **{name: key[name] for name in table.key}})
    return f"{reverse('kpis:row', args=[slug])}?{query}"
