"""The tiny demo retailer opened for tracing, the rows behind all its values of a month, and all its rows in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import duckdb

from kpis.demo import TINY, generate
from kpis.demo.scale import Scale
from kpis.engine.arithmetic import rounded
from kpis.engine.compute import compute_values
from kpis.engine.grammar import MeasureRef
from kpis.engine.plan import plan_kpi
from kpis.engine.relations import Relations, Row
from kpis.engine.scoping import ScopeRequest, UnitTree
from kpis.engine.specs import ColumnType, Params, Scope, ScopeKind, TableSpec, Value
from kpis.engine.tracing import Key, Organisation, TracedRow, TraceWorld, evaluate_formula, recompute, rows_everywhere
from kpis.engine.tracing.asking import ask_everywhere
from kpis.engine.tracing.tracing import covered
from kpis.engine.windows import span_of
from omnichannel.core.periods import Period
from tests.kpis.engine.world import library

KINDS = frozenset(ScopeKind)
SEED = 7
QUARTER = Scale("quarter", TINY.regions, 250, 104, detail_months=2, service_months=2)
_TYPES: Mapping[ColumnType, str] = {
    ColumnType.INTEGER: "bigint",
    ColumnType.DECIMAL: "decimal(18, 4)",
    ColumnType.BOOLEAN: "boolean",
    ColumnType.DATE: "date",
    ColumnType.DATETIME: "timestamptz",
}


@dataclass(frozen=True, slots=True)
class Traced:
    """A world and who is whose parent in it."""

    world: TraceWorld
    parents: Mapping[str, str | None]


def open_demo(folder: Path, *, scale: Scale = TINY, params: Params | None = None) -> Traced:
    """Generate the demo retailer and open it with the place of every row."""
    manifest = generate(scale, seed=SEED, out=folder / "csv")
    specs = library().tables
    parts: dict[str, list[Path]] = {}
    with duckdb.connect() as db:
        db.execute("set timezone = 'Asia/Shanghai'")
        for place, table in enumerate(manifest.tables, start=1):
            target = folder / f"{table.name}.parquet"
            db.execute(f"copy ({_typed(db, table.path, specs[table.name], place)}) to '{target}'")
            parts[table.name] = [target]
        units = db.execute(f"select unit_id, parent_id from '{folder / 'org_units.parquet'}'").fetchall()  # noqa: S608
    parents = dict(units)
    relations = Relations.from_parquet(parts, tables=specs, provenance=True)
    return Traced(TraceWorld(library(), relations, UnitTree.from_parents(parents), params), parents)


def _typed(db: duckdb.DuckDBPyConnection, path: Path, spec: TableSpec, place: int) -> str:
    read = f"read_csv('{path}', all_varchar = true, header = true)"
    there = {row[0] for row in db.execute(f"describe from {read}").fetchall()}
    columns = []
    for column in spec.columns:
        kind = _TYPES.get(column.type, "varchar")
        if column.name in there:
            cast = f'"{column.name}"::{kind}'
            local = f"({cast})::timestamp" if kind == "timestamptz" else cast
            columns.append(f'{local} as "{column.name}"')
    if spec.id == "contacts":
        owner = "coalesce(customer_id, contact_id)"
        columns.append(f"row_number() over (partition by {owner} order by added_at, contact_id) = 1 as is_first")
    line = "row_number() over () + 1"
    return f"select {', '.join(columns)}, {place}::bigint as _seq, {line} as _line, '{spec.id}' as _sheet from {read}"  # noqa: S608


def values_of(traced: Traced, period: Period, *, kpis: Sequence[str] | None = None) -> list[Value]:
    """Compute every KPI of the month at every scope, as a computation does."""
    world = traced.world
    return compute_values(
        world.library,
        kpis=kpis or list(world.library.kpis),
        period=period,
        scopes=ScopeRequest(KINDS, keep_unavailable=False),
        relations=world.relations,
        units=world.units,
        params=world.params,
    )


class Behind:
    """The rows behind every operand of a period at every scope, asked once per operand."""

    def __init__(self, traced: Traced, period: Period) -> None:
        self.traced = traced
        self.period = period
        self.asked: dict[MeasureRef, Mapping[Scope, Sequence[TracedRow]]] = {}
        self._covered: dict[MeasureRef, bool] = {}
        self._exact: dict[tuple[MeasureRef, Scope], Fraction | None] = {}

    def rows(self, ref: MeasureRef) -> Mapping[Scope, Sequence[TracedRow]]:
        """Return the rows behind a reference by scope."""
        if ref not in self.asked:
            self.asked[ref] = rows_everywhere(self.traced.world, ref, period=self.period, kinds=KINDS)
            self._covered[ref] = covered(ask_everywhere(self.traced.world, ref, period=self.period, kinds=KINDS))
        return self.asked[ref]

    def exact(self, ref: MeasureRef, scope: Scope) -> Fraction | None:
        """Put an operand together from its rows."""
        key = ref, scope
        if key not in self._exact:
            world = self.traced.world
            rows = self.rows(ref).get(scope, ())
            span = span_of(self.period, ref.window)
            self._exact[key] = recompute(
                world.library, ref, rows, span=span, params=world.used, covered=self._covered[ref]
            )
        return self._exact[key]

    def value(self, kpi: str, scope: Scope) -> Decimal | None:
        """Put a KPI's value together from the rows of its operands."""
        planned = plan_kpi(self.traced.world.library, kpi)
        exact = evaluate_formula(planned.root, {ref: self.exact(ref, scope) for ref in planned.refs})
        return None if exact is None else rounded(exact)


def last_months(last: Period, count: int) -> list[Period]:
    """Return so many months that end with the last one."""
    return [last.previous(step) for step in reversed(range(count))]


class Memory:
    """All rows of the demo in memory: facts without a database."""

    def __init__(self, traced: Traced) -> None:
        opened, specs = traced.world.relations, traced.world.library.tables
        found = {name: opened.table(name) for name in specs}
        self.rows = {name: opened.rows(table) if table is not None else [] for name, table in found.items()}
        self.keys = {
            name: {tuple(row[column] for column in specs[name].key): row for row in rows}
            for name, rows in self.rows.items()
        }
        self._by: dict[tuple[str, str], dict[object, list[Row]]] = {}

    def has(self, table: str) -> bool:
        """Tell whether the table has rows."""
        return bool(self.rows[table])

    def where(self, table: str, column: str, value: object) -> Sequence[Row]:
        """Return the rows whose column has the value."""
        if (table, column) not in self._by:
            found: dict[object, list[Row]] = defaultdict(list)
            for row in self.rows[table]:
                found[row[column]].append(row)
            self._by[table, column] = found
        return self._by[table, column].get(value, []) if value is not None else []

    def row(self, table: TableSpec, key: Key) -> Row | None:
        """Return the row of a key."""
        return self.keys[table.id].get(key)

    def whole(self, table: str) -> Iterable[Row]:
        """Return all rows of a table."""
        return self.rows[table]

    def organisation(self, traced: Traced) -> Organisation:
        """Return who belongs where."""
        above: dict[str, tuple[str, ...]] = defaultdict(tuple)
        for ancestor, unit in sorted(traced.world.units.closure):
            above[unit] += (ancestor,)
        return Organisation(above, {str(row["employee_id"]): str(row["unit_id"]) for row in self.rows["employees"]})
