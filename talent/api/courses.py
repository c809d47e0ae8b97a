"""Courses over REST: listed, planned, filled, and recorded."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from omnichannel.core.http import CursorPages
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from omnichannel.workspaces.choices import MemberRole
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.permissions import Access
from roles.queries.org_chart import unit_tree
from talent.api.training import SLUG, TAGS, text_of
from talent.api.training_shapes import (
    CourseBody,
    CoursePageSerializer,
    CourseSerializer,
    EnrolmentsBody,
    RecordedSerializer,
    ResultsBody,
)
from talent.models import Course
from talent.queries.courses import CourseLine, Participant, course_lines, course_view
from talent.services.course_results import ResultWanted, record_results
from talent.services.courses import CourseWanted, enrol, plan_course
from talent.services.training_reach import acting, people_seen

COURSE = OpenApiParameter("id", int, OpenApiParameter.PATH, description="The course's number.")
PLANNED = {
    "programme": "frontline-practice", "unit_external_id": "R1", "days": ["2026-12-07", "2026-12-08"],
    "trainer": "Li Na", "place": "Shanghai", "capacity": 20,
}  # fmt: skip
DONE = {"results": [{"person_external_id": "E1001", "days": ["2026-12-07", "2026-12-08"], "exam_score": "86"}]}


class CoursesView(WorkspaceAPIMixin, generics.ListAPIView[Course]):
    """Courses."""

    serializer_class = CourseSerializer  # type: ignore[assignment]  # a plain shape, filled from CourseLine
    pagination_class = CursorPages
    filter_backends = ()

    def get_queryset(self) -> QuerySet[Course]:
        """Return every course."""
        if getattr(self, "swagger_fake_view", False):  # the schema is drawn without a workspace
            return Course._default_manager.none()
        return Course.objects.all()

    @extend_schema(operation_id="courses", parameters=[SLUG], tags=TAGS)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the courses, page by page."""
        page = self.paginate_queryset(self.get_queryset()) or []
        rows = Course.objects.filter(pk__in=[row.pk for row in page]).order_by("pk")
        lines = course_lines(rows, today=today_in(access_of(request).workspace))
        return self.get_paginated_response(CourseSerializer([course_json(line) for line in lines], many=True).data)

    @extend_schema(
        operation_id="course_plan",
        parameters=[SLUG, IDEMPOTENCY_KEY],
        request=CourseBody,
        responses={201: CoursePageSerializer},
        examples=[OpenApiExample("Two days", value=PLANNED, request_only=True)],
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Plan a course; it keeps what its programme asks today."""
        said = CourseBody(data=request.data)
        said.is_valid(raise_exception=True)
        wanted = said.validated_data
        unit = wanted.pop("unit_external_id")
        course = plan_course(CourseWanted(unit=unit, **wanted), actor=acting(access_of(request)))
        return Response(_page(course.pk, access_of(request)), status=201)


class CourseView(WorkspaceAPIMixin, APIView):
    """One course."""

    @extend_schema(operation_id="course", parameters=[SLUG, COURSE], responses=CoursePageSerializer, tags=TAGS)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """Return a course with its figures and the people whom the caller may see."""
        return Response(_page(pk, access_of(request)))


class EnrolmentsView(WorkspaceAPIMixin, APIView):
    """Who is in a course."""

    @extend_schema(
        operation_id="course_enrol",
        parameters=[SLUG, COURSE, IDEMPOTENCY_KEY],
        request=EnrolmentsBody,
        responses={201: CoursePageSerializer},
        examples=[OpenApiExample("Two people", value={"people": ["E1001", "E1002"]}, request_only=True)],
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Enrol people, all or none; beyond the seats they wait in this order."""
        said = EnrolmentsBody(data=request.data)
        said.is_valid(raise_exception=True)
        enrol(pk, said.validated_data["people"], actor=acting(access_of(request)))
        return Response(_page(pk, access_of(request)), status=201)


class ResultsView(WorkspaceAPIMixin, APIView):
    """What came of a course."""

    @extend_schema(
        operation_id="course_results",
        parameters=[SLUG, COURSE, IDEMPOTENCY_KEY],
        request=ResultsBody,
        responses=RecordedSerializer,
        examples=[OpenApiExample("One person", value=DONE, request_only=True)],
        tags=TAGS,
    )
    @idempotent
    def put(self, request: Request, slug: str, pk: int) -> Response:
        """Keep attendance and exam scores; completion, certificates and the training records follow."""
        access, said = access_of(request), ResultsBody(data=request.data)
        said.is_valid(raise_exception=True)
        _check_reach(pk, access)
        wanted = [
            ResultWanted(
                row["person_external_id"], frozenset(day.isoformat() for day in row["days"]), row["exam_score"]
            )
            for row in said.validated_data["results"]
        ]
        seen = people_seen(access, on=today_in(access.workspace))
        done = record_results(pk, wanted, actor=acting(access), people=seen)
        numbers = {name: [one.number for one in getattr(done, name)] for name in ("issued", "revoked")}
        return Response(RecordedSerializer({"results": done.results, **numbers}).data)


def course_json(line: CourseLine) -> dict[str, Any]:
    """Return a course as clients read it."""
    course = line.course
    copied = ("programme", "unit_external_id", "days", "trainer", "place", "is_online", "is_open", "capacity")
    return {
        "id": course.pk,
        **{name: getattr(course, name) for name in copied},
        "enrolled": line.enrolled,
        "waiting": line.waiting,
        "standing": line.standing.value,
    }


def _page(pk: int, access: Access) -> Any:
    today = today_in(access.workspace)
    view = course_view(pk, today=today, people=people_seen(access, on=today))
    figures = None if access.role is MemberRole.GUIDE else view.figures
    body = {
        "course": course_json(view.line),
        "completion_rate": text_of(figures.completion_rate) if figures else None,
        "pass_rate": text_of(figures.pass_rate) if figures else None,
        "satisfaction": text_of(figures.satisfaction) if figures else None,
        "participants": [_participant(one) for one in view.participants],
    }
    return CoursePageSerializer(body).data


def _participant(one: Participant) -> dict[str, Any]:
    result = one.result
    return {
        "person_external_id": one.person,
        "state": one.state.value,
        "days": sorted(one.attended),
        "completed_on": result.completed_on if result else None,
        "exam_score": text_of(result.exam_score) if result else None,
        "passed": result.passed if result else None,
        "certificate_number": one.certificate.number if one.certificate else None,
    }


def _check_reach(pk: int, access: Access) -> None:
    """Raise 404 for a manager's course that is held for a unit of somebody else."""
    if access.own_unit is None:
        return
    unit = Course.objects.filter(pk=pk).values_list("unit_external_id", flat=True).first()
    if unit not in unit_tree(as_of=today_in(access.workspace)).subtree(access.own_unit):
        raise Http404
