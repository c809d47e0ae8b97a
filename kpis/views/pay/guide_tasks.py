"""A manager's page of tasks: give one, change it, take it back, and who has done it, in time or late."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kpis.errors import FieldsRefused, TaskStepRefused
from kpis.guide_choices import TaskStanding
from kpis.guide_forms import TaskForm
from kpis.models import GuideTask, GuideTaskPicture
from kpis.queries.pay.guide_tasks import is_wholly_within, people_of, steps_of, task_file, tasks_within, totals_within
from kpis.queries.pay.my_day import is_ranking_shown
from kpis.services.pay.guide_tasks import (
    change_faults,
    change_task,
    give_task,
    restore_task,
    show_ranking,
    task_faults,
    withdraw_task,
)
from kpis.views.pay.tabs import pay_tabs
from omnichannel.core.csvtext import csv_text
from omnichannel.core.http import csv_answer
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.queries.library import role_options
from roles.queries.org_chart import UnitTree, unit_tree
from roles.queries.people import people_names
from roles.queries.picking import unit_options

PAGE, PEOPLE = 50, 100
SORTS = {"title": "title", "due": "due_on", "people": "n", "done": "done", "done_late": "done_late", "late": "late",
         "open": "open"}  # fmt: skip
HERE = "kpis:tasks"


@require_GET
def tasks(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List the tasks of one's people, with how many stand how."""
    tree, every = _seen(request)
    rows = _chosen(request, every)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    totals = totals_within(tree, unit=request.access.own_unit, today=tree.as_of)
    context = {
        "tabs": pay_tabs(request, HERE),
        "page": page,
        "totals": [(key, label, totals[key]) for key, label in TaskStanding.choices],
        "asked": {name: request.GET.get(name, "") for name in ("q", "standing")},
        "standings": [*TaskStanding.choices, ("withdrawn", _("Taken back"))],
        "has_any": bool(page) or every.exists(),
        "may_switch": may(request.access, "kpis:tasks_ranking", "POST"),
        "ranking_is_shown": is_ranking_shown(),
    }
    return render(request, "kpis/pay/tasks.html", context)


@require_GET
def tasks_file(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Answer the listed tasks as CSV, a row for each person who was asked."""
    tree, every = _seen(request)
    today = today_in(request.access.workspace)
    rows = task_file(_chosen(request, every), tree, unit=request.access.own_unit, today=today)
    return csv_answer(csv_text(rows), filename=f"tasks-{today}.csv")


@require_http_methods(["GET", "POST"])
def task_new(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Give a task to people, or to everybody with a role in a unit."""
    access, today = request.access, today_in(request.access.workspace)
    tree = unit_tree(as_of=today, within=access.own_unit)
    is_sent = request.method == "POST"
    form = TaskForm(
        request.POST if is_sent else None,
        request.FILES if is_sent else None,
        roles=role_options(),
        units=unit_options(tree, with_stores=access.own_unit is not None),
        initial={"role": "digital-guide", "due_on": today},
    )
    if is_sent and form.is_valid():
        try:
            task = give_task(form.asked, actor_id=access.user_id, today=today, within=access.own_unit)
        except FieldsRefused as refused:
            form.tell(refused.faults)
        else:
            messages.success(request, _("Given: it stands on their page now."))
            return redirect("kpis:task", slug, task.pk)
    elif is_sent:
        form.tell(task_faults(form.asked, today=today, within=access.own_unit))
    context = {"form": form, "tabs": pay_tabs(request, HERE)}
    return render(request, "kpis/pay/task_new.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def task(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Show a task with who has done it; POST changes what it says."""
    tree, every = _seen(request)
    found = get_object_or_404(every, pk=pk)
    if request.method != "POST":
        return _page(request, found, tree)
    if not is_wholly_within(found, tree, unit=request.access.own_unit):
        return _page(request, found, tree, refused=_not_yours(), status=403)
    form = TaskForm(request.POST, request.FILES, whom=False)
    if form.is_valid():
        try:
            changes = change_task(
                pk, form.asked, actor_id=request.access.user_id, today=today_in(request.access.workspace)
            )
        except FieldsRefused as fault:
            form.tell(fault.faults)
        except TaskStepRefused as fault:
            return _page(request, found, tree, refused=str(fault), status=409)
        else:
            messages.success(request, _("Changed.") if changes else _("Nothing was different."))
            return redirect("kpis:task", slug, pk)
    else:
        form.tell(change_faults(found, form.asked, today=today_in(request.access.workspace)))
    return _page(request, found, tree, form=form, status=422)


@require_POST
def task_step(request: WorkspaceRequest, slug: str, pk: int, step: str) -> HttpResponse:
    """Take a task back, or give it again."""
    tree, every = _seen(request)
    found, actor = get_object_or_404(every, pk=pk), request.access.user_id
    steps: dict[str, Callable[[], object]] = {
        "withdraw": lambda: withdraw_task(pk, actor_id=actor),
        "restore": lambda: restore_task(pk, actor_id=actor),
    }
    if step not in steps:
        raise Http404(step)
    if not is_wholly_within(found, tree, unit=request.access.own_unit):
        return _page(request, found, tree, refused=_not_yours(), status=403)
    try:
        steps[step]()
    except TaskStepRefused as error:
        return _page(request, found, tree, refused=str(error), status=409)
    undo = reverse("kpis:task_step", args=[slug, pk, "restore" if step == "withdraw" else "withdraw"])
    told = _("Taken back: nobody sees it any more.") if step == "withdraw" else _("Given again.")
    messages.success(request, told, extra_tags=f"undo:{undo}")
    return redirect("kpis:task", slug, pk)


@require_POST
def tasks_ranking(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show or hide places on everybody's own page."""
    is_shown = request.POST.get("shown") == "1"
    if is_shown != is_ranking_shown():
        show_ranking(is_shown=is_shown, actor_id=request.access.user_id)
    messages.success(request, _("Places are shown.") if is_shown else _("Places are hidden from everybody."))
    return redirect(HERE, slug)


@require_GET
def task_picture(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Answer a task's picture to who was asked and to their managers."""
    rows = GuideTaskPicture.objects.filter(task_id=pk)
    if (own := request.access.own_person) is not None:
        rows = rows.filter(task__people__person_external_id=own, task__withdrawn_at=None)
    elif not _seen(request)[1].filter(pk=pk).exists():
        raise Http404
    picture = get_object_or_404(rows)
    answer = HttpResponse(bytes(picture.content), content_type=picture.content_type)
    answer["Cache-Control"] = "private, no-cache"  # asked each time: it may have been changed or taken back
    answer["X-Content-Type-Options"] = "nosniff"
    answer["ETag"] = mark = quote_etag(hashlib.sha256(answer.content).hexdigest())
    return cast("HttpResponse", get_conditional_response(request, etag=mark, response=answer))


def _page(
    request: WorkspaceRequest,
    found: GuideTask,
    tree: UnitTree,
    *,
    form: TaskForm | None = None,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    unit, today = request.access.own_unit, today_in(request.access.workspace)
    standing = request.GET.get("standing", "")
    lines = people_of(found, tree, unit=unit, today=today, standing=standing)
    people = Paginator(lines, PEOPLE).get_page(request.GET.get("page"))
    steps = steps_of(found, None if unit is None else {line.row.person_external_id for line in lines})
    names = people_names({step.person_external_id for step in steps})
    initial = {name: getattr(found, name) for name in ("title", "what", "script", "link", "due_on")}
    context: dict[str, Any] = {
        "task": found,
        "has_picture": GuideTaskPicture.objects.filter(task=found).exists(),
        "totals": [(key, label, getattr(found, key)) for key, label in TaskStanding.choices],
        "standing": standing,
        "people": people,
        "steps": [(step, names.get(step.person_external_id, step.person_external_id)) for step in steps],
        "unit": tree.nodes[found.unit_external_id].name if found.unit_external_id in tree else "",
        "role": dict(role_options(found.role_key)).get(found.role_key, found.role_key),
        "may_change": is_wholly_within(found, tree, unit=unit),
        "form": form or TaskForm(initial=initial, whom=False),
        "is_wrong": bool(form and form.errors),
        "refused": refused,
        "list_url": reverse(HERE, args=[request.access.workspace.slug]),
        "tabs": pay_tabs(request, HERE),
    }
    return render(request, "kpis/pay/task.html", context, status=status)


def _seen(request: WorkspaceRequest) -> tuple[UnitTree, QuerySet[GuideTask]]:
    today = today_in(request.access.workspace)
    tree = unit_tree(as_of=today)
    return tree, tasks_within(tree, unit=request.access.own_unit, today=today)


def _chosen(request: WorkspaceRequest, rows: QuerySet[GuideTask]) -> QuerySet[GuideTask]:
    words = request.GET.get("q", "").replace("\x00", "").strip()
    standing, sort = request.GET.get("standing", ""), request.GET.get("sort", "")
    if words:
        rows = rows.filter(Q(title__icontains=words) | Q(what__icontains=words))
    rows = rows.filter(withdrawn_at__isnull=standing != "withdrawn")
    if standing in TaskStanding.values:
        rows = rows.filter(**{f"{standing}__gt": 0})
    column = SORTS.get(sort.removeprefix("-"))
    return (
        rows.order_by(f"{'-' if sort.startswith('-') else ''}{column}", "-pk")
        if column
        else rows.order_by("-due_on", "-pk")
    )


def _not_yours() -> str:
    return _("People outside your units have this task as well: only who gave it can change it.")
