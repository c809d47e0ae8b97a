"""The loading of a checked upload: its parts take their place, then one transaction makes all of it count."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language

from kpis.datasets.checks.problems import Problem
from kpis.datasets.store.turning import LOOKS_AT, Swing
from kpis.errors import LoadRefused
from kpis.models import Part, Upload
from kpis.queries.turning import fact_months, swing
from kpis.queries.uploads import visible_upload_ids
from kpis.queries.values import months_to_compute
from kpis.services.fact_changes import fact_key
from kpis.services.facts import ORGANISATION, Row, is_fact_table, keep_facts, read_rows, try_facts
from kpis.services.manifest import begin_to_count
from kpis.services.ordering import lock_manifest
from kpis.services.org_listener import listening, months_moved
from kpis.services.rechecking import check_misfits_again
from kpis.services.staging import Stage, clear_work, stage, staged_files, work_folder
from kpis.services.values import request_all, with_later
from omnichannel.core.periods import Period
from omnichannel.jobs.choices import JobOrigin, JobStep
from omnichannel.jobs.services.running import Run
from omnichannel.webhooks.choices import Topic
from omnichannel.webhooks.services.announcing import News, announce
from omnichannel.workspaces.scoping import current_workspace_id

TOLD = 5  # problems named when a load is refused
# So often rows are compared anew because another upload was faster; after that they load as they are, which reads
# the same but may keep rows that changed nothing.
TURNS = 4


def load_upload(run: Run, *, upload: Upload, good_rows: bool, zone: str) -> None:
    """Load the upload in the hands of this run. Until the last transaction nothing of it can be seen."""
    Upload.objects.filter(pk=upload.pk).update(load_job=run.job)
    staged = upload.staged
    for turn in range(TURNS):
        if not _still_good(staged, table=upload.table_id):
            staged = _stage_again(run, upload, good_rows=good_rows, zone=zone)
        run.progress(JobStep.WRITING, total=len(staged["parts"]))
        rows = read_rows(staged_files(staged)) if is_fact_table(upload.table_id) else []
        moved = _take_place(upload, staged) if staged["effect"]["new"] or staged["effect"]["changed"] else []
        try:
            run.finish(partial(_make_visible, run, upload, staged, moved, rows, last=turn == TURNS - 1))
        except Outrun:
            _give_up_place(moved)
        else:
            return


class Outrun(Exception):
    """Another upload of the table came to count between the comparison and the lock: compare again."""


def _still_good(staged: Mapping[str, Any], *, table: str) -> bool:
    """Tell whether what the check wrote aside can be taken: it is there, and no upload has come between."""
    if not staged.get("parts") or staged["against"] != visible_upload_ids(table):
        return False
    return all(file.exists() for file in staged_files(staged))


def _stage_again(run: Run, upload: Upload, *, good_rows: bool, zone: str) -> Mapping[str, Any]:
    """Try the rows anew: only the good ones are wanted, or other uploads have come to count meanwhile."""
    work = work_folder(run, upload)
    tried = stage(run, upload, mapping=upload.mapping, work=work, zone=zone, good_rows=good_rows)
    if not isinstance(tried, Stage):
        raise LoadRefused(_words(tried))
    if not tried.files:
        raise LoadRefused(_words(tried.problems[:TOLD]))
    effect = try_facts(upload.table_id, parts=tried.files).effect if is_fact_table(upload.table_id) else None
    return {**tried.staged, "effect": dict(effect or tried.effect)}


def _words(problems: Sequence[Problem]) -> str:
    return "; ".join(problem.message.in_language(get_language()) for problem in problems)


def _take_place(upload: Upload, staged: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Put the parts where they stay for good. May be repeated: a part that is there already is left alone."""
    target = Path(str(current_workspace_id()), "parts", upload.table_id, f"{upload.folder.name}-{staged['seq']:08d}")
    (settings.DATA_ROOT / target).mkdir(parents=True, exist_ok=True)
    source = settings.DATA_ROOT / staged["folder"]
    moved = []
    for part in staged["parts"]:
        for name in (part["path"], part["raw_path"]):
            place = settings.DATA_ROOT / target / name
            if not place.exists():
                # A link, not a move: an attempt that dies here leaves the staged part whole for the next one.
                os.link(source / name, place)
        moved.append(part | {"path": str(target / part["path"]), "raw_path": str(target / part["raw_path"])})
    return moved


def _give_up_place(moved: Sequence[Mapping[str, Any]]) -> None:
    for part in moved:
        for name in ("path", "raw_path"):
            (settings.DATA_ROOT / part[name]).unlink(missing_ok=True)


def _make_visible(
    run: Run,
    upload: Upload,
    staged: Mapping[str, Any],
    moved: Sequence[Mapping[str, Any]],
    rows: Sequence[Row],
    *,
    last: bool,
) -> dict[str, Any]:
    """Write the manifest, keep facts, mark the upload as loaded and queue what follows, in the job's transaction."""
    lock_manifest()
    alone = staged["against"] == visible_upload_ids(upload.table_id)
    if not alone and not last:
        raise Outrun
    current = Upload.objects.select_for_update().get(pk=upload.pk)
    effect: Mapping[str, int] = staged["effect"]
    with listening() as heard:
        if is_fact_table(upload.table_id):
            effect = keep_facts(upload.table_id, rows, actor_id=run.job.created_by_id, upload_id=upload.pk)
    Part.objects.bulk_create([_part(upload, part) for part in moved])
    # Outrun to the last: then rows may overlap unseen.
    current.overlaps = bool(moved) and not (alone and not effect["changed"] and not effect["same"])
    now = current.loaded_at = timezone.now()
    added = effect["new"] if alone else _swing(upload, moved).rows
    begin_to_count(current, at=now, rows_added=added, actor_id=run.job.created_by_id)
    current.effect = dict(effect)
    current.staged = {}
    current.save()
    clear_work(upload)
    if upload.table_id in ORGANISATION:
        check_misfits_again(current)
    months = _months(upload, staged, moved, rows)
    reached = months_moved(heard.changes)[0]
    periods = {*months_to_compute(months), *reached}
    told = sorted({*months, *map(str, reached)})
    result = {"upload": upload.pk, "effect": dict(effect), "months": told}
    data = {"id": upload.pk, "table": upload.table_id, "rows": dict(effect), "months": told}
    announce([News(Topic.UPLOAD, f"upload:{upload.pk}:{current.seq}", data)], now=now)
    return result | (_compute_next(run, upload, periods) if effect["new"] or effect["changed"] else {})


def _swing(upload: Upload, moved: Sequence[Mapping[str, Any]]) -> Swing:
    return swing(upload, [settings.DATA_ROOT / part["path"] for part in moved])


def _months(
    upload: Upload, staged: Mapping[str, Any], moved: Sequence[Mapping[str, Any]], rows: Sequence[Row]
) -> list[str]:
    """Return the months whose figures the load moves: of new and changed rows, and of rows that these decide."""
    if is_fact_table(upload.table_id):
        return list(fact_months({fact_key(upload.table_id, row) for row in rows}, table=upload.table_id))
    if upload.table_id in LOOKS_AT:
        return list(_swing(upload, moved).months)
    return list(staged["touched"]["months"] if "touched" in staged else staged["months"])


def _compute_next(run: Run, upload: Upload, periods: Collection[Period]) -> dict[str, Any]:
    if not upload.then_compute or not periods:
        return {}
    origin = JobOrigin(run.job.origin)
    jobs = request_all(with_later(periods), actor_id=run.job.created_by_id, origin=origin)
    return {"computation": jobs[0].pk}


def _part(upload: Upload, part: Mapping[str, Any]) -> Part:
    return Part(
        workspace_id=current_workspace_id(),
        upload=upload,
        table_id=part["table"],
        month=part["month"],
        path=part["path"],
        raw_path=part["raw_path"],
        rows=part["rows"],
        sha256=part["sha256"],
        bytes=part["bytes"],
        first_day=part["first_day"],
        last_day=part["last_day"],
    )
