"""100,000 orders with over 50 kinds of fault: each is reported as itself, none invented, all can be put right."""

from __future__ import annotations

import csv
import io
import os
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from kpis.datasets.checks.checking import Checked, check_table
from kpis.datasets.checks.problems import Severity
from kpis.datasets.files.raw import LINE, RawTable
from kpis.datasets.files.reading import read_table
from kpis.datasets.meaning.mapping import ColumnMapping, Confidence
from kpis.datasets.meaning.sources import Source
from kpis.datasets.repair.export import problem_cells, problem_csv, problem_workbook
from kpis.datasets.repair.fixes import fold
from kpis.library import load_library
from tests.kpis.faults.orders import KINDS, KNOWN, clean_orders
from tests.kpis.faults.seeding import Row, Seeded, csv_bytes, seed_file

ORDERS = load_library().tables["orders"]
HEADERS = {column.name: column.names.zh for column in ORDERS.columns if not column.computed}
MAPPING = ColumnMapping("orders", Confidence.SURE, fields={name: Source(column=zh) for name, zh in HEADERS.items()})
FULL_ROWS, FULL_SECONDS = 100_000, 40


def read(content: bytes, folder: Path, *, name: str = "orders.csv") -> RawTable:
    path = folder / name
    path.write_bytes(content)
    return read_table(path, filename=name).in_memory()


def check(raw: RawTable, *, steps: Sequence[Mapping[str, Any]] = ()) -> Checked:
    mapping, corrections = fold(MAPPING, steps)
    return check_table(raw, mapping=mapping, table=ORDERS, known=KNOWN, corrections=corrections)


def found(checked: Checked) -> Counter[tuple[int | None, str, str]]:
    return Counter((problem.line, problem.column, problem.code) for problem in checked.problems)


def by_key(rows: pa.Table) -> pa.Table:
    return rows.drop_columns([LINE]).sort_by("order_id").combine_chunks()


def current(first: Checked, second: Checked) -> pa.Table:
    """Return the rows that count after both loads: of two with one key the later."""
    again = pc.is_in(first.rows.column("order_id"), value_set=second.rows.column("order_id").combine_chunks())
    return by_key(pa.concat_tables([first.rows.filter(pc.invert(again)), second.rows]))


def seeded_orders(many: int, *, each: int, seed: int) -> tuple[list[Row], Seeded]:
    rng = random.Random(seed)
    rows = clean_orders(many, rng=rng)
    return rows, seed_file(rows, headers=HEADERS, kinds=KINDS, key="order_id", each=each, rng=rng, other="item_count")


def clean_load(rows: Sequence[Row], folder: Path) -> pa.Table:
    clean = check(read(csv_bytes([list(HEADERS.values()), *(list(row.values()) for row in rows)]), folder))
    assert not clean.problems
    return by_key(clean.rows)


def put_right(content: Sequence[Sequence[str]], seeded: Seeded) -> bytes:
    """Correct a problem file by the label, as a person would with the columns that were added."""
    header = list(content[0])
    place = header.index("原行号")
    kept = [header]
    for row in content[1:]:
        right = seeded.right[int(row[place])]
        if right is not None:
            kept.append([right.get(name, text) for name, text in zip(header, row, strict=True)])
    return csv_bytes(kept)


def steps_of(seeded: Seeded) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = []
    for line, right in seeded.right.items():
        if right is None:
            steps.append({"kind": "skip", "lines": [line]})
        else:
            steps += [{"kind": "cell", "line": line, "column": name, "value": text} for name, text in right.items()]
    return steps


def problem_file(raw: RawTable, checked: Checked) -> pa.Table:
    lines = pa.array(sorted({problem.line for problem in checked.problems if problem.line is not None}), pa.int64())
    return problem_cells(raw.rows, columns=raw.columns, lines=lines, ragged=raw.ragged, delimiter=raw.delimiter)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Row], Seeded, RawTable, Checked, float]:
    folder = tmp_path_factory.mktemp("full")
    rows, seeded = seeded_orders(FULL_ROWS, each=10, seed=7)
    content = seeded.content()
    began = time.perf_counter()
    raw = read(content, folder)
    checked = check(raw)
    return rows, seeded, raw, checked, time.perf_counter() - began


def test_fifty_kinds_of_fault_in_a_hundred_thousand_rows_are_reported_exactly(full: Any) -> None:
    _, seeded, _, checked, seconds = full
    print(f"{len(seeded.kinds)} kinds, {len(seeded.expected)} faults, {seconds:.1f} s")
    assert len(seeded.kinds) >= 50
    expected = Counter(seeded.expected)
    assert found(checked) - expected == Counter(), "invented"
    assert expected - found(checked) == Counter(), "missed"
    assert checked.counts.errors + checked.counts.warnings == len(seeded.expected)
    assert seconds < FULL_SECONDS


def test_every_problem_says_what_to_do_in_both_languages_and_names_the_cell(full: Any) -> None:
    _, _, raw, checked, _ = full
    cells = {row[LINE]: row for row in problem_file(raw, checked).to_pylist()}
    for problem in checked.problems:
        assert all((problem.message.zh, problem.message.en, problem.hint.zh, problem.hint.en))
        if problem.column in HEADERS.values() and problem.code not in ("duplicate_key", "duplicate_row", "too_long"):
            text = (cells[problem.line][problem.column] or "").replace("\x00", "\u2400")
            assert problem.value == text, problem


def test_the_corrected_problem_file_alone_completes_the_load(full: Any, tmp_path: Path) -> None:
    rows, seeded, raw, first, _ = full
    content = problem_csv(problem_file(raw, first), first.problems).decode("utf-8-sig")
    told = list(csv.reader(io.StringIO(content, newline="")))
    second = check(read(put_right(told, seeded), tmp_path))
    assert [problem for problem in second.problems if problem.severity is Severity.ERROR] == []
    assert current(first, second).equals(clean_load(rows, tmp_path))


def test_the_same_corrections_as_steps_come_to_the_same(full: Any, tmp_path: Path) -> None:
    rows, seeded, raw, _, _ = full
    corrected = check(raw, steps=steps_of(seeded))
    assert corrected.problems == ()
    assert by_key(corrected.rows).equals(clean_load(rows, tmp_path))


def test_leaving_every_group_out_loads_the_good_rows(full: Any) -> None:
    _, _, raw, first, _ = full
    steps = [{"kind": "skip", "code": group.code, "column": group.column} for group in first.counts.groups]
    without = check(raw, steps=steps)
    assert without.counts.errors == 0
    told = pa.array(sorted({problem.line for problem in first.problems if problem.line is not None}), pa.int64())
    untouched = first.rows.filter(pc.invert(pc.is_in(first.rows.column(LINE), value_set=told)))
    kept = without.rows.filter(pc.is_in(without.rows.column(LINE), value_set=untouched.column(LINE).combine_chunks()))
    assert kept.equals(untouched)


@pytest.mark.parametrize("seed", range(int(os.environ.get("FAULT_SEEDS", "6"))))
def test_small_files_with_other_mixtures_are_reported_and_put_right_exactly(seed: int, tmp_path: Path) -> None:
    many = random.Random(seed).randrange(200, 600)
    rows, seeded = seeded_orders(many, each=1 + seed % 3, seed=seed)
    raw = read(seeded.content(), tmp_path)
    first = check(raw)
    assert found(first) == Counter(seeded.expected)
    book = problem_workbook(problem_file(raw, first), first.problems)
    again = read(book, tmp_path, name="problems.xlsx")
    told = [list(again.columns), *([row[name] or "" for name in again.columns] for row in again.rows.to_pylist())]
    second = check(read(put_right(told, seeded), tmp_path))
    assert second.problems == ()
    clean = clean_load(rows, tmp_path)
    assert current(first, second).equals(clean)
    assert by_key(check(raw, steps=steps_of(seeded)).rows).equals(clean)
