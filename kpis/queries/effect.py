"""What loading a checked upload would do, from what its check found: rows, months, units, KPIs, months to compute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow.parquet as pq
from django.conf import settings

from kpis.choices import UploadTurn
from kpis.engine.specs import KpiSpec, TableSpec
from kpis.library import load_library
from kpis.models import Upload
from kpis.queries.definitions import library_at
from kpis.queries.turning import moved_periods
from kpis.queries.usage import tables_of_kpis
from omnichannel.core.periods import Period, parse_period
from omnichannel.workspaces.queries.zones import current_day
from roles.queries.frames import org_units_rows


@dataclass(frozen=True, slots=True)
class NamedUnit:
    """A unit that rows of the file are about; the name is empty when the organisation does not know it."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class UploadEffect:
    """What loading would do. Months and units are those of new and changed rows; `units` are the first of
    `unit_count`. `periods` are computed anew because of it, those that only look back included."""

    table: TableSpec
    new: int
    changed: int
    same: int
    ignored: int
    months: tuple[str, ...]
    units: tuple[NamedUnit, ...]
    unit_count: int
    kpis: tuple[KpiSpec, ...]
    periods: tuple[Period, ...]

    @property
    def moves(self) -> bool:
        """False when every row is there already: loading changes nothing."""
        return bool(self.new or self.changed)


def upload_effect(upload: Upload) -> UploadEffect | None:
    """Return the effect of an upload whose rows wait to be loaded; None when no check has come so far."""
    table = load_library().tables.get(upload.table_id)
    if table is None or not upload.staged.get("parts"):
        return None
    rows, touched = upload.staged["effect"], upload.staged.get("touched", {})
    months = tuple(touched.get("months", upload.staged["months"])) or _periods_named(upload)
    moves = rows["new"] or rows["changed"]
    units = touched.get("units", ())
    return UploadEffect(
        table=table,
        new=rows["new"],
        changed=rows["changed"],
        same=rows["same"],
        ignored=rows.get("ignored", 0),
        months=months,
        units=_named(units),
        unit_count=touched.get("unit_count", len(units)),
        kpis=kpis_reading(table.id) if moves else (),
        periods=moved_periods(upload, UploadTurn.LOAD, months=months).compute if moves else (),
    )


def kpis_reading(table: str) -> tuple[KpiSpec, ...]:
    """Return the KPIs whose formulas read the table, straight or through a derived measure, in the library's order."""
    kpis = library_at().kpis
    return tuple(kpis[kpi] for kpi, tables in tables_of_kpis().items() if table in tables)


def _periods_named(upload: Upload) -> tuple[str, ...]:
    """Return the months that targets and reviews name; other tables without months name none."""
    if upload.table_id not in ("targets", "reviews"):
        return ()
    folder = settings.DATA_ROOT / upload.staged["folder"]
    files = [folder / part["path"] for part in upload.staged["parts"]]
    keys = {
        key
        for file in files
        if file.exists()
        for key in pq.read_table(file, columns=["period"])[0].unique().to_pylist()
    }
    return tuple(sorted({str(month) for key in keys for month in parse_period(key).months()}))


def _named(units: Sequence[str]) -> tuple[NamedUnit, ...]:
    if not units:
        return ()
    names = {str(row["unit_id"]): str(row["name"]) for row in org_units_rows(current_day())}
    return tuple(NamedUnit(unit, names.get(unit, "")) for unit in units)
