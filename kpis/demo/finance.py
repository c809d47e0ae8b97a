"""Costs and budget by month, and milestones kept or missed. Pure.

Amounts follow the sales of the chosen scale, so that margins look like those of an apparel firm at every scale.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from kpis.demo.customers import MALL, PLATFORM
from kpis.demo.orders import Ledger, World
from kpis.demo.scale import END, MONTHS, Floats, rng_for
from kpis.demo.write import Cell, Sink

# cost type, unit, channel, what it follows, part of it
LINES: tuple[tuple[str, str, str | None, str, float], ...] = (
    ("content", "D-MKT", None, "sales", 0.020),
    ("campaign", "D-MKT", None, "sales", 0.020),
    ("technology", "D-IT", None, "sales", 0.016),
    ("infrastructure", "D-IT", None, "sales", 0.010),
    ("training", "D-TR", None, "sales", 0.006),
    ("labour", "HQ", None, "sales", 0.030),
    ("other", "HQ", None, "sales", 0.012),
    ("labour", "BU1-UC", "private_mall", "mall", 0.080),
    ("technology", "BU1-UC", "private_mall", "mall", 0.025),
    ("logistics", "BU1-UC", "private_mall", "mall", 0.040),
    ("labour", "D-EC", "public_platform", "platform", 0.060),
    ("campaign", "D-EC", "public_platform", "platform", 0.070),
    ("logistics", "D-EC", "public_platform", "platform", 0.055),
)
STORE_LABOUR = 0.095
CONTINGENCY = {2024: 0.09, 2025: 0.11, 2026: 0.17}  # part of the budget; 15-20 % is the rule, met in 2026 only


@dataclass(frozen=True, slots=True)
class Spending:
    """Actual costs by month in yuan: all, of winning customers, and of two channels; and all budgets."""

    all: Floats
    acquisition: Floats
    mall: Floats
    platform: Floats
    budget: Floats


def write_costs(world: World, ledger: Ledger, ads: Floats, *, sink: Sink) -> Spending:
    """Write costs.csv: each line as budget and actual, store labour by store, and the contingency."""
    rng = rng_for(world.seed, "costs")
    net = ledger.net / 100
    follows = {
        "sales": ledger.monthly(net),
        "mall": ledger.monthly(net, ledger.channel == MALL),
        "platform": ledger.monthly(net, ledger.channel == PLATFORM),
    }
    spending = Spending(*(np.zeros(len(MONTHS)) for _ in range(5)))
    rows: list[list[Cell]] = []
    for month, period in enumerate(MONTHS):
        planned = 0.0
        lines = [(kind, unit, channel, follows[base][month] * part) for kind, unit, channel, base, part in LINES]
        lines.append(("ad_media", "D-MKT", None, ads[month] / 100))
        share = follows["sales"][month] * STORE_LABOUR
        weight = world.org.store_weight / world.org.store_weight.sum()
        lines += [("labour", unit, None, share * w) for unit, w in zip(world.org.store_ids, weight, strict=True)]
        for kind, unit, channel, amount in lines:
            actual = amount * rng.lognormal(0, 0.05)
            budget = amount * rng.lognormal(0.01, 0.06)
            planned += budget
            _book(spending, month, kind, channel, actual)
            rows.append([str(period), kind, "budget", unit, channel, f"{budget:.2f}"])
            rows.append([str(period), kind, "actual", unit, channel, f"{actual:.2f}"])
        part = CONTINGENCY[period.start.year]
        reserve = planned * part / (1 - part)
        spent = reserve * rng.uniform(0.35, 0.7)
        spending.budget[month] = planned + reserve
        spending.all[month] += spent
        rows.append([str(period), "contingency", "budget", "HQ", None, f"{reserve:.2f}"])
        rows.append([str(period), "contingency", "actual", "HQ", None, f"{spent:.2f}"])
    sink.add_rows("costs", ("period", "cost_type", "version", "unit_id", "channel", "amount"), rows)
    return spending


def _book(spending: Spending, month: int, kind: str, channel: str | None, amount: float) -> None:
    spending.all[month] += amount
    if kind in ("ad_media", "campaign"):
        spending.acquisition[month] += amount
    if channel == "private_mall":
        spending.mall[month] += amount
    if channel == "public_platform":
        spending.platform[month] += amount


# kind, owner role, unit, number a month, chance to be on time
KINDS: tuple[tuple[str, str, str, int, float], ...] = (
    ("objective", "omni-strategy", "BU1-UC", 3, 0.80),
    ("objective", "user-ops", "BU1-UC", 2, 0.85),
    ("project", "private-mall-ops", "BU1-UC", 2, 0.78),
    ("project", "user-ops", "BU2-PRJ", 1, 0.60),
    ("cross_team", "product-ops", "D-IT", 5, 0.84),
    ("cross_team", "merchandise-ops", "D-MD", 2, 0.82),
    ("release", "product-ops", "D-IT", 4, 0.86),
    ("report", "data-analysis", "D-DA", 6, 0.93),
)


# by kind: what was to be done, in the words of both languages
TITLES: Mapping[str, tuple[str, ...]] = {
    "objective": (
        "私域用户目标 New private users",
        "复购提升 Repurchase uplift",
        "高价值会员增长 More high-value members",
    ),
    "project": ("商城首页改版 Mall home page", "试点门店社群 Pilot store groups", "会员日活动 Member day"),
    "cross_team": (
        "会员数据打通 Joined member data",
        "线上线下同价 One price everywhere",
        "门店库存共享 Shared store stock",
    ),
    "release": ("小程序版本 Mini-program release", "导购助手版本 Guide app release"),
    "report": ("用户运营月报 User operations report", "渠道归因报告 Attribution report", "门店看板 Store dashboard"),
}


def write_milestones(world: World, *, sink: Sink) -> None:
    """Write milestones.csv: most on time, some late, a few not done yet."""
    rng = rng_for(world.seed, "milestones")
    rows: list[list[Cell]] = []
    for period in MONTHS:
        for kind, role, unit, number, punctual in KINDS:
            for _ in range(number):
                planned = period.start + timedelta(days=int(rng.integers(1, (period.end - period.start).days)))
                late = rng.random() > punctual
                done = planned + timedelta(days=int(rng.integers(1, 26) if late else -rng.integers(0, 5)))
                finished = done if done < END and rng.random() > 0.02 else None
                title = f"{TITLES[kind][len(rows) % len(TITLES[kind])]} {period}"
                rows.append([f"M-{len(rows) + 1:04d}", kind, role, unit, planned, finished, title])
    sink.add_rows(
        "milestones", ("milestone_id", "kind", "owner_role", "unit_id", "planned_on", "done_on", "title"), rows
    )
