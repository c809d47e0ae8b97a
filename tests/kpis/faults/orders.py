"""Clean orders as a shop exports them, and the kinds of fault a row of them can have."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal

from tests.kpis.faults.seeding import Kind, Row, cell

UNITS = [f"S{number:04d}" for number in range(1, 201)]
GUIDES = [f"E{number:05d}" for number in range(1, 801)]
CAMPAIGNS = [f"CP{number}" for number in range(1, 31)]
KNOWN = {"org_units.unit_id": UNITS, "employees.employee_id": GUIDES, "campaigns.campaign_id": CAMPAIGNS}
CHANNELS = ["线下门店", "private_mall", "public_platform", "live stream", "store"]
START = datetime(2024, 1, 1)  # noqa: DTZ001 - wall time of the shop


def money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}" if cents >= 0 else f"-{money(-cents)}"


def clean_orders(many: int, *, rng: random.Random) -> list[Row]:
    """Return orders in the fields of the catalogue, every one without a fault."""
    rows = []
    for number in range(many):
        gross = rng.randrange(1_000, 200_000)
        discount, refund = gross // rng.randrange(5, 50), gross // 3 if number % 20 == 0 else 0
        paid = START + timedelta(seconds=number * 97 % 31_000_000)
        rows.append(
            {
                "order_id": f"O{number:08d}",
                "customer_id": f"=c{number % 30_000}" if number % 500 == 0 else f"c{number % 30_000}",
                "channel": CHANNELS[number % 5],
                "platform": "天猫\n旗舰店" if number % 700 == 0 else "tmall" if number % 3 else "",
                "unit_id": UNITS[number % 200],
                "employee_id": GUIDES[number % 800] if number % 4 else "",
                "campaign_id": CAMPAIGNS[number % 30] if number % 7 == 0 else "-",
                "paid_at": paid.isoformat(sep=" "),
                "status": "已完成" if number % 9 else "paid",
                "gross_amount": f"¥{money(gross)}" if number % 50 == 0 else money(gross),
                "discount_amount": money(discount),
                "refund_amount": money(refund),
                "net_amount": money(gross - discount - refund),
                "goods_cost": money(gross // 2) if number % 2 else "",
                "fee_amount": money(gross // 40) if number % 5 else "",
                "item_count": str(number % 5 + 1),
            }
        )
    return rows


def _cents(text: str) -> int:
    return int(Decimal(text.lstrip("¥")) * 100)


def _negative(field: str) -> Kind:
    """A negative amount of which the net amount is still the sum, so that nothing else is wrong."""

    def change(row: Row) -> Row:
        signs = {"gross_amount": 1, "discount_amount": -1, "refund_amount": -1}
        now = row | {field: "-12.00"}
        return {field: now[field], "net_amount": money(sum(sign * _cents(now[one]) for one, sign in signs.items()))}

    return Kind(f"negative {field}", change, ((field, "negative_amount"),))


KINDS: tuple[Kind, ...] = (
    *(cell(f"empty {name}", name, "", "required_empty") for name in ("channel", "paid_at", "status", "item_count")),
    *(cell(f"empty {name}", name, "", "required_empty") for name in ("gross_amount", "discount_amount", "net_amount")),
    cell("empty key", "order_id", "", "required_empty"),
    cell("wide blank in a list", "status", "\u3000", "required_empty"),
    cell("dash for a required amount", "refund_amount", "--", "required_empty"),
    cell("word for nothing in a required date", "paid_at", "无", "required_empty"),
    cell("word not in the list", "status", "待审批", "not_in_list"),
    cell("typing error in the list", "channel", "storee", "not_in_list"),
    cell("number in the list", "channel", "3", "not_in_list"),
    cell("formula error in a list", "status", "#N/A", "error_cell"),
    cell("words for a number", "gross_amount", "一百元整", "not_number"),
    cell("two points in a number", "discount_amount", "12..5", "not_number"),
    cell("inequality for a number", "fee_amount", ">100", "not_number"),
    cell("date for a number", "goods_cost", "2024-06-01", "not_number"),
    cell("not a number", "gross_amount", "NaN", "not_number"),
    cell("infinite number", "net_amount", "Infinity", "not_number"),
    cell("decimal comma", "goods_cost", "1.234,5", "ambiguous_number"),
    cell("number as Excel shortens it", "gross_amount", "1.2E+05", "damaged_number"),
    cell("number too big", "goods_cost", "123456789012345678", "too_big"),
    cell("number beyond floats", "fee_amount", "1" + "0" * 40, "too_big"),
    cell("more than four decimals", "goods_cost", "1.23456", "rounded"),
    cell("division by zero", "goods_cost", "#DIV/0!", "error_cell"),
    cell("formula error in a required number", "net_amount", "#VALUE!", "error_cell"),
    cell("half a piece", "item_count", "1.5", "not_integer"),
    cell("words for a count", "item_count", "两件", "not_integer"),
    cell("count too big", "item_count", "99999999999999999", "too_big"),
    cell("negative count", "item_count", "-2", "negative_amount"),
    cell("negative fee", "fee_amount", "-5.00", "negative_amount"),
    _negative("discount_amount"),
    _negative("refund_amount"),
    _negative("gross_amount"),
    cell("day that does not exist", "paid_at", "2024-02-30 10:00:00", "not_datetime"),
    cell("29 February of a common year", "paid_at", "2023-02-29", "not_datetime"),
    cell("hour 25", "paid_at", "2024-06-01 25:00:00", "not_datetime"),
    cell("word for a date", "paid_at", "昨天", "not_datetime"),
    cell("day or month first", "paid_at", "03/04/2024 10:00", "ambiguous_date"),
    cell("year last with dashes", "paid_at", "25-12-2024", "ambiguous_date"),
    cell("year before 1990", "paid_at", "1924-06-01", "date_out_of_range"),
    cell("year after 2100", "paid_at", "2924-06-01 08:00", "date_out_of_range"),
    cell("formula error in a date", "paid_at", "#REF!", "error_cell"),
    cell("date as Excel shortens it", "paid_at", "2.02406E+13", "not_datetime"),
    cell("id as Excel shortens it", "customer_id", "1.23457E+17", "damaged_number"),
    cell("key as Excel shortens it", "order_id", "2.0240601E+17", "damaged_number"),
    cell("control character", "customer_id", "c\x0712", "control_character"),
    cell("NUL character", "platform", "tm\x00all", "control_character"),
    cell("text that turns around", "customer_id", "c\u202e21", "control_character"),
    cell("character that was lost", "platform", "天\ufffd", "bad_encoding"),
    cell("text too long", "platform", "x" * 201, "too_long"),
    cell("formula error in an id", "unit_id", "#NAME?", "error_cell"),
    cell("unit nobody knows", "unit_id", "S9999", "unknown_reference"),
    cell("guide nobody knows", "employee_id", "E1", "unknown_reference"),
    cell("campaign nobody knows", "campaign_id", "双十一", "unknown_reference"),
    Kind(
        "net amount that is no sum",
        lambda row: {"net_amount": money(_cents(row["net_amount"]) + 300)},
        (("net_amount", "net_mismatch"),),
    ),
)
