"""Read one job: its state, step and progress, as the page shows them."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from omnichannel.jobs.models import Job
from omnichannel.workspaces.authentication import WorkspaceAPIMixin


class JobSerializer(serializers.ModelSerializer[Job]):
    """A job as REST clients see it."""

    class Meta:
        model = Job
        fields = (
            "id", "kind", "state", "step", "done", "total", "attempts", "reason", "detail", "result", "origin",
            "created_at", "started_at", "finished_at",
        )  # fmt: skip


class JobView(WorkspaceAPIMixin, APIView):
    """One job."""

    @extend_schema(responses=JobSerializer, tags=["jobs"])
    def get(self, request: Request, slug: str, pk: int, **kwargs: Any) -> Response:
        """Return the job."""
        return Response(JobSerializer(get_object_or_404(Job.objects.all(), pk=pk)).data)
