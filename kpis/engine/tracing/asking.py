"""One question of a trace: a measure reference in a period, at one scope or at all scopes of some kinds.

Ibis takes longer to compile a query than DuckDB to answer it. So listings are built of stand-ins for the dates, the
scope and the entities, compiled once per process, and the actual ones are written into the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import ibis

from kpis.engine.context import Context
from kpis.engine.derived.dates import Dates
from kpis.engine.plan import measure_tables, missing_table, scope_kinds
from kpis.engine.relations import PLACE
from kpis.engine.scoping import ScopeRequest, Scoping
from kpis.engine.sources import TEMPORAL, Coverage, column_spec
from kpis.engine.specs import Aggregation, Scope, ScopeKind, SimpleMeasure, TableSpec
from kpis.engine.windows import Span, span_of

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kpis.engine.grammar import MeasureRef
    from kpis.engine.specs import Measure, Params
    from kpis.engine.tracing.shapes import TraceWorld
    from omnichannel.core.periods import Period

SCOPED = ("_kind", "_scope")
# stand-ins: no row is that late, no id is written with these characters
_FIRST = date(8000, 1, 1)
_WRITTEN = re.compile(rf"\b{_FIRST.year}, 1, (\d+)\b")
_SCOPE = "\x1fscope\x1f"
IDS = "\x1fids\x1f"
STAND_IN = Dates(*(_FIRST + timedelta(days=place) for place in range(len(fields(Dates)))))
STAND_IN_SPAN = Span(STAND_IN.start, STAND_IN.end, STAND_IN.before)


@dataclass(frozen=True)
class Asking:
    """A reference in its context. With `only` every row is of that scope; else rows are repeated for all scopes.

    `span` and `on` are the actual dates; what builds queries uses `STAND_IN` and `STAND_IN_SPAN` instead.
    """

    context: Context
    ref: MeasureRef
    span: Span
    only: Scope | None

    @property
    def measure(self) -> Measure:
        """Return the definition of the measure asked for."""
        return self.context.library.measures[self.ref.measure]

    @property
    def params(self) -> Params:
        """Return the parameters of the algorithms."""
        return self.context.params

    @cached_property
    def on(self) -> Dates:
        """Return the dates that the algorithms compare with."""
        return Dates.of(self.span, self.params)

    @property
    def scoped(self) -> tuple[str, ...]:
        """Return the columns that say whose a row is; none when all rows are of one scope."""
        return SCOPED if self.only is None else ()

    @property
    def entity(self) -> tuple[str, ...]:
        """Return the columns that name an entity."""
        return (*self.scoped, "_entity")

    @property
    def missing(self) -> str:
        """Return the first table of the measure that was never loaded, or an empty string."""
        return missing_table(self.context, self.ref)

    @property
    def kinds(self) -> frozenset[ScopeKind]:
        """Return the asked kinds of scopes that the measure's tables carry."""
        return scope_kinds(self.context, self.ref)

    @cached_property
    def periods(self) -> tuple[str, ...]:
        """Return the `period` cells that belong to the window, for a measure whose time is such a cell."""
        measure = self.measure
        if not isinstance(measure, SimpleMeasure):
            return ()
        if column_spec(self.context.library, measure, measure.time).type in TEMPORAL:
            return ()
        or_around = measure.agg is Aggregation.AVG
        return tuple(self.context.coverage.periods(measure.table, measure.time, self.span, or_around=or_around))

    @cached_property
    def signature(self) -> object:
        """Return what two askings have in common whose compiled queries differ by stand-ins alone."""
        library, relations = self.context.library, self.context.relations
        kinds = self.context.scoping.request.kinds if self.only is None else self.only.kind
        tables = [*measure_tables(self.measure), "employees"]
        layouts = tuple((table, relations.layout(table)) for table in tables)
        return library.version, self.measure, self.ref, self.params, kinds, self.periods, layouts

    def written(self, sql: str, *, ids: Sequence[str] = ()) -> str:
        """Return compiled SQL with the dates, the scope and the entities of this asking in the places of stand-ins."""
        days = [getattr(self.on, each.name) for each in fields(Dates)]

        def day(match: re.Match[str]) -> str:
            found: date = days[int(match[1]) - 1]
            return f"{found.year}, {found.month}, {found.day}"

        # ids last: they are data and might look like anything
        dated = _WRITTEN.sub(day, sql)
        scope = _quoted(self.only.id) if self.only is not None else ""
        parts = [part.replace(_quoted(_SCOPE), scope) for part in dated.split(_quoted(IDS))]
        return ", ".join(_quoted(each) for each in ids).join(parts) if len(parts) > 1 else parts[0]

    def spec(self, table: str) -> TableSpec:
        """Return the definition of a table."""
        return self.context.library.tables[table]

    def table(self, name: str) -> ir.Table:
        """Return a loaded table with the place of every row; LookupError for one never loaded."""
        table = self.context.relations.table(name)
        if table is None:
            raise LookupError(f"{name} is not loaded")
        return table

    def spread(self, rows: ir.Table, spec: TableSpec, keep: Sequence[str], *, prefix: str = "") -> ir.Table:
        """Return the kept columns of the rows of the scope; without one, of all rows once per scope."""
        scoping = self.context.scoping
        if self.only is None:
            return scoping.spread(rows, spec, keep, prefix=prefix)
        if self.only.kind is ScopeKind.COMPANY:
            return rows.select(*keep)
        found = scoping.spread_over(rows, spec, self.only.kind, keep, prefix=prefix)
        return found.filter(found["_scope"] == ibis.literal(_SCOPE)).select(*keep)

    def columns(self, table: str) -> list[str]:
        """Return the canonical columns of a table and those that say where a row came from."""
        return [*(column.name for column in self.spec(table).columns), *PLACE]

    def has(self, table: str, span: Span) -> bool:
        """Tell whether the table has a row in the span."""
        return self.context.coverage.has(table, span.start, span.end)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def ask(world: TraceWorld, ref: MeasureRef, *, period: Period, scope: Scope) -> Asking:
    """Ask for one scope."""
    return Asking(_context(world, period, frozenset({scope.kind})), ref, span_of(period, ref.window), scope)


def ask_everywhere(world: TraceWorld, ref: MeasureRef, *, period: Period, kinds: frozenset[ScopeKind]) -> Asking:
    """Ask for all scopes of the kinds."""
    return Asking(_context(world, period, kinds), ref, span_of(period, ref.window), None)


def _context(world: TraceWorld, period: Period, kinds: frozenset[ScopeKind]) -> Context:
    scoping = Scoping(world.library, world.relations, world.units, ScopeRequest(kinds))
    coverage = Coverage(world.relations, world.library)
    return Context(world.library, world.relations, scoping, coverage, period, world.used)


def first_of(group: Sequence[ir.Value | str], order: Sequence[ir.Value | str]) -> ir.BooleanValue:
    """Return where a row is the first of its group."""
    number: ir.BooleanValue = ibis.row_number().over(ibis.window(group_by=list(group), order_by=list(order))) == 0
    return number
