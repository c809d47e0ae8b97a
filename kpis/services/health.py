"""Measuring the health of the loaded data: asked for after each load, done as a job, stored as narrow facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Protocol

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from kpis.datasets.health.gaps import Rhythm, find_gaps
from kpis.datasets.health.measuring import DayCount, TableFacts, measure_table, measuring_engine, open_stored
from kpis.datasets.health.shares import Share, customer_shares, order_shares
from kpis.errors import UnknownSystem
from kpis.models import ColumnHealth, DataShare, TableHealth, Upload
from kpis.queries.health import data_digests
from kpis.queries.stored import stored_tables
from kpis.queries.systems import UNKNOWN, feeders
from kpis.queries.uploads import visible
from omnichannel.jobs.choices import JobKind, JobOrigin, JobState, JobStep
from omnichannel.jobs.models import Job
from omnichannel.jobs.services.dispatching import wake
from omnichannel.jobs.services.lifecycle import create_job
from omnichannel.workspaces.scoping import current_workspace_id, lock_in_workspace

HEALTH_LOCK = 0x4EA1  # first key of the advisory lock under which measured facts are replaced
BY_MONTH = frozenset({"costs"})  # tables that are kept by month, so that days say nothing


class Report(Protocol):
    """How a run says where it is; `Run.progress` is one."""

    def __call__(self, step: JobStep, *, done: int, total: int) -> None:
        """Tell how many of the tables are measured."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of one table, and of which set of uploads."""

    table: str
    digest: str
    facts: TableFacts
    shares: tuple[Share, ...]
    at: datetime


@transaction.atomic
def request_measurement(*, actor_id: int | None, origin: JobOrigin = JobOrigin.SYSTEM) -> Job:
    """Queue a measuring of what counts when it begins, in the caller's transaction. One that waits already will do.

    The waiting row stays locked until the caller commits, so no worker can begin before it sees the caller's rows.
    """
    waiting = Job.objects.select_for_update().filter(kind=JobKind.MEASURE_HEALTH, state=JobState.QUEUED).first()
    if waiting is not None:
        return waiting
    params = {"turn": Job.objects.filter(kind=JobKind.MEASURE_HEALTH).aggregate(last=Max("pk"))["last"] or 0}
    job = create_job(JobKind.MEASURE_HEALTH, params=params, actor_id=actor_id, origin=origin)
    wake(job)
    return job


@transaction.atomic
def name_source(table: str, *, system: str, actor_id: int | None) -> int:
    """Say which system the uploads of a table came from of which nobody has said so; return how many they were."""
    if system not in feeders().get(table, ()):
        raise UnknownSystem(system)
    many = Upload.objects.filter(visible(), table_id=table, system="").update(system=system)
    request_measurement(actor_id=actor_id, origin=JobOrigin.WEB)
    return many


def measure(report: Report) -> list[Measured]:
    """Measure every table whose data have changed since it was measured last. No transaction is open meanwhile."""
    digests = data_digests()
    known = dict(TableHealth.objects.filter(system="", channel="").values_list("table_id", "digest"))
    wanted = [table for table, digest in digests.items() if known.get(table) != digest]
    stored = stored_tables()
    found = []
    with measuring_engine(
        memory_limit=settings.ENGINE_MEMORY_LIMIT, threads=settings.ENGINE_THREADS, spill=settings.DATA_ROOT / "spill"
    ) as engine:
        for done, table in enumerate(wanted):
            report(JobStep.COMPUTING, done=done, total=len(wanted))
            if table not in stored:
                continue
            open_stored(engine, stored[table])
            facts = measure_table(engine, stored[table], targets=stored)
            shares: Iterable[Share] = ()
            if table == "orders":
                shares = order_shares(engine, overlaps=stored[table].overlaps)
            elif table == "customers":
                shares = customer_shares(engine)
            found.append(Measured(table, digests[table], facts, tuple(shares), timezone.now()))
    return found


def store(measured: Sequence[Measured]) -> dict[str, Any]:
    """Replace the facts of the measured tables in the caller's transaction; return what the job's page tells.

    Of two runs the one that measured what counts now wins, whichever ends last. Tables without data lose their facts.
    """
    lock_in_workspace(HEALTH_LOCK)
    now = data_digests()
    fresh = [each for each in measured if now.get(each.table) == each.digest]
    tables = [each.table for each in fresh]
    for model in (TableHealth, ColumnHealth, DataShare):
        rows = model.objects.all()
        rows.filter(table_id__in=tables).delete()
        rows.exclude(table_id__in=now).delete()
    TableHealth.objects.bulk_create([row for each in fresh for row in _slices(each)])
    ColumnHealth.objects.bulk_create([row for each in fresh for row in _columns(each)])
    DataShare.objects.bulk_create([row for each in fresh for row in _shares(each)])
    return {"tables": tables, "rows": sum(each.facts.rows for each in fresh)}


def _slices(measured: Measured) -> list[TableHealth]:
    """Return the whole table, each system's part and each channel's part."""
    days, replaced = measured.facts.days, measured.facts.replaced
    systems = _grouped(days, lambda each: each.system or UNKNOWN)
    channels = _grouped([each for each in days if each.channel is not None], lambda each: str(each.channel))
    rows = [_slice(measured, days, replaced=sum(replaced.values()))]
    rows += [
        _slice(measured, part, system=system, replaced=replaced.get(system, 0)) for system, part in systems.items()
    ]
    return rows + [_slice(measured, part, channel=channel) for channel, part in channels.items()]


def _grouped(days: Sequence[DayCount], key: Callable[[DayCount], str]) -> Mapping[str, list[DayCount]]:
    return {name: list(part) for name, part in groupby(sorted(days, key=key), key)}


def _slice(
    measured: Measured, days: Sequence[DayCount], *, system: str = "", channel: str = "", replaced: int = 0
) -> TableHealth:
    dates = {each.day for each in days if each.day is not None}
    rhythm: Rhythm = find_gaps(dates, by_month=measured.table in BY_MONTH)
    return TableHealth(
        workspace_id=current_workspace_id(),
        table_id=measured.table,
        system=system,
        channel=channel,
        digest=measured.digest,
        measured_at=measured.at,
        rows=sum(each.rows for each in days),
        replaced=replaced,
        first_day=min(dates, default=None),
        last_day=max(dates, default=None),
        days=len(dates),
        missing_days=rhythm.missing,
        gaps=[[str(gap.first), str(gap.last), gap.days] for gap in rhythm.gaps],
        by_month=rhythm.by_month,
    )


def _columns(measured: Measured) -> list[ColumnHealth]:
    return [
        ColumnHealth(
            workspace_id=current_workspace_id(),
            table_id=measured.table,
            column=column.name,
            rows=measured.facts.rows,
            filled=column.filled,
            orphans=column.orphans,
            orphan_ids=column.orphan_ids,
            examples=list(column.examples),
        )
        for column in measured.facts.columns
    ]


def _shares(measured: Measured) -> list[DataShare]:
    return [
        DataShare(
            workspace_id=current_workspace_id(),
            table_id=measured.table,
            subject=share.subject,
            month=share.month,
            dimension=share.dimension,
            part=share.part,
            whole=share.whole,
        )
        for share in measured.shares
    ]
