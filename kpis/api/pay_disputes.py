"""Disputes of pay over REST: list, raise, the steps to an answer; and the rows behind a line of a statement."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kpis.api.parameters import SLUG
from kpis.choices import DisputeReason, DisputeState
from kpis.errors import DisputeInvalid
from kpis.models import DisputeStep, PayDispute, PayLine
from kpis.queries.pay.disputes import DisputeFilter, disputes_seen
from kpis.queries.pay.rows import opened_base
from kpis.queries.pay.statements import statements_seen
from kpis.services.pay.disputes import (
    Claim,
    Verdict,
    answer_dispute,
    raise_dispute,
    take_dispute,
    withdraw_dispute,
)
from omnichannel.core.fields import StrictCharField, StrictIntegerField
from omnichannel.core.http import CursorPages, InvalidBody, number_within, refuse_unknown_words
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from omnichannel.workspaces.permissions import may
from omnichannel.workspaces.queries.zones import current_day

DISPUTE = OpenApiParameter("id", int, OpenApiParameter.PATH, description="The dispute's id.")
STATEMENT = OpenApiParameter("id", int, OpenApiParameter.PATH, description="The statement's id.")
BASE = OpenApiParameter("base", str, OpenApiParameter.PATH, description="What a line counts, such as `mall_sales`.")
OFFSET = OpenApiParameter("offset", int, description="How many rows to leave out; 0 when left out.")
LIMIT = OpenApiParameter("limit", int, description="How many rows, up to 1,000; 100 when left out.")
STATE = OpenApiParameter(
    "state", str, enum=["running", "overdue", *DisputeState.values], description="Only these; all when left out."
)
MOST = 1000
ANSWERS = ["accepted", "partly", "refused"]
RAISE = OpenApiExample(
    "an order is missing",
    {"line": 81, "reason": "missing", "text": "Order O-1182 of 3 November is not there.", "asked": "12.00"},
    request_only=True,
)
ANSWER = OpenApiExample(
    "granted in part",
    {"action": "answer", "state": "partly", "amount": "8.00", "text": "Part of it was refunded."},
    request_only=True,
)


class DisputeStepSerializer(serializers.ModelSerializer[DisputeStep]):
    """One step; `by` is the user who took it."""

    by = serializers.IntegerField(source="by_id", allow_null=True)
    owner = serializers.IntegerField(source="owner_id", allow_null=True)

    class Meta:
        model = DisputeStep
        fields = ("state", "text", "amount", "owner", "due_on", "by", "at")


class PayDisputeSerializer(serializers.ModelSerializer[PayDispute]):
    """A dispute of one line. What was granted is the adjustment, paid in a later month."""

    line = serializers.IntegerField(source="line_id")
    statement = serializers.IntegerField(source="line.statement_id")
    period = serializers.CharField(source="line.statement.run.period")
    person = serializers.CharField(source="person_external_id")
    owner = serializers.IntegerField(source="owner_id", allow_null=True)
    adjustment = serializers.IntegerField(source="adjustment_id", allow_null=True)

    class Meta:
        model = PayDispute
        fields = (
            "id", "line", "statement", "period", "person", "reason", "text", "asked", "state", "owner", "due_on",
            "answer", "adjustment", "filename", "raised_at", "ended_at",
        )  # fmt: skip


class PayDisputeWholeSerializer(PayDisputeSerializer):
    """A dispute with every step that was taken."""

    steps = DisputeStepSerializer(many=True)

    class Meta(PayDisputeSerializer.Meta):
        fields = (*PayDisputeSerializer.Meta.fields, "steps")  # type: ignore[assignment] # longer


class PayDisputeBody(serializers.Serializer[Any]):
    """What is wrong with a line of a closed month. Files are added on the page."""

    line = StrictIntegerField()
    reason = serializers.ChoiceField(choices=DisputeReason.choices)
    text = StrictCharField(max_length=2000)
    asked = serializers.DecimalField(
        max_digits=12, decimal_places=2, allow_null=True, default=None, help_text="CNY by which the line should differ."
    )


class PayDisputeStepBody(serializers.Serializer[Any]):
    """A step: `take` with `owner` and `due_on`, `answer` with `state`, `text` and `amount`, or `withdraw`."""

    action = serializers.ChoiceField(choices=["take", "answer", "withdraw"])
    owner = StrictIntegerField(allow_null=True, default=None, help_text="Who answers; the caller when left out.")
    due_on = serializers.DateField(allow_null=True, default=None)
    state = serializers.ChoiceField(choices=ANSWERS, allow_null=True, default=None, help_text="How it is answered.")
    amount = serializers.DecimalField(
        max_digits=12, decimal_places=2, allow_null=True, default=None, help_text="Granted; left out: what was asked."
    )
    text = StrictCharField(max_length=2000, allow_blank=True, default="")


class PayBaseRowSerializer(serializers.Serializer[Any]):
    """A row: an order, contact or customer; of a store's figure one of its days."""

    id = serializers.CharField()
    at = serializers.CharField()
    customer = serializers.CharField(help_text="A pseudonym; empty where nobody is known.")
    rule = serializers.CharField(help_text="Why it is the person's: `customer-owner`, `link-seller`, `till-seller` …")
    amount = serializers.DecimalField(max_digits=18, decimal_places=4)
    count = serializers.IntegerField()


class PayBaseRowsSerializer(serializers.Serializer[Any]):
    """The rows that a statement's base counts. `amount` is the sum of all of them, `counted` what the line holds."""

    total = serializers.IntegerField()
    amount = serializers.DecimalField(max_digits=18, decimal_places=4)
    counted = serializers.DecimalField(max_digits=18, decimal_places=4)
    rows = PayBaseRowSerializer(many=True)


class DisputePages(CursorPages):
    """Disputes by their id, the newest first."""

    ordering = "-pk"


class PayDisputesView(WorkspaceAPIMixin, generics.ListAPIView[PayDispute]):
    """The disputes of the workspace."""

    serializer_class = PayDisputeSerializer
    pagination_class = DisputePages
    filter_backends = ()

    def get_queryset(self) -> QuerySet[PayDispute]:
        """Return those the caller may see: all, or their own."""
        if getattr(self, "swagger_fake_view", False):  # the schema is drawn without a workspace
            return PayDispute._default_manager.none()
        access = access_of(self.request)
        asked = DisputeFilter.from_query(self.request.query_params)
        return asked.apply(disputes_seen(person=access.own_person), user_id=access.user_id, today=current_day())

    @extend_schema(operation_id="pay_disputes", parameters=[SLUG, STATE], tags=["pay"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return disputes, page by page; people see their own only."""
        refuse_unknown_words(request, [STATE])
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="pay_dispute_raise",
        parameters=[SLUG, IDEMPOTENCY_KEY],
        request=PayDisputeBody,
        responses={201: PayDisputeSerializer},
        examples=[RAISE],
        tags=["pay"],
    )
    @idempotent
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Dispute a line of a closed month; 404 for somebody else's, 409 where one of the line is running."""
        access, body = access_of(request), PayDisputeBody(data=request.data)
        body.is_valid(raise_exception=True)
        rows = PayLine.objects.select_related("statement__run").filter(statement__run__locked_at__isnull=False)
        if access.own_person is not None:
            rows = rows.filter(statement__person_external_id=access.own_person)
        line, data = get_object_or_404(rows, pk=body.validated_data["line"]), body.validated_data
        claim = Claim(data["reason"], data["text"], data["asked"])
        made = _told(lambda: raise_dispute(line, claim, actor_id=access.user_id))
        return Response(PayDisputeSerializer(made).data, status=201)


class PayDisputeView(WorkspaceAPIMixin, APIView):
    """One dispute."""

    @extend_schema(
        operation_id="pay_dispute", parameters=[SLUG, DISPUTE], responses=PayDisputeWholeSerializer, tags=["pay"]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a dispute with its steps."""
        rows = disputes_seen(person=access_of(request).own_person).prefetch_related("steps")
        return Response(PayDisputeWholeSerializer(get_object_or_404(rows, pk=kwargs["pk"])).data)


class PayDisputeStepView(WorkspaceAPIMixin, APIView):
    """A dispute's way to its answer."""

    @extend_schema(
        operation_id="pay_dispute_step",
        parameters=[SLUG, DISPUTE, IDEMPOTENCY_KEY],
        request=PayDisputeStepBody,
        responses=PayDisputeSerializer,
        examples=[ANSWER],
        tags=["pay"],
    )
    @idempotent
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take a dispute up, answer it, or take it back. What is granted is paid as an adjustment of the open month.

        403 for answering one's own; 409 where it has ended or no month is open.
        """
        access = access_of(request)
        found = get_object_or_404(disputes_seen(person=access.own_person), pk=kwargs["pk"])
        body = PayDisputeStepBody(data=request.data)
        body.is_valid(raise_exception=True)
        data, actor = body.validated_data, access.user_id
        if data["action"] != "withdraw" and not may(access, "kpis:pay_dispute_answer", "POST"):
            raise PermissionDenied
        steps: dict[str, Callable[[], PayDispute]] = {
            "take": lambda: take_dispute(
                found.pk, actor_id=actor, owner_id=data["owner"], due_on=data["due_on"], note=data["text"]
            ),
            "answer": lambda: answer_dispute(
                found.pk,
                Verdict(DisputeState(data["state"] or DisputeState.OPEN), data["text"], data["amount"]),
                actor_id=actor,
            ),
            "withdraw": lambda: withdraw_dispute(
                found.pk, actor_id=actor, person=access.person_external_id, note=data["text"]
            ),
        }
        return Response(PayDisputeSerializer(_told(steps[data["action"]])).data)


class PayStatementRowsView(WorkspaceAPIMixin, APIView):
    """The rows behind a line."""

    @extend_schema(
        operation_id="pay_statement_rows",
        parameters=[SLUG, STATEMENT, BASE, OFFSET, LIMIT],
        responses=PayBaseRowsSerializer,
        tags=["pay"],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return what one base of a statement counted, row by row, as it was known when the month was worked out."""
        statement = get_object_or_404(statements_seen(person=access_of(request).own_person), pk=kwargs["pk"])
        limit = number_within(request.query_params.get("limit", "100"), most=MOST, name="limit")
        offset = number_within(request.query_params.get("offset", "0"), least=0, most=10**8, name="offset")
        found = opened_base(statement, kwargs["base"], offset=offset, limit=limit)
        if found is None:
            raise Http404
        page = found.found
        shown = {"total": page.total, "amount": page.amount, "counted": found.counted, "rows": page.rows}
        return Response(PayBaseRowsSerializer(shown).data)


def _told(step: Callable[[], PayDispute]) -> PayDispute:
    """Take a step; what the service refuses stands at the member it is about."""
    names = {"answer": "text", "file": "text"}
    try:
        return step()
    except DisputeInvalid as error:
        raise InvalidBody(
            [
                {"pointer": f"/{names.get(field, field)}", "code": "invalid", "message": message}
                for field, message in error.faults.items()
            ]
        ) from None
