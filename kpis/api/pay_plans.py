"""Pay plans over REST: ready plans, own ones as text and as sentences, and the steps to approval."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kpis.api.parameters import SLUG
from kpis.errors import PlanInvalid
from kpis.incentives.specs import Plan
from kpis.incentives.templates import load_templates
from kpis.incentives.texts import plan_node, read_plan
from kpis.models import PayPlan
from kpis.queries.pay.plan_words import said
from kpis.queries.pay.plans import newest_of, newest_plans
from kpis.services.pay.plans import (
    approve_plan,
    reject_plan,
    restore_plan,
    retire_plan,
    save_plan,
    submit_plan,
    take_back_retirement,
)
from omnichannel.core.fields import StrictCharField, StrictIntegerField
from omnichannel.core.http import problem
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of

KEY = OpenApiParameter("key", str, OpenApiParameter.PATH, description="Id of a pay plan.")
PLAN = {
    "id": "guide-contacts",
    "names": {"zh": "导购拉新奖", "en": "Guides' contacts"},
    "phase": "growth",
    "roles": ["digital-guide"],
    "components": [
        {
            "id": "contacts",
            "names": {"zh": "拉新奖", "en": "Contact bonus"},
            "rule": {"kind": "rate", "base": "valid_contacts", "price": "3"},
            "cap": "300",
        }
    ],
}
EXAMPLE = OpenApiExample("contacts", {"content": PLAN, "note": "for the autumn"}, request_only=True)
SUBMIT = OpenApiExample("from July", {"action": "submit", "effective_from": "2026-07-01"}, request_only=True)


class PayPlanSerializer(serializers.ModelSerializer[PayPlan]):
    """The last revision of a plan. `sentences` say each component in the language of the request."""

    unit = serializers.CharField(source="unit_external_id", help_text="Whom it holds for; empty: everybody.")
    content = serializers.DictField()
    sentences = serializers.SerializerMethodField()

    class Meta:
        model = PayPlan
        fields = ("id", "key", "state", "unit", "effective_from", "content", "sentences", "note", "created_at")

    def get_sentences(self, row: PayPlan) -> list[str]:
        """Return one sentence for each component, and one for what bounds the whole plan."""
        return said(read_plan(row.content))


class PayTemplateSerializer(serializers.Serializer[Plan]):
    """A ready plan."""

    key = serializers.CharField(source="id")
    content = serializers.SerializerMethodField()
    sentences = serializers.SerializerMethodField()

    def get_content(self, plan: Plan) -> dict[str, Any]:
        """Return the plan as a body of `POST pay-plans/` takes it."""
        return plan_node(plan)

    def get_sentences(self, plan: Plan) -> list[str]:
        """Return one sentence for each component, and one for what bounds the whole plan."""
        return said(plan)


class PayPlanBody(serializers.Serializer[Any]):
    """A draft. `content` is the whole plan; money and shares as texts, `0.03` is 3 %."""

    content = serializers.DictField()
    unit = StrictCharField(max_length=64, allow_blank=True, default="", help_text="Empty: everybody.")
    note = StrictCharField(max_length=400, allow_blank=True, default="")
    seen = StrictIntegerField(required=False, help_text="The revision that was changed: 409 if there is a later one.")


class PayPlanStepBody(serializers.Serializer[Any]):
    """A step. `submit` and `retire` need a day, `restore` a revision; approval is another person's than the draft's.

    `resume` takes a retirement back until its day has come.
    """

    action = serializers.ChoiceField(choices=["submit", "approve", "reject", "retire", "resume", "restore"])
    effective_from = serializers.DateField(required=False)
    revision = StrictIntegerField(required=False, help_text="The older revision that becomes the draft again.")
    seen = StrictIntegerField(required=False, help_text="The revision looked at: 409 if another one waits by now.")
    note = StrictCharField(max_length=400, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for the day where the step needs one."""
        if attrs["action"] in ("submit", "retire") and "effective_from" not in attrs:
            raise serializers.ValidationError({"effective_from": ["A day is needed for this step."]})
        if attrs["action"] == "restore" and "revision" not in attrs:
            raise serializers.ValidationError({"revision": ["A revision is needed for this step."]})
        return attrs


class PayTemplatesView(WorkspaceAPIMixin, APIView):
    """Ready plans."""

    @extend_schema(
        operation_id="pay_templates", parameters=[SLUG], responses=PayTemplateSerializer(many=True), tags=["pay"]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the ready plans, to begin an own one from."""
        plans = list(load_templates().values())
        return Response(PayTemplateSerializer(plans, many=True).data)  # type: ignore[arg-type] # many


class PayPlansView(WorkspaceAPIMixin, APIView):
    """The workspace's pay plans."""

    @extend_schema(operation_id="pay_plans", parameters=[SLUG], responses=PayPlanSerializer(many=True), tags=["pay"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the last revision of every plan."""
        return Response(PayPlanSerializer(newest_plans(), many=True).data)

    @extend_schema(
        operation_id="pay_plan_save",
        parameters=[SLUG, IDEMPOTENCY_KEY],
        request=PayPlanBody,
        responses={201: PayPlanSerializer},
        examples=[EXAMPLE],
        tags=["pay"],
    )
    @idempotent
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Keep a plan as the draft of its id; 422 names everything that is wrong in it."""
        body = PayPlanBody(data=request.data)
        body.is_valid(raise_exception=True)
        asked = body.validated_data
        return answered(
            lambda: save_plan(
                asked["content"],
                actor_id=access_of(request).user_id,
                unit=asked["unit"],
                note=asked["note"],
                seen=asked.get("seen"),
            ),
            status=201,
        )


class PayPlanView(WorkspaceAPIMixin, APIView):
    """One plan."""

    @extend_schema(operation_id="pay_plan", parameters=[SLUG, KEY], responses=PayPlanSerializer, tags=["pay"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the last revision of a plan."""
        return Response(PayPlanSerializer(newest_or_404(kwargs["key"])).data)


class PayPlanStepView(WorkspaceAPIMixin, APIView):
    """A plan's way to approval."""

    @extend_schema(
        operation_id="pay_plan_step",
        parameters=[SLUG, KEY, IDEMPOTENCY_KEY],
        request=PayPlanStepBody,
        responses=PayPlanSerializer,
        examples=[SUBMIT],
        tags=["pay"],
    )
    @idempotent
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take a step. 403 for approving one's own, 409 where a step does not fit."""
        key = newest_or_404(kwargs["key"]).key
        body = PayPlanStepBody(data=request.data)
        body.is_valid(raise_exception=True)
        asked, actor = body.validated_data, access_of(request).user_id
        steps: dict[str, Callable[[], PayPlan]] = {
            "submit": lambda: submit_plan(
                key, effective_from=asked["effective_from"], actor_id=actor, note=asked["note"]
            ),
            "approve": lambda: approve_plan(key, actor_id=actor, note=asked["note"], seen=asked.get("seen")),
            "reject": lambda: reject_plan(key, actor_id=actor, note=asked["note"]),
            "retire": lambda: retire_plan(
                key, effective_from=asked["effective_from"], actor_id=actor, note=asked["note"]
            ),
            "resume": lambda: take_back_retirement(key, actor_id=actor, note=asked["note"]),
            "restore": lambda: restore_plan(key, revision=asked["revision"], actor_id=actor, note=asked["note"]),
        }
        return answered(steps[asked["action"]], status=200)


def answered(step: Callable[[], PayPlan], *, status: int) -> Response:
    """Take a step and answer with the revision it wrote, or with every fault."""
    try:
        return Response(PayPlanSerializer(step()).data, status=status)
    except PlanInvalid as error:
        issues = [
            {"pointer": f"/content/{issue.path.replace('.', '/')}", "code": error.code, "message": issue.message}
            for issue in error.issues
        ]
        return problem(error.status, code=error.code, detail=str(error), issues=issues)


def newest_or_404(key: str) -> PayPlan:
    """Return the last revision of a plan."""
    row = newest_of(key)
    if row is None:
        raise Http404
    return row
