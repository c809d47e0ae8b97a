"""Role coverage over REST: every unit with its cells on a day, and the advice to split or merge roles."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from omnichannel.core.http import CursorPages
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from omnichannel.workspaces.permissions import may
from orgstages.api.asked import AS_OF, check_bounds, tree_of
from orgstages.api.coverage_shapes import ADVISED, COVERED, SplitAdviceSerializer, UnitCoverSerializer
from orgstages.queries.coverage_exports import advice_documents, advice_of_units, cover_document
from roles.choices import Thing
from roles.queries.coverage_map import coverage_of
from roles.queries.documents import listed

TOP = OpenApiParameter("top", OpenApiTypes.STR, description="Only this unit and what is below it; all if left out.")
UNIT = OpenApiParameter("unit", OpenApiTypes.STR, description="One unit; all judged by themselves if left out.")


class ByUnit(CursorPages):
    """Pages in the order of the customer's own ids."""

    ordering = "external_id"


class CoverageView(WorkspaceAPIMixin, ListAPIView[Any]):
    """The coverage map of a day."""

    serializer_class = UnitCoverSerializer
    pagination_class = ByUnit
    filter_backends = ()

    @extend_schema(
        operation_id="coverage_list",
        parameters=[TOP, AS_OF],
        responses=UnitCoverSerializer(many=True),
        examples=[OpenApiExample("A core role is missing", value=COVERED, response_only=True)],
        summary="List units with the roles covered in them",
        tags=["coverage"],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Who holds which role in each unit with everything below it, against what the adopted sub-type expects."""
        tree, bound = tree_of(request), request.query_params.get("top") or access_of(request).own_unit
        check_bounds(request, bound or "", tree)
        rows = self.paginate_queryset(listed(Thing.UNITS, as_of=tree.as_of, within=bound)) or []
        found = coverage_of([row["external_id"] for row in rows], tree=tree)
        shown = UnitCoverSerializer([cover_document(row) for row in found], many=True)
        return self.get_paginated_response(shown.data)


class SplitAdviceView(WorkspaceAPIMixin, APIView):
    """The advice to split or merge roles on a day."""

    @extend_schema(
        operation_id="split_advice_list",
        parameters=[UNIT, AS_OF],
        responses=SplitAdviceSerializer(many=True),
        examples=[OpenApiExample("Split", value=ADVISED, response_only=True)],
        summary="Advise which roles to split or merge",
        tags=["coverage"],
    )
    def get(self, request: Request, slug: str) -> Response:
        """Judge each pair of roles in every unit judged by itself: how it is held, the signs and their numbers."""
        tree, access, unit = tree_of(request), access_of(request), request.query_params.get("unit", "")
        check_bounds(request, unit, tree)
        found = advice_of_units(tree, within=access.own_unit, unit=unit)
        rows = advice_documents(found, people_too=may(access, "roles:people"))
        return Response(SplitAdviceSerializer(rows, many=True).data)
