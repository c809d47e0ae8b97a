"""Roles compared over REST."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from omnichannel.workspaces.clock import asked_day
from omnichannel.workspaces.permissions import may
from orgstages.queries.coverage_exports import advice_documents
from roles.queries.library import role_library
from talent.people.role_comparison import FEWEST, MOST, Share, Side
from talent.queries.role_compare import Compared, compared


class ComparedText(serializers.Serializer[Any]):
    """A text in both languages."""

    zh = serializers.CharField()
    en = serializers.CharField()


class ComparedShare(serializers.Serializer[Any]):
    """A KPI, duty or ability and the roles that have it."""

    id = serializers.CharField(allow_blank=True, help_text="The KPI's id; empty for a duty or an ability.")
    names = ComparedText()
    roles = serializers.ListField(child=serializers.CharField())


class ComparedLink(serializers.Serializer[Any]):
    """What one of the roles hands to another of them."""

    from_role = serializers.CharField()
    to_role = serializers.CharField()
    names = ComparedText()


class ComparedRule(serializers.Serializer[Any]):
    """When one person holds the pair and when it is split, and what the units' figures say on the day."""

    pair = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField())
    merge_when = ComparedText()
    split_when = ComparedText()
    units = serializers.ListField(
        child=serializers.DictField(), help_text="As `GET split-advice/` tells it, for this pair."
    )


class ComparedHolder(serializers.Serializer[Any]):
    """A person who holds more than one of the roles."""

    external_id = serializers.CharField()
    shares = serializers.DictField(child=serializers.CharField())
    total = serializers.CharField()


class RoleComparison(serializers.Serializer[Any]):
    """Two or three roles side by side. KPIs are the same by id; duties and abilities by their wording."""

    roles = serializers.ListField(child=serializers.CharField())
    kpis = ComparedShare(many=True)
    duties = ComparedShare(many=True)
    abilities = ComparedShare(many=True)
    links = ComparedLink(many=True)
    rules = ComparedRule(many=True)
    holders_in_several = serializers.IntegerField()
    holders = ComparedHolder(many=True, allow_null=True, help_text="null unless you may see people.")


class RoleComparisonView(WorkspaceAPIMixin, APIView):
    """The comparison of roles on a day."""

    @extend_schema(
        operation_id="role_comparison_read",
        parameters=[
            OpenApiParameter("roles", str, required=True, description="Two or three roles with commas between."),
            OpenApiParameter("as_of", OpenApiTypes.DATE, description="The day; today when left out."),
        ],
        responses=RoleComparison,
        summary="Compare two or three roles",
        tags=["roles"],
    )
    def get(self, request: Request, slug: str) -> Response:
        """Each KPI, duty and ability with the roles that have it, links between them, rules, and who holds several."""
        access = access_of(request)
        known = {key.value: key for key in role_library().roles}
        said = [each.strip() for each in request.query_params.get("roles", "").split(",") if each.strip()]
        unknown = [each for each in said if each not in known]
        if unknown or not FEWEST <= len(set(said)) <= MOST:
            message = _("There is no role “%(role)s” here.") % {"role": unknown[0][:40]} if unknown else ""
            raise serializers.ValidationError({"roles": [message or _("Name two or three different roles.")]})
        keys = [known[each] for each in dict.fromkeys(said)]
        day = asked_day(request, "as_of", workspace=access.workspace)
        return Response(_document(compared(keys, as_of=day, within=access.own_unit), may(access, "roles:people")))


def _document(found: Compared, people_too: bool) -> dict[str, Any]:
    told = found.comparison
    advice = advice_documents(found.advice, people_too=people_too)
    keys = [role.key.value for role in told.roles]
    return {
        "roles": keys,
        **{part: _side(getattr(told, part)) for part in ("kpis", "duties", "abilities")},
        "links": [
            {"from_role": link.from_role.value, "to_role": link.to_role.value, "names": link.names.as_json()}
            for link in told.links
        ],
        "rules": [
            {
                "pair": split.id,
                "roles": [role.value for role in split.roles],
                "merge_when": split.merge_when.as_json(),
                "split_when": split.split_when.as_json(),
                "units": [each for each in advice if each["pair"] == split.id],
            }
            for split in told.splits
        ],
        "holders_in_several": len(found.holders),
        "holders": [
            {
                "external_id": one.person,
                "shares": {key: str(share) for key, share in zip(keys, one.shares, strict=True)},
                "total": str(one.total),
            }
            for one in found.holders
        ]
        if people_too
        else None,
    }


def _side(side: Side) -> list[dict[str, Any]]:
    alone = [one for each in side.alone.values() for one in each]
    return [_share(one) for one in (*side.shared, *side.partly, *alone)]


def _share(one: Share) -> dict[str, Any]:
    return {"id": one.key, "names": one.names.as_json(), "roles": [role.value for role in one.roles]}
