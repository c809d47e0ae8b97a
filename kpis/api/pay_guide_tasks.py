"""Tasks of a manager's people over REST: the list with who stands how, giving, changing, taking back."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kpis.api.parameters import SLUG
from kpis.api.pay_budget_asks import pointed
from kpis.api.pay_my_day import RankingBody, ranking_put
from kpis.errors import FieldsRefused
from kpis.guide_choices import TaskStanding
from kpis.models import GuideTask
from kpis.queries.pay.guide_tasks import is_wholly_within, people_of, tasks_within
from kpis.services.pay.guide_tasks import TEXT, TaskInput, change_task, give_task, restore_task, withdraw_task
from omnichannel.core.fields import StrictCharField
from omnichannel.core.http import CursorPages, InvalidBody
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from omnichannel.workspaces.clock import today_in
from roles.queries.library import role_keys
from roles.queries.org_chart import UnitTree, unit_tree

TASK = OpenApiParameter("id", int, OpenApiParameter.PATH, description="The task's id.")
STORES = OpenApiExample(
    "everybody of a role",
    {
        "title": "秋季新品上身图",
        "what": "给名下会员发一条新品消息，附上身图。",
        "script": "您好，秋季新品已到店，给您留了合适的尺码。",
        "due_on": "2026-11-30",
        "role": "digital-guide",
        "unit": "R01",
    },
    request_only=True,
)


class GuideTaskSerializer(serializers.ModelSerializer[GuideTask]):
    """A task; the counts are of the people the caller may see."""

    unit = serializers.CharField(source="unit_external_id")
    role = serializers.CharField(source="role_key")
    people = serializers.IntegerField(source="n")
    done = serializers.IntegerField()
    done_late = serializers.IntegerField()
    late = serializers.IntegerField()
    open = serializers.IntegerField()

    class Meta:
        model = GuideTask
        fields = (
            "id", "title", "what", "script", "link", "due_on", "unit", "role", "given_at", "withdrawn_at",
            "people", "done", "done_late", "late", "open",
        )  # fmt: skip


class TaskPersonSerializer(serializers.Serializer[Any]):
    """One of those who were asked."""

    person = serializers.CharField(source="row.person_external_id")
    unit = serializers.CharField(source="row.unit_external_id")
    standing = serializers.ChoiceField(choices=TaskStanding.choices)
    done_on = serializers.DateField(source="row.done_on", allow_null=True)
    note = serializers.CharField(source="row.note")


class GuideTaskChangeBody(serializers.Serializer[Any]):
    """What a task says, and until when."""

    title = StrictCharField(max_length=120)
    what = StrictCharField(max_length=TEXT)
    due_on = serializers.DateField()
    script = StrictCharField(max_length=TEXT, allow_blank=True, default="")
    link = StrictCharField(max_length=400, allow_blank=True, default="")


class GuideTaskBody(GuideTaskChangeBody):
    """A task for the people named, or for everybody with a role in a unit."""

    people = serializers.ListField(child=StrictCharField(max_length=64), max_length=1000, default=list)
    role = StrictCharField(max_length=40, allow_blank=True, default="")
    unit = StrictCharField(max_length=64, allow_blank=True, default="")

    def validate_role(self, role: str) -> str:
        """Refuse a role that nobody can hold."""
        if role and role not in role_keys():
            raise serializers.ValidationError("unknown")
        return role


class GuideTaskStepBody(serializers.Serializer[Any]):
    """Take a task back, or give it again."""

    action = serializers.ChoiceField(choices=["withdraw", "restore"])


def _seen(request: Request) -> tuple[UnitTree, QuerySet[GuideTask]]:
    access = access_of(request)
    today = today_in(access.workspace)
    tree = unit_tree(as_of=today)
    return tree, tasks_within(tree, unit=access.own_unit, today=today)


def _own(request: Request, pk: int) -> GuideTask:
    """Return a task the caller may change; 403 where people of other units have it as well."""
    tree, rows = _seen(request)
    task = get_object_or_404(rows, pk=pk)
    if not is_wholly_within(task, tree, unit=access_of(request).own_unit):
        raise PermissionDenied
    return task


class GuideTasksView(WorkspaceAPIMixin, generics.ListAPIView[GuideTask]):
    """The tasks of the caller's people."""

    serializer_class = GuideTaskSerializer
    pagination_class = CursorPages
    filter_backends = ()

    def get_queryset(self) -> QuerySet[GuideTask]:
        """Return those within the caller's bounds."""
        if getattr(self, "swagger_fake_view", False):  # the schema is drawn without a workspace
            return GuideTask._default_manager.none()
        return _seen(self.request)[1]

    @extend_schema(operation_id="guide_tasks", parameters=[SLUG], tags=["pay"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the tasks with how many people stand how, page by page."""
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="guide_task_give",
        parameters=[SLUG, IDEMPOTENCY_KEY],
        request=GuideTaskBody,
        responses={201: GuideTaskSerializer},
        examples=[STORES],
        tags=["pay"],
    )
    @idempotent
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Give a task. 422 names all that is wrong with it."""
        body, access = GuideTaskBody(data=request.data), access_of(request)
        body.is_valid(raise_exception=True)
        today = today_in(access.workspace)
        try:
            task = give_task(
                TaskInput(**body.validated_data), actor_id=access.user_id, today=today, within=access.own_unit
            )
        except FieldsRefused as refused:
            raise InvalidBody(pointed(refused)) from refused
        return Response(GuideTaskSerializer(_seen(request)[1].get(pk=task.pk)).data, status=201)


class GuideTaskView(WorkspaceAPIMixin, APIView):
    """One task."""

    @extend_schema(operation_id="guide_task", parameters=[SLUG, TASK], responses=GuideTaskSerializer, tags=["pay"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a task."""
        return Response(GuideTaskSerializer(get_object_or_404(_seen(request)[1], pk=kwargs["pk"])).data)

    @extend_schema(
        operation_id="guide_task_change",
        parameters=[SLUG, TASK],
        request=GuideTaskChangeBody,
        responses=GuideTaskSerializer,
        tags=["pay"],
    )
    def put(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change what a task says; whom it was given to stays. 409 once it was taken back."""
        task, access = _own(request, kwargs["pk"]), access_of(request)
        body = GuideTaskChangeBody(data=request.data)
        body.is_valid(raise_exception=True)
        asked = TaskInput(**body.validated_data)
        try:
            change_task(task.pk, asked, actor_id=access.user_id, today=today_in(access.workspace))
        except FieldsRefused as refused:
            raise InvalidBody(pointed(refused)) from refused
        return Response(GuideTaskSerializer(_seen(request)[1].get(pk=task.pk)).data)


class GuideTaskStepView(WorkspaceAPIMixin, APIView):
    """Steps of a task."""

    @extend_schema(
        operation_id="guide_task_step",
        parameters=[SLUG, TASK, IDEMPOTENCY_KEY],
        request=GuideTaskStepBody,
        responses=GuideTaskSerializer,
        tags=["pay"],
    )
    @idempotent
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take a task back, or give it again. 409 where it stands so already."""
        task, body = _own(request, kwargs["pk"]), GuideTaskStepBody(data=request.data)
        body.is_valid(raise_exception=True)
        step = withdraw_task if body.validated_data["action"] == "withdraw" else restore_task
        step(task.pk, actor_id=access_of(request).user_id)
        return Response(GuideTaskSerializer(_seen(request)[1].get(pk=task.pk)).data)


class GuideTaskPeopleView(WorkspaceAPIMixin, APIView):
    """Who was asked."""

    @extend_schema(
        operation_id="guide_task_people",
        parameters=[SLUG, TASK],
        responses=TaskPersonSerializer(many=True),
        tags=["pay"],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the people within the caller's bounds, those who are late first."""
        tree, rows = _seen(request)
        task, access = get_object_or_404(rows, pk=kwargs["pk"]), access_of(request)
        lines = people_of(task, tree, unit=access.own_unit, today=today_in(access.workspace))
        return Response(TaskPersonSerializer(lines, many=True).data)


class GuideRankingView(WorkspaceAPIMixin, APIView):
    """Whether people see places."""

    @extend_schema(
        operation_id="guide_ranking", parameters=[SLUG], request=RankingBody, responses=RankingBody, tags=["pay"]
    )
    def put(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show or hide places on everybody's own page."""
        return Response(ranking_put(request, person=""))
