"""Units over REST: read the organisation of a day, upsert one unit or a batch."""

from __future__ import annotations

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
from roles.api.answers import MOST_ROWS, WriteResultSerializer, answer, answer_one
from roles.api.requests import AS_OF, DRY_RUN, EFFECTIVE_ON, ById, access_of, day_of, is_dry_run
from roles.choices import Ownership, UnitLevel
from roles.models import UnitVersion
from roles.queries.listing import listed_units
from roles.services.sync import SyncResult, UnitInput, upsert_units

STORE = {
    "name": "上海静安店",
    "level": "store",
    "parent_external_id": "R01",
    "ownership": "direct",
    "city": "上海",
}


class UnitSerializer(serializers.Serializer[UnitVersion]):
    """A unit on a day; `since` and `until` bound what is said here (null: open)."""

    external_id = serializers.CharField()
    name = serializers.CharField()
    level = serializers.ChoiceField(choices=UnitLevel.choices)
    parent_external_id = serializers.CharField(allow_null=True)
    ownership = serializers.ChoiceField(choices=Ownership.choices)
    city = serializers.CharField()
    is_leading = serializers.BooleanField()
    since = serializers.DateField(source="during.lower", allow_null=True)
    until = serializers.DateField(source="during.upper", allow_null=True)


class UnitFieldsSerializer(serializers.Serializer[Any]):
    """What a caller says of a unit; `is_leading` left out keeps what is stored."""

    name = serializers.CharField(max_length=120)
    level = serializers.ChoiceField(choices=UnitLevel.choices)
    parent_external_id = serializers.CharField(max_length=64, allow_null=True, default=None)
    ownership = serializers.ChoiceField(choices=Ownership.choices, default=Ownership.NA)
    city = serializers.CharField(max_length=60, allow_blank=True, default="")
    is_leading = serializers.BooleanField(allow_null=True, default=None)


class UnitRowSerializer(UnitFieldsSerializer):
    """A row of a batch of units."""

    external_id = serializers.CharField(max_length=64)


class UnitBatchSerializer(serializers.Serializer[Any]):
    """A batch of units, in any order."""

    rows = serializers.ListField(child=UnitRowSerializer(), allow_empty=False, max_length=MOST_ROWS)


class UnitsView(WorkspaceAPIMixin, ListAPIView[UnitVersion]):
    """All units of a day."""

    serializer_class = UnitSerializer
    pagination_class = ById
    filter_backends = ()

    def get_queryset(self) -> QuerySet[UnitVersion]:
        """Return the units of the day within the caller's bounds."""
        access = access_of(self.request)
        return listed_units(as_of=day_of(self.request, "as_of"), within=access.own_unit)

    @extend_schema(parameters=[AS_OF], tags=["units"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the units of a day, by id."""
        return super().get(request, *args, **kwargs)


class UnitView(WorkspaceAPIMixin, APIView):
    """One unit."""

    @extend_schema(parameters=[AS_OF], responses=UnitSerializer, tags=["units"])
    def get(self, request: Request, slug: str, external_id: str) -> Response:
        """Return the unit as it is on the day."""
        found = listed_units(as_of=day_of(request, "as_of"), within=access_of(request).own_unit)
        unit = found.filter(unit__external_id=external_id).first()
        if unit is None:
            raise Http404
        return Response(UnitSerializer(unit).data)

    @extend_schema(
        parameters=[EFFECTIVE_ON, DRY_RUN],
        request=UnitFieldsSerializer,
        responses={200: WriteResultSerializer, 201: WriteResultSerializer},
        examples=[OpenApiExample("A store", value=STORE, request_only=True)],
        tags=["units"],
    )
    def put(self, request: Request, slug: str, external_id: str) -> Response:
        """Create the unit or bring it to this state from `effective_on` on."""
        said = UnitFieldsSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        return answer_one(_upsert(request, [{**said.validated_data, "external_id": external_id}]))


class UnitsBatchView(WorkspaceAPIMixin, APIView):
    """Many units at once."""

    @extend_schema(
        operation_id="units_batch",
        parameters=[EFFECTIVE_ON, DRY_RUN, IDEMPOTENCY_KEY],
        request=UnitBatchSerializer,
        responses=WriteResultSerializer,
        examples=[OpenApiExample("One store", value={"rows": [{"external_id": "S0101", **STORE}]}, request_only=True)],
        tags=["units"],
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Upsert up to 1,000 units, whole or not at all; parents may come later in the batch."""
        said = UnitBatchSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        return answer(_upsert(request, said.validated_data["rows"]))


def _upsert(request: Request, rows: list[dict[str, Any]]) -> SyncResult:
    return upsert_units(
        [UnitInput(**row) for row in rows],
        effective_on=day_of(request, "effective_on"),
        actor_id=access_of(request).user_id,
        dry_run=is_dry_run(request),
    )
