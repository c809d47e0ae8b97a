"""Where units, people and seats stand over time, and what keeps one of them from standing elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from roles.choices import FREE_ROOTS, UnitLevel
from roles.issues import SyncIssue
from roles.models import Employment, Person, SeatVersion, UnitVersion
from roles.timeline import Span, at
from roles.tree_safety import Days, Link, common, days_of, loop_text, loops, merged, missing, within


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a unit stands over a span of time, and as what."""

    parent: str | None
    name: str
    level: str


@dataclass(frozen=True, slots=True)
class Seating:
    """In which unit a person or seat is over a span of time, and to whom the person reports."""

    unit: str
    manager: str | None = None


Stands = dict[str, list[Span[Stand]]]
Jobs = dict[str, list[Span[Seating]]]


def refused_tree(key: str, to: str | None, stands: Stands, *, before: Stands, on: date) -> tuple[SyncIssue, ...]:
    """Look at the units on every day of the move, as the write itself does. `before` is where all stood."""
    links = {
        unit: [
            Link(days_of(span.start, span.end), span.value.parent) for span in spans if span.value.parent is not None
        ]
        for unit, spans in stands.items()
    }
    changed = [unit for unit, spans in stands.items() if spans != before[unit]]
    for loop in loops(links, among=[key, *changed]):
        message = _("The units form a loop: %(loop)s.") % {"loop": loop_text(loop.path)}
        return (issue_of(key, "to", "loop", message),)
    if to is not None and (refused := refused_place(key, to, at(stands[key], on), stands=stands)):
        return refused
    roots = [(unit, span) for unit, spans in stands.items() for span in spans if span.value.parent is None]
    return tuple(found for unit in changed if (found := _second_root(unit, roots, before=before)) is not None)


def _second_root(unit: str, roots: Sequence[tuple[str, Span[Stand]]], *, before: Stands) -> SyncIssue | None:
    """Name a unit that newly stands at the top beside another one."""
    own = [span for root, span in roots if root == unit and span.value.level not in FREE_ROOTS]
    for span in own:
        for other, beside in roots:
            shared = common(days_of(span.start, span.end), days_of(beside.start, beside.end))
            if other == unit or shared is None or beside.value.level == UnitLevel.PROJECT_TEAM.value:
                continue
            was = at(before[unit], shared[0])
            if was is None or was.value.parent is not None:
                return issue_of(unit, "to", "second_root", second_root(unit, other))
    return None


def refused_leaders(key: str, manager: str | None, after: Jobs, *, before: Jobs) -> tuple[SyncIssue, ...]:
    """Look at whom people report to on every day of the move: nobody unknown, and not in a ring.

    Both hold all people, after the move and before it. A manager counts as long as they work here themselves.
    """
    if manager is not None and manager not in after and not Person.objects.filter(external_id=manager).exists():
        return (issue_of(key, "manager", "unknown_reference", _("There is no %(id)s.") % {"id": manager}),)
    there = {one: merged(days_of(span.start, span.end) for span in spans) for one, spans in after.items()}
    links = {
        one: [
            Link(days, leader)
            for span in spans
            if (leader := span.value.manager) is not None
            for days in within(days_of(span.start, span.end), there.get(leader, ()))
        ]
        for one, spans in after.items()
    }
    for loop in loops(links, among=[one for one, spans in after.items() if spans != before[one]]):
        message = _("The managers form a loop: %(loop)s.") % {"loop": loop_text(loop.path)}
        return (issue_of(key, "manager", "loop", message),)
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


def read_seatings(key: str) -> list[Span[Seating]]:
    """Return in which units a seat is over time."""
    rows = SeatVersion.objects.filter(seat__external_id=key).order_by("during")
    return [
        Span(during.lower, during.upper, Seating(unit))
        for during, unit in rows.values_list("during", "unit__external_id")
    ]


def read_jobs(keys: Collection[str] | None = None) -> Jobs:
    """Return where people work and to whom they report over time, earliest first; of everybody where none are named."""
    rows = Employment.objects.order_by("person_id", "during")
    if keys is not None:
        rows = rows.filter(person__external_id__in=list(keys))
    columns = ("person__external_id", "during", "unit__external_id", "manager__external_id")
    found: Jobs = {}
    for key, during, unit, manager in rows.values_list(*columns):
        found.setdefault(key, []).append(Span(during.lower, during.upper, Seating(unit, manager)))
    return found
