"""The ad budget ladder over REST: requests, their rungs and instalments, and the decisions on them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kpis.api.parameters import SLUG
from kpis.budget_choices import AskMetricName, AskState
from kpis.errors import FieldsRefused
from kpis.incentives.budget_asks import Instalment
from kpis.models import BudgetAsk, BudgetAskStep, BudgetInstalment
from kpis.queries.pay.budget_asks import AskView, TargetLine, ask_view, asks_within
from kpis.services.pay.budget_asks import NOTE, AskInput, ask_budget, refuse, release, withdraw
from omnichannel.core.fields import StrictCharField, StrictIntegerField
from omnichannel.core.http import CursorPages, InvalidBody, refuse_unknown_words
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from omnichannel.workspaces.clock import today_in
from roles.queries.org_chart import unit_tree

ASK = OpenApiParameter("id", int, OpenApiParameter.PATH, description="The request's id.")
STATE = OpenApiParameter("state", str, enum=AskState.values, description="Only requests in this state.")
LADDER = OpenApiExample(
    "ladder",
    {
        "purpose": "双十一拉新投放",
        "campaign": "CP12",
        "amount": "300000.00",
        "starts_on": "2026-10-01",
        "ends_on": "2026-11-30",
        "targets": {"impressions": "5000000", "cost_per_user": "40", "roi": "2"},
        "instalments": [
            {"planned_on": "2026-10-01", "amount": "100000.00", "conditions": {}},
            {"planned_on": "2026-11-01", "amount": "200000.00", "conditions": {"cost_per_user": "40"}},
        ],
    },
    request_only=True,
)
RELEASE = OpenApiExample("release", {"action": "release", "instalment": 2, "reason": ""}, request_only=True)


def _figure(**kwargs: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=18, decimal_places=4, **kwargs)


class InstalmentSerializer(serializers.ModelSerializer[BudgetInstalment]):
    """A part of the money; `seen` are the figures on which it was released, `reason` why against them."""

    conditions = serializers.DictField(child=serializers.CharField(), help_text="Metric of rung 2 -> figure to reach.")
    seen = serializers.DictField(child=serializers.CharField(allow_null=True))

    class Meta:
        model = BudgetInstalment
        fields = ("number", "planned_on", "amount", "conditions", "released_at", "seen", "reason")


class BudgetAskSerializer(serializers.ModelSerializer[BudgetAsk]):
    """A request; without a campaign the ads of all campaigns count."""

    unit = serializers.CharField(source="unit_external_id")

    class Meta:
        model = BudgetAsk
        fields = (
            "id", "state", "purpose", "campaign", "channel", "unit", "amount", "starts_on", "ends_on", "asked_at",
        )  # fmt: skip


class TargetLineSerializer(serializers.Serializer[TargetLine]):
    """A target and what was reached; `actual` is null where nothing tells it, `of_company` tells whose it is."""

    metric = serializers.ChoiceField(choices=AskMetricName.choices)
    target = _figure()
    actual = _figure(allow_null=True)
    is_reached = serializers.BooleanField()
    of_company = serializers.BooleanField()


class RungSerializer(serializers.Serializer[Any]):
    """One rung with its targets."""

    name = serializers.CharField(source="label")
    lines = TargetLineSerializer(many=True)


class AskStepSerializer(serializers.ModelSerializer[BudgetAskStep]):
    """One step of a request."""

    by = serializers.CharField(source="by.email", allow_null=True, default=None)

    class Meta:
        model = BudgetAskStep
        fields = ("kind", "instalment", "note", "by", "at")


class BudgetAskWholeSerializer(serializers.Serializer[AskView]):
    """A request with its rungs, target beside actual, its instalments and its steps."""

    ask = BudgetAskSerializer()
    months = serializers.SerializerMethodField(help_text="The months whose ads have been analysed and count here.")
    spent = serializers.DecimalField(source="actuals.spent", max_digits=18, decimal_places=2)
    released = serializers.DecimalField(max_digits=18, decimal_places=2)
    rungs = RungSerializer(many=True)
    instalments = serializers.SerializerMethodField()
    steps = AskStepSerializer(many=True)

    def get_months(self, view: AskView) -> list[str]:
        """Return the months as keys."""
        return [str(month) for month in view.actuals.months]

    @extend_schema_field(InstalmentSerializer(many=True))
    def get_instalments(self, view: AskView) -> Any:
        """Return the instalments in their order."""
        return InstalmentSerializer([part.row for part in view.instalments], many=True).data


class InstalmentBody(serializers.Serializer[Any]):
    """A part of the money on a day."""

    planned_on = serializers.DateField()
    amount = serializers.DecimalField(max_digits=18, decimal_places=2)
    conditions = serializers.DictField(child=_figure(), default=dict)


class BudgetAskBody(serializers.Serializer[Any]):
    """A request. `targets` need one metric of every rung."""

    purpose = StrictCharField(max_length=NOTE)
    campaign = StrictCharField(max_length=64, allow_blank=True, default="")
    channel = StrictCharField(max_length=80, allow_blank=True, default="")
    unit = StrictCharField(max_length=64, allow_blank=True, default="")
    amount = serializers.DecimalField(max_digits=18, decimal_places=2)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    targets = serializers.DictField(child=_figure())
    instalments = InstalmentBody(many=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse metrics that are none."""
        named = {*attrs["targets"], *(metric for part in attrs["instalments"] for metric in part["conditions"])}
        if unknown := sorted(named - set(AskMetricName.values)):
            raise serializers.ValidationError({"targets": [f"unknown: {', '.join(unknown)}"]})
        return attrs


class BudgetDecisionBody(serializers.Serializer[Any]):
    """A decision. A reason is needed to refuse, and to release an instalment whose targets are missed."""

    action = serializers.ChoiceField(choices=["release", "refuse"])
    instalment = StrictIntegerField(min_value=1, required=False)
    reason = StrictCharField(max_length=NOTE, allow_blank=True, default="")


def seen_asks(request: Request) -> QuerySet[BudgetAsk]:
    """Return the requests the caller may see."""
    access = access_of(request)
    return asks_within(unit=access.own_unit, on=today_in(access.workspace))


class BudgetAsksView(WorkspaceAPIMixin, generics.ListAPIView[BudgetAsk]):
    """The requests for ad budget."""

    serializer_class = BudgetAskSerializer
    pagination_class = CursorPages
    filter_backends = ()

    def get_queryset(self) -> QuerySet[BudgetAsk]:
        """Return those within the caller's bounds."""
        if getattr(self, "swagger_fake_view", False):  # the schema is drawn without a workspace
            return BudgetAsk._default_manager.none()
        refuse_unknown_words(self.request, [STATE])
        state = self.request.query_params.get("state")
        rows = seen_asks(self.request)
        return rows.filter(state=state) if state else rows

    @extend_schema(operation_id="budget_asks", parameters=[SLUG, STATE], tags=["pay"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the requests, page by page."""
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="budget_ask_create",
        parameters=[SLUG, IDEMPOTENCY_KEY],
        request=BudgetAskBody,
        responses={201: BudgetAskWholeSerializer},
        examples=[LADDER],
        tags=["pay"],
    )
    @idempotent
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Ask for budget. 422 names each rung without a target and each instalment that cannot be."""
        body = BudgetAskBody(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        _within(request, data["unit"])
        parts = [Instalment(each["planned_on"], each["amount"], each["conditions"]) for each in data["instalments"]]
        try:
            ask = ask_budget(AskInput(**{**data, "instalments": parts}), actor_id=access_of(request).user_id)
        except FieldsRefused as refused:
            raise InvalidBody(pointed(refused)) from refused
        return Response(BudgetAskWholeSerializer(ask_view(ask)).data, status=201)


class BudgetAskView(WorkspaceAPIMixin, APIView):
    """One request."""

    @extend_schema(operation_id="budget_ask", parameters=[SLUG, ASK], responses=BudgetAskWholeSerializer, tags=["pay"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a request with three rungs side by side: target and actual."""
        ask = get_object_or_404(seen_asks(request), pk=kwargs["pk"])
        return Response(BudgetAskWholeSerializer(ask_view(ask)).data)


class BudgetDecisionView(WorkspaceAPIMixin, APIView):
    """Decisions on a request."""

    @extend_schema(
        operation_id="budget_ask_decide",
        parameters=[SLUG, ASK, IDEMPOTENCY_KEY],
        request=BudgetDecisionBody,
        responses=BudgetAskWholeSerializer,
        examples=[RELEASE],
        tags=["pay"],
    )
    @idempotent
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Release the next instalment or refuse the request. 403 for who asked, 409 out of turn or without a reason."""
        ask = get_object_or_404(seen_asks(request), pk=kwargs["pk"])
        body = BudgetDecisionBody(data=request.data)
        body.is_valid(raise_exception=True)
        data, actor = body.validated_data, access_of(request).user_id
        if data["action"] == "release":
            release(ask.pk, data.get("instalment", 0), reason=data["reason"], actor_id=actor)
        else:
            refuse(ask.pk, reason=data["reason"], actor_id=actor)
        return Response(BudgetAskWholeSerializer(ask_view(_again(ask))).data)


class BudgetWithdrawalView(WorkspaceAPIMixin, APIView):
    """A request taken back."""

    @extend_schema(
        operation_id="budget_ask_withdraw",
        parameters=[SLUG, ASK, IDEMPOTENCY_KEY],
        request=None,
        responses=BudgetAskWholeSerializer,
        tags=["pay"],
    )
    @idempotent
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take one's own request back; what was released stays released. 409 for somebody else's."""
        ask = get_object_or_404(seen_asks(request), pk=kwargs["pk"])
        withdraw(ask.pk, actor_id=access_of(request).user_id)
        return Response(BudgetAskWholeSerializer(ask_view(_again(ask))).data)


def pointed(refused: FieldsRefused) -> list[dict[str, str]]:
    """Return the faults of a service as the API tells them; `instalments.2` is the second, which JSON counts as 1."""
    found = []
    for field, message in refused.faults.items():
        head, _dot, rest = field.partition(".")
        place = str(int(rest) - 1) if head == "instalments" and rest else rest
        pointer = "/".join(filter(None, ("", head, place))) if place else head
        found.append({"pointer": f"/{pointer.lstrip('/')}", "code": "invalid", "message": message})
    return found


def _within(request: Request, unit: str) -> None:
    access = access_of(request)
    bound = access.own_unit
    known = unit_tree(as_of=today_in(access.workspace), within=bound)
    if (unit or bound) and unit not in known:
        message = "Name a unit of your own." if bound else "No such unit."
        raise InvalidBody([{"pointer": "/unit", "code": "invalid", "message": message}])


def _again(ask: BudgetAsk) -> BudgetAsk:
    return BudgetAsk.objects.get(pk=ask.pk)
