"""A person's corrections of an upload: added after the ones there are, taken back from the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from kpis.choices import UploadState
from kpis.errors import UploadBusy, UploadChanged
from kpis.models import Upload
from kpis.services.uploads import SETTLED, check_again, locked_upload, parsed_steps


@transaction.atomic
def add_steps(
    upload: Upload,
    steps: Sequence[Mapping[str, Any]],
    *,
    actor_id: int | None,
    revision: int | None = None,
    check: bool = True,
) -> Upload:
    """Add a person's corrections after the ones there are; check again at once, or gather more first.

    `revision` is what the person saw: UploadChanged when it is no longer the upload's. CorrectionInvalid names every
    step that cannot be taken.
    """
    locked = _correctable(upload, revision=revision)
    locked.steps = parsed_steps([*locked.steps, *steps], upload=locked)
    return _corrected(locked, actor_id=actor_id, check=check)


@transaction.atomic
def undo_step(
    upload: Upload, *, actor_id: int | None, revision: int | None = None, all_of_them: bool = False, check: bool = True
) -> Upload:
    """Take back the last correction, or all of them."""
    locked = _correctable(upload, revision=revision)
    if not locked.steps:
        raise UploadChanged
    locked.steps = [] if all_of_them else locked.steps[:-1]
    return _corrected(locked, actor_id=actor_id, check=check)


def _correctable(upload: Upload, *, revision: int | None) -> Upload:
    locked = locked_upload(upload)
    if revision is not None and locked.revision != revision:
        raise UploadChanged
    if locked.standing not in (*SETTLED, UploadState.FAILED) or not locked.table_id:
        raise UploadBusy
    return locked


def _corrected(upload: Upload, *, actor_id: int | None, check: bool) -> Upload:
    if check:
        check_again(upload, actor_id=actor_id)
        return upload
    upload.revision += 1
    # What the last check found and wrote aside is of the rows before the correction.
    upload.state, upload.staged = UploadState.NEEDS_ATTENTION, {}
    upload.save()
    return upload
