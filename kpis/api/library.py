"""The KPI library for REST clients."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kpis.api.parameters import SLUG
from kpis.queries.library import LibraryFilter, library_list
from omnichannel.core.text import Bilingual
from omnichannel.workspaces.authentication import WorkspaceAPIMixin


class BilingualSerializer(serializers.Serializer[Bilingual]):
    """A text in both languages."""

    zh = serializers.CharField()
    en = serializers.CharField()


class KpiSerializer(serializers.Serializer[Any]):
    """One KPI's definition."""

    id = serializers.CharField()
    names = BilingualSerializer()
    definition = BilingualSerializer()
    kind = serializers.CharField(help_text="result, process, progress or subjective")
    layer = serializers.CharField(help_text="efficiency, effect or value")
    qualitative = serializers.BooleanField(help_text="judged 1 to 5 by a manager")
    unit = serializers.CharField()
    direction = serializers.CharField(help_text="up: more is better; down: less is")
    grain = serializers.CharField()
    formula = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField())
    shared_group = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    recovery = serializers.CharField()


class KpisView(WorkspaceAPIMixin, APIView):
    """All KPIs."""

    @extend_schema(
        responses=KpiSerializer(many=True),
        parameters=[
            SLUG,
            OpenApiParameter("role", str, description="Only KPIs of this role."),
            OpenApiParameter("q", str, description="Only KPIs whose id, name or definition holds the text."),
        ],
        tags=["kpis"],
    )
    def get(self, request: Request, slug: str, **kwargs: Any) -> Response:
        """Return the definitions in the library's order."""
        asked = LibraryFilter(q=request.query_params.get("q", ""), role=request.query_params.get("role", ""))
        found = library_list(asked, period=None, scope=None)
        return Response(KpiSerializer([row.spec for row in found.rows], many=True).data)
