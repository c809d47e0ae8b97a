"""Runs corpus files through the door and says what came of them, in the form of their labels."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kpis.datasets.checks.problems import from_json
from kpis.datasets.files.raw import LINE
from tests.kpis.corpus.cases import HEAD, Case, Problem, Value

Came = tuple[tuple[tuple[Value, ...], ...], frozenset[Problem]]


def request(case: Case, folder: Path) -> dict[str, Any]:
    """Write the file and return what `load_file` is called with."""
    folder.mkdir(parents=True)
    path = folder / "upload"
    path.write_bytes(case.make())
    return {
        "path": str(path),
        "filename": case.filename,
        "out_dir": str(folder / "out"),
        "upload_seq": 1,
        "table": "orders",
        "guess": dict(case.guess),
        "good_rows_only": True,
    }


def came_of(result: Mapping[str, Any], folder: Path) -> Came:
    """Return the stored rows in the order of the file, and the problems."""
    parts = [pq.read_table(folder / "out" / part["path"]) for part in result["parts"]]
    rows: tuple[tuple[Value, ...], ...] = ()
    if parts:
        table = pa.concat_tables(parts)
        given = table.sort_by(LINE).select(list(HEAD)).to_pylist()
        rows = tuple(tuple(row[name] for name in HEAD) for row in given)
    problems = map(from_json, result["problems"])
    return rows, frozenset((problem.line, problem.column, problem.code) for problem in problems)
