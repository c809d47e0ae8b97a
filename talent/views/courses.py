"""Courses: the list, one with its people, planning and changing one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kpis.library import load_library
from omnichannel.core.csvtext import csv_text
from omnichannel.core.errors import DomainError
from omnichannel.core.http import csv_answer
from omnichannel.workspaces.choices import MemberRole
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.middleware import WorkspaceRequest
from omnichannel.workspaces.permissions import may
from roles.queries.library import role_options
from roles.queries.org_chart import unit_tree
from roles.queries.people import people_names, people_within
from roles.queries.picking import labelled, unit_options
from talent.choices import EnrolmentState
from talent.forms.training import CourseForm, EnrolForm, FeedbackForm, MilestoneForm, ReasonForm, TargetForm
from talent.models import Course
from talent.queries.courses import CourseView, Participant, course_lines, course_view, courses
from talent.queries.training import programmes
from talent.services.courses import CourseWanted, cancel_course, change_course, plan_course
from talent.services.training_reach import people_seen
from talent.views.training_frame import (
    STANDINGS,
    actor_of,
    found_or_404,
    frame,
    programme_options,
    refuse,
    sign,
)

ROUTE, PAGE = "talent:training_courses", 50
SORTS = {"day": ("starts_on", "pk"), "programme": ("programme", "starts_on", "pk"), "place": ("place", "pk")}
FILE_COLUMNS = (
    "person_id", "person", "programme_id", "starts_on", "ends_on", "state", "days_attended", "days", "hours",
    "completed_on", "exam_score", "passed", "certificate_no",
)  # fmt: skip
MOST_SUGGESTED = 500
MANAGEMENT = "management"
Rejected = dict[str, Any]


@require_GET
def courses_page(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """List the courses; anybody may see when and where they are."""
    today = today_in(request.access.workspace)
    asked = {name: request.GET.get(name, "") for name in ("programme", "standing", "sort", "page")}
    sort = asked["sort"] or "-day"
    order = SORTS.get(sort.removeprefix("-"), SORTS["day"])
    rows = courses(programme=asked["programme"], standing=asked["standing"], today=today)
    rows = rows.order_by(*(f"-{name}" if sort.startswith("-") else name for name in order))
    page = Paginator(rows, PAGE).get_page(asked["page"])
    lines = course_lines(Course.objects.filter(pk__in=[row.pk for row in page]), today=today)
    at = {line.course.pk: line for line in lines}
    context = frame(
        request,
        ROUTE,
        rows=[{"line": at[row.pk], "sign": sign(STANDINGS[at[row.pk].standing])} for row in page],
        page=page,
        asked=asked,
        programmes=programme_options(programmes(with_hidden=True)),
        standings=[(key.value, words[0]) for key, words in STANDINGS.items()],
        may_plan=may(request.access, "talent:training_course_new", "POST"),
    )
    return render(request, "talent/training_courses.html", context)


@require_GET
def course_page(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Show one course."""
    return shown(request, pk)


def shown(request: WorkspaceRequest, pk: int, *, rejected: Rejected | None = None, status: int = 200) -> HttpResponse:
    """Show a course; people only as far as the reader may see them. `rejected` holds forms that were refused."""
    access, today, wrong = request.access, today_in(request.access.workspace), rejected or {}
    seen = people_seen(access, on=today)
    view: CourseView = found_or_404(lambda: course_view(pk, today=today, people=seen))
    course, own = view.line.course, access.person_external_id
    mine = next((one for one in view.participants if one.person == own), None) if own else None
    tree = unit_tree(as_of=today)
    unit = course.unit_external_id
    live = course.cancelled_on is None
    may_record = live and may(access, "talent:training_results", "POST") and records_course(request, course, seen)
    may_decide = live and may(access, "talent:training_outcomes", "POST") and _is_management(course.programme)
    context = frame(
        request,
        ROUTE,
        view=view,
        course=course,
        unit_name=tree.nodes[unit].name if unit in tree else unit,
        sign=sign(STANDINGS[view.line.standing]),
        rows=[_row(one, course, wrong) for one in view.participants],
        is_hr=seen is None,
        mine=mine,
        may_enrol=live and may(access, "talent:training_enrol", "POST"),
        may_enrol_self=live and course.is_open and bool(own) and mine is None and course.starts_on >= today,
        may_record=may_record and course.starts_on <= today,
        sees_remarks=seen is None or may_record,
        sees_figures=access.role is not MemberRole.GUIDE,
        few="" if seen is None else _("Fewer than five people: not told"),
        may_edit=live and may(access, "talent:training_course_edit", "POST"),
        may_decide=may_decide,
        today=today.isoformat(),
        enrol=wrong.get("enrol") or EnrolForm(),
        cancel=wrong.get("cancel") or ReasonForm(),
        feedback=wrong.get("feedback") or FeedbackForm(),
        people=_suggested(request, today) if may(access, "talent:training_enrol", "POST") else [],
        owners=people_names({one.owner_person for one in view.outcomes if one.owner_person}),
        errors=wrong.get("errors", ()),
        **(decision_forms(request, wrong) if may_decide else {}),
    )
    return render(request, "talent/training_course.html", context, status=status)


def decision_forms(request: WorkspaceRequest, wrong: Rejected) -> dict[str, Any]:
    """Return the forms of what a workshop decides."""
    units = unit_options(unit_tree(as_of=today_in(request.access.workspace)), with_stores=True)
    language = get_language()
    kpis = [(key, one.names.in_language(language)) for key, one in load_library().kpis.items()]
    return {
        "milestone": wrong.get("milestone") or MilestoneForm(units=units, roles=role_options(), auto_id="ms-%s"),
        "target": wrong.get("target") or TargetForm(units=units, kpis=kpis, auto_id="tg-%s"),
    }


@require_http_methods(["GET", "POST"])
def course_new(request: WorkspaceRequest, slug: str) -> HttpResponse:
    """Plan a course."""
    form = _form(request, initial={"programme": request.GET.get("programme", ""), "capacity": 20})
    if request.method == "POST" and form.is_valid():
        try:
            course = plan_course(_wanted(form), actor=actor_of(request))
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The course is planned."))
            return redirect("talent:training_course", slug, course.pk)
    status = 422 if request.method == "POST" else 200
    return render(request, "talent/training_course_edit.html", frame(request, ROUTE, form=form), status=status)


@require_http_methods(["GET", "POST"])
def course_edit(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Change a course, or cancel it."""
    today = today_in(request.access.workspace)
    view: CourseView = found_or_404(lambda: course_view(pk, today=today))
    course = view.line.course
    form = _form(request, initial={name: getattr(course, name) for name in COPIED} | {
        "unit": course.unit_external_id, "days": ", ".join(course.days),
    })  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            change_course(pk, _wanted(form), actor=actor_of(request))
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The course is kept."))
            return redirect("talent:training_course", slug, pk)
    status = 422 if request.method == "POST" else 200
    context = frame(request, ROUTE, form=form, course=course, line=view.line)
    return render(request, "talent/training_course_edit.html", context, status=status)


@require_POST
def course_cancel(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Cancel a course."""
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return shown(request, pk, rejected={"cancel": form}, status=422)
    try:
        cancel_course(pk, reason=form.cleaned_data["reason"], actor=actor_of(request))
    except DomainError as error:
        if error.status == 404:
            refuse(error)
        form.add_error(None, str(error))
        return shown(request, pk, rejected={"cancel": form}, status=error.status)
    messages.success(request, _("The course is cancelled."))
    return redirect("talent:training_course", slug, pk)


@require_GET
def course_file(request: WorkspaceRequest, slug: str, pk: int) -> HttpResponse:
    """Answer the people of a course, as far as the reader may see them, as CSV."""
    today = today_in(request.access.workspace)
    seen = people_seen(request.access, on=today)
    view: CourseView = found_or_404(lambda: course_view(pk, today=today, people=seen))
    course = view.line.course
    rows: list[tuple[object, ...]] = [FILE_COLUMNS]
    for one in view.participants:
        result = one.result
        rows.append((
            one.person, one.name, course.programme, course.starts_on, course.ends_on, one.state.value,
            len(one.attended), len(course.days), result.hours if result else "",
            result.completed_on or "" if result else "",
            "" if result is None or result.exam_score is None else result.exam_score,
            "" if result is None or result.passed is None else str(result.passed).lower(),
            one.certificate.number if one.certificate else "",
        ))  # fmt: skip
    return csv_answer(csv_text(rows), filename=f"course-{course.pk}.csv")


COPIED = ("programme", "trainer", "place", "is_online", "capacity", "is_open", "note")


def _form(request: WorkspaceRequest, *, initial: dict[str, Any]) -> CourseForm:
    data = request.POST if request.method == "POST" else None
    options = programmes()
    if initial["programme"] and initial["programme"] not in options:
        options |= {key: one for key, one in programmes(with_hidden=True).items() if key == initial["programme"]}
    tree = unit_tree(as_of=today_in(request.access.workspace))
    return CourseForm(
        data, programmes=programme_options(options), units=unit_options(tree, with_stores=True), initial=initial
    )


def _wanted(form: CourseForm) -> CourseWanted:
    return CourseWanted(**form.cleaned_data)


def records_course(request: WorkspaceRequest, course: Course, seen: frozenset[str] | None) -> bool:
    """Tell whether the reader records this course: HR any, a manager what is held for a unit of theirs."""
    if seen is None:
        return True
    own = request.access.unit_external_id
    tree = unit_tree(as_of=today_in(request.access.workspace))
    return bool(own) and course.unit_external_id in tree.subtree(own)


def _is_management(programme: str) -> bool:
    one = programmes(with_hidden=True).get(programme)
    return one is not None and one.level.value == MANAGEMENT


def _row(one: Participant, course: Course, wrong: Rejected) -> dict[str, Any]:
    """Return somebody with their grid: what was typed and refused, else what is kept."""
    typed = wrong.get("grid", {}).get(one.person)
    score = one.result.exam_score if one.result else None
    attended = typed["days"] if typed else one.attended
    return {
        "one": one,
        "is_seated": one.state is EnrolmentState.ENROLLED,
        "days": [{"day": day, "is_there": day in attended} for day in course.days],
        "score": typed["score"] if typed else "" if score is None else f"{score.normalize():f}",
    }


def _suggested(request: WorkspaceRequest, today: Any) -> list[str]:
    within = request.access.own_unit or request.access.unit_external_id
    tree = unit_tree(as_of=today)
    units = tree.subtree(within) if within else frozenset(tree.nodes)
    rows = people_within(units, as_of=today).order_by("person__external_id")
    found = rows.values_list("person__external_id", "person__display_name")
    return [labelled(key, name) for key, name in found[:MOST_SUGGESTED]]
