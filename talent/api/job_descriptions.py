"""Job descriptions over REST: generated, kept in versions, issued."""

from __future__ import annotations

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from omnichannel.core.http import CursorPages, problem, refuse_unknown_words
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from omnichannel.workspaces.clock import asked_day, today_in
from talent.api.job_description_shapes import (
    BODY,
    FILTERS,
    ID,
    NUMBER,
    ROLE,
    SLUG,
    SUBJECT,
    JobDescriptionIssueShape,
    JobDescriptionLine,
    JobDescriptionShape,
    VersionBody,
)
from talent.errors.descriptions import SectionsRefused, WrongSubject
from talent.models import JobDescription
from talent.people.pay import Level
from talent.queries.jd_materials import Grounds, Subject, read_grounds
from talent.queries.job_descriptions import faults_of, settled
from talent.queries.job_descriptions_kept import (
    Described,
    described,
    kept_lines,
    kept_rows,
    kept_subject,
)
from talent.services.job_descriptions import Author, issue_version, save_version


def author_of(request: Request) -> Author:
    """Return who writes."""
    access = access_of(request)
    return Author(access.user_id, today_in(access.workspace))


def subject_said(request: Request, role: str) -> tuple[Subject, Grounds]:
    """Read what is to be described from the query; ValidationError for what does not exist or fit together."""
    refuse_unknown_words(request, SUBJECT)
    asked = request.query_params
    day = asked_day(request, "as_of", workspace=access_of(request).workspace)
    usual = {"level": Level.MANAGER.value, "language": "zh"}
    names = ("stage", "level", "language", "subtype", "unit", "seat")
    subject = Subject(role, **{name: asked.get(name, usual.get(name, "")) for name in names})
    grounds = read_grounds(day, with_chart=bool(subject.unit or subject.seat))
    if faults := faults_of(subject, grounds=grounds):
        raise ValidationError({name: [text] for name, text in faults.items()})
    return settled(subject, grounds=grounds), grounds


def _described(found: Described) -> Response:
    return Response(JobDescriptionShape(found).data)


class JobDescriptionPages(CursorPages):
    """Fifty to a page: each is generated anew to tell what is stale."""

    page_size = 50
    max_page_size = 200


class JobDescriptionsView(WorkspaceAPIMixin, APIView):
    """Kept job descriptions."""

    pagination_class = JobDescriptionPages

    @extend_schema(
        operation_id="job_descriptions_list",
        parameters=[SLUG, *FILTERS],
        responses=JobDescriptionLine(many=True),
        tags=["talent"],
        filters=False,
    )
    def get(self, request: Request, slug: str) -> Response:
        """List what is kept, in the order in which it was begun."""
        refuse_unknown_words(request, FILTERS)
        asked = {name.name: request.query_params.get(name.name, "") for name in FILTERS}
        pages = self.pagination_class()
        rows: list[JobDescription] = pages.paginate_queryset(kept_rows(asked), request, view=self) or []
        lines = kept_lines(rows, as_of=today_in(access_of(request).workspace))
        return pages.get_paginated_response([JobDescriptionLine(line).data for line in lines])

    @extend_schema(
        operation_id="job_descriptions_write",
        parameters=[SLUG, IDEMPOTENCY_KEY],
        request=VersionBody,
        responses={201: JobDescriptionShape},
        examples=[OpenApiExample("A purpose of one's own", value=BODY, request_only=True)],
        tags=["talent"],
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Keep a version. 409 where nothing differs, or where a newer version stands than the one that was read."""
        said = VersionBody(data=request.data)
        said.is_valid(raise_exception=True)
        if unknown := sorted(set(request.data) - set(said.fields)):
            raise ValidationError({name: [_("There is no such field.")] for name in unknown})
        body = said.validated_data
        names = ("role", "stage", "level", "language", "subtype", "unit", "seat")
        subject, author = Subject(**{name: body[name] for name in names}), author_of(request)
        grounds = read_grounds(author.today, with_chart=bool(subject.unit or subject.seat))
        try:
            if faults := faults_of(subject, grounds=grounds):
                raise WrongSubject(faults)
            subject = settled(subject, grounds=grounds)
            save_version(
                subject,
                sections={each["id"]: each["text"] for each in body["sections"]},
                author=author,
                note=body["note"],
                read=body["read"],
                reviewed=body["reviewed"],
            )
        except (SectionsRefused, WrongSubject) as error:
            under = "/sections" if isinstance(error, SectionsRefused) else ""
            issues = [
                {"pointer": f"{'' if name == 'note' else under}/{name}", "code": error.code, "message": text}
                for name, text in error.faults.items()
            ]
            return problem(error.status, code=error.code, detail=str(error), issues=issues)
        answer = _described(described(subject, grounds=grounds))
        answer.status_code = 201
        return answer


class JobDescriptionView(WorkspaceAPIMixin, APIView):
    """One kept job description."""

    @extend_schema(
        operation_id="job_description", parameters=[SLUG, ID], responses=JobDescriptionShape, tags=["talent"]
    )
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """Return its newest version with the history."""
        return _described(_kept(request, pk))


class JobDescriptionVersionView(WorkspaceAPIMixin, APIView):
    """One version."""

    @extend_schema(
        operation_id="job_description_version",
        parameters=[SLUG, ID, NUMBER],
        responses=JobDescriptionShape,
        tags=["talent"],
    )
    def get(self, request: Request, slug: str, pk: int, number: int) -> Response:
        """Return a version; a version that has been kept never changes."""
        return _described(_kept(request, pk, number=number))


class JobDescriptionIssueView(WorkspaceAPIMixin, APIView):
    """Issuing a version."""

    @extend_schema(
        operation_id="job_description_issue",
        parameters=[SLUG, ID, NUMBER, IDEMPOTENCY_KEY],
        request=None,
        responses={201: JobDescriptionIssueShape},
        tags=["talent"],
    )
    @idempotent
    def post(self, request: Request, slug: str, pk: int, number: int) -> Response:
        """Issue the newest version. 409 for an older one, or one that has been issued."""
        made = issue_version(pk, number=number, author=author_of(request))
        return Response(JobDescriptionIssueShape(made).data, status=201)


class GeneratedView(WorkspaceAPIMixin, APIView):
    """A job description out of the data of a day."""

    @extend_schema(
        operation_id="job_description_generated",
        parameters=[SLUG, ROLE, *SUBJECT],
        responses=JobDescriptionShape,
        tags=["talent"],
    )
    def get(self, request: Request, slug: str, role: str) -> Response:
        """Return what is kept about the subject, or, where nothing is, the generated text of all nine sections."""
        subject, grounds = subject_said(request, role)
        return _described(described(subject, grounds=grounds))


def _kept(request: Request, pk: int, *, number: int | None = None) -> Described:
    subject, day = kept_subject(pk), today_in(access_of(request).workspace)
    grounds = read_grounds(day, with_chart=bool(subject.unit or subject.seat))
    if faults := faults_of(subject, grounds=grounds):
        raise WrongSubject(faults)
    return described(subject, grounds=grounds, number=number)
