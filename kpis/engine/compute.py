"""Definitions and tables in, values out: plan the KPIs, compute each measure once for all scopes, then the formulas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from kpis.engine.arithmetic import Board, evaluate
from kpis.engine.bounds import bounds_of
from kpis.engine.context import Context
from kpis.engine.derived import derived_results
from kpis.engine.grammar import MeasureRef
from kpis.engine.plan import PlannedKpi, missing_table, plan_kpi, scope_kinds
from kpis.engine.results import KINDS, MeasureResult, Quantity
from kpis.engine.scoping import ScopeRequest, Scoping, UnitTree
from kpis.engine.simple import simple_results
from kpis.engine.sources import Coverage
from kpis.engine.specs import Library, NoData, Params, Scope, ScopeKind, SimpleMeasure, Value

if TYPE_CHECKING:
    from kpis.engine.relations import Relations
    from omnichannel.core.periods import Period

Results = Mapping[MeasureRef, MeasureResult]

# where the ids of a scope kind are listed, so that a scope nothing happened in still gets its values
_LISTED = {ScopeKind.EMPLOYEE: ("employees", "employee_id"), ScopeKind.CAMPAIGN: ("campaigns", "campaign_id")}


def compute_values(
    library: Library,
    *,
    kpis: Sequence[str],
    period: Period,
    scopes: ScopeRequest,
    relations: Relations,
    units: UnitTree,
    params: Params | None = None,
) -> list[Value]:
    """Compute the KPIs for one period at the company and at every scope of the asked kinds.

    Sorted by KPI (as asked), then scope kind and id. Every pair has a Value; one without a number says why. `rows`
    is the sum over the KPI's distinct measure references of the table rows each counted (for derived measures: the
    base rows the algorithm looked at). A rerun on the same rows in any order gives identical values.
    """
    planned = [plan_kpi(library, kpi) for kpi in dict.fromkeys(kpis)]
    with bounds_of():
        context = _context(library, period, scopes, relations, units, params)
        results = measure_results(context, planned)
        board = Board(results, _all_scopes(context, units, results))
    return [value for kpi in planned for value in _values_of(context, kpi, board)]


def operands_of(
    library: Library,
    *,
    kpi: str,
    period: Period,
    scope: Scope,
    relations: Relations,
    units: UnitTree,
    params: Params | None = None,
) -> dict[MeasureRef, Quantity]:
    """Return the operands of one KPI at one scope, in formula order: what an explanation puts into the formula."""
    ids = {scope.kind: frozenset({scope.id})}
    request = ScopeRequest(frozenset({scope.kind}), ids)
    planned = plan_kpi(library, kpi)
    with bounds_of():
        context = _context(library, period, request, relations, units, params)
        results = measure_results(context, [planned])
    return {ref: _at(results[ref], scope, ref) for ref in planned.refs}


def _context(
    library: Library,
    period: Period,
    scopes: ScopeRequest,
    relations: Relations,
    units: UnitTree,
    params: Params | None,
) -> Context:
    scoping = Scoping(library, relations, units, scopes)
    coverage = Coverage(relations, library)
    return Context(library, relations, scoping, coverage, period, params or library.params)


def measure_results(context: Context, planned: Sequence[PlannedKpi]) -> Results:
    """Compute every measure reference of the KPIs once."""
    refs = sorted({ref for kpi in planned for ref in kpi.refs})
    results: dict[MeasureRef, MeasureResult] = {}
    for ref in refs:
        if table := missing_table(context, ref):
            nothing = Quantity(None, reason=NoData.TABLE_MISSING, detail=table)
            results[ref] = MeasureResult.of(scope_kinds(context, ref), {}, nothing)
    loaded = {ref: _reported(context, ref, planned) for ref in refs if ref not in results}
    simple = {ref for ref in loaded if isinstance(context.library.measures[ref.measure], SimpleMeasure)}
    results.update(simple_results(context, {ref: kinds for ref, kinds in loaded.items() if ref in simple}))
    results.update(derived_results(context, {ref: kinds for ref, kinds in loaded.items() if ref not in simple}))
    return results


def _reported(context: Context, ref: MeasureRef, planned: Sequence[PlannedKpi]) -> frozenset[ScopeKind]:
    """Return the kinds of scopes at which some KPI with this reference is reported."""
    request = context.scoping.request
    users = [kpi.kpi for kpi in planned if ref in kpi.refs]
    return frozenset(kind for kind in request.kinds if any(request.reports(kpi, kind) for kpi in users))


def _all_scopes(context: Context, units: UnitTree, results: Results) -> dict[ScopeKind, list[Scope]]:
    """Return every scope to report on: those asked for by id, else all that are listed or have a figure."""
    seen: dict[ScopeKind, set[str]] = {kind: set() for kind in KINDS if kind in context.scoping.request.kinds}
    for kind, ids in seen.items():
        wanted = context.scoping.request.wanted(kind)
        if kind is ScopeKind.COMPANY:
            ids.add("")
        elif wanted is not None:
            ids |= wanted
        else:
            ids |= set(units.units()) if kind is ScopeKind.UNIT else _listed(context, kind)
            ids |= {each for result in results.values() for each in result.ids(kind)}
    return {kind: [Scope(kind, each) for each in sorted(ids)] for kind, ids in seen.items()}


def _listed(context: Context, kind: ScopeKind) -> set[str]:
    if kind is ScopeKind.CHANNEL:
        return set(context.library.tables["orders"].column("channel").enum)
    if kind is ScopeKind.ROLE:
        return {role for role, _ in context.library.weights}
    name, column = _LISTED[kind]
    table = context.relations.table(name)
    if table is None:
        return set()
    return {str(row[column]) for row in context.relations.rows(table.select(column).distinct())}


def _values_of(context: Context, planned: PlannedKpi, board: Board) -> Iterable[Value]:
    for kind, scopes in board.scopes.items():
        if not context.scoping.request.reports(planned.kpi, kind):
            continue
        absent = next((ref.measure for ref in planned.refs if kind not in board.results[ref].kinds), "")
        if not absent:
            yield from evaluate(planned, kind, board)
        elif context.scoping.request.keep_unavailable:
            for scope in scopes:
                yield Value(planned.kpi, scope, None, reason=NoData.NOT_AT_SCOPE, detail=absent)


def _at(result: MeasureResult, scope: Scope, ref: MeasureRef) -> Quantity:
    if scope.kind not in result.kinds:
        return Quantity(None, reason=NoData.NOT_AT_SCOPE, detail=ref.measure)
    return result.at(scope)
