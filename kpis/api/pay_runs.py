"""Runs of pay over REST: open a month, calculate, approve, lock, pay; its statements, lines and payout file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kpis.api.parameters import SLUG
from kpis.models import PayAdjustment, PayLine, PayRun, PayStatement
from kpis.queries.pay.statements import payments, shown_facts, statements_of
from kpis.services.pay.runs import approve_run, lock_run, open_run, pay_run, reopen_run, request_calculation
from omnichannel.core.csvtext import csv_text
from omnichannel.core.fields import MonthField, StrictCharField
from omnichannel.core.http import CursorPages, csv_answer
from omnichannel.core.periods import parse_period
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of

RUN = OpenApiParameter("id", int, OpenApiParameter.PATH, description="The run's id.")
STATEMENT = OpenApiParameter("id", int, OpenApiParameter.PATH, description="The statement's id.")
JULY = OpenApiExample("July", {"period": "2026-07"}, request_only=True)
CALCULATE = OpenApiExample("calculate", {"action": "calculate"}, request_only=True)


class PayRunSerializer(serializers.ModelSerializer[PayRun]):
    """A month's run. `digest` is over everything it pays; a decision names the one that was looked at."""

    class Meta:
        model = PayRun
        fields = (
            "id", "period", "state", "statements_count", "incomplete_count", "total", "adjusted", "digest",
            "opened_at", "calculated_at", "approved_at", "locked_at", "paid_at",
        )  # fmt: skip


class PayRunBody(serializers.Serializer[Any]):
    """The month to open."""

    period = MonthField()


class PayRunStepBody(serializers.Serializer[Any]):
    """A step. `approve`, `lock` and `pay` name the digest of the statements that were looked at."""

    action = serializers.ChoiceField(choices=["calculate", "approve", "reopen", "lock", "pay"])
    seen = StrictCharField(max_length=64, allow_blank=True, default="")


class PayAdjustmentSerializer(serializers.ModelSerializer[PayAdjustment]):
    """A correction of a line, paid or taken in the run it stands in."""

    run = serializers.IntegerField(source="run_id")
    line = serializers.IntegerField(source="line_id")
    person = serializers.CharField(source="person_external_id")

    class Meta:
        model = PayAdjustment
        fields = ("id", "run", "line", "person", "reason", "amount", "note", "created_at")


class PayLineSerializer(serializers.ModelSerializer[PayLine]):
    """One component: what was counted, at which price, what bounded it; `amount` null while something is missing."""

    workings = serializers.DictField()
    adjustments = PayAdjustmentSerializer(many=True)

    class Meta:
        model = PayLine
        fields = ("id", "component", "amount", "workings", "adjustments")


class PayStatementSerializer(serializers.ModelSerializer[PayStatement]):
    """What one plan pays one person in a month."""

    run = serializers.IntegerField(source="run_id")
    person = serializers.CharField(source="person_external_id")
    unit = serializers.CharField(source="unit_external_id")
    role = serializers.CharField(source="role_key")
    plan = serializers.CharField(source="plan_key")

    class Meta:
        model = PayStatement
        fields = ("id", "run", "person", "unit", "role", "plan", "amount", "is_complete")


class PayStatementWholeSerializer(PayStatementSerializer):
    """A statement with its lines and the facts they rest on."""

    facts = serializers.SerializerMethodField()
    lines = PayLineSerializer(many=True)

    def get_facts(self, statement: PayStatement) -> dict[str, Any]:
        """Return the facts; of a pool only the person's own weight and that of all, never a colleague's."""
        return shown_facts(statement)

    class Meta(PayStatementSerializer.Meta):
        fields = (*PayStatementSerializer.Meta.fields, "facts", "bounds", "lines")  # type: ignore[assignment] # longer


class PayRunsView(WorkspaceAPIMixin, APIView):
    """The runs of the workspace."""

    @extend_schema(operation_id="pay_runs", parameters=[SLUG], responses=PayRunSerializer(many=True), tags=["pay"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return all runs, the newest month first."""
        return Response(PayRunSerializer(PayRun.objects.all(), many=True).data)

    @extend_schema(
        operation_id="pay_run_open",
        parameters=[SLUG, IDEMPOTENCY_KEY],
        request=PayRunBody,
        responses={201: PayRunSerializer},
        examples=[JULY],
        tags=["pay"],
    )
    @idempotent
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Open a month. 409 where it is open already or a later one is closed."""
        body = PayRunBody(data=request.data)
        body.is_valid(raise_exception=True)
        run = open_run(parse_period(body.validated_data["period"]), actor_id=access_of(request).user_id)
        return Response(PayRunSerializer(run).data, status=201)


class PayRunView(WorkspaceAPIMixin, APIView):
    """One run."""

    @extend_schema(operation_id="pay_run", parameters=[SLUG, RUN], responses=PayRunSerializer, tags=["pay"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a run."""
        return Response(PayRunSerializer(get_object_or_404(PayRun.objects, pk=kwargs["pk"])).data)


class PayRunStepView(WorkspaceAPIMixin, APIView):
    """A run's way to payment."""

    @extend_schema(
        operation_id="pay_run_step",
        parameters=[SLUG, RUN, IDEMPOTENCY_KEY],
        request=PayRunStepBody,
        responses=PayRunSerializer,
        examples=[CALCULATE],
        tags=["pay"],
    )
    @idempotent
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Calculate (in the background), approve, take the approval back, lock, or record the payment.

        403 for approving a run one has opened oneself; 409 where the step does not fit or the statements have changed.
        """
        run = get_object_or_404(PayRun.objects, pk=kwargs["pk"])
        body = PayRunStepBody(data=request.data)
        body.is_valid(raise_exception=True)
        seen, actor = body.validated_data["seen"], access_of(request).user_id
        steps: dict[str, Callable[[], object]] = {
            "calculate": lambda: request_calculation(run.pk, actor_id=actor),
            "approve": lambda: approve_run(run.pk, seen=seen, actor_id=actor),
            "reopen": lambda: reopen_run(run.pk, actor_id=actor),
            "lock": lambda: lock_run(run.pk, seen=seen, actor_id=actor),
            "pay": lambda: pay_run(run.pk, seen=seen, actor_id=actor),
        }
        steps[body.validated_data["action"]]()
        run.refresh_from_db()
        return Response(PayRunSerializer(run).data)


class PayStatementsView(WorkspaceAPIMixin, generics.ListAPIView[PayStatement]):
    """The statements of a run."""

    serializer_class = PayStatementSerializer
    pagination_class = CursorPages
    filter_backends = ()

    def get_queryset(self) -> QuerySet[PayStatement]:
        """Return those the caller may see: all, or their own."""
        if getattr(self, "swagger_fake_view", False):  # the schema is drawn without a workspace
            return PayStatement._default_manager.none()
        run = get_object_or_404(PayRun.objects, pk=self.kwargs["pk"])
        return statements_of(run, person=access_of(self.request).own_person)

    @extend_schema(operation_id="pay_statements", parameters=[SLUG, RUN], tags=["pay"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the statements of a run, page by page; people see their own only."""
        return self.list(request, *args, **kwargs)


class PayStatementView(WorkspaceAPIMixin, APIView):
    """One statement."""

    @extend_schema(
        operation_id="pay_statement", parameters=[SLUG, STATEMENT], responses=PayStatementWholeSerializer, tags=["pay"]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a statement with its lines, their workings, and what later months corrected of them."""
        rows = PayStatement.objects.select_related("run").prefetch_related("lines__adjustments")
        statement = get_object_or_404(rows, pk=kwargs["pk"])
        own = access_of(request).own_person
        if own is not None and not statements_of(statement.run, person=own).filter(pk=statement.pk).exists():
            raise Http404
        return Response(PayStatementWholeSerializer(statement).data)


class PayoutFileView(WorkspaceAPIMixin, APIView):
    """The payout file."""

    @extend_schema(
        operation_id="payout_file",
        parameters=[SLUG, RUN],
        responses={
            (200, "text/csv"): OpenApiResponse(OpenApiTypes.BINARY, description="person, earned, corrected, amount")
        },
        tags=["pay"],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return what a run pays each person. 404 before a named person has approved and locked it."""
        run = get_object_or_404(PayRun.objects.filter(locked_at__isnull=False), pk=kwargs["pk"])
        rows = [[each.person, each.earned, each.corrected, each.amount] for each in payments(run)]
        text = csv_text([["person", "earned", "corrected", "amount"], *rows])
        return csv_answer(text, filename=f"payout-{run.period}.csv")
