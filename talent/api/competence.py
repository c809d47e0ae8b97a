"""Competence over REST: the models of roles, ratings to read and write, and where people stand."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from omnichannel.core.http import CursorPages, InvalidBody, refuse_unknown_words
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from omnichannel.workspaces.clock import asked_day, today_in
from roles.catalogue.competence import Part
from roles.queries.org_chart import unit_tree
from roles.queries.people import people_within
from talent.api.people_shapes import (
    CompetenceShape,
    CountsShape,
    ModelShape,
    NeedsBody,
    NeedsResult,
    RatingBody,
    RatingResult,
    RatingShape,
)
from talent.choices import RatedBy
from talent.errors.people import NotYourRating, OutOfReach, RatingRefused
from talent.models import Rating
from talent.queries.competence import model_on, models_on, with_lines
from talent.queries.competence_counts import competence_counts
from talent.queries.competence_people import PersonLine, competence_list
from talent.reach import rater_of, side_of
from talent.services.rating import Sheet, save_rating, set_needed

AS_OF = OpenApiParameter("as_of", OpenApiTypes.DATE, description="The day to look at; today when left out.")
SLUG = OpenApiParameter("slug", str, OpenApiParameter.PATH, description="The workspace.")
ROLE = OpenApiParameter("role", str, description="Only this role, as `user-ops`.")
PERSON = OpenApiParameter("person", str, description="Only this person.")
SIDE = OpenApiParameter("rated_by", str, enum=RatedBy.values, description="Only this side.")
RATED = {
    "person_external_id": "E1001",
    "role": "user-ops",
    "job_level": "specialist",
    "rated_on": "2026-11-20",
    "finish": True,
    "lines": [
        {"ability": "user-insight", "level": 1, "remark": "selects segments alone"},
        {"ability": "data-driven-work", "level": 0},
        {"ability": "campaign-planning", "level": 2},
        {"ability": "community-operation", "level": 2},
        {"ability": "cross-team-work", "level": 1},
    ],
}


class CompetenceModelsView(WorkspaceAPIMixin, APIView):
    """The models of all roles."""

    @extend_schema(
        operation_id="competence_models_list",
        parameters=[AS_OF],
        responses=ModelShape(many=True),
        summary="List the competence models",
        tags=["competence"],
    )
    def get(self, request: Request, slug: str) -> Response:
        """Every role of the workspace with its abilities in three parts and what each job level needs on the day."""
        day = asked_day(request, "as_of", workspace=access_of(request).workspace)
        found = [{"role": role, "abilities": model} for role, model in models_on(as_of=day).items()]
        return Response(ModelShape(found, many=True).data)


class CompetenceModelView(WorkspaceAPIMixin, APIView):
    """What one role needs."""

    @extend_schema(
        operation_id="competence_model_write",
        parameters=[IDEMPOTENCY_KEY],
        request=NeedsBody,
        responses=NeedsResult,
        examples=[
            OpenApiExample(
                "More insight from managers",
                value={
                    "since": "2026-12-01",
                    "note": "new strategy",
                    "needed": [{"ability": "user-insight", "job_level": "manager", "needed": 3}],
                },
                request_only=True,
            )
        ],
        summary="Alter what a role needs",
        tags=["competence"],
    )
    @idempotent
    def put(self, request: Request, slug: str, role: str) -> Response:
        """Let the role need other levels from a day on; what is left out stays, null goes back to the library."""
        said = read_body(NeedsBody, request)
        needed = {(row["ability"], row["job_level"]): row["needed"] for row in said["needed"]}
        try:
            model_on(role, as_of=said["since"])
            changed = set_needed(
                role, needed=needed, since=said["since"], note=said["note"], actor_id=access_of(request).user_id
            )
        except (KeyError, ValueError, OutOfReach) as error:
            raise Http404 from error
        except RatingRefused as refused:
            raise InvalidBody(faults_of(refused.faults)) from refused
        return Response({"changed": changed})


class RatingsView(WorkspaceAPIMixin, generics.ListAPIView[Rating]):
    """Ratings within the caller's bounds."""

    serializer_class = RatingShape
    pagination_class = CursorPages
    filter_backends = ()

    def get_queryset(self) -> QuerySet[Rating]:
        """Return the finished ratings of those whom the caller may see."""
        if getattr(self, "swagger_fake_view", False):  # the schema is drawn without a workspace
            return Rating._default_manager.none()
        refuse_unknown_words(self.request, [SIDE])
        access, asked = access_of(self.request), self.request.query_params
        rows = Rating.objects.filter(finished_at__isnull=False)
        if access.own_person is not None:
            rows = rows.filter(person_external_id=access.own_person)
        elif access.own_unit is not None:
            today = today_in(access.workspace)
            inside = people_within(unit_tree(as_of=today).subtree(access.own_unit), as_of=today)
            own = Q(person_external_id=access.person_external_id) if access.person_external_id else Q()
            people = Q(person_external_id__in=list(inside.values_list("person__external_id", flat=True)))
            rows = rows.filter(people | own if access.person_external_id else people)
        names = {"person": "person_external_id", "role": "role_key", "rated_by": "rated_by"}
        return rows.filter(**{column: asked[name] for name, column in names.items() if name in asked})

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        """Show the rows of a page with their lines, read at once."""
        if args and isinstance(args[0], list):
            found = {one.pk: one for one in with_lines(Rating.objects.filter(pk__in=[row.pk for row in args[0]]))}
            shown = [found[row.pk] for row in args[0]]
            args = ([_told(one) for one in shown], *args[1:])
        return super().get_serializer(*args, **kwargs)

    @extend_schema(
        operation_id="ratings_list",
        parameters=[SLUG, PERSON, ROLE, SIDE],
        summary="List finished ratings",
        tags=["competence"],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The ratings of the people whom the caller may see, by both sides; drafts are not told."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="ratings_write",
        parameters=[SLUG, IDEMPOTENCY_KEY],
        request=RatingBody,
        responses={201: RatingResult},
        examples=[OpenApiExample("A manager's rating", value=RATED, request_only=True)],
        summary="Rate a person in a role",
        tags=["competence"],
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Finish a rating, or keep its draft. One's own is a self rating; people out of bounds answer 404."""
        said, access = read_body(RatingBody, request), access_of(request)
        person = said["person_external_id"]
        side = side_of(person, access=access)
        lines = said["lines"]
        sheet = Sheet(
            said["job_level"],
            said["rated_on"],
            {row["ability"]: row["level"] for row in lines},
            {row["ability"]: row["remark"] for row in lines},
        )
        try:
            if side is None:
                raise OutOfReach
            rating = save_rating(
                person, role=said["role"], rated_by=side, sheet=sheet, rater=rater_of(access), finish=said["finish"]
            )
        except (OutOfReach, NotYourRating) as error:
            raise Http404 from error
        except RatingRefused as refused:
            raise InvalidBody(faults_of(refused.faults, lines=[row["ability"] for row in lines])) from refused
        told = {"id": rating.pk, "rated_by": side, "is_finished": rating.finished_at is not None}
        return Response(told, status=201)


class CompetenceView(WorkspaceAPIMixin, APIView):
    """Where people stand."""

    @extend_schema(
        operation_id="competence_list",
        parameters=[AS_OF, PERSON, ROLE],
        responses=CompetenceShape(many=True),
        summary="List people with fit and gaps",
        tags=["competence"],
    )
    def get(self, request: Request, slug: str) -> Response:
        """Everybody within the caller's bounds with each role they hold and what the newest manager's rating says."""
        access = access_of(request)
        day, asked = asked_day(request, "as_of", workspace=access.workspace), request.query_params
        tree = unit_tree(as_of=day)
        found = competence_list(as_of=day, tree=tree, within=access.own_unit)
        shown = [
            line_json(line)
            for line in found
            if access.own_person in (None, line.person)
            and asked.get("person", line.person) == line.person
            and asked.get("role", line.role.value) == line.role.value
        ]
        return Response(CompetenceShape(shown, many=True).data)


class CompetenceCountsView(WorkspaceAPIMixin, APIView):
    """Competence counted."""

    @extend_schema(
        operation_id="competence_counts",
        parameters=[AS_OF],
        responses=CountsShape,
        summary="Count competence per role and unit",
        tags=["competence"],
    )
    def get(self, request: Request, slug: str) -> Response:
        """Counts without any single person; what fewer than five rated people would tell is null."""
        access = access_of(request)
        day = asked_day(request, "as_of", workspace=access.workspace)
        counts = competence_counts(as_of=day, tree=unit_tree(as_of=day), within=access.own_unit)
        return Response(CountsShape(counts).data)


def read_body(shape: Any, request: Request) -> dict[str, Any]:
    """Return the checked body; ValidationError names every fault."""
    said = shape(data=request.data)
    said.is_valid(raise_exception=True)
    data: dict[str, Any] = said.validated_data
    return data


def faults_of(faults: dict[str, str], *, lines: list[str] | None = None) -> list[dict[str, str]]:
    """Return the faults of a service as the API tells them; those of an ability at its line."""
    places = {ability: place for place, ability in enumerate(lines or ())}
    told = []
    for field, message in faults.items():
        kind, _dash, ability = field.partition("-")
        is_line = kind in {"level", "remark"} and lines is not None
        if is_line and ability in places:
            pointer = f"/lines/{places[ability]}/{kind}"
        else:
            pointer = "/lines" if is_line else f"/{field}"
        told.append({"pointer": pointer, "code": "invalid", "message": message})
    return told


def line_json(line: PersonLine) -> dict[str, Any]:
    """Return a line of the list as the API tells it."""
    found = line.summary
    return {
        "person_external_id": line.person,
        "role": line.role.value,
        "unit_external_id": line.unit,
        "job_level": found.job_level if found else None,
        "rated_on": found.rated_on if found else None,
        "self_rated_on": line.own_on,
        "fit": found.fit if found else None,
        "parts": [found.part(part) for part in Part] if found else [],
        "gaps": found.gaps if found else [],
    }


def _told(one: Any) -> dict[str, Any]:
    names = ("pk", "person", "role", "job_level", "rated_by", "rated_on", "author")
    return {**{name: getattr(one, name) for name in names}, "lines": list(one.lines.values())}
