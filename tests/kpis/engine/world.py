"""Builds small worlds for the engine's tests: rows as dicts in, Relations out; and a random world of all tables."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

import pyarrow as pa

from kpis.engine.compute import compute_values
from kpis.engine.relations import Relations
from kpis.engine.scoping import ScopeRequest, UnitTree
from kpis.engine.specs import COMPANY, ColumnSpec, ColumnType, Library, Params, Scope, ScopeKind, TableSpec, Value
from kpis.library import load_library
from omnichannel.core.periods import parse_period

Rows = Sequence[Mapping[str, object]]

ARROW = {
    ColumnType.INTEGER: pa.int64(),
    ColumnType.DECIMAL: pa.decimal128(18, 4),
    ColumnType.BOOLEAN: pa.bool_(),
    ColumnType.DATE: pa.date32(),
    ColumnType.DATETIME: pa.timestamp("us"),
}

# cells a case does not care about
DEFAULTS: Mapping[str, Mapping[str, object]] = {
    "orders": {
        "channel": "store",
        "status": "paid",
        "gross_amount": 0,
        "discount_amount": 0,
        "refund_amount": 0,
        "net_amount": 0,
        "item_count": 1,
    },
    "customers": {"tag_count": 0, "linked_systems": 1, "consent_marketing": False, "created_at": "2020-01-01"},
    "contacts": {"kind": "wecom_friend", "source": "store", "is_first": True},
    "interactions": {"kind": "content_click", "count": 1},
    "surveys": {"kind": "nps", "subject": "brand", "scale_max": 10, "responses": 1},
    "employees": {"fill_mode": "internal", "fte": 1, "hired_on": "2020-01-01"},
}


@lru_cache(maxsize=1)
def library() -> Library:
    """Return the product's own library."""
    return load_library()


def cell(value: object, column: ColumnSpec) -> object:
    """Return a test's short form (ISO text, int) as the column's type."""
    if value is None:
        return None
    if column.type is ColumnType.DATE and isinstance(value, str):
        return date.fromisoformat(value)
    if column.type is ColumnType.DATETIME and isinstance(value, str):
        return datetime.fromisoformat(value)
    return Decimal(str(value)) if column.type is ColumnType.DECIMAL else value


def frame(spec: TableSpec, rows: Iterable[Mapping[str, object]]) -> pa.Table:
    """Return the rows as an Arrow table of the canonical types; a cell not given is the default or null."""
    defaults = DEFAULTS.get(spec.id, {})
    full = [{**defaults, **row} for row in rows]
    columns = {}
    for column in spec.columns:
        kind = ARROW.get(column.type, pa.string())
        columns[column.name] = pa.array([cell(row.get(column.name), column) for row in full], kind)
    return pa.table(columns)


def relations(tables: Mapping[str, Rows]) -> Relations:
    """Open the tables."""
    specs = library().tables
    frames = {name: frame(specs[name], rows) for name, rows in tables.items()}
    return Relations.from_parquet({}, frames, tables=specs, threads=1, memory_limit="500MB")


def compute(
    tables: Mapping[str, Rows],
    kpis: Sequence[str],
    period: str,
    *,
    kinds: Iterable[ScopeKind] = (ScopeKind.COMPANY,),
    parents: Mapping[str, str | None] | None = None,
    params: Params | None = None,
    definitions: Library | None = None,
) -> dict[tuple[str, Scope], Value]:
    """Compute and index by (KPI, scope)."""
    opened = relations(tables)
    values = compute_values(
        definitions or library(),
        kpis=kpis,
        period=parse_period(period),
        scopes=ScopeRequest(frozenset(kinds)),
        relations=opened,
        units=UnitTree.from_parents(parents or {}),
        params=params,
    )
    opened.close()
    return {(value.kpi, value.scope): value for value in values}


def company(tables: Mapping[str, Rows], kpi: str, period: str, *, params: Params | None = None) -> Value:
    """Compute one KPI at the company."""
    return compute(tables, [kpi], period, params=params)[kpi, COMPANY]


PARENTS: Mapping[str, str | None] = {"G": None, "R1": "G", "R2": "G", "S1": "R1", "S2": "R1", "S3": "R2"}
STAFF = tuple(f"E{number}" for number in range(1, 9))


def random_tables(seed: int, *, days: int = 800, customers: int = 90) -> dict[str, list[dict[str, object]]]:
    """Return rows for the 23 tables that feed KPIs from 2022-11-01 on: nulls, spread enums, references that hold."""
    rng = random.Random(seed)
    first = date(2022, 11, 1)
    ids = {
        "org_units.unit_id": list(PARENTS),
        "employees.employee_id": list(STAFF),
        "customers.customer_id": [f"c{number}" for number in range(customers)],
        "campaigns.campaign_id": [f"CP{number}" for number in range(5)],
        "products.sku_id": [f"K{number}" for number in range(10)],
        "seats.seat_id": ["P1", "P2"],
        "orders.order_id": [f"O{number}" for number in range(700)],
    }
    sizes = {"orders": 700, "customers": customers, "org_units": 6, "employees": 8, "campaigns": 5, "products": 10}
    tables = {}
    for spec in (table for table in library().tables.values() if table.feeds_kpis):
        rows = []
        for number in range(sizes.get(spec.id, 300)):
            start = first + timedelta(days=rng.randrange(days))
            row = {column.name: _random_cell(rng, spec, column, number, start, ids) for column in spec.columns}
            rows.append(row)
        tables[spec.id] = rows
    for row in tables["org_units"]:
        row["parent_id"] = PARENTS[str(row["unit_id"])]
    kpis = [kpi.id for kpi in library().kpis.values() if "review_score" in kpi.formula]
    for row in tables["reviews"]:
        row["kpi_id"] = rng.choice(kpis)
        row["subject_id"] = {"employee": rng.choice(STAFF), "role": "user-ops", "unit": "S1"}[str(row["subject_kind"])]
        row["score"] = Decimal(rng.randint(1, 5))
    return tables


def _random_cell(
    rng: random.Random, spec: TableSpec, column: ColumnSpec, number: int, start: date, ids: Mapping[str, list[str]]
) -> object:
    name = f"{spec.id}.{column.name}"
    if name in ids:
        return ids[name][number % len(ids[name])]
    if column.nullable and rng.random() < 0.25:
        return None
    if column.ref in ids:
        return rng.choice(ids[column.ref])
    if column.enum:
        return rng.choice(column.enum)
    if column.name == "period":
        text = f"{start:%Y-%m}"
        return text if spec.id == "costs" or rng.random() < 0.5 else f"{start.year}-Q{(start.month + 2) // 3}"
    later = start + timedelta(days=rng.randrange(60)) if column.nullable else start
    if column.type is ColumnType.INTEGER:
        return rng.randrange(1, 9)
    if column.type is ColumnType.DECIMAL:
        return Decimal(rng.randrange(1, 90_000)) / 100
    if column.type is ColumnType.BOOLEAN:
        return rng.random() < 0.6
    if column.type is ColumnType.DATE:
        return later
    if column.type is ColumnType.DATETIME:
        return datetime.combine(later, datetime.min.time()) + timedelta(minutes=rng.randrange(1440))
    return f"{column.name}{number if column.name == spec.key[0] else rng.randrange(6)}"
