"""Jobs of the open workspace, and what can be said of one from its row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from omnichannel.jobs.choices import ACTIVE, JobKind, JobOrigin, JobState, JobStep
from omnichannel.jobs.models import Job
from omnichannel.jobs.queries.subjects import Subject, subjects_of
from omnichannel.workspaces.choices import MemberRole

# What concerns the pay of single people is for those who make it.
OF_HR = (JobKind.CALCULATE_PAY, JobKind.SIMULATE_PAY)
HR = (MemberRole.OWNER, MemberRole.HR_LEAD)
STALLED_AFTER = timedelta(seconds=20)  # a dead worker is named within 30 s of its last sign, poll included
STEPS: Mapping[str, tuple[JobStep, ...]] = {
    JobKind.CHECK_UPLOAD: (JobStep.WAITING, JobStep.READING, JobStep.CHECKING, JobStep.WRITING),
    JobKind.LOAD_UPLOAD: (JobStep.WAITING, JobStep.READING, JobStep.CHECKING, JobStep.WRITING),
    JobKind.REVERT_UPLOAD: (JobStep.WAITING, JobStep.READING, JobStep.WRITING),
    JobKind.REAPPLY_UPLOAD: (JobStep.WAITING, JobStep.READING, JobStep.WRITING),
    JobKind.COMPUTE_VALUES: (JobStep.WAITING, JobStep.COMPUTING, JobStep.GRADING),
}
OTHER_STEPS = (JobStep.WAITING, JobStep.COMPUTING)


def newest_jobs(role: MemberRole | None = None) -> QuerySet[Job]:
    """Return all jobs, or those a role may see and act on, newest first, with who asked."""
    rows = Job.objects.select_related("created_by", "workspace", "acknowledged_by")
    return rows if role is None or role in HR else rows.exclude(kind__in=OF_HR)


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs a list shows; empty means all. What is no known value is left out."""

    state: str = ""
    kind: str = ""
    origin: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> JobFilter:
        """Read the filter from a URL; `state=active` and `state=open` (failed and not acknowledged) are groups."""
        state, kind, origin = query.get("state", ""), query.get("kind", ""), query.get("origin", "")
        return cls(
            state if state in {*JobState.values, "active", "open"} else "",
            kind if kind in JobKind.values else "",
            origin if origin in JobOrigin.values else "",
        )

    def jobs(self, role: MemberRole | None = None) -> QuerySet[Job]:
        """Return the jobs it lets through, of those a role may see, newest first."""
        wanted = Q()
        if self.state == "active":
            wanted &= Q(state__in=ACTIVE)
        elif self.state == "open":
            wanted &= OPEN_FAILURE
        elif self.state:
            wanted &= Q(state=self.state)
        if self.kind:
            wanted &= Q(kind=self.kind)
        if self.origin:
            wanted &= Q(origin=self.origin)
        return newest_jobs(role).filter(wanted)


def is_working(*, now: datetime) -> bool:
    """Tell whether a worker holds a job of the workspace: by a lease that lasts, or by the lock of its row.

    Whoever writes the results of a job holds the row until they are all written, and no sign of life gets past that.
    """
    running = Job.objects.filter(state=JobState.RUNNING)
    if running.filter(lease_until__gte=now).exists():
        return True
    with transaction.atomic():
        free = set(running.select_for_update(skip_locked=True).values_list("pk", flat=True))
        return running.exclude(pk__in=free).exists()


OPEN_FAILURE = Q(state=JobState.FAILED, acknowledged_at=None)


def open_failures(role: MemberRole | None = None) -> QuerySet[Job]:
    """Return the failed jobs that nobody has acknowledged or tried again, newest first."""
    return newest_jobs(role).filter(OPEN_FAILURE)


@dataclass(frozen=True, slots=True)
class JobProgress:
    """A job as a person reads it: seconds waited and run, units a second, seconds left, seconds without a sign of life.

    `stalled`: silent for so long that the worker counts as lost; another takes the job over when its lease runs out.
    """

    job: Job
    waited: float
    ran: float
    rate: float | None
    left: float | None
    silent: float
    stalled: bool
    subject: Subject | None = None

    @property
    def steps(self) -> list[dict[str, str]]:
        """Return the steps of this kind of job with how far each is, for a stepper."""
        order = STEPS.get(self.job.kind, OTHER_STEPS)
        reached = _reached(self.job, order)
        ended = {JobState.FAILED: "failed", JobState.CANCELLED: "stopped"}.get(JobState(self.job.state), "current")
        steps = [
            {
                "label": str(JobState.QUEUED.label if step is JobStep.WAITING else step.label),
                "state": "done" if index < reached else (ended if index == reached else "todo"),
            }
            for index, step in enumerate(order)
        ]
        final = "done" if self.job.state == JobState.SUCCEEDED else "todo"
        return [*steps, {"label": str(JobStep.DONE.label), "state": final}]


def _reached(job: Job, order: tuple[JobStep, ...]) -> int:
    """Return the index of the step a job is at; behind the last one when it has succeeded."""
    if job.state == JobState.SUCCEEDED:
        return len(order)
    return order.index(JobStep(job.step)) if job.step in order else 0


def job_progress(job: Job, *, now: datetime, subject: Subject | None = None) -> JobProgress:
    """Work out a job's times from its row; no query."""
    started = job.started_at or job.finished_at or now
    ran = ((job.finished_at or now) - started).total_seconds() if job.started_at else 0.0
    rate = job.done / ran if job.done and ran > 0 else None
    left = (job.total - job.done) / rate if rate and job.total > job.done and not job.is_final else None
    last_sign = job.heartbeat_at if job.state == JobState.RUNNING and job.heartbeat_at else job.created_at
    silent = 0.0 if job.is_final else max((now - last_sign).total_seconds(), 0.0)
    return JobProgress(
        job=job,
        waited=max((started - job.created_at).total_seconds(), 0.0),
        ran=ran,
        rate=rate,
        left=left,
        silent=silent,
        stalled=silent > STALLED_AFTER.total_seconds(),
        subject=subject,
    )


def described(jobs: Iterable[Job], *, now: datetime) -> list[JobProgress]:
    """Return the jobs with their times and what they are about."""
    found = list(jobs)
    subjects = subjects_of(found)
    return [job_progress(job, now=now, subject=subjects.get(job.pk)) for job in found]
