"""Talent pools, key-person risk, vacancies and the home's figures over REST."""

from __future__ import annotations

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kpis.queries.analyses.story import FEWEST
from omnichannel.core.http import InvalidBody, flag_of
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from omnichannel.workspaces.clock import asked_day, today_in
from omnichannel.workspaces.permissions import may
from roles.queries.org_chart import unit_tree
from talent.api.competence import AS_OF, faults_of, read_body
from talent.api.people_shapes import (
    HomeShape,
    LeaveBody,
    OpenShape,
    PoolFiguresShape,
    RiskShape,
    StayBody,
    StayResult,
    StayShape,
)
from talent.errors.people import OutOfReach, PoolRefused
from talent.queries.home import home_figures
from talent.queries.open_places import open_places
from talent.queries.people_risk import key_person_risks
from talent.queries.pools import others_here, pool_sizes, stays_on, succession_gaps
from talent.reach import sees_people
from talent.services.pools import Place, put_in, take_out

PAST = OpenApiParameter("past", bool, description="With the stays that are over.")
STAY = OpenApiParameter("id", OpenApiTypes.INT, OpenApiParameter.PATH, description="The stay's number.")
PUT = {
    "person_external_id": "E1001",
    "pool": "reserve",
    "target_role": "user-ops",
    "readiness": "1y",
    "since": "2026-11-20",
    "reason": "leads two communities already",
}


class PoolStaysView(WorkspaceAPIMixin, APIView):
    """Who is in the pools."""

    @extend_schema(
        operation_id="pool_stays_list",
        parameters=[AS_OF, PAST],
        responses=StayShape(many=True),
        summary="List the people in talent pools",
        tags=["pools"],
    )
    def get(self, request: Request, slug: str) -> Response:
        """The stays of the day, the newest first; the caller's own are left out."""
        access = access_of(request)
        day = asked_day(request, "as_of", workspace=access.workspace)
        found = stays_on(as_of=day, tree=unit_tree(as_of=day), with_past=flag_of(request, "past"))
        own = access.person_external_id
        return Response(StayShape([one for one in found if not own or one.person != own], many=True).data)

    @extend_schema(
        operation_id="pool_stays_write",
        parameters=[IDEMPOTENCY_KEY],
        request=StayBody,
        responses={201: StayResult},
        examples=[OpenApiExample("A successor", value=PUT, request_only=True)],
        summary="Put a person into a talent pool",
        tags=["pools"],
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Put somebody in. Who is in that pool for that role already gets a new stay, and the old one ends."""
        said, access = read_body(StayBody, request), access_of(request)
        place = Place(**{name: said[name] for name in ("pool", "target_role", "readiness", "since", "reason")})
        try:
            stay = put_in(
                said["person_external_id"],
                place=place,
                today=today_in(access.workspace),
                actor_id=access.user_id,
                own_person=access.person_external_id,
            )
        except PoolRefused as refused:
            names = {"person": "person_external_id"}
            faults = {names.get(field, field): message for field, message in refused.faults.items()}
            raise InvalidBody(faults_of(faults)) from refused
        return Response({"id": stay.pk}, status=201)


class PoolStayEndView(WorkspaceAPIMixin, APIView):
    """Taking somebody out."""

    @extend_schema(
        operation_id="pool_stays_end",
        parameters=[STAY, IDEMPOTENCY_KEY],
        request=LeaveBody,
        responses=StayResult,
        examples=[OpenApiExample("Out", value={"until": "2026-11-30", "reason": "took the role"}, request_only=True)],
        summary="Take a person out of a talent pool",
        tags=["pools"],
    )
    @idempotent
    def post(self, request: Request, slug: str, pk: int) -> Response:
        """End the stay; it is kept. 409 when it ended already."""
        said, access = read_body(LeaveBody, request), access_of(request)
        try:
            stay = take_out(
                pk,
                until=said["until"],
                reason=said["reason"],
                today=today_in(access.workspace),
                actor_id=access.user_id,
                own_person=access.person_external_id,
            )
        except OutOfReach as error:
            raise Http404 from error
        except PoolRefused as refused:
            raise InvalidBody(faults_of(refused.faults)) from refused
        return Response({"id": stay.pk})


class PoolFiguresView(WorkspaceAPIMixin, APIView):
    """Sizes and gaps of the pools, without names."""

    @extend_schema(
        operation_id="pool_figures",
        parameters=[AS_OF],
        responses=PoolFiguresShape,
        summary="Read sizes and gaps of the talent pools",
        tags=["pools"],
    )
    def get(self, request: Request, slug: str) -> Response:
        """People per role and pool, and the core roles for which nobody of the unit is in a pool."""
        access = access_of(request)
        day = asked_day(request, "as_of", workspace=access.workspace)
        tree = unit_tree(as_of=day)
        stays = others_here(stays_on(as_of=day, tree=tree), reader=access.person_external_id)
        return Response(PoolFiguresShape({"sizes": pool_sizes(stays), "gaps": succession_gaps(stays, tree=tree)}).data)


class KeyPersonRisksView(WorkspaceAPIMixin, APIView):
    """Core roles on one pair of shoulders."""

    @extend_schema(
        operation_id="key_person_risks_list",
        parameters=[AS_OF],
        responses=RiskShape(many=True),
        summary="List core roles held by one person only",
        tags=["pools"],
    )
    def get(self, request: Request, slug: str) -> Response:
        """Those without a successor first, with what hangs on the role."""
        access = access_of(request)
        tree = unit_tree(as_of=asked_day(request, "as_of", workspace=access.workspace))
        named = sees_people(access)
        found = [
            {
                "unit_external_id": one.unit,
                "role": one.role,
                "person_external_id": one.person if named else "",
                "held_since": one.since,
                "alone_in": one.alone_in,
                "hands_to": one.hands_to,
                "kpis": one.kpis,
                "successors": len(one.successors),
                "successors_elsewhere": one.elsewhere,
            }
            for one in key_person_risks(tree=tree, within=access.own_unit, reader=access.person_external_id)
        ]
        return Response(RiskShape(found, many=True).data)


class VacanciesView(WorkspaceAPIMixin, APIView):
    """What is vacant."""

    @extend_schema(
        operation_id="vacancies_list",
        parameters=[AS_OF],
        responses=OpenShape(many=True),
        summary="List vacant core roles and seats",
        tags=["pools"],
    )
    def get(self, request: Request, slug: str) -> Response:
        """The longest open first. What open days cost is not told: no figure of it is known."""
        access = access_of(request)
        day = asked_day(request, "as_of", workspace=access.workspace)
        return Response(OpenShape(open_places(as_of=day, within=access.own_unit).places, many=True).data)


class TalentFiguresView(WorkspaceAPIMixin, APIView):
    """The home's figures."""

    @extend_schema(
        operation_id="talent_figures",
        parameters=[AS_OF],
        responses=HomeShape,
        summary="Read the figures of the talent home",
        tags=["pools"],
    )
    def get(self, request: Request, slug: str) -> Response:
        """Coverage of core roles, vacancies, single holders, succession and competence of the caller's bounds."""
        access = access_of(request)
        day = asked_day(request, "as_of", workspace=access.workspace)
        found = home_figures(as_of=day, within=access.own_unit, reader=access.person_external_id)
        vacant, longest = found.vacancies, found.vacancies.longest
        told = {
            "core_roles_asked": found.core_asked,
            "core_roles_held": found.core_held,
            "core_roles_dedicated": found.core_dedicated,
            "vacant_core_roles": len(vacant.roles),
            "vacant_seats": len(vacant.places) - len(vacant.roles),
            "longest_open_days": longest.days if longest else None,
            "single_holders": found.single_holders,
            "without_successor": found.without_successor,
            "succession_gaps": found.succession_gaps,
            "people_and_roles": found.people,
            "rated": found.rated,
            "with_gaps": found.with_gaps if sees_people(access) or found.rated_people >= FEWEST else None,
            "in_pools": found.in_pools if may(access, "talent:pools") else None,
        }
        return Response(HomeShape(told).data)
