"""Figures put together again from traced rows, in plain Python: nothing here asks the engine or a database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING

from kpis.engine.derived.dates import Dates
from kpis.engine.derived.rfm import MEASURES as RFM
from kpis.engine.derived.rfm import TIERED
from kpis.engine.grammar import BinOp, Call, MeasureRef, Node, Number
from kpis.engine.specs import Aggregation, Params, SimpleMeasure
from kpis.engine.tracing.rules import Grouped, used_rows
from kpis.engine.tracing.shapes import Cells

if TYPE_CHECKING:
    from kpis.engine.specs import Library
    from kpis.engine.tracing.shapes import TracedRow
    from kpis.engine.windows import Span

Exact = Fraction | None


class NotBehind(ValueError):
    """A row or customer is listed that does not count by its own evidence."""


def recompute(
    library: Library, ref: MeasureRef, rows: Sequence[TracedRow], *, span: Span, params: Params, covered: bool
) -> Exact:
    """Return the operand's exact value from all rows behind it; None when there is none.

    `covered` tells whether the tables have rows in the window: nothing is 0 then, else unknown. NotBehind when a
    listed customer does not count by the rows given for it.
    """
    measure = library.measures[ref.measure]
    if isinstance(measure, SimpleMeasure):
        return _SIMPLE[measure.agg](measure, [row.cells for row in rows], covered)
    if measure.id == "nps_value":
        return _score(rows)
    if not covered:
        return None
    on = Dates.of(span, params)
    if measure.id in RFM:
        return _tiers(measure.id, rows, on, params)
    if measure.id == "attributed_sales":
        return _credited(rows, params)
    people = _people(rows)
    for entity, tables in people.items():
        if used_rows(measure.id, tables, on, params) is None:
            raise NotBehind(f"{ref}: {entity}")
    if measure.id == "member_sales":
        return sum((Fraction(row.cells["net_amount"]) for row in rows if row.table == "orders"), Fraction(0))
    if measure.id == "lifetime_years":
        lost = sum(max(_paid(tables)) < _midnight(on.end_alive) for tables in people.values())
        cap = Fraction(params.ltv_cap_years)
        return (min(cap, Fraction(len(people), lost)) if lost else cap) if people else None
    return Fraction(len(people))


def evaluate_formula(root: Node, operands: Mapping[MeasureRef, Exact]) -> Exact:
    """Return the exact value of a formula; None where an operand is missing or a divisor is 0."""
    if isinstance(root, Number):
        return Fraction(root.value)
    if isinstance(root, MeasureRef):
        return operands[root]
    if isinstance(root, Call):
        args = [evaluate_formula(arg, operands) for arg in root.args]
        known = [arg for arg in args if arg is not None]
        if len(known) < len(args):
            return None
        return abs(known[0]) if root.name == "abs" else min(known) if root.name == "min" else max(known)
    return _combined(root, evaluate_formula(root.left, operands), evaluate_formula(root.right, operands))


def _combined(node: BinOp, left: Exact, right: Exact) -> Exact:
    if left is None or right is None or (node.op == "/" and not right):
        return None
    if node.op == "/":
        return left / right
    if node.op == "*":
        return left * right
    return left + right if node.op == "+" else left - right


Rows = Sequence[Cells]


def _values(cells: Rows, column: str) -> list[Fraction]:
    return [Fraction(row[column]) for row in cells if row[column] is not None]


def _sum(measure: SimpleMeasure, cells: Rows, covered: bool) -> Exact:
    values = _values(cells, measure.column)
    if not cells:
        return Fraction(0) if covered else None
    return sum(values, Fraction(0)) if values else None


def _count(measure: SimpleMeasure, cells: Rows, covered: bool) -> Exact:
    return Fraction(len(cells)) if cells or covered else None


def _distinct(measure: SimpleMeasure, cells: Rows, covered: bool) -> Exact:
    found = {row[measure.column] for row in cells if row[measure.column] is not None}
    return Fraction(len(found)) if cells or covered else None


def _mean(measure: SimpleMeasure, cells: Rows, covered: bool) -> Exact:
    values = _values(cells, measure.column)
    return sum(values, Fraction(0)) / len(values) if values else None


def _weighted(measure: SimpleMeasure, cells: Rows, covered: bool) -> Exact:
    both = [row for row in cells if row[measure.column] is not None and row[measure.weight] is not None]
    weights = sum(_values(both, measure.weight), Fraction(0))
    if not weights:
        return None
    scales = _values(both, measure.by) if measure.by else [Fraction(100)] * len(both)
    parts = zip(_values(both, measure.column), _values(both, measure.weight), scales, strict=True)
    return sum((value * weight * 100 / scale for value, weight, scale in parts), Fraction(0)) / weights


def _by_day(measure: SimpleMeasure, cells: Rows) -> list[tuple[date, Fraction]]:
    days: dict[date, Fraction] = defaultdict(Fraction)
    for row in cells:
        if row[measure.column] is not None:
            days[_day(row[measure.time])] += Fraction(row[measure.column])
    return sorted(days.items())


def _daily_mean(measure: SimpleMeasure, cells: Rows, covered: bool) -> Exact:
    days = _by_day(measure, cells)
    return sum((total for _day, total in days), Fraction(0)) / len(days) if days else None


def _last_day(measure: SimpleMeasure, cells: Rows, covered: bool) -> Exact:
    days = _by_day(measure, cells)
    return days[-1][1] if days else None


_SIMPLE: Mapping[Aggregation, Callable[[SimpleMeasure, Rows, bool], Exact]] = {
    Aggregation.SUM: _sum,
    Aggregation.COUNT: _count,
    Aggregation.STOCK_COUNT: _count,
    Aggregation.COUNT_DISTINCT: _distinct,
    Aggregation.STOCK_DISTINCT: _distinct,
    Aggregation.AVG: _mean,
    Aggregation.WEIGHTED_AVG: _weighted,
    Aggregation.AVG_RATIO_100: _weighted,
    Aggregation.AVG_OF_DAILY_SUM: _daily_mean,
    Aggregation.LAST_DAILY_SUM: _last_day,
}


def _people(rows: Iterable[TracedRow]) -> dict[str, dict[str, list[Cells]]]:
    found: dict[str, dict[str, list[Cells]]] = {}
    for row in rows:
        found.setdefault(row.entity, defaultdict(list))[row.table].append(row.cells)
    return found


def _paid(tables: Grouped) -> list[datetime]:
    return [row["paid_at"] for row in tables["orders"]]


def _score(rows: Sequence[TracedRow]) -> Exact:
    if not rows:
        return None
    balance = 0
    for row in rows:
        tenths = Fraction(row.cells["score"]) / Fraction(row.cells["scale_max"]) * 10
        balance += (tenths >= 9) - (tenths <= 6)
    return Fraction(balance * 100, len(rows))


def _tiers(measure: str, rows: Sequence[TracedRow], on: Dates, params: Params) -> Exact:
    people = _people(rows)
    for entity, tables in people.items():
        if used_rows(measure, tables, on, params) is None:
            raise NotBehind(f"{measure}: {entity}")
    if measure not in TIERED:
        return Fraction(len(people))
    if len(people) < params.rfm_min_customers:
        return None
    marks = {
        entity: (
            -(on.end - max(_paid(tables)).date()).days,
            len(tables["orders"]),
            sum(Fraction(row["net_amount"]) for row in tables["orders"]),
        )
        for entity, tables in people.items()
    }
    scores = [_scores([mark[part] for mark in marks.values()], params.rfm_bins) for part in range(3)]
    high = [
        entity
        for place, entity in enumerate(marks)
        if scores[0][place] >= 3 and scores[1][place] + scores[2][place] >= 8
    ]
    if measure == "high_value_member_n":
        high = [entity for entity in high if people[entity]["customers"]]
    return Fraction(len(high))


def _scores(marks: Sequence[Fraction | int], bins: int) -> list[int]:
    """Return 1..bins: how large the share of the strictly worse is."""
    ranked = sorted(marks)
    worse: dict[Fraction | int, int] = {}
    for place, mark in enumerate(ranked):
        worse.setdefault(mark, place)
    return [1 + min(bins - 1, bins * worse[mark] // len(marks)) for mark in marks]


def _credited(rows: Sequence[TracedRow], params: Params) -> Exact:
    total = Fraction(0)
    for order, tables in _people(rows).items():
        if used_rows("attributed_sales", tables, None, params) is None:
            raise NotBehind(f"attributed_sales: {order}")
        if params.attribution_model in ("last_touch", "first_touch", "shared"):
            total += Fraction(tables["orders"][0]["net_amount"])
    if params.attribution_model in ("last_touch", "first_touch", "shared"):
        return total
    # a share depends on touches of other scopes too: here what each touch earned is taken as listed
    return sum((row.amount for row in rows if row.table == "order_touches" and row.amount is not None), Fraction(0))


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time())
