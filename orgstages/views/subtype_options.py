"""A unit beside each sub-type it could work in; one of them can be made a scenario."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kpis.queries.subjects import answers_for
from omnichannel.core.errors import DomainError
from omnichannel.workspaces.choices import SEES_PAY
from omnichannel.workspaces.clock import clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from orgstages.catalogue import load_stages
from orgstages.errors import UnknownDiagnosisUnit
from orgstages.queries.failure_watch import failure_watch
from orgstages.queries.subtype_options import SubtypeComparison, SubtypeOption, compare_subtypes
from orgstages.services.scenario_drafts import scenario_of_subtype
from roles.catalogue import SubtypeKey
from roles.queries.org_chart import unit_tree


@require_GET
def options(request: WorkspaceRequest, slug: str, external_id: str) -> HttpResponse:
    """Show the unit as it is and each sub-type; `?with=` keeps some of them."""
    clock = clock_of(request)
    asked = [SubtypeKey(key) for key in request.GET.getlist("with") if key in list(SubtypeKey)]
    try:
        found = compare_subtypes(external_id, as_of=clock.as_of, within=request.access.own_unit, only=asked)
    except UnknownDiagnosisUnit as error:
        raise Http404 from error
    subtypes = load_stages().subtypes
    context = {
        "clock": clock,
        "found": found,
        "columns": _columns(found),
        "choices": [(key, spec.names, not asked or key in asked) for key, spec in subtypes.items()],
        "sees_pay": request.access.role in SEES_PAY,
        "may_draft": may(request.access, "orgstages:subtype_scenario", "POST"),
        "scenario_day": max(clock.as_of, clock.today),
    }
    return render(request, "orgstages/scenarios/options.html", context)


@require_POST
def make_scenario(request: WorkspaceRequest, slug: str, external_id: str) -> HttpResponse:
    """Begin a scenario in which the unit adopts the sub-type."""
    clock = clock_of(request, request.POST.get("on", ""))
    subtype = request.POST.get("subtype", "")
    if subtype not in list(SubtypeKey):
        raise Http404(subtype)
    access = request.access
    try:
        made = scenario_of_subtype(
            external_id,
            subtype=SubtypeKey(subtype),
            on=max(clock.as_of, clock.today),
            actor_id=access.user_id,
            within=access.own_unit,
        )
    except UnknownDiagnosisUnit as error:
        raise Http404 from error
    except DomainError as error:
        messages.error(request, str(error))
        return redirect(reverse("orgstages:subtype_options", args=[slug, external_id]) + clock.query)
    messages.success(request, _("The scenario has been made. Nothing of the organisation has changed."))
    return redirect("orgstages:scenario", slug=slug, pk=made)


def _columns(found: SubtypeComparison) -> list[tuple[SubtypeOption, tuple[object, ...]]]:
    """Return each option with its failure modes and what the KPIs say that would reveal them."""
    scope = answers_for(found.unit.external_id, unit_tree(as_of=found.as_of))
    modes = [mode for option in found.options for mode in option.spec.failure_modes]
    watched = {id(one.mode): one for one in failure_watch(modes, as_of=found.as_of, scope=scope).modes}
    return [(option, tuple(watched[id(mode)] for mode in option.spec.failure_modes)) for option in found.options]
