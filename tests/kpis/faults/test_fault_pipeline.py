"""The corrected problem file completes the load: the parts of both files are, row for row, those of a clean load."""

from __future__ import annotations

import csv
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from kpis.datasets.files.raw import LINE
from kpis.datasets.limits import LIMITS
from kpis.datasets.meaning.mapping import ColumnMapping, Confidence
from kpis.datasets.meaning.sources import Source, SumBy
from kpis.datasets.pipeline import load_file
from kpis.datasets.store.parts import SEQ
from kpis.library import load_library
from tests.kpis.faults.orders import KNOWN, clean_orders
from tests.kpis.faults.seeding import Row, csv_bytes
from tests.kpis.faults.test_order_faults import FULL_ROWS, HEADERS, MAPPING, put_right, seeded_orders, steps_of

TABLES = load_library().tables


class Door:
    """A folder into which files are loaded one after the other."""

    def __init__(self, folder: Path, mapping: ColumnMapping = MAPPING) -> None:
        self.folder, self.mapping = folder, mapping
        self.parts: list[Path] = []
        self.last: dict[str, Any] = {}

    def load(self, content: bytes, *, steps: Sequence[Mapping[str, Any]] = ()) -> None:
        seq = len(list(self.folder.iterdir())) + 1 if self.folder.exists() else 1
        out = self.folder / str(seq)
        out.mkdir(parents=True)
        path = out / "file.csv"
        path.write_bytes(content)
        self.last = load_file(
            path=str(path),
            filename=path.name,
            out_dir=str(out),
            upload_seq=seq,
            mapping=self.mapping.to_json(),
            steps=steps,
            known=KNOWN,
            good_rows_only=True,
        )
        self.parts += [out / part["path"] for part in self.last["parts"]]

    def problem_file(self) -> list[list[str]]:
        path = self.parts[0].parent / self.last["problem_file"]
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.reader(file))

    def current(self) -> pa.Table:
        """Return the rows that count, without where they came from."""
        table = TABLES[str(self.mapping.table)]
        key = ", ".join(table.key)
        with duckdb.connect() as engine:
            engine.register("given", engine.read_parquet([str(path) for path in self.parts], union_by_name=True))
            return engine.sql(
                f"select * exclude ({SEQ}, _sheet, {LINE}) from given "  # noqa: S608
                f"qualify row_number() over (partition by {key} order by {SEQ} desc, {LINE} desc) = 1 order by {key}"
            ).to_arrow_table()


def clean(content: Sequence[Sequence[str]], folder: Path, mapping: ColumnMapping = MAPPING) -> pa.Table:
    door = Door(folder / "clean", mapping)
    door.load(csv_bytes(content))
    assert door.last["problems"] == []
    return door.current()


def lines_of(rows: Sequence[Row]) -> list[list[str]]:
    return [list(HEADERS.values()), *(list(row.values()) for row in rows)]


def test_a_hundred_thousand_rows_with_faults_and_their_corrected_problem_file_are_the_clean_load(
    tmp_path: Path,
) -> None:
    rows, seeded = seeded_orders(FULL_ROWS, each=8, seed=23)
    door = Door(tmp_path / "faulty")
    door.load(seeded.content())
    assert door.last["counts"]["errors"] + door.last["counts"]["warnings"] == len(seeded.expected)
    door.load(put_right(door.problem_file(), seeded))
    assert door.last["problems"] == []
    whole = clean(lines_of(rows), tmp_path)
    assert door.current().equals(whole)
    stepped = Door(tmp_path / "stepped")
    stepped.load(seeded.content(), steps=steps_of(seeded))
    assert stepped.last["problems"] == []
    assert stepped.current().equals(whole)


def test_more_bad_rows_than_problems_are_kept_still_all_stand_in_the_problem_file(tmp_path: Path) -> None:
    rows = clean_orders(LIMITS.problems + 2_000, rng=random.Random(5))
    faulty = [row | {"status": "已付了"} for row in rows[:-500]] + rows[-500:]
    door = Door(tmp_path / "faulty")
    door.load(csv_bytes(lines_of(faulty)))
    (group,) = door.last["counts"]["groups"]
    assert (group["count"], len(door.last["problems"])) == (len(rows) - 500, LIMITS.problems)
    assert group["values"] == (("已付了", len(rows) - 500),)
    told = door.problem_file()
    place = told[0].index("订单状态")
    right = [
        told[0],
        *([*row[:place], rows[number]["status"], *row[place + 1 :]] for number, row in enumerate(told[1:])),
    ]
    door.load(csv_bytes(right))
    assert door.current().equals(clean(lines_of(rows), tmp_path))


LINE_HEADERS = ["订单号", "付款时间", "商品", "件数", "金额", "行金额"]
SUMMED = ColumnMapping(
    "orders",
    Confidence.SURE,
    fields={
        "order_id": Source(column="订单号"),
        "channel": Source(constant="store"),
        "paid_at": Source(column="付款时间"),
        "status": Source(constant="paid"),
        "gross_amount": Source(column="金额"),
        "discount_amount": Source(constant="0"),
        "refund_amount": Source(constant="0"),
        "item_count": Source(column="件数"),
    },
    sum_by=SumBy("订单号", ("件数", "金额")),
)
PLACED = ColumnMapping(
    "order_lines",
    Confidence.SURE,
    fields={
        "order_id": Source(column="订单号"),
        "line_no": Source(ordinal="订单号"),
        "sku_id": Source(column="商品"),
        "qty": Source(column="件数"),
        "net_amount": Source(column="行金额"),
        "is_gift": Source(constant="否"),
    },
)


@pytest.mark.parametrize("mapping", [SUMMED, PLACED], ids=["lines added up", "lines counted"])
@pytest.mark.parametrize("seed", range(4))
def test_lines_that_count_together_stand_together_in_the_problem_file(
    mapping: ColumnMapping, seed: int, tmp_path: Path
) -> None:
    rng = random.Random(seed)
    rows = []
    for order in range(60):
        for line in range(rng.randrange(1, 5)):
            price = rng.randrange(100, 9_000)
            rows.append([f"O{order:03d}", "2024-06-01 10:00:00", f"sku{line}", "1", f"{price}.00", f"{price}.00"])
    rng.shuffle(rows)
    faulty = [list(row) for row in rows]
    for place in rng.sample(range(len(rows)), 12):
        column, text = rng.choice([(1, "昨天"), (3, "一件"), (4, "十元"), (5, "十元"), (3, "")])
        faulty[place][column] = text
        if rng.random() < 0.2:
            faulty[place] = faulty[place][:4]
    door = Door(tmp_path / "faulty", mapping)
    door.load(csv_bytes([LINE_HEADERS, *faulty]))
    assert door.last["counts"]["errors"]
    told = door.problem_file()
    line = told[0].index("原行号")
    door.load(csv_bytes([told[0], *([*rows[int(row[line]) - 2], *row[len(LINE_HEADERS) :]] for row in told[1:])]))
    assert door.last["problems"] == []
    assert door.current().equals(clean([LINE_HEADERS, *rows], tmp_path, mapping))


def test_words_and_empty_cells_of_lines_that_are_added_up_are_read_as_a_person_says(tmp_path: Path) -> None:
    rows = [
        ["O1", "2024-06-01", "a", count, amount, "1"]
        for count, amount in (("1", "10.00001"), ("一件", "20"), ("", "5"))
    ]
    door = Door(tmp_path / "steps", SUMMED)
    door.load(csv_bytes([LINE_HEADERS, *rows]))
    assert [(one["row"], one["column"], one["code"]) for one in door.last["problems"]] == [
        (3, "件数", "not_integer"),
        (4, "件数", "required_empty"),
    ]
    assert door.parts == []
    steps = [
        {"kind": "value", "field": "item_count", "from": "一件", "to": "1"},
        {"kind": "value", "field": "item_count", "from": "", "to": "2"},
    ]
    door.load(csv_bytes([LINE_HEADERS, *rows]), steps=steps)
    (order,) = door.current().to_pylist()
    assert (order["item_count"], str(order["gross_amount"]), str(order["net_amount"])) == (4, "35.0000", "35.0000")
