"""Uploads as pages and jobs read them: what counts, what is fresh, one upload with its problems."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Max, Min, Q, QuerySet, Sum

from kpis.choices import UploadState
from kpis.engine.grammar import parse_formula
from kpis.engine.specs import SimpleMeasure, TableSpec
from kpis.library import load_library
from kpis.models import Part, Upload, UploadSpan
from kpis.models.uploads import BUSY
from kpis.queries.definitions import library_at
from omnichannel.workspaces.queries.zones import current_day

# Uploads that wait for a job or a person; of the others the history tells.
IN_HAND = (*BUSY, UploadState.NEEDS_ATTENTION, UploadState.READY, UploadState.REFUSED)


def newest_uploads() -> QuerySet[Upload]:
    """Return all uploads, newest first, with what a list shows of them."""
    return Upload.objects.select_related("created_by", "check_job", "load_job", "workspace")


def uploads_in_hand() -> QuerySet[Upload]:
    """Return the uploads that wait for a job or a person, newest first, with what a card shows of them."""
    return newest_uploads().filter(state__in=IN_HAND).select_related("parent", "saved_mapping")


def settled_uploads() -> QuerySet[Upload]:
    """Return the uploads that nothing more has to be done about, newest first."""
    return newest_uploads().exclude(state__in=IN_HAND).select_related("parent")


def has_unchecked_changes(upload: Upload) -> bool:
    """Tell whether a person changed the upload after its last check. Reads that job (a query unless loaded)."""
    return upload.check_job is not None and upload.check_job.params.get("revision") != upload.revision


def visible(*, known_at: datetime | None = None) -> Q:
    """Return the condition of an upload that counts now, or counted at a moment in the past."""
    if known_at is None:
        return Q(visible_from__isnull=False)
    then = UploadSpan.objects.filter(Q(ends_at=None) | Q(ends_at__gt=known_at), starts_at__lte=known_at)
    return Q(pk__in=then.values("upload_id"))


def visible_upload_ids(table: str) -> list[int]:
    """Return the uploads that count for the table now, in their order."""
    return list(Upload.objects.filter(visible(), table_id=table).order_by("seq").values_list("pk", flat=True))


def last_change() -> int:
    """Return the place of the newest change of what counts: a load, a revert, a re-apply; 0 before the first."""
    found = UploadSpan.objects.aggregate(began=Max("began"), ended=Max("ended"))
    return max(found["began"] or 0, found["ended"] or 0)


def rows_of_tables(*, known_at: datetime | None = None) -> dict[str, int]:
    """Return how many current rows each table has, or had then: what loads added less what reverts removed."""
    spans = UploadSpan.objects.all() if known_at is None else UploadSpan.objects.filter(starts_at__lte=known_at)
    ended = Q(ends_at__isnull=False) if known_at is None else Q(ends_at__lte=known_at)
    rows = spans.order_by().values_list("upload__table_id")
    found = rows.annotate(added=Sum("rows_added"), removed=Sum("rows_removed", filter=ended))
    return {table: int(added - (removed or 0)) for table, added, removed in found}


def identical_upload(upload: Upload) -> Upload | None:
    """Return the newest loaded upload of the very same bytes (and sheet) for the same table, before this one."""
    same = Upload.objects.filter(visible(), sha256=upload.sha256, table_id=upload.table_id, pk__lt=upload.pk)
    sheet = upload.guess.get("sheet")
    same = same.filter(guess__sheet=sheet) if sheet else same.exclude(guess__has_key="sheet")
    return same.order_by("-pk").first()


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
    """Return all canonical tables in catalogue order, the loaded and the missing ones, in three queries."""
    loads = dict(Upload.objects.filter(visible()).order_by().values_list("table_id").annotate(at=Max("visible_from")))
    rows = rows_of_tables()
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
            rows=rows.get(table.id, 0),
            first_day=days.get(table.id, {}).get("first"),
            last_day=days.get(table.id, {}).get("last"),
            loaded_at=loads.get(table.id),
            kpis=fed.get(table.id, 0),
        )
        for table in load_library().tables.values()
    ]


def kpis_fed() -> Mapping[str, int]:
    """Return how many KPIs read each table, straight or through a derived measure."""
    library = library_at()
    counts: Counter[str] = Counter()
    for kpi in library.kpis.values():
        tables: set[str] = set()
        for name in parse_formula(kpi.formula).measures():
            measure = library.measures[name]
            tables |= {measure.table} if isinstance(measure, SimpleMeasure) else set(measure.tables)
        counts.update(tables)
    return counts


def newest_day() -> date | None:
    """Return the last day with data, today at the latest: one mistyped year does not decide what is computed."""
    today = current_day()
    parts = Part.objects.filter(upload__in=Upload.objects.filter(visible()), first_day__lte=today)
    found: date | None = parts.aggregate(last=Max("last_day"))["last"]
    return min(found, today) if found else None
