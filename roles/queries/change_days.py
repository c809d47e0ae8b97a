"""The days on which something of the organisation begins or ends: the marks of the date control."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F, Q, QuerySet

from roles.models import AdoptedStage, Assignment, Employment, ReportingLine, SeatVersion, UnitVersion

BOUNDS = ("during__startswith", "during__endswith")


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose changes are told: all, those in some units, or those of one person."""

    units: frozenset[str] | None = None
    person: str | None = None


def change_days(start: date, end: date, *, reach: Reach) -> list[date]:
    """Return the days of [start, end) on which something begins or ends, in one query."""
    days = [
        rows.annotate(day=F(bound)).filter(day__gte=start, day__lt=end).order_by().values_list("day").distinct()
        for rows in _facts(reach)
        for bound in BOUNDS
    ]
    first, *others = days
    return sorted({day for (day,) in first.union(*others)})


def next_change(after: date, *, reach: Reach) -> date | None:
    """Return the next day on which something begins or ends, planned ones included."""
    return _nearest(reach, Q(day__gt=after), "day", best=min)


def last_change(before: date, *, reach: Reach) -> date | None:
    """Return the last such day before another."""
    return _nearest(reach, Q(day__lt=before), "-day", best=max)


def _nearest(reach: Reach, wanted: Q, order: str, *, best: Any) -> date | None:
    days = [
        rows.annotate(day=F(bound)).filter(wanted).order_by(order).values_list("day")[:1]
        for rows in _facts(reach)
        for bound in BOUNDS
    ]
    first, *others = days
    return best((day for (day,) in first.union(*others, all=True)), default=None)  # type: ignore[no-any-return]


def _facts(reach: Reach) -> Collection[QuerySet[Any]]:
    if reach.person is not None:
        return [rows.filter(person__external_id=reach.person) for rows in (Employment.objects, Assignment.objects)]
    tables = (UnitVersion.objects, SeatVersion.objects, Employment.objects, Assignment.objects, AdoptedStage.objects)
    if reach.units is None:
        return [*(rows.all() for rows in tables), ReportingLine.objects.all()]
    ids = list(reach.units)
    lines = ReportingLine.objects.filter(unit__external_id__in=ids)
    return [*(rows.filter(unit__external_id__in=ids) for rows in tables), lines]
