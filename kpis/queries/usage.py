"""Which tables and columns each KPI reads today, worked out from the formulas once per state of the definitions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from kpis.engine.grammar import MeasureRef, parse_formula
from kpis.engine.sources import TEMPORAL, scope_table
from kpis.engine.specs import DerivedMeasure, KpiSpec, Library, SimpleMeasure
from kpis.queries.definitions import library_at

KEPT = 64  # states of definitions whose answers stay in memory
Place = tuple[str, str]


def tables_of_kpis() -> Mapping[str, frozenset[str]]:
    """Return the tables each KPI needs, straight or through a derived measure, in the library's order."""
    return _tables_of_kpis(library_at())


@lru_cache(maxsize=KEPT)
def _tables_of_kpis(library: Library) -> Mapping[str, frozenset[str]]:
    return {kpi.id: frozenset(tables_read(kpi, library)) for kpi in library.kpis.values()}


def tables_read(kpi: KpiSpec, library: Library) -> Iterator[str]:
    """Yield the tables a KPI needs, straight or through a derived measure; some more than once."""
    yield from (table for table, _column in columns_read(kpi, library, values_only=False))
    for name in parse_formula(kpi.formula).measures():
        measure = library.measures[name]
        if isinstance(measure, DerivedMeasure):
            yield from measure.tables


def kpis_of_columns() -> Mapping[Place, tuple[str, ...]]:
    """Return the KPIs that read each column in any way: summed, counted, filtered, or as the time."""
    return _turned(library_at(), values_only=False)


def kpis_of_values() -> Mapping[Place, tuple[str, ...]]:
    """Return the KPIs whose figure is made of the column: a missing cell there makes the figure fall short."""
    return _turned(library_at(), values_only=True)


@lru_cache(maxsize=KEPT)
def _turned(library: Library, *, values_only: bool) -> Mapping[Place, tuple[str, ...]]:
    found: dict[Place, list[str]] = {}
    for kpi in library.kpis.values():
        for place in dict.fromkeys(columns_read(kpi, library, values_only=values_only)):
            if not (values_only and _may_be_open(place, library)):
                found.setdefault(place, []).append(kpi.id)
    return {place: tuple(kpis) for place, kpis in found.items()}


def _may_be_open(place: Place, library: Library) -> bool:
    """Tell whether an empty cell says something by itself: a date without a value has not come yet, or never will."""
    table, name = place
    column = library.tables[table].column(name)
    return column.nullable and column.type in TEMPORAL


def columns_read(kpi: KpiSpec, library: Library, *, values_only: bool) -> Iterator[Place]:
    """Yield (table, column) of everything a KPI reads, or only of what its figure is made of; some more than once."""
    for ref in parse_formula(kpi.formula).refs():
        measure = library.measures[ref.measure]
        if isinstance(measure, DerivedMeasure):
            yield from (_split(name) for name in measure.columns)
        else:
            yield from _simple(measure, ref, library, values_only=values_only)


def _simple(measure: SimpleMeasure, ref: MeasureRef, library: Library, *, values_only: bool) -> Iterator[Place]:
    yield measure.table, measure.column
    if measure.weight:
        yield measure.table, measure.weight
    if values_only:
        return
    filtered = (*(each.column for each in measure.filters), *(column for column, _values in ref.filters))
    for name in (measure.time, measure.end, measure.by, *filtered):
        if name:
            yield _split(name) if "." in name else (_holder(measure, name, library), name)


def _holder(measure: SimpleMeasure, column: str, library: Library) -> str:
    """Return the table that has a column a filter names: the measure's own, or the one its scopes come from."""
    own = any(each.name == column for each in library.tables[measure.table].columns)
    return measure.table if own else scope_table(library, measure).id


def _split(name: str) -> Place:
    table, _, column = name.partition(".")
    return table, column
