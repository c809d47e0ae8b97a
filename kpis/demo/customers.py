"""Customers: where they come from, what they are worth (few buy most), how long they stay, membership. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from kpis.demo.org import Org
from kpis.demo.people import NEVER, People
from kpis.demo.scale import DAY_SECONDS, DAYS, MONTH_STARTS, TROUBLE_FROM, Flags, Floats, Ints, Scale, rng_for
from kpis.demo.season import month_weights
from kpis.demo.write import Sink, dates, hashed, labels, moments, optional

CHANNELS = ("store", "private_mall", "public_platform", "local_life", "livestream")
STORE, MALL, PLATFORM, LOCAL, LIVE = range(5)
TIERS = ("普卡", "银卡", "金卡", "钻石卡")
BASE_SHARE = 0.45  # customers who were there before the data begins
SINCE = -650  # the first of them
ONLINE_SHARE = 0.22  # customers whom no store knows
KEY_SHIFT = 4_096  # larger than any day span: orders (pool, day) in one number


@dataclass(frozen=True, slots=True)
class Customers:
    """Customers sorted by (pool, created). A pool is a store, or after the stores the online pool of a unit."""

    ids: pa.Array
    pool: Ints
    bu: Ints
    created: Ints  # seconds since the first day
    ends: Ints  # day after which the person stays away
    weight: Floats
    cumulative: Floats
    starts: Ints  # first customer of each pool
    eligible: Ints  # [pool, month]: end of the customers created before the month
    slot: Ints
    channel: Ints
    member_day: Ints  # NEVER: no member

    @property
    def created_day(self) -> Ints:
        """Return the day number on which each customer was created."""
        return np.floor_divide(self.created, DAY_SECONDS)

    def pick(self, pools: Ints, month: int, draws: Floats) -> Ints:
        """Draw one customer by weight from each pool among those created before the month; -1 from an empty pool."""
        low = np.where(self.starts[pools] > 0, self.cumulative[self.starts[pools] - 1], 0.0)
        end = self.eligible[pools, month]
        high = np.where(end > 0, self.cumulative[end - 1], 0.0)
        found = np.searchsorted(self.cumulative, low + draws * (high - low), side="right").astype(np.int64)
        return np.where(end > self.starts[pools], np.minimum(found, end - 1), -1)


def _pool_sizes(scale: Scale, org: Org) -> Ints:
    total = scale.stores * scale.customers_per_store
    in_stores = org.store_weight * np.where(org.store_bu == 0, 1.05, 0.85)
    store_sizes = np.round(in_stores / in_stores.sum() * total * (1 - ONLINE_SHARE)).astype(np.int64)
    bu_share = np.array([(org.store_bu == bu).mean() for bu in (0, 1)])
    online = np.round(bu_share * total * ONLINE_SHARE).astype(np.int64)
    return np.concatenate([store_sizes, np.maximum(online, 5)])


def _created(pool: Ints, org: Org, rng: np.random.Generator) -> Ints:
    """Return when each customer was created: the base evenly before the data, the rest with the season."""
    count = len(pool)
    weights = month_weights() * np.linspace(1.0, 1.25, 24)
    month = rng.choice(24, size=count, p=weights / weights.sum())
    length = np.diff(MONTH_STARTS)[month]
    day = MONTH_STARTS[month] + np.floor(rng.random(count) * length).astype(np.int64)
    fades = (pool == org.trouble) & (day >= TROUBLE_FROM) & (rng.random(count) < 0.45)
    base = (rng.random(count) < BASE_SHARE) | fades
    early = np.floor(SINCE * rng.random(count)).astype(np.int64)
    second = 9 * 3600 + np.floor(rng.random(count) * 12.8 * 3600).astype(np.int64)
    return np.where(base, early, day) * DAY_SECONDS + second


def _channels(pool: Ints, stores: int, rng: np.random.Generator) -> Ints:
    draws = rng.random(len(pool))
    in_store = np.select([draws < 0.86, draws < 0.94], [STORE, MALL], LOCAL)
    online = np.select([draws < 0.66, draws < 0.82], [PLATFORM, MALL], LIVE)
    return np.where(pool < stores, in_store, online).astype(np.int64)


def build_customers(scale: Scale, org: Org, people: People, *, seed: int) -> Customers:
    """Draw the customers. The file is written later, when their last order is known."""
    rng = rng_for(seed, "customers")
    stores = len(org.store_ids)
    sizes = _pool_sizes(scale, org)
    pool = np.repeat(np.arange(len(sizes)), sizes)
    created = _created(pool, org, rng)
    order = np.lexsort((created, pool))
    created = created[order]
    count = len(pool)
    key = pool * KEY_SHIFT + np.floor_divide(created, DAY_SECONDS) - SINCE
    pools = np.arange(len(sizes))
    eligible = np.searchsorted(key, pools[:, None] * KEY_SHIFT + MONTH_STARTS[None, :24] - SINCE).astype(np.int64)
    weight = np.where(rng.random(count) < 0.40, 0.08, rng.pareto(1.9, count) + 0.25)
    weight = np.minimum(weight, 14.0)
    life = rng.exponential(520.0, count) + 40
    ends = np.floor_divide(created, DAY_SECONDS) + life.astype(np.int64)
    ends = np.where(np.floor_divide(created, DAY_SECONDS) < 0, np.maximum(ends, rng.integers(-60, 900, count)), ends)
    in_store = pool < stores
    home = np.where(in_store, pool, 0)
    slot = people.slot_start[home] + np.floor(rng.random(count) * people.slots_of[home]).astype(np.int64)
    joins = rng.random(count) < np.where(in_store, 0.78, 0.42)
    wait = np.where(rng.random(count) < 0.6, 0, rng.exponential(70, count)).astype(np.int64)
    member_day = np.floor_divide(created, DAY_SECONDS) + wait
    return Customers(
        ids=hashed("c_", np.arange(count, dtype=np.int64) + seed * 7_919),
        pool=pool,
        bu=np.where(in_store, org.store_bu[home], pool - stores),
        created=created,
        ends=ends,
        weight=weight,
        cumulative=np.cumsum(weight),
        starts=np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64),
        eligible=eligible,
        slot=np.where(in_store, slot, -1),
        channel=_channels(pool, stores, rng),
        member_day=np.where(joins & (member_day < DAYS), member_day, NEVER),
    )


def erasures(customers: Customers, last_order: Ints, *, seed: int) -> Ints:
    """Return the second at which each customer asked to be forgotten, after the last order; NEVER for the rest."""
    rng = rng_for(seed, "erasures")
    count = len(customers.pool)
    day = np.maximum(last_order, customers.created_day) + 20 + rng.integers(0, 60, count)
    asks = (rng.random(count) < 0.012) & (day < DAYS - 1) & (day >= 0)
    return np.where(asks, day * DAY_SECONDS + 36_000, NEVER * DAY_SECONDS)


def _referrers(customers: Customers, rng: np.random.Generator) -> Ints:
    """Return an earlier customer of the same pool for one newcomer in sixteen."""
    position = np.arange(len(customers.pool))
    start = customers.starts[customers.pool]
    referrer = start + np.floor(rng.random(len(position)) * (position - start)).astype(np.int64)
    referred = (rng.random(len(position)) < 0.06) & (position > start) & (customers.created >= 0)
    return np.where(referred, referrer, -1)


def write_customers(
    customers: Customers, erased: Ints, *, campaigns: pa.Array, campaign: Ints, seed: int, sink: Sink
) -> None:
    """Write customers.csv. `campaign` is the position of the campaign that won each customer, or -1."""
    rng = rng_for(seed, "customer file")
    count = len(customers.pool)
    rank = customers.weight + rng.random(count) * 0.2
    tier = np.searchsorted(np.quantile(rank, [0.62, 0.86, 0.965]), rank).astype(np.int64)
    member: Flags = customers.member_day < NEVER
    gone: Flags = erased < NEVER * DAY_SECONDS
    tags = rng.poisson(np.where(member, 4.2, 1.1))
    systems = 1 + (rng.random(count) < np.where(member, 0.68, 0.3)) + (rng.random(count) < 0.22)
    sink.add(
        "customers",
        {
            "customer_id": customers.ids,
            "created_at": moments(customers.created),
            "acquired_channel": labels(CHANNELS, customers.channel),
            "acquired_campaign_id": labels(campaigns, campaign),
            "referrer_customer_id": labels(customers.ids, np.where(gone, -1, _referrers(customers, rng))),
            "member_since": dates(np.where(member, customers.member_day, 0), known=member),
            "member_tier": labels(TIERS, np.where(member, tier, -1)),
            "tag_count": pa.array(tags),
            "linked_systems": pa.array(systems),
            "consent_marketing": pa.array(rng.random(count) < 0.86),
            "erased_at": optional(moments(np.where(gone, erased, 0)), gone),
        },
    )
