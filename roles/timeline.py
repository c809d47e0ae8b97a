"""How dated facts change: a fact is a list of spans [start, end) that never overlap. Pure.

None is the open end on either side. `key` is the stored row of a span, None for one that is new.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

V = TypeVar("V")
D = TypeVar("D", bound="DataclassInstance")


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


def revise(spans: Sequence[Span[D]], *, value: D, on: date) -> list[Span[D]]:
    """Let `value` hold from `on`; later spans that only carried an old field along carry the new one.

    What a later span says anew stays as planned: a rename planned for January does not move the unit back in January.
    """
    current = at(spans, on)
    after = change_from(spans, value=value, on=on)
    if current is None or current.value == value:
        return after
    changed = {one.name for one in fields(value) if getattr(current.value, one.name) != getattr(value, one.name)}
    until = current.end
    for place, span in enumerate(after):
        if until is None or span.start != until:
            continue
        changed = {name for name in changed if getattr(span.value, name) == getattr(current.value, name)}
        after[place] = replace(span, value=replace(span.value, **{name: getattr(value, name) for name in changed}))
        until = span.end if changed else None
    return joined(after, before=spans)


def changed_between(
    spans: Sequence[Span[V]], *, start: date, end: date | None, change: Callable[[V], V]
) -> list[Span[V]]:
    """Change whatever holds from `start` up to `end`; what holds before and after keeps saying what it did."""
    found: list[Span[V]] = []
    for span in spans:
        first = max(span.start or date.min, start)
        last = min(span.end or date.max, end or date.max)
        value = change(span.value)
        if first >= last or value == span.value:
            found.append(span)
            continue
        before = [replace(span, end=first)] if first > (span.start or date.min) else []
        after = [Span(last, span.end, span.value)] if last < (span.end or date.max) else []
        middle = Span(first if before else span.start, last if after else span.end, value, None if before else span.key)
        found += [*before, middle, *after]
    return joined(found, before=spans)


def joined(spans: Sequence[Span[V]], *, before: Sequence[Span[V]]) -> list[Span[V]]:
    """Make one of neighbours that say the same, where one of them is not as it was stored."""
    stored = {span.key: span for span in before if span.key is not None}
    found: list[Span[V]] = []
    for span in spans:
        last = found[-1] if found else None
        follows = last is not None and last.end is not None and last.end == span.start and last.value == span.value
        if last is None or not follows or (_is(last, stored) and _is(span, stored)):
            found.append(span)
        else:
            found[-1] = replace(last, end=span.end, key=last.key if last.key is not None else span.key)
    return found


def keyed(spans: Sequence[Span[V]], *, before: Sequence[Span[V]]) -> list[Span[V]]:
    """Give each span the stored row that says just the same, so that what has not changed is not written again.

    A row goes to one span only: whoever else held it, as the joined span it was cut from did, is new.
    """
    stored = {(span.start, span.end): span for span in before}
    same = [stored.get((span.start, span.end)) for span in spans]
    own = [one if one is not None and one.value == span.value else None for one, span in zip(same, spans, strict=True)]
    taken = {one.key for one in own if one is not None}
    return [
        one if one is not None else replace(span, key=None) if span.key in taken else span
        for one, span in zip(own, spans, strict=True)
    ]


def _is(span: Span[V], stored: Mapping[int, Span[V]]) -> bool:
    return span.key is not None and stored.get(span.key) == span


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
