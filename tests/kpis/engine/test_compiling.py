"""Compiled queries are found again by other processes, whatever their dates."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import ibis
import pyarrow as pa
import pytest

from kpis.engine import compiling
from kpis.engine.bounds import bounds_of, midnight

PROGRAM = """
import sys
from datetime import date
from pathlib import Path
from kpis.engine.compiling import keep_in
from tests.kpis.engine.test_compiling import asked
keep_in(Path(sys.argv[1]))
print(asked(date(2023, 5, 1)))
"""


def asked(day: date) -> str:
    """Return the text of a query as a computation asks it."""
    orders = ibis.table({"paid_at": "timestamp", "status": "string", "net": "decimal(18, 4)"}, name="part_orders")
    with bounds_of() as bounds:
        chosen = orders.filter(orders["paid_at"] < midnight(day), orders["status"].isin(["paid", "completed"]))
        query = chosen.group_by("status").aggregate(net=chosen["net"].sum())
        return bounds.written_into(compiling.compiled(query))


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(compiling, "_kept", [])
    compiling.keep_in(tmp_path)
    compiling._compiled.cache_clear()
    return tmp_path


def test_another_process_finds_the_text(folder: Path) -> None:
    alone = asked(date(2023, 5, 1))
    (file,) = _files(folder)
    file.write_text(f"/* kept */ {file.read_text()}")
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(folder)], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == f"/* kept */ {alone}".strip()
    assert _files(folder) == [file]


def test_dates_are_no_part_of_what_is_kept(folder: Path) -> None:
    one = asked(date(2023, 5, 1))
    compiling._compiled.cache_clear()
    other = asked(date(2024, 6, 1))
    assert len(_files(folder)) == 1
    assert other == one.replace("2023, 5, 1", "2024, 6, 1")


def test_a_query_that_holds_rows_is_not_kept(folder: Path) -> None:
    compiling.compiled(ibis.memtable(pa.table({"a": [1]})).select("a"))
    assert _files(folder) == []


def test_a_folder_that_cannot_be_written_stops_nothing(folder: Path) -> None:
    (folder / "file").write_text("")
    compiling.keep_in(folder / "file")
    assert "GROUP BY" in asked(date(2023, 5, 1))
