"""Parts: split by month, typed, traceable to line and cell, and compared with what is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from kpis.datasets.checks.checking import Checked
from kpis.datasets.checks.columns import arrow_type
from kpis.datasets.store.effect import Effect, effect_of
from kpis.datasets.store.parts import Part, PartWriter, file_digest
from kpis.engine.specs import TableSpec

Check = Callable[..., Checked]
Tables = Mapping[str, TableSpec]
HEAD = "单号,channel,paid_at,status,gross_amount,discount_amount,refund_amount,net_amount,item_count\n"


def write_parts(checked: Checked, *, table: TableSpec, upload_seq: int, out_dir: Path) -> tuple[Part, ...]:
    writer = PartWriter(table=table, upload_seq=upload_seq, sheet=checked.sheet, out_dir=out_dir)
    writer.take(checked.rows, checked.raw_rows)
    return writer.finish(np.empty(0, dtype=np.int64))


def orders(*rows: tuple[str, str, str]) -> str:
    text = HEAD.replace("单号", "order_id")
    return text + "".join(f"{key},门店,{paid},completed,{net},0,0,{net},1\n" for key, paid, net in rows)


JUNE_AND_JULY = orders(
    ("A1", "2024-06-30 23:59:59", "1"), ("A2", "2024/7/1", "¥2"), ("A3", "2024-07-31T23:00:00Z", "3")
)


def test_rows_are_split_by_local_month_and_keep_their_types(check: Check, tables: Tables, tmp_path: Path) -> None:
    table = tables["orders"]
    parts = write_parts(check(JUNE_AND_JULY, table="orders"), table=table, upload_seq=7, out_dir=tmp_path)
    assert [(part.month, part.rows, part.first_day) for part in parts] == [
        ("2024-06", 1, date(2024, 6, 30)),
        ("2024-07", 1, date(2024, 7, 1)),
        ("2024-08", 1, date(2024, 8, 1)),
    ]
    rows = pq.read_table(parts[0].path)
    assert {name: rows.schema.field(name).type for name in rows.column_names} == {
        **{column.name: arrow_type(column) for column in table.columns},
        "_seq": pa.int64(),
        "_sheet": pa.string(),
        "_line": pa.int64(),
    }
    assert parts[0].sha256 == file_digest(parts[0].path)
    assert parts[0].bytes == parts[0].path.stat().st_size
    assert not list(tmp_path.glob("*.draft"))


def test_every_row_leads_back_to_its_original_cells(check: Check, tables: Tables, tmp_path: Path) -> None:
    parts = write_parts(check(JUNE_AND_JULY, table="orders"), table=tables["orders"], upload_seq=7, out_dir=tmp_path)
    row = pq.read_table(parts[1].path).to_pylist()[0]
    (original,) = pq.read_table(parts[1].raw_path, filters=[("_line", "=", row["_line"])]).to_pylist()
    assert (row["_seq"], row["_line"], row["channel"], row["net_amount"]) == (7, 3, "store", 2)
    assert (original["_line"], original["channel"], original["net_amount"]) == (3, "门店", "¥2")


def test_a_table_without_events_is_one_part(check: Check, tables: Tables, tmp_path: Path) -> None:
    text = "unit_id,name,level,parent_id,ownership\nG,集团,group,,na\nR1,华东,region,G,na\n"
    parts = write_parts(check(text, table="org_units"), table=tables["org_units"], upload_seq=1, out_dir=tmp_path)
    assert [(part.month, part.rows) for part in parts] == [("", 2)]


def test_the_same_rows_give_the_same_bytes(check: Check, tables: Tables, tmp_path: Path) -> None:
    checked = check(JUNE_AND_JULY, table="orders")
    one, two = (
        write_parts(checked, table=tables["orders"], upload_seq=1, out_dir=tmp_path / name) for name in ("one", "two")
    )
    assert [part.sha256 for part in one] == [part.sha256 for part in two]


def test_the_effect_counts_new_changed_and_same_against_the_newest_rows(
    check: Check, tables: Tables, tmp_path: Path
) -> None:
    table = tables["orders"]
    stored: list[Part] = []
    for seq, text in enumerate((JUNE_AND_JULY, orders(("A2", "2024-07-01", "20"))), start=1):
        stored += write_parts(check(text, table="orders"), table=table, upload_seq=seq, out_dir=tmp_path)
    text = orders(("A1", "2024-08-01", "1"), ("A2", "2024-07-01", "20"), ("A4", "2024-07-02", "4"))
    fresh = write_parts(check(text, table="orders"), table=table, upload_seq=3, out_dir=tmp_path)
    paths = [part.path for part in fresh]
    assert effect_of(paths, [part.path for part in stored], table=table)[0] == Effect(new=1, changed=1, same=1)
    assert effect_of(paths, [], table=table)[0] == Effect(new=3, changed=0, same=0)
    assert effect_of([], [part.path for part in stored], table=table)[0] == Effect(0, 0, 0)


def test_empty_key_columns_are_compared_as_values(check: Check, tables: Tables, tmp_path: Path) -> None:
    table = tables["interactions"]
    text = "date,customer_id,kind,employee_id,count\n2024-06-01,c1,share,,1\n"
    first, second = (
        write_parts(check(text, table="interactions"), table=table, upload_seq=seq, out_dir=tmp_path) for seq in (1, 2)
    )
    effect = effect_of([part.path for part in second], [part.path for part in first], table=table)[0]
    assert effect == Effect(new=0, changed=0, same=1)


def test_the_first_contact_of_a_person_is_one_whoever_added_them(check: Check, tables: Tables, tmp_path: Path) -> None:
    text = "contact_id,customer_id,kind,source,added_at\n" + "\n".join(
        [
            "k1,c1,group_member,store,2024-06-02",
            "k2,c1,wecom_friend,ad,2024-06-01",
            "k3,,wecom_friend,ad,2024-06-03",
            "k4,,wecom_friend,ad,2024-06-01",
            "k5,c2,wecom_friend,ad,2024-06-01",
            "k6,c2,oa_follower,ad,2024-06-01",
        ]
    )
    checked = check(text, table="contacts")
    parts = write_parts(checked, table=tables["contacts"], upload_seq=1, out_dir=tmp_path)
    rows = pa.concat_tables([pq.read_table(part.path) for part in parts])
    assert dict(zip(rows.column("contact_id").to_pylist(), rows.column("is_first").to_pylist(), strict=True)) == {
        "k1": False,
        "k2": True,
        "k3": True,
        "k4": True,
        "k5": True,
        "k6": False,
    }
