"""Own KPIs and library KPIs reworded, for REST clients: list, check, draft, publish from a day, retire."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kpis.api.library import BilingualSerializer
from kpis.api.parameters import SLUG
from kpis.choices import DefinitionState, DefinitionSubject
from kpis.errors import DefinitionInvalid
from kpis.library import load_library
from kpis.library.content import EntryError, plain, read_entry, tidy, yaml_text
from kpis.models import Definition
from kpis.queries.entry_told import EntryTold, tell_entry
from kpis.queries.entry_words import message_of
from kpis.queries.own_definitions import OwnDefinition, entry_of, own_kpi, own_kpis
from kpis.services.definitions import publish, retire, save_kpi
from omnichannel.core.http import problem
from omnichannel.core.periods import parse_day
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.jobs.choices import JobOrigin
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of

KPI = DefinitionSubject.KPI
KPI_ID = OpenApiParameter("kpi", str, OpenApiParameter.PATH, description="Id of a KPI.")
ENTRY = {
    "id": "own_spend",
    "names": {"zh": "人均消费", "en": "Spend per head"},
    "definition": {"zh": "净销售额除以购买用户数。", "en": "Net sales over buyers."},
    "kind": "result",
    "layer": "value",
    "unit": "CNY",
    "direction": "up",
    "grain": "month",
    "formula": "net_sales / buyers",
    "roles": ["user-ops"],
}
EXAMPLE = OpenApiExample("own KPI", {"content": ENTRY, "note": "asked for by the board"}, request_only=True)
FROM = OpenApiExample("from July", {"effective_from": "2026-07-01", "note": "a new year"}, request_only=True)


class RevisionSerializer(serializers.ModelSerializer[Definition]):
    """One revision. A published one counts from `effective_from`; a retired one ends what counted."""

    by = serializers.SerializerMethodField()
    content = serializers.DictField()

    class Meta:
        model = Definition
        fields = ("id", "key", "state", "effective_from", "content", "library_version", "note", "by", "created_at")

    def get_by(self, row: Definition) -> str | None:
        """Name who wrote it."""
        return str(row.created_by) if row.created_by else None


class OwnDefinitionSerializer(serializers.Serializer[Any]):
    """How far one definition has come. `counts_from` is null while nothing of it counts."""

    key = serializers.CharField()
    names = BilingualSerializer()
    is_own = serializers.BooleanField(help_text="false: it overrides a KPI of the library")
    counts_from = serializers.DateField(source="counting.effective_from", default=None, allow_null=True)
    has_draft = serializers.SerializerMethodField()
    library_updated = serializers.SerializerMethodField()
    cannot_be_computed = serializers.CharField(source="broken", help_text="why, or empty")
    newest = RevisionSerializer()

    def get_has_draft(self, own: OwnDefinition) -> bool:
        """Tell whether a draft waits."""
        return own.draft is not None

    def get_library_updated(self, own: OwnDefinition) -> list[str]:
        """Name the fields that the library has changed since."""
        return [change.field for change in own.updates]


class EntryInput(serializers.Serializer[Any]):
    """A definition, as an object or as YAML text."""

    content = serializers.DictField(required=False, help_text="The entry, as in the library's files.")
    yaml = serializers.CharField(required=False, max_length=20_000, help_text="The same as YAML, instead of `content`.")
    key = serializers.CharField(required=False, default="", allow_blank=True, help_text="The KPI; empty for a new one.")
    note = serializers.CharField(required=False, default="", allow_blank=True, max_length=400)
    seen = serializers.IntegerField(
        required=False, help_text="The newest revision you know; 409 when there is another."
    )


class FromInput(serializers.Serializer[Any]):
    """From which day on, and why."""

    effective_from = serializers.CharField(help_text="`2026-07-01`")
    note = serializers.CharField(required=False, default="", allow_blank=True, max_length=400)


class FoundSerializer(serializers.Serializer[Any]):
    """One thing wrong, at its place. `position` counts characters of the field from 0."""

    field = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()
    severity = serializers.ChoiceField(["error", "warning"])
    position = serializers.IntegerField(allow_null=True)
    length = serializers.IntegerField()
    suggestion = serializers.CharField()


class CheckSerializer(serializers.Serializer[Any]):
    """What a check has found. Without errors: the sentence, the formula in words, and what it reads."""

    is_good = serializers.BooleanField(help_text="it can be published: no error, no red test")
    problems = FoundSerializer(many=True)
    tests = serializers.ListField(child=serializers.BooleanField(), help_text="green or red, in their order")
    sentence = BilingualSerializer(allow_null=True)
    formula = BilingualSerializer(allow_null=True)
    reads = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
    yaml = serializers.CharField()


def _entry(request: Request) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the entry and the rest of the body. ValidationError, or EntryError for text that is no YAML."""
    body = EntryInput(data=request.data)
    body.is_valid(raise_exception=True)
    said = body.validated_data
    if "content" not in said and "yaml" not in said:
        raise serializers.ValidationError({"content": ["This field is required."]})
    node = read_entry(said["yaml"]) if "yaml" in said else plain(said["content"])
    return tidy(node), said


def answered(act: Callable[[], Response]) -> Response:
    """Answer with every fault of a definition, each with its place."""
    try:
        return act()
    except DefinitionInvalid as error:
        issues = [
            {"pointer": f"/{field.replace('.', '/')}", "code": code, "message": message}
            for field, code, message in error.issues
        ]
        return problem(error.status, code=error.code, detail=str(error), issues=issues)
    except EntryError as error:
        message = message_of(error.code, {"line": error.line, "column": error.column})
        return problem(422, code=error.code, detail=message)


def day_of(said: dict[str, Any]) -> Any:
    """Return the day a body names."""
    try:
        return parse_day(said["effective_from"])
    except ValueError as error:
        raise serializers.ValidationError({"effective_from": [str(error)]}) from error


def _check(told: EntryTold) -> dict[str, Any]:
    return {
        "is_good": told.checked.is_good,
        "problems": [
            {
                "field": each.field,
                "code": each.code,
                "message": each.message,
                "severity": "error" if each.is_error else "warning",
                "position": each.position,
                "length": each.length,
                "suggestion": each.suggestion,
            }
            for each in told.problems
        ],
        "tests": [test.passed for test in told.checked.tests],
        "sentence": told.sentence,
        "formula": told.formula,
        "reads": {need.table.id: [column.name for column in need.columns] for need in told.needed},
        "yaml": yaml_text(told.checked.node),
    }


class DefinitionsView(WorkspaceAPIMixin, APIView):
    """Definitions of the workspace."""

    @extend_schema(
        operation_id="definitions_list", responses=OwnDefinitionSerializer(many=True), parameters=[SLUG], tags=["kpis"]
    )
    def get(self, request: Request, slug: str, **kwargs: Any) -> Response:
        """List what the workspace defines for itself, drafts first."""
        return Response(OwnDefinitionSerializer(own_kpis(), many=True).data)

    @extend_schema(
        operation_id="definitions_create",
        request=EntryInput,
        responses={201: RevisionSerializer},
        parameters=[SLUG, IDEMPOTENCY_KEY],
        examples=[EXAMPLE],
        tags=["kpis"],
    )
    @idempotent
    def post(self, request: Request, slug: str, **kwargs: Any) -> Response:
        """Begin a KPI of the workspace's own as a draft, whatever is wrong in it: `check/` tells."""

        def act() -> Response:
            node, said = _entry(request)
            row = save_kpi(node, actor_id=access_of(request).user_id, note=said["note"])
            return Response(RevisionSerializer(row).data, status=201)

        return answered(act)


class DefinitionCheckView(WorkspaceAPIMixin, APIView):
    """Check of a definition."""

    @extend_schema(
        operation_id="definitions_check",
        request=EntryInput,
        responses=CheckSerializer,
        parameters=[SLUG],
        examples=[EXAMPLE],
        tags=["kpis"],
    )
    def post(self, request: Request, slug: str, **kwargs: Any) -> Response:
        """Tell everything wrong with a definition at once, and what it would count. Nothing is kept."""

        def act() -> Response:
            node, said = _entry(request)
            return Response(CheckSerializer(_check(tell_entry(node, key=known_kpi(said["key"])))).data)

        return answered(act)


class DefinitionView(WorkspaceAPIMixin, APIView):
    """One definition."""

    @extend_schema(
        operation_id="definitions_get", responses=OwnDefinitionSerializer, parameters=[SLUG, KPI_ID], tags=["kpis"]
    )
    def get(self, request: Request, slug: str, kpi: str, **kwargs: Any) -> Response:
        """Return what the workspace has made of a KPI; 404 when it has nothing of its own."""
        own = own_kpi(kpi)
        if own is None:
            raise Http404(kpi)
        return Response(OwnDefinitionSerializer(own).data)

    @extend_schema(
        operation_id="definitions_draft",
        request=EntryInput,
        responses=RevisionSerializer,
        parameters=[SLUG, KPI_ID],
        examples=[EXAMPLE],
        tags=["kpis"],
    )
    def put(self, request: Request, slug: str, kpi: str, **kwargs: Any) -> Response:
        """Keep a draft of a KPI, of the workspace or of the library. It counts for nothing until it is published."""

        def act() -> Response:
            node, said = _entry(request)
            row = save_kpi(
                node, actor_id=access_of(request).user_id, note=said["note"], key=known_kpi(kpi), seen=said.get("seen")
            )
            return Response(RevisionSerializer(row).data)

        return answered(act)


class DefinitionPublishView(WorkspaceAPIMixin, APIView):
    """Publishing of a draft."""

    @extend_schema(
        operation_id="definitions_publish",
        request=FromInput,
        responses=RevisionSerializer,
        parameters=[SLUG, KPI_ID, IDEMPOTENCY_KEY],
        examples=[FROM],
        tags=["kpis"],
    )
    @idempotent
    def post(self, request: Request, slug: str, kpi: str, **kwargs: Any) -> Response:
        """Let the draft count from a day on; stored months that end on it or later are computed anew."""
        return decided(request, KPI, known_kpi(kpi), DefinitionState.PUBLISHED)


class DefinitionRetireView(WorkspaceAPIMixin, APIView):
    """Retiring of a definition."""

    @extend_schema(
        operation_id="definitions_retire",
        request=FromInput,
        responses=RevisionSerializer,
        parameters=[SLUG, KPI_ID, IDEMPOTENCY_KEY],
        examples=[FROM],
        tags=["kpis"],
    )
    @idempotent
    def post(self, request: Request, slug: str, kpi: str, **kwargs: Any) -> Response:
        """End what counts from a day on: the library counts again, an own KPI is no more."""
        return decided(request, KPI, known_kpi(kpi), DefinitionState.RETIRED)


def decided(request: Request, subject: DefinitionSubject, key: str, state: DefinitionState) -> Response:
    """Publish or retire with the day and note of the body."""
    body = FromInput(data=request.data)
    body.is_valid(raise_exception=True)
    day, note = day_of(body.validated_data), body.validated_data["note"]
    act = publish if state is DefinitionState.PUBLISHED else retire

    def decide() -> Response:
        row = act(
            subject, key, effective_from=day, actor_id=access_of(request).user_id, note=note, origin=JobOrigin.API
        )
        return Response(RevisionSerializer(row).data)

    return answered(decide)


def known_kpi(key: str) -> str:
    """Return the id of a KPI that is there, or 404; an empty one stands for a KPI that is new."""
    if key and key not in load_library().kpis and entry_of(key) is None:
        raise Http404(key)
    return key
