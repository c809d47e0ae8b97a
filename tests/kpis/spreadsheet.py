"""A small spreadsheet: reads the formulas of a workbook and works them out anew, as Excel would, in fractions."""

from __future__ import annotations

import io
import operator
import re
import zipfile
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any
from xml.etree import ElementTree

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)(?![A-Z])|(?P<text>\"[^\"]*\")"
    r"|(?P<reference>(?:'[^']+'!)?\$?[A-Z]+\$?\d+(?::\$?[A-Z]+\$?\d+)?)|(?P<name>[A-Z]+)(?=\()|(?P<sign>>=|<=|[-+*/(),<>=]))"
)
LEVELS: tuple[dict[str, Callable[[Any, Any], Any]], ...] = (
    {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "=": operator.eq},
    {"+": operator.add, "-": operator.sub},
    {"*": operator.mul, "/": operator.truediv},
)
Lazy = Callable[[], Any]


def sheets_of(body: bytes) -> dict[str, dict[str, Any]]:
    """Return sheet -> cell -> number, text or `=formula`."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        strings = ElementTree.fromstring(archive.read("xl/sharedStrings.xml"))  # noqa: S314 - our own bytes
        shared = ["".join(node.text or "" for node in item.iter(f"{MAIN}t")) for item in strings]
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
        names = [sheet.attrib["name"] for sheet in book.iter(f"{MAIN}sheet")]
        pages = [archive.read(f"xl/worksheets/sheet{number}.xml") for number in range(1, len(names) + 1)]
    return {name: _cells(page, shared) for name, page in zip(names, pages, strict=True)}


def _cells(page: bytes, shared: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for cell in ElementTree.fromstring(page).iter(f"{MAIN}c"):  # noqa: S314
        formula, value = cell.find(f"{MAIN}f"), cell.find(f"{MAIN}v")
        if formula is not None:
            found[cell.attrib["r"]] = f"={formula.text}"
        elif value is not None and value.text is not None:
            found[cell.attrib["r"]] = shared[int(value.text)] if cell.get("t") == "s" else Fraction(value.text)
    return found


class Spreadsheet:
    """The cells of a workbook, worked out from its formulas alone; an empty cell is None."""

    def __init__(self, body: bytes) -> None:
        self.sheets = sheets_of(body)

    def value(self, sheet: str, cell: str) -> Any:
        """Return the value of a cell."""
        content = self.sheets[sheet].get(cell)
        is_formula = isinstance(content, str) and content.startswith("=")
        return Formula(self, sheet, str(content)[1:]).worked() if is_formula else content


class Formula:
    """One formula, parsed by precedence; the branches of IF and AND are worked out only when they are needed."""

    def __init__(self, book: Spreadsheet, sheet: str, text: str) -> None:
        self.book, self.sheet = book, sheet
        self.tokens = [(found.lastgroup, found[found.lastgroup or 0]) for found in TOKEN.finditer(text)]
        self.at = 0

    def worked(self) -> Any:
        """Return the formula's value."""
        return self._level(0)()

    def _next(self) -> tuple[str | None, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else (None, "")

    def _take(self) -> tuple[str | None, str]:
        self.at += 1
        return self.tokens[self.at - 1]

    def _level(self, level: int) -> Lazy:
        if level == len(LEVELS):
            return self._atom()
        left = self._level(level + 1)
        while self._next()[1] in LEVELS[level]:
            sign, right = LEVELS[level][self._take()[1]], self._level(level + 1)
            left = self._joined(sign, left, right)
        return left

    @staticmethod
    def _joined(sign: Callable[[Any, Any], Any], left: Lazy, right: Lazy) -> Lazy:
        return lambda: sign(left(), right())

    def _atom(self) -> Lazy:
        kind, text = self._take()
        if kind == "number":
            return lambda: Fraction(text)
        if kind == "text":
            return lambda: text.strip('"')
        if kind == "reference":
            return lambda: self._cells(text)
        arguments = [self._level(0)] if (kind == "name" and self._take()) or text == "(" else []
        while self._take()[1] == ",":
            arguments.append(self._level(0))
        return arguments[0] if text == "(" else lambda: FUNCTIONS[text](*arguments)

    def _cells(self, text: str) -> Any:
        place, _, cells = text.rpartition("!")
        sheet = place.strip("'") or self.sheet
        first, _, last = cells.replace("$", "").partition(":")
        if not last:
            return self.book.value(sheet, first)
        column, start = re.sub(r"\d", "", first), int(re.sub(r"\D", "", first))
        rows = range(start, int(re.sub(r"\D", "", last)) + 1)
        return [self.book.value(sheet, f"{column}{row}") for row in rows]


def _numbers(values: list[Any]) -> list[Fraction]:
    return [each for each in values if isinstance(each, Fraction)]


def _rounded(value: Fraction, places: int) -> Fraction:
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return Fraction(exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "IF": lambda test, yes, no: yes() if test() else no(),
    "AND": lambda *tests: all(test() for test in tests),
    "ISNUMBER": lambda value: isinstance(value(), Fraction),
    "MAX": lambda *values: max(value() for value in values),
    "MIN": lambda *values: min(value() for value in values),
    "SUM": lambda values: sum(_numbers(values()), Fraction(0)),
    "ROUND": lambda value, places: _rounded(value(), int(places())),
    "SUMIF": lambda where, _test, what: sum(
        (amount for found, amount in zip(where(), what(), strict=True) if isinstance(found, Fraction)), Fraction(0)
    ),
}
