"""Which tables and columns each KPI reads, worked out from the formulas once per process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from kpis.engine.grammar import MeasureRef, parse_formula
from kpis.engine.sources import TEMPORAL, scope_table
from kpis.engine.specs import DerivedMeasure, KpiSpec, SimpleMeasure
from kpis.library import load_library

Place = tuple[str, str]


@cache
def tables_of_kpis() -> Mapping[str, frozenset[str]]:
    """Return the tables each KPI needs, straight or through a derived measure, in the library's order."""
    return {kpi.id: frozenset(_tables(kpi)) for kpi in load_library().kpis.values()}


def _tables(kpi: KpiSpec) -> Iterator[str]:
    measures = load_library().measures
    yield from (table for table, _column in _places(kpi, values_only=False))
    for name in parse_formula(kpi.formula).measures():
        measure = measures[name]
        if isinstance(measure, DerivedMeasure):
            yield from measure.tables


@cache
def kpis_of_columns() -> Mapping[Place, tuple[str, ...]]:
    """Return the KPIs that read each column in any way: summed, counted, filtered, or as the time."""
    return _turned(values_only=False)


@cache
def kpis_of_values() -> Mapping[Place, tuple[str, ...]]:
    """Return the KPIs whose figure is made of the column: a missing cell there makes the figure fall short."""
    return _turned(values_only=True)


def _turned(*, values_only: bool) -> Mapping[Place, tuple[str, ...]]:
    found: dict[Place, list[str]] = {}
    for kpi in load_library().kpis.values():
        for place in dict.fromkeys(_places(kpi, values_only=values_only)):
            if not (values_only and _may_be_open(place)):
                found.setdefault(place, []).append(kpi.id)
    return {place: tuple(kpis) for place, kpis in found.items()}


def _may_be_open(place: Place) -> bool:
    """Tell whether an empty cell says something by itself: a date without a value has not come yet, or never will."""
    table, name = place
    column = load_library().tables[table].column(name)
    return column.nullable and column.type in TEMPORAL


def _places(kpi: KpiSpec, *, values_only: bool) -> Iterator[Place]:
    library = load_library()
    for ref in parse_formula(kpi.formula).refs():
        measure = library.measures[ref.measure]
        if isinstance(measure, DerivedMeasure):
            yield from (_split(name) for name in measure.columns)
        else:
            yield from _simple(measure, ref, values_only=values_only)


def _simple(measure: SimpleMeasure, ref: MeasureRef, *, values_only: bool) -> Iterator[Place]:
    yield measure.table, measure.column
    if measure.weight:
        yield measure.table, measure.weight
    if values_only:
        return
    filtered = (*(each.column for each in measure.filters), *(column for column, _values in ref.filters))
    for name in (measure.time, measure.end, measure.by, *filtered):
        if name:
            yield _split(name) if "." in name else (_holder(measure, name), name)


def _holder(measure: SimpleMeasure, column: str) -> str:
    """Return the table that has a column a filter names: the measure's own, or the one its scopes come from."""
    library = load_library()
    own = any(each.name == column for each in library.tables[measure.table].columns)
    return measure.table if own else scope_table(library, measure).id


def _split(name: str) -> Place:
    table, _, column = name.partition(".")
    return table, column
