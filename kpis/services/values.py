"""Figures: asked for as a job, computed by the engine with no open transaction, stored as revisions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from kpis.choices import ComputationKind
from kpis.engine.compute import compute_values
from kpis.engine.explain import definition_hash
from kpis.engine.relations import Relations
from kpis.engine.scoping import ScopeRequest
from kpis.engine.specs import COMPANY, KpiSpec, NoData, Scope, ScopeKind, Value
from kpis.library import load_library
from kpis.models import Computation, KpiValue
from kpis.queries.uploads import last_change
from kpis.queries.values import current_values, stored_periods
from kpis.queries.warehouse import World
from omnichannel.core.periods import Period, parse_period
from omnichannel.jobs.choices import JobKind, JobOrigin, JobState
from omnichannel.jobs.models import Job
from omnichannel.jobs.services.dispatching import wake
from omnichannel.jobs.services.lifecycle import change_params, create_job
from omnichannel.workspaces.scoping import current_workspace_id
from roles.catalogue import RoleKey
from roles.queries.org_chart import organisation_changed_at

MOST_PERIODS = 24
REACH = 12  # months after a touched one whose comparisons and rolling years look back at it
BATCH = 5000
FIGURES_LOCK = 0x0F19  # first key of the advisory lock of everything computed
PART = 3  # periods in one job of several
SHARED_KINDS = frozenset({ScopeKind.COMPANY, ScopeKind.UNIT, ScopeKind.CHANNEL, ScopeKind.CAMPAIGN, ScopeKind.ROLE})
ALWAYS_KEPT = frozenset({ScopeKind.COMPANY, ScopeKind.UNIT, ScopeKind.EMPLOYEE})
Stored = tuple[Any, ...]
Asked = tuple[Sequence[str], ScopeRequest]


@transaction.atomic
def request_computation(
    periods: Iterable[Period | str],
    *,
    actor_id: int | None,
    origin: JobOrigin = JobOrigin.WEB,
    recent_only: bool = False,
    mode: ComputationKind = ComputationKind.VALUES,
    join: bool = False,
) -> Job:
    """Queue the computation of the periods in the caller's transaction, at most the newest 24.

    Later stored periods that look back at an asked one are computed again too, unless `recent_only` says that
    exactly the asked ones are meant. `mode` GRADES only grades again what is stored. With `join` a computation that
    still waits takes the periods over, so that many loads in a row are computed together.
    """
    asked = {period if isinstance(period, Period) else parse_period(period) for period in periods}
    if not recent_only and mode is ComputationKind.VALUES:
        asked |= _looking_back(asked)
    keys = [str(period) for period in sorted(asked)[-MOST_PERIODS:]]
    params: dict[str, Any] = {"periods": keys, "mode": mode.value}
    if join:
        if (waiting := _joined(keys, mode=mode)) is not None:
            return waiting
        # One that runs already may have read before these rows came: it is not the same work.
        params["after"] = Job.objects.filter(kind=JobKind.COMPUTE_VALUES).aggregate(last=Max("pk"))["last"]
    job = create_job(JobKind.COMPUTE_VALUES, params=params, actor_id=actor_id, origin=origin)
    wake(job)
    return job


def _joined(keys: Sequence[str], *, mode: ComputationKind) -> Job | None:
    """Add the periods to a computation that no worker has begun; None when there is none, or it would grow too long."""
    waiting = Job.objects.select_for_update(of=("self",)).filter(
        kind=JobKind.COMPUTE_VALUES, state=JobState.QUEUED, attempts=0, params__mode=mode.value, params__has_key="after"
    )
    for job in waiting.order_by("-pk")[:1]:
        periods = sorted({parse_period(key) for key in (*job.params["periods"], *keys)}, key=lambda one: one.start)
        if len(periods) <= MOST_PERIODS:
            change_params(job, params={**job.params, "periods": [str(period) for period in periods]})
            return job
    return None


def request_in_parts(periods: Iterable[Period | str], *, actor_id: int | None, origin: JobOrigin) -> list[Job]:
    """Queue many periods as several jobs, the newest first, so that all workers take part and the newest show early."""
    asked = sorted({period if isinstance(period, Period) else parse_period(period) for period in periods}, reverse=True)
    return [
        request_computation(asked[first : first + PART], actor_id=actor_id, origin=origin, recent_only=True)
        for first in range(0, len(asked), PART)
    ]


def _looking_back(asked: set[Period]) -> set[Period]:
    stored = set(stored_periods())
    return {period for period in stored if any(one.start < period.start <= one.previous(-REACH).start for one in asked)}


Measure = Callable[[Period], list[Value]]


@contextmanager
def measuring(*, asked: Iterable[Asked] | None = None, world: World | None = None) -> Iterator[Measure]:
    """Yield a function that computes a period from the parts that were visible at its first call.

    `world` is what to read instead of what counts now.

    Without `asked`: all KPIs of the company, units, channels, campaigns and roles, and those that are read at people.
    Campaigns, channels and roles without a single row are left out: they say nothing, and there are many of them.
    The periods share one engine: their queries are compiled once.
    """
    wanted = _everything() if asked is None else list(asked)
    seen = world or World()
    opened: list[Relations] = []

    def measure(period: Period) -> list[Value]:
        if opened:
            seen.turn_to(opened[0], as_of=period.last_day)
        else:
            opened.append(seen.open(as_of=period.last_day))
        units = seen.units(as_of=period.last_day)
        return [
            value
            for kpis, scopes in wanted
            for value in compute_values(
                load_library(), kpis=kpis, period=period, scopes=scopes, relations=opened[0], units=units
            )
            if value.rows or value.scope.kind in ALWAYS_KEPT
        ]

    try:
        yield measure
    finally:
        for relations in opened:
            relations.close()


def _everything() -> list[Asked]:
    kpis = load_library().kpis.values()
    personal = frozenset(kpi.id for kpi in kpis if is_personal(kpi))
    scopes = ScopeRequest(
        SHARED_KINDS | {ScopeKind.EMPLOYEE}, keep_unavailable=False, kpis_at={ScopeKind.EMPLOYEE: personal}
    )
    return [([kpi.id for kpi in kpis], scopes)]


def figures_at(period: Period, *, unit: str = "", known_at: datetime | None = None) -> list[Value]:
    """Return every KPI of the company or of a unit: the stored figures while they are fresh, else computed now.

    With `known_at` they are computed from the uploads that counted at that moment. Nothing is written. Fresh: computed
    by this library after the newest upload and the last change of the chart.
    """
    library = load_library()
    scope = Scope(ScopeKind.UNIT, unit) if unit else COMPANY
    if known_at is None and is_fresh(period):
        found = {value.kpi: value for value in current_values(period, scopes=[scope])}
    else:
        request = ScopeRequest(frozenset({scope.kind}), ids={scope.kind: frozenset({scope.id})})
        with measuring(asked=[(list(library.kpis), request)], world=World(known_at=known_at)) as measure:
            found = {value.kpi: value for value in measure(period)}
    return [found.get(kpi) or Value(kpi, scope, None, reason=NoData.NOT_AT_SCOPE) for kpi in library.kpis]


def is_fresh(period: Period) -> bool:
    """Tell whether the stored figures of a period are those that a computation would find now."""
    last = Computation.objects.filter(kind=ComputationKind.VALUES, periods__contains=[str(period)]).first()
    if last is None or last.library_version != load_library().version:
        return False
    changed = organisation_changed_at()
    return last.upload_seq >= last_change() and (changed is None or changed <= last.started_at)


def is_personal(kpi: KpiSpec) -> bool:
    """Tell whether a KPI is read at a person: what guides do themselves, and what managers judge."""
    return kpi.qualitative or kpi.any_role or RoleKey.DIGITAL_GUIDE.value in kpi.roles


@dataclass(frozen=True, slots=True)
class StoredCount:
    """How many figures were new or changed, kept as they were, or are no more."""

    written: int
    kept: int
    retired: int


def open_computation(
    kind: ComputationKind,
    periods: Sequence[Period],
    *,
    job: Job | None,
    upload_seq: int,
    started_at: datetime,
    finished_at: datetime,
    actor_id: int | None,
) -> Computation:
    """Write the row that says what the figures of a run rest on."""
    library = load_library()
    return Computation.objects.create(
        kind=kind,
        job=job,
        periods=[str(period) for period in periods],
        library_version=library.version,
        params={name: str(getattr(library.params, name)) for name in library.params.__slots__},
        upload_seq=upload_seq,
        created_by_id=actor_id,
        started_at=started_at,
        finished_at=finished_at,
    )


def lock_figures() -> None:
    """Let one writer of the workspace's figures and cards in at a time, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s, %s)", [FIGURES_LOCK, current_workspace_id()])


def store_values(values: Iterable[Value], *, period: Period, computation: Computation) -> StoredCount:
    """Insert what differs from the current figures as new revisions and let go of what is no more.

    Runs in the caller's transaction. A figure whose number, reason, rows and definition are as before stays.
    """
    hashes = _definition_hashes()
    stored = _current(period)
    fresh, kept, outdated = [], 0, []
    for value in values:
        facts = _facts(value, hashes[value.kpi])
        pk, before = stored.pop((value.kpi, value.scope), (None, None))
        if before == facts:
            kept += 1
            continue
        if pk is not None:
            outdated.append(pk)
        fresh.append(_row(value, facts, period, computation))
    retired = [pk for pk, _facts_before in stored.values()]
    _retire([*outdated, *retired])
    KpiValue.objects.bulk_create(fresh, batch_size=BATCH)
    return StoredCount(written=len(fresh), kept=kept, retired=len(retired))


def _definition_hashes() -> Mapping[str, str]:
    library = load_library()
    return {kpi: definition_hash(library, kpi) for kpi in library.kpis}


def _facts(value: Value, digest: str) -> Stored:
    reason = value.reason.value if value.reason else ""
    return (value.value, value.numerator, value.denominator, value.rows, reason, value.detail[:200], digest)


FACTS = ("value", "numerator", "denominator", "rows", "reason", "detail", "definition_hash")


def _current(period: Period) -> dict[tuple[str, Scope], tuple[int | None, Stored | None]]:
    rows = KpiValue.objects.filter(period=str(period), is_current=True)
    return {
        (kpi, Scope(ScopeKind(kind), scope_id)): (pk, tuple(facts))
        for pk, kpi, kind, scope_id, *facts in rows.values_list("pk", "kpi", "scope_kind", "scope_id", *FACTS).iterator(
            chunk_size=BATCH
        )
    }


def _row(value: Value, facts: Stored, period: Period, computation: Computation) -> KpiValue:
    return KpiValue(
        workspace_id=current_workspace_id(),
        kpi=value.kpi,
        period=str(period),
        period_start=period.start,
        scope_kind=value.scope.kind.value,
        scope_id=value.scope.id,
        computation=computation,
        **dict(zip(FACTS, facts, strict=True)),
    )


def _retire(keys: Sequence[int | None]) -> None:
    for start in range(0, len(keys), BATCH):
        KpiValue.objects.filter(pk__in=keys[start : start + BATCH]).update(is_current=False)
