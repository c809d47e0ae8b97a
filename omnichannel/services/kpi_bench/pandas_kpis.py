"""All KPIs as a developer computes them with pandas: whole tables in memory, one group-by per measure and level."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from kpis.engine.derived import base_tables
from kpis.engine.grammar import BinOp, Call, MeasureRef, Node, Number
from kpis.engine.plan import plan_kpi
from kpis.engine.specs import Aggregation, FilterOp, Library, ScopeKind, SimpleMeasure
from omnichannel.services.kpi_bench import pandas_customers
from omnichannel.services.kpi_bench.pandas_frames import Cube, Frames

if TYPE_CHECKING:
    from kpis.engine.grammar import Filters

SHIFTS = {"": 0, "prev": 1, "yoy": 12, "open": 1}
AFTER = {
    FilterOp.GT: lambda column, value: column > value,
    FilterOp.GE: lambda column, value: column >= value,
    FilterOp.LE: lambda column, value: column <= value,
}


class PandasKpis:
    """Measures are computed once for all months; windows shift them, formulas combine them."""

    def __init__(self, folder: Path, library: Library, kinds: Mapping[str, frozenset[ScopeKind]]) -> None:
        """`kinds`: at which kinds of scope each KPI is read."""
        self.library, self.kinds = library, kinds
        self.frames = Frames(folder, library)
        self._cubes: dict[tuple[str, Filters, bool], dict[ScopeKind, Cube]] = {}
        self._reported: dict[tuple[str, Filters, bool], set[ScopeKind]] = {}
        self.plans = {kpi: plan_kpi(library, kpi) for kpi in kinds}
        for kpi, plan in self.plans.items():
            for ref in plan.refs:
                self._reported.setdefault(_key(ref), set()).update(kinds[kpi])

    def all_values(self) -> Iterator[tuple[str, ScopeKind, Cube]]:
        """Yield every KPI at every kind of scope it exists at."""
        for kpi, plan in self.plans.items():
            for kind in sorted(self.kinds[kpi]):
                if all(kind in self.cubes(ref) for ref in plan.refs):
                    yield kpi, kind, self._evaluate(plan.root, kind)

    def cubes(self, ref: MeasureRef) -> dict[ScopeKind, Cube]:
        """Return the measure under its filters, months x scopes, for each kind."""
        key = _key(ref)
        if key not in self._cubes:
            measure = self.library.measures[ref.measure]
            wanted = self._reported[key]
            if isinstance(measure, SimpleMeasure):
                self._cubes[key] = self._simple(measure, ref, wanted)
            else:
                self._cubes[key] = self._derived(ref, wanted)
        return self._cubes[key]

    def _evaluate(self, node: Node, kind: ScopeKind) -> Any:
        if isinstance(node, Number):
            return float(node.value)
        if isinstance(node, MeasureRef):
            return self._windowed(node, kind)
        if isinstance(node, Call):
            raise NotImplementedError(node.name)
        left, right = self._evaluate(node.left, kind), self._evaluate(node.right, kind)
        return _arithmetic(node, left, right)

    def _windowed(self, ref: MeasureRef, kind: ScopeKind) -> Cube:
        cube = self.cubes(ref)[kind]
        return cube if ref.window == "r12m" else cube.shift(SHIFTS[ref.window])

    def _simple(self, measure: SimpleMeasure, ref: MeasureRef, wanted: set[ScopeKind]) -> dict[ScopeKind, Cube]:
        rows, owner = self.frames.joined(measure)
        rows = rows[_mask(measure, rows, ref.filters)]
        time = measure.time.rpartition(".")[2]
        found = {}
        for kind, scoped in self.frames.spread(rows, owner, wanted):
            if measure.agg in (Aggregation.STOCK_COUNT, Aggregation.STOCK_DISTINCT):
                cube = self._stock(measure, scoped, time)
            elif ref.window == "r12m":
                cube = self.frames.rolling(lambda part: _aggregate(measure, part, ["_scope"]), scoped, time)
            else:
                scoped = scoped.assign(_month=self.frames.month(scoped[time]))
                cube = _aggregate(measure, scoped, ["_month", "_scope"]).unstack("_scope")
            found[kind] = self.frames.filled(cube, zero=measure.agg not in MEANS)
        return found

    def _stock(self, measure: SimpleMeasure, rows: pd.DataFrame, time: str) -> Cube:
        parts = {}
        for month in self.frames.months:
            end = month.end_time.normalize() + pd.Timedelta(days=1)
            there = rows[(rows[time] < end) & (rows[measure.end].isna() | (rows[measure.end] >= end))]
            column = there.groupby("_scope")[measure.column]
            parts[month] = column.count() if measure.agg is Aggregation.STOCK_COUNT else column.nunique()
        return pd.DataFrame(parts).T

    def _derived(self, ref: MeasureRef, wanted: set[ScopeKind]) -> dict[ScopeKind, Cube]:
        compute: Callable[[Frames, ScopeKind, Filters], Cube] = getattr(pandas_customers, ref.measure)
        tables = [self.library.tables[name] for name in base_tables(ref.measure)]
        kinds = set.intersection(*(set(self.frames.kinds(spec)) for spec in tables)) & wanted
        return {kind: self.frames.filled(compute(self.frames, kind, ref.filters), zero=True) for kind in sorted(kinds)}


MEANS = (
    Aggregation.AVG,
    Aggregation.WEIGHTED_AVG,
    Aggregation.AVG_RATIO_100,
    Aggregation.AVG_OF_DAILY_SUM,
    Aggregation.LAST_DAILY_SUM,
)


def _key(ref: MeasureRef) -> tuple[str, Filters, bool]:
    return ref.measure, ref.filters, ref.window == "r12m"


def _arithmetic(node: BinOp, left: Any, right: Any) -> Any:
    if node.op == "/":
        return left / (right.where(right != 0) if isinstance(right, pd.DataFrame) else right)
    if node.op == "*":
        return left * right
    return left + right if node.op == "+" else left - right


def _mask(measure: SimpleMeasure, rows: pd.DataFrame, asked: Filters) -> Any:
    mask = pd.Series(True, index=rows.index)
    for each in measure.filters:
        column = rows[each.column.rpartition(".")[2]]
        if each.op is FilterOp.IS_NOT_NULL:
            mask &= column.notna()
        elif each.op in AFTER and each.values[0] in rows.columns:
            mask &= AFTER[each.op](column, rows[each.values[0]])
        elif each.op in AFTER:
            mask &= AFTER[each.op](column, float(each.values[0]))
        elif each.values == ("true",):
            mask &= column.fillna(False).astype(bool)
        else:
            mask &= column.isin(each.values)
    for name, values in asked:
        mask &= rows[name].isin(values)
    return mask


def _aggregate(measure: SimpleMeasure, rows: pd.DataFrame, keys: list[str]) -> pd.Series[Any]:
    grouped = rows.groupby(keys)[measure.column]
    if measure.agg is Aggregation.COUNT:
        return grouped.count()
    if measure.agg is Aggregation.COUNT_DISTINCT:
        return grouped.nunique()
    if measure.agg is Aggregation.SUM:
        return grouped.sum(min_count=1)
    if measure.agg is Aggregation.AVG:
        return grouped.mean()
    if measure.agg in (Aggregation.AVG_OF_DAILY_SUM, Aggregation.LAST_DAILY_SUM):
        daily = rows.groupby([*keys, measure.time])[measure.column].sum().reset_index(measure.time, drop=True)
        level = daily.groupby(keys)
        return level.mean() if measure.agg is Aggregation.AVG_OF_DAILY_SUM else level.last()
    scale = rows[measure.by] / 100 if measure.by else 1.0
    known = rows[rows[measure.column].notna() & rows[measure.weight].notna()]
    weighted = (known[measure.column] / scale * known[measure.weight]).groupby([known[key] for key in keys]).sum()
    return weighted / known.groupby(keys)[measure.weight].sum()
