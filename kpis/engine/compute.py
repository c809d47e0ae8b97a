"""Definitions and tables in, values out: plan the KPIs, compute each measure once for all scopes, then the formulas."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from kpis.engine.arithmetic import Board, Names, evaluate
from kpis.engine.arrays import measure_grids
from kpis.engine.arrays.work import Work
from kpis.engine.blocks import Column, ValueBlock, unavailable
from kpis.engine.bounds import bounds_of
from kpis.engine.context import Context
from kpis.engine.derived import derived_results
from kpis.engine.grammar import MeasureRef
from kpis.engine.grids import Grids, from_results
from kpis.engine.plan import PlannedKpi, missing_table, plan_kpi, reported_kinds, scope_kinds
from kpis.engine.results import KINDS, MeasureResult, Quantity
from kpis.engine.scoping import LISTED, Organisation, ScopeRequest, Scoping, UnitTree, listed_ids
from kpis.engine.simple import simple_results
from kpis.engine.sources import Coverage
from kpis.engine.specs import Library, NoData, Params, ScopeKind, SimpleMeasure, Value

if TYPE_CHECKING:
    from kpis.engine.grids import Codes
    from kpis.engine.ratios import Flags
    from kpis.engine.relations import Relations
    from omnichannel.core.periods import Period

# values that are laid out at the same time: bounds the memory of many periods
_AT_ONCE = 2_000_000


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
    (block,) = compute_periods(
        library,
        kpis=kpis,
        periods=[period],
        scopes=scopes,
        relations=relations,
        organisation_of=lambda _period: Organisation(units),
        params=params,
    )
    return list(block)


def compute_periods(
    library: Library,
    *,
    kpis: Sequence[str],
    periods: Iterable[Period],
    scopes: ScopeRequest,
    relations: Relations,
    organisation_of: Callable[[Period], Organisation],
    params: Params | None = None,
) -> Iterator[ValueBlock]:
    """Compute the KPIs for many periods over the same rows, as `compute_values` would for each, but in one pass.

    Periods of one grain are computed together and come sorted by their start. On an engine that does not run in this
    process they are computed one after the other.
    """
    planned = [plan_kpi(library, kpi) for kpi in dict.fromkeys(kpis)]
    used = params or library.params
    for chunk in _together(periods, organisation_of):
        if relations.is_embedded:
            with bounds_of():
                work = Work(library, relations, scopes, chunk, used)
                measure_grids(work, planned)
                listed = _all_scopes(work)
            yield from _blocks(planned, work.grids, scopes, work.periods, listed)
            continue
        for period, organisation in chunk:
            if organisation.frames is not None:
                relations.replace_frames(organisation.frames)
            with bounds_of():
                context = _context(library, period, scopes, relations, organisation.units, used)
                grids = from_results(measure_results(context, planned), scopes.kinds)
                found = _Reported(context, grids).at(0, organisation)
            yield from _blocks(planned, grids, scopes, [period], {kind: [ids] for kind, ids in found.items()})


def _together(
    periods: Iterable[Period], organisation_of: Callable[[Period], Organisation]
) -> list[list[tuple[Period, Organisation]]]:
    """Put periods together that follow each other in time and whose organisations have the same tables."""
    chunks: dict[tuple[object, ...], list[tuple[Period, Organisation]]] = defaultdict(list)
    for period in sorted(set(periods)):
        organisation = organisation_of(period)
        frames = None if organisation.frames is None else frozenset(organisation.frames)
        chunks[period.grain, frames].append((period, organisation))
    return list(chunks.values())


def _context(
    library: Library, period: Period, scopes: ScopeRequest, relations: Relations, units: UnitTree, params: Params
) -> Context:
    scoping = Scoping(library, relations, units, scopes)
    return Context(library, relations, scoping, Coverage(relations, library), period, params)


def measure_results(context: Context, planned: Sequence[PlannedKpi]) -> dict[MeasureRef, MeasureResult]:
    """Compute every measure reference of the KPIs for one period, on any engine that Ibis speaks to."""
    refs = sorted({ref for kpi in planned for ref in kpi.refs})
    results: dict[MeasureRef, MeasureResult] = {}
    for ref in refs:
        if table := missing_table(context, ref):
            nothing = Quantity(None, reason=NoData.TABLE_MISSING, detail=table)
            results[ref] = MeasureResult.of(scope_kinds(context, ref), {}, nothing)
    loaded = {ref: reported_kinds(context, ref, planned) for ref in refs if ref not in results}
    simple = {ref for ref in loaded if isinstance(context.library.measures[ref.measure], SimpleMeasure)}
    results.update(simple_results(context, {ref: kinds for ref, kinds in loaded.items() if ref in simple}))
    results.update(derived_results(context, {ref: kinds for ref, kinds in loaded.items() if ref not in simple}))
    return results


def _all_scopes(work: Work) -> dict[ScopeKind, list[list[str]]]:
    found: dict[ScopeKind, list[list[str]]] = defaultdict(list)
    reported = _Reported(work.context, work.grids)
    for period, organisation in enumerate(work.organisations):
        work.turn_to(period)
        for kind, ids in reported.at(period, organisation).items():
            found[kind].append(ids)
    return found


class _Reported:
    """Every scope to report on: those asked for by id, else all that are listed or have a figure.

    Most periods have the organisation and the scopes of the one before: these are listed once.
    """

    def __init__(self, context: Context, grids: Grids) -> None:
        self.context = context
        self.grids = grids
        self._listed: dict[ScopeKind, tuple[object, Codes]] = {}
        self._last: dict[ScopeKind, tuple[Flags, list[str]]] = {}

    def at(self, period: int, organisation: Organisation) -> dict[ScopeKind, list[str]]:
        """Return the ids of a period by kind, sorted; the small tables of the period are shown."""
        request = self.context.scoping.request
        found: dict[ScopeKind, list[str]] = {}
        for kind in KINDS:
            wanted = request.wanted(kind)
            if kind not in request.kinds:
                continue
            if kind is ScopeKind.COMPANY:
                found[kind] = [""]
            else:
                found[kind] = self._all(kind, period, organisation) if wanted is None else sorted(wanted)
        return found

    def _all(self, kind: ScopeKind, period: int, organisation: Organisation) -> list[str]:
        listed, axis = self._codes(kind, organisation), self.grids.axes[kind]
        here = np.zeros(len(axis), dtype=bool)
        here[listed] = True
        if kind in self.grids.seen:
            seen = self.grids.seen[kind][period]
            here[: len(seen)] |= seen
        before, ids = self._last.get(kind, (None, []))
        if before is None or not np.array_equal(before, here):
            ids = sorted(axis.ids[code] for code in np.flatnonzero(here).tolist())
            self._last[kind] = here, ids
        return ids

    def _codes(self, kind: ScopeKind, organisation: Organisation) -> Codes:
        """Return the numbers of what is listed: anew where the list is another one than that of the period before."""
        table, _ = LISTED.get(kind, ("", ""))
        source = organisation.units.closure if kind is ScopeKind.UNIT else (organisation.frames or {}).get(table)
        if kind not in self._listed or self._listed[kind][0] != source:
            relations, library = self.context.relations, self.context.library
            ids = organisation.units.units() if kind is ScopeKind.UNIT else listed_ids(relations, library, kind)
            self._listed[kind] = source, self.grids.axes[kind].codes(ids)
        return self._listed[kind][1]


def _blocks(
    planned: Sequence[PlannedKpi],
    grids: Grids,
    request: ScopeRequest,
    periods: Sequence[Period],
    listed: Mapping[ScopeKind, Sequence[Sequence[str]]],
) -> Iterator[ValueBlock]:
    """Evaluate the formulas, as many periods at a time as fit in memory."""
    codes = {kind: _codes(grids, kind, found) for kind, found in listed.items()}
    names = Names(grids)
    reported = {kind: sum(request.reports(each.kpi, kind) for each in planned) for kind in listed}
    most = max(sum(len(found[at]) * reported[kind] for kind, found in listed.items()) for at in range(len(periods)))
    step = max(1, _AT_ONCE // max(most, 1))
    for first in range(0, len(periods), step):
        some = periods[first : first + step]
        board = Board(names, {kind: found[first : first + step] for kind, found in codes.items()}, first=first)
        columns: list[list[Column]] = [[] for _ in some]
        for kpi in planned:
            for at, column in _columns_of(kpi, board, request):
                columns[at].append(column)
        for period, found in zip(some, columns, strict=True):
            yield ValueBlock(period, tuple(found))


def _codes(grids: Grids, kind: ScopeKind, listed: Sequence[Sequence[str]]) -> list[Codes]:
    """Return the numbers of the scopes of each period; most periods have those of the one before."""
    found: list[Codes] = []
    for at, ids in enumerate(listed):
        found.append(found[-1] if at and ids == listed[at - 1] else grids.axes[kind].codes(ids))
    return found


def _columns_of(planned: PlannedKpi, board: Board, request: ScopeRequest) -> Iterator[tuple[int, Column]]:
    for kind in board.scopes:
        if not request.reports(planned.kpi, kind):
            continue
        absent = next((ref.measure for ref in planned.refs if kind not in board.grids.kinds[ref]), "")
        if not absent:
            yield from enumerate(evaluate(planned, kind, board))
        elif request.keep_unavailable:
            for at, scopes in enumerate(board.named(kind)):
                yield at, unavailable(planned.kpi, kind, scopes, absent)
