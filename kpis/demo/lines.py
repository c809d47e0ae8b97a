"""Order lines that add up to their orders, and the touchpoints before an order, planted conflicts included. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from kpis.demo.customers import CHANNELS, MALL, STORE
from kpis.demo.people import NEVER
from kpis.demo.scale import DAY_SECONDS, MONTH_STARTS, MONTHS, Ints, rng_for
from kpis.demo.write import Sink, decimals, labels, moments

if TYPE_CHECKING:
    from kpis.demo.orders import Orders, World

ROLES = ("ad-delivery", "content-marketing", "user-ops", "public-platform-ops", "digital-guide", "private-mall-ops")
GUIDE = 4
ROLE_CHANNEL = np.array([2, 1, 1, 2, 0, 1])
CONFLICT_SHARE = 0.06  # touched orders that two guides of different stores claim


@dataclass(frozen=True, slots=True)
class LineTotals:
    """Totals of valid order lines by month: pieces, net cents, net cents of exclusive products."""

    qty: Ints
    net: Ints
    exclusive: Ints

    @classmethod
    def empty(cls) -> LineTotals:
        """Return totals of nothing."""
        return cls(*(np.zeros(len(MONTHS), dtype=np.int64) for _ in range(3)))


def write_lines(world: World, orders: Orders, ids: pa.Array, *, month: int, totals: LineTotals, sink: Sink) -> None:
    """Append the lines of one month: at most three an order, their net amounts add up to that of the order."""
    rng = rng_for(world.seed, f"lines {month}")
    products = world.products
    lines = np.minimum(orders.items, 3)
    order = np.repeat(np.arange(len(lines)), lines)
    number = np.arange(len(order)) - np.repeat(np.cumsum(lines) - lines, lines)
    last = number == lines[order] - 1
    qty = np.where(last, orders.items[order] - number, 1)
    share = orders.net // lines
    net = np.where(last, orders.net[order] - share[order] * number, share[order])
    sku = products.draw(orders.bu[order], rng.random(len(order)))
    barred = (products.exclusive[sku] > 0) & ~_may_buy_exclusive(world, orders)[order]
    plain = np.array([np.flatnonzero((products.bu == bu) & (products.exclusive == 0))[0] for bu in (0, 1)])
    sku = np.where(barred, plain[orders.bu[order]], sku)
    sink.add(
        "order_lines",
        {
            "order_id": ids.take(pa.array(order)),
            "line_no": pa.array(number + 1),
            "sku_id": labels(products.ids, sku),
            "qty": pa.array(qty),
            "net_amount": decimals(net),
        },
    )
    valid = (orders.status != 2)[order]
    totals.qty[month] = qty[valid].sum()
    totals.net[month] = net[valid].sum()
    totals.exclusive[month] = net[valid & (products.exclusive[sku] > 0)].sum()


def _may_buy_exclusive(world: World, orders: Orders) -> Ints:
    member_day = np.where(orders.customer >= 0, world.customers.member_day[orders.customer], NEVER)
    return np.asarray((member_day <= orders.day) | (orders.channel == MALL))


def write_touches(world: World, orders: Orders, ids: pa.Array, *, month: int, sink: Sink) -> int:
    """Append the touchpoints of a share of the orders; return the net cents of valid orders that have one."""
    rng = rng_for(world.seed, f"touches {month}")
    chosen = np.flatnonzero((orders.customer >= 0) & (rng.random(len(orders.customer)) < world.scale.touch_share))
    guided = orders.employee[chosen] >= 0
    conflict = guided & (rng.random(len(chosen)) < CONFLICT_SHARE)
    if len(chosen) and guided.any():
        conflict[np.flatnonzero(guided)[0]] = True  # even the smallest month shows one
    count = rng.integers(1, 4, len(chosen))
    count = np.where(conflict, np.maximum(count, 2), count)
    order = np.repeat(np.arange(len(chosen)), count)
    seq = np.arange(len(order)) - np.repeat(np.cumsum(count) - count, count) + 1
    from_end = count[order] - seq
    role = np.where(
        orders.channel[chosen][order] == STORE, rng.choice([1, 2, 4], len(order)), rng.integers(0, 6, len(order))
    )
    role = np.where((from_end == 0) & guided[order], GUIDE, role)
    role = np.where((from_end == 1) & conflict[order], GUIDE, role)
    second = orders.second[chosen][order]
    touched_at = second - from_end * 2 * DAY_SECONDS - rng.integers(60, 5_000, len(order)) * (from_end * 20 + 1) // 1
    employee = np.where((role == GUIDE) & (from_end == 0), orders.employee[chosen][order], -1)
    rival = _rivals(world, len(order), month, rng)
    employee = np.where((role == GUIDE) & (from_end == 1) & conflict[order], rival, employee)
    campaign = np.where(np.isin(role, (0, 1)), orders.campaign[chosen][order], -1)
    sink.add(
        "order_touches",
        {
            "order_id": ids.take(pa.array(chosen[order])),
            "seq": pa.array(seq),
            "touched_at": moments(touched_at),
            "role_id": labels(ROLES, role),
            "channel": labels(CHANNELS, ROLE_CHANNEL[role]),
            "employee_id": labels(world.people.ids, employee),
            "campaign_id": labels(world.campaigns.ids, campaign),
        },
    )
    return int(orders.net[chosen][orders.status[chosen] != 2].sum())


def _rivals(world: World, count: int, month: int, rng: np.random.Generator) -> Ints:
    """Return guides at random who were at work on the first day of the month."""
    slots = rng.integers(0, len(world.people.slot_store), count)
    return world.people.holder(slots, np.full(count, MONTH_STARTS[month]))
