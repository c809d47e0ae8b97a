"""Recorded verdicts of a unit: its line over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from orgstages.history_line import Line, Point, line_of
from orgstages.models import Diagnosis
from orgstages.queries.diagnosis import Diagnosed
from roles.catalogue import StageKey
from roles.queries.org_chart import unit_history

NEWEST = 12


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recorded verdict; `verdict` is its JSON as verdicts.to_json wrote it."""

    id: int
    as_of: date
    revision: int
    verdict: Mapping[str, Any]
    catalogue_version: str
    author: str
    recorded_at: datetime


def verdict_line(found: Diagnosed, *, live: bool) -> Line | None:
    """Return the unit's line over time: every recorded day and, `live`, the verdict of now; moves are marked.

    The line is the unit's own: it goes on when the unit hangs somewhere else or is called otherwise.
    """
    unit = found.unit.external_id
    rows = Diagnosis.objects.filter(unit_external_id=unit, is_current=True, as_of__lte=found.as_of)
    points = [
        _point(as_of, verdict["stage"])
        for as_of, verdict in rows.values_list("as_of", "verdict")
        if not (live and as_of == found.as_of)
    ]
    if live:
        stage = found.verdict.stage
        points.append(Point(found.as_of, stage.current, stage.second if stage.is_hybrid else None, is_live=True))
    moves: dict[date, str] = {}
    parent: str | None = None
    for change in reversed(unit_history(unit)):
        if change.start is not None and parent is not None and change.parent != parent:
            moves[change.start] = change.parent_name
        parent = change.parent or ""
    return line_of(points, moves=moves)


def _point(day: date, stage: Mapping[str, Any]) -> Point:
    current, second = stage["current"], stage["second"] if stage["is_hybrid"] else None
    return Point(day, StageKey(current) if current else None, StageKey(second) if second else None)


def recorded_verdicts(unit: str) -> tuple[Recorded, ...]:
    """Return the current recorded verdicts of a unit, the newest day first. They survive moves of the unit."""
    rows = Diagnosis.objects.filter(unit_external_id=unit, is_current=True).select_related("created_by")
    return tuple(
        Recorded(
            row.pk,
            row.as_of,
            row.revision,
            row.verdict,
            row.catalogue_version,
            str(row.created_by or ""),
            row.created_at,
        )
        for row in rows.order_by("-as_of")[:NEWEST]
    )
