"""Orders month by month: who buys, where, from whom, for how much; first orders of newcomers, then the rest. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from kpis.demo.customers import CHANNELS, LIVE, LOCAL, MALL, PLATFORM, STORE, Customers
from kpis.demo.lines import LineTotals, write_lines, write_touches
from kpis.demo.marketing import Campaigns
from kpis.demo.org import Org
from kpis.demo.people import People
from kpis.demo.products import Products
from kpis.demo.scale import DAY_SECONDS, DAYS, MONTH_STARTS, MONTHS, TROUBLE_FROM, Flags, Floats, Ints, Scale, rng_for
from kpis.demo.season import month_weights, online_days, store_days
from kpis.demo.write import Sink, decimals, labels, moments, numbered

PLATFORMS = ("wechat_mini_program", "tmall", "jd", "meituan", "douyin_local", "douyin", "wechat_channels")
STATUSES = ("paid", "completed", "cancelled")
CANCELLED = 2
ANONYMOUS_IN_STORE = 0.155  # of repeat orders; first orders are known, so about 0.12 of all
FIRST_ORDER_SHARE = 0.75
TROUBLE_LEFT = 0.53
FEE = np.array([0.006, 0.02, 0.075, 0.09, 0.17])
RETURN_CHANCE = np.array([0.016, 0.03, 0.05, 0.01, 0.055])


@dataclass(frozen=True, slots=True)
class Orders:
    """One month of orders, or all of them: compact arrays; money in cents, -1 is nobody."""

    second: Ints
    customer: Ints
    channel: Ints
    bu: Ints
    unit: Ints
    store: Ints
    employee: Ints
    campaign: Ints
    platform: Ints
    status: Ints
    items: Ints
    gross: Ints
    discount: Ints
    refund: Ints
    cost: Ints
    fee: Ints

    @property
    def net(self) -> Ints:
        """Return net amounts: gross less discount less refund."""
        return self.gross - self.discount - self.refund

    @property
    def day(self) -> Ints:
        """Return day numbers."""
        return self.second // DAY_SECONDS


@dataclass(frozen=True, slots=True)
class Ledger:
    """What later parts need of all valid orders, in small types; `lines` are totals of the order lines by month."""

    day: Ints
    customer: Ints
    unit: Ints
    employee: Ints
    channel: Ints
    net: Ints
    cost: Ints
    fee: Ints
    campaign: Flags
    lines: LineTotals
    touched: Ints  # attributed net sales by month, cents

    def monthly(self, amounts: Ints | Floats, rows: Flags | None = None) -> Floats:
        """Return the sum by month."""
        months = np.searchsorted(MONTH_STARTS, self.day, side="right") - 1
        chosen = slice(None) if rows is None else rows
        sums = np.bincount(months[chosen], weights=amounts[chosen].astype(np.float64), minlength=len(MONTHS))
        return np.asarray(sums, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class World:
    """Everything an order may point to."""

    scale: Scale
    org: Org
    people: People
    customers: Customers
    products: Products
    campaigns: Campaigns
    seed: int


def channel_mix(month: int) -> Floats:
    """Return the chances [unit, channel] of repeat orders: the mall of Lanxi grows, Xiaoya has a pilot."""
    t = month / (len(MONTHS) - 1)
    lanxi_mall, xiaoya_mall = 0.10 + 0.15 * t, 0.008 + 0.025 * t
    lanxi = [0.0, lanxi_mall, 0.20 - 0.03 * t, 0.03, 0.05 + 0.02 * t]
    xiaoya = [0.0, xiaoya_mall, 0.27, 0.04, 0.05]
    mix = np.array([lanxi, xiaoya])
    mix[:, STORE] = 1 - mix.sum(axis=1)
    return mix


def _stores_for(world: World, bu: Ints, rng: np.random.Generator) -> Ints:
    """Draw the store of each order by weight."""
    weight = world.org.store_weight
    found = np.zeros(len(bu), dtype=np.int64)
    for unit in (0, 1):
        chances = np.cumsum(np.where(world.org.store_bu == unit, weight, 0.0))
        rows = np.flatnonzero(bu == unit)
        found[rows] = np.searchsorted(chances, rng.random(len(rows)) * chances[-1], side="right")
    return np.minimum(found, len(weight) - 1)


def _days(channel: Ints, month: int, rng: np.random.Generator) -> Ints:
    low, high = MONTH_STARTS[month], MONTH_STARTS[month + 1]
    draws = rng.random(len(channel))
    found = []
    for days in (store_days(), online_days()):
        chances = np.cumsum(days[low:high])
        found.append(low + np.searchsorted(chances, draws * chances[-1], side="right"))
    in_person = (channel == STORE) | (channel == LOCAL)
    return np.asarray(np.where(in_person, found[0], found[1]), dtype=np.int64)


def _clock(channel: Ints, rng: np.random.Generator) -> Ints:
    """Return seconds of the day: shops from ten to ten, screens until midnight with a peak in the evening."""
    shop = 10 * 3600 + rng.random(len(channel)) * 12 * 3600
    screen = np.clip(rng.normal(18.5, 4.2, len(channel)), 7.0, 23.97) * 3600
    return np.where((channel == STORE) | (channel == LOCAL), shop, screen).astype(np.int64)


def _repeat(world: World, month: int, counts: Ints, rng: np.random.Generator) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Return unit, channel, pool, customer and second of the orders of people who were there before the month."""
    bu = np.repeat(np.arange(2), counts)
    mix = np.cumsum(channel_mix(month), axis=1)
    channel = (rng.random(len(bu))[:, None] > mix[bu]).sum(axis=1).astype(np.int64)
    channel = np.minimum(channel, LIVE)
    known_to_store = np.array([1.0, 0.86, 0.22, 1.0, 0.25])[channel]
    in_store = rng.random(len(bu)) < known_to_store
    pool = np.where(in_store, _stores_for(world, bu, rng), len(world.org.store_ids) + bu)
    if MONTH_STARTS[month] >= TROUBLE_FROM:  # many trips to the store in trouble do not happen
        made = (pool != world.org.trouble) | (rng.random(len(bu)) < TROUBLE_LEFT)
        bu, channel, pool = bu[made], channel[made], pool[made]
    day = _days(channel, month, rng)
    customer = world.customers.pick(pool, month, rng.random(len(bu)))
    for _ in range(3):  # who left for good is drawn again; the few who remain come back from churn
        gone = np.flatnonzero((customer >= 0) & (world.customers.ends[customer] < day))
        customer[gone] = world.customers.pick(pool[gone], month, rng.random(len(gone)))
    chance = np.array([ANONYMOUS_IN_STORE, 0.0, 0.03, 0.6, 0.08])[channel]
    customer = np.where(rng.random(len(bu)) < chance, -1, customer)
    return bu, channel, pool, customer, day * DAY_SECONDS + _clock(channel, rng)


def _first(world: World, month: int, rng: np.random.Generator) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Return the same for the first orders of newcomers, minutes after they became known."""
    created = world.customers.created
    low, high = MONTH_STARTS[month] * DAY_SECONDS, MONTH_STARTS[month + 1] * DAY_SECONDS
    new = np.flatnonzero((created >= low) & (created < high))
    new = new[rng.random(len(new)) < FIRST_ORDER_SHARE]
    second = created[new] + rng.integers(60, 3_000, len(new))
    return world.customers.bu[new], world.customers.channel[new], world.customers.pool[new], new, second


def _month(world: World, month: int, counts: Ints, rng: np.random.Generator) -> Orders:
    first = _first(world, month, rng)
    repeats = np.maximum(counts - np.bincount(first[0], minlength=2), 1)
    both = zip(first, _repeat(world, month, repeats, rng), strict=True)
    bu, channel, pool, customer, second = (np.concatenate(pair) for pair in both)
    order = np.argsort(second, kind="stable")
    bu, channel, pool, customer, second = (part[order] for part in (bu, channel, pool, customer, second))
    stores = len(world.org.store_ids)
    served = (channel == STORE) | (channel == LOCAL) | ((channel == MALL) & (pool < stores))
    store = np.where(served & (pool < stores), pool, -1)
    unit = np.where(store >= 0, world.org.store_unit[store], world.org.bu_units[bu])
    months = np.full(len(bu), month, dtype=np.int64)
    in_campaign = rng.random(len(bu)) < np.where(channel == STORE, 0.08, 0.32)
    ad = rng.random(len(bu)) < 0.25
    campaign = np.where(
        ad, world.campaigns.draw(months, ad=True, rng=rng), world.campaigns.draw(months, ad=False, rng=rng)
    )
    return Orders(
        second=second,
        customer=customer,
        channel=channel,
        bu=bu,
        unit=unit,
        store=store,
        employee=_credited(world, channel, store, customer, second // DAY_SECONDS, rng),
        campaign=np.where(in_campaign, campaign, -1),
        platform=_platforms(channel, rng),
        status=_statuses(second, rng),
        **_amounts(world, bu, channel, month, rng),
    )


def _credited(world: World, channel: Ints, store: Ints, customer: Ints, day: Ints, rng: np.random.Generator) -> Ints:
    """Return the guide: the customer's own in seven of ten orders, else a colleague; few orders have none."""
    people = world.people
    any_slot = people.slot_start[store] + np.floor(rng.random(len(store)) * people.slots_of[store]).astype(np.int64)
    own = np.where(customer >= 0, world.customers.slot[customer], -1)
    at_home = (own >= 0) & (people.slot_store[own] == store) & (rng.random(len(store)) < 0.7)
    chance = np.array([0.93, 0.88, 0.0, 0.0, 0.0])[channel]
    credited = (store >= 0) & (rng.random(len(store)) < chance)
    return people.holder(np.where(credited, np.where(at_home, own, any_slot), -1), day)


def _platforms(channel: Ints, rng: np.random.Generator) -> Ints:
    draws = rng.random(len(channel))
    pairs = {MALL: (0, 0, 1.0), PLATFORM: (1, 2, 0.66), LOCAL: (3, 4, 0.6), LIVE: (5, 6, 0.7)}
    found = np.full(len(channel), -1, dtype=np.int64)
    for code, (one, other, share) in pairs.items():
        found = np.where(channel == code, np.where(draws < share, one, other), found)
    return found


def _statuses(second: Ints, rng: np.random.Generator) -> Ints:
    fresh = second // DAY_SECONDS >= DAYS - 7
    status = np.where(fresh & (rng.random(len(second)) < 0.6), 0, 1)
    return np.where(rng.random(len(second)) < 0.012, CANCELLED, status)


def _amounts(world: World, bu: Ints, channel: Ints, month: int, rng: np.random.Generator) -> dict[str, Ints]:
    count = len(bu)
    items = np.minimum(1 + rng.poisson(0.72, count), 5)
    usual = np.array([560.0, 245.0])[bu] * np.array([1.05, 1.0, 0.88, 0.8, 0.78])[channel]
    piece = np.round(usual * rng.lognormal(0, 0.42, count) / 10) * 10 - 1
    gross = (np.maximum(piece, 29) * 100).astype(np.int64) * items
    promotion = 1.7 if MONTHS[month].start.month in (6, 11) else 1.0
    rate = np.where(rng.random(count) < 0.55, rng.beta(2, 9, count) * promotion, 0.0)
    discount = np.round(gross * np.minimum(rate, 0.6) / 100).astype(np.int64) * 100
    returned = rng.random(count) < RETURN_CHANCE[channel]
    part = np.where(rng.random(count) < 0.6, 1.0, 0.5)
    refund = np.where(returned, np.round((gross - discount) * part), 0).astype(np.int64)
    cost = np.round(gross * rng.uniform(0.31, 0.41, count) * np.where(returned, 1 - part, 1.0)).astype(np.int64)
    fee = np.round((gross - discount - refund) * FEE[channel]).astype(np.int64)
    return {"items": items, "gross": gross, "discount": discount, "refund": refund, "cost": cost, "fee": fee}


def _write(world: World, orders: Orders, ids: pa.Array, sink: Sink) -> None:
    sink.add(
        "orders",
        {
            "order_id": ids,
            "customer_id": labels(world.customers.ids, orders.customer),
            "channel": labels(CHANNELS, orders.channel),
            "platform": labels(PLATFORMS, orders.platform),
            "unit_id": labels(world.org.units, orders.unit),
            "employee_id": labels(world.people.ids, orders.employee),
            "campaign_id": labels(world.campaigns.ids, orders.campaign),
            "paid_at": moments(orders.second),
            "status": labels(STATUSES, orders.status),
            "gross_amount": decimals(orders.gross),
            "discount_amount": decimals(orders.discount),
            "refund_amount": decimals(orders.refund),
            "net_amount": decimals(orders.net),
            "goods_cost": decimals(orders.cost),
            "fee_amount": decimals(orders.fee),
            "item_count": pa.array(orders.items),
        },
    )


def write_orders(world: World, sink: Sink) -> Ledger:
    """Write orders.csv, order_lines.csv and order_touches.csv one month at a time; return the ledger."""
    total = world.scale.stores * world.scale.orders_per_store
    of_bu = np.array([(world.org.store_bu == 0).sum() * 1.06, (world.org.store_bu == 1).sum() * 0.86])
    months = month_weights()
    kept: list[dict[str, Ints]] = []
    lines = LineTotals.empty()
    touched = np.zeros(len(MONTHS), dtype=np.int64)
    for month in range(len(MONTHS)):
        rng = rng_for(world.seed, f"orders {month}")
        counts = np.round(total * months[month] * of_bu / of_bu.sum()).astype(np.int64)
        orders = _month(world, month, counts, rng)
        label = MONTHS[month].start
        ids = numbered(f"O{label:%Y%m}-", np.arange(1, len(orders.second) + 1), width=6)
        _write(world, orders, ids, sink)
        if month >= world.scale.detail_from:
            write_lines(world, orders, ids, month=month, totals=lines, sink=sink)
            touched[month] = write_touches(world, orders, ids, month=month, sink=sink)
        kept.append(_compact(orders))
    whole = {name: np.concatenate([part[name] for part in kept]) for name in kept[0]}
    return Ledger(**whole, lines=lines, touched=touched)


def _compact(orders: Orders) -> dict[str, Ints]:
    valid = orders.status != CANCELLED
    small = {"day": np.int16, "customer": np.int32, "unit": np.int32, "employee": np.int32, "channel": np.int8}
    columns = {name: getattr(orders, name)[valid].astype(kind) for name, kind in small.items()}
    money = {name: getattr(orders, name)[valid] for name in ("net", "cost", "fee")}
    return {**columns, **money, "campaign": (orders.campaign >= 0)[valid]}
