"""The facts of a month for everybody whom a plan pays: credited sales, contacts, targets, scores, alerts, shifts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Q

from kpis.alert_choices import LevelName
from kpis.engine.bounds import bounds_of
from kpis.engine.specs import ScopeKind
from kpis.incentives.ledger import Quantities, quantities
from kpis.incentives.specs import BaseLevel, Facts, PoolKey
from kpis.incentives.templates import load_bases
from kpis.models import Alert, Target
from kpis.queries.pay.plans import PlanOn, paid_by, plans_on
from kpis.queries.scorecards import current_cards
from kpis.queries.subjects import Organisation
from kpis.queries.warehouse import open_relations
from omnichannel.core.periods import Period
from roles.holdings import Holding
from roles.queries.org_chart import UnitTree, unit_tree
from roles.queries.people import holders

TABLES = ("orders", "contacts", "service_daily")
Chosen = Sequence[tuple[PlanOn, Holding]]
Place = tuple[str, str]  # plan, unit
EMPLOYEE, UNIT = ScopeKind.EMPLOYEE.value, ScopeKind.UNIT.value


@dataclass(frozen=True, slots=True)
class Paid:
    """Somebody whom a plan pays for a role in a month, and what the month holds for them."""

    on: PlanOn
    holding: Holding
    facts: Facts


def measured(period: Period, *, as_of: date, known_at: datetime | None = None) -> Quantities:
    """Sum what can be paid on from the rows that count now, or that counted at a moment in the past."""
    relations = open_relations(as_of=period.last_day, known_at=known_at, only=TABLES)
    try:
        with bounds_of():  # every month asks the same, so each query is compiled only once
            return quantities(relations, period, as_of=as_of)
    finally:
        relations.close()


@dataclass(frozen=True, slots=True)
class Ground:
    """What a month holds, whoever is paid by which plan. `own` is each unit alone, `found` with all below it.

    `targets` are those of bases, by kind and id of their scope, `scores` by person and role, `red` KPIs by unit.
    """

    period: Period
    tree: UnitTree
    holders: tuple[Holding, ...]
    own: Quantities
    found: Quantities
    targets: Mapping[tuple[str, str], Mapping[str, Decimal]]
    scores: Mapping[tuple[str, str], Decimal]
    red: Mapping[str, frozenset[str]]


def read_ground(
    period: Period, *, as_of: date, found: Organisation | None = None, own: Quantities | None = None
) -> Ground:
    """Read a month once, to be paid by any plans. Roles and units are the last day's, or those of `found`.

    `own` is what `measured` said of the month, where that is known already.
    """
    tree = found.tree if found is not None else unit_tree(as_of=period.last_day)
    own = own or measured(period, as_of=as_of)
    return Ground(
        period=period,
        tree=tree,
        holders=found.holdings if found is not None else holders(as_of=period.last_day, tree=tree),
        own=own,
        found=own.rolled_up(tree.closure()),
        targets=_targets(period),
        scores=_scores(period),
        red=_red(period),
    )


def paid_people(period: Period, *, as_of: date) -> list[Paid]:
    """Return everybody whom a plan pays for the month, by person and plan. Plan, role and unit are the last day's."""
    plans = plans_on(period.last_day)
    return paid_on(read_ground(period, as_of=as_of), plans) if plans else []


def paid_on(ground: Ground, plans: Sequence[PlanOn]) -> list[Paid]:
    """Return everybody whom one of the plans pays on what the month holds, by person and plan."""
    chosen = _chosen(ground, plans)
    shared, colleagues = _attendance(chosen, ground.found.days), _colleagues(chosen)
    return [_paid(*each, ground, shared, colleagues) for each in chosen]


def paid_anew(ground: Ground, plans: Sequence[PlanOn], *, known: Sequence[Paid], on: Ground) -> list[Paid]:
    """Return the same as `paid_on`, with everybody of `known` as they are there on whom nothing else holds.

    `known` is what `paid_on` says of the ground `on`: the same month, of an organisation and with scores that may
    differ.
    """
    chosen = _chosen(ground, plans)
    shared, colleagues = _attendance(chosen, ground.found.days), _colleagues(chosen)
    were = _colleagues([(each.on, each.holding) for each in known])
    now, then = ground.found.stores, on.found.stores
    same = {
        (plan, unit)
        for (plan, unit), people in colleagues.items()
        if people == were.get((plan, unit)) and now.get(unit) == then.get(unit)
    }
    there = {(each.on.row.key, each.holding.person_external_id): each for each in known}
    found = []
    for plan, each in chosen:
        scored = each.person_external_id, each.role_key
        old = there.get((plan.row.key, each.person_external_id))
        stays = old is not None and old.holding == each and (plan.row.key, each.unit_external_id) in same
        if old is not None and stays and ground.scores.get(scored) == on.scores.get(scored):
            found.append(old)
        else:
            found.append(_paid(plan, each, ground, shared, colleagues))
    return found


def _chosen(ground: Ground, plans: Sequence[PlanOn]) -> Chosen:
    """Return whom the plans pay, each person once for a plan, by person and plan: of two units the first pays."""
    paying: dict[tuple[str, str], PlanOn | None] = {}
    found: dict[tuple[str, str], tuple[PlanOn, Holding]] = {}
    for each in ground.holders:
        place = each.role_key, each.unit_external_id
        if place not in paying:
            paying[place] = paid_by(each, plans, ground.tree)
        plan = paying[place]
        if plan is not None:
            found.setdefault((each.person_external_id, plan.row.key), (plan, each))
    return [found[key] for key in sorted(found)]


def _paid(
    plan: PlanOn,
    each: Holding,
    ground: Ground,
    shared: Mapping[Place, Mapping[PoolKey, Mapping[str, Decimal]]],
    colleagues: Mapping[Place, Mapping[str, str]],
) -> Paid:
    person, unit = each.person_external_id, each.unit_external_id
    place = plan.row.key, unit
    facts = Facts(
        person=person,
        quantities=ground.found.of(person, unit),
        targets={**ground.targets.get((EMPLOYEE, person), {}), **ground.targets.get((UNIT, unit), {})},
        score=ground.scores.get((person, each.role_key)),
        red=ground.red.get(unit, frozenset()),
        attendance=shared[place],
        role=each.role_key,
        colleagues=colleagues[place],
    )
    return Paid(plan, each, facts)


def _colleagues(chosen: Chosen) -> dict[Place, dict[str, str]]:
    """Return the roles of those whom a plan pays in a unit."""
    found: dict[Place, dict[str, str]] = defaultdict(dict)
    for plan, each in chosen:
        found[plan.row.key, each.unit_external_id][each.person_external_id] = each.role_key
    return found


def _attendance(chosen: Chosen, days: Mapping[str, Decimal]) -> dict[Place, dict[PoolKey, dict[str, Decimal]]]:
    """Return, by plan and unit, what each weighs who shares its pools: days served, and one for each head."""
    found: dict[Place, dict[PoolKey, dict[str, Decimal]]] = defaultdict(lambda: defaultdict(dict))
    for plan, each in chosen:
        shared, person = found[plan.row.key, each.unit_external_id], each.person_external_id
        shared[PoolKey.EQUAL][person] = Decimal(1)
        if person in days:
            shared[PoolKey.SHIFTS][person] = days[person]
    return found


def _targets(period: Period) -> Mapping[tuple[str, str], Mapping[str, Decimal]]:
    """Return the targets of what plans pay on: of a person's own bases theirs, else their unit's."""
    bases: dict[tuple[str, str], list[str]] = defaultdict(list)
    for base, spec in load_bases().items():
        if spec.target_kpi:
            bases[EMPLOYEE if spec.level is BaseLevel.PERSON else UNIT, spec.target_kpi].append(base)
    asked = Q(*[Q(scope_kind=kind, kpi=kpi) for kind, kpi in bases], _connector=Q.OR)
    rows = Target.objects.filter(asked, period=str(period))
    found: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(dict)
    for kind, scope, kpi, value in rows.values_list("scope_kind", "scope_id", "kpi", "value"):
        for base in bases[kind, kpi]:
            found[kind, scope][base] = value
    return found


def _scores(period: Period) -> dict[tuple[str, str], Decimal]:
    cards = current_cards(period, scope_kind=EMPLOYEE, score__isnull=False)
    rows = cards.values_list("scope_id", "role_key", "score")
    return {(person, role): score for person, role, score in rows if score is not None}


def _red(period: Period) -> dict[str, frozenset[str]]:
    """Return the KPIs whose figure of the period was red, by unit, whatever has become of the alert since."""
    rows = Alert.objects.filter(episode=str(period), level=LevelName.RED, scope_kind=UNIT)
    found: dict[str, set[str]] = defaultdict(set)
    for unit, kpi in rows.values_list("scope_id", "subject_id"):
        found[unit].add(kpi)
    return {unit: frozenset(kpis) for unit, kpis in found.items()}
