"""Rules over formulas: they parse, use known measures and windows that fit, and filter on legal values."""

from __future__ import annotations

from kpis.engine.formula_errors import FormulaError
from kpis.engine.grammar import Formula, MeasureRef, parse_formula
from kpis.engine.specs import ColumnSpec, Library, SimpleMeasure
from omnichannel.core.issues import Issue
from roles.catalogue import RoleKey

SELF = "self"


def formulas_parse(library: Library) -> list[Issue]:
    """Every formula parses."""
    issues = []
    for kpi in library.kpis.values():
        try:
            parse_formula(kpi.formula)
        except FormulaError as error:
            issues.append(Issue(f"kpis.{kpi.id}.formula", str(error)))
    return issues


def formulas_use_known_measures(library: Library) -> list[Issue]:
    """Every measure in a formula exists, and every measure is used by some formula."""
    used = _references(library)
    issues = [
        Issue(f"kpis.{kpi}.formula", f"there is no measure {ref.measure!r}")
        for kpi, ref in used
        if ref.measure not in library.measures
    ]
    idle = set(library.measures) - {ref.measure for _, ref in used}
    return issues + [Issue(f"measures.{name}", "no KPI uses the measure") for name in sorted(idle)]


def windows_fit_measures(library: Library) -> list[Issue]:
    """`@open` reads a stock at period start, so it needs a stock measure."""
    return [
        Issue(f"kpis.{kpi}.formula", f"{ref} needs a stock measure")
        for kpi, ref in _references(library)
        if ref.window == "open" and not _is_stock(library, ref.measure)
    ]


def formula_filters_are_legal(library: Library) -> list[Issue]:
    """A filter names a column the measure can be narrowed by, and values that column can hold."""
    issues = []
    for kpi, ref in _references(library):
        for name, values in ref.filters:
            columns = _filterable(library, ref.measure, name)
            wrong = [value for value in values if any(not _can_hold(library, column, value) for column in columns)]
            if not columns:
                issues.append(Issue(f"kpis.{kpi}.formula", f"{ref.measure} cannot be filtered by {name!r}"))
            elif wrong:
                issues.append(Issue(f"kpis.{kpi}.formula", f"{' | '.join(wrong)} is no value of {name}"))
    return issues


def read_formula(text: str) -> Formula | None:
    """Return the formula, or nothing when `formulas_parse` already has an issue about it."""
    try:
        return parse_formula(text)
    except FormulaError:
        return None


def _references(library: Library) -> list[tuple[str, MeasureRef]]:
    formulas = [(kpi.id, read_formula(kpi.formula)) for kpi in library.kpis.values()]
    return [(kpi, ref) for kpi, formula in formulas if formula for ref in formula.refs()]


def _is_stock(library: Library, name: str) -> bool:
    measure = library.measures.get(name)
    return isinstance(measure, SimpleMeasure) and measure.agg.startswith("stock_")


def _filterable(library: Library, name: str, column: str) -> list[ColumnSpec]:
    """Return the columns a filter would narrow: any of a simple measure's table, the scopes of a derived one's."""
    measure = library.measures.get(name)
    if measure is None:
        return []
    if isinstance(measure, SimpleMeasure):
        return [found for found in library.tables[measure.table].columns if found.name == column]
    tables = [library.tables[table] for table in measure.tables]
    return [table.column(column) for table in tables if column in table.scopes.values()]


def _can_hold(library: Library, column: ColumnSpec, value: str) -> bool:
    if column.enum:
        return value in column.enum
    if column.name == "kpi_id":
        return value == SELF or value in library.kpis
    return column.name != "role_id" or value in set(RoleKey)
