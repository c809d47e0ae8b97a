"""Readings as jobs: asked for, done by a worker, previewed, written. The row says how each ended, whatever happens."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from omnichannel.jobs.choices import JobKind, JobOrigin, JobStep
from omnichannel.jobs.services.dispatching import wake
from omnichannel.jobs.services.lifecycle import create_job
from omnichannel.jobs.services.running import Run
from roles.directories.clients import client_of
from roles.directories.faults import DirectoryFault
from roles.directories.files import UploadedFile, directory_of
from roles.directories.shapes import Directory, Kind, as_json, from_json
from roles.directory_choices import UNDER_WAY, RunState
from roles.directory_errors import DirectoryRefused, NotWritable, ReadingUnderWay
from roles.directory_words import kept_fault
from roles.models import DirectoryConnection, DirectoryRun
from roles.services.directories.connections import access_to
from roles.services.directories.writing import DirectoryOutcome, write_directory

EVERY = 0.5  # seconds between two signs of progress
DAILY = timedelta(hours=20)
FORGET_FILES, FORGET_RUNS = timedelta(days=7), timedelta(days=180)


def request_reading(
    connection: DirectoryConnection,
    *,
    actor_id: int | None,
    origin: JobOrigin = JobOrigin.WEB,
    is_preview: bool = False,
    confirm: str = "",
) -> DirectoryRun:
    """Ask for a reading of a connection, one at a time. A preview writes nothing."""
    with transaction.atomic():
        DirectoryConnection.objects.select_for_update().get(pk=connection.pk)
        under_way = DirectoryRun.objects.filter(connection=connection, state__in=UNDER_WAY).select_related("job")
        for run in under_way:
            if run.job is not None and not run.job.is_final:
                raise ReadingUnderWay
            _settle(run, state=RunState.FAILED, now=timezone.now())
        return _begin(
            DirectoryRun(connection=connection, kind=connection.kind),
            actor_id=actor_id,
            origin=origin,
            is_preview=is_preview,
            confirm=confirm,
        )


def request_import(
    files: Sequence[UploadedFile], *, kind: Kind | None, actor_id: int | None, origin: JobOrigin = JobOrigin.WEB
) -> DirectoryRun:
    """Read files at once and ask for a preview of what they say. DirectoryRefused names what is wrong."""
    try:
        directory = directory_of(files, kind=kind)
    except DirectoryFault as fault:
        raise DirectoryRefused(fault) from None
    run = DirectoryRun(kind=directory.kind.value, files=[file.name for file in files], directory=as_json(directory))
    with transaction.atomic():
        return _begin(run, actor_id=actor_id, origin=origin, is_preview=True, confirm="")


def request_writing(run: DirectoryRun, *, actor_id: int | None, origin: JobOrigin, confirm: str = "") -> DirectoryRun:
    """Write what was previewed: files as they were read then, a connection as it answers now."""
    if run.state not in (RunState.PREVIEWED, RunState.TO_CONFIRM):
        raise NotWritable
    if run.connection is not None:
        return request_reading(run.connection, actor_id=actor_id, origin=origin, confirm=confirm)
    if run.directory is None:
        raise NotWritable
    again = DirectoryRun(kind=run.kind, files=run.files, directory=run.directory)
    with transaction.atomic():
        DirectoryRun.objects.filter(pk=run.pk).update(directory=None)
        return _begin(again, actor_id=actor_id, origin=origin, is_preview=False, confirm=confirm)


def perform(job: Run, run: DirectoryRun, *, on: date) -> None:
    """Do the reading a job is about; a fault ends on the row and on the job."""
    DirectoryRun.objects.filter(pk=run.pk).update(
        state=RunState.RUNNING, started_at=timezone.now(), finished_at=None, fault={}, job=job.job
    )
    try:
        directory = _read(job, run)
        job.progress(JobStep.WRITING)
        job.finish(lambda: _write(run, directory, on=on))
    except DirectoryFault as fault:
        _settle(run, state=RunState.FAILED, now=timezone.now(), fault=kept_fault(fault))
        raise DirectoryRefused(fault) from None


def sweep(*, now: datetime) -> int:
    """Read what is read daily, and let go of old files and old entries of the log; return how many went."""
    for connection in DirectoryConnection.objects.filter(daily=True):
        recent = DirectoryRun.objects.filter(connection=connection, is_preview=False, created_at__gt=now - DAILY)
        if not recent.exists():
            with suppress(ReadingUnderWay):  # it is asked for again tomorrow
                request_reading(connection, actor_id=None, origin=JobOrigin.SYSTEM)
    kept = DirectoryRun.objects.filter(created_at__lt=now - FORGET_FILES).exclude(directory=None)
    forgotten = kept.update(directory=None)
    old, _models = DirectoryRun.objects.filter(created_at__lt=now - FORGET_RUNS).delete()
    return forgotten + old


def _begin(
    run: DirectoryRun, *, actor_id: int | None, origin: JobOrigin, is_preview: bool, confirm: str
) -> DirectoryRun:
    run.created_by_id, run.origin, run.is_preview, run.confirm = actor_id, origin, is_preview, confirm
    run.save()
    run.job = create_job(JobKind.SYNC_DIRECTORY, params={"run": run.pk}, actor_id=actor_id, origin=origin)
    run.save(update_fields=["job"])
    wake(run.job)
    return run


def _read(job: Run, run: DirectoryRun) -> Directory:
    if run.connection is None:
        if run.directory is None:
            raise DirectoryFault("file", number="damaged")
        return from_json(run.directory)
    told = 0.0

    def report(done: int, total: int) -> None:
        nonlocal told
        if time.monotonic() - told > EVERY or done == total:
            told = time.monotonic()
            job.progress(JobStep.READING, done=done, total=total)

    job.progress(JobStep.READING)
    return client_of(Kind(run.kind), access_to(run.connection)).read(report)


def _write(run: DirectoryRun, directory: Directory, *, on: date) -> dict[str, Any]:
    connection = run.connection
    done = write_directory(
        directory,
        on=on,
        actor_id=run.created_by_id,
        since=connection.since if connection else None,
        under=(connection.under or None) if connection else None,
        dry_run=run.is_preview,
        confirm=run.confirm,
    )
    state = _state(run, done)
    values: dict[str, Any] = {"summary": done.summary, "revision": done.revision}
    if state is RunState.WRITTEN:
        values["directory"] = None
    _settle(run, state=state, now=timezone.now(), **values)
    return {"run": run.pk, "state": state.value, "revision": done.revision}


def _state(run: DirectoryRun, done: DirectoryOutcome) -> RunState:
    if done.has_issues:
        return RunState.REFUSED
    if run.is_preview:
        return RunState.PREVIEWED
    return RunState.WRITTEN if done.written else RunState.TO_CONFIRM


def _settle(run: DirectoryRun, *, state: RunState, now: datetime, **values: Any) -> None:
    DirectoryRun.objects.filter(pk=run.pk).update(state=state, finished_at=now, **values)
