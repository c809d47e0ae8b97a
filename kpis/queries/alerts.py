"""Reads of alerts: the list with its filters and counts, one alert with its history, what a reader may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Case, Count, IntegerField, Q, QuerySet, When
from django.utils import timezone

from kpis.alert_choices import OPEN, AlertState, LevelName
from kpis.engine.alerting import Measure
from kpis.engine.specs import Scope, ScopeKind
from kpis.library.extras import library_extras
from kpis.models import Alert, AlertEvent, AlertNotice, AlertPreference
from kpis.queries.alert_words import AlertWords, words_of
from kpis.queries.values import months_before, trends
from omnichannel.core.periods import Period, parse_period
from omnichannel.workspaces.queries.zones import current_day
from roles.queries.org_chart import UnitTree, unit_tree

MONTHS = 13
STATES = ("open", "overdue", "over", *AlertState.values, "all")
URGENCY = Case(
    *(When(level=level, then=rank) for rank, level in enumerate(LevelName.values)), output_field=IntegerField()
)


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """Which alerts are asked for. `within` bounds the reader to a unit and what is below it."""

    state: str = "open"
    level: str = ""
    unit: str = ""
    subject: str = ""
    rule: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> AlertFilter:
        """Read a query; what is no state or level counts as not asked."""
        state, level = query.get("state", ""), query.get("level", "")
        return cls(
            state=state if state in STATES else "open",
            level=level if level in LevelName.values else "",
            unit=query.get("unit", ""),
            subject=query.get("subject", ""),
            rule=query.get("rule", ""),
        )

    def apply(self, rows: QuerySet[Alert], *, tree: UnitTree) -> QuerySet[Alert]:
        """Return the rows asked for, the most urgent first."""
        rows = rows.filter(_state(self.state))
        if self.level:
            rows = rows.filter(level=self.level)
        if self.unit == "company":
            rows = rows.filter(scope_kind=ScopeKind.COMPANY.value)
        elif self.unit:
            rows = rows.filter(scope_kind=ScopeKind.UNIT.value, scope_id__in=tree.subtree(self.unit))
        if self.subject:
            rows = rows.filter(subject_id=self.subject)
        if self.rule:
            rows = rows.filter(rule=self.rule)
        return rows.order_by("-urgency", "-level_at", "-pk")


def _state(state: str) -> Q:
    if state == "open":
        return Q(state__in=OPEN)
    if state == "overdue":
        return overdue()
    if state == "over":
        return Q(state__in=OPEN, over_since__isnull=False)
    return Q() if state == "all" else Q(state=state)


def overdue() -> Q:
    """Return the condition of an alert that nobody has answered in time."""
    return Q(state=AlertState.RAISED, due_at__lt=timezone.now())


def alerts_within(tree: UnitTree, *, unit: str | None) -> QuerySet[Alert]:
    """Return the alerts a reader may see; `unit` bounds a line manager to their subtree."""
    rows = Alert.objects.select_related("owner").annotate(urgency=URGENCY)
    if unit is not None:
        rows = rows.filter(scope_kind=ScopeKind.UNIT.value, scope_id__in=tree.subtree(unit))
    return rows


@dataclass(frozen=True, slots=True)
class AlertCounts:
    """Open alerts by level, those not answered in time, those over again, and closed red ones without a review."""

    red: int
    orange: int
    yellow: int
    overdue: int
    over: int
    unreviewed: int

    @property
    def open(self) -> int:
        """All open alerts."""
        return self.red + self.orange + self.yellow


def alert_counts(rows: QuerySet[Alert]) -> AlertCounts:
    """Count in one query."""
    still_open = Q(state__in=OPEN)
    told = rows.order_by().aggregate(
        **{level: Count("pk", filter=still_open & Q(level=level)) for level in LevelName.values},
        late=Count("pk", filter=overdue()),
        over=Count("pk", filter=still_open & Q(over_since__isnull=False)),
        unreviewed=Count("pk", filter=Q(state=AlertState.CLOSED, level=LevelName.RED)),
    )
    return AlertCounts(told["red"], told["orange"], told["yellow"], told["late"], told["over"], told["unreviewed"])


def unanswered(*, unit: str | None) -> int:
    """Count the alerts that wait for somebody to take them on, as the rail shows it."""
    rows = Alert.objects.filter(state=AlertState.RAISED)
    if unit is not None:
        tree = unit_tree(as_of=current_day(), within=unit)
        rows = rows.filter(scope_kind=ScopeKind.UNIT.value, scope_id__in=tree.nodes)
    return rows.count()


def red_alerts(scope: Scope, *, tree: UnitTree) -> int:
    """Count the open red alerts of a scope: all for the company, those of a unit and below it for a unit."""
    rows = Alert.objects.filter(state__in=OPEN, level=LevelName.RED)
    if scope.kind is ScopeKind.UNIT:
        rows = rows.filter(scope_kind=ScopeKind.UNIT.value, scope_id__in=tree.subtree(scope.id))
    return rows.count()


@dataclass(frozen=True, slots=True)
class AlertView:
    """One alert with its history and, for a KPI, its figures of thirteen months up to the period it is about."""

    words: AlertWords
    events: Sequence[AlertEvent]
    told: Mapping[int, Sequence[AlertNotice]]
    months: tuple[Period, ...]
    values: Sequence[Decimal | None]
    asks_review: bool

    @property
    def threshold_is_of_the_figure(self) -> bool:
        """Tell whether the threshold can stand beside the figures."""
        return Measure(self.words.rule.measure) is Measure.VALUE


def alert_view(alert: Alert, *, tree: UnitTree) -> AlertView:
    """Gather everything the page of an alert shows, in five queries."""
    (words,) = words_of([alert], tree=tree)
    events = list(alert.events.select_related("by"))
    told: dict[int, list[AlertNotice]] = {}
    notices = AlertNotice.objects.filter(event__alert=alert).select_related("user", "mail").order_by("pk")
    for notice in notices:
        told.setdefault(notice.event_id, []).append(notice)
    months: tuple[Period, ...] = ()
    values: Sequence[Decimal | None] = ()
    if words.kpi is not None:
        scope = Scope(ScopeKind(alert.scope_kind), alert.scope_id)
        months = tuple(months_before(parse_period(alert.episode), MONTHS))
        values = trends([words.kpi.id], months, scopes=[scope])[words.kpi.id, scope]
    asks = alert.state == AlertState.CLOSED and alert.level == LevelName.RED
    return AlertView(words, events, told, months, values, asks)


def subjects_raised(rows: QuerySet[Alert]) -> list[tuple[str, str]]:
    """Return (kind, id) of everything alerts have been raised about, for the filter."""
    return list(rows.order_by("subject_id").values_list("subject_kind", "subject_id").distinct())


def preference_of(user_id: int) -> AlertPreference | None:
    """Return what a member has asked for, if they have."""
    return AlertPreference.objects.filter(user_id=user_id).first()


def respond_hours() -> Mapping[str, int]:
    """Return the hours within which each level is to be answered."""
    return {level.id: level.respond_within_hours for level in library_extras().alert_levels.values()}
