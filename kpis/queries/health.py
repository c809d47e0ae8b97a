"""Data health as pages read it: what was measured last, whether it is stale, and what a person should do about it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from kpis.engine.specs import ColumnSpec, KpiSpec, TableSpec
from kpis.library import load_library
from kpis.library.extras import DataSystem, library_extras
from kpis.models import ColumnHealth, TableHealth, Upload
from kpis.queries.definitions import library_at
from kpis.queries.systems import UNKNOWN, feeders, source_of
from kpis.queries.uploads import visible
from kpis.queries.usage import kpis_of_columns, kpis_of_values
from kpis.queries.warehouse import IN_POSTGRES, ORGANISATION
from omnichannel.jobs.choices import ACTIVE, JobKind
from omnichannel.jobs.models import Job
from roles.queries.org_chart import organisation_changed_at

WARN_DAYS = 30  # days before history is lost at the source from which the page warns
ALL = Decimal(100)


def data_digests() -> dict[str, str]:
    """Return for each table with data what its measured facts rest on: its uploads, and those of what it refers to."""
    uploads: dict[str, list[str]] = {}
    rows = Upload.objects.filter(visible()).order_by("seq").values_list("table_id", "pk", "system")
    for table, pk, system in rows:
        uploads.setdefault(table, []).append(f"{pk}:{source_of(table, system)}")
    changed = organisation_changed_at()
    tables = load_library().tables
    there = set(uploads) | (set(ORGANISATION) if changed else set())
    return {table: _digest(table, uploads, changed) for table in tables if table in there}


def _digest(table: str, uploads: Mapping[str, Sequence[str]], changed: datetime | None) -> str:
    refs = {column.ref.split(".")[0] for column in load_library().tables[table].columns if column.ref}
    read = sorted(refs | {table})
    organisation = str(changed) if set(read) & IN_POSTGRES else ""
    text = "|".join(f"{name}={','.join(uploads.get(name, ()))}" for name in read)
    return hashlib.sha256(f"{text}|{organisation}".encode()).hexdigest()


def measuring_job() -> Job | None:
    """Return the measuring that waits or runs, if there is one."""
    return Job.objects.filter(kind=JobKind.MEASURE_HEALTH, state__in=ACTIVE).select_related("workspace").first()


@dataclass(frozen=True, slots=True)
class History:
    """How long the source itself still tells what has not been loaded. `lost` counts days that are gone there already.

    `load_by` is the last day on which a load leaves no hole; `queries` how many exports of the source it takes.
    """

    system: DataSystem
    table: TableSpec
    last_day: date
    behind: int
    load_by: date
    left: int
    lost: int
    queries: int | None

    @property
    def state(self) -> str:
        """Return lost, soon or fine."""
        if self.lost:
            return "lost"
        return "soon" if self.left <= min(WARN_DAYS, (self.system.history_days or 0) // 3) else "fine"


def history_of(system: DataSystem, table: TableSpec, *, last_day: date, today: date) -> History | None:
    """Work out the deadline of a system with a limit; None when the system sets the table none."""
    if system.history_days is None or table.id not in system.history_tables:
        return None
    behind = max((today - last_day).days, 0)
    load_by = last_day + timedelta(days=system.history_days)
    span = system.query_days
    return History(
        system=system,
        table=table,
        last_day=last_day,
        behind=behind,
        load_by=load_by,
        left=(load_by - today).days,
        lost=max((today - load_by).days, 0),
        queries=-(-behind // span) if span else None,
    )


@dataclass(frozen=True, slots=True)
class ColumnLine:
    """One column: percent filled, who reads it, and references that lead nowhere."""

    spec: ColumnSpec
    table: str
    health: ColumnHealth
    filled: Decimal | None
    read_by: tuple[KpiSpec, ...]
    blocks: tuple[KpiSpec, ...]

    @property
    def missing(self) -> int:
        """Return how many rows have no value."""
        return self.health.rows - self.health.filled

    @property
    def missing_share(self) -> Decimal | None:
        """Return the percent of rows without a value."""
        return None if self.filled is None else ALL - self.filled


@dataclass(frozen=True, slots=True)
class Source:
    """The part of a table that came from one system; `system` is None when nobody has said which."""

    system: DataSystem | None
    health: TableHealth
    behind: int | None
    history: History | None


@dataclass(frozen=True, slots=True)
class TableLine:
    """One table with all that was measured of it; `whole` is None before the first measuring."""

    spec: TableSpec
    whole: TableHealth | None
    stale: bool
    sources: tuple[Source, ...]
    channels: tuple[TableHealth, ...]
    columns: tuple[ColumnLine, ...]
    behind: int | None

    @property
    def completeness(self) -> Decimal | None:
        """Return the percent of filled cells in the columns that KPIs read."""
        used = [line.health for line in self.columns if line.read_by]
        cells = sum(health.rows for health in used)
        return ALL * sum(health.filled for health in used) / cells if cells else None

    @property
    def orphans(self) -> int:
        """Return the rows' references that lead nowhere."""
        return sum(line.health.orphans or 0 for line in self.columns)

    @property
    def blocking(self) -> list[ColumnLine]:
        """Return the columns whose missing cells make figures fall short, by the rows and KPIs concerned."""
        found = [line for line in self.columns if line.missing and line.blocks]
        return sorted(found, key=lambda line: -line.missing * len(line.blocks))

    @property
    def histories(self) -> list[History]:
        """Return the deadlines of the sources that set one."""
        return [source.history for source in self.sources if source.history]


@dataclass(frozen=True, slots=True)
class DataHealth:
    """Every table with data, those without, and when it was measured."""

    lines: tuple[TableLine, ...]
    absent: tuple[TableSpec, ...]
    measured_at: datetime | None
    stale: bool
    job: Job | None

    @property
    def deadlines(self) -> list[History]:
        """Return what the sources will lose soon or have lost, the most urgent first."""
        found = [history for line in self.lines for history in line.histories if history.state != "fine"]
        return sorted(found, key=lambda history: history.left)

    @property
    def blocking(self) -> list[ColumnLine]:
        """Return the columns whose missing cells make figures fall short, by the KPIs concerned."""
        found = [column for line in self.lines for column in line.blocking]
        return sorted(found, key=lambda column: -(column.missing_share or 0) * len(column.blocks))

    @property
    def broken(self) -> list[ColumnLine]:
        """Return the references with orphans, the most first."""
        found = [column for line in self.lines for column in line.columns if column.health.orphans]
        return sorted(found, key=lambda column: -(column.health.orphans or 0))


def data_health(*, today: date, only: str = "") -> DataHealth:
    """Read all measured facts (or those of one table) in a handful of queries, however many tables there are."""
    digests = data_digests()
    slices: dict[str, list[TableHealth]] = {}
    columns: dict[str, list[ColumnHealth]] = {}
    narrowed = {"table_id": only} if only else {}
    for row in TableHealth.objects.filter(**narrowed):
        slices.setdefault(row.table_id, []).append(row)
    for cell in ColumnHealth.objects.filter(**narrowed):
        columns.setdefault(cell.table_id, []).append(cell)
    tables = [spec for spec in load_library().tables.values() if not only or spec.id == only]
    there = [spec for spec in tables if spec.id in digests]
    lines = tuple(
        _line(spec, slices.get(spec.id, []), columns.get(spec.id, []), digests[spec.id], today=today) for spec in there
    )
    moments = [line.whole.measured_at for line in lines if line.whole]
    return DataHealth(
        lines=lines,
        absent=tuple(spec for spec in tables if spec.id not in digests),
        measured_at=max(moments, default=None),
        stale=any(line.stale for line in lines),
        job=measuring_job(),
    )


def _line(
    spec: TableSpec, slices: Sequence[TableHealth], columns: Sequence[ColumnHealth], digest: str, *, today: date
) -> TableLine:
    whole = next((row for row in slices if not row.system and not row.channel), None)
    last = whole.last_day if whole else None
    return TableLine(
        spec=spec,
        whole=whole,
        stale=whole is None or whole.digest != digest,
        sources=tuple(_source(spec, row, today=today) for row in slices if row.system),
        channels=tuple(row for row in slices if row.channel),
        columns=tuple(_column(spec, row) for row in columns),
        behind=max((today - last).days, 0) if last else None,
    )


def _source(spec: TableSpec, row: TableHealth, *, today: date) -> Source:
    system = library_extras().systems.get(row.system) if row.system != UNKNOWN else None
    last = row.last_day
    history = history_of(system, spec, last_day=last, today=today) if system and last else None
    return Source(system, row, max((today - last).days, 0) if last else None, history)


def _column(spec: TableSpec, row: ColumnHealth) -> ColumnLine:
    place, kpis = (spec.id, row.column), library_at().kpis
    return ColumnLine(
        spec=spec.column(row.column),
        table=spec.id,
        health=row,
        filled=ALL * row.filled / row.rows if row.rows else None,
        read_by=tuple(kpis[kpi] for kpi in kpis_of_columns().get(place, ())),
        blocks=tuple(kpis[kpi] for kpi in kpis_of_values().get(place, ())),
    )


def possible_sources(table: str) -> list[DataSystem]:
    """Return the systems of the catalogue that may feed a table."""
    systems = library_extras().systems
    return [systems[system] for system in feeders().get(table, ())]
