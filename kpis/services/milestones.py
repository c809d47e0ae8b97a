"""Enters one milestone through the data door, as a system would push it, and has the month it was due in computed."""

from __future__ import annotations

import json
from collections.abc import Mapping

from kpis.queries.milestones import TABLE
from kpis.queries.values import stored_periods
from kpis.services.pushing import Push, push_batch, read_batch
from kpis.services.values import request_computation
from omnichannel.core.periods import month_of, parse_day


def enter_milestone(row: Mapping[str, str | None], *, actor_id: int, zone: str) -> Push:
    """Push the row; an id that is there already is changed. What is wrong stands in the answer.

    The table is not split by month, so its load alone would have only the newest month computed.
    """
    body = json.dumps([dict(row)], ensure_ascii=False).encode()
    batch = read_batch(body, table_id=TABLE, lines=False)
    push = push_batch(batch, good_rows=False, actor_id=actor_id, zone=zone)
    if push.rows is not None and not push.refused:
        due = month_of(parse_day(row["planned_on"] or ""))
        if due in stored_periods():
            request_computation([due], actor_id=actor_id, recent_only=True, join=True)
    return push
