"""Computed figures for REST clients."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kpis.api.parameters import PERIOD, SCOPES, SLUG, asked_period, asked_rows
from kpis.api.scorecards import KNOWN_AT, known_moment
from kpis.models import KpiValue
from kpis.queries.values import figures_known
from omnichannel.core.http import refuse_unknown_words
from omnichannel.workspaces.authentication import WorkspaceAPIMixin

NAMES = {"kpi": "kpi", "scope_kind": "scope_kind", "scope_id": "scope_id"}


class ValueSerializer(serializers.ModelSerializer[KpiValue]):
    """One figure. `value` is null where there is none; then `reason` says why."""

    computed_at = serializers.DateTimeField(source="computation.finished_at")

    class Meta:
        model = KpiValue
        fields = (
            "kpi", "period", "scope_kind", "scope_id", "value", "numerator", "denominator", "rows", "reason", "detail",
            "definition_hash", "computed_at",
        )  # fmt: skip


class ValuesView(WorkspaceAPIMixin, generics.ListAPIView[KpiValue]):
    """Figures of one period, as they are now or were known at a moment."""

    serializer_class = ValueSerializer
    filter_backends: tuple[()] = ()

    def get_queryset(self) -> QuerySet[KpiValue]:
        """Return what was asked for, within what the caller may see."""
        if getattr(self, "swagger_fake_view", False):  # the schema is drawn without a workspace
            return KpiValue._default_manager.none()
        refuse_unknown_words(self.request, SCOPES)
        period = asked_period(self.request)
        if period is None:
            return KpiValue.objects.none()
        rows = asked_rows(self.request, period, NAMES)
        return KpiValue.objects.filter(rows, figures_known(known_moment(self.request))).select_related("computation")

    @extend_schema(
        parameters=[SLUG, PERIOD, OpenApiParameter("kpi", str, description="Only this KPI."), *SCOPES, KNOWN_AT],
        tags=["kpis"],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the figures of a period, page by page."""
        return self.list(request, *args, **kwargs)
