"""The rows of delimited text as a stream: every row with the number of its line, rows that do not fit set apart."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from kpis.datasets.checks.problems import Problem, make_problem
from kpis.datasets.files.raw import LINE, Ending, RaggedLine
from kpis.datasets.limits import LIMITS, TooLarge

# Arrow keeps 32 blocks in hand. Batches are made of a few: each has its fixed costs.
BLOCK_BYTES = 1 << 20
BLOCKS, BATCH_ROWS = 8, 65_536


@dataclass(frozen=True, slots=True)
class Layout:
    """How the text is cut: where data starts and what the columns are called."""

    delimiter: str
    header_line: int
    skip: int
    names: tuple[str, ...]
    problems: tuple[Problem, ...]


@dataclass(slots=True)
class _Misfits:
    """Rows that do not have as many cells as the header: their numbers as Arrow counts, and the first ones in full."""

    numbers: array[int] = field(default_factory=lambda: array("q"))
    breaks: dict[int, int] = field(default_factory=dict)
    texts: dict[int, tuple[int, str]] = field(default_factory=dict)
    shown: list[tuple[int, int, str]] = field(default_factory=list)

    def note(self, row: arrow_csv.InvalidRow) -> str:
        """Keep the row for the report and tell Arrow to go on without it."""
        self.numbers.append(row.number)
        if found := row.text.count("\n"):
            self.breaks[row.number] = found
        if len(self.numbers) <= LIMITS.problems:
            self.texts[row.number] = (row.actual_columns, row.text)
        return "skip"


class CsvRows:
    """The rows of a UTF-8 file. Rows are numbered by physical line: a quoted cell may span several."""

    def __init__(self, path: Path, layout: Layout, *, quotes: bool = True) -> None:
        """`quotes`: whether the file has any; without them no cell spans lines."""
        self._path = path
        self._layout = layout
        self._quotes = quotes
        self._misfits = _Misfits()
        self._broken: tuple[Problem, ...] = ()
        self._empty = False

    def batches(self) -> Iterator[pa.Table]:
        """Yield the rows that are not blank. Raise TooLarge beyond the row limit."""
        misfits, self._broken = _Misfits(), ()
        lines = _Numbering(misfits, first=self._layout.skip + 1, quotes=self._quotes)
        count = kept = 0
        try:
            with self._open(misfits) as reader:
                for blocks in _together(reader):
                    count += blocks.num_rows
                    if count > LIMITS.rows:
                        raise TooLarge(f"{LIMITS.rows:,}+ rows")
                    rows = lines.numbered(blocks)
                    kept += rows.num_rows
                    if rows.num_rows:
                        yield rows
        except pa.ArrowInvalid as error:
            if "Empty CSV" not in str(error):
                # Nothing behind this line can be read, so it is a fault of the file and not of one row.
                self._broken = (make_problem("cell_too_long", value=str(self._layout.skip + count + 1)),)
        lines.finish()
        self._misfits = misfits
        self._empty = not kept and not misfits.numbers and not self._broken

    def ending(self) -> Ending:
        """Return the misfits of the last complete pass; a file without any row says so."""
        expected = len(self._layout.names)
        ragged = tuple(
            make_problem("ragged_row", line=number, value=text, found=cells, expected=expected)
            for number, cells, text in self._misfits.shown
        )
        none = (make_problem("no_rows"),) if self._empty else ()
        return Ending(
            problems=(*self._broken, *ragged, *none),
            ragged=tuple(RaggedLine(number, text) for number, _, text in self._misfits.shown),
            ragged_count=len(self._misfits.numbers),
        )

    def _open(self, misfits: _Misfits) -> arrow_csv.CSVStreamingReader:
        names = list(self._layout.names)
        return arrow_csv.open_csv(
            self._path,
            # One thread: only then does Arrow tell the number of a row it refuses.
            read_options=arrow_csv.ReadOptions(
                use_threads=False, column_names=names, skip_rows=self._layout.skip, block_size=BLOCK_BYTES
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=self._layout.delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=misfits.note,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, null_values=[]
            ),
        )


def _together(reader: arrow_csv.CSVStreamingReader) -> Iterator[pa.Table]:
    """Yield a few blocks at a time."""
    held: list[pa.RecordBatch] = []
    for batch in reader:
        held.append(batch)
        if len(held) == BLOCKS or sum(one.num_rows for one in held) >= BATCH_ROWS:
            yield pa.Table.from_batches(held)
            held = []
    if held:
        yield pa.Table.from_batches(held)


class _Numbering:
    """Turns Arrow's count of rows into physical lines, batch by batch."""

    def __init__(self, misfits: _Misfits, *, first: int, quotes: bool) -> None:
        self._misfits = misfits
        self._quotes = quotes
        self._next = first
        self._placed = 0
        self._shift = 0

    def numbered(self, rows: pa.Table) -> pa.Table:
        """Add `_line` and drop lines that are empty from end to end."""
        many, taken = rows.num_rows, self._misfits.numbers
        end = self._placed
        while end < len(taken) and taken[end] < self._next + many + end - self._placed:
            end += 1
        numbers = np.arange(self._next, self._next + many + end - self._placed, dtype=np.int64)
        fits = np.ones(len(numbers), dtype=bool)
        fits[np.asarray(taken[self._placed : end], dtype=np.int64) - self._next] = False
        breaks = np.zeros(len(numbers), dtype=np.int64)
        if self._quotes:
            breaks[fits] = _line_breaks(rows)
        for place in range(self._placed, end):
            breaks[taken[place] - self._next] = self._misfits.breaks.get(taken[place], 0)
        shifts = np.cumsum(breaks) - breaks + self._shift
        for place in range(self._placed, end):
            self._show(taken[place], shift=int(shifts[taken[place] - self._next]))
        self._placed, self._next = end, self._next + len(numbers)
        self._shift += int(breaks.sum())
        table = rows.append_column(LINE, pa.array((numbers + shifts)[fits]))
        blank = _blank(rows) if many else None
        return table if blank is None else table.filter(pc.invert(blank))

    def finish(self) -> None:
        """Place the misfits after the last row."""
        for number in self._misfits.numbers[self._placed :]:
            self._show(number, shift=self._shift)
            self._shift += self._misfits.breaks.get(number, 0)

    def _show(self, number: int, *, shift: int) -> None:
        if told := self._misfits.texts.pop(number, None):
            self._misfits.shown.append((number + shift, *told))


def _line_breaks(rows: pa.Table) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    total = np.zeros(rows.num_rows, dtype=np.int64)
    for column in rows.columns:
        counted = pc.count_substring(column, "\n")
        if rows.num_rows and pc.max(counted).as_py():
            total += counted.to_numpy()
    return total


def _blank(rows: pa.Table) -> pa.ChunkedArray | None:
    """Return which rows have no character in any cell (None: no row); later columns only while some row is blank."""
    blank = pc.equal(pc.utf8_trim_whitespace(rows.column(0)), "")
    for column in rows.columns[1:]:
        if not pc.any(blank).as_py():
            return None
        blank = pc.and_(blank, pc.equal(pc.utf8_trim_whitespace(column), ""))
    return blank
