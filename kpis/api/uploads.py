"""Send a file through the data door, find uploads, and see how each went."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import FileResponse, Http404
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    extend_schema,
    extend_schema_field,
    extend_schema_serializer,
)
from rest_framework import generics, serializers
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kpis.api.parameters import SLUG, UPLOAD
from kpis.api.shapes import BilingualShape
from kpis.choices import AutoLoad, ProblemSeverity, UploadState
from kpis.library import load_library
from kpis.models import Upload, UploadProblem
from kpis.queries.uploads import newest_uploads
from kpis.services.staging import problem_file
from kpis.services.uploads import receive_upload
from omnichannel.core.http import CursorPages, FileNegotiation
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.jobs.choices import JobOrigin, JobState
from omnichannel.workspaces.authentication import WorkspaceAPIMixin

FIRST_PROBLEMS = 100
ENDED_BADLY = (JobState.FAILED, JobState.CANCELLED)
FAILED = Q(state=UploadState.LOADING, load_job__state__in=ENDED_BADLY) | Q(
    state__in=(UploadState.RECEIVED, UploadState.CHECKING), check_job__state__in=ENDED_BADLY
)


class NewestFirst(CursorPages):
    """Pages from the newest on."""

    ordering = "-pk"


class UploadInput(serializers.Serializer[Any]):
    """The form of a new upload."""

    file = serializers.FileField(help_text="CSV, XLSX, XLSM, XLS, ODS, ZIP of these, JSON or NDJSON.")
    table = serializers.ChoiceField(
        choices=[], required=False, default="", allow_blank=True, help_text="Canonical table; guessed when left out."
    )
    auto = serializers.BooleanField(default=False, help_text="Load by itself when the check finds no error.")
    load = serializers.ChoiceField(
        choices=AutoLoad.choices,
        required=False,
        help_text="`off`: only when asked; `clean`: when nothing is wrong; `good_rows`: the rows without an error.",
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Offer the tables of the catalogue."""
        fields = super().get_fields()
        fields["table"].choices = list(load_library().tables)  # type: ignore[attr-defined]
        return fields


@extend_schema_serializer(component_name="UploadProblem")
class ProblemSerializer(serializers.ModelSerializer[UploadProblem]):
    """A problem: where, what, and what to do. `row` is 1-based in the file; null concerns the whole file."""

    row = serializers.IntegerField(source="line", allow_null=True)
    severity = serializers.ChoiceField(choices=ProblemSeverity.choices)
    message = serializers.SerializerMethodField()
    hint = serializers.SerializerMethodField()

    class Meta:
        model = UploadProblem
        fields = ("sheet", "row", "column", "value", "code", "severity", "message", "hint")

    @extend_schema_field(BilingualShape)
    def get_message(self, problem: UploadProblem) -> dict[str, str]:
        """Return what is wrong in both languages."""
        return {"zh": problem.message_zh, "en": problem.message_en}

    @extend_schema_field(BilingualShape)
    def get_hint(self, problem: UploadProblem) -> dict[str, str]:
        """Return the advice in both languages."""
        return {"zh": problem.hint_zh, "en": problem.hint_en}


class UploadSerializer(serializers.ModelSerializer[Upload]):
    """An upload as REST clients see it. `revision` counts the changes of a person; send it along with corrections."""

    state = serializers.SerializerMethodField()
    table = serializers.CharField(source="table_id")

    class Meta:
        model = Upload
        fields = (
            "id", "filename", "bytes", "sha256", "table", "state", "revision", "origin", "system", "parent", "member",
            "counts", "effect", "check_job", "load_job", "created_at", "loaded_at",
        )  # fmt: skip

    @extend_schema_field(serializers.ChoiceField(choices=UploadState.choices))
    def get_state(self, upload: Upload) -> str:
        """Return where it stands; `failed` when its job failed or was cancelled."""
        return str(upload.standing)


class UploadDetailSerializer(UploadSerializer):
    """An upload with how it was read and mapped, the corrections so far and its first problems."""

    reading = serializers.JSONField(source="inspected", help_text="How the file was read, with a sample of its rows.")
    problems = serializers.SerializerMethodField()

    class Meta(UploadSerializer.Meta):
        fields = (  # type: ignore[assignment]
            *UploadSerializer.Meta.fields, "guess", "reading", "mapping", "confirmed", "steps", "problems",
        )  # fmt: skip

    @extend_schema_field(ProblemSerializer(many=True))
    def get_problems(self, upload: Upload) -> list[dict[str, Any]]:
        """Return the first problems; `counts` tells how many there are, `problems/` has them page by page."""
        return list(ProblemSerializer(upload.problems.all()[:FIRST_PROBLEMS], many=True).data)


def choice(request: Request, name: str, values: list[str]) -> str:
    """Return a parameter that must be one of the values; empty when it is left out. ValidationError names them."""
    given = request.query_params.get(name)
    if given is not None and given not in values:
        raise ValidationError({name: [", ".join(values)]})
    return given or ""


class UploadsView(WorkspaceAPIMixin, generics.ListAPIView[Upload]):
    """All uploads, and new ones."""

    serializer_class = UploadSerializer
    pagination_class = NewestFirst
    filter_backends: tuple[()] = ()
    parser_classes = (MultiPartParser,)

    def get_queryset(self) -> QuerySet[Upload]:
        """Return what was asked for, newest first."""
        if getattr(self, "swagger_fake_view", False):  # the schema is drawn without a workspace
            return Upload._default_manager.none()
        found = newest_uploads()
        if table := choice(self.request, "table", list(load_library().tables)):
            found = found.filter(table_id=table)
        if origin := choice(self.request, "origin", JobOrigin.values):
            found = found.filter(origin=origin)
        state = choice(self.request, "state", UploadState.values)
        if state == UploadState.FAILED:
            return found.filter(FAILED | Q(state=state))
        failed = newest_uploads().filter(FAILED).values("pk")
        return found.filter(state=state).exclude(pk__in=failed) if state else found

    @extend_schema(
        operation_id="uploads_list",
        parameters=[
            SLUG,
            OpenApiParameter("state", str, enum=UploadState.values, description="Only those that stand here."),
            OpenApiParameter("table", str, description="Only those of this table."),
            OpenApiParameter("origin", str, enum=JobOrigin.values, description="Only those that came this way."),
        ],
        tags=["uploads"],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List uploads, files and pushed batches alike, newest first."""
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="uploads_create",
        request={"multipart/form-data": UploadInput},
        responses={201: UploadSerializer},
        parameters=[SLUG, IDEMPOTENCY_KEY],
        examples=[
            OpenApiExample(
                "Orders of a day",
                value={"file": "(binary)", "table": "orders", "load": "clean"},
                request_only=True,
                media_type="multipart/form-data",
            ),
        ],
        tags=["uploads"],
    )
    @idempotent
    def post(self, request: Request, slug: str, **kwargs: Any) -> Response:
        """Take a file and queue its check; follow `GET uploads/{id}/` until `state` is final."""
        form = UploadInput(data=request.data)
        form.is_valid(raise_exception=True)
        file, said = form.validated_data["file"], form.validated_data
        auto = AutoLoad.CLEAN if said["auto"] else AutoLoad.OFF
        upload = receive_upload(
            file.chunks(),
            filename=file.name,
            actor_id=request.user.pk,
            origin=JobOrigin.API,
            table_id=said["table"],
            auto_load=AutoLoad(said["load"]) if "load" in said else auto,
        )
        location = f"{request.path}{upload.pk}/"
        return Response(UploadSerializer(upload).data, status=201, headers={"Location": location})


class UploadView(WorkspaceAPIMixin, APIView):
    """One upload."""

    @extend_schema(
        operation_id="uploads_get", responses=UploadDetailSerializer, parameters=[SLUG, UPLOAD], tags=["uploads"]
    )
    def get(self, request: Request, slug: str, pk: int, **kwargs: Any) -> Response:
        """Return the upload: how it was read, which column feeds which field, the effect, the first problems."""
        found = get_object_or_404(newest_uploads(), pk=pk)
        return Response(UploadDetailSerializer(found).data)


class ProblemsView(WorkspaceAPIMixin, generics.ListAPIView[UploadProblem]):
    """The problems of one upload."""

    serializer_class = ProblemSerializer
    pagination_class = CursorPages
    filter_backends: tuple[()] = ()

    def get_queryset(self) -> QuerySet[UploadProblem]:
        """Return the upload's problems, those asked for."""
        if getattr(self, "swagger_fake_view", False):  # the schema is drawn without a workspace
            return UploadProblem._default_manager.none()
        found = get_object_or_404(newest_uploads(), pk=self.kwargs["pk"]).problems.all()
        if severity := choice(self.request, "severity", ProblemSeverity.values):
            found = found.filter(severity=severity)
        asked = self.request.query_params
        return found.filter(**{name: asked[name] for name in ("code", "column") if name in asked})

    @extend_schema(
        operation_id="uploads_problems",
        parameters=[
            SLUG,
            UPLOAD,
            OpenApiParameter("severity", str, enum=ProblemSeverity.values, description="Only these."),
            OpenApiParameter("code", str, description="Only this cause."),
            OpenApiParameter("column", str, description="Only this column of the file."),
        ],
        tags=["uploads"],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List what is wrong, by file, sheet, row, column and cause, page by page (the first 10,000 of a file)."""
        return self.list(request, *args, **kwargs)


class ProblemFileView(WorkspaceAPIMixin, APIView):
    """The rows with a problem as a file."""

    content_negotiation_class = FileNegotiation
    parser_classes = (JSONParser,)

    @extend_schema(
        operation_id="uploads_problem_file",
        responses={(200, "text/csv"): OpenApiTypes.BINARY},
        parameters=[SLUG, UPLOAD],
        tags=["uploads"],
    )
    def get(self, request: Request, slug: str, pk: int, **kwargs: Any) -> HttpResponseBase:
        """Return the rows with a problem: original columns, then row, column, code and advice.

        Corrected and uploaded alone it completes the load.
        """
        path = problem_file(get_object_or_404(newest_uploads(), pk=pk))
        if not path.exists():
            raise Http404
        return FileResponse(path.open("rb"), as_attachment=True, filename=f"upload-{pk}-problems.csv")
