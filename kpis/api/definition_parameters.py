"""The workspace's parameters (churn_days …) for REST clients: list, draft, publish from a day, retire."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kpis.api.definitions import FROM, FromInput, RevisionSerializer, answered, decided
from kpis.api.library import BilingualSerializer
from kpis.api.parameters import SLUG
from kpis.choices import DefinitionState, DefinitionSubject
from kpis.library.params import PARAMS
from kpis.queries.own_definitions import ParameterLine, parameter, parameters
from kpis.queries.where_used import kpis_with
from kpis.services.definitions import save_parameter
from omnichannel.core.fields import StrictCharField
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of

PARAMETER = DefinitionSubject.PARAMETER
NAME = OpenApiParameter("name", str, OpenApiParameter.PATH, description="`churn_days`, `rfm_bins` …")


class ParameterSerializer(serializers.Serializer[Any]):
    """A parameter: the library's value and the one that counts today. Values are text."""

    name = serializers.CharField(source="spec.name")
    names = BilingualSerializer(source="spec.names")
    meaning = BilingualSerializer(source="spec.meaning")
    library = serializers.CharField()
    value = serializers.CharField()
    counts_from = serializers.DateField(source="counting.effective_from", default=None, allow_null=True)
    draft = serializers.CharField(source="draft_value", help_text="empty without a draft")
    kpis = serializers.SerializerMethodField()

    def get_kpis(self, line: ParameterLine) -> list[str]:
        """Name the KPIs that go by it."""
        return list(kpis_with(line.spec.name))


class ValueInput(serializers.Serializer[Any]):
    """Another value, to be tried."""

    value = StrictCharField(max_length=40)
    note = StrictCharField(required=False, default="", allow_blank=True, max_length=400)
    seen = serializers.IntegerField(
        required=False, help_text="The newest revision you know; 409 when there is another."
    )


class ParametersView(WorkspaceAPIMixin, APIView):
    """Parameters of the workspace."""

    @extend_schema(
        operation_id="parameters_list", responses=ParameterSerializer(many=True), parameters=[SLUG], tags=["kpis"]
    )
    def get(self, request: Request, slug: str, **kwargs: Any) -> Response:
        """List all parameters."""
        return Response(ParameterSerializer(parameters(), many=True).data)


class ParameterView(WorkspaceAPIMixin, APIView):
    """One parameter."""

    @extend_schema(operation_id="parameters_get", responses=ParameterSerializer, parameters=[SLUG, NAME], tags=["kpis"])
    def get(self, request: Request, slug: str, name: str, **kwargs: Any) -> Response:
        """Return a parameter."""
        return Response(ParameterSerializer(parameter(_known(name))).data)

    @extend_schema(
        operation_id="parameters_draft",
        request=ValueInput,
        responses=RevisionSerializer,
        parameters=[SLUG, NAME],
        examples=[OpenApiExample("churn", {"value": "90", "note": "two seasons"}, request_only=True)],
        tags=["kpis"],
    )
    def put(self, request: Request, slug: str, name: str, **kwargs: Any) -> Response:
        """Keep a value as a draft. It counts for nothing until it is published."""
        _known(name)
        body = ValueInput(data=request.data)
        body.is_valid(raise_exception=True)
        said, access = body.validated_data, access_of(request)

        def act() -> Response:
            row = save_parameter(name, said["value"], actor_id=access.user_id, note=said["note"], seen=said.get("seen"))
            return Response(RevisionSerializer(row).data)

        return answered(act)


class ParameterPublishView(WorkspaceAPIMixin, APIView):
    """Publishing of a parameter's draft."""

    @extend_schema(
        operation_id="parameters_publish",
        request=FromInput,
        responses=RevisionSerializer,
        parameters=[SLUG, NAME, IDEMPOTENCY_KEY],
        examples=[FROM],
        tags=["kpis"],
    )
    @idempotent
    def post(self, request: Request, slug: str, name: str, **kwargs: Any) -> Response:
        """Let the draft's value count from a day on; stored months that end on it or later are computed anew."""
        return decided(request, PARAMETER, _known(name), DefinitionState.PUBLISHED)


class ParameterRetireView(WorkspaceAPIMixin, APIView):
    """Return to the library's value."""

    @extend_schema(
        operation_id="parameters_retire",
        request=FromInput,
        responses=RevisionSerializer,
        parameters=[SLUG, NAME, IDEMPOTENCY_KEY],
        examples=[FROM],
        tags=["kpis"],
    )
    @idempotent
    def post(self, request: Request, slug: str, name: str, **kwargs: Any) -> Response:
        """Let the library's value count again from a day on."""
        return decided(request, PARAMETER, _known(name), DefinitionState.RETIRED)


def _known(name: str) -> str:
    if name not in PARAMS:
        raise Http404(name)
    return name
