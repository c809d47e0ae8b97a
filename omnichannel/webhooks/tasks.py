"""Celery tasks of webhooks: wake-up calls for job rows."""

from __future__ import annotations

from omnichannel.celery import app
from omnichannel.jobs.services.running import running
from omnichannel.webhooks.services.sending import send_due


@app.task  # type: ignore[untyped-decorator] # celery carries no types
def send_webhooks(*, workspace_id: int, job_id: int) -> None:
    """Send what is due at one endpoint."""
    with running(workspace_id=workspace_id, job_id=job_id) as run:
        if run is not None:
            done = send_due(run.job.params["endpoint"])
            run.finish(lambda: done)
