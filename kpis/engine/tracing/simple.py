"""The rows behind a simple measure: the same filters, window and scopes as the engine, one line per row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from kpis.engine.simple import DAILY, MEANS, STOCKS
from kpis.engine.sources import TEMPORAL, before, column_spec, condition, plain, source, within
from kpis.engine.specs import Aggregation, SimpleMeasure
from kpis.engine.tracing.asking import STAND_IN_SPAN, Asking, first_of
from kpis.engine.tracing.listing import Listing, Part

if TYPE_CHECKING:
    import ibis.expr.types as ir

DISTINCT = frozenset({Aggregation.COUNT_DISTINCT, Aggregation.STOCK_DISTINCT})
COUNTED = frozenset({Aggregation.COUNT, Aggregation.STOCK_COUNT})
WEIGHED = frozenset({Aggregation.WEIGHTED_AVG, Aggregation.AVG_RATIO_100})


def simple_listing(asking: Asking, measure: SimpleMeasure) -> Listing:
    """List the rows that count, with what each adds. The caller has checked that the tables are loaded."""
    read = source(asking.context.relations, asking.context.library, [measure])
    rows = _in_window(asking, measure, read.rows)
    rows = rows.filter(condition(asking.context.library, measure, rows, asking.ref.filters))
    if measure.agg is Aggregation.AVG_RATIO_100:
        rows = rows.filter(rows[measure.by] > 0)
    rows = rows.mutate(_at=rows[plain(measure.time)])
    keep = [*asking.columns(measure.table), "_at"]
    spread = asking.spread(rows, read.scope_spec, keep, prefix=read.scope_prefix)
    if measure.agg is Aggregation.LAST_DAILY_SUM:
        spread = _of_last_day(asking, spread, measure)
    key = list(asking.spec(measure.table).key)
    spread = _adding(asking, spread, measure, key)
    order = (["_entity"] if measure.agg in DISTINCT else ["_at"]) + key
    part = Part(measure.table, spread, tuple(order))
    by_scale = measure.agg is Aggregation.AVG_RATIO_100
    return Listing(None, (part,), by_scale=by_scale, is_distinct=measure.agg in DISTINCT)


def is_covered(asking: Asking, measure: SimpleMeasure) -> bool:
    """Tell whether the table has anything to say about the window: no rows that count are 0 then, else unknown."""
    coverage = asking.context.coverage
    if measure.agg in STOCKS:
        return coverage.has(measure.table, None, asking.span.end)
    if column_spec(asking.context.library, measure, measure.time).type not in TEMPORAL:
        return bool(asking.periods)
    return asking.has(measure.table, asking.span)


def is_mean(measure: SimpleMeasure) -> bool:
    """Tell whether no rows are nothing rather than 0."""
    return measure.agg in MEANS


def _in_window(asking: Asking, measure: SimpleMeasure, rows: ir.Table) -> ir.Table:
    library, span = asking.context.library, STAND_IN_SPAN
    time, column = column_spec(library, measure, measure.time), rows[plain(measure.time)]
    if measure.agg in STOCKS:
        end, ending = column_spec(library, measure, measure.end), rows[plain(measure.end)]
        return rows.filter(before(column, time.type, span.end), ending.isnull() | ~before(ending, end.type, span.end))
    if time.type not in TEMPORAL:
        return rows.filter(column.isin(asking.periods) if asking.periods else ibis.literal(False))
    return rows.filter(within(column, time.type, span))


def _of_last_day(asking: Asking, rows: ir.Table, measure: SimpleMeasure) -> ir.Table:
    day = rows["_at"].cast("date")
    counted = ibis.ifelse(rows[measure.column].notnull(), day, ibis.null("date"))
    dated = rows.mutate(_day=day, _last=counted.max().over(ibis.window(group_by=list(asking.scoped))))
    return dated.filter(dated["_day"] == dated["_last"]).drop("_day", "_last")


def _adding(asking: Asking, rows: ir.Table, measure: SimpleMeasure, key: list[str]) -> ir.Table:
    """Add `_amount`, `_weight` (what the row adds) and `_entity` (whom it counts once)."""
    value, agg = rows[measure.column], measure.agg
    weight: ir.Value = ibis.null("int64")
    entity: ir.Value = ibis.null("string")
    amount: ir.Value = value
    if agg in COUNTED:
        amount = ibis.literal(1, type="int64")
    elif agg in DISTINCT:
        first = first_of([*asking.scoped, measure.column], key)
        amount = ibis.ifelse(value.isnull(), ibis.null("int64"), ibis.ifelse(first, 1, 0))
        entity = value.cast("string")
    elif agg in WEIGHED:
        both = value.notnull() & rows[measure.weight].notnull()
        amount = ibis.ifelse(both, value * rows[measure.weight], None)
        weight = ibis.ifelse(both, rows[measure.weight], None)
    elif agg is Aggregation.AVG:
        weight = ibis.ifelse(value.notnull(), 1, 0)
    elif agg in DAILY and agg is not Aggregation.LAST_DAILY_SUM:
        first = first_of([*asking.scoped, rows["_at"].cast("date"), value.isnull()], key)
        weight = ibis.ifelse(first & value.notnull(), 1, 0)
    scale: ir.Value = rows[measure.by] if measure.by else ibis.null("int64")
    return rows.mutate(_amount=amount, _weight=weight, _entity=entity, _scale=scale)
