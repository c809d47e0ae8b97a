"""Campaigns, advertising and content: the calendar of a fashion house, its media plan and its posts. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from kpis.demo.scale import DAYS, END, MONTH_STARTS, MONTHS, Floats, Ints, Scale, rng_for
from kpis.demo.season import month_weights
from kpis.demo.write import Cell, Sink, dates, decimals, labels, numbered

SALES_PER_STORE = 500_000  # expected net sales of a store in all months; campaign money is planned from it
EVENTS: tuple[tuple[str, str, str, tuple[int, int], tuple[int, int], float], ...] = (
    ("双11大促", "promotion", "private-mall-ops", (11, 1), (11, 13), 2.0),
    ("年终会员回馈", "member", "member-ops", (12, 10), (12, 31), 1.0),
    ("新春焕新", "promotion", "content-marketing", (1, 5), (1, 25), 1.1),
    ("38女神节", "promotion", "content-marketing", (3, 1), (3, 10), 1.0),
    ("老带新有礼", "referral", "user-ops", (4, 10), (5, 10), 0.5),
    ("618大促", "promotion", "private-mall-ops", (6, 1), (6, 20), 1.7),
    ("七夕联名", "co_brand", "content-marketing", (8, 5), (8, 22), 0.9),
    ("会员日", "member", "member-ops", (9, 8), (9, 12), 0.6),
    ("秋季新品种草", "content", "content-marketing", (10, 8), (10, 31), 0.8),
)
PLATFORMS = ("tencent_ads", "ocean_engine", "alimama", "xiaohongshu", "bilibili_ads", "weibo_ads")
PLATFORM_NAMES = ("腾讯广告", "巨量引擎", "阿里妈妈", "小红书", "哔哩哔哩", "微博")
PLATFORM_FROM = (0, 0, 0, 5, 13, 18)  # month in which a medium is used for the first time
PLATFORM_SHARE = (0.30, 0.27, 0.20, 0.13, 0.06, 0.04)
RETURN = (3.4, 3.0, 4.4, 2.6, 1.9, 1.6)
CREATIVES = 2
CONTENT_CHANNELS = ("private_mall", "public_platform", "livestream", "store")
TIERS = ("basic", "value_added", "scarce")


@dataclass(frozen=True, slots=True)
class Campaigns:
    """Campaigns as arrays; `ads[month]` and `others[month]` are the positions an order or a contact may point to."""

    ids: pa.Array
    ads: tuple[Ints, ...]
    others: tuple[Ints, ...]

    def draw(self, months: Ints, *, ad: bool, rng: np.random.Generator) -> Ints:
        """Draw a campaign that runs in each month; -1 where none does."""
        found = np.full(len(months), -1, dtype=np.int64)
        for month, choices in enumerate(self.ads if ad else self.others):
            rows = np.flatnonzero(months == month)
            if len(rows) and len(choices):
                found[rows] = rng.choice(choices, len(rows))
        return found


def _calendar() -> list[tuple[str, str, str, date, date, float, int]]:
    """Return (name, kind, owner role, first day, last day, relative cost, month) of every campaign but ads."""
    rows = []
    for month, period in enumerate(MONTHS):
        year = period.start.year
        for name, kind, role, first, last, cost in EVENTS:
            start, end = date(year, *first), date(year, *last)
            if start.month == period.start.month:
                rows.append((f"{year} {name}", kind, role, start, min(end, END - timedelta(days=1)), cost, month))
        label = f"{period.start:%Y-%m} 私域内容计划"
        rows.append((label, "content", "content-marketing", period.start, period.last_day, 0.35, month))
    return rows


def build_campaigns(scale: Scale, *, seed: int, sink: Sink) -> Campaigns:
    """Write campaigns.csv: the calendar, and one advertising campaign for each medium and month."""
    rng = rng_for(seed, "campaigns")
    budget = scale.stores * SALES_PER_STORE * 0.02
    calendar = _calendar()
    unit = budget / sum(row[5] for row in calendar)
    rows: list[list[Cell]] = []
    ads: list[list[int]] = [[] for _ in MONTHS]
    others: list[list[int]] = [[] for _ in MONTHS]
    for name, kind, role, start, end, cost, month in calendar:
        others[month].append(len(rows))
        amount = f"{unit * cost * rng.uniform(0.85, 1.15):.2f}"
        rows.append([f"CP{len(rows) + 1:03d}", name, kind, role, start, end, amount])
    for month, period in enumerate(MONTHS):
        for medium, since in enumerate(PLATFORM_FROM):
            if month >= since:
                ads[month].append(len(rows))
                name = f"{period.start:%Y-%m} {PLATFORM_NAMES[medium]}投放"
                row: list[Cell] = [f"CP{len(rows) + 1:03d}", name, "ad", "ad-delivery", period.start, period.last_day]
                rows.append([*row, f"{unit * 0.05 * rng.uniform(0.7, 1.3):.2f}"])
    sink.add_rows("campaigns", ("campaign_id", "name", "kind", "owner_role", "start_on", "end_on", "actual_cost"), rows)
    ids = pa.array([str(row[0]) for row in rows])
    return Campaigns(ids, _positions(ads), _positions(others))


def _positions(lists: list[list[int]]) -> tuple[Ints, ...]:
    return tuple(np.array(positions, dtype=np.int64) for positions in lists)


@dataclass(frozen=True, slots=True)
class AdTotals:
    """Totals of ad_spend by month; money in cents."""

    cost: Floats
    impressions: Floats
    clicks: Floats
    revenue: Floats


def write_ad_spend(campaigns: Campaigns, monthly_sales: Floats, *, seed: int, sink: Sink) -> AdTotals:
    """Write ad_spend.csv, a little over two percent of sales."""
    rng = rng_for(seed, "ads")
    totals = AdTotals(*(np.zeros(len(MONTHS)) for _ in range(4)))
    for month, period in enumerate(MONTHS):
        days = (period.end - period.start).days
        media = np.arange(len(campaigns.ads[month]))
        grid = np.array(np.meshgrid(np.arange(days), media, np.arange(CREATIVES), indexing="ij")).reshape(3, -1)
        share = np.array(PLATFORM_SHARE)[media]
        base = monthly_sales[month] * 0.022 / days / CREATIVES * (share / share.sum())[grid[1]]
        cost = np.round(base * rng.lognormal(0, 0.22, len(base))).astype(np.int64)
        learning = 1 + 0.1 * month / len(MONTHS)
        impressions = np.round(cost / 100 / rng.uniform(0.028, 0.04, len(base))).astype(np.int64)
        clicks = rng.binomial(impressions, 0.013 * learning * (1 + 0.25 * grid[2]))
        revenue = np.round(cost * np.array(RETURN)[grid[1]] * learning * rng.lognormal(-0.03, 0.25, len(base)))
        for total, column in zip(
            (totals.cost, totals.impressions, totals.clicks, totals.revenue),
            (cost, impressions, clicks, revenue),
            strict=True,
        ):
            total[month] = column.sum()
        sink.add(
            "ad_spend",
            {
                "date": dates(MONTH_STARTS[month] + grid[0]),
                "platform": labels(PLATFORMS, media[grid[1]]),
                "campaign_id": labels(campaigns.ids, campaigns.ads[month][grid[1]]),
                "creative_id": numbered("CR-", month * 100 + grid[1] * 10 + grid[2], width=4),
                "cost": decimals(cost),
                "impressions": pa.array(impressions),
                "clicks": pa.array(clicks),
                "attributed_revenue": decimals(revenue.astype(np.int64)),
            },
        )
    return totals


def write_content(scale: Scale, campaigns: Campaigns, *, seed: int, sink: Sink) -> tuple[Floats, Floats]:
    """Write content_stats.csv: posts with a fading audience; tiers near 40/35/25, a quarter from users.

    Return how many posts were seen and how many reactions they got, by month.
    """
    rng = rng_for(seed, "content")
    first = int(MONTH_STARTS[scale.detail_from])
    span = DAYS - first
    count = max(12, int(span * (0.5 if scale.name == "tiny" else 1.8)))
    born = np.sort(first + np.floor(rng.random(count) * span).astype(np.int64))
    channel = rng.choice(4, size=count, p=[0.42, 0.33, 0.15, 0.10])
    tier = rng.choice(3, size=count, p=[0.40, 0.35, 0.25])
    month = np.searchsorted(MONTH_STARTS, born, side="right") - 1
    plan = np.where(rng.random(count) < 0.4, campaigns.draw(month, ad=False, rng=rng), -1)
    fame = rng.lognormal(7.6, 0.8, count) * (1 + 0.3 * born / DAYS) * month_weights()[month] * 24
    ugc = rng.random(count) < 0.24
    age = np.arange(7)
    item, lag = (axis.ravel() for axis in np.meshgrid(np.arange(count), age, indexing="ij"))
    shown = born[item] + lag < DAYS
    item, lag = item[shown], lag[shown]
    views = np.round(fame[item] * 0.55**lag * rng.lognormal(0, 0.2, len(item))).astype(np.int64) + 5
    pull = np.array([1.0, 1.25, 1.6])[tier[item]]
    reactions = [rng.binomial(views, rate * pull) for rate in (0.032, 0.007, 0.009, 0.011)]
    sink.add(
        "content_stats",
        {
            "date": dates(born[item] + lag),
            "content_id": numbered("CT-", item + 1, width=5),
            "campaign_id": labels(campaigns.ids, plan[item]),
            "channel": labels(CONTENT_CHANNELS, channel[item]),
            "tier": labels(TIERS, tier[item]),
            "is_ugc": pa.array(ugc[item]),
            "views": pa.array(views),
            "likes": pa.array(reactions[0]),
            "comments": pa.array(reactions[1]),
            "shares": pa.array(reactions[2]),
            "saves": pa.array(reactions[3]),
        },
    )
    seen = np.searchsorted(MONTH_STARTS, born[item] + lag, side="right") - 1
    posts = np.unique(seen * count + item) // count
    by_month = np.bincount(seen, weights=np.sum(reactions, axis=0), minlength=len(MONTHS))
    output = np.bincount(posts, minlength=len(MONTHS))
    return output.astype(np.float64), by_month.astype(np.float64)


def campaign_of_customers(campaigns: Campaigns, created_day: Ints, online: Ints, *, seed: int) -> Ints:
    """Return which advertising campaign won each customer: a third of the online ones, few of the others."""
    rng = rng_for(seed, "acquisition")
    month = np.where(created_day >= 0, np.searchsorted(MONTH_STARTS, created_day, side="right") - 1, -1)
    won = rng.random(len(month)) < np.where(online > 0, 0.34, 0.05)
    return np.where(won, campaigns.draw(month.astype(np.int64), ad=True, rng=rng), -1)
