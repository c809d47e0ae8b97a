"""Stored parts as an engine reads them: every canonical column, also in parts that are older than the column."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import duckdb

from kpis.datasets.files.raw import LINE
from kpis.datasets.store.parts import SEQ
from kpis.engine.specs import ColumnType, TableSpec

SQL_TYPES: Mapping[ColumnType, str] = {
    ColumnType.STRING: "varchar",
    ColumnType.TEXT: "varchar",
    ColumnType.ENUM: "varchar",
    ColumnType.INTEGER: "bigint",
    ColumnType.DECIMAL: "decimal(18, 4)",
    ColumnType.BOOLEAN: "boolean",
    ColumnType.DATE: "date",
    ColumnType.DATETIME: "timestamp",
}


def read_parts(
    engine: duckdb.DuckDBPyConnection, paths: Sequence[Path], *, table: TableSpec
) -> duckdb.DuckDBPyRelation:
    """Return the rows of the parts with their canonical columns, their upload's place and their line."""
    rows = engine.read_parquet([str(path) for path in paths], union_by_name=True)
    return rows.project(all_columns(table, rows.columns))


def all_columns(table: TableSpec, there: Collection[str]) -> str:
    """Return what to select so that rows have every canonical column; one that is not there is null."""
    types = {column.name: SQL_TYPES[column.type] for column in table.columns} | {SEQ: "bigint", LINE: "bigint"}
    return ", ".join(f'"{name}"' if name in there else f'null::{kind} as "{name}"' for name, kind in types.items())
