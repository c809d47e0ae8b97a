"""Competing targets over REST, and what a person decides about two of them."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kpis.api.parameters import SLUG
from kpis.api.pay_credit import PERIOD, asked_month
from kpis.api.pay_credit_shapes import MoneyField
from kpis.credit_choices import CarrierKind, RulingKind
from kpis.models import TargetRuling
from kpis.queries.pay.credit_ask import read_ask
from kpis.queries.pay.rivals import Rival, find_rivals
from kpis.services.pay.rulings import MOST_NOTE, RulingInput, RulingRefused, settle, take_back
from omnichannel.core.fields import StrictCharField
from omnichannel.core.http import CursorPages
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of

RULING = OpenApiParameter("id", int, OpenApiParameter.PATH, description="The decision's id.")
SPLIT = OpenApiExample(
    "A split",
    {
        "period": "2026-10",
        "kind": "unit",
        "kpis": ["mall_orders", "mall_orders"],
        "carriers": ["BU1-UC", "D-EC"],
        "ruling": "split",
        "share": "60",
        "holds_from": "2026-10-01",
        "note": "The user centre runs the mall, e-commerce its campaigns.",
    },
    request_only=True,
)


class TargetRulingSerializer(serializers.ModelSerializer[TargetRuling]):
    """A decision about two carriers of targets; `share` is percent for `one` of a split."""

    class Meta:
        model = TargetRuling
        fields = (
            "id", "kind", "kpi", "other_kpi", "one", "other", "ruling", "share", "holds_from", "note", "undoes",
            "created_at",
        )  # fmt: skip


class RivalShape(serializers.Serializer[Any]):
    """Two carriers whose targets count the same rows. `ruling` settles it.

    `money` is what the orders are worth, or what the customers of contacts bought; null without orders.
    """

    kind = serializers.ChoiceField(choices=CarrierKind.choices)
    carriers = serializers.ListField(child=serializers.CharField())
    kpis = serializers.ListField(child=serializers.CharField())
    table = serializers.CharField()
    at = serializers.CharField(allow_blank=True, help_text="The unit where they meet; empty: the company.")
    rows = serializers.IntegerField()
    money = MoneyField(allow_null=True)
    group = serializers.CharField(allow_blank=True, help_text="A shared group of both whose total has no target there.")
    ruling = TargetRulingSerializer(allow_null=True)


class RulingBody(serializers.Serializer[Any]):
    """A decision about two that compete in `period`."""

    period = StrictCharField(max_length=7, required=False, help_text="The month; the newest when left out.")
    kind = serializers.ChoiceField(choices=CarrierKind.choices)
    kpis = serializers.ListField(child=StrictCharField(max_length=64), min_length=2, max_length=2)
    carriers = serializers.ListField(child=StrictCharField(max_length=64), min_length=2, max_length=2)
    ruling = serializers.ChoiceField(choices=RulingKind.choices)
    share = serializers.DecimalField(max_digits=5, decimal_places=2, allow_null=True, default=None)
    holds_from = serializers.DateField()
    note = StrictCharField(max_length=MOST_NOTE)


class PayRivalsView(WorkspaceAPIMixin, APIView):
    """Competing targets."""

    @extend_schema(operation_id="pay_rivals", parameters=[SLUG, PERIOD], responses=RivalShape(many=True), tags=["pay"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return who carries targets over the same rows of a month, the most money first, settled ones last."""
        rivals = find_rivals(asked_month(request).last)
        return Response(RivalShape([_node(each) for each in rivals], many=True).data)


def _node(rival: Rival) -> dict[str, Any]:
    return {
        "kind": rival.kind,
        "carriers": rival.carriers,
        "kpis": rival.kpis,
        "table": rival.table,
        "at": rival.at.id,
        "rows": rival.rows,
        "money": rival.money,
        "group": rival.group,
        "ruling": rival.ruling,
    }


class PayRulingsView(WorkspaceAPIMixin, generics.ListAPIView[TargetRuling]):
    """Decisions about competing targets."""

    serializer_class = TargetRulingSerializer
    pagination_class = CursorPages
    filter_backends = ()
    queryset = TargetRuling._default_manager.none()

    def get_queryset(self) -> Any:
        """Return every decision of the workspace."""
        return self.queryset if getattr(self, "swagger_fake_view", False) else TargetRuling.objects.all()

    @extend_schema(operation_id="pay_rulings", parameters=[SLUG], tags=["pay"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return every decision and what was taken back (`undoes`), in the order they were made."""
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="pay_ruling_create",
        parameters=[SLUG, IDEMPOTENCY_KEY],
        request=RulingBody,
        responses={201: TargetRulingSerializer},
        examples=[SPLIT],
        tags=["pay"],
    )
    @idempotent
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Settle two competing targets: one shared target, or a fixed split. 422 names every fault."""
        body = RulingBody(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        rival = _chosen(said)
        try:
            ruling = settle(
                RulingInput(
                    kind=rival.kind,
                    kpis=rival.kpis,
                    carriers=rival.carriers,
                    ruling=RulingKind(said["ruling"]),
                    holds_from=said["holds_from"],
                    note=said["note"],
                    share=said["share"],
                ),
                actor_id=access_of(request).user_id,
            )
        except RulingRefused as error:
            raise ValidationError({field: [message] for field, message in error.faults.items()}) from error
        return Response(TargetRulingSerializer(ruling).data, status=201)


def _chosen(said: dict[str, Any]) -> Rival:
    try:
        ask = read_ask({"period": said.get("period", "")})
    except ValueError as error:
        raise ValidationError({"period": ["A month is expected, like 2026-07."]}) from error
    wanted = (CarrierKind(said["kind"]).value, *said["kpis"], *said["carriers"])
    for rival in find_rivals(ask.last) if ask else ():
        if rival.key == wanted:
            return rival
    raise ValidationError({"carriers": ["These two do not compete in this month."]})


class PayRulingUndoView(WorkspaceAPIMixin, APIView):
    """Taking a decision back."""

    @extend_schema(
        operation_id="pay_ruling_undo",
        parameters=[SLUG, RULING, IDEMPOTENCY_KEY],
        request=None,
        responses={201: TargetRulingSerializer},
        tags=["pay"],
    )
    @idempotent
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take a decision back; the history keeps both. 409 where that was done already."""
        ruling = get_object_or_404(TargetRuling.objects, pk=kwargs["pk"])
        undone = take_back(ruling, actor_id=access_of(request).user_id)
        return Response(TargetRulingSerializer(undone).data, status=201)
