"""Scorecards for REST clients."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kpis.api.parameters import PERIOD, ROLE_KEY, SCOPES, SLUG, asked_period, asked_rows, refuse_unweighed_role
from kpis.models import Scorecard
from kpis.queries.scorecards import current_cards
from omnichannel.core.http import refuse_unknown_words
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from omnichannel.workspaces.clock import asked_moment

KNOWN_AT = OpenApiParameter(
    "known_at", str, description="As it was known at the end of this day, or at this moment. Left out: now."
)
NAMES = {"role": "role_key", "scope_kind": "scope_kind", "scope_id": "scope_id"}

ROLE = OpenApiParameter("role", ROLE_KEY, description="Only this role's cards.")


class ScorecardSerializer(serializers.ModelSerializer[Scorecard]):
    """One card. `role` is empty on a person's combined card; `coverage` is the percent of weight that has data."""

    role = serializers.CharField(source="role_key")
    unit = serializers.CharField(source="unit_id")
    lines = serializers.ListField(child=serializers.DictField(), help_text="Per KPI; decimals are strings.")

    class Meta:
        model = Scorecard
        fields = (
            "role", "period", "scope_kind", "scope_id", "unit", "stage", "subtype", "stage_unit", "score", "coverage",
            "band", "weights_source", "revision", "lines",
        )  # fmt: skip


class ScorecardsView(WorkspaceAPIMixin, generics.ListAPIView[Scorecard]):
    """Scorecards of one period, as they are now or were known at a moment."""

    serializer_class = ScorecardSerializer
    filter_backends: tuple[()] = ()

    def get_queryset(self) -> QuerySet[Scorecard]:
        """Return what was asked for, within what the caller may see."""
        if getattr(self, "swagger_fake_view", False):  # the schema is drawn without a workspace
            return Scorecard._default_manager.none()
        refuse_unknown_words(self.request, SCOPES)
        refuse_unweighed_role(self.request)
        period = asked_period(self.request)
        if period is None:
            return Scorecard.objects.none()
        rows = asked_rows(self.request, period, NAMES)
        return current_cards(period, known_at=known_moment(self.request)).filter(rows)

    @extend_schema(
        parameters=[
            SLUG,
            PERIOD,
            ROLE,
            *SCOPES,
            KNOWN_AT,
        ],
        tags=["kpis"],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return scorecards of a period, page by page."""
        return self.list(request, *args, **kwargs)


def known_moment(request: Request) -> datetime | None:
    """Read the moment asked for; ValidationError for what is none."""
    access = access_of(request)
    return asked_moment(request, "known_at", workspace=access.workspace)
