"""The first page: key figures, sales by channel, role scores, units in order, and how fresh all of it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from kpis.engine.grading import attainment, band_of
from kpis.engine.specs import KpiSpec, Scope, ScopeKind, Value
from kpis.library import load_library
from kpis.models import Scorecard
from kpis.queries.alerts import red_alerts
from kpis.queries.definitions import library_at
from kpis.queries.formulas import value_label
from kpis.queries.scorecards import current_cards, role_cards, score_trends
from kpis.queries.targets import targets_of
from kpis.queries.uploads import last_change, newest_day
from kpis.queries.values import current_values, missing_reason, months_before, newest_computation, trends
from omnichannel.core.periods import Period
from omnichannel.core.text import Bilingual
from roles.catalogue import RoleKey, roles_here
from roles.choices import UnitLevel
from roles.queries.org_chart import UnitNode, UnitTree

MONTHS = 13
KEY_KPIS = (
    "sales_net", "sales_yoy_growth", "private_sales_share", "new_private_users",
    "active_user_share", "repurchase_rate", "gross_margin_rate", "nps",
)  # fmt: skip
SALES, GROWTH = "sales_net", "sales_yoy_growth"
ENDS = 5  # units shown from the top and from the bottom of the order
AMOUNTS = frozenset({"CNY", "count", "people", "contacts", "pieces", "messages", "times"})


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """A tile: the figure, its target and band, its last thirteen months, and its change in percent for amounts.

    `reason`: why there is no number, as the figures' words of `templatetags.numbers` name it.
    """

    spec: KpiSpec
    value: Value | None
    reason: str
    target: Decimal | None
    status: str
    trend: Sequence[Decimal | None]
    change: Decimal | None


@dataclass(frozen=True, slots=True)
class ChannelSales:
    """Sales of one channel over the months."""

    channel: str
    names: Bilingual
    amounts: Sequence[Decimal | None]


@dataclass(frozen=True, slots=True)
class RoleScore:
    """A role's card with its scores over the months."""

    role: RoleKey
    names: Bilingual
    card: Scorecard
    trend: Sequence[Decimal | None]


@dataclass(frozen=True, slots=True)
class UnitRank:
    """A store in the order of its growth; `rank` counts from 1."""

    rank: int
    node: UnitNode
    sales: Decimal | None
    growth: Decimal | None
    score: Decimal | None
    band: str
    trend: Sequence[Decimal | None]


@dataclass(frozen=True, slots=True)
class Freshness:
    """Until when there is data, when it was computed, and whether uploads have come since."""

    data_until: date | None
    computed_at: datetime | None
    is_behind: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything the first page shows."""

    period: Period
    months: tuple[Period, ...]
    figures: tuple[KeyFigure, ...]
    channels: tuple[ChannelSales, ...]
    roles: tuple[RoleScore, ...]
    ranks: tuple[UnitRank, ...]
    units_total: int
    freshness: Freshness
    red_alerts: int


def overview(period: Period, *, scope: Scope, tree: UnitTree) -> Overview:
    """Gather the first page for the company or for one unit; `tree` holds the units that may be listed."""
    months = tuple(months_before(period, MONTHS))
    ranks, total = _ranks(period, months, tree)
    return Overview(
        period=period,
        months=months,
        figures=key_figures(KEY_KPIS, period=period, scope=scope),
        channels=_channels(months) if scope.kind is ScopeKind.COMPANY else (),
        roles=_roles(period, months, scope),
        ranks=ranks,
        units_total=total,
        freshness=freshness(),
        red_alerts=red_alerts(scope, tree=tree),
    )


def company_kpis(period: Period) -> tuple[str, ...]:
    """Return the KPIs that the library counts for the company as a whole, in its order."""
    return tuple(kpi.id for kpi in library_at(period.last_day).kpis.values() if kpi.company)


def key_figures(wanted: Sequence[str], *, period: Period, scope: Scope) -> tuple[KeyFigure, ...]:
    """Return figures as tiles show them, with the thirteen months that end with the period, in three queries."""
    library = library_at(period.last_day)
    values = {value.kpi: value for value in current_values(period, kpis=wanted, scopes=[scope])}
    lines = trends(wanted, months_before(period, MONTHS), scopes=[scope])
    targets = targets_of(period, kpis=wanted, scopes=[scope])
    reasons = {kpi: missing_reason(library, kpi, values.get(kpi), scope.kind) for kpi in wanted}
    return tuple(
        _figure(library.kpis[kpi], values.get(kpi), reasons[kpi], targets.get((kpi, scope)), lines[kpi, scope])
        for kpi in wanted
    )


def _figure(
    spec: KpiSpec, value: Value | None, reason: str, target: Decimal | None, trend: Sequence[Decimal | None]
) -> KeyFigure:
    number = value.value if value else None
    before = trend[-2]
    change = None
    if spec.unit in AMOUNTS and number is not None and before:
        change = (number / before - 1) * 100
    return KeyFigure(spec, value, reason, target, status_of(spec, number, target), trend, change)


def status_of(spec: KpiSpec, value: Decimal | None, target: Decimal | None) -> str:
    """Return the band of a figure against its target; empty where there is nothing to compare."""
    reached = None if value is None else attainment(spec, value, target)
    if reached is None:
        return ""
    # rounded as a card's line shows it, so that the two never differ
    return band_of(Decimal(round(reached * 100)).scaleb(-2)).value


def _channels(months: Sequence[Period]) -> tuple[ChannelSales, ...]:
    channels = load_library().tables["orders"].column("channel").enum
    lines = trends([SALES], months, scopes=[Scope(ScopeKind.CHANNEL, channel) for channel in channels])
    found = [
        ChannelSales(channel, value_label(channel), lines[SALES, Scope(ScopeKind.CHANNEL, channel)])
        for channel in channels
    ]
    return tuple(each for each in found if any(each.amounts))


def _roles(period: Period, months: Sequence[Period], scope: Scope) -> tuple[RoleScore, ...]:
    cards = role_cards(period, scope=scope)
    lines = score_trends(cards, months)
    roles = roles_here().roles
    return tuple(
        RoleScore(key, roles[key].names, card, lines[card.role_key, card.scope_kind, card.scope_id])
        for card in cards
        for key in [RoleKey(card.role_key)]
    )


def _ranks(period: Period, months: Sequence[Period], tree: UnitTree) -> tuple[tuple[UnitRank, ...], int]:
    """Return the stores that grew most and least, and how many stores there are."""
    stores = {node.external_id: node for node in tree if node.level is UnitLevel.STORE}
    figures: dict[str, dict[str, Decimal | None]] = {}
    for value in current_values(period, kpis=[SALES, GROWTH], kinds=[ScopeKind.UNIT]):
        if value.scope.id in stores:
            figures.setdefault(value.scope.id, {})[value.kpi] = value.value
    ordered = sorted(figures, key=lambda unit: _growth_order(unit, figures[unit]))
    shown = _ends([(rank, unit) for rank, unit in enumerate(ordered, start=1)])
    units = [unit for _rank, unit in shown]
    cards = current_cards(period).filter(role_key=RoleKey.DIGITAL_GUIDE.value, scope_kind=ScopeKind.UNIT.value)
    scores = {
        unit: (score, band)
        for unit, score, band in cards.filter(scope_id__in=units).values_list("scope_id", "score", "band")
    }
    lines = trends([SALES], months, scopes=[Scope(ScopeKind.UNIT, unit) for unit in units])
    ranks = tuple(_rank(rank, stores[unit], figures[unit], scores, lines) for rank, unit in shown)
    return ranks, len(ordered)


def _rank(
    rank: int,
    node: UnitNode,
    figures: Mapping[str, Decimal | None],
    scores: Mapping[str, tuple[Decimal | None, str]],
    lines: Mapping[tuple[str, Scope], Sequence[Decimal | None]],
) -> UnitRank:
    score, band = scores.get(node.external_id, (None, ""))
    trend = lines[SALES, Scope(ScopeKind.UNIT, node.external_id)]
    return UnitRank(rank, node, figures.get(SALES), figures.get(GROWTH), score, band, trend)


def _growth_order(unit: str, figures: Mapping[str, Decimal | None]) -> tuple[bool, Decimal, str]:
    growth = figures.get(GROWTH)
    return growth is None, -(growth or Decimal(0)), unit


def _ends(ordered: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    return list(ordered) if len(ordered) <= 2 * ENDS else [*ordered[:ENDS], *ordered[-ENDS:]]


def freshness() -> Freshness:
    """Tell how fresh the figures are, in three queries."""
    computation = newest_computation()
    return Freshness(
        data_until=newest_day(),
        computed_at=computation.finished_at if computation else None,
        is_behind=last_change() > (computation.upload_seq if computation else 0),
    )
