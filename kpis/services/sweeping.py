"""What nothing points to any more: drafts of uploads that came to nothing, parts without a manifest row, caches."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from kpis.choices import UploadState
from kpis.models import Part, Upload
from kpis.models.uploads import BUSY
from omnichannel.workspaces.scoping import current_workspace_id

AGE = timedelta(days=1)


def sweep(*, now: datetime) -> int:
    """Remove what nothing needs in the open workspace's folder and is older than a day; return how many files."""
    root: Path = settings.DATA_ROOT / str(current_workspace_id())
    before = (now - AGE).timestamp()
    removed = sum(_sweep_upload(folder, before=before) for folder in _folders(root / "uploads"))
    for table in _folders(root / "parts"):
        removed += sum(_sweep_parts(folder, before=before) for folder in _folders(table))
    removed += _remove_old(root / "states", before=before)
    shared = ("spill", "compiled")
    return removed + sum(_remove_old(settings.DATA_ROOT / name, before=before) for name in shared)


def _folders(parent: Path) -> Iterator[Path]:
    if parent.is_dir():
        yield from sorted(path for path in parent.iterdir() if path.is_dir())


@transaction.atomic
def _sweep_upload(folder: Path, *, before: float) -> int:
    """Remove what the jobs of an upload left, and the folder of one that was thrown away or never came to be.

    The row is locked: a job that wants to use what is here begins before or after, never in between.
    """
    relative = str((folder / "original").relative_to(settings.DATA_ROOT))
    upload = Upload.objects.select_for_update().filter(path=relative).first()
    if upload is None or upload.state == UploadState.DISCARDED:
        return _remove(folder, before=before)
    if upload.state in BUSY and upload.standing in BUSY:
        return 0
    kept = upload.staged.get("folder", "") if upload.staged else ""
    work = folder / "work"
    return sum(
        _remove(draft, before=before)
        for draft in _folders(work)
        if not kept or not (settings.DATA_ROOT / kept).is_relative_to(draft)
    )


@transaction.atomic
def _sweep_parts(folder: Path, *, before: float) -> int:
    """Remove parts that no row of the manifest names, of an upload that no job is working on."""
    name = folder.name.rpartition("-")[0]
    upload = Upload.objects.select_for_update().filter(path__contains=f"/uploads/{name}/").first() if name else None
    if upload is not None and upload.state in BUSY and upload.standing in BUSY:
        return 0
    start = f"{folder.relative_to(settings.DATA_ROOT)}/"
    rows = Part.objects.filter(Q(path__startswith=start) | Q(raw_path__startswith=start))
    named = {name for pair in rows.values_list("path", "raw_path") for name in pair}
    files = [file for file in folder.iterdir() if str(file.relative_to(settings.DATA_ROOT)) not in named]
    removed = sum(_remove(file, before=before) for file in files)
    if not any(folder.iterdir()):
        folder.rmdir()
    return removed


def _remove_old(folder: Path, *, before: float) -> int:
    return sum(_remove(file, before=before) for file in folder.iterdir()) if folder.is_dir() else 0


def _remove(path: Path, *, before: float) -> int:
    """Remove a file or folder if nothing of it was written or linked since."""
    files = [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else [path]
    if any(_touched(file) >= before for file in (*files, path)):
        return 0
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
    return len(files)


def _touched(path: Path) -> float:
    """Return when the file was written or linked last; a link keeps the time of writing, but not this one."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return 0.0
    return max(found.st_mtime, found.st_ctime)
