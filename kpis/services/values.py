"""Figures: asked for as a job, computed by the engine with no open transaction, stored as revisions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from kpis.choices import ComputationKind
from kpis.engine.blocks import Column, ValueBlock
from kpis.engine.compute import compute_periods
from kpis.engine.relations import Relations
from kpis.engine.scoping import ScopeRequest
from kpis.engine.specs import COMPANY, KpiSpec, Library, NoData, Scope, ScopeKind, Value
from kpis.models import Computation, Review
from kpis.queries.definitions import library_at
from kpis.queries.subjects import FIGURE_THINGS
from kpis.queries.uploads import last_change
from kpis.queries.values import current_values, stored_periods
from kpis.queries.warehouse import World
from omnichannel.core.periods import Period, parse_period
from omnichannel.jobs.choices import JobKind, JobOrigin, JobState
from omnichannel.jobs.models import Job
from omnichannel.jobs.services.dispatching import wake
from omnichannel.jobs.services.lifecycle import change_params, create_job
from omnichannel.workspaces.scoping import lock_in_workspace
from roles.catalogue import RoleKey
from roles.queries.org_chart import organisation_changed_at

MOST_PERIODS = 24
REACH = 12  # months after a touched one whose comparisons and rolling years look back at it
FIGURES_LOCK = 0x0F19  # first key of the advisory lock of everything computed
PART = 12  # periods in one job of several
SHARED_KINDS = frozenset({ScopeKind.COMPANY, ScopeKind.UNIT, ScopeKind.CHANNEL, ScopeKind.CAMPAIGN, ScopeKind.ROLE})
ALWAYS_KEPT = frozenset({ScopeKind.COMPANY, ScopeKind.UNIT, ScopeKind.EMPLOYEE})
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
        asked = with_later(asked)
    keys = [str(period) for period in sorted(asked)[-MOST_PERIODS:]]
    params: dict[str, Any] = {"periods": keys, "mode": mode.value}
    if join:
        waiting, params["periods"] = _joined(keys, mode=mode)
        if waiting is not None and not params["periods"]:
            return waiting
        # One that runs already may have read before these rows came: it is not the same work.
        params["after"] = Job.objects.filter(kind=JobKind.COMPUTE_VALUES).aggregate(last=Max("pk"))["last"]
    job = create_job(JobKind.COMPUTE_VALUES, params=params, actor_id=actor_id, origin=origin)
    wake(job)
    return job


def _joined(keys: Sequence[str], *, mode: ComputationKind) -> tuple[Job | None, list[str]]:
    """Add the periods to computations that no worker has begun, as many as these may hold.

    Return one that now has some of them, and the periods that are in none.
    """
    waiting = Job.objects.select_for_update(of=("self",)).filter(
        kind=JobKind.COMPUTE_VALUES, state=JobState.QUEUED, attempts=0, params__mode=mode.value, params__has_key="after"
    )
    jobs = list(waiting.order_by("pk"))
    held = {key for job in jobs for key in job.params["periods"]}
    taken = next((job for job in reversed(jobs) if not held.isdisjoint(keys)), None)
    rest = sorted((parse_period(key) for key in set(keys) - held), key=lambda one: one.start)
    for job in reversed(jobs):
        room = MOST_PERIODS - len(job.params["periods"])
        if rest and room > 0:
            some, rest = rest[-room:], rest[:-room]
            periods = sorted([*map(parse_period, job.params["periods"]), *some], key=lambda one: one.start)
            change_params(job, params={**job.params, "periods": [str(period) for period in periods]})
            taken = job
    return taken, [str(period) for period in rest]


def request_all(
    periods: Iterable[Period],
    *,
    actor_id: int | None,
    origin: JobOrigin,
    mode: ComputationKind = ComputationKind.VALUES,
) -> list[Job]:
    """Queue the computation of exactly these periods, however many, the newest first; what still waits takes them."""
    newest_first = sorted(periods, reverse=True)
    return [
        request_computation(
            newest_first[first : first + MOST_PERIODS],
            actor_id=actor_id,
            origin=origin,
            recent_only=True,
            mode=mode,
            join=True,
        )
        for first in range(0, len(newest_first), MOST_PERIODS)
    ]


def request_in_parts(periods: Iterable[Period | str], *, actor_id: int | None, origin: JobOrigin) -> list[Job]:
    """Queue many periods as several jobs, the newest first, so that all workers take part and the newest show early."""
    asked = sorted({period if isinstance(period, Period) else parse_period(period) for period in periods}, reverse=True)
    return [
        request_computation(asked[first : first + PART], actor_id=actor_id, origin=origin, recent_only=True)
        for first in range(0, len(asked), PART)
    ]


def with_later(asked: Collection[Period]) -> set[Period]:
    """Return the periods and the later stored ones that look back at one of them."""
    stored = set(stored_periods())
    later = {each for each in stored if any(one.start < each.start <= one.previous(-REACH).start for one in asked)}
    return later.union(asked)


class Measure:
    """Computes periods from the parts that were visible when it was first asked."""

    def __init__(self, world: World, asked: Sequence[Asked] | None) -> None:
        self._world = world
        self._asked = asked
        self._opened: Relations | None = None

    def __call__(self, period: Period) -> list[Value]:
        """Return all figures of one period."""
        return [value for block in self.each([period]) for value in block]

    def each(self, periods: Iterable[Period]) -> Iterator[ValueBlock]:
        """Return the figures of many periods: those with the same definitions share all work, in the order of time."""
        together: dict[int, tuple[Library, list[Period]]] = {}
        for period in sorted(set(periods)):
            library = library_at(period.last_day, known_at=self._world.known_at)
            together.setdefault(id(library), (library, []))[1].append(period)
        for library, some in together.values():
            yield from self._of(library, some)

    def _of(self, library: Library, periods: Sequence[Period]) -> Iterator[ValueBlock]:
        if self._opened is None:
            self._opened = self._world.open(as_of=periods[0].last_day, engine=settings.ENGINE_URL)
        found = [
            compute_periods(
                library,
                kpis=[kpi for kpi in kpis if kpi in library.kpis],
                periods=periods,
                scopes=scopes,
                relations=self._opened,
                organisation_of=lambda period: self._world.organisation(period.last_day),
            )
            for kpis, scopes in (_everything(library) if self._asked is None else self._asked)
        ]
        for blocks in zip(*found, strict=True):
            yield ValueBlock(blocks[0].period, tuple(_telling(column) for block in blocks for column in block.columns))

    def close(self) -> None:
        """Let go of what was opened."""
        if self._opened is not None:
            self._opened.close()


def _telling(column: Column) -> Column:
    return column if column.kind in ALWAYS_KEPT else column.taken(column.rows > 0)


@contextmanager
def measuring(*, asked: Iterable[Asked] | None = None, world: World | None = None) -> Iterator[Measure]:
    """Yield what computes periods from the parts that were visible at its first call.

    `world` is what to read instead of what counts now. A KPI asked for that is not defined in a period is left out.

    Without `asked`: all KPIs of the company, units, channels, campaigns and roles, and those that are read at people.
    Campaigns, channels and roles without a single row are left out: they say nothing, and there are many of them.
    """
    measure = Measure(world or World(), None if asked is None else list(asked))
    try:
        yield measure
    finally:
        measure.close()


def _everything(library: Library) -> list[Asked]:
    kpis = library.kpis.values()
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
    library = library_at(period.last_day, known_at=known_at)
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
    if last is None or last.library_version != library_at(period.last_day).version:
        return False
    changed = organisation_changed_at(on=period.last_day, among=FIGURE_THINGS)
    if last.upload_seq < last_change() or (changed is not None and changed > last.started_at):
        return False
    return not Review.objects.filter(recorded_at__gt=last.started_at).exists()


def is_personal(kpi: KpiSpec) -> bool:
    """Tell whether a KPI is read at a person: what guides do themselves, and what managers judge."""
    return kpi.qualitative or kpi.any_role or RoleKey.DIGITAL_GUIDE.value in kpi.roles


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
    """Write the row that says what the figures of a run rest on; its periods have the same definitions."""
    library = library_at(max(period.last_day for period in periods)) if periods else library_at()
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
    lock_in_workspace(FIGURES_LOCK)
