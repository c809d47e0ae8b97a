"""What people do in a course: enrol, withdraw, attend, write the exam, say how it was; and what a workshop decides."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from kpis.library import load_library
from omnichannel.core.errors import DomainError
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.middleware import WorkspaceRequest
from roles.queries.library import role_options
from roles.queries.org_chart import unit_tree
from roles.queries.people import people_names
from roles.queries.picking import unit_options
from talent.forms.training import EnrolForm, FeedbackForm, MilestoneForm, TargetForm
from talent.models import Course
from talent.queries.certificates import certificates_of
from talent.queries.courses import course_lines, course_view, courses, outcome_of, own_courses
from talent.queries.training import programme_titles
from talent.queries.training_records import records_of
from talent.services.course_results import ResultWanted, give_feedback, record_results
from talent.services.courses import enrol, enrol_oneself, withdraw
from talent.services.training_outcomes import MilestoneWanted, TargetWanted, decide_milestone, decide_target
from talent.services.training_reach import people_seen
from talent.views.courses import records_course, shown
from talent.views.training_frame import (
    CERTIFICATES,
    STANDINGS,
    actor_of,
    frame,
    refuse,
    sign,
)

SCORE = re.compile(r"[0-9]{1,3}(\.[0-9]{1,2})?")
MOST_POINTS = 100


@require_POST
def enrol_people(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Enrol people of the reader's bounds."""
    form = EnrolForm(request.POST)
    if not form.is_valid():
        return shown(request, pk, rejected={"enrol": form}, status=422)
    names = [line.strip() for line in form.cleaned_data["people"].splitlines() if line.strip()]
    try:
        made = enrol(pk, names, actor=actor_of(request))
    except DomainError as error:
        return _refused(request, pk, error, "enrol", form)
    waiting = sum(row.state == "waiting" for row in made)
    told = ngettext("%(n)s person is enrolled.", "%(n)s people are enrolled.", len(made) - waiting) % {
        "n": len(made) - waiting
    }
    more = ngettext("%(n)s waits for a seat.", "%(n)s wait for a seat.", waiting) % {"n": waiting} if waiting else ""
    messages.success(request, f"{told} {more}".strip())
    return redirect("talent:training_course", slug, pk)


@require_POST
def enrol_self(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Enrol oneself."""
    own = request.access.person_external_id
    if not own:
        raise Http404
    return _simply(
        request, slug, pk, lambda: enrol_oneself(pk, person=own, actor=actor_of(request)), _("You are enrolled.")
    )


@require_POST
def withdraw_person(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Withdraw oneself, or somebody within one's bounds."""
    person = request.POST.get("person", "")
    seen = people_seen(request.access, on=today_in(request.access.workspace))
    if not person or (seen is not None and person not in seen):
        raise Http404
    return _simply(request, slug, pk, lambda: withdraw(pk, person=person), _("The seat is free again."))


@require_POST
def results(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Keep the grid: who attended which day, and the exam scores."""
    seen = people_seen(request.access, on=today_in(request.access.workspace))
    course = Course.objects.filter(pk=pk).first()
    if course is None or not records_course(request, course, seen):
        raise Http404
    typed, wanted, wrong = _grid(request, course, seen)
    if not wrong:
        try:
            done = record_results(pk, wanted, actor=actor_of(request), people=seen)
        except DomainError as error:
            wrong = [str(error)]
        else:
            words = _("%(n)s results are kept; %(issued)s certificates issued, %(revoked)s revoked.")
            told = {"n": done.results, "issued": len(done.issued), "revoked": len(done.revoked)}
            messages.success(request, words % told)
            return redirect("talent:training_course", slug, pk)
    return shown(request, pk, rejected={"grid": typed, "errors": wrong}, status=422)


@require_POST
def feedback(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Keep what a trainee says of their own course."""
    own, form = request.access.person_external_id, FeedbackForm(request.POST)
    if not own:
        raise Http404
    if not form.is_valid():
        return shown(request, pk, rejected={"feedback": form}, status=422)
    said = form.cleaned_data
    try:
        give_feedback(pk, person=own, score=said["score"], remark=said["remark"], actor=actor_of(request))
    except DomainError as error:
        return _refused(request, pk, error, "feedback", form)
    messages.success(request, _("Thank you. Your answer counts without your name."))
    return redirect("talent:training_course", slug, pk)


@require_POST
def outcomes(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Turn what a workshop decided into a milestone or a target."""
    units = unit_options(unit_tree(as_of=today_in(request.access.workspace)), with_stores=True)
    kind = "target" if request.POST.get("kind") == "target" else "milestone"
    form: MilestoneForm | TargetForm
    if kind == "target":
        form = TargetForm(request.POST, units=units, kpis=[(key, key) for key in load_library().kpis], auto_id="tg-%s")
    else:
        form = MilestoneForm(request.POST, units=units, roles=role_options(), auto_id="ms-%s")
    if not form.is_valid():
        return shown(request, pk, rejected={kind: form}, status=422)
    try:
        if isinstance(form, TargetForm):
            url = reverse("talent:training_course", args=[slug, pk])
            decide_target(pk, TargetWanted(**form.cleaned_data), actor=actor_of(request), url=url)
        else:
            decide_milestone(pk, MilestoneWanted(**form.cleaned_data), actor=actor_of(request))
    except DomainError as error:
        return _refused(request, pk, error, kind, form)
    messages.success(request, _("The outcome is kept and linked."))
    return redirect("talent:training_course", slug, pk)


@require_GET
def outcome(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Lead from a milestone or target back to the workshop that decided it."""
    found = outcome_of(request.GET.get("reference", "")[:160])
    if found is None:
        raise Http404
    return redirect("talent:training_course", slug, found.course_id)


@require_GET
def mine_page(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Show one's own courses, certificates and records, and the courses one may enrol in."""
    own, today = request.access.person_external_id, today_in(request.access.workspace)
    taken = own_courses(own, today=today) if own else []
    there = {one.line.course.pk for one in taken}
    rows = (
        courses(standing="coming", today=today).filter(is_open=True).exclude(pk__in=there).order_by("starts_on", "pk")
    )
    context = frame(
        request,
        "talent:training_mine",
        own=own,
        taken=[{"one": one, "sign": sign(STANDINGS[one.line.standing])} for one in taken],
        offered=course_lines(rows.order_by("starts_on", "pk"), today=today) if own else [],
        **person_context(own, request=request),
    )
    return render(request, "talent/training_mine.html", context)


@require_GET
def person_training(request: WorkspaceRequest, slug: str, external_id: str) -> HttpResponse:
    """Show a person's certificates and training: a panel of their page, or a page of its own."""
    seen = people_seen(request.access, on=today_in(request.access.workspace))
    if seen is not None and external_id not in seen:
        raise Http404
    context = person_context(external_id, request=request)
    if request.headers.get("HX-Request"):
        return render(request, "talent/_training_person.html", context)
    name = people_names([external_id]).get(external_id, external_id)
    context = frame(request, "talent:certificates", person=external_id, name=name, **context)
    return render(request, "talent/training_person.html", context)


def person_context(person: str, *, request: WorkspaceRequest) -> dict[str, Any]:
    """Return somebody's certificates and records with their titles."""
    today = today_in(request.access.workspace)
    held = certificates_of([person], as_of=today)[person] if person else ()
    records = records_of(person) if person else ()
    titles = programme_titles({one.programme for one in held} | {row.programme for row in records})
    return {
        "held": [
            {"one": one, "names": titles[one.programme], "sign": sign(CERTIFICATES[one.standing])} for one in held
        ],
        "records": [{"row": row, "names": titles[row.programme]} for row in records],
    }


def _grid(
    request: WorkspaceRequest, course: Course, seen: frozenset[str] | None
) -> tuple[dict[str, dict[str, Any]], list[ResultWanted], list[str]]:
    """Read the grid: what was typed per person, the results that it means, and every fault."""
    view = course_view(course.pk, today=today_in(request.access.workspace), people=seen)
    typed: dict[str, dict[str, Any]] = {}
    wanted, wrong = [], []
    for one in view.participants:
        if one.state.value != "enrolled":
            continue
        days = frozenset(request.POST.getlist(f"day-{one.pk}"))
        text = request.POST.get(f"score-{one.pk}", "").strip()[:12]
        typed[one.person] = {"days": days, "score": text}
        score = Decimal(text) if SCORE.fullmatch(text) else None
        if text and (score is None or score > MOST_POINTS):
            told = {"person": one.name, "text": text}
            wrong.append(_("%(person)s: “%(text)s” is no score from 0 to 100 with two decimals at most.") % told)
        wanted.append(ResultWanted(one.person, days, score))
    return typed, wanted, wrong


def _simply(request: WorkspaceRequest, slug: str, pk: int, write: Callable[[], object], told: str) -> HttpResponse:
    try:
        write()
    except DomainError as error:
        if error.status == 404:
            refuse(error)
        messages.error(request, str(error))
    else:
        messages.success(request, told)
    return redirect("talent:training_course", slug, pk)


def _refused(request: WorkspaceRequest, pk: int, error: DomainError, place: str, form: Any) -> HttpResponse:
    if error.status == 404:
        refuse(error)
    form.add_error(None, str(error))
    return shown(request, pk, rejected={place: form}, status=error.status)
