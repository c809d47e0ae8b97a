"""Private domain: who is added by whom and who leaves, and what guides report of it each day. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from kpis.demo.customers import SINCE
from kpis.demo.orders import World
from kpis.demo.people import NEVER
from kpis.demo.scale import DAY_SECONDS, DAYS, MONTH_STARTS, TROUBLE_FROM, Flags, Ints, rng_for
from kpis.demo.write import Sink, dates, decimals, labels, moments, numbered, optional

SOURCES = ("store", "public_platform", "ad", "content", "referral", "other")
SOURCE_STORE = 0
KINDS = ("wecom_friend", "group_member", "oa_follower", "mini_program_user")
PRIVATE_CHANCE = np.array([0.58, 0.9, 0.34, 0.30, 0.42])  # by the channel that won the customer
SOURCE_CHANCES = np.array(
    [
        [0.88, 0.0, 0.0, 0.05, 0.06, 0.01],
        [0.12, 0.05, 0.34, 0.28, 0.15, 0.06],
        [0.0, 0.54, 0.32, 0.10, 0.04, 0.0],
        [0.62, 0.0, 0.25, 0.05, 0.05, 0.03],
        [0.0, 0.25, 0.30, 0.40, 0.03, 0.02],
    ]
)
LOSS_DAYS = 2_900.0  # mean days until a customer removes the contact
STAFF_SHARE = 0.1  # removals made by staff


@dataclass(frozen=True, slots=True)
class Contacts:
    """Contacts sorted by time of adding; NEVER where a contact was not removed. `first` as the loader computes it."""

    customer: Ints
    slot: Ints
    employee: Ints
    unit: Ints
    source: Ints
    kind: Ints
    added: Ints
    removed: Ints
    by_customer: Flags
    first: Flags

    @property
    def added_day(self) -> Ints:
        """Return the day number of adding."""
        return np.floor_divide(self.added, DAY_SECONDS)

    @property
    def removed_day(self) -> Ints:
        """Return the day number of removal; NEVER while open."""
        return np.floor_divide(self.removed, DAY_SECONDS)


def _draw_source(channel: Ints, rng: np.random.Generator) -> Ints:
    steps = np.cumsum(SOURCE_CHANCES, axis=1)[channel]
    found = (rng.random(len(channel))[:, None] > steps).sum(axis=1)
    return np.asarray(np.minimum(found, 5), dtype=np.int64)


def _persons(world: World, rng: np.random.Generator) -> tuple[Ints, Ints, Ints, Ints]:
    """Return customer, slot, source and second of adding for each person's first contact."""
    customers = world.customers
    chance = PRIVATE_CHANCE[customers.channel] * np.where(customers.weight > 0.2, 1.1, 0.8)
    chance = chance * np.where(customers.bu == 0, 1.0, 0.7)
    chosen = np.flatnonzero(rng.random(len(chance)) < chance)
    created = customers.created[chosen]
    at_once = rng.random(len(chosen)) < 0.72
    late = rng.exponential(75, len(chosen)) * DAY_SECONDS
    # of the people known before the data began many are won over only in its course
    base = (created < 0) & (rng.random(len(chosen)) < 0.55)
    over_time = rng.random(len(chosen)) ** 0.9 * DAYS * DAY_SECONDS
    added = created + np.where(at_once, rng.integers(60, 7_200, len(chosen)), late)
    added = np.where(base, over_time, added).astype(np.int64)
    # working hours only: nobody adds a guide at four in the morning
    added = added // DAY_SECONDS * DAY_SECONDS + np.maximum(added % DAY_SECONDS, 9 * 3600)
    added = np.maximum(added, created + 60)
    inside = added < DAYS * DAY_SECONDS
    chosen, added = chosen[inside], added[inside]
    return chosen, customers.slot[chosen], _draw_source(customers.channel[chosen], rng), added


def _strangers(world: World, count: int, rng: np.random.Generator) -> tuple[Ints, Ints, Ints, Ints]:
    """Return the same for contacts whose person is not known (yet)."""
    slots = rng.integers(0, len(world.people.slot_store), count)
    added = np.floor(rng.random(count) ** 0.8 * (DAYS - SINCE // 3)).astype(np.int64) + SINCE // 3
    second = added * DAY_SECONDS + rng.integers(9 * 3600, 22 * 3600, count)
    source = rng.choice(6, size=count, p=[0.34, 0.18, 0.30, 0.10, 0.02, 0.06]).astype(np.int64)
    keep = second < DAYS * DAY_SECONDS
    return np.full(keep.sum(), -1), slots[keep], source[keep], second[keep]


def _again(world: World, persons: tuple[Ints, Ints, Ints, Ints], rng: np.random.Generator) -> tuple[Ints, ...]:
    """Return second contacts of known persons: another guide of the store adds them, or they join a group."""
    customer, slot, source, added = persons
    rows = np.flatnonzero((slot >= 0) & (rng.random(len(slot)) < 0.08))
    store = world.people.slot_store[slot[rows]]
    other = world.people.slot_start[store] + np.floor(rng.random(len(rows)) * world.people.slots_of[store])
    second = added[rows] + rng.integers(2, 90, len(rows)) * DAY_SECONDS
    keep = second < DAYS * DAY_SECONDS
    return customer[rows][keep], other.astype(np.int64)[keep], source[rows][keep], second[keep]


def _removals(world: World, slot: Ints, added: Ints, erased: Ints, rng: np.random.Generator) -> tuple[Ints, Flags]:
    """Return when each contact was removed and whether the customer did it; the store in trouble loses many."""
    count = len(added)
    removed = added + ((rng.exponential(LOSS_DAYS, count) + 1) * DAY_SECONDS).astype(np.int64)
    in_trouble = (slot >= 0) & (world.people.slot_store[slot] == world.org.trouble)
    angry_day = TROUBLE_FROM + np.floor(rng.random(count) * (DAYS - TROUBLE_FROM)).astype(np.int64)
    angry = angry_day * DAY_SECONDS + rng.integers(9 * 3600, 22 * 3600, count)
    leaves = in_trouble & (rng.random(count) < 0.30) & (angry > added)
    removed = np.where(leaves, np.minimum(removed, angry), removed)
    by_customer = leaves | (rng.random(count) >= STAFF_SHARE)
    removed = np.minimum(removed, np.maximum(erased, added + 60))
    return np.where(removed < DAYS * DAY_SECONDS, removed, NEVER * DAY_SECONDS), by_customer


def build_contacts(world: World, erased: Ints, *, sink: Sink) -> Contacts:
    """Write contacts.csv (without is_first, which the loader computes) and return the contacts."""
    rng = rng_for(world.seed, "contacts")
    persons = _persons(world, rng)
    strangers = _strangers(world, max(6, len(persons[0]) // 7), rng)
    again = _again(world, persons, rng)
    customer, slot, source, added = (np.concatenate(parts) for parts in zip(persons, strangers, again, strict=True))
    repeated = np.arange(len(added)) >= len(persons[0]) + len(strangers[0])
    order = np.argsort(added, kind="stable")
    customer, slot, source, added = (part[order] for part in (customer, slot, source, added))
    repeated = repeated[order]
    by_guide = (slot >= 0) & ((source == SOURCE_STORE) | (rng.random(len(slot)) < 0.6))
    source = np.where((source == SOURCE_STORE) & ~by_guide, 5, source)
    slot = np.where(by_guide, slot, -1)
    day = np.floor_divide(added, DAY_SECONDS)
    people = world.people
    employee = people.holder(slot, np.maximum(day, people.first_starts[slot]))
    unit = np.where(slot >= 0, world.org.store_unit[people.slot_store[slot]], -1)
    unit = np.where((unit < 0) & (customer >= 0), world.org.bu_units[world.customers.bu[customer]], unit)
    kind = np.where(repeated, 1, np.where(slot >= 0, 0, rng.integers(1, 4, len(slot))))
    gone = np.where(customer >= 0, erased[customer], NEVER * DAY_SECONDS)
    removed, by_customer = _removals(world, slot, added, gone, rng)
    _, at = np.unique(np.where(customer >= 0, customer, -1 - np.arange(len(customer))), return_index=True)
    first = np.zeros(len(customer), dtype=bool)
    first[at] = True
    contacts = Contacts(customer, slot, employee, unit, source, kind, added, removed, by_customer, first)
    _write(world, contacts, rng, sink)
    return contacts


def _write(world: World, contacts: Contacts, rng: np.random.Generator, sink: Sink) -> None:
    count = len(contacts.added)
    months = np.searchsorted(MONTH_STARTS, contacts.added_day, side="right") - 1
    paid = (contacts.source == 2) & (months >= 0)
    campaign = np.where(paid, world.campaigns.draw(months.astype(np.int64), ad=True, rng=rng), -1)
    open_ = contacts.removed >= NEVER * DAY_SECONDS
    sink.add(
        "contacts",
        {
            "contact_id": numbered("K", np.arange(1, count + 1), width=8),
            "customer_id": labels(world.customers.ids, contacts.customer),
            "employee_id": labels(world.people.ids, contacts.employee),
            "unit_id": labels(world.org.units, contacts.unit),
            "kind": labels(KINDS, contacts.kind),
            "source": labels(SOURCES, contacts.source),
            "campaign_id": labels(world.campaigns.ids, campaign),
            "added_at": moments(contacts.added),
            "removed_at": optional(moments(np.where(open_, 0, contacts.removed)), ~open_),
            "removed_by": labels(("customer", "staff"), np.where(open_, -1, np.where(contacts.by_customer, 0, 1))),
        },
    )


def write_service(world: World, contacts: Contacts, *, sink: Sink) -> None:
    """Write service_daily.csv for the last months: chats, how many were answered, how fast."""
    rng = rng_for(world.seed, "service")
    people = world.people
    first = int(MONTH_STARTS[len(MONTH_STARTS) - 1 - world.scale.service_months])
    span = DAYS - first
    slot, day = (
        axis.ravel() for axis in np.meshgrid(np.arange(len(people.slot_store)), np.arange(span), indexing="ij")
    )
    day = day + first
    employee = people.holder(slot, day)
    on_duty = (employee >= 0) & (rng.random(len(slot)) < 0.78)
    slot, day, employee = slot[on_duty], day[on_duty], employee[on_duty]
    trouble = (people.slot_store[slot] == world.org.trouble) & (day >= TROUBLE_FROM)
    pace = rng.lognormal(0, 0.3, len(people.slot_store))[slot]
    chats = 1 + rng.poisson(7 * np.where(trouble, 1.3, 1.0), len(slot))
    answered = np.clip(rng.normal(np.where(trouble, 0.70, 0.95), 0.03), 0.2, 1.0)
    minutes = np.clip(rng.normal(np.where(trouble, 24.0, 6.2), 1.6) * pace, 0.5, 180.0)
    new = _count_by(employee, day, contacts.employee, contacts.added_day)
    lost = _count_by(employee, day, contacts.employee, np.where(contacts.by_customer, contacts.removed_day, NEVER))
    order = np.lexsort((employee, day))
    columns = {
        "date": dates(day),
        "employee_id": labels(people.ids, employee),
        "chats": pa.array(chats),
        "messages": pa.array(chats * rng.integers(3, 7, len(slot))),
        "replied_share": decimals(np.round(answered * 100).astype(np.int64)),
        "avg_first_reply_min": decimals(np.round(minutes * 10).astype(np.int64), places=1),
        "new_contacts": pa.array(new),
        "removed_contacts": pa.array(lost),
    }
    sink.add("service_daily", {name: column.take(pa.array(order)) for name, column in columns.items()})


def _count_by(employee: Ints, day: Ints, of_employee: Ints, on_day: Ints) -> Ints:
    """Return how many events each (employee, day) has."""
    known = (of_employee >= 0) & (on_day >= 0) & (on_day < DAYS)
    keys = np.sort(of_employee[known] * (DAYS + 1) + on_day[known])
    wanted = employee * (DAYS + 1) + day
    return (np.searchsorted(keys, wanted, side="right") - np.searchsorted(keys, wanted, side="left")).astype(np.int64)
