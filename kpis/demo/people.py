"""Employees and their roles: headquarters from posts.py, region and store managers, guides who come and go. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from kpis.demo.chart import given_up, guide_seat, head_seat, post_seats, write_lines, write_seats
from kpis.demo.org import BUSINESS_UNITS, OWNER_OF_REGION, Org
from kpis.demo.posts import HELD, POSTS
from kpis.demo.scale import DAYS, START, Flags, Ints, Scale, date_of, day_of, rng_for
from kpis.demo.write import Cell, Sink

SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高梁郑谢宋唐许韩冯邓曹彭曾萧田董潘袁蔡蒋余于杜叶程魏苏吕丁任沈"
GIVEN_NAMES = (
    "雨桐 思远 佳怡 子涵 晓峰 静文 嘉欣 浩然 梦洁 志强 雅婷 俊杰 欣妍 建国 诗涵 伟明 雪琴 文博 慧敏 宇航 "
    "丽娜 明轩 若曦 海涛 婉清 天宇 秀英 立新 可馨 泽宇 芳 磊 洁 敏 倩 鹏 燕 琳 璐 婷 悦 颖 莹 帆 楠 宁 瑶 蕾 薇 岚"
)
GIVEN = tuple(GIVEN_NAMES.split())
ROLLOUT = {"R01": 0, "R02": 90, "R03": 180, "R04": 270}  # day on which the guides of a region take up the digital role
NEVER = 10**6
FIRST_STORE_NUMBER = 1_001


@dataclass(frozen=True, slots=True)
class People:
    """Employees as arrays. A slot is one guide's place in a store, held by at most two people one after the other."""

    ids: pa.Array
    index: dict[str, int]
    units: tuple[str, ...]
    managers: Ints
    fills: tuple[str, ...]
    hired: Ints
    left: Ints
    slot_store: Ints
    slot_start: Ints
    slots_of: Ints
    first: Ints
    first_starts: Ints
    first_leaves: Ints
    second: Ints
    second_starts: Ints
    digital: Flags
    digital_from: Ints

    def holder(self, slots: Ints, days: Ints) -> Ints:
        """Return the employee who holds each slot on each day; -1 while the place is vacant or there is no slot."""
        at_work = (days >= self.first_starts[slots]) & (days < self.first_leaves[slots])
        found = np.where(at_work, self.first[slots], -1)
        found = np.where(days >= self.second_starts[slots], self.second[slots], found)
        return np.where(slots < 0, -1, found)

    def text(self, employee: int) -> str:
        """Return the employee id of a position."""
        return str(self.ids[employee].as_py())


@dataclass(slots=True)
class _Roll:
    """Collects employee rows in order."""

    rows: list[list[Cell]]
    names: Iterator[str]

    def hire(
        self,
        number: int,
        unit: str,
        boss: str | None,
        fill: str,
        cost: Cell,
        hired: date,
        left: date | None,
        *,
        seat: str,
    ) -> int:
        """Add one employee; return the position."""
        self.rows.append(
            [f"E{number:05d}", next(self.names), unit, boss, fill, "1.0", hired, left, cost, seat, None, None]
        )
        return len(self.rows) - 1


def _names(*, seed: int, count: int) -> Iterator[str]:
    rng = rng_for(seed, "names")
    surnames, given = rng.integers(len(SURNAMES), size=count), rng.integers(len(GIVEN), size=count)
    return (SURNAMES[a] + GIVEN[b] for a, b in zip(surnames, given, strict=True))


def _headquarters(roll: _Roll) -> dict[str, str]:
    ids: dict[str, str] = {}
    seats = post_seats()
    for number, post in enumerate(POSTS, start=1):
        ids[post.key] = f"E{number:05d}"
        boss = ids[post.boss] if post.boss else None
        cost, seat = f"{post.cost}.00", seats[post.key]
        position = roll.hire(number, post.unit, boss, post.fill, cost, post.hired, post.left, seat=seat)
        roll.rows[position][5] = post.fte
    return ids


@dataclass(frozen=True, slots=True)
class _Slots:
    """The places of guides in stores and the days on which they change hands."""

    store: Ints
    start: Ints
    counts: Ints
    hired: Ints
    leaves: Ints
    replaced: Ints


def _plan_slots(org: Org, *, seed: int) -> _Slots:
    rng = rng_for(seed, "slots")
    counts = rng.choice([3, 4, 5], p=[0.2, 0.6, 0.2], size=len(org.store_ids)).astype(np.int64)
    counts[[0, org.trouble]] = 4
    store = np.repeat(np.arange(len(counts)), counts)
    start = np.concatenate([[0], np.cumsum(counts)[:-1]])
    total = len(store)
    hired = -rng.integers(30, 1_600, total)
    late = rng.random(total) < 0.08
    hired = np.where(late, rng.integers(30, 500, total), hired)
    leaves = np.where(rng.random(total) < 0.26, rng.integers(150, DAYS - 20, total), NEVER)
    leaves = np.where(leaves < hired + 120, NEVER, leaves)
    leaves[start[0] : start[0] + 2] = NEVER  # the demo's guide works in the first store all the time
    hired[start[0] : start[0] + 2] = -400
    gap = rng.integers(10, 70, total)
    replaced = np.where((leaves < NEVER) & (rng.random(total) < 0.85), leaves + gap, NEVER)
    return _Slots(store, start, counts, hired, leaves, np.where(replaced < DAYS - 5, replaced, NEVER))


def _store_staff(roll: _Roll, org: Org, slots: _Slots, *, bosses: dict[str, str], seed: int) -> tuple[Ints, Ints]:
    """Hire store managers and guides; return the first and second holder of each slot."""
    rng = rng_for(seed, "pay")
    costs = rng.integers(56, 92, len(slots.store)) * 100
    first = np.full(len(slots.store), -1, dtype=np.int64)
    second = first.copy()
    number = FIRST_STORE_NUMBER
    for store, unit in enumerate(org.store_ids):
        hired = date_of(-int(rng.integers(300, 2_000)))
        pay, above = f"{9_500 + 500 * (store % 6)}.00", bosses[org.store_region[store]]
        roll.hire(number, unit, above, "internal", pay, hired, None, seat=head_seat(unit))
        boss = f"E{number:05d}"
        number += 1
        for slot in range(slots.start[store], slots.start[store] + slots.counts[store]):
            cost, leaves, replaced = f"{costs[slot]}.00", int(slots.leaves[slot]), int(slots.replaced[slot])
            left = date_of(leaves - 1) if leaves < NEVER else None
            seat, came = guide_seat(unit, slot - int(slots.start[store])), date_of(int(slots.hired[slot]))
            first[slot] = roll.hire(number, unit, boss, "internal", cost, came, left, seat=seat)
            number += 1
            if replaced < NEVER:
                second[slot] = roll.hire(number, unit, boss, "internal", cost, date_of(replaced), None, seat=seat)
                number += 1
    return first, second


def _given_up(org: Org, slots: _Slots) -> dict[str, date | None]:
    """Return from which day guides' places are planned no longer, for those that nobody has taken for long."""
    open_ones = np.flatnonzero((slots.leaves < NEVER) & (slots.replaced == NEVER))
    return {
        guide_seat(org.store_ids[store], int(slot - slots.start[store])): given_up(date_of(int(slots.leaves[slot]) - 1))
        for slot, store in zip(open_ones.tolist(), slots.store[open_ones].tolist(), strict=True)
    }


def _digital_roles(org: Org, roll: _Roll, first: Ints, second: Ints, slots: _Slots) -> list[list[Cell]]:
    """Return the guides' assignments: Lanxi region by region, Xiaoya two pilot guides part time."""
    pilot = int(np.flatnonzero(org.store_bu == 1)[0])
    rows: list[list[Cell]] = []
    for slot, store in enumerate(slots.store):
        in_pilot = store == pilot and slot - slots.start[store] < 2
        if org.store_bu[store] == 1 and not in_pilot:
            continue
        wave = START if not in_pilot else date(2025, 6, 2)
        wave = max(wave, date_of(ROLLOUT.get(org.store_region[store], 0)))
        for person in (first[slot], second[slot]):
            if person < 0:
                continue
            employee, _, unit, _, _, _, hired, left, *_ = roll.rows[person]
            begin = max(wave, hired) if isinstance(hired, date) else wave
            if isinstance(left, date) and left <= begin:
                continue
            rows.append([employee, "digital-guide", unit, "0.4" if in_pilot else "1.0", begin, left])
    return rows


def build_people(scale: Scale, org: Org, *, seed: int, sink: Sink) -> tuple[People, dict[str, str]]:
    """Write employees.csv and what stands around it; return the people and the ids of the posts by key."""
    roll = _Roll([], _names(seed=seed, count=len(POSTS) + scale.stores * 14 + 20))
    posts = _headquarters(roll)
    bosses: dict[str, str] = {}
    for number, (region, _) in enumerate(scale.regions, start=101):
        boss = posts[BUSINESS_UNITS[OWNER_OF_REGION[region]].lower()]
        roll.hire(
            number, region, boss, "internal", "28000.00", date(2018, 3, number - 90), None, seat=head_seat(region)
        )
        bosses[region] = f"E{number:05d}"
    slots = _plan_slots(org, seed=seed)
    first, second = _store_staff(roll, org, slots, bosses=bosses, seed=seed)
    columns = (
        "employee_id",
        "display_name",
        "unit_id",
        "manager_id",
        "fill_mode",
        "fte",
        "hired_on",
        "left_on",
        "monthly_cost",
        "seat_id",
        "starts_on",
        "ends_on",
    )
    regions, counts = [region for region, _ in scale.regions], slots.counts.tolist()
    write_seats(org, regions=regions, slots_of=counts, ends=_given_up(org, slots), sink=sink)
    sink.add_rows("employees", columns, roll.rows)
    roles: list[list[Cell]] = [[posts[h.key], h.role, h.unit, h.share, h.start, h.end] for h in HELD]
    guides = _digital_roles(org, roll, first, second, slots)
    sink.add_rows(
        "role_assignments", ("employee_id", "role_id", "unit_id", "share", "start_on", "end_on"), roles + guides
    )
    write_lines(org, posts=posts, sink=sink)
    return _as_people(roll, slots, first, second, guides), posts


def _as_people(roll: _Roll, slots: _Slots, first: Ints, second: Ints, guides: list[list[Cell]]) -> People:
    ids = [str(row[0]) for row in roll.rows]
    index = {employee: position for position, employee in enumerate(ids)}
    digital = np.zeros(len(ids), dtype=bool)
    digital_from = np.full(len(ids), NEVER, dtype=np.int64)
    for row in guides:
        position = index[str(row[0])]
        digital[position] = True
        digital_from[position] = day_of(row[4]) if isinstance(row[4], date) else 0
    return People(
        ids=pa.array(ids),
        index=index,
        units=tuple(str(row[2]) for row in roll.rows),
        managers=np.array([index[str(row[3])] if row[3] else -1 for row in roll.rows], dtype=np.int64),
        fills=tuple(str(row[4]) for row in roll.rows),
        hired=np.array([day_of(row[6]) for row in roll.rows if isinstance(row[6], date)], dtype=np.int64),
        left=np.array([day_of(row[7]) + 1 if isinstance(row[7], date) else NEVER for row in roll.rows], dtype=np.int64),
        slot_store=slots.store,
        slot_start=slots.start,
        slots_of=slots.counts,
        first=first,
        first_starts=slots.hired,
        first_leaves=slots.leaves,
        second=second,
        second_starts=slots.replaced,
        digital=digital,
        digital_from=digital_from,
    )
