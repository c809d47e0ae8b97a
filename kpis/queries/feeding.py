"""The figures that a stored row fed: from any row to every KPI, period and scope it stands behind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from kpis.engine.grammar import MeasureRef
from kpis.engine.plan import measure_tables
from kpis.engine.scoping import SUBJECT_TABLES
from kpis.engine.sources import typed
from kpis.engine.specs import Library, Scope, ScopeKind, TableSpec, Value
from kpis.engine.tracing import Fed, Organisation, StoredFacts, figures_of
from kpis.queries.definitions import library_at
from kpis.queries.tracing import computed_world
from kpis.queries.values import as_book, current_values, stored_periods
from kpis.queries.warehouse import open_relations
from omnichannel.core.periods import Period
from roles.queries.frames import employees_rows, has_employees
from roles.queries.org_chart import unit_tree


@dataclass(frozen=True, slots=True)
class FedFigure:
    """A stored figure that a row stands behind, and by which operands.

    `is_stale`: data or the organisation changed since it was computed.
    """

    kpi: str
    period: Period
    scope: Scope
    refs: tuple[MeasureRef, ...]
    value: Value
    is_stale: bool


def figures_fed(
    table: TableSpec, key: Mapping[str, str], *, periods: Sequence[Period] | None = None
) -> tuple[FedFigure, ...]:
    """Return the stored figures of the periods (all stored months when None) that the current row stands behind.

    Newest period first, then KPI and scope. Empty for a row that no upload that counts has brought.
    """
    wanted = stored_periods() if periods is None else periods
    if not wanted:
        return ()
    parts = _typed_key(table, key)
    newest = max(wanted, key=lambda period: period.end)
    opened = _tables(library_at(newest.last_day), table)
    relations = open_relations(as_of=newest.last_day, only=opened)
    try:
        facts = StoredFacts(relations)
        organisation = _organisations(table, facts, parts)
        fed = [
            each
            for library, days in _by_library(wanted)
            for each in figures_of(
                library,
                facts,
                table=table.id,
                key=parts,
                periods=days,
                organisation=organisation,
                params=library.params,
            )
        ]
    finally:
        relations.close()
    return tuple(_stored(fed))


def _by_library(periods: Iterable[Period]) -> Iterable[tuple[Library, list[Period]]]:
    """Group the periods by the definitions that count in them."""
    found: dict[str, tuple[Library, list[Period]]] = {}
    for period in periods:
        library = library_at(period.last_day)
        found.setdefault(library.version, (library, []))[1].append(period)
    return found.values()


def _typed_key(table: TableSpec, key: Mapping[str, str]) -> tuple[object, ...]:
    """Return the key as the stored types. ValueError or KeyError when it cannot be one."""
    columns = [table.column(name) for name in table.key]
    return tuple(
        None if not key[column.name] and column.nullable else typed(key[column.name], column.type) for column in columns
    )


def _tables(library: Library, table: TableSpec) -> set[str]:
    """Return the tables that measures reading this one read."""
    found = {table.id}
    for measure in library.measures.values():
        if table.id in measure_tables(measure):
            found.update(measure_tables(measure))
    return found - {"employees", "org_units"}


def _organisations(table: TableSpec, facts: StoredFacts, key: tuple[object, ...]) -> Callable[[Period], Organisation]:
    """Return who belonged where in a period, of those people whose rows take part."""
    people = _people(table, facts, key)
    known: dict[date, Organisation] = {}

    def organisation(period: Period) -> Organisation:
        day = period.last_day
        if day not in known:
            tree = unit_tree(as_of=day)
            above = {unit: (unit, *tree.ancestors(unit)) for unit in tree.nodes}
            rows = employees_rows(day, people=people) if people else []
            units = {str(row["employee_id"]): str(row["unit_id"]) for row in rows}
            known[day] = Organisation(above, units, has_employees(day))
        return known[day]

    return organisation


def _people(table: TableSpec, facts: StoredFacts, key: tuple[object, ...]) -> set[str]:
    row = facts.row(table, key)
    if row is None:
        return set()
    customer = row.get("customer_id")
    rows = [row, *(facts.where("interactions", "customer_id", customer) if customer is not None else ())]
    found = {str(each["employee_id"]) for each in rows if each.get("employee_id") is not None}
    if table.id in SUBJECT_TABLES and row["subject_kind"] == ScopeKind.EMPLOYEE:
        found.add(str(row["subject_id"]))
    return found


def _stored(fed: Iterable[Fed]) -> Iterable[FedFigure]:
    """Yield the figures that are stored; people's figures exist for some KPIs only."""
    by_period: dict[Period, dict[tuple[str, Scope], list[MeasureRef]]] = defaultdict(lambda: defaultdict(list))
    for each in fed:
        by_period[each.period][each.kpi, each.scope].append(each.ref)
    for period in sorted(by_period, key=lambda one: one.start, reverse=True):
        places = by_period[period]
        kpis, scopes = {kpi for kpi, _scope in places}, {scope for _kpi, scope in places}
        book = as_book(current_values(period, kpis=kpis, scopes=scopes))
        standing = computed_world(period)
        is_stale = standing.is_changed or standing.is_reorganised
        for (kpi, scope), refs in sorted(places.items(), key=lambda item: item[0]):
            if (kpi, scope) in book:
                yield FedFigure(kpi, period, scope, tuple(refs), book[kpi, scope], is_stale)
