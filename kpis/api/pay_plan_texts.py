"""Pay plans as they are written, over REST: a text or sentences checked and worked out, revisions, diffs, copies."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import get_language
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kpis.api.parameters import SLUG
from kpis.api.pay_plans import KEY, PayPlanSerializer, answered, newest_or_404
from kpis.incentives.calculating import calculate
from kpis.incentives.documents import payout_node
from kpis.incentives.faults import Faulty
from kpis.incentives.specs import Facts, Plan, PoolKey
from kpis.incentives.texts import plan_node
from kpis.models import PayPlan
from kpis.queries.pay.plan_check import (
    FORM,
    SENTENCES,
    TEXT,
    Told,
    check_node,
    node_of_sentences,
    node_of_text,
    sentences_of,
    tell,
    text_of,
)
from kpis.queries.pay.plan_history import diff_node, differences, holding_on
from kpis.services.pay.plans import copy_plan
from omnichannel.core.fields import StrictCharField, StrictDecimalField
from omnichannel.core.http import CursorPages
from omnichannel.core.text import Bilingual
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from omnichannel.workspaces.queries.zones import current_day
from roles.queries.org_chart import unit_tree

FROM = OpenApiParameter("from", int, description="The earlier revision; without it, what holds today.")
TO = OpenApiParameter("to", int, description="The later revision; without it, the newest.")
SENTENCE = OpenApiExample(
    "a sentence",
    {
        "content": {
            "id": "contacts",
            "names": {"zh": "拉新", "en": "Contacts"},
            "phase": "launch",
            "roles": ["digital-guide"],
        },
        "sentences": "Contact bonus: CNY 2 for each of valid new private contacts; at most CNY 300.",
        "language": "en",
        "facts": {"quantities": {"valid_contacts": "149"}},
    },
    request_only=True,
)
COPY = OpenApiExample(
    "for the north", {"id": "contacts-north", "names": {"zh": "北区拉新", "en": "Contacts, north"}}, request_only=True
)


class NamesBody(serializers.Serializer[Any]):
    """A name in both languages."""

    zh = StrictCharField(max_length=80)
    en = StrictCharField(max_length=80)


class ExampleFacts(serializers.Serializer[Any]):
    """A person's figures of a month, by base; what is left out is missing, not zero."""

    quantities = serializers.DictField(
        child=StrictDecimalField(max_digits=18, decimal_places=4), default=dict, help_text="By base."
    )
    targets = serializers.DictField(
        child=StrictDecimalField(max_digits=18, decimal_places=4), default=dict, help_text="By base."
    )
    score = StrictDecimalField(max_digits=9, decimal_places=4, required=False, allow_null=True, default=None)
    red = serializers.ListField(child=StrictCharField(), default=list, help_text="KPIs in red alert.")
    role = StrictCharField(allow_blank=True, default="")
    attendance = serializers.DictField(
        child=serializers.DictField(child=StrictDecimalField(max_digits=9, decimal_places=3)),
        default=dict,
        help_text="By shifts, hours or equal: what each who shares a pool weighs; the person themselves is `me`.",
    )

    def validate_attendance(self, value: Mapping[str, Any]) -> Mapping[str, Any]:
        """Refuse a key of sharing that is none."""
        if set(value) - {key.value for key in PoolKey}:
            raise serializers.ValidationError(f"Known are {', '.join(PoolKey)}.")
        return value


class PayPlanCheckBody(serializers.Serializer[Any]):
    """One face of a plan: its content, its YAML text, or sentences (with `content` for what these do not hold)."""

    content = serializers.DictField(required=False)
    text = StrictCharField(required=False, max_length=20_000, trim_whitespace=False)
    sentences = StrictCharField(required=False, max_length=20_000, trim_whitespace=False)
    language = serializers.ChoiceField(choices=["zh", "en"], required=False, help_text="Of the sentences.")
    facts = ExampleFacts(required=False, help_text="Work the plan out on these.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for one face."""
        if not {"content", "text", "sentences"} & set(attrs):
            raise serializers.ValidationError({"content": ["One of content, text and sentences is needed."]})
        return attrs


class PlanIssueSerializer(serializers.Serializer[Told]):
    """One thing wrong: its place in the content, and its line in the text or the sentences (0: none)."""

    path = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()
    line = serializers.IntegerField()
    face = serializers.ChoiceField(choices=[FORM, TEXT, SENTENCES])


class PlanSentencesSerializer(serializers.Serializer[Any]):
    """The plan as sentences; null while a part of it cannot be said."""

    zh = serializers.ListField(child=serializers.CharField(), allow_null=True)
    en = serializers.ListField(child=serializers.CharField(), allow_null=True)


class PayPlanCheckedSerializer(serializers.Serializer[Any]):
    """All three faces of what was sent; nothing is kept. `payout` is there when facts came and the plan is sound."""

    is_sound = serializers.BooleanField()
    content = serializers.DictField(allow_null=True)
    text = serializers.CharField()
    sentences = PlanSentencesSerializer()
    issues = PlanIssueSerializer(many=True)
    payout = serializers.DictField(allow_null=True)


class PlanChangeSerializer(serializers.Serializer[Any]):
    """One difference between two revisions: a sentence or a field of the frame."""

    label = serializers.CharField()  # type: ignore[assignment] # the answer's field, not the serializer's own label
    before = serializers.CharField(allow_blank=True)
    after = serializers.CharField(allow_blank=True)
    change = serializers.ChoiceField(choices=["added", "removed", "edited"], source="kind")


class PlanCopyBody(serializers.Serializer[Any]):
    """A copy: its own id and name, and whom it holds for (empty: as the original)."""

    id = StrictCharField(max_length=40)
    names = NamesBody()
    unit = StrictCharField(max_length=64, allow_blank=True, default="")


class PayPlanCheckView(WorkspaceAPIMixin, APIView):
    """A plan checked without keeping it."""

    @extend_schema(
        operation_id="pay_plan_check",
        parameters=[SLUG],
        request=PayPlanCheckBody,
        responses=PayPlanCheckedSerializer,
        examples=[SENTENCE],
        tags=["pay"],
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Read one face of a plan, say what is wrong in it, and return the other two. Nothing is kept."""
        body = PayPlanCheckBody(data=request.data)
        body.is_valid(raise_exception=True)
        asked = body.validated_data
        face = SENTENCES if "sentences" in asked else TEXT if "text" in asked else FORM
        try:
            node = _node(face, asked)
        except Faulty as error:
            told = [tell(fault, face=face) for fault in error.faults]
            return Response(_answer(None, "", told))
        checked, text = check_node(node), text_of(node)
        shown = asked["text"] if face == TEXT else text
        told = [tell(fault, text=shown) for fault in checked.faults]
        payout = None
        if checked.plan is not None and not told and "facts" in asked:
            payout = payout_node(calculate(checked.plan, _facts(checked.plan, asked["facts"])))
        content = plan_node(checked.plan) if checked.plan is not None else node
        return Response(_answer(content, text, told, payout))


class PayPlanRevisionsView(WorkspaceAPIMixin, generics.ListAPIView[PayPlan]):
    """A plan's revisions."""

    serializer_class = PayPlanSerializer
    pagination_class = CursorPages
    filter_backends = ()

    def get_queryset(self) -> QuerySet[PayPlan]:
        """Return the revisions of one plan."""
        if getattr(self, "swagger_fake_view", False):  # the schema is drawn without a workspace
            return PayPlan._default_manager.none()
        return PayPlan.objects.filter(key=newest_or_404(self.kwargs["key"]).key)

    @extend_schema(operation_id="pay_plan_revisions", parameters=[SLUG, KEY], tags=["pay"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return every revision of a plan in the order they were written; none is ever changed."""
        return self.list(request, *args, **kwargs)


class PayPlanDiffView(WorkspaceAPIMixin, APIView):
    """Two revisions beside each other."""

    @extend_schema(
        operation_id="pay_plan_diff",
        parameters=[SLUG, KEY, FROM, TO],
        responses=PlanChangeSerializer(many=True),
        tags=["pay"],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return what differs, sentence by sentence: what holds today against the newest, or the two asked for."""
        newest, today = newest_or_404(kwargs["key"]), current_day()
        earlier, later = (_revision(newest.key, request.query_params.get(name)) for name in ("from", "to"))
        before = earlier if "from" in request.query_params else holding_on(newest.key, today)
        units = {node.external_id: node.name for node in unit_tree(as_of=today)}
        changes = diff_node(differences(before, later or newest, units))
        return Response(PlanChangeSerializer(changes, many=True).data)  # type: ignore[arg-type] # many


class PayPlanCopiesView(WorkspaceAPIMixin, APIView):
    """Copies of a plan."""

    @extend_schema(
        operation_id="pay_plan_copy",
        parameters=[SLUG, KEY, IDEMPOTENCY_KEY],
        request=PlanCopyBody,
        responses={201: PayPlanSerializer},
        examples=[COPY],
        tags=["pay"],
    )
    @idempotent
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Keep the newest revision under another id as a draft; 422 where the id is taken."""
        key = newest_or_404(kwargs["key"]).key
        body = PlanCopyBody(data=request.data)
        body.is_valid(raise_exception=True)
        asked, actor = body.validated_data, access_of(request).user_id
        names = Bilingual(**asked["names"])
        return answered(
            lambda: copy_plan(key, new_key=asked["id"], names=names, actor_id=actor, unit=asked["unit"]), status=201
        )


def _node(face: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    content: Mapping[str, Any] = asked.get("content", {})
    if face == TEXT:
        return node_of_text(asked["text"])
    if face == SENTENCES:
        return node_of_sentences(asked["sentences"], asked.get("language") or get_language() or "en", like=content)
    return content


def _answer(
    content: Mapping[str, Any] | None, text: str, told: list[Told], payout: dict[str, Any] | None = None
) -> dict[str, Any]:
    said = {code: sentences_of(content, code) if content is not None else None for code in ("zh", "en")}
    return {
        "is_sound": content is not None and not told,
        "content": content,
        "text": text,
        "sentences": said,
        "issues": PlanIssueSerializer(told, many=True).data,  # type: ignore[arg-type] # many
        "payout": payout,
    }


def _facts(plan: Plan, asked: Mapping[str, Any]) -> Facts:
    attendance = {PoolKey(key): dict(weights) for key, weights in asked["attendance"].items()}
    role = asked["role"] or (plan.roles[0] if plan.roles else "")
    people = {person for weights in attendance.values() for person in weights}
    score: Decimal | None = asked["score"]
    return Facts(
        "me",
        asked["quantities"],
        asked["targets"],
        score,
        frozenset(asked["red"]),
        attendance,
        role,
        dict.fromkeys(people, role),
    )


def _revision(key: str, asked: str | None) -> PayPlan | None:
    """Return a revision of the plan; 404 where it has none such."""
    if asked is None:
        return None
    row = PayPlan.objects.filter(key=key, pk=int(asked)).first() if asked.isdecimal() and len(asked) < 19 else None
    if row is None:
        raise Http404
    return row
