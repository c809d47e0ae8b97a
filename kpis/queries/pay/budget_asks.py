"""Requests for ad budget as they are read: within one's bounds, with what the ads of their months really did."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet

from kpis.analysis_choices import AnalysisName
from kpis.budget_choices import AskMetricName, RungName
from kpis.engine.analyses.documents import from_json
from kpis.engine.analyses.ladder import LadderDocument, Rungs
from kpis.engine.specs import COMPANY
from kpis.incentives.budget_asks import METRICS, Rung, Spend, figures_of, reached, unmet
from kpis.models import AnalysisResult, BudgetAsk, BudgetAskStep, BudgetInstalment
from kpis.queries.values import current_values, stored_periods
from omnichannel.core.periods import Period, month_of, parse_period
from omnichannel.workspaces.queries.zones import current_day
from roles.queries.org_chart import unit_tree

Months = Sequence[tuple[Period, LadderDocument]]


@dataclass(frozen=True, slots=True)
class Actuals:
    """What the ads of a request's months did. `figures` are by metric, None where nothing tells them.

    `months` are the months that have been analysed, `waiting` those begun that have not; `spent` is the ads' cost.
    """

    figures: Mapping[str, Decimal | None]
    months: tuple[Period, ...]
    waiting: tuple[Period, ...]
    spent: Decimal


@dataclass(frozen=True, slots=True)
class TargetLine:
    """A target beside what was reached. `of_company`: the figure is the whole company's, no campaign's own."""

    metric: str
    label: str
    unit: str
    target: Decimal
    actual: Decimal | None
    is_reached: bool
    of_company: bool
    lower_is_better: bool


@dataclass(frozen=True, slots=True)
class RungView:
    """One rung with its targets."""

    label: str
    lines: tuple[TargetLine, ...]


@dataclass(frozen=True, slots=True)
class InstalmentView:
    """An instalment with its conditions, which of them are missed now, and whether it is the next in turn."""

    row: BudgetInstalment
    conditions: tuple[TargetLine, ...]
    missed: tuple[str, ...]
    is_next: bool


@dataclass(frozen=True, slots=True)
class AskView:
    """A request with its three rungs side by side, its instalments, and its steps."""

    ask: BudgetAsk
    actuals: Actuals
    rungs: tuple[RungView, ...]
    instalments: tuple[InstalmentView, ...]
    steps: tuple[BudgetAskStep, ...]
    released: Decimal


def asks_within(*, unit: str | None, on: date) -> QuerySet[BudgetAsk]:
    """Return the requests a reader may see: all, or those of a unit's subtree."""
    rows = BudgetAsk.objects.select_related("asked_by").prefetch_related("instalments")
    if unit is None:
        return rows
    return rows.filter(unit_external_id__in=unit_tree(as_of=on, within=unit).nodes)


def ask_view(ask: BudgetAsk) -> AskView:
    """Return a request with everything its page shows."""
    actuals, targets = actuals_of(ask), list(ask.targets.all())
    lines = {each.metric: _line(each.metric, each.value, actuals) for each in targets}
    parts = list(ask.instalments.select_related("released_by"))
    following = next((part.pk for part in parts if part.released_at is None), None)
    return AskView(
        ask=ask,
        actuals=actuals,
        rungs=tuple(
            RungView(
                str(RungName(rung.value).label),
                tuple(line for metric, line in lines.items() if METRICS[metric].rung is rung),
            )
            for rung in Rung
        ),
        instalments=tuple(_instalment(part, actuals, is_next=part.pk == following) for part in parts),
        steps=tuple(ask.steps.select_related("by")),
        released=released_of(parts),
    )


def conditions_of(part: BudgetInstalment) -> dict[str, Decimal]:
    """Return the conditions of an instalment in the order of the ladder, which JSON of the database does not keep."""
    return {metric: Decimal(part.conditions[metric]) for metric in METRICS if metric in part.conditions}


def released_of(parts: Iterable[BudgetInstalment]) -> Decimal:
    """Return the money that was released."""
    return sum((part.amount for part in parts if part.released_at is not None), Decimal(0))


def actuals_of(ask: BudgetAsk) -> Actuals:
    """Return what the ads did in the request's months, as the ad-spend ladder has analysed them."""
    months = ladder_months(ask.starts_on, ask.ends_on)
    spend = _spend(rungs for _month, found in months for rungs in _rungs_of(found, ask.campaign))
    known = figures_of(spend) if months else {}
    analysed = tuple(month for month, _found in months)
    begun = _months_begun(ask.starts_on, min(ask.ends_on, current_day()))
    waiting = tuple(month for month in begun if month not in analysed)
    return Actuals(known | _company_figures(ask), analysed, waiting, spend.cost)


def _months_begun(first: date, last: date) -> Iterator[Period]:
    month = month_of(first)
    while month.start <= last:
        yield month
        month = month.previous(-1)


def ladder_months(first: date, last: date) -> Months:
    """Return what the ladder found for the months from a day to a day, the earliest first."""
    rows = AnalysisResult.objects.filter(
        name=AnalysisName.LADDER,
        scope_kind=COMPANY.kind.value,
        scope_id=COMPANY.id,
        period_start__gte=first.replace(day=1),
        period_start__lte=last,
    ).order_by("period_start")
    return [(parse_period(row.period), from_json(LadderDocument, row.document)) for row in rows]


def known_campaigns(on: date, *, years: int = 1) -> list[tuple[str, str]]:
    """Return the campaigns that spent on ads of late, by name, to choose from."""
    months = ladder_months(on.replace(year=on.year - years, day=1), on)
    found = {line.campaign: line.name for _month, document in months for line in document.lines}
    return sorted(found.items(), key=lambda each: (each[1], each[0]))


def _rungs_of(document: LadderDocument, campaign: str) -> list[Rungs]:
    return [line.month for line in document.lines if not campaign or line.campaign == campaign]


def _spend(found: Iterable[Rungs]) -> Spend:
    """Add months up. Platforms are those of the widest month: the same platform in two months is one."""
    rows = list(found)
    revenues = [row.revenue for row in rows if row.revenue is not None]
    return Spend(
        impressions=sum(row.impressions for row in rows),
        clicks=sum(row.clicks for row in rows),
        private_users=sum(row.private_users for row in rows),
        platforms=max((row.platforms for row in rows), default=0),
        cost=sum((row.cost for row in rows), Decimal(0)),
        revenue=sum(revenues, Decimal(0)) if revenues else None,
    )


def _company_figures(ask: BudgetAsk) -> dict[str, Decimal | None]:
    """Return the figures that only the company has, of the newest computed month of the request."""
    wanted = {each.kpi: each.id for each in METRICS.values() if each.kpi}
    first, last = month_of(ask.starts_on).start, ask.ends_on
    period = next((each for each in stored_periods() if first <= each.start <= last), None)
    if period is None:
        return dict.fromkeys(wanted.values())
    values = {value.kpi: value.value for value in current_values(period, kpis=list(wanted), scopes=[COMPANY])}
    return {metric: values.get(kpi) for kpi, metric in wanted.items()}


def _line(metric: str, target: Decimal, actuals: Actuals) -> TargetLine:
    spec, actual = METRICS[metric], actuals.figures.get(metric)
    return TargetLine(
        metric=metric,
        label=str(AskMetricName(metric).label),
        unit=spec.unit,
        target=target,
        actual=actual,
        is_reached=reached(metric, actual, target),
        of_company=bool(spec.kpi),
        lower_is_better=spec.lower_is_better,
    )


def _instalment(part: BudgetInstalment, actuals: Actuals, *, is_next: bool) -> InstalmentView:
    conditions = conditions_of(part)
    lines = tuple(_line(metric, target, actuals) for metric, target in conditions.items())
    return InstalmentView(part, lines, unmet(conditions, actuals.figures), is_next)


def ask_file(rows: Iterable[BudgetAsk]) -> list[list[object]]:
    """Return the requests as rows of a file: one for each instalment."""
    head: list[object] = [
        "id", "state", "purpose", "campaign", "channel", "unit_id", "amount", "starts_on", "ends_on", "asked_by",
        "instalment", "planned_on", "instalment_amount", "conditions", "released_at", "reason",
    ]  # fmt: skip
    found: list[list[object]] = [head]
    for ask in rows:
        for part in ask.instalments.all():
            conditions = "; ".join(f"{metric}={value}" for metric, value in part.conditions.items())
            found.append(
                [
                    ask.pk, ask.state, ask.purpose, ask.campaign, ask.channel, ask.unit_external_id, ask.amount,
                    ask.starts_on.isoformat(), ask.ends_on.isoformat(), str(ask.asked_by or ""), part.number,
                    part.planned_on.isoformat(), part.amount, conditions,
                    part.released_at.isoformat() if part.released_at else "", part.reason,
                ]
            )  # fmt: skip
    return found
