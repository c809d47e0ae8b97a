"""A folder of files through the data door: parents first, each file as an upload, one computation at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils import timezone

from kpis.choices import AutoLoad, UploadState
from kpis.datasets.folder import FilePlan, load_order, plan_folder
from kpis.engine.specs import TableSpec
from kpis.library import load_library
from kpis.models import Upload
from kpis.models.uploads import BUSY
from kpis.queries.uploads import newest_uploads
from kpis.queries.values import months_to_compute, newest_and_stored, stored_periods
from kpis.services.health import request_measurement
from kpis.services.uploads import receive_upload
from kpis.services.values import request_in_parts, with_later
from omnichannel.jobs.choices import JobOrigin
from omnichannel.jobs.models import Job
from omnichannel.jobs.queries.jobs import is_working

CHUNK = 1 << 20
TREND = 13  # months
TOLD = 10  # problems named per file
PATIENCE = 180.0  # seconds without any sign of life of the jobs waited for
Pause = Callable[[], None]


@dataclass(frozen=True, slots=True)
class FileLoad:
    """How one file fared. `problems` are lines a person can read; `months` those it touched."""

    filename: str
    table: str
    loaded: bool
    rows: int
    effect: Mapping[str, int]
    months: tuple[str, ...]
    problems: tuple[str, ...]


class NobodyWorks(RuntimeError):
    """The jobs waited for show no sign of life, and no worker holds one: nobody takes them."""


def load_folder(folder: Path, *, good_rows: bool, actor_id: int | None, pause: Pause) -> Iterator[FileLoad]:
    """Load the folder's files and yield each as it ends; after a faulty one nothing that comes later is begun.

    ValueError names a file that fits no table. `pause` is called while the jobs work. The figures are not computed.
    """
    tables = load_library().tables
    plans = plan_folder(folder, tables=tables)
    if not plans:
        raise ValueError(f"{folder}: there is no CSV or workbook")
    for wave in waves(plans, tables=tables):
        sent = [_send(plan, good_rows=good_rows, actor_id=actor_id) for plan in wave]
        ended = [_ended(upload) for upload in _wait(sent, pause=pause)]
        yield from ended
        if not all(load.loaded for load in ended):
            return


def waves(plans: Sequence[FilePlan], *, tables: Mapping[str, TableSpec]) -> list[list[FilePlan]]:
    """Group the files that may load side by side: no parent of another, and one of each table at a time."""
    there = {plan.table for plan in plans}
    depth: dict[str, int] = {}
    for table in load_order(tables):
        parents = set(tables[table].parents) & there & depth.keys()
        depth[table] = 1 + max((depth[parent] for parent in parents), default=0)
    grouped: dict[tuple[int, int], list[FilePlan]] = {}
    seen: dict[str, int] = {}
    for plan in plans:
        turn = seen[plan.table] = seen.get(plan.table, 0) + 1
        grouped.setdefault((depth[plan.table], turn), []).append(plan)
    return [grouped[place] for place in sorted(grouped)]


def _send(plan: FilePlan, *, good_rows: bool, actor_id: int | None) -> Upload:
    with plan.path.open("rb") as file:
        return receive_upload(
            iter(lambda: file.read(CHUNK), b""),
            filename=plan.filename,
            actor_id=actor_id,
            origin=JobOrigin.COMMAND,
            table_id=plan.table,
            guess=_guess_json(plan),
            mapping=plan.mapping.to_json() if plan.mapping else None,
            auto_load=AutoLoad.GOOD_ROWS if good_rows else AutoLoad.CLEAN,
            then_compute=False,
        )


def _guess_json(plan: FilePlan) -> dict[str, Any]:
    guess = plan.guess
    found = {
        "encoding": guess.encoding,
        "delimiter": guess.delimiter,
        "sheet": guess.sheet,
        "header_line": guess.header_line,
        "columns": list(guess.columns) if guess.columns else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _wait(sent: Sequence[Upload], *, pause: Pause) -> list[Upload]:
    """Return the uploads as they are when no job is on them any more."""
    watch = _Watch()
    while True:
        found = list(newest_uploads().filter(pk__in=[upload.pk for upload in sent]).order_by("pk"))
        if not any(upload.standing in BUSY for upload in found):
            return found
        watch.look([job for upload in found for job in (upload.check_job, upload.load_job) if job is not None])
        pause()


class _Watch:
    """Notices when jobs show no sign of life for too long, and no worker is at one of the workspace."""

    def __init__(self) -> None:
        self.last: list[object] = []
        self.since = time.monotonic()

    def look(self, jobs: Sequence[Job]) -> None:
        now: list[object] = [(job.pk, job.state, job.step, job.done, job.heartbeat_at) for job in jobs]
        if now != self.last:
            self.last, self.since = now, time.monotonic()
        elif time.monotonic() - self.since > PATIENCE:
            if not is_working(now=timezone.now()):
                raise NobodyWorks
            self.since = time.monotonic()


def _ended(upload: Upload) -> FileLoad:
    loaded = upload.standing is UploadState.LOADED
    result = upload.load_job.result if upload.load_job is not None else {}
    return FileLoad(
        filename=upload.filename,
        table=upload.table_id,
        loaded=loaded,
        rows=int(upload.counts.get("good", 0)),
        effect=upload.effect,
        months=tuple(result.get("months", ())),
        problems=() if loaded else tuple(_words(upload)),
    )


def _words(upload: Upload) -> Iterator[str]:
    job = upload.load_job or upload.check_job
    if upload.standing is UploadState.FAILED and job is not None:
        yield f"{job.reason}: {job.detail}"
    for match in upload.mapping.get("matches", ()):
        if match["confidence"] == "unsure":
            yield f"column {match['column']!r}: not sure what it is; say so in mapping.yaml"
    problems = upload.problems.filter(severity="error")
    for problem in problems[:TOLD]:
        where = f"line {problem.line}" if problem.line is not None else "the file"
        yield f"{where}, {problem.column or '-'} {problem.value!r}: {problem.message_en} {problem.hint_en}"
    more = int(upload.counts.get("errors", 0)) - TOLD
    if more > 0:
        yield f"... and {more} more"


def compute_after(loads: Sequence[FileLoad], *, actor_id: int | None) -> list[Job]:
    """Ask for the figures of the newest months the loads touched, a trend of twelve and the month now, and a measuring.

    No job when nothing has changed. Older months without figures are computed when somebody asks for them.
    """
    changed = any(load.effect.get("new") or load.effect.get("changed") for load in loads)
    if not changed and stored_periods():
        return []
    periods = months_to_compute(sorted({month for load in loads for month in load.months}))
    asked = with_later(newest_and_stored(periods, most=TREND))
    jobs = request_in_parts(asked, actor_id=actor_id, origin=JobOrigin.COMMAND)
    request_measurement(actor_id=actor_id, origin=JobOrigin.COMMAND)
    return jobs


def wait_for_jobs(jobs: Sequence[Job], *, pause: Pause, told: Callable[[int, int], None]) -> list[Job]:
    """Return the jobs when all have ended; `told` hears how many periods of all are through."""
    watch = _Watch()
    while True:
        found = list(Job.objects.filter(pk__in=[job.pk for job in jobs]).order_by("pk"))
        told(sum(job.done for job in found), sum(len(job.params["periods"]) for job in found))
        if all(job.is_final for job in found):
            return found
        watch.look(found)
        pause()
