"""One cell of text into one typed value. Each parser returns (value, code): an error code comes with no value."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Decimal
from zoneinfo import ZoneInfo

from omnichannel.core.periods import YEARS, parse_period

Parsed = tuple[object, str | None]
Parser = Callable[[str], Parsed]

FIRST_YEAR, LAST_YEAR = 1990, 2100
FOUR_PLACES = Decimal("0.0001")
DECIMAL_LIMIT = Decimal(10) ** 14
INTEGER_LIMIT = 10**15
# Words that systems write where they have nothing; they count as empty in every column that is not text.
EMPTY = frozenset({"-", "--", "—", "/", "n/a", "na", "null", "none", "nil", "\\n", "无", "暂无", "空"})
EMPTY_TEXT = frozenset({"null", "\\n", "-", "--"})
# In a column of ids that may be empty these are no id: all such orders would otherwise be one customer's.
NO_ID = frozenset({"/", "—", "——", "无", "暂无", "空", "n/a", "N/A"})
NOBODY = NO_ID | {"未知", "匿名", "散客", "游客", "非会员", "unknown", "Unknown", "UNKNOWN", "anonymous", "Anonymous"}
ERRORS = frozenset({"#ref!", "#div/0!", "#value!", "#name?", "#n/a", "#null!", "#num!", "#spill!", "#calc!", "#####"})
# Hyphen, the minus sign of mathematics, and what NFKC makes of its relatives.
SIGNS = "+-\u2212\u2013"
SCIENTIFIC = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?[eE][-+]?[0-9]+")
NUMBER = re.compile(r"([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(\.[0-9]*)?|(\.[0-9]+)")
MONEY = re.compile(r"^(¥|cny|rmb|人民币)|(元|圆|cny|rmb)$")
# Point and comma in the order of other countries, or a comma that parts no thousands: two readings, so none.
EITHER_WAY = re.compile(r"[0-9]{1,3}(\.[0-9]{3})*,[0-9]{1,2}|[0-9]{1,3}(\.[0-9]{3})+(,[0-9]+)?|[0-9]+,[0-9]+")
# Blanks between digits: thousands (1 234 567), or two numbers in one cell.
APART = re.compile(r"[0-9.,] +[0-9.,]")
SPACED = re.compile(r"(?<![0-9.,] )(?<![0-9.,])[0-9]{1,3}( [0-9]{3})+(?![0-9 ])")
SUFFIXES = {"亿": Decimal(10) ** 8, "万": Decimal(10) ** 4, "%": Decimal("0.01"), "‰": Decimal("0.001")}
AS_TEXT = re.compile(r'="([^"]*)"')
DIGITS = re.compile("[0-9]+")
# C0 controls, bidirectional marks and overrides, blanks of no width; the joiner of emoji is text.
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
BLANKS = " \t\r\n\u3000\u00a0\ufeff\u200b\u200c\u200d\u2060"
TRUE = frozenset({"是", "true", "1", "y", "yes", "t", "真", "有", "√", "对", "已同意", "同意", "通过", "合格"})
FALSE = frozenset(
    {"否", "false", "0", "n", "no", "f", "假", "无", "×", "x", "错", "未同意", "不同意", "未通过", "不合格"}
)
MOMENT = re.compile(
    r"(?P<y>\d{4}|\d{2}(?=年))\s*[-/.年]\s*(?P<m>\d{1,2})\s*[-/.月]\s*(?P<d>\d{1,2})\s*[日号]?"
    r"(?:\s*[(（]?(?:星期|周)[一二三四五六日天][)）]?)?"
    r"(?:[T\s]*(?P<half>凌晨|早上|上午|中午|下午|傍晚|晚上)?\s*"
    r"(?P<H>\d{1,2})[:时点](?P<M>\d{1,2})分?(?::?(?P<S>\d{1,2})秒?(?:[.,](?P<f>\d{1,9}))?)?"
    r"\s*(?P<clock>[ap]\.?m\.?)?\s*(?P<zone>Z|[-+](?:0\d|1[0-4])(?::?[0-5]\d)?)?)?",
    re.ASCII | re.IGNORECASE,
)
AFTERNOON = frozenset({"下午", "傍晚", "晚上", "中午", "pm"})
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:[T\s]?(\d{2})(\d{2})(\d{2}))?", re.ASCII)
YEAR_LAST = re.compile(r"\d{1,2}\s*[-/.]\s*\d{1,2}\s*[-/.]\s*\d{1,4}(\s.*)?", re.ASCII)
SERIAL = re.compile(r"[0-9]{5}(\.[0-9]+)?")


def folded(text: str) -> str:
    """Return the text with full-width forms made plain and outer blanks gone. `5²` is not made 52, nor `½` 1/2."""
    if text.isascii() or any(unicodedata.category(sign) == "No" for sign in text):
        return text.strip(BLANKS)
    return unicodedata.normalize("NFKC", text).strip(BLANKS)


def unescaped(text: str) -> str:
    """Return a text cell without what keeps spreadsheets from reading it as a formula or a number.

    That is an apostrophe (`'=A`, `'00123`) or, as shops' exports write their ids, `="00123"`.
    """
    if found := AS_TEXT.fullmatch(text):
        return found[1]
    guarded = len(text) > 1 and text[0] == "'" and (text[1] in "=+-@\t\r" or DIGITS.fullmatch(text[1:]))
    return text[1:] if guarded else text


def number(text: str, *, hundred: bool = False) -> tuple[Decimal | None, str | None]:
    """Parse a number with separators, currency, 万/亿, percent or accounting brackets. `hundred`: 50% is 50."""
    plain = folded(text).casefold()
    if " " in plain:
        if APART.search(plain) and not SPACED.search(plain):
            return None, "ambiguous_number"
        plain = plain.replace(" ", "")
    if plain in EMPTY:
        return None, None
    if plain in ERRORS:
        return None, "error_cell"
    if SCIENTIFIC.fullmatch(plain):
        return None, "damaged_number"
    negative = plain.startswith("(") and plain.endswith(")")
    plain = unescaped(plain[1:-1] if negative else plain)
    plain = MONEY.sub("", plain)
    if plain[:1] in SIGNS and plain:
        negative, plain = negative ^ (plain[0] != "+"), plain[1:]
    elif plain.endswith("-") and plain != "-":  # accounting systems write the sign last
        negative, plain = not negative, plain[:-1]
    plain = MONEY.sub("", plain)
    factor = SUFFIXES.get(plain[-1:], Decimal(1))
    if plain[-1:] in SUFFIXES:
        factor, plain = Decimal(1) if hundred and plain[-1] == "%" else factor, plain[:-1]
    if not NUMBER.fullmatch(plain) or len(plain) > 60:
        return None, "ambiguous_number" if EITHER_WAY.fullmatch(plain) else "not_number"
    value = Decimal(plain.replace(",", "")) * factor
    return (-value if negative and value else value), None


def scaled(text: str, value: Decimal, *, scale: Decimal) -> Decimal | None:
    """Return a parsed number times the factor of its column. A cell that states the factor itself (`95%` in a column of
    percents) has it already; one that states another has no reading."""
    if scale == 1:
        return value
    stated = SUFFIXES.get(MONEY.sub("", folded(text).casefold().replace(" ", "").rstrip(")"))[-1:])
    if stated is None:
        return value * scale
    return value if stated == scale else None


def decimal_parser(*, scale: Decimal = Decimal(1), hundred: bool = False) -> Parser:
    """Return a parser to DECIMAL(18,4); more than four decimals are rounded half to even and said so."""

    def parse(text: str) -> Parsed:
        bare, code = number(text, hundred=hundred)
        if bare is None:
            return None, code
        value = scaled(text, bare, scale=scale)
        if value is None:
            return None, "ambiguous_number"
        if abs(value) >= DECIMAL_LIMIT:
            return None, "too_big"
        stored = value.quantize(FOUR_PLACES, rounding=ROUND_HALF_EVEN)
        return stored, None if stored == value else "rounded"

    return parse


def integer_parser(*, scale: Decimal = Decimal(1)) -> Parser:
    """Return a parser to whole numbers; `12.00` is one, `12.5` is not."""

    def parse(text: str) -> Parsed:
        bare, code = number(text)
        if bare is None:
            return None, "not_integer" if code == "not_number" else code
        value = scaled(text, bare, scale=scale)
        if value is None:
            return None, "ambiguous_number"
        if value != value.to_integral_value():
            return None, "not_integer"
        return (int(value), None) if abs(value) < INTEGER_LIMIT else (None, "too_big")

    return parse


def parse_boolean(text: str) -> Parsed:
    """Parse yes or no in both languages."""
    word = folded(text).casefold()
    if word in TRUE or word in FALSE:
        return word in TRUE, None
    if word in EMPTY:
        return None, None
    return None, "error_cell" if word in ERRORS else "not_boolean"


def moment_parser(*, zone: ZoneInfo, serials: bool = False, epoch_1904: bool = False) -> Parser:
    """Return a parser to naive local wall time of `zone`. `serials`: bare Excel day numbers count (workbooks only)."""
    origin = datetime(1904, 1, 1) if epoch_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 - wall time has no zone

    def parse(text: str) -> Parsed:
        plain = folded(text)
        if plain.casefold() in EMPTY:
            return None, None
        if plain.casefold() in ERRORS:
            return None, "error_cell"
        if serials and SERIAL.fullmatch(plain):
            seconds = round(Decimal(plain) * 86400)
            return _ranged(origin + timedelta(seconds=seconds))
        if match := COMPACT.fullmatch(plain):
            return _built(*(int(part or 0) for part in match.groups()))
        if match := MOMENT.fullmatch(plain):
            return _from_match(match, zone=zone)
        return None, "ambiguous_date" if YEAR_LAST.fullmatch(plain) else "not_datetime"

    return parse


def _from_match(match: re.Match[str], *, zone: ZoneInfo) -> Parsed:
    hour, half = int(match["H"] or 0), match["half"] or (match["clock"] or "").lower().replace(".", "")
    if half and match["half"] and match["clock"]:
        return None, "not_datetime"
    if half and hour <= 12:
        hour = _of_day(hour, half)
    elif half and half not in AFTERNOON:
        return None, "not_datetime"
    micro = int((match["f"] or "0").ljust(6, "0")[:6])
    value, code = _built(
        int(match["y"]) + (2000 if len(match["y"]) == 2 else 0),
        int(match["m"]),
        int(match["d"]),
        hour,
        int(match["M"] or 0),
        int(match["S"] or 0),
        micro,
    )
    if isinstance(value, datetime) and match["zone"]:
        value = value.replace(tzinfo=_offset(match["zone"])).astimezone(zone).replace(tzinfo=None)
    return value, code


def _of_day(hour: int, half: str) -> int:
    """Return the hour of 24 for one of 12 in a part of the day: noon is 中午 12, midnight 凌晨 12 or 晚上 12."""
    if half == "中午":
        return hour if hour >= 10 else hour + 12
    if half == "晚上" and hour == 12:
        return 24  # the midnight that ends the day or the one that began it: refused
    return hour % 12 + (12 if half in AFTERNOON else 0)


def _offset(text: str) -> timezone:
    if text.upper() == "Z":
        return timezone(timedelta(0))
    digits = text[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _built(*parts: int) -> Parsed:
    try:
        return _ranged(datetime(*parts))  # type: ignore[arg-type]  # noqa: DTZ001 - wall time has no zone
    except (ValueError, OverflowError):
        return None, "not_datetime"


def _ranged(value: datetime) -> Parsed:
    return (value, None) if FIRST_YEAR <= value.year <= LAST_YEAR else (None, "date_out_of_range")


def date_parser(moment: Parser) -> Parser:
    """Return a parser to local dates; a time of day is dropped."""

    def parse(text: str) -> Parsed:
        value, code = moment(text)
        if isinstance(value, datetime):
            return value.date(), code
        return None, "not_date" if code == "not_datetime" else code

    return parse


def parse_period_text(text: str) -> Parsed:
    """Parse a period to its key; `2024年6月`, `202406` and `2024/6` are months."""
    plain = folded(text)
    if match := re.fullmatch(r"(\d{4})(?:年|/|\.|-)?(0?[1-9]|1[0-2])月?(份)?", plain, re.ASCII):
        plain = f"{match[1]}-{int(match[2]):02d}"
    plain = re.sub(
        r"年?第?([1-4一二三四])季度?$", lambda found: f"-Q{'一二三四'.find(found[1]) + 1 or found[1]}", plain
    )
    try:
        period = parse_period(plain.removesuffix("年"))
    except (ValueError, OverflowError):
        if re.fullmatch(r"\d{4}", plain[:4]) and int(plain[:4]) not in YEARS:
            return None, "date_out_of_range"
        return None, "error_cell" if plain.casefold() in ERRORS else "not_period"
    return (str(period), None) if FIRST_YEAR <= period.start.year <= LAST_YEAR else (None, "date_out_of_range")


def text_parser(*, limit: int, nullable: bool, nothing: Collection[str] = ()) -> Parser:
    """Return a parser for text that looked odd: escapes undone, damage and invisible characters refused.

    `nothing`: words that say there is none.
    """

    def parse(text: str) -> Parsed:
        plain = unescaped(text.strip(BLANKS))
        lower = plain.casefold()
        if not plain or (nullable and lower in EMPTY_TEXT) or plain in nothing:
            return None, None
        if lower in ERRORS:
            return None, "error_cell"
        if "\ufffd" in plain:
            return None, "bad_encoding"
        if CONTROLS.search(plain):
            return None, "control_character"
        if SCIENTIFIC.fullmatch(plain) and "+" in plain:
            return None, "damaged_number"
        return (plain, None) if len(plain) <= limit else (None, "too_long")

    return parse
