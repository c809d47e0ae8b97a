"""Celery tasks: wake-up calls for job rows. Each opens the job, hands it to a service and ends in exactly one way."""

from __future__ import annotations

from kpis.choices import UploadTurn
from kpis.models import Upload
from kpis.services import (
    analysing,
    checking,
    computing,
    definition_preview,
    figure_preview,
    health,
    loading,
    publishing,
    reverting,
)
from kpis.services.alerts import evaluating, mailing
from kpis.services.pay import runs, simulating
from omnichannel.celery import app
from omnichannel.jobs.services.running import running
from omnichannel.workspaces.queries.zones import current_zone


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
                checking.check_upload(run, upload=upload, zone=current_zone().key)


@app.task  # type: ignore[untyped-decorator] # celery carries no types
def load_upload(*, workspace_id: int, job_id: int) -> None:
    """Make a checked upload count."""
    with running(workspace_id=workspace_id, job_id=job_id) as run:
        if run is not None:
            upload = Upload.objects.get(pk=run.job.params["upload"])
            good_rows = run.job.params["good_rows"]
            loading.load_upload(run, upload=upload, good_rows=good_rows, zone=current_zone().key)


@app.task  # type: ignore[untyped-decorator] # celery carries no types
def compute_values(*, workspace_id: int, job_id: int) -> None:
    """Compute figures and scorecards of the periods a job names."""
    with running(workspace_id=workspace_id, job_id=job_id) as run:
        if run is not None:
            computed = computing.compute(run.job.params, report=run.progress)
            run.finish(lambda: analysing.followed(computing.store(computed, job=run.job), job=run.job))


@app.task  # type: ignore[untyped-decorator] # celery carries no types
def analyse(*, workspace_id: int, job_id: int) -> None:
    """Analyse customers and merchandise of the months a job names."""
    with running(workspace_id=workspace_id, job_id=job_id) as run:
        if run is not None:
            found = analysing.analyse(run.job.params, report=run.progress)
            run.finish(lambda: analysing.store(found, job=run.job))


@app.task  # type: ignore[untyped-decorator] # celery carries no types
def measure_health(*, workspace_id: int, job_id: int) -> None:
    """Measure the tables whose data have changed since they were measured last."""
    with running(workspace_id=workspace_id, job_id=job_id) as run:
        if run is not None:
            measured = health.measure(run.progress)
            run.finish(lambda: health.store(measured))


@app.task  # type: ignore[untyped-decorator] # celery carries no types
def publish_cards(*, workspace_id: int, job_id: int) -> None:
    """Freeze the scorecards of a period."""
    with running(workspace_id=workspace_id, job_id=job_id) as run:
        if run is not None:
            run.finish(lambda: publishing.publish_job(run.job))


@app.task  # type: ignore[untyped-decorator] # celery carries no types
def watch_alerts(*, workspace_id: int, job_id: int) -> None:
    """Hold the alert rules against what is stored now."""
    with running(workspace_id=workspace_id, job_id=job_id) as run:
        if run is not None:
            run.finish(evaluating.now_evaluated)


@app.task  # type: ignore[untyped-decorator] # celery carries no types
def send_alerts(*, workspace_id: int, job_id: int) -> None:
    """Send the alert messages that wait. Each is taken and sent on its own; the job only says that all had a turn."""
    with running(workspace_id=workspace_id, job_id=job_id) as run:
        if run is not None:
            sent = mailing.send_waiting()
            run.finish(lambda: sent)


@app.task  # type: ignore[untyped-decorator] # celery carries no types
def revert_upload(*, workspace_id: int, job_id: int) -> None:
    """Take a loaded upload back."""
    _turn(workspace_id, job_id, UploadTurn.REVERT)


@app.task  # type: ignore[untyped-decorator] # celery carries no types
def reapply_upload(*, workspace_id: int, job_id: int) -> None:
    """Let a reverted upload count again."""
    _turn(workspace_id, job_id, UploadTurn.REAPPLY)


def _turn(workspace_id: int, job_id: int, turn: UploadTurn) -> None:
    with running(workspace_id=workspace_id, job_id=job_id) as run:
        if run is not None:
            reverting.turn_upload(run, upload=Upload.objects.get(pk=run.job.params["upload"]), turn=turn)


@app.task  # type: ignore[untyped-decorator] # celery carries no types
def preview_figures(*, workspace_id: int, job_id: int) -> None:
    """Find out which figures a load, a revert or a re-apply would change. Nothing but the job's result is kept."""
    with running(workspace_id=workspace_id, job_id=job_id) as run:
        if run is not None:
            found = figure_preview.preview(run.job.params, report=run.progress)
            run.finish(lambda: found)


@app.task  # type: ignore[untyped-decorator] # celery carries no types
def preview_definition(*, workspace_id: int, job_id: int) -> None:
    """Find out what a draft of a KPI or parameter would change. Nothing but the job's result is kept."""
    with running(workspace_id=workspace_id, job_id=job_id) as run:
        if run is not None:
            found = definition_preview.preview_definition(run.job.params, report=run.progress)
            run.finish(lambda: found)


@app.task  # type: ignore[untyped-decorator] # celery carries no types
def calculate_pay(*, workspace_id: int, job_id: int) -> None:
    """Work out the statements of a month."""
    with running(workspace_id=workspace_id, job_id=job_id) as run:
        if run is not None:
            runs.calculate_run(run, run_id=run.job.params["run"])


@app.task  # type: ignore[untyped-decorator] # celery carries no types
def simulate_pay(*, workspace_id: int, job_id: int) -> None:
    """Try pay plans on closed months."""
    with running(workspace_id=workspace_id, job_id=job_id) as run:
        if run is not None:
            simulating.simulate(run, simulation_id=run.job.params["simulation"])
