"""The algorithms of the derived measures over one customer's rows, in plain Python: does it count, and by which rows.

The engine and the listings ask a database about all customers at once; this is the second way to the same answer. It
reads what is known of one entity (a customer, a new contact, an order) and returns the rows that decide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from kpis.engine.derived.history import MEASURES as HISTORY
from kpis.engine.derived.rfm import MEASURES as RFM
from kpis.engine.derived.rfm import TIERED
from kpis.engine.tracing.coverage import READS
from kpis.engine.tracing.shapes import Cells

if TYPE_CHECKING:
    from kpis.engine.derived.dates import Dates
    from kpis.engine.specs import Params

VALID = ("paid", "completed")
EFFECTIVE = ("message_in", "group_message", "activity_join", "content_click", "share", "review")
ALIVE = (*EFFECTIVE, "mall_visit")
Grouped = Mapping[str, Sequence[Cells]]
Used = dict[str, list[Cells]]


def used_rows(measure: str, rows: Grouped, on: Dates | None, params: Params) -> Used | None:
    """Return the rows that make the entity count, by table; None when it does not count.

    `rows` are the entity's rows by table: those of the measure's base tables within scope and filters, all others
    whole. For RFM measures an entity is used when it is ranked, whatever its tier.
    """
    if measure == "attributed_sales":
        return _credited(rows, params)
    assert on is not None  # noqa: S101 - every other algorithm compares with dates
    if measure in HISTORY:
        return _history(measure, rows, on, params)
    if measure in RFM:
        return _ranked(measure, rows, on)
    return _RULES[measure](rows, on, params)


def _instant(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time())


def _valid(orders: Sequence[Cells], start: date | None, end: date) -> list[Cells]:
    return [
        row
        for row in orders
        if row["status"] in VALID
        and row["customer_id"] is not None
        and (start is None or row["paid_at"] >= _instant(start))
        and row["paid_at"] < _instant(end)
    ]


def _days(orders: Sequence[Cells]) -> set[date]:
    return {row["paid_at"].date() for row in orders}


def _between(orders: Sequence[Cells], start: date, end: date) -> bool:
    return any(_instant(start) <= row["paid_at"] < _instant(end) for row in orders)


def _history(measure: str, rows: Grouped, on: Dates, params: Params) -> Used | None:
    orders = _valid(rows.get("orders", ()), *READS[measure](on))
    if measure == "mall_repeat_n":
        orders = [row for row in orders if row["channel"] == "private_mall"]
    if measure == "second_buyers" and orders:
        first = min(row["paid_at"] for row in orders)
        orders = [row for row in orders if row["paid_at"] <= first + timedelta(days=params.second_purchase_days)]
    return {"orders": orders} if orders and _HISTORY[measure](orders, on) else None


def _first_is_new(orders: Sequence[Cells], on: Dates) -> bool:
    first: datetime = min(row["paid_at"] for row in orders)
    return _instant(on.first_from) <= first < _instant(on.start)


_HISTORY: Mapping[str, Callable[[Sequence[Cells], Dates], bool]] = {
    "repeat_n": lambda orders, on: len(_days(orders)) >= 2,
    "mall_repeat_n": lambda orders, on: len(_days(orders)) >= 2,
    "retained_n": lambda orders, on: _between(orders, on.before, on.start) and _between(orders, on.start, on.end),
    "alive_open_n": lambda orders, on: True,
    "newly_churned_n": lambda orders, on: (
        _between(orders, on.start_alive, on.start) and not _between(orders, on.end_alive, on.end)
    ),
    "churned_open_n": lambda orders, on: not _between(orders, on.start_alive, on.start),
    "recalled_n": lambda orders, on: (
        any(row["paid_at"] < _instant(on.start) for row in orders)
        and not _between(orders, on.start_alive, on.start)
        and _between(orders, on.start, on.end)
    ),
    "first_buyers_prev": _first_is_new,
    "second_buyers": lambda orders, on: _first_is_new(orders, on) and len(orders) >= 2,
    "lifetime_years": lambda orders, on: _between(orders, on.year_alive, on.year_ago),
}


def _member_when(customer: Cells, moment: datetime) -> bool:
    since, erased = customer["member_since"], customer["erased_at"]
    return bool(since is not None and since <= moment.date() and (erased is None or erased > moment))


def _member_at(customer: Cells, day: date) -> bool:
    since, erased = customer["member_since"], customer["erased_at"]
    return bool(since is not None and since < day and (erased is None or erased >= _instant(day)))


def _members(rows: Grouped, on: Dates, *, twice: bool, only_theirs: bool = False) -> Used | None:
    orders, customers = _valid(rows.get("orders", ()), on.start, on.end), list(rows.get("customers", ()))
    as_member = [row for row in orders if any(_member_when(customer, row["paid_at"]) for customer in customers)]
    if not as_member or (twice and len(_days(orders)) < 2):
        return None
    return {"orders": as_member if only_theirs else orders, "customers": customers}


def _private(rows: Grouped, on: Dates, *, twice: bool) -> Used | None:
    orders = _valid(rows.get("orders", ()), on.start, on.end)
    deciding = [
        contact
        for contact in rows.get("contacts", ())
        if any(
            contact["added_at"] < row["paid_at"]
            and (contact["removed_at"] is None or contact["removed_at"] > row["paid_at"])
            for row in orders
        )
    ]
    if not deciding or (twice and len(_days(orders)) < 2):
        return None
    return {"orders": orders, "contacts": deciding}


def _interacted(rows: Grouped, kinds: Sequence[str], start: date, end: date) -> list[Cells]:
    return [row for row in rows.get("interactions", ()) if row["kind"] in kinds and start <= row["date"] < end]


def _active(rows: Grouped, on: Dates, *, members: bool) -> Used | None:
    used = {
        "interactions": _interacted(rows, ALIVE, on.start, on.end),
        "orders": _valid(rows.get("orders", ()), on.start, on.end),
    }
    if members:
        used["customers"] = [row for row in rows.get("customers", ()) if _member_at(row, on.end)]
        if not used["customers"]:
            return None
    return used if used["interactions"] or used["orders"] else None


def _active_private(rows: Grouped, on: Dates) -> Used | None:
    opened = [
        row
        for row in rows.get("contacts", ())
        if row["added_at"] < _instant(on.end) and (row["removed_at"] is None or row["removed_at"] >= _instant(on.start))
    ]
    seen = _interacted(rows, EFFECTIVE, on.start, on.end)
    return {"contacts": opened, "interactions": seen} if opened and seen else None


def _activated(rows: Grouped, on: Dates, params: Params) -> Used | None:
    """Tell of one contact (`rows["contacts"]` holds it alone) whether its customer came to life."""
    days = timedelta(days=params.activation_days)
    for contact in rows.get("contacts", ()):
        added = contact["added_at"]
        if not contact["is_first"] or not _instant(on.start) <= added < _instant(on.end):
            continue
        seen = _interacted(rows, ALIVE, added.date(), added.date() + days + timedelta(days=1))
        orders = rows.get("orders", ())
        bought = [row for row in orders if row["status"] in VALID and added <= row["paid_at"] <= added + days]
        if seen or bought:
            return {"contacts": [contact], "interactions": seen, "orders": bought}
    return None


def _ranked(measure: str, rows: Grouped, on: Dates) -> Used | None:
    orders = _valid(rows.get("orders", ()), on.rfm_from, on.end)
    if not orders:
        return None
    used: Used = {"orders": orders}
    if measure in ("rfm_member_base_n", "high_value_member_n"):
        used["customers"] = [row for row in rows.get("customers", ()) if _member_at(row, on.end)]
        if not used["customers"] and measure not in TIERED:
            return None
    return used


def _credited(rows: Grouped, params: Params) -> Used | None:
    """Tell of one order whether touches of it, given with their scope and filters already applied, are near enough."""
    back = timedelta(days=params.attribution_window_days)
    for order in rows.get("orders", ()):
        near = [
            row
            for row in rows.get("order_touches", ())
            if order["paid_at"] - back <= row["touched_at"] <= order["paid_at"]
        ]
        if near and order["status"] in VALID:
            return {"order_touches": near, "orders": [order]}
    return None


_RULES: Mapping[str, Callable[[Grouped, Dates, Params], Used | None]] = {
    "member_buyers": lambda rows, on, params: _members(rows, on, twice=False),
    "member_repeat_n": lambda rows, on, params: _members(rows, on, twice=True),
    "member_sales": lambda rows, on, params: _members(rows, on, twice=False, only_theirs=True),
    "private_buyers": lambda rows, on, params: _private(rows, on, twice=False),
    "repeat_private_n": lambda rows, on, params: _private(rows, on, twice=True),
    "active_n": lambda rows, on, params: _active(rows, on, members=False),
    "member_active_n": lambda rows, on, params: _active(rows, on, members=True),
    "active_private_n": lambda rows, on, params: _active_private(rows, on),
    "activated_n": _activated,
}
