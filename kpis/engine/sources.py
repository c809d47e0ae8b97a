"""What a measure reads: its table with the referenced columns joined on, its conditions, and which days have rows."""

from __future__ import annotations

import operator
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import ibis

from kpis.engine.bounds import calendar_day, midnight
from kpis.engine.specs import ColumnSpec, ColumnType, Filter, FilterOp, Library, SimpleMeasure, TableSpec
from kpis.engine.windows import Span, periods_inside

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kpis.engine.grammar import Filters
    from kpis.engine.relations import Relations

TEMPORAL = (ColumnType.DATE, ColumnType.DATETIME)

_COMPARE = {FilterOp.EQ: operator.eq, FilterOp.GT: operator.gt, FilterOp.GE: operator.ge, FilterOp.LE: operator.le}


@dataclass(frozen=True, slots=True)
class Source:
    """Rows of one table, joined columns being named `table__column`, and the table whose scopes they carry."""

    rows: ir.Table
    spec: TableSpec
    scope_spec: TableSpec
    scope_prefix: str


def tables_of(measure: SimpleMeasure) -> list[str]:
    """Return the tables a simple measure reads, its own first."""
    named = [measure.time, *(condition.column for condition in measure.filters)]
    return list(dict.fromkeys([measure.table, *(name.split(".")[0] for name in named if "." in name)]))


def plain(name: str) -> str:
    """Return the column name that a joined `table.column` has in `Source.rows`."""
    return name.replace(".", "__")


def scope_table(library: Library, measure: SimpleMeasure) -> TableSpec:
    """Return the table whose scopes the measure has: its own, or that of its time when its own has none."""
    spec = library.tables[measure.table]
    return library.tables[measure.time.split(".")[0]] if "." in measure.time and not spec.scopes else spec


def column_spec(library: Library, measure: SimpleMeasure, name: str) -> ColumnSpec:
    """Return the column a filter means: `table.column`, an own column, or one of the table its scopes come from.

    KeyError when there is none.
    """
    if "." in name:
        table, _, column = name.partition(".")
        return library.tables[table].column(column)
    try:
        return library.tables[measure.table].column(name)
    except KeyError:
        return scope_table(library, measure).column(name)


def column_name(library: Library, measure: SimpleMeasure, name: str) -> str:
    """Return what the column a filter means is called in `Source.rows`."""
    own = {column.name for column in library.tables[measure.table].columns}
    inherited = scope_table(library, measure).id
    return plain(name) if "." in name or name in own else f"{inherited}__{name}"


def source(relations: Relations, library: Library, measures: Sequence[SimpleMeasure]) -> Source:
    """Join everything the measures (all of one table) refer to. The caller has checked that the tables are loaded."""
    spec = library.tables[measures[0].table]
    rows = _loaded(relations, spec.id)
    scope_spec = scope_table(library, measures[0])
    for other in sorted({name for measure in measures for name in tables_of(measure)} - {spec.id}):
        key = next(column for column in spec.columns if column.ref.startswith(f"{other}."))
        right = _loaded(relations, other)
        renamed = right.select(**{f"{other}__{name}": right[name] for name in right.columns})
        target = f"{other}__{key.ref.split('.')[1]}"
        rows = rows.left_join(renamed, rows[key.name] == renamed[target])
    inherits = scope_spec.id != spec.id
    return Source(rows, spec, scope_spec, f"{scope_spec.id}__" if inherits else "")


def _loaded(relations: Relations, name: str) -> ir.Table:
    table = relations.table(name)
    if table is None:
        raise LookupError(f"{name} is not loaded")
    return table


def before(column: ir.Column, type_: ColumnType, day: date) -> ir.BooleanValue:
    """Return the condition that a date or datetime lies before the start of a day."""
    return column < (midnight(day) if type_ is ColumnType.DATETIME else calendar_day(day))


def within(column: ir.Column, type_: ColumnType, span: Span) -> ir.BooleanValue:
    """Return the condition that a date or datetime lies inside the span."""
    return ~before(column, type_, span.start) & before(column, type_, span.end)


def typed(text: str, type_: ColumnType) -> str | int | bool | Decimal | date:
    """Return a filter value as its column's type. ValueError, ArithmeticError or KeyError when it cannot be one."""
    if type_ is ColumnType.BOOLEAN:
        return {"true": True, "false": False}[text.lower()]
    if type_ is ColumnType.INTEGER:
        return int(text)
    if type_ is ColumnType.DECIMAL:
        return Decimal(text)
    return date.fromisoformat(text) if type_ in TEMPORAL else text


def condition(library: Library, measure: SimpleMeasure, rows: ir.Table, filters: Filters) -> ir.BooleanValue:
    """Return the measure's own filters and the formula's, all of which must hold."""
    own = [_test(library, measure, rows, each) for each in measure.filters]
    asked = [_test(library, measure, rows, Filter(name, FilterOp.IN, values)) for name, values in filters]
    return ibis.and_(ibis.literal(True), *own, *asked)


def _test(library: Library, measure: SimpleMeasure, rows: ir.Table, each: Filter) -> ir.BooleanValue:
    column = rows[column_name(library, measure, each.column)]
    type_ = column_spec(library, measure, each.column).type
    if each.op is FilterOp.IS_NOT_NULL:
        return column.notnull()
    if each.op is FilterOp.IN:
        return column.isin([typed(value, type_) for value in each.values])
    own = {spec.name for spec in library.tables[measure.table].columns}
    right = rows[each.values[0]] if each.values[0] in own else ibis.literal(typed(each.values[0], type_))
    compared: ir.BooleanValue = _COMPARE[each.op](column, right)
    return compared


def _timed(library: Library, table: str) -> list[SimpleMeasure]:
    """Return the measures that count the table's rows at some time."""
    return [each for each in library.measures.values() if isinstance(each, SimpleMeasure) and each.table == table]


class Coverage:
    """Which days a table has rows for, by any of the times its measures are read at. Asked once per table.

    A count or sum of 0 is only said about a window the table has rows in; else the figure is missing.
    """

    def __init__(self, relations: Relations, library: Library) -> None:
        self.relations = relations
        self.library = library

    def has(self, table: str, start: date | None, end: date) -> bool:
        """Return whether the table has a row in [start, end); with start None, any row before `end`."""
        joined = self._joined(table)
        if table not in self.relations.days and joined and not any(self.has(each, start, end) for each in joined):
            return False
        days = self._of(table)
        first = 0 if start is None else bisect_left(days, start)
        return first < len(days) and days[first] < end

    def _joined(self, table: str) -> list[str]:
        """Return the tables whose times alone say when this one's rows are: without a row there, none is here."""
        times = [measure.time for measure in _timed(self.library, table)]
        known = [time.split(".")[0] for time in times if "." in time]
        loaded = all(self.relations.table(each) is not None for each in known)
        return known if len(known) == len(times) and loaded else []

    def periods(self, table: str, column: str, span: Span, *, or_around: bool) -> list[str]:
        """Return the `period` cells of the table that belong to the span."""
        return periods_inside(self._texts(table, column), span, or_around=or_around)

    def _texts(self, table: str, column: str) -> list[str]:
        key = table, column
        if key not in self.relations.texts:
            rows = self.relations.rows(_loaded(self.relations, table).select(column).distinct())
            self.relations.texts[key] = [str(row[column]) for row in rows if row[column] is not None]
        return self.relations.texts[key]

    def _of(self, table: str) -> list[date]:
        if table not in self.relations.days:
            timed = _timed(self.library, table)
            times = {measure.time: replace(measure, filters=()) for measure in timed}
            found = {day for measure in times.values() for day in self._read(measure)}
            self.relations.days[table] = sorted(found if timed else self._own_days(table))
        return self.relations.days[table]

    def _read(self, measure: SimpleMeasure) -> Iterable[date]:
        if column_spec(self.library, measure, measure.time).type not in TEMPORAL:
            return
        if any(self.relations.table(name) is None for name in tables_of(measure)):
            return
        rows = source(self.relations, self.library, [measure]).rows
        yield from self._distinct_days(rows, plain(measure.time))

    def _own_days(self, table: str) -> Iterable[date]:
        rows = _loaded(self.relations, table)
        for column in self.library.tables[table].columns:
            if column.type in TEMPORAL:
                yield from self._distinct_days(rows, column.name)

    def _distinct_days(self, rows: ir.Table, column: str) -> Iterable[date]:
        days = rows.select(day=rows[column].cast("date")).filter(ibis._.day.notnull()).distinct()
        return [day for row in self.relations.rows(days) if isinstance(day := row["day"], date)]
