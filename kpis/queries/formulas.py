"""Formulas as people read them: names instead of ids, words instead of filters and windows, in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from kpis.engine.derived import base_tables
from kpis.engine.grammar import BinOp, Call, MeasureRef, Node, Number
from kpis.engine.plan import measure_tables, plan_kpi
from kpis.engine.sources import scope_table
from kpis.engine.specs import (
    DerivedMeasure,
    Filter,
    FilterOp,
    Library,
    Measure,
    Params,
    SimpleMeasure,
    TableSpec,
)
from kpis.library import library_extras, load_library
from kpis.library.params import PARAMS
from kpis.queries.definitions import library_at
from omnichannel.core.text import Bilingual

SIGNS = {"*": "×", "/": "÷", "-": "−", "+": "+"}
PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2}
WINDOWS = {
    "": Bilingual("", ""),
    "prev": Bilingual("上期", "previous period"),
    "yoy": Bilingual("去年同期", "a year earlier"),
    "r12m": Bilingual("近12个月", "last 12 months"),
    "open": Bilingual("期初", "at the start"),
}
COMPARISONS = {
    FilterOp.IN: Bilingual("为", "is"),
    FilterOp.EQ: Bilingual("为", "is"),
    FilterOp.GT: Bilingual("大于", ">"),
    FilterOp.GE: Bilingual("不小于", "≥"),
    FilterOp.LE: Bilingual("不大于", "≤"),
    FilterOp.IS_NOT_NULL: Bilingual("有值", "is given"),
}

PARAMETER = re.compile("|".join(sorted(PARAMS, key=len, reverse=True)))
YES_NO = {"true": Bilingual("是", "yes"), "false": Bilingual("否", "no")}


@dataclass(frozen=True, slots=True)
class MeasureWords:
    """One measure of a formula explained: what it counts, from which tables and columns, under which conditions."""

    id: str
    names: Bilingual
    how: Bilingual
    tables: tuple[TableSpec, ...]
    columns: tuple[str, ...]
    conditions: tuple[Bilingual, ...]
    note: Bilingual | None
    is_algorithm: bool = False

    @property
    def table_names(self) -> tuple[Bilingual, ...]:
        """Return what its tables are called."""
        return tuple(table.names for table in self.tables)

    @property
    def column_names(self) -> tuple[Bilingual, ...]:
        """Return what its columns are called; where several tables take part, with the table in front."""
        return tuple(_column_names(column, self.tables) for column in self.columns)


def readable(kpi: str, *, library: Library | None = None) -> Bilingual:
    """Return the KPI's formula in words, in both languages; that of today unless a library is given."""
    root = plan_kpi(library or library_at(), kpi).root
    return _both(lambda code: _text(root, code))


def explained(kpi: str, *, library: Library | None = None) -> tuple[MeasureWords, ...]:
    """Explain every measure of a KPI's formula once, in the order of the formula, with the parameters that count."""
    used = library or library_at()
    names = dict.fromkeys(ref.measure for ref in plan_kpi(used, kpi).refs)
    return tuple(_explained(used.measures[name], used.params) for name in names)


def counted(kpi: str, *, library: Library | None = None) -> Bilingual:
    """Return one sentence that says what is counted: the formula in words, and what an algorithm in it looks for."""
    found, words = readable(kpi, library=library), explained(kpi, library=library)
    told = [word for word in words if word.is_algorithm]
    return Bilingual(
        "；".join([found.zh, *(f"{word.names.zh}：{word.how.zh}" for word in told)]) + "。",
        "; ".join([found.en, *(f"{word.names.en}: {word.how.en}" for word in told)]) + ".",
    )


def operand_label(ref: MeasureRef) -> Bilingual:
    """Return what an operand is called, with its filters and window in words."""
    return _both(lambda code: _measure_text(ref, code))


def operand_words(ref: MeasureRef, params: Params) -> MeasureWords:
    """Explain one operand: its measure, with the filters of the formula among the conditions."""
    measure = load_library().measures[ref.measure]
    words = _explained(measure, params)
    own = [each for each in ref.filters if each[0] != "kpi_id"]
    conditions = tuple(_condition_of(Filter(column, FilterOp.IN, values), measure) for column, values in own)
    return replace(words, conditions=(*words.conditions, *conditions))


def _condition_of(found: Filter, measure: Measure) -> Bilingual:
    if isinstance(measure, SimpleMeasure):
        return _condition(found, measure)
    table = load_library().tables[base_tables(measure.id)[0]]
    return _told(found, _names_in(table, found.column))


def _both(write: Callable[[str], str]) -> Bilingual:
    return Bilingual(write("zh"), write("en"))


def _text(node: Node, code: str) -> str:
    if isinstance(node, Number):
        return str(node)
    if isinstance(node, MeasureRef):
        return _measure_text(node, code)
    if isinstance(node, Call):
        return f"{node.name}({', '.join(_text(arg, code) for arg in node.args)})"
    left, right = _side(node, node.left, code, right=False), _side(node, node.right, code, right=True)
    return f"{left} {SIGNS[node.op]} {right}"


def _side(parent: BinOp, node: Node, code: str, *, right: bool) -> str:
    text = _text(node, code)
    if not isinstance(node, BinOp):
        return text
    mine, inner = PRECEDENCE[parent.op], PRECEDENCE[node.op]
    return f"({text})" if inner < mine or (right and inner == mine) else text


def _measure_text(ref: MeasureRef, code: str) -> str:
    name = load_library().measures[ref.measure].names.in_language(code)
    shown = [value for column, values in ref.filters if column != "kpi_id" for value in values]
    words = [value_label(value).in_language(code) for value in shown]
    if ref.window:
        words.append(WINDOWS[ref.window].in_language(code))
    if not words:
        return name
    return f"{name}（{'、'.join(words)}）" if code == "zh" else f"{name} ({', '.join(words)})"


def value_label(value: str) -> Bilingual:
    """Return the label of an enum value; an unknown one stands for itself."""
    return YES_NO.get(value) or library_extras().enum_labels.get(value) or Bilingual(value, value)


def _explained(measure: Measure, params: Params) -> MeasureWords:
    library, extras = load_library(), library_extras()
    tables = tuple(library.tables[name] for name in measure_tables(measure))
    note = extras.measure_notes.get(measure.id)
    if isinstance(measure, DerivedMeasure):
        told = extras.algorithms.get(measure.id) or Bilingual(measure.algorithm, measure.algorithm)
        how = _both(lambda code: _with_values(told.in_language(code), params))
        return MeasureWords(measure.id, measure.names, how, tables, measure.columns, (), note, is_algorithm=True)
    words = extras.formula_language["aggregations"].get(measure.agg.value)
    told = words if isinstance(words, Bilingual) else Bilingual(measure.agg.value, measure.agg.value)
    how = _both(lambda code: _with_columns(told.in_language(code), measure, tables, code))
    read = (measure.column, measure.weight, measure.by, measure.time, measure.end)
    columns = tuple(dict.fromkeys(column for column in read if column))
    conditions = tuple(_condition(one, measure) for one in measure.filters)
    return MeasureWords(measure.id, measure.names, how, tables, columns, conditions, note)


def _with_columns(text: str, measure: SimpleMeasure, tables: tuple[TableSpec, ...], code: str) -> str:
    """Put what the columns are called where the text of an aggregation asks for them."""
    parts = {part: getattr(measure, part) for part in ("column", "time", "end", "weight", "by")}
    return text.format(**{part: _column_names(name, tables).in_language(code) for part, name in parts.items() if name})


def _with_values(text: str, params: Params) -> str:
    """Put the parameters' values where an algorithm's text names them."""
    return PARAMETER.sub(lambda found: str(getattr(params, found[0])), text)


def _condition(found: Filter, measure: SimpleMeasure) -> Bilingual:
    table, _dot, column = found.column.rpartition(".")
    library = load_library()
    spec = library.tables[table or measure.table]
    if not table and all(each.name != column for each in spec.columns):
        spec = scope_table(library, measure)
    return _told(found, _names_in(spec, column))


def _told(found: Filter, name: Bilingual) -> Bilingual:
    def write(code: str) -> str:
        values = [value_label(value).in_language(code) for value in found.values]
        said = ("、" if code == "zh" else " / ").join(values)
        if code == "zh" and found.op in (FilterOp.IN, FilterOp.EQ):
            return f"{name.zh}：{said}"
        return " ".join(filter(None, [name.in_language(code), COMPARISONS[found.op].in_language(code), said]))

    return _both(write)


def _column_names(column: str, tables: tuple[TableSpec, ...]) -> Bilingual:
    prefix, _dot, bare = column.rpartition(".")
    table = next((each for each in tables if each.id == prefix), None) if prefix else tables[0] if tables else None
    if table is None:
        return Bilingual(column, column)
    names = _names_in(table, bare)
    if not prefix:
        return names
    return Bilingual(f"{table.names.zh}·{names.zh}", f"{table.names.en}: {names.en}")


def _names_in(table: TableSpec, column: str) -> Bilingual:
    return next((each.names for each in table.columns if each.name == column), Bilingual(column, column))
