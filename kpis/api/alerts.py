"""Alerts for REST clients: the list, one with its history, taking it on, closing it."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kpis.alert_choices import LevelName
from kpis.api.parameters import SLUG
from kpis.models import Alert, AlertEvent
from kpis.queries.alerts import STATES, AlertFilter, alerts_within
from kpis.services.alerts.handling import acknowledge, close
from omnichannel.core.http import CursorPages, refuse_unknown_words
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from omnichannel.workspaces.clock import today_in
from roles.queries.org_chart import UnitTree, unit_tree

ALERT = OpenApiParameter("id", int, OpenApiParameter.PATH, description="The alert's number.")
STATE_HELP = (
    "`open` (default): raised or acknowledged; `overdue`: nobody has answered in time; `over`: open, back to normal."
)


class AlertSerializer(serializers.ModelSerializer[Alert]):
    """An alert. `level` is the worst it reached, `now_level` that of the last evaluation (empty: back to normal).

    `measured` was held against `threshold`; `value` is the KPI's figure, `against` its target, mean or earlier value.
    """

    owner = serializers.SerializerMethodField()

    class Meta:
        model = Alert
        fields: tuple[str, ...] = (
            "id", "rule", "subject_kind", "subject_id", "scope_kind", "scope_id", "state", "level", "now_level",
            "episode", "measured", "threshold", "value", "against", "driver", "raised_at", "level_at", "due_at",
            "over_since", "owner", "cause", "action", "acknowledged_at", "closed_at", "before", "during", "after",
        )  # fmt: skip

    def get_owner(self, alert: Alert) -> str | None:
        """Name who answers for it."""
        return str(alert.owner) if alert.owner else None


class AlertEventSerializer(serializers.ModelSerializer[AlertEvent]):
    """One thing that happened to an alert."""

    by = serializers.SerializerMethodField()

    class Meta:
        model = AlertEvent
        fields = ("kind", "level", "episode", "measured", "text", "by", "at")

    def get_by(self, event: AlertEvent) -> str | None:
        """Name who did it; null for the system itself."""
        return str(event.by) if event.by else None


class AlertDetailSerializer(AlertSerializer):
    """An alert with its history, newest first."""

    events = AlertEventSerializer(many=True)

    class Meta(AlertSerializer.Meta):
        fields: tuple[str, ...] = (*AlertSerializer.Meta.fields, "events")


class HandlingInput(serializers.Serializer[Any]):
    """Cause and action; what is left out stays as it was written before."""

    cause = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000)
    action = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000)


def _seen(request: Request) -> tuple[UnitTree, QuerySet[Alert]]:
    access = access_of(request)
    tree = unit_tree(as_of=today_in(access.workspace), within=access.own_unit)
    return tree, alerts_within(tree, unit=access.own_unit)


def _answer(request: Request, pk: int) -> Response:
    rows = _seen(request)[1].prefetch_related("events__by")
    return Response(AlertDetailSerializer(get_object_or_404(rows, pk=pk)).data)


class NewestFirst(CursorPages):
    """Pages from the newest on."""

    ordering = "-pk"


FILTERS = [
    OpenApiParameter("state", str, enum=list(STATES), description=STATE_HELP),
    OpenApiParameter("level", str, enum=LevelName.values, description="Only this level."),
    OpenApiParameter("unit", str, description="A unit and what is below it, or `company`."),
    OpenApiParameter("subject", str, description="Id of a KPI, table or role."),
    OpenApiParameter("rule", str, description="Id of a rule."),
]


class AlertsView(WorkspaceAPIMixin, generics.ListAPIView[Alert]):
    """Alerts."""

    serializer_class = AlertSerializer
    pagination_class = NewestFirst
    filter_backends: tuple[()] = ()

    def get_queryset(self) -> QuerySet[Alert]:
        """Return what was asked for, within what the caller may see."""
        if getattr(self, "swagger_fake_view", False):  # the schema is drawn without a workspace
            return Alert._default_manager.none()
        refuse_unknown_words(self.request, FILTERS)
        tree, rows = _seen(self.request)
        return AlertFilter.from_query(self.request.query_params).apply(rows, tree=tree)

    @extend_schema(
        operation_id="alerts_list",
        parameters=[SLUG, *FILTERS],
        tags=["alerts"],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List alerts, newest first."""
        return self.list(request, *args, **kwargs)


class AlertView(WorkspaceAPIMixin, APIView):
    """One alert."""

    @extend_schema(
        operation_id="alerts_get", responses=AlertDetailSerializer, parameters=[SLUG, ALERT], tags=["alerts"]
    )
    def get(self, request: Request, slug: str, pk: int, **kwargs: Any) -> Response:
        """Return an alert with its history."""
        return _answer(request, pk)


class AcknowledgeView(WorkspaceAPIMixin, APIView):
    """An alert taken on."""

    @extend_schema(
        operation_id="alerts_acknowledge",
        request=HandlingInput,
        responses=AlertDetailSerializer,
        parameters=[SLUG, ALERT, IDEMPOTENCY_KEY],
        tags=["alerts"],
    )
    @idempotent
    def post(self, request: Request, slug: str, pk: int, **kwargs: Any) -> Response:
        """Take an alert on; the caller answers for it."""
        found, data = get_object_or_404(_seen(request)[1], pk=pk), _handling(request)
        acknowledge(
            found.pk,
            cause=data["cause"] or found.cause,
            action=data["action"] or found.action,
            owner_id=access_of(request).user_id,
            actor_id=access_of(request).user_id,
            now=timezone.now(),
        )
        return _answer(request, pk)


class CloseView(WorkspaceAPIMixin, APIView):
    """An alert closed."""

    @extend_schema(
        operation_id="alerts_close",
        request=HandlingInput,
        responses=AlertDetailSerializer,
        parameters=[SLUG, ALERT, IDEMPOTENCY_KEY],
        tags=["alerts"],
    )
    @idempotent
    def post(self, request: Request, slug: str, pk: int, **kwargs: Any) -> Response:
        """Close an acknowledged alert; it needs a cause and an action."""
        found, data = get_object_or_404(_seen(request)[1], pk=pk), _handling(request)
        close(found.pk, **data, actor_id=access_of(request).user_id, now=timezone.now())
        return _answer(request, pk)


def _handling(request: Request) -> dict[str, str]:
    asked = HandlingInput(data=request.data)
    asked.is_valid(raise_exception=True)
    return {"cause": asked.validated_data["cause"], "action": asked.validated_data["action"]}
