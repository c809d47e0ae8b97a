"""CSV and aligned text into a RawTable: delimiter, header and ragged lines, every line with its own number."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

from kpis.datasets.checks.problems import Problem, make_problem
from kpis.datasets.files.csvrows import BLOCK_BYTES, CsvRows, Layout
from kpis.datasets.files.encodings import ENCODINGS, WHITESPACE, Encoding, as_utf8, detect_encoding
from kpis.datasets.files.raw import Guess, RawTable, empty_rows
from kpis.datasets.limits import LIMITS
from kpis.datasets.meaning.headers import find_header, normal_header, unique_names
from kpis.datasets.meaning.titles import with_title_unit

DELIMITERS = (",", "\t", ";", "|")
SAMPLE_BYTES = 1 << 18


def read_csv(path: Path, *, guess: Guess, headers: frozenset[str], work: Path) -> RawTable:
    """Return delimited text as a stream; `work` holds its form in UTF-8. What is wrong becomes a problem."""
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
    quotes = _count_quotes(text)
    return RawTable(
        layout.names,
        empty_rows(layout.names),
        header_line=layout.header_line,
        encoding=encoding.name,
        encoding_sure=encoding.sure,
        delimiter=WHITESPACE if blanks else layout.delimiter,
        problems=(*_doubts(encoding), *layout.problems, *_quote_problems(text, quotes=quotes)),
        stream=CsvRows(text, layout, quotes=quotes > 0),
    )


def _doubts(encoding: Encoding) -> tuple[Problem, ...]:
    """Return that a person has to say the encoding, where no guess gives text."""
    return () if encoding.sure or encoding.plausible else (make_problem("encoding_unsure", value=encoding.name),)


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


def _layout(sample: str, *, delimiter: str, guess: Guess, headers: frozenset[str]) -> Layout:
    rows = _sample_rows(sample, delimiter)
    if guess.header_line == 0:
        width = Counter(len(row) for _, row in rows if any(row)).most_common(1)[0][0] if rows else 1
        given = guess.columns or ("",) * width
        return Layout(delimiter, 0, 0, *unique_names(given, sheet="", line=0))
    index = next((place for place, (line, _) in enumerate(rows) if line == guess.header_line), None)
    if index is None:
        index = find_header([row for _, row in rows], known=headers).index or 0
    line, cells = rows[index] if rows else (1, [])
    body = [row for _, row in rows[index + 1 :] if any(row)]
    cells = with_title_unit(_fitted(cells, body), titles=[row for _, row in rows[:index]], rows=body)
    names, problems = unique_names(guess.columns or cells, sheet="", line=line)
    return Layout(delimiter, line, line, names, problems)


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


def _count_quotes(path: Path) -> int:
    with path.open("rb") as file:
        return sum(chunk.count(b'"') for chunk in iter(lambda: file.read(BLOCK_BYTES), b""))


def _quote_problems(path: Path, *, quotes: int) -> tuple[Problem, ...]:
    """Return the line of a quote that is never closed: quotes are doubled inside cells, so their number is even."""
    if quotes % 2 == 0:
        return ()
    with path.open("rb") as file:
        opened = at = 0
        for number, line in enumerate(file, start=1):
            if line.count(b'"') % 2:
                opened, at = 1 - opened, at if opened else number
    return (make_problem("unterminated_quote", line=at),)
