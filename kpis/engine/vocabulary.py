"""What a formula may name, by a library: the measures, the columns they can be narrowed by, values, windows, units."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

from kpis.engine.derived import base_tables
from kpis.engine.grammar import BinOp, Call, MeasureRef, Node, Number, Reading, read_formula
from kpis.engine.plan import SELF
from kpis.engine.simple import STOCKS
from kpis.engine.sources import scope_table, typed
from kpis.engine.specs import Aggregation, ColumnSpec, ColumnType, Library, SimpleMeasure

AMOUNTS = frozenset(
    {
        Aggregation.SUM,
        Aggregation.AVG,
        Aggregation.WEIGHTED_AVG,
        Aggregation.AVG_OF_DAILY_SUM,
        Aggregation.LAST_DAILY_SUM,
    }
)
COUNT = "count"
YES_NO = ("false", "true")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of a library, as `grammar.Words` asks for them. `kpi` ids may be named where a column holds one."""

    library: Library

    def measures(self) -> Collection[str]:
        """Return the ids of all measures."""
        return self.library.measures.keys()

    def columns(self, measure: str) -> Collection[str]:
        """Return the columns that a measure can be narrowed by."""
        return self._columns(measure).keys()

    def values(self, measure: str, column: str) -> Collection[str]:
        """Return the values that a column can hold, nothing when any text may be one."""
        spec = self._columns(measure)[column]
        if spec.enum:
            return spec.enum
        if spec.type is ColumnType.BOOLEAN:
            return YES_NO
        if spec.name == "kpi_id":
            return (SELF, *self.library.kpis)
        if spec.name == "role_id":
            return tuple(dict.fromkeys(role for role, _stage in self.library.weights))
        return ()

    def fits(self, measure: str, column: str, value: str) -> bool:
        """Tell whether a column can hold a value."""
        if known := self.values(measure, column):
            return value in known
        try:
            typed(value, self._columns(measure)[column].type)
        except (ValueError, ArithmeticError, KeyError):
            return False
        return True

    def has_open(self, measure: str) -> bool:
        """Tell whether a measure has a value at the start of a period."""
        spec = self.library.measures[measure]
        return isinstance(spec, SimpleMeasure) and spec.agg in STOCKS

    def nearest(self, written: str) -> str:
        """Return what was meant: the formula of a KPI of this id or name, else the measure of a name most like it."""
        for kpi in self.library.kpis.values():
            if written in (kpi.id, kpi.names.zh, kpi.names.en) and not kpi.qualitative:
                return kpi.formula if kpi.formula in self.library.measures else f"({kpi.formula})"
        names = {
            name.lower(): spec.id for spec in self.library.measures.values() for name in (spec.names.zh, spec.names.en)
        }
        close = difflib.get_close_matches(written.lower(), list(names), n=1, cutoff=0.6)
        return names[close[0]] if close else ""

    def _columns(self, measure: str) -> dict[str, ColumnSpec]:
        return _columns_of(self.library, measure)


@lru_cache(maxsize=2048)
def _columns_of(library: Library, measure: str) -> dict[str, ColumnSpec]:
    """Return what the engine can narrow a measure by: its table's columns, or those all its base tables have."""
    spec = library.measures[measure]
    if isinstance(spec, SimpleMeasure):
        tables = [scope_table(library, spec), library.tables[spec.table]]
        return {column.name: column for table in tables for column in table.columns}
    first, *others = (library.tables[table] for table in base_tables(spec.id))
    shared = [{column.name for column in table.columns} for table in others]
    return {column.name: column for column in first.columns if all(column.name in names for names in shared)}


def read_in(text: str, library: Library) -> Reading:
    """Read a formula by the words of a library; everything wrong with it at once."""
    return read_formula(text, Vocabulary(library))


def unit_of(node: Node, library: Library) -> str:
    """Return what a part of a formula is counted in: `CNY`, `count` …; nothing where that cannot be told."""
    if isinstance(node, MeasureRef):
        return _unit_of_measure(library, node.measure)
    if isinstance(node, Call):
        units = {unit_of(arg, library) for arg in node.args if not isinstance(arg, Number)}
        return units.pop() if len(units) == 1 else ""
    if isinstance(node, BinOp):
        left, right = unit_of(node.left, library), unit_of(node.right, library)
        if node.op in "+-":
            return left if left == right or isinstance(node.right, Number) else ""
        if isinstance(node.right, Number):
            return left
        return right if node.op == "*" and isinstance(node.left, Number) else ""
    return ""


def _unit_of_measure(library: Library, name: str) -> str:
    spec = library.measures[name]
    if not isinstance(spec, SimpleMeasure):
        return ""
    if spec.agg not in AMOUNTS:
        return COUNT if spec.agg is not Aggregation.AVG_RATIO_100 else ""
    table = library.tables[spec.table]
    return next((column.unit for column in table.columns if column.name == spec.column), "")


@dataclass(frozen=True, slots=True)
class MixedUnits:
    """An addition or subtraction of what cannot be added: the place of its sign and what stands at its sides."""

    position: int
    left: str
    right: str


def mixed_units(reading: Reading, library: Library) -> Iterator[MixedUnits]:
    """Yield every sum of two things that are counted differently, such as yuan and people."""
    for position, node in reading.sums:
        left, right = unit_of(node.left, library), unit_of(node.right, library)
        if left and right and left != right:
            yield MixedUnits(position, left, right)
