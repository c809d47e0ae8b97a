"""The ledger of touches against plain Python over the same rows, and the domain's order of 300."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpis.engine.attribution import MODELS, split_amount, touch_weights
from kpis.engine.crediting import SHARED
from kpis.engine.specs import Params
from kpis.incentives.credit import owner_credits
from kpis.incentives.ledger import order_facts, paid_orders
from kpis.incentives.touches import By, Narrow, Sides, TouchLedger, owner_rules
from omnichannel.core.periods import parse_period
from tests.kpis.engine.world import Rows, random_tables, relations

MONTH = parse_period("2024-01")
PAID = datetime.fromisoformat("2024-01-20T12:00:00")
ROLES = ("ad-delivery", "content-marketing", "digital-guide")
SIDES = Sides(By.DEPARTMENT, people={"E1": "R1", "E2": "R2"}, roles={"ad-delivery": "MKT", "content-marketing": "MKT"})
# what each order is worth, and its touches: role, person, seconds before the payment
Orders = Mapping[str, tuple[Decimal, list[tuple[str, str | None, int]]]]


def tables_of(orders: Orders) -> dict[str, Rows]:
    return {
        "orders": [{"order_id": key, "paid_at": PAID, "net_amount": amount} for key, (amount, _t) in orders.items()],
        "order_touches": [
            {
                "order_id": key, "seq": seq, "touched_at": PAID - timedelta(seconds=age), "role_id": role,
                "channel": "store", "employee_id": person,
            }
            for key, (_a, touches) in orders.items()
            for seq, (role, person, age) in enumerate(touches, 1)
        ],
    }  # fmt: skip


def ledger(tables: Mapping[str, Rows], sides: Sides = SIDES, narrow: Narrow | None = None) -> TouchLedger:
    narrow = narrow or Narrow()
    return TouchLedger(relations(tables), MONTH.start, MONTH.end, params=Params(), sides=sides, narrow=narrow)


def plain_credits(tables: Mapping[str, Rows], model: str, sides: Sides) -> dict[str, dict[str, Decimal]]:
    """Walk the orders one by one: order -> side -> credit."""
    found: dict[str, dict[str, Decimal]] = {}
    for order in tables["orders"]:
        paid = moment(order["paid_at"])
        if order.get("status", "paid") == "cancelled" or not MONTH.start <= paid.date() < MONTH.end:
            continue
        near = [
            (moment(touch["touched_at"]), int(str(touch["seq"])), touch)
            for touch in tables["order_touches"]
            if touch["order_id"] == order["order_id"]
            and paid - timedelta(days=30) <= moment(touch["touched_at"]) <= paid
        ]
        near.sort(key=lambda one: one[:2])
        if not near:
            continue
        amount = Decimal(str(order["net_amount"]))
        credits: dict[str, Decimal] = defaultdict(Decimal)
        ages = [int(paid.timestamp()) - int(at.timestamp()) for at, _seq, _touch in near]
        parts = [amount] * len(near) if model == SHARED else split_amount(amount, touch_weights(model, ages, 7))
        for (_at, _seq, touch), part in zip(near, parts, strict=True):
            side = sides.of(str(touch["role_id"]), text(touch.get("employee_id")), text(touch.get("channel")))
            credits[side] = part if model == SHARED else credits[side] + part
        found[str(order["order_id"])] = dict(credits)
    return found


def crowded(seed: int) -> dict[str, Rows]:
    """Return random rows whose touches lie around the orders of the month."""
    tables, rng = random_tables(seed, days=470, customers=40), random.Random(seed)
    paid = [(str(order["order_id"]), moment(order["paid_at"])) for order in tables["orders"]]
    inside = [one for one in paid if MONTH.start <= one[1].date() < MONTH.end] or paid
    touches = []
    for seq, touch in enumerate(tables["order_touches"], 1):
        order, at = rng.choice(inside)
        back = timedelta(hours=rng.randint(-20, 900))
        touches.append({**touch, "order_id": order, "seq": seq, "touched_at": at - back})
    return {**tables, "order_touches": touches}


def moment(value: object) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))


def text(value: object) -> str | None:
    return None if value is None else str(value)


def by_side(plain: Mapping[str, Mapping[str, Decimal]]) -> dict[str, tuple[int, Decimal]]:
    found: dict[str, tuple[int, Decimal]] = {}
    for credits in plain.values():
        for side, credit in credits.items():
            count, total = found.get(side, (0, Decimal(0)))
            found[side] = (count + 1, total + credit)
    return found


touch = st.tuples(st.sampled_from(ROLES), st.sampled_from([None, "E1", "E2", "E9"]), st.integers(0, 40 * 86_400))
money = st.decimals(min_value=-500, max_value=50_000, places=2)
orders = st.dictionaries(
    st.sampled_from([f"O{number}" for number in range(9)]),
    st.tuples(money, st.lists(touch, min_size=1, max_size=6)),
    min_size=1,
)


@settings(max_examples=6, deadline=None)
@given(orders, st.randoms(use_true_random=False))
def test_credits_add_up_to_the_orders_as_plain_python_adds_them_whatever_the_order_of_rows(
    found: Orders, shuffle: random.Random
) -> None:
    tables = tables_of(found)
    mixed = {name: shuffle.sample(list(rows), len(rows)) for name, rows in tables.items()}
    opened, turned = ledger(tables), ledger(mixed)
    touched = opened.totals().touched_value
    for model in MODELS:
        plain = plain_credits(tables, model, SIDES)
        credits = opened.credits(model)
        assert {each.side: (each.orders, each.credit) for each in credits} == by_side(plain)
        assert turned.credits(model) == credits
        if model != SHARED:
            assert sum(each.credit for each in credits) == touched
    shared = opened.credits(SHARED)
    # the company counts an order once, each side whole
    assert touched == sum(found[key][0] for key in plain_credits(tables, SHARED, SIDES))
    assert all(each.credit <= sum(max(amount, Decimal(0)) for amount, _t in found.values()) for each in shared)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("by", [By.ROLE, By.CHANNEL])
def test_pairs_are_those_that_plain_python_finds_and_no_other(seed: int, by: By) -> None:
    tables = crowded(seed)
    sides = Sides(by)
    opened = ledger(tables, sides)
    for model in ("last_touch", "time_decay", SHARED):
        plain = plain_credits(tables, model, sides)
        wanted: dict[tuple[str, str], list[tuple[str, Decimal, Decimal]]] = defaultdict(list)
        for order, credits in plain.items():
            for one, other in combinations(sorted(credits), 2):
                wanted[one, other].append((order, credits[one], credits[other]))
        found = opened.pairs(model, owners=owner_rules(_paid(opened)))
        assert {each.sides: each.orders for each in found} == {pair: len(rows) for pair, rows in wanted.items()}
        for each in found:
            rows = wanted[each.sides]
            assert each.credited == (sum(row[1] for row in rows), sum(row[2] for row in rows))
            assert each.unpaid == (sum(row[1] == 0 for row in rows), sum(row[2] == 0 for row in rows))
            listed = list(opened.pair_orders(model, each.sides, owners=None))
            assert sorted((one.order_id, *one.credited) for one in listed) == sorted(rows)
        assert wanted
        assert opened.contested()[0] == sum(len(credits) > 1 for credits in plain.values())


def _paid(opened: TouchLedger) -> object:
    found = paid_orders(opened.relations, MONTH)
    assert found is not None
    return found


@pytest.mark.parametrize("seed", range(3))
def test_the_rule_of_every_order_is_that_of_the_owner_credits(seed: int) -> None:
    tables = random_tables(seed, days=470, customers=12)
    for order in tables["orders"]:
        order["channel"] = ("store", "private_mall")[int(str(order["order_id"])[1:]) % 2]
    opened = relations(tables)
    paid = paid_orders(opened, MONTH)
    assert paid is not None
    rules = {str(row["order_id"]): str(row["rule"]) for row in opened.rows(owner_rules(paid))}
    plain = {
        fact.order_id: next((credit.rule.value for credit in owner_credits(fact)), "")
        for fact in order_facts(opened, MONTH)
    }
    assert rules == plain
    assert len(set(plain.values())) > 2


def test_the_example_of_300_stands_in_the_ledger() -> None:
    day = 86_400
    tables = tables_of(
        {"O1": (Decimal(300), [(role, None, age * day) for role, age in zip(ROLES, (10, 7, 0), strict=True)])}
    )
    opened = ledger(tables, Sides(By.ROLE))
    wanted = {
        "last_touch": "0 0 300", "first_touch": "300 0 0", "linear": "100 100 100", "position": "120 60 120",
        "time_decay": "59.55 80.15 160.30", SHARED: "300 300 300",
    }  # fmt: skip
    for model, parts in wanted.items():
        found = {each.side: each.credit for each in opened.credits(model)}
        assert [found[role] for role in ROLES] == [Decimal(part) for part in parts.split()]
        assert opened.totals().touched_value == 300


def test_a_unit_and_a_channel_narrow_the_orders_not_the_touches() -> None:
    tables = tables_of({"O1": (Decimal(300), [(ROLES[0], None, 9), (ROLES[2], "E1", 0)])})
    order = {**tables["orders"][0], "unit_id": "S1", "channel": "private_mall"}
    far = {"order_id": "O2", "paid_at": datetime.combine(date(2024, 1, 3), PAID.time()), "net_amount": 7}
    both = {"orders": [order, far], "order_touches": tables["order_touches"]}
    narrow = Narrow(units=["S1"], channel="private_mall")
    assert [each.side for each in ledger(both, narrow=narrow).credits("linear")] == ["MKT", "R1"]
    assert ledger(both, narrow=narrow).totals().orders == 1
    assert ledger(both).totals().orders == 2
    assert ledger(both, narrow=Narrow(units=[])).credits("linear") == []
