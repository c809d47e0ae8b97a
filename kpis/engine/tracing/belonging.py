"""Whose figures a row counts for, whether it lies in a window and passes the filters: for one row, in Python."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from kpis.engine.derived import base_tables
from kpis.engine.scoping import SUBJECT_KINDS, SUBJECT_TABLES
from kpis.engine.simple import STOCKS
from kpis.engine.sources import TEMPORAL, column_spec, scope_table, typed
from kpis.engine.specs import COMPANY, Aggregation, Filter, FilterOp, Scope, ScopeKind, SimpleMeasure
from kpis.engine.tracing.shapes import Cells
from kpis.engine.windows import Span, periods_inside

if TYPE_CHECKING:
    from kpis.engine.grammar import Filters, MeasureRef
    from kpis.engine.specs import Library, TableSpec
    from kpis.engine.tracing.shapes import Organisation

# a row with the rows of other tables that its measure reads through a reference
Joined = Mapping[str, Cells]
_COMPARE = {FilterOp.EQ: operator.eq, FilterOp.GT: operator.gt, FilterOp.GE: operator.ge, FilterOp.LE: operator.le}


def scopes_of(spec: TableSpec, cells: Cells, org: Organisation) -> frozenset[Scope]:
    """Return whose figures the row counts for."""
    found = {COMPANY}
    if spec.id in SUBJECT_TABLES:
        kind, subject = ScopeKind(cells["subject_kind"]), str(cells["subject_id"])
        if kind in SUBJECT_KINDS:
            found |= _units(subject, org) if kind is ScopeKind.UNIT else {Scope(kind, subject)}
        if kind is ScopeKind.EMPLOYEE:
            found |= _units(org.unit_of.get(subject), org)
        return frozenset(found)
    for kind, column in spec.scopes.items():
        if cells[column] is not None:
            found |= _units(cells[column], org) if kind is ScopeKind.UNIT else {Scope(kind, str(cells[column]))}
    if ScopeKind.UNIT not in spec.scopes and ScopeKind.EMPLOYEE in spec.scopes:
        found |= _units(org.unit_of.get(str(cells[spec.scopes[ScopeKind.EMPLOYEE]])), org)
    return frozenset(found)


def _units(unit: str | None, org: Organisation) -> set[Scope]:
    return {Scope(ScopeKind.UNIT, above) for above in org.ancestors.get(str(unit), ())}


def kinds_of(library: Library, ref: MeasureRef, *, has_employees: bool) -> frozenset[ScopeKind]:
    """Return the kinds of scopes at which the reference has figures."""
    measure = library.measures[ref.measure]
    if isinstance(measure, SimpleMeasure):
        tables = [scope_table(library, measure)]
    else:
        tables = [library.tables[table] for table in base_tables(measure.id)]
    return frozenset.intersection(*(_kinds(table, has_employees=has_employees) for table in tables))


def _kinds(spec: TableSpec, *, has_employees: bool) -> frozenset[ScopeKind]:
    found = {ScopeKind.COMPANY, *spec.scopes}
    if spec.id in SUBJECT_TABLES:
        found |= SUBJECT_KINDS
    if ScopeKind.EMPLOYEE in spec.scopes and has_employees:
        found.add(ScopeKind.UNIT)
    return frozenset(found)


def cell(library: Library, measure: SimpleMeasure, joined: Joined, name: str) -> Any:
    """Return what a column of a measure means on the row: its own, one it refers to, or one of its scopes' table."""
    if "." in name:
        table, _, column = name.partition(".")
        return joined[table][column]
    own = joined[measure.table]
    return own[name] if name in own else joined[scope_table(library, measure).id][name]


def passes(library: Library, measure: SimpleMeasure, joined: Joined, filters: Filters) -> bool:
    """Tell whether the row passes the measure's own filters and the formula's."""
    asked = (Filter(name, FilterOp.IN, values) for name, values in filters)
    if measure.agg is Aggregation.AVG_RATIO_100:
        scale = cell(library, measure, joined, measure.by)
        if scale is None or scale <= 0:
            return False
    return all(_holds(library, measure, joined, each) for each in (*measure.filters, *asked))


def _holds(library: Library, measure: SimpleMeasure, joined: Joined, each: Filter) -> bool:
    value = cell(library, measure, joined, each.column)
    if value is None:
        return False
    type_ = column_spec(library, measure, each.column).type
    if each.op is FilterOp.IS_NOT_NULL:
        return True
    if each.op is FilterOp.IN:
        return value in [typed(text, type_) for text in each.values]
    (text,) = each.values
    other = joined[measure.table].get(text) if text in joined[measure.table] else typed(text, type_)
    return other is not None and bool(_COMPARE[each.op](value, other))


def narrowed(spec: TableSpec, rows: list[Cells] | tuple[Cells, ...], filters: Filters) -> list[Cells]:
    """Return the rows that pass a formula's filters on a derived measure."""
    tests = [(name, [typed(text, spec.column(name).type) for text in values]) for name, values in filters]
    return [row for row in rows if all(row[name] in values for name, values in tests)]


def lies_in(library: Library, measure: SimpleMeasure, joined: Joined, span: Span) -> bool:
    """Tell whether the row counts for the span."""
    time = cell(library, measure, joined, measure.time)
    if time is None:
        return False
    if measure.agg in STOCKS:
        end = cell(library, measure, joined, measure.end)
        return instant(time) < instant(span.end) and (end is None or instant(end) >= instant(span.end))
    if column_spec(library, measure, measure.time).type not in TEMPORAL:
        return bool(periods_inside([str(time)], span, or_around=measure.agg is Aggregation.AVG))
    return inside(time, span)


def inside(moment: date | datetime, span: Span) -> bool:
    """Tell whether a date or time lies in the span."""
    return instant(span.start) <= instant(moment) < instant(span.end)


def instant(moment: date | datetime) -> datetime:
    """Return the first instant of a date; a time is one already."""
    return moment if isinstance(moment, datetime) else datetime.combine(moment, datetime.min.time())
