"""What the cells of a column say about what it is: whether they read as the field's type, and whose ids they are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa

from kpis.datasets.checks.values import (
    BLANKS,
    EMPTY,
    date_parser,
    moment_parser,
    number,
    parse_boolean,
    parse_period_text,
)
from kpis.datasets.meaning.words import enum_words, normal_value
from kpis.engine.specs import ColumnSpec, ColumnType

# Rows looked at, and the share of different texts that must read as the field's type for its header to be believed.
LOOKED, READABLE = 1_000, 0.5
NUMBERS = (ColumnType.INTEGER, ColumnType.DECIMAL)
# Dates that only need to be told which number is the month are dates all the same.
STILL_DATES = frozenset({"ambiguous_date", "date_out_of_range"})
_ZONE = ZoneInfo("Asia/Shanghai")

Names = Mapping[str, Mapping[str, str | Sequence[str]]]
KnownIds = Mapping[str, Collection[str]]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The first rows of a file, column by column, and what is known outside it.

    `known`: `table.column` -> ids that exist. `names`: the same (or the column alone) -> name -> its id or ids.
    """

    cells: Mapping[str, Sequence[str]] = field(default_factory=dict)
    known: KnownIds = field(default_factory=dict)
    names: Names = field(default_factory=dict)

    def texts(self, column: str) -> tuple[str, ...]:
        """Return the different texts of a column that are not empty."""
        found = (text.strip(BLANKS) for text in self.cells.get(column, ()))
        return tuple(dict.fromkeys(text for text in found if text and text.casefold() not in EMPTY))

    def contradicts(self, header: str, column: ColumnSpec) -> bool:
        """Return whether the cells do not read as this field, although its header says so. No cells: no word."""
        texts = self.texts(header)
        if not texts:
            return False
        readable = sum(map(_reads(column), texts))
        if column.type is ColumnType.ENUM:
            return readable == 0
        return readable < READABLE * len(texts) or _outside(column, texts)

    def off_scale(self, header: str, column: ColumnSpec, scale: str) -> bool:
        """Return whether the cells do not suit a factor below 1: cents are whole, and percents go beyond 1.

        Cells that state the percent themselves are no matter: they are read as they stand.
        """
        if scale in ("", "1") or Decimal(scale) >= 1:
            return False
        said = [number(text)[0] for text in self.texts(header) if not text.endswith(("%", "％"))]
        values = [value for value in said if value]
        if column.unit.startswith("CNY"):
            return not all(map(_whole, values))
        return bool(values) and max(values) <= 1

    def settles(self, header: str, column: ColumnSpec) -> bool:
        """Return whether no room for doubt is left: every cell is an id we know, the name of one thing only, or one of
        several words for values of the field."""
        texts = self.texts(header)
        if column.type is ColumnType.ENUM:
            return len(texts) > 1 and all(map(_reads(column), texts))
        ids, names = ids_of(column, self.known), names_of(column, self.names)
        by_name = {name for name, one in names.items() if isinstance(one, str)}
        return bool(texts) and all(text in ids or text in by_name for text in texts)

    def repeats(self, headers: Sequence[str]) -> bool:
        """Return whether rows often have the same cells in all these columns: they are no key of the file."""
        columns = [self.cells.get(header, ()) for header in headers]
        keys = [key for key in zip(*columns, strict=False) if any(key)]
        return len(keys) >= 10 and len(set(keys)) < 0.8 * len(keys)


def gather(rows: pa.Table, *, known: KnownIds | None = None, names: Names | None = None) -> Evidence:
    """Return the evidence of a file from its first rows."""
    first = rows.slice(0, LOOKED)
    cells = {name: [text or "" for text in _strings(first, name)] for name in first.column_names if name != "_line"}
    return Evidence(cells, known or {}, names or {})


def _strings(rows: pa.Table, name: str) -> list[str | None]:
    texts: list[str | None] = rows.column(name).cast(pa.string()).to_pylist()
    return texts


def ids_of(column: ColumnSpec, known: KnownIds) -> Collection[str]:
    """Return the ids a column may hold, as far as the caller knows them."""
    return known.get(column.ref or column.name, ())


def names_of(column: ColumnSpec, names: Names) -> Mapping[str, str | Sequence[str]]:
    """Return name -> id (or ids) for what a column refers to."""
    return names.get(column.ref or column.name, {})


def _reads(column: ColumnSpec) -> Callable[[str], bool]:
    """Return whether one text can be what the field holds."""
    moment = moment_parser(zone=_ZONE, serials=True)
    match column.type:
        case ColumnType.ENUM:
            words = enum_words(column.enum)
            return lambda text: normal_value(text) in words
        case ColumnType.INTEGER:
            return lambda text: _whole(number(text)[0])
        case ColumnType.DECIMAL:
            return lambda text: number(text)[0] is not None
        case ColumnType.BOOLEAN:
            return lambda text: parse_boolean(text)[0] is not None
        case ColumnType.DATE | ColumnType.DATETIME:
            read = date_parser(moment)
            return lambda text: read(text)[0] is not None or read(text)[1] in STILL_DATES
    if column.name == "period":
        return lambda text: parse_period_text(text)[0] is not None
    if column.ref or column.name.endswith("_id"):
        return lambda text: not _amount_or_moment(text, moment)
    return lambda text: True


def _outside(column: ColumnSpec, texts: Sequence[str]) -> bool:
    """Tell whether most numbers lie outside the field's own range: a share written as 95.5, a score out of 100."""
    low, dots, high = column.unit.partition("..")
    if not dots or column.type not in NUMBERS:
        return False
    values = [number(text, hundred=column.unit == "0..100")[0] for text in texts]
    outside = sum(value is not None and not Decimal(low) <= value <= Decimal(high) for value in values)
    return outside > READABLE * len(texts)


def _whole(value: Decimal | None) -> bool:
    return value is not None and value == value.to_integral_value()


def _amount_or_moment(text: str, moment: Callable[[str], tuple[object, str | None]]) -> bool:
    """Tell whether a text is an amount with decimals or a time of day: nobody's id is."""
    if "." in text and (value := number(text)[0]) is not None:
        return not text.lstrip("0").startswith(".") and value != value.to_integral_value()
    return (":" in text or "-" in text or "/" in text) and moment(text)[0] is not None
