"""A guide's own day over REST: targets, tasks, bonus so far, customers by tier, own place; nothing of a colleague."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kpis.analysis_choices import RfmTierName
from kpis.api.parameters import SLUG
from kpis.guide_choices import TaskStanding
from kpis.queries.pay.guide_tasks import own_tasks
from kpis.queries.pay.my_day import Bonus, Ranking, is_ranking_shown, own_bonuses, own_places, own_targets
from kpis.queries.pay.own_customers import own_customers, own_tier_counts
from kpis.services.pay.guide_tasks import NOTE, mark_done, show_ranking, undo_done
from omnichannel.core.fields import StrictBooleanField, StrictCharField
from omnichannel.core.http import refuse_unknown_words
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from omnichannel.workspaces.clock import today_in
from roles.queries.org_chart import unit_tree

TASK = OpenApiParameter("id", int, OpenApiParameter.PATH, description="The task's id.")
TIER = OpenApiParameter("tier", str, enum=RfmTierName.values, description="Only customers of this tier.")
DONE = OpenApiExample("done", {"action": "done", "note": "已发送 32 位会员"}, request_only=True)


class OwnTargetSerializer(serializers.Serializer[Any]):
    """A target of the caller's. `value` is null where nothing tells it; then `reason` says why."""

    kpi = serializers.CharField(source="spec.id")
    target = serializers.DecimalField(max_digits=18, decimal_places=4)
    value = serializers.DecimalField(max_digits=None, decimal_places=None, allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    attainment = serializers.DecimalField(max_digits=7, decimal_places=2, allow_null=True, help_text="Percent.")


class OwnTaskSerializer(serializers.Serializer[Any]):
    """A task of the caller's with what it needs; `days` until the due day, negative when late."""

    id = serializers.IntegerField(source="task.pk")
    title = serializers.CharField(source="task.title")
    what = serializers.CharField(source="task.what")
    script = serializers.CharField(source="task.script")
    link = serializers.CharField(source="task.link")
    has_picture = serializers.BooleanField()
    due_on = serializers.DateField(source="task.due_on")
    days = serializers.IntegerField()
    standing = serializers.ChoiceField(choices=TaskStanding.choices)
    done_on = serializers.DateField(source="row.done_on", allow_null=True)
    note = serializers.CharField(source="row.note")


class OwnBonusSerializer(serializers.Serializer[Any]):
    """What a plan pays the caller by its last calculation; not `is_closed` is an estimate."""

    statement = serializers.IntegerField(source="statement.pk")
    plan = serializers.CharField(source="statement.plan_key")
    period = serializers.CharField()
    amount = serializers.DecimalField(source="statement.amount", max_digits=18, decimal_places=2)
    is_closed = serializers.BooleanField()
    calculated_at = serializers.DateTimeField(source="statement.run.calculated_at", allow_null=True)
    steps = serializers.ListField(child=serializers.CharField())
    lines = serializers.SerializerMethodField()

    def get_lines(self, bonus: Bonus) -> list[dict[str, Any]]:
        """Return each component with its amount, its clause and its workings."""
        return [
            {
                "component": each.line.component,
                "name": each.name,
                "amount": None if each.line.amount is None else str(each.line.amount),
                "clause": each.clause,
                "workings": list(each.workings),
                "missing": each.missing,
            }
            for each in bonus.lines
        ]


class PlaceSerializer(serializers.Serializer[Any]):
    """The caller's place among those with the role; null among fewer than five."""

    unit = serializers.CharField()
    place = serializers.IntegerField(allow_null=True)
    among = serializers.IntegerField()


class RankingSerializer(serializers.Serializer[Ranking]):
    """Places by the score of a month. `off` names who switched them off: `workspace`, `person`, or nobody."""

    off = serializers.CharField(allow_blank=True)
    period = serializers.CharField(allow_null=True)
    score = serializers.DecimalField(max_digits=7, decimal_places=2, allow_null=True)
    places = PlaceSerializer(many=True)


class OwnCustomerSerializer(serializers.Serializer[Any]):
    """A customer under a pseudonym; `consent`: may be written to."""

    customer = serializers.CharField()
    tier = serializers.CharField(allow_blank=True)
    at_risk = serializers.BooleanField()
    recency = serializers.IntegerField(allow_null=True, help_text="Days since the last order, at the month's end.")
    orders = serializers.IntegerField()
    money = serializers.DecimalField(max_digits=18, decimal_places=2, allow_null=True)
    consent = serializers.BooleanField()


MY_DAY = inline_serializer(
    "MyDay",
    {
        "person": serializers.CharField(),
        "period": serializers.CharField(help_text="The month of the targets."),
        "days_left": serializers.IntegerField(allow_null=True),
        "targets": OwnTargetSerializer(many=True),
        "tasks": OwnTaskSerializer(many=True),
        "bonuses": OwnBonusSerializer(many=True),
        "tiers": serializers.DictField(child=serializers.IntegerField(), allow_null=True),
        "ranking": RankingSerializer(),
    },
)
MY_CUSTOMERS = inline_serializer(
    "MyCustomers",
    {"period": serializers.CharField(allow_blank=True), "customers": OwnCustomerSerializer(many=True)},
)


class MyTaskBody(serializers.Serializer[Any]):
    """`done` with a note, or `undo`."""

    action = serializers.ChoiceField(choices=["done", "undo"])
    note = StrictCharField(max_length=NOTE, allow_blank=True, default="")


class RankingBody(serializers.Serializer[Any]):
    """Whether places are shown."""

    is_shown = StrictBooleanField()


class MyDayView(WorkspaceAPIMixin, APIView):
    """The caller's own day."""

    @extend_schema(operation_id="my_day", parameters=[SLUG], responses=MY_DAY, tags=["pay"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the caller's targets, tasks, bonus so far, customers by tier (null before an analysis) and places."""
        access = access_of(request)
        person, today = access.person_external_id, today_in(access.workspace)
        targets, counts = own_targets(person, today=today), own_tier_counts(person, on=today)
        ranking = own_places(person, today=today, tree=unit_tree(as_of=today))
        return Response(
            {
                "person": person,
                "period": str(targets.period),
                "days_left": targets.days_left,
                "targets": OwnTargetSerializer(targets.lines, many=True).data,
                "tasks": OwnTaskSerializer(own_tasks(person, today=today), many=True).data,
                "bonuses": OwnBonusSerializer(own_bonuses(person), many=True).data,
                "tiers": None if counts is None else {key or "none": count for key, count in counts.tiers.items()},
                "ranking": RankingSerializer(ranking).data,
            }
        )


class MyDayTaskView(WorkspaceAPIMixin, APIView):
    """One of the caller's tasks."""

    @extend_schema(
        operation_id="my_day_task",
        parameters=[SLUG, TASK, IDEMPOTENCY_KEY],
        request=MyTaskBody,
        responses=OwnTaskSerializer(many=True),
        examples=[DONE],
        tags=["pay"],
    )
    @idempotent
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Note a task as done, or take that back; return all tasks. 404 for somebody else's, 409 where it is so."""
        access, body = access_of(request), MyTaskBody(data=request.data)
        body.is_valid(raise_exception=True)
        person, today = access.person_external_id, today_in(access.workspace)
        try:
            if body.validated_data["action"] == "done":
                note = body.validated_data["note"]
                mark_done(kwargs["pk"], person, note=note, today=today, actor_id=access.user_id)
            else:
                undo_done(kwargs["pk"], person, actor_id=access.user_id)
        except LookupError as error:
            raise Http404 from error
        return Response(OwnTaskSerializer(own_tasks(person, today=today), many=True).data)


class MyDayRankingView(WorkspaceAPIMixin, APIView):
    """Whether the caller has a place."""

    @extend_schema(
        operation_id="my_day_ranking", parameters=[SLUG], request=RankingBody, responses=RankingBody, tags=["pay"]
    )
    def put(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show or hide the caller's place."""
        access = access_of(request)
        return Response(ranking_put(request, person=access.person_external_id))


class MyDayCustomersView(WorkspaceAPIMixin, APIView):
    """The caller's own customers."""

    @extend_schema(operation_id="my_day_customers", parameters=[SLUG, TIER], responses=MY_CUSTOMERS, tags=["pay"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return the caller's customers under pseudonyms, those at risk first, 2,000 at most."""
        refuse_unknown_words(request, [TIER])
        access, tier = access_of(request), request.query_params.get("tier")
        period, rows = own_customers(access.person_external_id, on=today_in(access.workspace))
        chosen = [each for each in rows if tier is None or each.tier == tier]
        return Response({"period": period, "customers": OwnCustomerSerializer(chosen, many=True).data})


def ranking_put(request: Request, *, person: str) -> dict[str, bool]:
    """Keep whether places are shown: a person's own, or everybody's where none is named."""
    body = RankingBody(data=request.data)
    body.is_valid(raise_exception=True)
    is_shown: bool = body.validated_data["is_shown"]
    if is_shown != is_ranking_shown(person):
        show_ranking(is_shown=is_shown, person=person, actor_id=access_of(request).user_id)
    return {"is_shown": is_shown}
