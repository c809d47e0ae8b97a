"""An export shape: its columns with what each truly is, its cells, and the file they make in CSV or XLSX."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import xlsxwriter

ROWS = 60
Cell = Callable[[int], object]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its header, the canonical fields it truly feeds (none: it must feed nothing), its cells."""

    header: str
    fields: frozenset[str]
    cell: Cell


def col(header: str, fields: str = "", cell: Cell | str | int = "") -> Column:
    """Return a column; `fields` are separated by blanks, a text or number is the same in every row."""
    return Column(header, frozenset(fields.split()), cell if callable(cell) else lambda row: cell)


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of export with its labels.

    `constants`: what is truly the same for every row of such an export. `answers`: what only a person can say, given
    before loading: a constant of a field, or `{column: header}`. `good`: rows that must come in. `first`: values that
    the first row must have. `names`: names of units and people the workspace knows.
    """

    id: str
    table: str
    columns: tuple[Column, ...]
    constants: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, object] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    good: int = ROWS
    first: Mapping[str, object] = field(default_factory=dict)
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    titles: tuple[str, ...] = ()
    preset: str | None = None
    rows: int = ROWS

    @property
    def headers(self) -> tuple[str, ...]:
        """Return the header row."""
        return tuple(column.header for column in self.columns)

    def cells(self) -> list[list[object]]:
        """Return the rows under the header."""
        return [[column.cell(row) for column in self.columns] for row in range(self.rows)]


EXTRA = (col("备注一"), col("自定义列", "", lambda row: f"x{row}"), col("打印次数", "", lambda row: row % 3))


def csv_file(shape: Shape, *, encoding: str, extra: Sequence[Column] = ()) -> bytes:
    """Return the shape as CSV, its titles above the header, further columns behind."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for title in shape.titles:
        writer.writerow([title])
    writer.writerow([*shape.headers, *(column.header for column in extra)])
    for row, cells in enumerate(shape.cells()):
        writer.writerow([*cells, *(column.cell(row) for column in extra)])
    return out.getvalue().encode(encoding)


def xlsx_file(shape: Shape, *, extra: Sequence[Column] = ()) -> bytes:
    """Return the shape as a workbook: numbers as numbers, everything else as text."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False})
    sheet = book.add_worksheet("导出")
    top = len(shape.titles)
    for row, title in enumerate(shape.titles):
        sheet.write(row, 0, title)
    lines: list[list[object]] = [[*shape.headers, *(column.header for column in extra)]]
    lines += [[*cells, *(column.cell(row) for column in extra)] for row, cells in enumerate(shape.cells())]
    for row, cells in enumerate(lines, start=top):
        for place, value in enumerate(cells):
            if value != "":
                sheet.write(row, place, value)
    book.close()
    return out.getvalue()
