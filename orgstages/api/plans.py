"""Roadmaps, owned relations and team phases over REST."""

from __future__ import annotations

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.permissions import may
from orgstages.api.asked import AS_OF, check_bounds, tree_of
from orgstages.api.plan_shapes import RELATION, ROADMAP, TEAM, RelationSerializer, RoadmapSerializer, TeamSerializer
from orgstages.api.serializers import SUBTYPES
from orgstages.queries.phases import teams
from orgstages.queries.plan_documents import relation_document, roadmap_document, team_document
from orgstages.queries.relations import relations_of_units
from orgstages.queries.roadmaps import roadmap, roadmaps
from roles.catalogue import SubtypeKey
from roles.queries.org_chart import UnitTree, unit_tree
from roles.queries.stages import adopted_stages

BELOW = OpenApiParameter("unit", OpenApiTypes.STR, description="Of this unit and what is below it; all if left out.")
UNIT = OpenApiParameter("unit", OpenApiTypes.STR, required=True, description="The unit.")
SUBTYPE = OpenApiParameter("subtype", enum=SUBTYPES, description="The sub-type; the one it works in when left out.")


def _sees_people(request: Request) -> bool:
    return may(access_of(request), "roles:people")


def _tree_of_today(request: Request) -> UnitTree:
    return unit_tree(as_of=today_in(access_of(request).workspace))


class RoadmapsView(WorkspaceAPIMixin, APIView):
    """The roadmaps."""

    @extend_schema(
        operation_id="roadmaps_list",
        parameters=[BELOW],
        responses=RoadmapSerializer(many=True),
        examples=[OpenApiExample("Under way", value=ROADMAP, response_only=True)],
        summary="List roadmaps with their milestones",
        tags=["stages"],
    )
    def get(self, request: Request, slug: str) -> Response:
        """List the roadmaps of the caller's units as they stand today, those under way first."""
        tree, unit = _tree_of_today(request), request.query_params.get("unit", "")
        check_bounds(request, unit, tree)
        found = roadmaps(today=tree.as_of, tree=tree, within=access_of(request).own_unit, unit=unit)
        rows = [roadmap_document(one, people_too=_sees_people(request)) for one in found]
        return Response(RoadmapSerializer(rows, many=True).data)


class RoadmapView(WorkspaceAPIMixin, APIView):
    """One roadmap."""

    @extend_schema(
        operation_id="roadmaps_retrieve",
        responses=RoadmapSerializer,
        examples=[OpenApiExample("Under way", value=ROADMAP, response_only=True)],
        summary="Show a roadmap with its milestones",
        tags=["stages"],
    )
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """Show a roadmap as it stands today; 404 outside of what the caller may see."""
        tree = _tree_of_today(request)
        found = roadmap(pk, today=tree.as_of, tree=tree, within=access_of(request).own_unit)
        return Response(RoadmapSerializer(roadmap_document(found, people_too=_sees_people(request))).data)


class RelationsView(WorkspaceAPIMixin, APIView):
    """The collaboration matrix of a unit."""

    @extend_schema(
        operation_id="relations_list",
        parameters=[UNIT, SUBTYPE, AS_OF],
        responses=RelationSerializer(many=True),
        examples=[OpenApiExample("Owned", value=RELATION, response_only=True)],
        summary="List the relations of a unit's sub-type with their owners",
        tags=["stages"],
    )
    def get(self, request: Request, slug: str) -> Response:
        """List the numbered relations on a day: between which units each stands, and who sees to it."""
        tree, unit = tree_of(request), request.query_params.get("unit", "")
        asked = request.query_params.get("subtype", "")
        wrong = {"unit": [_("Say which unit.")]} if not unit else {}
        if asked not in ("", *SUBTYPES):
            wrong["subtype"] = [_("There is no such sub-type. Known: %(known)s.") % {"known": ", ".join(SUBTYPES)}]
        if wrong:
            raise ValidationError(wrong)
        check_bounds(request, unit, tree)
        subtype = SubtypeKey(asked) if asked else adopted_stages(tree.as_of, tree=tree)[unit].subtype
        found = relations_of_units({unit: subtype}, as_of=tree.as_of, tree=tree)[unit]
        rows = [relation_document(unit, subtype, one, people_too=_sees_people(request)) for one in found]
        return Response(RelationSerializer(rows, many=True).data)


class TeamPhasesView(WorkspaceAPIMixin, APIView):
    """The teams that are in a phase."""

    @extend_schema(
        operation_id="team_phases_list",
        parameters=[AS_OF],
        responses=TeamSerializer(many=True),
        examples=[OpenApiExample("Ready to move on", value=TEAM, response_only=True)],
        summary="List teams with their phase",
        tags=["stages"],
    )
    def get(self, request: Request, slug: str) -> Response:
        """List the teams of the caller's units with the phase of the day and the criteria of leaving it."""
        tree = tree_of(request)
        found = teams(as_of=tree.as_of, tree=tree, within=access_of(request).own_unit)
        return Response(TeamSerializer([team_document(one) for one in found], many=True).data)
