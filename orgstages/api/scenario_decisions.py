"""The way of a scenario over REST: submitted, decided by somebody else, applied; each step of it says what was read."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from omnichannel.core.http import problem
from omnichannel.workspaces.authentication import WorkspaceAPIMixin
from orgstages.api.scenario_calls import IF_MATCH, SCENARIO_ID, access_of, answered, body_of, known
from orgstages.api.scenario_shapes import ScenarioDecisionInput, ScenarioSerializer
from roles.services import scenarios as drafts


class SubmitView(WorkspaceAPIMixin, APIView):
    """A scenario is submitted."""

    @extend_schema(
        operation_id="scenarios_submit",
        request=None,
        responses=ScenarioSerializer,
        parameters=[SCENARIO_ID, IF_MATCH],
        tags=["scenarios"],
    )
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Ask for approval. 409 while conflicts with the live organisation are open, 422 when it changes nothing."""
        known(request, pk)
        drafts.submit(pk, actor_id=access_of(request).user_id)
        return answered(pk)


class WithdrawView(WorkspaceAPIMixin, APIView):
    """A scenario is a draft again."""

    @extend_schema(
        operation_id="scenarios_withdraw",
        request=None,
        responses=ScenarioSerializer,
        parameters=[SCENARIO_ID, IF_MATCH],
        tags=["scenarios"],
    )
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Make it a draft again; an approval is void then."""
        known(request, pk)
        drafts.withdraw(pk)
        return answered(pk)


class ApproveView(WorkspaceAPIMixin, APIView):
    """A scenario is approved."""

    @extend_schema(
        operation_id="scenarios_approve",
        request=ScenarioDecisionInput,
        responses=ScenarioSerializer,
        parameters=[SCENARIO_ID, IF_MATCH],
        tags=["scenarios"],
    )
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Approve what was submitted. 403 for whoever made, edited or submitted it."""
        row, said = known(request, pk), body_of(request, ScenarioDecisionInput)
        actor = access_of(request).user_id
        drafts.approve(pk, actor_id=actor, note=said["note"], seen=row.changed_at.isoformat())
        return answered(pk)


class RejectView(WorkspaceAPIMixin, APIView):
    """A scenario is rejected."""

    @extend_schema(
        operation_id="scenarios_reject",
        request=ScenarioDecisionInput,
        responses=ScenarioSerializer,
        parameters=[SCENARIO_ID, IF_MATCH],
        tags=["scenarios"],
    )
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Reject what was submitted, with the reason; the next edit makes it a draft again."""
        known(request, pk)
        drafts.reject(pk, actor_id=access_of(request).user_id, note=body_of(request, ScenarioDecisionInput)["note"])
        return answered(pk)


class ApplyView(WorkspaceAPIMixin, APIView):
    """A scenario becomes the organisation."""

    @extend_schema(
        operation_id="scenarios_apply",
        request=None,
        responses=ScenarioSerializer,
        parameters=[SCENARIO_ID, IF_MATCH],
        tags=["scenarios"],
    )
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Write an approved scenario as one revision. 422 names what cannot stand as things are."""
        known(request, pk)
        written = drafts.apply(pk, actor_id=access_of(request).user_id)
        if written.is_ok:
            return answered(pk)
        issues = [{"pointer": "/", "code": issue.code, "message": issue.message} for issue in written.issues]
        return problem(422, code="refused", detail=issues[0]["message"], issues=issues)
