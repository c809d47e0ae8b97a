"""Head count over REST: posts needed and filled, norms, drivers, plans and budget against actual."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from omnichannel.core.http import InvalidBody
from omnichannel.core.numerals import to_text
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from omnichannel.workspaces.clock import asked_day, today_in
from roles.choices import FillMode
from roles.queries.org_chart import UnitTree, unit_tree
from roles.queries.posts import posts_held
from talent.api.headcount_shapes import (
    HeadcountDriverBody,
    HeadcountDriverShape,
    HeadcountNormBody,
    HeadcountNormShape,
    HeadcountShape,
)
from talent.choices import fault_words
from talent.errors.headcount import PlanRefused
from talent.queries.drivers import DriverValue, NormRow, norms_on, planned_roles, unit_drivers
from talent.queries.headcount import AreaNeed, Need, headcount
from talent.services.headcount import enter_driver, keep_norm

UNIT = OpenApiParameter("unit", OpenApiTypes.STR, description="The unit with all below it; the topmost if left out.")
AS_OF = OpenApiParameter("as_of", OpenApiTypes.DATE, description="The day to look at; today when left out.")
NORM = {"driver": "wecom_groups", "units_per_fte": "25", "minimum": "1"}


def asked_unit(request: Request, tree: UnitTree) -> str:
    """Return the unit asked for, the topmost one without any. Http404 for one outside the caller's reach."""
    unit = request.query_params.get("unit", "") or next(iter(tree.root_ids), "")
    if unit not in tree:
        raise Http404
    return unit


def as_invalid(error: PlanRefused, under: str = "") -> InvalidBody:
    """Return the faults of a document as the API names them."""
    return InvalidBody(
        [
            {
                "pointer": f"{under}{issue.pointer}",
                "code": issue.fault.value,
                "message": fault_words(issue.fault, issue.allowed),
            }
            for issue in error.issues
        ]
    )


class HeadcountView(WorkspaceAPIMixin, APIView):
    """Posts needed against posts filled and planned."""

    @extend_schema(
        operation_id="headcount_list",
        parameters=[UNIT, AS_OF],
        responses=HeadcountShape(many=True),
        summary="Posts needed, filled and planned by role",
        tags=["headcount"],
    )
    def get(self, request: Request, slug: str) -> Response:
        """Return every role of a unit on a day. A unit outside the caller's bounds answers 404."""
        access = access_of(request)
        day = asked_day(request, "as_of", workspace=access.workspace)
        whole = unit_tree(as_of=day)
        found = headcount(asked_unit(request, whole.inside(access.own_unit)), tree=whole)
        return Response([_need(need) for need in found.needs])


def _need(need: Need) -> dict[str, Any]:
    return {
        "role": need.role,
        "expected": need.level.value if need.level else None,
        "driver": driver_json(need.driver) if need.driver else None,
        "needed": to_text(need.needed),
        "is_partial": need.is_partial,
        **{mode.value: to_text(need.held[mode]) for mode in FillMode},
        "in_post": to_text(need.in_post),
        "gap": to_text(need.gap),
        "planned": to_text(need.planned),
        "vacant": to_text(need.vacant),
        "areas": [_area(area) for area in need.areas],
    }


def _area(area: AreaNeed) -> dict[str, Any]:
    return {
        "unit": area.area.key,
        "subtype": area.area.adopted.subtype.value,
        "expected": area.level.value,
        "driver": driver_json(area.driver) if area.driver else None,
        "needed": to_text(area.needed),
        "in_post": to_text(area.in_post),
        "gap": to_text(area.gap),
    }


def driver_json(value: DriverValue) -> dict[str, Any]:
    """Return the value of a driver as JSON."""
    return {
        "driver": value.driver,
        "unit": value.unit,
        "value": to_text(value.value),
        "source": value.source.value,
        "on": value.on.isoformat() if value.on else None,
        "period": str(value.period) if value.period else None,
        "kpi": value.kpi or None,
        "elsewhere": to_text(value.elsewhere),
    }


class NormsView(WorkspaceAPIMixin, APIView):
    """What one post of each role carries."""

    @extend_schema(
        operation_id="headcount_norms_list",
        parameters=[AS_OF],
        responses=HeadcountNormShape(many=True),
        summary="What one full-time post of each role carries",
        tags=["headcount"],
    )
    def get(self, request: Request, slug: str) -> Response:
        """Return the norms in force on a day; a role of the workspace's own has none until somebody enters it."""
        day = asked_day(request, "as_of", workspace=access_of(request).workspace)
        return Response([norm_json(row) for row in norms_on(day).values()])


def norm_json(row: NormRow) -> dict[str, Any]:
    """Return a norm as JSON."""
    return {
        "role": row.norm.role,
        "driver": row.norm.driver,
        "units_per_fte": to_text(row.norm.units_per_fte),
        "minimum": to_text(row.norm.minimum),
        "since": row.since.isoformat() if row.since else None,
    }


class NormView(WorkspaceAPIMixin, APIView):
    """The norm of one role."""

    @extend_schema(
        operation_id="headcount_norm_write",
        parameters=[OpenApiParameter("role", str, OpenApiParameter.PATH, description="The role, as `user-ops`.")],
        request=HeadcountNormBody,
        responses=HeadcountNormShape,
        examples=[OpenApiExample("25 groups a post", value=NORM, request_only=True)],
        summary="Change what one post of a role carries",
        tags=["headcount"],
    )
    def put(self, request: Request, slug: str, role: str) -> Response:
        """Keep a norm; every earlier one stays in the history. All faults are named at once (422)."""
        if role not in planned_roles():
            raise Http404
        said = HeadcountNormBody(data=request.data)
        said.is_valid(raise_exception=True)
        access = access_of(request)
        try:
            keep_norm(role, said.validated_data, actor_id=access.user_id, today=today_in(access.workspace))
        except PlanRefused as error:
            raise as_invalid(error) from error
        return Response(norm_json(norms_on(today_in(access.workspace))[role]))


class DriversView(WorkspaceAPIMixin, APIView):
    """The drivers of a unit."""

    @extend_schema(
        operation_id="headcount_drivers_list",
        parameters=[UNIT, AS_OF],
        responses=HeadcountDriverShape(many=True),
        summary="What drives the head count of a unit",
        tags=["headcount"],
    )
    def get(self, request: Request, slug: str) -> Response:
        """Return every driver with its value and where it comes from; what was entered counts before the data."""
        access = access_of(request)
        day = asked_day(request, "as_of", workspace=access.workspace)
        tree = unit_tree(as_of=day, within=access.own_unit)
        unit = asked_unit(request, tree)
        posts = posts_held(as_of=day, units=tree.subtree(unit))
        found = unit_drivers([unit], tree=tree, posts=posts, as_of=day)[unit]
        return Response([driver_json(value) for value in found.counting.values()])

    @extend_schema(
        operation_id="headcount_driver_write",
        parameters=[IDEMPOTENCY_KEY],
        request=HeadcountDriverBody,
        responses={201: HeadcountDriverShape},
        examples=[
            OpenApiExample(
                "250 groups", value={"driver": "wecom_groups", "unit": "BU1", "value": "250"}, request_only=True
            )
        ],
        summary="Enter the value of a driver",
        tags=["headcount"],
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Keep the value of a driver of a unit from a day on; null takes the entry back."""
        said = HeadcountDriverBody(data=request.data)
        said.is_valid(raise_exception=True)
        access = access_of(request)
        today = today_in(access.workspace)
        tree = unit_tree(as_of=today)
        try:
            row = enter_driver(said.validated_data, tree=tree, actor_id=access.user_id, today=today)
        except PlanRefused as error:
            raise as_invalid(error) from error
        posts = posts_held(as_of=max(today, row.on), units=tree.subtree(row.unit_external_id))
        found = unit_drivers([row.unit_external_id], tree=tree, posts=posts, as_of=max(today, row.on))
        return Response(driver_json(found[row.unit_external_id].counting[row.driver]), status=201)
