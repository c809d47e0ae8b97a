"""Targets over REST: read page by page, written in bulk, each row answered."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kpis.api.parameters import PERSONAL_ROUTE, SLUG
from kpis.choices import ScopeKindChoice, TargetOrigin
from kpis.models import Target
from kpis.queries.target_rows import targets_within
from kpis.services.target_checks import Bound, TargetInput, TargetIssue, check_targets
from kpis.services.target_edits import Edited, RowStatus, edit_targets
from omnichannel.core.fields import StrictCharField
from omnichannel.core.http import CursorPages, InvalidBody, is_dry_run, issues_of, problem, refuse_unknown_words
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from omnichannel.workspaces.permissions import may

MOST_ROWS = 1000
DRY_RUN = OpenApiParameter(
    "dry_run", bool, description="Tell what would happen and write nothing; same as `Prefer: dry-run`."
)
FILTERS = [
    OpenApiParameter("period", str, description="`2026`, `2026-Q3` or `2026-07`: exactly this period."),
    OpenApiParameter("year", str, description="`2026`: the year with its quarters and months."),
    OpenApiParameter("kpi", str, description="Only this KPI."),
    OpenApiParameter("scope_kind", str, enum=ScopeKindChoice.values, description="Whose targets."),
    OpenApiParameter("scope_id", str, description="External id of the unit or person."),
]
STORE = {"period": "2026-07", "kpi_id": "sales_net", "scope_kind": "unit", "scope_id": "S0101", "value": "250000.00"}


class TargetSerializer(serializers.Serializer[Target]):
    """One target, its frame, and when and how it was last written."""

    period = serializers.CharField()
    kpi_id = serializers.CharField(source="kpi")
    scope_kind = serializers.ChoiceField(choices=ScopeKindChoice.choices)
    scope_id = serializers.CharField(help_text="Empty for the company.")
    floor = serializers.DecimalField(max_digits=18, decimal_places=4, allow_null=True)
    value = serializers.DecimalField(max_digits=18, decimal_places=4)
    stretch = serializers.DecimalField(max_digits=18, decimal_places=4, allow_null=True)
    upload = serializers.IntegerField(source="upload_id", allow_null=True, help_text="The file it came with.")
    origin = serializers.SerializerMethodField()
    recorded_at = serializers.DateTimeField()

    def get_origin(self, target: Target) -> str:
        """Return how it came to be."""
        return TargetOrigin.FILE.value if target.upload_id else target.edit.origin if target.edit else ""


class TargetRowSerializer(serializers.Serializer[Any]):
    """What a caller says of a target. `value` null removes it."""

    period = StrictCharField(max_length=8)
    kpi_id = StrictCharField(max_length=60)
    scope_kind = StrictCharField(max_length=8)
    scope_id = StrictCharField(max_length=64, allow_blank=True, allow_null=True, default="")
    floor = serializers.DecimalField(max_digits=18, decimal_places=4, allow_null=True, default=None)
    value = serializers.DecimalField(max_digits=18, decimal_places=4, allow_null=True)
    stretch = serializers.DecimalField(max_digits=18, decimal_places=4, allow_null=True, default=None)


class TargetsBody(serializers.Serializer[Any]):
    """Targets to be as given, in any order; others stay."""

    rows = serializers.ListField(child=TargetRowSerializer(), allow_empty=False, max_length=MOST_ROWS)
    note = StrictCharField(max_length=400, allow_blank=True, default="", help_text="Why; kept in the history.")


class TargetIssueShape(serializers.Serializer[Any]):
    """One fault of a row."""

    field = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()


class TargetResultShape(serializers.Serializer[Any]):
    """What became of one row."""

    index = serializers.IntegerField(help_text="Position in the batch, from 0.")
    status = serializers.ChoiceField(choices=[status.value for status in RowStatus])
    issues = TargetIssueShape(many=True)


class TargetsResult(serializers.Serializer[Any]):
    """What a batch did. `edit` numbers the save, which can be undone in the browser."""

    created = serializers.IntegerField()
    changed = serializers.IntegerField()
    removed = serializers.IntegerField()
    same = serializers.IntegerField()
    dry_run = serializers.BooleanField()
    edit = serializers.IntegerField(allow_null=True)
    results = TargetResultShape(many=True)


class TargetsView(WorkspaceAPIMixin, generics.ListAPIView[Target]):
    """The targets of the workspace, within the caller's bounds."""

    serializer_class = TargetSerializer
    pagination_class = CursorPages
    filter_backends = ()

    def get_queryset(self) -> QuerySet[Target]:
        """Return what was asked for, within what the caller may see."""
        if getattr(self, "swagger_fake_view", False):  # the schema is drawn without a workspace
            return Target._default_manager.none()
        refuse_unknown_words(self.request, FILTERS)
        access, asked = access_of(self.request), self.request.query_params
        found = targets_within(within=access.own_unit, with_people=may(access, PERSONAL_ROUTE))
        chosen = {name: asked[name] for name in ("period", "kpi", "scope_kind", "scope_id") if name in asked}
        if year := asked.get("year"):
            chosen["period__startswith"] = year
        return found.filter(**chosen).select_related("edit")

    @extend_schema(operation_id="targets_list", parameters=[SLUG, *FILTERS], tags=["targets"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List targets, page by page."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="targets_write",
        parameters=[SLUG, DRY_RUN, IDEMPOTENCY_KEY],
        request=TargetsBody,
        responses=TargetsResult,
        examples=[OpenApiExample("A store's month", value={"rows": [STORE]}, request_only=True)],
        tags=["targets"],
    )
    @idempotent
    def put(self, request: Request, slug: str, **kwargs: Any) -> Response:
        """Write up to 1,000 targets, all or none; with faults every row says what is wrong (422).

        A line manager writes those below the own unit. The scorecards of the touched months follow.
        """
        said = TargetsBody(data=request.data)
        access, dry_run = access_of(request), is_dry_run(request)
        bound = Bound(access.own_unit, with_people=may(access, PERSONAL_ROUTE))
        if not said.is_valid():
            raise InvalidBody([*issues_of(said.errors), *_beside(request.data, bound)])
        done = edit_targets(
            [_row(row) for row in said.validated_data["rows"]],
            origin=TargetOrigin.API,
            actor_id=access.user_id,
            note=said.validated_data["note"],
            bound=bound,
            dry_run=dry_run,
        )
        return _answer(done, dry_run=dry_run)


def _row(said: dict[str, Any]) -> TargetInput:
    numbers: dict[str, Decimal | None] = {name: said[name] for name in ("value", "floor", "stretch")}
    return TargetInput(said["period"], said["kpi_id"], said["scope_kind"], said["scope_id"] or "", **numbers)


def _beside(body: Any, bound: Bound) -> list[dict[str, str]]:
    """Return what is wrong with the rows that can be read, for a body of which others cannot."""
    rows = body.get("rows") if isinstance(body, dict) else None
    readable: dict[int, TargetInput] = {}
    for index, row in enumerate(rows[:MOST_ROWS] if isinstance(rows, list) else ()):
        said = TargetRowSerializer(data=row)
        if said.is_valid():
            readable[index] = _row(said.validated_data)
    places = list(readable)
    found = [replace(issue, index=places[issue.index]) for issue in check_targets(list(readable.values()), bound=bound)]
    return [{"pointer": _pointer(issue), "code": issue.code, "message": issue.message} for issue in found]


def _pointer(issue: TargetIssue) -> str:
    """Return the JSON pointer of a field, or of the row when the fault is of no one field."""
    return "/".join(["", "rows", str(issue.index), *([issue.field] if issue.field else [])])


def _answer(done: Edited, *, dry_run: bool) -> Response:
    faults: dict[int, list[dict[str, str]]] = {}
    for issue in done.issues:
        told = {"field": issue.field, "code": issue.code, "message": issue.message}
        faults.setdefault(issue.index, []).append(told)
    results = [
        {"index": index, "status": status.value, "issues": faults.get(index, [])}
        for index, status in enumerate(done.statuses)
    ]
    if done.issues:
        refusal = problem(
            422,
            code="rows_refused",
            detail=_("Nothing was written. Correct the rows listed and send the batch again."),
            issues=[
                {"pointer": _pointer(issue), "code": issue.code, "message": issue.message} for issue in done.issues
            ],
        )
        refusal.data["results"] = results
        return refusal
    counts = {status.value: done.count(status) for status in RowStatus if status is not RowStatus.FAILED}
    edit = done.edit.pk if done.edit else None
    return Response({**counts, "dry_run": dry_run, "edit": edit, "results": results})
