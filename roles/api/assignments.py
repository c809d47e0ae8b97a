"""Role assignments over REST. Key: person, role, first day; the same key again is a correction."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from omnichannel.core.http import CursorPages
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.workspaces.authentication import WorkspaceAPIMixin
from roles.api.answers import MOST_ROWS, WriteResultSerializer, answer, answer_one
from roles.api.requests import AS_OF, DRY_RUN, access_of, day_of, is_dry_run
from roles.choices import ROLE_KEYS
from roles.models import Assignment
from roles.queries.listing import listed_assignments
from roles.services.sync import AssignmentInput, SyncResult, upsert_assignments

GUIDE = {
    "person_external_id": "E1001",
    "role": "digital-guide",
    "unit_external_id": "S0101",
    "share": "0.6",
    "start_on": "2024-03-01",
    "end_on": None,
}
FILTERS = [
    OpenApiParameter(name, OpenApiTypes.STR, description=text)
    for name, text in (
        ("person_external_id", "Only this person's."),
        ("unit_external_id", "Only those in this unit."),
        ("role", "Only this role, such as `user-ops`."),
    )
]


class AssignmentSerializer(serializers.Serializer[Assignment]):
    """A person holds a role in a unit from `start_on` up to, not including, `end_on`."""

    person_external_id = serializers.CharField()
    role = serializers.ChoiceField(choices=ROLE_KEYS, source="role_key")
    unit_external_id = serializers.CharField()
    share = serializers.DecimalField(max_digits=5, decimal_places=4)
    start_on = serializers.DateField(source="during.lower")
    end_on = serializers.DateField(source="during.upper", allow_null=True)


class AssignmentRowSerializer(serializers.Serializer[Any]):
    """What a caller says of an assignment."""

    person_external_id = serializers.CharField(max_length=64)
    role = serializers.ChoiceField(choices=ROLE_KEYS)
    unit_external_id = serializers.CharField(max_length=64)
    share = serializers.DecimalField(max_digits=5, decimal_places=4, default=Decimal(1))
    start_on = serializers.DateField()
    end_on = serializers.DateField(allow_null=True, default=None)


class AssignmentBatchSerializer(serializers.Serializer[Any]):
    """A batch of assignments, in any order."""

    rows = serializers.ListField(child=AssignmentRowSerializer(), allow_empty=False, max_length=MOST_ROWS)


class AssignmentsView(WorkspaceAPIMixin, ListAPIView[Assignment]):
    """The assignments of a day, and the upsert of one."""

    serializer_class = AssignmentSerializer
    pagination_class = CursorPages
    filter_backends = ()

    def get_queryset(self) -> QuerySet[Assignment]:
        """Return the assignments of the day within the caller's bounds and choice."""
        access, chosen = access_of(self.request), self.request.query_params
        rows = listed_assignments(as_of=day_of(self.request, "as_of"), within=access.own_unit, person=access.own_person)
        if person := chosen.get("person_external_id"):
            rows = rows.filter(person__external_id=person)
        if unit := chosen.get("unit_external_id"):
            rows = rows.filter(unit__external_id=unit)
        if role := chosen.get("role"):
            rows = rows.filter(role_key=role)
        return rows

    @extend_schema(parameters=[AS_OF, *FILTERS], tags=["assignments"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List who holds which role on a day."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="assignments_upsert",
        parameters=[DRY_RUN],
        request=AssignmentRowSerializer,
        responses={200: WriteResultSerializer, 201: WriteResultSerializer},
        examples=[OpenApiExample("A guide", value=GUIDE, request_only=True)],
        tags=["assignments"],
    )
    def put(self, request: Request, slug: str) -> Response:
        """Create the assignment, or correct the one of the same person, role and first day."""
        said = AssignmentRowSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        return answer_one(_upsert(request, [said.validated_data]))


class AssignmentsBatchView(WorkspaceAPIMixin, APIView):
    """Many assignments at once."""

    @extend_schema(
        operation_id="assignments_batch",
        parameters=[DRY_RUN, IDEMPOTENCY_KEY],
        request=AssignmentBatchSerializer,
        responses=WriteResultSerializer,
        examples=[OpenApiExample("One guide", value={"rows": [GUIDE]}, request_only=True)],
        tags=["assignments"],
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Upsert up to 1,000 assignments, whole or not at all."""
        said = AssignmentBatchSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        return answer(_upsert(request, said.validated_data["rows"]))


def _upsert(request: Request, rows: list[dict[str, Any]]) -> SyncResult:
    return upsert_assignments(
        [AssignmentInput(**row) for row in rows], actor_id=access_of(request).user_id, dry_run=is_dry_run(request)
    )
