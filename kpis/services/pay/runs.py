"""Runs of pay: open, calculated, approved, locked, paid. What is approved is what was looked at.

A month that is locked keeps its statements for ever. What later data alter of it becomes an adjustment, linked to the
line, in the month that is open.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kpis.choices import PayRunState
from kpis.errors import OwnDecision, PlanStep, RunChanged
from kpis.incentives.calculating import calculate
from kpis.models import PayAdjustment, PayRun
from kpis.queries.pay.facts import paid_people
from kpis.services.pay.late import CLOSED, Counted, begin_count, late_adjustments, less_granted, waiting_months
from kpis.services.pay.plans import lock_pay
from kpis.services.pay.writing import Worked, sum_up, worked, write_late, write_statements
from omnichannel.core.collecting import uncollected
from omnichannel.core.periods import Grain, Period, parse_period
from omnichannel.jobs.choices import JobKind, JobStep
from omnichannel.jobs.models import Job
from omnichannel.jobs.services.dispatching import wake
from omnichannel.jobs.services.lifecycle import create_job
from omnichannel.jobs.services.running import Run
from omnichannel.workspaces.queries.zones import local_day

CHANGEABLE = (PayRunState.OPEN, PayRunState.CALCULATED)


@transaction.atomic
def open_run(period: Period, *, actor_id: int) -> PayRun:
    """Open a month. PlanStep where it is open already, is no month, or a later one is closed."""
    lock_pay()
    if period.grain is not Grain.MONTH:
        raise PlanStep(_("Pay is worked out by month."))
    if PayRun.objects.filter(period=str(period)).exists():
        raise PlanStep(_("This month has been opened before."))
    later = PayRun.objects.filter(period__gt=str(period))
    if later.filter(state__in=CLOSED).exists():
        raise PlanStep(_("A later month is closed: what this one owes belongs into the open month."))
    if later.filter(calculated_at__isnull=False).exists():
        raise PlanStep(_("A later month has been calculated: months are opened in their order."))
    return PayRun.objects.create(period=str(period), opened_by_id=actor_id)


@transaction.atomic
def request_calculation(run_id: int, *, actor_id: int) -> Job:
    """Queue the calculation of a run. PlanStep once it is approved."""
    run = _locked(run_id, *CHANGEABLE)
    job = create_job(JobKind.CALCULATE_PAY, params={"run": run.pk}, actor_id=actor_id)
    wake(job)
    return job


@uncollected()
def calculate_run(task: Run, *, run_id: int) -> None:
    """Work out everybody's statement and what later data alter of closed months; write all of it at once."""
    run, counted = PayRun.objects.get(pk=run_id), begin_count()
    task.progress(JobStep.COMPUTING)
    found = [
        worked(each, calculate(each.on.plan, each.facts))
        for each in paid_people(parse_period(run.period), as_of=local_day(counted.at))
    ]
    waiting = waiting_months(run)
    late = list(late_adjustments(run, waiting, now=counted))
    task.progress(JobStep.WRITING, total=len(found))
    task.finish(lambda: _write(run_id, found, late, counted=counted, waiting=waiting))


@transaction.atomic
def approve_run(run_id: int, *, seen: str, actor_id: int) -> PayRun:
    """Approve exactly the statements that were looked at. OwnDecision for who opened the run; RunChanged, PlanStep."""
    run = _locked(run_id, PayRunState.CALCULATED)
    if actor_id == run.opened_by_id:
        raise OwnDecision
    _same(run, seen)
    run.state, run.approved_by_id, run.approved_at = PayRunState.APPROVED, actor_id, timezone.now()
    run.save()
    return run


@transaction.atomic
def reopen_run(run_id: int, *, actor_id: int) -> PayRun:
    """Take an approval back while nothing is locked, so that the month can be calculated again."""
    run = _locked(run_id, PayRunState.APPROVED)
    run.state, run.approved_by_id, run.approved_at = PayRunState.CALCULATED, None, None
    run.save()
    return run


@transaction.atomic
def lock_run(run_id: int, *, seen: str, actor_id: int) -> PayRun:
    """Close the month. Every earlier run must be closed first, so that adjustments have one place to go."""
    run = _locked(run_id, PayRunState.APPROVED)
    _same(run, seen)
    if PayRun.objects.filter(period__lt=run.period).exclude(state__in=CLOSED).exists():
        raise PlanStep(_("An earlier month is still open. Close it first."))
    run.state, run.locked_by_id, run.locked_at = PayRunState.LOCKED, actor_id, timezone.now()
    run.save()
    return run


@transaction.atomic
def pay_run(run_id: int, *, seen: str, actor_id: int) -> PayRun:
    """Record that the payout file of a locked month was paid."""
    run = _locked(run_id, PayRunState.LOCKED)
    _same(run, seen)
    run.state, run.paid_by_id, run.paid_at = PayRunState.PAID, actor_id, timezone.now()
    run.save()
    return run


def _locked(run_id: int, *states: PayRunState) -> PayRun:
    lock_pay()
    run = PayRun.objects.get(pk=run_id)
    if run.state not in states:
        raise PlanStep(_("This month is at another step by now. Look at it again."))
    return run


def _same(run: PayRun, seen: str) -> None:
    if seen != run.digest:
        raise RunChanged


def _write(
    run_id: int,
    found: Sequence[Worked],
    late: Sequence[PayAdjustment],
    *,
    counted: Counted,
    waiting: Sequence[PayRun],
) -> dict[str, Any]:
    """Write everything behind the job's fence. Differences stay out where an earlier month was opened meanwhile."""
    run = _locked(run_id, *CHANGEABLE)
    if not waiting_months(run):
        late, waiting = (), ()
    write_statements(run, found)
    write_late(run, less_granted(late, waiting))
    sum_up(run, found)
    run.state, run.calculated_at = PayRunState.CALCULATED, counted.at
    run.counted = {"place": counted.place, "periods": [*(each.period for each in waiting), run.period]}
    run.save()
    return {"run": run.pk, "statements": run.statements_count, "incomplete": run.incomplete_count}
