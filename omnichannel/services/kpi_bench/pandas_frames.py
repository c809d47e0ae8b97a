"""The tables as data frames, and who owns which row: what both halves of the pandas KPIs use."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from kpis.engine.scoping import SUBJECT_TABLES
from kpis.engine.specs import Library, ScopeKind, SimpleMeasure, TableSpec
from omnichannel.services.kpi_bench.data import MONTHS, START

Cube = pd.DataFrame  # months x scopes


class Frames:
    """Every table read once; decimals become floats, as they do with pandas."""

    def __init__(self, folder: Path, library: Library) -> None:
        self.library = library
        self.months = pd.period_range(START, periods=MONTHS, freq="M")
        self._tables = {part.name: _read(part) for part in folder.iterdir()}
        listed = self._tables["org_units"]
        units: dict[str, str | None] = dict(zip(listed["unit_id"], listed["parent_id"], strict=True))
        pairs = [(ancestor, unit) for unit in units for ancestor in _chain(unit, units)]
        self._closure = pd.DataFrame(pairs, columns=["_scope", "_unit"])

    def table(self, name: str) -> pd.DataFrame:
        """Return a table."""
        return self._tables[name]

    def joined(self, measure: SimpleMeasure) -> tuple[pd.DataFrame, TableSpec]:
        """Return the rows of a measure with the tables it refers to, and the table whose scopes they have."""
        rows, owner = self._tables[measure.table], self.library.tables[measure.table]
        if measure.table == "order_lines":
            orders = self._tables["orders"].drop(columns="net_amount")
            rows = rows.merge(orders, on="order_id", how="left")
            rows = rows.merge(self._tables["products"][["sku_id", "exclusive_to"]], on="sku_id", how="left")
            owner = self.library.tables["orders"]
        return rows, owner

    def kinds(self, spec: TableSpec) -> list[ScopeKind]:
        """Return the kinds of scope a table's rows belong to."""
        found = [ScopeKind.COMPANY, *spec.scopes]
        if spec.id in SUBJECT_TABLES:
            found += [ScopeKind.EMPLOYEE, ScopeKind.ROLE, ScopeKind.UNIT]
        if ScopeKind.EMPLOYEE in found and ScopeKind.UNIT not in found:
            found.append(ScopeKind.UNIT)
        return found

    def spread(
        self, rows: pd.DataFrame, spec: TableSpec, wanted: Collection[ScopeKind]
    ) -> Iterator[tuple[ScopeKind, pd.DataFrame]]:
        """Yield the rows once per kind of scope, with `_scope`; those of a unit once for each unit above it."""
        for kind in self.kinds(spec):
            if kind in wanted:
                yield kind, self.owned(rows, spec, kind)

    def owned(self, rows: pd.DataFrame, spec: TableSpec, kind: ScopeKind) -> pd.DataFrame:
        """Return the rows with `_scope` of one kind."""
        if kind is ScopeKind.COMPANY:
            return rows.assign(_scope="")
        if spec.id in SUBJECT_TABLES:
            return self._subjects(rows, kind)
        if kind is not ScopeKind.UNIT:
            column = spec.scopes[kind]
            return rows[rows[column].notna()].assign(_scope=rows[column])
        if kind in spec.scopes:
            return self._under(rows.assign(_unit=rows[spec.scopes[kind]]))
        return self._under(self._with_unit(rows, spec.scopes[ScopeKind.EMPLOYEE]))

    def _subjects(self, rows: pd.DataFrame, kind: ScopeKind) -> pd.DataFrame:
        mine = rows[rows["subject_kind"] == kind.value]
        if kind is not ScopeKind.UNIT:
            return mine.assign(_scope=mine["subject_id"])
        people = self._with_unit(rows[rows["subject_kind"] == "employee"], "subject_id")
        return self._under(pd.concat([mine.assign(_unit=mine["subject_id"]), people]))

    def _with_unit(self, rows: pd.DataFrame, column: str) -> pd.DataFrame:
        staff = self._tables["employees"].set_index("employee_id")["unit_id"]
        return rows.assign(_unit=rows[column].map(staff))

    def _under(self, rows: pd.DataFrame) -> pd.DataFrame:
        return rows.merge(self._closure, on="_unit")

    def month(self, times: pd.Series[Any]) -> Any:
        """Return the month of each time; texts are months already."""
        if pd.api.types.is_datetime64_any_dtype(times):
            return times.dt.to_period("M")
        return pd.PeriodIndex(times, freq="M")

    def rolling(self, aggregate: Callable[[pd.DataFrame], Any], rows: pd.DataFrame, time: str) -> Cube:
        """Aggregate the twelve months that end with each month."""
        month = self.month(rows[time])
        return pd.DataFrame({end: aggregate(rows[(month > end - 12) & (month <= end)]) for end in self.months}).T

    def each_month(self, count: Callable[[pd.Timestamp, pd.Timestamp], Any]) -> Cube:
        """Put the counts of each month [start, end) side by side."""
        return pd.DataFrame({month: count(month.start_time, (month + 1).start_time) for month in self.months}).T

    def filled(self, cube: Cube, *, zero: bool) -> Cube:
        """Return all months; where nothing was counted there is 0, but for means."""
        cube = cube.reindex(self.months)
        return cube.fillna(0) if zero else cube


def _read(folder: Path) -> pd.DataFrame:
    table = pa.concat_tables(
        [pq.read_table(path) for path in sorted(folder.glob("*.parquet"))], promote_options="default"
    )
    for index, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type):
            table = table.set_column(index, field.name, table.column(index).cast(pa.float64()))
        elif pa.types.is_date(field.type):
            table = table.set_column(index, field.name, table.column(index).cast(pa.timestamp("us")))
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _chain(unit: str | None, parents: dict[str, str | None]) -> Iterator[str]:
    while isinstance(unit, str):
        yield unit
        unit = parents.get(unit)
