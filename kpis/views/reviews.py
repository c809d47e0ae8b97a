"""Reviews: the list of rounds, opening one, and a reviewer's own judgements one subject at a time."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from kpis.choices import RoundState
from kpis.errors import ReviewRefused
from kpis.library import library_extras
from kpis.library.anchors import SCORES, review_anchors
from kpis.models import ReviewRound, ReviewTask
from kpis.queries.definitions import every_kpi
from kpis.queries.reviews import called, earlier_scores, qualitative_kpis, rounds, tasks_of
from kpis.services import reviewing
from kpis.services.reviewing import Judgement
from omnichannel.core.periods import Period, month_of, parse_day, parse_period, quarter_of
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.models import Membership
from omnichannel.workspaces.permissions import may
from roles.catalogue import RoleKey, roles_here
from roles.queries.org_chart import unit_tree

PERIODS_BACK = 4


def reader(request: WorkspaceRequest) -> str:
    """Return the id of the person the member is tied to; empty for none."""
    found = Membership.objects.filter(workspace=request.access.workspace, user_id=request.access.user_id)
    return found.values_list("person_external_id", flat=True).first() or ""


@require_http_methods(["GET", "POST"])
def reviews(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List the rounds, those with something left for the reader first; POST opens a round."""
    if request.method == "POST":
        return _open(request, slug)
    return render(request, "kpis/reviews/rounds.html", _rounds_context(request))


def _rounds_context(request: WorkspaceRequest, *, typed: dict[str, Any] | None = None) -> dict[str, Any]:
    person, today = reader(request), today_in(request.access.workspace)
    may_lead = may(request.access, "kpis:review_round")
    found = rounds(person)
    tree = unit_tree(as_of=today) if may_lead else ()
    return {
        "rounds": [line for line in found if may_lead or line.mine],
        "mine": [line for line in found if line.mine and line.round.state == RoundState.OPEN],
        "person": person,
        "today": today,
        "may_lead": may_lead,
        "kpis": qualitative_kpis() if may_lead else (),
        "periods": [(str(each), str(each)) for each in _periods(today)],
        "units": [(node.external_id, f"{'　' * node.depth}{node.name}") for node in tree if node.children],
        "typed": typed or {},
    }


def _periods(today: date) -> list[Period]:
    """Return quarters and months to review, the newest first; most judgements are made by quarter."""
    quarter, month = quarter_of(today), month_of(today)
    return [*(quarter.previous(n) for n in range(PERIODS_BACK)), *(month.previous(n) for n in range(PERIODS_BACK))]


def _open(request: WorkspaceRequest, slug: str) -> HttpResponse:
    typed = {name: request.POST.get(name, "") for name in ("period", "name", "unit", "due_on")}
    chosen = request.POST.getlist("kpis")
    today = today_in(request.access.workspace)
    try:
        period, due_on = parse_period(typed["period"]), parse_day(typed["due_on"])
    except ValueError:
        return _again(request, [_("Choose a period and a due date.")], typed | {"kpis": chosen})
    if typed["unit"] and typed["unit"] not in unit_tree(as_of=today):
        raise Http404(typed["unit"])
    try:
        opened = reviewing.open_round(
            period, name=typed["name"], kpis=chosen, due_on=due_on, today=today, actor_id=request.access.user_id,
            unit=typed["unit"],
        )  # fmt: skip
    except ReviewRefused as error:
        return _again(request, error.issues, typed | {"kpis": chosen})
    told = ngettext("%(n)s judgement is asked for.", "%(n)s judgements are asked for.", opened.tasks)
    messages.success(request, told % {"n": opened.tasks})
    if opened.unassigned:
        told = ngettext(
            "%(n)s person has no manager in the chart: add a reviewer by hand.",
            "%(n)s people have no manager in the chart: add reviewers by hand.",
            len({subject for _kpi, subject in opened.unassigned}),
        )
        messages.warning(request, told % {"n": len({subject for _kpi, subject in opened.unassigned})})
    return redirect("kpis:review_round", slug, opened.round.pk)


def _again(request: WorkspaceRequest, issues: Any, typed: dict[str, Any]) -> HttpResponse:
    context = _rounds_context(request, typed=typed) | {"issues": issues}
    return render(request, "kpis/reviews/rounds.html", context, status=422)


@require_GET
def review_mine(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Lead a reviewer to the first subject that is not done, else show what is done."""
    round_, tasks = _mine(request, pk)
    left = [task for task in tasks if task.done_at is None]
    if left and round_.state == RoundState.OPEN and "all" not in request.GET:
        return redirect("kpis:review_subject", slug, pk, left[0].subject_id)
    return render(
        request, "kpis/reviews/mine.html", {"round": round_, "subjects": _subjects(tasks), **round_state(round_)}
    )


@require_http_methods(["GET", "POST"])
def review_subject(request: WorkspaceRequest, slug: str, pk: int, subject: str) -> HttpResponse:
    """Show one subject with the KPIs to judge; POST saves what was typed, whole or not."""
    round_, tasks = _mine(request, pk)
    mine = [task for task in tasks if task.subject_id == subject]
    if not mine:
        raise Http404(subject)
    missing: dict[int, str] = {}
    if request.method == "POST":
        finish = request.POST.get("action") == "done"
        judgements = [_judgement(request, task) for task in mine]
        try:
            missing = reviewing.save_judgements(pk, judgements, reviewer=reader(request), finish=finish)
        except ReviewRefused as error:
            messages.error(request, str(error))
            return redirect("kpis:review_mine", slug, pk)
        if request.htmx:  # kept while it is being typed
            return HttpResponse(_("Draft kept %(time)s") % {"time": f"{timezone.localtime():%H:%M:%S}"})
        if not missing:
            messages.success(request, _("Saved.") if finish else _("Saved as a draft. You can go on later."))
            return redirect(_next_url(slug, pk, subject, request=request, finish=finish))
    context = _subject_context(round_, list(tasks_of(round_, reader(request))), subject, missing)
    return render(request, "kpis/reviews/subject.html", context, status=422 if missing else 200)


def _mine(request: WorkspaceRequest, pk: int) -> tuple[ReviewRound, list[ReviewTask]]:
    """Return the round and the reader's own tasks in it; 404 for a round that asks nothing of them."""
    round_ = get_object_or_404(ReviewRound.objects, pk=pk)
    person = reader(request)
    tasks = list(tasks_of(round_, person)) if person else []
    if not tasks:
        raise Http404(pk)
    return round_, tasks


def _judgement(request: WorkspaceRequest, task: ReviewTask) -> Judgement:
    score = request.POST.get(f"score-{task.pk}", "")
    return Judgement(
        task.pk, int(score) if score in "12345" and score else None, request.POST.get(f"why-{task.pk}", "")
    )


def _next_url(slug: str, pk: int, subject: str, *, request: WorkspaceRequest, finish: bool) -> str:
    """Return the page after a save: the next subject that is not done, else the list; a draft stays where it is."""
    if not finish:
        return reverse("kpis:review_subject", args=[slug, pk, subject])
    left = tasks_of(get_object_or_404(ReviewRound.objects, pk=pk), reader(request)).filter(done_at=None)
    following = left.filter(subject_id__gt=subject).first() or left.first()
    if following is None:
        return f"{reverse('kpis:review_mine', args=[slug, pk])}?all=1"
    return reverse("kpis:review_subject", args=[slug, pk, following.subject_id])


def _subject_context(
    round_: ReviewRound, tasks: list[ReviewTask], subject: str, missing: dict[int, str]
) -> dict[str, Any]:
    subjects = _subjects(tasks)
    place = next(index for index, one in enumerate(subjects) if one["id"] == subject)
    mine = [task for task in tasks if task.subject_id == subject]
    before = earlier_scores(mine, before=round_.period)
    return {
        "round": round_,
        "subject": subjects[place],
        "place": place + 1,
        "count": len(subjects),
        "done_count": sum(one["done"] for one in subjects),
        "previous": subjects[place - 1] if place else None,
        "next": subjects[place + 1] if place + 1 < len(subjects) else None,
        "questions": [
            _question(task, before=before.get((task.kpi, subject)), missing=missing.get(task.pk, "")) for task in mine
        ],
        **round_state(round_),
    }


def _question(task: ReviewTask, *, before: Any, missing: str) -> dict[str, Any]:
    anchors, scale = review_anchors().get(task.kpi), library_extras().review_scale
    return {
        "task": task,
        "kpi": every_kpi().get(task.kpi),
        "evidence": anchors.evidence if anchors else library_extras().review_rule,
        "levels": [
            {"score": score, "name": scale[score], "text": anchors.levels[score] if anchors else None}
            for score in SCORES
        ],
        "before": before,
        "missing": missing,
    }


def _subjects(tasks: list[ReviewTask]) -> list[dict[str, Any]]:
    """Return the subjects of some tasks in order, with their names and whether all of each is done."""
    names, roles = called({task.subject_id for task in tasks}), roles_here().roles
    found: dict[str, dict[str, Any]] = {}
    for task in tasks:
        one = found.setdefault(
            task.subject_id,
            {"id": task.subject_id, "name": names[task.subject_id], "done": True, "begun": False, "roles": {}},
        )
        one["done"] = one["done"] and task.done_at is not None
        one["begun"] = one["begun"] or task.saved_at is not None
        if task.role_key:
            one["roles"][task.role_key] = roles[RoleKey(task.role_key)].names
    return list(found.values())


def round_state(round_: ReviewRound) -> dict[str, Any]:
    """Return what every page of a round shows of its state."""
    return {"state": RoundState(round_.state), "may_write": round_.state == RoundState.OPEN}
