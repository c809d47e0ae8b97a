"""Diagnoses over REST: the verdict of units on a day with every question, its fact and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from omnichannel.workspaces.authentication import WorkspaceAPIMixin
from omnichannel.workspaces.clock import asked_day
from omnichannel.workspaces.permissions import Access
from orgstages import answers, verdicts
from orgstages.api.serializers import DiagnosisSerializer
from orgstages.catalogue import load_stages
from orgstages.queries.diagnosis import Diagnosed, diagnose, diagnose_all

UNIT = OpenApiParameter("unit", OpenApiTypes.STR, description="One unit; the group and all business units if left out.")
AS_OF = OpenApiParameter("as_of", OpenApiTypes.DATE, description="The day to judge; today when left out.")


class DiagnosesView(WorkspaceAPIMixin, APIView):
    """Diagnoses of units."""

    @extend_schema(
        operation_id="diagnoses", parameters=[UNIT, AS_OF], responses=DiagnosisSerializer(many=True), tags=["stages"]
    )
    def get(self, request: Request, slug: str) -> Response:
        """Judge the units from what is stored now. A unit outside the caller's bounds answers 404."""
        access: Access = request.access  # type: ignore[attr-defined]
        day, unit = asked_day(request, "as_of", workspace=access.workspace), request.query_params.get("unit")
        if unit:
            found: tuple[Diagnosed, ...] = (diagnose(unit, as_of=day, within=access.own_unit),)
        else:
            found = diagnose_all(as_of=day, within=access.own_unit)
        return Response(DiagnosisSerializer([_as_json(each) for each in found], many=True).data)


def _as_json(found: Diagnosed) -> Mapping[str, Any]:
    return {
        "unit_external_id": found.unit.external_id,
        "unit_name": found.unit.name,
        "as_of": found.as_of,
        "period": str(found.period or "") or None,
        "catalogue_version": load_stages().version,
        "verdict": verdicts.to_json(found.verdict),
        "adopted": {
            "stage": found.adopted.stage.value,
            "subtype": found.adopted.subtype.value,
            "unit_external_id": found.adopted.unit_external_id,
            "since": found.adopted.since,
        },
        "answers": answers.to_json(found.answers),
    }
