"""A guide's own page: targets with what is left, the bonus so far, the own place. Nothing of any colleague."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Q, QuerySet

from kpis.engine.grading import attainment
from kpis.engine.specs import Direction, KpiSpec, NoData, Scope, ScopeKind, Value
from kpis.incentives.texts import read_plan
from kpis.incentives.wording import Vocabulary
from kpis.models import PayStatement, RankingChoice, Scorecard, Target
from kpis.queries.definitions import library_at
from kpis.queries.pay.plans import vocabulary
from kpis.queries.pay.receipt import CLOSED, LineView, line_view, next_steps
from kpis.queries.pay.statements import statements_seen
from kpis.queries.scorecards import current_cards
from kpis.queries.values import current_values, stored_periods
from omnichannel.core.periods import Period, month_of
from omnichannel.core.text import Bilingual
from roles.choices import UnitLevel
from roles.queries.org_chart import UnitNode, UnitTree

LEAST_RANKED = 5  # among fewer, a place would tell what a colleague has reached
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class OwnTarget:
    """A target with what is reached of it. `left` is what is still to come; None where more is not better."""

    spec: KpiSpec
    target: Decimal
    value: Decimal | None
    reason: str
    attainment: Decimal | None
    left: Decimal | None


@dataclass(frozen=True, slots=True)
class OwnTargets:
    """A month's targets. `days_left` is None once it is over; `score` is the card's of the month."""

    period: Period
    lines: tuple[OwnTarget, ...]
    days_left: int | None


@dataclass(frozen=True, slots=True)
class Bonus:
    """What a plan pays so far, by its last calculation. `is_closed`: it changes no more and may be opened."""

    statement: PayStatement
    period: str
    names: Bilingual
    lines: Sequence[LineView]
    steps: Sequence[str]
    is_closed: bool


@dataclass(frozen=True, slots=True)
class Place:
    """The own place by scorecard score among those with the role in a unit; None among too few, or without a score."""

    unit: str
    of_region: bool
    place: int | None
    among: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """Places of a month. `off` says who has switched them off: `workspace`, `person`, or nobody."""

    off: str
    period: Period | None
    score: Decimal | None
    places: tuple[Place, ...]


def own_targets(person: str, *, today: date) -> OwnTargets:
    """Return this month's targets; those of the newest month with figures while this one has neither."""
    period, stored = month_of(today), stored_periods()
    scope = Scope(ScopeKind.EMPLOYEE, person)
    rows = Target.objects.filter(scope_kind=scope.kind.value, scope_id=person)
    months = {str(period), *(str(each) for each in stored[:1])}
    by_month: dict[str, dict[str, Decimal]] = {}
    for month, kpi, value in rows.filter(period__in=months).values_list("period", "kpi", "value"):
        by_month.setdefault(month, {})[kpi] = value
    if str(period) not in by_month and stored and stored[0] < period:
        period = stored[0]
    targets = by_month.get(str(period), {})
    values = {value.kpi: value for value in current_values(period, kpis=list(targets), scopes=[scope])}
    kpis = library_at(period.last_day).kpis
    lines = [_line(kpis[kpi], target, values.get(kpi)) for kpi, target in sorted(targets.items()) if kpi in kpis]
    is_running = period.start <= today <= period.last_day
    return OwnTargets(period, tuple(lines), (period.last_day - today).days if is_running else None)


def _line(spec: KpiSpec, target: Decimal, value: Value | None) -> OwnTarget:
    found = None if value is None else value.value
    share = None if found is None else attainment(spec, found, target)
    more = spec.direction is Direction.UP and found is not None
    return OwnTarget(
        spec=spec,
        target=target,
        value=found,
        reason="" if found is not None else (value.reason if value and value.reason else NoData.NO_ROWS).value,
        attainment=None if share is None else (Decimal(share.numerator) / share.denominator).quantize(CENT),
        left=max(target - found, Decimal(0)) if more and found is not None else None,
    )


def own_bonuses(person: str) -> list[Bonus]:
    """Return what the newest month with a statement of the person pays so far, by plan."""
    rows = statements_seen(person=None).filter(person_external_id=person)
    newest = rows.order_by("-run__period").values_list("run_id", flat=True)[:1]
    words = vocabulary()
    return [_bonus(each, words) for each in rows.filter(run_id__in=list(newest)).order_by("plan_key")]


def _bonus(statement: PayStatement, words: Vocabulary) -> Bonus:
    plan = read_plan(statement.plan.content)
    components = {each.id: each for each in plan.components}
    return Bonus(
        statement=statement,
        period=statement.run.period,
        names=plan.names,
        lines=[line_view(each, components[each.component], words, before=None) for each in statement.lines.all()],
        steps=next_steps(plan, statement, words.bases),
        is_closed=statement.run.state in CLOSED,
    )


def own_places(person: str, *, today: date, tree: UnitTree) -> Ranking:
    """Return the person's places in their store and region, unless somebody has switched that off."""
    if off := _switched_off(person):
        return Ranking(off, None, None, ())
    period = next((each for each in stored_periods() if each.start <= today), None)
    if period is None:
        return Ranking("", None, None, ())
    cards = current_cards(period, scope_kind=ScopeKind.EMPLOYEE.value, score__isnull=False).exclude(role_key="")
    own = cards.filter(scope_id=person).order_by("-score").first()
    if own is None or own.score is None:
        return Ranking("", period, None, ())
    hidden = RankingChoice.objects.exclude(person_external_id="").order_by("person_external_id", "-id")
    hidden = hidden.distinct("person_external_id")
    away = [each.person_external_id for each in hidden if not each.is_shown]
    others = cards.filter(role_key=own.role_key).exclude(scope_id__in=away)
    places = [_place(others, own.score, unit, tree) for unit in _units(own.unit_id, tree)]
    return Ranking("", period, own.score, tuple(places))


def _place(cards: QuerySet[Scorecard], score: Decimal, unit: UnitNode, tree: UnitTree) -> Place:
    """Count who is ahead; equal scores share a place. Among too few nothing is told but their number."""
    here = cards.filter(unit_id__in=tree.subtree(unit.external_id))
    found = here.aggregate(among=Count("pk"), ahead=Count("pk", filter=Q(score__gt=score)))
    place = found["ahead"] + 1 if found["among"] >= LEAST_RANKED else None
    return Place(unit.name, unit.level is UnitLevel.REGION, place, found["among"])


def _units(unit: str, tree: UnitTree) -> list[UnitNode]:
    """Return the person's unit and the region above it."""
    if unit not in tree:
        return []
    above = [tree.nodes[each] for each in tree.ancestors(unit)]
    return [tree.nodes[unit], *[node for node in above if node.level is UnitLevel.REGION][:1]]


def _switched_off(person: str) -> str:
    """Return who has switched places off: the workspace, the person, or nobody."""
    return next((who for who, key in (("workspace", ""), ("person", person)) if not is_ranking_shown(key)), "")


def is_ranking_shown(person: str = "") -> bool:
    """Tell what was last chosen by a person, or for the workspace; nothing chosen shows places."""
    chosen = RankingChoice.objects.filter(person_external_id=person).first()
    return chosen is None or chosen.is_shown
