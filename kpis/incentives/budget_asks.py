"""The ladder of an ad budget request: which rung a metric stands on, what a request lacks, what a figure reaches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

MOST_INSTALMENTS = 12


class Rung(StrEnum):
    """The rungs of `domain.md` 16."""

    SHALLOW = "shallow"
    MIDDLE = "middle"
    DEEP = "deep"


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure that a request may aim at. `kpi` is the company's KPI where no campaign's own figure is known."""

    id: str
    rung: Rung
    unit: str
    lower_is_better: bool = False
    kpi: str = ""


METRICS: Mapping[str, Metric] = MappingProxyType({
    each.id: each
    for each in (
        Metric("impressions", Rung.SHALLOW, "count"),
        Metric("click_rate", Rung.SHALLOW, "percent"),
        Metric("private_users", Rung.MIDDLE, "people"),
        Metric("platforms", Rung.MIDDLE, "count"),
        Metric("cost_per_user", Rung.MIDDLE, "CNY", lower_is_better=True),
        Metric("roi", Rung.DEEP, "ratio"),
        Metric("profit_roi", Rung.DEEP, "ratio", kpi="ad_profit_roi"),
        Metric("ltv_cac", Rung.DEEP, "ratio", kpi="ltv_cac_ratio"),
    )
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spend:
    """What ads did over some months. `revenue` is None when no platform reported any."""

    impressions: int = 0
    clicks: int = 0
    private_users: int = 0
    platforms: int = 0
    cost: Decimal = Decimal(0)
    revenue: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Instalment:
    """A part of the money on a day. `conditions`: rung-2 metric -> figure to be reached before it."""

    planned_on: date
    amount: Decimal
    conditions: Mapping[str, Decimal]


def missing_rungs(targets: Iterable[str]) -> tuple[Rung, ...]:
    """Return the rungs without a target, the shallow one first."""
    stated = {METRICS[metric].rung for metric in targets}
    return tuple(rung for rung in Rung if rung not in stated)


def reached(metric: str, actual: Decimal | None, target: Decimal) -> bool:
    """Tell whether a figure reaches its target; one that is not known does not."""
    if actual is None:
        return False
    return actual <= target if METRICS[metric].lower_is_better else actual >= target


def unmet(conditions: Mapping[str, Decimal], actual: Mapping[str, Decimal | None]) -> tuple[str, ...]:
    """Return the conditions that are not reached."""
    return tuple(metric for metric, target in conditions.items() if not reached(metric, actual.get(metric), target))


def figures_of(spend: Spend) -> dict[str, Decimal | None]:
    """Return the metrics that the ads' own rows tell; a quotient without a denominator is None."""
    return {
        "impressions": Decimal(spend.impressions),
        "click_rate": _quotient(Decimal(spend.clicks) * 100, spend.impressions),
        "private_users": Decimal(spend.private_users),
        "platforms": Decimal(spend.platforms),
        "cost_per_user": _quotient(spend.cost, spend.private_users),
        "roi": None if spend.revenue is None else _quotient(spend.revenue, spend.cost),
    }


def instalment_faults(amount: Decimal, parts: list[Instalment], *, starts_on: date, ends_on: date) -> dict[int, str]:
    """Return what is wrong, by the instalment's place from 0; the key -1 is about all of them. Words are codes."""
    faults: dict[int, str] = {}
    for place, part in enumerate(parts):
        if not starts_on <= part.planned_on <= ends_on:
            faults[place] = "outside"
        elif place and part.planned_on <= parts[place - 1].planned_on:
            faults[place] = "order"
        elif any(METRICS[metric].rung is not Rung.MIDDLE for metric in part.conditions):
            faults[place] = "rung"
        elif place and not part.conditions:
            faults[place] = "condition"
        elif not place and part.conditions:
            faults[place] = "first"
    if sum((part.amount for part in parts), Decimal(0)) != amount:
        faults[-1] = "sum"
    return faults


def _quotient(part: Decimal, whole: Decimal | int) -> Decimal | None:
    return part / whole if whole else None
