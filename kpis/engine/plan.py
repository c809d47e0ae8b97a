"""What a set of KPIs needs: parsed formulas, resolved measure references, and why a reference cannot be computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from kpis.engine.derived import ALGORITHMS, base_tables
from kpis.engine.grammar import BinOp, Call, Formula, MeasureRef, Node, parse_formula
from kpis.engine.simple import STOCKS
from kpis.engine.sources import column_spec, scope_table, tables_of, typed
from kpis.engine.specs import Library, Measure, SimpleMeasure

if TYPE_CHECKING:
    from kpis.engine.context import Context
    from kpis.engine.specs import ScopeKind

SELF = "self"


class PlanError(ValueError):
    """A formula that parses but cannot be computed: `code` says which measure, column or window does not fit."""

    def __init__(self, code: str, ref: MeasureRef, message: str) -> None:
        self.code = code
        self.ref = ref
        super().__init__(f"{ref}: {message}")


@dataclass(frozen=True, slots=True)
class PlannedKpi:
    """A KPI with its formula, `kpi_id=self` resolved to the KPI's own id."""

    kpi: str
    root: Node
    refs: tuple[MeasureRef, ...]
    counted: tuple[MeasureRef, ...]


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Formula:
    return parse_formula(text)


def plan_kpi(library: Library, kpi: str) -> PlannedKpi:
    """Plan one KPI. KeyError for an unknown KPI, FormulaError or PlanError for a formula that cannot be computed."""
    root = _resolved(_parsed(library.kpis[kpi].formula).root, kpi)
    refs = Formula(root).refs()
    for ref in refs:
        check_ref(library, ref)
    return PlannedKpi(kpi, root, refs, _counted(library, refs))


def _counted(library: Library, refs: Sequence[MeasureRef]) -> tuple[MeasureRef, ...]:
    """Return the references whose rows make up the KPI's rows: those that no other reference's rows include.

    One reference includes another when both read the same rows of a table at the same time and it filters less.
    """
    reads = {ref: _read(library, ref) for ref in refs}
    kept: list[MeasureRef] = []
    for ref in refs:
        place, filters = reads[ref]
        others = [reads[other] for other in refs if other not in (ref, *kept)] + [reads[other] for other in kept]
        wider = any(at == place and asked < filters for at, asked in others)
        same = any(reads[other] == reads[ref] for other in kept)
        if not wider and not same:
            kept.append(ref)
    return tuple(kept)


def _read(library: Library, ref: MeasureRef) -> tuple[tuple[str, ...], frozenset[object]]:
    """Return where a reference reads (table, time column, window) and every filter on those rows."""
    measure = library.measures[ref.measure]
    if isinstance(measure, SimpleMeasure):
        return (measure.table, measure.time, measure.end, ref.window), frozenset([*measure.filters, *ref.filters])
    (table, *_more) = base_tables(measure.id)
    flows = [each for each in library.measures.values() if isinstance(each, SimpleMeasure) and each.table == table]
    first = next((each for each in flows if each.agg not in STOCKS), None)
    # an algorithm starts from the valid rows of its base table and looks at known customers only
    valid = first.filters if first is not None and table == "orders" else ()
    return (table, first.time if first else "", "", ref.window), frozenset([*valid, measure.id, *ref.filters])


def _resolved(node: Node, kpi: str) -> Node:
    if isinstance(node, MeasureRef):
        filters = tuple((column, (kpi,) if values == (SELF,) else values) for column, values in node.filters)
        return replace(node, filters=filters)
    if isinstance(node, BinOp):
        return replace(node, left=_resolved(node.left, kpi), right=_resolved(node.right, kpi))
    if isinstance(node, Call):
        return replace(node, args=tuple(_resolved(arg, kpi) for arg in node.args))
    return node


def check_ref(library: Library, ref: MeasureRef) -> None:
    """Refuse a reference the engine cannot compute, with PlanError."""
    measure = library.measures.get(ref.measure)
    if measure is None:
        raise PlanError("unknown_measure", ref, "there is no such measure")
    if isinstance(measure, SimpleMeasure):
        _check_columns(library, ref, measure)
        is_stock = measure.agg in STOCKS
    else:
        is_stock = False
        if measure.id not in ALGORITHMS:
            raise PlanError("no_algorithm", ref, "the engine has no algorithm for this derived measure")
        for table in base_tables(measure.id):
            known = {column.name for column in library.tables[table].columns}
            if unknown := [column for column, _ in ref.filters if column not in known]:
                raise PlanError("unknown_column", ref, f"{table} has no column {unknown[0]}")
    if ref.window == "open" and not is_stock:
        raise PlanError("bad_window", ref, "@open is for stock measures only")


def _check_columns(library: Library, ref: MeasureRef, measure: SimpleMeasure) -> None:
    for name, values in ref.filters:
        try:
            column = column_spec(library, measure, name)
        except KeyError:
            raise PlanError("unknown_column", ref, f"{measure.table} has no column {name}") from None
        for value in values:
            try:
                typed(value, column.type)
            except (ValueError, ArithmeticError, KeyError):
                raise PlanError("bad_value", ref, f"{value!r} is no {column.type} for column {name}") from None


def measure_tables(measure: Measure) -> Sequence[str]:
    """Return every table the measure reads."""
    return tables_of(measure) if isinstance(measure, SimpleMeasure) else measure.tables


def missing_table(context: Context, ref: MeasureRef) -> str:
    """Return the first table of the measure that was never loaded, or an empty string."""
    tables = measure_tables(context.library.measures[ref.measure])
    return next((table for table in tables if not context.relations.has(table)), "")


def scope_kinds(context: Context, ref: MeasureRef) -> frozenset[ScopeKind]:
    """Return the requested scope kinds the measure's tables carry."""
    measure = context.library.measures[ref.measure]
    if isinstance(measure, SimpleMeasure):
        return context.scoping.kinds(scope_table(context.library, measure))
    tables = [context.library.tables[table] for table in base_tables(measure.id)]
    return frozenset.intersection(*(context.scoping.kinds(spec) for spec in tables))


def reported_kinds(context: Context, ref: MeasureRef, planned: Sequence[PlannedKpi]) -> frozenset[ScopeKind]:
    """Return the kinds of scopes at which some KPI with this reference is reported."""
    request = context.scoping.request
    users = [kpi.kpi for kpi in planned if ref in kpi.refs]
    return frozenset(kind for kind in request.kinds if any(request.reports(kpi, kind) for kpi in users))
