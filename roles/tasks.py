"""Celery tasks of the roles app: wake-up calls for job rows."""

from __future__ import annotations

from omnichannel.celery import app
from omnichannel.jobs.services.running import running
from omnichannel.workspaces.clock import today_in
from omnichannel.workspaces.models import Workspace
from roles.models import DirectoryRun
from roles.services.directories.running import perform


@app.task  # type: ignore[untyped-decorator] # celery carries no types
def sync_directory(*, workspace_id: int, job_id: int) -> None:
    """Read a directory, and write or preview what it says."""
    with running(workspace_id=workspace_id, job_id=job_id) as run:
        if run is not None:
            asked = DirectoryRun.objects.select_related("connection").get(pk=run.job.params["run"])
            perform(run, asked, on=today_in(Workspace.objects.get(pk=workspace_id)))
