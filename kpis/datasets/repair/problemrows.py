"""The rows with problems, written beside the parts: as a file to correct and upload, and as cells to edit in place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kpis.datasets.checks.checkpass import Report
from kpis.datasets.checks.keys import Lines
from kpis.datasets.files.raw import LINE, empty_rows
from kpis.datasets.meaning.mapping import ColumnMapping
from kpis.datasets.repair.export import problem_cells, problem_csv
from kpis.datasets.repair.fixes import Corrections

PROBLEM_FILE, PROBLEM_ROWS = "problems.csv", "problem_rows.parquet"
# A file in which more rows are wrong has one cause to mend, not rows to correct one by one.
MOST_LINES = 100_000
# Rows of these refer to one another: half of them would be a wrong organisation.
WHOLE = frozenset({"org_units", "seats", "employees", "role_assignments", "reporting_lines"})


def write_problem_rows(
    checked: Report, *, mapping: ColumnMapping, corrections: Corrections, out: Path, language: str
) -> dict[str, Any]:
    """Write the lines with problems and name the files. The rows are as corrected so far; personal cells are empty.

    Both have every line with an error (the first MOST_LINES; `problem_lines` counts them) and with a warning that is
    kept word for word: corrected and loaded again, that row takes the place of the one that was let in. Where lines
    are counted or added up by a column, all lines of its group stand together: one of them alone would be another sum.
    A table that loads whole or not at all stands there whole, its rows even when nothing is wrong with them yet: they
    may not fit the organisation, which is not known here.
    """
    told = {problem.line for problem in checked.problems if problem.line is not None}
    bad = checked.bad_lines.to_numpy()[:MOST_LINES]
    lines = np.union1d(bad, np.array(sorted(told), dtype=np.int64))[:MOST_LINES]
    whole = checked.table.id in WHOLE and checked.counts.rows <= MOST_LINES
    if not len(lines) and not whole:
        return {"problem_file": None, "problem_rows": None, "problem_lines": 0}
    cells = _cells(checked, None if whole else lines, mapping=mapping, corrections=corrections)
    pq.write_table(cells, out / PROBLEM_ROWS, compression="zstd")
    if not len(lines):
        return {"problem_file": None, "problem_rows": PROBLEM_ROWS, "problem_lines": 0}
    (out / PROBLEM_FILE).write_bytes(problem_csv(cells, checked.problems, language=language))
    return {"problem_file": PROBLEM_FILE, "problem_rows": PROBLEM_ROWS, "problem_lines": cells.num_rows}


def _cells(checked: Report, lines: Lines | None, *, mapping: ColumnMapping, corrections: Corrections) -> pa.Table:
    """Read the cells of these lines (None: all) from the file again, and of the lines they count together with."""
    raw = checked.raw
    mended, _ = corrections.mend(raw.ragged, columns=raw.columns, delimiter=raw.delimiter)
    rows_of = set(mended.column(LINE).to_pylist())
    asked = {one.line for one in raw.ragged} if lines is None else set(lines.tolist())
    ragged = [one for one in raw.ragged if one.line in asked - rows_of - corrections.skip]

    def corrected() -> Iterator[pa.Table]:
        for rows in raw.batches():
            yield corrections.apply(rows) if corrections else rows
        yield mended

    def picked(wanted: Callable[[pa.Table], pa.Array]) -> pa.Table:
        chosen = pa.concat_tables([empty_rows(raw.columns), *(rows.filter(wanted(rows)) for rows in corrected())])
        return problem_cells(
            chosen, columns=raw.columns, ragged=ragged, delimiter=raw.delimiter, hidden=checked.personal
        )

    if lines is None:
        return picked(lambda rows: pc.is_valid(rows.column(LINE)))
    cells = picked(lambda rows: _is_in(rows, LINE, pa.array(lines)))
    groups = {name: _filled(cells.column(name)) for name in _grouped(mapping) if name in raw.columns}
    if not any(map(len, groups.values())):
        return cells
    together = picked(
        lambda rows: reduce(
            pc.or_, (_is_in(rows, name, keys) for name, keys in groups.items()), _is_in(rows, LINE, pa.array(lines))
        )
    )
    return together.slice(0, MOST_LINES)


def _grouped(mapping: ColumnMapping) -> tuple[str, ...]:
    """Return the columns by which the mapping lets several lines stand for one row, or counts them."""
    keys = [one.key for one in (mapping.first_of, mapping.sum_by) if one is not None]
    return tuple(dict.fromkeys([*keys, *(one.ordinal for one in mapping.fields.values() if one.ordinal)]))


def _is_in(rows: pa.Table, name: str, values: pa.Array) -> pa.ChunkedArray:
    return pc.is_in(rows.column(name), value_set=values)


def _filled(cells: pa.ChunkedArray) -> pa.Array:
    keys = pc.drop_null(pc.unique(cells))
    return keys.filter(pc.not_equal(pc.utf8_trim_whitespace(keys), ""))
