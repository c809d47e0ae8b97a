"""What hangs below what when a unit goes and leaves what is below it, day by day. Pure: of anything with a `parent`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, ClassVar, Protocol, TypeVar

from roles.timeline import Span, at, changed_between


class Hung(Protocol):
    """The facts of a unit over a span of time."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def parent(self) -> str | None:
        """Return the unit above."""


H = TypeVar("H", bound=Hung)


def hung_below(
    spans: Sequence[Span[H]], *, old: str, new: str | None, on: date, until: date | None = None
) -> list[Span[H]]:
    """Hang below `new` what hangs below `old` from `on` up to `until`."""

    def moved(facts: H) -> H:
        return replace(facts, parent=new) if facts.parent == old else facts

    return changed_between(spans, start=on, end=until, change=moved)


def left_behind(units: Mapping[str, Sequence[Span[H]]], key: str, *, on: date) -> dict[str, list[Span[H]]]:
    """Return what hangs below the unit on the day and stays when it goes: hung below the unit that it stood in.

    Later days on which the unit stands elsewhere already are planned with what is below it then.
    """
    holding = at(units[key], on)
    if holding is None:
        return {}
    until = _stands_until(units[key], holding)
    found = {
        child: hung_below(spans, old=key, new=holding.value.parent, on=on, until=until)
        for child, spans in units.items()
        if child != key
    }
    return {child: spans for child, spans in found.items() if spans != list(units[child])}


def _stands_until(spans: Sequence[Span[H]], holding: Span[H]) -> date | None:
    """Return the day from which the unit stands elsewhere than in this span; None: never again."""
    found = holding
    while found.end is not None:
        following = at(spans, found.end)
        if following is None or following.value.parent != found.value.parent:
            return found.end
        found = following
    return None
