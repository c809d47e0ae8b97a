"""Which figure a request asks for (`?period=&scope=unit:S001&where=channel:store&known_at=`), as far as one may see."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404

from kpis.engine.narrowing import NotNarrowable
from kpis.engine.specs import ScopeKind
from kpis.queries.explaining import Figure, read_figure
from kpis.queries.figure_places import Place, moment_asked, scopes_asked
from kpis.queries.scope_words import Sight, scope_text
from kpis.views.asked import Asked, asked_period
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import Access, may
from roles.queries.org_chart import UnitTree, unit_tree

PERSONAL_ROUTE = "kpis:person_scorecard"


@dataclass(frozen=True, slots=True)
class AskedFigure:
    """The figure asked for, the organisation of its last day, and how far the reader may look."""

    place: Place
    tree: UnitTree
    sight: Sight
    asked: Asked


def sight_of(access: Access) -> Sight:
    """Return what the reader may see of figures."""
    return Sight(access.own_unit, access.own_person, with_people=may(access, PERSONAL_ROUTE))


def asked_figure(request: WorkspaceRequest, kpi: str) -> AskedFigure | None:
    """Read which figure a page is about; None while nothing is computed at all. Http404 beyond the reader's reach."""
    asked = asked_period(request)
    if asked.period is None:
        return None
    sight = sight_of(request.access)
    try:
        scope, where = scopes_asked(request.GET.get("scope", ""), request.GET.getlist("where"), default=sight.scope)
        known_at = moment_asked(request.GET.get("known_at", ""), zone=request.access.workspace.timezone)
    except ValueError as error:
        raise Http404(str(error)) from error
    place = Place(kpi, asked.period, scope, where, known_at)
    if not sight.covers(place.scopes, on=asked.period.last_day):
        raise Http404(kpi)
    return AskedFigure(place, unit_tree(as_of=asked.period.last_day), sight, asked)


def figure_or_404(asked: AskedFigure) -> Figure:
    """Return the figure asked for; Http404 for a scope, or an operand, that there is not."""
    place = asked.place
    if any(scope.kind is ScopeKind.UNIT and scope.id not in asked.tree for scope in place.scopes):
        raise Http404(scope_text(place.scope))
    try:
        figure = read_figure(place, tree=asked.tree)
    except NotNarrowable as error:
        raise Http404(str(error)) from error
    if figure is None:
        raise Http404(place.kpi)
    return figure
