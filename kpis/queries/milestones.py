"""Milestones as rows of their table: planned and done days, and whether each was early, on time or late."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from kpis.library import load_library
from kpis.queries.current_rows import rows_read

TABLE = "milestones"
MOST = 10_000


class Punctuality(StrEnum):
    """How a milestone stands to its planned day; on that very day is on time."""

    EARLY = "early"
    ON_TIME = "on_time"
    LATE = "late"
    OVERDUE = "overdue"
    COMING = "coming"
    CALLED_OFF = "called_off"


KEPT = frozenset({Punctuality.EARLY, Punctuality.ON_TIME})
NOT_DUE = frozenset({Punctuality.COMING, Punctuality.CALLED_OFF})
CALLED_OFF = "called_off"  # the kind of a milestone that counts nowhere any more


@dataclass(frozen=True, slots=True)
class Milestone:
    """One milestone. `days` after the planned day it was done, or is overdue; negative when early."""

    id: str
    title: str
    kind: str
    role: str
    unit: str
    planned_on: date
    done_on: date | None
    standing: Punctuality
    days: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Milestones of one kind: how many stand how. `due` are those whose planned day has come."""

    kind: str
    counts: Mapping[Punctuality, int]

    @property
    def due(self) -> int:
        """Those done or overdue."""
        return sum(count for standing, count in self.counts.items() if standing not in NOT_DUE)

    @property
    def kept(self) -> int:
        """Those done early or on time."""
        return sum(self.counts.get(standing, 0) for standing in KEPT)


def current_milestones(
    *, today: date, units: Collection[str] | None = None, ids: Collection[str] | None = None
) -> list[Milestone]:
    """Return current milestones, the latest planned first; `units` and `ids` keep some of them.

    On a `today` of the past what was done later is not done yet.
    """
    table = load_library().tables[TABLE]
    names = [column.name for column in table.columns]
    only: dict[str, object] = {} if ids is None else {"milestone_id": sorted(ids)}
    rows = rows_read(table, columns=names, filters=only, limit=MOST)
    found = [_milestone(row, today=today) for row in rows if units is None or row["unit_id"] in units]
    return sorted(found, key=lambda one: (one.planned_on, one.id), reverse=True)


def _milestone(row: Mapping[str, Any], *, today: date) -> Milestone:
    planned, done = row["planned_on"], row["done_on"]
    done = None if done and done > today else done
    standing, days = punctuality(planned, done, today=today)
    if row["kind"] == CALLED_OFF:
        standing, days = Punctuality.CALLED_OFF, 0
    return Milestone(
        id=row["milestone_id"],
        title=row["title"] or "",
        kind=row["kind"],
        role=row["owner_role"],
        unit=row["unit_id"] or "",
        planned_on=planned,
        done_on=done,
        standing=standing,
        days=days,
    )


def punctuality(planned: date, done: date | None, *, today: date) -> tuple[Punctuality, int]:
    """Return how a milestone stands and by how many days."""
    if done is None:
        late = (today - planned).days
        return (Punctuality.OVERDUE, late) if late > 0 else (Punctuality.COMING, late)
    days = (done - planned).days
    if days > 0:
        return Punctuality.LATE, days
    return (Punctuality.EARLY if days else Punctuality.ON_TIME), days


def tallies(found: Sequence[Milestone]) -> list[Tally]:
    """Count milestones per kind, in the order of the table's kinds."""
    kinds = [kind for kind in load_library().tables[TABLE].column("kind").enum if kind != CALLED_OFF]
    counts = {kind: Counter(one.standing for one in found if one.kind == kind) for kind in kinds}
    return [Tally(kind, counts[kind]) for kind in kinds if counts[kind]]
