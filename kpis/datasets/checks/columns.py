"""Text into one type: cells of the plain form by Arrow at once, odd cells one distinct text at a time."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from kpis.datasets.checks.plain import Column, plain_moments, plain_numbers, plain_texts
from kpis.datasets.checks.values import (
    BLANKS,
    EMPTY,
    ERRORS,
    FIRST_YEAR,
    LAST_YEAR,
    NO_ID,
    NOBODY,
    Parsed,
    Parser,
    date_parser,
    decimal_parser,
    folded,
    integer_parser,
    moment_parser,
    parse_boolean,
    parse_period_text,
    text_parser,
)
from kpis.datasets.meaning.words import enum_words, normal_value
from kpis.engine.specs import ColumnSpec, ColumnType

DECIMAL = pa.decimal128(18, 4)
WALL_TIME = pa.timestamp("us")
TYPES: Mapping[ColumnType, pa.DataType] = {
    ColumnType.STRING: pa.string(),
    ColumnType.TEXT: pa.string(),
    ColumnType.ENUM: pa.string(),
    ColumnType.INTEGER: pa.int64(),
    ColumnType.DECIMAL: DECIMAL,
    ColumnType.BOOLEAN: pa.bool_(),
    ColumnType.DATE: pa.date32(),
    ColumnType.DATETIME: WALL_TIME,
}
TEXT_LIMITS = {ColumnType.STRING: 200, ColumnType.TEXT: 10_000}
# Every date these patterns match exists, so Arrow's cast cannot fail; 29 February takes the slow way.
_YEAR = "(199[0-9]|20[0-9]{2})"
_DAY = "((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)"
_TIME = "[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?"
PLAIN_INTEGER = "^-?[0-9]{1,15}$"
PLAIN_DECIMAL = r"^-?[0-9]{1,13}(\.[0-9]{1,4})?$"
PLAIN_MOMENT = f"^{_YEAR}-{_DAY}{_TIME}$"
ZONED_MOMENT = f"^{_YEAR}-{_DAY}{_TIME}(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])$"
ODD_TEXT = (
    "^(#|'|=\"|(?i:null|\\\\n|-{1,2})$|[-+]?[0-9](\\.[0-9]+)?[eE]\\+[0-9]+$)"
    "|[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f\\x{200b}\\x{200e}\\x{200f}\\x{202a}-\\x{202e}\\x{2060}\\x{2066}-\\x{2069}\\x{feff}\\x{fffd}]"
)


@dataclass(frozen=True, slots=True)
class Reader:
    """How the texts of one field are read: its column, factor, own words (source text -> value) and context."""

    column: ColumnSpec
    zone: ZoneInfo
    scale: Decimal = Decimal(1)
    words: Mapping[str, str] | None = None
    allowed: Collection[str] | None = None
    serials: bool = False
    epoch_1904: bool = False


@dataclass(frozen=True, slots=True)
class Converted:
    """Typed values and, where something was wrong, its code per row (null: nothing wrong with it; None: with none)."""

    values: pa.Array
    codes: pa.StringArray | None


def arrow_type(column: ColumnSpec) -> pa.DataType:
    """Return the Arrow type a canonical column is stored in."""
    return TYPES[column.type]


def convert(texts: pa.StringArray, *, reader: Reader) -> Converted:
    """Convert one batch of cells; empty cells are null without a code."""
    kind = reader.column.type
    if kind in (ColumnType.ENUM, ColumnType.BOOLEAN) or reader.allowed is not None or reader.column.name == "period":
        return _by_distinct(texts, parser=_with_words(_parser(reader), reader.words or {}), kind=TYPES[kind])
    column = Column.of(texts) if not reader.words else None
    values = _at_once(column, reader) if column is not None else None
    return _cell_by_cell(texts, reader) if values is None else Converted(values, None)


def _with_words(parser: Parser, words: Mapping[str, str]) -> Parser:
    """Return a parser of whole cells: blanks around them are nothing, a person's words come first."""

    def parse(text: str) -> Parsed:
        bare = text.strip(BLANKS)
        bare = words.get(bare, bare)
        return parser(bare) if bare else (None, None)

    return parse


def _at_once(column: Column, reader: Reader) -> pa.Array | None:
    """Return the values of a column in which every cell is plainly written, else None."""
    kind = TYPES[reader.column.type]
    match reader.column.type:
        case ColumnType.INTEGER | ColumnType.DECIMAL if reader.scale == 1:
            return plain_numbers(column, kind=kind)
        case ColumnType.DATETIME | ColumnType.DATE:
            return plain_moments(column, kind=kind, first=FIRST_YEAR, last=LAST_YEAR)
        case ColumnType.STRING | ColumnType.TEXT:
            texts = plain_texts(column, limit=TEXT_LIMITS[reader.column.type])
            return None if texts is None or _any_of(texts, _nothing(reader.column)) else texts
    return None


def _nothing(column: ColumnSpec) -> frozenset[str]:
    """Return the words that say in an id's column that there is none."""
    if not column.nullable or not column.ref:
        return frozenset()
    return NOBODY if column.ref == "customers.customer_id" else NO_ID


def _any_of(texts: pa.StringArray, words: frozenset[str]) -> bool:
    return bool(words) and bool(pc.any(pc.is_in(texts, value_set=pa.array(sorted(words)))).as_py())


def _cell_by_cell(texts: pa.StringArray, reader: Reader) -> Converted:
    """Convert cells of which some are not plain: the plain ones by pattern, the others one distinct text at a time."""
    texts = pc.utf8_trim(texts, BLANKS)
    texts = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
    if reader.words:
        texts = _replaced(texts, reader.words)
    plain, values = _plain(texts, reader)
    odd = pc.and_(pc.is_valid(texts), pc.invert(plain))
    if not pc.any(odd).as_py():
        return Converted(values, None)
    parsed = _by_distinct(texts.filter(odd), parser=_parser(reader), kind=arrow_type(reader.column))
    if parsed.codes is None:
        return Converted(pc.replace_with_mask(values, odd, parsed.values), None)
    codes = pc.replace_with_mask(pa.nulls(len(texts), pa.string()), odd, parsed.codes)
    return Converted(pc.replace_with_mask(values, odd, parsed.values), codes)


def _replaced(texts: pa.StringArray, words: Mapping[str, str]) -> pa.StringArray:
    """Put the values a person chose for the words of the source in their place; chosen as nothing, they are empty."""
    encoded = texts.dictionary_encode()
    chosen = [words.get(text, text) or None for text in encoded.dictionary.to_pylist()]
    return pa.array(chosen, pa.string()).take(encoded.indices)


def _plain(texts: pa.StringArray, reader: Reader) -> tuple[pa.BooleanArray, pa.Array]:
    """Return which cells have the plain form of the type, and the values of those (null elsewhere)."""
    kind = TYPES[reader.column.type]
    match reader.column.type:
        case ColumnType.INTEGER if reader.scale == 1:
            return _cast(texts, PLAIN_INTEGER, kind)
        case ColumnType.DECIMAL if reader.scale == 1:
            return _cast(texts, PLAIN_DECIMAL, kind)
        case ColumnType.DATETIME:
            local, values = _cast(texts, PLAIN_MOMENT, kind)
            if pc.all(pc.fill_null(local, True)).as_py():
                return local, values
            zoned, moments = _cast(texts, ZONED_MOMENT, pa.timestamp("us", tz=reader.zone.key))
            return pc.or_(local, zoned), pc.coalesce(values, pc.local_timestamp(moments))
        case ColumnType.STRING | ColumnType.TEXT:
            limit = TEXT_LIMITS[reader.column.type]
            odd = pc.or_(pc.match_substring_regex(texts, ODD_TEXT), pc.greater(pc.binary_length(texts), limit))
            if words := _nothing(reader.column):
                odd = pc.or_(odd, pc.is_in(texts, value_set=pa.array(sorted(words))))
            plain = pc.fill_null(pc.invert(odd), False)
            return plain, pc.if_else(plain, texts, pa.scalar(None, pa.string()))
    return pa.repeat(pa.scalar(False), len(texts)), pa.nulls(len(texts), kind)


def _cast(texts: pa.StringArray, pattern: str, kind: pa.DataType) -> tuple[pa.BooleanArray, pa.Array]:
    plain = pc.fill_null(pc.match_substring_regex(texts, pattern), False)
    return plain, pc.cast(pc.if_else(plain, texts, pa.scalar(None, pa.string())), kind)


def _by_distinct(texts: pa.StringArray, *, parser: Parser, kind: pa.DataType) -> Converted:
    encoded = texts.dictionary_encode()
    found = [parser(text) for text in encoded.dictionary.to_pylist()]
    values = pa.array([value for value, _ in found], kind).take(encoded.indices)
    if not any(code for _, code in found):
        return Converted(values, None)
    return Converted(values, pa.array([code for _, code in found], pa.string()).take(encoded.indices))


def _parser(reader: Reader) -> Parser:
    column = reader.column
    moment = moment_parser(zone=reader.zone, serials=reader.serials, epoch_1904=reader.epoch_1904)
    match column.type:
        case ColumnType.INTEGER:
            return integer_parser(scale=reader.scale)
        case ColumnType.DECIMAL:
            return decimal_parser(scale=reader.scale, hundred=column.unit == "0..100")
        case ColumnType.BOOLEAN:
            return parse_boolean
        case ColumnType.DATETIME:
            return moment
        case ColumnType.DATE:
            return date_parser(moment)
        case ColumnType.ENUM:
            return _enum_parser(column)
    if column.name == "period":
        return parse_period_text
    text = text_parser(limit=TEXT_LIMITS[column.type], nullable=column.nullable, nothing=_nothing(column))
    return text if reader.allowed is None else _allowed_parser(text, frozenset(reader.allowed))


def _enum_parser(column: ColumnSpec) -> Parser:
    words = enum_words(column.enum)

    def parse(text: str) -> Parsed:
        plain = folded(text)
        value = words.get(normal_value(plain))
        if value is not None or plain.casefold() in EMPTY:
            return value, None
        return None, "error_cell" if plain.casefold() in ERRORS else "not_in_list"

    return parse


def _allowed_parser(text: Parser, allowed: frozenset[str]) -> Parser:
    def parse(cell: str) -> Parsed:
        value, code = text(cell)
        return (value, code) if value is None or value in allowed else (None, "unknown_id")

    return parse
