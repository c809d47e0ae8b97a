"""The rows behind a stored figure, each with the upload that brought it, and the figures that a row fed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from kpis.choices import ComputationKind
from kpis.engine.grammar import MeasureRef
from kpis.engine.plan import measure_tables, plan_kpi
from kpis.engine.scoping import SUBJECT_TABLES, UnitTree
from kpis.engine.specs import Library, Scope, ScopeKind, SimpleMeasure
from kpis.engine.tracing import (
    PAGE,
    OperandTrace,
    RowPage,
    Trace,
    TracedRow,
    TraceWorld,
    operand_page,
    trace,
)
from kpis.models import Computation, Upload
from kpis.queries.definitions import library_at
from kpis.queries.provenance import fact_lines
from kpis.queries.subjects import FIGURE_THINGS
from kpis.queries.uploads import last_change
from kpis.queries.warehouse import open_relations, unit_tree_for_engine
from omnichannel.core.periods import Period
from roles.choices import PAY
from roles.queries.org_chart import organisation_changed_at

_NOBODY = UnitTree(frozenset())


@dataclass(frozen=True, slots=True)
class Opened:
    """What a trace reads. `known_at` is the moment whose uploads count, None: those that count now.

    `is_changed`: uploads have come or gone since the figures of the period were computed, so `known_at` is that moment.
    """

    world: TraceWorld
    period: Period
    known_at: datetime | None
    is_changed: bool


@dataclass(frozen=True, slots=True)
class TracedValue:
    """A figure taken apart, and how it was known."""

    trace: Trace
    known_at: datetime | None
    is_changed: bool


@dataclass(frozen=True, slots=True)
class RowBehind:
    """A row behind a figure with the upload that brought it; None for what is kept in the organisation.

    `traced.cells` are without pay unless it may be seen.
    """

    traced: TracedRow
    upload: Upload | None


@dataclass(frozen=True, slots=True)
class RowsBehind:
    """One page of the rows behind an operand, and what all of them add up to."""

    operand: OperandTrace
    page: RowPage
    rows: tuple[RowBehind, ...]
    known_at: datetime | None
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What has come since a period's figures were computed.

    `known_at` is the moment whose uploads they rest on; None: those that count now. `is_changed`: uploads came or went
    since. `is_reorganised`: the organisation changed, so that rows may add up otherwise: it is kept as known now only.
    """

    known_at: datetime | None
    is_changed: bool = False
    is_reorganised: bool = False


def computed_world(period: Period, *, at: datetime | None = None) -> Standing:
    """Return what the period's figures rest on, as they are stored now or were stored at a moment."""
    runs = Computation.objects.filter(kind=ComputationKind.VALUES, periods__contains=[str(period)])
    last = (runs if at is None else runs.filter(finished_at__lte=at)).first()
    if last is None:
        return Standing(at)
    changed = organisation_changed_at(on=period.last_day, among=FIGURE_THINGS)
    moved = changed is not None and changed > last.started_at
    if last.upload_seq >= last_change():
        return Standing(None, is_reorganised=moved)
    return Standing(last.started_at, is_changed=True, is_reorganised=moved)


@contextmanager
def open_trace(
    refs: Sequence[MeasureRef],
    *,
    period: Period,
    scope: Scope,
    known_at: datetime | None = None,
    library: Library | None = None,
) -> Iterator[Opened]:
    """Open only what the references read, as it was known when the period's figures were computed, or at `known_at`.

    The organisation is that of the period's last day. `library` replaces the definitions of that day (a narrowed one).
    """
    is_changed = False
    if known_at is None:
        standing = computed_world(period)
        known_at, is_changed = standing.known_at, standing.is_changed
    found = library or library_at(period.last_day, known_at=known_at)
    day = period.last_day
    only = _tables(found, refs, scope)
    units = _within(scope.id, unit_tree_for_engine(day)) if scope.kind is ScopeKind.UNIT else _NOBODY
    relations = open_relations(as_of=day, known_at=known_at, only=only, provenance=True)
    try:
        yield Opened(TraceWorld(found, relations, units), period, known_at, is_changed)
    finally:
        relations.close()


def _within(unit: str, units: UnitTree) -> UnitTree:
    return UnitTree(frozenset(pair for pair in units.closure if pair[0] == unit))


def _tables(library: Library, refs: Sequence[MeasureRef], scope: Scope) -> set[str]:
    """Return the tables to open. People are asked for only where their unit says which unit a row counts for."""
    measures = [library.measures[ref.measure] for ref in refs]
    found = {table for measure in measures for table in measure_tables(measure)}
    # a table's days are told by all its measures, some of which read their time from another table
    for measure in library.measures.values():
        if isinstance(measure, SimpleMeasure) and measure.table in found and "." in measure.time:
            found.add(measure.time.split(".")[0])
    if scope.kind is ScopeKind.UNIT and any(_needs_people(library, table) for table in found):
        found.add("employees")
    return found


def _needs_people(library: Library, table: str) -> bool:
    scopes = library.tables[table].scopes
    return table in SUBJECT_TABLES or (ScopeKind.EMPLOYEE in scopes and ScopeKind.UNIT not in scopes)


def trace_value(
    kpi: str, period: Period, scope: Scope, *, known_at: datetime | None = None, library: Library | None = None
) -> TracedValue:
    """Take a figure apart into its operands as their rows add up. KeyError for an unknown KPI."""
    found = library or library_at(period.last_day, known_at=known_at)
    refs = plan_kpi(found, kpi).refs
    with open_trace(refs, period=period, scope=scope, known_at=known_at, library=library) as opened:
        traced = trace(opened.world, kpi=kpi, period=period, scope=scope)
        return TracedValue(traced, opened.known_at, opened.is_changed)


def rows_behind(
    kpi: str,
    period: Period,
    scope: Scope,
    *,
    operand_index: int,
    after: int = 0,
    limit: int | None = PAGE,
    known_at: datetime | None = None,
    library: Library | None = None,
    with_pay: bool = False,
) -> RowsBehind:
    """Return a page of the rows behind the n-th operand of a KPI's formula (`plan_kpi(library, kpi).refs`).

    IndexError for an operand the formula does not have, KeyError for an unknown KPI. An operand that has no rows to
    give (table never loaded, not at this scope) has an empty page and its reason.
    """
    found = library or library_at(period.last_day, known_at=known_at)
    ref = plan_kpi(found, kpi).refs[operand_index]
    with open_trace([ref], period=period, scope=scope, known_at=known_at, library=library) as opened:
        added, page = operand_page(opened.world, ref, period=period, scope=scope, after=after, limit=limit)
    uploads = uploads_of(page.rows)
    rows = tuple(
        RowBehind(_shown(row, with_pay=with_pay), uploads.get(row.seq or 0)) for row in _located(page.rows, found)
    )
    return RowsBehind(added, page, rows, opened.known_at, opened.is_changed)


def uploads_of(rows: Sequence[TracedRow]) -> Mapping[int, Upload]:
    """Return the uploads that brought the rows, by their place in the order, in one query."""
    places = {row.seq for row in rows if row.seq is not None}
    found = Upload.objects.filter(seq__in=places).select_related("workspace")
    return {upload.seq: upload for upload in found if upload.seq is not None}


def _located(rows: Sequence[TracedRow], library: Library) -> Iterator[TracedRow]:
    """Yield the rows with their sheet and line, which facts kept in PostgreSQL do not carry themselves."""
    facts: dict[str, set[tuple[object, ...]]] = {}
    for row in rows:
        if row.line is None and row.seq is not None:
            facts.setdefault(row.table, set()).add((row.seq, *row.key))
    found = {table: fact_lines(library.tables[table], wanted) for table, wanted in facts.items()}
    for row in rows:
        sheet, line = found.get(row.table, {}).get((row.seq, *row.key), (row.sheet, row.line))
        yield row if line == row.line else replace(row, sheet=sheet, line=line)


def _shown(row: TracedRow, *, with_pay: bool) -> TracedRow:
    if with_pay or not PAY & row.cells.keys():
        return row
    return replace(row, cells={name: cell for name, cell in row.cells.items() if name not in PAY})
