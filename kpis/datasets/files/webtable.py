"""Web pages that exports call .xls: the largest table of the page rewritten as CSV. Nothing of the page is run."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, TextIO

from kpis.datasets.limits import LIMITS, TooLarge

CHUNK = 1 << 20
MOST_TABLES = 100
# What the reader of CSV takes in one cell, four times what Excel holds.
LONGEST_CELL = csv.field_size_limit()
CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
# What pages call GB2312 holds characters that only its successor has.
SUCCESSORS = {"gb2312": "gb18030", "gbk": "gb18030", "utf8": "utf-8", "big5-hkscs": "big5"}
SILENT = frozenset({"script", "style", "title", "template"})


class BrokenPage(Exception):
    """The page holds no table, or ends inside one."""


@dataclass(slots=True)
class _Grid:
    """One table on its way to a file: the row being read, and cells above that reach down into it."""

    file: TextIO
    path: Path
    writer: Any
    rows: int = 0
    cells: int = 0
    width: int = 0
    row: list[str] = field(default_factory=list)
    reaching: dict[int, int] = field(default_factory=dict)
    text: list[str] | None = None
    span: tuple[int, int] = (1, 1)

    def begin_row(self) -> None:
        """Start a row, closing one that was left open."""
        self.end_row()
        self.row = []

    def begin_cell(self, span: tuple[int, int]) -> None:
        """Start a cell, closing one that was left open."""
        self.end_cell()
        self.text, self.span = [], span

    def end_cell(self) -> None:
        """Put the cell at its place; the rest of a merged range stays empty, as in a workbook."""
        if self.text is None:
            return
        self._skip_reaching()
        across, down = self.span
        if down > 1:
            self.reaching.update({len(self.row) + step: down for step in range(across)})
        self.row += [" ".join("".join(self.text).split()), *[""] * (across - 1)]
        self.text = None
        if len(self.row[-across]) > LONGEST_CELL:
            raise TooLarge(f"{len(self.row[-across]):,} characters in a cell")
        if len(self.row) > LIMITS.columns:
            raise TooLarge(f"{LIMITS.columns:,}+ columns")

    def _skip_reaching(self) -> None:
        while self.reaching.get(len(self.row), 0) > 0:
            self.row.append("")

    def end_row(self) -> None:
        """Write the row, if there is one."""
        self.end_cell()
        if not self.row:
            return
        self._skip_reaching()
        self.reaching = {place: left - 1 for place, left in self.reaching.items() if left > 1}
        self.rows, self.cells = self.rows + 1, self.cells + len(self.row)
        self.width = max(self.width, len(self.row))
        if self.rows > LIMITS.rows or self.cells > LIMITS.cells:
            raise TooLarge(f"{self.rows:,} rows, {self.cells:,} cells")
        self.writer.writerow(self.row)
        self.row = []


class _Page(HTMLParser):
    def __init__(self, work: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.work = work
        self.grids: list[_Grid] = []
        self.open: list[_Grid] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT:
            self.silent += 1
        elif tag == "table":
            if len(self.grids) >= MOST_TABLES:
                raise TooLarge(f"{MOST_TABLES}+ tables")
            path = self.work / f"page-{len(self.grids)}.csv"
            file = path.open("w", encoding="utf-8", errors="replace", newline="")
            self.grids.append(_Grid(file, path, csv.writer(file, lineterminator="\n")))
            self.open.append(self.grids[-1])
        elif self.open and tag == "tr":
            self.open[-1].begin_row()
        elif self.open and tag in ("td", "th"):
            given = dict(attrs)
            self.open[-1].begin_cell((_span(given.get("colspan")), _span(given.get("rowspan"))))
        elif tag == "br":
            self.handle_data(" ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in SILENT and tag != "table":
            self.handle_starttag(tag, attrs)
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT:
            self.silent = max(self.silent - 1, 0)
        elif not self.open:
            return
        elif tag == "table":
            self.open.pop().end_row()
        elif tag == "tr":
            self.open[-1].end_row()
        elif tag in ("td", "th"):
            self.open[-1].end_cell()

    def handle_data(self, data: str) -> None:
        if self.open and not self.silent and self.open[-1].text is not None:
            self.open[-1].text.append(data)


def _span(text: str | None) -> int:
    if not text or not text.isascii() or not text.isdigit():
        return 1
    return min(max(int(text[:7]), 1), LIMITS.columns + 1)


def declared_encoding(head: bytes) -> str | None:
    """Return the encoding the page says it is in, by the name Python has for it."""
    found = CHARSET.search(head)
    name = found[1].decode("ascii").lower() if found else ""
    return SUCCESSORS.get(name, name) or None


def as_csv(path: Path, *, work: Path) -> Path:
    """Write the table with the most cells as CSV and return it: `path` is the page in UTF-8. Row 1 is its first row."""
    page = _Page(work)
    try:
        with path.open(encoding="utf-8", errors="replace", newline="") as file:
            while chunk := file.read(CHUNK):
                page.feed(chunk)
        page.close()
    finally:
        for grid in page.grids:
            grid.file.close()
    best = max(page.grids, key=lambda grid: grid.cells, default=None)
    if best is None or not best.cells or page.open:
        raise BrokenPage("no table" if best is None or not best.cells else "</table>")
    return _even(best, target=work / "page.csv")


def _even(grid: _Grid, *, target: Path) -> Path:
    """Widen every row to the widest: a page leaves out empty cells at the end."""
    with (
        grid.path.open(encoding="utf-8", newline="") as rows,
        target.open("w", encoding="utf-8", newline="") as out,
    ):
        writer = csv.writer(out, lineterminator="\n")
        writer.writerows(_widened(row, grid.width) for row in csv.reader(rows))
    return target


def _widened(row: Sequence[str], width: int) -> list[str]:
    return [*row, *[""] * (width - len(row))]
