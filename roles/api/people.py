"""People over REST. Pay is readable for owners and HR leads only; for everyone else the field is absent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.workspaces.authentication import WorkspaceAPIMixin
from omnichannel.workspaces.choices import MemberRole
from roles.api.answers import MOST_ROWS, WriteResultSerializer, answer, answer_one
from roles.api.requests import AS_OF, DRY_RUN, EFFECTIVE_ON, ById, access_of, day_of, is_dry_run
from roles.choices import FillMode
from roles.models import Employment
from roles.queries.listing import listed_people
from roles.services.sync import PersonInput, SyncResult, upsert_people

SEES_PAY = {MemberRole.OWNER, MemberRole.HR_LEAD}
GUIDE = {
    "display_name": "导购甲",
    "unit_external_id": "S0101",
    "manager_external_id": "E0007",
    "fill_mode": "internal",
    "fte": "1",
    "hired_on": "2024-03-01",
}


class PersonSerializer(serializers.Serializer[Employment]):
    """A person on a day, with the employment of that day."""

    external_id = serializers.CharField()
    display_name = serializers.CharField(source="person.display_name")
    unit_external_id = serializers.CharField()
    manager_external_id = serializers.CharField(allow_null=True)
    fill_mode = serializers.ChoiceField(choices=FillMode.choices)
    fte = serializers.DecimalField(max_digits=5, decimal_places=3)
    hired_on = serializers.DateField(source="person.hired_on")
    left_on = serializers.DateField(source="person.left_on", allow_null=True)


class PaidPersonSerializer(PersonSerializer):
    """The same, with pay, for those who administer it."""

    monthly_cost = serializers.DecimalField(max_digits=18, decimal_places=4, allow_null=True)


class PersonFieldsSerializer(serializers.Serializer[Any]):
    """What a caller says of a person; `monthly_cost` left out or null keeps what is stored."""

    display_name = serializers.CharField(max_length=80, allow_blank=True, default="")
    unit_external_id = serializers.CharField(max_length=64)
    manager_external_id = serializers.CharField(max_length=64, allow_null=True, default=None)
    fill_mode = serializers.ChoiceField(choices=FillMode.choices, default=FillMode.INTERNAL)
    fte = serializers.DecimalField(max_digits=5, decimal_places=3, default=Decimal(1))
    hired_on = serializers.DateField()
    left_on = serializers.DateField(allow_null=True, default=None, help_text="The first day they are gone.")
    monthly_cost = serializers.DecimalField(max_digits=18, decimal_places=4, allow_null=True, default=None)


class PersonRowSerializer(PersonFieldsSerializer):
    """A row of a batch of people."""

    external_id = serializers.CharField(max_length=64)


class PeopleBatchSerializer(serializers.Serializer[Any]):
    """A batch of people, in any order."""

    rows = serializers.ListField(child=PersonRowSerializer(), allow_empty=False, max_length=MOST_ROWS)


class PeopleView(WorkspaceAPIMixin, ListAPIView[Employment]):
    """All people of a day."""

    serializer_class = PersonSerializer
    pagination_class = ById
    filter_backends = ()

    def get_serializer_class(self) -> type[PersonSerializer]:
        """Show pay to those who administer it."""
        return _serializer(self.request)

    def get_queryset(self) -> QuerySet[Employment]:
        """Return the people of the day within the caller's bounds."""
        return _people(self.request)

    @extend_schema(parameters=[AS_OF], responses=PaidPersonSerializer(many=True), tags=["people"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the people of a day, by id. `monthly_cost` is absent unless the token is an owner's or HR lead's."""
        return super().get(request, *args, **kwargs)


class PersonView(WorkspaceAPIMixin, APIView):
    """One person."""

    @extend_schema(parameters=[AS_OF], responses=PaidPersonSerializer, tags=["people"])
    def get(self, request: Request, slug: str, external_id: str) -> Response:
        """Return the person as of the day; 404 before they came and after they left."""
        found = _people(request).filter(person__external_id=external_id).first()
        if found is None:
            raise Http404
        return Response(_serializer(request)(found).data)

    @extend_schema(
        parameters=[EFFECTIVE_ON, DRY_RUN],
        request=PersonFieldsSerializer,
        responses={200: WriteResultSerializer, 201: WriteResultSerializer},
        examples=[OpenApiExample("A guide", value=GUIDE, request_only=True)],
        tags=["people"],
    )
    def put(self, request: Request, slug: str, external_id: str) -> Response:
        """Create the person or bring them to this state; unit, manager, FTE and pay change from `effective_on` on."""
        said = PersonFieldsSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        return answer_one(_upsert(request, [{**said.validated_data, "external_id": external_id}]))


class PeopleBatchView(WorkspaceAPIMixin, APIView):
    """Many people at once."""

    @extend_schema(
        operation_id="people_batch",
        parameters=[EFFECTIVE_ON, DRY_RUN, IDEMPOTENCY_KEY],
        request=PeopleBatchSerializer,
        responses=WriteResultSerializer,
        examples=[OpenApiExample("One guide", value={"rows": [{"external_id": "E1001", **GUIDE}]}, request_only=True)],
        tags=["people"],
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Upsert up to 1,000 people, whole or not at all; managers may come later in the batch."""
        said = PeopleBatchSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        return answer(_upsert(request, said.validated_data["rows"]))


def _serializer(request: Request) -> type[PersonSerializer]:
    return PaidPersonSerializer if access_of(request).role in SEES_PAY else PersonSerializer


def _people(request: Request) -> QuerySet[Employment]:
    access = access_of(request)
    return listed_people(as_of=day_of(request, "as_of"), within=access.own_unit, person=access.own_person)


def _upsert(request: Request, rows: list[dict[str, Any]]) -> SyncResult:
    return upsert_people(
        [PersonInput(**row) for row in rows],
        effective_on=day_of(request, "effective_on"),
        actor_id=access_of(request).user_id,
        dry_run=is_dry_run(request),
    )
