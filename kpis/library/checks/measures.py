"""Rules over the measures: the columns, parameters and filters they name exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields

from kpis.engine.specs import ColumnType, DerivedMeasure, Filter, FilterOp, Library, SimpleMeasure
from kpis.library.checks.tables import reached_table
from omnichannel.core.issues import Issue

NUMERIC = {ColumnType.INTEGER, ColumnType.DECIMAL}
ORDERED = {FilterOp.GT, FilterOp.GE, FilterOp.LE}


def simple_measures_name_columns(library: Library) -> list[Issue]:
    """Column, time, end, weight and by of a simple measure exist; `orders.paid_at` needs a reference to orders."""
    return [
        Issue(f"measures.{measure.id}.{name}", f"there is no column {text!r} in or behind {measure.table}")
        for measure in _simple(library)
        for name in ("column", "time", "end", "weight", "by")
        if (text := getattr(measure, name)) and not reached_table(library, measure.table, text)
    ]


def stock_measures_end(library: Library) -> list[Issue]:
    """A stock measure, and only a stock measure, says which column closes a row."""
    return [
        Issue(f"measures.{measure.id}.end", "exactly the stock measures need an end column")
        for measure in _simple(library)
        if measure.agg.startswith("stock_") != bool(measure.end)
    ]


def simple_filters_are_legal(library: Library) -> list[Issue]:
    """A measure's own filters name columns in or behind its table and values those columns can hold."""
    issues = []
    for measure in _simple(library):
        for found in measure.filters:
            table = reached_table(library, measure.table, found.column)
            path = f"measures.{measure.id}.filters.{found.column}"
            if table is None:
                issues.append(Issue(path, f"there is no such column in or behind {measure.table}"))
            elif (problem := _wrong_value(library, found, table.id)) is not None:
                issues.append(Issue(path, problem))
    return issues


def derived_measures_name_columns(library: Library) -> list[Issue]:
    """The columns of a derived measure are `table.column` of exactly its tables."""
    issues = []
    for measure in _derived(library):
        for text in measure.columns:
            table, _, name = text.partition(".")
            if reached_table(library, table, name) is None:
                issues.append(Issue(f"measures.{measure.id}.columns", f"there is no column {text!r}"))
        if {text.partition(".")[0] for text in measure.columns} != set(measure.tables):
            issues.append(Issue(f"measures.{measure.id}.tables", "the tables are not those of the columns"))
    return issues


def derived_params_exist(library: Library) -> list[Issue]:
    """The parameters of derived measures and of KPIs are fields of Params."""
    known = {field.name for field in fields(library.params)}
    used = {f"measures.{measure.id}": measure.params for measure in _derived(library)}
    used |= {f"kpis.{kpi.id}": kpi.params for kpi in library.kpis.values()}
    return [
        Issue(f"{path}.params", f"there is no parameter {name!r}")
        for path, names in used.items()
        for name in names
        if name not in known
    ]


def _simple(library: Library) -> Iterator[SimpleMeasure]:
    return (measure for measure in library.measures.values() if isinstance(measure, SimpleMeasure))


def _derived(library: Library) -> Iterator[DerivedMeasure]:
    return (measure for measure in library.measures.values() if isinstance(measure, DerivedMeasure))


def _wrong_value(library: Library, found: Filter, table: str) -> str | None:
    column = library.tables[table].column(found.column.rpartition(".")[2])
    if any(found.values == (other.name,) and other.type is column.type for other in library.tables[table].columns):
        return None
    if column.type is ColumnType.BOOLEAN:
        legal = all(value in {"true", "false"} for value in found.values)
    elif column.type in NUMERIC:
        legal = all(re.fullmatch(r"-?\d+(\.\d+)?", value) for value in found.values)
    elif column.enum:
        legal = all(value in column.enum for value in found.values)
    else:
        legal = True
    if found.op in ORDERED and column.type not in NUMERIC:
        return f"{found.op} needs a number or another column of the same type"
    return None if legal else f"{' | '.join(found.values)} is no value of {table}.{column.name}"
