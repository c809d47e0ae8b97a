"""Uploads as pages and jobs read them: what counts, what is fresh, one upload with its problems."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from django.db.models import BigIntegerField, Max, Min, Q, QuerySet, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils import timezone

from kpis.engine.grammar import parse_formula
from kpis.engine.specs import SimpleMeasure, TableSpec
from kpis.library import load_library
from kpis.models import Part, Upload
from omnichannel.core.periods import Period, month_of

MONTHS_AT_MOST = 24


def newest_uploads() -> QuerySet[Upload]:
    """Return all uploads, newest first, with what a list shows of them."""
    return Upload.objects.select_related("created_by", "check_job", "load_job", "workspace")


def visible(*, known_at: datetime | None = None) -> Q:
    """Return the condition of an upload that counts now, or counted at a moment in the past."""
    if known_at is None:
        return Q(visible_from__isnull=False, visible_until=None)
    return Q(visible_from__lte=known_at) & (Q(visible_until=None) | Q(visible_until__gt=known_at))


def visible_upload_ids(table: str) -> list[int]:
    """Return the uploads that count for the table now, in their order."""
    return list(Upload.objects.filter(visible(), table_id=table).order_by("seq").values_list("pk", flat=True))


def highest_visible_seq() -> int:
    """Return the place of the newest upload that counts; 0 when none does."""
    return int(Upload.objects.filter(visible()).aggregate(highest=Max("seq"))["highest"] or 0)


def identical_upload(upload: Upload) -> Upload | None:
    """Return the newest loaded upload of the very same bytes for the same table, before this one."""
    return (
        Upload.objects.filter(visible(), sha256=upload.sha256, table_id=upload.table_id, pk__lt=upload.pk)
        .order_by("-pk")
        .first()
    )


@dataclass(frozen=True, slots=True)
class TableFreshness:
    """How fresh one table is. `rows` counts current rows; `kpis` how many KPIs read the table."""

    table: TableSpec
    rows: int
    first_day: date | None
    last_day: date | None
    loaded_at: datetime | None
    kpis: int


def data_freshness() -> list[TableFreshness]:
    """Return all canonical tables in catalogue order, the loaded and the missing ones, in two queries."""
    loads = {
        row["table_id"]: row
        for row in Upload.objects.filter(visible())
        .order_by()
        .values("table_id")
        .annotate(rows=Sum(Cast(KT("effect__new"), BigIntegerField())), at=Max("loaded_at"))
    }
    days = {
        row["table_id"]: row
        for row in Part.objects.filter(upload__in=Upload.objects.filter(visible()))
        .order_by()
        .values("table_id")
        .annotate(first=Min("first_day"), last=Max("last_day"))
    }
    fed = kpis_fed()
    return [
        TableFreshness(
            table=table,
            rows=int(loads.get(table.id, {}).get("rows") or 0),
            first_day=days.get(table.id, {}).get("first"),
            last_day=days.get(table.id, {}).get("last"),
            loaded_at=loads.get(table.id, {}).get("at"),
            kpis=fed.get(table.id, 0),
        )
        for table in load_library().tables.values()
    ]


@cache
def kpis_fed() -> Mapping[str, int]:
    """Return how many KPIs read each table, straight or through a derived measure."""
    library = load_library()
    counts: Counter[str] = Counter()
    for kpi in library.kpis.values():
        tables: set[str] = set()
        for name in parse_formula(kpi.formula).measures():
            measure = library.measures[name]
            tables |= {measure.table} if isinstance(measure, SimpleMeasure) else set(measure.tables)
        counts.update(tables)
    return counts


def months_to_compute(touched: Sequence[str]) -> list[Period]:
    """Return the months whose figures a load moves, at most the newest 24.

    A load without months (organisation, products, targets) concerns the newest month with data.
    """
    newest = newest_day()
    if newest is None:
        return []
    last = month_of(newest)
    months = {month_of(date.fromisoformat(f"{month}-01")) for month in touched}
    return sorted(month for month in months or {last} if month <= last)[-MONTHS_AT_MOST:]


def newest_day() -> date | None:
    """Return the last day with data, today at the latest: one mistyped year does not decide what is computed."""
    today = timezone.localdate()
    parts = Part.objects.filter(upload__in=Upload.objects.filter(visible()), first_day__lte=today)
    found: date | None = parts.aggregate(last=Max("last_day"))["last"]
    return min(found, today) if found else None
