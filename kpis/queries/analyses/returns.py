"""ROI over a chosen run of months, and plan against actual: sums of stored monthly figures, no rows are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from kpis.engine.specs import Scope
from kpis.models import KpiValue, Target
from omnichannel.core.periods import Period

# Ratios of one month's return over one month's cost: their parts add up over months.
ROI_KPIS = ("ad_roi", "marketing_roi", "private_roi")
PLANNED = ("sales_net", "budget_execution_rate")
MOST_MONTHS = 36


@dataclass(frozen=True, slots=True)
class MonthReturn:
    """One month of a ROI: what came back, what it cost; None where there is no figure."""

    period: Period
    gain: Decimal | None
    cost: Decimal | None
    planned: Decimal | None

    @property
    def roi(self) -> Decimal | None:
        """Return over cost."""
        return None if self.gain is None or not self.cost else self.gain / self.cost


@dataclass(frozen=True, slots=True)
class Returns:
    """A ROI over several months; only months with both parts count, and `missing` says how many have none."""

    kpi: str
    months: tuple[MonthReturn, ...]

    @property
    def counted(self) -> list[MonthReturn]:
        """The months that have a return and a cost."""
        return [month for month in self.months if month.gain is not None and month.cost is not None]

    @property
    def missing(self) -> int:
        """How many of the months have no figure."""
        return len(self.months) - len(self.counted)

    @property
    def gain(self) -> Decimal:
        """All that came back."""
        return sum((month.gain for month in self.counted if month.gain is not None), Decimal(0))

    @property
    def cost(self) -> Decimal:
        """All that it cost."""
        return sum((month.cost for month in self.counted if month.cost is not None), Decimal(0))

    @property
    def roi(self) -> Decimal | None:
        """Return over cost of the whole run."""
        return self.gain / self.cost if self.cost else None


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A sum over the months, as planned and as it came; None where no month has it."""

    subject: str
    plan: Decimal | None
    actual: Decimal | None

    @property
    def share(self) -> Decimal | None:
        """Actual in percent of the plan."""
        return self.actual * 100 / self.plan if self.plan and self.actual is not None else None


@dataclass(frozen=True, slots=True)
class Plan:
    """Sales and cost over the months in which both the plan and the actual figure are known."""

    sales: PlanLine
    cost: PlanLine
    months: int


def run_of(first: Period, last: Period) -> list[Period]:
    """Return the months from the first to the last, at most three years that end with the last."""
    months = [last]
    while months[-1] > first and len(months) < MOST_MONTHS:
        months.append(months[-1].previous())
    return months[::-1]


def returns_of(kpi: str, months: Sequence[Period], scope: Scope) -> Returns:
    """Read a ROI's parts month by month."""
    parts = _parts([kpi], months, scope)
    planned = _targets([kpi], months, scope)
    return Returns(
        kpi,
        tuple(
            MonthReturn(month, *parts.get((kpi, str(month)), (None, None)), planned.get((kpi, str(month))))
            for month in months
        ),
    )


def plan_of(months: Sequence[Period], scope: Scope) -> Plan:
    """Read sales against their targets and cost against the budget, each over the months that have both."""
    parts = _parts(list(PLANNED), months, scope)
    targets = _targets(["sales_net"], months, scope)
    sales = [
        (targets["sales_net", str(month)], found[0])
        for month in months
        if ("sales_net", str(month)) in targets
        and (found := parts.get(("sales_net", str(month))))
        and found[0] is not None
    ]
    costs = [
        found for month in months if (found := parts.get(("budget_execution_rate", str(month)))) and None not in found
    ]
    return Plan(
        sales=PlanLine("sales", _sum([plan for plan, _actual in sales]), _sum([actual for _plan, actual in sales])),
        cost=PlanLine("cost", _sum([budget for _actual, budget in costs]), _sum([actual for actual, _budget in costs])),
        months=len(months),
    )


def _parts(
    kpis: Sequence[str], months: Sequence[Period], scope: Scope
) -> dict[tuple[str, str], tuple[Decimal | None, Decimal | None]]:
    rows = KpiValue.objects.filter(
        kpi__in=list(kpis),
        period__in=[str(month) for month in months],
        scope_kind=scope.kind.value,
        scope_id=scope.id,
        is_current=True,
        value__isnull=False,
    )
    return {
        (kpi, period): (numerator, denominator)
        for kpi, period, numerator, denominator in rows.values_list("kpi", "period", "numerator", "denominator")
    }


def _targets(kpis: Sequence[str], months: Sequence[Period], scope: Scope) -> dict[tuple[str, str], Decimal]:
    rows = Target.objects.filter(
        kpi__in=list(kpis), period__in=[str(month) for month in months], scope_kind=scope.kind.value, scope_id=scope.id
    )
    return {(kpi, period): value for kpi, period, value in rows.values_list("kpi", "period", "value")}


def _sum(amounts: Sequence[Decimal | None]) -> Decimal | None:
    return sum((amount for amount in amounts if amount is not None), Decimal(0)) if amounts else None
