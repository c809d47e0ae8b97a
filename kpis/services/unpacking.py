"""One upload that is several: a ZIP of data files, a workbook of several sheets. Each becomes an upload of its own."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from django.conf import settings
from django.db import transaction

from kpis.choices import UploadState
from kpis.datasets.checks.problems import Problem, from_json
from kpis.datasets.child import run_limited
from kpis.datasets.files.bundle import may_be_bundle
from kpis.errors import SheetUnknown
from kpis.models import Upload
from kpis.services.uploads import queue_check
from omnichannel.jobs.choices import JobOrigin, JobStep
from omnichannel.jobs.services.running import Run
from omnichannel.workspaces.scoping import current_workspace_id

LONGEST_MEMBER = 255


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What an archive held: files written aside (name, file, bytes, sha256), and what was not read."""

    folder: Path
    members: tuple[Mapping[str, Any], ...]
    problems: tuple[Problem, ...]


def is_packed(upload: Upload) -> bool:
    """Tell whether the upload may be an archive of data files; one that came out of an archive is never opened."""
    return upload.parent_id is None and not upload.inspected and may_be_bundle(upload.file)


def unpack_archive(run: Run, upload: Upload, *, work: Path) -> Unpacked | None:
    """Write the files of an archive aside, in the limited child. None: it is no archive of data files after all."""
    run.progress(JobStep.READING)
    out = work / "members"
    outcome = run_limited(
        "kpis.datasets.files.bundle:unpack",
        {"path": str(upload.file), "out_dir": str(out)},
        memory_mb=settings.UPLOAD_CHILD_MEMORY_MB,
        seconds=settings.UPLOAD_CHILD_SECONDS,
        work_dir=work,
    )
    if outcome.result is None:
        return Unpacked(out, (), outcome.problems)
    if not outcome.result["bundle"]:
        return None
    return Unpacked(out, tuple(outcome.result["members"]), tuple(map(from_json, outcome.result["problems"])))


def make_members(upload: Upload, unpacked: Unpacked) -> int:
    """Make an upload of every file and queue its check, in the caller's transaction; return how many there are."""
    folders: list[Path] = []
    try:
        for member in unpacked.members:
            name = str(member["name"])
            child = _child(upload, filename=PurePosixPath(name.replace("\\", "/")).name, member=name)
            child.bytes, child.sha256 = member["bytes"], member["sha256"]
            child.table_id, child.mapping, child.confirmed = upload.table_id, upload.mapping, upload.confirmed
            folders.append(child.folder)
            child.folder.mkdir(parents=True)
            (unpacked.folder / member["file"]).rename(child.file)
            child.save()
            queue_check(child, actor_id=upload.created_by_id, origin=JobOrigin(upload.origin))
    except BaseException:
        _remove(folders)
        raise
    # The rows are gone if the transaction fails later; what is left of the files is swept up with other remains.
    return len(folders)


@transaction.atomic
def unpack_sheets(upload: Upload, sheets: Sequence[str], *, actor_id: int | None) -> list[Upload]:
    """Make an upload of each of these other sheets of a workbook, and queue their checks.

    A sheet that is an upload already is returned as it is. SheetUnknown when the workbook has no such sheet.
    """
    book = upload.parent_id if upload.parent_id and upload.member == upload.guess.get("sheet") else upload.pk
    first = Upload.objects.select_for_update().get(pk=book)
    known = list(upload.inspected.get("sheets", ()))
    for sheet in sheets:
        if sheet not in known or sheet == first.inspected.get("sheet"):
            raise SheetUnknown(sheet)
    made = []
    for sheet in dict.fromkeys(sheets):
        there = first.members.filter(member=sheet[:LONGEST_MEMBER]).exclude(state=UploadState.DISCARDED).first()
        made.append(there or _sheet(first, sheet, actor_id=actor_id))
    return made


def _sheet(upload: Upload, sheet: str, *, actor_id: int | None) -> Upload:
    child = _child(upload, filename=upload.filename, member=sheet)
    child.guess, child.created_by_id = {"sheet": sheet}, actor_id
    child.bytes, child.sha256 = upload.bytes, upload.sha256
    try:
        child.folder.mkdir(parents=True)
        _same_bytes(upload.file, child.file)
        child.save()
        queue_check(child, actor_id=actor_id, origin=JobOrigin(upload.origin))
    except BaseException:
        _remove([child.folder])
        raise
    return child


def _same_bytes(source: Path, target: Path) -> None:
    """Put the stored bytes in a second place, without a second copy where the disk can do that."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _child(upload: Upload, *, filename: str, member: str) -> Upload:
    path = Path(str(current_workspace_id()), "uploads", str(uuid.uuid4()), "original")
    return Upload(
        workspace_id=current_workspace_id(),
        filename=filename[-255:],
        path=str(path),
        parent=upload,
        member=member[-LONGEST_MEMBER:],
        system=upload.system,
        auto_load=upload.auto_load,
        then_compute=upload.then_compute,
        origin=upload.origin,
        created_by_id=upload.created_by_id,
    )


def _remove(folders: Sequence[Path]) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
