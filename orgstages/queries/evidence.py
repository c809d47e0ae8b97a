"""Everything the automatic questions read for a day, in a fixed number of queries however many units are asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from kpis.engine.specs import COMPANY, NoData, Scope, ScopeKind, Value
from kpis.library import library_extras
from kpis.queries.costs import yearly_costs
from kpis.queries.definitions import library_at
from kpis.queries.subjects import answers_for
from kpis.queries.targets import has_targets, targets_of
from kpis.queries.values import Book, as_book, current_values, stored_periods
from omnichannel.core.periods import Period, month_of, quarter_of, year_of
from orgstages.catalogue import load_stages
from roles.choices import FillMode, Ownership, UnitLevel
from roles.holdings import Holding
from roles.queries.frames import has_same_units, staff_rows
from roles.queries.org_chart import UnitNode, UnitTree, unit_tree
from roles.queries.people import holders

MALL, PLATFORM, ALL_SALES = "mall_sales", "platform_sales", "sales_net"
ZERO = Decimal(0)
STORE_SALES = (ALL_SALES, MALL, PLATFORM)
# Channels that are neither a store's own, the private mall nor a platform.
OTHER_CHANNELS = ("local_life", "livestream", "other")


@dataclass(frozen=True, slots=True)
class Staff:
    """An employee on the day, as far as the diagnostic looks: no name, no pay."""

    id: str
    unit: str
    manager: str | None
    fill_mode: FillMode
    fte: Decimal


@dataclass(frozen=True, slots=True)
class Evidence:
    """The organisation on a day and the figures of the newest month computed by then.

    A month's figures count the units as they stood on its last day: `counted` is the tree of that day.
    `targets` are those of the company and of all units but stores, of which there may be thousands, on KPIs that
    questions ask for or departments share; `has_targets` tells whether there are any at all. `aimed` are the units
    whose targets were looked for, `read` the month and the scopes whose rates and whose sales were. Several questions
    ask for the same: `inside`, `below` and `sold` hold what `held_in`, `within` and `sold_in` have found.
    """

    day: date
    tree: UnitTree
    holdings: tuple[Holding, ...]
    staff: Mapping[str, Staff]
    period: Period | None
    counted: UnitTree
    book: Book
    year_earlier: Book
    targets: Mapping[tuple[str, Scope], tuple[Decimal, Period]]
    has_targets: bool
    aimed: frozenset[str]
    costs: Mapping[tuple[str, str], Decimal]
    read: tuple[Period | None, frozenset[Scope], frozenset[Scope]] = field(repr=False)
    inside: dict[str, tuple[Holding, ...]] = field(default_factory=dict, init=False, compare=False, repr=False)
    below: dict[str, tuple[UnitNode, ...]] = field(default_factory=dict, init=False, compare=False, repr=False)
    sold: dict[str, Decimal] = field(default_factory=dict, init=False, compare=False, repr=False)

    def figure(self, kpi: str, unit: str, *, book: Book | None = None) -> Value:
        """Return the unit's figure, or the company's where the KPI is not measured per unit; see its scope."""
        found = self.book if book is None else book
        for scope in self.scopes(unit):
            value = found.get((kpi, scope))
            if value is not None and value.reason is not NoData.NOT_AT_SCOPE:
                return value
        return Value(kpi, COMPANY, None, reason=NoData.NO_ROWS)

    def scopes(self, unit: str) -> tuple[Scope, ...]:
        """Return where the unit's figures are read: at the scope it answers for, else at the company."""
        return tuple(dict.fromkeys((answers_for(unit, self.tree), COMPANY)))

    @property
    def target_period(self) -> Period:
        """The month whose targets are in force, beside those of its quarter and year."""
        return self.period or month_of(self.day)

    def held_in(self, unit: str) -> tuple[Holding, ...]:
        """Return the holdings in the unit and below it."""
        if unit not in self.inside:
            below = self.tree.subtree(unit)
            self.inside[unit] = tuple(one for one in self.holdings if one.unit_external_id in below)
        return self.inside[unit]

    def own_stores(self, unit: str) -> tuple[str, ...]:
        """Return the own stores whose sales the unit's figures hold."""
        nodes = self.counted.nodes
        return tuple(each for each in self.counted.walk(unit) if nodes[each].ownership is Ownership.DIRECT)

    def counts_others(self, unit: str) -> bool:
        """Tell whether the figures count other units than stand in the unit on the day."""
        return self.counted.subtree(unit) != self.tree.subtree(unit)

    def within(self, unit: str) -> tuple[UnitNode, ...]:
        """Return the unit and what is below it."""
        if unit not in self.below:
            self.below[unit] = tuple(self.tree.nodes[each] for each in self.tree.walk(unit))
        return self.below[unit]

    def sold_in(self, store: str) -> Decimal:
        """Return what the store sold itself, outside mall and platforms: a part without rows was not sold."""
        if not self.sold:
            self.sold.update(_sold(self.book))
        return self.sold.get(store, ZERO)


def read_evidence(
    day: date,
    *,
    units: Collection[str],
    tree: UnitTree | None = None,
    before: Evidence | None = None,
    people_stay: bool = False,
) -> Evidence:
    """Read what the automatic questions about these units need. `tree` is the whole tree of the day.

    `before` is what was read for the day of an organisation that differs: targets, costs and stored figures are the
    same, as far as they were read. With `people_stay` it differs in units and stages alone.
    """
    tree = tree or unit_tree(as_of=day)
    period = newest_period(day)
    wanted = _scopes(tree, units)
    rates, month = _rates(), period or month_of(day)
    aimed = {node.external_id for node in tree if node.level is not UnitLevel.STORE} | {scope.id for scope in wanted}
    if before is not None and aimed <= before.aimed:
        targets, has_any = before.targets, before.has_targets
    else:
        targets, has_any = _targets(month, aimed)
    counted = _counted(tree, period)
    trees = [tree] if counted is tree else [counted, tree]
    selling = wanted.union(*(_stores(each, units) for each in trees))
    if before is not None and before.read == (period, wanted, selling):
        book, earlier = before.book, before.year_earlier
    else:
        book = {**_values(period, rates, wanted), **_values(period, STORE_SALES, selling)}
        earlier = _values(period.year_earlier() if period else None, [MALL], wanted)
    return Evidence(
        day=day,
        tree=tree,
        holdings=_holdings(tree, before.holdings if before is not None and people_stay else None),
        staff=before.staff if before is not None and people_stay else _staff(day),
        period=period,
        counted=counted,
        book=book,
        year_earlier=earlier,
        targets=targets,
        has_targets=has_any,
        aimed=frozenset(aimed),
        costs=yearly_costs(month) if before is None else before.costs,
        read=(period, wanted, selling),
    )


def figures_asked() -> tuple[str, ...]:
    """Return the KPIs whose figures of the month the automatic questions read."""
    return tuple(sorted({*_rates(), *STORE_SALES}))


def _rates() -> set[str]:
    return {question.auto.kpi for question in load_stages().questions.values() if question.auto and question.auto.kpi}


def newest_period(day: date) -> Period | None:
    """Return the newest month with figures that had begun by the day."""
    return next((period for period in stored_periods() if period.start <= day), None)


def _counted(tree: UnitTree, period: Period | None) -> UnitTree:
    """Return the tree by which the month's figures count, which may be that of the day."""
    if period is None or has_same_units(period.last_day, tree.as_of):
        return tree
    return unit_tree(as_of=period.last_day)


def _scopes(tree: UnitTree, units: Iterable[str]) -> frozenset[Scope]:
    return frozenset({COMPANY, *(answers_for(unit, tree) for unit in units if unit in tree)})


def _stores(tree: UnitTree, units: Iterable[str]) -> frozenset[Scope]:
    """Return the own stores below the units, and the channels whose orders stores may also carry."""
    below = {each for unit in units for each in tree.walk(unit)}
    own = {each for each in below if tree.nodes[each].ownership is Ownership.DIRECT}
    channels = {Scope(ScopeKind.CHANNEL, channel) for channel in OTHER_CHANNELS}
    return frozenset({Scope(ScopeKind.UNIT, store) for store in own} | channels)


def _values(period: Period | None, kpis: Collection[str], scopes: Collection[Scope]) -> Book:
    if period is None:
        return {}
    known = [kpi for kpi in kpis if kpi in library_at(period.last_day).kpis]
    return as_book(current_values(period, kpis=known, scopes=scopes))


def _sold(book: Book) -> Mapping[str, Decimal]:
    """Return what the units sold themselves: all sales without those of mall and platforms."""
    found: dict[str, Decimal] = {}
    for (kpi, scope), value in book.items():
        if kpi in STORE_SALES and scope.kind is ScopeKind.UNIT and value.value is not None:
            found[scope.id] = found.get(scope.id, ZERO) + (value.value if kpi == ALL_SALES else -value.value)
    return found


def _holdings(tree: UnitTree, known: Iterable[Holding] | None) -> tuple[Holding, ...]:
    """Return who holds which role in the tree: as known, with the units' names of this tree, else as it is read."""
    found = holders(as_of=tree.as_of, tree=tree) if known is None else known
    inside = [(each, tree.nodes[each.unit_external_id]) for each in found if each.unit_external_id in tree]
    return tuple(each if each.unit_name == unit.name else replace(each, unit_name=unit.name) for each, unit in inside)


def _staff(day: date) -> Mapping[str, Staff]:
    modes = {mode.value: mode for mode in FillMode}
    return {
        person: Staff(person, unit, manager, modes[mode], fte) for person, unit, manager, mode, fte in staff_rows(day)
    }


def _targets(month: Period, units: Collection[str]) -> tuple[Mapping[tuple[str, Scope], tuple[Decimal, Period]], bool]:
    """Return the targets in force (the month's, else the quarter's, else the year's) and whether anybody has any.

    They are those of KPIs that questions ask for, and of shared groups.
    """
    periods = (year_of(month.start), quarter_of(month.start), month)
    found: dict[tuple[str, Scope], tuple[Decimal, Period]] = {}
    shared = {kpi for group in library_extras().shared_groups.values() for kpi in group.members}
    asked = _rates() | shared
    for period in periods:
        found.update({key: (value, period) for key, value in targets_of(period, kpis=asked, units=units).items()})
    return found, bool(found) or has_targets(periods)
