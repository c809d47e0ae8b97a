"""From a row back to every figure it fed: the inverse of the listings, in Python, from the row's own facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from kpis.engine.derived import base_tables
from kpis.engine.derived.dates import Dates
from kpis.engine.plan import measure_tables, plan_kpi
from kpis.engine.sources import scope_table
from kpis.engine.specs import Aggregation, Scope, ScopeKind, SimpleMeasure
from kpis.engine.tracing.belonging import cell, inside, kinds_of, lies_in, narrowed, passes, scopes_of
from kpis.engine.tracing.rules import VALID, used_rows
from kpis.engine.tracing.shapes import Cells, Fed
from kpis.engine.windows import Span, span_of

if TYPE_CHECKING:
    from kpis.engine.grammar import MeasureRef
    from kpis.engine.specs import Library, Params
    from kpis.engine.tracing.facts import Facts
    from kpis.engine.tracing.shapes import Key, Organisation
    from omnichannel.core.periods import Period

# through which column a row of the table belongs to a customer, for all measures that count customers
OF_CUSTOMER = ("orders", "contacts", "interactions", "customers")


def figures_of(
    library: Library,
    facts: Facts,
    *,
    table: str,
    key: Key,
    periods: Iterable[Period],
    organisation: Callable[[Period], Organisation],
    params: Params | None = None,
    kpis: Collection[str] | None = None,
) -> list[Fed]:
    """Return every figure of the periods that the row is behind, and by which operand, sorted.

    Exactly those whose listing holds the row: as a row that adds, as one of a customer who is counted or ranked, or as
    evidence. A row that only says where somebody belongs (a unit, an employee) or is looked up through a reference (a
    product) is behind none. Empty for a row that is not there.
    """
    cells = facts.row(library.tables[table], key)
    if cells is None:
        return []
    users = _users(library, kpis)
    found: list[Fed] = []
    for period in periods:
        row = _Row(library, facts, params or library.params, table, key, cells, period, organisation)
        for ref, names in users.items():
            scopes = _scopes(row, ref, span_of(period, ref.window))
            for kpi, kinds in names if scopes else ():
                allowed = kinds(row.org.has_employees)
                found += [Fed(kpi, period, scope, ref) for scope in scopes if scope.kind in allowed]
    return sorted(found)


Kinds = Callable[[bool], frozenset[ScopeKind]]


def _users(library: Library, kpis: Collection[str] | None) -> Mapping[MeasureRef, list[tuple[str, Kinds]]]:
    """Return every reference with the KPIs that read it, and the kinds of scopes where those have figures."""
    found: dict[MeasureRef, list[tuple[str, Kinds]]] = defaultdict(list)
    for kpi in library.kpis if kpis is None else kpis:
        refs = plan_kpi(library, kpi).refs
        for ref in refs:
            found[ref].append((kpi, _kinds(library, refs)))
    return found


def _kinds(library: Library, refs: Sequence[MeasureRef]) -> Kinds:
    known: dict[bool, frozenset[ScopeKind]] = {}

    def kinds(has_employees: bool) -> frozenset[ScopeKind]:
        if has_employees not in known:
            each = [kinds_of(library, ref, has_employees=has_employees) for ref in refs]
            known[has_employees] = frozenset.intersection(*each)
        return known[has_employees]

    return kinds


@dataclass
class _Row:
    """The row asked about and what belongs to it, in the organisation of one period."""

    library: Library
    facts: Facts
    params: Params
    table: str
    key: Key
    cells: Cells
    period: Period
    organisation: Callable[[Period], Organisation]

    @cached_property
    def org(self) -> Organisation:
        """Return who belonged where; asked for only when the row counts in the period at all."""
        return self.organisation(self.period)

    def scopes(self, table: str, cells: Cells) -> frozenset[Scope]:
        """Return whose figures a row counts for."""
        return scopes_of(self.library.tables[table], cells, self.org)

    def is_me(self, table: str, cells: Cells) -> bool:
        """Tell whether a row is the one asked about."""
        return table == self.table and tuple(cells[name] for name in self.library.tables[table].key) == self.key

    @cached_property
    def of_customer(self) -> Mapping[str, Sequence[Cells]]:
        """Return the rows of the same customer, by table."""
        customer = self.cells.get("customer_id") if self.table in OF_CUSTOMER else None
        if customer is None:
            return {}
        return {table: self.facts.where(table, "customer_id", customer) for table in OF_CUSTOMER}


def _scopes(row: _Row, ref: MeasureRef, span: Span) -> frozenset[Scope]:
    """Return the scopes at which the row stands behind the reference."""
    measure = row.library.measures[ref.measure]
    if any(not row.facts.has(table) for table in measure_tables(measure)):
        return frozenset()
    if isinstance(measure, SimpleMeasure):
        return _simple(row, measure, ref, span) if measure.table == row.table else frozenset()
    if row.table not in measure.tables:
        return frozenset()
    if measure.id == "nps_value":
        return _answer(row, ref, span)
    if measure.id == "attributed_sales":
        return _credited(row, ref, span)
    return frozenset(_customers(row, ref, span)) if row.of_customer else frozenset()


def _simple(row: _Row, measure: SimpleMeasure, ref: MeasureRef, span: Span) -> frozenset[Scope]:
    joined = _joined(row, measure, row.cells)
    if joined is None or not lies_in(row.library, measure, joined, span):
        return frozenset()
    if not passes(row.library, measure, joined, ref.filters):
        return frozenset()
    spec = scope_table(row.library, measure)
    scopes = scopes_of(spec, joined[spec.id], row.org)
    if measure.agg is not Aggregation.LAST_DAILY_SUM:
        return scopes
    day, last = _day(cell(row.library, measure, joined, measure.time)), _last_days(row, measure, ref, span)
    return frozenset(scope for scope in scopes if last.get(scope) == day)


def _joined(row: _Row, measure: SimpleMeasure, cells: Cells) -> dict[str, Cells] | None:
    """Return the row with those it refers to; one that is not there is all empty."""
    joined: dict[str, Cells] = {measure.table: cells}
    spec = row.library.tables[measure.table]
    for other in measure_tables(measure):
        if other == measure.table:
            continue
        column = next(each for each in spec.columns if each.ref.startswith(f"{other}."))
        target = row.library.tables[other]
        found = row.facts.where(other, column.ref.split(".")[1], cells[column.name])
        joined[other] = found[0] if found else dict.fromkeys((each.name for each in target.columns), None)
    return joined


def _last_days(row: _Row, measure: SimpleMeasure, ref: MeasureRef, span: Span) -> Mapping[Scope, date]:
    """Return the last day with a figure at each scope."""
    last: dict[Scope, date] = {}
    for cells in row.facts.whole(measure.table):
        joined = {measure.table: cells}
        if cells[measure.column] is None or not lies_in(row.library, measure, joined, span):
            continue
        if passes(row.library, measure, joined, ref.filters):
            day = _day(cells[measure.time])
            for scope in row.scopes(measure.table, cells):
                last[scope] = max(last.get(scope, day), day)
    return last


def _day(moment: date | datetime) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _answer(row: _Row, ref: MeasureRef, span: Span) -> frozenset[Scope]:
    cells = row.cells
    counts = cells["kind"] == "nps" and cells["score"] is not None and cells["scale_max"] > 0
    if (
        not counts
        or not inside(cells["date"], span)
        or not narrowed(row.library.tables["surveys"], [cells], ref.filters)
    ):
        return frozenset()
    return row.scopes("surveys", cells)


def _credited(row: _Row, ref: MeasureRef, span: Span) -> frozenset[Scope]:
    """Return the scopes of the touches of the row's order that earned something; of a touch its own."""
    order = next(iter(row.facts.where("orders", "order_id", row.cells["order_id"])), None)
    if order is None or order["status"] not in VALID or not inside(order["paid_at"], span):
        return frozenset()
    back = timedelta(days=row.params.attribution_window_days)
    touches = row.facts.where("order_touches", "order_id", row.cells["order_id"])
    near = [each for each in touches if order["paid_at"] - back <= each["touched_at"] <= order["paid_at"]]
    near.sort(key=lambda each: (each["touched_at"], each["seq"]))
    model = row.params.attribution_model
    earning = near[-1:] if model == "last_touch" else near[:1] if model == "first_touch" else near
    earning = narrowed(row.library.tables["order_touches"], earning, ref.filters)
    if row.table == "order_touches":
        earning = [each for each in earning if row.is_me("order_touches", each)]
    return frozenset(scope for each in earning for scope in row.scopes("order_touches", each))


def _customers(row: _Row, ref: MeasureRef, span: Span) -> Iterator[Scope]:
    """Yield the scopes at which the row's customer (or contact) counts and the row is among the reasons."""
    on = Dates.of(span, row.params)
    by_contact = ref.measure == "activated_n"
    for scope, tables in _narrowed(row, ref):
        groups: Iterable[Mapping[str, Sequence[Cells]]] = [tables]
        if by_contact:
            groups = [{**tables, "contacts": [contact]} for contact in tables["contacts"]]
        for group in groups:
            used = used_rows(ref.measure, group, on, row.params)
            if used is not None and any(row.is_me(row.table, each) for each in used.get(row.table, ())):
                yield scope
                break


def _narrowed(row: _Row, ref: MeasureRef) -> Iterator[tuple[Scope, dict[str, Sequence[Cells]]]]:
    """Yield every scope with the customer's rows as an algorithm sees them there: base rows narrowed, others whole."""
    bases = base_tables(ref.measure)
    by_scope: dict[Scope, dict[str, list[Cells]]] = defaultdict(lambda: defaultdict(list))
    for table in bases:
        for cells in narrowed(row.library.tables[table], list(row.of_customer[table]), ref.filters):
            for scope in row.scopes(table, cells):
                by_scope[scope][table].append(cells)
    others = {table: rows for table, rows in row.of_customer.items() if table not in bases}
    for scope, tables in by_scope.items():
        yield scope, {**others, **{table: tables[table] for table in bases}}
