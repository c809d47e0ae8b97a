"""The executive page and its PDF: a day and a month in the URL, each number leading to where it comes from."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from kpis.library import load_library
from kpis.queries.values import stored_periods
from omnichannel.core.periods import Grain, Period, period_or_none
from omnichannel.workspaces.clock import Clock, clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from orgstages.catalogue import SectionKey, load_stages
from orgstages.queries.evidence import newest_period
from orgstages.queries.executive import MODES_SHOWN, Executive, UnitStanding, Watched, executive
from orgstages.scoring import rounded
from orgstages.verdicts import mixed_map
from orgstages.views.executive_paper import report_of
from orgstages.views.planning import milestone_sign
from orgstages.views.stages import unit_line
from orgstages.views.tabs import stage_tabs
from roles.catalogue import roles_here


@require_GET
def executive_page(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show where the firm stands on one page."""
    clock, stored = clock_of(request, request.GET.get("as_of", "")), stored_periods()
    page = executive(as_of=clock.as_of, period=_period(request, clock, stored))
    watched = [_watched(line) for line in page.watched]
    context = {
        "clock": clock,
        "tabs": stage_tabs(request, "orgstages:executive"),
        "page": page,
        "picker": _picker(request, page.period, stored),
        "sentence": mixed_map((each.found.unit.name, each.found.verdict) for each in page.units),
        "units": [_unit(each) for each in page.units],
        "challenges": [spec.names for spec in load_stages().challenges.values()],
        "first_challenge": load_stages().sections[SectionKey.CHALLENGES].questions[0],
        "may_ask": clock.scenario is None and may(request.access, "orgstages:questionnaire"),
        "watched": watched[:MODES_SHOWN],
        "more_watched": watched[MODES_SHOWN:],
        "milestones": [{"road": road, "one": one, "sign": milestone_sign(one)} for road, one in page.milestones],
        "core_missing": sum(len(each.cover.missing) for each in page.units),
        "unowned": sum(each.unowned for each in page.units),
        "pdf_query": _pdf_query(page, clock),
    }
    return render(request, "orgstages/executive.html", context)


@require_GET
def executive_pdf(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Answer the page as PDF."""
    # heavy: not for every process at its start, only for who prints
    from roles.paper.pdf import as_pdf
    from roles.paper.report import pages_of

    clock = clock_of(request, request.GET.get("as_of", ""))
    page = executive(as_of=clock.as_of, period=_period(request, clock, stored_periods()))
    report = report_of(page, request=request)
    body = as_pdf(pages_of(report), title=report.title, author=str(request.user), made_at=timezone.now())
    answer = HttpResponse(body, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="executive-{clock.as_of:%Y-%m-%d}.pdf"'
    return answer


def _period(request: WorkspaceRequest, clock: Clock, stored: list[Period]) -> Period | None:
    """Return the month asked for where it is computed, else the newest that had begun by the day."""
    asked = period_or_none(request.GET.get("period", ""))
    if asked is not None and asked.grain is Grain.MONTH and asked in stored:
        return asked
    return newest_period(clock.as_of)


def _picker(request: WorkspaceRequest, period: Period | None, stored: list[Period]) -> dict[str, Any]:
    if period is None:
        return {}

    def url(month: Period) -> str:
        query = request.GET.copy()
        query["period"] = str(month)
        return f"?{query.urlencode()}"

    earlier, later = period.previous(), period.previous(-1)
    return {
        "current": str(period),
        "previous_url": url(earlier) if earlier in stored else "",
        "next_url": url(later) if later in stored else "",
        "options": [{"label": str(each), "url": url(each), "current": each == period} for each in stored],
    }


def _pdf_query(page: Executive, clock: Clock) -> str:
    pairs = [clock.pairs, f"period={page.period}" if page.period else ""]
    return f"?{'&'.join(filter(None, pairs))}" if any(pairs) else ""


def _unit(each: UnitStanding) -> dict[str, Any]:
    catalogue, names = load_stages(), roles_here().roles
    return {
        "line": unit_line(each.found),
        "cover": each.cover,
        "missing": [names[role].names for role in each.cover.missing],
        "shared": [names[role].names for role in each.cover.shared],
        "owned": each.relations - each.unowned,
        "relations": each.relations,
        "challenges": [
            {
                "names": catalogue.challenges[one.challenge].names,
                "severity": one.severity,
                "mean": None if one.mean is None else rounded(one.mean, 2),
            }
            for one in each.found.verdict.challenges
        ]
        if any(one.answered for one in each.found.verdict.challenges)
        else [],
    }


def _watched(line: Watched) -> dict[str, Any]:
    scope, library = line.watch.scope, load_library().kpis
    return {
        "line": line,
        "signal": line.signal,
        "kpis": [library[kpi].names for kpi in line.mode.mode.revealed_by if kpi in library],
        "scope": f"{scope.kind.value}:{scope.id}" if scope.id else "",
        "where": line.unit.unit.name,
    }
