"""How fresh the figures of a card are: up to which day the tables its KPIs read had been loaded."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Max

from kpis.engine.specs import TableSpec
from kpis.library import load_library
from kpis.models import Part, Upload
from kpis.queries.uploads import visible
from kpis.queries.usage import tables_of_kpis
from omnichannel.core.periods import Period


@dataclass(frozen=True, slots=True)
class Freshness:
    """The last day of data of the table that ends first among those a KPI reads; None when none of them has days."""

    until: date | None
    table: TableSpec | None
    complete: bool

    @property
    def is_late(self) -> bool:
        """Tell whether days of the period are missing."""
        return self.until is not None and not self.complete


NOTHING = Freshness(None, None, complete=True)


def freshness(kpis: Collection[str], *, period: Period, known_at: datetime | None = None) -> Mapping[str, Freshness]:
    """Return per KPI how far its tables reach, now or as known at a moment; one query.

    A table whose rows are dated once a month is complete with a row of that month.
    """
    reads = tables_of_kpis()
    tables = {table for kpi in kpis for table in reads.get(kpi, ())}
    counted = Upload.objects.filter(visible(known_at=known_at))
    rows = Part.objects.filter(upload__in=counted, table_id__in=tables, last_day__isnull=False)
    last = dict(rows.order_by().values_list("table_id").annotate(last=Max("last_day")))
    return {kpi: _first_to_end(reads.get(kpi, frozenset()), last, period=period) for kpi in kpis}


def _first_to_end(tables: Collection[str], last: Mapping[str, date], *, period: Period) -> Freshness:
    days = sorted((last[table], table) for table in tables if table in last)
    if not days:
        return NOTHING
    until, table = days[0]
    daily = load_library().tables[table].id not in MONTHLY
    return Freshness(until, load_library().tables[table], until >= (period.last_day if daily else period.start))


# one row a month says it all
MONTHLY = frozenset({"costs", "inventory", "external_metrics", "targets", "reviews", "surveys", "campaigns"})


def oldest(found: Mapping[str, Freshness]) -> Freshness:
    """Return the freshness of the card as a whole: that of the KPI whose data end first."""
    known = [one for one in found.values() if one.until is not None]
    return min(known, key=lambda one: (one.complete, one.until or date.max), default=NOTHING)
