"""The KPI library: the list, one KPI, and the KPIs of a role with their weights."""

from __future__ import annotations

from collections.abc import Mapping

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kpis.choices import KpiKindName, KpiLayerName, KpiUnitName, RecoveryName
from kpis.engine.specs import ScopeKind
from kpis.figures import Chart, Series, trend
from kpis.queries.definitions import every_kpi
from kpis.queries.library import KpiPage, LibraryFilter, kpi_page, library_list, role_weights, units_sought
from kpis.queries.weights import weighed_roles
from kpis.views.asked import asked_period, frame, month_labels, reach, unit_word
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.catalogue import RoleKey, roles_here
from roles.choices import StageName
from roles.queries.library import role_keys, role_options

FIELDS = ("q", "role", "kind", "layer", "unit", "recovery")
UNITS = 50
Options = list[tuple[str, str]]


@require_GET
def library(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List the KPIs that fit the search and filters, with the reader's own figures."""
    asked = LibraryFilter(**{name: request.GET.get(name, "") for name in FIELDS})
    period = asked_period(request)
    found = library_list(asked, period=period.period if period.is_stored else None, scope=reach(request.access).scope)
    context = frame(request, period) | {
        "asked": asked,
        "list": found,
        "options": {
            facet: _options(facet, counts, chosen=getattr(asked, facet)) for facet, counts in found.facets.items()
        },
    }
    name = "kpis/library.html#rows" if request.htmx and not request.htmx.boosted else "kpis/library.html"
    return render(request, name, context)


def _options(facet: str, counts: Mapping[str, int], *, chosen: str) -> Options:
    """Return the choices of a filter with how many KPIs each holds, in the catalogue's order."""
    labels = _labels(facet, chosen)
    hidden = set(role_keys()) if facet == "role" else set()
    order = [key for key in labels if key in counts] + sorted(set(counts) - set(labels) - hidden)
    return [(key, f"{labels.get(key, key)} · {counts[key]}") for key in order]


def _labels(facet: str, chosen: str) -> dict[str, str]:
    if facet == "role":
        return {**dict(role_options(chosen)), "company": _("Company"), "any": _("Any role")}
    if facet == "kind":
        return {value: str(label) for value, label in KpiKindName.choices}
    if facet == "layer":
        return {value: str(label) for value, label in KpiLayerName.choices}
    if facet == "unit":
        return {value: str(label) for value, label in KpiUnitName.choices}
    return {value: str(label) for value, label in RecoveryName.choices}


@require_GET
def kpi(request: WorkspaceRequest, slug: str, kpi_id: str) -> HttpResponse:
    """Show one KPI: what it means, how it is computed, who carries it, and the reader's own figures."""
    if kpi_id not in every_kpi():
        raise Http404(kpi_id)
    asked, seen = asked_period(request), reach(request.access)
    period = asked.period if asked.is_stored else None
    page = kpi_page(kpi_id, period=period, scope=seen.scope, within=seen.within)
    words, sort = request.GET.get("q", ""), request.GET.get("sort", "")
    units = units_sought(page.units, words=words, sort=sort)
    context = frame(request, asked) | {
        "page": page,
        "units": Paginator(units, UNITS).get_page(request.GET.get("page")),
        "q": words,
        "in_tree": len(units) == len(page.units) and not sort,
        "chart": _trend_chart(page),
        "stages": StageName.labels,
        "kind": KpiKindName(page.spec.kind.value).label,
        "layer": KpiLayerName(page.spec.layer.value).label,
        "unit_word": KpiUnitName(page.spec.unit).label,
        "is_company": seen.scope.kind is ScopeKind.COMPANY,
    }
    return render(request, "kpis/kpi.html", context)


def _trend_chart(page: KpiPage) -> Chart | None:
    if not any(value is not None for value in page.trend):
        return None
    line = Series(page.spec.names.in_language(get_language()), page.trend)
    return trend(month_labels(page.months), line, axis=_("Month"), unit=unit_word(page.spec.unit))


@require_GET
def role_kpis(request: WorkspaceRequest, slug: str, role_key: str) -> HttpResponse:
    """Show a role's KPIs with the weights of the three stages; htmx takes the table alone."""
    role = role_or_404(role_key)
    context = {
        "role": roles_here().roles[role],
        "rows": role_weights(role),
        "is_weighed": role in weighed_roles(),
        "stages": StageName.labels,
        "may_change": may(request.access, "kpis:weights", "POST"),
    }
    name = "kpis/role_kpis.html#table" if request.htmx and not request.htmx.boosted else "kpis/role_kpis.html"
    return render(request, name, context)


def role_or_404(key: str) -> RoleKey:
    """Return the role of the key, or answer 404."""
    if key not in roles_here().roles:
        raise Http404(key)
    return RoleKey(key)


def weighed_role_or_404(key: str) -> RoleKey:
    """Return a role that has weights and cards, or answer 404: an own role that names no KPI has none."""
    role = role_or_404(key)
    if role not in weighed_roles():
        raise Http404(key)
    return role
