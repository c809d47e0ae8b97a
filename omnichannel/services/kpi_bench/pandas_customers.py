"""The derived measures with pandas; each function is named as its measure and returns months x scopes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from kpis.engine.derived.case import EFFECTIVE_KINDS, MALL_VISIT, VALID_STATUS

if TYPE_CHECKING:
    from kpis.engine.grammar import Filters
    from kpis.engine.specs import ScopeKind
    from omnichannel.services.kpi_bench.pandas_frames import Cube, Frames

CHURN, SECOND, RFM_DAYS, BINS, FEWEST, CAP, ACTIVATION, LOOK_BACK = 180, 90, 365, 5, 50, 5, 7, 30
PERSON = ["_scope", "customer_id"]


def _days(count: int) -> pd.Timedelta:
    return pd.Timedelta(days=count)


def _valid(frames: Frames, filters: Filters = ()) -> pd.DataFrame:
    orders = frames.table("orders")
    orders = orders[orders["status"].isin(VALID_STATUS) & orders["customer_id"].notna()]
    for name, values in filters:
        orders = orders[orders[name].isin(values)]
    return orders


def _orders(frames: Frames, kind: ScopeKind, filters: Filters) -> pd.DataFrame:
    return frames.owned(_valid(frames, filters), frames.library.tables["orders"], kind)


def _inside(rows: pd.DataFrame, column: str, start: Any, end: Any) -> Any:
    return rows[(rows[column] >= start) & (rows[column] < end)]


def _people(rows: pd.DataFrame) -> Any:
    return rows.drop_duplicates(PERSON).groupby("_scope").size()


def _two_days(rows: pd.DataFrame) -> pd.DataFrame:
    days = rows.assign(_day=rows["paid_at"].dt.normalize()).groupby(PERSON)["_day"].nunique()
    return days[days >= 2].reset_index()


def repeat_n(frames: Frames, kind: ScopeKind, filters: Filters) -> Cube:
    orders = _orders(frames, kind, filters)
    return frames.each_month(lambda start, end: _people(_two_days(_inside(orders, "paid_at", start, end))))


def mall_repeat_n(frames: Frames, kind: ScopeKind, filters: Filters) -> Cube:
    return repeat_n(frames, kind, (*filters, ("channel", ("private_mall",))))


def retained_n(frames: Frames, kind: ScopeKind, filters: Filters) -> Cube:
    orders = _orders(frames, kind, filters)

    def count(start: Any, end: Any) -> Any:
        before = _inside(orders, "paid_at", start - pd.DateOffset(months=1), start)[PERSON].drop_duplicates()
        return _people(_inside(orders, "paid_at", start, end)[PERSON].merge(before, on=PERSON))

    return frames.each_month(count)


def _last_before(orders: pd.DataFrame, day: Any) -> Any:
    return orders[orders["paid_at"] < day].groupby(PERSON)["paid_at"].max()


def alive_open_n(frames: Frames, kind: ScopeKind, filters: Filters) -> Cube:
    orders = _orders(frames, kind, filters)
    return frames.each_month(
        lambda start, _end: _people(_inside(orders, "paid_at", start - _days(CHURN), start)),
    )


def newly_churned_n(frames: Frames, kind: ScopeKind, filters: Filters) -> Cube:
    orders = _orders(frames, kind, filters)

    def count(start: Any, end: Any) -> Any:
        last = _last_before(orders, end)
        alive = _inside(orders, "paid_at", start - _days(CHURN), start)[PERSON].drop_duplicates()
        gone = last[last < end - _days(CHURN)].reset_index()
        return _people(alive.merge(gone, on=PERSON))

    return frames.each_month(count)


def _churned(orders: pd.DataFrame, start: Any) -> Any:
    last = _last_before(orders, start)
    return last[last < start - _days(CHURN)].reset_index()


def churned_open_n(frames: Frames, kind: ScopeKind, filters: Filters) -> Cube:
    orders = _orders(frames, kind, filters)
    return frames.each_month(lambda start, _end: _people(_churned(orders, start)))


def recalled_n(frames: Frames, kind: ScopeKind, filters: Filters) -> Cube:
    orders = _orders(frames, kind, filters)
    return frames.each_month(
        lambda start, end: _people(
            _inside(orders, "paid_at", start, end)[PERSON].merge(_churned(orders, start)[PERSON], on=PERSON)
        )
    )


def _first_buyers(orders: pd.DataFrame, start: Any) -> Any:
    first = orders[orders["paid_at"] < start].groupby(PERSON)["paid_at"].min()
    return first[first >= start - _days(SECOND)].rename("first").reset_index()


def first_buyers_prev(frames: Frames, kind: ScopeKind, filters: Filters) -> Cube:
    orders = _orders(frames, kind, filters)
    return frames.each_month(lambda start, _end: _people(_first_buyers(orders, start)))


def second_buyers(frames: Frames, kind: ScopeKind, filters: Filters) -> Cube:
    orders = _orders(frames, kind, filters)

    def count(start: Any, _end: Any) -> Any:
        joined = orders.merge(_first_buyers(orders, start), on=PERSON)
        close = joined[(joined["paid_at"] >= joined["first"]) & (joined["paid_at"] <= joined["first"] + _days(SECOND))]
        number = close.groupby(PERSON).size()
        return _people(number[number >= 2].reset_index())

    return frames.each_month(count)


def lifetime_years(frames: Frames, kind: ScopeKind, filters: Filters) -> Cube:
    orders = _orders(frames, kind, filters)

    def years(_start: Any, end: Any) -> Any:
        ago = end - pd.DateOffset(years=1)
        alive = _inside(orders, "paid_at", ago - _days(CHURN), ago)[PERSON].drop_duplicates()
        last = _last_before(orders, end)
        lost = _people(alive.merge(last[last < end - _days(CHURN)].reset_index(), on=PERSON))
        start = _people(alive)
        return (start / lost.reindex(start.index).fillna(0)).clip(upper=CAP)

    return frames.each_month(years)


def _scores(orders: pd.DataFrame, end: Any) -> Any:
    rows = _inside(orders, "paid_at", end - _days(RFM_DAYS), end)
    base = rows.groupby(PERSON).agg(last=("paid_at", "max"), f=("paid_at", "size"), m=("net_amount", "sum"))
    base["r"] = -(end - base["last"].dt.normalize()).dt.days
    size = base.groupby("_scope")["f"].transform("size")
    for name in ("r", "f", "m"):
        worse = base.round({"m": 4}).groupby("_scope")[name].rank(method="min") - 1
        base[f"{name}_score"] = 1 + (worse * BINS // size).clip(upper=BINS - 1)
    base["base"] = size
    return base.reset_index()


def high_value_n(frames: Frames, kind: ScopeKind, filters: Filters) -> Cube:
    return _tiers(frames, kind, filters, high=True, members=False)


def high_value_member_n(frames: Frames, kind: ScopeKind, filters: Filters) -> Cube:
    return _tiers(frames, kind, filters, high=True, members=True)


def rfm_base_n(frames: Frames, kind: ScopeKind, filters: Filters) -> Cube:
    return _tiers(frames, kind, filters, high=False, members=False)


def rfm_member_base_n(frames: Frames, kind: ScopeKind, filters: Filters) -> Cube:
    return _tiers(frames, kind, filters, high=False, members=True)


def _tiers(frames: Frames, kind: ScopeKind, filters: Filters, *, high: bool, members: bool) -> Cube:
    orders = _orders(frames, kind, filters)

    def count(_start: Any, end: Any) -> Any:
        if high:
            people = _scores(orders, end)
            people = people[(people["r_score"] >= 3) & (people["f_score"] + people["m_score"] >= 8)]
            people = people[people["base"] >= FEWEST]
        else:
            people = _inside(orders, "paid_at", end - _days(RFM_DAYS), end)
        return _people(people[people["customer_id"].isin(_members(frames, end))] if members else people)

    return frames.each_month(count)


def _members(frames: Frames, day: Any) -> Any:
    customers = frames.table("customers")
    held = (customers["member_since"] < day) & (customers["erased_at"].isna() | (customers["erased_at"] >= day))
    return customers.loc[held, "customer_id"]


def _member_orders(frames: Frames, kind: ScopeKind, filters: Filters) -> pd.DataFrame:
    customers = frames.table("customers")[["customer_id", "member_since", "erased_at"]]
    rows = _valid(frames, filters).merge(customers, on="customer_id", how="left")
    day = rows["paid_at"].dt.normalize()
    rows["marked"] = (rows["member_since"] <= day) & (rows["erased_at"].isna() | (rows["erased_at"] > rows["paid_at"]))
    return frames.owned(rows, frames.library.tables["orders"], kind)


def _private_orders(frames: Frames, kind: ScopeKind, filters: Filters) -> pd.DataFrame:
    rows = _valid(frames, filters)
    pairs = rows[["order_id", "customer_id", "paid_at"]].merge(
        frames.table("contacts")[["customer_id", "added_at", "removed_at"]], on="customer_id"
    )
    was_open = (pairs["added_at"] < pairs["paid_at"]) & (
        pairs["removed_at"].isna() | (pairs["removed_at"] > pairs["paid_at"])
    )
    rows = rows.assign(marked=rows["order_id"].isin(pairs.loc[was_open, "order_id"]))
    return frames.owned(rows, frames.library.tables["orders"], kind)


def _buyers(frames: Frames, orders: pd.DataFrame, *, repeat: bool) -> Cube:
    def count(start: Any, end: Any) -> Any:
        rows = _inside(orders, "paid_at", start, end)
        marked = rows[rows["marked"]]
        return _people(marked[PERSON].merge(_two_days(rows), on=PERSON) if repeat else marked)

    return frames.each_month(count)


def member_buyers(frames: Frames, kind: ScopeKind, filters: Filters) -> Cube:
    return _buyers(frames, _member_orders(frames, kind, filters), repeat=False)


def member_repeat_n(frames: Frames, kind: ScopeKind, filters: Filters) -> Cube:
    return _buyers(frames, _member_orders(frames, kind, filters), repeat=True)


def private_buyers(frames: Frames, kind: ScopeKind, filters: Filters) -> Cube:
    return _buyers(frames, _private_orders(frames, kind, filters), repeat=False)


def repeat_private_n(frames: Frames, kind: ScopeKind, filters: Filters) -> Cube:
    return _buyers(frames, _private_orders(frames, kind, filters), repeat=True)


def member_sales(frames: Frames, kind: ScopeKind, filters: Filters) -> Cube:
    rows = _member_orders(frames, kind, filters)
    rows = rows[rows["marked"]].assign(_month=lambda each: each["paid_at"].dt.to_period("M"))
    return rows.groupby(["_month", "_scope"])["net_amount"].sum().unstack("_scope")


def _touched(frames: Frames, kinds: tuple[str, ...]) -> pd.DataFrame:
    rows = frames.table("interactions")
    return rows[rows["kind"].isin(kinds)]


def _active(frames: Frames, kind: ScopeKind, filters: Filters, *, members: bool) -> Cube:
    touched = _touched(frames, (*EFFECTIVE_KINDS, MALL_VISIT))
    for name, values in filters:
        touched = touched[touched[name].isin(values)]
    seen = frames.owned(touched, frames.library.tables["interactions"], kind)
    orders = _orders(frames, kind, filters)

    def count(start: Any, end: Any) -> Any:
        people = pd.concat([_inside(seen, "date", start, end)[PERSON], _inside(orders, "paid_at", start, end)[PERSON]])
        return _people(people[people["customer_id"].isin(_members(frames, end))] if members else people)

    return frames.each_month(count)


def active_n(frames: Frames, kind: ScopeKind, filters: Filters) -> Cube:
    return _active(frames, kind, filters, members=False)


def member_active_n(frames: Frames, kind: ScopeKind, filters: Filters) -> Cube:
    return _active(frames, kind, filters, members=True)


def active_private_n(frames: Frames, kind: ScopeKind, filters: Filters) -> Cube:
    contacts = frames.owned(frames.table("contacts"), frames.library.tables["contacts"], kind)
    touched = _touched(frames, EFFECTIVE_KINDS)

    def count(start: Any, end: Any) -> Any:
        there = (contacts["added_at"] < end) & (contacts["removed_at"].isna() | (contacts["removed_at"] >= start))
        active = _inside(touched, "date", start, end)["customer_id"].unique()
        return _people(contacts[there & contacts["customer_id"].isin(active)])

    return frames.each_month(count)


def activated_n(frames: Frames, kind: ScopeKind, filters: Filters) -> Cube:
    contacts = frames.table("contacts")
    fresh = contacts[contacts["is_first"] & contacts["customer_id"].notna()]
    seen = fresh.merge(_touched(frames, (*EFFECTIVE_KINDS, MALL_VISIT))[["customer_id", "date"]], on="customer_id")
    day = seen["added_at"].dt.normalize()
    until = (seen["added_at"] + _days(ACTIVATION)).dt.normalize()
    met = seen.loc[(seen["date"] >= day) & (seen["date"] <= until), "contact_id"]
    bought = fresh.merge(_valid(frames)[["customer_id", "paid_at"]], on="customer_id")
    close = (bought["paid_at"] >= bought["added_at"]) & (bought["paid_at"] <= bought["added_at"] + _days(ACTIVATION))
    alive = fresh[fresh["contact_id"].isin(met) | fresh["contact_id"].isin(bought.loc[close, "contact_id"])]
    rows = frames.owned(alive, frames.library.tables["contacts"], kind)
    rows = rows.assign(_month=rows["added_at"].dt.to_period("M"))
    return rows.groupby(["_month", "_scope"]).size().unstack("_scope")


def attributed_sales(frames: Frames, kind: ScopeKind, filters: Filters) -> Cube:
    orders = frames.table("orders")
    orders = orders.loc[orders["status"].isin(VALID_STATUS), ["order_id", "paid_at", "net_amount"]]
    near = frames.table("order_touches").merge(orders, on="order_id")
    near = near[(near["touched_at"] <= near["paid_at"]) & (near["touched_at"] >= near["paid_at"] - _days(LOOK_BACK))]
    last = near.sort_values(["touched_at", "seq"]).groupby("order_id").tail(1)
    rows = frames.owned(last, frames.library.tables["order_touches"], kind)
    rows = rows.assign(_month=rows["paid_at"].dt.to_period("M"))
    return rows.groupby(["_month", "_scope"])["net_amount"].sum().unstack("_scope")


def nps_value(frames: Frames, kind: ScopeKind, filters: Filters) -> Cube:
    answers = frames.table("surveys")
    answers = answers[answers["kind"] == "nps"]
    for name, values in filters:
        answers = answers[answers[name].isin(values)]
    points = answers["score"] / answers["scale_max"] * 10
    rows = answers.assign(point=(points >= 9).astype(float) - (points <= 6).astype(float))
    rows = frames.owned(rows, frames.library.tables["surveys"], kind)
    rows = rows.assign(_month=rows["date"].dt.to_period("M"))
    return rows.groupby(["_month", "_scope"])["point"].mean().unstack("_scope") * 100
