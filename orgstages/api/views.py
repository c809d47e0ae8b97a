"""Diagnoses over REST: the verdict of units on a day with every question, its fact and its answer."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from omnichannel.workspaces.clock import asked_day
from orgstages.api.serializers import DiagnosisSerializer
from orgstages.queries.diagnosis import Diagnosed, diagnose, diagnose_all
from orgstages.queries.exports import diagnosis_json

UNIT = OpenApiParameter("unit", OpenApiTypes.STR, description="One unit; the group and all business units if left out.")
AS_OF = OpenApiParameter("as_of", OpenApiTypes.DATE, description="The day to judge; today when left out.")


class DiagnosesView(WorkspaceAPIMixin, APIView):
    """Diagnoses of units."""

    @extend_schema(
        operation_id="diagnoses", parameters=[UNIT, AS_OF], responses=DiagnosisSerializer(many=True), tags=["stages"]
    )
    def get(self, request: Request, slug: str) -> Response:
        """Judge the units from what is stored now. A unit outside the caller's bounds answers 404."""
        access = access_of(request)
        day, unit = asked_day(request, "as_of", workspace=access.workspace), request.query_params.get("unit")
        if unit:
            found: tuple[Diagnosed, ...] = (diagnose(unit, as_of=day, within=access.own_unit),)
        else:
            found = diagnose_all(as_of=day, within=access.own_unit)
        return Response(DiagnosisSerializer([diagnosis_json(each) for each in found], many=True).data)
