"""What becomes of a dated fact when a file tells of it in one row, or in several that are its history. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Generic, TypeVar

from roles.timeline import Span, at, change_from, sort_spans

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Told(Generic[V]):
    """What a row says: `value` makes the facts out of those that held before (None: it was not there)."""

    start: date | None
    end: date | None
    value: Callable[[V | None], V]


def crossing(rows: Sequence[Told[V]]) -> tuple[int, int] | None:
    """Return the places of two rows that hold on the same day, or None when no day is told twice."""
    order = sorted(range(len(rows)), key=lambda place: rows[place].start or date.min)
    for one, two in pairwise(order):
        if (rows[one].end or date.max) > (rows[two].start or date.min):
            return one, two
    return None


def retold(spans: Sequence[Span[V]], rows: Sequence[Told[V]], *, today: date, since: date | None) -> list[Span[V]]:
    """Return the spans after a file has told of them.

    One row holds from its start, else from `today`, until what is known to come next; its end ends everything.
    A new thing without a start is there from `since`. Several rows are the history from the first to the last of them;
    what is planned after the last stays when that one is open.
    """
    if len(rows) == 1:
        return _changed(spans, rows[0], today=today, since=since)
    ordered = sorted(rows, key=lambda row: row.start or date.min)
    first, last = ordered[0], ordered[-1]
    later = [span for span in spans if span.start is not None and span.start > (last.start or date.min)]
    tail = [] if last.end is not None else later
    until = last.end or min((span.start for span in tail if span.start is not None), default=None)
    made = [_span(spans, row, end=until if row is last else row.end) for row in ordered]
    return [*_before(spans, first.start), *made, *tail]


def _changed(spans: Sequence[Span[V]], row: Told[V], *, today: date, since: date | None) -> list[Span[V]]:
    if not spans:
        return [Span(row.start or since, row.end, row.value(None))]
    on = row.start or (today if row.end is None or row.end > today else row.end - timedelta(days=1))
    held = at(spans, on)
    changed = change_from(spans, value=row.value(held.value if held else None), on=on)
    return changed if row.end is None else ended(changed, row.end)


def ended(spans: Sequence[Span[V]], end: date) -> list[Span[V]]:
    """Let the fact end on a day: what lies behind it goes, the last span ends there."""
    kept = [span for span in sort_spans(spans) if span.start is None or span.start < end]
    return [*kept[:-1], replace(kept[-1], end=end)] if kept else []


def _before(spans: Sequence[Span[V]], start: date | None) -> list[Span[V]]:
    """Return what lies before the day, cut there."""
    if start is None:
        return []
    kept = [span for span in spans if span.start is None or span.start < start]
    return [replace(span, end=min(span.end or start, start)) for span in kept]


def _span(spans: Sequence[Span[V]], row: Told[V], *, end: date | None) -> Span[V]:
    """Return a row as a span: the stored one where it says the same, so that it stays as it was recorded."""
    held = at(spans, row.start) if row.start is not None else (spans[0] if spans else None)
    made = Span(row.start, end, row.value(held.value if held else None))
    if held is not None and (held.start, held.end, held.value) == (made.start, made.end, made.value):
        return held
    return made
