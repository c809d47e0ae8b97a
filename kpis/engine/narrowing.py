"""A KPI counted only over some rows: of one unit, person, channel or campaign, as conditions added to its measures.

Any figure can so be crossed with any other kind of scope, and the engine needs to know nothing of it: the narrowed
library is a library, its values, operands and rows come from the same code as all others.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from kpis.engine.derived import base_tables
from kpis.engine.grammar import MAX_LENGTH, BinOp, Call, MeasureRef, Node
from kpis.engine.plan import plan_kpi
from kpis.engine.scoping import SUBJECT_KINDS, SUBJECT_TABLES
from kpis.engine.sources import scope_table
from kpis.engine.specs import DerivedMeasure, Filter, FilterOp, Library, ScopeKind, SimpleMeasure, TableSpec

if TYPE_CHECKING:
    from kpis.engine.specs import Measure, Scope

# what a unit or a person stands for: (units of the subtree, people who belong to them)
Members = Mapping["Scope", tuple[Collection[str], Collection[str]]]


class NotNarrowable(ValueError):
    """The KPI cannot be counted over these rows only: `measure` has no column that says whose a row is."""

    def __init__(self, measure: str, kind: ScopeKind) -> None:
        self.measure = measure
        self.kind = kind
        super().__init__(f"{measure} cannot be narrowed to one {kind.value}")


def scope_tables(library: Library, measure: Measure) -> tuple[TableSpec, ...]:
    """Return the tables that say whose the rows of a measure are."""
    if isinstance(measure, SimpleMeasure):
        return (scope_table(library, measure),)
    return tuple(library.tables[name] for name in base_tables(measure.id))


def unavailable_at(library: Library, kpi: str, kind: ScopeKind) -> tuple[str, str] | None:
    """Return the (measure, table) for which the KPI has no figures at scopes of a kind; None when it has."""
    for ref in plan_kpi(library, kpi).refs:
        for table in scope_tables(library, library.measures[ref.measure]):
            if kind not in _kinds(table):
                return ref.measure, table.id
    return None


def _kinds(table: TableSpec) -> set[ScopeKind]:
    found = {ScopeKind.COMPANY, *table.scopes}
    if table.id in SUBJECT_TABLES:
        found |= SUBJECT_KINDS
    if ScopeKind.EMPLOYEE in table.scopes:
        found.add(ScopeKind.UNIT)
    return found


def narrowed(library: Library, kpi: str, where: Collection[Scope], *, members: Members) -> Library:
    """Return the library in which the KPI counts only rows of all the scopes given. NotNarrowable when it cannot.

    `members` tells for each unit of `where` which units and people are in it.
    """
    planned = plan_kpi(library, kpi)
    used = {ref.measure: library.measures[ref.measure] for ref in planned.refs}
    measures = dict(library.measures)
    for name, measure in used.items():
        if isinstance(measure, SimpleMeasure):
            added = tuple(_condition(library, measure, scope, members) for scope in where)
            measures[name] = replace(measure, filters=(*measure.filters, *added))
    root = planned.root
    if any(isinstance(measure, DerivedMeasure) for measure in used.values()):
        root = _with_filters(root, library, where, members)
    formula = str(root)
    if len(formula) > MAX_LENGTH:
        raise NotNarrowable(next(iter(used)), next(iter(where)).kind)
    kpis = {**library.kpis, kpi: replace(library.kpis[kpi], formula=formula)}
    return replace(library, measures=measures, kpis=kpis)


def _condition(library: Library, measure: SimpleMeasure, scope: Scope, members: Members) -> Filter:
    (table,) = scope_tables(library, measure)
    column, values = _column(measure.id, table, scope, members)
    return Filter(column, FilterOp.IN, tuple(sorted(values)))


def _column(measure: str, table: TableSpec, scope: Scope, members: Members) -> tuple[str, Collection[str]]:
    """Return the column that says whose a row is, and the values that mean the scope."""
    if table.id in SUBJECT_TABLES:
        raise NotNarrowable(measure, scope.kind)
    own = table.scopes.get(scope.kind)
    if scope.kind is not ScopeKind.UNIT:
        if own is None:
            raise NotNarrowable(measure, scope.kind)
        return own, (scope.id,)
    units, people = members[scope]
    if own is not None:
        return own, units
    if ScopeKind.EMPLOYEE in table.scopes:
        return table.scopes[ScopeKind.EMPLOYEE], people
    raise NotNarrowable(measure, scope.kind)


def _with_filters(node: Node, library: Library, where: Collection[Scope], members: Members) -> Node:
    """Put the conditions into the references to derived measures, whose definitions have none of their own."""
    if isinstance(node, BinOp):
        left, right = (_with_filters(side, library, where, members) for side in (node.left, node.right))
        return replace(node, left=left, right=right)
    if isinstance(node, Call):
        return replace(node, args=tuple(_with_filters(arg, library, where, members) for arg in node.args))
    if not isinstance(node, MeasureRef) or isinstance(library.measures[node.measure], SimpleMeasure):
        return node
    filters = dict(node.filters)
    for scope in where:
        tables = scope_tables(library, library.measures[node.measure])
        wanted = {
            (column, tuple(values))
            for column, values in (_column(node.measure, table, scope, members) for table in tables)
        }
        if len(wanted) != 1:
            raise NotNarrowable(node.measure, scope.kind)
        ((column, values),) = wanted
        kept = set(values) & set(filters[column]) if column in filters else set(values)
        if not kept or not all(_writable(value) for value in kept):
            raise NotNarrowable(node.measure, scope.kind)
        filters[column] = tuple(sorted(kept))
    return replace(node, filters=tuple(sorted(filters.items())))


def _writable(value: str) -> bool:
    """Tell whether the formula language can write the value."""
    return bool(value) and all(each.isalnum() or each in "_.-" for each in value)
