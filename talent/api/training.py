"""Training over REST: programmes, figures, plans, certificates, the effect."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from omnichannel.core.periods import Grain, month_of, period_or_none
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from omnichannel.workspaces.choices import MemberRole
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.permissions import Access
from roles.queries.org_chart import unit_tree
from talent.api.training_shapes import (
    CertificateSerializer,
    PlanBody,
    PlanHeadSerializer,
    ProgrammeSerializer,
    TrainingEffectSerializer,
    TrainingFiguresSerializer,
    TrainingPlanSerializer,
)
from talent.queries.certificates import Certificate, Standing, certificates
from talent.queries.training import Programme, programmes
from talent.queries.training_effect import NAMES, EffectView, training_effect, usual_windows, windows_from
from talent.queries.training_plan import PlanView, plan_view, plans
from talent.queries.training_records import month_figures
from talent.services.training_plans import make_plan
from talent.services.training_reach import acting, people_seen

SLUG = OpenApiParameter("slug", str, OpenApiParameter.PATH, description="The workspace.")
PLAN = OpenApiParameter("id", int, OpenApiParameter.PATH, description="The plan's number.")
PERIOD = OpenApiParameter("period", str, description="A month such as `2026-10`; last month when left out.")
STANDING = OpenApiParameter("standing", str, enum=[each.value for each in Standing], description="Only these.")
PERSON = OpenApiParameter("person", str, description="External id of one person.")
WINDOWS = [OpenApiParameter(name, str, description="A month such as `2026-05`; all six or none.") for name in NAMES]
PROGRAMME = OpenApiParameter("programme", str, description="`frontline-practice` when left out.")
TAGS = ["training"]
QUARTER = {"unit_external_id": "BU1", "period": "2026-Q4"}


class ProgrammesView(WorkspaceAPIMixin, APIView):
    """Programmes in force."""

    @extend_schema(
        operation_id="training_programmes", parameters=[SLUG], responses=ProgrammeSerializer(many=True), tags=TAGS
    )
    def get(self, request: Request, slug: str) -> Response:
        """List the programmes that are not hidden, in the order of the catalogue."""
        rows = [programme_json(one) for one in programmes().values()]
        return Response(ProgrammeSerializer(rows, many=True).data)


PROGRAMME_FIELDS = (
    "key", "names", "level", "audience", "topics", "form", "hours", "certifies", "valid_months", "pass_mark",
    "attendance", "is_own",
)  # fmt: skip


def programme_json(one: Programme) -> dict[str, Any]:
    """Return a programme as clients read it."""
    return {name: getattr(one, name) for name in PROGRAMME_FIELDS} | {"changed": sorted(one.changed)}


class TrainingFiguresView(WorkspaceAPIMixin, APIView):
    """Figures of a month."""

    @extend_schema(
        operation_id="training_figures", parameters=[SLUG, PERIOD], responses=TrainingFiguresSerializer, tags=TAGS
    )
    def get(self, request: Request, slug: str) -> Response:
        """Count a month from the training records and surveys, beside what the scorecard shows."""
        text = request.query_params.get("period", "")
        month = period_or_none(text) if text else month_of(today_in(access_of(request).workspace)).previous()
        if month is None or month.grain is not Grain.MONTH:
            raise ValidationError({"period": [_("Name a month such as 2026-10.")]})
        found = month_figures(month)
        counted = found.counted
        body = {
            "period": str(month),
            **{name: getattr(counted, name) for name in COUNTS},
            "training_completion_rate": text_of(counted.completion_rate),
            "training_mastery": text_of(counted.pass_rate),
            "training_satisfaction": text_of(counted.satisfaction),
            "certified_share": text_of(found.certified_share),
        }
        return Response(TrainingFiguresSerializer(body).data)


COUNTS = ("enrolments", "completions", "exams", "passed", "answers", "certified")


class TrainingPlansView(WorkspaceAPIMixin, APIView):
    """Training plans."""

    @extend_schema(operation_id="training_plans", parameters=[SLUG], responses=PlanHeadSerializer(many=True), tags=TAGS)
    def get(self, request: Request, slug: str) -> Response:
        """List the plans within the caller's bounds, the newest quarter first."""
        access = access_of(request)
        rows = plans(tree=unit_tree(as_of=today_in(access.workspace)), within=access.own_unit)
        heads = [
            {
                "id": row.pk,
                "unit_external_id": row.unit_external_id,
                "period": row.period,
                "computed_at": row.refreshed_at,
            }
            for row in rows
        ]
        return Response(PlanHeadSerializer(heads, many=True).data)

    @extend_schema(
        operation_id="training_plan_make",
        parameters=[SLUG, IDEMPOTENCY_KEY],
        request=PlanBody,
        responses={201: TrainingPlanSerializer},
        examples=[
            OpenApiExample("A quarter", value={"unit_external_id": "BU1", "period": "2026-Q4"}, request_only=True)
        ],
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Make the plan of a unit and a quarter, or compute it anew; dropped and added lines stay."""
        said = PlanBody(data=request.data)
        said.is_valid(raise_exception=True)
        access, wanted = access_of(request), said.validated_data
        plan = make_plan(wanted["unit_external_id"], period=wanted["period"], actor=acting(access))
        return Response(_plan(plan.pk, access), status=201)


class TrainingPlanView(WorkspaceAPIMixin, APIView):
    """One training plan."""

    @extend_schema(operation_id="training_plan", parameters=[SLUG, PLAN], responses=TrainingPlanSerializer, tags=TAGS)
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """Return a plan with its demand and lines; executives get no single person."""
        return Response(_plan(pk, access_of(request)))


class CertificatesView(WorkspaceAPIMixin, APIView):
    """Certificates."""

    @extend_schema(
        operation_id="certificates",
        parameters=[SLUG, STANDING, PERSON],
        responses=CertificateSerializer(many=True),
        tags=TAGS,
    )
    def get(self, request: Request, slug: str) -> Response:
        """List the certificates of the people whom the caller may see, the newest first."""
        access = access_of(request)
        today = today_in(access.workspace)
        found = certificates(as_of=today, people=people_seen(access, on=today))
        asked = request.query_params
        if standing := asked.get("standing"):
            if standing not in [each.value for each in Standing]:
                raise ValidationError({"standing": [_("There is no such state.")]})
            found = [one for one in found if one.standing.value == standing]
        if person := asked.get("person"):
            found = [one for one in found if one.person == person]
        return Response(CertificateSerializer([certificate_json(one) for one in found], many=True).data)


class TrainingEffectView(WorkspaceAPIMixin, APIView):
    """The effect of a programme."""

    @extend_schema(
        operation_id="training_effect",
        parameters=[SLUG, PROGRAMME, *WINDOWS],
        responses=TrainingEffectSerializer,
        tags=TAGS,
    )
    def get(self, request: Request, slug: str) -> Response:
        """Compare new private users of trained and untrained stores, before and after the training."""
        asked = {name: request.query_params.get(name, "") for name in NAMES}
        windows = windows_from(asked) if any(asked.values()) else usual_windows()
        if windows is None:
            raise ValidationError(
                {NAMES[0]: [_("Name months before, of the training and after it, one after another.")]}
            )
        programme = request.query_params.get("programme") or "frontline-practice"
        return Response(TrainingEffectSerializer(_effect(programme, training_effect(programme, windows))).data)


def certificate_json(one: Certificate) -> dict[str, Any]:
    """Return a certificate as clients read it."""
    return {
        "number": one.number,
        "person_external_id": one.person,
        "programme": one.programme,
        "issued_on": one.issued_on,
        "expires_on": one.expires_on,
        "standing": one.standing.value,
        "came_from": one.origin.value,
        "issuer": one.issuer,
        "revoked_on": one.revoked_on,
    }


def text_of(value: object) -> str | None:
    """Return a decimal as text."""
    return None if value is None else str(value)


def _plan(pk: int, access: Access) -> Any:
    tree = unit_tree(as_of=today_in(access.workspace))
    view: PlanView = plan_view(pk, tree=tree, within=access.own_unit)
    lines = () if access.role is MemberRole.EXECUTIVE else view.lines
    body = {
        "id": view.pk,
        "unit_external_id": view.unit,
        "period": str(view.period),
        "computed_at": view.refreshed_at,
        "demand": view.demand,
        "lines": [
            {
                "id": line.pk,
                "person_external_id": line.person,
                "programme": line.programme,
                "hours": line.hours,
                "progress": line.progress.value,
                "drop_reason": line.drop_reason,
                "reasons": [
                    {"kind": why.kind.value, "role": why.role, "day": why.day, "words": why.words, "ability": why.names}
                    for why in line.reasons
                ],
            }
            for line in lines
        ],
    }
    return TrainingPlanSerializer(body).data


def _effect(programme: str, view: EffectView) -> dict[str, Any]:
    effect = view.effect
    return {
        "programme": programme,
        "windows": view.windows.parts,
        "effect": text_of(effect.effect),
        "low": text_of(effect.low),
        "high": text_of(effect.high),
        "degrees_of_freedom": text_of(effect.degrees),
        "cannot_say": effect.unsaid.value if effect.unsaid else None,
        "stores": [
            {
                "unit_external_id": line.unit,
                "group": line.side.value,
                "reason": line.apart.value if line.apart else None,
                "before": text_of(line.before),
                "after": text_of(line.after),
                "change": text_of(line.change),
                "trained": line.trained,
                "people": line.people,
            }
            for line in view.stores
        ],
    }
