"""Loading in a stream: the same answer whatever the batches, every fault in one pass, bounded by what is stated."""

from __future__ import annotations

import random
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kpis.datasets import limits
from kpis.datasets.checks.checking import check_rows, check_table
from kpis.datasets.checks.keys import KeyWatch
from kpis.datasets.files import csvrows
from kpis.datasets.files.raw import EvenSample, RawTable
from kpis.datasets.files.reading import read_table
from kpis.datasets.meaning.mapping import ColumnMapping, propose_mapping
from kpis.datasets.meaning.sources import Source, SumBy
from kpis.datasets.pipeline import load_file
from kpis.datasets.store import parts
from kpis.engine.specs import TableSpec

Tables = Mapping[str, TableSpec]
HEAD = "order_id,channel,paid_at,status,gross_amount,discount_amount,refund_amount,net_amount,item_count,unit_id\n"


def order(key: str, *, paid: str = "2024-06-01 10:00:00", net: str = "10", items: str = "1", unit: str = "S1") -> str:
    return f"{key},store,{paid},completed,{net},0,0,{net},{items},{unit}\n"


def load(tmp_path: Path, text: str, *, out: str = "out", **more: Any) -> dict[str, Any]:
    path = tmp_path / "orders.csv"
    path.write_text(text, encoding="utf-8")
    given: dict[str, Any] = {
        "path": str(path),
        "filename": "orders.csv",
        "out_dir": str(tmp_path / out),
        "upload_seq": 1,
    }
    return load_file(**(given | more))


def told(result: Mapping[str, Any]) -> list[tuple[int, str, str]]:
    return [(problem["row"], problem["column"], problem["code"]) for problem in result["problems"]]


def rows_of(result: Mapping[str, Any], folder: Path) -> list[dict[str, Any]]:
    files = [pq.read_table(folder / part["path"]) for part in result["parts"]]
    return sorted(pa.concat_tables(files).to_pylist(), key=lambda row: row["_line"]) if files else []


def messy(seed: int, *, rows: int) -> str:
    chance = random.Random(seed)
    keys = [f"A{chance.randrange(8 * rows)}" for _ in range(rows)]
    lines = []
    for key in keys:
        line = order(
            key,
            paid=f"2024-{chance.randrange(1, 13):02d}-{chance.randrange(1, 32):02d} 10:00",
            items=chance.choice(["1", "2", "5", "x", " 3 "]),
            unit=chance.choice(["S1", "S2", '"S\n9"', "", "'=S"]),
        )
        lines.append(chance.choice([line] * 20 + ["B,1\n", "\n"]))
    return HEAD + "".join(lines)


@pytest.mark.parametrize("seed", range(4))
def test_small_batches_say_and_keep_what_one_batch_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    text = messy(seed, rows=400)
    whole = load(tmp_path, text, out="whole", good_rows_only=True)
    monkeypatch.setattr(csvrows, "BLOCK_BYTES", 512)
    monkeypatch.setattr(csvrows, "BLOCKS", 1)
    monkeypatch.setattr(parts, "GROUP_ROWS", 7)
    monkeypatch.setattr(parts, "WAITING_ROWS", 20)
    pieces = load(tmp_path, text, out="pieces", good_rows_only=True)
    assert whole["counts"]["errors"] > 20
    assert sorted(told(pieces)) == sorted(told(whole))
    assert {**pieces["counts"], "groups": ()} == {**whole["counts"], "groups": ()}
    assert pieces["effect"] == whole["effect"]
    assert rows_of(pieces, tmp_path / "pieces") == rows_of(whole, tmp_path / "whole")
    assert (tmp_path / "pieces/problems.csv").read_bytes() == (tmp_path / "whole/problems.csv").read_bytes()


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    text = messy(9, rows=300)
    first, second = (load(tmp_path, text, out=out, good_rows_only=True)["parts"] for out in ("a", "b"))
    assert len(first) == 12
    assert [part["sha256"] for part in first] == [part["sha256"] for part in second]


def test_a_faulty_line_still_takes_part_in_keys_and_references(tmp_path: Path) -> None:
    text = HEAD + order("A1", items="x", unit="S9") + order("A1") + order("A2") + order("A2", items="y")
    result = load(tmp_path, text, known={"org_units.unit_id": ["S1"]})
    assert sorted(told(result)) == [
        (2, "item_count", "not_integer"),
        (2, "unit_id", "unknown_reference"),
        (3, "order_id", "duplicate_key"),
        (5, "item_count", "not_integer"),
        (5, "order_id", "duplicate_key"),
    ]


def test_two_lines_with_different_faults_are_no_exact_repeats(tmp_path: Path) -> None:
    text = HEAD + order("A1", items="x") + order("A1", items="y") + order("A1", items="x")
    assert [code for row, _, code in told(load(tmp_path, text)) if row > 2 and code != "not_integer"] == [
        "duplicate_key",
        "duplicate_row",
    ]


def test_the_corrected_problem_file_alone_completes_the_load(tmp_path: Path) -> None:
    good = [order(f"A{number}", paid=f"2024-{number % 12 + 1:02d}-05 08:00:00") for number in range(60)]
    broken = list(good)
    broken[5] = good[5].replace(",1,S1", ",x,S1")
    broken[17] = good[17].replace("completed", "?")
    broken[40] = good[40].replace("A40,", "A5,")
    first = load(tmp_path, HEAD + "".join(broken), out="first", good_rows_only=True)
    header, *lines = (tmp_path / "first/problems.csv").read_text(encoding="utf-8-sig").splitlines()
    assert sorted(row for row, _, _ in told(first)) == [7, 19, 42]
    wrong = {line.split(",")[0]: line for line in lines}
    assert len(lines) == 3
    mended = "\n".join(
        [
            header,
            next(line for line in lines if ",x,S1" in line).replace(",x,S1", ",1,S1"),
            wrong["A17"].replace("?", "completed", 1),
            next(line for line in lines if ",x,S1" not in line and line.startswith("A5,")).replace("A5,", "A40,", 1),
        ]
    )
    second = load(tmp_path, mended + "\n", out="second", upload_seq=2)
    clean = load(tmp_path, HEAD + "".join(good), out="clean")
    assert told(second) == []
    hidden = ("_line", "_seq")
    loaded = [*rows_of(first, tmp_path / "first"), *rows_of(second, tmp_path / "second")]
    both = [{name: cell for name, cell in row.items() if name not in hidden} for row in loaded]
    wanted = [{n: c for n, c in row.items() if n not in hidden} for row in rows_of(clean, tmp_path / "clean")]
    assert sorted(both, key=lambda row: row["order_id"]) == sorted(wanted, key=lambda row: row["order_id"])


def test_steps_correct_skip_and_choose_among_repeats(tmp_path: Path) -> None:
    text = HEAD + order("A1", items="x") + order("A2") + order("A2", net="20") + order("A3") + "A4,store\n"
    steps: list[dict[str, Any]] = [
        {"kind": "cell", "line": 2, "column": "item_count", "value": "4"},
        {"kind": "skip", "lines": [5]},
        {"kind": "keep", "which": "last"},
        {"kind": "skip", "code": "ragged_row", "column": ""},
    ]
    result = load(tmp_path, text, steps=steps)
    assert told(result) == []
    assert [(row["_line"], row["item_count"], row["net_amount"]) for row in rows_of(result, tmp_path / "out")] == [
        (2, 4, 10),
        (4, 1, 20),
    ]
    assert result["effect"] == {"new": 2, "changed": 0, "same": 0, "ignored": 3}


def test_rows_left_out_for_a_fault_say_nothing_of_their_other_faults(tmp_path: Path) -> None:
    text = HEAD + order("A1", items="x", paid="?") + order("A1") + order("A2", paid="?")
    result = load(tmp_path, text, steps=[{"kind": "skip", "code": "not_integer", "column": "item_count"}])
    assert told(result) == [(4, "paid_at", "not_datetime")]
    assert result["counts"]["good"] == 1


def test_the_effect_names_the_months_and_units_that_move(tmp_path: Path) -> None:
    rows = [order("A1"), order("A2", paid="2024-07-01", unit="S2"), order("A3", paid="2024-08-01", unit="S3")]
    first = load(tmp_path, HEAD + "".join(rows), out="first")
    months, units = ("2024-06", "2024-07", "2024-08"), ("S1", "S2", "S3")
    assert first["touched"] == {"months": months, "units": units, "unit_count": 3}
    existing = [str(tmp_path / "first" / part["path"]) for part in first["parts"]]
    moved = order("A2", paid="2024-09-01", unit="S4") + order("A9", paid="2024-10-01", unit="")
    text = HEAD + rows[0] + moved + rows[0]
    second = load(tmp_path, text, out="second", upload_seq=2, existing=existing)
    assert second["effect"] == {"new": 1, "changed": 1, "same": 1, "ignored": 1}
    # The month and the unit that a changed row leaves move as well.
    assert second["touched"] == {"months": ("2024-07", "2024-09", "2024-10"), "units": ("S2", "S4"), "unit_count": 2}


def test_problem_rows_are_kept_as_text_for_editing(tmp_path: Path) -> None:
    text = HEAD.replace("unit_id", "unit_id,收货人手机") + "".join(
        order(f"A{number}", items="x" if number == 2 else "1").replace("\n", ",13800138000\n") for number in range(4)
    )
    result = load(tmp_path, text)
    (row,) = pq.read_table(tmp_path / "out" / result["problem_rows"]).to_pylist()
    assert (row["_line"], row["item_count"], row["收货人手机"]) == (4, "x", "")


def test_more_rows_than_allowed_are_refused_with_the_limit_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csvrows, "LIMITS", limits.Limits(rows=5))
    assert load(tmp_path, HEAD + "".join(order(f"A{n}") for n in range(5)))["counts"]["good"] == 5
    (problem,) = load(tmp_path, HEAD + "".join(order(f"A{n}") for n in range(6)))["problems"]
    assert (problem["code"], "5+ rows" in problem["message"]["en"]) == ("too_large", True)


def test_sums_places_and_ignored_rows_do_not_depend_on_batches(
    tmp_path: Path, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csvrows, "BLOCK_BYTES", 64)
    monkeypatch.setattr(csvrows, "BLOCKS", 1)
    path = tmp_path / "lines.csv"
    lines = [f"T{number % 5},P{number},2,{number}.50" for number in range(40)]
    path.write_text("单号,货,件,额\n" + "\n".join([*lines, "T1,合计行,9,9", "T2,P,1,x"]) + "\n", encoding="utf-8")
    mapping = propose_mapping([], tables=tables, hint_table="order_lines").to_json() | {"ignore": {"货": ["合计行"]}}
    fields = {
        "order_id": Source(column="单号"),
        "line_no": Source(ordinal="单号"),
        "sku_id": Source(column="货"),
        "qty": Source(column="件"),
        "net_amount": Source(column="额"),
    }
    raw = read_table(path, filename="lines.csv", work=tmp_path)
    placed = check_table(raw, mapping=with_fields(mapping, fields), table=tables["order_lines"])
    assert placed.rows.column("line_no").to_pylist() == [number // 5 + 1 for number in range(40)]
    summed = with_fields(mapping | {"sum_by": SumBy("单号", ("件", "额")).to_json()}, fields)
    result = check_table(raw, mapping=summed, table=tables["order_lines"])
    assert [(problem.line, problem.column, problem.code) for problem in result.problems] == [(43, "额", "not_number")]
    totals = {row["order_id"]: (row["qty"], row["net_amount"]) for row in result.rows.to_pylist()}
    assert totals == {f"T{key}": (16, sum(range(key, 40, 5)) + 4) for key in (0, 1, 3, 4)}


def with_fields(data: Mapping[str, Any], fields: Mapping[str, Source]) -> ColumnMapping:
    return ColumnMapping.from_json({**data, "fields": {name: source.to_json() for name, source in fields.items()}})


def test_keys_met_twice_are_all_among_the_suspects() -> None:
    chance = np.random.default_rng(3)
    watch, keys = KeyWatch(), chance.integers(0, 500, 700).astype(np.uint64)
    for start in range(0, 700, 90):
        bits = keys[start : start + 90]
        watch.take(bits, np.arange(start, start + len(bits), dtype=np.int64), readable=None)
    wanted = [place for place, key in enumerate(keys) if (keys == key).sum() > 1]
    assert watch.suspects().tolist() == wanted


def test_a_sample_is_even_whatever_the_batches_are() -> None:
    sample = EvenSample(10)
    for start in range(0, 1_000, 37):
        lines = list(range(start, min(start + 37, 1_000)))
        sample.take(pa.table({"_line": lines}))
    taken = sample.rows(()).column("_line").to_pylist()
    assert len(taken) in range(10, 21)
    assert {after - before for before, after in pairwise(taken)} == {64}


def test_months_in_any_order_end_in_full_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "GROUP_ROWS", 50)
    monkeypatch.setattr(parts, "WAITING_ROWS", 20)
    monkeypatch.setattr(csvrows, "BLOCK_BYTES", 1_000)
    monkeypatch.setattr(csvrows, "BLOCKS", 1)
    text = HEAD + "".join(order(f"A{n}", paid=f"2024-{n % 12 + 1:02d}-02") for n in range(900))
    result = load(tmp_path, text)
    assert [part["rows"] for part in result["parts"]] == [75] * 12
    for part in result["parts"]:
        metadata = pq.read_metadata(tmp_path / "out" / part["path"])
        assert [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)] == [50, 25]


def test_an_error_that_cannot_be_loaded_stops_the_writing(tmp_path: Path, tables: Tables) -> None:
    taken: list[int] = []

    class Sink:
        def take(self, values: pa.Table, originals: pa.Table) -> None:
            taken.append(values.num_rows)

    path = tmp_path / "orders.csv"
    path.write_text(HEAD + order("A1", items="x") + order("A2"), encoding="utf-8")
    raw: RawTable = read_table(path, filename="orders.csv", work=tmp_path)
    mapping = propose_mapping(raw.columns, tables=tables, hint_table="orders")
    for all_or_nothing in (True, False):
        check_rows(
            raw, mapping=mapping, table=tables["orders"], sink=Sink(), work=tmp_path, all_or_nothing=all_or_nothing
        )
    assert taken == [1]
