"""Simulations of pay plans over REST: begin one, the list, its figures and its people."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kpis.api.parameters import SLUG
from kpis.choices import SimulatedAgainst
from kpis.errors import SimulationInvalid
from kpis.models import PaySimulation, PaySimulationPerson
from kpis.queries.pay.simulations import people_of, simulations, stale_inputs
from kpis.services.pay.simulating import MOST_PROPOSALS, remove_simulation, request_simulation
from omnichannel.core.fields import StrictCharField, StrictIntegerField
from omnichannel.core.http import CursorPages, number_within, problem
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.jobs.choices import JobOrigin
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of

ID = OpenApiParameter("id", int, OpenApiParameter.PATH, description="The simulation's id.")
PROPOSAL = OpenApiParameter(
    "proposal",
    {"type": "integer", "minimum": 0, "maximum": MOST_PROPOSALS - 1},
    description="Which of the plans, from 0 on; 0 when left out.",
)
TWO = OpenApiExample(
    "a draft beside a ready plan",
    {"plans": ["plan:12", "template:guide-composite"], "months": 12, "against": "holding"},
    request_only=True,
)


class PaySimulationBody(serializers.Serializer[Any]):
    """What to try: revisions of plans as `plan:<id>`, ready plans as `template:<key>`."""

    plans = serializers.ListField(child=StrictCharField(max_length=60), min_length=1, max_length=MOST_PROPOSALS)
    months = StrictIntegerField(min_value=1, max_value=12, default=12, help_text="The newest closed months.")
    against = serializers.ChoiceField(choices=SimulatedAgainst.choices, default=SimulatedAgainst.HOLDING.value)


class PaySimulationSerializer(serializers.ModelSerializer[PaySimulation]):
    """A simulation. `digest` is of all inputs; `job` works it out."""

    job = serializers.IntegerField(source="job_id", allow_null=True)
    plans = serializers.SerializerMethodField()

    class Meta:
        model = PaySimulation
        fields = ("id", "first", "last", "against", "plans", "digest", "job", "created_at", "finished_at")

    def get_plans(self, row: PaySimulation) -> list[str]:
        """Return what was tried."""
        return [each["ref"] for each in row.proposals]


class PaySimulationWholeSerializer(PaySimulationSerializer):
    """A simulation with its figures: by month, unit and role, jumps and the distribution. Money is text, CNY."""

    result = serializers.DictField(allow_null=True, help_text="Null until the job has ended.")
    stale = serializers.SerializerMethodField()

    def get_stale(self, row: PaySimulation) -> list[str]:
        """Return which inputs have changed since, in words."""
        months = [each["period"] for each in (row.result or {}).get("labour", ())]
        return list(stale_inputs(row, months)) if row.result else []

    class Meta(PaySimulationSerializer.Meta):
        fields = (*PaySimulationSerializer.Meta.fields, "result", "stale")  # type: ignore[assignment] # longer


class SimulatedPersonSerializer(serializers.ModelSerializer[PaySimulationPerson]):
    """A person's pay over all months on both sides; `causes` are components and what they add."""

    person = serializers.CharField(source="person_external_id")
    unit = serializers.CharField(source="unit_external_id")
    role = serializers.CharField(source="role_key")
    causes = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))

    class Meta:
        model = PaySimulationPerson
        fields = ("person", "unit", "role", "before", "after", "change", "causes")


class PaySimulationsView(WorkspaceAPIMixin, generics.ListAPIView[PaySimulation]):
    """Simulations."""

    serializer_class = PaySimulationSerializer
    pagination_class = CursorPages
    filter_backends = ()

    def get_queryset(self) -> QuerySet[PaySimulation]:
        """Return all of them."""
        if getattr(self, "swagger_fake_view", False):  # the schema is drawn without a workspace
            return PaySimulation._default_manager.none()
        return simulations()

    @extend_schema(operation_id="pay_simulations", parameters=[SLUG], tags=["pay"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the simulations, page by page."""
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="pay_simulation_begin",
        parameters=[SLUG, IDEMPOTENCY_KEY],
        request=PaySimulationBody,
        responses={202: PaySimulationSerializer},
        examples=[TWO],
        tags=["pay"],
    )
    @idempotent
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Try plans on closed months, in the background. 422 names what is wrong by field."""
        body = PaySimulationBody(data=request.data)
        body.is_valid(raise_exception=True)
        said = body.validated_data
        try:
            made = request_simulation(
                said["plans"],
                months=said["months"],
                against=SimulatedAgainst(said["against"]),
                actor_id=access_of(request).user_id,
                origin=JobOrigin.API,
            )
        except SimulationInvalid as error:
            issues = [
                {"pointer": f"/{field}", "code": error.code, "message": message}
                for field, message in error.faults.items()
            ]
            return problem(error.status, code=error.code, detail=str(error), issues=issues)
        return Response(PaySimulationSerializer(made).data, status=202)


class PaySimulationView(WorkspaceAPIMixin, APIView):
    """One simulation."""

    @extend_schema(
        operation_id="pay_simulation", parameters=[SLUG, ID], responses=PaySimulationWholeSerializer, tags=["pay"]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a simulation with its figures, once its job has ended."""
        return Response(PaySimulationWholeSerializer(_row(kwargs["pk"])).data)

    @extend_schema(operation_id="pay_simulation_remove", parameters=[SLUG, ID], responses={204: None}, tags=["pay"])
    def delete(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Delete a simulation with what it tells of people; no plan is touched."""
        remove_simulation(_row(kwargs["pk"]).pk)
        return HttpResponse(status=204)


class PaySimulationPeopleView(WorkspaceAPIMixin, generics.ListAPIView[PaySimulationPerson]):
    """The people of a simulation."""

    serializer_class = SimulatedPersonSerializer
    pagination_class = CursorPages
    filter_backends = ()

    def get_queryset(self) -> QuerySet[PaySimulationPerson]:
        """Return those of one proposal."""
        if getattr(self, "swagger_fake_view", False):
            return PaySimulationPerson._default_manager.none()
        said = self.request.query_params.get("proposal", "0")
        proposal = number_within(said, least=0, most=MOST_PROPOSALS - 1, name="proposal")
        return people_of(_row(self.kwargs["pk"]), proposal, text="", kind="all", unit="", sort="person")

    @extend_schema(operation_id="pay_simulation_people", parameters=[SLUG, ID, PROPOSAL], tags=["pay"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return everybody's pay under one of the plans, page by page."""
        return self.list(request, *args, **kwargs)


def _row(pk: int) -> PaySimulation:
    return get_object_or_404(PaySimulation.objects, pk=pk)
