"""Interactions: reach, answer, visit, cart and complaint, customer by customer and day by day. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from kpis.demo.customers import MALL
from kpis.demo.orders import Ledger, World
from kpis.demo.people import NEVER
from kpis.demo.private import Contacts
from kpis.demo.scale import DAY_SECONDS, MONTH_STARTS, MONTHS, TROUBLE_FROM, Flags, Floats, Ints, rng_for
from kpis.demo.write import Sink, dates, labels

KINDS = (
    "reach_out",
    "message_in",
    "group_message",
    "activity_join",
    "content_click",
    "share",
    "review",
    "mall_visit",
    "add_to_cart",
    "complaint",
)
REACH, JOIN, MALL_VISIT, CART, COMPLAINT = 0, 3, 7, 8, 9
CHANCE = np.array([0.0, 0.048, 0.024, 0.015, 0.050, 0.008, 0.006, 0.15, 0.030, 0.0013])  # of a usual person in a month
CHANNEL_OF = np.array([-1, -1, -1, 1, 1, 1, 0, 1, 1, -1])
ACTIVATION_CHANCE = 0.42  # of a new contact in its first week


@dataclass(frozen=True, slots=True)
class Activity:
    """All interactions in small types, for the targets."""

    day: Ints
    customer: Ints
    kind: Ints
    employee: Ints
    count: Ints


@dataclass(frozen=True, slots=True)
class _Friends:
    """Known persons in the private domain: one row a person, from the first contact on."""

    customer: Ints
    slot: Ints
    added: Ints
    removed: Ints
    zeal: Floats


def _friends(world: World, contacts: Contacts) -> _Friends:
    rows = np.flatnonzero((contacts.customer >= 0) & contacts.first)
    zeal = rng_for(world.seed, "zeal").gamma(0.8, 1.25, len(rows))
    day = contacts.added_day[rows]
    return _Friends(contacts.customer[rows], contacts.slot[rows], day, contacts.removed_day[rows], zeal)


def _reach(month: int) -> float:
    """Return the share of friends reached in a month: the routine spreads in the first year."""
    return 0.42 + 0.38 * min(1.0, month / 15)


def _of_friends(world: World, friends: _Friends, month: int, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """Return kind, customer and day of what friends do in a month."""
    low, high = int(MONTH_STARTS[month]), int(MONTH_STARTS[month + 1])
    rows = np.flatnonzero((friends.added < high) & (friends.removed > low))
    trouble = (friends.slot[rows] >= 0) & (world.people.slot_store[friends.slot[rows]] == world.org.trouble)
    trouble &= low >= TROUBLE_FROM
    chance = CHANCE[None, :] * friends.zeal[rows][:, None] * (0.8 + 0.3 * month / len(MONTHS))
    chance[:, REACH] = np.where(trouble, 0.35, _reach(month))
    chance[trouble, COMPLAINT] = 0.035
    happens = rng.random(chance.shape) < chance
    person, kind = np.nonzero(happens)
    begin = np.maximum(friends.added[rows], low)[person]
    end = np.minimum(friends.removed[rows], high)[person]
    day = begin + np.floor(rng.random(len(person)) * np.maximum(end - begin, 1)).astype(np.int64)
    new = np.flatnonzero((friends.added[rows] >= low) & (rng.random(len(rows)) < ACTIVATION_CHANCE))
    reply_day = friends.added[rows][new] + rng.integers(0, 6, len(new))
    new, reply_day = new[reply_day < high], reply_day[reply_day < high]
    customer = np.concatenate([friends.customer[rows][person], friends.customer[rows][new]])
    return np.concatenate([kind, np.ones(len(new), np.int64)]), customer, np.concatenate([day, reply_day])


def _of_buyers(ledger: Ledger, rows: slice, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """Return the visits and carts that go with mall orders."""
    bought = (ledger.channel[rows] == MALL) & (ledger.customer[rows] >= 0)
    customer, day = ledger.customer[rows][bought].astype(np.int64), ledger.day[rows][bought].astype(np.int64)
    carts = rng.random(len(customer)) < 0.5
    kind = np.concatenate([np.full(len(customer), MALL_VISIT), np.full(carts.sum(), CART)])
    return kind, np.concatenate([customer, customer[carts]]), np.concatenate([day, day[carts]])


def write_interactions(world: World, contacts: Contacts, ledger: Ledger, erased: Ints, *, sink: Sink) -> Activity:
    """Write interactions.csv month by month, at most one row per day, person and kind."""
    friends = _friends(world, contacts)
    slot_of = np.full(len(world.customers.pool), -1, dtype=np.int64)
    slot_of[friends.customer] = friends.slot
    erased_day = np.where(erased < NEVER * DAY_SECONDS, erased // DAY_SECONDS, NEVER)
    starts = np.searchsorted(ledger.day, MONTH_STARTS)
    kept: list[tuple[Ints, ...]] = []
    for month in range(len(MONTHS)):
        rng = rng_for(world.seed, f"interactions {month}")
        rows = slice(int(starts[month]), int(starts[month + 1]))
        pairs = zip(_of_friends(world, friends, month, rng), _of_buyers(ledger, rows, rng), strict=True)
        kind, customer, day = (np.concatenate(pair).astype(np.int64) for pair in pairs)
        alive: Flags = day < erased_day[customer]
        key = (day * len(KINDS) + kind) * len(slot_of) + customer
        _, once = np.unique(key[alive], return_index=True)
        kind, customer, day = (part[alive][once] for part in (kind, customer, day))
        quiet = (kind == MALL_VISIT) | (kind == CART)
        employee = world.people.holder(np.where(quiet, -1, slot_of[customer]), day)
        count = 1 + rng.poisson(np.where(kind == COMPLAINT, 0.1, 0.9))
        _write(world, (day, customer, kind, employee, count), month=month, sink=sink)
        small = (np.int16, np.int32, np.int8, np.int32, np.int16)
        kept.append(
            tuple(part.astype(t) for part, t in zip((day, customer, kind, employee, count), small, strict=True))
        )
    return Activity(*(np.concatenate(parts) for parts in zip(*kept, strict=True)))


def _write(world: World, parts: tuple[Ints, Ints, Ints, Ints, Ints], *, month: int, sink: Sink) -> None:
    day, customer, kind, employee, count = parts
    rng = rng_for(world.seed, f"activities {int(day[0])}")
    months = np.full(len(day), month)
    joined = kind == JOIN
    campaign = np.where(joined, world.campaigns.draw(months, ad=False, rng=rng), -1)
    sink.add(
        "interactions",
        {
            "date": dates(day),
            "customer_id": labels(world.customers.ids, customer),
            "kind": labels(KINDS, kind),
            "employee_id": labels(world.people.ids, employee),
            "channel": labels(("store", "private_mall"), CHANNEL_OF[kind]),
            "campaign_id": labels(world.campaigns.ids, campaign),
            "count": pa.array(count),
        },
    )
