"""What a corpus file is: its bytes, and the exact rows and problems that must come of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import xlsxwriter

Value = str | int | Decimal | datetime | None
Problem = tuple[int | None, str, str]

HEAD = (
    "order_id",
    "channel",
    "paid_at",
    "status",
    "gross_amount",
    "discount_amount",
    "refund_amount",
    "net_amount",
    "item_count",
    "platform",
    "goods_cost",
)
BASE = (
    ("A1", "store", "2024-06-01 10:00:00", "completed", "100", "0", "0", "100", "1", "pos", "60"),
    ("A2", "store", "2024-06-02 10:00:00", "completed", "200", "0", "0", "200", "2", "pos", "120"),
    ("A3", "store", "2024-06-03 10:00:00", "completed", "300", "0", "0", "300", "3", "pos", "180"),
)
# The line of the second row, the one that cell cases change, in a file whose header is line 1.
CHANGED = 3


@dataclass(frozen=True, slots=True)
class Case:
    """One file and its label. `rows` are the good rows as typed values of HEAD; `problems` are all there are.

    `refused`: the code with which the whole file is turned away (then there are no rows). `hostile` files are made to
    harm the reader and are only ever read in the limited child.
    """

    name: str
    make: Callable[[], bytes]
    rows: tuple[tuple[Value, ...], ...] = ()
    problems: frozenset[Problem] = frozenset()
    filename: str = "orders.csv"
    guess: Mapping[str, Any] = field(default_factory=dict)
    hostile: bool = False


def typed(row: Sequence[str]) -> tuple[Value, ...]:
    """Return a row of BASE as it is stored."""
    values: list[Value] = list(row)
    for place in (4, 5, 6, 7, 10):
        values[place] = Decimal(row[place])
    values[2], values[8] = datetime.fromisoformat(row[2]), int(row[8])
    return tuple(values)


GOOD = tuple(map(typed, BASE))


def with_cell(column: str, text: str) -> tuple[tuple[str, ...], ...]:
    """Return the base rows with one cell of the second changed."""
    place = HEAD.index(column)
    second = (*BASE[1][:place], text, *BASE[1][place + 1 :])
    return (BASE[0], second, BASE[2])


def good_with(column: str, value: Value) -> tuple[tuple[Value, ...], ...]:
    """Return the stored base rows with one value of the second changed."""
    place = HEAD.index(column)
    return (GOOD[0], (*GOOD[1][:place], value, *GOOD[1][place + 1 :]), GOOD[2])


def text_of(rows: Sequence[Sequence[str]] = BASE, *, head: Sequence[str] = HEAD, delimiter: str = ",") -> str:
    """Return rows as delimited text with their header."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows([head, *rows])
    return out.getvalue()


def book_of(fill: Callable[[xlsxwriter.Workbook], None], **options: Any) -> bytes:
    """Return a workbook that a function has filled."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False} | options
    ) as book:
        fill(book)
    return out.getvalue()


def sheet_of(rows: Sequence[Sequence[Any]], *, head: Sequence[str] = HEAD, **options: Any) -> bytes:
    """Return a workbook of one sheet; texts stay texts, numbers are numbers, moments are dates."""

    def fill(book: xlsxwriter.Workbook) -> None:
        put(book, "Sheet1", [head, *rows])

    return book_of(fill, **options)


def put(book: xlsxwriter.Workbook, name: str, rows: Sequence[Sequence[Any]], *, top: int = 0) -> Any:
    """Write rows to a new sheet and return it."""
    sheet = book.add_worksheet(name)
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    for row, cells in enumerate(rows, start=top):
        for column, cell in enumerate(cells):
            if isinstance(cell, str):
                sheet.write_string(row, column, cell)
            elif isinstance(cell, datetime):
                sheet.write_datetime(row, column, cell, moment)
            elif cell is not None:
                sheet.write(row, column, cell)
    return sheet
