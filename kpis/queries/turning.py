"""What a load, a revert or a re-apply would change: the parts, the months, the stored periods that move with them."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from kpis.choices import ComputationKind, UploadTurn
from kpis.datasets.store.turning import Swing, swing_of
from kpis.library import load_library
from kpis.models import Computation, Upload, UploadSpan
from kpis.queries.values import months_to_compute, newest_and_stored, stored_periods
from kpis.queries.warehouse import IN_POSTGRES, PartChange, visible_parts
from omnichannel.core.periods import Period, month_of, parse_period
from omnichannel.workspaces.queries.zones import current_day

REACH = 12  # months after a touched one whose comparisons and rolling years look back at it


@dataclass(frozen=True, slots=True)
class Moved:
    """`compute` are the months whose figures are found anew, `retire` those that no longer have any data."""

    compute: tuple[Period, ...] = ()
    retire: tuple[Period, ...] = ()


def part_change(upload: Upload, turn: UploadTurn) -> PartChange | None:
    """Return what the turn does to the parts that count; None for tables whose rows are facts in PostgreSQL."""
    if upload.table_id in IN_POSTGRES:
        return None
    if turn is UploadTurn.REVERT:
        return PartChange(upload.table_id, gone=upload.pk)
    if turn is UploadTurn.REAPPLY:
        rows = upload.parts.order_by("id").values_list("sha256", "path")
        added = tuple((digest, settings.DATA_ROOT / path) for digest, path in rows)
        return PartChange(upload.table_id, added=added, overlaps=overlaps_again(upload))
    staged = upload.staged
    folder = settings.DATA_ROOT / staged["folder"]
    added = tuple((part["sha256"], folder / part["path"]) for part in staged["parts"])
    effect = staged["effect"]
    return PartChange(upload.table_id, added=added, overlaps=bool(effect["changed"] or effect["same"]))


def overlaps_again(upload: Upload) -> bool:
    """Tell whether rows of a reverted upload may stand in others: those that were loaded while it did not count."""
    if upload.overlaps:
        return True
    last = UploadSpan.objects.filter(upload=upload).order_by("-began").first()
    others = Upload.objects.filter(table_id=upload.table_id, loaded_at__isnull=False).exclude(pk=upload.pk)
    return last is not None and others.filter(spans__began__gt=last.ended or last.began).exists()


def swing(upload: Upload, mine: Sequence[Path], *, work: Path | None = None) -> Swing:
    """Compare an upload's parts with all others that count now."""
    others = visible_parts().filter(table_id=upload.table_id).exclude(upload=upload).order_by("id")
    paths = [settings.DATA_ROOT / path for path in others.values_list("path", flat=True)]
    return swing_of(mine, paths, table=load_library().tables[upload.table_id], work=work)


def fact_months(keys: Collection[str], *, table: str) -> tuple[str, ...]:
    """Return the months that targets or reviews are about; nothing for the organisation, which is about all."""
    if table not in ("targets", "reviews"):
        return ()
    periods = {parse_period(json.loads(key)[0]) for key in keys}
    return tuple(sorted({str(month) for period in periods for month in period.months()}))


def moved_periods(upload: Upload, turn: UploadTurn, *, months: Collection[str]) -> Moved:
    """Return the months to compute anew and to retire. Asked before the turn is made.

    A table without months (organisation, products) moves every month that was computed since it first counted.
    """
    stored, touched = set(stored_periods()), {parse_period(month) for month in months}
    first = UploadSpan.objects.filter(upload=upload).order_by("began").first()
    since = _computed_since(first.began) if first is not None else set()
    if turn is UploadTurn.LOAD or first is None:
        return Moved(tuple(_as_a_load(upload, stored, touched)))
    known = stored | since if turn is UploadTurn.REAPPLY else stored
    moved = {each for each in known if each in touched or _looks_back(each, touched)} if touched else stored & since
    retired: set[Period] = set()
    if turn is UploadTurn.REVERT:
        retired = {each for each in moved if each in touched and _has_nothing_left(upload, each, first.began)}
    return Moved(tuple(sorted(moved - retired)), tuple(sorted(retired)))


def _as_a_load(upload: Upload, stored: set[Period], touched: set[Period]) -> list[Period]:
    """Return the months that a load computes: what it touches and later months that look back at that."""
    own = {parse_period(part["month"]) for part in upload.staged.get("parts", ()) if part["month"]}
    newest = max([*months_to_compute(()), *(each for each in own if each <= month_of(current_day()))], default=None)
    if newest is None:
        return []
    asked = {each for each in touched if each <= newest} if touched else {newest}
    asked = set(newest_and_stored(asked))
    return sorted(asked | {each for each in stored if _looks_back(each, asked)})


def _looks_back(period: Period, touched: Collection[Period]) -> bool:
    return any(one.start < period.start <= one.previous(-REACH).start for one in touched)


def _computed_since(place: int) -> set[Period]:
    runs = Computation.objects.filter(kind=ComputationKind.VALUES, upload_seq__gte=place)
    return {parse_period(key) for keys in runs.values_list("periods", flat=True) for key in keys}


def _has_nothing_left(upload: Upload, period: Period, began: int) -> bool:
    """Tell whether the month would have neither data nor figures, had the upload never counted."""
    others = visible_parts().filter(month=str(period)).exclude(upload=upload)
    earlier = Computation.objects.filter(periods__contains=[str(period)], upload_seq__lt=began)
    return not others.exists() and not earlier.filter(kind=ComputationKind.VALUES).exists()
