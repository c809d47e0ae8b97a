"""The frame around a task: open the workspace, claim, keep the lease alive, end in exactly one way."""

from __future__ import annotations

import contextvars
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.utils import timezone

from omnichannel.core.errors import DomainError
from omnichannel.jobs.choices import JobStep
from omnichannel.jobs.errors import JobLost
from omnichannel.jobs.models import Job
from omnichannel.jobs.services.lifecycle import claim_job, fail_job, finish_job, renew_lease, report_progress
from omnichannel.workspaces.scoping import workspace_scope

log = logging.getLogger(__name__)

BEATS = 5  # signs of life within one lease


@dataclass(slots=True)
class Run:
    """A claimed job in the hands of this worker."""

    job: Job

    def progress(self, step: JobStep, *, done: int = 0, total: int = 0) -> None:
        """Show how far the work is; raises JobLost when it should stop."""
        report_progress(self.job, step=step, done=done, total=total, now=timezone.now())

    def finish(self, write: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Write the results and end the job in one transaction."""
        return finish_job(self.job, write=write, now=timezone.now)


@contextmanager
def running(*, workspace_id: int, job_id: int) -> Iterator[Run | None]:
    """Yield the claimed run, or None when somebody else has it. What the block raises ends on the row, never lost."""
    with workspace_scope(workspace_id):
        job = claim_job(job_id, now=timezone.now())
        if job is None:
            yield None
            return
        with _heartbeat(job):
            try:
                yield Run(job)
            except JobLost:
                log.info("job %s was taken over or cancelled", job_id)
            except DomainError as error:
                fail_job(job, reason=error.code, detail=str(error), now=timezone.now(), retry=False)
            except (OperationalError, InterfaceError):
                connection.close()  # the database went away: the lease runs out and the dispatcher sends it again
                log.exception("job %s lost its database", job_id)
            except Exception as error:
                log.exception("job %s failed", job_id)
                detail = f"{type(error).__name__}: {error}"
                fail_job(job, reason="error", detail=detail, now=timezone.now(), retry=True)


def _renewed(job: Job) -> bool:
    try:
        with workspace_scope(job.workspace_id):
            return renew_lease(job, now=timezone.now())
    except (DatabaseError, InterfaceError):
        log.warning("job %s: no heartbeat, the database is away", job.pk, exc_info=True)
        connection.close()
        return True


@contextmanager
def _heartbeat(job: Job) -> Iterator[None]:
    """Renew the lease from a thread of its own while one long query keeps the worker busy.

    A database that is away is asked again: were the beat to end with it, the work would be lost to a second worker.
    """
    stop = threading.Event()

    def beat() -> None:
        try:
            while not stop.wait(settings.JOB_LEASE_SECONDS / BEATS):
                if not _renewed(job):
                    return
        finally:
            connection.close()

    thread = threading.Thread(target=contextvars.copy_context().run, args=(beat,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=5)
