"""Training plans: who needs what, for a unit and a quarter, with reasons; made, added to, dropped from, exported."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from omnichannel.core.errors import DomainError
from omnichannel.workspaces.choices import MemberRole
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.queries.org_chart import unit_tree
from roles.queries.people import people_within
from roles.queries.picking import labelled, unit_options
from talent.choices import NeedReason
from talent.forms.training import LineForm, PlanForm
from talent.queries.courses import CourseLine, CourseStanding, course_lines, courses
from talent.queries.training import programmes
from talent.queries.training_plan import PlannedLine, PlanView, Progress, plan_view, plans, quarter_choices
from talent.services.training_plans import add_line, bring_back, drop_line, make_plan
from talent.views.training_files import why_words
from talent.views.training_frame import (
    PROGRESS,
    actor_of,
    found_or_404,
    frame,
    programme_options,
    refuse,
    sign,
)

ROUTE = "talent:training_plans"
MOST_SUGGESTED = 500


@require_http_methods(["GET", "POST"])
def plans_page(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List the plans; POST makes one or computes it anew."""
    access, today = request.access, today_in(request.access.workspace)
    tree = unit_tree(as_of=today)
    options = unit_options(tree, within=access.own_unit, with_stores=True)
    data = request.POST if request.method == "POST" else None
    initial = {"unit": request.GET.get("unit", access.own_unit or "")}
    form = PlanForm(data, units=options, quarters=quarter_choices(today), initial=initial)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        plan = found_or_404(lambda: make_plan(said["unit"], period=said["period"], actor=actor_of(request)))
        messages.success(request, _("The plan holds what is needed today."))
        return redirect("talent:training_plan", slug, plan.pk)
    rows = plans(tree=tree, within=access.own_unit)
    names = {node.external_id: node.name for node in tree}
    context = frame(
        request,
        ROUTE,
        form=form,
        rows=[(row, names.get(row.unit_external_id, row.unit_external_id)) for row in rows],
        may_make=may(access, ROUTE, "POST"),
    )
    return render(request, "talent/training_plans.html", context, status=422 if data is not None else 200)


@require_GET
def plan_page(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Show one plan."""
    return shown(request, pk)


def shown(request: WorkspaceRequest, pk: int, *, form: LineForm | None = None, status: int = 200) -> HttpResponse:
    """Show a plan; `form` is a refused line. Executives see seats and hours, no single person."""
    access, today = request.access, today_in(request.access.workspace)
    tree = unit_tree(as_of=today)
    view: PlanView = found_or_404(lambda: plan_view(pk, tree=tree, within=access.own_unit))
    asked = {name: request.GET.get(name, "") for name in ("programme", "reason", "progress", "q")}
    lines = [line for line in view.lines if _fits(line, asked)]
    may_change = may(access, "talent:training_plan_lines", "POST")
    coming = _coming(today)
    context = frame(
        request,
        ROUTE,
        view=view,
        sees_people=access.role is not MemberRole.EXECUTIVE,
        rows=[_row(line) for line in _sorted(lines, request.GET.get("sort", "person"))],
        asked=asked,
        programmes=[(each.programme, each.names.in_language(get_language())) for each in view.demand],
        reasons=NeedReason.choices,
        progresses=[(key.value, words[0]) for key, words in PROGRESS.items()],
        demand=[(each, coming.get(each.programme, ())) for each in view.demand],
        may_change=may_change,
        form=form or LineForm(programmes=programme_options(programmes())),
        people=_suggested(view.unit, today=today) if may_change else [],
    )
    return render(request, "talent/training_plan.html", context, status=status)


@require_POST
def plan_lines(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Add a line by hand."""
    form = LineForm(request.POST, programmes=programme_options(programmes()))
    if not form.is_valid():
        return shown(request, pk, form=form, status=422)
    said = form.cleaned_data
    try:
        add_line(pk, person=said["person"], programme=said["programme"], words=said["words"], actor=actor_of(request))
    except DomainError as error:
        form.add_error(None, str(error))
        return shown(request, pk, form=form, status=error.status)
    messages.success(request, _("The line is on the plan."))
    return redirect("talent:training_plan", slug, pk)


@require_POST
def plan_line(request: WorkspaceRequest, slug: str, pk: int, line: int) -> HttpResponse:
    """Drop a line with a reason, or bring it back."""
    actor = actor_of(request)
    try:
        if request.POST.get("do") == "back":
            bring_back(pk, line=line, actor=actor)
        else:
            drop_line(pk, line=line, reason=request.POST.get("reason", "")[:300], actor=actor)
    except DomainError as error:
        if error.status == 404:
            refuse(error)
        messages.error(request, str(error))
    else:
        messages.success(request, _("The plan is changed."))
    return redirect("talent:training_plan", slug, pk)


def _row(line: PlannedLine) -> dict[str, Any]:
    return {
        "line": line,
        "sign": sign(PROGRESS[line.progress]),
        "why": [(w.kind.label, why_words(w)) for w in line.reasons],
    }


def _fits(line: PlannedLine, asked: dict[str, str]) -> bool:
    words = asked["q"].strip().casefold()
    return (
        asked["programme"] in ("", line.programme)
        and asked["progress"] in ("", line.progress.value)
        and (not asked["reason"] or any(why.kind.value == asked["reason"] for why in line.reasons))
        and (not words or words in line.person_name.casefold() or words in line.person.casefold())
    )


def _sorted(lines: list[PlannedLine], sort: str) -> list[PlannedLine]:
    keys = {
        "person": lambda line: (line.person_name, line.person),
        "programme": lambda line: (line.programme, line.person_name),
        "progress": lambda line: (list(Progress).index(line.progress), line.person_name),
    }
    return sorted(lines, key=keys.get(sort.removeprefix("-"), keys["person"]), reverse=sort.startswith("-"))


def _coming(today: date) -> dict[str, list[CourseLine]]:
    """Return the next courses with seats left per programme."""
    found: dict[str, list[CourseLine]] = {}
    for line in course_lines(courses(standing=CourseStanding.COMING, today=today).order_by("starts_on"), today=today):
        if line.free:
            found.setdefault(line.course.programme, []).append(line)
    return found


def _suggested(unit: str, *, today: date) -> list[str]:
    rows = people_within(unit_tree(as_of=today).subtree(unit), as_of=today)
    found = rows.order_by("person__external_id").values_list("person__external_id", "person__display_name")
    return [labelled(key, name) for key, name in found[:MOST_SUGGESTED]]
