"""KPI weights over REST: what counts where since when, and new sets with a look at what they do first."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kpis.api.parameters import ROLE_KEY, SLUG, refuse_unweighed_role, weighed_role
from kpis.api.targets import DRY_RUN
from kpis.choices import WeightsSource
from kpis.errors import WeightsInvalid
from kpis.queries.weights import EffectiveWeights, unit_line, weights_on
from kpis.services.preview import Candidate, Move, Preview, preview_change
from kpis.services.weights import give_back, set_weights
from omnichannel.core.fields import StrictCharField
from omnichannel.core.http import is_dry_run, problem, refuse_unknown_words
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from omnichannel.workspaces.clock import asked_day
from roles.catalogue import RoleKey, StageKey, SubtypeKey
from roles.queries.org_chart import unit_tree

STAGES = [stage.value for stage in StageKey]
SUBTYPES = [subtype.value for subtype in SubtypeKey]
GUIDES = {
    "role": "digital-guide",
    "stage": "strong-department",
    "effective_from": "2026-11-01",
    "weights": {"guide_store_sales": "60.00", "guide_mall_sales": "40.00"},
    "note": "focus on sales",
}


@extend_schema_field(ROLE_KEY)
class WeighedRoleField(serializers.CharField):
    """One of the roles that have weights and cards."""

    def to_internal_value(self, data: Any) -> str:
        """Take the key of such a role."""
        return weighed_role(super().to_internal_value(data))


class WeightsShape(serializers.Serializer[EffectiveWeights]):
    """The weights of a role in a stage, and who set them since when; they add up to 100.00."""

    role = serializers.CharField()
    stage = serializers.CharField()
    source = serializers.ChoiceField(choices=WeightsSource.choices)  # type: ignore[assignment]
    subtype = serializers.CharField(help_text="The sub-type for which they were set; empty: for all.")
    unit = serializers.CharField(help_text="The unit for which they were set; empty: for the whole workspace.")
    since = serializers.DateField(allow_null=True, help_text="Null for the library's.")
    set = serializers.IntegerField(source="weight_set_id", allow_null=True)
    note = serializers.CharField()
    weights = serializers.DictField(child=serializers.DecimalField(max_digits=5, decimal_places=2))


class WeightsBody(serializers.Serializer[Any]):
    """New weights of a role in a stage from a day on. Without weights the place is given back to the next wider one."""

    role = WeighedRoleField()
    stage = serializers.ChoiceField(choices=STAGES)
    subtype = serializers.ChoiceField(choices=SUBTYPES, allow_blank=True, default="")
    unit = StrictCharField(max_length=64, allow_blank=True, default="")
    effective_from = serializers.DateField()
    weights = serializers.DictField(child=serializers.DecimalField(max_digits=5, decimal_places=2))
    note = StrictCharField(max_length=400, allow_blank=True, default="")


class MoveShape(serializers.Serializer[Move]):
    """A card before and after."""

    scope_kind = serializers.CharField(source="scope.kind.value")
    scope_id = serializers.CharField(source="scope.id")
    role = serializers.CharField(help_text="Empty for the combined card of a person with several roles.")
    before = serializers.DecimalField(max_digits=7, decimal_places=2, allow_null=True)
    before_band = serializers.CharField()
    after = serializers.DecimalField(max_digits=7, decimal_places=2, allow_null=True)
    after_band = serializers.CharField()
    change = serializers.DecimalField(max_digits=7, decimal_places=2, allow_null=True)


class EffectShape(serializers.Serializer[Preview]):
    """What the weights do to one period: how many cards they decide and move, by how many points, and which most."""

    period = serializers.CharField()
    cards = serializers.IntegerField()
    changed = serializers.IntegerField()
    people_up = serializers.IntegerField()
    people_down = serializers.IntegerField()
    people_same = serializers.IntegerField()
    points = serializers.DecimalField(max_digits=12, decimal_places=2)
    crossings = serializers.SerializerMethodField()
    units = MoveShape(many=True, source="moves")
    people = MoveShape(many=True)

    def get_crossings(self, preview: Preview) -> list[dict[str, Any]]:
        """Return the changes of bands."""
        return [{"before": old, "after": new, "cards": count} for old, new, count in preview.crossings]


class WeightsResult(serializers.Serializer[Any]):
    """The set that was saved (null for a dry run) and what it does to the newest periods that it touches."""

    set = serializers.IntegerField(allow_null=True)
    dry_run = serializers.BooleanField()
    effects = EffectShape(many=True)


FILTERS = [
    OpenApiParameter("role", ROLE_KEY, description="Only this role."),
    OpenApiParameter("stage", str, enum=STAGES, description="Only this stage."),
    OpenApiParameter("subtype", str, enum=SUBTYPES, description="As it is in this sub-type."),
    OpenApiParameter("unit", str, description="As it is in this unit."),
    OpenApiParameter("on", OpenApiTypes.DATE, description="The day; today when left out."),
]


class WeightsView(WorkspaceAPIMixin, APIView):
    """The weights by role, stage, sub-type, unit and day."""

    @extend_schema(
        operation_id="weights_list",
        responses=WeightsShape(many=True),
        parameters=[SLUG, *FILTERS],
        tags=["weights"],
    )
    def get(self, request: Request, slug: str, **kwargs: Any) -> Response:
        """Return what counts on a day, a set for each role and stage, each with its source."""
        refuse_unknown_words(request, FILTERS)
        refuse_unweighed_role(request)
        asked = request.query_params
        access = access_of(request)
        day = asked_day(request, "on", workspace=access.workspace)
        unit, subtype = asked.get("unit", ""), asked.get("subtype", "")
        tree = unit_tree(as_of=day)
        seen = tree if access.own_unit is None else tree.below(access.own_unit)
        if unit and unit not in seen:
            raise serializers.ValidationError(
                {"unit": [_("There is no unit %(unit)s on %(day)s.") % {"unit": unit, "day": day}]}
            )
        book = weights_on(day)
        found = [
            book.of(role, stage, subtype=subtype, units=unit_line(unit, tree) if unit else ())
            for role, stage in book
            if asked.get("role", role) == role and asked.get("stage", stage) == stage
        ]
        return Response([WeightsShape(each).data for each in found])

    @extend_schema(
        operation_id="weights_write",
        request=WeightsBody,
        responses=WeightsResult,
        parameters=[SLUG, DRY_RUN, IDEMPOTENCY_KEY],
        examples=[OpenApiExample("Guides", value=GUIDES, request_only=True)],
        tags=["weights"],
    )
    @idempotent
    def put(self, request: Request, slug: str, **kwargs: Any) -> Response:
        """Save weights that add up to 100.00 from a day on; a dry run only tells what they would do."""
        said = WeightsBody(data=request.data)
        said.is_valid(raise_exception=True)
        asked, dry_run = said.validated_data, is_dry_run(request)
        role, stage = RoleKey(asked["role"]), StageKey(asked["stage"])
        weights: dict[str, Decimal] = asked["weights"]
        place = {"subtype": asked["subtype"], "unit": asked["unit"]}
        try:
            candidate = Candidate(role, stage, weights, **place)
            effects = preview_change(candidate, effective_from=asked["effective_from"])
            saved = None if dry_run else _saved(request, candidate, asked)
        except WeightsInvalid as error:
            issues = [{"pointer": _pointer(name), "code": error.code, "message": text} for name, text in error.issues]
            return problem(error.status, code=error.code, detail=str(error), issues=issues)
        body = {"set": saved, "dry_run": dry_run, "effects": [EffectShape(each).data for each in effects]}
        return Response(body)


def _saved(request: Request, candidate: Candidate, asked: dict[str, Any]) -> int:
    access = access_of(request)
    how: dict[str, Any] = {name: asked[name] for name in ("effective_from", "note", "subtype", "unit")}
    how["actor_id"] = access.user_id
    if not candidate.weights:
        return give_back(candidate.role, candidate.stage, **how).pk
    return set_weights(candidate.role, candidate.stage, candidate.weights, **how).pk


def _pointer(name: str) -> str:
    return f"/{name}" if name in ("subtype", "unit", "effective_from") else f"/weights/{name}" if name else "/weights"
