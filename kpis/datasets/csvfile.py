"""CSV and aligned text into a RawTable: delimiter, header and ragged lines, every line with its own number."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from kpis.datasets.encodings import ENCODINGS, WHITESPACE, Encoding, as_utf8, detect_encoding
from kpis.datasets.headers import find_header, normal_header, unique_names
from kpis.datasets.limits import LIMITS, TooLarge
from kpis.datasets.problems import Problem, make_problem
from kpis.datasets.raw import LINE, Guess, RaggedLine, RawTable, empty_rows

DELIMITERS = (",", "\t", ";", "|")
SAMPLE_BYTES = 1 << 18
BLOCK_BYTES = 4 << 20


@dataclass(slots=True)
class _Lines:
    """Lines that do not have as many cells as the header: row numbers for the count, the first ones in full."""

    numbers: list[int] = field(default_factory=list)
    extra: dict[int, int] = field(default_factory=dict)
    shown: list[tuple[int, int, str]] = field(default_factory=list)

    def note(self, row: arrow_csv.InvalidRow) -> str:
        """Keep the row for the report and tell Arrow to go on without it."""
        self.numbers.append(row.number)
        if breaks := row.text.count("\n"):
            self.extra[row.number] = breaks
        if len(self.shown) < LIMITS.problems:
            self.shown.append((row.number, row.actual_columns, row.text))
        return "skip"


@dataclass(frozen=True, slots=True)
class _Layout:
    """How the text is cut: where data starts and what the columns are called."""

    delimiter: str
    header_line: int
    skip: int
    names: tuple[str, ...]
    problems: tuple[Problem, ...]


def read_csv(path: Path, *, guess: Guess, headers: frozenset[str], work: Path) -> RawTable:
    """Read delimited text. Raise TooLarge beyond the row limit; everything else becomes a problem."""
    encoding = Encoding(guess.encoding, True) if guess.encoding in ENCODINGS and guess.encoding else None
    encoding = encoding or detect_encoding(path)
    text = as_utf8(path, encoding=encoding.name, target=work / "text.csv")
    sample = _sample(text)
    if not sample.strip():
        return RawTable((), empty_rows(), encoding=encoding.name, problems=(make_problem("empty_file"),))
    wished = guess.delimiter if guess.delimiter in (*DELIMITERS, WHITESPACE) else None
    delimiter = wished or sniff_delimiter(sample, headers=headers)
    blanks = delimiter == WHITESPACE
    if blanks:
        text = as_utf8(path, encoding=encoding.name, target=work / "table.csv", collapse_blanks=True)
        sample, delimiter = _sample(text), "\t"
    layout = _layout(sample, delimiter=delimiter, guess=guess, headers=headers)
    if len(layout.names) > LIMITS.columns:
        wide = make_problem("too_many_columns", value=str(len(layout.names)), limit=LIMITS.columns)
        return RawTable((), empty_rows(), encoding=encoding.name, delimiter=layout.delimiter, problems=(wide,))
    lines = _Lines()
    rows, broken = _read_rows(text, layout, note=lines.note)
    rows = _numbered(rows, lines=lines, first=layout.skip + 1)
    found = (*layout.problems, *broken, *_quote_problems(text), *_ragged(lines, expected=len(layout.names)))
    if not rows.num_rows and not lines.numbers and not broken:
        found = (*found, make_problem("no_rows"))
    return RawTable(
        layout.names,
        rows,
        header_line=layout.header_line,
        encoding=encoding.name,
        encoding_sure=encoding.sure,
        delimiter=WHITESPACE if blanks else layout.delimiter,
        problems=found,
        ragged=tuple(RaggedLine(number, text) for number, _, text in lines.shown),
        ragged_count=len(lines.numbers),
    )


def _sample(path: Path) -> str:
    """Return the first whole lines of a UTF-8 file."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
    cut = sample.rfind(b"\n") + 1 if len(sample) == SAMPLE_BYTES else len(sample)
    return sample[: cut or len(sample)].decode("utf-8", errors="replace")


def _sample_rows(sample: str, delimiter: str, *, most: int = 100) -> list[tuple[int, list[str]]]:
    """Return the first rows with the physical line each one ends in."""
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    rows: list[tuple[int, list[str]]] = []
    try:
        for row in reader:
            rows.append((reader.line_num, row))
            if len(rows) >= most:
                break
    except csv.Error:
        pass  # a field beyond csv's own limit: what came before is sample enough, Arrow reports the cell
    return rows


def sniff_delimiter(sample: str, *, headers: frozenset[str]) -> str:
    """Return the delimiter under which most lines have one same width, known headers counting most."""
    best, chosen = 0.0, ","
    for delimiter in DELIMITERS:
        rows = [row for _, row in _sample_rows(sample, delimiter) if any(row)]
        width, times = Counter(map(len, rows)).most_common(1)[0] if rows else (0, 0)
        named = max((len({normal_header(cell) for cell in row} & headers) for row in rows[:20]), default=0)
        score = 10.0 * named * (width > 1) + (times / len(rows)) * min(width, 20) if width > 1 else 0.0
        if score > best:
            best, chosen = score, delimiter
    return chosen if best or not _is_aligned(sample) else WHITESPACE


def _is_aligned(sample: str) -> bool:
    """Return whether every line has the same three or more words: a table set with blanks."""
    widths = {len(line.split()) for line in sample.splitlines()[:100] if line.strip()}
    return len(widths) == 1 and widths.pop() >= 3


def _layout(sample: str, *, delimiter: str, guess: Guess, headers: frozenset[str]) -> _Layout:
    rows = _sample_rows(sample, delimiter)
    if guess.header_line == 0:
        width = Counter(len(row) for _, row in rows if any(row)).most_common(1)[0][0] if rows else 1
        given = guess.columns or ("",) * width
        return _Layout(delimiter, 0, 0, *unique_names(given, sheet="", line=0))
    index = next((place for place, (line, _) in enumerate(rows) if line == guess.header_line), None)
    if index is None:
        index = find_header([row for _, row in rows], known=headers).index or 0
    line, cells = rows[index] if rows else (1, [])
    cells = _fitted(cells, [row for _, row in rows[index + 1 :] if any(row)])
    names, problems = unique_names(guess.columns or cells, sheet="", line=line)
    return _Layout(delimiter, line, line, names, problems)


def _fitted(cells: list[str], rows: list[list[str]]) -> list[str]:
    """Return the header widened or narrowed by one blank cell when the lines (not the header) end in a delimiter."""
    width = len(cells)
    trailing = sum(len(row) == width + 1 and not row[-1].strip() for row in rows)
    if rows and trailing > 0.5 * len(rows):
        return [*cells, ""]
    narrower = sum(len(row) == width - 1 for row in rows)
    if rows and width > 1 and not cells[-1].strip() and narrower > 0.5 * len(rows):
        return cells[:-1]
    return cells


def _read_rows(
    path: Path, layout: _Layout, *, note: Callable[[arrow_csv.InvalidRow], str]
) -> tuple[pa.Table, tuple[Problem, ...]]:
    schema = empty_rows(layout.names).drop_columns([LINE]).schema
    batches: list[pa.RecordBatch] = []
    count = 0
    try:
        with arrow_csv.open_csv(
            path,
            # One thread: only then does Arrow tell the number of a row it refuses.
            read_options=arrow_csv.ReadOptions(
                use_threads=False, column_names=list(layout.names), skip_rows=layout.skip, block_size=BLOCK_BYTES
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=layout.delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=note,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(layout.names, pa.string()), strings_can_be_null=False, null_values=[]
            ),
        ) as reader:
            for batch in reader:
                count += batch.num_rows
                if count > LIMITS.rows:
                    raise TooLarge(f"{LIMITS.rows:,}+ rows")
                batches.append(batch)
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            return schema.empty_table(), ()
        line = layout.skip + count + 1
        return pa.Table.from_batches(batches, schema), (make_problem("cell_too_long", line=line),)
    return pa.Table.from_batches(batches, schema), ()


def _numbered(rows: pa.Table, *, lines: _Lines, first: int) -> pa.Table:
    """Add `_line` (a quoted cell may span lines) and drop lines that are empty from end to end."""
    numbers = np.arange(first, first + rows.num_rows + len(lines.numbers), dtype=np.int64)
    kept = np.ones(len(numbers), dtype=bool)
    kept[np.asarray(lines.numbers, dtype=np.int64) - first] = False
    breaks = np.zeros(len(numbers), dtype=np.int64)
    breaks[kept] = _line_breaks(rows)
    for number, extra in lines.extra.items():
        breaks[number - first] = extra
    shifts = np.cumsum(breaks) - breaks
    if shifts.any():
        _renumber(lines, shifts=shifts, first=first)
    table = rows.append_column(LINE, pa.array((numbers + shifts)[kept]))
    return table.filter(pc.invert(_blank(rows))) if rows.num_rows else table


def _line_breaks(rows: pa.Table) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    total = np.zeros(rows.num_rows, dtype=np.int64)
    for column in rows.columns:
        counted = pc.count_substring(column, "\n")
        if rows.num_rows and pc.max(counted).as_py():
            total += counted.to_numpy()
    return total


def _renumber(lines: _Lines, *, shifts: np.ndarray[tuple[int], np.dtype[np.int64]], first: int) -> None:
    lines.shown = [(number + int(shifts[number - first]), cells, text) for number, cells, text in lines.shown]


def _blank(rows: pa.Table) -> pa.ChunkedArray:
    """Return which rows have no character in any cell; later columns are looked at only while some row is blank."""
    blank = pc.equal(pc.utf8_trim_whitespace(rows.column(0)), "")
    for column in rows.columns[1:]:
        if not pc.any(blank).as_py():
            break
        blank = pc.and_(blank, pc.equal(pc.utf8_trim_whitespace(column), ""))
    return blank


def _quote_problems(path: Path) -> tuple[Problem, ...]:
    """Return the line of a quote that is never closed: quotes are doubled inside cells, so their number is even."""
    with path.open("rb") as file:
        total = sum(chunk.count(b'"') for chunk in iter(lambda: file.read(BLOCK_BYTES), b""))
        if total % 2 == 0:
            return ()
        file.seek(0)
        opened = at = 0
        for number, line in enumerate(file, start=1):
            if line.count(b'"') % 2:
                opened, at = 1 - opened, at if opened else number
    return (make_problem("unterminated_quote", line=at),)


def _ragged(lines: _Lines, *, expected: int) -> tuple[Problem, ...]:
    return tuple(
        make_problem("ragged_row", line=number, value=text, found=cells, expected=expected)
        for number, cells, text in lines.shown
    )
