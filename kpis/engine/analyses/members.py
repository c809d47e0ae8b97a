"""Members by tier: who joined, who was active, bought, came again; their worth, exclusives and share of sales.

A tier is the one a member has now: its history is not kept. A buyer counts as a member from the day of joining on, like
in the KPIs, so the tiers add up to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import ibis

from kpis.engine.analyses.ground import KEYS, SCOPE, Ground, money, number
from kpis.engine.bounds import calendar_day, midnight
from kpis.engine.derived.activity import members_at
from kpis.engine.derived.case import EFFECTIVE_KINDS, MALL_VISIT, flag
from kpis.engine.derived.rfm import HIGH, customer_states, scored
from kpis.engine.specs import COMPANY

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from kpis.engine.relations import Row
    from kpis.engine.specs import Scope

NO_TIER, NO_MEMBER = "", "-"
EXCLUSIVES = ("member", "private")


@dataclass(frozen=True, slots=True)
class TierLine:
    """One tier (empty: none given; `-`: no member when paying, anonymous orders among them).

    `members` and `joined` are None at a unit: the table of customers does not say which unit a member belongs to.
    `high_value` is None where too few customers bought to rank them.
    """

    tier: str
    members: int | None
    joined: int | None
    active: int
    buyers: int
    repeat: int
    ranked: int
    high_value: int | None
    sales: Decimal
    line_sales: Decimal
    exclusive_sales: Decimal


@dataclass(frozen=True, slots=True)
class MembersDocument:
    """The tiers, those with most sales first, and the line of all who are no members last."""

    lines: tuple[TierLine, ...]
    lacking: tuple[str, ...]


def analyse_members(ground: Ground) -> dict[Scope, MembersDocument]:
    """Compute every tier's figures for the month."""
    if not ground.has("orders", "customers"):
        return {}
    parts = {
        "stock": _stock(ground),
        "active": _active(ground),
        "buyers": ground.grouped(_buyers(ground)),
        "ranked": ground.grouped(_ranked(ground)),
        "lines": ground.grouped(_line_sales(ground)) if ground.has("order_lines", "products") else {},
    }
    lacking = tuple(name for name in ("interactions", "order_lines", "products") if not ground.has(name))
    return {scope: MembersDocument(tuple(_lines(ground, scope, parts)), lacking) for scope in ground.scopes}


def _tiers(ground: Ground) -> ir.Table:
    customers = ground.table("customers")
    return customers.select(tier_id="customer_id", tier=customers["member_tier"].fill_null(NO_TIER))


def _members(ground: Ground) -> ir.Table:
    """Return the members at the month's end with their tier."""
    members, tiers = members_at(ground.table("customers"), ground.period.end), _tiers(ground)
    joined = members.join(tiers, members["customer_id"] == tiers["tier_id"])
    return joined.select(member_id="customer_id", tier="tier")


def _stock(ground: Ground) -> dict[Scope, list[Row]]:
    customers, start, end = ground.table("customers"), ground.period.start, ground.period.end
    since, erased = customers["member_since"], customers["erased_at"]
    member = (since < calendar_day(end)) & (erased.isnull() | (erased >= midnight(end)))
    joined = (since >= calendar_day(start)) & (since < calendar_day(end))
    tier = customers["member_tier"].fill_null(NO_TIER)
    rows = customers.group_by(tier.name("tier")).aggregate(members=flag(member).count(), joined=flag(joined).count())
    return {COMPANY: ground.relations.rows(rows)}


def _active(ground: Ground) -> dict[Scope, list[Row]]:
    start, end = ground.period.start, ground.period.end
    people = ground.customer_orders(start, end).select(*KEYS)
    if ground.has("interactions"):
        rows = ground.table("interactions")
        seen = rows.filter(
            rows["kind"].isin((*EFFECTIVE_KINDS, MALL_VISIT)),
            rows["customer_id"].notnull(),
            rows["date"] >= calendar_day(start),
            rows["date"] < calendar_day(end),
        )
        people = people.union(ground.spread(seen, "interactions", ["customer_id"]))
    people, members = people.distinct(), _members(ground)
    known = people.join(members, people["customer_id"] == members["member_id"])
    return ground.grouped(known.group_by([*SCOPE, "tier"]).aggregate(active=known.count()))


def _paid_as(ground: Ground, orders: ir.Table) -> ir.Table:
    """Put on each order the tier of its buyer, if a member on the day of paying, else `NO_MEMBER`."""
    customers = ground.table("customers").select("member_since", "member_tier", "erased_at", buyer_id="customer_id")
    joined = orders.left_join(customers, orders["customer_id"] == customers["buyer_id"])
    erased = joined["erased_at"]
    member = (joined["member_since"] <= joined["paid_at"].date()) & (erased.isnull() | (erased > joined["paid_at"]))
    tier = ibis.ifelse(member, joined["member_tier"].fill_null(NO_TIER), NO_MEMBER)
    return joined.mutate(tier=tier.fill_null(NO_MEMBER)).drop("member_since", "member_tier", "erased_at", "buyer_id")


def _buyers(ground: Ground) -> ir.Table:
    """Count buyers per tier. A repeat buyer needs one order as a member and orders on two days, whichever way paid."""
    orders = _paid_as(ground, ground.valid_orders(ground.period.start, ground.period.end))
    rows = ground.spread(orders, "orders", ["customer_id", "paid_at", "net_amount", "tier"])
    day = rows["paid_at"].date()
    people = rows.group_by([*KEYS, "tier"]).aggregate(first=day.min(), last=day.max(), sales=rows["net_amount"].sum())
    over = ibis.window(group_by=list(KEYS))
    people = people.mutate(first=people["first"].min().over(over), last=people["last"].max().over(over))
    known = people["customer_id"].notnull()
    return people.group_by([*SCOPE, "tier"]).aggregate(
        buyers=flag(known).count(),
        repeat=flag(known & (people["first"] < people["last"])).count(),
        sales=people["sales"].sum(),
    )


def _ranked(ground: Ground) -> ir.Table:
    window = timedelta(days=ground.params.rfm_window_days)
    orders = ground.customer_orders(ground.period.end - window, ground.period.end, ["net_amount"])
    people, members = scored(customer_states(orders, ground.period.end), ground.params.rfm_bins), _members(ground)
    known = people.join(members, people["customer_id"] == members["member_id"], rname="member_{name}")
    return known.group_by([*SCOPE, known["member_tier"].name("level")]).aggregate(
        ranked=known.count(), high_value=flag(known["tier"] == HIGH).count(), base=known["base_n"].max()
    )


def _line_sales(ground: Ground) -> ir.Table:
    spec = ground.library.tables["orders"]
    names = dict.fromkeys(["order_id", "tier", *ground.scoping.columns(spec)])
    orders = _paid_as(ground, ground.valid_orders(ground.period.start, ground.period.end)).select(*names)
    products = ground.table("products").select("exclusive_to", product_id="sku_id")
    lines = ground.table("order_lines").select("sku_id", "net_amount", line_order="order_id")
    sold = lines.join(orders, lines["line_order"] == orders["order_id"])
    sold = sold.left_join(products, sold["sku_id"] == products["product_id"])
    amount = sold["net_amount"]
    sold = sold.mutate(exclusive=ibis.ifelse(sold["exclusive_to"].isin(EXCLUSIVES), amount, None))
    rows = ground.spread(sold, "orders", ["tier", "net_amount", "exclusive"])
    return rows.group_by([*SCOPE, "tier"]).aggregate(
        line_sales=rows["net_amount"].sum(), exclusive_sales=rows["exclusive"].sum()
    )


def _lines(ground: Ground, scope: Scope, parts: Mapping[str, Mapping[Scope, list[Row]]]) -> Iterable[TierLine]:
    by_tier: dict[str, dict[str, Row]] = {}
    for part, found in parts.items():
        for row in found.get(scope, []):
            tier = str(row["level" if part == "ranked" else "tier"])
            by_tier.setdefault(tier, {})[part] = row
    least = ground.params.rfm_min_customers
    lines = [_line(tier, rows, is_company=scope == COMPANY, least=least) for tier, rows in by_tier.items()]
    kept = [line for line in lines if line.members or line.joined or line.active or line.buyers or line.ranked]
    yield from sorted(kept, key=lambda line: (line.tier == NO_MEMBER, -line.sales, line.tier))


def _line(tier: str, rows: Mapping[str, Row], *, is_company: bool, least: int) -> TierLine:
    stock, buyers, ranked, lines = (rows.get(part, {}) for part in ("stock", "buyers", "ranked", "lines"))
    counted = is_company and tier != NO_MEMBER
    enough = number(ranked.get("base")) >= least
    return TierLine(
        tier=tier,
        members=number(stock.get("members")) if counted else None,
        joined=number(stock.get("joined")) if counted else None,
        active=number(rows.get("active", {}).get("active")),
        buyers=number(buyers.get("buyers")),
        repeat=number(buyers.get("repeat")),
        ranked=number(ranked.get("ranked")),
        high_value=number(ranked.get("high_value")) if enough else None,
        sales=money(buyers.get("sales")),
        line_sales=money(lines.get("line_sales")),
        exclusive_sales=money(lines.get("exclusive_sales")),
    )
