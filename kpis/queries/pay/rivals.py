"""Who carries targets over the same orders or contacts with no shared group between them, sized by the real rows.

Two targets compete over a row that both count: KPIs that add up or count the same table, whose filters meet, in units
that share a scope. KPIs joined by a shared group whose total has a target there do not compete.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING

from kpis.credit_choices import CarrierKind, RulingKind
from kpis.engine.attribution import split_amount
from kpis.engine.derived.case import Case
from kpis.engine.grammar import Filters, MeasureRef
from kpis.engine.plan import plan_kpi
from kpis.engine.relations import Relations
from kpis.engine.sources import condition, within
from kpis.engine.specs import COMPANY, Aggregation, ColumnType, Library, Scope, ScopeKind, SimpleMeasure
from kpis.engine.windows import Span
from kpis.incentives.specs import CENT
from kpis.library import library_extras
from kpis.models import Target, TargetRuling
from kpis.queries.definitions import library_at
from kpis.queries.pay.credit_ask import role_name
from kpis.queries.pay.rulings import rulings_on
from kpis.queries.target_conflicts import DEPARTMENT_LEVELS, common_scope, group_of, shared_targets, upward
from kpis.queries.warehouse import open_relations
from omnichannel.core.periods import Period, year_of
from omnichannel.core.text import Bilingual
from roles.queries.org_chart import UnitTree, unit_tree

if TYPE_CHECKING:
    import ibis.expr.types as ir

# The tables whose rows are won once. An order is worth itself, a contact what its customer bought in the month.
ORDERS, CONTACTS = "orders", "contacts"
COMPETED = (ORDERS, CONTACTS)
LEVELS = DEPARTMENT_LEVELS | {"region"}
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Counting:
    """What a KPI counts: rows of a table under filters. `asked` are those of its formula."""

    kpi: str
    unit: str
    measure: SimpleMeasure
    asked: Filters


@dataclass(frozen=True, slots=True)
class Claim:
    """A target: who carries it on what."""

    kind: CarrierKind
    carrier: str
    counting: Counting


@dataclass(frozen=True, slots=True)
class Rival:
    """Two carriers whose targets count the same rows of the month. `money` is None where no orders were loaded.

    `at` is where they meet; `group` a shared group of both, whose total has no target there. `ruling` settles it.
    """

    kind: CarrierKind
    carriers: tuple[str, str]
    names: tuple[Bilingual, Bilingual]
    kpis: tuple[str, str]
    table: str
    at: Scope
    rows: int
    money: Decimal | None
    group: str
    ruling: TargetRuling | None = None

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """Return what a ruling about it is kept under."""
        return self.kind.value, *self.kpis, *self.carriers

    @property
    def parts(self) -> tuple[Decimal, Decimal] | None:
        """Return what a split gives to each; None without one."""
        if self.ruling is None or self.ruling.ruling != RulingKind.SPLIT or self.ruling.share is None:
            return None
        share = int(self.ruling.share * HUNDRED)
        one, other = split_amount(Decimal(self.rows) if self.money is None else self.money, [share, 10_000 - share])
        return one, other


def countings(library: Library) -> dict[str, Counting]:
    """Return the KPIs that are plain sums or counts of rows which are won once."""
    found = {}
    for kpi, spec in library.kpis.items():
        if spec.qualitative:
            continue
        ref = plan_kpi(library, kpi).root
        if not isinstance(ref, MeasureRef) or ref.window:
            continue
        measure = library.measures[ref.measure]
        if not isinstance(measure, SimpleMeasure) or measure.table not in COMPETED:
            continue
        if measure.agg in (Aggregation.SUM, Aggregation.COUNT, Aggregation.COUNT_DISTINCT) and not measure.end:
            found[kpi] = Counting(kpi, spec.unit, measure, ref.filters)
    return found


def find_rivals(period: Period) -> tuple[Rival, ...]:
    """Return the competing targets of a month, the most money first; those that a ruling settles come last."""
    library, tree = library_at(period.last_day), unit_tree(as_of=period.last_day)
    pairs = list(_pairs(period, library, tree))
    if not pairs:
        return ()
    rulings = rulings_on(period.last_day)
    relations = open_relations(as_of=period.last_day, only=COMPETED)
    try:
        sized = [_sized(relations, library, pair, period, tree) for pair in pairs]
    finally:
        relations.close()
    found = [each for each in sized if each.rows]
    settled = [_settled(each, rulings) for each in found]
    return tuple(
        sorted(settled, key=lambda each: (each.ruling is not None, -(each.money or 0), each.kpis, each.carriers))
    )


def _settled(rival: Rival, rulings: Mapping[tuple[str, str, str, str, str], TargetRuling]) -> Rival:
    return replace(rival, ruling=rulings.get(rival.key))


def _pairs(period: Period, library: Library, tree: UnitTree) -> Iterator[tuple[Claim, Claim, Scope, str]]:
    """Yield the claims that could meet: who, where, and the shared group that does not join them yet."""
    year = year_of(period.start)
    shared = shared_targets(year)
    claims = sorted(_claims(year, library, tree), key=lambda each: (each.kind, each.carrier, each.counting.kpi))
    for one, other in combinations(claims, 2):
        if one.kind is not other.kind or one.carrier == other.carrier or not _alike(one.counting, other.counting):
            continue
        at = COMPANY if one.kind is CarrierKind.ROLE else common_scope(one.carrier, other.carrier, tree)
        if at is None:
            continue
        group, total = group_of(library.kpis[one.counting.kpi])
        joint = group if group and group == group_of(library.kpis[other.counting.kpi])[0] else ""
        if joint and any((total, scope) in shared for scope in upward(at, tree)):
            continue
        yield one, other, at, joint


def _claims(year: Period, library: Library, tree: UnitTree) -> Iterator[Claim]:
    counted = countings(library)
    kinds = (ScopeKind.UNIT.value, ScopeKind.ROLE.value)
    rows = Target.objects.filter(kpi__in=counted, scope_kind__in=kinds, period__startswith=str(year), value__gt=0)
    for kpi, kind, carrier in rows.order_by().values_list("kpi", "scope_kind", "scope_id").distinct():
        is_root = carrier in tree.root_ids and len(tree.root_ids) == 1
        if kind == ScopeKind.ROLE.value:
            yield Claim(CarrierKind.ROLE, carrier, counted[kpi])
        elif carrier in tree and not is_root and tree.nodes[carrier].level in LEVELS:
            yield Claim(CarrierKind.UNIT, carrier, counted[kpi])


def _alike(one: Counting, other: Counting) -> bool:
    """Tell whether two KPIs count the same things, and no filter of the one shuts out all that the other counts."""
    if one.measure.table != other.measure.table or one.unit != other.unit:
        return False
    mine, theirs = dict(one.asked), dict(other.asked)
    return all(set(mine[column]) & set(theirs[column]) for column in mine.keys() & theirs.keys())


def _sized(
    relations: Relations, library: Library, pair: tuple[Claim, Claim, Scope, str], period: Period, tree: UnitTree
) -> Rival:
    """Count the rows of the month that both count, where they meet."""
    one, other, at, group = pair
    table = one.counting.measure.table
    rows, count, money = relations.table(table), 0, None
    if rows is not None:
        span = Span(period.start, period.end, period.start)
        for each in (one.counting, other.counting):
            rows = rows.filter(
                condition(library, each.measure, rows, each.asked),
                within(rows[each.measure.time], ColumnType.DATETIME, span),
            )
        if at != COMPANY:
            rows = rows.filter(rows["unit_id"].isin(sorted(tree.subtree(at.id))))
        (found,) = relations.rows(rows.aggregate(count=rows.count()))
        count, money = int(str(found["count"])), _worth(relations, table, rows, span)
    names = [_carrier_name(each, tree) for each in (one, other)]
    return Rival(
        kind=one.kind,
        carriers=(one.carrier, other.carrier),
        names=(names[0], names[1]),
        kpis=(one.counting.kpi, other.counting.kpi),
        table=table,
        at=at,
        rows=count,
        money=money,
        group=group,
    )


def _worth(relations: Relations, table: str, rows: ir.Table, span: Span) -> Decimal | None:
    """Return the CNY of orders, or of the month's valid orders of the customers behind contacts."""
    if table == CONTACTS:
        orders = relations.table(ORDERS)
        if orders is None:
            return None
        customers = rows.select("customer_id").distinct()
        rows = Case.valid_orders(orders, span.start, span.end).semi_join(customers, "customer_id")
    (found,) = relations.rows(rows.aggregate(money=rows["net_amount"].sum()))
    return Decimal(str(found["money"] or 0)).quantize(CENT)


def _carrier_name(claim: Claim, tree: UnitTree) -> Bilingual:
    if claim.kind is CarrierKind.ROLE:
        return role_name(claim.carrier)
    name = tree.nodes[claim.carrier].name
    return Bilingual(name, name)


def groups_for(rival: Rival, library: Library) -> Sequence[tuple[str, Bilingual, str]]:
    """Return the shared groups that could join two competing targets: id, name, and the KPI to set a target on."""
    groups = library_extras().shared_groups
    found = {group_of(library.kpis[kpi])[0] for kpi in rival.kpis} - {""}
    return [(group, groups[group].names, groups[group].total) for group in sorted(found)]
