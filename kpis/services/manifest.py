"""The one place where an upload begins or ceases to count. The caller holds the manifest's lock.

Either way the data are measured anew; a folder, whose uploads come by the dozen, asks for that once at its end.
"""

from __future__ import annotations

from datetime import datetime

from kpis.choices import UploadState
from kpis.models import Upload, UploadSpan
from kpis.queries.uploads import last_change
from kpis.services.health import request_measurement
from kpis.services.ordering import next_place


def begin_to_count(upload: Upload, *, at: datetime, rows_added: int, actor_id: int | None) -> UploadSpan:
    """Let the upload count from now on; the caller saves the upload."""
    upload.visible_from, upload.state = at, UploadState.LOADED
    if upload.then_compute:
        request_measurement(actor_id=actor_id)
    place = upload.seq if upload.seq is not None and upload.seq > last_change() else next_place()
    return UploadSpan.objects.create(
        upload=upload,
        starts_at=at,
        began=place,
        rows_added=rows_added,
        started_by_id=actor_id,
    )


def cease_to_count(upload: Upload, *, at: datetime, rows_removed: int, actor_id: int | None) -> None:
    """Let the upload no longer count; what it brought stays for a re-apply. The caller saves the upload."""
    upload.visible_from, upload.state = None, UploadState.REVERTED
    UploadSpan.objects.filter(upload=upload, ends_at=None).update(
        ends_at=at, ended=next_place(), rows_removed=rows_removed, ended_by_id=actor_id
    )
    request_measurement(actor_id=actor_id)
