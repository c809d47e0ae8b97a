"""The rows behind one operand as people read them: the columns that matter, what each row adds, where it came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from django.utils.translation import get_language

from kpis.engine.arithmetic import rounded
from kpis.engine.explain import shown
from kpis.engine.grammar import MeasureRef
from kpis.engine.narrowing import scope_tables
from kpis.engine.plan import plan_kpi
from kpis.engine.sources import TEMPORAL
from kpis.engine.specs import ColumnSpec, ColumnType, Library, SimpleMeasure, TableSpec
from kpis.engine.tracing import PAGE, OperandTrace, TracedRow
from kpis.models import Upload
from kpis.queries.explaining import Figure, full
from kpis.queries.figure_places import narrowed_to
from kpis.queries.formulas import value_label
from kpis.queries.tracing import RowsBehind, rows_behind
from roles.queries.org_chart import UnitTree

PEOPLE = "employees.employee_id"
MOST_EXPORTED = 50_000


@dataclass(frozen=True, slots=True)
class RowAccess:
    """What a reader may see of rows: pay, and who the people are."""

    with_pay: bool
    with_people: bool


@dataclass(frozen=True, slots=True)
class RowLine:
    """One row as it is listed: its cells in the order of the columns, or the `relevant` ones where tables are mixed.

    `key` is the natural key as the row's page takes it, and `entity` who is counted: both without what is hidden.
    """

    traced: TracedRow
    table: TableSpec
    key: Mapping[str, str]
    entity: str
    cells: tuple[str, ...]
    told: tuple[tuple[ColumnSpec, str], ...]
    relevant: tuple[tuple[ColumnSpec, str], ...]
    amount: Decimal | None
    weight: Decimal | None
    upload: Upload | None
    starts: bool

    @property
    def key_text(self) -> str:
        """Return the row's natural key for people."""
        return " / ".join(text for text in self.key.values() if text)

    @property
    def amount_text(self) -> str:
        """Return what the row adds, with every digit."""
        return "" if self.amount is None else full(self.amount)

    @property
    def weight_text(self) -> str:
        """Return the row's weight, with every digit."""
        return "" if self.weight is None else full(self.weight)


@dataclass(frozen=True, slots=True)
class OperandRows:
    """A page of the rows of one operand. `columns` are shown where all rows are of one table."""

    number: int
    ref: MeasureRef
    behind: RowsBehind
    columns: tuple[ColumnSpec, ...]
    lines: tuple[RowLine, ...]

    @property
    def operand(self) -> OperandTrace:
        """Return what all rows add up to."""
        return self.behind.operand

    @property
    def amount(self) -> Decimal | None:
        """Return what the rows' amounts add up to."""
        return None if self.operand.amount is None else rounded(self.operand.amount)

    @property
    def weight(self) -> Decimal | None:
        """Return what the rows' weights add up to, for an average."""
        return None if self.operand.weight is None else rounded(self.operand.weight)

    @property
    def amount_text(self) -> str:
        """Return the sum of the amounts, with every digit."""
        return "" if self.amount is None else full(self.amount)

    @property
    def weight_text(self) -> str:
        """Return the sum of the weights, with every digit."""
        return "" if self.weight is None else full(self.weight)

    @property
    def value(self) -> Decimal | None:
        """Return the operand's value."""
        return None if self.operand.value is None else rounded(self.operand.value)

    @property
    def value_text(self) -> str:
        """Return the operand's value, with every digit."""
        return "" if self.value is None else full(self.value)


def operand_page(
    figure: Figure, number: int, *, tree: UnitTree, access: RowAccess, after: int = 0, limit: int | None = PAGE
) -> OperandRows:
    """Return a page of the rows behind an operand. IndexError when the formula has no such operand."""
    place = figure.place
    library = narrowed_to(figure.library, place.kpi, place.where, tree=tree)
    behind = rows_behind(
        place.kpi, place.period, place.scope, operand_index=number, after=after, limit=limit,
        known_at=figure.known_at, library=library, with_pay=access.with_pay,
    )  # fmt: skip
    ref = plan_kpi(library, place.kpi).refs[number]
    hidden = frozenset() if access.with_people else _personal(library)
    columns = relevant_columns(library, ref, behind, hidden=hidden)
    return OperandRows(number, ref, behind, columns, tuple(_lines(library, ref, behind, columns, hidden, tree)))


def _personal(library: Library) -> frozenset[tuple[str, str]]:
    """Return the columns that name people who work here."""
    named = {
        (table.id, column.name) for table in library.tables.values() for column in table.columns if column.ref == PEOPLE
    }
    # what managers write of people names them too
    return frozenset(named | {("employees", "employee_id"), ("reviews", "subject_id"), ("reviews", "evidence")})


def relevant_columns(
    library: Library, ref: MeasureRef, behind: RowsBehind, *, hidden: frozenset[tuple[str, str]]
) -> tuple[ColumnSpec, ...]:
    """Return the columns worth seeing: key, time, what is counted and filtered, whose it is. None of mixed tables."""
    if len(behind.page.tables) > 1:
        return ()
    measure = library.measures[ref.measure]
    table = library.tables[behind.page.tables[0]] if behind.page.tables else scope_tables(library, measure)[0]
    wanted = [*table.key]
    if isinstance(measure, SimpleMeasure):
        wanted += [measure.time, measure.end, measure.column, measure.weight, measure.by]
        wanted += [each.column for each in measure.filters]
    else:
        wanted += [name.rpartition(".")[2] for name in measure.columns if name.rpartition(".")[0] in ("", table.id)]
    wanted += [column for column, _values in ref.filters]
    wanted += table.scopes.values()
    there = {column.name: column for column in table.columns}
    chosen = [there[name] for name in dict.fromkeys(wanted) if name in there and (table.id, name) not in hidden]
    return tuple(chosen)


def _decisive(library: Library, ref: MeasureRef) -> set[tuple[str, str]]:
    """Return the columns by which an algorithm decides, those that say whose a row is, and the times."""
    measure = library.measures[ref.measure]
    if isinstance(measure, SimpleMeasure):
        return set()
    pairs = {(table, column) for table, _dot, column in (name.rpartition(".") for name in measure.columns)}
    bare = {column for table, column in pairs if not table} | {column for column, _values in ref.filters}
    found = {pair for pair in pairs if pair[0]}
    for name in measure.tables:
        table = library.tables[name]
        found |= {(name, column) for column in (*table.scopes.values(), *bare)}
        found |= {(name, column.name) for column in table.columns if column.type in TEMPORAL}
    return found


def _lines(
    library: Library,
    ref: MeasureRef,
    behind: RowsBehind,
    columns: Sequence[ColumnSpec],
    hidden: frozenset[tuple[str, str]],
    tree: UnitTree,
) -> Iterator[RowLine]:
    entity, decisive = None, _decisive(library, ref)
    for row in behind.rows:
        traced = row.traced
        table = library.tables[traced.table]
        told = tuple(
            (column, text_of(traced.cells[column.name], column, tree=tree))
            for column in table.columns
            if (table.id, column.name) not in hidden and traced.cells.get(column.name) is not None
        )
        yield RowLine(
            traced=traced,
            table=table,
            key={
                name: text_of(cell, table.column(name), plain=True)
                for name, cell in zip(table.key, traced.key, strict=True)
                if (table.id, name) not in hidden
            },
            entity="" if (table.id, behind.operand.entity) in hidden else traced.entity,
            cells=tuple(text_of(traced.cells.get(column.name), column, tree=tree) for column in columns),
            told=told,
            relevant=tuple(pair for pair in told if (table.id, pair[0].name) in decisive) or told,
            amount=_decimal(traced.amount),
            weight=_decimal(traced.weight),
            upload=row.upload,
            starts=traced.entity != entity,
        )
        entity = traced.entity


def _decimal(value: Fraction | None) -> Decimal | None:
    return None if value is None else rounded(value)


def text_of(value: object, column: ColumnSpec, *, tree: UnitTree | None = None, plain: bool = False) -> str:
    """Return a stored cell as text; unless `plain`, with names for codes and units."""
    if value is None:
        return ""
    if isinstance(value, bool):
        text = "true" if value else "false"
        return text if plain else _label(text)
    if isinstance(value, Decimal):
        return shown(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ") if plain else value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    if plain:
        return text
    if column.type is ColumnType.ENUM:
        return _label(text)
    if tree is not None and column.ref == "org_units.unit_id" and text in tree:
        return f"{tree.nodes[text].name} {text}"
    return text


def _label(value: str) -> str:
    return value_label(value).in_language(get_language())


def plain_cells(line: RowLine) -> dict[str, str]:
    """Return a row's cells by column as they are stored, for files and programs; empty ones are left out."""
    return {column.name: text_of(line.traced.cells[column.name], column, plain=True) for column, _text in line.told}
