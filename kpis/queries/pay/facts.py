"""The facts of a month for everybody whom a plan pays: credited sales, contacts, targets, scores, alerts, shifts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kpis.alert_choices import LevelName
from kpis.engine.specs import ScopeKind
from kpis.incentives.ledger import Quantities, quantities
from kpis.incentives.specs import BaseLevel, Facts, PoolKey
from kpis.incentives.templates import load_bases
from kpis.models import Alert, Target
from kpis.queries.pay.plans import PlanOn, paid_by, plans_on
from kpis.queries.scorecards import current_cards
from kpis.queries.warehouse import open_relations
from omnichannel.core.periods import Period
from roles.holdings import Holding
from roles.queries.org_chart import unit_tree
from roles.queries.people import holders

TABLES = ("orders", "contacts", "service_daily")


@dataclass(frozen=True, slots=True)
class Paid:
    """Somebody whom a plan pays for a role in a month, and what the month holds for them."""

    on: PlanOn
    holding: Holding
    facts: Facts


def measured(period: Period, *, as_of: date) -> Quantities:
    """Sum what can be paid on from the rows that count now."""
    relations = open_relations(as_of=period.last_day, only=TABLES)
    try:
        return quantities(relations, period, as_of=as_of)
    finally:
        relations.close()


def paid_people(period: Period, *, as_of: date) -> list[Paid]:
    """Return everybody whom a plan pays for the month, by person and plan. Plan, role and unit are the last day's."""
    day = period.last_day
    tree, plans = unit_tree(as_of=day), plans_on(day)
    chosen = _once((plan, each) for each in holders(as_of=day, tree=tree) if (plan := paid_by(each, plans, tree)))
    if not chosen:
        return []
    found, people = measured(period, as_of=as_of), {each.person_external_id for _plan, each in chosen}
    found = found.rolled_up(tree.closure())
    units = {each.unit_external_id for _plan, each in chosen}
    targets, scores, red = _targets(period, people, units), _scores(period, people), _red(period, units)
    shared = _attendance(chosen, found.days)
    paid = []
    for plan, each in chosen:
        facts = Facts(
            person=each.person_external_id,
            quantities=found.of(each.person_external_id, each.unit_external_id),
            targets=dict(_targets_of(each, targets)),
            score=scores.get((each.person_external_id, each.role_key)),
            red=frozenset(red.get(each.unit_external_id, ())),
            attendance=shared[plan.row.key, each.unit_external_id],
        )
        paid.append(Paid(plan, each, facts))
    return paid


def _once(chosen: Iterable[tuple[PlanOn, Holding]]) -> list[tuple[PlanOn, Holding]]:
    """Return each person once for a plan, by person and plan: a role held in two units pays in the first."""
    found: dict[tuple[str, str], tuple[PlanOn, Holding]] = {}
    for plan, each in chosen:
        found.setdefault((each.person_external_id, plan.row.key), (plan, each))
    return [found[key] for key in sorted(found)]


def _attendance(
    chosen: Sequence[tuple[PlanOn, Holding]], days: Mapping[str, Decimal]
) -> dict[tuple[str, str], dict[PoolKey, dict[str, Decimal]]]:
    """Return, by plan and unit, what each weighs who shares its pools: days served, and one for each head."""
    found: dict[tuple[str, str], dict[PoolKey, dict[str, Decimal]]] = defaultdict(lambda: defaultdict(dict))
    for plan, each in chosen:
        shared, person = found[plan.row.key, each.unit_external_id], each.person_external_id
        shared[PoolKey.EQUAL][person] = Decimal(1)
        if person in days:
            shared[PoolKey.SHIFTS][person] = days[person]
    return found


def _targets(period: Period, people: Collection[str], units: Collection[str]) -> dict[tuple[str, str, str], Decimal]:
    kpis = {spec.target_kpi for spec in load_bases().values() if spec.target_kpi}
    rows = Target.objects.filter(period=str(period), kpi__in=kpis).values_list("scope_kind", "scope_id", "kpi", "value")
    ids = {ScopeKind.EMPLOYEE.value: people, ScopeKind.UNIT.value: units}
    return {(kind, scope, kpi): value for kind, scope, kpi, value in rows if scope in ids.get(kind, ())}


def _targets_of(each: Holding, targets: Mapping[tuple[str, str, str], Decimal]) -> Iterator[tuple[str, Decimal]]:
    for base, spec in load_bases().items():
        if spec.level is BaseLevel.PERSON:
            place = (ScopeKind.EMPLOYEE.value, each.person_external_id, spec.target_kpi)
        else:
            place = (ScopeKind.UNIT.value, each.unit_external_id, spec.target_kpi)
        if place in targets:
            yield base, targets[place]


def _scores(period: Period, people: Collection[str]) -> dict[tuple[str, str], Decimal]:
    cards = current_cards(period, scope_kind=ScopeKind.EMPLOYEE.value, score__isnull=False)
    rows = cards.values_list("scope_id", "role_key", "score")
    return {(person, role): score for person, role, score in rows if score is not None and person in people}


def _red(period: Period, units: Collection[str]) -> dict[str, set[str]]:
    """Return the KPIs whose figure of the period was red, by unit, whatever has become of the alert since."""
    rows = Alert.objects.filter(episode=str(period), level=LevelName.RED)
    rows = rows.filter(scope_kind=ScopeKind.UNIT.value, scope_id__in=units)
    found: dict[str, set[str]] = defaultdict(set)
    for unit, kpi in rows.values_list("scope_id", "subject_id"):
        found[unit].add(kpi)
    return found
