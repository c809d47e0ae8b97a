"""Scenarios over REST: the list, one of them, what it changes, what it comes to, conflicts, decisions, comments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from omnichannel.core.http import flag_of, problem
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from omnichannel.workspaces.clock import asked_day, today_in
from orgstages.api import scenario_shapes as shapes
from orgstages.api.scenario_calls import IF_MATCH, SCENARIO_ID, answered, body_of, known, seeing_of
from orgstages.queries.scenario_documents import (
    changes_document,
    conflict_document,
    price_document,
    scenario_document,
)
from orgstages.services.pricing import price
from roles.choices import Thing
from roles.errors import OrganisationBusy
from roles.queries.scenarios import changes_of, comments_of, scenario, scenarios
from roles.services import scenarios as drafts
from roles.services.ending import end
from roles.services.moving import MOVABLE, merge_units, move
from roles.services.written import Written
from roles.state_merge import Side

CHANGEABLE: Mapping[str, tuple[Thing, ...]] = {
    "move": tuple(MOVABLE),
    "end": (Thing.UNITS, Thing.SEATS, Thing.PEOPLE, Thing.ASSIGNMENTS, Thing.LINES),
    "merge": (Thing.UNITS,),
}
ON = OpenApiParameter("on", OpenApiTypes.DATE, description="The day to tell of; the scenario's own when left out.")
DISCARDED = OpenApiParameter("discarded", OpenApiTypes.BOOL, description="With those that have been put away.")
THING = OpenApiParameter("thing", str, OpenApiParameter.PATH, description="The kind of thing, as `units`.")
KEY = OpenApiParameter("external_id", str, OpenApiParameter.PATH, description="The id of the thing.")


class ScenariosView(WorkspaceAPIMixin, APIView):
    """All scenarios."""

    @extend_schema(
        operation_id="scenarios_list",
        parameters=[DISCARDED],
        responses=shapes.ScenarioSerializer(many=True),
        examples=[OpenApiExample("A draft", value=shapes.SCENARIO, response_only=True)],
        tags=["scenarios"],
    )
    def get(self, request: Request, slug: str) -> Response:
        """List the scenarios, the last changed first."""
        rows = scenarios(is_discarded=flag_of(request, "discarded"))
        return Response(shapes.ScenarioSerializer([scenario_document(row) for row in rows], many=True).data)

    @extend_schema(
        operation_id="scenarios_create",
        request=shapes.ScenarioInput,
        responses={201: shapes.ScenarioSerializer},
        parameters=[IDEMPOTENCY_KEY],
        tags=["scenarios"],
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Begin a scenario on the organisation as it is now, or as a copy of another one."""
        made = drafts.create(**body_of(request, shapes.ScenarioInput), actor_id=access_of(request).user_id)
        return answered(made.pk, status=201)


class ScenarioView(WorkspaceAPIMixin, APIView):
    """One scenario."""

    @extend_schema(
        operation_id="scenarios_get",
        responses=shapes.ScenarioSerializer,
        parameters=[SCENARIO_ID],
        examples=[OpenApiExample("A draft", value=shapes.SCENARIO, response_only=True)],
        tags=["scenarios"],
    )
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """Return a scenario, with its ETag."""
        return answered(pk)

    @extend_schema(
        operation_id="scenarios_patch",
        request=shapes.ScenarioPatch,
        responses=shapes.ScenarioSerializer,
        parameters=[SCENARIO_ID, IF_MATCH],
        tags=["scenarios"],
    )
    def patch(self, request: Request, slug: str, pk: int) -> Response:
        """Rename a scenario, say what it is for, or let it begin on another day."""
        row, said = known(request, pk), body_of(request, shapes.ScenarioPatch)
        if "effective_on" in said:
            drafts.redate(pk, effective_on=said["effective_on"], actor_id=access_of(request).user_id)
        drafts.describe(pk, name=said.get("name", row.name), note=said.get("note", row.note))
        return answered(pk)

    @extend_schema(
        operation_id="scenarios_discard",
        responses={200: shapes.ScenarioSerializer},
        parameters=[SCENARIO_ID],
        tags=["scenarios"],
    )
    def delete(self, request: Request, slug: str, pk: int) -> Response:
        """Put a scenario away; it can still be read."""
        drafts.discard(pk)
        return answered(pk)


class ScenarioChangesView(WorkspaceAPIMixin, APIView):
    """What a scenario changes."""

    @extend_schema(
        operation_id="scenario_changes_list",
        responses=shapes.ScenarioChangesSerializer,
        parameters=[SCENARIO_ID],
        tags=["scenarios"],
    )
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """Return only what differs, field by field and with the days over which it does."""
        found = changes_document(changes_of(pk), seeing=seeing_of(request))
        return Response(shapes.ScenarioChangesSerializer(found).data)

    @extend_schema(
        operation_id="scenario_changes_create",
        request=shapes.ScenarioChangeInput,
        responses={201: shapes.ScenarioChangesSerializer},
        parameters=[SCENARIO_ID, IDEMPOTENCY_KEY],
        examples=[OpenApiExample("A store goes to another region", value=shapes.MOVE, request_only=True)],
        tags=["scenarios"],
    )
    @idempotent
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Put one more change into the draft. Nothing live changes."""
        scenario(pk)
        said = body_of(request, shapes.ScenarioChangeInput)
        actor = access_of(request).user_id
        with drafts.edited(pk, actor_id=actor) as draft:
            written = _change(said, on=said.get("on") or draft.effective_on, actor_id=actor)
        if not written.is_ok:
            faults = [
                {"pointer": f"/{issue.field}", "code": issue.code, "message": issue.message} for issue in written.issues
            ]
            return problem(422, code="refused", detail=faults[0]["message"], issues=faults)
        found = changes_document(changes_of(pk), seeing=seeing_of(request))
        return Response(shapes.ScenarioChangesSerializer(found).data, status=201)


class ScenarioChangeView(WorkspaceAPIMixin, APIView):
    """One change of a scenario."""

    @extend_schema(
        operation_id="scenario_changes_drop",
        responses={200: shapes.ScenarioSerializer},
        parameters=[SCENARIO_ID, THING, KEY],
        tags=["scenarios"],
    )
    def delete(self, request: Request, slug: str, pk: int, thing: str, external_id: str) -> Response:
        """Take the changes of one thing out of the scenario."""
        scenario(pk)
        if thing in Thing.values:
            drafts.drop(pk, [(Thing(thing), external_id)], actor_id=access_of(request).user_id)
        return answered(pk)


class ScenarioPriceView(WorkspaceAPIMixin, APIView):
    """What a scenario comes to."""

    @extend_schema(
        operation_id="scenario_price",
        responses=shapes.ScenarioPriceSerializer,
        parameters=[SCENARIO_ID, ON],
        tags=["scenarios"],
    )
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """Return head count, money, layers, coverage, verdicts and scorecards on both sides."""
        row, workspace = scenario(pk), access_of(request).workspace
        day = asked_day(request, "on", workspace=workspace) if "on" in request.query_params else row.effective_on
        found = price(pk, on=day, today=today_in(workspace))
        if found.is_busy:
            raise OrganisationBusy
        return Response(shapes.ScenarioPriceSerializer(price_document(found, seeing=seeing_of(request))).data)


class ScenarioConflictsView(WorkspaceAPIMixin, APIView):
    """Where a scenario and the live organisation do not agree."""

    @extend_schema(
        operation_id="scenario_conflicts_list",
        responses=shapes.ScenarioConflictSerializer(many=True),
        parameters=[SCENARIO_ID],
        tags=["scenarios"],
    )
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """Return every open conflict with both values."""
        return _conflicts(request, pk)

    @extend_schema(
        operation_id="scenario_conflicts_choose",
        request=shapes.ConflictChoicesInput,
        responses=shapes.ScenarioConflictSerializer(many=True),
        parameters=[SCENARIO_ID],
        examples=[OpenApiExample("The draft's side holds", value=shapes.CHOICES, request_only=True)],
        tags=["scenarios"],
    )
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Settle conflicts; those that are still open are returned. 409 when one is no longer as it was shown."""
        scenario(pk)
        said = body_of(request, shapes.ConflictChoicesInput)
        chosen = {one["id"]: Side(one["side"]) for one in said["choices"]}
        drafts.choose(pk, chosen, actor_id=access_of(request).user_id)
        return _conflicts(request, pk)


class ScenarioCommentsView(WorkspaceAPIMixin, APIView):
    """What was said about a scenario."""

    @extend_schema(
        operation_id="scenario_comments_list",
        responses=shapes.ScenarioCommentSerializer(many=True),
        parameters=[SCENARIO_ID],
        tags=["scenarios"],
    )
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """List the comments, oldest first."""
        scenario(pk)
        return Response(shapes.ScenarioCommentSerializer(comments_of(pk), many=True).data)

    @extend_schema(
        operation_id="scenario_comments_create",
        request=shapes.ScenarioCommentInput,
        responses={201: shapes.ScenarioCommentSerializer(many=True)},
        parameters=[SCENARIO_ID, IDEMPOTENCY_KEY],
        tags=["scenarios"],
    )
    @idempotent
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Say something about the scenario."""
        scenario(pk)
        text = body_of(request, shapes.ScenarioCommentInput)["text"]
        drafts.comment(pk, text=text, actor_id=access_of(request).user_id)
        return Response(shapes.ScenarioCommentSerializer(comments_of(pk), many=True).data, status=201)


def _conflicts(request: Request, pk: int) -> Response:
    found = [conflict_document(one, seeing=seeing_of(request)) for one in drafts.conflicts(pk)]
    return Response(shapes.ScenarioConflictSerializer(found, many=True).data)


def _change(said: Mapping[str, Any], *, on: date, actor_id: int | None) -> Written:
    action, thing, key = said["action"], Thing(said["thing"]), said["external_id"]
    if thing not in CHANGEABLE[action]:
        allowed = ", ".join(each.value for each in CHANGEABLE[action])
        raise ValidationError({"thing": [_("Use one of: %(allowed)s.") % {"allowed": allowed}]})
    if action == "end":
        return end(thing, key, on=on, actor_id=actor_id)
    if action == "merge":
        return merge_units(key, into=said["to"] or "", on=on, actor_id=actor_id)
    return move(thing, key, to=said["to"], on=on, whole_branch=said["whole_branch"], actor_id=actor_id)
