"""Roadmaps: the list, a new one with its days before it is kept, and one with its picture."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from omnichannel.core.csvtext import csv_text
from omnichannel.core.errors import DomainError
from omnichannel.core.http import csv_answer
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from orgstages.catalogue import load_stages
from orgstages.errors import UnknownDiagnosisUnit, UnknownRoadmap
from orgstages.forms.plans import BeginForm, MilestoneForm, OwnMilestoneForm, PlanForm, ReasonForm, RouteForm
from orgstages.forms.refusals import add_faults, add_refusal
from orgstages.queries.roadmaps import MilestoneView, RoadmapView, roadmap, roadmaps
from orgstages.roadmap_drawing import Bar, Drawing, draw
from orgstages.roadmap_plan import planned_steps, skipped_stages
from orgstages.services.roadmaps import begin_faults, begin_roadmap
from orgstages.views.planning import actor_of, day_text, milestone_sign, suggestions
from orgstages.views.tabs import stage_tabs
from roles.queries.org_chart import UnitTree, unit_tree
from roles.queries.picking import unit_options
from roles.queries.stages import adopted_stage

# forms that were refused, by their place: a milestone, or a word
Rejected = Mapping[int | str, PlanForm]
FILE_COLUMNS = (
    "milestone_id", "roadmap", "unit_id", "unit", "milestone", "weeks", "owner_role", "owner_id", "owner",
    "first_planned_on", "planned_on", "done_on", "standing", "days",
)  # fmt: skip


@require_GET
def roadmaps_page(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List the roadmaps of the reader's units with what comes next, those under way first."""
    access, today = request.access, today_in(request.access.workspace)
    tree, unit = unit_tree(as_of=today), request.GET.get("unit", "")
    found = roadmaps(today=today, tree=tree, within=access.own_unit, unit=unit)
    context = {
        "rows": [_line(one) for one in found],
        "tabs": stage_tabs(request, "orgstages:roadmaps"),
        "units": unit_options(tree, within=access.own_unit),
        "unit": unit,
        "may_begin": may(access, "orgstages:roadmap_new", "POST"),
    }  # fmt: skip
    return render(request, "orgstages/roadmaps.html", context)


def _line(view: RoadmapView) -> dict[str, Any]:
    following = view.following
    return {"view": view, "next": following, "sign": milestone_sign(following) if following else None}


@require_http_methods(["GET", "POST"])
def roadmap_new(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Choose unit, route and start; see the days; keep it. A route that skips a stage is confirmed in words."""
    actor = actor_of(request)
    tree = unit_tree(as_of=actor.today)
    asked = request.POST if request.method == "POST" else request.GET
    route = RouteForm(
        asked if asked.get("unit") else None,
        units=unit_options(tree, within=actor.within),
        initial={"start_on": actor.today, "transition": asked.get("transition", "")},
    )
    begin = BeginForm(request.POST or None)
    if request.method == "POST" and route.is_valid() and begin.is_valid():
        chosen, said = route.cleaned_data, begin.cleaned_data
        try:
            made = begin_roadmap(
                chosen["unit"],
                transition=chosen["transition"],
                start_on=chosen["start_on"],
                actor=actor,
                role=said["role"],
                owner=said["owner"],
                note=said["note"],
                confirmation=said["confirmation"],
            )
        except UnknownDiagnosisUnit as error:
            raise Http404 from error
        except DomainError as error:
            add_refusal(begin, error)
        else:
            messages.success(request, _("The roadmap is kept; its steps are milestones now."))
            return redirect("orgstages:roadmap", slug, made.pk)
    elif request.method == "POST" and route.is_valid():
        spec, said = load_stages().transitions[route.cleaned_data["transition"]], begin.cleaned_data
        add_faults(
            begin,
            begin_faults(spec, owner=said.get("owner"), confirmation=said.get("confirmation"), actor=actor),
        )
    context = _new_context(route, begin, tree=tree, within=actor.within)
    return render(request, "orgstages/roadmap_new.html", context, status=422 if request.method == "POST" else 200)


def _new_context(route: RouteForm, begin: BeginForm, *, tree: UnitTree, within: str | None) -> dict[str, Any]:
    context: dict[str, Any] = {"route": route, "begin": begin, "has_units": bool(tree.nodes)}
    if not (route.is_bound and route.is_valid()):
        return context
    chosen = route.cleaned_data
    spec = load_stages().transitions[chosen["transition"]]
    adopted = adopted_stage(chosen["unit"], on=tree.as_of)
    skipped = skipped_stages(spec)
    steps = planned_steps(spec, start=chosen["start_on"])
    return context | suggestions(tree, unit=chosen["unit"], within=within) | {
        "chosen": chosen,
        "steps": steps,
        "skipped": skipped,
        "to_type": " ".join(stage.names.in_language(get_language()) for stage in skipped),
        "unit_name": tree.nodes[chosen["unit"]].name,
        "adopted": adopted,
        "starts_elsewhere": adopted.subtype is not spec.from_subtype,
        "weeks": spec.weeks,
        "under_way": [one for one in roadmaps(today=tree.as_of, tree=tree, unit=chosen["unit"]) if not one.is_over],
    }  # fmt: skip


@require_GET
def roadmap_page(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Show one roadmap."""
    return shown(request, pk)


def shown(request: WorkspaceRequest, pk: int, *, rejected: Rejected | None = None, status: int = 200) -> HttpResponse:
    """Show a roadmap; `rejected` holds the form that was refused, by its place on the page."""
    actor, wrong = actor_of(request), rejected or {}
    tree = unit_tree(as_of=actor.today)
    try:
        view = roadmap(pk, today=actor.today, tree=tree, within=actor.within)
    except UnknownRoadmap as error:
        raise Http404 from error
    may_change = may(request.access, "orgstages:roadmap_milestone", "POST") and view.cancelled_on is None
    context: dict[str, Any] = {
        "view": view,
        "rows": [_row(one, wrong, may_change=may_change) for one in view.milestones],
        "drawing": drawing_of(view, today=actor.today),
        "may_change": may_change,
        "may_open_row": may(request.access, "kpis:row"),
        "skipped": skipped_stages(view.transition),
        "today": actor.today,
    }
    if may_change:
        context |= suggestions(tree, unit=view.unit, within=actor.within)
        context["own"] = wrong.get("own") or OwnMilestoneForm(key="own", initial={"planned_on": actor.today})
        context["cancel"] = wrong.get("cancel") or ReasonForm(key="cancel")
    return render(request, "orgstages/roadmap.html", context, status=status)


def _row(one: MilestoneView, wrong: Rejected, *, may_change: bool) -> dict[str, Any]:
    form = wrong.get(one.pk)
    if form is None and may_change and not one.is_called_off:
        initial = {
            "planned_on": one.planned_on,
            "done_on": one.done_on,
            "role": one.owner_role.value,
            "owner": one.owner_name if one.owner_name == one.owner else f"{one.owner_name} · {one.owner}",
        }
        form = MilestoneForm(key=f"m{one.pk}", initial=initial)
    return {"one": one, "sign": milestone_sign(one), "form": form, "is_wrong": one.pk in wrong}


def drawing_of(view: RoadmapView, *, today: date) -> Drawing:
    """Draw the milestones: a step's bar begins where the step before it ends."""
    bars, begins = [], view.start_on
    language = get_language()
    for one in view.milestones:
        is_step = one.weeks is not None
        sign = milestone_sign(one)
        state = "next" if one.is_next else one.standing.value
        label = one.names.in_language(language)
        bars.append(
            Bar(
                begins if is_step else None,
                one.planned_on,
                one.first_planned_on,
                one.done_on,
                state,
                label,
                sign["words"],
            )
        )
        begins = one.planned_on if is_step else begins
    return draw(bars, start=view.start_on, today=today)


@require_GET
def roadmap_file(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Answer the milestones of a roadmap as CSV."""
    actor, language = actor_of(request), get_language()
    try:
        view = roadmap(pk, today=actor.today, tree=unit_tree(as_of=actor.today), within=actor.within)
    except UnknownRoadmap as error:
        raise Http404 from error
    rows: list[tuple[object, ...]] = [FILE_COLUMNS]
    for one in view.milestones:
        cells = (
            one.id, view.transition.id, view.unit, view.unit_name, one.names.in_language(language), one.weeks or "",
            one.owner_role.value, one.owner, one.owner_name, day_text(one.first_planned_on), day_text(one.planned_on),
            day_text(one.done_on), one.standing.value, one.days,
        )  # fmt: skip
        rows.append(cells)
    return csv_answer(csv_text(rows), filename=f"roadmap-{view.pk}.csv")
