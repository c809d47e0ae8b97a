"""The life of a job row. Design and proof: kill -9 at any point loses nothing and doubles nothing."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from omnichannel.jobs.choices import ACTIVE, JobKind, JobOrigin, JobState, JobStep
from omnichannel.jobs.errors import JobIsFinal, JobLost, JobNotFailed, JobNotFinal
from omnichannel.jobs.models import Job

LEASE = timedelta(seconds=settings.JOB_LEASE_SECONDS)


def create_job(
    kind: JobKind, *, params: dict[str, Any], actor_id: int | None = None, origin: JobOrigin = JobOrigin.WEB
) -> Job:
    """Write a job in the caller's transaction. The same work already waiting or running is returned instead."""
    digest = _digest(params)
    while True:
        try:
            with transaction.atomic():
                return Job.objects.create(
                    kind=kind, params=params, params_digest=digest, created_by_id=actor_id, origin=origin
                )
        except IntegrityError as error:
            if "one_active_job_per_work" not in str(error):
                raise
            active = Job.objects.filter(kind=kind, params_digest=digest, state__in=ACTIVE).first()
            if active is not None:  # else it has ended since: the work is wanted anew
                return active


def change_params(job: Job, *, params: dict[str, Any]) -> None:
    """Change what a job that still waits will do. The caller holds the row's lock, so nobody can claim it meanwhile."""
    job.params, job.params_digest = params, _digest(params)
    job.save(update_fields=["params", "params_digest"])


def _digest(params: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(params, sort_keys=True).encode()).hexdigest()


def claim_job(job_id: int, *, now: datetime) -> Job | None:
    """Take a queued or abandoned job by compare-and-set, committed before any work; None when it is not to be had."""
    open_for_claim = Q(state=JobState.QUEUED) | Q(state=JobState.RUNNING, lease_until__lt=now)
    claimed = Job.objects.filter(open_for_claim, pk=job_id, attempts__lt=settings.JOB_MAX_ATTEMPTS).update(
        state=JobState.RUNNING,
        token=uuid.uuid4(),
        attempts=F("attempts") + 1,
        lease_until=now + LEASE,
        started_at=now,
        heartbeat_at=now,
        done=0,
        total=0,
    )
    return Job.objects.get(pk=job_id) if claimed else None


def renew_lease(job: Job, *, now: datetime) -> bool:
    """Keep the job; False when it is lost (cancelled, or another worker holds it)."""
    held = Job.objects.filter(pk=job.pk, token=job.token, state=JobState.RUNNING)
    return held.update(lease_until=now + LEASE, heartbeat_at=now) == 1


def report_progress(job: Job, *, step: JobStep, done: int, total: int, now: datetime) -> None:
    """Write how far the job is and renew its lease; raise JobLost when it is no longer ours."""
    held = Job.objects.filter(pk=job.pk, token=job.token, state=JobState.RUNNING)
    if not held.update(step=step, done=done, total=total, lease_until=now + LEASE, heartbeat_at=now):
        raise JobLost(job.pk)


def finish_job(job: Job, *, write: Callable[[], dict[str, Any]], now: Callable[[], datetime]) -> dict[str, Any]:
    """Write all results and the final state in one transaction, behind the fence of the token."""
    with transaction.atomic():
        held = Job.objects.select_for_update().filter(pk=job.pk, token=job.token, state=JobState.RUNNING)
        if not held.exists():
            raise JobLost(job.pk)
        result = write()
        Job.objects.filter(pk=job.pk).update(
            state=JobState.SUCCEEDED,
            step=JobStep.DONE,
            done=F("total"),
            result=result,
            finished_at=now(),
            lease_until=None,
        )
    return result


def fail_job(job: Job, *, reason: str, detail: str, now: datetime, retry: bool) -> None:
    """End a job as failed; with `retry`, give it back to the queue until its attempts are used up."""
    held = Job.objects.filter(pk=job.pk, token=job.token, state=JobState.RUNNING)
    if retry and job.attempts < settings.JOB_MAX_ATTEMPTS:
        held.update(state=JobState.QUEUED, step=JobStep.WAITING, lease_until=None, reason=reason, detail=detail)
    else:
        held.update(state=JobState.FAILED, lease_until=None, reason=reason, detail=detail, finished_at=now)


def cancel_job(job: Job, *, now: datetime) -> None:
    """Cancel an active job; a worker that holds it finds out at its next progress or at the fence."""
    cancelled = Job.objects.filter(pk=job.pk, state__in=ACTIVE).update(
        state=JobState.CANCELLED, token=None, lease_until=None, reason="cancelled", finished_at=now
    )
    if not cancelled:
        raise JobIsFinal


def retry_job(job: Job, *, actor_id: int | None, origin: JobOrigin | None = None) -> Job:
    """Queue the same work again as a new job; the old one stays as history and counts as acknowledged."""
    if job.state not in (JobState.FAILED, JobState.CANCELLED):
        raise JobNotFinal
    with transaction.atomic():
        again = create_job(
            JobKind(job.kind), params=job.params, actor_id=actor_id, origin=origin or JobOrigin(job.origin)
        )
        acknowledge(Job.objects.filter(pk=job.pk), actor_id=actor_id, now=timezone.now())
    return again


def acknowledge_job(job: Job, *, actor_id: int | None, now: datetime) -> None:
    """Note that a person has seen the failure; until then it stays on top of the task list."""
    if job.state != JobState.FAILED:
        raise JobNotFailed
    acknowledge(Job.objects.filter(pk=job.pk), actor_id=actor_id, now=now)


def acknowledge(jobs: QuerySet[Job], *, actor_id: int | None, now: datetime) -> int:
    """Acknowledge all failures among the jobs that nobody has seen yet; return how many."""
    unseen = jobs.filter(state=JobState.FAILED, acknowledged_at=None)
    return unseen.update(acknowledged_at=now, acknowledged_by_id=actor_id)
