"""The first page of a workspace, and the button that computes."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kpis.engine.specs import ScopeKind
from kpis.errors import NothingToCompute
from kpis.figures import Chart, Series, stacked_bars
from kpis.queries.overview import Overview, overview
from kpis.queries.values import months_with_data
from kpis.services.values import request_computation
from kpis.views.asked import asked_period, frame, month_labels, reach, unit_word
from omnichannel.workspaces.middleware import WorkspaceRequest
from roles.queries.org_chart import unit_tree


@require_GET
def overview_page(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show the company, or the reader's own unit; a guide is led to their own day."""
    seen = reach(request.access)
    if seen.person is not None:
        return redirect("kpis:my_day", slug)
    asked = asked_period(request)
    context: dict[str, Any] = frame(request, asked)
    if asked.period is not None and asked.is_stored:
        tree = unit_tree(as_of=asked.period.last_day, within=seen.within)
        page = overview(asked.period, scope=seen.scope, tree=tree)
        context |= {"page": page, "channels": _channel_chart(page), "unit": tree.nodes.get(seen.scope.id)}
        context["ranks_note"] = _("%(shown)s of %(total)s stores: those that grew most and least") % {
            "shown": len(page.ranks),
            "total": page.units_total,
        }
        context["is_company"] = seen.scope.kind is ScopeKind.COMPANY
    return render(request, "kpis/overview.html", context)


def _channel_chart(page: Overview) -> Chart | None:
    if not page.channels:
        return None
    language = get_language()
    series = [Series(each.names.in_language(language), each.amounts) for each in page.channels]
    return stacked_bars(month_labels(page.months), series, axis=_("Month"), unit=unit_word("CNY"))


@require_POST
def compute(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Compute every month that has data, as a job with a page of its own."""
    periods = months_with_data()
    if not periods:
        messages.error(request, str(NothingToCompute()))
        return redirect("kpis:data", slug)
    job = request_computation(periods, actor_id=request.access.user_id)
    return redirect("jobs:job", slug, job.pk)
