"""XLSX, XLSM, XLS and ODS into a RawTable: cells as the text a person would type, not as a float prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import chain, islice
from math import isfinite
from pathlib import Path

import pyarrow as pa
from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from kpis.datasets.checks.problems import make_problem
from kpis.datasets.files.archive import Contents
from kpis.datasets.files.raw import LINE, CellFlag, Guess, RawTable, empty_rows
from kpis.datasets.limits import LIMITS, TooLarge
from kpis.datasets.meaning.headers import find_header, unique_names
from kpis.datasets.meaning.titles import with_title_unit

Cell = int | float | str | bool | time | date | datetime | timedelta
CHUNK_ROWS = 20_000
# Excel keeps 15 significant digits; whatever was typed beyond them is gone.
EXACT_BELOW = 10**15


def number_text(value: float) -> str:
    """Return a number as Excel shows it: 15 significant digits, no exponent, no trailing `.0`."""
    text = repr(value)
    if len(text) <= 16 and "e" not in text:
        return text.removesuffix(".0")
    text = f"{Decimal(f'{value:.15g}'):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def moment_text(value: datetime) -> str:
    """Return ISO text; midnight counts as a date, which is what a date-formatted cell means."""
    return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ", timespec="seconds")


def _float_text(value: float) -> str:
    return number_text(value) if isfinite(value) else ""


TEXT_OF: Mapping[type, Callable[..., str]] = {
    str: str,
    bool: lambda value: "true" if value else "false",
    int: str,
    float: _float_text,
    datetime: moment_text,
    date: date.isoformat,
    time: time.isoformat,
    timedelta: str,
}


def cell_text(value: Cell) -> str:
    """Return one cell as text."""
    return TEXT_OF[type(value)](value)


def read_workbook(path: Path, *, guess: Guess, headers: frozenset[str], contents: Contents) -> RawTable:
    """Read one sheet. Raise TooLarge beyond a limit; calamine's own errors pass through to the caller."""
    with CalamineWorkbook.from_path(str(path)) as book:
        names = _sheet_names(book)
        sheet = _choose(book, names, wished=guess.sheet)
        if sheet is None:
            return RawTable((), empty_rows(), sheets=names, kind="workbook", problems=(make_problem("empty_file"),))
        if (sheet.total_height or 0) * (sheet.total_width or 0) > LIMITS.cells:
            raise TooLarge(f"{sheet.total_height:,} x {sheet.total_width:,} cells")
        left = (sheet.start or (0, 0))[1]
        errors = {(row, column - left): text for (row, column), text in contents.errors.get(sheet.name, {}).items()}
        return _read_sheet(sheet, names=names, guess=guess, headers=headers, errors=errors, contents=contents)


def _sheet_names(book: CalamineWorkbook) -> tuple[str, ...]:
    sheets = [meta for meta in book.sheets_metadata if meta.typ == SheetTypeEnum.WorkSheet]
    visible = [meta for meta in sheets if meta.visible == SheetVisibleEnum.Visible]
    return tuple(meta.name for meta in visible or sheets)


def data_sheets(path: Path) -> tuple[str, ...]:
    """Return the visible sheets that look like tables: two rows and two columns at the least. Reads them all."""
    with CalamineWorkbook.from_path(str(path)) as book:
        names = _sheet_names(book)
        return tuple(name for name in names if _is_table(book.get_sheet_by_name(name)))


def _is_table(sheet: CalamineSheet) -> bool:
    return bool(sheet.height >= 2 and sheet.width >= 2)


def _choose(book: CalamineWorkbook, names: Sequence[str], *, wished: str | None) -> CalamineSheet | None:
    """Return the wished sheet, else the first that has a header and a row, else the first that has anything."""
    if wished in book.sheet_names:
        return book.get_sheet_by_name(str(wished))
    filled = None
    for name in names:
        sheet = book.get_sheet_by_name(name)
        if sheet.height >= 2:
            return sheet
        filled = filled or (sheet if sheet.height else None)
    return filled


def _read_sheet(
    sheet: CalamineSheet,
    *,
    names: tuple[str, ...],
    guess: Guess,
    headers: frozenset[str],
    errors: Mapping[tuple[int, int], str],
    contents: Contents,
) -> RawTable:
    lines = _lines(sheet, errors=errors)
    head = list(islice(lines, max(20, guess.header_line or 0)))
    line, cells = _header(head, guess=guess, headers=headers, sheet=sheet)
    body = ((number, row) for number, row in chain(head, lines) if number > line)
    columns, problems = unique_names(cells, sheet=sheet.name, line=line)
    if len(columns) > LIMITS.columns:
        wide = make_problem("too_many_columns", sheet=sheet.name, value=str(len(columns)), limit=LIMITS.columns)
        return RawTable((), empty_rows(), sheet=sheet.name, sheets=names, kind="workbook", problems=(wide,))
    rows, flags = _rows(body, columns=columns)
    columns, rows = _without_empty(columns, rows)
    if not rows.num_rows:
        problems = (*problems, make_problem("no_rows", sheet=sheet.name))
    return RawTable(
        columns,
        rows,
        sheet=sheet.name,
        sheets=names,
        header_line=line,
        encoding="",
        kind="workbook",
        epoch_1904=contents.epoch_1904,
        problems=problems,
        flags=flags,
    )


def _lines(sheet: CalamineSheet, *, errors: Mapping[tuple[int, int], str]) -> Iterator[tuple[int, list[Cell]]]:
    """Yield (row number from 1, cells), with the text of formula errors that calamine leaves empty."""
    at: dict[int, list[tuple[int, str]]] = {}
    for (row, column), text in errors.items():
        at.setdefault(row, []).append((column, text))
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        for column, text in at.get(number, ()):
            if 0 <= column < len(cells):
                cells[column] = text
        yield number, cells


def _header(
    head: Sequence[tuple[int, list[Cell]]], *, guess: Guess, headers: frozenset[str], sheet: CalamineSheet
) -> tuple[int, Sequence[str]]:
    if guess.header_line == 0:
        return 0, guess.columns or ("",) * sheet.width
    texts = [[cell_text(cell) for cell in cells] for _, cells in head]
    filled = [place for place, row in enumerate(texts) if any(row)]
    if guess.header_line and guess.header_line - 1 < len(texts):
        index = guess.header_line - 1
    else:
        first = filled[0] if filled else 0
        index = first + (find_header(texts[first:], known=headers).index or 0)
    cells = guess.columns if guess.columns and len(guess.columns) == len(texts[index]) else texts[index]
    return index + 1, with_title_unit(cells, titles=texts[:index], rows=texts[index + 1 :])


def _rows(body: Iterator[tuple[int, list[Cell]]], *, columns: tuple[str, ...]) -> tuple[pa.Table, tuple[CellFlag, ...]]:
    schema = empty_rows(columns).schema
    flags: list[CellFlag] = []
    batches = []
    count = 0
    while chunk := [(number, cells) for number, cells in islice(body, CHUNK_ROWS)]:
        filled = [(number, cells) for number, cells in chunk if any(cell != "" for cell in cells)]
        if not filled:
            continue
        count += len(filled)
        if count > LIMITS.rows:
            raise TooLarge(f"{LIMITS.rows:,}+ rows")
        numbers = [number for number, _ in filled]
        arrays = [
            _column(values, numbers=numbers, name=name, flags=flags)
            for name, values in zip(columns, zip(*(cells for _, cells in filled), strict=True), strict=True)
        ]
        batches.append(pa.RecordBatch.from_arrays([*arrays, pa.array(numbers, pa.int64())], schema=schema))
    return pa.Table.from_batches(batches, schema), tuple(flags)


def _column(values: tuple[Cell, ...], *, numbers: Sequence[int], name: str, flags: list[CellFlag]) -> pa.Array:
    kinds = set(map(type, values))
    if kinds == {str}:
        return pa.array(values, pa.string())
    texts = [TEXT_OF[type(value)](value) for value in values]
    if kinds & {int, float}:
        damaged = [
            place
            for place, value in enumerate(values)
            if type(value) in (int, float) and abs(float(value)) >= EXACT_BELOW  # type: ignore[arg-type]
        ]
        room = LIMITS.problems - sum(flag.column == name for flag in flags) if damaged else 0
        flags += [CellFlag(numbers[place], name, "damaged_number", texts[place]) for place in damaged[: max(room, 0)]]
        # Beyond what can be noted the cell says itself that its digits are gone, in the way Excel writes such numbers.
        for place in damaged[max(room, 0) :]:
            texts[place] = f"{float(values[place]):.5E}"  # type: ignore[arg-type]
    return pa.array(texts, pa.string())


def _without_empty(columns: tuple[str, ...], rows: pa.Table) -> tuple[tuple[str, ...], pa.Table]:
    """Leave out columns that have neither a header nor a single cell: traces of formatting."""
    kept = tuple(
        name
        for place, name in enumerate(columns)
        if name != f"#{place + 1}" or any(text != "" for text in rows.column(name).unique().to_pylist())
    )
    return kept, rows.select([*kept, LINE])
