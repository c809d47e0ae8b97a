"""An approved plan becomes the budget: rows of the table of costs, through the data door, and back again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kpis.queries.costs import BUDGET, CostRow, cost_rows
from kpis.queries.values import stored_periods
from kpis.services.budgets import Row, enter_costs, take_back, why_refused
from kpis.services.values import request_computation
from omnichannel.core.periods import Period
from omnichannel.jobs.errors import RequestInFlight
from omnichannel.jobs.services.idempotency import in_flight
from roles.queries.org_chart import UnitTree
from talent.choices import PlanStatus
from talent.errors.headcount import BudgetRefused, BudgetTaken, NotApproved, UnknownPlan
from talent.headcount.plan import PlanResult
from talent.models import BudgetTakeover
from talent.queries.headcount_plans import PlanView, belongs, plan_view
from talent.services.headcount_plans import refuse_unseen

NO_MONEY = "0.00"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose order it is, in which zone, and whether other budget rows of the months are to be set to 0.

    `seen` is the version of the plan that was looked at.
    """

    actor_id: int | None
    zone: str
    replace: bool = False
    seen: int | None = None


def take_over(pk: int, *, tree: UnitTree, wanted: Wanted) -> BudgetTakeover:
    """Make the plan's amounts the budget of its months. NotApproved, PlanNewer, BudgetTaken, BudgetRefused.

    Rows that the table already has for these units and months would count beside the plan's: they are named, and set
    to 0 only where that is wanted. Taking back brings them back as they were. One at a time: of two clicks the second
    is refused while the first is still loading rows.
    """
    try:
        with in_flight(client="headcount-plan", key=f"budget-{pk}"):
            return _taken_over(pk, tree=tree, wanted=wanted)
    except RequestInFlight:
        raise BudgetTaken(_("This plan is becoming the budget at this moment.")) from None


def _taken_over(pk: int, *, tree: UnitTree, wanted: Wanted) -> BudgetTakeover:
    plan = plan_view(pk)
    refuse_unseen(plan.newest, wanted.seen)
    if plan.status != PlanStatus.APPROVED:
        raise NotApproved
    if BudgetTakeover.objects.filter(plan_id=pk, undone_at=None).exists():
        raise BudgetTaken(_("This plan is the budget already."))
    rows = _plan_rows(plan.result)
    others = _other_rows(plan, rows, tree=tree)
    if others and not wanted.replace:
        raise BudgetTaken(_told(others))
    cleared = [_row(each.period, each.kind, each.unit, NO_MONEY, channel=each.channel) for each in others]
    push = enter_costs([*rows, *cleared], actor_id=wanted.actor_id, zone=wanted.zone)
    if wrong := why_refused(push):
        raise BudgetRefused(wrong)
    if push.upload is None:
        raise BudgetRefused([_("The rows were not taken.")])
    _have_computed(plan.spec.periods, actor_id=wanted.actor_id)
    return BudgetTakeover.objects.create(
        plan_id=pk,
        version=plan.version.number,
        upload=push.upload.pk,
        rows=len(rows),
        cleared=len(cleared),
        amount=sum((Decimal(row["amount"] or 0) for row in rows), Decimal(0)),
        author_id=wanted.actor_id,
    )


def undo_takeover(pk: int, *, takeover: int, actor_id: int | None) -> None:
    """Take the budget rows back: what counted before them counts again. UnknownPlan, BudgetTaken once it is undone."""
    with transaction.atomic():
        row = BudgetTakeover.objects.select_for_update().filter(plan_id=pk, pk=takeover).first()
        if row is None:
            raise UnknownPlan
        if row.undone_at is not None:
            raise BudgetTaken(_("This budget has been taken back already."))
        take_back(row.upload, actor_id=actor_id)
        row.undone_at, row.undone_by_id = timezone.now(), actor_id
        row.save(update_fields=["undone_at", "undone_by"])


def _plan_rows(result: PlanResult) -> list[dict[str, str | None]]:
    months = [str(month) for month in result.spec.periods]
    return [
        _row(month, kind, unit.unit, f"{amount:.2f}")
        for unit in result.units
        for kind, line in unit.amounts.items()
        for month, amount in zip(months, line, strict=True)
        if amount is not None
    ]


def _other_rows(plan: PlanView, rows: Iterable[Row], *, tree: UnitTree) -> list[CostRow]:
    """Return budget rows of the plan's units and months that its own rows do not replace, and that are not 0."""
    own = {(row["period"], row["cost_type"], row["unit_id"]) for row in rows}
    inside = [(tree.subtree(unit.unit), _is_root(unit.unit, tree)) for unit in plan.result.units]
    return [
        row
        for row in cost_rows(plan.spec.periods, version=BUDGET)
        if row.amount
        and (row.channel or (row.period, row.kind, row.unit) not in own)
        and any(belongs(row.unit, below, is_root=is_root) for below, is_root in inside)
    ]


def _is_root(unit: str, tree: UnitTree) -> bool:
    return unit in tree and tree.nodes[unit].parent is None


def _row(period: str, kind: str, unit: str, amount: str, *, channel: str = "") -> dict[str, str | None]:
    return {
        "period": period,
        "cost_type": kind,
        "version": BUDGET,
        "unit_id": unit or None,
        "channel": channel or None,
        "amount": amount,
    }


def _told(others: Sequence[CostRow]) -> str:
    amount = sum((row.amount for row in others), Decimal(0))
    text = ngettext(
        "%(n)s budget row of these months stands in the data already, CNY %(amount)s. Choose to set it to 0.",
        "%(n)s budget rows of these months stand in the data already, CNY %(amount)s. Choose to set them to 0.",
        len(others),
    )
    return text % {"n": len(others), "amount": f"{amount:,.2f}"}


def _have_computed(months: Iterable[Period], *, actor_id: int | None) -> None:
    touched = sorted(set(months) & set(stored_periods()), key=lambda period: period.start)
    if touched:
        request_computation(touched, actor_id=actor_id, recent_only=True, join=True)
