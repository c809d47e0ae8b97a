"""Send a file through the data door, and see how it went."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kpis.choices import AutoLoad
from kpis.library import load_library
from kpis.models import Upload, UploadProblem
from kpis.queries.uploads import newest_uploads
from kpis.services.uploads import receive_upload
from omnichannel.jobs.choices import JobOrigin
from omnichannel.workspaces.authentication import WorkspaceAPIMixin

PROBLEMS_SHOWN = 1000


class UploadInput(serializers.Serializer[Any]):
    """The form of a new upload."""

    file = serializers.FileField(help_text="CSV, XLSX, XLSM, XLS or ODS.")
    table = serializers.ChoiceField(
        choices=[], required=False, default="", allow_blank=True, help_text="Canonical table; guessed when left out."
    )
    auto = serializers.BooleanField(default=False, help_text="Load by itself when the check finds no error.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Offer the tables of the catalogue."""
        fields = super().get_fields()
        fields["table"].choices = list(load_library().tables)  # type: ignore[attr-defined]
        return fields


class ProblemSerializer(serializers.ModelSerializer[UploadProblem]):
    """A problem: where, what, and what to do. `line` is 1-based in the file; null concerns the whole file."""

    message = serializers.SerializerMethodField()
    hint = serializers.SerializerMethodField()

    class Meta:
        model = UploadProblem
        fields = ("sheet", "line", "column", "value", "code", "severity", "message", "hint")

    def get_message(self, problem: UploadProblem) -> dict[str, str]:
        """Return what is wrong in both languages."""
        return {"zh": problem.message_zh, "en": problem.message_en}

    def get_hint(self, problem: UploadProblem) -> dict[str, str]:
        """Return the advice in both languages."""
        return {"zh": problem.hint_zh, "en": problem.hint_en}


class UploadSerializer(serializers.ModelSerializer[Upload]):
    """An upload as REST clients see it."""

    state = serializers.SerializerMethodField()
    table = serializers.CharField(source="table_id")

    class Meta:
        model = Upload
        fields = (
            "id", "filename", "bytes", "sha256", "table", "state", "counts", "effect", "mapping", "check_job",
            "load_job", "created_at", "loaded_at",
        )  # fmt: skip

    def get_state(self, upload: Upload) -> str:
        """Return where it stands; `failed` when its job failed or was cancelled."""
        return str(upload.standing)


class UploadDetailSerializer(UploadSerializer):
    """An upload with its first problems."""

    problems = serializers.SerializerMethodField()

    class Meta(UploadSerializer.Meta):
        fields = (*UploadSerializer.Meta.fields, "problems")  # type: ignore[assignment]

    def get_problems(self, upload: Upload) -> list[dict[str, Any]]:
        """Return at most a thousand problems; `counts` has them all."""
        return list(ProblemSerializer(upload.problems.all()[:PROBLEMS_SHOWN], many=True).data)


SLUG = OpenApiParameter("slug", str, OpenApiParameter.PATH, description="The workspace.")


class UploadsView(WorkspaceAPIMixin, APIView):
    """New uploads."""

    parser_classes = (MultiPartParser,)

    @extend_schema(
        request=UploadInput,
        responses={201: UploadSerializer},
        parameters=[SLUG],
        tags=["uploads"],
        examples=[
            OpenApiExample("Orders of a day", value={"table": "orders", "auto": True}, request_only=True),
        ],
    )
    def post(self, request: Request, slug: str, **kwargs: Any) -> Response:
        """Take a file and queue its check; follow `GET uploads/<id>/` until `state` is final."""
        form = UploadInput(data=request.data)
        form.is_valid(raise_exception=True)
        file = form.validated_data["file"]
        upload = receive_upload(
            file.chunks(),
            filename=file.name,
            actor_id=request.user.pk,
            origin=JobOrigin.API,
            table_id=form.validated_data["table"],
            auto_load=AutoLoad.CLEAN if form.validated_data["auto"] else AutoLoad.OFF,
        )
        location = f"{request.path}{upload.pk}/"
        return Response(UploadSerializer(upload).data, status=201, headers={"Location": location})


class UploadView(WorkspaceAPIMixin, APIView):
    """One upload."""

    @extend_schema(responses=UploadDetailSerializer, parameters=[SLUG], tags=["uploads"])
    def get(self, request: Request, slug: str, pk: int, **kwargs: Any) -> Response:
        """Return the upload with its problems."""
        found = get_object_or_404(newest_uploads(), pk=pk)
        return Response(UploadDetailSerializer(found).data)
