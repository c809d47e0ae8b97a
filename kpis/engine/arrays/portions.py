"""How many windows of a large table are looked at together, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

from kpis.engine.arrays.buckets import widest
from kpis.engine.bounds import calendar_day

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kpis.engine.arrays.work import Work
    from kpis.engine.windows import Span

MOST_ROWS = 1_000_000


def portions(
    work: Work, rows: ir.Table, time: str, chain: Sequence[Span], until: date | None = None
) -> Iterator[tuple[date, date, list[Span]]]:
    """Yield windows that do not overlap, as many at a time as have few enough rows, and the range of their rows.

    The last range goes on to `until`, for what looks ahead.
    """
    if len(chain) == 1:
        yield chain[0].start, max(chain[0].end, until or date.min), list(chain)
        return
    first, last = widest(chain)
    inside = rows.filter(rows[time].cast("date") >= calendar_day(first), rows[time].cast("date") < calendar_day(last))
    by_day = work.relations.rows(inside.group_by(_day=inside[time].cast("date")).aggregate(n=inside.count()))
    sizes = {each["_day"]: int(str(each["n"])) for each in by_day}
    waiting: list[Span] = []
    total = 0
    for span in chain:
        size = sum(n for day, n in sizes.items() if isinstance(day, date) and span.start <= day < span.end)
        if waiting and total + size > MOST_ROWS:
            yield waiting[0].start, span.start, waiting
            waiting, total = [], 0
        waiting.append(span)
        total += size
    if waiting:
        yield waiting[0].start, max(waiting[-1].end, until or date.min), waiting
