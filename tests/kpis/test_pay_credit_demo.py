"""The demo's ledger of credit: its pairs are those that a plain recount of its files finds."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import combinations
from pathlib import Path

import pytest

from kpis.demo import TINY, generate
from kpis.engine.specs import Params
from kpis.incentives.touches import By, Narrow, Sides, TouchLedger
from tests.kpis.engine.world import relations

FIRST, END = date(2026, 10, 1), date(2026, 11, 1)
Row = dict[str, str]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Row]]:
    out = tmp_path_factory.mktemp("credit-demo")
    generate(TINY, seed=7, out=out)
    orders = [row for row in read(out / "orders.csv") if row["paid_at"][:10] >= "2026-09-01"]
    known = {row["order_id"] for row in orders}
    touches = [row for row in read(out / "order_touches.csv") if row["order_id"] in known]
    return {"orders": orders, "order_touches": touches, "employees": read(out / "employees.csv")}


def read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)


def near(files: dict[str, list[Row]]) -> Iterator[tuple[Row, list[Row]]]:
    """Yield the valid orders of the month with their touches of the thirty days before."""
    touches = defaultdict(list)
    for touch in files["order_touches"]:
        touches[touch["order_id"]].append(touch)
    for order in files["orders"]:
        paid = moment(order["paid_at"])
        if order["status"] in ("paid", "completed") and FIRST <= paid.date() < END:
            mine = [
                t for t in touches[order["order_id"]] if timedelta() <= paid - moment(t["touched_at"]) <= timedelta(30)
            ]
            yield order, mine


def test_pairs_of_the_demo_are_those_of_a_plain_recount(files: dict[str, list[Row]]) -> None:
    tables: dict[str, list[dict[str, object]]] = {
        "orders": [
            {k: v or None for k, v in row.items()} | {"paid_at": moment(row["paid_at"])} for row in files["orders"]
        ],
        "order_touches": [
            {k: v or None for k, v in row.items()} | {"seq": int(row["seq"]), "touched_at": moment(row["touched_at"])}
            for row in files["order_touches"]
        ],
    }
    for row in tables["orders"]:
        row["item_count"] = int(str(row["item_count"]))
    people = {row["employee_id"]: row["unit_id"] for row in files["employees"]}
    opened = relations(tables)
    for sides in (Sides(By.ROLE), Sides(By.UNIT, people=people)):
        counts: dict[tuple[str, str], int] = defaultdict(int)
        values: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for order, touches in near(files):
            met = {sides.of(touch["role_id"], touch["employee_id"], touch["channel"]) for touch in touches}
            for pair in combinations(sorted(met), 2):
                counts[pair] += 1
                values[pair] += Decimal(order["net_amount"])
        ledger = TouchLedger(opened, FIRST, END, params=Params(), sides=sides, narrow=Narrow())
        found = ledger.pairs("last_touch", owners=None)
        assert counts
        assert {each.sides: (each.orders, each.value) for each in found} == {
            pair: (counts[pair], values[pair]) for pair in counts
        }
        if sides.by is By.ROLE:
            assert any("digital-guide" in pair and "ad-delivery" in pair for pair in counts)
        else:  # guides of different stores who claim the same order
            assert any(not one.startswith("role:") and not two.startswith("role:") for one, two in counts)
