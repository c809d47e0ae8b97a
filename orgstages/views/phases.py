"""Team phases: which team is in which, and one team's duties, criteria with their evidence, and history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from omnichannel.core.errors import DomainError
from omnichannel.workspaces.clock import Clock, clock_of
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from orgstages.errors import UnknownDiagnosisUnit, UnknownMilestone
from orgstages.forms.plans import PhaseForm, PlanForm, TickForm
from orgstages.forms.refusals import add_faults, add_refusal
from orgstages.queries.diagnosis import in_bounds
from orgstages.queries.phases import TeamView, ordered_phases, positions_of, team, teams
from orgstages.services.phases import (
    enter_phase,
    phase_faults,
    tick_criterion,
    tick_faults,
    untick_criterion,
)
from orgstages.views.planning import actor_of
from orgstages.views.tabs import stage_tabs
from roles.queries.org_chart import unit_tree
from roles.queries.picking import unit_options


@require_GET
def phases(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List the teams with their phases, and what the phases are."""
    clock, within = clock_of(request), request.access.own_unit
    tree = unit_tree(as_of=clock.as_of)
    context = {
        "clock": clock,
        "tabs": stage_tabs(request, "orgstages:phases"),
        "teams": teams(as_of=clock.as_of, tree=tree, within=within),
        "phases": ordered_phases(),
        "units": unit_options(tree, within=within),
    }
    return render(request, "orgstages/phases.html", context)


@require_GET
def phase_chosen(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Lead to the page of the team that was chosen in the list."""
    unit = request.GET.get("unit", "")
    if not unit:
        return redirect("orgstages:phases", slug)
    return redirect("orgstages:phase", slug, unit)


@require_http_methods(["GET", "POST"])
def phase(request: WorkspaceRequest, slug: str, external_id: str) -> HttpResponse:
    """Show a team's phase; POST lets it enter one."""
    if request.method != "POST":
        return _page(request, external_id, clock_of(request))
    form = PhaseForm(request.POST, phases=_phases(), key="enter")

    def write(data: dict[str, Any]) -> str:
        enter_phase(
            external_id, phase=data["phase"], since=data["since"], reason=data["reason"], actor=actor_of(request)
        )
        return _("The team is in its new phase.")

    def judge(said: dict[str, Any]) -> list[DomainError]:
        some = {name: said.get(name) for name in ("phase", "since", "reason")}
        return phase_faults(external_id, actor=actor_of(request), **some)

    return _written(request, slug, external_id, form=form, place="enter", write=write, judge=judge)


@require_POST
def phase_criterion(request: WorkspaceRequest, slug: str, external_id: str, number: int) -> HttpResponse:
    """Keep the evidence for a criterion, or withdraw it."""
    place = f"c{number}"
    if "withdraw" in request.POST:

        def take_back(_data: dict[str, Any]) -> str:
            untick_criterion(external_id, criterion=number, actor=actor_of(request))
            return _("The criterion is open again.")

        return _written(request, slug, external_id, form=PlanForm(request.POST), place="", write=take_back)
    form = TickForm(request.POST, key=place)

    def write(data: dict[str, Any]) -> str:
        tick_criterion(
            external_id, criterion=number, evidence=data["evidence"], met_on=data["met_on"], actor=actor_of(request)
        )
        return _("The criterion is met; the evidence is kept.")

    def judge(said: dict[str, Any]) -> list[DomainError]:
        some = {name: said.get(name) for name in ("evidence", "met_on")}
        return tick_faults(external_id, criterion=number, actor=actor_of(request), **some)

    return _written(request, slug, external_id, form=form, place=place, write=write, judge=judge)


def _written(
    request: WorkspaceRequest,
    slug: str,
    unit: str,
    *,
    form: PlanForm,
    place: str,
    write: Callable[[dict[str, Any]], str],
    judge: Callable[[dict[str, Any]], list[DomainError]] | None = None,
) -> HttpResponse:
    """Write what the form says; what is refused comes back with its form, `judge` telling of one misread in part."""
    clock = clock_of(request, "")
    try:
        if not form.is_valid():
            add_faults(form, judge(form.cleaned_data) if judge else ())
            return _page(request, unit, clock, rejected={place: form}, status=422)
        told = write(form.cleaned_data)
    except (UnknownDiagnosisUnit, UnknownMilestone) as error:
        raise Http404 from error
    except DomainError as error:
        add_refusal(form, error)
        return _page(request, unit, clock, rejected={place: form}, status=error.status)
    messages.success(request, told)
    return redirect("orgstages:phase", slug, unit)


def _page(
    request: WorkspaceRequest,
    unit: str,
    clock: Clock,
    *,
    rejected: dict[str, PlanForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    access, wrong = request.access, rejected or {}
    tree = unit_tree(as_of=clock.as_of)
    if not in_bounds(unit, tree=tree, within=access.own_unit):
        raise Http404
    view = team(unit, as_of=clock.as_of, tree=tree)
    may_move = may(access, "orgstages:phase", "POST") and clock.is_now
    context: dict[str, Any] = {
        "clock": clock,
        "unit": tree.nodes[unit],
        "view": view,
        "phases": ordered_phases(),
        "may_move": may_move,
        "enter": wrong.get("enter") or _enter_form(view, clock),
        "enter_is_wrong": "enter" in wrong,
    }
    if view is not None:
        context["positions"] = positions_of(view.stay.phase, unit=unit, as_of=clock.as_of, tree=tree)
        context["criteria"] = [
            {
                "one": one,
                "form": wrong.get(f"c{one.number}") or TickForm(key=f"c{one.number}", initial={"met_on": clock.as_of}),
                "is_wrong": f"c{one.number}" in wrong,
            }
            for one in view.criteria
        ]
    return render(request, "orgstages/phase.html", context, status=status)


def _enter_form(view: TeamView | None, clock: Clock) -> PhaseForm:
    following = view.following if view else ordered_phases()[0]
    initial = {"phase": following.id if following else "", "since": clock.as_of}
    return PhaseForm(phases=_phases(without=view), key="enter", initial=initial)


def _phases(*, without: TeamView | None = None) -> list[tuple[str, str]]:
    """Return the phases to choose from: for a team that is in one, those before it and the next."""
    here = without.stay.phase.order if without else 0
    return [
        (one.id, one.names.in_language(get_language()))
        for one in ordered_phases()
        if without is None or (one.order != here and one.order <= here + 1)
    ]
