"""A review round as HR leads it: progress, reminders, wide spreads, sign-off, and its history."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kpis.errors import ReviewRefused
from kpis.models import ReviewRound
from kpis.queries.definitions import every_kpi
from kpis.queries.reviews import progress
from kpis.services import reviewing
from kpis.views.reviews import round_state
from omnichannel.core.periods import parse_day
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.middleware import WorkspaceRequest
from roles.queries.org_chart import unit_tree


@require_http_methods(["GET", "POST"])
def review_round(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Show a round as a whole: who is how far, wide spreads, what stands against signing it off, its history.

    POST closes it, opens it again, signs it off, moves the due date, adds or removes a reviewer, or keeps what a talk
    came to; what is refused stands on the page as it was typed.
    """
    round_ = get_object_or_404(ReviewRound.objects.select_related("created_by", "signed_by"), pk=pk)
    if request.method != "POST":
        return render(request, "kpis/reviews/round.html", _round_context(request, round_))
    try:
        messages.success(request, _act(request, pk))
    except ReviewRefused as error:
        context = _round_context(request, round_) | {"issues": error.issues, "typed": request.POST}
        return render(request, "kpis/reviews/round.html", context, status=422)
    return redirect("kpis:review_round", slug, pk)


def _round_context(request: WorkspaceRequest, round_: ReviewRound) -> dict[str, Any]:
    found, known = progress(round_), every_kpi()
    late = [line for line in found.reviewers if line.done < line.total]
    return {
        "round": round_,
        "progress": found,
        "spreads": [
            {
                "spread": spread,
                "subject": found.names[spread.subject],
                "scores": [{"name": found.names[task.reviewer_id], "task": task} for task in spread.tasks],
            }
            for spread in found.spreads
        ],
        "single": [
            {"kpi": known.get(kpi), "id": subject, "name": found.names[subject]} for kpi, subject in found.single
        ],
        "rows": [
            {
                "task": task,
                "kpi": known.get(task.kpi),
                "subject": found.names[task.subject_id],
                "reviewer": found.names[task.reviewer_id],
            }
            for task in found.tasks
        ],
        "reminders": late,
        "mailto": ",".join(email for line in late for email in line.emails),
        "unit": unit_tree(as_of=round_.opens_on).nodes.get(round_.unit_id),
        "events": [
            {
                "when": event.at,
                "title": event.get_action_display(),
                "text": _event_text(event, found.names),
                "who": event.actor,
            }
            for event in round_.events.select_related("actor")
        ],
        "today": today_in(request.access.workspace),
        **round_state(round_),
    }


def _event_text(event: Any, names: Any) -> str:
    kpi = every_kpi().get(event.kpi)
    about = [names.get(event.subject_id, event.subject_id)] if event.subject_id else []
    if kpi is not None:
        about.append(kpi.names.in_language(get_language()))
    return " · ".join([*about, *([event.note] if event.note else [])])


def _act(request: WorkspaceRequest, pk: int) -> str:
    actor, posted = request.access.user_id, request.POST
    match posted.get("action", ""):
        case "close":
            reviewing.close_round(pk, actor_id=actor)
            return _("Closed. Nobody can write any more.")
        case "reopen":
            reviewing.reopen_round(pk, reason=posted.get("reason", ""), actor_id=actor)
            return _("Open again. The reason is kept with the round.")
        case "sign":
            count = reviewing.sign_off(pk, actor_id=actor)
            return _("Signed off: %(n)s judgements count from now on. The scorecards are being computed.") % {
                "n": count
            }
        case "due":
            reviewing.move_due(pk, due_on=_day(posted.get("due_on", "")), actor_id=actor)
            return _("The due date has been moved.")
        case "add":
            subject, reviewer = posted.get("subject", ""), posted.get("reviewer", "").strip()
            reviewing.add_reviewer(pk, subject=subject, kpis=[], reviewer=reviewer, actor_id=actor)
            return _("The reviewer has been added.")
        case "remove":
            task = posted.get("task", "")
            reviewing.remove_task(
                pk,
                int(task) if task.isascii() and task.isdigit() else 0,
                reason=posted.get("reason", ""),
                actor_id=actor,
            )
            return _("The assignment has been removed.")
        case "talk":
            kpi, subject = posted.get("kpi", ""), posted.get("subject", "")
            reviewing.talk_through(pk, kpi=kpi, subject=subject, note=posted.get("note", ""), actor_id=actor)
            return _("Kept: this spread has been talked through.")
        case _other:
            raise Http404(_other)


def _day(text: str) -> date:
    try:
        return parse_day(text)
    except ValueError:
        raise ReviewRefused([_("This is no date. Write 2026-11-30.")]) from None
