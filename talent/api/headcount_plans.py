"""Plans of posts and money over REST, and budget against actual."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from omnichannel.core.numerals import to_text
from omnichannel.core.periods import Grain, period_or_none
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.permissions import Access
from roles.queries.org_chart import UnitTree, unit_tree
from talent.api.headcount import UNIT, as_invalid, asked_unit
from talent.api.headcount_shapes import (
    DOCUMENT,
    BudgetShape,
    HeadcountPlanBody,
    HeadcountPlanLineShape,
    HeadcountPlanShape,
    HeadcountPlanStepBody,
)
from talent.errors.headcount import PlanRefused, UnknownPlan
from talent.headcount.budgeting import Contingency
from talent.queries.budget import budget_view, overrun_threshold
from talent.queries.headcount_plans import PlanView, plan_view, plans, takeovers
from talent.reach import seen_plan, sees_role_costs
from talent.services.budget import Wanted, take_over, undo_takeover
from talent.services.headcount_plans import keep_plan, make_plan, set_status

PLAN = OpenApiParameter("id", int, OpenApiParameter.PATH, description="The plan's number.")
EXAMPLE = OpenApiExample(
    "250 groups in one unit", value={"name": "Budget 2027", "document": DOCUMENT}, request_only=True
)


class PlansView(WorkspaceAPIMixin, APIView):
    """The plans of the workspace."""

    @extend_schema(
        operation_id="headcount_plans_list",
        responses=HeadcountPlanLineShape(many=True),
        summary="Plans of posts and money",
        tags=["headcount"],
    )
    def get(self, request: Request, slug: str) -> Response:
        """List the plans with posts by month, whole budget and contingency."""
        return Response([_line(plan) for plan in _seen(plans(), access_of(request))])

    @extend_schema(
        operation_id="headcount_plan_create",
        parameters=[IDEMPOTENCY_KEY],
        request=HeadcountPlanBody,
        responses={201: HeadcountPlanShape},
        examples=[EXAMPLE],
        summary="Make a plan",
        tags=["headcount"],
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Make a draft of a document. Every fault is named by its place (422)."""
        said, access = _body(request), access_of(request)
        try:
            made = make_plan(
                said["name"],
                document=said["document"],
                tree=_tree(access),
                actor_id=access.user_id,
                note=said["note"],
            )
        except PlanRefused as error:
            raise as_invalid(error, "/document") from error
        return Response(_whole(plan_view(made.pk), access), status=201)


class PlanDetailView(WorkspaceAPIMixin, APIView):
    """One plan."""

    @extend_schema(
        operation_id="headcount_plan_read",
        parameters=[PLAN],
        responses=HeadcountPlanShape,
        summary="A plan and what it comes to",
        tags=["headcount"],
    )
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """Return the newest version: its document, posts and cost by role and month, budget by type and month."""
        return Response(_whole(plan_view(pk), access_of(request)))

    @extend_schema(
        operation_id="headcount_plan_write",
        parameters=[PLAN],
        request=HeadcountPlanBody,
        responses=HeadcountPlanShape,
        examples=[EXAMPLE],
        summary="Change a draft",
        tags=["headcount"],
    )
    def put(self, request: Request, slug: str, pk: int) -> Response:
        """Keep a new version of a draft; an approved or archived plan answers 409."""
        said, access = _body(request), access_of(request)
        try:
            keep_plan(
                pk,
                document=said["document"],
                tree=_tree(access),
                actor_id=access.user_id,
                name=said["name"],
                version=said.get("version"),
                note=said["note"],
            )
        except PlanRefused as error:
            raise as_invalid(error, "/document") from error
        return Response(_whole(plan_view(pk), access))


class PlanStepsView(WorkspaceAPIMixin, APIView):
    """What becomes of a plan."""

    @extend_schema(
        operation_id="headcount_plan_step",
        parameters=[PLAN, IDEMPOTENCY_KEY],
        request=HeadcountPlanStepBody,
        responses=HeadcountPlanLineShape,
        examples=[OpenApiExample("Approve", value={"step": "approved"}, request_only=True)],
        summary="Approve or archive a plan, make it the budget, or take that back",
        tags=["headcount"],
    )
    @idempotent
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """Take a step. `budget` writes the plan as budget rows of the table `costs`, `undo` takes them back."""
        said = HeadcountPlanStepBody(data=request.data)
        said.is_valid(raise_exception=True)
        access, step, seen = access_of(request), said.validated_data["step"], said.validated_data.get("version")
        if step == "budget":
            replace = said.validated_data["replace"]
            wanted = Wanted(access.user_id, access.workspace.timezone, replace=replace, seen=seen)
            take_over(pk, tree=_tree(access), wanted=wanted)
        elif step == "undo":
            standing = next((each for each in takeovers(pk) if not each.is_undone), None)
            if standing is None:
                raise UnknownPlan
            undo_takeover(pk, takeover=standing.pk, actor_id=access.user_id)
        else:
            set_status(pk, status=step, actor_id=access.user_id, note=said.validated_data["note"], seen=seen)
        return Response(_line(plan_view(pk)))


class BudgetView(WorkspaceAPIMixin, APIView):
    """Budget against actual."""

    @extend_schema(
        operation_id="budget_read",
        parameters=[
            UNIT,
            OpenApiParameter("year", str, description="As `2026`; this year when left out."),
            OpenApiParameter("plan", int, description="The plan that is the budget; the table `costs` if left out."),
        ],
        responses=BudgetShape,
        summary="Budget against actual by cost type and month",
        tags=["headcount"],
    )
    def get(self, request: Request, slug: str) -> Response:
        """Compare twelve months of a unit, CNY; the contingency is judged against its band of 15 to 20 %."""
        access = access_of(request)
        today, said = today_in(access.workspace), request.query_params
        tree = unit_tree(as_of=today)
        unit, year = asked_unit(request, tree), period_or_none(said.get("year", str(today.year)))
        if year is None or year.grain is not Grain.YEAR:
            raise ValidationError({"year": ["Write a year such as 2026."]})
        plan, threshold = _plan(said.get("plan"), access), overrun_threshold()
        view = budget_view(year.months(), unit=unit, tree=tree, plan=plan, threshold=threshold)
        return Response(
            {
                "unit": unit,
                "threshold": to_text(threshold),
                "contingency": _contingency(view.contingency),
                "lines": [
                    {
                        "cost_type": line.kind,
                        "months": [
                            {
                                "month": str(month),
                                "budget": to_text(each.budget),
                                "actual": to_text(each.actual),
                                "percent": to_text(each.rate),
                                "is_over": each.is_over,
                            }
                            for month, each in zip(view.months, line.months, strict=True)
                        ],
                    }
                    for line in view.lines
                ],
            }
        )


def _plan(said: str | None, access: Access) -> PlanView | None:
    if said is None:
        return None
    if not (said.isascii() and said.isdigit() and len(said) < 18):
        raise Http404
    found = plan_view(int(said))
    if not sees_role_costs(access, found):
        raise Http404
    return found


def _seen(found: Iterable[PlanView], access: Access) -> list[PlanView]:
    return [seen_plan(plan, access) for plan in found]


def _body(request: Request) -> dict[str, Any]:
    said = HeadcountPlanBody(data=request.data)
    said.is_valid(raise_exception=True)
    return dict(said.validated_data)


def _tree(access: Access) -> UnitTree:
    return unit_tree(as_of=today_in(access.workspace))


def _contingency(found: Contingency) -> dict[str, Any]:
    return {"share": to_text(found.share), "state": found.state.value}


def _line(plan: PlanView) -> dict[str, Any]:
    return {
        "id": plan.pk,
        "name": plan.name,
        "status": plan.status.value,
        "version": plan.version.number,
        "months": [str(month) for month in plan.spec.periods],
        "fte": [to_text(each) for each in plan.result.fte],
        "total": to_text(plan.result.total),
        "contingency": _contingency(plan.result.contingency),
    }


def _whole(plan: PlanView, access: Access) -> dict[str, Any]:
    sees = sees_role_costs(access, plan)
    (plan,) = _seen([plan], access)
    return {
        **_line(plan),
        "document": plan.content,
        "units": [
            {
                "unit": unit.unit,
                "roles": [
                    {
                        "role": line.role,
                        "expected": line.level.value,
                        "fte": [to_text(each) for each in line.fte],
                        **({"cost": [to_text(each) for each in line.cost]} if sees else {}),
                        "gap": line.gap.value if line.gap else None,
                    }
                    for line in unit.roles
                ],
                "amounts": {kind: [to_text(each) for each in line] for kind, line in unit.amounts.items()},
                "total": to_text(unit.total),
            }
            for unit in plan.result.units
        ],
    }
