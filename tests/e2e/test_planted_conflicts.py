"""What competes in the demo: everything that a plain recount of its files finds, all that was planted, and no more."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import combinations

import pytest

from kpis.demo import TINY, generate
from kpis.demo.conflicts import PLANTED_RIVALS
from kpis.management.commands.seed_demo import SEED
from tests.e2e.conftest import SignIn, Stack
from tests.e2e.pages import PERIOD
from tests.kpis.test_pay_credit_demo import Row, moment, read

FIRST, LAST = f"{PERIOD}-01", f"{PERIOD}-31"
# What is counted by number, which orders; and what a shared group joins, with the target of the whole it rests on.
ORDERS: dict[str, Callable[[Row], bool]] = {
    "mall_orders": lambda order: order["channel"] == "private_mall",
    "platform_orders": lambda order: order["channel"] == "public_platform",
}
JOINED = {
    "sales_net": ("sales_net", "mall_sales", "platform_sales", "guide_store_sales", "guide_mall_sales"),
    "new_private_users": (
        "new_private_users", "ad_private_users", "content_private_users", "platform_private_users",
        "training_private_users", "guide_private_customers",
    ),
}  # fmt: skip
RATES = ("rate", "share", "growth", "roi", "margin", "satisfaction", "delta", "ctr", "cost", "cac", "nps", "ratio")
COUNTED_ELSEWHERE = ("avg_spend_per_member", "media_expansion", "platform_spend_per_user", "product_iterations",
    "stock_turnover", "training_mastery", "user_engagement")  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Row]]:
    out = tmp_path_factory.mktemp("planted")
    generate(TINY, seed=SEED, out=out)
    return {
        name: read(out / f"{name}.csv")
        for name in ("orders", "order_touches", "org_units", "employees", "role_assignments")
    }


def month_orders(files: dict[str, list[Row]]) -> list[Row]:
    return [
        row
        for row in files["orders"]
        if row["status"] in ("paid", "completed") and FIRST <= row["paid_at"][:10] <= LAST
    ]


class Tree:
    """Units as the file has them."""

    def __init__(self, rows: list[Row]) -> None:
        """Read parents and levels."""
        self.parent = {row["unit_id"]: row["parent_id"] for row in rows}
        self.level = {row["unit_id"]: row["level"] for row in rows}

    def up(self, unit: str) -> list[str]:
        """Return a unit and all above it."""
        found = []
        while unit:
            found.append(unit)
            unit = self.parent.get(unit, "")
        return found

    def serves(self, unit: str) -> str:
        """Return whose orders a unit answers for: its own, or those of the business a department works for."""
        if self.level[unit] in ("business_unit", "region", "store"):
            return unit
        return next((each for each in self.up(unit)[1:] if self.level[each] == "business_unit"), "G")

    def department(self, unit: str) -> str:
        """Return the department of a unit, else its region, else its business unit."""
        for levels in (("department", "hq", "project_team"), ("region",), ("business_unit",)):
            for each in self.up(unit):
                if self.level[each] in levels:
                    return each
        return unit


def holds(since: str, until: str) -> bool:
    """Tell whether something holds on the last day of the month; `until` is the last day of it."""
    return since <= LAST and (not until or until >= LAST)


def rivals(files: dict[str, list[Row]], targets: list[tuple[str, str]]) -> Iterator[tuple[frozenset[str], str]]:
    """Yield who competes on what, out of the targets of units (KPI, unit)."""
    tree = Tree(files["org_units"])
    for (kpi, one), (other_kpi, other) in combinations(sorted(targets), 2):
        if kpi == other_kpi and one != other and one not in tree.up(other) and other not in tree.up(one):
            yield frozenset((one, other)), kpi


def test_competing_targets_are_those_that_were_planted_and_that_a_plain_recount_finds(
    sign_in: SignIn, stack: Stack, files: dict[str, list[Row]]
) -> None:
    rows = stack.sql(
        "select distinct kpi, scope_id from kpis_target where scope_kind = 'unit' and period like %s and value > 0",
        f"{PERIOD[:4]}-%",
    )
    company = {kpi for (kpi,) in stack.sql("select distinct kpi from kpis_target where scope_kind = 'company'")}
    assert JOINED.keys() <= company  # the targets that join the others
    joined = {kpi for kpis in JOINED.values() for kpi in kpis}
    carried = {kpi for kpi, _unit in rows}
    apart = {kpi for kpi in carried - joined - ORDERS.keys() if not any(word in kpi for word in RATES)}
    assert apart <= set(COUNTED_ELSEWHERE)  # a new KPI of the demo's units is to be judged here first
    tree, expected = Tree(files["org_units"]), {}
    for units, kpi in rivals(files, [(kpi, unit) for kpi, unit in rows if kpi in ORDERS]):
        scopes = sorted((tree.serves(unit) for unit in units), key=lambda unit: len(tree.up(unit)))
        at = scopes[-1]
        if scopes[0] not in tree.up(at):
            continue
        both = [
            order
            for order in month_orders(files)
            if ORDERS[kpi](order) and (at == "G" or at in tree.up(order["unit_id"]))
        ]
        if both:
            expected[units, kpi] = (len(both), sum(Decimal(order["net_amount"]) for order in both))
    answer = sign_in("analyst").request.get(f"/w/demo/pay/rivals.csv?period={PERIOD}")
    found = {
        (frozenset((row["carrier"], row["other_carrier"])), row["kpi"]): (int(row["rows"]), Decimal(row["money"]))
        for row in csv.DictReader(answer.text().lstrip("\ufeff").splitlines())
    }
    assert found == expected
    assert found.keys() == {(frozenset((each.one, each.other)), each.kpi) for each in PLANTED_RIVALS}


@pytest.mark.parametrize("by", ["department", "role", "unit"])
def test_orders_of_two_sides_are_those_that_a_plain_recount_finds(
    sign_in: SignIn, files: dict[str, list[Row]], by: str
) -> None:
    tree, touches = Tree(files["org_units"]), defaultdict(list)
    for touch in files["order_touches"]:
        touches[touch["order_id"]].append(touch)
    place = tree.department if by == "department" else str
    people = {row["employee_id"]: place(row["unit_id"]) for row in files["employees"]}
    held = defaultdict(set)
    for row in files["role_assignments"]:
        if holds(row["start_on"], row["end_on"]):
            held[row["role_id"]].add(place(row["unit_id"]))
    counts: dict[tuple[str, ...], int] = defaultdict(int)
    values: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for order in month_orders(files):
        sides = set()
        for touch in touches[order["order_id"]]:
            if timedelta() <= moment(order["paid_at"]) - moment(touch["touched_at"]) <= timedelta(30):
                role = touch["role_id"]
                only = next(iter(held[role])) if len(held[role]) == 1 else f"role:{role}"
                sides.add(role if by == "role" else people.get(touch["employee_id"], only))
        for pair in combinations(sorted(sides), 2):
            counts[pair] += 1
            values[pair] += Decimal(order["net_amount"])
    answer = sign_in("analyst").request.get(f"/w/demo/pay/conflicts.csv?period={PERIOD}&by={by}")
    found = {
        (row["side"], row["other_side"]): (int(row["orders"]), Decimal(row["value"]))
        for row in csv.DictReader(answer.text().lstrip("\ufeff").splitlines())
    }
    assert counts
    assert found == {pair: (counts[pair], values[pair]) for pair in counts}
