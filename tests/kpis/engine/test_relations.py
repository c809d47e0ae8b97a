"""Parquet parts and frames: newest row per key, canonical types, no floats."""

from __future__ import annotations

import gc
import weakref
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kpis.engine import compiling
from kpis.engine.compute import compute_values
from kpis.engine.relations import Relations
from kpis.engine.scoping import ScopeRequest, UnitTree
from omnichannel.core.periods import parse_period
from tests.kpis.engine.world import frame, library


def _part(folder: Path, name: str, seq: int, rows: list[dict[str, object]]) -> Path:
    table = frame(library().tables["orders"], rows)
    table = table.append_column("_seq", pa.array([seq] * len(rows), pa.int64()))
    table = table.append_column("_line", pa.array(list(range(2, len(rows) + 2)), pa.int64()))
    pq.write_table(table, folder / name)
    return folder / name


def _row(order: str, net: str, status: str = "paid") -> dict[str, object]:
    return {"order_id": order, "paid_at": "2024-06-05 10:00:00", "net_amount": net, "status": status}


def _sales(relations: Relations) -> Decimal | None:
    (value,) = compute_values(
        library(),
        kpis=["sales_net"],
        period=parse_period("2024-06"),
        scopes=ScopeRequest(),
        relations=relations,
        units=UnitTree(frozenset()),
    )
    return value.value


def test_the_newest_upload_of_a_key_counts_only_when_asked(tmp_path: Path) -> None:
    parts = [
        _part(tmp_path, "b.parquet", 2, [_row("1", "70"), _row("3", "1"), _row("3", "2")]),
        _part(tmp_path, "a.parquet", 1, [_row("1", "100"), _row("2", "10")]),
    ]
    specs = library().tables
    plain = Relations.from_parquet({"orders": parts}, tables=specs)
    deduped = Relations.from_parquet({"orders": parts}, tables=specs, dedupe={"orders": ["order_id"]})
    assert _sales(plain) == Decimal(183)
    assert _sales(deduped) == Decimal(82)


def test_what_is_asked_once_does_not_push_out_what_every_computation_asks(tmp_path: Path) -> None:
    part = _part(tmp_path, "1.parquet", 1, [_row("1", "70")])
    relations = Relations.from_parquet({"orders": [part]}, tables=library().tables)
    assert _sales(relations) == Decimal(70)
    kept, orders = compiling._compiled.cache_info().currsize, relations.table("orders")
    assert orders is not None
    for number in range(5):
        assert len(relations.rows(orders.filter(orders["order_id"] == str(number)))) == (number == 1)
    assert compiling._compiled.cache_info().currsize == kept


def test_a_later_cancellation_takes_the_order_out(tmp_path: Path) -> None:
    parts = [
        _part(tmp_path, "1.parquet", 1, [_row("1", "70")]),
        _part(tmp_path, "2.parquet", 2, [_row("1", "70", "cancelled")]),
    ]
    deduped = Relations.from_parquet({"orders": parts}, tables=library().tables, dedupe={"orders": ["order_id"]})
    assert _sales(deduped) == Decimal(0)


def test_null_key_parts_are_one_key(tmp_path: Path) -> None:
    spec = library().tables["interactions"]
    rows = [{"date": "2024-06-01", "customer_id": "a", "count": count} for count in (1, 4)]
    table = frame(spec, rows).append_column("_seq", pa.array([1, 2], pa.int64()))
    pq.write_table(table.append_column("_line", pa.array([2, 2], pa.int64())), tmp_path / "i.parquet")
    opened = Relations.from_parquet(
        {"interactions": [tmp_path / "i.parquet"]}, tables=library().tables, dedupe={"interactions": list(spec.key)}
    )
    kept = opened.table("interactions")
    assert kept is not None
    assert [row["count"] for row in opened.rows(kept)] == [4]


def test_a_column_that_no_part_holds_is_null_and_a_float_is_refused(tmp_path: Path) -> None:
    table = frame(library().tables["orders"], [_row("1", "70")]).drop_columns(["goods_cost", "platform"])
    pq.write_table(table, tmp_path / "o.parquet")
    opened = Relations.from_parquet({"orders": [tmp_path / "o.parquet"]}, tables=library().tables)
    orders = opened.table("orders")
    assert orders is not None
    assert opened.rows(orders)[0]["goods_cost"] is None
    floats = table.set_column(table.schema.get_field_index("net_amount"), "net_amount", pa.array([70.0]))
    with pytest.raises(TypeError, match=r"orders\.net_amount"):
        Relations.from_parquet({}, {"orders": floats}, tables=library().tables)


def test_a_table_never_loaded_is_none() -> None:
    opened = Relations.from_parquet({"orders": []}, tables=library().tables)
    assert opened.table("orders") is None
    assert _sales(opened) is None


def test_a_query_is_compiled_once_for_all_relations_and_keeps_none_of_them_alive(tmp_path: Path) -> None:
    first = Relations.from_parquet(
        {"orders": [_part(tmp_path, "a.parquet", 1, [_row("1", "7")])]}, tables=library().tables
    )
    other = Relations.from_parquet(
        {"orders": [_part(tmp_path, "b.parquet", 1, [_row("1", "9")])]}, tables=library().tables
    )
    assert _sales(first) == 7
    known = compiling._compiled.cache_info()
    assert _sales(other) == 9
    again = compiling._compiled.cache_info()
    assert again.misses == known.misses
    assert again.hits > known.hits
    first.close()
    gone = weakref.ref(first.backend)
    del first
    gc.collect()
    assert gone() is None
