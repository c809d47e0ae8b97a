"""An upload taken back, and applied again: one transaction turns what counts, then the touched months are computed."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import get_language

from kpis.choices import UploadState, UploadTurn
from kpis.datasets.store.turning import Swing
from kpis.errors import RevertRefused, UploadBusy
from kpis.models import Upload
from kpis.queries.turning import fact_months, moved_periods, overlaps_again, swing
from kpis.queries.uploads import visible_upload_ids
from kpis.services.computing import retire_periods
from kpis.services.fact_changes import turn_facts
from kpis.services.facts import is_fact_table
from kpis.services.health import request_measurement
from kpis.services.manifest import begin_to_count, cease_to_count
from kpis.services.ordering import lock_manifest
from kpis.services.org_listener import listening, months_moved
from kpis.services.staging import work_folder
from kpis.services.values import request_all
from omnichannel.jobs.choices import JobKind, JobOrigin, JobStep
from omnichannel.jobs.models import Job
from omnichannel.jobs.services.dispatching import wake
from omnichannel.jobs.services.lifecycle import create_job
from omnichannel.jobs.services.running import Run

TURNS = 4  # so often the comparison is made anew because other uploads of the table came or went meanwhile
STANDS = {UploadTurn.REVERT: UploadState.LOADED, UploadTurn.REAPPLY: UploadState.REVERTED}
KINDS = {UploadTurn.REVERT: JobKind.REVERT_UPLOAD, UploadTurn.REAPPLY: JobKind.REAPPLY_UPLOAD}


def request_revert(upload: Upload, *, actor_id: int | None, origin: JobOrigin = JobOrigin.WEB) -> Job:
    """Queue the taking back of a loaded upload. UploadBusy when it does not count."""
    return _request(upload, UploadTurn.REVERT, actor_id=actor_id, origin=origin)


def request_reapply(upload: Upload, *, actor_id: int | None, origin: JobOrigin = JobOrigin.WEB) -> Job:
    """Queue that a reverted upload counts again. UploadBusy when it is not reverted."""
    return _request(upload, UploadTurn.REAPPLY, actor_id=actor_id, origin=origin)


@transaction.atomic
def _request(upload: Upload, turn: UploadTurn, *, actor_id: int | None, origin: JobOrigin) -> Job:
    locked = Upload.objects.select_for_update().get(pk=upload.pk)
    if locked.state != STANDS[turn]:
        raise UploadBusy
    params = {"upload": upload.pk, "language": get_language() or "zh-hans"}
    job = create_job(KINDS[turn], params=params, actor_id=actor_id, origin=origin)
    wake(job)
    return job


def turn_upload(run: Run, *, upload: Upload, turn: UploadTurn) -> None:
    """Revert or re-apply the upload in the hands of this run. RevertRefused names every fact that stands in the way."""
    for _attempt in range(TURNS):
        run.progress(JobStep.READING)
        seen = visible_upload_ids(upload.table_id)
        work = work_folder(run, upload)
        found = part_swing(upload, work=work)
        shutil.rmtree(work, ignore_errors=True)
        run.progress(JobStep.WRITING)
        try:
            with translation.override(run.job.params.get("language")):
                run.finish(partial(_write, run, upload, turn, seen=seen, found=found))
        except _Outrun:
            continue
        return
    raise UploadBusy


class _Outrun(Exception):
    """Another upload of the table came or went between the comparison and the lock."""


def part_swing(upload: Upload, *, work: Path | None = None) -> Swing:
    """Compare the upload's own parts with the others that count; a fact table's swing is in what it changed."""
    if is_fact_table(upload.table_id):
        changes = list(upload.fact_changes.values_list("key", "before", "after"))
        rows = sum(before is None for _key, before, _after in changes)
        return Swing(rows, fact_months([key for key, *_rest in changes], table=upload.table_id))
    paths = [settings.DATA_ROOT / path for path in upload.parts.order_by("id").values_list("path", flat=True)]
    return swing(upload, paths, work=work)


def _write(run: Run, upload: Upload, turn: UploadTurn, *, seen: Sequence[int], found: Swing) -> dict[str, Any]:
    """Turn the upload, its facts and the months without data in the job's transaction; queue what follows."""
    lock_manifest()
    current = Upload.objects.select_for_update().get(pk=upload.pk)
    if current.state != STANDS[turn]:
        return {"upload": upload.pk, "state": current.state}
    if list(seen) != visible_upload_ids(upload.table_id):
        raise _Outrun
    actor = run.job.created_by_id
    moved = moved_periods(current, turn, months=found.months)
    with listening() as heard:
        if is_fact_table(current.table_id) and (obstacles := turn_facts(current, turn=turn, actor_id=actor)):
            raise RevertRefused([(each.key, each.message) for each in obstacles])
    now = timezone.now()
    if turn is UploadTurn.REVERT:
        cease_to_count(current, at=now, rows_removed=found.rows, actor_id=actor)
    else:
        current.overlaps = overlaps_again(current)
        begin_to_count(current, at=now, rows_added=found.rows, actor_id=actor)
    current.save()
    retired = retire_periods(moved.retire, job=run.job, actor_id=actor)
    request_measurement(actor_id=actor)
    touched = {*moved.compute, *months_moved(heard.changes)[0]} - {*moved.retire}
    return {
        "upload": upload.pk,
        "rows": found.rows,
        "months": list(found.months),
        "retired": [str(period) for period in moved.retire],
        "figures_retired": retired,
        "computations": [job.pk for job in request_all(touched, actor_id=actor, origin=JobOrigin(run.job.origin))],
    }
