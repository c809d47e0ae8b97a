"""The job row: claim, lease, fence, attempts, dispatcher. Each rule on the real database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from omnichannel.core.errors import DomainError
from omnichannel.jobs.choices import JobKind, JobState, JobStep
from omnichannel.jobs.errors import JobLost, JobNotFinal
from omnichannel.jobs.models import Job
from omnichannel.jobs.queries.jobs import job_progress
from omnichannel.jobs.services.dispatching import dispatch_round
from omnichannel.jobs.services.lifecycle import (
    cancel_job,
    claim_job,
    create_job,
    fail_job,
    finish_job,
    report_progress,
    retry_job,
)
from omnichannel.jobs.services.running import running
from omnichannel.workspaces.models import Workspace

KIND = JobKind.COMPUTE_VALUES


def make(**params: object) -> Job:
    """Queue a job."""
    return create_job(KIND, params=params)


def test_the_same_active_work_is_one_job_and_final_work_may_run_again(in_workspace: Workspace) -> None:
    first = make(period="2026-10")
    assert make(period="2026-10").pk == first.pk
    assert make(period="2026-09").pk != first.pk
    cancel_job(first, now=timezone.now())
    assert make(period="2026-10").pk != first.pk


def test_a_job_is_claimed_once_until_its_lease_runs_out(in_workspace: Workspace) -> None:
    job, now = make(), timezone.now()
    first = claim_job(job.pk, now=now)
    assert first is not None
    assert claim_job(job.pk, now=now) is None
    late = now + timedelta(seconds=settings.JOB_LEASE_SECONDS + 1)
    second = claim_job(job.pk, now=late)
    assert second is not None
    assert (second.attempts, second.token != first.token) == (2, True)


def test_a_worker_that_lost_its_job_can_neither_report_nor_finish(in_workspace: Workspace) -> None:
    job, now = make(), timezone.now()
    slow = claim_job(job.pk, now=now)
    claim_job(job.pk, now=now + timedelta(seconds=settings.JOB_LEASE_SECONDS + 1))
    assert slow is not None
    with pytest.raises(JobLost):
        report_progress(slow, step=JobStep.COMPUTING, done=1, total=2, now=now)
    written = []
    with pytest.raises(JobLost):
        finish_job(slow, write=lambda: written.append(1) or {}, now=timezone.now)
    assert written == []


def test_results_and_final_state_stand_or_fall_together(in_workspace: Workspace) -> None:
    job = claim_job(make().pk, now=timezone.now())
    assert job is not None

    def write() -> dict[str, object]:
        make(half="written")
        raise ValueError("in the middle")

    with pytest.raises(ValueError, match="in the middle"):
        finish_job(job, write=write, now=timezone.now)
    job.refresh_from_db()
    assert (job.state, Job.objects.count()) == (JobState.RUNNING, 1)


def test_a_refusal_ends_the_job_with_its_code_and_a_fault_is_tried_again_until_the_cap(
    in_workspace: Workspace,
) -> None:
    class Refused(DomainError):
        code = "not_today"

    refused = make(a=1)
    with running(workspace_id=in_workspace.pk, job_id=refused.pk) as run:
        assert run is not None
        raise Refused("come back tomorrow")
    refused.refresh_from_db()
    assert (refused.state, refused.reason, refused.detail) == (JobState.FAILED, "not_today", "come back tomorrow")

    faulty = make(b=1)
    for attempt in range(1, settings.JOB_MAX_ATTEMPTS + 1):
        with running(workspace_id=in_workspace.pk, job_id=faulty.pk) as run:
            assert run is not None
            raise RuntimeError("boom")
        faulty.refresh_from_db()
        assert faulty.attempts == attempt
    assert (faulty.state, faulty.detail) == (JobState.FAILED, "RuntimeError: boom")
    with running(workspace_id=in_workspace.pk, job_id=faulty.pk) as run:
        assert run is None


def test_the_dispatcher_sends_what_waits_takes_back_what_was_abandoned_and_buries_at_the_cap(
    in_workspace: Workspace,
) -> None:
    now = timezone.now()
    waiting, abandoned, poison = make(a=1), make(b=1), make(c=1)
    claim_job(abandoned.pk, now=now - timedelta(hours=1))
    for hours in (9, 6, 3):
        claim_job(poison.pk, now=now - timedelta(hours=hours))
    assert dispatch_round(now=now) == 2
    assert dispatch_round(now=now) == 0
    assert dispatch_round(now=now + timedelta(seconds=11)) == 2
    poison.refresh_from_db()
    assert (poison.state, poison.reason) == (JobState.FAILED, "worker_lost")
    waiting.refresh_from_db()
    assert waiting.state == JobState.QUEUED


def test_cancelling_stops_a_running_job_at_its_next_sign_and_it_may_be_tried_again(in_workspace: Workspace) -> None:
    job = claim_job(make().pk, now=timezone.now())
    assert job is not None
    with pytest.raises(JobNotFinal):
        retry_job(job, actor_id=None)
    cancel_job(job, now=timezone.now())
    with pytest.raises(JobLost):
        report_progress(job, step=JobStep.COMPUTING, done=1, total=2, now=timezone.now())
    fail_job(job, reason="late", detail="", now=timezone.now(), retry=True)
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert retry_job(job, actor_id=None).pk != job.pk


def test_progress_tells_rate_time_left_and_a_stalled_worker(in_workspace: Workspace) -> None:
    now = timezone.now()
    job = claim_job(make().pk, now=now - timedelta(seconds=40))
    assert job is not None
    report_progress(job, step=JobStep.COMPUTING, done=20, total=60, now=now - timedelta(seconds=35))
    job.refresh_from_db()
    seen = job_progress(job, now=now)
    assert (seen.rate, seen.left, seen.stalled) == (0.5, 80.0, True)
    assert not job_progress(job, now=now - timedelta(seconds=10)).stalled


def test_a_lost_broker_loses_no_job(in_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    from omnichannel.celery import app

    job = make()
    with monkeypatch.context() as patch:
        patch.setattr(app.conf, "broker_url", "redis+socket:///nowhere/at/all")
        app.pool.force_close_all()
        patch.setattr(app, "_pool", None)
        assert dispatch_round(now=timezone.now()) == 0
    job.refresh_from_db()
    assert (job.state, job.sent_at) == (JobState.QUEUED, None)
    assert connection.in_atomic_block
