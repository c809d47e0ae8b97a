"""What is written of training beside courses, over REST: programmes, feedback, and what a workshop decided."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from omnichannel.core.fields import StrictBooleanField, StrictCharField, StrictIntegerField
from omnichannel.core.text import Bilingual
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from roles.catalogue import RoleKey
from roles.catalogue.training import ProgrammeLevel
from roles.queries.library import role_keys
from talent.api.courses import COURSE
from talent.api.training import SLUG, TAGS, programme_json
from talent.api.training_shapes import PROGRAMME_LEVELS, ProgrammeSerializer, Shape, TrainingTextSerializer
from talent.choices import OutcomeKind
from talent.errors.training import UnknownProgramme
from talent.models import Course, WorkshopOutcome
from talent.queries.training import programme
from talent.services.course_results import give_feedback
from talent.services.training import ProgrammeWanted, add_programme, change_programme
from talent.services.training_outcomes import MilestoneWanted, TargetWanted, decide_milestone, decide_target
from talent.services.training_reach import acting

KEY = OpenApiParameter("key", str, OpenApiParameter.PATH, description="The programme's id: small letters and hyphens.")
OWN = {
    "names": {"zh": "社群实战", "en": "Group practice"}, "level": "operations", "audience": ["user-ops"],
    "people": [{"zh": "社群运营", "en": "group operators"}], "topics": [{"zh": "建群", "en": "Opening groups"}],
    "form": {"zh": "线下", "en": "in class"}, "hours": 8, "certifies": True, "valid_months": 24, "pass_mark": 60,
    "attendance": 80,
}  # fmt: skip
DECIDED = {
    "kind": "milestone", "title": "Open the pilot groups", "unit_external_id": "BU1", "planned_on": "2026-12-18",
    "role": "user-ops", "owner": "E1001",
}  # fmt: skip


class ProgrammeBody(Shape):
    """What a programme is to be."""

    names = TrainingTextSerializer()
    level = serializers.ChoiceField(PROGRAMME_LEVELS)
    audience = serializers.ListField(child=StrictCharField(max_length=40), max_length=60)
    people = TrainingTextSerializer(many=True, required=False, default=list)
    topics = TrainingTextSerializer(many=True)
    form = TrainingTextSerializer()
    hours = StrictIntegerField(min_value=1, max_value=1000)
    certifies = StrictBooleanField()
    valid_months = StrictIntegerField(min_value=1, max_value=240, allow_null=True, default=None)
    pass_mark = StrictIntegerField(min_value=0, max_value=100)
    attendance = StrictIntegerField(min_value=1, max_value=100)
    note = StrictCharField(max_length=300, allow_blank=True, default="")

    def validate_audience(self, audience: list[str]) -> list[str]:
        """Take roles of the workspace only."""
        known = role_keys()
        if unknown := [role for role in audience if role not in known]:
            raise serializers.ValidationError([f"unknown role: {role}" for role in unknown])
        return audience


class FeedbackBody(Shape):
    """What a trainee says of a course; it is kept without a name."""

    score = StrictIntegerField(min_value=0, max_value=100)
    remark = StrictCharField(max_length=600, allow_blank=True, default="")


class OutcomeBody(Shape):
    """A milestone (`planned_on`, `role`, `owner`) or a target (`kpi`, `period`, `value`) that a workshop decided."""

    kind = serializers.ChoiceField(OutcomeKind.values)
    title = StrictCharField(max_length=160)
    unit_external_id = StrictCharField(max_length=64, allow_blank=True, default="")
    planned_on = serializers.DateField(required=False)
    role = serializers.ChoiceField([role.value for role in RoleKey], required=False)
    owner = StrictCharField(max_length=200, required=False)
    kpi = StrictCharField(max_length=80, required=False)
    period = StrictCharField(max_length=8, required=False)
    value = serializers.DecimalField(max_digits=18, decimal_places=4, required=False)

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        """Ask for what its kind needs, all of it at once."""
        needed = NEEDED[said["kind"]]
        if missing := [name for name in needed if said.get(name) in (None, "")]:
            raise serializers.ValidationError({name: ["required"] for name in missing})
        return said


NEEDED = {
    OutcomeKind.MILESTONE.value: ("unit_external_id", "planned_on", "role", "owner"),
    OutcomeKind.TARGET.value: ("kpi", "period", "value"),
}


class OutcomeShape(serializers.ModelSerializer[WorkshopOutcome]):
    """What a workshop decided; `reference` is the milestone's id, or period, KPI and scope of the target."""

    class Meta:
        model = WorkshopOutcome
        fields = ("id", "kind", "title", "reference", "owner_role")


class ProgrammeEditView(WorkspaceAPIMixin, APIView):
    """One programme."""

    @extend_schema(
        operation_id="training_programme_write",
        parameters=[SLUG, KEY],
        request=ProgrammeBody,
        responses={200: ProgrammeSerializer, 201: ProgrammeSerializer},
        examples=[OpenApiExample("A programme of one's own", value=OWN, request_only=True)],
        tags=TAGS,
    )
    def put(self, request: Request, slug: str, key: str) -> Response:
        """Change a programme, or add one under a new id (201). Courses planned already keep what they had."""
        said = ProgrammeBody(data=request.data)
        said.is_valid(raise_exception=True)
        typed, actor = dict(said.validated_data), acting(access_of(request))
        note = typed.pop("note")
        wanted = _wanted(typed)
        try:
            change_programme(key, wanted, actor=actor, note=note)
            status = 200
        except UnknownProgramme:
            add_programme(key, wanted, actor=actor, note=note)
            status = 201
        return Response(ProgrammeSerializer(programme_json(programme(key))).data, status=status)


class FeedbackView(WorkspaceAPIMixin, APIView):
    """One's own answer to a course."""

    @extend_schema(
        operation_id="course_feedback",
        parameters=[SLUG, COURSE, IDEMPOTENCY_KEY],
        request=FeedbackBody,
        responses={204: None},
        examples=[OpenApiExample("An answer", value={"score": 90, "remark": "More cases"}, request_only=True)],
        tags=TAGS,
    )
    @idempotent
    def put(self, request: Request, slug: str, pk: int) -> Response:
        """Say what one thinks of a course one is in; a second answer replaces the first. Nothing tells whose it is."""
        access = access_of(request)
        if not access.person_external_id:
            raise Http404
        said = FeedbackBody(data=request.data)
        said.is_valid(raise_exception=True)
        answer = said.validated_data
        own = access.person_external_id
        give_feedback(pk, person=own, score=answer["score"], remark=answer["remark"], actor=acting(access))
        return Response(status=204)


class OutcomesView(WorkspaceAPIMixin, APIView):
    """What a workshop decided."""

    @extend_schema(
        operation_id="course_outcomes", parameters=[SLUG, COURSE], responses=OutcomeShape(many=True), tags=TAGS
    )
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """List the milestones and targets that came of a course."""
        if not Course.objects.filter(pk=pk).exists():
            raise Http404
        rows = WorkshopOutcome.objects.filter(course_id=pk).order_by("pk")
        return Response(OutcomeShape(rows, many=True).data)

    @extend_schema(
        operation_id="course_outcome_decide",
        parameters=[SLUG, COURSE, IDEMPOTENCY_KEY],
        request=OutcomeBody,
        responses={201: OutcomeShape},
        examples=[OpenApiExample("A milestone", value=DECIDED, request_only=True)],
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Turn what was decided into a milestone or a target; each is linked to the course."""
        said = OutcomeBody(data=request.data)
        said.is_valid(raise_exception=True)
        typed, actor = said.validated_data, acting(access_of(request))
        title, unit = typed["title"], typed["unit_external_id"]
        if typed["kind"] == OutcomeKind.MILESTONE:
            role = RoleKey(typed["role"])
            wanted = MilestoneWanted(title, unit, typed["planned_on"], role, typed["owner"])
            kept = decide_milestone(pk, wanted, actor=actor)
        else:
            target = TargetWanted(title, typed["kpi"], typed["period"], unit, typed["value"])
            url = reverse("talent:training_course", args=[slug, pk])
            kept = decide_target(pk, target, actor=actor, url=url)
        return Response(OutcomeShape(kept).data, status=201)


def _wanted(typed: dict[str, Any]) -> ProgrammeWanted:
    texts = {name: tuple(Bilingual(**each) for each in typed[name]) for name in ("people", "topics")}
    pairs = {name: Bilingual(**typed[name]) for name in ("names", "form")}
    level, audience = ProgrammeLevel(typed["level"]), tuple(typed["audience"])
    return ProgrammeWanted(**{**typed, **texts, **pairs, "level": level, "audience": audience})
