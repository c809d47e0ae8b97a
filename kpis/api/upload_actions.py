"""What a client does with an upload: read it otherwise, map it, correct it, check, load or discard it."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kpis.api.parameters import SLUG, UPLOAD
from kpis.api.uploads import UploadSerializer
from kpis.datasets.repair.fixes import MOST_STEPS
from kpis.errors import CorrectionInvalid
from kpis.models import Upload
from kpis.queries.uploads import newest_uploads
from kpis.services.corrections import add_steps, undo_step
from kpis.services.reverting import request_reapply, request_revert
from kpis.services.uploads import (
    change_mapping,
    change_reading,
    discard_upload,
    request_check,
    request_load,
)
from omnichannel.core.http import problem
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.jobs.api.views import JobSerializer
from omnichannel.jobs.choices import JobOrigin
from omnichannel.workspaces.authentication import WorkspaceAPIMixin

PARAMETERS = [SLUG, UPLOAD, IDEMPOTENCY_KEY]
STEPS = [
    {"kind": "cell", "line": 17, "column": "状态", "value": "已完成"},
    {"kind": "value", "field": "status", "from": "已付", "to": "paid"},
    {"kind": "date_order", "field": "paid_at", "order": "dmy"},
    {"kind": "skip", "lines": [18, 19]},
]


class ReadingInput(serializers.Serializer[Any]):
    """How the file is to be read; what is left out is guessed again."""

    encoding = serializers.CharField(required=False, max_length=40)
    delimiter = serializers.CharField(required=False, max_length=4, trim_whitespace=False)
    sheet = serializers.CharField(required=False, max_length=120)
    header_line = serializers.IntegerField(required=False, min_value=0, max_value=10_000)


class MappingInput(serializers.Serializer[Any]):
    """Which column feeds which field. Columns that are not named keep what is proposed for them."""

    table = serializers.CharField(max_length=40)
    columns = serializers.DictField(
        child=serializers.CharField(allow_null=True, max_length=64),
        required=False,
        help_text="Column of the file -> field of the table, or null: not used.",
    )
    constants = serializers.DictField(
        child=serializers.CharField(max_length=200), required=False, help_text="Field -> one value for every row."
    )


class StepsInput(serializers.Serializer[Any]):
    """Corrections, taken in their order after the ones there are.

    Kinds: cell, skip, value (a word of the file is one of our values), date_order, scale, constant, blank, derive,
    keep, pad.
    """

    revision = serializers.IntegerField(required=False, help_text="The upload's `revision` that you looked at.")
    steps = serializers.ListField(child=serializers.DictField(), allow_empty=False, max_length=MOST_STEPS)


class UndoInput(serializers.Serializer[Any]):
    """What to take back."""

    revision = serializers.IntegerField(required=False, help_text="The upload's `revision` that you looked at.")
    all = serializers.BooleanField(default=False, help_text="All corrections, not only the last.")


class LoadInput(serializers.Serializer[Any]):
    """How much to load."""

    mode = serializers.ChoiceField(choices=["all_or_nothing", "good_rows"], default="all_or_nothing")


def upload_of(pk: int) -> Upload:
    """Return the upload, or 404."""
    return get_object_or_404(newest_uploads(), pk=pk)


def said(shape: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """Return what the body says, in its shape."""
    form = shape(data=request.data)
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)


def accepted(pk: int) -> Response:
    """Answer 202 with the upload as it stands now; its jobs tell when it is through."""
    return Response(UploadSerializer(upload_of(pk)).data, status=202)


class ReadingView(WorkspaceAPIMixin, APIView):
    """How an upload's file is read."""

    @extend_schema(
        operation_id="uploads_reading",
        request=ReadingInput,
        responses={202: UploadSerializer},
        parameters=PARAMETERS,
        examples=[
            OpenApiExample(
                "Titles above the header", value={"encoding": "gb18030", "header_line": 3}, request_only=True
            )
        ],
        tags=["uploads"],
    )
    @idempotent
    def post(self, request: Request, slug: str, pk: int, **kwargs: Any) -> Response:
        """Read the file another way and propose its mapping anew."""
        change_reading(upload_of(pk), guess=said(ReadingInput, request), actor_id=request.user.pk)
        return accepted(pk)


class MappingView(WorkspaceAPIMixin, APIView):
    """Which column feeds which field."""

    @extend_schema(
        operation_id="uploads_mapping",
        request=MappingInput,
        responses={202: UploadSerializer},
        parameters=PARAMETERS,
        examples=[
            OpenApiExample(
                "Two columns decided",
                value={
                    "table": "orders",
                    "columns": {"实付金额": "net_amount", "备注": None},
                    "constants": {"channel": "tmall"},
                },
                request_only=True,
            )
        ],
        tags=["uploads"],
    )
    @idempotent
    def post(self, request: Request, slug: str, pk: int, **kwargs: Any) -> Response:
        """Say what the table and the columns are, and check again."""
        given = said(MappingInput, request)
        change_mapping(
            upload_of(pk),
            table_id=given["table"],
            choices=given.get("columns", {}),
            constants=given.get("constants"),
            actor_id=request.user.pk,
        )
        return accepted(pk)


class StepsView(WorkspaceAPIMixin, APIView):
    """Corrections of an upload's rows."""

    @extend_schema(
        operation_id="uploads_steps",
        request=StepsInput,
        responses={202: UploadSerializer},
        parameters=PARAMETERS,
        examples=[OpenApiExample("Four corrections", value={"revision": 1, "steps": STEPS}, request_only=True)],
        tags=["uploads"],
    )
    @idempotent
    def post(self, request: Request, slug: str, pk: int, **kwargs: Any) -> Response:
        """Correct cells, words and whole columns, or leave rows out, and check again. The file stays as it is."""
        upload, given = upload_of(pk), said(StepsInput, request)
        try:
            add_steps(upload, given["steps"], actor_id=request.user.pk, revision=given.get("revision"))
        except CorrectionInvalid as error:
            issues = [
                {"pointer": f"/{issue.path.replace('.', '/')}", "code": error.code, "message": issue.message}
                for issue in error.issues
            ]
            return problem(error.status, code=error.code, detail=str(error), issues=issues)
        return accepted(pk)


class UndoView(WorkspaceAPIMixin, APIView):
    """Corrections taken back."""

    @extend_schema(
        operation_id="uploads_undo",
        request=UndoInput,
        responses={202: UploadSerializer},
        parameters=PARAMETERS,
        examples=[OpenApiExample("The last one", value={}, request_only=True)],
        tags=["uploads"],
    )
    @idempotent
    def post(self, request: Request, slug: str, pk: int, **kwargs: Any) -> Response:
        """Take back the last correction, or all of them, and check again."""
        upload, given = upload_of(pk), said(UndoInput, request)
        undo_step(upload, actor_id=request.user.pk, revision=given.get("revision"), all_of_them=given["all"])
        return accepted(pk)


class CheckView(WorkspaceAPIMixin, APIView):
    """Another check."""

    @extend_schema(
        operation_id="uploads_check",
        request=None,
        responses={202: UploadSerializer},
        parameters=PARAMETERS,
        tags=["uploads"],
    )
    @idempotent
    def post(self, request: Request, slug: str, pk: int, **kwargs: Any) -> Response:
        """Check again after a failed or cancelled job."""
        request_check(upload_of(pk), actor_id=request.user.pk)
        return accepted(pk)


class LoadView(WorkspaceAPIMixin, APIView):
    """The load."""

    @extend_schema(
        operation_id="uploads_load",
        request=LoadInput,
        responses={202: UploadSerializer},
        parameters=PARAMETERS,
        examples=[OpenApiExample("The rows without an error", value={"mode": "good_rows"}, request_only=True)],
        tags=["uploads"],
    )
    @idempotent
    def post(self, request: Request, slug: str, pk: int, **kwargs: Any) -> Response:
        """Load a checked upload: all of it, or the rows without an error. Nothing counts before."""
        upload, given = upload_of(pk), said(LoadInput, request)
        good_rows = given["mode"] == "good_rows"
        request_load(upload, good_rows=good_rows, actor_id=request.user.pk, origin=JobOrigin.API)
        return accepted(pk)


class DiscardView(WorkspaceAPIMixin, APIView):
    """An upload thrown away."""

    @extend_schema(
        operation_id="uploads_discard",
        request=None,
        responses={200: UploadSerializer},
        parameters=PARAMETERS,
        tags=["uploads"],
    )
    @idempotent
    def post(self, request: Request, slug: str, pk: int, **kwargs: Any) -> Response:
        """Throw an upload away that never counted. Its row stays as a trace."""
        discard_upload(upload_of(pk))
        return Response(UploadSerializer(upload_of(pk)).data)


class RevertView(WorkspaceAPIMixin, APIView):
    """An upload taken back."""

    @extend_schema(
        operation_id="uploads_revert",
        request=None,
        responses={202: JobSerializer},
        parameters=PARAMETERS,
        tags=["uploads"],
    )
    @idempotent
    def post(self, request: Request, slug: str, pk: int, **kwargs: Any) -> Response:
        """Take a loaded upload back: the rows of before count again and the touched figures are computed anew."""
        job = request_revert(upload_of(pk), actor_id=request.user.pk, origin=JobOrigin.API)
        return Response(JobSerializer(job).data, status=202)


class ReapplyView(WorkspaceAPIMixin, APIView):
    """A reverted upload applied again."""

    @extend_schema(
        operation_id="uploads_reapply",
        request=None,
        responses={202: JobSerializer},
        parameters=PARAMETERS,
        tags=["uploads"],
    )
    @idempotent
    def post(self, request: Request, slug: str, pk: int, **kwargs: Any) -> Response:
        """Let a reverted upload count again."""
        job = request_reapply(upload_of(pk), actor_id=request.user.pk, origin=JobOrigin.API)
        return Response(JobSerializer(job).data, status=202)
