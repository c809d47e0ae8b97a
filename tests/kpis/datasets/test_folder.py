"""Folders: parents first, mapping.yaml, and the public CDNOW history against pandas."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from kpis.datasets.checks.checking import check_table
from kpis.datasets.files.raw import Guess
from kpis.datasets.files.reading import read_table
from kpis.datasets.folder import FilePlan, load_order, plan_folder
from kpis.engine.specs import TableSpec

Tables = Mapping[str, TableSpec]


def test_tables_come_after_those_they_refer_to(tables: Tables) -> None:
    order = load_order(tables)
    assert set(order) == set(tables)
    for table in tables.values():
        parents = {column.ref.partition(".")[0] for column in table.columns if column.ref} - {table.id}
        assert all(order.index(parent) < order.index(table.id) for parent in parents)


def test_files_named_after_tables_are_planned_in_that_order(tables: Tables, tmp_path: Path) -> None:
    for name in ("orders.csv", "customers.xlsx", "org_units.csv", "README.md"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    plans = plan_folder(tmp_path, tables=tables)
    assert [(plan.table, plan.filename) for plan in plans] == [
        ("org_units", "org_units.csv"),
        ("customers", "customers.xlsx"),
        ("orders", "orders.csv"),
    ]
    assert all(plan.mapping is None for plan in plans)


def test_an_entry_of_the_mapping_file_says_how_a_file_is_read(tables: Tables, tmp_path: Path) -> None:
    (tmp_path / "feet.txt").write_text("2024-06-01 S1 12\n2024-06-02 S1 15\n", encoding="utf-8")
    (tmp_path / "mapping.yaml").write_text(
        "feet.txt:\n  table: visits\n  delimiter: whitespace\n  header_line: 0\n  columns: [day, shop, people]\n"
        "  fields: {date: day, unit_id: shop, visitors: people, channel: {constant: store}}\n",
        encoding="utf-8",
    )
    (plan,) = plan_folder(tmp_path, tables=tables)
    assert plan.guess == Guess(delimiter="whitespace", header_line=0, columns=("day", "shop", "people"))
    rows = checked_rows(plan, tables)
    assert rows.select(["channel", "unit_id", "visitors"]).to_pylist() == [
        {"channel": "store", "unit_id": "S1", "visitors": 12},
        {"channel": "store", "unit_id": "S1", "visitors": 15},
    ]


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ("", "not named after a table"),
        ("a.csv: {preset: nope}", "no preset"),
        ("a.csv: {table: nope, fields: {x: y}}", "no table"),
        ("a.csv: {fields: {x: y}}", "table and its fields"),
        ("a.csv: 5", "expected table"),
        ("../b.csv: {preset: cdnow}", "no file"),
        ("[1]", "expected file names"),
    ],
)
def test_a_mapping_file_that_makes_no_sense_is_refused_in_words(
    tables: Tables, tmp_path: Path, mapping: str, words: str
) -> None:
    (tmp_path / "a.csv").write_text("x", encoding="utf-8")
    (tmp_path / "mapping.yaml").write_text(mapping, encoding="utf-8")
    with pytest.raises(ValueError, match=words):
        plan_folder(tmp_path, tables=tables)


def checked_rows(plan: FilePlan, tables: Tables) -> pa.Table:
    raw = read_table(plan.path, filename=plan.filename, guess=plan.guess)
    assert plan.mapping is not None
    checked = check_table(raw, mapping=plan.mapping, table=tables[plan.table])
    assert checked.problems == ()
    return checked.rows


def test_the_public_cdnow_history_gives_the_figures_of_pandas(tables: Tables, tmp_path: Path) -> None:
    # The package is a data file to us: importing it would run code for another pandas.
    spec = find_spec("lifetimes")
    assert spec is not None
    assert spec.origin is not None
    source = Path(spec.origin).parent / "datasets" / "CDNOW_master.txt"
    shutil.copy(source, tmp_path)
    (tmp_path / "mapping.yaml").write_text("CDNOW_master.txt: {preset: cdnow}\n", encoding="utf-8")
    rows = {plan.table: checked_rows(plan, tables) for plan in plan_folder(tmp_path, tables=tables)}
    frame = pd.read_csv(source, sep=r"\s+", dtype=str)
    frame["date"] = pd.to_datetime(frame["date"], format="%Y%m%d")
    orders, customers = rows["orders"], rows["customers"]
    assert orders.num_rows == len(frame) == 69_659
    assert pc.sum(orders.column("net_amount")).as_py() == sum(map(Decimal, frame["dollar_value"]))
    assert pc.sum(orders.column("item_count")).as_py() == frame["number_of_cds"].astype(int).sum()
    assert pc.count_distinct(orders.column("order_id")).as_py() == 69_659
    first = frame.groupby("customer_id")["date"].min()
    created = customers.select(["customer_id", "created_at"]).to_pandas().set_index("customer_id")["created_at"]
    assert len(created) == len(first) == 23_570
    assert (created.sort_index().to_numpy() == first.sort_index().to_numpy()).all()
    by_month = orders.to_pandas().groupby(orders.to_pandas()["paid_at"].dt.to_period("M"))["order_id"].count()
    assert by_month.to_list() == frame.groupby(frame["date"].dt.to_period("M"))["date"].count().to_list()
