"""The file of problem rows: the original cells and what is wrong with each row. Correct it, upload it, done.

The columns added are reserved: an upload ignores them. What a spreadsheet would take for a formula is kept as text,
and reading gives back exactly the cell that was there.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter

from kpis.datasets.checks.problems import Problem, Severity
from kpis.datasets.files.raw import LINE, RaggedLine
from kpis.datasets.meaning.headers import normal_header
from kpis.datasets.meaning.words import reserved_headers
from kpis.datasets.repair.fixes import ragged_cells
from omnichannel.core.csvtext import safe_cell

# What a line has beyond the header, for a person to put in its place.
EXTRA = "_extra"
ADDED = {
    "zh": ("原行号", "问题列", "问题原值", "错误码", "问题说明", "修改建议"),
    "en": ("source_line", "problem_column", "problem_value", "problem_code", "problem_message", "problem_advice"),
}
EXTRA_HEADER = {"zh": "多余内容", "en": "extra_cells"}
LONGEST_XLSX_CELL = 32_767
RED, AMBER, GREY = "#F8D0CC", "#FCE8B2", "#EFEFEF"


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of the problem file."""

    cells: tuple[str, ...]
    extra: str
    line: int
    problems: tuple[Problem, ...]

    def told(self, language: str) -> tuple[str, ...]:
        """Return the texts of the added columns; several problems of one row stand side by side."""
        texts: tuple[Iterable[str], ...] = (
            (problem.column for problem in self.problems),
            (problem.value for problem in self.problems),
            (problem.code for problem in self.problems),
            (problem.message.in_language(language) for problem in self.problems),
            (problem.hint.in_language(language) for problem in self.problems),
        )
        return tuple(" | ".join(dict.fromkeys(filter(None, each))) for each in texts)


def problem_cells(
    rows: pa.Table,
    *,
    columns: Sequence[str],
    lines: pa.Array | None = None,
    ragged: Sequence[RaggedLine] = (),
    delimiter: str = ",",
    hidden: frozenset[str] = frozenset(),
) -> pa.Table:
    """Return the original cells of these lines by line, as text: `columns`, then `_line` and `_extra`.

    Without `lines` every row counts. Ragged lines stand with the cells they have, from the left; what is beyond the
    header is in `_extra`. The cells of `hidden` columns (personal data) are empty: the header stays what it was.
    """
    if lines is not None:
        rows = rows.filter(pc.is_in(rows.column(LINE), value_set=pc.cast(lines, pa.int64())))
    rows = rows.select([*columns, LINE])
    rows = rows.append_column(EXTRA, pa.nulls(rows.num_rows, pa.string()))
    split = [(one.line, ragged_cells(one.text, delimiter=delimiter)) for one in ragged]
    width = len(columns)
    added = {
        name: pa.array([cells[place] if place < len(cells) else "" for _, cells in split], pa.string())
        for place, name in enumerate(columns)
    }
    added[LINE] = pa.array([line for line, _ in split], pa.int64())
    added[EXTRA] = pa.array([" | ".join(cells[width:]) or None for _, cells in split], pa.string())
    together = pa.concat_tables([rows, pa.table(added, schema=rows.schema)]).sort_by(LINE)
    for name in hidden & set(columns):
        place = together.schema.get_field_index(name)
        together = together.set_column(place, name, pa.repeat(pa.scalar("", pa.string()), together.num_rows))
    return together


def problem_csv(cells: pa.Table, problems: Sequence[Problem], *, language: str = "zh-hans") -> bytes:
    """Return CSV of the rows of `problem_cells`, UTF-8 with BOM, which Excel needs."""
    columns, rows, extra = _rows(cells, problems)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*map(safe_cell, columns), *_added(language, extra=extra)])
    for row in rows:
        more = [row.extra] if extra else []
        writer.writerow([*map(safe_cell, row.cells), row.line, *map(safe_cell, (*row.told(language), *more))])
    return out.getvalue().encode("utf-8-sig")


def problem_workbook(cells: pa.Table, problems: Sequence[Problem], *, language: str = "zh-hans") -> bytes:
    """Return an XLSX of the same rows: text cells only, the faulty ones coloured, what is wrong as their comment."""
    columns, rows, extra = _rows(cells, problems)
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet("问题行" if language.lower().startswith("zh") else "Problem rows")
        head = book.add_format({"bold": True, "bg_color": GREY, "num_format": "@"})
        text = book.add_format({"num_format": "@"})
        faulty = {
            Severity.ERROR: book.add_format({"bg_color": RED, "num_format": "@"}),
            Severity.WARNING: book.add_format({"bg_color": AMBER, "num_format": "@"}),
        }
        for place, name in enumerate((*columns, *_added(language, extra=extra))):
            sheet.write_string(0, place, name[:LONGEST_XLSX_CELL], head)
        for number, row in enumerate(rows, start=1):
            marked = _marked(row.problems)
            more = (str(row.line), *row.told(language), *((row.extra,) if extra else ()))
            for place, cell in enumerate((*row.cells, *more)):
                about = marked.get(columns[place], ()) if place < len(columns) else ()
                style = faulty[min((one.severity for one in about), key=list(faulty).index)] if about else text
                if cell or about:
                    _write(sheet, number, place, cell, style)
                if about:
                    sheet.write_comment(number, place, _comment(about, language))
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(len(rows), 1), len(columns) + len(ADDED["zh"]) - 1 + extra)
    return out.getvalue()


def _write(sheet: xlsxwriter.worksheet.Worksheet, row: int, place: int, cell: str, style: object) -> None:
    """Write a text cell; what XLSX cannot hold in one is cut, which only a text far too long for any field is."""
    if cell:
        sheet.write_string(row, place, cell[:LONGEST_XLSX_CELL], style)
    else:
        sheet.write_blank(row, place, None, style)


def _comment(problems: Sequence[Problem], language: str) -> str:
    return "\n".join(f"{one.message.in_language(language)} {one.hint.in_language(language)}" for one in problems)


def _marked(problems: Sequence[Problem]) -> Mapping[str, list[Problem]]:
    """Return column -> its problems. A problem of several columns (a key) names them with commas between."""
    marked: dict[str, list[Problem]] = defaultdict(list)
    for problem in problems:
        for column in dict.fromkeys((problem.column, *re.split(r", | [-+] ", problem.column))):
            marked[column].append(problem)
    return marked


def _added(language: str, *, extra: bool) -> tuple[str, ...]:
    short = "zh" if language.lower().startswith("zh") else "en"
    return ADDED[short] + ((EXTRA_HEADER[short],) if extra else ())


def _rows(cells: pa.Table, problems: Sequence[Problem]) -> tuple[tuple[str, ...], list[_Row], bool]:
    """Return the columns, the rows, and whether some line has cells beyond the header.

    The reserved columns of a file that was a problem file itself are not repeated.
    """
    by_line: dict[int, list[Problem]] = defaultdict(list)
    for problem in problems:
        if problem.line is not None:
            by_line[problem.line].append(problem)
    given = [name for name in cells.column_names if name not in (LINE, EXTRA)]
    columns = tuple(name for name in given if normal_header(name) not in reserved_headers())
    rows = [
        _Row(
            tuple(row[name] or "" for name in columns),
            row.get(EXTRA) or "",
            row[LINE],
            tuple(by_line.get(row[LINE], ())),
        )
        for row in cells.to_pylist()
    ]
    return columns, rows, any(row.extra for row in rows)
