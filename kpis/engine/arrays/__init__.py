"""Measures of many periods in one pass over the rows, on the embedded engine: integer codes and numpy arrays.

The same figures as `kpis.engine.simple` and `kpis.engine.derived` give period by period on any engine Ibis speaks to.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from kpis.engine.arrays.customers import Derived, Families, families_of
from kpis.engine.arrays.entities import distinct_grids, stock_distinct_grids
from kpis.engine.arrays.flows import flow_grids
from kpis.engine.arrays.kept import Kept
from kpis.engine.arrays.levels import daily_grids, stock_grids
from kpis.engine.arrays.totals import DISTINCT
from kpis.engine.arrays.work import Asked, Work
from kpis.engine.grids import Missing
from kpis.engine.plan import missing_table, reported_kinds, scope_kinds
from kpis.engine.simple import group_of
from kpis.engine.specs import NoData, ScopeKind, SimpleMeasure

if TYPE_CHECKING:
    from kpis.engine.arrays.orders import Orders
    from kpis.engine.grammar import MeasureRef
    from kpis.engine.plan import PlannedKpi

Kinds = frozenset[ScopeKind]
Groups = list[tuple[str, str, list[Asked]]]  # table, form, what is asked


def measure_grids(work: Work, planned: Sequence[PlannedKpi]) -> None:
    """Compute every measure reference of the KPIs, at the kinds of scopes where somebody reads it."""
    reported: dict[MeasureRef, Kinds] = {}
    for ref in sorted({ref for kpi in planned for ref in kpi.refs}):
        work.grids.kinds[ref] = scope_kinds(work.context, ref)
        if table := missing_table(work.context, ref):
            work.grids.missing[ref] = Missing(NoData.TABLE_MISSING, table)
        else:
            reported[ref] = reported_kinds(work.context, ref, planned)
    kept = Kept(work)
    groups = _simple_groups(work, {ref: kinds for ref, kinds in reported.items() if _is_simple(work, ref)})
    groups = [group for group in groups if not kept.recall(group[-1])]
    families = families_of(work, {ref: kinds for ref, kinds in reported.items() if not _is_simple(work, ref)})
    families = {measures: asked for measures, asked in families.items() if not kept.recall(asked)}
    # of several periods the rows of orders go before those of others are read; one has few, and threads to be kept busy
    first = [group for group in groups if group[0] == "orders" or len(work.periods) == 1]
    _of_orders(work, kept, families, first)
    for group in groups:
        if group not in first:
            _, form, asked = group
            with kept.keeping(asked):
                _simple(work, form, asked, None)
    work.relations.release()
    kept.trim()


def _of_orders(work: Work, kept: Kept, families: Families, groups: Groups) -> None:
    """Compute what follows customers through time, and sums beside it."""
    derived = Derived.of(work, families, groups)
    with ThreadPoolExecutor(1) as pool:
        begun = derived.begin(work, pool)
        for _, form, asked in groups:
            with kept.keeping(asked):
                _simple(work, form, asked, derived.orders)
        work.relations.release()
        derived.compute(work, kept, begun)


def _is_simple(work: Work, ref: MeasureRef) -> bool:
    return isinstance(work.library.measures[ref.measure], SimpleMeasure)


def _simple_groups(work: Work, refs: dict[MeasureRef, Kinds]) -> Groups:
    """Put simple measures of one table and time together, whatever their windows."""
    groups: dict[tuple[str, str, str, str], list[Asked]] = defaultdict(list)
    for ref, kinds in refs.items():
        group = group_of(_measure(work, ref), "")
        groups[group.table, group.time, group.end, group.form].append(work.asked(ref, kinds))
    return [(table, form, asked) for (table, _, _, form), asked in groups.items()]


def _simple(work: Work, form: str, asked: Sequence[Asked], orders: Orders | None) -> None:
    distinct = [each for each in asked if _measure(work, each.ref).agg in DISTINCT]
    if form == "stock":
        stock_grids(work, asked)
        if distinct:
            stock_distinct_grids(work, distinct)
    elif form == "daily":
        daily_grids(work, asked)
    else:
        flow_grids(work, asked)
        if distinct:
            distinct_grids(work, distinct, orders)


def _measure(work: Work, ref: MeasureRef) -> SimpleMeasure:
    measure = work.library.measures[ref.measure]
    if not isinstance(measure, SimpleMeasure):
        raise TypeError(f"{measure.id} is not a simple measure")
    return measure
