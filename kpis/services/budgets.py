"""Budget rows of the table of costs: entered through the data door as a system would push them, and taken back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from kpis.choices import UploadState
from kpis.queries.costs import TABLE
from kpis.queries.uploads import newest_uploads
from kpis.services.pushing import Push, push_batch, read_batch, words_of
from kpis.services.reverting import request_revert

Row = Mapping[str, str | None]


def enter_costs(rows: Sequence[Row], *, actor_id: int | None, zone: str) -> Push:
    """Push the rows together: all are taken or none. Many of them are worked off by a worker."""
    body = "\n".join(json.dumps(dict(row), ensure_ascii=False) for row in rows).encode()
    return push_batch(read_batch(body, table_id=TABLE, lines=True), good_rows=False, actor_id=actor_id, zone=zone)


def why_refused(push: Push) -> list[str]:
    """Return why a push was not taken, in the reader's language; nothing when it was, or a worker is on it."""
    if push.rows is None or (not push.refused and not push.problems):
        return []
    return list(dict.fromkeys(words_of(push))) or [_("The rows were not taken.")]


def take_back(upload_pk: int, *, actor_id: int | None) -> bool:
    """Have a load no longer count; False when it has been taken back already. UploadBusy while it is still loading."""
    upload = newest_uploads().get(pk=upload_pk)
    if upload.state == UploadState.REVERTED:
        return False
    request_revert(upload, actor_id=actor_id)
    return True
