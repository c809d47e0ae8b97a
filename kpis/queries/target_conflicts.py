"""Departments that are measured on the same orders against each other: the pairs, and the money at stake."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from kpis.engine.grammar import MeasureRef
from kpis.engine.plan import plan_kpi
from kpis.engine.specs import COMPANY, KpiSpec, Library, Scope, ScopeKind, SimpleMeasure
from kpis.library import library_extras
from kpis.models import Target
from kpis.queries.definitions import library_at
from kpis.queries.subjects import BUSINESS_LEVELS, SERVING_LEVELS, answers_for
from kpis.queries.target_grid import keys_of_year
from kpis.queries.values import current_values, stored_periods
from omnichannel.core.periods import Period
from roles.choices import UnitLevel
from roles.queries.org_chart import UnitTree

ORDERS = "orders"
SALES = "sales_net"
DEPARTMENT_LEVELS = SERVING_LEVELS | BUSINESS_LEVELS


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two departments with a target on the same order KPI. `at` is the scope whose orders both count.

    `group` is the KPI's shared group, empty without one; it does not help while `shared_kpi` has no target at `at` or
    above. `money` is the actual amount of these orders there in `period`, of the KPI `money_kpi`; None while unknown.
    """

    kpi: str
    units: tuple[str, str]
    at: Scope
    group: str
    shared_kpi: str
    money: Decimal | None
    money_kpi: str
    period: str


def order_kpis(library: Library) -> frozenset[str]:
    """Return the KPIs that are amounts or counts of orders: each counts an order once for whoever carries it."""
    return frozenset(kpi for kpi in library.kpis if _orders_of(library, kpi) is not None)


def _orders_of(library: Library, kpi: str) -> frozenset[object] | None:
    """Return the filters on the orders that a KPI adds up; None when it is no plain sum or count of orders."""
    if library.kpis[kpi].qualitative:
        return None
    ref = plan_kpi(library, kpi).root
    if not isinstance(ref, MeasureRef) or ref.window:
        return None
    measure = library.measures[ref.measure]
    if isinstance(measure, SimpleMeasure):
        return frozenset([*measure.filters, *ref.filters]) if measure.table == ORDERS else None
    return frozenset([measure.id]) if measure.tables[0] == ORDERS and library.kpis[kpi].unit == "CNY" else None


def find_conflicts(year: Period, *, tree: UnitTree, kpi: str = "") -> tuple[Conflict, ...]:
    """Return every pair of departments with a target of the year on the same order KPI that no shared target joins.

    `kpi` limits it to one. The largest amount comes first.
    """
    library = library_at(year.last_day)
    kpis = order_kpis(library) & {kpi} if kpi else order_kpis(library)
    carried = _carried(year, kpis=kpis, tree=tree)
    shared = shared_targets(year, units=[node.external_id for node in tree if node.level is not UnitLevel.STORE])
    found = []
    for each, units in sorted(carried.items()):
        for one, other in combinations(units, 2):
            at = common_scope(one, other, tree)
            if at is None:
                continue
            group, total = group_of(library.kpis[each])
            if group and any((total, scope) in shared for scope in upward(at, tree)):
                continue
            found.append((each, (one, other), at, group, total))
    money = _Money(library, {each for each, *_rest in found}, {at for _kpi, _units, at, *_rest in found}, year)
    conflicts = [
        Conflict(each, units, at, group, total, *money.at(each, at)) for each, units, at, group, total in found
    ]
    return tuple(sorted(conflicts, key=lambda one: (-(one.money or Decimal(0)), one.kpi, one.units)))


def _carried(year: Period, *, kpis: frozenset[str], tree: UnitTree) -> Mapping[str, Sequence[str]]:
    root = tree.root_ids[0] if len(tree.root_ids) == 1 else None
    departments = [node.external_id for node in tree if node.level in DEPARTMENT_LEVELS and node.external_id != root]
    rows = Target.objects.filter(
        kpi__in=kpis,
        scope_kind=ScopeKind.UNIT.value,
        scope_id__in=departments,
        period__in=keys_of_year(year),
        value__gt=0,
    )
    carried: dict[str, list[str]] = {}
    for each, unit in rows.order_by("kpi", "scope_id").values_list("kpi", "scope_id").distinct():
        carried.setdefault(each, []).append(unit)
    return carried


def shared_targets(year: Period, *, units: Collection[str] | None = None) -> frozenset[tuple[str, Scope]]:
    """Return which shared KPIs of groups have a target in the year, and where: at all units, or at some of them."""
    totals = {group.total for group in library_extras().shared_groups.values()}
    rows = Target.objects.filter(kpi__in=totals, period__in=keys_of_year(year), scope_kind__in=["company", "unit"])
    if units is not None:
        rows = rows.filter(scope_id__in=["", *units])
    places = rows.order_by().values_list("kpi", "scope_kind", "scope_id").distinct()
    return frozenset((kpi, Scope(ScopeKind(kind), key)) for kpi, kind, key in places)


def group_of(spec: KpiSpec) -> tuple[str, str]:
    """Return a KPI's shared group and the KPI that counts all of it once; empty without one."""
    group = library_extras().shared_groups.get(spec.shared_group)
    return (group.id, group.total) if group else ("", "")


def common_scope(one: str, other: str, tree: UnitTree) -> Scope | None:
    """Return the scope whose orders both answer for; None where one stands above the other, or they share nothing."""
    if one in tree.ancestors(other) or other in tree.ancestors(one):
        return None
    first, second = answers_for(one, tree), answers_for(other, tree)
    if first == second or second == COMPANY:
        return first
    if first == COMPANY:
        return second
    if second.id in tree.ancestors(first.id):
        return first
    return second if first.id in tree.ancestors(second.id) else None


def upward(scope: Scope, tree: UnitTree) -> Sequence[Scope]:
    """Return a scope and all that it belongs to."""
    if scope == COMPANY:
        return [COMPANY]
    return [*(Scope(ScopeKind.UNIT, unit) for unit in (scope.id, *tree.ancestors(scope.id))), COMPANY]


class _Money:
    """The actual amounts of the newest month of the year (or the newest there is) at some scopes."""

    def __init__(self, library: Library, kpis: set[str], scopes: set[Scope], year: Period) -> None:
        self.amount_of = {kpi: _amount_kpi(library, kpi) for kpi in kpis}
        stored = stored_periods()
        inside = [period for period in stored if year.start <= period.start < year.end]
        self.period = next(iter(inside or stored), None)
        asked = set(self.amount_of.values())
        found = current_values(self.period, kpis=asked, scopes=scopes) if self.period and kpis else ()
        self.values = {(value.kpi, value.scope): value.value for value in found}

    def at(self, kpi: str, scope: Scope) -> tuple[Decimal | None, str, str]:
        """Return the amount, the KPI it is of, and the period."""
        amount = self.amount_of[kpi]
        return self.values.get((amount, scope)), amount, str(self.period or "")


def _amount_kpi(library: Library, kpi: str) -> str:
    """Return the KPI that says what the counted orders are worth: of the same orders, else of all."""
    if library.kpis[kpi].unit == "CNY":
        return kpi
    mine = _orders_of(library, kpi)
    worth = (each for each, spec in library.kpis.items() if spec.unit == "CNY" and _orders_of(library, each) == mine)
    return next(worth, SALES)
