"""Figures written as revisions: sent to the database in one stream, compared there, only what differs kept anew."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
from django.db import connection

from kpis.engine.blocks import REASONS, Column, ValueBlock
from kpis.engine.explain import definition_hash
from kpis.engine.specs import Value
from kpis.models import Computation, KpiValue
from kpis.queries.definitions import library_at
from omnichannel.workspaces.scoping import current_workspace_id

if TYPE_CHECKING:
    import numpy.typing as npt

    from omnichannel.core.periods import Period

DETAIL = 200
MILLIONTHS = pa.decimal128(38, 6)
AT_ONCE = 100_000  # rows of text at a time
COLUMNS = ("kpi", "scope_kind", "scope_id", "value", "numerator", "denominator", "rows", "reason", "detail")
_KEY = ("kpi", "scope_kind", "scope_id")
_FACTS = (*COLUMNS[3:], "definition_hash")


@dataclass(frozen=True, slots=True)
class StoredCount:
    """How many figures were new or changed, kept as they were, or are no more."""

    written: int
    kept: int
    retired: int


def store_values(values: Iterable[Value], *, period: Period, computation: Computation) -> StoredCount:
    """Insert what differs from the current figures as new revisions and let go of what is no more.

    Runs in the caller's transaction. A figure whose number, reason, rows and definition are as before stays.
    """
    table = KpiValue._meta.db_table
    scope: dict[str, int | str | date] = {"workspace": current_workspace_id(), "period": str(period)}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            create temp table found_value on commit drop as
            select {", ".join(COLUMNS)}, definition_hash from {table} where false
            """  # noqa: S608 - the names are the model's own
        )
        total = _send(cursor, values)
        _add_hashes(cursor, period)
        cursor.execute(
            f"""
            with gone as (
                update {table} as stored set is_current = false, ended_at = %(ended)s
                where workspace_id = %(workspace)s and period = %(period)s and is_current and not exists (
                    select from found_value as found where {_same(_KEY)} and {_same(_FACTS)}
                )
                returning {", ".join(_KEY)}
            )
            select count(*) from gone left join found_value as found on {_same(_KEY, "gone")} where found.kpi is null
            """,  # noqa: S608 - the names are the model's own
            {**scope, "ended": computation.finished_at},
        )
        retired: int = cursor.fetchone()[0]
        cursor.execute(
            f"""
            insert into {table} (workspace_id, period, period_start, computation_id, is_current, {_list()})
            select %(workspace)s, %(period)s, %(start)s, %(computation)s, true, {_list()} from found_value as found
            where not exists (
                select from {table} as stored
                where workspace_id = %(workspace)s and period = %(period)s and is_current and {_same(_KEY)}
            )
            """,  # noqa: S608 - the names are the model's own
            {**scope, "start": period.start, "computation": computation.pk},
        )
        written: int = cursor.rowcount
        cursor.execute("drop table found_value")
    return StoredCount(written=written, kept=total - written, retired=retired)


def _list() -> str:
    return ", ".join((*COLUMNS, "definition_hash"))


def _same(columns: Iterable[str], other: str = "stored") -> str:
    """Return the test that columns are alike; null is like null."""
    exact = set(_KEY)
    tests = (
        f"found.{name} = {other}.{name}" if name in exact else f"found.{name} is not distinct from {other}.{name}"
        for name in columns
    )
    return " and ".join(tests)


def _send(cursor: Any, values: Iterable[Value]) -> int:
    total = 0
    for rows in _tables(values):
        text = io.BytesIO()
        pc.write_csv(rows, text, pc.WriteOptions(include_header=False))
        text.seek(0)
        cursor.copy_expert(f"copy found_value ({', '.join(COLUMNS)}) from stdin with (format csv)", text)
        total += rows.num_rows
    return total


def _add_hashes(cursor: Any, period: Period) -> None:
    """Say by which definition each figure was found, and let the database know how many figures there are."""
    library = library_at(period.last_day)
    cursor.execute("select distinct kpi from found_value")
    found = [kpi for (kpi,) in cursor.fetchall()]
    hashes = [definition_hash(library, kpi) for kpi in found]
    cursor.execute(
        """
        update found_value as found set definition_hash = defined.hash
        from unnest(%s::text[], %s::text[]) as defined (kpi, hash) where found.kpi = defined.kpi
        """,
        [found, hashes],
    )
    cursor.execute("analyze found_value")


def _tables(values: Iterable[Value]) -> Iterator[pa.Table]:
    if isinstance(values, ValueBlock):
        waiting: list[pa.Table] = []
        known: dict[int, pa.Array] = {}
        # no empty tables: where one goes first, Arrow writes what lay in its memory in front of the rows
        for column in filter(len, values.columns):
            waiting.append(_of_column(column, known))
            if sum(table.num_rows for table in waiting) >= AT_ONCE:
                yield pa.concat_tables(waiting)
                waiting = []
        if waiting:
            yield pa.concat_tables(waiting)
    elif rows := [_cells(value) for value in values]:
        yield pa.table([pa.array(cells, pa.string()) for cells in zip(*rows, strict=True)], names=list(COLUMNS))


def _cells(value: Value) -> tuple[str | None, ...]:
    numbers = (None if each is None else str(each) for each in (value.value, value.numerator, value.denominator))
    reason = value.reason.value if value.reason else ""
    scope = value.scope
    return (value.kpi, scope.kind.value, scope.id, *numbers, str(value.rows), reason, value.detail[:DETAIL])


def _of_column(column: Column, known: dict[int, pa.Array]) -> pa.Table:
    """Return the figures of one KPI as a table; `known` keeps the ids of scopes that several KPIs share."""
    ids = known.setdefault(id(column.scopes), pa.array([scope.id for scope in column.scopes], pa.string()))
    size = len(column)
    details = pa.array([detail[:DETAIL] for detail in column.details], pa.string())
    reasons = pa.array([reason.value if reason else "" for reason in REASONS], pa.string())
    found: Mapping[str, pa.Array] = {
        "kpi": pa.repeat(column.kpi, size),
        "scope_kind": pa.repeat(column.kind.value, size),
        "scope_id": ids,
        "value": _decimals(column.value, column.valued),
        "numerator": _decimals(column.numerator, column.over),
        "denominator": _decimals(column.denominator, column.under),
        "rows": pa.array(column.rows, pa.int64()),
        "reason": reasons.take(pa.array(column.reason)),
        "detail": details.take(pa.array(column.detail)),
    }
    return pa.table([found[name] for name in COLUMNS], names=list(COLUMNS))


def _decimals(whole: npt.NDArray[Any], known: npt.NDArray[np.bool_]) -> pa.Array:
    """Return millionths as decimals, null where there is none."""
    if whole.dtype == object:
        numbers = zip(whole.tolist(), known.tolist(), strict=True)
        return pa.array([Decimal(each).scaleb(-6) if here else None for each, here in numbers], MILLIONTHS)
    words = np.empty(2 * len(whole), dtype=np.int64)
    words[0::2], words[1::2] = whole, whole >> 63
    valid = pa.py_buffer(np.packbits(known, bitorder="little").tobytes())
    return pa.Array.from_buffers(MILLIONTHS, len(whole), [valid, pa.py_buffer(words.tobytes())])
