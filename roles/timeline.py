"""How dated facts change: a fact is a list of spans [start, end) that never overlap. Pure.

None is the open end on either side. `key` is the stored row of a span, None for one that is new.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Generic, TypeVar

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Span(Generic[V]):
    """What held from `start` up to, not including, `end`."""

    start: date | None
    end: date | None
    value: V
    key: int | None = None

    def covers(self, day: date) -> bool:
        """Tell whether the fact held on the day."""
        return (self.start is None or self.start <= day) and (self.end is None or day < self.end)


def at(spans: Sequence[Span[V]], day: date) -> Span[V] | None:
    """Return the span that covers the day."""
    return next((span for span in spans if span.covers(day)), None)


def change_from(spans: Sequence[Span[V]], *, value: V, on: date) -> list[Span[V]]:
    """Let `value` hold from `on` until the next span that is already known.

    The same start day again corrects the span in place; otherwise the covering span ends at `on` and keeps its past.
    """
    current = at(spans, on)
    if current is None:
        following = [span.start for span in spans if span.start is not None and span.start > on]
        return sort_spans([*spans, Span(on, min(following, default=None), value)])
    if current.value == value:
        return list(spans)
    others = [span for span in spans if span is not current]
    if current.start == on:
        return sort_spans([*others, replace(current, value=value)])
    return sort_spans([*others, replace(current, end=on), Span(on, current.end, value)])


def clip(spans: Sequence[Span[V]], *, start: date | None, end: date | None) -> list[Span[V]]:
    """Bring ordered spans to begin at `start` and stop at `end`: what lies outside goes, the outer ones stretch."""
    inside = [
        span
        for span in spans
        if (start is None or span.end is None or span.end > start)
        and (end is None or span.start is None or span.start < end)
    ]
    if not inside:
        return []
    inside[0] = replace(inside[0], start=start)
    inside[-1] = replace(inside[-1], end=end)
    return inside


def sort_spans(spans: Sequence[Span[V]]) -> list[Span[V]]:
    """Return the spans earliest first."""
    return sorted(spans, key=lambda span: span.start or date.min)
