"""Rules between the cells of a row: amounts, ranges, net amounts, dates in order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from kpis.datasets.checks.findings import shown_texts
from kpis.engine.specs import ColumnType, TableSpec

if TYPE_CHECKING:
    from kpis.datasets.checks.cells import Faults

RANGE = re.compile(r"(\d+)\.\.(\d+)")
# Columns in which a number below zero is a correction, a return or a state of the world, not a slip.
MAY_BE_NEGATIVE = frozenset(
    {
        "orders.net_amount",
        "orders.goods_cost",
        "order_lines.qty",
        "order_lines.net_amount",
        "inventory.qty_on_hand",
        "inventory.cost_on_hand",
        "costs.amount",
        "targets.floor",
        "targets.value",
        "targets.stretch",
        "external_metrics.value",
    }
)
IN_ORDER = {
    "org_units": ("starts_on", "ends_on"),
    "seats": ("starts_on", "ends_on"),
    "employees": ("hired_on", "left_on"),
    "reporting_lines": ("start_on", "end_on"),
    "role_assignments": ("start_on", "end_on"),
    "contacts": ("added_at", "removed_at"),
    "campaigns": ("start_on", "end_on"),
    "training_records": ("started_on", "completed_on"),
}
# Days on which something is meant to happen or to end; on all others something has happened.
PLANNED = frozenset(
    {
        "campaigns.start_on",
        "campaigns.end_on",
        "employees.ends_on",
        "employees.hired_on",
        "employees.left_on",
        "employees.starts_on",
        "milestones.planned_on",
        "org_units.ends_on",
        "org_units.starts_on",
        "products.launched_on",
        "reporting_lines.end_on",
        "reporting_lines.start_on",
        "role_assignments.start_on",
        "role_assignments.end_on",
        "seats.ends_on",
        "seats.starts_on",
        "training_records.expires_on",
    }
)
CENT = Decimal("0.01")
Told = Mapping[str, pa.ChunkedArray]


def check_amounts(faults: Faults, *, values: pa.Table, table: TableSpec, labels: Mapping[str, str], told: Told) -> None:
    """Report negative numbers where none belong, numbers outside `0..1`-like units, and net amounts that differ.

    `told`: the cells as the file has them, for fields that are one column of it.
    """
    for column in table.columns:
        if column.type not in (ColumnType.INTEGER, ColumnType.DECIMAL) or column.name not in labels:
            continue
        numbers = _flat(values.column(column.name))
        label, texts = labels[column.name], told.get(column.name, numbers)
        if bounds := RANGE.fullmatch(column.unit):
            low, high = int(bounds[1]), int(bounds[2])
            outside = pc.or_(pc.less(numbers, _like(low, numbers)), pc.greater(numbers, _like(high, numbers)))
            limits = {"low": low, "high": high}
            faults.add("out_of_range", column=label, mask=outside, texts=texts, params=limits)
        elif f"{table.id}.{column.name}" not in MAY_BE_NEGATIVE:
            below = pc.less(numbers, _like(0, numbers))
            faults.add("negative_amount", column=label, mask=below, texts=texts)
    if table.id == "orders" and "net_amount" in labels:
        _check_net(faults, values=values, label=labels["net_amount"], told=told)


def net_of(values: pa.Table) -> pa.Array:
    """Return gross - discount - refund as DECIMAL(18,4)."""
    gross, discount, refund = (
        _flat(values.column(name)) for name in ("gross_amount", "discount_amount", "refund_amount")
    )
    return pc.cast(pc.subtract(pc.subtract(gross, discount), refund), pa.decimal128(18, 4), safe=False)


def _check_net(faults: Faults, *, values: pa.Table, label: str, told: Told) -> None:
    net, expected = _flat(values.column("net_amount")), net_of(values)
    off = pc.abs(pc.subtract(net, expected))
    differs = pc.greater(off, pa.scalar(CENT, off.type))
    faults.add(
        "net_mismatch",
        column=label,
        mask=differs,
        texts=told.get("net_amount", net),
        params=lambda row: {"expected": shown_texts(expected[row : row + 1])[0].as_py()},
    )


def check_order(faults: Faults, *, values: pa.Table, table: TableSpec, labels: Mapping[str, str], told: Told) -> None:
    """Report ends before their start."""
    start, end = IN_ORDER.get(table.id, ("", ""))
    if start not in labels or end not in labels:
        return
    ends = _flat(values.column(end))
    mask = pc.less(ends, _flat(values.column(start)))
    faults.add(
        "end_before_start",
        column=labels[end],
        mask=mask,
        texts=told.get(end, ends),
        params={"start": labels[start]},
    )


def check_future(faults: Faults, *, values: pa.Table, table: TableSpec, labels: Mapping[str, str], told: Told) -> None:
    """Report events that are to happen in more than a year: a year mistyped, or an end date that stands for none."""
    latest = datetime.now(UTC).replace(tzinfo=None) + timedelta(days=366)
    for column in table.columns:
        dated = column.type in (ColumnType.DATE, ColumnType.DATETIME) and column.name in labels
        if not dated or f"{table.id}.{column.name}" in PLANNED:
            continue
        moments = _flat(values.column(column.name))
        mask = pc.greater(moments, pa.scalar(latest).cast(moments.type, safe=False))
        faults.add("future_date", column=labels[column.name], mask=mask, texts=told.get(column.name, moments))


def _flat(column: pa.ChunkedArray) -> pa.Array:
    combined = column.combine_chunks()
    return combined if isinstance(combined, pa.Array) else pa.concat_arrays(combined.chunks)


def _like(value: int, numbers: pa.Array) -> pa.Scalar:
    return pa.scalar(Decimal(value) if pa.types.is_decimal(numbers.type) else value, numbers.type)
