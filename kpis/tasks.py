"""Celery tasks: wake-up calls for job rows. Each opens the job, hands it to a service and ends in exactly one way."""

from __future__ import annotations

from kpis.models import Upload
from kpis.services import checking, computing, loading
from omnichannel.celery import app
from omnichannel.jobs.services.running import running
from omnichannel.workspaces.models import Workspace


@app.task  # type: ignore[untyped-decorator] # celery carries no types
def check_upload(*, workspace_id: int, job_id: int) -> None:
    """Read an upload, propose its mapping, try every row."""
    with running(workspace_id=workspace_id, job_id=job_id) as run:
        if run is not None:
            params = run.job.params
            upload = Upload.objects.filter(pk=params["upload"], revision=params["revision"]).first()
            if upload is None:  # a person has changed it since: the check of that is another job
                run.finish(lambda: {"state": "outdated"})
            else:
                checking.check_upload(run, upload=upload, zone=_zone(workspace_id))


@app.task  # type: ignore[untyped-decorator] # celery carries no types
def load_upload(*, workspace_id: int, job_id: int) -> None:
    """Make a checked upload count."""
    with running(workspace_id=workspace_id, job_id=job_id) as run:
        if run is not None:
            upload = Upload.objects.get(pk=run.job.params["upload"])
            good_rows = run.job.params["good_rows"]
            loading.load_upload(run, upload=upload, good_rows=good_rows, zone=_zone(workspace_id))


@app.task  # type: ignore[untyped-decorator] # celery carries no types
def compute_values(*, workspace_id: int, job_id: int) -> None:
    """Compute figures and scorecards of the periods a job names."""
    with running(workspace_id=workspace_id, job_id=job_id) as run:
        if run is not None:
            computed = computing.compute(run.job.params, report=run.progress)
            run.finish(lambda: computing.store(computed, job=run.job))


def _zone(workspace_id: int) -> str:
    return Workspace.objects.values_list("timezone", flat=True).get(pk=workspace_id)
