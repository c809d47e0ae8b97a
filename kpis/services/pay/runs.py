"""Runs of pay: open, calculated, approved, locked, paid. What is approved is what was looked at.

A month that is locked keeps its statements for ever. What later data alter of it becomes an adjustment, linked to the
line, in the month that is open.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from kpis.choices import AdjustmentReason, PayRunState
from kpis.errors import OwnDecision, PlanStep, RunChanged
from kpis.incentives.calculating import Payout, calculate
from kpis.incentives.documents import bound_node, facts_node, line_node, payout_node, read_facts
from kpis.incentives.texts import read_plan
from kpis.models import PayAdjustment, PayLine, PayRun, PayStatement
from kpis.queries.pay.facts import Paid, measured, paid_people
from kpis.services.pay.plans import lock_pay
from omnichannel.core.periods import Grain, Period, parse_period
from omnichannel.jobs.choices import JobKind, JobStep
from omnichannel.jobs.models import Job
from omnichannel.jobs.services.dispatching import wake
from omnichannel.jobs.services.lifecycle import create_job
from omnichannel.jobs.services.running import Run
from omnichannel.workspaces.queries.zones import current_day
from omnichannel.workspaces.scoping import current_workspace_id
from roles.queries.org_chart import unit_tree

BATCH = 2000
CHANGEABLE = (PayRunState.OPEN, PayRunState.CALCULATED)
CLOSED = (PayRunState.LOCKED, PayRunState.PAID)
ZERO = Decimal(0)


@transaction.atomic
def open_run(period: Period, *, actor_id: int) -> PayRun:
    """Open a month. PlanStep where it is open already, is no month, or a later one is closed."""
    lock_pay()
    if period.grain is not Grain.MONTH:
        raise PlanStep(_("Pay is worked out by month."))
    if PayRun.objects.filter(period=str(period)).exists():
        raise PlanStep(_("This month has been opened before."))
    if PayRun.objects.filter(period__gt=str(period), state__in=CLOSED).exists():
        raise PlanStep(_("A later month is closed: what this one owes belongs into the open month."))
    return PayRun.objects.create(period=str(period), opened_by_id=actor_id)


@transaction.atomic
def request_calculation(run_id: int, *, actor_id: int) -> Job:
    """Queue the calculation of a run. PlanStep once it is approved."""
    run = _locked(run_id, *CHANGEABLE)
    job = create_job(JobKind.CALCULATE_PAY, params={"run": run.pk}, actor_id=actor_id)
    wake(job)
    return job


def calculate_run(task: Run, *, run_id: int) -> None:
    """Work out everybody's statement and what later data alter of closed months; write all of it at once."""
    run = PayRun.objects.get(pk=run_id)
    period, today = parse_period(run.period), current_day()
    task.progress(JobStep.COMPUTING)
    paid = paid_people(period, as_of=today)
    payouts = [(each, calculate(each.on.plan, each.facts)) for each in paid]
    late = list(_late_adjustments(run))
    task.progress(JobStep.WRITING, total=len(payouts))
    task.finish(lambda: _write(run_id, payouts, late))


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


def _late_adjustments(run: PayRun) -> Iterable[PayAdjustment]:
    """Yield, for each line of closed months whose rows say something else by now, what is still owed or overpaid.

    The plan, target, score and alerts stay those of the statement: only what was counted is counted again.
    """
    today = current_day()
    for closed in PayRun.objects.filter(state__in=CLOSED, period__lt=run.period).order_by("period"):
        period = parse_period(closed.period)
        found = measured(period, as_of=today).rolled_up(unit_tree(as_of=period.last_day).closure())
        statements = closed.statements.select_related("plan").prefetch_related("lines").order_by("pk")
        corrected = _corrected(run, closed)
        for statement in statements:
            facts = read_facts(statement.facts)
            now = found.of(statement.person_external_id, statement.unit_external_id)
            payout = calculate(
                read_plan(statement.plan.content), replace(facts, quantities={**facts.quantities, **now})
            )
            for line, owed in _owed(statement, payout, corrected):
                yield PayAdjustment(
                    workspace_id=current_workspace_id(),
                    run_id=run.pk,
                    line_id=line,
                    person_external_id=statement.person_external_id,
                    reason=AdjustmentReason.LATE,
                    amount=owed,
                )


def _owed(statement: PayStatement, payout: Payout, corrected: Mapping[int, Decimal]) -> Iterator[tuple[int, Decimal]]:
    """Yield what each line is still owed. Together they are what the whole statement is: a guarantee or a cap of the
    plan may have paid, or kept back, part of what a line alone would say; the last line that differs carries that.
    """
    amounts = {line.component.id: line.amount for line in payout.lines}
    lines = list(statement.lines.all())
    moved = {
        line.pk: amount - (line.amount or ZERO) - corrected.get(line.pk, ZERO)
        for line in lines
        if (amount := amounts.get(line.component)) is not None
    }
    changed = [line for line, owed in moved.items() if owed]
    if not changed:
        return
    whole = payout.amount - statement.amount - sum((corrected.get(line.pk, ZERO) for line in lines), ZERO)
    moved[changed[-1]] += whole - sum(moved.values(), ZERO)
    yield from ((line, owed) for line, owed in moved.items() if owed)


def _corrected(run: PayRun, closed: PayRun) -> dict[int, Decimal]:
    """Return what other runs have already corrected of a closed one, by line."""
    rows = PayAdjustment.objects.filter(line__statement__run=closed, reason=AdjustmentReason.LATE).exclude(run=run)
    return {row["line"]: row["total"] for row in rows.values("line").annotate(total=Sum("amount"))}


def _write(run_id: int, payouts: Sequence[tuple[Paid, Payout]], late: Sequence[PayAdjustment]) -> dict[str, Any]:
    run = _locked(run_id, *CHANGEABLE)
    run.statements.all().delete()
    run.adjustments.filter(reason=AdjustmentReason.LATE).delete()
    statements = PayStatement.objects.bulk_create(
        [_statement(run, each, payout) for each, payout in payouts], batch_size=BATCH
    )
    PayLine.objects.bulk_create(
        [
            PayLine(
                workspace_id=run.workspace_id,
                statement=statement,
                component=line.component.id,
                amount=line.amount,
                workings=line_node(line),
            )
            for statement, (_each, payout) in zip(statements, payouts, strict=True)
            for line in payout.lines
        ],
        batch_size=BATCH,
    )
    PayAdjustment.objects.bulk_create(late, batch_size=BATCH)
    _count(run, payouts)
    return {"run": run.pk, "statements": run.statements_count, "incomplete": run.incomplete_count}


def _statement(run: PayRun, each: Paid, payout: Payout) -> PayStatement:
    return PayStatement(
        workspace_id=run.workspace_id,
        run=run,
        plan=each.on.row,
        plan_key=each.on.row.key,
        person_external_id=each.holding.person_external_id,
        unit_external_id=each.holding.unit_external_id,
        role_key=each.holding.role_key,
        facts=facts_node(each.facts),
        bounds=[bound_node(bound) for bound in payout.bounds],
        amount=payout.amount,
        is_complete=payout.is_complete,
    )


def _count(run: PayRun, payouts: Sequence[tuple[Paid, Payout]]) -> None:
    """Put the sums and the digest on the run. The digest is over everything that would be paid, in one order."""
    adjustments = list(run.adjustments.order_by("line_id", "reason").values_list("line_id", "reason", "amount"))
    run.state = PayRunState.CALCULATED
    run.statements_count = len(payouts)
    run.incomplete_count = sum(not payout.is_complete for _each, payout in payouts)
    run.total = sum((payout.amount for _each, payout in payouts), ZERO)
    run.adjusted = sum((amount for _line, _reason, amount in adjustments), ZERO)
    told = [[each.on.row.pk, payout_node(payout)] for each, payout in payouts]
    told.append([[line, reason, str(amount)] for line, reason, amount in adjustments])
    text = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    run.digest = hashlib.sha256(text.encode()).hexdigest()
    run.calculated_at = timezone.now()
    run.save()
