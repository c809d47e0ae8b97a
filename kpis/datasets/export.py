"""The file of problem rows: the original columns, then line, column, code, message and advice. Correct it, load it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from kpis.datasets.problems import Problem
from kpis.datasets.raw import LINE, RawTable

NUMERIC = re.compile(r"[-+]?[0-9][0-9,]*(\.[0-9]+)?%?")
ADDED = {
    "zh": ("原行号", "问题列", "问题代码", "问题说明", "建议"),
    "en": ("source_line", "problem_column", "problem_code", "problem", "advice"),
}


def safe_cell(text: str) -> str:
    """Return text that no spreadsheet takes for a formula; numbers stay as they are. Reading takes the sign off."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") and not NUMERIC.fullmatch(text) else text


def problem_rows(
    raw: RawTable,
    problems: Sequence[Problem],
    *,
    lines: pa.Array | None = None,
    hidden: frozenset[str] = frozenset(),
    language: str = "zh-hans",
) -> bytes:
    """Return CSV (UTF-8 with BOM, which Excel needs) of every line with a problem, one row per line.

    `lines` adds lines whose problems were counted but not kept; `hidden` columns (personal data) stay out.
    """
    short = "zh" if language.lower().startswith("zh") else "en"
    columns = [name for name in raw.columns if name not in hidden]
    by_line: dict[int, list[Problem]] = {}
    for problem in problems:
        if problem.line is not None:
            by_line.setdefault(problem.line, []).append(problem)
    wanted = sorted(by_line.keys() | set(lines.to_pylist() if lines is not None else ()))
    cells = _cells(raw, wanted)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*map(safe_cell, columns), *ADDED[short]])
    for line in wanted:
        row = cells.get(line, {})
        found = by_line.get(line, [])
        told = [
            " | ".join(dict.fromkeys(texts))
            for texts in (
                [problem.column for problem in found],
                [problem.code for problem in found],
                [problem.message.in_language(short) for problem in found],
                [problem.hint.in_language(short) for problem in found],
            )
        ]
        writer.writerow([*(safe_cell(row.get(name, "")) for name in columns), line, *map(safe_cell, told)])
    return out.getvalue().encode("utf-8-sig")


def _cells(raw: RawTable, lines: Sequence[int]) -> dict[int, dict[str, str]]:
    """Return line -> cells; a line that did not fit the header gives the cells it has, from the left."""
    picked = raw.rows.filter(pc.is_in(raw.rows.column(LINE), value_set=pa.array(lines, pa.int64())))
    cells = {row[LINE]: {name: row[name] or "" for name in raw.columns} for row in picked.to_pylist()}
    delimiter = raw.delimiter if len(raw.delimiter) == 1 else "\t"
    for ragged in raw.ragged:
        try:
            parts = next(csv.reader(io.StringIO(ragged.text, newline=""), delimiter=delimiter), [])
        except csv.Error:
            parts = []
        cells[ragged.line] = dict(zip(raw.columns, parts, strict=False))
    return cells
