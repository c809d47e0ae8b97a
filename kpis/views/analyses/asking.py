"""Which month and unit a page of analyses means, within what its reader may see."""

from __future__ import annotations

from django.http import Http404

from kpis.analysis_choices import AnalysisName
from kpis.queries.analyses.place import Place, place_at
from kpis.views.asked import asked_period, reach
from omnichannel.workspaces.middleware import WorkspaceRequest


def place_of(request: WorkspaceRequest) -> Place | None:
    """Read `?period=` and `?unit=`; None before anything is computed. 404 for a unit outside of what is seen."""
    asked, seen = asked_period(request), reach(request.access)
    if asked.period is None or not asked.is_stored:
        return None
    unit = request.POST.get("unit", "") or request.GET.get("unit", "")
    try:
        return place_at(asked.period, unit=unit, within=seen.within)
    except LookupError:
        raise Http404(unit) from None


def name_or_404(name: str) -> AnalysisName:
    """Return the analysis of an address."""
    try:
        return AnalysisName(name)
    except ValueError:
        raise Http404(name) from None
