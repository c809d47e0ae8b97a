"""Labour-market facts: figure, year, source. They stand here to be read; no calculation takes one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from omnichannel.core.csvtext import csv_text
from omnichannel.core.http import csv_answer
from omnichannel.workspaces.clock import clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from talent.errors.pay import UnknownPayChange
from talent.forms.pay import FactForm, add_faults
from talent.queries.labour import MarketFact, fact_history, market_facts, own_fact
from talent.services.labour import FactInput, fact_faults, restore_fact, save_fact, withdraw_fact
from talent.views.tabs import talent_tabs

COLUMNS = ("id", "fact", "figures", "unit", "year", "source", "link", "of")
SORTS = ("fact", "year", "source")


@require_GET
def market(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List the facts; `?q=` searches them, `sort` orders them."""
    may_write = may(request.access, "talent:market_fact", "POST")
    context: dict[str, Any] = {
        "clock": clock_of(request),
        "tabs": talent_tabs(request, "talent:market"),
        "facts": _chosen(request),
        "q": request.GET.get("q", "").strip(),
        "may_write": may_write,
        "history": fact_history() if may_write else (),
    }
    return render(request, "talent/market.html", context)


@require_GET
def market_file(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Answer the facts as CSV."""
    language = get_language()
    rows: list[tuple[object, ...]] = [COLUMNS]
    for one in _chosen(request):
        unit = one.unit.in_language(language) if one.unit else ""
        figures = " ".join(f"{figure:f}" for figure in one.figures)
        head = (one.key, one.names.in_language(language), figures, unit, one.year)
        rows.append((*head, one.source, one.url, "workspace" if one.is_own else "library"))
    return csv_answer(csv_text(rows), filename="labour-market.csv")


@require_http_methods(["GET", "HEAD", "POST"])
def market_fact(request: WorkspaceRequest, slug: str, key: UUID | None = None) -> HttpResponse:
    """Add a fact, or say one anew; without a year or a source nothing is kept."""
    now = own_fact(str(key)) if key else None
    if key and now is None:
        raise Http404
    form = FactForm(request.POST) if request.method == "POST" else FactForm(initial=_initial(now))
    if request.method == "POST":
        form.full_clean()
        said = _said(form)
        add_faults(form, fact_faults(said))
        if not form.errors:
            save_fact(said, key=str(key) if key else "", actor_id=request.access.user_id)
            messages.success(request, _("The fact is kept."))
            return redirect("talent:market", slug)
    context = {"form": form, "fact": now, "tabs": talent_tabs(request, "talent:market"), "clock": clock_of(request)}
    return render(request, "talent/market_fact.html", context, status=422 if form.errors else 200)


@require_POST
def market_withdraw(request: WorkspaceRequest, slug: str, key: UUID) -> HttpResponse:
    """Take a fact of the workspace's own off the page."""
    before = next((each.pk for each in fact_history() if each.key == str(key)), 0)
    try:
        withdraw_fact(str(key), actor_id=request.access.user_id)
    except UnknownPayChange as error:
        raise Http404 from error
    undo = reverse("talent:market_restore", args=[slug, before])
    messages.success(request, _("The fact is withdrawn."), extra_tags=f"undo:{undo}")
    return redirect("talent:market", slug)


@require_POST
def market_restore(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Let an earlier wording count again."""
    try:
        restore_fact(pk, actor_id=request.access.user_id)
    except UnknownPayChange as error:
        raise Http404 from error
    messages.success(request, _("The earlier wording counts again."))
    return redirect("talent:market", slug)


def _chosen(request: WorkspaceRequest) -> list[MarketFact]:
    language = get_language()
    words, sort = request.GET.get("q", "").strip().casefold(), request.GET.get("sort", "")
    facts = [
        one for one in market_facts() if words in f"{one.names.zh} {one.names.en} {one.year} {one.source}".casefold()
    ]
    if sort.removeprefix("-") in SORTS:
        read = {
            "fact": lambda one: one.names.in_language(language),
            "year": lambda one: one.year,
            "source": lambda one: one.source,
        }[sort.removeprefix("-")]
        facts.sort(key=read, reverse=sort.startswith("-"))
    return facts


def _initial(now: MarketFact | None) -> dict[str, object]:
    if now is None or now.unit is None:
        return {}
    told: dict[str, object] = {"statement": now.names.zh, "figure": f"{now.figures[0]:f}", "unit": now.unit.zh}
    return told | {"year": now.year, "source": now.source, "url": now.url}


def _said(form: FactForm) -> FactInput:
    """Return what the form says; a field that could not be read counts as empty here."""
    read = form.cleaned_data
    statement, unit, source, url = (str(read.get(name) or "") for name in ("statement", "unit", "source", "url"))
    return FactInput(statement, read.get("figure"), unit, read.get("year"), source, url)
