"""Connections and readings of directories, as pages and REST clients see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from omnichannel.jobs.choices import JobKind
from omnichannel.jobs.models import Job
from omnichannel.jobs.queries.subjects import Subject, register_subjects
from roles.directory_choices import UNDER_WAY, DirectoryKind, RunState
from roles.models import DirectoryConnection, DirectoryRun


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection with its last reading."""

    connection: DirectoryConnection
    last: DirectoryRun | None


def connections() -> list[Connected]:
    """Return the connections with the newest reading of each, in two queries."""
    newest: dict[int, DirectoryRun] = {}
    rows = runs().exclude(connection=None).order_by("connection_id", "-pk").distinct("connection_id")
    for run in rows:
        newest[run.connection_id or 0] = run
    found = DirectoryConnection.objects.order_by("kind")
    return [Connected(one, newest.get(one.pk)) for one in found]


def runs(connection: DirectoryConnection | None = None) -> QuerySet[DirectoryRun]:
    """Return the readings, newest first, of one connection or all. What files said is not loaded."""
    rows = DirectoryRun.objects.select_related("connection", "created_by", "job").defer("directory")
    return rows if connection is None else rows.filter(connection=connection)


def state_of(run: DirectoryRun) -> RunState:
    """Return how a reading stands; one whose worker was lost for good or that was cancelled has failed."""
    state = RunState(run.state)
    if state in UNDER_WAY and run.job is not None and run.job.is_final:
        return RunState.FAILED
    return state


def free_systems() -> list[tuple[str, str]]:
    """Return the systems that are not connected yet, as choices."""
    taken = set(DirectoryConnection.objects.values_list("kind", flat=True))
    return [(value, str(label)) for value, label in DirectoryKind.choices if value not in taken]


def register_job_subjects() -> None:
    """Tell the jobs app what a reading is about."""
    register_subjects(JobKind.SYNC_DIRECTORY, _subjects)


def _subjects(jobs: Sequence[Job]) -> Mapping[int, Subject]:
    wanted = {job.pk: job.params.get("run") for job in jobs}
    found = {run.pk: run for run in runs().filter(pk__in=[pk for pk in wanted.values() if pk])}
    return {
        job.pk: Subject(_label(run), reverse("roles:directory_run", args=[job.workspace.slug, run.pk]))
        for job in jobs
        if (run := found.get(wanted[job.pk] or 0)) is not None
    }


def _label(run: DirectoryRun) -> str:
    name = str(DirectoryKind(run.kind).label)
    return _("Preview: %(name)s") % {"name": name} if run.is_preview else name
