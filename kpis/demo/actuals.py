"""What the generated retailer achieved, month by month: the base on which its targets are planned. Pure.

These figures only steer the planner of the demo. The figures people see come from the KPI engine.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kpis.demo.customers import MALL, PLATFORM, STORE, Customers
from kpis.demo.finance import Spending
from kpis.demo.interactions import Activity
from kpis.demo.marketing import AdTotals
from kpis.demo.orders import Ledger, World
from kpis.demo.private import Contacts
from kpis.demo.scale import MONTH_STARTS, MONTHS, Floats, Ints, month_index

Actuals = dict[str, Floats]
Column = npt.NDArray[np.generic]
FIRST_TARGET = 10  # targets cover the last fourteen months
_PEOPLE_SQL = """
with active as (
    select m, customer from o where customer >= 0 union select m, customer from i where kind between 1 and 7
), buyer as (
    select m, customer, count(distinct day) as days, max(ch = 1) as mall, sum(net) as net,
        count(distinct day) filter (ch = 1) as mall_days, max(day) as last_day
    from o where customer >= 0 group by all
)
select m,
    (select count(*) from active a where a.m = months.m) as active,
    (select count(*) from active a join c using (customer)
        where a.m = months.m and c.member < months.hi) as member_active,
    count(*) as buyers, count(*) filter (days > 1) as repeaters,
    count(*) filter (mall) as mall_buyers, count(*) filter (mall_days > 1) as mall_repeaters,
    count(*) filter (c.member <= last_day) as member_buyers,
    count(*) filter (c.member <= last_day and days > 1) as member_repeaters,
    coalesce(sum(net) filter (c.member <= last_day), 0)::double as member_sales,
    count(*) filter (exists (from buyer p where p.m = b.m - 1 and p.customer = b.customer)) as retained
from months join buyer b using (m) join c using (customer) group by m, months.hi order by m
"""
_LAPSED_SQL = """
with seen as (select customer, min(day) as first_day, max(day) as last_day from o where customer >= 0 group by all)
select months.m,
    count(*) filter (s.first_day < months.lo - 180) as known,
    count(*) filter (s.first_day < months.lo - 180 and not exists (
        from o where o.customer = s.customer and o.day >= months.lo - 180 and o.day < months.lo)) as lapsed,
    count(*) filter (s.first_day < months.lo - 180 and not exists (
        from o where o.customer = s.customer and o.day >= months.lo - 180 and o.day < months.lo)
        and exists (from o where o.customer = s.customer and o.m = months.m)) as recalled
from months, seen s where months.m >= 17 group by months.m order by months.m
"""
_PRIVATE_SQL = """
with friend as (
    select distinct months.m, k.customer, {by} as owner
    from months join k on k.added < months.hi and k.removed >= months.lo
    where k.customer >= 0 and {by} >= 0
), buyer as (
    select o.m, o.customer, o.{by} as owner, count(distinct o.day) as days from o
    join k on k.customer = o.customer and k.{by} = o.{by} and k.added < o.day and k.removed > o.day
    where o.customer >= 0 and o.{by} >= 0 group by all
), doing as (select distinct m, customer, {by} as owner from i where kind between 1 and 6)
select months.m,
    (select count(*) from friend f where f.m = months.m) as friends,
    (select count(*) from friend f semi join doing d using (m, customer, owner) where f.m = months.m) as active,
    (select count(*) from buyer b where b.m = months.m) as buyers,
    (select count(*) from buyer b where b.m = months.m and days > 1) as repeaters
from months order by months.m
"""
_WORTH_SQL = """
with base as (
    select customer, max(day) as r, count(*) as f, sum(net) as money from o
    where customer >= 0 and day < {end} and day >= {end} - 365 group by all
), ranked as (
    select customer, 1 + least(4, 5 * (rank() over (order by r) - 1) // count(*) over ()) as rs,
        1 + least(4, 5 * (rank() over (order by f) - 1) // count(*) over ()) as fs,
        1 + least(4, 5 * (rank() over (order by money) - 1) // count(*) over ()) as ms
    from base
)
select 100.0 * count(*) filter (rs >= 3 and fs + ms >= 8) / count(*),
    100.0 * count(*) filter (rs >= 3 and fs + ms >= 8 and c.member < {end})
        / greatest(1, count(*) filter (c.member < {end}))
from ranked join c using (customer)
"""


@dataclass(frozen=True, slots=True)
class Books:
    """Totals that the writers of the other tables hand over, by month."""

    spending: Spending
    ads: AdTotals
    posts: Floats
    reactions: Floats
    stock: Floats
    visitors: Floats
    brand: Floats


def connect(world: World, ledger: Ledger, contacts: Contacts, activity: Activity) -> duckdb.DuckDBPyConnection:
    """Return a connection that sees the facts as o, i, k, c and the months; nothing is copied to disk."""
    db = duckdb.connect(config={"threads": 2, "memory_limit": "3GB", "preserve_insertion_order": False})
    stores = _store_of(world, ledger.unit.astype(np.int64))
    frames: dict[str, dict[str, Column]] = {
        "o": {
            "m": month_index(ledger.day.astype(np.int64)).astype(np.int8),
            "day": ledger.day, "customer": ledger.customer, "store": stores, "employee": ledger.employee,
            "ch": ledger.channel, "net": ledger.net, "everyone": np.zeros(len(ledger.net), np.int8),
        },
        "i": {
            "m": month_index(activity.day.astype(np.int64)).astype(np.int8),
            "day": activity.day, "customer": activity.customer, "kind": activity.kind, "employee": activity.employee,
            "n": activity.count, "everyone": np.zeros(len(activity.day), np.int8), "store": _store_of_employee(world,
            activity.employee.astype(np.int64)),
        },
        "k": {
            "customer": contacts.customer, "employee": contacts.employee,
            "store": _store_of(world, contacts.unit), "everyone": np.zeros(len(contacts.unit), np.int8),
            "added": contacts.added_day, "removed": contacts.removed_day, "first": contacts.first,
        },
        "c": {"customer": np.arange(len(world.customers.pool)), "member": world.customers.member_day},
        "months": {"m": np.arange(len(MONTHS)), "lo": MONTH_STARTS[:-1], "hi": MONTH_STARTS[1:]},
    }  # fmt: skip
    for name, columns in frames.items():
        db.register(name, pa.table({column: pa.array(values) for column, values in columns.items()}))
    return db


def _store_of(world: World, units: Ints) -> Ints:
    first = int(world.org.store_unit[0])
    return np.where(units >= first, units - first, -1)


def _store_of_employee(world: World, employees: Ints) -> Ints:
    units = {unit: position for position, unit in enumerate(world.org.store_ids)}
    store = np.array([units.get(unit, -1) for unit in world.people.units] + [-1], dtype=np.int64)
    return np.asarray(store[employees], dtype=np.int64)


def _columns(db: duckdb.DuckDBPyConnection, sql: str) -> Actuals:
    result = db.sql(sql).fetchnumpy()
    months = np.asarray(result.pop("m"), dtype=np.int64)
    filled = {}
    for name, values in result.items():
        filled[name] = np.full(len(MONTHS), np.nan)
        filled[name][months] = np.asarray(values, dtype=np.float64)
    return filled


def shares_by(db: duckdb.DuckDBPyConnection, by: str) -> tuple[Floats, Floats]:
    """Return the active share and the repurchase rate in percent over all owners of one kind (employee, store)."""
    found = _columns(db, _PRIVATE_SQL.format(by=by))
    return _percent(found["active"], found["friends"]), _percent(found["repeaters"], found["buyers"])


def _percent(part: Floats, whole: Floats) -> Floats:
    found = np.full(len(part), np.nan)
    np.divide(100 * part, whole, out=found, where=whole > 0)
    return found


def _stock_of(days: Ints) -> Floats:
    """Return how many of the things that start on these days exist at the end of each month."""
    return np.searchsorted(np.sort(days), MONTH_STARTS[1:]).astype(np.float64)


def _flow(days: Ints) -> Floats:
    months = month_index(days[(days >= 0) & (days < MONTH_STARTS[-1])])
    return np.bincount(months, minlength=len(MONTHS)).astype(np.float64)


def _money(ledger: Ledger, books: Books) -> Actuals:
    net, spend = ledger.net / 100, books.spending
    sales, goods, fees = ledger.monthly(net), ledger.monthly(ledger.cost / 100), ledger.monthly(ledger.fee / 100)
    found: Actuals = {"sales_net": sales, "net_profit": sales - goods - fees - spend.all}
    found["gross_margin_rate"] = _percent(sales - goods, sales)
    stock = books.stock / 100
    found["stock_turnover"] = np.divide(goods, stock, out=np.full(len(goods), np.nan), where=stock > 0)
    for name, channel, opex in (("mall", MALL, spend.mall), ("platform", PLATFORM, spend.platform)):
        rows = ledger.channel == channel
        part = ledger.monthly(net, rows)
        found[f"{name}_sales"] = part
        costs = ledger.monthly((ledger.cost + ledger.fee) / 100, rows) + opex
        found[f"{name}_profit_margin"] = _percent(part - costs, part)
        found[f"{name}_orders"] = ledger.monthly(np.ones(len(net)), rows)
    found["private_sales_share"] = _percent(found["mall_sales"], sales)
    found["exclusive_sales_share"] = _percent(
        ledger.lines.exclusive.astype(np.float64), ledger.lines.net.astype(np.float64)
    )
    guided = ledger.employee >= 0
    found["guide_store_sales"] = ledger.monthly(net, guided & (ledger.channel == STORE))
    found["guide_mall_sales"] = ledger.monthly(net, guided & (ledger.channel == MALL))
    found["sales_attributed"] = np.where(ledger.touched > 0, ledger.touched / 100, np.nan)
    campaign_costs = books.ads.cost / 100 + sales * 0.02
    found["marketing_roi"] = ledger.monthly(net, ledger.campaign) / campaign_costs
    return found


def _new(customers: Customers, contacts: Contacts, books: Books) -> Actuals:
    added = contacts.added_day
    found: Actuals = {"new_users": _flow(customers.created_day)}
    found["new_members"] = _flow(customers.member_day)
    found["cac"] = books.spending.acquisition / np.maximum(found["new_users"], 1)
    found["new_private_users"] = _flow(added[contacts.first])
    sources = {
        "guide_private_customers": 0,
        "platform_private_users": 1,
        "ad_private_users": 2,
        "content_private_users": 3,
    }
    for kpi, source in sources.items():
        found[kpi] = _flow(added[contacts.first & (contacts.source == source)])
    found["training_private_users"] = found["guide_private_customers"]
    found["ad_cost_per_private_user"] = books.ads.cost / 100 / np.maximum(found["ad_private_users"], 1)
    found["ad_roi"] = books.ads.revenue / books.ads.cost
    found["ad_ctr"] = _percent(books.ads.clicks, books.ads.impressions)
    found["ad_impressions"] = books.ads.impressions
    found["content_interactions"] = _seen(books.reactions)
    found["content_output"] = _seen(books.posts)
    found["platform_visitors"] = _seen(books.visitors)
    found["brand_buzz"] = books.brand
    return found


def _seen(values: Floats) -> Floats:
    return np.where(values > 0, values, np.nan)


def company_actuals(
    world: World, ledger: Ledger, contacts: Contacts, books: Books, db: duckdb.DuckDBPyConnection
) -> Actuals:
    """Return the figures of the company by KPI and month; nan where the demo has no data."""
    found = {**_money(ledger, books), **_new(world.customers, contacts, books)}
    people = _columns(db, _PEOPLE_SQL)
    lapsed = _columns(db, _LAPSED_SQL)
    friends = _columns(db, _PRIVATE_SQL.format(by="everyone"))
    moves = _columns(
        db,
        "select m, sum(n) filter (kind between 1 and 6)::double as inbound,"
        " count(distinct customer) filter (kind = 7) as visiting from i group by m order by m",
    )
    everyone, members = _stock_of(world.customers.created_day), _stock_of(world.customers.member_day)
    active, buyers = people["active"], people["buyers"]
    previous = np.concatenate([[np.nan], buyers[:-1]])
    found |= {
        "active_user_share": _percent(active, everyone),
        "user_conversion_rate": _percent(buyers, active),
        "repurchase_rate": _percent(people["repeaters"], buyers),
        "retention_rate": 100 * people["retained"] / previous,
        "churn_recall_rate": _percent(lapsed["recalled"], np.nan_to_num(lapsed["lapsed"])),
        "user_engagement": moves["inbound"] / friends["friends"],
        "member_active_rate": _percent(people["member_active"], members),
        "member_repurchase_rate": _percent(people["member_repeaters"], people["member_buyers"]),
        "avg_spend_per_member": people["member_sales"] / 100 / np.maximum(people["member_buyers"], 1),
        "mall_penetration": _percent(moves["visiting"], everyone),
        "mall_conversion_rate": _percent(people["mall_buyers"], moves["visiting"]),
        "mall_repurchase_rate": _percent(people["mall_repeaters"], people["mall_buyers"]),
        "platform_spend_per_user": found["platform_sales"] / np.maximum(found["platform_orders"], 1) * 1.12,
        "active_private_customer_share": _percent(friends["active"], friends["friends"]),
        "private_repurchase_rate": _percent(friends["repeaters"], friends["buyers"]),
        "new_user_activation_rate": _activation(db, found["new_private_users"]),
    }
    found |= _worth(db)
    return found


def _activation(db: duckdb.DuckDBPyConnection, new: Floats) -> Floats:
    # an order of the same day mostly came before the contact, so orders count from the next day on
    rows = _columns(
        db,
        "with e as (select customer, day from i where kind between 1 and 7 union all select customer, day - 1 from o)"
        " select months.m, count(*) as n from months join k on k.added >= months.lo and k.added < months.hi"
        " where k.first and k.customer >= 0"
        " and exists (from e where e.customer = k.customer and e.day between k.added and k.added + 7)"
        " group by months.m order by months.m",
    )
    return _percent(np.nan_to_num(rows["n"]), new)


def _worth(db: duckdb.DuckDBPyConnection) -> Actuals:
    """Return the shares of high-value people, measured at three months and drawn out between them."""
    anchors = [FIRST_TARGET, 16, len(MONTHS) - 1]
    measured = [db.sql(_WORTH_SQL.format(end=int(MONTH_STARTS[month + 1]))).fetchall()[0] for month in anchors]
    every = np.arange(len(MONTHS))
    names = ("high_value_user_share", "high_value_member_share")
    return {name: np.interp(every, anchors, [float(row[i]) for row in measured]) for i, name in enumerate(names)}
