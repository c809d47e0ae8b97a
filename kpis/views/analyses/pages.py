"""The pages of analyses: all of them with one picture and the finding each, one in full, and the button to run them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kpis.analysis_choices import LISTED, STORED, AnalysisName
from kpis.engine.analyses.lifetime import LifetimeDocument
from kpis.models import AnalysisResult
from kpis.queries.analyses.board import Board, board_of
from kpis.queries.analyses.lists import SPECS
from kpis.queries.analyses.place import Place, place_at
from kpis.queries.analyses.returns import ROI_KPIS
from kpis.queries.analyses.stored import analysing_job, standing_of
from kpis.queries.analyses.stories.lifetime import Assumptions
from kpis.queries.analyses.story import Story, kpi_name, question_of
from kpis.queries.analyses.telling import gap_of, tell
from kpis.queries.health import data_digests
from kpis.queries.values import computed_at, stored_periods
from kpis.services.analysing import request_analysis
from kpis.views.analyses.asking import name_or_404, place_of
from kpis.views.asked import asked_period, frame, reach
from omnichannel.core.periods import period_or_none
from omnichannel.jobs.choices import JobOrigin
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may


@require_GET
def analyses(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show every analysis with its finding and one picture; nothing is computed here."""
    place = place_of(request)
    context = frame(request, asked_period(request))
    if place is None:
        return render(request, "kpis/analyses/index.html", context)
    board = board_of(place.period, place.scope)
    cards = []
    for name in AnalysisName:
        story = tell(name, board)
        gap = None if story else gap_of(name, board)
        cards.append({"name": name, "question": question_of(name.value), "story": story, "gap": gap})
    return render(request, "kpis/analyses/index.html", context | _around(request, place, board) | {"cards": cards})


@require_GET
def analysis(request: WorkspaceRequest, slug: str, name: str) -> HttpResponse:
    """Show one analysis: finding, figures, pictures, tables, rules, and what it rests on."""
    chosen, place = name_or_404(name), place_of(request)
    context = frame(request, asked_period(request)) | {"name": chosen, "question": question_of(chosen.value)}
    if place is None:
        return render(request, "kpis/analyses/analysis.html", context)
    board = board_of(place.period, place.scope)
    story = tell(chosen, board, request.GET.dict())
    urls = _row_urls(request, chosen, place, board)
    context |= _around(request, place, board, chosen) | {
        "story": story,
        "gap": None if story else gap_of(chosen, board),
        "sheets": _sheets(story, urls) if story else [],
        "list_url": next(iter(urls.values()), ""),
        "explain_query": urlencode(
            {"period": str(place.period), "scope": f"{place.scope.kind.value}:{place.scope.id}"}
        ),
    }
    if chosen is AnalysisName.LIFETIME and story is not None:
        context |= _calculator(request, board)
    if chosen is AnalysisName.AIPL:
        context |= {"against": request.GET.get("against", "1"), "comparisons": _comparisons()}
    return render(request, "kpis/analyses/analysis.html", context)


def _around(request: WorkspaceRequest, place: Place, board: Board, name: AnalysisName | None = None) -> dict[str, Any]:
    """Return what stands around the analyses: units to choose from, what they rest on, the run that is under way."""
    rows = [row for key, row in board.results.items() if name in (None, key)]
    digests = data_digests() if rows else {}
    standings = [standing_of(row, place.period, digests=digests) for row in rows]
    is_stored = name is None or name in STORED
    return {
        "place": place,
        "unit": place.scope.id,
        "standing": max(standings, key=lambda each: each.computed_at, default=None),
        "stale": any(standing.stale for standing in standings),
        "figures_at": None if is_stored else computed_at(place.period),
        "is_analysed": is_stored,
        "job": analysing_job(place.period),
        "may_run": may(request.access, "kpis:analyse", "POST"),
        "may_see_job": may(request.access, "jobs:job"),
        "query": urlencode({"period": str(place.period)} | ({"unit": place.scope.id} if place.scope.id else {})),
    }


def _row_urls(request: HttpRequest, name: AnalysisName, place: Place, board: Board) -> dict[str, str]:
    """Return where the customers behind a line stand, for those who may see them."""
    row: AnalysisResult | None = board.results.get(name)
    if name not in LISTED or row is None or not row.list_path:
        return {}
    if not may(getattr(request, "access", None), "kpis:analysis_customers"):
        return {}
    slug = request.access.workspace.slug  # type: ignore[attr-defined]
    base = reverse("kpis:analysis_customers", args=[slug, name.value])
    query = {"period": str(place.period)} | ({"unit": place.scope.id} if place.scope.id else {})
    return {view: f"{base}?{urlencode({**query, 'view': view})}" for view in SPECS[name].views}


def _sheets(story: Story, urls: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the tables line by line, each cell beside its column."""
    return [
        {
            "sheet": sheet,
            "rows": [
                {"row": row, "url": urls.get(row.key, ""), "cells": list(zip(sheet.columns, row.cells, strict=True))}
                for row in sheet.rows
            ],
        }
        for sheet in story.sheets
    ]


def _comparisons() -> list[tuple[str, str]]:
    return [("1", _("a month ago")), ("3", _("three months ago")), ("12", _("a year ago"))]


def _calculator(request: HttpRequest, board: Board) -> dict[str, Any]:
    """Return what the form of the calculator offers, and what was chosen."""
    found = board.document(AnalysisName.LIFETIME, LifetimeDocument)
    chosen = Assumptions.read(request.GET.dict(), board, found)
    return {
        "chosen": chosen,
        "windows": [(str(each.churn_days), str(each.churn_days)) for each in found.lasting] if found else [],
        "rois": [(kpi, kpi_name(board, kpi)) for kpi in ROI_KPIS],
        "gain_text": request.GET.get("gain", ""),
        "cost_text": request.GET.get("cost", ""),
    }


@require_POST
def analyse(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Run the analyses of a month again, with the unit that was asked for."""
    asked, seen = period_or_none(request.POST.get("period", "")), reach(request.access)
    if asked is None or asked not in stored_periods():
        messages.error(request, _("Nothing is computed for this month yet, so there is nothing to analyse."))
        return redirect("kpis:analyses", slug)
    try:
        place = place_at(asked, unit=request.POST.get("unit", ""), within=seen.within)
    except LookupError as error:
        raise Http404(str(error)) from error
    units = [place.scope.id] if place.scope.id else []
    request_analysis([asked], units=units, actor_id=request.access.user_id, origin=JobOrigin.WEB)
    messages.success(request, _("The analyses of %(month)s are being computed.") % {"month": asked})
    query = urlencode({"period": str(asked)} | ({"unit": place.scope.id} if place.scope.id else {}))
    back = request.POST.get("name", "")
    page = (
        reverse("kpis:analysis", args=[slug, back])
        if back in AnalysisName.values
        else reverse("kpis:analyses", args=[slug])
    )
    return redirect(f"{page}?{query}")
