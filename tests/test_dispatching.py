"""The dispatcher never waits for a worker that is just writing its results."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from omnichannel.jobs.choices import JobKind, JobState
from omnichannel.jobs.models import Job
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
