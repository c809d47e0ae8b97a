"""Jobs of the open workspace, and what can be said of one from its row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from omnichannel.jobs.choices import JobState
from omnichannel.jobs.models import Job

STALLED_AFTER = timedelta(seconds=30)


def newest_jobs() -> QuerySet[Job]:
    """Return all jobs, newest first, with who asked."""
    return Job.objects.select_related("created_by", "workspace")


@dataclass(frozen=True, slots=True)
class JobProgress:
    """A job as a person reads it: seconds waited and run, rows a second, seconds left, whether it stalls."""

    job: Job
    waited: float
    ran: float
    rate: float | None
    left: float | None
    stalled: bool


def job_progress(job: Job, *, now: datetime) -> JobProgress:
    """Work out a job's times from its row; no query."""
    started = job.started_at or job.finished_at or now
    ran = ((job.finished_at or now) - started).total_seconds() if job.started_at else 0.0
    rate = job.done / ran if job.done and ran > 0 else None
    left = (job.total - job.done) / rate if rate and job.total > job.done and not job.is_final else None
    last_sign = job.heartbeat_at if job.state == JobState.RUNNING else job.created_at
    stalled = not job.is_final and last_sign is not None and now - last_sign > STALLED_AFTER
    return JobProgress(job, (started - job.created_at).total_seconds(), ran, rate, left, stalled)
