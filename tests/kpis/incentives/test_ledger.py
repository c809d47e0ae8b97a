"""The ledger's queries against plain Python over the same rows, and against the rules of ownership."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from kpis.incentives.credit import OwnerRule, owner_credits
from kpis.incentives.ledger import CONTACT_BASES, CUSTOMER_BASES, ORDER_BASES, order_facts, quantities
from kpis.incentives.templates import load_bases
from omnichannel.core.periods import parse_period
from tests.kpis.engine.world import Rows, random_tables, relations

MONTH = parse_period("2024-01")
AS_OF = date(2024, 2, 10)
Table = Mapping[str, object]


def moment(value: object) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))


def plain_guide(order: Table, contacts: Rows) -> str:
    """Whose customer it was, by walking all contacts."""
    paid = moment(order["paid_at"])
    open_then = [
        (moment(c["added_at"]), str(c["contact_id"]), str(c["employee_id"]))
        for c in contacts
        if c["kind"] == "wecom_friend"
        and c.get("employee_id")
        and c.get("customer_id")
        and c["customer_id"] == order.get("customer_id")
        and moment(c["added_at"]) <= paid
        and (c.get("removed_at") is None or moment(c["removed_at"]) > paid)
    ]
    return min(open_then)[2] if open_then else ""


def plain_orders(tables: Mapping[str, Rows]) -> list[Table]:
    return [
        order
        for order in tables["orders"]
        if order["status"] in ("paid", "completed")
        and order["channel"] in ("store", "private_mall")
        and MONTH.start <= moment(order["paid_at"]).date() < MONTH.end
    ]


def worlds() -> list[dict[str, list[dict[str, object]]]]:
    """Random rows, crowded into few days so that orders, friends and sellers meet."""
    found = []
    for seed in range(4):
        tables = random_tables(seed, days=470, customers=12)
        for order in tables["orders"]:
            order["channel"] = ("store", "private_mall", "private_mall", "livestream")[
                int(str(order["order_id"])[1:]) % 4
            ]
        found.append(tables)
    return found


@pytest.mark.parametrize("tables", worlds())
def test_orders_are_told_as_plain_python_tells_them(tables: dict[str, list[dict[str, object]]]) -> None:
    found = {fact.order_id: fact for fact in order_facts(relations(tables), MONTH)}
    plain = {str(order["order_id"]): order for order in plain_orders(tables)}
    assert plain
    assert found.keys() == plain.keys()
    for key, order in plain.items():
        fact = found[key]
        assert (fact.seller, fact.store) == (order["employee_id"] or "", order["unit_id"] or "")
        assert fact.customer_guide == plain_guide(order, tables["contacts"])
        assert fact.amount == Decimal(str(order["net_amount"]))


@pytest.mark.parametrize("tables", worlds())
def test_what_people_are_paid_on_is_the_sum_of_their_credits(tables: dict[str, list[dict[str, object]]]) -> None:
    opened = relations(tables)
    found = quantities(opened, MONTH, as_of=AS_OF)
    till: dict[str, Decimal] = defaultdict(Decimal)
    mall: dict[str, Decimal] = defaultdict(Decimal)
    home: dict[str, Decimal] = defaultdict(Decimal)
    total = Decimal(0)
    for fact in order_facts(opened, MONTH):
        for credit in owner_credits(fact):
            total += credit.amount
            if credit.rule is OwnerRule.STORE_HOME:
                home[credit.store] += credit.amount
            elif credit.rule is OwnerRule.TILL_SELLER:
                till[credit.person] += credit.amount
            else:
                mall[credit.person] += credit.amount
    assert _of("store_sales", found.people) == till
    assert _of("mall_sales", found.people) == mall
    assert _of("store_home_sales", found.stores) == home
    assert sum(till.values()) + sum(mall.values()) + sum(home.values()) == total


@pytest.mark.parametrize("tables", worlds())
def test_customers_who_come_again_or_back_are_counted_as_plain_python_counts_them(
    tables: dict[str, list[dict[str, object]]],
) -> None:
    found = quantities(relations(tables), MONTH, as_of=AS_OF).people
    again: dict[str, int] = defaultdict(int)
    back: dict[str, int] = defaultdict(int)
    valid = [order for order in tables["orders"] if order["status"] in ("paid", "completed")]
    mine: dict[str, list[tuple[datetime, str, str]]] = defaultdict(list)
    for order in plain_orders(tables):
        if order["customer_id"] and (guide := plain_guide(order, tables["contacts"])):
            mine[str(order["customer_id"])].append((moment(order["paid_at"]), str(order["order_id"]), guide))
    for customer, bought in mine.items():
        first, _order, guide = min(bought)
        again[guide] += len({paid.date() for paid, _o, _g in bought}) > 1
        before = [
            paid
            for order in valid
            if order["customer_id"] == customer and (paid := moment(order["paid_at"])).date() < MONTH.start
        ]
        back[guide] += bool(before) and max(before) < first - timedelta(days=180)
    assert mine
    assert _of("repurchase_customers", found) == {guide: Decimal(many) for guide, many in again.items() if many}
    assert _of("recalled_customers", found) == {guide: Decimal(many) for guide, many in back.items() if many}


def _of(base: str, found: Mapping[str, Mapping[str, Decimal]]) -> dict[str, Decimal]:
    return {key: figures[base] for key, figures in found.items() if base in figures}


def contact(number: int, added: str, removed: str | None = None, **more: object) -> dict[str, object]:
    return {
        "contact_id": f"k{number}",
        "employee_id": "E1",
        "unit_id": "S1",
        "added_at": added,
        "removed_at": removed,
        **more,
    }


def test_a_contact_counts_when_it_lasts_thirty_days() -> None:
    rows = [
        contact(1, "2024-01-05T10:00:00"),
        contact(2, "2024-01-05T10:00:00", "2024-02-04T09:59:59"),  # gone a second early
        contact(3, "2024-01-05T10:00:00", "2024-02-04T10:00:00"),  # thirty days to the second
        contact(4, "2024-01-31T10:00:00"),  # ten days old on the day asked: open, so it counts for now
        contact(5, "2024-01-31T10:00:00", "2024-02-09T10:00:00"),  # gone before the day asked
        contact(6, "2024-01-31T10:00:00", "2024-02-20T10:00:00"),  # goes later: known, but not yet true on the day
        contact(7, "2024-01-05T10:00:00", is_first=False),
        contact(8, "2023-12-31T23:59:59"),
    ]
    found = quantities(relations({"contacts": rows}), MONTH, as_of=AS_OF)
    assert found.people == {"E1": {"valid_contacts": Decimal(4)}}
    assert found.stores == {"S1": {"store_contacts": Decimal(4)}}
    later = quantities(relations({"contacts": rows}), MONTH, as_of=AS_OF + timedelta(days=60))
    assert later.people == {"E1": {"valid_contacts": Decimal(3)}}


def test_a_refund_lowers_what_was_sold_and_a_cancelled_order_is_none() -> None:
    rows = [
        {"order_id": "O1", "employee_id": "E1", "unit_id": "S1", "paid_at": "2024-01-10T10:00:00", "net_amount": 259},
        {
            "order_id": "O2",
            "employee_id": "E1",
            "paid_at": "2024-01-10T10:00:00",
            "net_amount": 99,
            "status": "cancelled",
        },
    ]
    found = quantities(relations({"orders": rows}), MONTH, as_of=AS_OF)
    assert found.people == {"E1": {"store_sales": Decimal(259)}}
    assert found.stores == {"S1": {"store_total_sales": Decimal(259)}}
    assert found.of("E2", "S1")["store_sales"] == 0
    assert "valid_contacts" not in found.of("E1", "S1")  # no contacts were ever loaded: no figure


def test_every_base_is_measured_by_the_ledger() -> None:
    assert set(load_bases()) == ORDER_BASES | CUSTOMER_BASES | CONTACT_BASES


def test_shifts_are_the_days_somebody_served_customers() -> None:
    rows = [
        {"date": day, "employee_id": person, "chats": 1, "messages": 1, "new_contacts": 0, "removed_contacts": 0}
        for person, day in (("E1", "2024-01-02"), ("E1", "2024-01-03"), ("E2", "2024-01-02"), ("E2", "2024-02-01"))
    ]
    assert quantities(relations({"service_daily": rows}), MONTH, as_of=AS_OF).days == {"E1": 2, "E2": 1}
