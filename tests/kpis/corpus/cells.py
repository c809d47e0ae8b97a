"""Nasty cells: each becomes a CSV and a workbook in which only this cell is odd."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial

from tests.kpis.corpus.cases import BASE, CHANGED, GOOD, Case, Value, good_with, sheet_of, text_of, typed, with_cell

WARNINGS = frozenset({"rounded", "future_date"})
# (column, text, what is stored, the code if something is wrong). An error stores nothing of the row.
CELLS: tuple[tuple[str, str, Value, str], ...] = (
    ("goods_cost", "1e308", None, "damaged_number"),
    ("goods_cost", "1e309", None, "damaged_number"),
    ("goods_cost", "1.2E+17", None, "damaged_number"),
    ("goods_cost", "-0", Decimal(0), ""),
    ("goods_cost", "NaN", None, "not_number"),
    ("goods_cost", "Inf", None, "not_number"),
    ("goods_cost", "1,234", Decimal(1234), ""),
    ("goods_cost", "1,234,567.50", Decimal("1234567.5"), ""),
    ("goods_cost", "12,34", None, "ambiguous_number"),
    ("goods_cost", "1.234,5", None, "ambiguous_number"),
    ("goods_cost", "1.234.567", None, "ambiguous_number"),
    ("goods_cost", "(5)", Decimal(-5), ""),
    ("goods_cost", "（5.5）", Decimal("-5.5"), ""),
    ("goods_cost", "5-", Decimal(-5), ""),
    ("goods_cost", "−5", Decimal(-5), ""),
    ("goods_cost", "--5", None, "not_number"),
    ("goods_cost", "50%", Decimal("0.5"), ""),
    ("goods_cost", "¥1,234.50", Decimal("1234.5"), ""),
    ("goods_cost", "￥１，２３４．５０", Decimal("1234.5"), ""),
    ("goods_cost", "12.5元", Decimal("12.5"), ""),
    ("goods_cost", "1.2万", Decimal(12000), ""),
    ("goods_cost", "0.05亿元", Decimal(5000000), ""),
    ("goods_cost", "１２３．５", Decimal("123.5"), ""),
    ("goods_cost", "١٢", None, "not_number"),
    ("goods_cost", "5²", None, "not_number"),
    ("goods_cost", "十二", None, "not_number"),
    ("goods_cost", "1 234 567.5", Decimal("1234567.5"), ""),
    ("goods_cost", "12 34", None, "ambiguous_number"),
    ("goods_cost", "¥ -12.50 元", Decimal("-12.5"), ""),
    ("goods_cost", "0.33333", Decimal("0.3333"), "rounded"),
    ("goods_cost", "99999999999999999", None, "too_big"),
    ("goods_cost", "#REF!", None, "error_cell"),
    ("goods_cost", "#N/A", None, "error_cell"),
    ("goods_cost", "#####", None, "error_cell"),
    ("goods_cost", "N/A", None, ""),
    ("goods_cost", "—", None, ""),
    ("goods_cost", "", None, ""),
    ("gross_amount", "", None, "required_empty"),
    ("item_count", "1.5", None, "not_integer"),
    ("item_count", "2.0", 2, ""),
    ("item_count", "２", 2, ""),
    ("item_count", "两", None, "not_integer"),
    ("paid_at", "2024/6/2 8:05", datetime(2024, 6, 2, 8, 5), ""),  # noqa: DTZ001 - wall time
    ("paid_at", "2024年6月2日 上午10:05", datetime(2024, 6, 2, 10, 5), ""),  # noqa: DTZ001 - wall time
    ("paid_at", "2024年6月2日 下午1时05分06秒", datetime(2024, 6, 2, 13, 5, 6), ""),  # noqa: DTZ001 - wall time
    ("paid_at", "２０２４－０６－０２", datetime(2024, 6, 2), ""),  # noqa: DTZ001 - wall time
    ("paid_at", "20240602100500", datetime(2024, 6, 2, 10, 5), ""),  # noqa: DTZ001 - wall time
    ("paid_at", "2024-06-02 10:05 PM", datetime(2024, 6, 2, 22, 5), ""),  # noqa: DTZ001 - wall time
    ("paid_at", "2024-06-02T10:00:00Z", datetime(2024, 6, 2, 18), ""),  # noqa: DTZ001 - wall time
    ("paid_at", "2024-06-02T10:00:00-05:00", datetime(2024, 6, 2, 23), ""),  # noqa: DTZ001 - wall time
    ("paid_at", "2024-02-29 10:00", datetime(2024, 2, 29, 10), ""),  # noqa: DTZ001 - wall time
    ("paid_at", "2023-02-29 10:00", None, "not_datetime"),
    ("paid_at", "2024-13-01", None, "not_datetime"),
    ("paid_at", "03/04/2024", None, "ambiguous_date"),
    ("paid_at", "24/5/3", None, "ambiguous_date"),
    ("paid_at", "31/12/2024 10:00", None, "ambiguous_date"),
    ("paid_at", "1717290000", None, "not_datetime"),
    ("paid_at", "0001-01-01", None, "date_out_of_range"),
    ("paid_at", "9999-12-31", None, "date_out_of_range"),
    ("paid_at", "2099-01-01 10:00", datetime(2099, 1, 1, 10), "future_date"),  # noqa: DTZ001 - wall time
    ("paid_at", "昨天", None, "not_datetime"),
    ("platform", "00123", "00123", ""),
    ("platform", "NA", "NA", ""),
    ("platform", "None", "None", ""),
    ("platform", "nan", "nan", ""),
    ("platform", "null", None, ""),
    ("platform", "=1+1", "=1+1", ""),
    ("platform", "+86", "+86", ""),
    ("platform", "-x", "-x", ""),
    ("platform", "@SUM(A1)", "@SUM(A1)", ""),
    ("platform", "'=1+1", "=1+1", ""),
    ("platform", "<script>alert(1)</script>", "<script>alert(1)</script>", ""),
    ("platform", 'say "hi", ok; then|\tgo', 'say "hi", ok; then|\tgo', ""),
    ("platform", "一\n二", "一\n二", ""),
    ("platform", "👩‍👧 𠮷野家", "👩‍👧 𠮷野家", ""),
    ("platform", "\u3000天猫\u00a0", "天猫", ""),
    ("platform", "po\u202es", None, "control_character"),
    ("platform", "po\u200bs", None, "control_character"),
    ("platform", "店" * 201, None, "too_long"),
    ("platform", "x" * 1_000_000, None, "too_long"),
    ("platform", "1.23457E+17", None, "damaged_number"),
    ("platform", "#REF!", None, "error_cell"),
    ("platform", "110105194912310021", "110105194912310021", ""),
    ("channel", "门店", "store", ""),
    ("channel", "ＳＴＯＲＥ", "store", ""),
    ("channel", "火星", None, "not_in_list"),
    ("channel", "", None, "required_empty"),
    ("status", "已完成", "completed", ""),
    ("order_id", "", None, "required_empty"),
    ("order_id", "A1", None, "duplicate_key"),
)
# Only a CSV can hold NUL; a sheet holds at most 32,767 characters a cell and no control characters.
CSV_CELLS: tuple[tuple[str, str, Value, str], ...] = (
    ("platform", "po\x00s", None, "control_character"),
    ("goods_cost", "1\x002", None, "not_number"),
    ("paid_at", "45445.5", None, "not_datetime"),
)


def cell_cases() -> Iterator[Case]:
    """Yield every cell in a CSV and, where a sheet can hold it, in a workbook."""
    for number, (column, text, value, code) in enumerate(CELLS):
        label = f"{number:03d} {column} {text[:24]!r}"
        yield _case(f"csv {label}", column, text, value, code, sheet=False)
        if len(text) < 32_768:
            yield _case(f"xlsx {label}", column, text, value, code, sheet=True)
    for column, text, value, code in CSV_CELLS:
        yield _case(f"csv {column} {text!r}", column, text, value, code, sheet=False)
    yield Case(
        "xlsx a day number in a cell without a date format",
        partial(sheet_of, _rows_with("paid_at", 45445.5)),
        good_with("paid_at", datetime(2024, 6, 2, 12)),  # noqa: DTZ001 - wall time
        filename="orders.xlsx",
    )
    for name, ids, lost in (
        ("csv ids whose last digits Excel made zeros", [f"11010519491{n:04d}000" for n in range(6)], True),
        ("csv ids of eighteen digits", [f"11010519491{n:04d}00{n}" for n in range(6)], False),
    ):
        orders = [(one, *BASE[0][1:]) for one in ids]
        yield Case(
            name,
            partial(_csv, orders),
            () if lost else tuple(map(typed, orders)),
            frozenset({(None, "order_id", "damaged_number")} if lost else ()),
        )
    yield Case(
        "xlsx an 18-digit id typed as a number",
        partial(sheet_of, _rows_with("platform", 110105194912310021)),
        (GOOD[0], GOOD[2]),
        frozenset({(CHANGED, "platform", "damaged_number")}),
        filename="orders.xlsx",
    )


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    return text_of(rows).encode()


def _rows_with(column: str, cell: object) -> list[list[object]]:
    rows: list[list[object]] = [list(row) for row in with_cell(column, "")]
    rows[1][rows[1].index("")] = cell
    return rows


def _case(name: str, column: str, text: str, value: Value, code: str, *, sheet: bool) -> Case:
    problems = frozenset({(CHANGED, column, code)}) if code else frozenset()
    good = good_with(column, value) if not code or code in WARNINGS else (GOOD[0], GOOD[2])
    rows = with_cell(column, text)
    if sheet:
        return Case(name, partial(sheet_of, rows), good, problems, filename="orders.xlsx")
    return Case(name, lambda: text_of(rows).encode(), good, problems)
