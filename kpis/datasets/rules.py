"""Rules between the cells of a row and between rows: amounts, ranges, dates in order, keys, references."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from kpis.datasets.findings import Findings
from kpis.datasets.raw import LINE
from kpis.engine.specs import ColumnSpec, ColumnType, TableSpec

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
    "employees": ("hired_on", "left_on"),
    "role_assignments": ("start_on", "end_on"),
    "contacts": ("added_at", "removed_at"),
    "campaigns": ("start_on", "end_on"),
    "training_records": ("started_on", "completed_on"),
}
# Tables whose rows stand under rows of the same table: there a missing parent is an error, elsewhere a warning.
TREES = {"org_units": ("unit_id", "parent_id"), "employees": ("employee_id", "manager_id")}
CENT = Decimal("0.01")
Known = Mapping[str, Collection[str] | pa.Array]


def check_amounts(findings: Findings, *, values: pa.Table, table: TableSpec, labels: Mapping[str, str]) -> None:
    """Report negative numbers where none belong, numbers outside `0..1`-like units, and net amounts that differ."""
    lines = _flat(values.column(LINE))
    for column in table.columns:
        if column.type not in (ColumnType.INTEGER, ColumnType.DECIMAL) or column.name not in labels:
            continue
        numbers = _flat(values.column(column.name))
        label, shown = labels[column.name], _shown(numbers)
        if bounds := RANGE.fullmatch(column.unit):
            low, high = int(bounds[1]), int(bounds[2])
            outside = pc.or_(pc.less(numbers, _like(low, numbers)), pc.greater(numbers, _like(high, numbers)))
            limits = {"low": low, "high": high}
            findings.add("out_of_range", column=label, mask=outside, lines=lines, texts=shown, params=limits)
        elif f"{table.id}.{column.name}" not in MAY_BE_NEGATIVE:
            below = pc.less(numbers, _like(0, numbers))
            findings.add("negative_amount", column=label, mask=below, lines=lines, texts=shown)
    if table.id == "orders" and "net_amount" in labels:
        _check_net(findings, values=values, label=labels["net_amount"], lines=lines)


def net_of(values: pa.Table) -> pa.Array:
    """Return gross - discount - refund as DECIMAL(18,4)."""
    gross, discount, refund = (
        _flat(values.column(name)) for name in ("gross_amount", "discount_amount", "refund_amount")
    )
    return pc.cast(pc.subtract(pc.subtract(gross, discount), refund), pa.decimal128(18, 4), safe=False)


def _check_net(findings: Findings, *, values: pa.Table, label: str, lines: pa.Array) -> None:
    net, expected = _flat(values.column("net_amount")), net_of(values)
    off = pc.abs(pc.subtract(net, expected))
    differs = pc.greater(off, pa.scalar(CENT, off.type))
    findings.add(
        "net_mismatch",
        column=label,
        mask=differs,
        lines=lines,
        texts=_shown(net),
        params=lambda row: {"expected": _plain(expected[row].as_py())},
    )


def check_order(findings: Findings, *, values: pa.Table, table: TableSpec, labels: Mapping[str, str]) -> None:
    """Report ends before their start."""
    start, end = IN_ORDER.get(table.id, ("", ""))
    if start not in labels or end not in labels:
        return
    ends = _flat(values.column(end))
    mask = pc.less(ends, _flat(values.column(start)))
    texts = pc.cast(ends, pa.string())
    findings.add(
        "end_before_start",
        column=labels[end],
        mask=mask,
        lines=_flat(values.column(LINE)),
        texts=texts,
        params={"start": labels[start]},
    )


def check_references(
    findings: Findings, *, values: pa.Table, table: TableSpec, labels: Mapping[str, str], known: Known
) -> None:
    """Report ids that no known row and no row of this file has. Tables nobody told us about are not judged."""
    for column in table.columns:
        if not column.ref or column.name not in labels:
            continue
        tree = column.name == TREES.get(table.id, ("", ""))[1]
        ids = _known_ids(column, table=table, values=values, known=known, tree=tree)
        if ids is None:
            continue
        cells = _flat(values.column(column.name))
        unknown = pc.and_(pc.is_valid(cells), pc.invert(pc.is_in(cells, value_set=ids)))
        parent = {"table": column.ref.partition(".")[0]}
        findings.add(
            "unknown_parent" if tree else "unknown_reference",
            column=labels[column.name],
            mask=unknown,
            lines=_flat(values.column(LINE)),
            texts=cells,
            params=parent,
        )


def _known_ids(column: ColumnSpec, *, table: TableSpec, values: pa.Table, known: Known, tree: bool) -> pa.Array | None:
    given = known.get(column.ref)
    parent_table, parent_column = column.ref.split(".")
    own = _flat(values.column(parent_column)) if parent_table == table.id else pa.array([], pa.string())
    if given is None:
        return own if tree else None
    ids = given if isinstance(given, pa.Array) else pa.array(list(given), pa.string())
    return pa.concat_arrays([pc.cast(ids, pa.string()), own])


def check_cycles(findings: Findings, *, values: pa.Table, table: TableSpec, labels: Mapping[str, str]) -> None:
    """Report rows whose chain of parents inside the file leads back to themselves."""
    key, parent = TREES.get(table.id, ("", ""))
    if parent not in labels or key not in labels:
        return
    above = dict(zip(values.column(key).to_pylist(), values.column(parent).to_pylist(), strict=True))
    looping = {start for start in above if start is not None and _returns(start, above)}
    if looping:
        mask = pc.is_in(_flat(values.column(key)), value_set=pa.array(sorted(looping), pa.string()))
        cells = _flat(values.column(key))
        findings.add("cycle", column=labels[parent], mask=mask, lines=_flat(values.column(LINE)), texts=cells)


def _returns(start: str, above: Mapping[str | None, str | None]) -> bool:
    seen: set[str] = set()
    at = above.get(start)
    while at is not None and at not in seen:
        if at == start:
            return True
        seen.add(at)
        at = above.get(at)
    return False


def check_keys(findings: Findings, *, values: pa.Table, table: TableSpec, labels: Mapping[str, str]) -> pa.Array:
    """Report rows whose key an earlier line has. Return the lines that repeat an earlier row exactly: dropped."""
    keys = list(table.key)
    grouped = values.group_by(keys, use_threads=False).aggregate([(LINE, "count")])
    if grouped.num_rows == values.num_rows:
        return pa.array([], pa.int64())
    again = _repeats(values, table)
    lines, label = _flat(again.column(LINE)), ", ".join(labels.get(key, key) for key in keys)
    same, texts = _flat(again.column("same")), _flat(again.column("key"))
    first = again.column("first_line")
    for code, mask in (("duplicate_row", same), ("duplicate_key", pc.invert(same))):
        findings.add(
            code,
            column=label,
            mask=mask,
            lines=lines,
            texts=texts,
            params=lambda row: {"first_line": first[row].as_py()},
        )
    return lines.filter(same)


def _repeats(values: pa.Table, table: TableSpec) -> pa.Table:
    """Return, for every row with the key of an earlier one: its line, that first line, and whether they are alike."""
    key = ", ".join(f'"{name}"' for name in table.key)
    shown = ", ".join(f"coalesce(\"{name}\"::varchar, '')" for name in table.key)
    row = ", ".join(f'"{column.name}"' for column in table.columns if not column.computed)
    with duckdb.connect() as engine:
        engine.register("given", values)
        return engine.sql(
            f"""
            select {LINE}, first_line, one is not distinct from first_one as same, key
            from (
                select {LINE}, row({row}) as one, concat_ws(' / ', {shown}) as key,
                       first_value({LINE}) over earlier as first_line,
                       first_value(row({row})) over earlier as first_one,
                       row_number() over earlier as place
                from given window earlier as (partition by {key} order by {LINE})
            )
            where place > 1 order by {LINE}
            """  # noqa: S608 - names come from the catalogue, never from a file
        ).to_arrow_table()


def _flat(column: pa.ChunkedArray) -> pa.Array:
    combined = column.combine_chunks()
    return combined if isinstance(combined, pa.Array) else pa.concat_arrays(combined.chunks)


def _like(value: int, numbers: pa.Array) -> pa.Scalar:
    return pa.scalar(Decimal(value) if pa.types.is_decimal(numbers.type) else value, numbers.type)


def _shown(numbers: pa.Array) -> pa.Array:
    return numbers if not pa.types.is_decimal(numbers.type) else _Plain(numbers)


class _Plain:
    """Decimals as text without trailing zeros, made only for the rows that are shown."""

    def __init__(self, numbers: pa.Array) -> None:
        self.numbers = numbers

    def __getitem__(self, row: int) -> pa.Scalar:
        return pa.scalar(_plain(self.numbers[row].as_py()))


def _plain(value: Decimal | None) -> str:
    if value is None:
        return ""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
