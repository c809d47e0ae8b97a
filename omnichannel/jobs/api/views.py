"""Jobs over REST: how far each is, as the page shows it; stop one, try one again."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from omnichannel.core.http import CursorPages, refuse_unknown_words
from omnichannel.jobs.api.idempotency import IDEMPOTENCY_KEY, idempotent
from omnichannel.jobs.choices import JobKind, JobOrigin, JobState
from omnichannel.jobs.models import Job
from omnichannel.jobs.queries.jobs import JobFilter, job_progress, newest_jobs
from omnichannel.jobs.queries.subjects import Subject, subjects_of
from omnichannel.jobs.services.dispatching import wake
from omnichannel.jobs.services.lifecycle import acknowledge_job, cancel_job, retry_job
from omnichannel.workspaces.authentication import WorkspaceAPIMixin, access_of

SLUG = OpenApiParameter("slug", str, OpenApiParameter.PATH, description="The workspace.")
JOB = OpenApiParameter("id", int, OpenApiParameter.PATH, description="The job's number.")


class JobTimes(serializers.Serializer[Any]):
    """Seconds waited and run, units a second, seconds left, seconds without a sign of life.

    `stalled`: silent for so long that the worker counts as lost; another takes the job over when its lease runs out.
    """

    waited = serializers.FloatField()
    ran = serializers.FloatField()
    rate = serializers.FloatField(allow_null=True)
    left = serializers.FloatField(allow_null=True)
    silent = serializers.FloatField()
    stalled = serializers.BooleanField()


class JobSerializer(serializers.ModelSerializer[Job]):
    """A job as REST clients see it."""

    progress = serializers.SerializerMethodField()
    created_by = serializers.SerializerMethodField()
    subject = serializers.SerializerMethodField()

    class Meta:
        model = Job
        fields = (
            "id", "kind", "state", "step", "done", "total", "progress", "attempts", "reason", "detail", "result",
            "origin", "created_by", "subject", "created_at", "started_at", "finished_at", "acknowledged_at",
        )  # fmt: skip

    @extend_schema_field(JobTimes)
    def get_progress(self, job: Job) -> dict[str, Any]:
        """Return the job's times as of now."""
        found = job_progress(job, now=timezone.now())
        return {name: getattr(found, name) for name in ("waited", "ran", "rate", "left", "silent", "stalled")}

    def get_created_by(self, job: Job) -> str | None:
        """Name who asked; null for the system itself."""
        return str(job.created_by) if job.created_by else None

    def get_subject(self, job: Job) -> str | None:
        """Name what the job is about: a file, periods; a list brings the subjects of all its jobs along."""
        subjects = self.context.get("subjects")
        found = (subjects_of([job]) if subjects is None else subjects).get(job.pk)
        return found.label if found else None


class NewestFirst(CursorPages):
    """Pages from the newest on."""

    ordering = "-pk"


FILTERS = [
    OpenApiParameter(
        "state",
        str,
        enum=[*JobState.values, "active", "open"],
        description="Only those in this state. `active`: waiting or running; `open`: failed, not acknowledged.",
    ),
    OpenApiParameter("kind", str, enum=JobKind.values, description="Only these."),
    OpenApiParameter("origin", str, enum=JobOrigin.values, description="Only those asked for this way."),
]


class JobsView(WorkspaceAPIMixin, generics.ListAPIView[Job]):
    """All jobs."""

    serializer_class = JobSerializer
    pagination_class = NewestFirst
    filter_backends: tuple[()] = ()
    subjects: dict[int, Subject] | None = None

    def get_queryset(self) -> QuerySet[Job]:
        """Return what was asked for, newest first."""
        if getattr(self, "swagger_fake_view", False):  # the schema is drawn without a workspace
            return Job._default_manager.none()
        refuse_unknown_words(self.request, FILTERS)
        return JobFilter.from_query(self.request.query_params).jobs(access_of(self.request).role)

    def paginate_queryset(self, queryset: Any) -> Any:
        """Page the jobs and look their subjects up all at once."""
        page = super().paginate_queryset(queryset)
        self.subjects = subjects_of(page or ())
        return page

    def get_serializer_context(self) -> dict[str, Any]:
        """Hand the subjects of the page on."""
        return {**super().get_serializer_context(), "subjects": self.subjects}

    @extend_schema(
        operation_id="jobs_list",
        parameters=[SLUG, *FILTERS],
        tags=["jobs"],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List jobs, newest first."""
        return self.list(request, *args, **kwargs)


class JobView(WorkspaceAPIMixin, APIView):
    """One job."""

    @extend_schema(operation_id="jobs_get", responses=JobSerializer, parameters=[SLUG, JOB], tags=["jobs"])
    def get(self, request: Request, slug: str, pk: int, **kwargs: Any) -> Response:
        """Return the job: state, step, done of total, rate and time left."""
        return Response(JobSerializer(get_object_or_404(newest_jobs(access_of(request).role), pk=pk)).data)


class JobCancelView(WorkspaceAPIMixin, APIView):
    """A job stopped."""

    @extend_schema(
        operation_id="jobs_cancel",
        request=None,
        responses=JobSerializer,
        parameters=[SLUG, JOB, IDEMPOTENCY_KEY],
        tags=["jobs"],
    )
    @idempotent
    def post(self, request: Request, slug: str, pk: int, **kwargs: Any) -> Response:
        """Cancel a job that waits or runs. Nothing of it is written."""
        cancel_job(get_object_or_404(newest_jobs(access_of(request).role), pk=pk), now=timezone.now())
        return Response(JobSerializer(get_object_or_404(newest_jobs(access_of(request).role), pk=pk)).data)


class JobRetryView(WorkspaceAPIMixin, APIView):
    """A job tried again."""

    @extend_schema(
        operation_id="jobs_retry",
        request=None,
        responses={201: JobSerializer},
        parameters=[SLUG, JOB, IDEMPOTENCY_KEY],
        tags=["jobs"],
    )
    @idempotent
    def post(self, request: Request, slug: str, pk: int, **kwargs: Any) -> Response:
        """Queue the work of a failed or cancelled job again, as a new job."""
        found = get_object_or_404(newest_jobs(access_of(request).role), pk=pk)
        again = retry_job(found, actor_id=request.user.pk, origin=JobOrigin.API)
        wake(again)
        return Response(JobSerializer(again).data, status=201)


class JobAcknowledgeView(WorkspaceAPIMixin, APIView):
    """A failure taken note of."""

    @extend_schema(
        operation_id="jobs_acknowledge",
        request=None,
        responses=JobSerializer,
        parameters=[SLUG, JOB, IDEMPOTENCY_KEY],
        tags=["jobs"],
    )
    @idempotent
    def post(self, request: Request, slug: str, pk: int, **kwargs: Any) -> Response:
        """Take a failure off the top of the task list."""
        acknowledge_job(
            get_object_or_404(newest_jobs(access_of(request).role), pk=pk), actor_id=request.user.pk, now=timezone.now()
        )
        return Response(JobSerializer(get_object_or_404(newest_jobs(access_of(request).role), pk=pk)).data)
