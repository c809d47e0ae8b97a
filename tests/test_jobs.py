"""The job row: claim, lease, fence, attempts, dispatcher. Each rule on the real database."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from omnichannel.accounts.models import User
from omnichannel.core.errors import DomainError
from omnichannel.jobs.choices import JobKind, JobOrigin, JobState, JobStep
from omnichannel.jobs.errors import JobLost, JobNotFailed, JobNotFinal
from omnichannel.jobs.models import Job
from omnichannel.jobs.queries.jobs import JobFilter, job_progress, open_failures
from omnichannel.jobs.services.dispatching import dispatch_round
from omnichannel.jobs.services.lifecycle import (
    acknowledge_job,
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
    assert not job_progress(job, now=now - timedelta(seconds=20)).stalled


def test_a_lost_broker_loses_no_job(in_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    from omnichannel.celery import app

    job = make()
    with monkeypatch.context() as patch:
        patch.setattr(app.conf, "broker_url", "redis+socket:///nowhere/at/all")
        app._after_fork()  # let go of its connections, so that the address counts
        assert dispatch_round(now=timezone.now()) == 0
    app._after_fork()
    job.refresh_from_db()
    assert (job.state, job.sent_at) == (JobState.QUEUED, None)
    assert connection.in_atomic_block


def failed(**params: object) -> Job:
    """Make a job that has failed."""
    job = claim_job(make(**params).pk, now=timezone.now())
    assert job is not None
    fail_job(job, reason="error", detail="the disk is full", now=timezone.now(), retry=False)
    job.refresh_from_db()
    return job


def test_a_failure_stays_on_top_until_a_person_acknowledges_it_or_tries_again(
    in_workspace: Workspace, member: Callable[..., User]
) -> None:
    person = member("analyst")
    seen, retried, untouched = failed(a=1), failed(b=1), failed(c=1)
    acknowledge_job(seen, actor_id=person.pk, now=timezone.now())
    retry_job(retried, actor_id=person.pk)
    assert [job.pk for job in open_failures()] == [untouched.pk]
    seen.refresh_from_db()
    assert (seen.acknowledged_by_id, seen.acknowledged_at is not None) == (person.pk, True)
    with pytest.raises(JobNotFailed):
        acknowledge_job(make(d=1), actor_id=person.pk, now=timezone.now())


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, {"waiting", "failed", "loading"}),
        ({"state": "active"}, {"waiting", "loading"}),
        ({"state": "open"}, {"failed"}),
        ({"state": "failed", "origin": "web"}, {"failed"}),
        ({"kind": "load_upload"}, {"loading"}),
        ({"origin": "api"}, {"loading"}),
        ({"state": "no-such-state", "kind": "'; drop"}, {"waiting", "failed", "loading"}),
    ],
)
def test_the_list_narrows_by_state_kind_and_origin(
    query: dict[str, str], expected: set[str], in_workspace: Workspace
) -> None:
    names = {
        make(a=1).pk: "waiting",
        failed(b=1).pk: "failed",
        create_job(JobKind.LOAD_UPLOAD, params={"upload": 1}, origin=JobOrigin.API).pk: "loading",
    }
    assert {names[job.pk] for job in JobFilter.from_query(query).jobs()} == expected


def test_steps_tell_where_a_job_is_and_where_it_ended(in_workspace: Workspace) -> None:
    now = timezone.now()
    job = create_job(JobKind.LOAD_UPLOAD, params={"upload": 1})

    def states() -> list[str]:
        return [step["state"] for step in job_progress(Job.objects.get(pk=job.pk), now=now).steps]

    assert states() == ["current", "todo", "todo", "todo", "todo"]
    held = claim_job(job.pk, now=now)
    assert held is not None
    report_progress(held, step=JobStep.CHECKING, done=5, total=10, now=now)
    assert states() == ["done", "done", "current", "todo", "todo"]
    fail_job(held, reason="error", detail="", now=now, retry=False)
    assert states() == ["done", "done", "failed", "todo", "todo"]
    job = create_job(JobKind.LOAD_UPLOAD, params={"upload": 2})
    cancel_job(job, now=now)
    assert states() == ["stopped", "todo", "todo", "todo", "todo"]


def test_a_dead_worker_is_named_within_thirty_seconds_with_the_seconds(
    in_workspace: Workspace, signed_in: Callable[..., Client]
) -> None:
    job = claim_job(make().pk, now=timezone.now() - timedelta(seconds=27))
    assert job is not None
    client = signed_in("analyst")
    for page in ("/w/acme/jobs/", f"/w/acme/jobs/{job.pk}/"):
        text = client.get(page, headers={"Accept-Language": "en"}).content.decode()
        said = re.search(r"No sign of life for (\d+) s; another worker takes it over by itself\.", text)
        assert said is not None, page
        assert 27 <= int(said[1]) < 60
    Job.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now())
    assert "No sign of life" not in client.get("/w/acme/jobs/", headers={"Accept-Language": "en"}).content.decode()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_task_list_updates_itself_and_works_by_plain_forms(
    language: str, in_workspace: Workspace, signed_in: Callable[..., Client]
) -> None:
    broken, waiting = failed(period="2026-10"), make(period="2026-09")
    client = signed_in("analyst")
    client.cookies["django_language"] = language
    page = client.get("/w/acme/jobs/?state=active").content.decode()
    assert 'hx-trigger="every 2s"' in page
    assert '<noscript><meta http-equiv="refresh"' in page
    assert "the disk is full" in page  # whatever the filter
    fragment = client.get("/w/acme/jobs/", headers={"HX-Request": "true"}).content.decode()
    assert fragment.lstrip().startswith("<div")
    back = client.post(f"/w/acme/jobs/{broken.pk}/acknowledge/", {"next": "/w/acme/jobs/?state=active"})
    assert (back.status_code, back["Location"]) == (302, "/w/acme/jobs/?state=active")
    assert client.post(f"/w/acme/jobs/{broken.pk}/acknowledge/", {"next": "//evil.example/"})["Location"].startswith(
        "/w/"
    )
    assert "the disk is full" not in client.get("/w/acme/jobs/?state=active").content.decode()
    client.post(f"/w/acme/jobs/{waiting.pk}/cancel/")
    assert 'hx-trigger="every 2s"' not in client.get("/w/acme/jobs/").content.decode()


def test_rest_clients_list_cancel_retry_and_acknowledge(
    in_workspace: Workspace, api_client: Callable[..., APIClient]
) -> None:
    client = api_client("analyst")
    base = "/api/v1/workspaces/acme/jobs/"
    broken, waiting = failed(periods=["2026-10"]), make(periods=["2026-09"])
    listed = client.get(base, {"state": "open"}).json()["results"]
    assert [(job["id"], job["state"], job["acknowledged_at"]) for job in listed] == [(broken.pk, "failed", None)]
    one = client.get(f"{base}{waiting.pk}/").json()
    assert (one["progress"]["stalled"], one["progress"]["rate"], one["created_by"]) == (False, None, None)
    assert (one["subject"], listed[0]["subject"]) == ("2026-09", "2026-10")
    assert client.post(f"{base}{waiting.pk}/cancel/").json()["state"] == "cancelled"
    assert client.post(f"{base}{waiting.pk}/cancel/").status_code == 409
    assert client.post(f"{base}{broken.pk}/acknowledge/").json()["acknowledged_at"] is not None
    again = client.post(f"{base}{broken.pk}/retry/")
    assert (again.status_code, again.json()["origin"], again.json()["state"]) == (201, "api", "queued")
    assert client.post(f"{base}{again.json()['id']}/retry/").status_code == 409


def test_the_task_list_costs_the_same_queries_however_many_jobs(
    in_workspace: Workspace, signed_in: Callable[..., Client]
) -> None:
    client = signed_in("analyst")

    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            client.get("/w/acme/jobs/")
        return len(counted)

    failed(period="2026-01")
    few = queries()
    for month in range(2, 9):
        failed(period=f"2026-{month:02d}")
        make(period=f"2025-{month:02d}")
    assert queries() == few
