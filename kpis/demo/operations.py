"""Stock at month end, footfall and shop visits day by day, and outside metrics. Pure."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from kpis.demo.customers import MALL, PLATFORM, STORE
from kpis.demo.orders import Ledger, World
from kpis.demo.products import CATEGORIES
from kpis.demo.scale import DAYS, MONTH_STARTS, MONTHS, Floats, Ints, day_of, rng_for
from kpis.demo.season import online_days, store_days
from kpis.demo.write import Cell, Sink, dates, decimals, labels

STOCK_MONTHS = 2.6  # stock at cost, in months of goods sold
VISIT_CHANNELS = ("store", "private_mall", "public_platform", "local_life", "livestream")
ONLINE = (  # channel, platform, visitors for each order
    (1, "wechat_mini_program", 21.0),
    (2, "tmall", 34.0),
    (2, "jd", 29.0),
    (3, "meituan", 16.0),
    (4, "douyin", 62.0),
)


def write_inventory(world: World, ledger: Ledger, *, sink: Sink) -> Floats:
    """Write inventory.csv: all products in the warehouse, one product a category in stores; return cents by month."""
    rng = rng_for(world.seed, "inventory")
    products = world.products
    goods = ledger.monthly(ledger.cost.astype(np.float64))
    smooth = np.convolve(np.pad(goods, 1, mode="edge"), np.ones(3) / 3, mode="valid")
    share = products.popularity * products.cost
    samples = np.array([np.flatnonzero(products.category == code)[0] for code in range(len(CATEGORIES))])
    totals = np.zeros(len(MONTHS))
    for month in range(world.scale.detail_from, len(MONTHS)):
        value = smooth[month] * STOCK_MONTHS * share / share.sum() * rng.lognormal(0, 0.2, len(share))
        qty = np.maximum(np.round(value / products.cost), 1).astype(np.int64)
        store, which = (a.ravel() for a in np.meshgrid(np.arange(len(world.org.store_ids)), samples, indexing="ij"))
        sold_here = products.bu[which] == world.org.store_bu[store]
        store, which = store[sold_here], which[sold_here]
        few = rng.poisson(5.0 * world.org.store_weight[store])
        sku = np.concatenate([np.arange(len(share)), which])
        amount = np.concatenate([qty, few])
        unit = np.concatenate([np.full(len(share), 1), world.org.store_unit[store]])  # 1: the warehouse is HQ's
        cost = amount * products.cost[sku]
        totals[month] = cost.sum()
        columns = {
            "date": dates(np.full(len(sku), MONTH_STARTS[month + 1] - 1)),
            "sku_id": labels(products.ids, sku),
            "unit_id": labels(world.org.units, unit),
            "qty_on_hand": pa.array(amount),
            "cost_on_hand": decimals(cost),
        }
        sink.add("inventory", columns)
    return totals


def write_visits(world: World, ledger: Ledger, *, sink: Sink) -> Floats:
    """Write visits.csv; return the visitors of public platforms by month."""
    rng = rng_for(world.seed, "visits")
    first = int(MONTH_STARTS[world.scale.detail_from])
    days = np.arange(first, DAYS)
    stores = len(world.org.store_ids)
    sold = np.bincount(ledger.unit[ledger.channel == STORE], minlength=len(world.org.units))[world.org.store_unit]
    rhythm = store_days()[first:] / store_days().sum()
    for month in range(world.scale.detail_from, len(MONTHS)):
        span = days[(days >= MONTH_STARTS[month]) & (days < MONTH_STARTS[month + 1])]
        day, store = (a.ravel() for a in np.meshgrid(span, np.arange(stores), indexing="ij"))
        visitors = 3 + rng.poisson(sold[store] * rhythm[day - first] * 9.5)
        _visits(
            sink, day, np.zeros(len(day), np.int64), np.full(len(day), -1), world.org.store_unit[store], visitors, world
        )
    found = np.zeros(len(MONTHS))
    months = np.searchsorted(MONTH_STARTS, days, side="right") - 1
    online = online_days()[first:] / online_days().sum()
    for row, (channel, _, factor) in enumerate(ONLINE):
        orders = float((ledger.channel == channel).sum()) / sum(1 for other in ONLINE if other[0] == channel)
        visitors = 5 + rng.poisson(orders * online * factor * rng.lognormal(0, 0.05, len(days)))
        full = np.full(len(days), row)
        _visits(sink, days, np.full(len(days), channel), full, np.full(len(days), -1), visitors, world)
        if channel == PLATFORM:
            found += np.bincount(months, weights=visitors, minlength=len(MONTHS))
    return found


def _visits(sink: Sink, day: Ints, channel: Ints, platform: Ints, unit: Ints, visitors: Ints, world: World) -> None:
    rng = rng_for(world.seed, f"visits {int(day[0])} {int(channel[0])} {int(platform[0])}")
    sink.add(
        "visits",
        {
            "date": dates(day),
            "channel": labels(VISIT_CHANNELS, channel),
            "platform": labels([row[1] for row in ONLINE], platform),
            "unit_id": labels(world.org.units, unit),
            "visitors": pa.array(visitors.astype(np.int64)),
            "new_visitors": pa.array(rng.binomial(visitors, np.where(channel == MALL, 0.11, 0.3))),
            "visits": pa.array(np.round(visitors * rng.uniform(1.1, 2.4, len(day))).astype(np.int64)),
        },
    )


def write_external(world: World, ledger: Ledger, *, sink: Sink) -> Floats:
    """Write external_metrics.csv; return the mean brand index by month."""
    rng = rng_for(world.seed, "external")
    platform = ledger.monthly(ledger.net.astype(np.float64), ledger.channel == PLATFORM) / 100
    pulse = online_days() / online_days().mean()
    rows: list[list[Cell]] = []
    index = np.zeros(len(MONTHS))
    for month, period in enumerate(MONTHS):
        days = range(day_of(period.start), day_of(period.end), 7)
        values = [int(38_000 * (1 + 0.012 * month) * pulse[day] ** 0.5 * rng.lognormal(0, 0.06)) for day in days]
        index[month] = float(np.mean(values))
        rows += [
            [period.start.replace(day=1 + 7 * week), "brand_index", "WeChat index", "lanxi", value]
            for week, value in enumerate(values)
        ]
        for scope, part, depth in (("tmall", 0.66, 0.021), ("jd", 0.34, 0.013)):
            size = platform[month] * part / depth * rng.lognormal(0, 0.05)
            rows.append([period.last_day, "platform_category_sales", "Market tool", scope, f"{size:.2f}"])
    sink.add_rows("external_metrics", ("date", "metric", "source_name", "scope", "value"), rows)
    return index
