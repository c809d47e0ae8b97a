"""Simple measures: one aggregate query per (table, time, window); each measure with its filters is a CASE column."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

import ibis
import numpy as np

from kpis.engine.results import ZERO, Cells, MeasureResult, Numbers, Quantity, counts_of, no_rows
from kpis.engine.sources import (
    TEMPORAL,
    Source,
    before,
    column_spec,
    condition,
    plain,
    scope_table,
    source,
    within,
)
from kpis.engine.specs import Aggregation, SimpleMeasure
from kpis.engine.windows import Span, span_of

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

    from kpis.engine.context import Context
    from kpis.engine.grammar import MeasureRef
    from kpis.engine.results import Counts
    from kpis.engine.specs import Scope, ScopeKind

STOCKS = frozenset({Aggregation.STOCK_COUNT, Aggregation.STOCK_DISTINCT})
DAILY = frozenset({Aggregation.AVG_OF_DAILY_SUM, Aggregation.LAST_DAILY_SUM})
# what these say about no rows at all is "nothing", never 0: a mean of nothing is not a number
MEANS = frozenset({Aggregation.AVG, Aggregation.WEIGHTED_AVG, Aggregation.AVG_RATIO_100}) | DAILY


@dataclass(frozen=True, slots=True)
class _Asked:
    ref: MeasureRef
    measure: SimpleMeasure
    index: int


@dataclass(frozen=True, slots=True)
class _Group:
    """What one query answers: one table read at one time column over one span."""

    table: str
    time: str
    end: str
    window: str
    form: str


def simple_results(
    context: Context, refs: Mapping[MeasureRef, frozenset[ScopeKind]]
) -> dict[MeasureRef, MeasureResult]:
    """Compute the measures at the kinds of scopes given; the caller has checked that the tables are loaded."""
    groups: dict[_Group, list[_Asked]] = defaultdict(list)
    for index, ref in enumerate(refs):
        measure = context.library.measures[ref.measure]
        if isinstance(measure, SimpleMeasure):
            groups[group_of(measure, ref.window)].append(_Asked(ref, measure, index))
    found: dict[MeasureRef, MeasureResult] = {}
    for group, asked in groups.items():
        scoping = context.scoping.limited_to(refs[each.ref] for each in asked)
        found.update(_run(replace(context, scoping=scoping), group, asked))
    return found


def group_of(measure: SimpleMeasure, window: str) -> _Group:
    """Return which query answers the measure in a window: measures of one group are computed together."""
    if measure.agg in STOCKS:
        return _Group(measure.table, measure.time, measure.end, window, "stock")
    form = "daily" if measure.agg in DAILY else "flow"
    if measure.agg is Aggregation.AVG_RATIO_100:
        form = f"ratio:{measure.by}"
    return _Group(measure.table, measure.time, "", window, form)


def _run(context: Context, group: _Group, asked: Sequence[_Asked]) -> dict[MeasureRef, MeasureResult]:
    read = source(context.relations, context.library, [each.measure for each in asked])
    span = span_of(context.period, group.window)
    first = asked[0].measure
    rows, covered = _in_window(context, read, first, span)
    columns = {f"c{each.index}": condition(context.library, each.measure, rows, each.ref.filters) for each in asked}
    inputs = sorted({name for each in asked for name in inputs_of(each.measure)} | ({"_day"} & set(rows.columns)))
    scope_columns = [read.scope_prefix + name for name in context.scoping.columns(read.scope_spec)]
    tagged = rows.select(**columns, **{name: rows[name] for name in dict.fromkeys([*inputs, *scope_columns])})
    spread = context.scoping.spread(tagged, read.scope_spec, [*columns, *inputs], prefix=read.scope_prefix)
    answer = context.relations.answer(_aggregated(spread, group, asked))
    kinds = context.scoping.kinds(scope_table(context.library, first))
    cells = Cells.read(answer)
    return {each.ref: _result(each, answer, cells, kinds, covered) for each in asked}


def inputs_of(measure: SimpleMeasure) -> list[str]:
    """Return the columns an aggregate of the measure reads."""
    return [name for name in (measure.column, measure.weight, measure.by) if name]


def _in_window(context: Context, read: Source, measure: SimpleMeasure, span: Span) -> tuple[ir.Table, bool]:
    """Return the rows that count for the span, and whether the table has any row there at all."""
    time = column_spec(context.library, measure, measure.time)
    column = read.rows[plain(measure.time)]
    if measure.agg in STOCKS:
        end = column_spec(context.library, measure, measure.end).type
        ending = read.rows[plain(measure.end)]
        stays = ending.isnull() | ~before(ending, end, span.end)
        covered = context.coverage.has(measure.table, None, span.end)
        return read.rows.filter(before(column, time.type, span.end), stays), covered
    if time.type not in TEMPORAL:
        or_around = measure.agg is Aggregation.AVG
        periods = context.coverage.periods(measure.table, measure.time, span, or_around=or_around)
        return read.rows.filter(column.isin(periods) if periods else ibis.literal(False)), bool(periods)
    kept = read.rows.filter(within(column, time.type, span))
    if measure.agg in DAILY:
        kept = kept.mutate(_day=kept[plain(measure.time)].cast("date"))
    return kept, context.coverage.has(measure.table, span.start, span.end)


def _aggregated(spread: ir.Table, group: _Group, asked: Sequence[_Asked]) -> ir.Table:
    keys = ["_kind", "_scope"]
    if group.form.startswith("ratio:"):
        by = group.form.partition(":")[2]
        # a rating on a scale of nothing cannot be put on 0-100
        spread = spread.filter(spread[by] > 0).rename(_by=by)
        keys.append("_by")
    if group.form == "daily":
        return _per_day(spread, asked)
    columns = {name: expr for each in asked for name, expr in _columns(spread, each).items()}
    return spread.group_by(keys).aggregate(**columns)


def _columns(rows: ir.Table, asked: _Asked) -> dict[str, ir.Value]:
    measure, index = asked.measure, asked.index
    counted = rows[f"c{index}"]
    columns = {f"n{index}": ibis.ifelse(counted, 1, None).count()}
    value = rows[measure.column]
    if measure.agg in (Aggregation.SUM, Aggregation.AVG, *DAILY):
        columns[f"s{index}"] = ibis.ifelse(counted, value, None).sum()
        columns[f"w{index}"] = ibis.ifelse(counted, value, None).count()
    elif measure.agg in (Aggregation.COUNT_DISTINCT, Aggregation.STOCK_DISTINCT):
        columns[f"s{index}"] = ibis.ifelse(counted, value, None).nunique()
    elif measure.agg in (Aggregation.WEIGHTED_AVG, Aggregation.AVG_RATIO_100):
        weight = rows[measure.weight]
        both = counted & value.notnull() & weight.notnull()
        columns[f"s{index}"] = ibis.ifelse(both, value * weight, None).sum()
        columns[f"w{index}"] = ibis.ifelse(both, weight, None).sum()
    return columns


def _per_day(spread: ir.Table, asked: Sequence[_Asked]) -> ir.Table:
    columns = {name: expr for each in asked for name, expr in _columns(spread, each).items()}
    days = spread.group_by(["_kind", "_scope", "_day"]).aggregate(**columns)
    totals: dict[str, ir.Value] = {}
    for each in asked:
        index = each.index
        daily = days[f"s{index}"]
        totals[f"n{index}"] = days[f"n{index}"].sum()
        if each.measure.agg is Aggregation.LAST_DAILY_SUM:
            totals[f"s{index}"] = daily.argmax(ibis.ifelse(daily.notnull(), days["_day"], None))
        else:
            totals[f"s{index}"] = daily.sum()
            totals[f"w{index}"] = daily.count()
    return days.group_by(["_kind", "_scope"]).aggregate(**totals)


def _result(asked: _Asked, answer: pa.Table, cells: Cells, kinds: frozenset[ScopeKind], covered: bool) -> MeasureResult:
    index, agg = asked.index, asked.measure.agg
    otherwise = ZERO if covered and agg not in MEANS else no_rows()
    rows = counts_of(answer.column(f"n{index}"))
    if agg is Aggregation.AVG_RATIO_100:
        return MeasureResult.of(kinds, _ratios_100(answer, cells, index, rows), otherwise)
    if agg in (Aggregation.COUNT, Aggregation.STOCK_COUNT):
        counted = Numbers(rows.astype(object), 1, np.ones(len(rows), dtype=bool))
        return MeasureResult(kinds, cells, rows > 0, counted, None, rows, otherwise, {})
    # rows may be there while the column is empty in all of them: unknown, not 0
    amount = Numbers.read(answer.column(f"s{index}"))
    if agg not in MEANS or agg is Aggregation.LAST_DAILY_SUM:
        return MeasureResult(kinds, cells, rows > 0, amount, None, rows, otherwise, {})
    weight = Numbers.read(answer.column(f"w{index}"))
    weighed = amount.known & (weight.whole != 0).astype(bool)
    return MeasureResult(kinds, cells, rows > 0, replace(amount, known=weighed), weight, rows, otherwise, {})


def _ratios_100(answer: pa.Table, cells: Cells, index: int, rows: Counts) -> dict[Scope, Quantity]:
    """Return score / scale x 100, each scale weighed by its answers; the answer has one row per scope and scale."""
    sums, weights, scales = (Numbers.read(answer.column(name)) for name in (f"s{index}", f"w{index}", "_by"))
    amount: dict[Scope, Fraction] = defaultdict(Fraction)
    weight: dict[Scope, Fraction] = defaultdict(Fraction)
    counted: dict[Scope, int] = defaultdict(int)
    for place, scope in enumerate(cells.scopes()):
        counted[scope] += int(rows[place])
        total, weighed, scale = sums.at(place), weights.at(place), scales.at(place)
        if total is not None and weighed is not None and scale:
            amount[scope] += total * 100 / scale
            weight[scope] += weighed
    return {
        scope: Quantity(amount[scope], weight[scope], number) if weight[scope] else no_rows(number)
        for scope, number in counted.items()
        if number
    }
