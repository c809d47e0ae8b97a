"""A whole computation: every period measured and graded with no open transaction, then stored in one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.utils import timezone

from kpis.choices import ComputationKind
from kpis.engine.blocks import ValueBlock
from kpis.engine.specs import Value
from kpis.models import Computation, KpiValue, Scorecard
from kpis.queries.definitions import forget_definitions, library_at
from kpis.queries.uploads import last_change
from kpis.services.alerts.evaluating import request_watch
from kpis.services.grading import Card
from kpis.services.scorecards import GRADED_KINDS, grade_period, save_scorecards, stored_values
from kpis.services.storing import store_values
from kpis.services.values import lock_figures, measuring, open_computation, request_computation
from omnichannel.core.periods import Period, parse_period
from omnichannel.jobs.choices import JobStep
from omnichannel.jobs.models import Job


class Report(Protocol):
    """How a run says where it is; `Run.progress` is one."""

    def __call__(self, step: JobStep, *, done: int, total: int) -> None:
        """Tell the step and how many of all periods are through."""


@dataclass(frozen=True, slots=True)
class PeriodFigures:
    """What one period came to, by which definitions. `values` is None when only the grades were asked for."""

    period: Period
    definitions: str
    values: Iterable[Value] | None
    cards: list[Card]


@dataclass(frozen=True, slots=True)
class Computed:
    """All periods of a run, ready to be stored."""

    kind: ComputationKind
    figures: tuple[PeriodFigures, ...]
    upload_seq: int
    started_at: datetime


def compute(params: Mapping[str, Any], *, report: Report) -> Computed:
    """Measure and grade the periods a job names. `report` is told the step and how many periods are through."""
    kind = ComputationKind(params.get("mode", ComputationKind.VALUES))
    periods = [parse_period(key) for key in params["periods"]]
    # Read before the data: an upload that becomes visible meanwhile asks for a computation of its own.
    seq, started = last_change(), timezone.now()
    total = len(periods)
    if kind is ComputationKind.GRADES:
        figures = []
        for done, period in enumerate(periods):
            report(JobStep.GRADING, done=done, total=total)
            figures.append(_graded(period, None, stored_values(period)))
        return Computed(kind, tuple(figures), seq, started)
    report(JobStep.COMPUTING, done=0, total=total)
    found: dict[Period, PeriodFigures] = {}
    with measuring() as measure:
        for block in measure.each(periods):
            report(JobStep.GRADING, done=len(found), total=total)
            graded = [value for column in block.columns if column.kind in GRADED_KINDS for value in column]
            found[block.period] = _graded(block.period, block, graded)
            report(JobStep.COMPUTING, done=len(found), total=total)
    return Computed(kind, tuple(found[period] for period in periods), seq, started)


def _graded(period: Period, values: ValueBlock | None, graded: Sequence[Value]) -> PeriodFigures:
    return PeriodFigures(period, _definitions(period), values, grade_period(period, values=graded))


def store(computed: Computed, *, job: Job) -> dict[str, Any]:
    """Write all figures and cards of a run in the caller's transaction; return what the job's page tells.

    Of two runs over one period the one that saw more uploads wins, whichever ends last. Cards are graded again when
    weights have changed since the run began. What was computed by definitions that no longer count is not stored but
    asked for again.
    """
    lock_figures()
    forget_definitions()
    redefined = [each.period for each in computed.figures if each.definitions != _definitions(each.period)]
    if redefined:
        request_computation(redefined, actor_id=job.created_by_id, recent_only=True, mode=computed.kind, join=True)
    fresh = [
        figures
        for figures in computed.figures
        if figures.period not in redefined and not _is_outdated(figures.period, computed)
    ]
    again = {figures.period for figures in fresh if _has_moved(figures.period, computed)}
    runs = _open_runs(fresh, computed, job=job)
    written = kept = cards = 0
    for figures in fresh:
        computation = runs[figures.definitions]
        if figures.values is not None:
            count = store_values(figures.values, period=figures.period, computation=computation)
            written, kept = written + count.written, kept + count.kept
        moved = figures.period in again
        current = grade_period(figures.period, values=stored_values(figures.period)) if moved else figures.cards
        cards += save_scorecards(current, period=figures.period, computation=computation).written
    if fresh:
        request_watch()
    return {
        "computation": max((run.pk for run in runs.values()), default=None),
        "periods": [str(figures.period) for figures in fresh],
        "values_written": written,
        "values_kept": kept,
        "scorecards_written": cards,
    }


def _definitions(period: Period) -> str:
    return library_at(period.last_day).version


def _open_runs(figures: Sequence[PeriodFigures], computed: Computed, *, job: Job) -> dict[str, Computation]:
    """Write one row for the periods that have the same definitions, so that each figure tells what it rests on."""
    now = timezone.now()
    return {
        definitions: open_computation(
            computed.kind,
            [each.period for each in figures if each.definitions == definitions],
            job=job,
            upload_seq=computed.upload_seq,
            started_at=computed.started_at,
            finished_at=now,
            actor_id=job.created_by_id,
        )
        for definitions in dict.fromkeys(each.definitions for each in figures)
    }


def retire_periods(periods: Sequence[Period], *, job: Job, actor_id: int | None) -> int:
    """Let go of all figures and cards of periods that no longer have any data, in the caller's transaction.

    A run that began before and ends later finds itself outdated.
    """
    if not periods:
        return 0
    lock_figures()
    now = timezone.now()
    open_computation(
        ComputationKind.VALUES,
        periods,
        job=job,
        upload_seq=last_change(),
        started_at=now,
        finished_at=now,
        actor_id=actor_id,
    )
    keys = [str(period) for period in periods]
    Scorecard.objects.filter(period__in=keys, is_current=True).update(is_current=False, ended_at=now)
    return KpiValue.objects.filter(period__in=keys, is_current=True).update(is_current=False, ended_at=now)


def _is_outdated(period: Period, computed: Computed) -> bool:
    """Tell whether a run that saw more uploads has stored the period already."""
    newer = Computation.objects.filter(periods__contains=[str(period)], upload_seq__gt=computed.upload_seq)
    return newer.filter(kind=ComputationKind.VALUES).exists()


def _has_moved(period: Period, computed: Computed) -> bool:
    """Tell whether anything has been stored for the period since the run began."""
    return Computation.objects.filter(periods__contains=[str(period)], finished_at__gt=computed.started_at).exists()
