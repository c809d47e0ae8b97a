"""Where data come from: the systems of the catalogue, what has arrived from each, and what stops without one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from django.db.models import Count, Max, Sum

from kpis.library.extras import library_extras
from kpis.models import Part, Upload
from kpis.queries.uploads import visible
from kpis.queries.usage import tables_of_kpis

UNKNOWN = "unknown"  # stands where nobody has said which of several systems a file came from


@cache
def feeders() -> Mapping[str, tuple[str, ...]]:
    """Return the systems of the catalogue that feed each table."""
    found: dict[str, list[str]] = {}
    for system in library_extras().systems.values():
        for table in system.feeds:
            found.setdefault(table, []).append(system.id)
    return {table: tuple(systems) for table, systems in found.items()}


def source_of(table: str, system: str) -> str:
    """Return the system an upload counts for: the one it names, else the only one that feeds the table."""
    if system:
        return system
    able = feeders().get(table, ())
    return able[0] if len(able) == 1 else UNKNOWN


@dataclass(frozen=True, slots=True)
class Arrival:
    """What has come from one system into one table: uploads, rows as loaded, newest day, newest load."""

    system: str
    table: str
    uploads: int
    rows: int
    last_day: date | None
    loaded_at: datetime | None


def arrivals() -> list[Arrival]:
    """Return what counts now by system and table, in two queries."""
    days = {
        (row["upload__table_id"], row["upload__system"]): row
        for row in Part.objects.filter(upload__in=Upload.objects.filter(visible()))
        .order_by()
        .values("upload__table_id", "upload__system")
        .annotate(last=Max("last_day"), rows=Sum("rows"))
    }
    loads = (
        Upload.objects.filter(visible())
        .order_by()
        .values("table_id", "system")
        .annotate(uploads=Count("pk"), at=Max("loaded_at"))
    )
    merged: dict[tuple[str, str], Arrival] = {}
    for row in loads:
        table, day = row["table_id"], days.get((row["table_id"], row["system"]), {})
        key = (source_of(table, row["system"]), table)
        found = Arrival(*key, row["uploads"], int(day.get("rows") or 0), day.get("last"), row["at"])
        merged[key] = _joined(merged[key], found) if key in merged else found
    return sorted(merged.values(), key=lambda each: (each.system, each.table))


def _joined(a: Arrival, b: Arrival) -> Arrival:
    lasts = [day for day in (a.last_day, b.last_day) if day is not None]
    loads = [moment for moment in (a.loaded_at, b.loaded_at) if moment is not None]
    return Arrival(
        a.system, a.table, a.uploads + b.uploads, a.rows + b.rows, max(lasts, default=None), max(loads, default=None)
    )


@dataclass(frozen=True, slots=True)
class Supply:
    """Who supplies each table: the systems it has come from, else those the catalogue says could feed it."""

    by_table: Mapping[str, tuple[str, ...]]
    arrived: frozenset[tuple[str, str]]

    def tables_without(self, off: Collection[str]) -> tuple[frozenset[str], frozenset[str]]:
        """Return the tables that nobody supplies any more without these systems, and those that lose a part."""
        lost = frozenset(table for table, systems in self.by_table.items() if systems and set(systems) <= set(off))
        thinner = frozenset(table for table, systems in self.by_table.items() if set(systems) & set(off))
        return lost, thinner - lost


def supply(found: Collection[Arrival]) -> Supply:
    """Work out who supplies each table from what has arrived; no query."""
    actual: dict[str, list[str]] = {}
    for each in found:
        actual.setdefault(each.table, []).append(each.system)
    tables = {table: tuple(actual.get(table, systems)) for table, systems in feeders().items()}
    return Supply(tables, frozenset((each.system, each.table) for each in found))


@dataclass(frozen=True, slots=True)
class Loss:
    """What stops without some systems. A lost KPI has no value; a degraded one is computed from fewer rows."""

    off: tuple[str, ...]
    tables_lost: frozenset[str]
    tables_thinner: frozenset[str]
    lost: tuple[str, ...]
    degraded: tuple[str, ...]


def without(off: Collection[str], *, of: Supply) -> Loss:
    """Return what is lost when the systems are disconnected; no query, nothing is written."""
    gone, thinner = of.tables_without(off)
    read = tables_of_kpis()
    lost = tuple(kpi for kpi, tables in read.items() if tables & gone)
    degraded = tuple(kpi for kpi, tables in read.items() if tables & thinner and not tables & gone)
    return Loss(tuple(off), gone, thinner, lost, degraded)
