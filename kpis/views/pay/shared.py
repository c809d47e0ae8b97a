"""The page of shared groups: counted once, seen by several, never added."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kpis.choices import NoDataReason
from kpis.figures import Bar, Chart, ranked_bars
from kpis.queries.definitions import library_at
from kpis.queries.pay.shared_groups import SharedTotal, View, shared_totals
from kpis.views.asked import asked_period, frame, unit_word
from kpis.views.pay.tabs import pay_tabs
from omnichannel.core.periods import Period
from omnichannel.workspaces.middleware import WorkspaceRequest
from roles.queries.org_chart import unit_tree
from roles.queries.picking import unit_options


@require_GET
def pay_shared(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show every shared group of a unit and month."""
    asked = asked_period(request)
    unit = request.GET.get("unit", "")
    context = frame(request, asked) | {"tabs": pay_tabs(request, "kpis:pay_shared"), "unit": unit}
    if asked.period is not None:
        tree = unit_tree(as_of=asked.period.last_day)
        if unit and unit not in tree:
            raise Http404(unit)
        context |= {
            "units": unit_options(tree, with_stores=True),
            "unit_name": tree.nodes[unit].name if unit else "",
            "groups": [_group(each, asked.period) for each in shared_totals(asked.period, unit)],
        }
    return render(request, "kpis/pay/shared.html", context)


def _group(told: SharedTotal, period: Period) -> dict[str, Any]:
    library, language = library_at(period.last_day), get_language()
    names = {kpi: spec.names.in_language(language) for kpi, spec in library.kpis.items()}
    return {
        "told": told,
        "reason": reason_words(told.reason),
        "sources": [{"line": line, "views": [(kpi, names[kpi]) for kpi in line.views]} for line in told.sources],
        "views": [_view(view, told, names) for view in told.views],
        "chart": _chart(told) if told.sources else None,
        "places": 0 if told.unit == "count" else 2,
    }


def _view(view: View, told: SharedTotal, names: dict[str, str]) -> dict[str, Any]:
    language = get_language()
    labels = {line.source: line.names.in_language(language) for line in told.sources}
    return {
        "view": view,
        "name": names[view.kpi],
        "roles": [role.in_language(language) for role in view.roles],
        "reason": reason_words(view.reason),
        "sources": [labels.get(source, source) for source in view.sources],
        "second": names.get(view.second, ""),
    }


def reason_words(reason: str) -> str:
    """Say why a figure is missing."""
    if reason in NoDataReason.values:
        return str(NoDataReason(reason).label)
    return _("Nothing is computed for this month") if reason else ""


def _chart(told: SharedTotal) -> Chart:
    """Draw the sources: together they are the total."""
    language = get_language()
    bars = [Bar(line.names.in_language(language), line.value) for line in told.sources]
    return ranked_bars(
        bars, axis=_("Source"), value_name=told.kpi_names.in_language(language), unit=unit_word(told.unit)
    )
