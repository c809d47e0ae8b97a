"""Who could fill a role in a unit, over REST; to give somebody the role, write an assignment."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from omnichannel.core.http import number_within
from omnichannel.workspaces.authentication import WorkspaceAPIMixin
from omnichannel.workspaces.clock import asked_day
from roles.choices import FillMode
from roles.coverage import MOST_ROLES, MOST_SHARE
from talent.people.filling import Near, Part, Suggestion
from talent.queries.filling import filling

MOST = 200
USUAL = 20
EXAMPLE = {
    "person_external_id": "E1001",
    "display_name": "Li Na",
    "unit_external_id": "UC",
    "fill_mode": "internal",
    "score": "81.3",
    "judged": "100",
    "share_before": "0.4",
    "share_after": "0.9",
    "roles_after": 2,
    "is_overloaded": False,
    "holds_it_with": "0",
    "parts": [
        {"part": "fit", "reached": "33.3", "most": "40"},
        {"part": "room", "reached": "20.0", "most": "20"},
        {"part": "near", "reached": "20", "most": "20"},
        {"part": "ready", "reached": "7", "most": "10"},
        {"part": "certified", "reached": "0", "most": "10"},
    ],
}


class PointsSerializer(serializers.Serializer[Any]):
    """What one part of the rule gave."""

    part = serializers.ChoiceField([each.value for each in Part])
    reached = serializers.CharField(allow_null=True, help_text="null: it could not be judged, and is not counted.")
    most = serializers.CharField()


class FillSuggestionSerializer(serializers.Serializer[Any]):
    """A person who could take the role, with the points of each part of the rule."""

    person_external_id = serializers.CharField()
    display_name = serializers.CharField()
    unit_external_id = serializers.CharField()
    fill_mode = serializers.ChoiceField(FillMode.choices)
    score = serializers.CharField(
        help_text="Percent reached of what could be judged. The list has people of the unit first, then who is "
        "rated for the role, then by this percent, then by the least time promised, then by name."
    )
    judged = serializers.CharField(help_text="How many of the 100 points could be judged.")
    share_before = serializers.CharField(help_text="Time promised to all roles on the day.")
    share_after = serializers.CharField()
    roles_after = serializers.IntegerField()
    is_overloaded = serializers.BooleanField(
        help_text=f"More than {MOST_SHARE} of the time, or more than {MOST_ROLES} roles, with the role: a warning."
    )
    holds_it_with = serializers.CharField(help_text="The share of this very role held in this unit already; 0: none.")
    near = serializers.ChoiceField([each.value for each in Near])
    parts = PointsSerializer(many=True)


class FillSuggestionsView(WorkspaceAPIMixin, APIView):
    """Suggestions for a cell of the coverage map."""

    @extend_schema(
        operation_id="fill_suggestions_list",
        parameters=[
            OpenApiParameter("unit", OpenApiTypes.STR, required=True, description="The unit."),
            OpenApiParameter("role", OpenApiTypes.STR, required=True, description="The role, as `user-ops`."),
            OpenApiParameter(
                "share",
                OpenApiTypes.STR,
                description="The share of time asked for, up to 1; 0.8 for a core role and 0.5 else, when left out.",
            ),
            OpenApiParameter("as_of", OpenApiTypes.DATE, description="The day to look at; today when left out."),
            OpenApiParameter("limit", OpenApiTypes.INT, description=f"How many, up to {MOST}; {USUAL} when left out."),
        ],
        responses=FillSuggestionSerializer(many=True),
        examples=[OpenApiExample("Second in the branch", value={**EXAMPLE, "near": "here"}, response_only=True)],
        summary="Suggest people for a role in a unit",
        tags=["coverage"],
    )
    def get(self, request: Request, slug: str) -> Response:
        """Rank who could take the role: competence 40 points, time left 20, near by 20, talent pool 10, certificate 10.

        Considered are people of the branch up to two units above, who stand in a pool for the role, or who hold it
        elsewhere. A part that cannot be judged counts on neither side.
        """
        asked = request.query_params
        missing = {name: [_("This field is missing.")] for name in ("unit", "role") if not asked.get(name)}
        if missing:
            raise ValidationError(missing)
        day = asked_day(request, "as_of", workspace=request.access.workspace)  # type: ignore[attr-defined]
        most = number_within(asked.get("limit", str(USUAL)), most=MOST, name="limit")
        try:
            found = filling(
                asked["unit"],
                asked["role"],
                as_of=day,
                share=_share(asked.get("share")),
                reader=request.access.person_external_id,  # type: ignore[attr-defined]
            )
        except ValueError:
            found = None
        if found is None:
            raise Http404
        rows = [_document(each) for each in found.suggestions[:most]]
        return Response(FillSuggestionSerializer(rows, many=True).data)


def _share(said: str | None) -> Decimal | None:
    if said is None:
        return None
    try:
        share = Decimal(said)
    except InvalidOperation:
        share = Decimal(0)
    if not 0 < share <= 1:
        raise ValidationError({"share": [_("A share of time lies above 0 and is at most 1.")]})
    return share


def _document(each: Suggestion) -> dict[str, Any]:
    standing = each.standing
    return {
        "person_external_id": standing.person,
        "display_name": standing.name,
        "unit_external_id": standing.unit,
        "fill_mode": standing.fill_mode,
        "score": each.score,
        "judged": each.judged,
        "share_before": standing.present,
        "share_after": each.after,
        "roles_after": each.roles_after,
        "is_overloaded": each.is_too_much,
        "holds_it_with": standing.here,
        "near": standing.near.value,
        "parts": [{"part": one.part.value, "reached": one.reached, "most": one.most} for one in each.points],
    }
