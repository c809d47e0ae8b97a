"""The dispatcher never waits for a worker that is just writing its results."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from kpis.services import folder
from omnichannel.jobs.choices import JobKind, JobState
from omnichannel.jobs.models import Job
from omnichannel.jobs.queries.jobs import is_working
from omnichannel.jobs.services.dispatching import dispatch_round
from omnichannel.jobs.services.lifecycle import claim_job, create_job
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_job_that_is_being_finished_holds_up_no_other(workspace: Workspace) -> None:
    now = timezone.now()
    with workspace_scope(workspace.pk):
        writing = create_job(JobKind.COMPUTE_VALUES, params={"period": "2026-10"})
        waiting = create_job(JobKind.COMPUTE_VALUES, params={"period": "2026-09"})
        assert claim_job(writing.pk, now=now - timedelta(minutes=5)) is not None  # its lease is over
        Job.objects.update(sent_at=None)
        rounds: list[int] = []

        def dispatch() -> None:
            try:
                rounds.append(dispatch_round(now=now))
            finally:
                connection.close()

        with transaction.atomic():
            Job.objects.select_for_update().get(pk=writing.pk)
            beside = threading.Thread(target=dispatch)
            beside.start()
            beside.join(20)
            assert rounds == [1]
        writing.refresh_from_db()
        waiting.refresh_from_db()
        assert (writing.state, writing.sent_at) == (JobState.RUNNING, None)
        assert waiting.sent_at == now


def test_whoever_waits_for_jobs_hears_of_a_worker_that_writes_longer_than_its_lease(workspace: Workspace) -> None:
    late = timezone.now() + timedelta(minutes=5)
    with workspace_scope(workspace.pk):
        jobs = [create_job(JobKind.COMPUTE_VALUES, params={"period": "2026-10"})]
        assert not is_working(now=late)  # nobody has taken it
        assert claim_job(jobs[0].pk, now=timezone.now()) is not None
        assert (is_working(now=timezone.now()), is_working(now=late)) == (True, False)
        heard: list[bool] = []

        def wait() -> None:
            try:
                with workspace_scope(workspace.pk):
                    heard.append(is_working(now=late))
            finally:
                connection.close()

        with transaction.atomic():
            Job.objects.select_for_update().get(pk=jobs[0].pk)
            beside = threading.Thread(target=wait)
            beside.start()
            beside.join(20)
        assert heard == [True]


def test_waiting_ends_when_nobody_takes_the_jobs_but_not_while_one_is_held(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "PATIENCE", 0.0)
    turns: list[None] = []

    def pause() -> None:
        turns.append(None)
        if len(turns) == 4:
            Job.objects.update(lease_until=None)

    with workspace_scope(workspace.pk):
        held, queued = (create_job(JobKind.COMPUTE_VALUES, params={"periods": [month]}) for month in ("a", "b"))
        assert claim_job(held.pk, now=timezone.now()) is not None
        with pytest.raises(folder.NobodyWorks):
            folder.wait_for_jobs([held, queued], pause=pause, told=lambda *_: None)
        assert len(turns) >= 4
