"""Where units, people and seats stand over time, and what keeps one of them from standing elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from roles.choices import FREE_ROOTS, Thing, UnitLevel
from roles.issues import SyncIssue
from roles.models import Employment, SeatVersion, UnitVersion
from roles.timeline import Span, at
from roles.tree_safety import Days, Link, common, days_of, loop_text, loops, merged, missing


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a unit stands over a span of time, and as what."""

    parent: str | None
    name: str
    level: str


@dataclass(frozen=True, slots=True)
class Seating:
    """In which unit a person or seat is over a span of time."""

    unit: str


Stands = dict[str, list[Span[Stand]]]


def refused_tree(key: str, to: str | None, stands: Stands, *, on: date) -> tuple[SyncIssue, ...]:
    """Look at the units on every day of the move, as the write itself does."""
    links = {
        unit: [
            Link(days_of(span.start, span.end), span.value.parent) for span in spans if span.value.parent is not None
        ]
        for unit, spans in stands.items()
    }
    for loop in loops(links, among=[key]):
        message = _("The units form a loop: %(loop)s.") % {"loop": loop_text(loop.path)}
        return (issue_of(key, "to", "loop", message),)
    placed = at(stands[key], on)
    if to is not None:
        return refused_place(key, to, placed, stands=stands)
    level = placed.value.level if placed is not None else ""
    if level in FREE_ROOTS or placed is None:
        return ()
    days = days_of(placed.start, placed.end)
    for unit, spans in stands.items():
        for span in spans:
            beside = unit != key and span.value.parent is None and span.value.level != UnitLevel.PROJECT_TEAM.value
            if beside and common(days, days_of(span.start, span.end)) is not None:
                return (issue_of(key, "to", "second_root", second_root(key, unit)),)
    return ()


def refused_place(
    key: str, to: str | None, placed: Span[Stand] | Span[Seating] | None, *, stands: Stands
) -> tuple[SyncIssue, ...]:
    """Name a target that is unknown, or not there on every day on which the thing would be there."""
    if to is None or placed is None:
        return (issue_of(key, "to", "required", _("Say which unit it goes to.")),)
    if to not in stands:
        return (issue_of(key, "to", "unknown_reference", _("There is no unit %(unit)s.") % {"unit": to}),)
    there: list[Days] = merged(days_of(span.start, span.end) for span in stands[to])
    gap = missing(days_of(placed.start, placed.end), there)
    return (issue_of(key, "to", "unit_not_there", absent(to, gap[0])),) if gap is not None else ()


def second_root(unit: str, other: str) -> str:
    """Say that a firm has one tree."""
    text = _("%(unit)s has no unit above it, beside %(other)s. A firm has one tree: say what it belongs to.")
    return text % {"unit": unit, "other": other}


def absent(key: str, day: date) -> str:
    """Say that something is not there on the day."""
    return _("%(id)s is not there on %(day)s.") % {"id": key, "day": day}


def issue_of(key: str, field: str, code: str, message: str) -> SyncIssue:
    """Return a fault of one thing."""
    return SyncIssue(0, key, field, code, message)


def read_stands() -> Stands:
    """Return where all units stand over time, earliest first."""
    columns = ("unit__external_id", "during", "parent__external_id", "name", "level")
    found: Stands = {}
    for key, during, parent, name, level in UnitVersion.objects.order_by("unit_id", "during").values_list(*columns):
        found.setdefault(key, []).append(Span(during.lower, during.upper, Stand(parent, name, level)))
    return found


def read_seatings(thing: Thing, key: str) -> list[Span[Seating]]:
    """Return in which units a person or seat is over time."""
    rows = (
        SeatVersion.objects.filter(seat__external_id=key)
        if thing is Thing.SEATS
        else Employment.objects.filter(person__external_id=key)
    )
    return [
        Span(during.lower, during.upper, Seating(unit))
        for during, unit in rows.order_by("during").values_list("during", "unit__external_id")
    ]
