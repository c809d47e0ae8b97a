"""An upload before it counts: received, read and mapped as a person says, sent on, thrown away."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import get_language

from kpis.choices import AutoLoad, UploadState
from kpis.datasets.meaning.mapping import ColumnMapping, Confidence
from kpis.datasets.repair.fixes import StepsInvalid, parse_steps
from kpis.errors import (
    CorrectionInvalid,
    MappingInvalid,
    UnknownTable,
    UploadBusy,
    UploadEmpty,
    UploadTooLarge,
)
from kpis.library import load_library
from kpis.models import Upload
from kpis.queries.uploads import has_unchecked_changes
from kpis.services.mappings import keep_mapping, note_use
from omnichannel.jobs.choices import JobKind, JobOrigin
from omnichannel.jobs.models import Job
from omnichannel.jobs.services.dispatching import wake
from omnichannel.jobs.services.lifecycle import create_job
from omnichannel.workspaces.scoping import current_workspace_id

SETTLED = (UploadState.NEEDS_ATTENTION, UploadState.READY, UploadState.REFUSED)


def receive_upload(
    chunks: Iterable[bytes],
    *,
    filename: str,
    actor_id: int | None,
    origin: JobOrigin = JobOrigin.WEB,
    table_id: str = "",
    guess: Mapping[str, Any] | None = None,
    mapping: Mapping[str, Any] | None = None,
    auto_load: AutoLoad = AutoLoad.OFF,
    then_compute: bool = True,
) -> Upload:
    """Store the bytes as they come and queue their check. A given `mapping` counts as confirmed by a person."""
    if table_id and table_id not in load_library().tables:
        raise UnknownTable(table_id)
    path = Path(str(current_workspace_id()), "uploads", str(uuid.uuid4()), "original")
    target = settings.DATA_ROOT / path
    try:
        size, digest = _store(chunks, target=target, filename=filename)
        with transaction.atomic():
            upload = Upload.objects.create(
                filename=Path(filename).name[-255:],
                path=str(path),
                bytes=size,
                sha256=digest,
                table_id=table_id,
                guess=dict(guess or {}),
                mapping=dict(mapping or {}),
                confirmed=mapping is not None,
                auto_load=auto_load,
                then_compute=then_compute,
                origin=origin,
                created_by_id=actor_id,
            )
            queue_check(upload, actor_id=actor_id, origin=origin)
    except BaseException:
        shutil.rmtree(target.parent, ignore_errors=True)
        raise
    return upload


def _store(chunks: Iterable[bytes], *, target: Path, filename: str) -> tuple[int, str]:
    """Write the chunks to disk; return the size and SHA-256. Never holds the file in memory."""
    target.parent.mkdir(parents=True)
    size, digest = 0, hashlib.sha256()
    with target.open("wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > settings.UPLOAD_MAX_BYTES:
                raise UploadTooLarge(megabytes=settings.UPLOAD_MAX_BYTES // 1024**2)
            digest.update(chunk)
            file.write(chunk)
    if not size:
        raise UploadEmpty(filename)
    return size, digest.hexdigest()


def queue_check(upload: Upload, *, actor_id: int | None, origin: JobOrigin) -> Job:
    """Queue the check of the upload as it now is, in the caller's transaction."""
    job = create_job(
        JobKind.CHECK_UPLOAD,
        params={
            "upload": upload.pk,
            "revision": upload.revision,
            "steps": len(upload.steps),
            "language": get_language() or "zh-hans",
        },
        actor_id=actor_id,
        origin=origin,
    )
    upload.check_job = job
    upload.state = UploadState.RECEIVED
    upload.save()
    wake(job)
    return job


@transaction.atomic
def change_reading(upload: Upload, *, guess: Mapping[str, Any], actor_id: int | None) -> Job:
    """Read the file another way (encoding, delimiter, sheet, header line) and propose its mapping anew."""
    upload = _settled(upload)
    upload.guess = {key: value for key, value in guess.items() if value not in (None, "")}
    upload.inspected, upload.mapping, upload.confirmed, upload.saved_mapping = {}, {}, False, None
    # Lines and columns are counted otherwise now: what was corrected in them no longer has a place.
    upload.steps = []
    return check_again(upload, actor_id=actor_id)


@transaction.atomic
def change_mapping(
    upload: Upload,
    *,
    table_id: str,
    choices: Mapping[str, str | None],
    actor_id: int | None,
    constants: Mapping[str, str] | None = None,
) -> Job:
    """Take a person's word for what the columns are. Choosing another table proposes its fields anew.

    `choices` maps a column of the file to a field, or to None for a column that is not used; `constants` gives fields
    that no column feeds one value for every row.
    """
    upload = _settled(upload)
    mapping = chosen_mapping(upload.mapping, table_id=table_id, choices=choices)
    same_table = upload.mapping.get("table") == table_id
    # A fresh proposal for another table still has to be looked at where it is unsure.
    upload.confirmed = same_table
    upload.table_id, upload.mapping = table_id, mapping.to_json()
    steps = upload.steps if same_table else [step for step in upload.steps if "field" not in step]
    given = [{"kind": "constant", "field": name, "value": value} for name, value in (constants or {}).items() if value]
    upload.steps = parsed_steps([*steps, *given], upload=upload)
    return check_again(upload, actor_id=actor_id)


@transaction.atomic
def drop_saved_mapping(upload: Upload, *, actor_id: int | None) -> Job:
    """Take the columns for what they seem to be by themselves, not for what was kept for their source."""
    upload = _settled(upload)
    proposal = upload.inspected.get("proposal")
    if upload.saved_mapping_id is None or not proposal:
        raise UploadBusy
    upload.mapping, upload.table_id = proposal, proposal["table"] or ""
    upload.saved_mapping, upload.confirmed, upload.steps = None, False, []
    return check_again(upload, actor_id=actor_id)


def chosen_mapping(proposal: Mapping[str, Any], *, table_id: str, choices: Mapping[str, str | None]) -> ColumnMapping:
    """Apply the choices to a stored proposal; MappingInvalid when they do not make a mapping."""
    tables = load_library().tables
    if table_id not in tables:
        raise UnknownTable(table_id)
    if not proposal:
        raise UploadBusy
    mapping = ColumnMapping.from_json(proposal)
    if mapping.table != table_id:
        return mapping.choose_table(table_id, tables=tables)
    if mapping.table_confidence is not Confidence.SURE:
        mapping = mapping.choose_table(table_id, tables=tables)
    columns = {match.column for match in mapping.matches}
    fields = {column.name for column in tables[table_id].columns if not column.computed}
    used = [field for field in choices.values() if field]
    if not set(choices) <= columns or not set(used) <= fields or len(used) != len(set(used)):
        raise MappingInvalid
    kept = {match.column: match.field for match in mapping.matches}
    for column, field in choices.items():
        if kept[column] != field or column in mapping.unresolved:
            mapping = mapping.choose(column, field)
    return mapping


def check_again(upload: Upload, *, actor_id: int | None) -> Job:
    upload.revision += 1
    upload.problems.all().delete()
    upload.counts, upload.effect, upload.staged, upload.load_job = {}, {}, {}, None
    return queue_check(upload, actor_id=actor_id, origin=JobOrigin(upload.origin))


@transaction.atomic
def request_check(upload: Upload, *, actor_id: int | None) -> Job:
    """Check again: after a failed or cancelled job, with corrections gathered since, or where rows did not fit."""
    locked = locked_upload(upload)
    worthwhile = has_unchecked_changes(locked) or bool(locked.counts.get("all_or_nothing"))
    if locked.standing is not UploadState.FAILED and not (locked.standing in SETTLED and worthwhile):
        raise UploadBusy
    return check_again(locked, actor_id=actor_id)


@transaction.atomic
def request_load(
    upload: Upload,
    *,
    good_rows: bool,
    actor_id: int | None,
    origin: JobOrigin = JobOrigin.WEB,
    keep_as: str | None = None,
) -> Job:
    """Queue the loading. With errors only the good rows can be loaded, and only when that is said.

    `keep_as` names the source under which the mapping is kept for the next file; None keeps nothing.
    """
    locked = locked_upload(upload)
    if has_unchecked_changes(locked):
        raise UploadBusy
    failed = locked.standing is UploadState.FAILED and locked.load_job_id is not None
    ready = locked.state == UploadState.READY
    partly = locked.state == UploadState.NEEDS_ATTENTION and good_rows and locked.counts.get("good", 0) > 0
    if not (failed or ready or (partly and not locked.counts.get("all_or_nothing"))):
        raise UploadBusy
    if keep_as is None or keep_mapping(locked, name=keep_as, actor_id=actor_id) is None:
        note_use(locked)
    return queue_load(locked, good_rows=good_rows, actor_id=actor_id, origin=origin)


def queue_load(upload: Upload, *, good_rows: bool, actor_id: int | None, origin: JobOrigin) -> Job:
    """Queue the loading in the caller's transaction, without looking at the state."""
    job = create_job(
        JobKind.LOAD_UPLOAD,
        params={"upload": upload.pk, "good_rows": good_rows, "language": get_language() or "zh-hans"},
        actor_id=actor_id,
        origin=origin,
    )
    Upload.objects.filter(pk=upload.pk).update(state=UploadState.LOADING, load_job=job)
    wake(job)
    return job


@transaction.atomic
def discard_upload(upload: Upload) -> None:
    """Throw an upload away that never counted: its bytes go, the row stays as a trace."""
    locked = locked_upload(upload)
    if locked.standing not in (*SETTLED, UploadState.FAILED):
        raise UploadBusy
    locked.problems.all().delete()
    locked.state, locked.staged, locked.inspected = UploadState.DISCARDED, {}, {}
    locked.save()
    folder = locked.folder
    transaction.on_commit(lambda: shutil.rmtree(folder, ignore_errors=True))


def parsed_steps(steps: Sequence[Mapping[str, Any]], *, upload: Upload) -> list[dict[str, Any]]:
    """Return the corrections in their stored form; CorrectionInvalid names every one that cannot be taken."""
    try:
        columns = upload.inspected.get("columns")
        return list(parse_steps(steps, table=load_library().tables[upload.table_id], columns=columns))
    except StepsInvalid as error:
        raise CorrectionInvalid(error.issues) from error


def locked_upload(upload: Upload) -> Upload:
    """Return the upload as it is now, locked until the transaction ends."""
    return Upload.objects.select_for_update(of=("self",)).select_related("check_job", "load_job").get(pk=upload.pk)


def _settled(upload: Upload) -> Upload:
    locked = locked_upload(upload)
    if locked.standing not in (*SETTLED, UploadState.FAILED):
        raise UploadBusy
    return locked
