"""Budget against actual: twelve months by cost type in a unit, from the rows of the table of costs or from a plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from kpis.engine.alerting import Level
from kpis.queries.alert_rules import rules_now
from kpis.queries.costs import ACTUAL, BUDGET, CostRow, cost_rows
from omnichannel.core.periods import Period
from roles.queries.org_chart import UnitTree
from talent.headcount.budgeting import (
    CONTINGENCY,
    COST_TYPES,
    Contingency,
    Variance,
    by_month,
    contingency_of,
    running,
    total,
    variance,
)
from talent.headcount.plan import PlanResult
from talent.queries.headcount_plans import PlanView, belongs

RULE = "budget-overrun"
Lines = Mapping[str, tuple[Decimal | None, ...]]


@dataclass(frozen=True, slots=True)
class TypeLine:
    """One cost type over the months."""

    kind: str
    budget: tuple[Decimal | None, ...]
    actual: tuple[Decimal | None, ...]
    months: tuple[Variance, ...]
    whole: Variance


@dataclass(frozen=True)
class BudgetView:
    """Budget against actual. A month counts in the totals of both sides only once it has actual costs."""

    months: tuple[Period, ...]
    threshold: Decimal
    budget: Lines
    actual: Lines

    @cached_property
    def lines(self) -> tuple[TypeLine, ...]:
        """Return the types in their order."""
        return tuple(self._line(kind, self.budget[kind], self.actual[kind]) for kind in COST_TYPES)

    @cached_property
    def whole(self) -> TypeLine:
        """Return all types together."""
        return self._line("", by_month(self.budget.values()), by_month(self.actual.values()))

    @cached_property
    def spent_months(self) -> frozenset[int]:
        """Return the places of the months that have actual costs."""
        actual = by_month(self.actual.values())
        return frozenset(place for place, amount in enumerate(actual) if amount is not None)

    @cached_property
    def contingency(self) -> Contingency:
        """Judge the contingency of the budget of all months."""
        return contingency_of(total(self.budget[CONTINGENCY]), total(by_month(self.budget.values())))

    @cached_property
    def quarters(self) -> tuple[tuple[str, Contingency], ...]:
        """Judge the contingency quarter by quarter, which is the grain of its KPI."""
        whole = by_month(self.budget.values())
        found: dict[str, list[int]] = {}
        for place, month in enumerate(self.months):
            found.setdefault(f"{month.start.year}-Q{(month.start.month + 2) // 3}", []).append(place)
        return tuple(
            (name, contingency_of(_at(self.budget[CONTINGENCY], places), _at(whole, places)))
            for name, places in found.items()
        )

    @cached_property
    def budget_so_far(self) -> tuple[Decimal | None, ...]:
        """Return the budget added up month by month; None in a month that has none of its own."""
        return _where(self.whole.budget, running(self.whole.budget))

    @cached_property
    def without_budget(self) -> tuple[Period, ...]:
        """Return the months that have no budget."""
        return tuple(month for month, each in zip(self.months, self.whole.budget, strict=True) if each is None)

    @cached_property
    def actual_so_far(self) -> tuple[Decimal | None, ...]:
        """Return the actual costs added up; None after the last month that has any."""
        last = max(self.spent_months, default=-1)
        return tuple(each if place <= last else None for place, each in enumerate(running(self.whole.actual)))

    @property
    def is_empty(self) -> bool:
        """True where neither side has anything."""
        return self.whole.budget == self.whole.actual == (None,) * len(self.months)

    @property
    def overruns(self) -> tuple[tuple[str, Period, Variance], ...]:
        """Return the types and months that went over."""
        return tuple(
            (line.kind, month, each)
            for line in self.lines
            for month, each in zip(self.months, line.months, strict=True)
            if each.is_over
        )

    def _line(self, kind: str, budget: tuple[Decimal | None, ...], actual: tuple[Decimal | None, ...]) -> TypeLine:
        spent = sorted(self.spent_months) if kind else [at for at, each in enumerate(actual) if each is not None]
        whole = variance(_at(budget, spent), _at(actual, spent), threshold=self.threshold)
        pairs = zip(budget, actual, strict=True)
        months = tuple(variance(planned, spent_, threshold=self.threshold) for planned, spent_ in pairs)
        return TypeLine(kind, budget, actual, months, whole)


def _where(said: Sequence[Decimal | None], sums: Sequence[Decimal | None]) -> tuple[Decimal | None, ...]:
    return tuple(None if own is None else each for own, each in zip(said, sums, strict=True))


def _at(amounts: Sequence[Decimal | None], places: Iterable[int]) -> Decimal | None:
    return total(amounts[place] for place in places)


def overrun_threshold() -> Decimal:
    """Return from which percent of the budget on the workspace's rule raises an alert."""
    return rules_now()[RULE].cuts[Level.YELLOW]


def budget_view(
    months: Sequence[Period], *, unit: str, tree: UnitTree, plan: PlanView | None, threshold: Decimal
) -> BudgetView:
    """Compare the months of a unit; the budget is the plan's where one is named, else that of the data."""
    below, is_root = tree.subtree(unit), tree.nodes[unit].parent is None
    rows = [row for row in cost_rows(months) if belongs(row.unit, below, is_root=is_root)]
    actual = _lines([row for row in rows if row.version == ACTUAL], months)
    if plan is None:
        budget = _lines([row for row in rows if row.version == BUDGET], months)
    else:
        budget = _of_plan(plan.result, months, unit=unit, tree=tree)
    return BudgetView(tuple(months), threshold, budget, actual)


def _lines(rows: Iterable[CostRow], months: Sequence[Period]) -> Lines:
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[row.kind, row.period] += row.amount
    return {kind: tuple(sums.get((kind, str(month))) for month in months) for kind in COST_TYPES}


def _of_plan(result: PlanResult, months: Sequence[Period], *, unit: str, tree: UnitTree) -> Lines:
    below = tree.subtree(unit)
    units = [each for each in result.units if each.unit in below]
    place = {str(month): index for index, month in enumerate(result.spec.periods)}
    return {
        kind: tuple(
            total(each.amounts[kind][place[str(month)]] for each in units) if str(month) in place else None
            for month in months
        )
        for kind in COST_TYPES
    }
