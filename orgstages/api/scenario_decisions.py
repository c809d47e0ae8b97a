"""The way of a scenario over REST: submitted, decided by somebody else, applied; each step of it says what was read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from omnichannel.core.http import problem
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from orgstages.api.scenario_calls import IF_MATCH, SCENARIO_ID, answered, body_of, known
from orgstages.api.scenario_shapes import ScenarioDecisionInput, ScenarioSerializer
from roles.services import scenarios as drafts

Handler = TypeVar("Handler", bound=Callable[..., Response])


def _step(name: str, *, body: type[Serializer[Any]] | None = None) -> Callable[[Handler], Handler]:
    """Describe a step of a scenario's way: all answer with the scenario and want the version that was read."""
    return extend_schema(
        operation_id=f"scenarios_{name}",
        request=body,
        responses=ScenarioSerializer,
        parameters=[SCENARIO_ID, IF_MATCH],
        tags=["scenarios"],
    )


class SubmitView(WorkspaceAPIMixin, APIView):
    """A scenario is submitted."""

    @_step("submit")
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Ask for approval. 409 while conflicts with the live organisation are open, 422 when it changes nothing."""
        known(request, pk)
        drafts.submit(pk, actor_id=access_of(request).user_id)
        return answered(pk)


class WithdrawView(WorkspaceAPIMixin, APIView):
    """A scenario is a draft again."""

    @_step("withdraw")
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Make it a draft again; an approval is void then."""
        known(request, pk)
        drafts.withdraw(pk)
        return answered(pk)


class ApproveView(WorkspaceAPIMixin, APIView):
    """A scenario is approved."""

    @_step("approve", body=ScenarioDecisionInput)
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Approve what was submitted. 403 for whoever made, edited or submitted it."""
        row, said = known(request, pk), body_of(request, ScenarioDecisionInput)
        actor = access_of(request).user_id
        drafts.approve(pk, actor_id=actor, note=said["note"], seen=row.changed_at.isoformat())
        return answered(pk)


class RejectView(WorkspaceAPIMixin, APIView):
    """A scenario is rejected."""

    @_step("reject", body=ScenarioDecisionInput)
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Reject what was submitted, with the reason; the next edit makes it a draft again."""
        known(request, pk)
        drafts.reject(pk, actor_id=access_of(request).user_id, note=body_of(request, ScenarioDecisionInput)["note"])
        return answered(pk)


class ApplyView(WorkspaceAPIMixin, APIView):
    """A scenario becomes the organisation."""

    @_step("apply")
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Write an approved scenario as one revision. 422 names what cannot stand as things are."""
        known(request, pk)
        written = drafts.apply(pk, actor_id=access_of(request).user_id)
        if written.is_ok:
            return answered(pk)
        issues = [{"pointer": "/", "code": issue.code, "message": issue.message} for issue in written.issues]
        return problem(422, code="refused", detail=issues[0]["message"], issues=issues)
