"""Cell parsers: every accepted form, every refused one, and that the fast way agrees with the slow one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.datasets.checks.columns import Converted, Reader, convert
from kpis.datasets.checks.values import (
    date_parser,
    decimal_parser,
    integer_parser,
    moment_parser,
    number,
    parse_boolean,
    parse_period_text,
    text_parser,
)
from kpis.engine.specs import ColumnSpec, ColumnType
from omnichannel.core.periods import Period, month_of, quarter_of, week_of, year_of

ZONE = ZoneInfo("Asia/Shanghai")


def one(
    kind: ColumnType, text: str, *, unit: str = "", serials: bool = False, name: str = "x"
) -> tuple[object, str | None]:
    column = ColumnSpec(name, kind, True, unit=unit, enum=("store", "other") if kind is ColumnType.ENUM else ())
    converted = convert(pa.array([text], pa.string()), reader=Reader(column, ZONE, serials=serials))
    return converted.values[0].as_py(), converted.codes[0].as_py() if converted.codes is not None else None


def codes_of(converted: Converted) -> list[str | None]:
    """Return the code per row; a column with nothing wrong carries none."""
    return converted.codes.to_pylist() if converted.codes is not None else [None] * len(converted.values)


@pytest.mark.parametrize(
    ("text", "value", "code"),
    [
        ("12", "12", None),
        ("-0", "0", None),
        (" 1,234.50 ", "1234.5", None),
        ("¥1,234.50", "1234.5", None),
        ("￥１２３．５", "123.5", None),
        ("1.2万", "12000", None),
        ("3亿元", "300000000", None),
        ("50%", "0.5", None),
        ("(5)", "-5", None),
        ("-¥5", "-5", None),
        ("12.5元", "12.5", None),
        ("0.33333", "0.3333", "rounded"),
        ("'-5", "-5", None),
        ("", None, None),
        ("-", None, None),
        ("N/A", None, None),
        ("1.234,5", None, "ambiguous_number"),
        ("12,34", None, "ambiguous_number"),
        ("١٢", None, "not_number"),
        ("NaN", None, "not_number"),
        ("Inf", None, "not_number"),
        ("twelve", None, "not_number"),
        ("1e309", None, "damaged_number"),
        ("1.2E+17", None, "damaged_number"),
        ("9" * 15, None, "too_big"),
        ("#DIV/0!", None, "error_cell"),
    ],
)
def test_decimals(text: str, value: str | None, code: str | None) -> None:
    assert one(ColumnType.DECIMAL, text) == (Decimal(value) if value is not None else None, code)


def test_a_percentage_of_a_hundred_point_scale_stays_what_it_says() -> None:
    assert one(ColumnType.DECIMAL, "86%", unit="0..100") == (Decimal(86), None)


@pytest.mark.parametrize(
    ("text", "value", "code"),
    [
        ("007", 7, None),
        ("1,200", 1200, None),
        ("12.00", 12, None),
        ("1.2万", 12000, None),
        ("1.5", None, "not_integer"),
        ("9007199254740993", None, "too_big"),
        ("900719925474099", 900719925474099, None),
        ("一", None, "not_integer"),
    ],
)
def test_integers(text: str, value: int | None, code: str | None) -> None:
    assert one(ColumnType.INTEGER, text) == (value, code)


@pytest.mark.parametrize(
    ("text", "value", "code"),
    [
        ("是", True, None),
        ("否", False, None),
        ("TRUE", True, None),
        ("0", False, None),
        ("Y", True, None),
        ("2", None, "not_boolean"),
    ],
)
def test_booleans(text: str, value: bool | None, code: str | None) -> None:
    assert one(ColumnType.BOOLEAN, text) == (value, code)


@pytest.mark.parametrize(
    ("text", "value", "code"),
    [
        ("2024-06-01", date(2024, 6, 1), None),
        ("2024/6/1", date(2024, 6, 1), None),
        ("2024.6.1", date(2024, 6, 1), None),
        ("2024年6月1日", date(2024, 6, 1), None),
        ("２０２４年６月１日", date(2024, 6, 1), None),
        ("20240601", date(2024, 6, 1), None),
        ("2024-06-01 08:00:00", date(2024, 6, 1), None),
        ("2024-02-29", date(2024, 2, 29), None),
        ("2023-02-29", None, "not_date"),
        ("2024-13-01", None, "not_date"),
        ("01/06/2024", None, "ambiguous_date"),
        ("6/1/24", None, "ambiguous_date"),
        ("0001-01-01", None, "date_out_of_range"),
        ("9999-12-31", None, "date_out_of_range"),
        ("45444", None, "not_date"),
        ("soon", None, "not_date"),
    ],
)
def test_dates(text: str, value: date | None, code: str | None) -> None:
    assert one(ColumnType.DATE, text) == (value, code)


def test_excel_day_numbers_count_in_workbooks_only() -> None:
    assert one(ColumnType.DATE, "45444", serials=True) == (date(2024, 6, 1), None)
    assert one(ColumnType.DATETIME, "45444.5", serials=True) == (datetime(2024, 6, 1, 12), None)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("text", "parts", "code"),
    [
        ("2024-06-01 20:01:05", (2024, 6, 1, 20, 1, 5), None),
        ("2024-06-01T20:01", (2024, 6, 1, 20, 1), None),
        ("2024-06-01T20:01:00+08:00", (2024, 6, 1, 20, 1), None),
        ("2024-06-01T20:01:00Z", (2024, 6, 2, 4, 1), None),
        ("2024-06-01 20:01:00.250 -0500", (2024, 6, 2, 9, 1, 0, 250_000), None),
        ("2024/6/1 8:05", (2024, 6, 1, 8, 5), None),
        ("2024年6月1日 下午8:01", (2024, 6, 1, 20, 1), None),
        ("20240601200105", (2024, 6, 1, 20, 1, 5), None),
        ("2024-06-01", (2024, 6, 1), None),
        ("2024-02-29 10:00:00", (2024, 2, 29, 10), None),
        ("2024-02-30 10:00:00", None, "not_datetime"),
        ("2024-06-01 25:00:00", None, "not_datetime"),
        ("1717200000", None, "not_datetime"),
        ("2024-06-01T20:01:00+99:99", None, "not_datetime"),
    ],
)
def test_moments_become_local_wall_time(text: str, parts: tuple[int, ...] | None, code: str | None) -> None:
    expected = datetime(*parts) if parts else None  # type: ignore[arg-type]  # noqa: DTZ001
    assert one(ColumnType.DATETIME, text) == (expected, code)


@pytest.mark.parametrize(
    ("text", "value", "code"),
    [
        ("store", "store", None),
        ("门店", "store", None),
        ("线下 门店", "store", None),
        ("STORE", "store", None),
        ("x", None, "not_in_list"),
    ],
)
def test_enums_take_words_of_both_languages(text: str, value: str | None, code: str | None) -> None:
    assert one(ColumnType.ENUM, text) == (value, code)


@pytest.mark.parametrize(
    ("text", "value", "code"),
    [
        ("2024-11", "2024-11", None),
        ("2024年6月", "2024-06", None),
        ("202406", "2024-06", None),
        ("2024Q2", "2024-Q2", None),
        ("2024年第二季度", "2024-Q2", None),
        ("2024-W18", "2024-W18", None),
        ("2024年", "2024", None),
        ("June", None, "not_period"),
        ("0001", None, "date_out_of_range"),
    ],
)
def test_periods(text: str, value: str | None, code: str | None) -> None:
    assert one(ColumnType.STRING, text, name="period") == (value, code)


@pytest.mark.parametrize(
    ("text", "value", "code"),
    [
        ("  00123\u3000", "00123", None),
        ("NA", "NA", None),
        ("None", "None", None),
        ("null", None, None),
        ("'=1+1", "=1+1", None),
        ("a\x00b", None, "control_character"),
        ("a\u202eb", None, "control_character"),
        ("a\ufffdb", None, "bad_encoding"),
        ("1.23E+17", None, "damaged_number"),
        ("#REF!", None, "error_cell"),
        ("#1 店", "#1 店", None),
        ("字" * 201, None, "too_long"),
        ("字" * 200, "字" * 200, None),
    ],
)
def test_texts(text: str, value: str | None, code: str | None) -> None:
    assert one(ColumnType.STRING, text) == (value, code)


ODD = st.text(alphabet="0123456789-+.,:%/ T年月日万亿¥()eE'#nulZ是否", max_size=24)
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9).map(str)
MOMENTS = st.datetimes(min_value=datetime(1980, 1, 1), max_value=datetime(2110, 1, 1)).map(  # noqa: DTZ001
    lambda moment: moment.isoformat(sep=" ", timespec="seconds")
)
ZONED = st.tuples(MOMENTS, st.sampled_from(["Z", "+08:00", "-03:30", "+14:00"])).map("".join)


@given(texts=st.lists(st.one_of(ODD, NUMBERS, MOMENTS, ZONED), min_size=2, max_size=20))
def test_the_fast_way_agrees_with_the_slow_way(texts: list[str]) -> None:
    for kind in (ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.DATE, ColumnType.DATETIME, ColumnType.STRING):
        column = ColumnSpec("x", kind, True)
        together = convert(pa.array(texts, pa.string()), reader=Reader(column, ZONE))
        # Full-width digits mean the same but are never plain, so they always take the slow way.
        slow = [text.translate({48 + digit: 0xFF10 + digit for digit in range(10)}) for text in texts]
        apart = convert(pa.array(slow, pa.string()), reader=Reader(column, ZONE))
        if kind is not ColumnType.STRING:
            assert together.values.equals(apart.values)
            assert codes_of(together) == codes_of(apart)
        codes = codes_of(together)
        for row, text in enumerate(texts):
            assert one(kind, text) == (together.values[row].as_py(), codes[row])


@given(value=st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**13), max_value=10**13))
def test_an_amount_written_in_any_of_its_forms_is_the_same_amount(value: Decimal) -> None:
    plain = f"{abs(value):,f}"
    wide = plain.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)})
    forms = {f"¥{plain}", f"{plain}元", f"  {plain.replace(',', ' ')} ", wide, f"{plain} CNY"}
    for form in forms:
        assert number(form) == (abs(value), None)
        for negative in (f"-{form.strip()}", f"({form.strip()})", f"（{form.strip()}）"):
            assert number(negative) == (-abs(value) if value else Decimal(0), None)
    assert number(f"{plain}-") == (-abs(value) if value else Decimal(0), None)


@given(
    moment=st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 12, 31, 23, 59, 59)),  # noqa: DTZ001
    offset=st.integers(-14 * 60, 14 * 60),
)
def test_a_moment_written_in_any_of_its_forms_is_the_same_moment(moment: datetime, offset: int) -> None:
    moment = moment.replace(microsecond=0)
    parse = moment_parser(zone=ZONE)
    half, hour = ("上午" if moment.hour < 12 else "下午"), moment.hour % 12 or 12
    clock = f"{moment:%M:%S}"
    forms = (
        moment.isoformat(sep=" "),
        f"{moment:%Y/%m/%d %H:%M:%S}",
        f"{moment.year}年{moment.month}月{moment.day}日 {half}{hour}:{clock}",
        f"{moment.year}-{moment.month}-{moment.day} {hour}:{clock} {'AM' if moment.hour < 12 else 'PM'}",
        f"{moment:%Y%m%d%H%M%S}",
        f"{moment:%Y年%m月%d日%H时%M分%S秒}",
    )
    assert [parse(form) for form in forms] == [(moment, None)] * len(forms)
    zone = timezone(timedelta(minutes=offset))
    told, code = parse(moment.replace(tzinfo=ZONE).astimezone(zone).isoformat())
    assert (told, code) == (moment, None) or code == "date_out_of_range" or moment.year < 1992


@given(day=st.integers(32_874, 73_415), seconds=st.integers(0, 86_399), epoch_1904=st.booleans())
def test_a_day_number_of_excel_is_its_moment_in_both_epochs(day: int, seconds: int, epoch_1904: bool) -> None:
    parse = moment_parser(zone=ZONE, serials=True, epoch_1904=epoch_1904)
    origin = datetime(1904, 1, 1) if epoch_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 - wall time
    moment, code = parse(f"{day + seconds / 86_400:.10f}")
    expected = origin + timedelta(days=day, seconds=seconds)
    assert (moment, code) == (expected, None) or (expected.year > 2100 and code == "date_out_of_range")


@given(
    start=st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 12, 31)),
    period=st.sampled_from([week_of, month_of, quarter_of, year_of]),
)
def test_the_key_of_a_period_is_read_as_that_period(start: date, period: Callable[[date], Period]) -> None:
    key = str(period(start))
    value, code = parse_period_text(key)
    assert (value, code) == (key, None) or code == "date_out_of_range"


@given(text=st.one_of(st.text(max_size=40), ODD))
def test_no_text_makes_a_parser_raise_and_no_error_has_a_value(text: str) -> None:
    parsers = (
        number,
        decimal_parser(),
        decimal_parser(hundred=True),
        integer_parser(),
        parse_boolean,
        moment_parser(zone=ZONE, serials=True),
        date_parser(moment_parser(zone=ZONE)),
        parse_period_text,
        text_parser(limit=20, nullable=True),
    )
    for parse in parsers:
        value, code = parse(text)
        assert value is None or code in (None, "rounded")
