"""The dispatcher's round: re-send what waits, take back what was abandoned, give up at the cap."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from omnichannel.celery import app
from omnichannel.jobs.choices import JobState
from omnichannel.jobs.models import Job
from omnichannel.workspaces.models import Workspace
from omnichannel.workspaces.scoping import workspace_scope

log = logging.getLogger(__name__)

RESEND_AFTER = timedelta(seconds=10)
PER_ROUND = 4  # jobs of one workspace in one round: a long queue of one tenant does not starve the others


_held: ContextVar[bool] = ContextVar("wake_held", default=False)


@contextmanager
def holding_back() -> Iterator[None]:
    """Leave the jobs made in here to the dispatcher's next round but one: the caller works them off at once itself.

    What the caller does not come to is done by a worker some seconds later, and by then much of it may be one job.
    """
    token = _held.set(True)
    try:
        yield
    finally:
        _held.reset(token)


def wake(job: Job) -> None:
    """Send the job's wake-up call once the caller's transaction is through. Losing it is harmless."""
    if _held.get():
        # A job that waits already keeps its turn, however many join it.
        Job.objects.filter(pk=job.pk, sent_at=None).update(sent_at=timezone.now())
        return
    transaction.on_commit(lambda: send(workspace_id=job.workspace_id, job_id=job.pk, kind=job.kind))


def send(*, workspace_id: int, job_id: int, kind: str) -> bool:
    """Publish the message; False when the broker is down (the dispatcher tries again)."""
    try:
        app.send_task(
            settings.JOB_TASKS[kind],
            kwargs={"workspace_id": workspace_id, "job_id": job_id},
            priority=settings.JOB_PRIORITIES.get(kind, 0),
        )
    except Exception:
        log.warning("broker unreachable, job %s waits", job_id)
        return False
    return True


def dispatch_round(*, now: datetime) -> int:
    """Look at every workspace in turn; return how many messages were sent."""
    return sum(_dispatch_workspace(pk, now=now) for pk in Workspace.objects.values_list("pk", flat=True))


def _dispatch_workspace(workspace_id: int, *, now: datetime) -> int:
    """Send what is due. Jobs that a worker is just finishing are locked and left alone, however long that takes."""
    with workspace_scope(workspace_id), transaction.atomic():
        free = Job.objects.select_for_update(skip_locked=True)
        abandoned = Q(state=JobState.RUNNING, lease_until__lt=now)
        spent = free.filter(abandoned | Q(state=JobState.QUEUED), attempts__gte=settings.JOB_MAX_ATTEMPTS)
        Job.objects.filter(pk__in=list(spent.values_list("pk", flat=True))).update(
            state=JobState.FAILED,
            lease_until=None,
            finished_at=now,
            reason="worker_lost",
            detail="The worker was lost at each attempt.",
        )
        unsent = Q(sent_at=None) | Q(sent_at__lt=now - RESEND_AFTER)
        due = list(
            free.filter(abandoned | Q(state=JobState.QUEUED), unsent)
            .order_by(F("sent_at").asc(nulls_first=True), "id")
            .values_list("pk", "kind")[:PER_ROUND]
        )
        Job.objects.filter(pk__in=[pk for pk, _kind in due]).update(sent_at=now)
    sent = [pk for pk, kind in due if send(workspace_id=workspace_id, job_id=pk, kind=kind)]
    if len(sent) < len(due):
        with workspace_scope(workspace_id):  # the broker is down: they wait for the next round
            Job.objects.filter(pk__in=[pk for pk, _kind in due if pk not in sent]).update(sent_at=None)
    return len(sent)
