"""What rows that came after a month was closed still owe, or take back: differences for the earliest open month.

What was decided stays decided: plan, target, score, alert, role, unit and the tree of units are those of the
calculation. Only rows are counted again, and only where some of them have changed since they were last counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import Sum, prefetch_related_objects
from django.utils import timezone

from kpis.choices import AdjustmentReason, DisputeReason, PayRunState
from kpis.incentives.calculating import Payout, calculate
from kpis.incentives.documents import Sharing, read_facts
from kpis.incentives.ledger import VALID_AFTER_DAYS, Quantities
from kpis.incentives.specs import Plan, PoolKey, clawback_ends
from kpis.incentives.texts import read_plan
from kpis.models import PayAdjustment, PayDispute, PayPlan, PayRun, PayStatement
from kpis.queries.pay.facts import measured
from kpis.queries.pay.sharing import sharings
from kpis.queries.pay.touched import first_month_touched
from kpis.queries.uploads import last_change
from omnichannel.core.periods import Period, parse_period
from omnichannel.workspaces.queries.zones import current_zone, local_day
from omnichannel.workspaces.scoping import current_workspace_id
from roles.queries.org_chart import unit_tree_known

CLOSED = (PayRunState.LOCKED, PayRunState.PAID)
# disputes of rows, which may still come; a rate or a target comes by no row
OF_ROWS = (DisputeReason.MISSING, DisputeReason.CREDIT, DisputeReason.REFUND, DisputeReason.ATTENDANCE)
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Counted:
    """When rows were counted, and the place of the newest load or revert that they held."""

    at: datetime
    place: int


@dataclass(frozen=True, slots=True)
class _Until:
    """Up to when rows count: `known_at` None is now. `day` is that moment's."""

    known_at: datetime | None
    day: date


def begin_count() -> Counted:
    """Return the moment before rows are read: what comes while they are read is counted again next time."""
    place = last_change()
    return Counted(timezone.now(), place)


def waiting_months(run: PayRun) -> list[PayRun]:
    """Return the closed months whose differences belong into a run: into the earliest open one, else none."""
    earlier = PayRun.objects.filter(period__lt=run.period)
    if earlier.exclude(state__in=CLOSED).exists():
        return []
    return list(earlier.order_by("period"))


def late_adjustments(run: PayRun, closed: Sequence[PayRun], *, now: Counted) -> Iterator[PayAdjustment]:
    """Yield, for each line of closed months whose rows say something else by now, what is still owed or overpaid."""
    last = _last_counts(closed)
    touched = {place: first_month_touched(since=place) for place in {each.place for each in last.values()}}
    for month in closed:
        plans = {plan.pk: plan for plan in PayPlan.objects.filter(pk__in=month.statements.values("plan"))}
        read = {pk: read_plan(plan.content) for pk, plan in plans.items()}
        for until, those in _by_until(month, read, now=now).items():
            before = last.get(month.period)
            if before is None or _may_differ(month, until, before, touched[before.place]):
                yield from _differences(run, month, until, {pk: read[pk] for pk in those})


def less_granted(late: Sequence[PayAdjustment], closed: Sequence[PayRun]) -> list[PayAdjustment]:
    """Return differences less what disputes of the same lines' rows have granted: rows that come at last pay no more.

    It only keeps back: what was granted is never taken again. The caller holds the lock of pay.
    """
    rows = PayDispute.objects.filter(
        line__statement__run__in=closed, reason__in=OF_ROWS, adjustment__isnull=False
    ).order_by()
    granted = dict(rows.values_list("line").annotate(Sum("adjustment__amount")))
    for each in late:
        given = granted.get(each.line_id, ZERO)
        if each.amount * given > 0:
            each.amount -= min(each.amount, given, key=abs)
    return [each for each in late if each.amount]


def _last_counts(closed: Sequence[PayRun]) -> dict[str, Counted]:
    """Return, by month, when its rows were last counted by a run that is closed by now."""
    found: dict[str, Counted] = {}
    for run in closed:
        for period in run.counted.get("periods", ()):
            if run.calculated_at is not None:
                found[period] = Counted(run.calculated_at, run.counted["place"])
    return found


def _by_until(month: PayRun, plans: Mapping[int, Plan], *, now: Counted) -> dict[_Until, list[int]]:
    """Return the plans of a closed month by the moment up to which what becomes known still corrects it."""
    found: dict[_Until, list[int]] = defaultdict(list)
    today = local_day(now.at)
    for pk, plan in plans.items():
        end = clawback_ends(local_day(month.locked_at), plan.clawback_days) if month.locked_at else None
        if end is None or end >= today:
            found[_Until(None, today)].append(pk)
        else:
            midnight = datetime.combine(end + timedelta(days=1), time(), current_zone())
            found[_Until(midnight, end)].append(pk)
    return found


def _may_differ(month: PayRun, until: _Until, before: Counted, touched: str | None) -> bool:
    """Tell whether rows of the month may say something else than they did when they were last counted.

    A contact is not settled before it has lasted its days, whatever is loaded.
    """
    day = local_day(before.at)
    if until.known_at is not None and before.at >= until.known_at:
        return False
    settled = parse_period(month.period).last_day + timedelta(days=VALID_AFTER_DAYS)
    return (touched is not None and touched <= month.period) or day < min(until.day, settled)


def _differences(run: PayRun, month: PayRun, until: _Until, plans: Mapping[int, Plan]) -> Iterator[PayAdjustment]:
    found = _counted_again(parse_period(month.period), month, until)
    corrected = _corrected(run, month)
    before = sharings(month)
    shared = {place: _shared_again(each, found) for place, each in before.items()}
    differing = []
    for statement in month.statements.filter(plan__in=plans).order_by("pk").iterator(chunk_size=2000):
        place = statement.plan_key, statement.unit_external_id
        facts = read_facts(statement.facts, before[place])
        counted = {**facts.quantities, **found.of(facts.person, statement.unit_external_id)}
        again = replace(facts, quantities=counted, attendance=shared[place])
        if again != facts or statement.pk in corrected:
            differing.append((statement, calculate(plans[statement.plan_id], again)))
    prefetch_related_objects([statement for statement, _payout in differing], "lines")
    for statement, payout in differing:
        for line, owed in _owed(statement, payout, corrected.get(statement.pk, {})):
            yield PayAdjustment(
                workspace_id=current_workspace_id(),
                run_id=run.pk,
                line_id=line,
                person_external_id=statement.person_external_id,
                reason=AdjustmentReason.LATE,
                amount=owed,
            )


def _counted_again(period: Period, month: PayRun, until: _Until) -> Quantities:
    """Count the month's rows as they are known at the moment, rolled up the tree that the calculation knew."""
    tree = unit_tree_known(as_of=period.last_day, known_at=month.calculated_at)
    return measured(period, as_of=until.day, known_at=until.known_at).rolled_up(tree.closure())


def _shared_again(sharing: Sharing, found: Quantities) -> Mapping[PoolKey, Mapping[str, Decimal]]:
    """Return what each weighs in a store's pools as counted now. Who shares them stays; their shifts may not."""
    shares = sharing.attendance
    days = {person: found.days[person] for person in shares.get(PoolKey.EQUAL, ()) if person in found.days}
    return {**shares, PoolKey.SHIFTS: days} if days else shares


def _owed(statement: PayStatement, payout: Payout, corrected: Mapping[int, Decimal]) -> Iterator[tuple[int, Decimal]]:
    """Yield what each line is still owed. Together they are what the whole statement is: a guarantee or a cap of the
    plan may have paid, or kept back, part of what a line alone would say; the last line that differs carries that.
    """
    amounts = {line.component.id: line.amount for line in payout.lines}
    moved = {
        line.pk: amount - (line.amount or ZERO) - corrected.get(line.pk, ZERO)
        for line in statement.lines.all()
        if (amount := amounts.get(line.component)) is not None
    }
    changed = [line for line, owed in moved.items() if owed]
    if not changed:
        return
    whole = payout.amount - statement.amount - sum(corrected.values(), ZERO)
    moved[changed[-1]] += whole - sum(moved.values(), ZERO)
    yield from ((line, owed) for line, owed in moved.items() if owed)


def _corrected(run: PayRun, month: PayRun) -> dict[int, dict[int, Decimal]]:
    """Return what other runs have already corrected of a closed one, by statement and line."""
    rows = PayAdjustment.objects.filter(line__statement__run=month, reason=AdjustmentReason.LATE).exclude(run=run)
    found: dict[int, dict[int, Decimal]] = defaultdict(dict)
    for row in rows.order_by().values("line", "line__statement").annotate(total=Sum("amount")):
        found[row["line__statement"]][row["line"]] = row["total"]
    return found
