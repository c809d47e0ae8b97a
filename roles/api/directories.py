"""Directories over REST: which are connected, start a reading, see how it ended. Credentials are for the pages only."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.jobs.choices import JobOrigin
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of
from roles.directory_choices import DirectoryKind, RunState
from roles.directory_words import fault_of, fault_words
from roles.models import DirectoryConnection, DirectoryRun
from roles.queries.directories import connections, runs, state_of
from roles.services.directories.running import request_reading

KIND = OpenApiParameter("kind", str, OpenApiParameter.PATH, enum=DirectoryKind.values, description="The system.")
RUN = OpenApiParameter("id", int, OpenApiParameter.PATH, description="The reading's number.")


class DirectoryReadingSerializer(serializers.Serializer[DirectoryRun]):
    """One reading of a directory. `confirm`: the words to send when more than 10 % would leave."""

    id = serializers.IntegerField(source="pk", help_text="The reading's number.")
    kind = serializers.ChoiceField(choices=DirectoryKind.choices, help_text="The system.")
    state = serializers.SerializerMethodField(help_text="How far it is, or how it ended.")
    is_preview = serializers.BooleanField(help_text="True: nothing is written, whatever it finds.")
    job = serializers.IntegerField(source="job_id", allow_null=True, help_text="The job that does it.")
    revision = serializers.IntegerField(allow_null=True, help_text="The revision it made; null where nothing differs.")
    confirm = serializers.SerializerMethodField(help_text="Send these words as `confirm` to let so many leave.")
    fault = serializers.SerializerMethodField(help_text="Why it could not be read; empty otherwise.")
    summary = serializers.JSONField(help_text="Counts and names of what is new, changed, moved and ended; oddities.")
    created_at = serializers.DateTimeField(help_text="When it was asked for.")
    finished_at = serializers.DateTimeField(allow_null=True, help_text="When it ended.")

    def get_state(self, run: DirectoryRun) -> RunState:
        """Return the state."""
        return state_of(run)

    def get_confirm(self, run: DirectoryRun) -> str:
        """Return the words, while they are wanted."""
        return str(run.summary.get("confirm", ""))

    def get_fault(self, run: DirectoryRun) -> str:
        """Return what went wrong, in the caller's language."""
        fault = fault_of(run.fault)
        return fault_words(fault) if fault else ""


class DirectorySerializer(serializers.Serializer[Any]):
    """A connected directory."""

    kind = serializers.ChoiceField(choices=DirectoryKind.choices, help_text="The system.")
    base_url = serializers.CharField(help_text="Where it answers.")
    daily = serializers.BooleanField(help_text="True: it is read every day.")
    last = DirectoryReadingSerializer(allow_null=True, help_text="The newest reading.")


class ReadDirectorySerializer(serializers.Serializer[Any]):
    """How to read a directory."""

    preview = serializers.BooleanField(default=False, help_text="True: only tell what would change.")
    confirm = serializers.CharField(
        default="", allow_blank=True, max_length=80, help_text="The words of an earlier reading that wanted them."
    )


class DirectoriesView(WorkspaceAPIMixin, APIView):
    """The connected directories."""

    @extend_schema(operation_id="directories_list", responses=DirectorySerializer(many=True), tags=["directories"])
    def get(self, request: Request, slug: str) -> Response:
        """List the connected directories, each with its newest reading. Secrets are never shown."""
        found = [
            {"kind": one.connection.kind, "base_url": one.connection.base_url, "daily": one.connection.daily,
             "last": one.last}
            for one in connections()
        ]  # fmt: skip
        return Response(DirectorySerializer(found, many=True).data)


class DirectoryReadingsView(WorkspaceAPIMixin, APIView):
    """Start a reading."""

    @extend_schema(
        operation_id="directory_read",
        parameters=[KIND, IDEMPOTENCY_KEY],
        request=ReadDirectorySerializer,
        responses={202: DirectoryReadingSerializer},
        examples=[OpenApiExample("A preview", value={"preview": True}, request_only=True)],
        tags=["directories"],
    )
    @idempotent
    def post(self, request: Request, slug: str, kind: str) -> Response:
        """Read the directory in the background; ask for the reading until its state is final."""
        connection = get_object_or_404(DirectoryConnection.objects.all(), kind=kind)
        said = ReadDirectorySerializer(data=request.data)
        said.is_valid(raise_exception=True)
        run = request_reading(
            connection,
            actor_id=access_of(request).user_id,
            origin=JobOrigin.API,
            is_preview=said.validated_data["preview"],
            confirm=said.validated_data["confirm"],
        )
        return Response(DirectoryReadingSerializer(run).data, status=202)


class DirectoryReadingView(WorkspaceAPIMixin, APIView):
    """One reading."""

    @extend_schema(
        operation_id="directory_reading", parameters=[RUN], responses=DirectoryReadingSerializer, tags=["directories"]
    )
    def get(self, request: Request, slug: str, pk: int) -> Response:
        """Return how far a reading is, or what it did."""
        return Response(DirectoryReadingSerializer(get_object_or_404(runs(), pk=pk)).data)
